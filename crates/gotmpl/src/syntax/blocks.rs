//! Parsing: text, actions, and the blocks that they open and end. Go nests these by calling
//! itself; here they lie on a stack.

use std::sync::Arc;

use foldhash::HashMap;
use plimsoll_source::TextRange;

use crate::format::quote::{Keep, quote};

use super::lexer::{Kind, Token};
use super::parser::{Failed, Parsed, Parser};
use super::tree::{Branch, Definition, NodeId, NodeKind, StringId, Tree};

/// What each template starts afresh: Go has a parser of its own for each.
#[derive(Default)]
pub(super) struct Scope<'t> {
    /// Declared variables, as a stack.
    variables: Vec<&'t [u8]>,
    /// How often each is on the stack.
    declared: HashMap<&'t [u8], u32>,
    /// How many `range` bodies we are in.
    ranges: u32,
    /// Where the action starts that is being parsed.
    pub(super) action: Option<u32>,
}

impl<'t> Scope<'t> {
    pub(super) fn new() -> Self {
        let mut scope = Self::default();
        scope.declare(b"$");
        scope
    }

    pub(super) fn declare(&mut self, name: &'t [u8]) {
        self.variables.push(name);
        *self.declared.entry(name).or_default() += 1;
    }

    pub(super) fn forget(&mut self, len: usize) {
        for name in self.variables.drain(len..) {
            if let Some(count) = self.declared.get_mut(name) {
                *count -= 1;
            }
        }
    }

    pub(super) fn has(&self, name: &[u8]) -> bool {
        if name == b"$" {
            // It is there from the start, and stays.
            return true;
        }
        self.declared.get(name).is_some_and(|&count| count > 0)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Control {
    If,
    With,
    Range,
}

impl Control {
    fn context(self) -> &'static str {
        match self {
            Control::If => "if",
            Control::With => "with",
            Control::Range => "range",
        }
    }
}

/// A block that is open.
pub(super) struct Block<'t> {
    context: Context<'t>,
    /// Where its first action starts.
    start: u32,
    /// Where the list that is being parsed starts, as Go says.
    list_position: u32,
    /// Where the nodes of the list start among the pending ones.
    base: usize,
}

enum Context<'t> {
    Template {
        name: Arc<str>,
        name_range: TextRange,
        /// What the enclosing template goes on with.
        outer: Scope<'t>,
        /// Present if it was opened by `block`.
        call: Option<Call>,
    },
    Control {
        control: Control,
        pipe: NodeId,
        /// The first list, once `else` was met.
        list: Option<NodeId>,
        /// How many variables there were before.
        variables: usize,
        /// Whether `else if` opened it: its end ends the one around it, too.
        chained: bool,
    },
}

/// The call that a `block` is, beside a definition.
#[derive(Clone, Copy)]
struct Call {
    name: Option<StringId>,
    pipe: NodeId,
    /// The last token of the clause, and of the enclosing template until the block ends.
    clause_end: Token,
}

impl<'t> Parser<'t> {
    /// Parses to the end of the text.
    pub(super) fn file(&mut self) {
        let position = self.peek().start;
        loop {
            let token = self.peek_non_space();
            if token.kind == Kind::Eof {
                break;
            }
            let may_define = self.blocks.is_empty() && token.kind == Kind::LeftDelim;
            if may_define && self.quick_word_is(b"define") {
                let delim = self.next();
                if self.next_non_space().kind == Kind::Define {
                    self.define(delim);
                    continue;
                }
                self.backup2(delim);
            }
            if self.text_or_action().is_err() {
                self.resynchronise();
            }
        }
        if !self.blocks.is_empty() {
            let end = self.end_of_text();
            self.error("unexpected EOF", end);
            while !self.blocks.is_empty() {
                let _ = self.end(self.last());
            }
        }
        let root = self.list(0, position);
        let name = self.tree.name.clone();
        let whole = TextRange::new(0, self.end_of_text().end);
        let _ = self.add_definition(name, root, whole, TextRange::empty(0));
        // The text's own template comes last, even where an empty definition gave way to it.
        let own = self.defined[&self.tree.name];
        let last = self.tree.definitions.len() - 1;
        self.tree.definitions.swap(own, last);
    }

    fn text_or_action(&mut self) -> Parsed<()> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => {
                let node = self.add(NodeKind::Text, token.range(), token.start);
                self.pending.push(node);
                Ok(())
            }
            Kind::LeftDelim => {
                self.scope.action = Some(token.start);
                self.action(token)
            }
            _ => Err(self.unexpected(token, "input")),
        }
    }

    fn action(&mut self, delim: Token) -> Parsed<()> {
        if let Some(done) = self.quick_action(delim) {
            return done;
        }
        let token = self.next_non_space();
        let (kind, position) = match token.kind {
            Kind::Block => {
                self.block(delim);
                return Ok(());
            }
            Kind::If => {
                self.control(delim, Control::If, false);
                return Ok(());
            }
            Kind::With => {
                self.control(delim, Control::With, false);
                return Ok(());
            }
            Kind::Range => {
                self.control(delim, Control::Range, false);
                return Ok(());
            }
            Kind::Else => return self.else_control(delim),
            Kind::End => {
                let end = self.expect(Kind::RightDelim, "end");
                if end.is_err() {
                    // The block ends all the same.
                    self.resynchronise();
                }
                self.scope.action = None;
                let last = end.unwrap_or(token);
                if self.blocks.is_empty() {
                    let range = TextRange::new(delim.start, last.end);
                    return Err(self.error("unexpected {{end}}", range));
                }
                return self.end(last);
            }
            Kind::Break => (self.jump(token, NodeKind::Break, "{{break}}")?, token.start),
            Kind::Continue => {
                let node = self.jump(token, NodeKind::Continue, "{{continue}}")?;
                (node, token.start)
            }
            Kind::Template => self.template()?,
            _ => {
                self.backup();
                let position = self.peek().start;
                (NodeKind::Action(self.pipeline("command")?), position)
            }
        };
        let range = TextRange::new(delim.start, self.last().end);
        let node = self.add(kind, range, position);
        self.pending.push(node);
        self.scope.action = None;
        Ok(())
    }

    /// The same where it is a usual one.
    fn quick_action(&mut self, delim: Token) -> Option<Parsed<()>> {
        if !self.blocks.is_empty()
            && let Some(last) = self.quick_end()
        {
            self.scope.action = None;
            return Some(self.end(last));
        }
        for control in [Control::If, Control::With, Control::Range] {
            if self.quick_keyword(control.context()) {
                self.control(delim, control, false);
                return Some(Ok(()));
            }
        }
        let position = self.quick_position()?;
        let pipe = self.quick_pipeline(false)?;
        let range = TextRange::new(delim.start, self.last().end);
        let node = self.add(NodeKind::Action(pipe), range, position);
        self.pending.push(node);
        self.scope.action = None;
        Some(Ok(()))
    }

    fn jump(&mut self, token: Token, kind: NodeKind, written: &str) -> Parsed<NodeKind> {
        let end = self.next_non_space();
        if end.kind != Kind::RightDelim {
            return Err(self.unexpected(end, written));
        }
        if self.scope.ranges == 0 {
            let message = format!("{written} outside {{{{range}}}}");
            return Err(self.error(message, token.range()));
        }
        Ok(kind)
    }

    fn template(&mut self) -> Parsed<(NodeKind, u32)> {
        let context = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(token, context)?;
        let mut pipe = None;
        if self.next_non_space().kind != Kind::RightDelim {
            self.backup();
            pipe = Some(self.pipeline(context)?);
        }
        let block = false;
        Ok((NodeKind::Template { name, pipe, block }, token.start))
    }

    fn template_name(&mut self, token: Token, context: &str) -> Parsed<StringId> {
        match token.kind {
            Kind::String | Kind::RawString => self.literal(token),
            _ => Err(self.unexpected(token, context)),
        }
    }

    fn name_of(&self, literal: StringId) -> Arc<str> {
        crate::unicode::text(self.tree.string(literal)).into()
    }

    fn define(&mut self, delim: Token) {
        let clause = self.define_clause();
        if clause.is_err() {
            // It is opened without a name, so that its end finds it.
            self.resynchronise();
        }
        let (name, name_range) = clause.unwrap_or_default();
        self.open_template(delim, name, name_range, None);
    }

    fn define_clause(&mut self) -> Parsed<(Arc<str>, TextRange)> {
        let context = "define clause";
        let token = self.next_non_space();
        let literal = self.template_name(token, context)?;
        self.expect(Kind::RightDelim, context)?;
        Ok((self.name_of(literal), token.range()))
    }

    fn block(&mut self, delim: Token) {
        let clause = self.block_clause();
        let (name, name_range, call) = if let Ok((literal, token, pipe)) = clause {
            let call = Call {
                name: Some(literal),
                pipe,
                clause_end: self.last(),
            };
            (self.name_of(literal), token.range(), call)
        } else {
            self.resynchronise();
            let call = Call {
                name: None,
                pipe: self.empty_pipe(delim.end),
                clause_end: self.last(),
            };
            (Arc::from(""), TextRange::default(), call)
        };
        self.open_template(delim, name, name_range, Some(call));
    }

    fn block_clause(&mut self) -> Parsed<(StringId, Token, NodeId)> {
        let context = "block clause";
        let token = self.next_non_space();
        let literal = self.template_name(token, context)?;
        let pipe = self.pipeline(context)?;
        Ok((literal, token, pipe))
    }

    fn open_template(
        &mut self,
        delim: Token,
        name: Arc<str>,
        name_range: TextRange,
        call: Option<Call>,
    ) {
        let outer = std::mem::replace(&mut self.scope, Scope::new());
        let context = Context::Template {
            name,
            name_range,
            outer,
            call,
        };
        self.open(delim.start, context);
    }

    fn open(&mut self, start: u32, context: Context<'t>) {
        let list_position = self.peek_non_space().start;
        let base = self.pending.len();
        self.blocks.push(Block {
            context,
            start,
            list_position,
            base,
        });
    }

    fn control(&mut self, delim: Token, control: Control, chained: bool) {
        let variables = self.scope.len();
        let pipe = self.pipeline(control.context()).unwrap_or_else(|_| {
            // It is opened all the same, so that its end finds it.
            self.resynchronise();
            self.empty_pipe(delim.end)
        });
        if control == Control::Range {
            self.scope.ranges += 1;
        }
        let context = Context::Control {
            control,
            pipe,
            list: None,
            variables,
            chained,
        };
        self.open(delim.start, context);
    }

    fn else_control(&mut self, delim: Token) -> Parsed<()> {
        let next = self.peek_non_space();
        let chain = match next.kind {
            Kind::If => Some(Control::If),
            Kind::With => Some(Control::With),
            _ => None,
        };
        let mut range = TextRange::new(delim.start, next.end);
        if chain.is_none() {
            match self.expect(Kind::RightDelim, "else") {
                Ok(end) => range.end = end.end,
                Err(Failed) => self.resynchronise(),
            }
        }
        self.scope.action = None;
        let Some(block) = self.blocks.last_mut() else {
            return Err(self.error("unexpected {{else}}", range));
        };
        match &mut block.context {
            Context::Template { call: None, .. } => {
                Err(self.error("unexpected {{else}} in define clause", range))
            }
            Context::Template {
                call: Some(call), ..
            } => {
                let last = call.clause_end;
                let message = "unexpected {{else}} in block clause";
                Err(self.error_after(last, message, range))
            }
            Context::Control { list: Some(_), .. } => {
                Err(self.error("expected end; found {{else}}", range))
            }
            Context::Control { control, .. } => {
                let control = *control;
                let (base, position) = (block.base, block.list_position);
                if control == Control::Range {
                    self.scope.ranges -= 1;
                }
                let first = self.list(base, position);
                let chained = chain == Some(control) && control != Control::Range;
                if chained {
                    self.next();
                }
                let list_position = if chained {
                    next.start
                } else {
                    self.peek_non_space().start
                };
                if let Some(block) = self.blocks.last_mut()
                    && let Context::Control { list, .. } = &mut block.context
                {
                    *list = Some(first);
                    block.list_position = list_position;
                    block.base = self.pending.len();
                }
                if chained {
                    self.control(delim, control, true);
                }
                Ok(())
            }
        }
    }

    /// Ends the innermost block, and with an `if` that `else if` opened the one around it.
    fn end(&mut self, last: Token) -> Parsed<()> {
        loop {
            let Some(block) = self.blocks.pop() else {
                return Ok(());
            };
            let tail = self.list(block.base, block.list_position);
            let range = TextRange::new(block.start, last.end);
            match block.context {
                Context::Template {
                    name,
                    name_range,
                    outer,
                    call,
                } => {
                    let added = self.add_definition(name, tail, range, name_range);
                    self.scope = outer;
                    self.scope.action = None;
                    if let Some(call) = call
                        && let Some(name) = call.name
                    {
                        let kind = NodeKind::Template {
                            name,
                            pipe: Some(call.pipe),
                            block: true,
                        };
                        let node = self.add(kind, range, name_range.start);
                        self.pending.push(node);
                    }
                    return added;
                }
                Context::Control {
                    control,
                    pipe,
                    list,
                    variables,
                    chained,
                } => {
                    if control == Control::Range && list.is_none() {
                        self.scope.ranges -= 1;
                    }
                    self.scope.forget(variables);
                    let branch = Branch {
                        pipe,
                        list: list.unwrap_or(tail),
                        else_list: list.map(|_| tail),
                    };
                    let kind = match control {
                        Control::If => NodeKind::If(branch),
                        Control::With => NodeKind::With(branch),
                        Control::Range => NodeKind::Range(branch),
                    };
                    let position = self.tree.node(pipe).position;
                    let node = self.add(kind, range, position);
                    self.pending.push(node);
                    if !chained {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn list(&mut self, base: usize, position: u32) -> NodeId {
        let mut range = TextRange::empty(position);
        if let (Some(&first), Some(&last)) = (self.pending.get(base), self.pending.last()) {
            let start = self.tree.node(first).range.start;
            range = TextRange::new(start, self.tree.node(last).range.end);
        }
        let span = self.take(base);
        self.add(NodeKind::List(span), range, position)
    }

    /// Go's rule: within one text an empty definition gives way, another must be the only one.
    fn add_definition(
        &mut self,
        name: Arc<str>,
        root: NodeId,
        range: TextRange,
        name_range: TextRange,
    ) -> Parsed<()> {
        let definition = Definition {
            is_empty: is_empty(&self.tree, root),
            name,
            root,
            range,
            name_range,
        };
        let Some(&index) = self.defined.get(&definition.name) else {
            let index = self.tree.definitions.len();
            self.defined.insert(definition.name.clone(), index);
            self.tree.definitions.push(definition);
            return Ok(());
        };
        if self.tree.definitions[index].is_empty {
            self.tree.definitions[index] = definition;
        } else if !definition.is_empty {
            let name = quote(definition.name.as_bytes(), Keep::Printable);
            let message = format!("template: multiple definition of template {name}");
            return Err(self.error(message, name_range));
        }
        Ok(())
    }
}

impl Scope<'_> {
    pub(super) fn len(&self) -> usize {
        self.variables.len()
    }
}

/// Whether a body is nothing but white space (`parse.IsEmptyTree`).
fn is_empty(tree: &Tree, root: NodeId) -> bool {
    let NodeKind::List(span) = tree.node(root).kind else {
        return false;
    };
    tree.nodes(span).iter().all(|&id| {
        let node = tree.node(id);
        let text = || crate::unicode::text(tree.bytes(node.range));
        node.kind == NodeKind::Text && text().trim().is_empty()
    })
}
