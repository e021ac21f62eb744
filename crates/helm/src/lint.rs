//! What Helm's linter says of a chart (`pkg/chart/v2/lint`), and what it would have said of the
//! rest had it gone on: it stops at the first template that fails.
//!
//! Messages have Helm's words and order. What Helm does not say is marked
//! ([`Message::beyond`]), so that its verdict is what is left without it.

mod addresses;
mod crds;
mod dependencies;
mod deprecated;
mod documents;
mod metadata;
mod names;
mod objects;
#[cfg(test)]
mod oracle;
mod place;
mod strict;
mod templates;
mod values;

use std::sync::Arc;

use plimsoll_source::{EntryKind, TextRange, Tree};

use crate::Limits;
use crate::chart::{FolderError, LoadError, LoadErrorKind, Loaded};
use crate::functions::Random;
use crate::render::KubeVersion;
use crate::schema::Resolve;
use crate::values::{Item, Sources};

pub use addresses::{is_email, is_request_url, is_url};

/// Said of a schema that refers to a document which nobody is asked for.
const UNASKED: &str = "documents that a schema refers to are fetched only with `--online`";

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Something is recommended.
    Info,
    /// A convention is broken.
    Warning,
    /// The chart cannot be installed.
    Error,
}

impl Level {
    /// Helm's word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }
}

/// Where in a file of the chart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LintPlace {
    /// The file, by its path from the root of the outermost chart.
    pub path: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// The bytes.
    pub range: TextRange,
}

/// One thing that the linter says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// How bad it is.
    pub level: Level,
    /// The name of the check.
    pub check: &'static str,
    /// What it is about, as Helm names it: `Chart.yaml`, `templates/`, a template, nothing, or
    /// the folder ([`Chart::shown`]).
    pub path: String,
    /// Helm's words.
    pub text: String,
    /// Where it is, as far as that is known.
    pub place: Option<LintPlace>,
    /// More than Helm says.
    pub notes: Vec<String>,
    /// Whether Helm does not say it, because it had stopped.
    pub beyond: bool,
}

impl std::fmt::Display for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}] {}: {}", self.level.name(), self.path, self.text)
    }
}

/// The folder of a chart.
#[derive(Clone, Copy)]
pub struct Chart<'t> {
    /// The files.
    pub tree: &'t dyn Tree,
    /// The chart's folder in it.
    pub dir: &'t str,
    /// The folder as messages call it.
    pub shown: &'t str,
}

impl Chart<'_> {
    fn inside(&self, name: &str) -> String {
        if self.dir.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.dir)
        }
    }

    fn kind(&self, name: &str) -> Option<EntryKind> {
        self.tree.kind(&self.inside(name))
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.tree.read(&self.inside(name)).ok()
    }

    /// Loads it as Helm's loader of charts of version 1 and 2 does, whatever version it says.
    fn load(&self) -> Result<Loaded, LoadError> {
        let files = crate::chart::read_folder(self.tree, self.dir, self.shown);
        files
            .map_err(|error| match error {
                FolderError::NoChart(_) => LoadErrorKind::NoMetadata.into(),
                error => LoadErrorKind::Folder(error).into(),
            })
            .and_then(Loaded::of_any_version)
    }
}

/// What a chart is linted with.
pub struct Request<'r> {
    /// Reads the user's values, a mapping, so that their places lie over those of a chart.
    pub sources: &'r dyn Fn(Arc<Sources>) -> (Item, Sources),
    /// The namespace of the release.
    pub namespace: String,
    /// The version of Kubernetes; Helm's own without it.
    pub kube_version: Option<KubeVersion>,
    /// Whether `values.schema.json` is left aside.
    pub skip_schema: bool,
    /// Gives documents that `values.schema.json` refers to; they are refused without it.
    pub others: Option<Arc<dyn Resolve>>,
    /// How much the templates may do.
    pub limits: Limits,
    /// Seconds since 1970, UTC, and nanoseconds.
    pub now: (i64, u32),
    /// The name of the local time zone.
    pub zone: String,
    /// Chance.
    pub random: Box<dyn Random>,
}

/// Lints a chart (`RunAll`).
pub fn lint(chart: Chart<'_>, request: Request<'_>) -> Vec<Message> {
    let mut linter = Linter {
        chart,
        messages: Vec::new(),
    };
    let loaded = chart.load();
    metadata::check(&mut linter);
    values::check(&mut linter, &request);
    templates::check(&mut linter, &loaded, request);
    dependencies::check(&mut linter, &loaded);
    crds::check(&mut linter, &loaded);
    linter.messages
}

struct Linter<'t> {
    chart: Chart<'t>,
    messages: Vec<Message>,
}

impl Linter<'_> {
    fn say(
        &mut self,
        level: Level,
        check: &'static str,
        path: impl Into<String>,
        text: impl Into<String>,
        place: Option<LintPlace>,
    ) -> &mut Message {
        self.messages.push(Message {
            level,
            check,
            path: path.into(),
            text: text.into(),
            place,
            notes: Vec::new(),
            beyond: false,
        });
        let last = self.messages.len() - 1;
        &mut self.messages[last]
    }

    /// The start of `Chart.yaml`, for what is about the whole chart.
    fn head(&self) -> Option<LintPlace> {
        let text = self.chart.read("Chart.yaml")?;
        Some(LintPlace {
            path: "Chart.yaml".into(),
            text: String::from_utf8_lossy(&text).into(),
            range: TextRange::default(),
        })
    }

    /// Where loading failed.
    fn place_of(&self, error: &LoadError) -> Option<LintPlace> {
        match &error.kind {
            LoadErrorKind::Yaml { file, error: inner } if error.inside.is_empty() => {
                let text = self.chart.read(file)?;
                Some(LintPlace {
                    path: file.as_str().into(),
                    text: String::from_utf8_lossy(&text).into(),
                    range: inner.range,
                })
            }
            _ => self.head(),
        }
    }
}
