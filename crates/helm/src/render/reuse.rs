//! What templates gave the last time, for many renders of one chart.
//!
//! A template gives the same text again if all that it read is as it was. So its reads of the maps
//! that it is given are kept ([`Watch`]), and compared with the values of the next render before
//! it is executed.
//!
//! Invariants: what is no function of values (chance, the clock) is executed every time, as is a
//! template that writes into what it is given. What it wrote counts as changed for those behind it.
//! Where something else is written to than values and the roots of the charts, nothing behind it
//! is reused. What differs outside of the values, and which maps are the same one, makes a new
//! beginning.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::HashMap;
use plimsoll_gotmpl::value::{Seen, Watch};
use plimsoll_gotmpl::{Map, Str, Value};

use super::output::RenderedFile;
use super::{Capabilities, Release};
use crate::chart::{Dependency, Instance};
use crate::values::{Data, Key, Slot, Table, Written};

/// More reads, or paths, are not kept: everything begins anew.
const MAX_KEPT: usize = 500_000;

/// So many values of an entry are compared with one that is new.
const LAST: usize = 8;

/// What was in vain more often counts as this.
const MAX_VAIN: u32 = 5;

/// Values are looked at no deeper for what could be written to.
const MAX_DEPTH: u32 = 64;

/// The number of maps that are neither values nor roots.
const OTHER: u32 = u32::MAX;

/// What is above the values of the outermost chart, and above the roots of all charts.
const ABOVE: u32 = u32::MAX - 1;

/// What was rendered last.
#[derive(Default)]
pub(crate) struct Reuse {
    world: Option<World>,
    /// The numbers of maps, by what each lies in and the key there.
    numbers: HashMap<(u32, Key), u32>,
    /// What was read of each map, by its number.
    maps: Vec<OfMap>,
    reads: Vec<Read>,
    /// Maps that lie at more than one place.
    shared: Vec<Place>,
    files: HashMap<Arc<str>, Known>,
    /// The files that had to be executed again when they were known.
    tries: HashMap<Arc<str>, Tries>,
    /// The same of whole renders.
    whole: Tries,
}

/// Whether it is worth keeping what is read: where values change what is read each time, that costs a
/// sixth of a render, so it is only tried now and then.
#[derive(Clone, Copy, Default)]
struct Tries {
    /// How many times in a row it was in vain.
    vain: u32,
    /// So many times go without, because of that.
    pause: u32,
}

impl Tries {
    /// Whether the next time goes without.
    fn pauses(&mut self) -> bool {
        let pauses = self.pause > 0;
        self.pause = self.pause.saturating_sub(1);
        pauses
    }

    /// It was in vain once more; after so many times there is a pause.
    fn was_in_vain(&mut self, times: u32) {
        self.vain = (self.vain + 1).min(MAX_VAIN);
        if self.vain >= times {
            self.pause = 1 << self.vain;
        }
    }
}

/// A map in a map: the number of the inner one, that of the outer one and the key.
type Place = (u32, u32, Key);

/// All that templates see beside the values.
#[derive(PartialEq)]
struct World {
    files: Vec<String>,
    release: Release,
    capabilities: Capabilities,
    zone: String,
    /// The names of the charts, and what each depends on.
    charts: Vec<(Key, Option<Arc<[Dependency]>>)>,
}

/// What was read of a map: places in [`Reuse::reads`].
#[derive(Default)]
struct OfMap {
    entries: BTreeMap<Key, Vec<u32>>,
    whole: Vec<u32>,
}

/// Something that a template read.
struct Read {
    number: u32,
    /// The entry, or all of them.
    key: Option<Key>,
    found: Found,
}

#[derive(Clone)]
enum Found {
    /// What the renderer gives is the same in the same world.
    Given,
    Absent,
    /// A map: what is in it has reads of its own.
    Map,
    Plain(Data),
    Whole(Vec<(Key, Found)>),
}

/// What a file gave, and what it read for it.
struct Known {
    reads: Vec<u32>,
    file: RenderedFile,
}

/// Where the values of a map are.
enum Values {
    /// It is not there in this render.
    None,
    /// A root: what the renderer gives.
    Given,
    Table(Table),
    Written(Written),
}

/// One render.
pub(super) struct Case<'r> {
    all: &'r mut Reuse,
    watch: Watch,
    values: Vec<Values>,
    shared: Vec<Place>,
    /// Whether each read would give the same, as far as that is known.
    verdicts: Vec<Option<bool>>,
    written: BTreeSet<(u32, Option<Key>)>,
    /// Whether something was written to that is not followed.
    is_blind: bool,
    /// Whether it is kept what the template reads that is executed now.
    is_watched: bool,
    /// How many files could be known, and how many were.
    hoped: usize,
    known: usize,
}

impl Drop for Case<'_> {
    fn drop(&mut self) {
        self.all.used(self.hoped, self.known);
    }
}

impl Reuse {
    /// Whether the next render goes without.
    pub(super) fn pauses(&mut self) -> bool {
        self.whole.pauses()
    }

    /// A render ended: of so many files it could use so many.
    fn used(&mut self, files: usize, known: usize) {
        if known * 8 >= files {
            self.whole = Tries::default();
        } else {
            self.whole.was_in_vain(2);
        }
    }

    /// Begins a render.
    pub(super) fn case<'r>(
        &'r mut self,
        root: &Instance,
        files: Vec<String>,
        release: &Release,
        capabilities: &Capabilities,
        zone: &str,
    ) -> Case<'r> {
        let mut charts = Vec::new();
        charts_of(root, &mut charts);
        let world = World {
            files,
            release: release.clone(),
            capabilities: capabilities.clone(),
            zone: zone.to_owned(),
            charts,
        };
        let is_full = self.reads.len().max(self.maps.len()) > MAX_KEPT;
        if is_full || self.world.as_ref() != Some(&world) {
            *self = Self::default();
        }
        self.world = Some(world);
        Case {
            verdicts: vec![None; self.reads.len()],
            all: self,
            watch: Watch::default(),
            values: Vec::new(),
            shared: Vec::new(),
            written: BTreeSet::new(),
            is_blind: false,
            is_watched: false,
            hoped: 0,
            known: 0,
        }
    }
}

/// Recursion is as deep as charts are nested, which loading bounds.
fn charts_of(instance: &Instance, found: &mut Vec<(Key, Option<Arc<[Dependency]>>)>) {
    found.push((instance.name.clone(), instance.dependencies.clone()));
    for child in &instance.children {
        charts_of(child, found);
    }
}

impl Case<'_> {
    /// A map of the values is watched from now on. `above` is the number of the map that it lies
    /// in; `None` for the outermost.
    pub(super) fn of_table(&mut self, above: Option<u32>, key: &Key, map: &Map, table: &Table) {
        let number = self.number(above.unwrap_or(ABOVE), key);
        self.values[number as usize] = Values::Table(table.clone());
        map.watch(&self.watch, number);
    }

    /// The same for a map that is as it was written.
    pub(super) fn of_written(
        &mut self,
        above: Option<u32>,
        key: &Key,
        map: &Map,
        written: &Written,
    ) {
        let number = self.number(above.unwrap_or(ABOVE), key);
        self.values[number as usize] = Values::Written(written.clone());
        map.watch(&self.watch, number);
    }

    /// A map lies at one more place.
    pub(super) fn is_shared(&mut self, above: Option<u32>, key: &Key, map: &Map) {
        let number = map.watched_as().unwrap_or(OTHER);
        self.shared
            .push((number, above.unwrap_or(ABOVE), key.clone()));
    }

    /// A map in a list: who reads it has read the list.
    pub(super) fn of_list(&self, map: &Map) {
        map.watch(&self.watch, OTHER);
    }

    fn number(&mut self, above: u32, key: &Key) -> u32 {
        let next = self.all.maps.len() as u32;
        let number = *self.all.numbers.entry((above, key.clone())).or_insert(next);
        if number == next {
            self.all.maps.push(OfMap::default());
        }
        let count = self.all.maps.len();
        self.values.resize_with(count, || Values::None);
        number
    }

    /// What templates see is complete: the roots of the charts.
    pub(super) fn given(&mut self, roots: &[Map]) {
        for (index, root) in roots.iter().enumerate() {
            let number = self.number(ABOVE, &format!("chart {index}").into());
            self.values[number as usize] = Values::Given;
            root.watch(&self.watch, number);
        }
        for (index, root) in roots.iter().enumerate() {
            let values = root.get(b"Values").map(|values| values.value);
            let is_watched = matches!(&values, Some(Value::Map(map)) if map.watched_as().is_some());
            if !is_watched {
                // The values of the chart are none of those that are compared.
                self.shared.push((OTHER, index as u32, Key::from("")));
            }
            self.guard(&Value::Map(root.clone()), 0);
        }
        if self.shared != self.all.shared {
            self.all.files.clear();
            self.all.shared.clone_from(&self.shared);
        }
    }

    /// Something that templates see, and that is the same in the same world.
    pub(super) fn guard(&self, value: &Value, depth: u32) {
        match value {
            Value::Map(map) => {
                if map.watched_as().is_some() && depth > 0 {
                    return;
                }
                map.watch(&self.watch, OTHER);
                for (_, entry) in map.entries() {
                    if depth < MAX_DEPTH && matches!(entry.value, Value::Map(_) | Value::List(_)) {
                        self.guard(&entry.value, depth + 1);
                    }
                }
            }
            Value::List(list) => {
                for item in list.items() {
                    if depth < MAX_DEPTH {
                        self.guard(&item.value, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    /// What a file gives, if that is known. Otherwise its template is to be executed, and
    /// [`Case::executed`] told.
    pub(super) fn known(&mut self, name: &str) -> Option<RenderedFile> {
        let found = self.all.files.remove_entry(name);
        self.hoped += usize::from(found.is_some());
        if let Some((name, known)) = found {
            if !self.is_blind && known.reads.iter().all(|&read| self.holds(read)) {
                let file = known.file.clone();
                self.all.tries.remove(&name);
                self.all.files.insert(name, known);
                self.known += 1;
                return Some(file);
            }
            self.all
                .tries
                .entry(name)
                .or_default()
                .was_in_vain(MAX_VAIN);
        }
        let tries = self.all.tries.get_mut(name);
        self.is_watched = !tries.is_some_and(Tries::pauses);
        if self.is_watched {
            self.watch.begin();
        } else {
            self.watch.begin_written();
        }
        None
    }

    /// A template was executed. `file` is what it gave, if that is a function of what it read.
    pub(super) fn executed(&mut self, file: Option<&RenderedFile>) {
        let seen = self.watch.end();
        let has_written = !seen.written.is_empty();
        let is_kept = self.is_watched && !has_written && !self.is_blind;
        if let Some(file) = file.filter(|_| is_kept)
            && let Some(reads) = self.reads(&seen)
        {
            let file = file.clone();
            let known = Known { reads, file };
            self.all.files.insert(known.file.name.clone(), known);
        }
        for (number, key) in seen.written {
            let key = key.map(|key| Key::from(&*key.text()));
            self.is_blind |= number == OTHER || self.written.len() > MAX_KEPT;
            self.written.insert((number, key));
        }
    }

    /// What a template read, as it is now; `None` if that is not all that it depends on.
    fn reads(&mut self, seen: &Seen) -> Option<Vec<u32>> {
        let mut reads = Vec::with_capacity(seen.entries.len() + seen.wholes.len());
        for &number in seen.wholes.iter().filter(|&&number| number != OTHER) {
            if self.was_written(number, None) {
                return None;
            }
            reads.push(self.read(number, None));
        }
        for (number, key) in &seen.entries {
            if *number != OTHER {
                let key = text(key)?;
                if self.was_written(*number, Some(key)) {
                    return None;
                }
                reads.push(self.read(*number, Some(key)));
            }
        }
        Some(reads)
    }

    /// A read that finds what is there now.
    fn read(&mut self, number: u32, key: Option<&str>) -> u32 {
        let of_map = &self.all.maps[number as usize];
        let known = match key {
            Some(key) => of_map.entries.get(key),
            None => Some(&of_map.whole),
        };
        let known = known.map_or(&[][..], |reads| reads);
        // Those of the last renders come last.
        let mut last = [None; LAST];
        for (slot, read) in last.iter_mut().zip(known.iter().rev()) {
            *slot = Some(*read);
        }
        let mut last = last.into_iter().flatten();
        if let Some(read) = last.find(|&read| self.is_same(read)) {
            return read;
        }
        let read = self.all.reads.len() as u32;
        self.all.reads.push(Read {
            number,
            key: key.map(Key::from),
            found: self.values[number as usize].find(key),
        });
        self.verdicts.push(Some(true));
        let of_map = &mut self.all.maps[number as usize];
        match key {
            Some(key) => of_map.entries.entry(key.into()).or_default().push(read),
            None => of_map.whole.push(read),
        }
        read
    }

    /// Whether a read would give the same now.
    fn holds(&mut self, read: u32) -> bool {
        if !self.is_same(read) {
            return false;
        }
        let Read { number, key, .. } = &self.all.reads[read as usize];
        !self.was_written(*number, key.as_deref())
    }

    /// The same, before templates wrote anything.
    fn is_same(&mut self, read: u32) -> bool {
        if let Some(known) = self.verdicts[read as usize] {
            return known;
        }
        let Read { number, key, found } = &self.all.reads[read as usize];
        let values = self.values.get(*number as usize);
        let same = values.is_some_and(|values| match (values, key.as_deref(), found) {
            (Values::Written(now), None, Found::Whole(then)) => {
                let mut pairs = now.iter().zip(then);
                now.len() == then.len()
                    && pairs.all(|((key, item), (known, found))| {
                        key == known && found.is(&Found::of(&item.data))
                    })
            }
            (values, key, found) => found.is(&values.find(key)),
        });
        self.verdicts[read as usize] = Some(same);
        same
    }

    /// Whether a template of this render wrote to an entry, or to any.
    fn was_written(&self, number: u32, key: Option<&str>) -> bool {
        if self.written.is_empty() {
            return false;
        }
        let mut of_map = self
            .written
            .range((number, None)..)
            .take_while(|(known, _)| *known == number);
        of_map.any(|(_, known)| match (known, key) {
            (Some(known), Some(key)) => **known == *key,
            _ => true,
        })
    }
}

impl Values {
    /// An entry, or all of them.
    fn find(&self, key: Option<&str>) -> Found {
        match (self, key) {
            (Values::Given, _) => Found::Given,
            (Values::None, _) => Found::Absent,
            (Values::Table(table), Some(key)) => table.peek(key, Found::Absent, Found::of_slot),
            (Values::Written(written), Some(key)) => {
                let item = written.get(key);
                item.map_or(Found::Absent, |item| Found::of(&item.data))
            }
            (Values::Table(table), None) => {
                let mut all = Vec::new();
                table.peek_all(|key, slot| all.push((key.clone(), Found::of_slot(slot))));
                Found::Whole(all)
            }
            (Values::Written(written), None) => {
                let all = written.iter();
                Found::Whole(
                    all.map(|(key, item)| (key.clone(), Found::of(&item.data)))
                        .collect(),
                )
            }
        }
    }
}

impl Found {
    fn of(data: &Data) -> Self {
        match data {
            Data::Map(_) => Found::Map,
            data => Found::Plain(data.clone()),
        }
    }

    fn of_slot(slot: &Slot) -> Self {
        match slot {
            Slot::Plain(item) => Self::of(&item.data),
            Slot::List(item) => Self::of(&item.data),
            Slot::Table(_) => Found::Map,
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Found::Given, Found::Given)
            | (Found::Absent, Found::Absent)
            | (Found::Map, Found::Map) => true,
            (Found::Plain(a), Found::Plain(b)) => same(a, b),
            (Found::Whole(a), Found::Whole(b)) => {
                let mut pairs = a.iter().zip(b);
                a.len() == b.len() && pairs.all(|(a, b)| a.0 == b.0 && a.1.is(&b.1))
            }
            _ => false,
        }
    }
}

fn same(a: &Data, b: &Data) -> bool {
    match (a, b) {
        (Data::List(a), Data::List(b)) => Arc::ptr_eq(a, b) || a == b,
        (Data::Str(a), Data::Str(b)) => Arc::ptr_eq(a, b) || a == b,
        (a, b) => a == b,
    }
}

/// A key of values is UTF-8.
fn text(key: &Str) -> Option<&str> {
    std::str::from_utf8(key.bytes()).ok()
}
