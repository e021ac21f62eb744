//! What templates read of the host's maps and what they write into them: a host that knows it can
//! tell whether a template would give the same text again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::map::Map;
use super::string::Str;

/// So many look-ups by name are kept apart; what reads more of a map has read all of it.
const MAX_KEYS: usize = 4096;

/// Look-ups of the same entry mostly come close to each other.
const NEAR: usize = 8;

/// Watches maps. Clones are the same watch.
#[derive(Clone, Default)]
pub struct Watch(Rc<Record>);

#[derive(Default)]
struct Record {
    /// Which look is going on, or 0.
    turn: Cell<u32>,
    turns: Cell<u32>,
    /// Whether the look is for what is written alone.
    only_written: Cell<bool>,
    /// The maps that were read.
    maps: RefCell<Vec<Map>>,
    /// Entries that are kept by their keys: those of large maps, and those that are not there.
    keys: RefCell<Vec<(u32, Str)>>,
    written: RefCell<Vec<(u32, Option<Str>)>>,
}

/// What was read and written between [`Watch::begin`] and [`Watch::end`]. Maps are named by the
/// numbers that they were given.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Entries that were read, or looked for.
    pub entries: Vec<(u32, Str)>,
    /// Maps of which somebody asked which entries they have.
    pub wholes: Vec<u32>,
    /// Entries that were put in or taken out; `None` for all of a map.
    pub written: Vec<(u32, Option<Str>)>,
}

impl Watch {
    /// Begins to look; what was seen before is forgotten.
    pub fn begin(&self) {
        let _ = self.end();
        let turn = self.0.turns.get().wrapping_add(1).max(1);
        self.0.turns.set(turn);
        self.0.turn.set(turn);
    }

    /// The same, but only what is written is seen, which costs next to nothing.
    pub fn begin_written(&self) {
        let _ = self.end();
        self.0.only_written.set(true);
    }

    /// Ends the look.
    pub fn end(&self) -> Seen {
        self.0.turn.set(0);
        self.0.only_written.set(false);
        let mut seen = Seen {
            entries: self.0.keys.take(),
            wholes: Vec::new(),
            written: self.0.written.take(),
        };
        for map in self.0.maps.take() {
            map.was_read(&mut seen);
        }
        seen.entries.sort_unstable();
        seen.entries.dedup();
        seen
    }
}

/// How a map is watched.
pub(super) struct Watched {
    watch: Watch,
    pub(super) number: u32,
    /// The look that what follows is of.
    turn: Cell<u32>,
    /// A bit for each entry that was read, by its place among few.
    pub(super) places: Cell<u64>,
    pub(super) whole: Cell<bool>,
}

impl Watched {
    pub(super) fn new(watch: &Watch, number: u32) -> Self {
        Self {
            watch: watch.clone(),
            number,
            turn: Cell::new(0),
            places: Cell::new(0),
            whole: Cell::new(false),
        }
    }

    /// Whether somebody looks. The first read of a look begins anew.
    fn is_on(&self, map: &Map) -> bool {
        let record = &self.watch.0;
        let turn = record.turn.get();
        if turn != 0 && self.turn.get() != turn {
            self.turn.set(turn);
            self.places.set(0);
            self.whole.set(false);
            record.maps.borrow_mut().push(map.clone());
        }
        turn != 0
    }

    /// An entry was read, or looked for; `place` is where it lies among few.
    pub(super) fn entry(&self, map: &Map, key: &[u8], place: Option<u32>) {
        if !self.is_on(map) || self.whole.get() {
            return;
        }
        if let Some(place) = place.filter(|&place| place < u64::BITS) {
            self.places.set(self.places.get() | 1 << place);
            return;
        }
        let mut keys = self.watch.0.keys.borrow_mut();
        if keys.len() >= MAX_KEYS {
            self.whole.set(true);
            return;
        }
        let mut near = keys.iter().rev().take(NEAR);
        if !near.any(|(number, known)| *number == self.number && known.bytes() == key) {
            keys.push((self.number, key.into()));
        }
    }

    /// Somebody asked which entries the map has.
    pub(super) fn all(&self, map: &Map) {
        if self.is_on(map) {
            self.whole.set(true);
        }
    }

    /// An entry was put in or taken out, or all of them.
    pub(super) fn wrote(&self, key: Option<&Str>) {
        let record = &self.watch.0;
        if record.turn.get() != 0 || record.only_written.get() {
            let written = (self.number, key.cloned());
            record.written.borrow_mut().push(written);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn names(entries: &[(u32, Str)]) -> Vec<(u32, String)> {
        let name = |(number, key): &(u32, Str)| (*number, key.text().into_owned());
        entries.iter().map(name).collect()
    }

    #[test]
    fn reads_and_writes_are_told_by_the_numbers_of_maps() {
        let watch = Watch::default();
        let (few, many) = (Map::new(), Map::new());
        for number in 0..100 {
            many.insert(format!("k{number:02}"), Value::int(number));
        }
        few.insert("a", Value::Nil);
        few.insert("b", Value::Nil);
        few.watch(&watch, 1);
        many.watch(&watch, 2);
        few.get(b"a");
        assert!(watch.end().entries.is_empty(), "nobody looked");

        watch.begin();
        few.get(b"b");
        few.viewed_as(None).get(b"b");
        few.contains(b"none");
        many.get(b"k50");
        many.get(b"k50");
        let seen = watch.end();
        let read = [(1, "b"), (1, "none"), (2, "k50")].map(|(map, key)| (map, key.to_owned()));
        assert_eq!(names(&seen.entries), read);
        assert!(seen.wholes.is_empty() && seen.written.is_empty());

        watch.begin();
        few.insert("c", Value::Nil);
        few.get(b"c");
        many.remove(b"none");
        many.remove(b"k51");
        assert_eq!(few.keys().len(), 3);
        assert!(!many.is_empty());
        few.clear();
        let seen = watch.end();
        assert_eq!(seen.wholes, [1, 2]);
        let written: Vec<_> = seen.written.iter().map(|(map, _)| *map).collect();
        assert_eq!(written, [1, 2, 1]);

        watch.begin_written();
        few.get(b"a");
        few.keys();
        few.insert("d", Value::Nil);
        let seen = watch.end();
        assert!(seen.entries.is_empty() && seen.wholes.is_empty());
        assert_eq!(seen.written, [(1, Some("d".into()))]);
        few.insert("e", Value::Nil);
        assert!(watch.end().written.is_empty(), "nobody looked");

        watch.begin();
        let copy = few.emptied();
        copy.insert("x", Value::Nil);
        copy.get(b"x");
        let seen = watch.end();
        assert!(seen.entries.is_empty() && seen.written.is_empty());
    }

    #[test]
    fn who_looks_for_very_much_has_read_all() {
        let watch = Watch::default();
        let map = Map::new();
        map.watch(&watch, 7);
        watch.begin();
        for number in 0..2 * MAX_KEYS {
            map.get(format!("{number}").as_bytes());
        }
        assert_eq!(watch.end().wholes, [7]);
    }
}
