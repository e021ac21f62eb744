//! Maps: shared and mutable as in Go, with string keys in sorted order.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::trace::{HostId, Trace};

use super::Traced;
use super::entries::Entries;
use super::object::Class;
use super::string::Str;
use super::types::Type;
use super::watch::{Seen, Watch, Watched};

/// A map. Clones are the same map.
#[derive(Clone)]
pub struct Map(Rc<Content>);

struct Content {
    /// For the same map under another type: the map itself, which has all that is below but
    /// the class.
    of: Option<Map>,
    element: Type,
    class: Option<Arc<Class>>,
    nil: bool,
    entries: RefCell<Entries>,
    /// What absent entries are absent from.
    id: Cell<Option<HostId>>,
    /// Who decided which keys there are.
    shape: Cell<Trace>,
    /// Who decided that there are no other keys: what put a key in is no reason for that.
    rest: Cell<Trace>,
    /// What every read depends on.
    taint: Cell<Trace>,
    /// What decided that certain entries are not there.
    absent: RefCell<BTreeMap<Str, Trace>>,
    /// Who wants to know what is read and written.
    watched: OnceCell<Box<Watched>>,
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl Map {
    /// An empty `map[string]interface {}`.
    pub fn new() -> Self {
        Self::typed(Type::Any)
    }

    /// An empty map with elements of one type.
    pub fn typed(element: Type) -> Self {
        Self::build(element, None, false)
    }

    /// An empty map of a named type that has methods.
    pub fn classed(element: Type, class: Arc<Class>) -> Self {
        Self::build(element, Some(class), false)
    }

    /// The same map, with room for so many entries.
    #[must_use]
    pub fn with_room(self, count: usize) -> Self {
        self.inner().0.entries.borrow_mut().reserve(count);
        self
    }

    /// A map that is nil but has a type. It cannot be written.
    pub fn nil(element: Type) -> Self {
        Self::build(element, None, true)
    }

    fn build(element: Type, class: Option<Arc<Class>>, nil: bool) -> Self {
        Self(Rc::new(Content {
            of: None,
            element,
            class,
            nil,
            entries: RefCell::default(),
            id: Cell::new(None),
            shape: Cell::new(Trace::NONE),
            rest: Cell::new(Trace::NONE),
            taint: Cell::new(Trace::NONE),
            absent: RefCell::default(),
            watched: OnceCell::new(),
        }))
    }

    /// An empty map of the same type, which is another map: without a name of the host and
    /// without what decided over the entries of this one.
    #[must_use]
    pub fn emptied(&self) -> Self {
        Self::build(self.0.element.clone(), self.0.class.clone(), false)
    }

    /// The same map as a value of a named type, or of none: what is written through one is seen
    /// through the other.
    #[must_use]
    pub fn viewed_as(&self, class: Option<Arc<Class>>) -> Self {
        let inner = self.inner();
        Self(Rc::new(Content {
            of: Some(inner.clone()),
            element: inner.0.element.clone(),
            class,
            nil: inner.0.nil,
            entries: RefCell::default(),
            id: Cell::new(None),
            shape: Cell::new(Trace::NONE),
            rest: Cell::new(Trace::NONE),
            taint: Cell::new(Trace::NONE),
            absent: RefCell::default(),
            watched: OnceCell::new(),
        }))
    }

    /// The map that has the entries.
    #[inline]
    fn inner(&self) -> &Map {
        match &self.0.of {
            None => self,
            Some(map) => map,
        }
    }

    /// The same map, named by the host: reads of entries that are not there can then be told.
    #[must_use]
    pub fn with_id(self, id: HostId) -> Self {
        self.inner().0.id.set(Some(id));
        self
    }

    /// Tells `watch` what is read of the map and written to it, under this number. Only the first
    /// watch of a map counts.
    pub fn watch(&self, watch: &Watch, number: u32) {
        let watched = &self.inner().0.watched;
        watched.get_or_init(|| Box::new(Watched::new(watch, number)));
    }

    /// The number under which it is watched.
    pub fn watched_as(&self) -> Option<u32> {
        let watched = self.inner().0.watched.get();
        watched.map(|watched| watched.number)
    }

    /// Adds what was read of it in the look that has just ended.
    pub(super) fn was_read(&self, seen: &mut Seen) {
        let Some(watched) = self.inner().0.watched.get() else {
            return;
        };
        if watched.whole.get() {
            seen.wholes.push(watched.number);
            return;
        }
        let entries = self.inner().0.entries.borrow();
        let mut places = watched.places.get();
        while places != 0 {
            let place = places.trailing_zeros();
            places &= places - 1;
            if let Some(key) = entries.key_at(place as usize) {
                seen.entries.push((watched.number, key.clone()));
            }
        }
    }

    /// All entries, to be looked at.
    #[inline]
    fn all(&self) -> std::cell::Ref<'_, Entries> {
        let inner = self.inner();
        if let Some(watched) = inner.0.watched.get() {
            watched.all(inner);
        }
        inner.0.entries.borrow()
    }

    /// Looks an entry up; `hint` as in [`Map::get_at`].
    #[inline]
    fn find<'e>(&self, entries: &'e Entries, key: &[u8], hint: &mut u32) -> Option<&'e Traced> {
        let found = entries.get(key, hint);
        if let Some(watched) = self.0.watched.get() {
            let place = found.is_some() && entries.are_few();
            watched.entry(self, key, place.then_some(*hint));
        }
        found
    }

    fn wrote(&self, key: Option<&Str>) {
        if let Some(watched) = self.inner().0.watched.get() {
            watched.wrote(key);
        }
    }

    /// The same map, with what decided which keys it has.
    #[must_use]
    pub fn with_shape(self, shape: Trace) -> Self {
        self.inner().0.shape.set(shape);
        self.inner().0.rest.set(shape);
        self
    }

    /// The same map, with what decided that it has no other keys, if its entries say why they are
    /// there. It must be part of the shape.
    #[must_use]
    pub fn with_rest(self, rest: Trace) -> Self {
        self.inner().0.rest.set(rest);
        self
    }

    /// The host's name for it.
    pub fn id(&self) -> Option<HostId> {
        self.inner().0.id.get()
    }

    /// What decided which keys it has.
    pub fn shape(&self) -> Trace {
        self.inner().0.shape.get()
    }

    /// What decided that it has no other keys. Where it is not the shape, the entries say why they
    /// are there: by the conditions in their traces.
    pub fn rest(&self) -> Trace {
        self.inner().0.rest.get()
    }

    /// What every read of it depends on.
    pub fn taint(&self) -> Trace {
        self.inner().0.taint.get()
    }

    pub(crate) fn set_shape(&self, shape: Trace) {
        self.inner().0.shape.set(shape);
    }

    pub(crate) fn set_rest(&self, rest: Trace) {
        self.inner().0.rest.set(rest);
    }

    pub(crate) fn set_taint(&self, taint: Trace) {
        self.inner().0.taint.set(taint);
    }

    /// Looks at the entry of a key without taking hold of it. `look` must not write into the
    /// map.
    #[inline]
    pub(crate) fn with_entry<T>(
        &self,
        key: &[u8],
        hint: &mut u32,
        look: impl FnOnce(Option<&Traced>) -> T,
    ) -> T {
        let inner = self.inner();
        look(inner.find(&inner.0.entries.borrow(), key, hint))
    }

    /// What decided that there is no entry for the key.
    pub(crate) fn trace_if_absent(&self, key: &[u8]) -> Trace {
        self.inner()
            .0
            .absent
            .borrow()
            .get(key)
            .copied()
            .unwrap_or_default()
    }

    pub(crate) fn set_trace_if_absent(&self, key: &[u8], trace: Trace) {
        self.inner().0.absent.borrow_mut().insert(key.into(), trace);
    }

    /// The entry of a key.
    pub fn get(&self, key: &[u8]) -> Option<Traced> {
        self.get_at(key, &mut 0)
    }

    /// The entry of a key; `hint` is where it was found the last time.
    #[inline]
    pub(crate) fn get_at(&self, key: &[u8], hint: &mut u32) -> Option<Traced> {
        let inner = self.inner();
        inner.find(&inner.0.entries.borrow(), key, hint).cloned()
    }

    /// Whether the key has an entry.
    pub fn contains(&self, key: &[u8]) -> bool {
        let inner = self.inner();
        inner.find(&inner.0.entries.borrow(), key, &mut 0).is_some()
    }

    /// Puts an entry in and gives the one that it replaces. A nil map is left as it is, where
    /// Go would panic: ask [`Map::is_nil`] before.
    ///
    /// This is for building values. A function that templates call goes through
    /// [`crate::Call::insert`], which also joins what decided that it is called.
    pub fn insert(&self, key: impl Into<Str>, entry: impl Into<Traced>) -> Option<Traced> {
        if self.0.nil {
            return None;
        }
        let mut entry = entry.into();
        entry.wrapped = false;
        let key = key.into();
        self.wrote(Some(&key));
        self.inner().0.entries.borrow_mut().insert(key, entry)
    }

    /// Takes an entry out.
    pub fn remove(&self, key: &[u8]) -> Option<Traced> {
        let removed = self.inner().0.entries.borrow_mut().remove(key);
        if removed.is_some() {
            self.wrote(Some(&key.into()));
        }
        removed
    }

    /// Takes all entries out.
    pub fn clear(&self) {
        self.wrote(None);
        // Freed only when the map can be borrowed again: freeing may come back to it.
        let entries = self.inner().0.entries.take();
        entries.release();
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.all().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is nil.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// The entries as they are now, sorted by key.
    pub fn entries(&self) -> Vec<(Str, Traced)> {
        self.all().to_vec()
    }

    /// The keys as they are now, sorted.
    pub fn keys(&self) -> Vec<Str> {
        self.all().keys()
    }

    /// The type of its elements.
    pub fn element_type(&self) -> &Type {
        &self.0.element
    }

    /// Its type.
    pub fn type_of(&self) -> Type {
        let plain = Type::map(self.0.element.clone());
        match &self.0.class {
            Some(class) => Type::Named(class.name.as_str().into(), Arc::new(plain)),
            None => plain,
        }
    }

    /// Whether both are the same map in memory.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner().0, &other.inner().0)
    }

    pub(crate) fn class(&self) -> Option<&Class> {
        self.0.class.as_deref()
    }

    /// A handle that does not keep it alive.
    pub(crate) fn downgrade(&self) -> WeakMap {
        WeakMap(Rc::downgrade(&self.inner().0))
    }
}

/// A map that may have been freed.
#[derive(Clone)]
pub(crate) struct WeakMap(std::rc::Weak<Content>);

impl WeakMap {
    pub(crate) fn upgrade(&self) -> Option<Map> {
        self.0.upgrade().map(Map)
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        let entries = std::mem::take(self.entries.get_mut());
        entries.release();
    }
}
