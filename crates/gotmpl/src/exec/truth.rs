//! Which `and` and `or` are only asked whether they are true.
//!
//! `or $a $b` gives a value, and it is `$a` that decides which. `if or $a $b` only asks whether
//! there is one: while `$b` is set, it does not matter what `$a` is. The same holds of what `not`,
//! `and` and `or` are given there.

use foldhash::HashSet;

use crate::functions::{Functions, Special};
use crate::syntax::{NodeId, NodeKind, Tree};

/// Adds the commands below the pipeline of an `if`.
pub(super) fn mark(tree: &Tree, functions: &Functions, pipe: NodeId, tested: &mut HashSet<NodeId>) {
    let (mut first, mut open) = (Some(pipe), Vec::new());
    while let Some(node) = first.take().or_else(|| open.pop()) {
        let NodeKind::Pipe(pipe) = tree.node(node).kind else {
            continue;
        };
        if !pipe.variables.is_empty() {
            // A variable keeps the value.
            continue;
        }
        for &command in tree.nodes(pipe.commands).iter().rev() {
            let NodeKind::Command(words) = tree.node(command).kind else {
                break;
            };
            let Some((&first, arguments)) = tree.nodes(words).split_first() else {
                break;
            };
            let special = match tree.node(first).kind {
                NodeKind::Identifier(Some(index)) => functions.at(index).1.special,
                NodeKind::Pipe(_) if arguments.is_empty() => {
                    open.push(first);
                    break;
                }
                _ => break,
            };
            match special {
                Special::And | Special::Or => {
                    tested.insert(command);
                }
                Special::Not => {}
                _ => break,
            }
            // What is piped into it is one of its arguments.
            open.extend(arguments);
        }
    }
}
