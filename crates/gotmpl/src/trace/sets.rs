//! Sets of sources, interned, so that a set is a number and a union is usually a look-up.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::syntax::NodeId;
use crate::value::Str;

use super::assembled::Assembled;
use super::encoded::{Encoded, EncodedPart};
use super::frames::{Frames, TreeId};
use super::known::{Elements, Known};
use super::pieces::{Cut, Leaf, Made, Piece, RopeId, Ropes};

/// Something of the host that a value came from: a values path, a `--set` number, a built-in.
/// Only the host knows what it means. Numbers from 2^28 on are taken for [`Trace::MANY`].
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
pub(super) const SINGLE: u32 = 1 << 31;
/// Sources of the host are below, those of the session from here on.
const FIRST_OWN: u32 = 1 << 28;
/// A larger set becomes [`Trace::MANY`].
pub(super) const MAX_ELEMENTS: usize = 4096;
/// After as many nodes, every further union is [`Trace::MANY`].
const MAX_NODES: usize = 1 << 24;
/// A render of usual size needs no more than this: tables that grow are copied.
const USUAL_NODES: usize = 4096;
const USUAL_PIECES: usize = 2048;
/// How many of the last unions are found again.
const CACHE_BITS: u32 = 10;
/// Second operands from here on say that a node is no union.
const FIRST_MARK: u32 = SINGLE - 16;
/// The set that the first operand names, as conditions.
pub(super) const CONDITIONS: u32 = SINGLE - 1;
/// Everything that the pieces of a string came from; the first operand names them.
const WHOLE: u32 = SINGLE - 2;
/// The same of a part of a string; the first operand is an index of the parts.
const PART: u32 = SINGLE - 3;
/// Those of the set that the first operand names that are conditions in it.
pub(super) const DECIDERS: u32 = SINGLE - 4;
/// The set that the first operand names, said to have given the name of a key.
pub(super) const NAMES: u32 = SINGLE - 5;
/// Those of the set that the first operand names that gave no name of a key.
pub(super) const NAMELESS: u32 = SINGLE - 6;
/// In a number of a set: that the source is a condition.
pub(super) const CONDITION_BIT: u32 = 1;
/// In a number of a set: that the key of the source flowed in, and not its value.
pub(super) const NAME_BIT: u32 = 2;
/// How many bits of a number are below that of the source.
pub(super) const ROLE_BITS: u32 = 2;

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
            Role::Condition => CONDITION_BIT,
        };
        Self(SINGLE | source << ROLE_BITS | role)
    }

    /// The one thing of the host that is in it, if there is nothing else.
    pub fn host(self) -> Option<HostId> {
        let source = (self.0 & !SINGLE) >> ROLE_BITS;
        (self.0 & SINGLE != 0 && source < FIRST_OWN).then_some(HostId(source))
    }

    /// A number that is lower for what was known earlier in a session, and so depends on less.
    pub(super) fn rank(self) -> u32 {
        match self {
            Trace::NONE => 0,
            Trace::MANY => u32::MAX,
            Trace(one) if one & SINGLE != 0 => 1,
            Trace(set) => set,
        }
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
                let roles = one & (CONDITION_BIT | NAME_BIT);
                write!(f, "Trace({}/{roles})", (one & !SINGLE) >> ROLE_BITS)
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
    pub(crate) ropes: Ropes,
    /// Room of texts that are finished, for those to come.
    pub(super) spare: Vec<(Vec<u8>, Vec<Piece>)>,
    /// For each rope the set of all its pieces.
    wholes: Vec<Trace>,
    parts: Vec<(RopeId, u32, u32)>,
    /// Strings that an encoder wrote, with what decided that they are.
    pub(super) encoded: FxHashMap<RopeId, Encoded>,
    /// Strings of which encoders wrote parts.
    pub(super) encoded_parts: FxHashMap<RopeId, Rc<[EncodedPart]>>,
    /// Strings of which every part stands for itself.
    pub(super) assembled: Assembled,
    /// The last nodes by a hash of their operands.
    cache: Box<[u32]>,
    own: Vec<Own>,
    own_index: FxHashMap<Own, Trace>,
    known: RefCell<Known>,
}

impl Sets {
    pub(crate) fn new(on: bool) -> Self {
        let cached = if on { 1 << CACHE_BITS } else { 0 };
        let mut nodes = Vec::with_capacity(if on { USUAL_NODES } else { 2 });
        nodes.resize(2, (0, 0));
        Self {
            on,
            nodes,
            ropes: Ropes::with_capacity(if on { USUAL_PIECES } else { 0 }),
            spare: Vec::new(),
            wholes: vec![Trace::NONE],
            parts: Vec::new(),
            encoded: FxHashMap::default(),
            encoded_parts: FxHashMap::default(),
            assembled: Assembled::default(),
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
                let is_union = !(FIRST_MARK..SINGLE).contains(&right);
                if is_union && (left == other || right == other) {
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
            return Trace(trace.0 | CONDITION_BIT);
        }
        if trace.0 <= Trace::MANY.0 || !self.on || self.nodes[trace.0 as usize].1 == CONDITIONS {
            return trace;
        }
        self.node(trace.0, CONDITIONS)
    }

    /// Those of the sources that decided, without what only flowed in.
    pub(crate) fn deciders(&mut self, trace: Trace) -> Trace {
        if trace.0 & SINGLE != 0 {
            let is_condition = trace.0 & CONDITION_BIT != 0;
            return if is_condition { trace } else { Trace::NONE };
        }
        if trace.0 <= Trace::MANY.0
            || !self.on
            || matches!(self.nodes[trace.0 as usize].1, CONDITIONS | DECIDERS)
        {
            return trace;
        }
        self.node(trace.0, DECIDERS)
    }

    /// The same sources as what gave the name of a key: another value of them gives no other name,
    /// for that it takes another key.
    pub(crate) fn names(&mut self, trace: Trace) -> Trace {
        if trace.0 & SINGLE != 0 {
            return Trace(trace.0 | NAME_BIT);
        }
        if trace.0 <= Trace::MANY.0 || !self.on || self.nodes[trace.0 as usize].1 == NAMES {
            return trace;
        }
        self.node(trace.0, NAMES)
    }

    /// Those of the sources that gave more than the name of a key.
    pub(crate) fn nameless(&mut self, trace: Trace) -> Trace {
        if trace.0 & SINGLE != 0 {
            let is_name = trace.0 & NAME_BIT != 0;
            return if is_name { Trace::NONE } else { trace };
        }
        if trace.0 <= Trace::MANY.0 || !self.on {
            return trace;
        }
        match self.nodes[trace.0 as usize].1 {
            NAMES => Trace::NONE,
            NAMELESS => trace,
            _ => self.node(trace.0, NAMELESS),
        }
    }

    /// Keeps the pieces of a string.
    pub(crate) fn add_rope(&mut self, pieces: &[Piece]) -> RopeId {
        if pieces.is_empty() {
            return RopeId::default();
        }
        let rope = self.ropes.add(pieces);
        self.wholes.push(if self.nodes.len() < MAX_NODES {
            self.nodes.push((rope.0, WHOLE));
            Trace(self.nodes.len() as u32 - 1)
        } else {
            Trace::MANY
        });
        rope
    }

    /// Where the pieces of a string end.
    pub(crate) fn ends(&self, text: &Str) -> Vec<usize> {
        let pieces = self.ropes.get(text.rope());
        pieces.iter().map(|piece| piece.end as usize).collect()
    }

    /// What all pieces of a string came from.
    pub(crate) fn whole(&self, text: &Str) -> Trace {
        self.wholes[text.rope().0 as usize]
    }

    /// What the pieces of a part of a string came from.
    pub(crate) fn within(&mut self, text: &Str, range: Range<usize>) -> Trace {
        let rope = text.rope();
        if rope.is_none() || range == (0..text.len()) {
            return self.whole(text);
        }
        if self.nodes.len() == MAX_NODES {
            return Trace::MANY;
        }
        self.parts
            .push((rope, range.start as u32, range.end as u32));
        self.nodes.push((self.parts.len() as u32 - 1, PART));
        Trace(self.nodes.len() as u32 - 1)
    }

    /// Walks over the leaves of a range of a string's pieces.
    pub(crate) fn leaves(
        &mut self,
        frames: &Frames,
        rope: RopeId,
        range: (u32, u32),
        visit: impl FnMut(Leaf, Trace),
    ) {
        // The walk only reads the pieces, and unions only make nodes.
        let ropes = std::mem::replace(&mut self.ropes, Ropes::with_capacity(0));
        ropes.leaves(frames, rope, range, |a, b| self.union(a, b), visit);
        self.ropes = ropes;
    }

    /// The sets that a node is the union of.
    fn operands(&self, node: u32, frames: &Frames, operands: &mut Vec<u32>) {
        let (a, b) = self.nodes[node as usize];
        match b {
            CONDITIONS | DECIDERS | NAMES | NAMELESS => operands.push(a),
            WHOLE => {
                let rope = RopeId(a);
                self.of_range(rope, 0, self.ropes.len(rope), frames, operands);
            }
            PART => {
                let (rope, from, to) = self.parts[a as usize];
                self.of_range(rope, from, to, frames, operands);
            }
            _ => operands.extend([a, b]),
        }
    }

    /// The sets of the pieces of a range, and of what they are part of.
    fn of_range(&self, rope: RopeId, from: u32, to: u32, frames: &Frames, sets: &mut Vec<u32>) {
        let mut waiting = vec![(rope, from, to)];
        while let Some((rope, from, to)) = waiting.pop() {
            for Cut {
                piece,
                start,
                first,
                last,
            } in self.ropes.within(rope, from, to)
            {
                sets.push(piece.trace.0);
                let (inner, offset) = match piece.origin.made() {
                    Made::Part { rope, offset } => (rope, offset),
                    Made::Written { frame, place } => {
                        let text = frames.get(frame).text.as_ref();
                        match (place.offset(), text) {
                            (Some(offset), Some(text)) => (text.rope(), offset),
                            _ => continue,
                        }
                    }
                };
                if inner.is_none() {
                    continue;
                }
                let from = offset + first - start;
                let to = from + last - first;
                if from == 0 && to == self.ropes.len(inner) {
                    sets.push(self.wholes[inner.0 as usize].0);
                } else {
                    waiting.push((inner, from, to));
                }
            }
        }
    }

    /// The elements of a set, `None` for too many.
    fn elements(&self, trace: Trace, frames: &Frames) -> Option<Rc<[u32]>> {
        let mut known = self.known.borrow_mut();
        known.sets.resize(self.nodes.len(), Elements::Unknown);
        known.sets[Trace::MANY.0 as usize] = Elements::Many;
        // Operands are worked out first; they nest as deep as unions were made of unions.
        let mut waiting = vec![trace.0];
        let mut operands = Vec::new();
        while let Some(&node) = waiting.last() {
            if known.has(node) {
                waiting.pop();
                continue;
            }
            operands.clear();
            self.operands(node, frames, &mut operands);
            let before = waiting.len();
            waiting.extend(operands.iter().filter(|&&operand| !known.has(operand)));
            if waiting.len() == before {
                waiting.pop();
                let kind = self.nodes[node as usize].1;
                known.merge(node, &mut operands, kind);
            }
        }
        known.get(trace.0)
    }

    /// The content of a literal.
    pub(crate) fn literal(&mut self, tree: TreeId, node: NodeId) -> Trace {
        // Each is asked for once or rarely: it needs no index.
        self.add_own(Own::Literal(tree, node))
    }

    /// Whether a set is a literal and nothing else.
    pub(crate) fn is_literal(&self, trace: Trace) -> bool {
        let number = (trace.0 & !SINGLE) >> ROLE_BITS;
        let own = number.checked_sub(FIRST_OWN);
        let own = own.and_then(|own| self.own.get(own as usize));
        trace.0 & SINGLE != 0 && matches!(own, Some(Own::Literal(..)))
    }

    /// An entry that is not there.
    pub(crate) fn absent(&mut self, from: AbsentFrom, key: &Str) -> Trace {
        self.own(Own::Absent(from, key.clone()))
    }

    fn own(&mut self, own: Own) -> Trace {
        if !self.on {
            return Trace::NONE;
        }
        if let Some(&known) = self.own_index.get(&own) {
            return known;
        }
        let trace = self.add_own(own.clone());
        self.own_index.insert(own, trace);
        trace
    }

    fn add_own(&mut self, own: Own) -> Trace {
        let number = self.own.len() as u32;
        if !self.on || number >= FIRST_OWN {
            return if self.on { Trace::MANY } else { Trace::NONE };
        }
        self.own.push(own);
        Trace::single(FIRST_OWN + number, Role::Content)
    }

    /// What a further key is absent from, if `trace` is a single absent entry.
    pub(crate) fn absent_from(&self, trace: Trace) -> AbsentFrom {
        let number = (trace.0 & !SINGLE) >> ROLE_BITS;
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
    pub(crate) fn sources(&self, trace: Trace, frames: &Frames) -> Option<Vec<(Source, Role)>> {
        let elements = self.elements(trace, frames)?;
        let source = |element: &u32| {
            let role = if element & CONDITION_BIT == 0 {
                Role::Content
            } else {
                Role::Condition
            };
            (self.source(element >> ROLE_BITS), role)
        };
        // Whether it was only a name is nobody's business.
        let mut elements: Vec<u32> = elements.iter().map(|element| element & !NAME_BIT).collect();
        elements.sort_unstable();
        elements.dedup();
        Some(elements.iter().map(source).collect())
    }

    /// What of the host is in some of these sets, in order. No set is worked out for itself, so
    /// it costs one visit of each node.
    pub(crate) fn hosts(
        &self,
        traces: impl IntoIterator<Item = Trace>,
        frames: &Frames,
    ) -> Vec<HostId> {
        let mut hosts = Vec::new();
        let mut add = |element: u32| {
            let source = (element & !SINGLE) >> ROLE_BITS;
            if source < FIRST_OWN {
                hosts.push(HostId(source));
            }
        };
        let mut seen = vec![false; self.nodes.len()];
        let mut waiting: Vec<u32> = traces.into_iter().map(|trace| trace.0).collect();
        let mut operands = Vec::new();
        while let Some(node) = waiting.pop() {
            if node & SINGLE != 0 {
                add(node);
                continue;
            }
            if node <= Trace::MANY.0 || std::mem::replace(&mut seen[node as usize], true) {
                continue;
            }
            // Of these not everything is in it that their operand has.
            if matches!(self.nodes[node as usize].1, DECIDERS | NAMELESS) {
                let elements = self.elements(Trace(node), frames);
                elements
                    .iter()
                    .flat_map(|set| set.iter())
                    .copied()
                    .for_each(&mut add);
                continue;
            }
            self.operands(node, frames, &mut operands);
            waiting.append(&mut operands);
        }
        hosts.sort_unstable();
        hosts.dedup();
        hosts
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(sets: &Sets, trace: Trace) -> Option<Vec<(Source, Role)>> {
        sets.sources(trace, &Frames::default())
    }

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
        assert_eq!(sources(&sets, abc), all);
        assert_eq!(sources(&sets, other), all);
        assert_eq!(sources(&sets, Trace::NONE), Some(Vec::new()));
    }

    #[test]
    fn roles_are_kept_apart() {
        let mut sets = Sets::new(true);
        let a = Trace::of(HostId(7));
        let tested = sets.as_condition(a);
        let both = sets.union(a, tested);
        let count = |sets: &Sets, trace| sources(sets, trace).expect("few").len();
        assert_eq!(count(&sets, both), 2);
        let conditions = sets.as_condition(both);
        assert_eq!(sources(&sets, conditions), sources(&sets, tested));
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
        assert_eq!(sources(&sets, all), None);
        let more = sets.union(all, Trace::of(HostId(1)));
        assert_eq!(sources(&sets, more), None);
        let conditions = sets.as_condition(more);
        assert_eq!(sources(&sets, conditions), None);
        let any = sets.union(Trace::MANY, Trace::of(HostId(1)));
        assert_eq!(any, Trace::MANY);
        assert_eq!(sources(&sets, any), None);
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
        assert_eq!(sources(&sets, b), Some(found));
    }

    #[test]
    fn hosts_of_many_sets_are_those_of_each() {
        let mut sets = Sets::new(true);
        let [a, b, c, d] = [1, 2, 3, 4].map(|n| Trace::of(HostId(n)));
        let literal = sets.literal(TreeId(0), NodeId(0));
        let ab = sets.union(a, b);
        let tested = sets.as_condition(c);
        let all = sets.union(ab, tested);
        let deciders = sets.deciders(all);
        let named = sets.names(d);
        let with_name = sets.union(ab, named);
        let nameless = sets.nameless(with_name);
        let of = |traces: &[Trace]| {
            let hosts = sets.hosts(traces.iter().copied(), &Frames::default());
            hosts.iter().map(|host| host.0).collect::<Vec<_>>()
        };
        assert_eq!(of(&[all, literal, a]), [1, 2, 3]);
        assert_eq!(of(&[deciders]), [3]);
        assert_eq!(of(&[nameless]), [1, 2]);
        assert_eq!(of(&[with_name, deciders]), [1, 2, 3, 4]);
        assert_eq!(of(&[Trace::NONE, Trace::MANY]), [0; 0]);
    }

    #[test]
    fn switched_off_nothing_is_kept() {
        let mut sets = Sets::new(false);
        let (a, b) = (Trace::of(HostId(1)), Trace::of(HostId(2)));
        assert_eq!(sets.union(a, b), Trace::NONE);
        assert_eq!(sets.literal(TreeId(0), NodeId(0)), Trace::NONE);
    }
}
