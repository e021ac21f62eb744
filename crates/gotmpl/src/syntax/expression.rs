//! Parsing: pipelines, commands and operands. Parentheses nest on a stack.

use plimsoll_source::TextRange;

use crate::format::quote::{Keep, quote};

use super::lexer::{Kind, Token};
use super::number;
use super::parser::{Parsed, Parser};
use super::tree::{NodeId, NodeKind, Pipe, Span};

/// Go's limit for parentheses in parentheses.
const MAX_PARENS: usize = 10_000;

/// A pipeline that is being parsed. Its variables, its commands and the arguments of the
/// command in progress are the pending nodes from `base` on, in this order.
pub(super) struct OpenPipe {
    context: &'static str,
    end: Kind,
    /// Where its text starts: its parenthesis or its first token.
    start: u32,
    /// Where Go says that it is.
    position: u32,
    pub(super) base: usize,
    variables: usize,
    assigns: bool,
    commands: usize,
    command_position: u32,
}

/// What comes next.
enum Step {
    /// A command, or the end of the pipeline.
    Command,
    Operand,
    AfterOperand,
}

impl Parser<'_> {
    /// Parses a pipeline and the right delimiter behind it.
    pub(super) fn pipeline(&mut self, context: &'static str) -> Parsed<NodeId> {
        if let Some(node) = self.quick_pipeline(context == "range") {
            return Ok(node);
        }
        self.open_pipe(context, Kind::RightDelim, None)?;
        let mut step = Step::Command;
        loop {
            step = match step {
                Step::Command => match self.command()? {
                    Some(node) if self.pipes.is_empty() => return Ok(node),
                    Some(node) => {
                        self.operand(node)?;
                        Step::AfterOperand
                    }
                    None => Step::Operand,
                },
                Step::Operand => {
                    let token = self.next_non_space();
                    if token.kind == Kind::LeftParen {
                        if self.pipes.len() > MAX_PARENS {
                            return Err(self.error("max expression depth exceeded", token.range()));
                        }
                        let paren = Some(token.start);
                        self.open_pipe("parenthesized pipeline", Kind::RightParen, paren)?;
                        Step::Command
                    } else {
                        match self.term(token)? {
                            Some(node) => self.operand(node)?,
                            None => self.backup(),
                        }
                        Step::AfterOperand
                    }
                }
                Step::AfterOperand => self.after_operand()?,
            };
        }
    }

    /// Opens a pipeline, which may stand in a parenthesis.
    fn open_pipe(&mut self, context: &'static str, end: Kind, paren: Option<u32>) -> Parsed<()> {
        let first = self.peek_non_space();
        let position = first.start;
        let mut pipe = OpenPipe {
            context,
            end,
            start: paren.unwrap_or(position),
            position,
            base: self.pending.len(),
            variables: 0,
            assigns: false,
            commands: 0,
            command_position: position,
        };
        let variables = match first.kind {
            Kind::Variable => self.variables(&mut pipe),
            _ => Ok(()),
        };
        self.pipes.push(pipe);
        variables
    }

    /// Parses declarations or assignments, if there are any.
    fn variables(&mut self, pipe: &mut OpenPipe) -> Parsed<()> {
        loop {
            let variable = self.peek_non_space();
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            self.next();
            // White space is a token: `$x foo` needs three tokens to be told from `$x := foo`.
            let after = self.peek();
            let next = self.peek_non_space();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    pipe.assigns = next.kind == Kind::Assign;
                    self.next_non_space();
                    self.variable(pipe, variable);
                    return Ok(());
                }
                Kind::Char if self.bytes(next) == b"," => {
                    self.next_non_space();
                    self.variable(pipe, variable);
                    if pipe.context == "range" && pipe.variables < 2 {
                        match self.peek_non_space().kind {
                            Kind::Variable | Kind::RightDelim | Kind::RightParen => continue,
                            _ => {
                                let message = "range can only initialize variables";
                                return Err(self.error(message, variable.range()));
                            }
                        }
                    }
                    let message = format!("too many declarations in {}", pipe.context);
                    return Err(self.error(message, variable.range()));
                }
                _ if after.kind == Kind::Space => {
                    self.backup3(variable, after);
                    return Ok(());
                }
                _ => {
                    self.backup2(variable);
                    return Ok(());
                }
            }
        }
    }

    fn variable(&mut self, pipe: &mut OpenPipe, token: Token) {
        let names = self.add_name(token.range());
        let node = self.add(NodeKind::Variable(names), token.range(), token.start);
        self.pending.push(node);
        pipe.variables += 1;
        let name = self.bytes(token);
        self.scope.declare(name);
    }

    /// Starts a command, or ends the innermost pipeline and gives its node.
    fn command(&mut self) -> Parsed<Option<NodeId>> {
        let token = self.next_non_space();
        let Some(pipe) = self.pipes.last() else {
            return Ok(None);
        };
        let (end, context) = (pipe.end, pipe.context);
        match token.kind {
            kind if kind == end => self.close_pipe(token).map(Some),
            Kind::Bool
            | Kind::CharConstant
            | Kind::Complex
            | Kind::Dot
            | Kind::Field
            | Kind::Identifier
            | Kind::Number
            | Kind::Nil
            | Kind::RawString
            | Kind::String
            | Kind::Variable
            | Kind::LeftParen => {
                self.backup();
                if let Some(pipe) = self.pipes.last_mut() {
                    pipe.command_position = token.start;
                }
                Ok(None)
            }
            _ => Err(self.unexpected(token, context)),
        }
    }

    fn after_operand(&mut self) -> Parsed<Step> {
        let token = self.next();
        match token.kind {
            Kind::Space => return Ok(Step::Operand),
            Kind::RightDelim | Kind::RightParen => self.backup(),
            Kind::Pipe => {}
            _ => return Err(self.unexpected(token, "operand")),
        }
        let Some(pipe) = self.pipes.last_mut() else {
            return Ok(Step::Command);
        };
        let base = pipe.base + pipe.variables + pipe.commands;
        let position = pipe.command_position;
        pipe.commands += 1;
        let (Some(&first), Some(&last)) = (self.pending.get(base), self.pending.last()) else {
            return Err(self.error("empty command", token.range()));
        };
        let start = self.tree.node(first).range.start;
        let range = TextRange::new(start, self.tree.node(last).range.end);
        let arguments = self.take(base);
        let command = self.add(NodeKind::Command(arguments), range, position);
        self.pending.push(command);
        Ok(Step::Command)
    }

    fn close_pipe(&mut self, end: Token) -> Parsed<NodeId> {
        let Some(pipe) = self.pipes.last() else {
            return Ok(self.empty_pipe(end.start));
        };
        let (base, variables, commands) = (pipe.base, pipe.variables, pipe.commands);
        let (start, position, assigns) = (pipe.start, pipe.position, pipe.assigns);
        let parenthesised = pipe.end == Kind::RightParen;
        if commands == 0 {
            let message = format!("missing value for {}", pipe.context);
            return Err(self.error(message, end.range()));
        }
        let first = base + variables;
        for stage in 1..commands {
            let command = self.pending[first + stage];
            if let Some(range) = self.literal_command(command) {
                let stage = stage + 1;
                let message = format!("non executable command in pipeline stage {stage}");
                return Err(self.error(message, range));
            }
        }
        let last = self.pending[first + commands - 1];
        let range = TextRange::new(
            start,
            if parenthesised {
                end.end
            } else {
                self.tree.node(last).range.end
            },
        );
        let all = self.take(base);
        let (variables, commands) = (variables as u32, commands as u32);
        let kind = NodeKind::Pipe(Pipe {
            variables: Span {
                start: all.start,
                len: variables,
            },
            assigns,
            commands: Span {
                start: all.start + variables,
                len: commands,
            },
        });
        self.pipes.pop();
        Ok(self.add(kind, range, position))
    }

    /// The range of a command that starts with what cannot be executed.
    fn literal_command(&self, command: NodeId) -> Option<TextRange> {
        let NodeKind::Command(arguments) = self.tree.node(command).kind else {
            return None;
        };
        let first = self.tree.node(*self.tree.nodes(arguments).first()?);
        match first.kind {
            NodeKind::Bool(_)
            | NodeKind::Dot
            | NodeKind::Nil
            | NodeKind::Number(_)
            | NodeKind::String(_) => Some(first.range),
            _ => None,
        }
    }

    /// A term that is no parenthesis, or `None` if the token starts none.
    fn term(&mut self, token: Token) -> Parsed<Option<NodeId>> {
        let range = token.range();
        let kind = match token.kind {
            Kind::Identifier => {
                let name = crate::unicode::text(self.bytes(token));
                let function = self.functions.function(&name);
                if function.is_none() {
                    let name = quote(name.as_bytes(), Keep::Printable);
                    self.error(format!("function {name} not defined"), range);
                }
                NodeKind::Identifier(function)
            }
            Kind::Dot => NodeKind::Dot,
            Kind::Nil => NodeKind::Nil,
            Kind::Bool => NodeKind::Bool(self.bytes(token) == b"true"),
            Kind::Variable => {
                let name = self.bytes(token);
                if !self.scope.has(name) {
                    let name = quote(name, Keep::Printable);
                    self.error(format!("undefined variable {name}"), range);
                }
                NodeKind::Variable(self.add_name(range))
            }
            Kind::Field => {
                NodeKind::Field(self.add_name(TextRange::new(range.start + 1, range.end)))
            }
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                match number::parse(self.bytes(token), token.kind) {
                    Ok(number) => {
                        self.tree.numbers.push(number);
                        NodeKind::Number(self.tree.numbers.len() as u32 - 1)
                    }
                    Err(message) => {
                        self.error(message, range);
                        NodeKind::Nil
                    }
                }
            }
            Kind::String | Kind::RawString => NodeKind::String(self.literal(token)?),
            _ => return Ok(None),
        };
        Ok(Some(self.add(kind, range, token.start)))
    }

    /// Takes the fields that follow a term, and the whole as an argument.
    fn operand(&mut self, term: NodeId) -> Parsed<()> {
        let first = self.peek();
        if first.kind != Kind::Field {
            self.pending.push(term);
            return Ok(());
        }
        let node = *self.tree.node(term);
        let mut range = node.range;
        let names_before = self.tree.names.len() as u32;
        while self.peek().kind == Kind::Field {
            let field = self.next();
            range.end = field.end;
            self.add_name(TextRange::new(field.start + 1, field.end));
        }
        let count = self.tree.names.len() as u32 - names_before;
        let kind = match node.kind {
            // More fields go to the end of those that it has: they are the last names.
            NodeKind::Field(mut names) => {
                names.len += count;
                NodeKind::Field(names)
            }
            NodeKind::Variable(mut names) => {
                names.len += count;
                NodeKind::Variable(names)
            }
            NodeKind::Bool(_)
            | NodeKind::String(_)
            | NodeKind::Number(_)
            | NodeKind::Nil
            | NodeKind::Dot => {
                let printed = quote(self.tree.print(term).as_bytes(), Keep::Printable);
                let message = format!("unexpected . after term {printed}");
                return Err(self.error(message, range));
            }
            _ => NodeKind::Chain {
                node: term,
                fields: super::tree::Names {
                    start: names_before,
                    len: count,
                },
            },
        };
        if matches!(kind, NodeKind::Chain { .. }) {
            let node = self.add(kind, range, first.start);
            self.pending.push(node);
        } else {
            let node = &mut self.tree.nodes[term.0 as usize];
            node.kind = kind;
            node.range = range;
            node.position = first.start;
            self.pending.push(term);
        }
        Ok(())
    }
}
