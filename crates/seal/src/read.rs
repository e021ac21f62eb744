//! Secrets as they are written: manifests in YAML or JSON, and files of variables.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use plimsoll_source::TextRange;
use plimsoll_yaml::{Dialect, Kind, Node, Scalar, parse};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::object::Secret;

/// The most nodes that are taken over from a document; aliases can make a small file large.
const MAX_NODES: usize = 100_000;

/// The deepest nesting that is taken over.
const MAX_DEPTH: usize = 64;

/// What is wrong with a text that should hold Secrets. No message holds a value.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{message}")]
pub struct ReadError {
    /// Where.
    pub range: TextRange,
    /// What: one lower-case phrase.
    pub message: String,
    /// What to do, imperative.
    pub help: Option<&'static str>,
}

fn wrong<T>(
    range: TextRange,
    message: impl Into<String>,
    help: Option<&'static str>,
) -> Result<T, ReadError> {
    Err(ReadError {
        range,
        message: message.into(),
        help,
    })
}

/// The Secrets of a manifest, in order.
pub fn secrets(text: &str) -> Result<Vec<Secret>, ReadError> {
    let tree = parse(text, Dialect::GoV2);
    if let Some(error) = tree.errors().first() {
        return wrong(error.range, error.message.clone(), None);
    }
    let mut found = Vec::new();
    for document in tree.documents() {
        if let Some(root) = document.root().filter(|root| !root.is_null()) {
            found.push(secret(root)?);
        }
    }
    if found.is_empty() {
        return wrong(
            TextRange::empty(0),
            "there is no Secret here",
            Some("give a manifest of kind `Secret`"),
        );
    }
    Ok(found)
}

fn secret(root: Node<'_>) -> Result<Secret, ReadError> {
    const HELP: Option<&str> = Some("give a manifest of kind `Secret`, apiVersion `v1`");
    let says = |key: &str| root.get(key).and_then(Node::as_str).unwrap_or_default();
    let kind = says("kind");
    if kind != "Secret" || says("apiVersion") != "v1" {
        let range = root.get("kind").map_or_else(|| root.range(), Node::range);
        let message = match &*kind {
            "" => "the document is no Secret".to_owned(),
            "Secret" => "the Secret is not of `v1`".to_owned(),
            kind => format!("`{kind}` is no Secret"),
        };
        return wrong(range, message, HELP);
    }
    let meta = match root.get("metadata").map(value).transpose()? {
        Some(Value::Object(meta)) => meta,
        _ => Map::new(),
    };
    let mut values = BTreeMap::new();
    for entry in entries(root.get("data"))? {
        let (key, node) = entry;
        let text = node.as_str().unwrap_or_default();
        let plain: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
        let Ok(bytes) = BASE64_STANDARD.decode(plain) else {
            let help = Some("write it in base64, or plain under `stringData`");
            return wrong(
                node.range(),
                format!("the value of `{key}` is not base64"),
                help,
            );
        };
        values.insert(key, bytes);
    }
    for (key, node) in entries(root.get("stringData"))? {
        let text = node.as_str().unwrap_or_default();
        values.insert(key, text.into_owned().into_bytes());
    }
    Ok(Secret {
        meta,
        kind: root
            .get("type")
            .and_then(Node::as_str)
            .map(|kind| kind.into_owned()),
        immutable: root.get("immutable").and_then(Node::as_bool),
        values,
    })
}

/// The keys and the strings of `data` or `stringData`.
fn entries(node: Option<Node<'_>>) -> Result<Vec<(String, Node<'_>)>, ReadError> {
    let Some(node) = node.map(Node::resolve).filter(|node| !node.is_null()) else {
        return Ok(Vec::new());
    };
    if node.kind() != Kind::Mapping {
        return wrong(
            node.range(),
            "the values are no mapping",
            Some("write `key: value` lines"),
        );
    }
    let mut found = Vec::new();
    for entry in node.merged_entries() {
        let key = entry.key.as_str().unwrap_or_default().into_owned();
        let value = entry.value.resolve();
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if key.is_empty() || !key.chars().all(fits) || key.len() > 253 {
            return wrong(
                entry.key.range(),
                format!("`{key}` is no key of a Secret"),
                Some("use letters, digits, `-`, `_` and `.`"),
            );
        }
        if !value.is_null() && value.as_str().is_none() {
            return wrong(
                value.range(),
                format!("the value of `{key}` is no string"),
                Some("put it in quotes"),
            );
        }
        found.push((key, value));
    }
    Ok(found)
}

/// A node as JSON.
fn value(node: Node<'_>) -> Result<Value, ReadError> {
    let mut left = MAX_NODES;
    convert(node, MAX_DEPTH, &mut left)
}

fn convert(node: Node<'_>, depth: usize, left: &mut usize) -> Result<Value, ReadError> {
    let node = node.resolve();
    if depth == 0 || *left == 0 {
        return wrong(node.range(), "the document is too large", None);
    }
    *left -= 1;
    Ok(match node.kind() {
        Kind::Mapping => {
            let mut map = Map::new();
            for entry in node.merged_entries() {
                let key = entry.key.as_str().unwrap_or_default().into_owned();
                map.insert(key, convert(entry.value, depth - 1, left)?);
            }
            map.into()
        }
        Kind::Sequence => {
            let mut list = Vec::new();
            for item in node.items() {
                list.push(convert(item, depth - 1, left)?);
            }
            list.into()
        }
        Kind::Scalar | Kind::Alias => match node.scalar() {
            Some(Scalar::Bool(is)) => is.into(),
            Some(Scalar::Int(number)) => number.into(),
            Some(Scalar::UInt(number)) => number.into(),
            Some(Scalar::Float(number)) => number.into(),
            Some(Scalar::Str(text)) => text.into_owned().into(),
            Some(Scalar::Null) | None => Value::Null,
        },
    })
}

/// The variables of a file of `NAME=value` lines, as `kubectl create secret --from-env-file` reads
/// it: nothing is unquoted, blanks before a name and lines that begin with `#` do not count.
pub fn env_file(text: &str) -> Result<BTreeMap<String, Vec<u8>>, ReadError> {
    let mut values = BTreeMap::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let line = line.strip_prefix('\u{feff}').unwrap_or(line).trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let range = TextRange::at(at, at + line.find('=').unwrap_or(0));
        let Some((key, value)) = line.split_once('=') else {
            return wrong(range, "the line has no `=`", Some("write `NAME=value`"));
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if key.is_empty() || !key.chars().all(fits) {
            return wrong(
                range,
                format!("`{}` is no key of a Secret", key.escape_debug()),
                Some("use letters, digits, `-`, `_` and `.`"),
            );
        }
        if values
            .insert(key.to_owned(), value.as_bytes().to_vec())
            .is_some()
        {
            return wrong(
                range,
                format!("`{key}` is there twice"),
                Some("remove one of the lines"),
            );
        }
    }
    Ok(values)
}
