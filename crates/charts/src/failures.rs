//! What keeps a chart from being rendered, as a person has to mend it: the line, and Helm's words.

use plimsoll_helm::chart::{LoadError, LoadErrorKind, MetadataError};
use plimsoll_helm::render::RenderError;
use plimsoll_source::TextRange;
use plimsoll_yaml::{Document, Node, Tree};

use crate::find::inside;
use crate::sets::{Set, Source};

/// A failure before its files have ids.
#[derive(Debug)]
pub(crate) struct Told {
    /// Where it failed, then the calls that led there, innermost first. Never empty.
    pub(crate) places: Vec<(String, TextRange)>,
    pub(crate) message: String,
    pub(crate) notes: Vec<String>,
    /// What the set of values is called.
    pub(crate) values: String,
    pub(crate) is_demand: bool,
}

impl Told {
    /// The files that it names.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|(path, _)| path.as_str())
    }

    fn new(path: String, range: TextRange, message: impl Into<String>) -> Self {
        Self {
            places: vec![(path, range)],
            message: one_line(&message.into()),
            notes: Vec::new(),
            values: String::new(),
            is_demand: false,
        }
    }

    fn with(mut self, set: &Set) -> Self {
        self.values = set.name.clone();
        self
    }
}

/// A chart that could not be loaded.
pub(crate) fn of_loading(folder: &str, error: &LoadError, tree: &Tree) -> Told {
    match &error.kind {
        LoadErrorKind::Yaml { file, error: inner } if error.inside.is_empty() => {
            Told::new(inside(folder, file), inner.range, inner.message.clone())
        }
        LoadErrorKind::Metadata(wrong) if error.inside.is_empty() => {
            let file = inside(folder, "Chart.yaml");
            Told::new(file, blamed(wrong, tree), wrong.to_string())
        }
        _ => {
            let file = inside(folder, "Chart.yaml");
            Told::new(file, TextRange::default(), error.to_string())
        }
    }
}

/// What of `Chart.yaml` is wrong.
fn blamed(error: &MetadataError, tree: &Tree) -> TextRange {
    let key = match error {
        MetadataError::NoName
        | MetadataError::NameNotAllowed(_)
        | MetadataError::InvalidName(_) => "name",
        MetadataError::NoVersion | MetadataError::InvalidVersion(_) => "version",
        MetadataError::Type => "type",
        MetadataError::NullMaintainer => "maintainers",
        MetadataError::NullDependency | MetadataError::Alias(_) | MetadataError::Twice(_) => {
            "dependencies"
        }
    };
    let root = tree.documents().next().and_then(Document::root);
    let value = root.and_then(|root| root.get(key));
    let Some(value) = value else {
        return TextRange::default();
    };
    let (MetadataError::Alias(name) | MetadataError::Twice(name)) = error else {
        return value.range();
    };
    // The last one that is called so is the one too many.
    let names = value
        .items()
        .flat_map(|item| ["alias", "name"].map(|key| item.get(key)));
    let named = names
        .flatten()
        .filter(|node| node.as_str().as_deref() == Some(name));
    named.last().map_or(value.range(), Node::range)
}

/// A values file that could not be read.
pub(crate) fn of_values(set: &Set, path: String, message: String, range: TextRange) -> Told {
    Told::new(path, range, message).with(set)
}

/// A set of values with which a chart could not be rendered.
pub(crate) fn of_rendering(folder: &str, chart: &str, set: &Set, error: &RenderError) -> Told {
    let values = || match set.files.last() {
        Some(path) => path.clone(),
        None => inside(folder, "values.yaml"),
    };
    let in_chart = |name: &str| template(folder, chart, name);
    let told = match error {
        RenderError::Parse(parse) => match in_chart(&parse.name) {
            Some(path) => Told::new(path, parse.range, parse.message.clone()),
            None => Told::new(values(), TextRange::default(), error.to_string()),
        },
        RenderError::Execution {
            error: execution,
            explanation,
        } => {
            let mut places = Vec::new();
            let mut at = Some(&**execution);
            let mut last = &**execution;
            while let Some(error) = at {
                if let Some(site) = &error.site
                    && let Some(path) = in_chart(&site.name)
                {
                    places.push((path, site.range));
                }
                last = error;
                at = error.inner();
            }
            places.reverse();
            let text = error.to_string();
            let demand = text
                .strip_prefix("execution error at (")
                .and_then(|rest| rest.split_once("): "))
                .map(|(_, words)| words.to_owned());
            let mut told = Told::new(values(), TextRange::default(), "");
            if !places.is_empty() {
                told.places = places;
            }
            told.message = one_line(&demand.clone().unwrap_or_else(|| {
                let text = last.to_string();
                let context = last
                    .site
                    .as_ref()
                    .map(|site| format!("at <{}>: ", site.context));
                let words =
                    context.and_then(|context| Some(text.split_once(&context)?.1.to_owned()));
                words.unwrap_or(text)
            }));
            // Values files are named by their paths from the root.
            let notes = explanation.notes.iter();
            told.notes = notes.map(|note| note.replace(" in /", " in ")).collect();
            told.is_demand =
                demand.is_some() && matches!(set.source, Source::Defaults | Source::Beside);
            told
        }
        RenderError::Manifest { error, .. } => match in_chart(&error.path) {
            Some(path) => Told::new(path, TextRange::default(), error.error.message.clone()),
            None => Told::new(values(), TextRange::default(), error.to_string()),
        },
        RenderError::MissingDependencies(_)
        | RenderError::NotInstallable(_)
        | RenderError::ChartVersion
        | RenderError::DependencyType
        | RenderError::Name { .. }
        | RenderError::KubeVersion { .. } => {
            let file = inside(folder, "Chart.yaml");
            Told::new(file, TextRange::default(), error.to_string())
        }
        RenderError::Dependencies(_) | RenderError::Values(_) | RenderError::Schema(_) => {
            Told::new(values(), TextRange::default(), error.to_string())
        }
    };
    told.with(set)
}

/// The path of a template by the name that errors have for it: the chart's name, then the path.
/// A text that was handed to `tpl` has another name.
fn template(folder: &str, chart: &str, name: &str) -> Option<String> {
    let inner = name.strip_prefix(chart)?.strip_prefix('/')?;
    crate::render::in_root(folder, inner)
}

/// Messages are one line.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}
