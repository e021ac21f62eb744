//! `<<` merges, as a view: the tree keeps them as written.
//!
//! Core (go-yaml v4): own keys win wherever they stand. GoV2 (go-yaml v2): a merge writes into
//! the map where it stands, so it wins over the keys before it and loses to those after it. In
//! a sequence of mappings the earlier ones win in both.

use std::collections::HashSet;

use crate::Dialect;
use crate::node::{Entries, Entry, Node};
use crate::tree::{Kind, Marks, Style};

/// The most mappings that one view merges; what lies beyond is left out.
const MAX_MERGED: usize = 1000;

pub(crate) fn is_merge(entry: &Entry<'_>) -> bool {
    entry.key.style() == Style::Plain
        && entry.key.kind() == Kind::Scalar
        && entry.key.tree().scalar_text(entry.key.id) == "<<"
        && entry
            .key
            .tag()
            .is_none_or(|(tag, _)| tag == "tag:yaml.org,2002:merge")
}

/// The mappings that a `<<` entry names, the one that wins first.
fn sources(value: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let value = value.resolve();
    let own = (value.kind() == Kind::Mapping).then_some(value);
    own.into_iter().chain(
        value
            .items()
            .map(Node::resolve)
            .filter(|item| item.kind() == Kind::Mapping),
    )
}

/// What is left to look at for a key, the next thing last.
enum Step<'a> {
    Ask(Node<'a>),
    Answer(Entry<'a>),
}

/// The entry with this key, merges applied.
pub(crate) fn find<'a>(mapping: Node<'a>, key: &str) -> Option<Entry<'a>> {
    if mapping.kind() != Kind::Mapping {
        return None;
    }
    if !mapping.data().marks.has(Marks::MERGES) {
        return mapping.own_entry(key);
    }
    // A mapping that had no answer has none the second time, so each is asked once. Aliases
    // never lead back into the mapping they stand in.
    let mut seen = HashSet::new();
    let mut steps = vec![Step::Ask(mapping)];
    while let Some(step) = steps.pop() {
        let asked = match step {
            Step::Answer(entry) => return Some(entry),
            Step::Ask(asked) => asked,
        };
        if seen.len() >= MAX_MERGED || !seen.insert(asked.id) {
            continue;
        }
        let own = asked.own_entry(key).filter(|_| key != "<<");
        if !asked.data().marks.has(Marks::MERGES)
            || (own.is_some() && asked.tree().dialect() == Dialect::Core)
        {
            steps.extend(own.map(Step::Answer));
            continue;
        }
        let own_at = own.map_or(0, |entry| entry.key.id);
        steps.extend(own.map(Step::Answer));
        for entry in merges(asked).filter(|entry| entry.key.id > own_at) {
            let from = steps.len();
            steps.extend(sources(entry.value).map(Step::Ask));
            steps[from..].reverse();
        }
    }
    None
}

/// The `<<` entries of a mapping that count: go-yaml v4 knows the last one only.
fn merges(mapping: Node<'_>) -> impl Iterator<Item = Entry<'_>> {
    let core = mapping.tree().dialect() == Dialect::Core;
    let last = if core {
        mapping.entries().filter(is_merge).last()
    } else {
        None
    };
    mapping
        .entries()
        .filter(is_merge)
        .filter(move |entry| last.is_none_or(|last| last.key.id == entry.key.id))
}

/// The entries of a mapping with its merges applied, see [`Node::merged_entries`].
#[derive(Clone, Debug)]
pub struct MergedEntries<'a>(Inner<'a>);

#[derive(Clone, Debug)]
enum Inner<'a> {
    Plain(Entries<'a>),
    Merged(std::vec::IntoIter<Entry<'a>>),
}

impl<'a> Iterator for MergedEntries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        match &mut self.0 {
            Inner::Plain(entries) => entries.next(),
            Inner::Merged(entries) => entries.next(),
        }
    }
}

/// All entries with merges applied.
pub(crate) fn entries(mapping: Node<'_>) -> MergedEntries<'_> {
    if mapping.kind() != Kind::Mapping || !mapping.data().marks.has(Marks::MERGES) {
        return MergedEntries(Inner::Plain(mapping.entries()));
    }
    let mut claimed: HashSet<&str> = HashSet::new();
    let mut seen = HashSet::new();
    let mut own = Vec::new();
    let mut merged = Vec::new();
    // From the strongest to the weakest: who comes first has the key.
    let mut steps = vec![Step::Ask(mapping)];
    while let Some(step) = steps.pop() {
        let asked = match step {
            Step::Answer(entry) => {
                let text = entry.key.tree().key_text(entry.key.id);
                if text.is_none_or(|text| claimed.insert(text)) {
                    let list = if entry.key.parent() == Some(mapping) {
                        &mut own
                    } else {
                        &mut merged
                    };
                    list.push(entry);
                }
                continue;
            }
            Step::Ask(asked) => asked,
        };
        if seen.len() >= MAX_MERGED || !seen.insert(asked.id) {
            continue;
        }
        let core = asked.tree().dialect() == Dialect::Core;
        let last_merge = merges(asked).last().map(|entry| entry.key.id);
        let mut plain = Vec::new();
        for entry in asked.entries() {
            if !is_merge(&entry) {
                if core { &mut plain } else { &mut steps }.push(Step::Answer(entry));
            } else if !core || last_merge == Some(entry.key.id) {
                let from = steps.len();
                steps.extend(sources(entry.value).map(Step::Ask));
                steps[from..].reverse();
            }
        }
        steps.append(&mut plain);
    }
    own.sort_by_key(|entry| entry.key.id);
    merged.sort_by_key(|entry| entry.key.id);
    own.append(&mut merged);
    MergedEntries(Inner::Merged(own.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    const TEXT: &str =
        "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nm:\n  x: own\n  <<: [*a, *b]\n  z: own\n";

    fn merged(dialect: Dialect) -> Vec<String> {
        let tree = parse(TEXT, dialect);
        let root = tree
            .documents()
            .next()
            .and_then(crate::Document::root)
            .unwrap();
        let mapping = root.get("m").unwrap();
        let list: Vec<_> = mapping.merged_entries().collect();
        for entry in &list {
            assert_eq!(mapping.entry(&entry.key.text().unwrap()), Some(*entry));
        }
        list.iter()
            .map(|e| format!("{}={}", e.key.source(), e.value.source()))
            .collect()
    }

    #[test]
    fn own_keys_win_in_core_and_later_ones_in_go_v2() {
        assert_eq!(merged(Dialect::Core), ["x=own", "z=own", "y=2"]);
        assert_eq!(merged(Dialect::GoV2), ["z=own", "x=1", "y=2"]);
    }
}
