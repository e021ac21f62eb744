//! The keys of `values.yaml`, and how far each is read.

use plimsoll_helm::reading::Reach;
use plimsoll_project::values::ValueRead;
use plimsoll_source::TextRange;
use plimsoll_yaml::{Document, Kind, Node, Tree};

use super::{At, Sites};

/// A key of `values.yaml`.
pub(crate) struct Key {
    pub(crate) path: String,
    pub(crate) parent: Option<u32>,
    /// Where it stands.
    pub(crate) at: TextRange,
    pub(crate) value: TextRange,
    pub(crate) read: ValueRead,
    pub(crate) places: Vec<At>,
}

/// The most keys of one file; further ones are left out.
const MAX_KEYS: usize = 20_000;

/// The keys of a values file, those above before those below them.
pub(super) fn of(tree: &Tree, sites: &Sites<'_>) -> Vec<Key> {
    let mut keys = Vec::new();
    if !tree.errors().is_empty() {
        return keys;
    }
    for root in tree.documents().filter_map(Document::root) {
        let mut open: Vec<(Node<'_>, Vec<String>, Option<u32>)> = vec![(root, Vec::new(), None)];
        while let Some((node, path, parent)) = open.pop() {
            // An alias is looked at where its anchor is.
            if node.kind() != Kind::Mapping {
                continue;
            }
            let mut below = Vec::new();
            for entry in node.entries() {
                let Some(name) = entry.key.text().filter(|_| keys.len() < MAX_KEYS) else {
                    continue;
                };
                // What is merged in is read under other names, too.
                if name == "<<" {
                    continue;
                }
                let mut inner = path.clone();
                inner.push(go_key(entry.key, &name));
                let names: Vec<&str> = inner.iter().map(String::as_str).collect();
                let (reach, found) = sites.reading.paths.reach(&names);
                let shared = is_shared(entry.value);
                let read = match reach {
                    _ if shared || sites.reading.gave_up => ValueRead::Whole,
                    Reach::Unread => ValueRead::Unread,
                    Reach::Itself => ValueRead::Itself,
                    Reach::Whole => ValueRead::Whole,
                };
                let mut places: Vec<At> = found
                    .into_iter()
                    .filter_map(|site| sites.at(site))
                    .collect();
                places.retain(|(_, range)| !range.is_empty());
                keys.push(Key {
                    path: inner.join("."),
                    parent,
                    at: entry.key.range(),
                    value: entry.value.range(),
                    read,
                    places,
                });
                if !shared {
                    below.push((entry.value, inner, Some(keys.len() as u32 - 1)));
                }
            }
            open.extend(below.into_iter().rev());
        }
    }
    keys
}

/// Says that values are read which comments show in templates that users are to write.
pub(super) fn keep_shown(keys: &mut [Key], tree: &Tree) {
    let mut shown: Vec<&str> = Vec::new();
    for comment in tree.comments() {
        let line = comment.range.of(tree.text());
        shown.extend(line.split("Values.").skip(1));
    }
    for key in keys {
        let is_shown = |rest: &&str| {
            let after = rest.strip_prefix(&*key.path);
            after.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        };
        if key.read == ValueRead::Unread && shown.iter().any(is_shown) {
            key.read = ValueRead::Whole;
        }
    }
}

/// A key as the reader of values makes it of what is written: `on:` is `true`.
fn go_key(key: Node<'_>, text: &str) -> String {
    match key.as_bool() {
        Some(value) => value.to_string(),
        None => text.to_owned(),
    }
}

/// Whether aliases may lead to a value or to something in it, or it leads elsewhere.
fn is_shared(value: Node<'_>) -> bool {
    value.anchor().is_some() || value.kind() == Kind::Alias
}
