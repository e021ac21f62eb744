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

/// How many of the last decisions are found again at once.
const LAST: usize = 64;

/// What was recorded. The same may be recorded several times: what is recorded twice in a row
/// is left out at once, the rest when the list has doubled.
#[derive(Default)]
pub(crate) struct Log {
    fields: Vec<FieldRead>,
    fields_limit: usize,
    pub(crate) reads: FxHashSet<Read>,
    decisions: Vec<Decision>,
    decisions_limit: usize,
    /// The last decisions by their nodes.
    last: Vec<Option<Decision>>,
}

const FIRST_LIMIT: usize = 4096;

impl Log {
    pub(crate) fn read_field(&mut self, read: FieldRead) {
        self.fields.push(read);
        if self.fields.len() >= self.fields_limit {
            self.fields.sort_unstable();
            self.fields.dedup();
            self.fields_limit = (2 * self.fields.len()).max(FIRST_LIMIT);
        }
    }

    /// Reads of fields, each once.
    pub(crate) fn fields(&self) -> Vec<FieldRead> {
        let mut fields = self.fields.clone();
        fields.sort_unstable();
        fields.dedup();
        fields
    }

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
        self.decisions.push(decision);
        if self.decisions.len() >= self.decisions_limit {
            self.decisions = once(&self.decisions);
            self.decisions_limit = (2 * self.decisions.len()).max(FIRST_LIMIT);
        }
    }

    /// Decisions in the order in which they were first made, each once.
    pub(crate) fn decisions(&self) -> Vec<Decision> {
        once(&self.decisions)
    }
}

fn once(decisions: &[Decision]) -> Vec<Decision> {
    let mut seen = FxHashSet::default();
    let first = decisions.iter().filter(|&&decision| seen.insert(decision));
    first.copied().collect()
}
