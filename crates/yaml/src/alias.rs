//! Aliases that stand for too much: the rule by which go-yaml refuses a document.

use crate::node::Node;
use crate::tree::{Document, Kind, SyntaxError, Tree};

/// Below this many decoded nodes, 99 % of them may come from aliases.
const RATIO_RANGE_LOW: u64 = 400_000;
/// Above this many, 10 %.
const RATIO_RANGE_HIGH: u64 = 4_000_000;

fn allowed_ratio(decoded: u64) -> f64 {
    if decoded <= RATIO_RANGE_LOW {
        0.99
    } else if decoded >= RATIO_RANGE_HIGH {
        0.10
    } else {
        let share =
            (decoded - RATIO_RANGE_LOW) as f64 / (RATIO_RANGE_HIGH - RATIO_RANGE_LOW) as f64;
        0.99 - 0.89 * share
    }
}

impl Document<'_> {
    /// Whether a decoder that follows aliases would do so much work that go-yaml (in both
    /// dialects) refuses the document. A tree whose documents all answer no can be walked with
    /// aliases followed: the walk ends, and in time.
    pub fn excessive_aliasing(self) -> bool {
        let Some(root) = self.root() else {
            return false;
        };
        let mut decoded = 0u64;
        let mut from_aliases = 0u64;
        // What is left to visit: nodes up to `end`, and whether an alias led there.
        let mut stack: Vec<(u32, u32, bool)> = vec![(root.id, root.data().subtree_end, false)];
        while let Some((at, end, aliased)) = stack.pop() {
            if at >= end {
                continue;
            }
            let data = self.tree().data(at);
            decoded += 1;
            from_aliases += u64::from(aliased);
            if from_aliases > 100
                && decoded > 1000
                && from_aliases as f64 / decoded as f64 > allowed_ratio(decoded)
            {
                return true;
            }
            // The nodes of a subtree follow it, so walking on by one enters collections.
            stack.push((at + 1, end, aliased));
            if let Some(target) = data.target() {
                stack.push((target, self.tree().data(target).subtree_end, true));
            }
        }
        false
    }
}

/// Reports documents that would be refused.
pub(crate) fn check(tree: &mut Tree) {
    if !tree.nodes.iter().any(|node| node.kind == Kind::Alias) {
        return;
    }
    let found: Vec<SyntaxError> = tree
        .documents()
        .filter(|document| document.excessive_aliasing())
        .filter_map(Document::root)
        .map(|root| SyntaxError {
            range: first_alias(root).range(),
            message: "the aliases of this document stand for too many nodes".into(),
            help: Some("write the values out, or nest fewer aliases in one another".into()),
        })
        .collect();
    tree.errors.extend(found);
}

fn first_alias(root: Node<'_>) -> Node<'_> {
    let tree = root.tree();
    (root.id..root.data().subtree_end)
        .find(|&id| tree.data(id).kind == Kind::Alias)
        .map_or(root, |id| tree.node(id))
}
