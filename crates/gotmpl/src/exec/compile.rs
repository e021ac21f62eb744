//! From tree to code: lists, actions and blocks. Pipelines are in [`super::operands`].
//!
//! Nodes nest to any depth, so what is left to do lies on a stack of tasks. What does not nest
//! deep, which is nearly all, is done at once.

use foldhash::{HashMap, HashSet};

use crate::functions::Functions;
use crate::syntax::{Branch, Names, NodeId, NodeKind, StringId, Tree};
use crate::templates::Template;
use crate::value::Type;

use super::code::{Code, Effects, Op, RangeSite, Written};
use super::truth;

/// More effects of one kind than this are not listed one by one.
const MAX_EFFECTS: usize = 64;
/// What nests deeper than this is put on the stack of tasks.
const MAX_RECURSION: u32 = 48;

/// What a pipeline does to a variable.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Declare,
    Assign,
    /// Assigns a list with all elements that it has ([`super::grow`]).
    Grow,
}

/// What is left to compile, the next on top.
#[derive(Clone)]
pub(super) enum Task {
    Node(NodeId),
    /// A pipeline, whose value is pushed.
    Pipe(NodeId),
    Command {
        node: NodeId,
        piped: bool,
    },
    /// An argument for a parameter of a function, by the function's number and its own.
    Argument {
        node: NodeId,
        function: u32,
        parameter: u32,
    },
    /// An argument that is taken as it is.
    Value(NodeId),
    /// A variable that a pipeline declares or assigns.
    Variable {
        node: NodeId,
        does: Does,
    },
    /// An argument for a parameter of the method that is being called.
    MethodArgument(NodeId, u32),
    /// The fields of a chain whose first operand is on the stack.
    Chain {
        node: NodeId,
        fields: Names,
        arguments: Box<[NodeId]>,
        piped: bool,
    },
    Op(Op),
    /// The value is taken out of its interface.
    Unwrap,
    /// The label stands here.
    Label(u32),
    /// Here a block starts; for a loop with the labels of its next iteration and its end.
    Enter(Option<(u32, u32)>),
    /// The loop is over, but not yet its block: `break` still ends that, while `continue` means
    /// the loop around it.
    AfterLoop,
    /// Here it ends.
    Close {
        node: NodeId,
        changes_dot: bool,
    },
}

struct Block {
    /// The label of the next iteration, for a loop.
    next: Option<u32>,
    /// The label of the end, for a loop.
    end: Option<u32>,
    effects: Effects,
    /// Whether anything in it writes.
    writes: bool,
}

pub(super) struct Compiler<'t> {
    pub(super) tree: &'t Tree,
    pub(super) functions: &'t Functions,
    pub(super) code: Code,
    tasks: Vec<Task>,
    /// How deep tasks are done in tasks, and how deep they may be.
    depth: u32,
    max_depth: u32,
    symbols: HashMap<&'t [u8], u32>,
    blocks: Vec<Block>,
    labels: Vec<u32>,
    /// Where the last label stands.
    last_label: u32,
    /// Whether the text was parsed while rendering: then statements matter.
    pub(super) is_parsed_late: bool,
    /// The commands that are `and` or `or`, and that are only asked whether they are true.
    pub(super) tested: HashSet<NodeId>,
}

impl Code {
    /// Compiles a template.
    pub(crate) fn new(template: &Template, functions: &Functions) -> Self {
        Self::new_in(Self::default(), template, functions)
    }

    /// The same in the room of other code.
    pub(crate) fn new_in(mut room: Self, template: &Template, functions: &Functions) -> Self {
        room.clear();
        Self::nested(room, template, functions, MAX_RECURSION)
    }

    /// The same, where what nests deeper than `max_depth` is put on the stack of tasks.
    fn nested(mut code: Self, template: &Template, functions: &Functions, max_depth: u32) -> Self {
        code.effects.push(Effects::default());
        let mut compiler = Compiler {
            tree: &template.tree,
            functions,
            code,
            tasks: Vec::new(),
            depth: 0,
            max_depth,
            symbols: HashMap::default(),
            blocks: Vec::new(),
            labels: Vec::new(),
            last_label: 0,
            is_parsed_late: template.is_parsed_late,
            tested: HashSet::default(),
        };
        compiler.symbol(b"$");
        compiler.at_once(|compiler| compiler.node(template.root));
        compiler.op(Op::Return);
        compiler.finish()
    }
}

impl<'t> Compiler<'t> {
    fn task(&mut self, task: Task) {
        match task {
            Task::Node(node) => self.node(node),
            Task::Pipe(node) => self.pipe(node),
            Task::Command { node, piped } => self.command(node, piped),
            Task::Argument {
                node,
                function,
                parameter,
            } => {
                let (_, function) = self.functions.at(function);
                self.argument(node, function.signature.parameter(parameter as usize));
            }
            Task::Value(node) => self.argument(node, &Type::Reflect),
            Task::Variable { node, does } => {
                let symbol = self.variable(node);
                match does {
                    Does::Declare => self.op(Op::Declare { symbol }),
                    Does::Assign => {
                        self.assigned(symbol);
                        self.op(Op::Assign { symbol });
                    }
                    Does::Grow => {
                        self.grown(symbol);
                        self.op(Op::Grow { symbol });
                    }
                }
            }
            Task::MethodArgument(node, index) => self.method_argument(node, index),
            Task::Chain {
                node,
                fields,
                arguments,
                piped,
            } => self.chain(node, fields, 0, &arguments, piped),
            Task::Op(op) => self.code.ops.push(op),
            Task::Unwrap => self.unwrap(),
            Task::Label(label) => {
                let here = self.code.ops.len() as u32;
                self.labels[label as usize] = here;
                self.last_label = here;
            }
            Task::Enter(labels) => self.blocks.push(Block {
                next: labels.map(|(next, _)| next),
                end: labels.map(|(_, end)| end),
                effects: Effects::default(),
                writes: false,
            }),
            Task::AfterLoop => {
                if let Some(block) = self.blocks.last_mut() {
                    block.next = None;
                }
            }
            Task::Close { node, changes_dot } => self.close(node, changes_dot),
        }
    }

    /// Does tasks in the order in which they stand here: now, or where that would nest too deep,
    /// when everything else that was asked for before is done. Nothing may be left to do in the
    /// task that asks.
    pub(super) fn now(
        &mut self,
        tasks: impl IntoIterator<Item = Task, IntoIter: DoubleEndedIterator>,
    ) {
        let tasks = tasks.into_iter();
        if self.is_deep() {
            self.tasks.extend(tasks.rev());
            return;
        }
        for task in tasks {
            self.at_once(|compiler| compiler.task(task));
        }
    }

    /// Whether what nests here is put on the stack of tasks.
    pub(super) fn is_deep(&self) -> bool {
        self.depth >= self.max_depth
    }

    /// Does a part of the task at hand, to its end. Must not be asked for where it is too deep.
    pub(super) fn at_once(&mut self, part: impl FnOnce(&mut Self)) {
        let left = self.tasks.len();
        self.depth += 1;
        part(self);
        while self.tasks.len() > left
            && let Some(task) = self.tasks.pop()
        {
            self.task(task);
        }
        self.depth -= 1;
    }

    /// Does a task when what is asked for next is done.
    pub(super) fn behind(&mut self, task: Task) {
        self.tasks.push(task);
    }

    pub(super) fn op(&mut self, op: Op) {
        self.code.ops.push(op);
    }

    pub(super) fn label(&mut self) -> u32 {
        self.labels.push(0);
        self.labels.len() as u32 - 1
    }

    pub(super) fn symbol(&mut self, name: &'t [u8]) -> u32 {
        if name == b"$" && !self.code.symbols.is_empty() {
            return 0;
        }
        let symbols = &mut self.code.symbols;
        *self.symbols.entry(name).or_insert_with(|| {
            symbols.push(crate::unicode::text(name).into_owned());
            symbols.len() as u32 - 1
        })
    }

    pub(super) fn type_(&mut self, parameter: &Type) -> u32 {
        let types = &mut self.code.types;
        let known = types.iter().position(|known| known == parameter);
        known.unwrap_or_else(|| {
            types.push(parameter.clone());
            types.len() - 1
        }) as u32
    }

    pub(super) fn fail(&mut self, message: impl Into<String>) -> Op {
        self.code.messages.push(message.into());
        Op::Fail {
            message: self.code.messages.len() as u32 - 1,
        }
    }

    /// Takes the value that the last step pushed out of its interface, in the same step if
    /// nothing jumps here.
    pub(super) fn unwrap(&mut self) {
        let jumped_to = self.last_label as usize == self.code.ops.len();
        match self.code.ops.last_mut() {
            Some(Op::Path { unwrap, .. } | Op::Fields { unwrap, .. }) if !jumped_to => {
                *unwrap = true;
            }
            Some(Op::Call { site } | Op::CallMethod { site }) if !jumped_to => {
                self.code.calls[*site as usize].unwrap = true;
            }
            Some(Op::Literal { .. }) if !jumped_to => {}
            _ => self.op(Op::Unwrap),
        }
    }

    fn statement(&mut self, node: NodeId) {
        if self.is_parsed_late {
            self.op(Op::Statement(node));
        }
    }

    /// A statement that can fail by itself.
    fn failing_statement(&mut self, node: NodeId) {
        self.op(if self.is_parsed_late {
            Op::Statement(node)
        } else {
            Op::At(node)
        });
    }

    fn node(&mut self, id: NodeId) {
        match self.tree.node(id).kind {
            NodeKind::List(span) => {
                let nodes = self.tree.nodes(span);
                if self.is_deep() {
                    self.now(nodes.iter().map(|&node| Task::Node(node)));
                    return;
                }
                for &node in nodes {
                    self.at_once(|compiler| compiler.node(node));
                }
            }
            NodeKind::Text => {
                self.writes_text();
                self.op(Op::Text(id));
            }
            NodeKind::Action(pipe) => {
                let declares = match self.tree.node(pipe).kind {
                    NodeKind::Pipe(pipe) => !pipe.variables.is_empty(),
                    _ => false,
                };
                let last = if declares {
                    Op::Pop
                } else {
                    self.writes_text();
                    Op::Print(id)
                };
                self.statement(id);
                if self.is_deep() {
                    self.now([Task::Pipe(pipe), Task::Op(last)]);
                    return;
                }
                self.at_once(|compiler| compiler.pipe(pipe));
                self.op(last);
            }
            NodeKind::If(branch) => {
                truth::mark(self.tree, self.functions, branch.pipe, &mut self.tested);
                self.branch(id, branch, false);
            }
            NodeKind::With(branch) => self.branch(id, branch, true),
            NodeKind::Range(branch) => self.range(id, branch),
            NodeKind::Template { pipe, .. } => {
                let dot = match pipe {
                    Some(pipe) => Task::Pipe(pipe),
                    None => Task::Op(Op::Invalid),
                };
                self.writes_text();
                self.failing_statement(id);
                self.now([
                    Task::Op(Op::Find { node: id }),
                    dot,
                    Task::Op(Op::Enter { node: id }),
                ]);
            }
            NodeKind::Break => self.leave(id, true),
            NodeKind::Continue => self.leave(id, false),
            // The others are no statements.
            _ => {}
        }
    }

    fn branch(&mut self, node: NodeId, branch: Branch, with: bool) {
        let (otherwise, end) = (self.label(), self.label());
        self.statement(node);
        if !self.is_deep() {
            self.op(Op::Open);
            self.task(Task::Enter(None));
            self.at_once(|compiler| compiler.pipe(branch.pipe));
            self.op(Op::Branch {
                node,
                otherwise,
                with,
            });
            self.at_once(|compiler| compiler.node(branch.list));
            self.op(Op::Jump(end));
            self.task(Task::Label(otherwise));
            if let Some(list) = branch.else_list {
                self.at_once(|compiler| compiler.node(list));
            }
            self.task(Task::Label(end));
            self.close(node, with);
            return;
        }
        let else_list = branch.else_list.map(Task::Node);
        let before = [
            Task::Op(Op::Open),
            Task::Enter(None),
            Task::Pipe(branch.pipe),
            Task::Op(Op::Branch {
                node,
                otherwise,
                with,
            }),
            Task::Node(branch.list),
            Task::Op(Op::Jump(end)),
            Task::Label(otherwise),
        ];
        let after = [
            Task::Label(end),
            Task::Close {
                node,
                changes_dot: with,
            },
        ];
        self.now(before.into_iter().chain(else_list).chain(after));
    }

    fn range(&mut self, node: NodeId, branch: Branch) {
        let (otherwise, next, end) = (self.label(), self.label(), self.label());
        let mut site = RangeSite {
            symbols: Vec::new(),
            assigns: false,
        };
        if let NodeKind::Pipe(pipe) = self.tree.node(branch.pipe).kind {
            site.assigns = pipe.assigns;
            for &variable in self.tree.nodes(pipe.variables) {
                let symbol = self.variable(variable);
                site.symbols.push(symbol);
            }
            if pipe.assigns {
                // The loop assigns them, as much as an action in it would.
                for &symbol in &site.symbols {
                    self.assigned(symbol);
                }
            }
        }
        self.code.ranges.push(site);
        let site = self.code.ranges.len() as u32 - 1;
        let else_list = branch.else_list.map(Task::Node);
        self.statement(node);
        let before = [
            Task::Op(Op::Open),
            Task::Enter(Some((next, end))),
            Task::Pipe(branch.pipe),
            Task::Op(Op::Range {
                node,
                otherwise,
                site,
            }),
            Task::Label(next),
            Task::Op(Op::Next { end }),
            Task::Node(branch.list),
            Task::Op(Op::Jump(next)),
            Task::Label(otherwise),
            Task::AfterLoop,
        ];
        let after = [
            Task::Label(end),
            Task::Close {
                node,
                changes_dot: true,
            },
        ];
        self.now(before.into_iter().chain(else_list).chain(after));
    }

    fn leave(&mut self, node: NodeId, breaks: bool) {
        self.failing_statement(node);
        let label = |block: &Block| if breaks { block.end } else { block.next };
        let mut outwards = self.blocks.iter().rev().map(label).enumerate();
        let found = outwards.find_map(|(inside, label)| Some((inside as u32, label?)));
        let Some((inside, to)) = found else {
            // The parser refuses it; a tree with errors may have it all the same.
            let message = format!("{} outside {{{{range}}}}", self.tree.print(node));
            let fail = self.fail(message);
            self.op(fail);
            return;
        };
        if inside > 0
            && let Some(block) = self.blocks.last_mut()
        {
            block.effects.leaves = block.effects.leaves.max(Some(inside));
        }
        self.op(Op::Leave {
            node,
            blocks: inside,
            to,
        });
    }

    /// Ends a block: what it does to things outside is also done by the block around it.
    fn close(&mut self, node: NodeId, changes_dot: bool) {
        let Some(block) = self.blocks.pop() else {
            return;
        };
        let mut effects = block.effects;
        if changes_dot {
            effects.written.retain(|written| written.variable.is_some());
        }
        if let Some(outer) = self.blocks.last_mut() {
            outer.writes |= block.writes;
            let outer = &mut outer.effects;
            for &symbol in &effects.assigned {
                add(&mut outer.assigned, symbol);
            }
            for &symbol in &effects.grown {
                add(&mut outer.grown, symbol);
            }
            for written in &effects.written {
                add(&mut outer.written, written.clone());
            }
            outer.any_variable |=
                effects.any_variable || outer.assigned.len().max(outer.grown.len()) > MAX_EFFECTS;
            outer.assigned.truncate(MAX_EFFECTS);
            outer.grown.truncate(MAX_EFFECTS);
            outer.written.truncate(MAX_EFFECTS);
            if let Some(further) = effects.leaves
                && further > 1
            {
                outer.leaves = outer.leaves.max(Some(further - 1));
            }
        }
        let index = if effects.is_empty() {
            0
        } else {
            self.code.effects.push(effects);
            self.code.effects.len() as u32 - 1
        };
        self.op(Op::Close {
            node,
            effects: index,
            // A text that was parsed while rendering might have been another one.
            is_silent: !block.writes && !self.is_parsed_late,
        });
    }

    /// The block assigns a variable.
    pub(super) fn assigned(&mut self, symbol: u32) {
        if let Some(block) = self.blocks.last_mut() {
            add(&mut block.effects.assigned, symbol);
            block.effects.any_variable |= block.effects.assigned.len() > MAX_EFFECTS;
            block.effects.assigned.truncate(MAX_EFFECTS);
        }
    }

    /// The block assigns a variable a list with all elements that it has.
    fn grown(&mut self, symbol: u32) {
        if let Some(block) = self.blocks.last_mut() {
            add(&mut block.effects.grown, symbol);
            block.effects.any_variable |= block.effects.grown.len() > MAX_EFFECTS;
            block.effects.grown.truncate(MAX_EFFECTS);
        }
    }

    /// The block may write something.
    fn writes_text(&mut self) {
        if let Some(block) = self.blocks.last_mut() {
            block.writes = true;
        }
    }

    /// The block calls a function that writes into its first argument.
    pub(super) fn writes(&mut self, receiver: NodeId, key: Option<NodeId>) {
        let (variable, names) = match self.tree.node(receiver).kind {
            NodeKind::Dot => (None, None),
            NodeKind::Field(names) => (None, Some(names)),
            NodeKind::Variable(names) => (Some(self.variable(receiver)), Some(names)),
            _ => return,
        };
        let key: Option<StringId> = match key.map(|key| self.tree.node(key).kind) {
            Some(NodeKind::String(id)) => Some(id),
            _ => None,
        };
        let skip = u32::from(variable.is_some());
        let written = Written {
            variable,
            name: names.map_or(0, |names| names.first() + skip),
            count: names.map_or(0, |names| names.len() as u32 - skip),
            key,
        };
        if let Some(block) = self.blocks.last_mut() {
            add(&mut block.effects.written, written);
            block.effects.written.truncate(MAX_EFFECTS);
        }
    }

    /// The symbol of a variable node.
    pub(super) fn variable(&mut self, node: NodeId) -> u32 {
        let tree = self.tree;
        let name = match tree.node(node).kind {
            NodeKind::Variable(names) => tree.names(names).first().copied(),
            _ => None,
        };
        self.symbol(tree.bytes(name.unwrap_or_default()))
    }

    /// Puts the places of labels for the labels.
    fn finish(mut self) -> Code {
        let place = |label: &mut u32| *label = self.labels[*label as usize];
        for op in &mut self.code.ops {
            match op {
                Op::Decide { end: label, .. }
                | Op::Method { end: label, .. }
                | Op::Jump(label)
                | Op::Branch {
                    otherwise: label, ..
                }
                | Op::Range {
                    otherwise: label, ..
                }
                | Op::Next { end: label }
                | Op::Leave { to: label, .. } => place(label),
                _ => {}
            }
        }
        self.code
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

#[cfg(test)]
mod tests;
