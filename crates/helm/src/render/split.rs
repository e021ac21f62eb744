//! From rendered files to manifests and hooks (Helm's `release/v1/util`).

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_yaml::{Dialect, Kind, Node, Scalar};

use super::order::{self, Order};
use crate::values::ReadError;

/// A document of a rendered file.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The template's name, with that of the chart.
    pub path: Arc<str>,
    /// The document, without white space before it.
    pub content: String,
    /// Where it starts in the rendered file, in bytes.
    pub offset: u32,
    /// What it says of itself.
    pub head: Head,
}

/// What Helm reads of a document.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata.name`
    pub name: String,
    /// `metadata.annotations`
    pub annotations: BTreeMap<String, String>,
}

/// A document that is run and not kept.
#[derive(Clone, Debug)]
pub struct Hook {
    /// The document.
    pub manifest: Manifest,
    /// When it is run.
    pub events: Vec<&'static str>,
    /// In which order, for those of one event.
    pub weight: i64,
}

impl Hook {
    /// Whether it is a test.
    pub fn is_test(&self) -> bool {
        self.events.contains(&"test")
    }
}

/// A document that cannot be read. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("YAML parse error on {path}: {error}")]
pub struct ManifestError {
    /// The template's name.
    pub path: Arc<str>,
    /// Where the document starts in the rendered file, in bytes.
    pub offset: u32,
    /// What is wrong.
    pub error: ReadError,
}

/// What the annotation of hooks may say, and the event that it means.
const EVENTS: [(&str, &str); 10] = [
    ("pre-install", "pre-install"),
    ("post-install", "post-install"),
    ("pre-delete", "pre-delete"),
    ("post-delete", "post-delete"),
    ("pre-upgrade", "pre-upgrade"),
    ("post-upgrade", "post-upgrade"),
    ("pre-rollback", "pre-rollback"),
    ("post-rollback", "post-rollback"),
    ("test", "test"),
    // Of Helm 2.
    ("test-success", "test"),
];

/// Splits files and sorts what is in them by kind (`SortManifests`). The files are sorted by
/// their names.
pub fn sort<'f>(
    files: impl Iterator<Item = (&'f Arc<str>, &'f str)>,
    order: Order,
) -> Result<(Vec<Manifest>, Vec<Hook>), ManifestError> {
    let (mut manifests, mut hooks) = (Vec::new(), Vec::new());
    for (path, text) in files {
        if plimsoll_source::files::file_name(path).starts_with('_') {
            continue;
        }
        for (offset, content) in split(text) {
            let offset = offset as u32;
            let head = head(content).map_err(|error| ManifestError {
                path: path.clone(),
                offset,
                error,
            })?;
            let manifest = Manifest {
                path: path.clone(),
                content: content.to_owned(),
                offset,
                head,
            };
            match manifest.head.annotations.get("helm.sh/hook") {
                None => manifests.push(manifest),
                Some(names) => {
                    if let Some(events) = events(names) {
                        let weight = manifest.head.annotations.get("helm.sh/hook-weight");
                        let weight = weight.and_then(|text| atoi(text)).unwrap_or(0);
                        hooks.push(Hook {
                            manifest,
                            events,
                            weight,
                        });
                    }
                }
            }
        }
    }
    order::by_kind(&mut manifests, order, |manifest| &manifest.head.kind);
    order::by_kind(&mut hooks, order, |hook| &hook.manifest.head.kind);
    Ok((manifests, hooks))
}

/// The events of a hook; an unknown name makes it none.
fn events(names: &str) -> Option<Vec<&'static str>> {
    let event = |name: &str| {
        let name = name.trim().to_lowercase();
        let known = EVENTS.iter().find(|(known, _)| *known == name)?;
        Some(known.1)
    };
    names.split(',').map(event).collect()
}

/// Go's `strconv.Atoi`.
fn atoi(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// The documents of a text, each with where it starts (`SplitManifests`): a line that starts
/// with `---` separates, whatever follows on it.
pub fn split(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let begin = text.len() - text.trim_start().len();
    let mut start = begin;
    let mut line = begin;
    let mut push = |from: usize, to: usize| {
        let piece = &text[from..to];
        let trimmed = piece.trim_start();
        if !trimmed.is_empty() {
            found.push((from + piece.len() - trimmed.len(), trimmed));
        }
    };
    loop {
        if text[line..].starts_with("---") {
            push(start, line);
            let rest = &text[line + 3..];
            start = text.len() - rest.trim_start_matches([' ', '\t']).len();
            line = start;
        }
        match memchr::memchr(b'\n', text.as_bytes().get(line..).unwrap_or_default()) {
            Some(end) => line += end + 1,
            None => break,
        }
    }
    push(start, text.len());
    found
}

/// What a document says of itself (`yaml.Unmarshal` into `SimpleHead`).
fn head(content: &str) -> Result<Head, ReadError> {
    let tree = plimsoll_yaml::parse(content, Dialect::GoV2);
    let root = crate::values::checked_root(&tree)?;
    let mut head = Head::default();
    let Some(root) = root.map(Node::resolve) else {
        return Ok(head);
    };
    crate::values::check_json(root)?;
    match root.kind() {
        Kind::Mapping => {}
        Kind::Scalar if root.is_null() => return Ok(head),
        _ => return Err(mismatch(root, "Go value of type util.SimpleHead")),
    }
    for (key, value) in fields(root) {
        match &*key {
            "apiversion" => text(&mut head.api_version, value, ".apiVersion")?,
            "kind" => text(&mut head.kind, value, ".kind")?,
            "metadata" => metadata(&mut head, value)?,
            _ => {}
        }
    }
    Ok(head)
}

fn metadata(head: &mut Head, node: Node<'_>) -> Result<(), ReadError> {
    const WANTED: &str = "Go struct field .metadata of type struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }";
    match node.kind() {
        Kind::Mapping => {}
        _ if node.is_null() => return Ok(()),
        _ => return Err(mismatch(node, WANTED)),
    }
    for (key, value) in fields(node) {
        match &*key {
            "name" => text(&mut head.name, value, ".metadata.name")?,
            "annotations" => match value.kind() {
                Kind::Mapping => {
                    for entry in value.merged_entries() {
                        let key = crate::values::key_of(entry.key)?;
                        let mut found = String::new();
                        let path = format!(".metadata.annotations.{key}");
                        text(&mut found, entry.value.resolve(), &path)?;
                        head.annotations.insert(key.to_string(), found);
                    }
                }
                _ if value.is_null() => {}
                _ => {
                    let wanted = "Go struct field .metadata.annotations of type map[string]string";
                    return Err(mismatch(value, wanted));
                }
            },
            _ => {}
        }
    }
    Ok(())
}

/// The entries of a mapping in the order of their keys; each key in lower case, as names of
/// fields are compared.
fn fields<'t>(node: Node<'t>) -> Vec<(String, Node<'t>)> {
    let mut entries: Vec<(&str, Node<'t>)> = node
        .merged_entries()
        .filter_map(|entry| Some((entry.key.str()?, entry.value.resolve())))
        .collect();
    entries.sort_by_key(|(key, _)| *key);
    let lower = |(key, value): (&str, Node<'t>)| (key.to_lowercase(), value);
    entries.into_iter().map(lower).collect()
}

/// A scalar as a field of type `string` gets it.
fn text(target: &mut String, node: Node<'_>, path: &str) -> Result<(), ReadError> {
    *target = match node.scalar() {
        Some(Scalar::Null) => return Ok(()),
        Some(Scalar::Str(text)) => text.into_owned(),
        Some(Scalar::Bool(value)) => value.to_string(),
        Some(Scalar::Int(value)) => value.to_string(),
        Some(Scalar::UInt(value)) => value.to_string(),
        Some(Scalar::Float(value)) => plimsoll_gotmpl::text_of(&value.into()),
        None => {
            let wanted = format!("Go struct field {path} of type string");
            return Err(mismatch(node, &wanted));
        }
    };
    Ok(())
}

fn mismatch(node: Node<'_>, wanted: &str) -> ReadError {
    let kind = match (node.kind(), node.scalar()) {
        (Kind::Mapping, _) => "object",
        (Kind::Sequence, _) => "array",
        (_, Some(Scalar::Bool(_))) => "bool",
        (_, Some(Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_))) => "number",
        _ => "string",
    };
    ReadError {
        message: format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into {wanted}"
        ),
        range: node.range(),
    }
}
