//! The tree that a project is resolved in: what YAML gives, made our own, every value with its
//! trace.

use std::collections::HashMap;

use super::records::Trace;

/// A value with its origin.
#[derive(Clone, Debug)]
pub struct Item {
    pub(super) data: Data,
    pub(super) trace: Trace,
    /// The traces of the two halves of a `KEY=value` string.
    pub(super) halves: Option<Box<Halves>>,
}

/// What a value holds. The kinds of number are those that the reference tells apart.
#[derive(Clone, Debug)]
pub enum Data {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above `i64::MAX`.
    UInt(u64),
    /// A number.
    Float(f64),
    /// A number that was cast to single precision.
    Single(f32),
    /// A point in time, as RFC 3339 writes it.
    Time(Box<str>),
    /// A string.
    Text(Box<str>),
    /// A list.
    List(Vec<Item>),
    /// A mapping.
    Map(Map),
}

/// Where the halves of a `KEY=value` string were written.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Halves {
    pub(super) key: Trace,
    pub(super) value: Trace,
}

impl Item {
    pub(super) fn new(data: Data, trace: Trace) -> Self {
        Self {
            data,
            trace,
            halves: None,
        }
    }

    pub(super) fn text(text: impl Into<Box<str>>, trace: Trace) -> Self {
        Self::new(Data::Text(text.into()), trace)
    }

    pub(super) fn null(trace: Trace) -> Self {
        Self::new(Data::Null, trace)
    }

    /// What it holds.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Where it was written.
    pub fn trace(&self) -> Trace {
        self.trace
    }

    /// The string that it is.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean that it is.
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            Data::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number that it is.
    pub fn as_int(&self) -> Option<i64> {
        match self.data {
            Data::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The mapping that it is.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(super) fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The items of the list that it is; none for anything else.
    pub fn items(&self) -> &[Item] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of the mapping that it is; none for anything else.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.as_map().into_iter().flat_map(Map::iter)
    }

    /// The value under a key of the mapping that it is.
    pub fn get(&self, key: &str) -> Option<&Item> {
        self.as_map()?.get(key)
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// What it is, in a word.
    pub fn kind_name(&self) -> &'static str {
        match self.data {
            Data::Null => "null value",
            Data::Bool(_) => "boolean",
            Data::Int(_) | Data::UInt(_) => "whole number",
            Data::Float(_) | Data::Single(_) => "number",
            Data::Time(_) => "date",
            Data::Text(_) => "string",
            Data::List(_) => "list",
            Data::Map(_) => "mapping",
        }
    }

    /// Whether both hold the same, wherever it was written: what the reference compares with
    /// `reflect.DeepEqual`.
    #[expect(clippy::float_cmp, reason = "the reference compares so, too")]
    pub(super) fn same(&self, other: &Item) -> bool {
        match (&self.data, &other.data) {
            (Data::Null, Data::Null) => true,
            (Data::Bool(one), Data::Bool(two)) => one == two,
            (Data::Int(one), Data::Int(two)) => one == two,
            (Data::UInt(one), Data::UInt(two)) => one == two,
            (Data::Float(one), Data::Float(two)) => one == two,
            (Data::Single(one), Data::Single(two)) => one == two,
            (Data::Time(one), Data::Time(two)) | (Data::Text(one), Data::Text(two)) => one == two,
            (Data::List(one), Data::List(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(a, b)| a.same(b))
            }
            (Data::Map(one), Data::Map(two)) => {
                one.len() == two.len()
                    && one
                        .iter()
                        .all(|entry| two.get(entry.key()).is_some_and(|v| v.same(&entry.value)))
            }
            _ => false,
        }
    }
}

/// One entry of a [`Map`].
#[derive(Clone, Debug)]
pub struct Entry {
    pub(super) key: Box<str>,
    pub(super) key_trace: Trace,
    pub(super) value: Item,
}

impl Entry {
    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where the key was written.
    pub fn key_trace(&self) -> Trace {
        self.key_trace
    }

    /// The value.
    pub fn value(&self) -> &Item {
        &self.value
    }
}

/// Above this many entries a map keeps an index.
const INDEXED_ABOVE: usize = 16;

/// A mapping with string keys, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: Vec<Entry>,
    /// Position of every key, once there are many.
    index: HashMap<Box<str>, usize>,
}

impl Map {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// The values with their keys, to be changed.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = (&str, Trace, &mut Item)> {
        self.entries
            .iter_mut()
            .map(|entry| (&*entry.key, entry.key_trace, &mut entry.value))
    }

    /// The entries, to be changed; keys must stay.
    pub(super) fn entries_mut(&mut self) -> std::slice::IterMut<'_, Entry> {
        self.entries.iter_mut()
    }

    fn position(&self, key: &str) -> Option<usize> {
        if self.entries.len() > INDEXED_ABOVE {
            self.index.get(key).copied()
        } else {
            self.entries.iter().position(|entry| &*entry.key == key)
        }
    }

    /// The entry with this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.position(key).map(|at| &self.entries[at])
    }

    /// The value under this key.
    pub fn get(&self, key: &str) -> Option<&Item> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value under this key, to be changed.
    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Item> {
        self.position(key).map(|at| &mut self.entries[at].value)
    }

    /// Whether the key is there, whatever its value.
    pub fn contains(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Sets a value. The place of a key that is there already is kept: it is where the thing was
    /// first named.
    pub(super) fn insert(&mut self, key: impl Into<Box<str>>, key_trace: Trace, value: Item) {
        let key = key.into();
        if let Some(at) = self.position(&key) {
            self.entries[at].value = value;
            return;
        }
        if self.entries.len() == INDEXED_ABOVE {
            self.reindex();
        }
        if self.entries.len() >= INDEXED_ABOVE {
            self.index.insert(key.clone(), self.entries.len());
        }
        self.entries.push(Entry {
            key,
            key_trace,
            value,
        });
    }

    /// Sets a value that Compose adds by itself on behalf of `cause`.
    pub(super) fn imply(&mut self, key: &str, value: Data, cause: Trace) {
        let cause = cause.implied();
        self.insert(key, cause, Item::new(value, cause));
    }

    /// Takes an entry out.
    pub(super) fn remove(&mut self, key: &str) -> Option<Entry> {
        let at = self.position(key)?;
        let entry = self.entries.remove(at);
        self.reindex();
        Some(entry)
    }

    /// Keeps the entries for which `keep` holds.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut Entry) -> bool) {
        let before = self.entries.len();
        self.entries.retain_mut(|entry| keep(entry));
        if self.entries.len() != before {
            self.reindex();
        }
    }

    fn reindex(&mut self) {
        self.index.clear();
        if self.entries.len() >= INDEXED_ABOVE {
            let keys = self.entries.iter().enumerate();
            self.index = keys.map(|(at, entry)| (entry.key.clone(), at)).collect();
        }
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Map {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl FromIterator<Entry> for Map {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut map = Self::default();
        for entry in entries {
            map.insert(entry.key, entry.key_trace, entry.value);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_keeps_order_and_finds_its_keys_however_many_there_are() {
        let trace = Trace::IMPLICIT;
        let mut map = Map::default();
        for number in 0..40 {
            map.insert(format!("k{number}"), trace, Item::null(trace));
            for known in 0..=number {
                assert!(map.contains(&format!("k{known}")));
            }
            assert!(!map.contains("k40"));
        }
        map.insert("k3", trace, Item::text("x", trace));
        assert_eq!(map.len(), 40);
        assert_eq!(map.get("k3").and_then(Item::as_str), Some("x"));
        assert!(map.remove("k5").is_some() && map.remove("k5").is_none());
        map.retain(|entry| entry.key.len() == 2);
        let keys: Vec<&str> = map.iter().map(Entry::key).collect();
        assert_eq!(keys, ["k0", "k1", "k2", "k3", "k4", "k6", "k7", "k8", "k9"]);
        assert!(map.contains("k9") && !map.contains("k10"));
    }
}
