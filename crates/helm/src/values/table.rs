//! Values in the making: maps that are shared and changed as Go's are.
//!
//! Coalescing shares maps between a chart and its subcharts, and templates that change one see
//! it in both; so it works with references, as Helm does, and not with copies.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::data::{Data, Item, Key};
use super::sources::SourceId;

/// A map. Clones are the same map.
#[derive(Clone, Debug)]
pub(crate) struct Table(Rc<Content>);

#[derive(Debug)]
struct Content {
    entries: RefCell<BTreeMap<Key, Slot>>,
    /// Who wrote some of its keys; the first is the strongest.
    sources: RefCell<Vec<SourceId>>,
}

/// An entry of a map.
#[derive(Clone, Debug)]
pub(crate) enum Slot {
    /// A scalar.
    Plain(Item),
    /// A list. Clones are the same list.
    List(Rc<Item>),
    /// A map.
    Table(Table),
}

impl Slot {
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Slot::Plain(item) if item.data.is_null())
    }

    pub(crate) fn is_table(&self) -> bool {
        matches!(self, Slot::Table(_))
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Slot::Plain(Item {
                data: Data::Bool(value),
                ..
            }) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn of(item: &Item) -> Self {
        match &item.data {
            Data::Map(map) => Slot::Table(Table::of(map, item.source)),
            Data::List(_) => Slot::List(Rc::new(item.clone())),
            _ => Slot::Plain(item.clone()),
        }
    }

    /// A copy that shares nothing that can be changed.
    pub(crate) fn deep_copy(&self) -> Self {
        match self {
            Slot::Plain(item) => Slot::Plain(item.clone()),
            Slot::List(item) => Slot::List(Rc::new((**item).clone())),
            Slot::Table(table) => Slot::Table(table.deep_copy()),
        }
    }

    /// The value as it is now, without what is shared.
    pub(crate) fn to_item(&self) -> Item {
        match self {
            Slot::Plain(item) => item.clone(),
            Slot::List(item) => (**item).clone(),
            Slot::Table(table) => table.to_item(),
        }
    }
}

impl Table {
    pub(crate) fn new() -> Self {
        Self::build(BTreeMap::new(), Vec::new())
    }

    fn build(entries: BTreeMap<Key, Slot>, sources: Vec<SourceId>) -> Self {
        Self(Rc::new(Content {
            entries: RefCell::new(entries),
            sources: RefCell::new(sources),
        }))
    }

    /// A map of its own with these entries.
    pub(crate) fn of(map: &BTreeMap<Key, Item>, source: SourceId) -> Self {
        let entries = map.iter().map(|(key, item)| (key.clone(), Slot::of(item)));
        Self::build(entries.collect(), vec![source])
    }

    /// A map of its own with the entries of a value; empty for anything but a map.
    pub(crate) fn of_item(item: &Item) -> Self {
        match &item.data {
            Data::Map(map) => Self::of(map, item.source),
            _ => Self::new(),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Slot> {
        self.0.entries.borrow().get(key).cloned()
    }

    pub(crate) fn insert(&self, key: Key, slot: Slot) {
        self.0.entries.borrow_mut().insert(key, slot);
    }

    pub(crate) fn remove(&self, key: &str) {
        self.0.entries.borrow_mut().remove(key);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.entries.borrow().is_empty()
    }

    /// The entries as they are now.
    pub(crate) fn entries(&self) -> Vec<(Key, Slot)> {
        let entries = self.0.entries.borrow();
        let pair = |(key, slot): (&Key, &Slot)| (key.clone(), slot.clone());
        entries.iter().map(pair).collect()
    }

    /// Keeps the entries for which `test` holds.
    pub(crate) fn retain(&self, mut test: impl FnMut(&Slot) -> bool) {
        self.0.entries.borrow_mut().retain(|_, slot| test(slot));
    }

    /// Who wrote some of its keys.
    pub(crate) fn sources(&self) -> Vec<SourceId> {
        self.0.sources.borrow().clone()
    }

    /// Keeps in mind that another map flowed into this one.
    pub(crate) fn add_sources(&self, other: &Table) {
        if Rc::ptr_eq(&self.0, &other.0) {
            return;
        }
        let mut own = self.0.sources.borrow_mut();
        for source in other.0.sources.borrow().iter() {
            if !own.contains(source) {
                own.push(*source);
            }
        }
    }

    /// A copy that shares its entries.
    pub(crate) fn shallow_copy(&self) -> Self {
        Self::build(self.0.entries.borrow().clone(), self.sources())
    }

    /// A copy that shares nothing that can be changed. Depth is bounded by what can be read.
    pub(crate) fn deep_copy(&self) -> Self {
        let entries = self.0.entries.borrow();
        let pair = |(key, slot): (&Key, &Slot)| (key.clone(), slot.deep_copy());
        Self::build(entries.iter().map(pair).collect(), self.sources())
    }

    /// Whether others hold it, too.
    pub(crate) fn is_shared(&self) -> bool {
        Rc::strong_count(&self.0) > 1
    }

    /// A number for it while it lives.
    pub(crate) fn address(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }

    /// The map reached over keys (`Values.Table`): an error is the key that is no map.
    pub(crate) fn table(&self, path: &str) -> Result<Table, String> {
        let mut table = self.clone();
        for key in path.split('.') {
            let next = table.get(key);
            match next {
                Some(Slot::Table(next)) => table = next,
                _ => return Err(key.to_owned()),
            }
        }
        Ok(table)
    }

    /// What is reached over keys and is no map (`Values.PathValue`).
    pub(crate) fn path_value(&self, path: &str) -> Option<Slot> {
        let (table, key) = match path.rsplit_once('.') {
            Some((tables, key)) => (self.table(tables).ok()?, key),
            None => (self.clone(), path),
        };
        table.get(key).filter(|slot| !slot.is_table())
    }

    /// The values as they are now, without what is shared.
    pub(crate) fn to_item(&self) -> Item {
        let entries = self.0.entries.borrow();
        let map = entries
            .iter()
            .map(|(key, slot)| (key.clone(), slot.to_item()));
        let source = self.0.sources.borrow().first().copied().unwrap_or_default();
        Item::new(Data::Map(Arc::new(map.collect())), source)
    }
}
