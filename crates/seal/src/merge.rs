//! Sealed values into a SealedSecret that is there: changed keys and new ones, and nothing else.

use plimsoll_source::{Edit, TextRange};
use plimsoll_yaml::edit::{insert_entry, insert_path, set_value};
use plimsoll_yaml::{Dialect, Node, parse};
use serde_json::Value;
use thiserror::Error;

use crate::object::Scope;

/// Why nothing can be merged into a text.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum MergeError {
    /// It is no YAML.
    #[error("{1}")]
    Syntax(TextRange, String),
    /// It is not one SealedSecret.
    #[error("the file is not one SealedSecret")]
    NotOne,
    /// Its text is written in a way that cannot be edited.
    #[error("the values of the file cannot be edited where they stand")]
    Form,
}

/// What a SealedSecret says of itself: name, namespace, scope. For sealing what is merged into it.
pub fn identity(text: &str) -> Result<(String, String, Scope), MergeError> {
    let tree = parse(text, Dialect::GoV2);
    let root = root(&tree)?;
    let text = |key: &str| {
        let found = root.at(&["metadata", key]).and_then(Node::as_str);
        found.unwrap_or_default().into_owned()
    };
    // The scope that the controller goes by stands on the object itself.
    let annotation = |key: &str| {
        root.at(&["metadata", "annotations"])
            .and_then(|all| all.get(key))
            .and_then(Node::as_str)
    };
    let says = |key: &str| annotation(key).as_deref() == Some("true");
    let scope = if says("sealedsecrets.bitnami.com/cluster-wide") {
        Scope::ClusterWide
    } else if says("sealedsecrets.bitnami.com/namespace-wide") {
        Scope::NamespaceWide
    } else {
        Scope::Strict
    };
    Ok((text("name"), text("namespace"), scope))
}

fn root(tree: &plimsoll_yaml::Tree) -> Result<Node<'_>, MergeError> {
    if let Some(error) = tree.errors().first() {
        return Err(MergeError::Syntax(error.range, error.message.clone()));
    }
    let mut roots = tree
        .documents()
        .filter_map(|document| document.root())
        .filter(|root| !root.is_null());
    let root = roots.next().ok_or(MergeError::NotOne)?;
    let is_sealed = root.get("kind").and_then(Node::as_str).as_deref() == Some("SealedSecret");
    if !is_sealed || roots.next().is_some() {
        return Err(MergeError::NotOne);
    }
    Ok(root)
}

/// The text of a SealedSecret with the values of another, whose keys replace its own. All else
/// stays as it is written, comments included; JSON, which has none, is laid out anew.
pub fn merge(text: &str, sealed: &Value) -> Result<String, MergeError> {
    if let Ok(whole @ Value::Object(_)) = serde_json::from_str(text) {
        return merge_json(text, whole, sealed);
    }
    let mut text = text.to_owned();
    let empty = serde_json::Map::new();
    let values = sealed["spec"]["encryptedData"]
        .as_object()
        .unwrap_or(&empty);
    for (key, value) in values {
        let value = value.as_str().unwrap_or_default();
        let edits = {
            let tree = parse(text.as_str(), Dialect::GoV2);
            let root = root(&tree)?;
            edits(root, key, value)
        };
        text = applied(&text, edits).ok_or(MergeError::Form)?;
    }
    Ok(text)
}

fn merge_json(text: &str, mut whole: Value, sealed: &Value) -> Result<String, MergeError> {
    root(&parse(text, Dialect::GoV2))?;
    let mut at = &mut whole;
    for key in ["spec", "encryptedData"] {
        let map = at.as_object_mut().ok_or(MergeError::Form)?;
        at = map
            .entry(key)
            .or_insert_with(|| Value::Object(serde_json::Map::new()));
    }
    let own = at.as_object_mut().ok_or(MergeError::Form)?;
    let empty = serde_json::Map::new();
    let values = sealed["spec"]["encryptedData"]
        .as_object()
        .unwrap_or(&empty);
    for (key, value) in values {
        own.insert(key.clone(), value.clone());
    }
    Ok(crate::json(&whole))
}

fn edits(root: Node<'_>, key: &str, value: &str) -> Vec<Edit> {
    // Base64 is a plain word of YAML.
    match root.at(&["spec", "encryptedData"]) {
        None => insert_path(root, &["spec", "encryptedData", key], value),
        Some(values) => match values.entry(key) {
            Some(entry) => set_value(entry, value),
            None => insert_entry(values, key, value, None),
        },
    }
}

/// The text with edits; nothing where there are none, for a value was to be written.
fn applied(text: &str, mut edits: Vec<Edit>) -> Option<String> {
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.range.start, edit.range.end)));
    let mut out = text.to_owned();
    for edit in edits {
        out.get(edit.range.as_usize())?;
        out.replace_range(edit.range.as_usize(), &edit.text);
    }
    Some(out)
}
