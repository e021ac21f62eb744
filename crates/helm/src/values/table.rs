//! Values in the making: maps that are shared and changed as Go's are.
//!
//! Coalescing shares maps between a chart and its subcharts, and templates that change one see
//! it in both; so it works with references, as Helm does, and not with copies.
//!
//! Most of what a chart has is laid under a user's values as it was written. So a map is taken
//! over from what was read, all of it at once, and its entries become its own when somebody asks
//! for one that could be changed.

use std::cell::{RefCell, RefMut};
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
    /// The entries as long as they are as they were written.
    written: RefCell<Option<Written>>,
    /// The entries from then on.
    own: RefCell<BTreeMap<Key, Slot>>,
    /// Who wrote some of its keys; the first is the strongest.
    sources: RefCell<Vec<SourceId>>,
}

/// The entries of a map as they were read.
pub(crate) type Written = Arc<BTreeMap<Key, Item>>;

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

    /// Where it was written.
    pub(crate) fn source(&self) -> SourceId {
        match self {
            Slot::Plain(item) => item.source,
            Slot::List(item) => item.source,
            Slot::Table(table) => table.source(),
        }
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
        Self::build(None, BTreeMap::new(), Vec::new())
    }

    fn build(written: Option<Written>, own: BTreeMap<Key, Slot>, sources: Vec<SourceId>) -> Self {
        Self(Rc::new(Content {
            written: RefCell::new(written),
            own: RefCell::new(own),
            sources: RefCell::new(sources),
        }))
    }

    /// A map of its own with these entries.
    pub(crate) fn of(map: &Written, source: SourceId) -> Self {
        Self::build(Some(map.clone()), BTreeMap::new(), vec![source])
    }

    /// A map of its own with the entries of a value; empty for anything but a map.
    pub(crate) fn of_item(item: &Item) -> Self {
        match &item.data {
            Data::Map(map) => Self::of(map, item.source),
            _ => Self::new(),
        }
    }

    /// The entries if they are as they were written.
    pub(crate) fn written(&self) -> Option<Written> {
        self.0.written.borrow().clone()
    }

    /// The entries, its own from now on.
    fn own(&self) -> RefMut<'_, BTreeMap<Key, Slot>> {
        let mut own = self.0.own.borrow_mut();
        if let Some(written) = self.0.written.take() {
            let entries = written.iter();
            *own = entries
                .map(|(key, item)| (key.clone(), Slot::of(item)))
                .collect();
        }
        own
    }

    pub(crate) fn get(&self, key: &str) -> Option<Slot> {
        if let Some(written) = &*self.0.written.borrow() {
            let item = written.get(key)?;
            if !matches!(item.data, Data::Map(_) | Data::List(_)) {
                return Some(Slot::Plain(item.clone()));
            }
        }
        self.own().get(key).cloned()
    }

    /// What `look` makes of an entry, or `absent`. Nothing is taken over for it.
    pub(crate) fn peek<T>(&self, key: &str, absent: T, look: impl FnOnce(&Slot) -> T) -> T {
        if let Some(written) = &*self.0.written.borrow() {
            let item = written.get(key);
            return item.map_or(absent, |item| look(&Slot::of(item)));
        }
        let own = self.0.own.borrow();
        own.get(key).map_or(absent, look)
    }

    /// Looks at all entries. Nothing is taken over for it.
    pub(crate) fn peek_all(&self, mut look: impl FnMut(&Key, &Slot)) {
        if let Some(written) = &*self.0.written.borrow() {
            for (key, item) in written.iter() {
                look(key, &Slot::of(item));
            }
            return;
        }
        for (key, slot) in self.0.own.borrow().iter() {
            look(key, slot);
        }
    }

    pub(crate) fn insert(&self, key: Key, slot: Slot) {
        self.own().insert(key, slot);
    }

    pub(crate) fn remove(&self, key: &str) {
        self.own().remove(key);
    }

    pub(crate) fn is_empty(&self) -> bool {
        match &*self.0.written.borrow() {
            Some(written) => written.is_empty(),
            None => self.0.own.borrow().is_empty(),
        }
    }

    /// The entries as they are now.
    pub(crate) fn entries(&self) -> Vec<(Key, Slot)> {
        let entries = self.own();
        let pair = |(key, slot): (&Key, &Slot)| (key.clone(), slot.clone());
        entries.iter().map(pair).collect()
    }

    /// The entries of a map that nobody else needs.
    pub(crate) fn into_entries(self) -> Vec<(Key, Slot)> {
        if let Some(written) = &*self.0.written.borrow() {
            let entries = written.iter();
            return entries
                .map(|(key, item)| (key.clone(), Slot::of(item)))
                .collect();
        }
        self.entries()
    }

    /// Whether both are as one of them was written, so that laying one over the other changes
    /// nothing.
    pub(crate) fn is_as_written_in(&self, other: &Table) -> bool {
        match (self.written(), other.written()) {
            (Some(own), Some(other)) => Arc::ptr_eq(&own, &other) && !holds_null(&own),
            _ => false,
        }
    }

    /// Removes nulls at any depth, but for those in lists. Recursion is as deep as values are
    /// nested, which reading bounds.
    pub(crate) fn remove_nulls(&self) {
        if let Some(written) = &*self.0.written.borrow()
            && !holds_null(written)
        {
            return;
        }
        self.own().retain(|_, slot| {
            if let Slot::Table(table) = slot {
                table.remove_nulls();
            }
            !slot.is_null()
        });
    }

    /// Who wrote some of its keys.
    pub(crate) fn sources(&self) -> Vec<SourceId> {
        self.0.sources.borrow().clone()
    }

    /// Who wrote it, if only one is to be named.
    pub(crate) fn source(&self) -> SourceId {
        self.0.sources.borrow().first().copied().unwrap_or_default()
    }

    /// Looks at the entries as they are now, which `look` must not change.
    pub(crate) fn each(&self, mut look: impl FnMut(&Key, &Slot)) {
        for (key, slot) in self.own().iter() {
            look(key, slot);
        }
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
        Self::build(None, self.own().clone(), self.sources())
    }

    /// A copy that shares nothing that can be changed. Depth is bounded by what can be read.
    pub(crate) fn deep_copy(&self) -> Self {
        let entries = self.0.own.borrow();
        let pair = |(key, slot): (&Key, &Slot)| (key.clone(), slot.deep_copy());
        let own = entries.iter().map(pair).collect();
        Self::build(self.written(), own, self.sources())
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

    /// The values as they are now, to be laid under others; each map has the place that names it
    /// for templates.
    pub(crate) fn frozen(&self) -> Item {
        let sources = self.0.sources.borrow();
        let mut known = sources.iter().filter(|source| **source != SourceId::NONE);
        let source = known.next().copied().unwrap_or_default();
        if let Some(written) = self.written() {
            return Item::new(Data::Map(written), source);
        }
        let entries = self.0.own.borrow();
        let map = entries.iter().map(|(key, slot)| {
            let item = match slot {
                Slot::Table(table) => table.frozen(),
                slot => slot.to_item(),
            };
            (key.clone(), item)
        });
        Item::new(Data::Map(Arc::new(map.collect())), source)
    }

    /// The values as they are now, without what is shared.
    pub(crate) fn to_item(&self) -> Item {
        let source = self.source();
        if let Some(written) = self.written() {
            return Item::new(Data::Map(written), source);
        }
        let entries = self.0.own.borrow();
        let map = entries
            .iter()
            .map(|(key, slot)| (key.clone(), slot.to_item()));
        Item::new(Data::Map(Arc::new(map.collect())), source)
    }
}

/// Whether there is a null, but for those in lists. Recursion is as deep as values are nested,
/// which reading bounds.
fn holds_null(map: &BTreeMap<Key, Item>) -> bool {
    map.values().any(|item| match &item.data {
        Data::Map(map) => holds_null(map),
        data => data.is_null(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::read_document;

    fn table(text: &str) -> Table {
        Table::of_item(&read_document(text.as_bytes()).expect("it is YAML"))
    }

    #[test]
    fn what_was_written_is_taken_over_until_it_could_be_changed() {
        let all = table("a: {b: 1, c: {d: 2}}\ne: 3\n");
        let copy = all.deep_copy();
        assert!(matches!(all.get("e"), Some(Slot::Plain(_))));
        assert!(all.written().is_some(), "a scalar cannot be changed");
        let (Some(Slot::Table(one)), Some(Slot::Table(same))) = (all.get("a"), all.get("a")) else {
            panic!("a map is one");
        };
        assert!(all.written().is_none());
        one.insert("b".into(), Slot::Plain(Data::Bool(true).into()));
        assert_eq!(same.to_item(), one.to_item());
        assert!(matches!(same.get("b"), Some(slot) if slot.as_bool() == Some(true)));
        assert!(all.to_item() != copy.to_item(), "a copy shares nothing");
        assert_eq!(
            copy.to_item(),
            table("a: {b: 1, c: {d: 2}}\ne: 3\n").to_item()
        );
    }

    #[test]
    fn a_map_laid_over_itself_changes_nothing_if_it_has_no_nulls() {
        let all = table("a: {b: {c: 1}}\n");
        assert!(all.is_as_written_in(&all.deep_copy()));
        assert!(!all.is_as_written_in(&table("a: {b: {c: 1}}\n")));
        let nulls = table("a: {b: {c: null}}\n");
        assert!(!nulls.is_as_written_in(&nulls.deep_copy()));
    }

    #[test]
    fn nulls_are_removed_at_any_depth_but_in_lists() {
        let all = table("a: {b: null, c: {d: ~, e: 1}}\nf: [null]\ng:\n");
        all.remove_nulls();
        assert_eq!(
            all.to_item(),
            table("a: {c: {e: 1}}\nf: [null]\n").to_item()
        );
        let without = table("a: {b: 1}\n");
        without.remove_nulls();
        assert!(without.written().is_some());
    }
}
