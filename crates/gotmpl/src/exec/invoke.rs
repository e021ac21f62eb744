//! Calls of functions and methods, and of the templates that they ask for.

use std::sync::Arc;

use crate::error::CallError;
use crate::format::quote::{Keep, quote};
use crate::functions::{Call, Finish, Function, Render, Reply, Special, Target};
use crate::syntax::{NodeId, Tree};
use crate::trace::{Builder, Trace};
use crate::value::{Traced, Value};

use super::code::CallSite;
use super::env::MissingKey;
use super::fields::{answered, no_field};
use super::literal;
use super::machine::{Capture, Fault, Machine, Start, Step, literal_value};
use super::operands::wrong_count;
use super::validate::{prepare, validate, zero};

/// A method whose arguments are being evaluated.
pub(super) struct PendingMethod {
    function: Arc<Function>,
    receiver: Traced,
    name: Arc<str>,
}

/// Who asked for a template.
pub(super) struct Asked {
    pub(super) function: Arc<str>,
    pub(super) node: NodeId,
    /// Whether the answer is taken out of its interface.
    pub(super) unwrap: bool,
}

impl Machine<'_> {
    /// Calls a function with the arguments on the stack. Whether another template is to be run
    /// first.
    pub(super) fn call(&mut self, tree: &Tree, site: &CallSite) -> Step<bool> {
        let (name, function) = self.functions.at(site.function);
        let base = self.arrange(site);
        if function.special == Special::Call {
            return self.call_value(tree, site, base);
        }
        let reply = self.native(function, name, site.node, base, None)?;
        self.stack.truncate(base);
        self.answer(reply, name, site)
    }

    /// Puts a piped value behind the arguments; gives where these start on the stack.
    fn arrange(&mut self, site: &CallSite) -> usize {
        let given = site.arguments as usize + usize::from(site.piped);
        let base = self.stack.len() - given;
        if site.piped {
            self.stack[base..].rotate_left(1);
        }
        base
    }

    /// Calls a function with the arguments from `base` on. Its answer has a trace.
    pub(super) fn native(
        &mut self,
        function: &Function,
        name: &str,
        node: NodeId,
        base: usize,
        receiver: Option<&Traced>,
    ) -> Step<Reply> {
        let condition = self.condition();
        let before = self.env.sets.now();
        let mut call = Call {
            env: self.env,
            scope: &self.current.scope,
            name,
            frame: self.current.frame,
            node,
            condition,
            receiver,
        };
        let arguments = &self.stack[base..];
        match (function.native)(&mut call, arguments) {
            Ok(Reply::Value(value)) => {
                let trace = call.joined(function, arguments);
                if let Value::Str(text) | Value::Bytes(text) = &value {
                    call.charge_bytes(text.len())?;
                }
                Ok(Reply::Traced(Traced::new(value, trace)))
            }
            Ok(Reply::Traced(mut answer)) => {
                if let Value::Str(text) = &answer.value
                    && let Some(other) = self.env.sets.passed_on(text, before)
                {
                    answer.value = Value::Str(other);
                }
                Ok(Reply::Traced(answer))
            }
            Ok(reply) => Ok(reply),
            Err(error) => Err(self.blame(name, node, error)),
        }
    }

    fn blame(&mut self, name: &str, node: NodeId, error: CallError) -> Fault {
        self.current.node = node;
        Fault::new(format!("error calling {name}: "), Some(error))
    }

    fn answer(&mut self, reply: Reply, name: &Arc<str>, site: &CallSite) -> Step<bool> {
        match reply {
            Reply::Traced(value) => self.push_answer(value, site.unwrap),
            Reply::Value(value) => self.push_answer(value.into(), site.unwrap),
            Reply::Render(render) => {
                let asked = Asked {
                    function: name.clone(),
                    node: site.node,
                    unwrap: site.unwrap,
                };
                self.render(*render, asked)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn push_answer(&mut self, value: Traced, unwrap: bool) {
        self.stack.push(if unwrap {
            value.wrapped(false)
        } else {
            answered(value)
        });
    }

    // The builtin `call`.

    fn call_value(&mut self, tree: &Tree, site: &CallSite, base: usize) -> Step<bool> {
        let name: Arc<str> = "call".into();
        let written = match site.first {
            Some(first) => tree.print(first),
            None => reflected(&self.stack[base]),
        };
        let checked = self.checked_arguments(&written, base);
        let function = match checked {
            Ok(function) => function,
            Err(message) => return Err(self.blame(&name, site.node, message.into())),
        };
        let reply = self.native(&function, &name, site.node, base + 1, None)?;
        self.stack.truncate(base);
        self.answer(reply, &name, site)
    }

    /// Makes the arguments behind `base` fit the function that lies there.
    fn checked_arguments(&mut self, name: &str, base: usize) -> Result<Arc<Function>, String> {
        let function = match &self.stack[base].value {
            Value::Nil => return Err("call of nil".into()),
            Value::Func(value) => value.function.clone(),
            other => {
                return Err(format!("non-function {name} of type {}", other.type_of()));
            }
        };
        let signature = &function.signature;
        let (given, fixed) = (self.stack.len() - base - 1, signature.fixed());
        if signature.variadic && given < fixed {
            return Err(format!(
                "wrong number of args for {name}: got {given} want at least {fixed}"
            ));
        }
        if !signature.variadic && given != fixed {
            return Err(format!(
                "wrong number of args for {name}: got {given} want {fixed}"
            ));
        }
        for (index, argument) in self.stack[base + 1..].iter_mut().enumerate() {
            *argument = prepare(argument, signature.parameter(index))
                .map_err(|message| format!("arg {index}: {message}"))?;
        }
        Ok(function)
    }

    // Methods with arguments.

    /// Finds the method of the top that the site names. Without a value there is none to call,
    /// and the answer is no value, either.
    pub(super) fn method(&mut self, tree: &Tree, site: &CallSite) -> Step<bool> {
        let receiver = self.pop();
        let name = crate::unicode::text(tree.name_at(site.name));
        if receiver.is_invalid() {
            if self.env.missing_key == MissingKey::Error {
                let name = quote(name.as_bytes(), Keep::Printable);
                return Err(format!("nil data; no entry for key {name}").into());
            }
            if site.piped {
                self.stack.pop();
            }
            self.stack.push(receiver);
            return Ok(false);
        }
        if let Some(method) = receiver.value.class().and_then(|class| class.get(&name)) {
            let written = site.arguments as usize;
            let given = written + usize::from(site.piped);
            if let Some(message) = wrong_count(&name, &method.signature, written, given) {
                return Err(message.into());
            }
            self.methods.push(PendingMethod {
                function: method.clone(),
                name: name.as_ref().into(),
                receiver,
            });
            return Ok(true);
        }
        Err(match &receiver.value {
            Value::Nil => format!("nil pointer evaluating interface {{}}.{name}"),
            Value::Map(_) => format!("{name} is not a method but has arguments"),
            Value::Object(object) if object.has_field(&name) => {
                format!("{name} has arguments but cannot be invoked as function")
            }
            _ => no_field(&name, &receiver),
        }
        .into())
    }

    fn pending(&self) -> Step<Arc<Function>> {
        match self.methods.last() {
            Some(method) => Ok(method.function.clone()),
            None => Err("no method is being called".into()),
        }
    }

    pub(super) fn method_argument(&mut self, index: u32) -> Step<()> {
        let function = self.pending()?;
        let parameter = function.signature.parameter(index as usize);
        if let Some(top) = self.stack.last_mut() {
            validate(top, parameter)?;
        }
        Ok(())
    }

    pub(super) fn method_literal(&mut self, tree: &Tree, node: NodeId, index: u32) -> Step<()> {
        let function = self.pending()?;
        let parameter = function.signature.parameter(index as usize);
        let template = &self.current.template;
        let value = match literal::typed(tree, node, parameter)? {
            Some(literal) => literal_value(literal, template),
            None => Value::Nil,
        };
        let trace = self.env.sets.literal(template.tree_id, node);
        self.stack.push(Traced::new(value, trace));
        Ok(())
    }

    pub(super) fn method_nil(&mut self, index: u32) -> Step<()> {
        let function = self.pending()?;
        let parameter = function.signature.parameter(index as usize);
        if !parameter.can_be_nil() {
            return Err(format!("cannot assign nil to {parameter}").into());
        }
        self.stack.push(zero(parameter));
        Ok(())
    }

    pub(super) fn call_method(&mut self, site: &CallSite) -> Step<bool> {
        let Some(method) = self.methods.pop() else {
            return Err("no method is being called".into());
        };
        let base = self.arrange(site);
        let signature = &method.function.signature;
        if site.piped
            && let Some(piped) = self.stack.last_mut()
        {
            validate(piped, signature.parameter(site.arguments as usize))?;
        }
        let receiver = Some(&method.receiver);
        let reply = self.native(&method.function, &method.name, site.node, base, receiver)?;
        self.stack.truncate(base);
        self.answer(reply, &method.name, site)
    }

    // Templates that functions ask for.

    pub(super) fn render(&mut self, render: Render, asked: Asked) -> Step<()> {
        let limit = self.env.budget.limits.nested_renders;
        if self.nested_renders >= limit {
            let message = format!("exceeded the limit of {limit} renderings in renderings");
            return Err(self.blame(&asked.function, asked.node, message.into()));
        }
        let condition = self.condition();
        let (template, scope, text, condition, counted) = match render.target {
            Target::Name(name) => {
                let name = name.text();
                let Some(template) = self.current.scope.get(&name).cloned() else {
                    let error = no_template(&name, self.current.scope.set().name());
                    return self.resume(render.finish, asked, Err(error));
                };
                let scope = self.current.scope.clone();
                (template, scope, None, condition, true)
            }
            Target::Parsed(parsed) => {
                let condition = self.env.sets.union(condition, parsed.trace);
                (
                    parsed.template,
                    parsed.scope,
                    Some(parsed.text),
                    condition,
                    false,
                )
            }
        };
        let counted = counted.then(|| self.env.state_index(&template));
        if let Some(state) = counted {
            self.env.code_state(state).open += 1;
        }
        self.nested_renders += 1;
        let inner = Builder::new(&mut self.env.sets, usize::MAX);
        let capture = Capture {
            out: std::mem::replace(&mut self.out, inner),
            finish: render.finish,
            function: asked.function,
            node: asked.node,
            unwrap: asked.unwrap,
            counted,
        };
        self.enter(Start {
            caller: Some((self.current.frame, asked.node)),
            text: text.filter(|_| self.env.sets.on),
            depth: 0,
            capture: Some(Box::new(capture)),
            // What a function is given is out of its interface.
            dot: render.dot.wrapped(false),
            template,
            scope,
            condition,
        });
        Ok(())
    }

    /// A template that a function asked for has ended, well or with an error.
    pub(super) fn finish(&mut self, capture: Capture, failed: Option<CallError>) -> Step<()> {
        let written = std::mem::replace(&mut self.out, capture.out);
        self.nested_renders -= 1;
        if let Some(state) = capture.counted {
            self.env.code_state(state).open -= 1;
        }
        let result = match failed {
            None => {
                let (sets, frames) = self.env.sets_and_frames();
                // Of a text that was parsed while rendering more is known to its function alone.
                let is_named = capture.counted.is_some();
                let encoded = is_named.then(|| written.encoded(sets, frames)).flatten();
                let parts = match encoded {
                    None if is_named => written.encoded_parts(sets),
                    _ => Vec::new(),
                };
                let text = written.finish(sets);
                if is_named {
                    sets.mark_assembled(&text);
                }
                if let Some(encoded) = encoded {
                    sets.mark_encoded(&text, encoded);
                }
                sets.mark_encoded_parts(&text, parts);
                Ok(Traced::new(Value::Str(text), Trace::NONE))
            }
            Some(error) => {
                written.discard(&mut self.env.sets);
                Err(error)
            }
        };
        let asked = Asked {
            function: capture.function,
            node: capture.node,
            unwrap: capture.unwrap,
        };
        self.resume(capture.finish, asked, result)
    }

    /// The function goes on.
    fn resume(
        &mut self,
        finish: Finish,
        asked: Asked,
        result: Result<Traced, CallError>,
    ) -> Step<()> {
        let Asked {
            function,
            node,
            unwrap,
        } = asked;
        let condition = self.condition();
        let text_trace = match &result {
            Ok(text) => self.env.shallow(text),
            Err(_) => Trace::NONE,
        };
        let mut call = Call {
            env: self.env,
            scope: &self.current.scope,
            name: &function,
            frame: self.current.frame,
            node,
            condition,
            receiver: None,
        };
        match finish(&mut call, result) {
            Ok(Reply::Traced(value)) => self.push_answer(value, unwrap),
            Ok(Reply::Value(value)) => self.push_answer(Traced::new(value, text_trace), unwrap),
            Ok(Reply::Render(render)) => {
                let asked = Asked {
                    function,
                    node,
                    unwrap,
                };
                self.render(*render, asked)?;
            }
            Err(error) => return Err(self.blame(&function, node, error)),
        }
        Ok(())
    }
}

/// Go's error for a name that no template of a set has.
pub(super) fn no_template(name: &str, set: &str) -> CallError {
    let quoted = |text: &str| quote(text.as_bytes(), Keep::Printable);
    let (name, set) = (quoted(name), quoted(set));
    format!("template: no template {name} associated with template {set}").into()
}

/// A value as `reflect.Value.String` gives it.
fn reflected(value: &Traced) -> String {
    match &value.value {
        Value::Str(text) => text.text().into_owned(),
        Value::Nil => "<invalid Value>".into(),
        other => format!("<{} Value>", other.type_of()),
    }
}
