//! Sets of sources, interned, so that a set is a number and a union is usually a look-up.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

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
/// After as many nodes, every further union is [`Trace::MANY`].
const MAX_NODES: usize = 1 << 24;
/// How many of the last unions are found again.
const CACHE_BITS: u32 = 11;
/// Stands for the second operand of a union: the first one as conditions.
const CONDITIONS: u32 = SINGLE - 1;

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
///
/// While rendering a set is only a node that names the two sets that it is the union of. What
/// is in it is worked out when somebody asks, which for most sets nobody does.
pub(crate) struct Sets {
    /// Switched off, every union is empty and nothing is interned.
    pub(crate) on: bool,
    /// The operands of each node; the first two stand for none and many.
    nodes: Vec<(u32, u32)>,
    /// The last nodes by a hash of their operands.
    cache: Box<[u32]>,
    own: Vec<Own>,
    own_index: FxHashMap<Own, u32>,
    known: RefCell<Known>,
}

/// Sets that were asked for.
#[derive(Default)]
struct Known {
    /// The elements of each set, sorted: a source twice, and one more if it is a condition.
    sets: Vec<Option<Rc<[u32]>>>,
    index: FxHashSet<Rc<[u32]>>,
}

impl Sets {
    pub(crate) fn new(on: bool) -> Self {
        let cached = if on { 1 << CACHE_BITS } else { 0 };
        Self {
            on,
            nodes: vec![(0, 0); 2],
            cache: vec![0; cached].into(),
            own: Vec::new(),
            own_index: FxHashMap::default(),
            known: RefCell::default(),
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
        // A set that was just made of the other has nothing to gain from it.
        for (one, other) in [(a, b), (b, a)] {
            if one & SINGLE == 0 {
                let (left, right) = self.nodes[one as usize];
                if right != CONDITIONS && (left == other || right == other) {
                    return Trace(one);
                }
            }
        }
        self.node(a, b)
    }

    fn node(&mut self, a: u32, b: u32) -> Trace {
        let hash = a.wrapping_mul(0x9e37_79b1) ^ b.wrapping_mul(0x85eb_ca77);
        let slot = &mut self.cache[(hash >> (32 - CACHE_BITS)) as usize];
        if self.nodes[*slot as usize] == (a, b) {
            return Trace(*slot);
        }
        if self.nodes.len() == MAX_NODES {
            return Trace::MANY;
        }
        *slot = self.nodes.len() as u32;
        self.nodes.push((a, b));
        Trace(*slot)
    }

    /// The same sources as conditions.
    pub(crate) fn as_condition(&mut self, trace: Trace) -> Trace {
        if trace.0 & SINGLE != 0 {
            return Trace(trace.0 | 1);
        }
        if trace.0 <= Trace::MANY.0 || !self.on || self.nodes[trace.0 as usize].1 == CONDITIONS {
            return trace;
        }
        self.node(trace.0, CONDITIONS)
    }

    /// The elements of a set, `None` for too many.
    fn elements(&self, trace: Trace) -> Option<Rc<[u32]>> {
        let mut known = self.known.borrow_mut();
        known.sets.resize(self.nodes.len(), None);
        // Operands are worked out first; they nest as deep as unions were made of unions.
        let mut waiting = vec![trace.0];
        while let Some(&node) = waiting.last() {
            if node & SINGLE != 0 || node <= 1 || known.sets[node as usize].is_some() {
                waiting.pop();
                continue;
            }
            let (a, b) = self.nodes[node as usize];
            let missing = |known: &Known, node: u32| {
                node & SINGLE == 0 && node > 1 && known.sets[node as usize].is_none()
            };
            let before = waiting.len();
            if missing(&known, a) {
                waiting.push(a);
            }
            if b != CONDITIONS && missing(&known, b) {
                waiting.push(b);
            }
            if waiting.len() == before {
                waiting.pop();
                let set = known.merge(a, b);
                known.sets[node as usize] = Some(set);
            }
        }
        let elements = known.get(trace.0);
        (elements.len() <= MAX_ELEMENTS && trace != Trace::MANY).then_some(elements)
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

    /// The sources of a set, or `None` if it may be any.
    pub(crate) fn sources(&self, trace: Trace) -> Option<Vec<(Source, Role)>> {
        let elements = self.elements(trace)?;
        let source = |element: &u32| {
            let role = if element & 1 == 0 {
                Role::Content
            } else {
                Role::Condition
            };
            (self.source(element >> 1), role)
        };
        Some(elements.iter().map(source).collect())
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

impl Known {
    fn get(&self, node: u32) -> Rc<[u32]> {
        if node & SINGLE != 0 {
            return Rc::from([node & !SINGLE]);
        }
        match self.sets.get(node as usize) {
            Some(Some(set)) => set.clone(),
            _ => Rc::from([]),
        }
    }

    /// The elements of both, or of the first as conditions. More than the most are cut to one
    /// more than that, which is how too many are known.
    fn merge(&mut self, a: u32, b: u32) -> Rc<[u32]> {
        let many = |node: u32, set: &[u32]| node == 1 || set.len() > MAX_ELEMENTS;
        let left = self.get(a);
        let mut merged: Vec<u32>;
        if b == CONDITIONS {
            merged = left.iter().map(|element| element | 1).collect();
            merged.dedup();
            if many(a, &left) {
                merged.resize(MAX_ELEMENTS + 1, 0);
            }
        } else {
            let right = self.get(b);
            if many(a, &left) || many(b, &right) {
                merged = vec![0; MAX_ELEMENTS + 1];
            } else {
                merged = left.iter().chain(&*right).copied().collect();
                merged.sort_unstable();
                merged.dedup();
                merged.truncate(MAX_ELEMENTS + 1);
            }
        }
        let merged: Rc<[u32]> = merged.into();
        if let Some(known) = self.index.get(&merged) {
            return known.clone();
        }
        self.index.insert(merged.clone());
        merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unions_are_sets() {
        let mut sets = Sets::new(true);
        let [a, b, c] = [1, 2, 3].map(|n| Trace::of(HostId(n)));
        let ab = sets.union(a, b);
        let bc = sets.union(b, c);
        let abc = sets.union(ab, c);
        let other = sets.union(a, bc);
        assert_eq!(sets.union(abc, ab), abc);
        assert_eq!(sets.union(ab, b), ab);
        let host = |n| (Source::Host(HostId(n)), Role::Content);
        let all = Some(vec![host(1), host(2), host(3)]);
        assert_eq!(sets.sources(abc), all);
        assert_eq!(sets.sources(other), all);
        assert_eq!(sets.sources(Trace::NONE), Some(Vec::new()));
    }

    #[test]
    fn roles_are_kept_apart() {
        let mut sets = Sets::new(true);
        let a = Trace::of(HostId(7));
        let tested = sets.as_condition(a);
        let both = sets.union(a, tested);
        let count = |sets: &Sets, trace| sets.sources(trace).expect("few").len();
        assert_eq!(count(&sets, both), 2);
        let conditions = sets.as_condition(both);
        assert_eq!(sets.sources(conditions), sets.sources(tested));
        assert_eq!(sets.as_condition(conditions), conditions);
        assert_eq!(sets.as_condition(Trace::MANY), Trace::MANY);
    }

    #[test]
    fn a_set_that_grows_too_large_may_be_anything() {
        let mut sets = Sets::new(true);
        let mut all = Trace::NONE;
        for n in 0..=MAX_ELEMENTS as u32 {
            all = sets.union(all, Trace::of(HostId(n)));
        }
        assert_eq!(sets.sources(all), None);
        let more = sets.union(all, Trace::of(HostId(1)));
        assert_eq!(sets.sources(more), None);
        let conditions = sets.as_condition(more);
        assert_eq!(sets.sources(conditions), None);
        let any = sets.union(Trace::MANY, Trace::of(HostId(1)));
        assert_eq!(any, Trace::MANY);
        assert_eq!(sets.sources(any), None);
    }

    #[test]
    fn absent_entries_tell_the_path_that_was_looked_for() {
        let mut sets = Sets::new(true);
        let a = sets.absent(AbsentFrom::Map(HostId(4)), &Str::from("a"));
        let from = sets.absent_from(a);
        let b = sets.absent(from, &Str::from("b"));
        let keys = vec![Str::from("a"), Str::from("b")];
        let map = Some(HostId(4));
        let found = vec![(Source::Absent { map, keys }, Role::Content)];
        assert_eq!(sets.sources(b), Some(found));
    }

    #[test]
    fn switched_off_nothing_is_kept() {
        let mut sets = Sets::new(false);
        let (a, b) = (Trace::of(HostId(1)), Trace::of(HostId(2)));
        assert_eq!(sets.union(a, b), Trace::NONE);
        assert_eq!(sets.literal(TreeId(0), NodeId(0)), Trace::NONE);
    }
}
