//! Lists that grow in branches.
//!
//! After `{{ if $c }}{{ $list = append $list $e }}{{ end }}` it depends on `$c` whether `$e` is
//! there and how many elements there are, but not whether the others are.

use crate::functions::Functions;
use crate::limits::CHEAP;
use crate::syntax::{NodeId, NodeKind, Tree};
use crate::trace::Trace;
use crate::value::{List, Traced, Value};

use super::code::Code;
use super::env::Env;
use super::machine::{Machine, Step};

/// Whether what a pipeline gives has all elements of the list that a variable has, because it is
/// made of it by functions that keep them: `append $list 1`, `concat $list $more | uniq`.
pub(super) fn keeps(tree: &Tree, functions: &Functions, pipe: NodeId, variable: NodeId) -> bool {
    let name = |node: NodeId| match tree.node(node).kind {
        NodeKind::Variable(names) => match tree.names(names) {
            [one] => Some(tree.bytes(*one)),
            _ => None,
        },
        _ => None,
    };
    // From the last function inwards, along first arguments.
    let mut kept = pipe;
    while let NodeKind::Pipe(pipe) = tree.node(kept).kind {
        let Some(first) = first_kept(tree, functions, tree.nodes(pipe.commands)) else {
            return false;
        };
        kept = first;
    }
    name(kept).is_some() && name(kept) == name(variable)
}

/// What the last of some commands was given first, by way of those before it.
fn first_kept(tree: &Tree, functions: &Functions, commands: &[NodeId]) -> Option<NodeId> {
    for &command in commands.iter().rev() {
        let NodeKind::Command(words) = tree.node(command).kind else {
            return None;
        };
        let (&first, arguments) = tree.nodes(words).split_first()?;
        match (tree.node(first).kind, arguments) {
            (NodeKind::Identifier(Some(index)), _) if functions.at(index).1.keeps => {
                if let Some(&argument) = arguments.first() {
                    return Some(argument);
                }
                // It is given what the command before it gives.
            }
            (NodeKind::Variable(_) | NodeKind::Pipe(_), []) => return Some(first),
            _ => return None,
        }
    }
    None
}

impl Machine<'_> {
    /// Assigns the top, which has all elements of the list that the variable has.
    pub(super) fn grow(&mut self, symbol: u32, code: &Code) -> Step<()> {
        let condition = self.condition();
        let value = self.pop();
        let value = self.env.grown(value, condition);
        *self.variable(symbol, code)? = value.clone();
        self.stack.push(value);
        Ok(())
    }
}

impl Env {
    /// The list, so that its elements say why they are there: one without an order need not.
    fn placed(&mut self, list: List) -> List {
        if !list.order().is_none() || list.shape().is_none() {
            return list;
        }
        let by = self.sets.as_condition(list.shape());
        let items = list.items().iter().cloned().map(|mut item| {
            item.trace = self.sets.union(item.trace, by);
            item
        });
        list.with_items(items.collect())
    }

    /// A list of which `by` decided that it has more elements than before, or might have.
    pub(super) fn grown(&mut self, mut value: Traced, by: Trace) -> Traced {
        match value.value {
            // Others may sort a list of strings where it lies, so that it has to stay there.
            Value::List(list) if list.element_type().is_any() && list.class().is_none() => {
                let shape = self.sets.union(list.shape(), by);
                let order = self.sets.union(list.order(), by);
                value.value = if shape == list.shape() && order == list.order() {
                    list.into()
                } else {
                    self.budget.spend_steps((list.len() / CHEAP) as u64);
                    let list = self.placed(list);
                    list.with_shape(shape).with_order(order).into()
                };
            }
            other => {
                value.value = other;
                value.trace = self.sets.union(value.trace, by);
            }
        }
        value
    }
}
