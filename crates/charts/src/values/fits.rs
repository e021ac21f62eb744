//! Values against `values.schema.json`.

use plimsoll_helm::chart::{Chart, File, Loaded};
use plimsoll_helm::reading::{Reach, Reading};
use plimsoll_helm::schema::{CompileError, Schema, Violation as Leaf};
use plimsoll_helm::values::{Item, SourceId, Sources, Step, compute};
use plimsoll_source::TextRange;
use plimsoll_yaml::{Dialect, Document, Node, parse};

use super::documented::Documented;
use super::{At, ReadSet};
use crate::find::inside;
use crate::render::in_root;
use crate::sets::Source;

/// A value that does not fit.
pub(crate) struct Violation {
    pub(crate) at: At,
    pub(crate) path: String,
    pub(crate) message: String,
    pub(crate) schema: Option<At>,
    pub(crate) values: String,
    pub(crate) is_demand: bool,
}

/// A property that nothing has or reads.
pub(crate) struct IdleProperty {
    pub(crate) path: String,
    pub(crate) range: TextRange,
}

/// The most violations that are told of one chart.
const MAX_VIOLATIONS: usize = 50;
/// The most properties of a schema that are looked at.
const MAX_PROPERTIES: usize = 20_000;
/// How deep properties may lie.
const MAX_DEPTH: usize = 24;

pub(super) struct Asked<'a> {
    pub(super) folder: &'a str,
    pub(super) loaded: &'a Loaded,
    pub(super) sets: &'a [ReadSet<'a>],
    /// The path of the chart's own schema.
    pub(super) schema: Option<&'a str>,
}

/// Where the sets of a chart break its schema, and those of the charts in it.
pub(super) fn violations(asked: &Asked<'_>) -> Vec<Violation> {
    let mut found: Vec<Violation> = Vec::new();
    for read in asked.sets {
        let Ok(computed) = compute(asked.loaded, &read.item) else {
            continue;
        };
        for name in &computed.charts {
            let Some((chart, path)) = chart_at(&asked.loaded.chart, name) else {
                continue;
            };
            let (Some(file), Some(values)) = (&chart.schema, below(&computed.values, &path)) else {
                continue;
            };
            let schema = match Schema::compile(&file.data, None) {
                Ok(schema) => schema,
                Err(error) => {
                    found.extend(unusable(asked, &path, &error));
                    continue;
                }
            };
            let Err(violations) = schema.validate(values) else {
                continue;
            };
            let is_default = matches!(read.set.source, Source::Defaults | Source::Beside);
            let mut leaves = Vec::new();
            for violation in &violations.violations {
                collect(violation, values, false, &mut leaves);
            }
            for (leaf, is_wanted) in leaves {
                let is_demand = is_default && is_wanted;
                let is_part = read.set.source == Source::Beside && is_demand;
                if is_part || found.len() >= MAX_VIOLATIONS {
                    continue;
                }
                let violation = told(asked, read, (file, &path), leaf, is_demand);
                let is_known = |known: &Violation| {
                    known.path == violation.path && known.message == violation.message
                };
                // What the values of another chart are is told where that one is reviewed.
                let is_own = !violation.at.0[asked.folder.len()..].contains("charts/");
                if is_own && !found.iter().any(is_known) {
                    found.push(violation);
                }
            }
        }
    }
    found
}

/// A schema that Helm could not use. What is to be fetched is not known.
fn unusable(asked: &Asked<'_>, path: &[String], error: &CompileError) -> Option<Violation> {
    let is_own = path.is_empty();
    let is_fetched = matches!(error, CompileError::Load { .. } | CompileError::TooMuch);
    let schema = asked.schema.filter(|_| is_own && !is_fetched)?;
    Some(Violation {
        at: (schema.to_owned(), TextRange::default()),
        path: String::new(),
        message: format!(
            "the schema cannot be used: {}",
            one_line(&error.to_string())
        ),
        schema: None,
        values: "values.yaml".to_owned(),
        is_demand: false,
    })
}

fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

/// The chart that has a name such as `top/charts/sub`, and the keys that lead to its values.
fn chart_at<'c>(top: &'c Chart, name: &str) -> Option<(&'c Chart, Vec<String>)> {
    let mut chart = top;
    let mut path = Vec::new();
    for name in name.split("/charts/").skip(1) {
        let mut declared = chart
            .metadata
            .dependencies
            .iter()
            .flat_map(|all| all.iter());
        let alias = declared.find(|wanted| wanted.alias() == Some(name));
        let real = alias.map_or(name, |wanted| &wanted.name);
        let mut charts = chart.dependencies.iter();
        chart = charts.find(|chart| chart.name() == real)?;
        path.push(name.to_owned());
    }
    Some((chart, path))
}

fn below<'v>(values: &'v Item, path: &[String]) -> Option<&'v Item> {
    path.iter().try_fold(values, |at, key| at.data.get(key))
}

/// The violations that say what is wrong, each with whether it asks users for a value: there is none, or
/// it may be given instead of one that there is not.
fn collect<'v>(one: &'v Leaf, values: &Item, instead: bool, found: &mut Vec<(&'v Leaf, bool)>) {
    let wants =
        |leaf: &Leaf| leaf.message.starts_with("missing propert") || is_empty(values, &leaf.path);
    if one.causes.is_empty() {
        found.push((one, instead || wants(one)));
        return;
    }
    let is_choice = ["'anyOf' failed", "'oneOf' failed, none"]
        .iter()
        .any(|words| one.message.starts_with(words));
    let instead = instead || is_choice && one.leaves().into_iter().any(wants);
    for cause in &one.causes {
        collect(cause, values, instead, found);
    }
}

/// Whether a value is one that users are to fill in.
fn is_empty(values: &Item, path: &[String]) -> bool {
    let value = below(values, path).map(|value| &value.data);
    value.is_some_and(|value| {
        value.is_null()
            || value.as_str() == Some("")
            || value.as_list().is_some_and(<[Item]>::is_empty)
    })
}

fn told(
    asked: &Asked<'_>,
    read: &ReadSet<'_>,
    (file, above): (&File, &[String]),
    leaf: &Leaf,
    is_demand: bool,
) -> Violation {
    let place = written(asked.folder, &read.sources, leaf.source);
    let schema = in_root(asked.folder, &file.path);
    let schema = schema.and_then(|path| Some((path, leaf.schema?)));
    let fallback = || match read.set.files.last() {
        Some(path) => (path.clone(), TextRange::default()),
        None => (inside(asked.folder, "values.yaml"), TextRange::default()),
    };
    Violation {
        at: place.unwrap_or_else(fallback),
        path: [above, &leaf.path].concat().join("."),
        message: leaf.message.clone(),
        schema,
        values: read.set.name.clone(),
        is_demand,
    }
}

/// Where a value is to be looked at: its key, or itself in a list.
fn written(folder: &str, sources: &Sources, id: SourceId) -> Option<At> {
    let source = sources.get(id)?;
    let file = sources.file(source.file)?;
    let path = in_root(folder, &file.name)?;
    let is_short = !source.range.is_empty() && !source.range.of(&file.text).contains('\n');
    Some(match source.step {
        Step::Key(key) if !is_short => (path, key),
        Step::Root => (path, TextRange::default()),
        _ => (path, source.range),
    })
}

/// Properties that the schema describes, and that no values have, no comment names and no
/// template reads.
pub(super) fn idle_properties(
    text: &str,
    reading: &Reading,
    documented: &Documented<'_>,
) -> Vec<IdleProperty> {
    let mut found = Vec::new();
    let tree = parse(text, Dialect::Core);
    let root = tree.documents().next().and_then(Document::root);
    let mut open: Vec<(Node<'_>, Vec<String>)> = Vec::new();
    open.extend(root.map(|root| (root, Vec::new())));
    let mut looked_at = 0;
    while let Some((schema, path)) = open.pop() {
        let Some(properties) = schema.get("properties") else {
            continue;
        };
        for entry in properties.entries() {
            looked_at += 1;
            let Some(name) = entry.key.text() else {
                continue;
            };
            if looked_at > MAX_PROPERTIES || path.len() >= MAX_DEPTH {
                break;
            }
            let mut inner = path.clone();
            inner.push(name.into_owned());
            let names: Vec<&str> = inner.iter().map(String::as_str).collect();
            if reading.paths.has(&names) {
                open.push((entry.value, inner));
                continue;
            }
            // Of what is read as a whole, users may give any part.
            let is_read = reading.gave_up || reading.paths.reach(&names).0 != Reach::Unread;
            let last = [names[names.len() - 1]];
            let is_global = names.contains(&"global");
            let is_switch = names == [super::keys::SWITCH];
            if !is_read && !is_global && !is_switch && !documented.in_comments(&last) {
                found.push(IdleProperty {
                    path: inner.join("."),
                    range: entry.key.range(),
                });
            }
        }
    }
    found.reverse();
    found
}
