//! `Chart.yaml` read strictly (`yaml.UnmarshalStrict`): no key twice, no unknown field.

use std::fmt::Write as _;

use plimsoll_source::{LineIndex, TextRange};
use plimsoll_yaml::go::{GoNode, GoValue};

use crate::render::fields;

const FIELDS: [&str; 17] = [
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiversion",
    "condition",
    "tags",
    "appversion",
    "deprecated",
    "annotations",
    "kubeversion",
    "dependencies",
    "type",
];
const MAINTAINER: [&str; 3] = ["name", "email", "url"];
const DEPENDENCY: [&str; 8] = [
    "name",
    "version",
    "repository",
    "condition",
    "tags",
    "enabled",
    "import-values",
    "alias",
];

/// What a strict reader says of a `Chart.yaml` that a lenient one takes, and the places.
pub(super) fn problem(text: &str, root: &GoNode<'_>) -> Option<(String, Vec<TextRange>)> {
    let mut twice = Vec::new();
    duplicates(root, &mut twice);
    if !twice.is_empty() {
        let index = LineIndex::new(text);
        let mut words = "error converting YAML to JSON: yaml: unmarshal errors:".to_owned();
        let mut places = Vec::new();
        for (key, value) in twice {
            let line = index.line(value.range.start as u32);
            let shown = plimsoll_yaml::go::syntax(&key.value);
            let _ = write!(words, "\n  line {line}: key {shown} already set in map");
            places.push(TextRange::at(key.range.start, key.range.end));
        }
        return Some((words, places));
    }
    let (key, range) = unknown(root)?;
    let shown = plimsoll_gotmpl::quote(key.as_bytes());
    let words =
        format!("error unmarshaling JSON: while decoding JSON: json: unknown field {shown}");
    Some((words, vec![range]))
}

type Pair<'n, 't> = &'n (GoNode<'t>, GoNode<'t>);

/// The entries whose key was there before. Recursion is as deep as values are nested, which the
/// decoder bounds.
fn duplicates<'n, 't>(node: &'n GoNode<'t>, found: &mut Vec<Pair<'n, 't>>) {
    match &node.value {
        GoValue::Seq(items) => items.iter().for_each(|item| duplicates(item, found)),
        GoValue::Map(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                duplicates(&entry.1, found);
                if entries[..index]
                    .iter()
                    .any(|(key, _)| key.value == entry.0.value)
                {
                    found.push(entry);
                }
            }
        }
        _ => {}
    }
}

/// The first field that the struct does not have, in the order of JSON.
fn unknown(root: &GoNode<'_>) -> Option<(String, TextRange)> {
    first_unknown(root, &FIELDS, |name, value| {
        let known: &[&str] = match name {
            "maintainers" => &MAINTAINER,
            "dependencies" => &DEPENDENCY,
            _ => return None,
        };
        let GoValue::Seq(items) = &value.value else {
            return None;
        };
        let mut items = items.iter();
        items.find_map(|item| first_unknown(item, known, |_, _| None))
    })
}

fn first_unknown(
    node: &GoNode<'_>,
    known: &[&str],
    inner: impl Fn(&str, &GoNode<'_>) -> Option<(String, TextRange)>,
) -> Option<(String, TextRange)> {
    let GoValue::Map(entries) = &node.value else {
        return None;
    };
    for (name, value) in fields(entries) {
        if known.contains(&&*name) {
            if let Some(found) = inner(&name, value) {
                return Some(found);
            }
            continue;
        }
        let written = entries.iter().find_map(|(key, _)| match &key.value {
            GoValue::Str(text) if text.to_lowercase() == name => Some((
                text.to_string(),
                TextRange::at(key.range.start, key.range.end),
            )),
            _ => None,
        });
        return written;
    }
    None
}
