//! `Chart.yaml`.

use std::sync::Arc;

use plimsoll_source::{EntryKind, TextRange};
use plimsoll_yaml::go::{GoNode, GoValue};

use super::addresses::{is_email, is_request_url, is_url};
use super::{Level, LintPlace, Linter, strict};
use crate::chart::Metadata;
use crate::semver::{Constraint, Version};
use crate::values::{decode, read_plain};

const FILE: &str = "Chart.yaml";
const CHECK: &str = "chart-metadata";

pub(super) fn check(linter: &mut Linter<'_>) {
    if linter.chart.kind(FILE) == Some(EntryKind::Dir) {
        let words = "should be a file, not a directory";
        linter.say(Level::Error, CHECK, FILE, words, None);
        let words = format!(
            "unable to parse YAML\n\tread {}/{FILE}: is a directory",
            linter.chart.shown
        );
        linter.say(Level::Error, CHECK, FILE, words, None);
        return;
    }
    let bytes = linter.chart.read(FILE).unwrap_or_default();
    let text: Arc<str> = String::from_utf8_lossy(&bytes).into();
    let mut metadata = Metadata::default();
    let read = read_plain(&bytes).and_then(|item| metadata.decode(&item));
    let mut file = File {
        linter,
        text: text.clone(),
        root: None,
    };
    if let Err(error) = read {
        let words = format!("unable to parse YAML\n\t{}", error.message);
        file.say_at(Level::Error, words, error.range);
        return;
    }
    // It was read once already.
    let root = decode(&bytes).unwrap_or_default();
    file.root = root.as_ref();
    if let Some(root) = &root
        && let Some((words, places)) = strict::problem(&text, root)
    {
        let words = format!("failed to strictly parse chart metadata file\n\t{words}");
        file.say_at(
            Level::Warning,
            words,
            places.first().copied().unwrap_or_default(),
        );
    }
    file.fields(&metadata);
}

struct File<'l, 't, 'n> {
    linter: &'l mut Linter<'t>,
    text: Arc<str>,
    root: Option<&'n GoNode<'n>>,
}

impl File<'_, '_, '_> {
    fn say_at(&mut self, level: Level, words: String, range: TextRange) {
        let place = LintPlace {
            path: FILE.into(),
            text: self.text.clone(),
            range,
        };
        self.linter.say(level, CHECK, FILE, words, Some(place));
    }

    /// Says something of a field, where its value stands.
    fn say(&mut self, level: Level, words: impl Into<String>, field: &str) {
        let range = self.field(field).map(|node| &node.range);
        let range = range.map_or(TextRange::default(), |range| {
            let text = &self.text[range.clone()];
            let end = range.start + text.lines().next().unwrap_or_default().len();
            TextRange::at(range.start, end)
        });
        self.say_at(level, words.into(), range);
    }

    fn field(&self, name: &str) -> Option<&GoNode<'_>> {
        let GoValue::Map(entries) = &self.root?.value else {
            return None;
        };
        let is_it = |key: &GoNode<'_>| matches!(&key.value, GoValue::Str(text) if text == name);
        let mut entries = entries.iter().rev();
        entries.find(|(key, _)| is_it(key)).map(|(_, value)| value)
    }

    fn fields(&mut self, chart: &Metadata) {
        let error = Level::Error;
        if chart.name.is_empty() {
            self.say(error, "name is required", "name");
        } else if base(&chart.name) != chart.name {
            let name = plimsoll_gotmpl::quote(chart.name.as_bytes());
            self.say(error, format!("chart name {name} is invalid"), "name");
        }
        let version = &chart.api_version;
        if version.is_empty() {
            let words = "apiVersion is required. The value must be either \"v1\" or \"v2\"";
            self.say(error, words, "apiVersion");
        } else if version != "v1" && version != "v2" {
            let words = format!(
                "apiVersion '{version}' is not valid. The value must be either \"v1\" or \"v2\""
            );
            self.say(error, words, "apiVersion");
        }
        self.is_string("version");
        self.version(chart);
        self.is_string("appVersion");
        self.maintainers(chart);
        let bad = |source: &&String| source.is_empty() || !is_request_url(source);
        if let Some(source) = chart.sources.iter().find(bad) {
            self.say(error, format!("invalid source URL '{source}'"), "sources");
        }
        if chart.icon.is_empty() {
            self.say(Level::Info, "icon is recommended", "icon");
        } else if !is_request_url(&chart.icon) {
            let words = format!("invalid icon URL '{}'", chart.icon);
            self.say(error, words, "icon");
        }
        if !chart.kind.is_empty() && version != "v2" {
            let words = format!(
                "chart type is not valid in apiVersion '{version}'. It is valid in apiVersion 'v2'"
            );
            self.say(error, words, "type");
        }
        let depends = chart
            .dependencies
            .as_ref()
            .is_some_and(|all| !all.is_empty());
        if depends && version != "v2" {
            let words = format!(
                "dependencies are not valid in the Chart file with apiVersion '{version}'. They are valid in apiVersion 'v2'"
            );
            self.say(error, words, "dependencies");
        }
        if Version::parse_strict(&chart.version).is_err() {
            let words = format!("version '{}' is not a valid SemVerV2", chart.version);
            self.say(Level::Warning, words, "version");
        }
    }

    /// A number, say, is none of what a version should be written as.
    fn is_string(&mut self, field: &str) {
        let Some(node) = self.field(field) else {
            return;
        };
        let kind = match &node.value {
            GoValue::Str(_) => return,
            GoValue::Null => "<nil>",
            GoValue::Bool(_) => "bool",
            GoValue::Int(_) | GoValue::UInt(_) | GoValue::Float(_) => "float64",
            GoValue::Seq(_) => "[]interface {}",
            GoValue::Map(_) => "map[string]interface {}",
        };
        let words = format!("{field} should be of type string but it's of type {kind}");
        self.say(Level::Error, words, field);
    }

    fn version(&mut self, chart: &Metadata) {
        let text = &chart.version;
        if text.is_empty() {
            self.say(Level::Error, "version is required", "version");
            return;
        }
        let Ok(version) = Version::parse(text) else {
            let words = format!("version '{text}' is not a valid SemVer");
            self.say(Level::Error, words, "version");
            return;
        };
        let Ok(least) = Constraint::parse(">0.0.0-0") else {
            return;
        };
        if let Err(reasons) = least.validate(&version)
            && let Some(reason) = reasons.first()
        {
            self.say(Level::Error, format!("version {reason}"), "version");
        }
    }

    fn maintainers(&mut self, chart: &Metadata) {
        let problem = chart.maintainers.iter().find_map(|one| {
            let (name, email, url) = (&one.name, &one.email, &one.url);
            if one.is_null {
                Some("a maintainer entry is empty".to_owned())
            } else if name.is_empty() {
                Some("each maintainer requires a name".to_owned())
            } else if !email.is_empty() && !is_email(email) {
                Some(format!("invalid email '{email}' for maintainer '{name}'"))
            } else if !url.is_empty() && !is_url(url) {
                Some(format!("invalid url '{url}' for maintainer '{name}'"))
            } else {
                None
            }
        });
        if let Some(words) = problem {
            self.say(Level::Error, words, "maintainers");
        }
    }
}

/// The last part of a path (`filepath.Base`).
fn base(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return if path.is_empty() { "." } else { "/" }.to_owned();
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed).to_owned()
}
