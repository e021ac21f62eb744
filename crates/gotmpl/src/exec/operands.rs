//! From tree to code: pipelines, commands, arguments.

use crate::functions::Special;
use crate::syntax::{Names, NodeId, NodeKind};
use crate::value::Type;

use super::code::{CallSite, DOT, Literal, Logic, Op};
use super::compile::{Compiler, Does, Task};
use super::{grow, literal};

impl Compiler<'_> {
    /// A pipeline: its value is pushed, and its variables have it.
    pub(super) fn pipe(&mut self, id: NodeId) {
        let NodeKind::Pipe(pipe) = self.tree.node(id).kind else {
            return;
        };
        let commands = self.tree.nodes(pipe.commands);
        if commands.is_empty() {
            self.op(Op::At(id));
            let fail = self.fail("this pipeline could not be parsed");
            self.op(fail);
            return;
        }
        // Every other command is at a node of its own before it can fail.
        if self.starts_with_pipe(commands[0]) {
            self.op(Op::At(id));
        }
        let variables = self.tree.nodes(pipe.variables);
        if !self.is_deep() && variables.is_empty() {
            for (stage, &node) in commands.iter().enumerate() {
                self.at_once(|compiler| compiler.command(node, stage > 0));
                self.unwrap();
            }
            return;
        }
        let stages = commands.iter().enumerate().flat_map(|(stage, &node)| {
            let piped = stage > 0;
            [Task::Command { node, piped }, Task::Unwrap]
        });
        let does = match variables {
            _ if !pipe.assigns => Does::Declare,
            // An action of a text that was parsed while rendering might have been another one.
            [one] if !self.is_parsed_late && grow::keeps(self.tree, self.functions, id, *one) => {
                Does::Grow
            }
            _ => Does::Assign,
        };
        let variables = variables.iter();
        let variables = variables.map(move |&node| Task::Variable { node, does });
        self.now(stages.chain(variables));
    }

    fn starts_with_pipe(&self, command: NodeId) -> bool {
        let NodeKind::Command(span) = self.tree.node(command).kind else {
            return false;
        };
        let first = self.tree.nodes(span).first();
        first.is_some_and(|&first| matches!(self.tree.node(first).kind, NodeKind::Pipe(_)))
    }

    pub(super) fn command(&mut self, id: NodeId, piped: bool) {
        let NodeKind::Command(span) = self.tree.node(id).kind else {
            return;
        };
        let Some((&first, arguments)) = self.tree.nodes(span).split_first() else {
            return;
        };
        let has_arguments = piped || !arguments.is_empty();
        match self.tree.node(first).kind {
            NodeKind::Field(names) => {
                self.path(first, DOT);
                self.chain(first, names, 0, arguments, piped);
            }
            NodeKind::Variable(names) => {
                let symbol = self.variable(first);
                self.path(first, symbol);
                if names.len() > 1 {
                    self.chain(first, names, 1, arguments, piped);
                } else if has_arguments {
                    self.no_function(first);
                }
            }
            NodeKind::Chain { .. } => self.chain_node(first, arguments, piped),
            NodeKind::Identifier(function) => {
                self.call(first, function, arguments, piped, id);
            }
            NodeKind::Pipe(_) if has_arguments => self.no_function(first),
            NodeKind::Pipe(_) => self.now([Task::Pipe(first)]),
            kind => {
                if has_arguments {
                    self.op(Op::At(first));
                    self.no_function(first);
                    return;
                }
                match kind {
                    NodeKind::Dot => self.path(first, DOT),
                    NodeKind::Nil => {
                        self.op(Op::At(first));
                        let fail = self.fail("nil is not a command");
                        self.op(fail);
                    }
                    _ => {
                        let value = literal::ideal(self.tree, first);
                        self.literal(first, value);
                    }
                }
            }
        }
    }

    /// Pushes the dot or a variable. The fields that follow become part of the same step.
    fn path(&mut self, node: NodeId, root: u32) {
        self.op(Op::Path {
            node,
            root,
            name: 0,
            slot: 0,
            count: 0,
            unwrap: false,
        });
    }

    fn no_function(&mut self, node: NodeId) {
        let node = self.tree.print(node);
        let fail = self.fail(format!("can't give argument to non-function {node}"));
        self.op(fail);
    }

    fn literal(&mut self, node: NodeId, value: Result<Option<Literal>, String>) {
        match value {
            Ok(Some(value)) => {
                self.code.literals.push((value, node));
                let slot = self.code.literals.len() as u32 - 1;
                self.op(Op::Literal { node, slot });
            }
            Ok(None) => {
                self.op(Op::At(node));
                self.op(Op::Invalid);
            }
            Err(message) => {
                self.op(Op::At(node));
                let fail = self.fail(message);
                self.op(fail);
            }
        }
    }

    /// Fields of the top, the last of which may be a method with arguments.
    pub(super) fn chain(
        &mut self,
        node: NodeId,
        names: Names,
        skip: u32,
        arguments: &[NodeId],
        piped: bool,
    ) {
        let has_arguments = piped || !arguments.is_empty();
        let first = names.first() + skip;
        let count = names.len() as u32 - skip;
        let fields = count - u32::from(has_arguments);
        let mut done = 0;
        while done < fields {
            // A chain of more than 65,535 fields takes more than one step.
            let part = (fields - done).min(u32::from(u16::MAX));
            self.fields(node, first + done, part as u16);
            done += part;
        }
        if !has_arguments {
            return;
        }
        self.code.calls.push(CallSite {
            function: 0,
            name: first + fields,
            node,
            arguments: arguments.len() as u32,
            piped,
            unwrap: false,
            first: None,
        });
        let site = self.code.calls.len() as u32 - 1;
        let end = self.label();
        self.op(Op::Method { site, end });
        let written = arguments.iter().enumerate();
        let written = written.map(|(index, &node)| Task::MethodArgument(node, index as u32));
        self.now(written.chain([Task::Op(Op::CallMethod { site }), Task::Label(end)]));
    }

    /// Fields of what was pushed last: in the same step if that is a path.
    fn fields(&mut self, node: NodeId, name: u32, count: u16) {
        let slot = self.code.field_slots;
        self.code.field_slots += u32::from(count);
        if let Some(Op::Path {
            node: path,
            name: first,
            slot: first_slot,
            count: fields,
            ..
        }) = self.code.ops.last_mut()
            && *path == node
            && *fields == 0
        {
            (*first, *first_slot, *fields) = (name, slot, count);
            return;
        }
        self.op(Op::Fields {
            node,
            name,
            slot,
            count,
            unwrap: false,
        });
    }

    /// `(pipeline).a.b`, or the fields of what a function without arguments gives.
    fn chain_node(&mut self, id: NodeId, arguments: &[NodeId], piped: bool) {
        let NodeKind::Chain { node, fields } = self.tree.node(id).kind else {
            return;
        };
        self.op(Op::At(id));
        if self.tree.node(node).kind == NodeKind::Nil {
            let chain = self.tree.print(id);
            let fail = self.fail(format!("indirection through explicit nil in {chain}"));
            self.op(fail);
            return;
        }
        self.op(Op::At(node));
        // The fields come after the pipeline, which is a task: so must they be.
        let rest = Task::Chain {
            node: id,
            fields,
            arguments: arguments.into(),
            piped,
        };
        match self.tree.node(node).kind {
            NodeKind::Pipe(_) => self.now([Task::Pipe(node), rest]),
            NodeKind::Identifier(function) => {
                self.behind(rest);
                self.call(node, function, &[], false, node);
            }
            _ => self.now([rest]),
        }
    }

    /// A call of a function. `blamed` is the node that is named if it fails.
    fn call(
        &mut self,
        identifier: NodeId,
        function: Option<u32>,
        arguments: &[NodeId],
        piped: bool,
        blamed: NodeId,
    ) {
        if arguments.is_empty() {
            self.op(Op::At(identifier));
        }
        let Some(index) = function else {
            self.op(Op::At(identifier));
            let name = self.tree.print(identifier);
            let fail = self.fail(format!("{name:?} is not a defined function"));
            self.op(fail);
            return;
        };
        let (name, function) = self.functions.at(index);
        let signature = &function.signature;
        let given = arguments.len() + usize::from(piped);
        if let Some(message) = wrong_count(name, signature, arguments.len(), given) {
            self.op(Op::At(identifier));
            let fail = self.fail(message);
            self.op(fail);
            return;
        }
        if let Special::And | Special::Or = function.special {
            let logic = Logic {
                or: function.special == Special::Or,
                is_tested: self.tested.contains(&blamed),
            };
            self.logic(logic, arguments, piped);
            return;
        }
        if function.writes
            && let Some(&receiver) = arguments.first()
        {
            self.writes(receiver, arguments.get(1).copied());
        }
        self.code.calls.push(CallSite {
            function: index,
            name: 0,
            node: blamed,
            arguments: arguments.len() as u32,
            piped,
            unwrap: false,
            first: arguments.first().copied(),
        });
        let site = self.code.calls.len() as u32 - 1;
        let written = arguments.iter().enumerate();
        let written = written.map(|(number, &node)| Task::Argument {
            node,
            function: index,
            parameter: number as u32,
        });
        let piped = if piped {
            let parameter = signature.parameter(given - 1);
            needs_check(parameter).then(|| self.type_(parameter))
        } else {
            None
        };
        let depth = arguments.len() as u32;
        if !self.is_deep() {
            for (number, &node) in arguments.iter().enumerate() {
                self.at_once(|compiler| compiler.argument(node, signature.parameter(number)));
            }
            if let Some(type_) = piped {
                self.op(Op::Check { type_, depth });
            }
            self.op(Op::Call { site });
            return;
        }
        let check = piped.map(|type_| Task::Op(Op::Check { type_, depth }));
        self.now(written.chain(check).chain([Task::Op(Op::Call { site })]));
    }

    /// `and` and `or`: arguments are evaluated until one decides.
    fn logic(&mut self, logic: Logic, arguments: &[NodeId], piped: bool) {
        let (decided, end) = (self.label(), self.label());
        self.op(Op::Logic);
        let last = arguments.len().wrapping_sub(usize::from(!piped));
        let written = arguments.iter().enumerate().flat_map(|(index, &node)| {
            let end = if piped { decided } else { end };
            let next = if index == last {
                Op::Last(logic)
            } else {
                Op::Decide { logic, end }
            };
            [Task::Value(node), Task::Op(next)]
        });
        // The piped value lies beneath; it is the answer if nothing decided before.
        let beneath = piped.then_some([
            Task::Op(Op::Last(logic)),
            Task::Op(Op::Jump(end)),
            Task::Label(decided),
            Task::Op(Op::Nip),
        ]);
        let beneath = beneath.into_iter().flatten();
        self.now(written.chain(beneath).chain([Task::Label(end)]));
    }

    /// An argument for a parameter (`evalArg`).
    pub(super) fn argument(&mut self, node: NodeId, parameter: &Type) {
        let check = if needs_check(parameter) {
            Some(Task::Op(Op::Check {
                type_: self.type_(parameter),
                depth: 0,
            }))
        } else {
            None
        };
        match self.tree.node(node).kind {
            NodeKind::Nil => {
                self.op(Op::At(node));
                if parameter.can_be_nil() {
                    let type_ = self.type_(parameter);
                    self.op(Op::Nil { type_ });
                } else {
                    let fail = self.fail(format!("cannot assign nil to {parameter}"));
                    self.op(fail);
                }
            }
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => {
                let value = literal::typed(self.tree, node, parameter);
                self.literal(node, value);
            }
            _ => {
                if let Some(check) = check {
                    self.behind(check);
                }
                self.operand(node);
            }
        }
    }

    /// An argument for a parameter that is known only when the method is found.
    pub(super) fn method_argument(&mut self, node: NodeId, index: u32) {
        match self.tree.node(node).kind {
            NodeKind::Nil => {
                self.op(Op::At(node));
                self.op(Op::MethodNil { index });
            }
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => {
                self.op(Op::MethodLiteral { node, index });
            }
            _ => {
                self.behind(Task::Op(Op::MethodArgument { index }));
                self.operand(node);
            }
        }
    }

    /// What an argument is, if it is no literal.
    fn operand(&mut self, node: NodeId) {
        match self.tree.node(node).kind {
            NodeKind::Dot => self.path(node, DOT),
            NodeKind::Field(names) => {
                self.path(node, DOT);
                self.chain(node, names, 0, &[], false);
            }
            NodeKind::Variable(names) => {
                let symbol = self.variable(node);
                self.path(node, symbol);
                if names.len() > 1 {
                    self.chain(node, names, 1, &[], false);
                }
            }
            NodeKind::Pipe(_) if self.is_deep() => self.now([Task::Pipe(node)]),
            NodeKind::Pipe(_) => self.at_once(|compiler| compiler.pipe(node)),
            NodeKind::Identifier(function) => self.call(node, function, &[], false, node),
            NodeKind::Chain { .. } => self.chain_node(node, &[], false),
            _ => self.op(Op::Invalid),
        }
    }
}

/// Whether a parameter does not take everything.
fn needs_check(parameter: &Type) -> bool {
    !matches!(parameter, Type::Any | Type::Reflect)
}

/// Go's text for a wrong number of arguments.
pub(super) fn wrong_count(
    name: &str,
    signature: &crate::functions::Signature,
    written: usize,
    given: usize,
) -> Option<String> {
    let fixed = signature.fixed();
    if signature.variadic {
        (given < fixed).then(|| {
            format!("wrong number of args for {name}: want at least {fixed} got {written}")
        })
    } else {
        (given != fixed)
            .then(|| format!("wrong number of args for {name}: want {fixed} got {given}"))
    }
}
