//! The values of a chart as its users want them listed: with type, default, what they are for,
//! where they are read and which objects they reach.

mod described;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use plimsoll_project::Project;
use plimsoll_project::values::{ChartValues, ValueRead};
use plimsoll_source::{FileId, Place, ValueRole};
use plimsoll_yaml::{Dialect, Document, Kind, Node, Scalar, Tree, parse};

pub use schema::schema;

/// A value that users can set: one that holds no others by default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The keys that lead there, joined by dots.
    pub path: String,
    /// What it is by default.
    pub kind: ValueKind,
    /// Its default on one line, as JSON.
    pub default: String,
    /// What the comments at it say.
    pub description: String,
    /// How far it is read.
    pub read: ValueRead,
    /// Where its key stands.
    pub place: Place,
    /// Where it is read.
    pub places: Vec<Place>,
    /// The objects that it flows into, as `Kind/name`, with any values that the chart was rendered
    /// with.
    pub flows_into: Vec<String>,
    /// The objects of which it decides what is in them, or whether they are there.
    pub decides: Vec<String>,
}

/// The type of a default, in words of JSON Schema.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the types of JSON, by their names")]
pub enum ValueKind {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl ValueKind {
    /// Its name in JSON Schema.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    pub(crate) fn of(node: Node<'_>) -> Self {
        let node = node.resolve();
        match (node.kind(), node.scalar()) {
            (Kind::Mapping, _) => Self::Object,
            (Kind::Sequence, _) => Self::Array,
            (_, Some(Scalar::Null)) => Self::Null,
            (_, Some(Scalar::Bool(_))) => Self::Boolean,
            (_, Some(Scalar::Int(_))) => Self::Integer,
            (_, Some(Scalar::Float(_))) => Self::Number,
            _ => Self::String,
        }
    }
}

/// The values of a chart, in the order of `values.yaml`.
pub fn rows(project: &Project, values: &ChartValues) -> Vec<Row> {
    let Some(file) = values.file else {
        return Vec::new();
    };
    let tree = parse(&*project.files.get(file).text, Dialect::GoV2);
    let nodes = nodes(&tree);
    let described = described::Described::new(&tree);
    let mut reached = reached(project, values, file);
    let mut holders = vec![false; values.keys.len()];
    for parent in values.keys.iter().filter_map(|key| key.parent) {
        holders[parent as usize] = true;
    }
    let keys = values.keys.iter().zip(holders);
    let rows = keys.filter(|(_, holds)| !holds).map(|(key, _)| {
        let node = nodes.get(&key.key.start).copied();
        let (flows_into, decides) = reached.remove(&*key.path).unwrap_or_default();
        Row {
            path: key.path.clone(),
            kind: node.map_or(ValueKind::Null, |(_, value)| ValueKind::of(value)),
            default: node.map_or_else(String::new, |(_, value)| json(value)),
            description: node.map_or_else(String::new, |(entry, _)| described.of(&key.path, entry)),
            read: key.read,
            place: Place::new(file, key.key),
            places: key.places.clone(),
            decides: decides.difference(&flows_into).cloned().collect(),
            flows_into: flows_into.into_iter().collect(),
        }
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by_key(|row| row.place.range.start);
    rows
}

/// The entries of all mappings, by where their keys start.
fn nodes(tree: &Tree) -> BTreeMap<u32, (Node<'_>, Node<'_>)> {
    let mut found = BTreeMap::new();
    let mut open: Vec<Node<'_>> = tree.documents().filter_map(Document::root).collect();
    while let Some(node) = open.pop() {
        if node.kind() != Kind::Mapping {
            continue;
        }
        for entry in node.entries() {
            found.insert(entry.key.range().start, (entry.key, entry.value));
            open.push(entry.value);
        }
    }
    found
}

type Reached = (BTreeSet<String>, BTreeSet<String>);

/// Which objects each value flows into, and of which it decides something, by its path in
/// `values.yaml`.
fn reached(project: &Project, values: &ChartValues, file: FileId) -> BTreeMap<String, Reached> {
    let mut reached: BTreeMap<String, Reached> = BTreeMap::new();
    for unit in &project.manifests {
        let Some(generated) = project.generated(unit.file) else {
            continue;
        };
        if project.renders[generated.render].folder != values.folder {
            continue;
        }
        let text = project.files.get(unit.file);
        let Some(origins) = &text.origins else {
            continue;
        };
        let mut parts = origins.parts().iter().peekable();
        for document in unit.tree.documents() {
            let Some(root) = document.root() else {
                continue;
            };
            let name = |path: &[&str]| root.at(path).and_then(|node| node.text());
            let (Some(kind), Some(name)) = (name(&["kind"]), name(&["metadata", "name"])) else {
                continue;
            };
            let object = format!("{kind}/{name}");
            let end = root.full_range().end;
            while let Some(part) = parts.next_if(|part| part.output.start < end) {
                if part.output.end <= root.full_range().start {
                    continue;
                }
                for value in project
                    .files
                    .origin(Place::new(unit.file, part.output))
                    .values
                {
                    let is_here = value.place.is_none_or(|place| place.file == file);
                    let path = value.path.split('[').next().unwrap_or_default();
                    if !is_here || path.is_empty() {
                        continue;
                    }
                    let (flows, decides) = reached.entry(path.to_owned()).or_default();
                    match value.role {
                        ValueRole::Content => flows.insert(object.clone()),
                        ValueRole::Branch | ValueRole::Lack => decides.insert(object.clone()),
                    };
                }
            }
        }
    }
    up(values, reached)
}

/// What is reached by something in a value is reached by the value.
fn up(values: &ChartValues, reached: BTreeMap<String, Reached>) -> BTreeMap<String, Reached> {
    let known: BTreeSet<&str> = values.keys.iter().map(|key| &*key.path).collect();
    let mut found: BTreeMap<String, Reached> = BTreeMap::new();
    for (path, (flows, decides)) in reached {
        let mut at = &*path;
        while !known.contains(at) {
            match at.rsplit_once('.') {
                Some((above, _)) => at = above,
                None => break,
            }
        }
        let (all_flows, all_decides) = found.entry(at.to_owned()).or_default();
        all_flows.extend(flows);
        all_decides.extend(decides);
    }
    found
}

/// A value as JSON on one line. Recursion is as deep as values are nested, which parsing bounds.
pub(crate) fn json(node: Node<'_>) -> String {
    let node = node.resolve();
    match (node.kind(), node.scalar()) {
        (Kind::Mapping, _) => {
            let entries = node.entries().map(|entry| {
                let key = entry.key.text().unwrap_or_default();
                format!("{}:{}", quoted(&key), json(entry.value))
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        (Kind::Sequence, _) => {
            let items = node.items().map(json);
            format!("[{}]", items.collect::<Vec<_>>().join(","))
        }
        (_, Some(Scalar::Null)) | (Kind::Alias, _) => "null".to_owned(),
        (_, Some(Scalar::Bool(value))) => value.to_string(),
        (_, Some(Scalar::Int(value))) => value.to_string(),
        (_, Some(Scalar::Float(value))) if value.is_finite() => value.to_string(),
        _ => quoted(&node.text().unwrap_or_default()),
    }
}

/// A text as JSON.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
