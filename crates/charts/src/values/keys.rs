//! The keys of `values.yaml`, and how far each is read.

use std::collections::HashSet;

use plimsoll_helm::reading::Reach;
use plimsoll_project::values::ValueRead;
use plimsoll_source::TextRange;
use plimsoll_yaml::{Document, Kind, Node, Tree};

use super::Sites;

/// A key of `values.yaml`.
pub(crate) struct Key {
    pub(crate) path: String,
    pub(crate) parent: Option<u32>,
    /// Where it stands.
    pub(crate) at: TextRange,
    pub(crate) value: TextRange,
    pub(crate) read: ValueRead,
    pub(crate) places: Vec<super::At>,
}

/// A key of the maps in a list, by its path.
pub(crate) struct ElementKey {
    pub(crate) path: String,
    /// Where it stands, in the order of the file.
    pub(crate) at: Vec<TextRange>,
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
                    // Whoever depends on the chart has it in a condition (`NAME.enabled`).
                    Reach::Unread if is_switch(&names, entry.value) => ValueRead::Itself,
                    _ if shared || sites.reading.gave_up => ValueRead::Whole,
                    Reach::Unread => ValueRead::Unread,
                    Reach::Itself => ValueRead::Itself,
                    Reach::Whole => ValueRead::Whole,
                };
                let mut places: Vec<super::At> = found
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
    if keys.iter().any(|key| is_marked(&key.path)) {
        for key in &mut keys {
            key.read = ValueRead::Whole;
        }
    }
    keys
}

/// Whether something other than Helm reads a values file first: keys that begin so are for it.
fn is_marked(path: &str) -> bool {
    path.split('.')
        .filter_map(|name| name.strip_prefix('~'))
        .any(|name| name.starts_with(|c: char| c.is_alphabetic()))
}

/// A node of a values file, and the keys that lead there: of an element of a list there is none.
type At<'t> = (Node<'t>, Vec<Option<String>>);

/// The keys of maps in lists that nothing reads. Where no key of such a map is read, nothing is
/// said of any: then nobody looks into it at all.
pub(super) fn unread_in_lists(
    tree: &Tree,
    sites: &Sites<'_>,
    used: &HashSet<TextRange>,
) -> Vec<ElementKey> {
    let mut found: Vec<ElementKey> = Vec::new();
    if !tree.errors().is_empty() || sites.reading.gave_up {
        return found;
    }
    let mut open: Vec<At<'_>> = tree
        .documents()
        .filter_map(Document::root)
        .map(|root| (root, Vec::new()))
        .collect();
    let mut left = MAX_KEYS;
    while let Some((node, path)) = open.pop() {
        let below: Vec<(TextRange, At<'_>)> = node
            .entries()
            .filter_map(|entry| {
                let name = entry.key.text().filter(|name| name != "<<")?;
                let inner = path.iter().cloned();
                let inner = inner.chain([Some(go_key(entry.key, &name))]).collect();
                Some((entry.key.range(), (entry.value, inner)))
            })
            .chain(node.items().map(|item| {
                let inner = path.iter().cloned().chain([None]).collect();
                (item.range(), (item, inner))
            }))
            .filter(|(_, (value, _))| !is_shared(*value))
            .take(left)
            .collect();
        left -= below.len();
        let is_in_element = path.contains(&None) && node.kind() == Kind::Mapping;
        let is_read = |(_, (value, path)): &&(TextRange, At<'_>)| {
            let names: Vec<Option<&str>> = path.iter().map(Option::as_deref).collect();
            let (reach, _) = sites.reading.paths.reach_of(&names);
            reach != Reach::Unread || used.contains(&value.range())
        };
        let (read, unread): (Vec<_>, Vec<_>) = below.iter().partition(is_read);
        if is_in_element && !read.is_empty() {
            for (at, (_, path)) in unread {
                let path = joined(path);
                match found.iter_mut().find(|known| known.path == path) {
                    Some(known) => known.at.push(*at),
                    None => found.push(ElementKey {
                        path,
                        at: vec![*at],
                    }),
                }
            }
        }
        open.extend(read.into_iter().rev().map(|(_, next)| next.clone()));
    }
    found
}

fn joined(path: &[Option<String>]) -> String {
    let mut text = String::new();
    for key in path {
        match key {
            None => text.push_str("[]"),
            Some(key) if text.is_empty() => text.push_str(key),
            Some(key) => {
                text.push('.');
                text.push_str(key);
            }
        }
    }
    text
}

/// Whether a key is the one that is by custom the condition of who depends on the chart.
fn is_switch(path: &[&str], value: Node<'_>) -> bool {
    path == [SWITCH] && (value.as_bool().is_some() || value.is_null())
}

/// The key that decides over a chart that others depend on:
/// <https://helm.sh/docs/chart_best_practices/dependencies/#conditions-and-tags>.
pub(super) const SWITCH: &str = "enabled";

/// Says that values are read which comments show in templates that users are to write.
pub(super) fn keep_shown(keys: &mut [Key], tree: &Tree) {
    let comments = tree.comments().iter();
    keep_named(keys, comments.map(|comment| comment.range.of(tree.text())));
}

/// Says that values are read which texts name as templates do: `.Values.a.b`.
pub(super) fn keep_named<'t>(keys: &mut [Key], texts: impl Iterator<Item = &'t str>) {
    let shown: Vec<&str> = texts
        .flat_map(|text| text.split("Values.").skip(1))
        .collect();
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
