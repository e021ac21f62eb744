//! What a session recorded beside its output: which entries were read where, and which branches
//! were taken.

use rustc_hash::FxHashSet;

use crate::syntax::NodeId;
use crate::value::Str;

use super::frames::{FrameId, TreeId};
use super::sets::{HostId, Trace};

/// A read of an entry of a map that the host has named.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Read {
    /// The map.
    pub map: HostId,
    /// The key that was looked up, whether it was there or not.
    pub key: Str,
    /// The text that read it.
    pub tree: TreeId,
    /// The node: a field chain, or the call of a function.
    pub node: NodeId,
}

/// How a branch was decided.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// Its list was executed.
    Taken,
    /// It was not, and the `else` list was, if there is one.
    NotTaken,
}

/// A branch that was decided: an `if`, `with` or `range`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Decision {
    /// The call that it happened in.
    pub frame: FrameId,
    /// The branch.
    pub node: NodeId,
    /// How it was decided.
    pub outcome: Outcome,
    /// What decided it, and what decided that it was reached at all; all conditions.
    pub trace: Trace,
}

/// A read by a field chain: the map, the text, the node, and which of the node's names.
pub(crate) type FieldRead = (HostId, TreeId, NodeId, u32);

/// How many of the last decisions are found again without asking the set of all.
const LAST: usize = 256;

#[derive(Default)]
pub(crate) struct Log {
    pub(crate) fields: FxHashSet<FieldRead>,
    pub(crate) reads: FxHashSet<Read>,
    seen: FxHashSet<Decision>,
    /// The last decisions by their nodes.
    last: Vec<Option<Decision>>,
    pub(crate) decisions: Vec<Decision>,
}

impl Log {
    pub(crate) fn decide(&mut self, decision: Decision) {
        if self.last.is_empty() {
            self.last.resize(LAST, None);
        }
        let slot = decision
            .node
            .0
            .wrapping_mul(31)
            .wrapping_add(decision.frame.0);
        let last = &mut self.last[slot as usize % LAST];
        if *last == Some(decision) {
            return;
        }
        *last = Some(decision);
        if self.seen.insert(decision) {
            self.decisions.push(decision);
        }
    }
}
