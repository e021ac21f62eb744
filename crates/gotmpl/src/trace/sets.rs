//! Sets of sources, interned, so that a set is a number and a union is usually a look-up.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::syntax::NodeId;
use crate::value::Str;

use super::frames::TreeId;

/// Something of the host that a value came from: a values path, a `--set` number, a built-in.
/// Only the host knows what it means. Numbers from 2^29 on are taken for [`Trace::MANY`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct HostId(pub u32);

/// What an absent entry is absent from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AbsentFrom {
    /// From the map with this id.
    Map(HostId),
    /// From an entry that is itself absent: an index of [`Sets`]' absent entries.
    Absent(u32),
    /// From a map that the host has not named, such as one that a template made.
    Unnamed,
}

/// Something that a value or a text came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// Something of the host.
    Host(HostId),
    /// A literal in a template.
    Literal {
        /// The text that holds it.
        tree: TreeId,
        /// The literal.
        node: NodeId,
    },
    /// An entry that was looked for and was not there. The path of the innermost map that has
    /// an id, if one has, and the keys from there on.
    Absent {
        /// The map that the first key is missing in.
        map: Option<HostId>,
        /// The keys.
        keys: Vec<Str>,
    },
}

/// What a source did.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Its content flowed in.
    Content,
    /// It decided: it was tested, counted or ranged over.
    Condition,
}

/// A set of sources with their roles. Meaningful only in the session that made it, apart from
/// the empty set, [`Trace::of`] and [`Trace::MANY`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Trace(u32);

/// The top bit marks a set of one element, which needs no table.
const SINGLE: u32 = 1 << 31;
/// Sources of the host are below, those of the session from here on.
const FIRST_OWN: u32 = 1 << 29;
/// A larger set becomes [`Trace::MANY`].
const MAX_ELEMENTS: usize = 4096;
const CACHE: usize = 1024;

impl Trace {
    /// No source.
    pub const NONE: Trace = Trace(0);
    /// Any source: what a set becomes that grew too large to keep.
    pub const MANY: Trace = Trace(1);

    /// The content of one source of the host.
    pub const fn of(id: HostId) -> Self {
        if id.0 < FIRST_OWN {
            Self::single(id.0, Role::Content)
        } else {
            Self::MANY
        }
    }

    const fn single(source: u32, role: Role) -> Self {
        let role = match role {
            Role::Content => 0,
            Role::Condition => 1,
        };
        Self(SINGLE | source << 1 | role)
    }

    /// Whether no source is in it.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Trace::NONE => f.write_str("Trace::NONE"),
            Trace::MANY => f.write_str("Trace::MANY"),
            Trace(one) if one & SINGLE != 0 => {
                write!(f, "Trace({}/{})", (one & !SINGLE) >> 1, one & 1)
            }
            Trace(set) => write!(f, "Trace(#{set})"),
        }
    }
}

/// A source of the session.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Own {
    Literal(TreeId, NodeId),
    Absent(AbsentFrom, Str),
}

/// The tables behind the [`Trace`]s of a session.
pub(crate) struct Sets {
    /// Switched off, every union is empty and nothing is interned.
    pub(crate) on: bool,
    /// The elements of each set, sorted: a source twice, and one more if it is a condition.
    sets: Vec<Rc<[u32]>>,
    index: FxHashMap<Rc<[u32]>, u32>,
    unions: FxHashMap<(u32, u32), u32>,
    /// The last unions by a hash of their operands.
    cache: Box<[(u32, u32, u32); CACHE]>,
    /// Each set of the table with all its elements as conditions; 0 where not known yet.
    conditions: Vec<u32>,
    own: Vec<Own>,
    own_index: FxHashMap<Own, u32>,
}

impl Sets {
    pub(crate) fn new(on: bool) -> Self {
        let nothing: Rc<[u32]> = Rc::from([]);
        Self {
            on,
            // The first two stand for none and many.
            sets: vec![nothing.clone(), nothing],
            index: FxHashMap::default(),
            unions: FxHashMap::default(),
            cache: Box::new([(0, 0, 0); CACHE]),
            conditions: vec![0, 1],
            own: Vec::new(),
            own_index: FxHashMap::default(),
        }
    }

    /// Both sets in one.
    #[inline]
    pub(crate) fn union(&mut self, a: Trace, b: Trace) -> Trace {
        if a == b || b == Trace::NONE {
            return a;
        }
        if a == Trace::NONE {
            return b;
        }
        self.union_of_two(a.0.min(b.0), a.0.max(b.0))
    }

    fn union_of_two(&mut self, a: u32, b: u32) -> Trace {
        if !self.on {
            return Trace::NONE;
        }
        if a == Trace::MANY.0 {
            return Trace::MANY;
        }
        let slot = (a.wrapping_mul(0x9e37_79b1) ^ b.wrapping_mul(0x85eb_ca77)) >> 22;
        let cached = self.cache[slot as usize];
        if (cached.0, cached.1) == (a, b) {
            return Trace(cached.2);
        }
        let union = match self.unions.get(&(a, b)) {
            Some(&union) => union,
            None => {
                let union = self.merge(a, b);
                self.unions.insert((a, b), union);
                union
            }
        };
        self.cache[slot as usize] = (a, b, union);
        Trace(union)
    }

    fn merge(&mut self, a: u32, b: u32) -> u32 {
        let (mut one, mut other) = ([0; 1], [0; 1]);
        let left = elements(&self.sets, a, &mut one);
        let right = elements(&self.sets, b, &mut other);
        let mut merged = Vec::with_capacity(left.len() + right.len());
        let (mut i, mut j) = (0, 0);
        while i < left.len() && j < right.len() {
            let next = left[i].min(right[j]);
            i += usize::from(left[i] == next);
            j += usize::from(right[j] == next);
            merged.push(next);
        }
        merged.extend_from_slice(&left[i..]);
        merged.extend_from_slice(&right[j..]);
        self.intern(&merged)
    }

    /// The number of a set with these sorted elements.
    fn intern(&mut self, elements: &[u32]) -> u32 {
        match elements {
            [] => return 0,
            [one] => return SINGLE | one,
            _ if elements.len() > MAX_ELEMENTS => return Trace::MANY.0,
            _ => {}
        }
        if let Some(&number) = self.index.get(elements) {
            return number;
        }
        let set: Rc<[u32]> = elements.into();
        let number = self.sets.len() as u32;
        self.sets.push(set.clone());
        self.conditions.push(0);
        self.index.insert(set, number);
        number
    }

    /// The same sources as conditions.
    pub(crate) fn as_condition(&mut self, trace: Trace) -> Trace {
        if trace.0 & SINGLE != 0 {
            return Trace(trace.0 | 1);
        }
        let known = self.conditions[trace.0 as usize];
        if known != 0 || trace == Trace::NONE {
            return Trace(known);
        }
        let mut elements: Vec<u32> = self.sets[trace.0 as usize].iter().map(|e| e | 1).collect();
        elements.dedup();
        let number = self.intern(&elements);
        self.conditions[trace.0 as usize] = number;
        Trace(number)
    }

    /// The content of a literal.
    pub(crate) fn literal(&mut self, tree: TreeId, node: NodeId) -> Trace {
        self.own(Own::Literal(tree, node))
    }

    /// An entry that is not there.
    pub(crate) fn absent(&mut self, from: AbsentFrom, key: &Str) -> Trace {
        self.own(Own::Absent(from, key.clone()))
    }

    fn own(&mut self, own: Own) -> Trace {
        if !self.on {
            return Trace::NONE;
        }
        let next = self.own.len() as u32;
        let number = *self.own_index.entry(own.clone()).or_insert_with(|| {
            self.own.push(own);
            next
        });
        if number >= FIRST_OWN {
            return Trace::MANY;
        }
        Trace::single(FIRST_OWN + number, Role::Content)
    }

    /// What a further key is absent from, if `trace` is a single absent entry.
    pub(crate) fn absent_from(&self, trace: Trace) -> AbsentFrom {
        let number = (trace.0 & !SINGLE) >> 1;
        match number.checked_sub(FIRST_OWN) {
            Some(number)
                if trace.0 & SINGLE != 0
                    && matches!(self.own.get(number as usize), Some(Own::Absent(..))) =>
            {
                AbsentFrom::Absent(number)
            }
            _ => AbsentFrom::Unnamed,
        }
    }

    /// The sources of a set. [`Trace::MANY`] has none to show; ask [`Trace`] itself.
    pub(crate) fn sources(&self, trace: Trace) -> impl Iterator<Item = (Source, Role)> {
        let mut one = [0; 1];
        let elements: Vec<u32> = elements(&self.sets, trace.0, &mut one).to_vec();
        elements.into_iter().map(|element| {
            let role = if element & 1 == 0 {
                Role::Content
            } else {
                Role::Condition
            };
            (self.source(element >> 1), role)
        })
    }

    fn source(&self, number: u32) -> Source {
        let Some(own) = number.checked_sub(FIRST_OWN) else {
            return Source::Host(HostId(number));
        };
        match &self.own[own as usize] {
            Own::Literal(tree, node) => Source::Literal {
                tree: *tree,
                node: *node,
            },
            Own::Absent(from, key) => {
                let mut keys = vec![key.clone()];
                let mut from = *from;
                let map = loop {
                    match from {
                        AbsentFrom::Map(id) => break Some(id),
                        AbsentFrom::Unnamed => break None,
                        AbsentFrom::Absent(number) => match &self.own[number as usize] {
                            Own::Absent(outer, key) => {
                                keys.push(key.clone());
                                from = *outer;
                            }
                            Own::Literal(..) => break None,
                        },
                    }
                };
                keys.reverse();
                Source::Absent { map, keys }
            }
        }
    }
}

fn elements<'a>(sets: &'a [Rc<[u32]>], number: u32, one: &'a mut [u32; 1]) -> &'a [u32] {
    if number & SINGLE == 0 {
        return &sets[number as usize];
    }
    one[0] = number & !SINGLE;
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unions_are_sets_and_equal_sets_are_equal_numbers() {
        let mut sets = Sets::new(true);
        let [a, b, c] = [1, 2, 3].map(|n| Trace::of(HostId(n)));
        let ab = sets.union(a, b);
        let bc = sets.union(b, c);
        let abc = sets.union(ab, c);
        assert_eq!(sets.union(a, bc), abc);
        assert_eq!(sets.union(abc, b), abc);
        let hosts: Vec<_> = sets.sources(abc).collect();
        let host = |n| (Source::Host(HostId(n)), Role::Content);
        assert_eq!(hosts, [host(1), host(2), host(3)]);
    }

    #[test]
    fn roles_are_kept_apart() {
        let mut sets = Sets::new(true);
        let a = Trace::of(HostId(7));
        let tested = sets.as_condition(a);
        let both = sets.union(a, tested);
        assert_eq!(sets.sources(both).count(), 2);
        assert_eq!(sets.as_condition(both), tested);
        assert_eq!(sets.as_condition(Trace::MANY), Trace::MANY);
    }

    #[test]
    fn a_set_that_grows_too_large_may_be_anything() {
        let mut sets = Sets::new(true);
        let mut all = Trace::NONE;
        for n in 0..=MAX_ELEMENTS as u32 {
            all = sets.union(all, Trace::of(HostId(n)));
        }
        assert_eq!(all, Trace::MANY);
        assert_eq!(sets.union(all, Trace::of(HostId(1))), Trace::MANY);
    }

    #[test]
    fn absent_entries_tell_the_path_that_was_looked_for() {
        let mut sets = Sets::new(true);
        let a = sets.absent(AbsentFrom::Map(HostId(4)), &Str::from("a"));
        let from = sets.absent_from(a);
        let b = sets.absent(from, &Str::from("b"));
        let keys = vec![Str::from("a"), Str::from("b")];
        let map = Some(HostId(4));
        let found: Vec<_> = sets.sources(b).collect();
        assert_eq!(found, [(Source::Absent { map, keys }, Role::Content)]);
    }

    #[test]
    fn switched_off_nothing_is_kept() {
        let mut sets = Sets::new(false);
        let (a, b) = (Trace::of(HostId(1)), Trace::of(HostId(2)));
        assert_eq!(sets.union(a, b), Trace::NONE);
        assert_eq!(sets.literal(TreeId(0), NodeId(0)), Trace::NONE);
    }
}
