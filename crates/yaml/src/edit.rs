//! Edits that keep everything they do not name. Each returns edits of the source for one
//! logical change; apply with [`plimsoll_source::edit::apply`] and parse again.
#![expect(clippy::todo, reason = "skeleton being filled in")]

use plimsoll_source::Edit;

use crate::{Entry, Node};

/// Replaces a value by the given YAML text (already valid for one line), keeping the key,
/// anchors of others, comments and line ends.
pub fn set_value(entry: Entry<'_>, value: &str) -> Vec<Edit> {
    let _ = (entry, value);
    todo!()
}
/// Replaces a scalar's content by `text`, in the quoting it has; quotes it where the new
/// text needs them under the tree's dialect to stay a string.
pub fn set_scalar(node: Node<'_>, text: &str) -> Vec<Edit> {
    let _ = (node, text);
    todo!()
}
/// Adds `key: block` to a mapping after its last entry (or `after` the named key, if it is
/// there). `block` is YAML text without leading indent; several lines are indented to fit.
/// Works on block and flow mappings and on an empty or null value in the place of a mapping.
pub fn insert_entry(mapping: Node<'_>, key: &str, block: &str, after: Option<&str>) -> Vec<Edit> {
    let _ = (mapping, key, block, after);
    todo!()
}
/// Ensures that the mappings along `path` exist below `root` and sets the last key to
/// `block` if it is not there yet.
pub fn insert_path(root: Node<'_>, path: &[&str], block: &str) -> Vec<Edit> {
    let _ = (root, path, block);
    todo!()
}
/// Removes an entry with its own comment lines; an emptied mapping becomes `{}`.
pub fn remove_entry(entry: Entry<'_>) -> Vec<Edit> {
    let _ = entry;
    todo!()
}
/// Adds an item at the end of a sequence.
pub fn push_item(sequence: Node<'_>, block: &str) -> Vec<Edit> {
    let _ = (sequence, block);
    todo!()
}
/// Removes an item of a sequence; an emptied one becomes `[]`.
pub fn remove_item(item: Node<'_>) -> Vec<Edit> {
    let _ = item;
    todo!()
}
