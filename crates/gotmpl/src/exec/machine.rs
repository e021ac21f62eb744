//! The machine: runs code. All that nests lies on its stacks.

use std::sync::Arc;

use crate::error::{CallError, Error, Site};
use crate::format;
use crate::functions::{Finish, Functions};
use crate::limits::{CHEAP, Exceeded};
use crate::syntax::{NodeId, NodeKind};
use crate::templates::{Scope, Template};
use crate::trace::{Builder, FrameId, Pen, Place, Trace};
use crate::value::{Str, Traced, Value};

use super::code::{Code, DOT, Literal, Op};
use super::control::Block;
use super::env::Env;
use super::fields::Fields;
use super::invoke::PendingMethod;

/// Starting a template takes as long, and its frame may be kept.
const STEPS_PER_TEMPLATE: u64 = 16;

/// Why a step failed: what the error at the current node says. Boxed, because every step may.
pub(super) struct Fault(Box<Why>);

struct Why {
    message: String,
    cause: Option<CallError>,
}

impl Fault {
    pub(super) fn new(message: String, cause: Option<CallError>) -> Self {
        Self(Box::new(Why { message, cause }))
    }
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self::new(message, None)
    }
}

impl From<&str> for Fault {
    fn from(message: &str) -> Self {
        Self::new(message.to_owned(), None)
    }
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        Self::new(String::new(), Some(error))
    }
}

impl From<Exceeded> for Fault {
    fn from(exceeded: Exceeded) -> Self {
        CallError::from(exceeded).into()
    }
}

pub(super) type Step<T> = Result<T, Fault>;

/// How a run of steps ended.
enum Exit {
    /// Another template is to be run, or the calling one goes on.
    Switch,
    /// The outermost template ended.
    Done,
}

/// A template that is being executed.
pub(super) struct Activation {
    pub(super) template: Arc<Template>,
    pub(super) scope: Scope,
    pub(super) frame: FrameId,
    /// Where the session keeps what belongs to the code.
    pub(super) state: u32,
    pub(super) step: usize,
    /// Fields of the current step that are done.
    pub(super) fields_done: u32,
    pub(super) dot: Traced,
    /// The node that errors name.
    pub(super) node: NodeId,
    /// What decided that we are here.
    pub(super) condition: Trace,
    /// The text, if it was parsed while rendering, and what its current action came from.
    text: Option<Str>,
    origin: Trace,
    /// Templates in templates (`template`, `block`), as Go counts.
    depth: u32,
    // Where its part of the stacks starts.
    stack: usize,
    pub(super) variables: usize,
    blocks: usize,
    pub(super) logic: usize,
    methods: usize,
    found: usize,
    /// Present if a function asked for it.
    pub(super) capture: Option<Box<Capture>>,
}

/// What becomes of the text of a template that a function asked for.
pub(super) struct Capture {
    /// The text around it.
    pub(super) out: Builder,
    pub(super) finish: Finish,
    /// The function's name, and the node that is named if it fails.
    pub(super) function: Arc<str>,
    pub(super) node: NodeId,
    /// Whether the answer is taken out of its interface.
    pub(super) unwrap: bool,
    /// The state of the template that counts it, if it was asked for by name.
    pub(super) counted: Option<u32>,
}

/// What a new activation runs.
pub(super) struct Start {
    pub(super) template: Arc<Template>,
    pub(super) scope: Scope,
    pub(super) dot: Traced,
    pub(super) caller: Option<(FrameId, NodeId)>,
    pub(super) condition: Trace,
    pub(super) text: Option<Str>,
    pub(super) depth: u32,
    pub(super) capture: Option<Box<Capture>>,
}

pub(super) struct Machine<'m> {
    pub(super) env: &'m mut Env,
    /// Those of the set, whatever is laid over it.
    pub(super) functions: &'m Functions,
    pub(super) current: Activation,
    callers: Vec<Activation>,
    pub(super) stack: Vec<Traced>,
    pub(super) variables: Vec<(u32, Traced)>,
    pub(super) blocks: Vec<Block>,
    /// For each open `and` or `or`, what the arguments so far came from.
    pub(super) logic: Vec<Trace>,
    pub(super) methods: Vec<PendingMethod>,
    found: Vec<Arc<Template>>,
    pub(super) out: Builder,
    pub(super) nested_renders: u32,
}

impl<'m> Machine<'m> {
    pub(super) fn new(env: &'m mut Env, functions: &'m Functions, start: Start) -> Self {
        let mut out = Builder::new(&mut env.sets, usize::MAX);
        out.expect(start.template.definition().range.len() as usize);
        let dot = start.dot.clone();
        let current = activation(env, start, [0; 6]);
        Self {
            env,
            functions,
            current,
            callers: Vec::new(),
            stack: Vec::new(),
            variables: vec![(0, dot)],
            blocks: Vec::new(),
            logic: Vec::new(),
            methods: Vec::new(),
            found: Vec::new(),
            out,
            nested_renders: 0,
        }
    }

    /// Runs to the end.
    pub(super) fn run(mut self) -> Result<Builder, Box<Error>> {
        loop {
            match self.steps() {
                Ok(Exit::Done) => return Ok(self.out),
                Ok(Exit::Switch) => {}
                Err(fault) => self.unwind(fault)?,
            }
        }
    }

    /// Starts a template; the current one waits.
    pub(super) fn enter(&mut self, start: Start) {
        self.env.budget.spend_steps(STEPS_PER_TEMPLATE);
        let bases = [
            self.stack.len(),
            self.variables.len(),
            self.blocks.len(),
            self.logic.len(),
            self.methods.len(),
            self.found.len(),
        ];
        self.variables.push((0, start.dot.clone()));
        let next = activation(self.env, start, bases);
        self.callers
            .push(std::mem::replace(&mut self.current, next));
    }

    /// Ends the current template; gives it if another one waited.
    fn leave(&mut self) -> Option<Activation> {
        let ended = std::mem::replace(&mut self.current, self.callers.pop()?);
        self.stack.truncate(ended.stack);
        self.variables.truncate(ended.variables);
        self.blocks.truncate(ended.blocks);
        self.logic.truncate(ended.logic);
        self.methods.truncate(ended.methods);
        self.found.truncate(ended.found);
        Some(ended)
    }

    /// The error at the current node.
    fn error(&self, fault: Fault) -> Box<Error> {
        let template = &self.current.template;
        let tree = &template.tree;
        let node = tree.node(self.current.node);
        let (line, column) = tree.line_and_column(node.position);
        Box::new(Error {
            template: template.name.clone(),
            site: Some(Site {
                tree: template.tree_id,
                name: tree.name().clone(),
                node: self.current.node,
                range: node.range,
                line,
                column,
                context: tree.print(self.current.node),
            }),
            message: fault.0.message,
            cause: fault.0.cause,
        })
    }

    /// Ends templates up to the function that asked for one of them, which then may fail, too.
    fn unwind(&mut self, fault: Fault) -> Result<(), Box<Error>> {
        let mut error = self.error(fault);
        loop {
            let Some(mut ended) = self.end_captured() else {
                return Err(error);
            };
            let Some(capture) = ended.capture.take() else {
                return Err(error);
            };
            match self.finish(*capture, Some(error.into())) {
                Ok(()) => return Ok(()),
                Err(fault) => error = self.error(fault),
            }
        }
    }

    /// Ends templates up to one that a function asked for.
    fn end_captured(&mut self) -> Option<Activation> {
        loop {
            let ended = self.leave()?;
            if ended.capture.is_some() {
                return Some(ended);
            }
        }
    }

    /// What decided that the current step happens.
    pub(super) fn condition(&mut self) -> Trace {
        if !self.env.sets.on {
            return Trace::NONE;
        }
        let open = self.logic.len() - self.current.logic;
        self.env.budget.spend_steps((open / CHEAP) as u64);
        let mut condition = self.current.condition;
        if !self.current.origin.is_none() {
            condition = self.env.sets.union(condition, self.current.origin);
        }
        for index in self.current.logic..self.logic.len() {
            condition = self.env.sets.union(condition, self.logic[index]);
        }
        condition
    }

    pub(super) fn pop(&mut self) -> Traced {
        self.stack.pop().unwrap_or_default()
    }

    /// In a text that was parsed while rendering, an action came from where its text did.
    #[cold]
    fn statement(&mut self, id: NodeId) {
        self.current.node = id;
        let tree = &self.current.template.tree;
        let node = tree.node(id);
        let mut range = node.range;
        match node.kind {
            NodeKind::Action(_)
            | NodeKind::Template { .. }
            | NodeKind::Break
            | NodeKind::Continue => {}
            NodeKind::If(branch) | NodeKind::With(branch) | NodeKind::Range(branch) => {
                range.end = tree.node(branch.pipe).range.end;
            }
            _ => return,
        }
        if let Some(text) = &self.current.text {
            let range = range.as_usize();
            self.current.origin = self.env.sets.within(text, range);
        }
    }

    fn steps(&mut self) -> Step<Exit> {
        let template = self.current.template.clone();
        let code = template
            .code
            .get_or_init(|| Code::new(&template, self.functions));
        let tree = &template.tree;
        let mut step = self.current.step;
        loop {
            if self.env.budget.step() {
                self.env.budget.look()?;
            }
            let op = code.ops[step];
            step += 1;
            match op {
                Op::Text(node) => self.text(node)?,
                Op::At(node) => self.current.node = node,
                Op::Statement(node) => self.statement(node),
                Op::Invalid => self.stack.push(Traced::default()),
                Op::Path {
                    node,
                    root,
                    name,
                    slot,
                    count,
                    unwrap,
                } => {
                    self.current.node = node;
                    let value = match root {
                        DOT => self.current.dot.clone(),
                        symbol => self.variable(symbol, code)?.clone(),
                    };
                    self.current.step = step;
                    let fields = Fields {
                        node,
                        name,
                        slot,
                        count: u32::from(count),
                        unwrap,
                    };
                    if self.fields(tree, value, fields)? {
                        return Ok(Exit::Switch);
                    }
                }
                Op::Literal { node, slot } => {
                    self.current.node = node;
                    self.literal(code, slot);
                }
                Op::Nil { type_ } => {
                    let zero = super::validate::zero(&code.types[type_ as usize]);
                    self.stack.push(zero);
                }
                Op::Fail { message } => {
                    return Err(code.messages[message as usize].as_str().into());
                }
                Op::Fields {
                    node,
                    name,
                    slot,
                    count,
                    unwrap,
                } => {
                    let value = self.pop();
                    self.current.step = step;
                    let fields = Fields {
                        node,
                        name,
                        slot,
                        count: u32::from(count),
                        unwrap,
                    };
                    if self.fields(tree, value, fields)? {
                        return Ok(Exit::Switch);
                    }
                }
                Op::Method { site, end } => {
                    if !self.method(tree, &code.calls[site as usize])? {
                        step = end as usize;
                    }
                }
                Op::MethodArgument { index } => self.method_argument(index)?,
                Op::MethodLiteral { node, index } => {
                    self.current.node = node;
                    self.method_literal(tree, node, index)?;
                }
                Op::MethodNil { index } => self.method_nil(index)?,
                Op::CallMethod { site } => {
                    self.current.step = step;
                    if self.call_method(&code.calls[site as usize])? {
                        return Ok(Exit::Switch);
                    }
                }
                Op::Check { type_, depth } => {
                    let index = self.stack.len() - 1 - depth as usize;
                    let parameter = &code.types[type_ as usize];
                    super::validate::validate(&mut self.stack[index], parameter)?;
                }
                Op::Call { site } => {
                    self.current.step = step;
                    if self.call(tree, &code.calls[site as usize])? {
                        return Ok(Exit::Switch);
                    }
                }
                Op::Logic => self.logic.push(Trace::NONE),
                Op::Decide { logic, end } => {
                    if self.decide(logic) {
                        step = end as usize;
                    }
                }
                Op::Last(logic) => self.decided(logic),
                Op::Nip => {
                    let beneath = self.stack.len() - 2;
                    self.stack.swap_remove(beneath);
                }
                Op::Unwrap => {
                    if let Some(top) = self.stack.last_mut() {
                        top.wrapped = false;
                    }
                }
                Op::Declare { symbol } => {
                    let mut value = self.stack.last().cloned().unwrap_or_default();
                    value.trace = self.env.sets.union(value.trace, self.current.origin);
                    self.variables.push((symbol, value));
                }
                Op::Assign { symbol } => {
                    let value = self.stack.last().cloned().unwrap_or_default();
                    self.assign(symbol, value, code)?;
                }
                Op::Grow { symbol } => {
                    self.grow(symbol, code)?;
                }
                Op::Print(node) => {
                    let value = self.pop();
                    self.print(node, &value)?;
                }
                Op::Pop => {
                    self.stack.pop();
                }
                Op::Jump(to) => step = to as usize,
                Op::Open => self.open(),
                Op::Branch {
                    node,
                    otherwise,
                    with,
                } => {
                    if !self.branch(node, with) {
                        step = otherwise as usize;
                    }
                }
                Op::Range {
                    node,
                    otherwise,
                    site,
                } => {
                    if !self.range(node, &code.ranges[site as usize])? {
                        step = otherwise as usize;
                    }
                }
                Op::Next { end } => {
                    if !self.next(code)? {
                        step = end as usize;
                    }
                }
                Op::Close {
                    node,
                    effects,
                    is_silent,
                } => {
                    self.close(node, tree, &code.effects[effects as usize], is_silent);
                }
                Op::Leave { node, blocks, to } => {
                    self.leave_blocks(node, blocks);
                    step = to as usize;
                }
                Op::Find { node } => {
                    let template = self.find(tree, node)?;
                    self.found.push(template);
                }
                Op::Enter { node } => {
                    self.current.step = step;
                    self.enter_found(node);
                    return Ok(Exit::Switch);
                }
                Op::Return => {
                    let Some(mut ended) = self.leave() else {
                        return Ok(Exit::Done);
                    };
                    if let Some(capture) = ended.capture.take() {
                        self.finish(*capture, None)?;
                    }
                    return Ok(Exit::Switch);
                }
            }
        }
    }

    fn find(&mut self, tree: &crate::syntax::Tree, node: NodeId) -> Step<Arc<Template>> {
        let NodeKind::Template { name, .. } = tree.node(node).kind else {
            return Err("no call of a template".into());
        };
        let name = crate::unicode::text(tree.string(name));
        let Some(template) = self.current.scope.get(&name) else {
            let name = format::quote::quote(name.as_bytes(), format::quote::Keep::Printable);
            return Err(format!("template {name} not defined").into());
        };
        let limit = self.env.budget.limits.depth;
        if self.current.depth >= limit {
            return Err(format!("exceeded maximum template depth ({limit})").into());
        }
        Ok(template.clone())
    }

    fn enter_found(&mut self, node: NodeId) {
        let dot = self.pop();
        let Some(template) = self.found.pop() else {
            return;
        };
        let condition = self.condition();
        let start = Start {
            scope: self.current.scope.clone(),
            caller: Some((self.current.frame, node)),
            condition,
            text: self.text_of(&template),
            depth: self.current.depth + 1,
            capture: None,
            template,
            dot,
        };
        self.enter(start);
    }

    /// The text that defines a template, if it is the current one and was parsed while
    /// rendering.
    fn text_of(&self, template: &Template) -> Option<Str> {
        let same = template.tree_id == self.current.template.tree_id;
        self.current.text.clone().filter(|_| same)
    }

    // Variables.

    pub(super) fn variable(&mut self, symbol: u32, code: &Code) -> Step<&mut Traced> {
        let own = &mut self.variables[self.current.variables..];
        let found = own
            .iter_mut()
            .rev()
            .enumerate()
            .find(|(_, (known, _))| *known == symbol);
        match found {
            Some((passed, (_, value))) => {
                if passed >= CHEAP {
                    self.env.budget.take_steps((passed / CHEAP) as u64)?;
                }
                Ok(value)
            }
            None => {
                let name = &code.symbols[symbol as usize];
                Err(format!("undefined variable: {name}").into())
            }
        }
    }

    pub(super) fn assign(&mut self, symbol: u32, mut value: Traced, code: &Code) -> Step<()> {
        let condition = self.condition();
        value.trace = self.env.sets.union(value.trace, condition);
        *self.variable(symbol, code)? = value;
        Ok(())
    }

    fn literal(&mut self, code: &Code, slot: u32) {
        let known = &self.env.code_state(self.current.state).literals[slot as usize];
        if let Some(value) = known {
            self.stack.push(value.clone());
            return;
        }
        let (literal, node) = code.literals[slot as usize];
        let template = &self.current.template;
        let trace = self.env.sets.literal(template.tree_id, node);
        let value = Traced::new(literal_value(literal, template), trace);
        let state = self.env.code_state(self.current.state);
        state.literals[slot as usize] = Some(value.clone());
        self.stack.push(value);
    }

    // Output.

    pub(super) fn pen(&self, node: NodeId, trace: Trace) -> Pen {
        Pen::at(self.current.frame, node, trace)
    }

    fn text(&mut self, node: NodeId) -> Step<()> {
        let tree = &self.current.template.tree;
        let range = tree.node(node).range;
        let mut pen = self.pen(node, self.current.condition);
        pen.place = Place::copy(range.start);
        self.out.write(tree.bytes(range), &pen);
        Ok(self.env.budget.take_bytes(range.len() as usize)?)
    }

    fn print(&mut self, node: NodeId, value: &Traced) -> Step<()> {
        self.current.node = node;
        let before = self.out.len();
        let condition = self.condition();
        let trace = self.env.sets.union(value.trace, condition);
        let pen = self.pen(node, trace);
        match &value.value {
            Value::Nil => self.out.write(b"<no value>", &pen),
            Value::Str(text) => {
                let sets = &mut self.env.sets;
                self.out.copy(sets, text, 0..text.len(), &pen, true);
            }
            Value::Func(function) => {
                let node = self.current.template.tree.print(node);
                let type_ = &function.type_name;
                return Err(format!("can't print {node} of type {type_}").into());
            }
            _ => self.print_any(&value.value, pen)?,
        }
        Ok(self.env.budget.take_bytes(self.out.len() - before)?)
    }

    fn print_any(&mut self, value: &Value, pen: Pen) -> Step<()> {
        // Parts may be shared, so that a small value can be a large text.
        self.out
            .set_limit(self.out.len() + self.env.budget.bytes_left());
        // The trace of the value is in the pen.
        let value = Traced::new(value.clone(), Trace::NONE);
        format::print_pointed(&mut self.out, &mut self.env.sets, pen, &value)?;
        if self.out.is_full() {
            return Err(self.env.budget.too_many_bytes().into());
        }
        self.out.set_limit(usize::MAX);
        Ok(())
    }
}

fn activation(env: &mut Env, start: Start, bases: [usize; 6]) -> Activation {
    let template = start.template;
    let functions = start.scope.set().functions();
    let code = template
        .code
        .get_or_init(|| Code::new(&template, functions));
    let [stack, variables, blocks, logic, methods, found] = bases;
    let text = start.text.as_ref();
    let frame = env
        .frames
        .enter(start.caller, template.tree_id, &template, text);
    Activation {
        state: env.state_of(&template, code),
        node: template.root,
        scope: start.scope,
        frame,
        step: 0,
        fields_done: 0,
        dot: start.dot,
        condition: start.condition,
        text: start.text,
        origin: Trace::NONE,
        depth: start.depth,
        stack,
        variables,
        blocks,
        logic,
        methods,
        found,
        capture: start.capture,
        template,
    }
}

pub(super) fn literal_value(literal: Literal, template: &Template) -> Value {
    match literal {
        Literal::Bool(value) => Value::Bool(value),
        Literal::Str(id) => Value::Str(template.tree.string(id).into()),
        Literal::Int(value, kind) => Value::Int(value, kind),
        Literal::Uint(value, kind) => Value::Uint(value, kind),
        Literal::Duration(value) => Value::Duration(value),
        Literal::Float(value) => Value::Float(value),
        Literal::Complex(real, imaginary) => Value::Complex((real, imaginary).into()),
    }
}
