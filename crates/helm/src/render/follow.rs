//! How branches were decided, and where they stand, kept when the session is gone.

use std::collections::HashMap;
use std::sync::Arc;

use plimsoll_gotmpl::syntax::{Node, NodeId, NodeKind, Tree};
use plimsoll_gotmpl::trace::{FrameId, Outcome};
use plimsoll_gotmpl::{Session, SharedBytes, Trace};
use plimsoll_source::TextRange;

use super::error::RenderError;
use super::output::Rendered;
use super::traced::{self, Traced};

/// A render and all that is known of it.
#[derive(Debug)]
pub struct Followed {
    /// What it gave, taken apart; the error says which document cannot be read.
    pub rendered: Result<Rendered, RenderError>,
    /// Where the parts of its files came from. The files are in the order of
    /// [`Rendered::files`].
    pub traced: Traced,
    /// What stands in the templates, by the numbers of [`Traced::templates`].
    pub outlines: Vec<Outline>,
    /// How branches were decided, in the order in which they first were.
    pub decisions: Vec<Decision>,
}

/// What stands in a template.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Its text.
    pub text: SharedBytes,
    /// The names and ranges of the templates that it defines, without itself.
    pub definitions: Vec<(Arc<str>, TextRange)>,
    /// Its branches, in the order of their starts.
    pub branches: Vec<Branch>,
}

/// A branch in a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Branch {
    /// What it is.
    pub kind: BranchKind,
    /// From its first action to its `end`.
    pub range: TextRange,
    /// The action that decides.
    pub head: TextRange,
    /// What is tested or ranged over.
    pub pipe: TextRange,
    /// What is done then, as far as anything is written there.
    pub list: TextRange,
    /// What is done otherwise.
    pub otherwise: Option<TextRange>,
}

/// The kinds of branches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BranchKind {
    /// `if`
    If,
    /// `with`
    With,
    /// `range`
    Range,
}

/// How a branch was decided in one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decision {
    /// The template, by its number in [`Traced::templates`].
    pub template: u32,
    /// The branch, by its number in the template's [`Outline::branches`].
    pub branch: u32,
    /// Whether what stands first was done, and not what is done otherwise.
    pub taken: bool,
    /// The calls that led there, by their number in [`Traced::calls`].
    pub calls: u32,
    /// What decided it, and that it was reached, by its number in [`Traced::sets`].
    pub set: u32,
}

impl Outline {
    fn new(tree: &Tree) -> (Self, HashMap<NodeId, u32>) {
        let mut found: Vec<(NodeId, Branch)> = tree
            .all_nodes()
            .filter_map(|(id, node)| Some((id, branch(tree, node)?)))
            .collect();
        found.sort_by_key(|(_, branch)| (branch.range.start, branch.head.start));
        let numbers = found.iter().zip(0..).map(|((id, _), number)| (*id, number));
        let numbers = numbers.collect();
        let own = tree.definitions().len().saturating_sub(1);
        let definitions = tree.definitions()[..own]
            .iter()
            .map(|definition| (definition.name.clone(), definition.range));
        let outline = Self {
            text: tree.text().clone(),
            definitions: definitions.collect(),
            branches: found.into_iter().map(|(_, branch)| branch).collect(),
        };
        (outline, numbers)
    }

    /// The named template that a byte lies in.
    pub fn definition(&self, at: u32) -> Option<&Arc<str>> {
        let around = self
            .definitions
            .iter()
            .filter(|(_, range)| range.contains(at));
        let innermost = around.min_by_key(|(_, range)| range.len());
        innermost.map(|(name, _)| name)
    }

    /// The branches that a range lies in, the outermost first, and for each whether it lies in
    /// what is done when the branch is taken.
    pub fn around(&self, range: TextRange) -> impl Iterator<Item = (u32, &Branch, bool)> {
        self.branches
            .iter()
            .zip(0..)
            .filter_map(move |(branch, number)| {
                if branch.list.covers(range) {
                    return Some((number, branch, true));
                }
                let other = branch.otherwise?;
                other.covers(range).then_some((number, branch, false))
            })
    }
}

fn branch(tree: &Tree, node: &Node) -> Option<Branch> {
    let (kind, branch) = match node.kind {
        NodeKind::If(branch) => (BranchKind::If, branch),
        NodeKind::With(branch) => (BranchKind::With, branch),
        NodeKind::Range(branch) => (BranchKind::Range, branch),
        _ => return None,
    };
    let range_of = |id: NodeId| tree.node(id).range;
    let pipe = range_of(branch.pipe);
    let rest = tree.text().get(pipe.end as usize..).unwrap_or_default();
    let close = memchr::memmem::find(rest, b"}}").map_or(0, |at| at as u32 + 2);
    Some(Branch {
        kind,
        range: node.range,
        head: TextRange::new(node.range.start, pipe.end + close),
        pipe,
        list: range_of(branch.list),
        otherwise: branch.else_list.map(range_of),
    })
}

/// Takes from a session what its decisions mean. Calls and sets that no part names are added.
pub(super) fn collect(session: &Session, traced: &mut Traced) -> (Vec<Outline>, Vec<Decision>) {
    let mut outlines = Vec::new();
    let mut numbers = Vec::new();
    for (_, tree) in session.templates().trees() {
        let (outline, known) = Outline::new(tree);
        outlines.push(outline);
        numbers.push(known);
    }
    let mut calls: HashMap<FrameId, u32> = HashMap::new();
    let mut sets: HashMap<Trace, u32> = HashMap::new();
    let mut decisions = Vec::new();
    for decision in session.decisions() {
        let tree = session.frame(decision.frame).tree;
        let Some(template) = traced::in_set(session, tree) else {
            continue;
        };
        let Some(&branch) = numbers[template as usize].get(&decision.node) else {
            continue;
        };
        let calls = *calls.entry(decision.frame).or_insert_with(|| {
            traced.calls.push(traced::calls(session, decision.frame));
            traced.calls.len() as u32 - 1
        });
        let set = *sets.entry(decision.trace).or_insert_with(|| {
            traced.sets.push(traced::set(session, decision.trace));
            traced.sets.len() as u32 - 1
        });
        decisions.push(Decision {
            template,
            branch,
            taken: decision.outcome == Outcome::Taken,
            calls,
            set,
        });
    }
    (outlines, decisions)
}
