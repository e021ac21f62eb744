//! What a function can do while it is called.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use crate::error::CallError;
use crate::exec::{Env, MissingKey};
use crate::syntax::{NodeId, ParseError};
use crate::templates::{Scope, Template};
use crate::trace::{AbsentFrom, Encoded, EncodedPart, FrameId, Read, Trace};
use crate::value::{Map, Str, Traced, Value};

use super::text::TextBuilder;
use super::{Function, Reply};

/// What is done with the text of a template that a function asked for.
pub(crate) type Finish =
    Box<dyn FnOnce(&mut Call<'_>, Result<Traced, CallError>) -> Result<Reply, CallError>>;

/// A request to render a template. The function goes on in `finish`.
pub struct Render {
    pub(crate) target: Target,
    pub(crate) dot: Traced,
    pub(crate) finish: Finish,
}

pub(crate) enum Target {
    Name(Str),
    Parsed(Parsed),
}

impl Render {
    /// The template of this name in the scope of the call, with this dot. `finish` gets the
    /// text, or the error; without one, the error that Go has for it.
    pub fn named(
        name: impl Into<Str>,
        dot: Traced,
        finish: impl FnOnce(&mut Call<'_>, Result<Traced, CallError>) -> Result<Reply, CallError>
        + 'static,
    ) -> Reply {
        Reply::Render(Box::new(Self {
            target: Target::Name(name.into()),
            dot,
            finish: Box::new(finish),
        }))
    }

    /// The own template of a text that was parsed by the call.
    pub fn parsed(
        parsed: Parsed,
        dot: Traced,
        finish: impl FnOnce(&mut Call<'_>, Result<Traced, CallError>) -> Result<Reply, CallError>
        + 'static,
    ) -> Reply {
        Reply::Render(Box::new(Self {
            target: Target::Parsed(parsed),
            dot,
            finish: Box::new(finish),
        }))
    }
}

/// A text that was parsed while rendering, and the scope in which its definitions are known.
pub struct Parsed {
    pub(crate) template: Arc<Template>,
    pub(crate) scope: Scope,
    pub(crate) text: Str,
    pub(crate) trace: Trace,
}

/// A call of a function: what surrounds it.
pub struct Call<'a> {
    pub(crate) env: &'a mut Env,
    pub(crate) scope: &'a Scope,
    pub(crate) name: &'a str,
    pub(crate) frame: FrameId,
    pub(crate) node: NodeId,
    /// What decided that the call happens.
    pub(crate) condition: Trace,
    pub(crate) receiver: Option<&'a Traced>,
}

impl<'a> Call<'a> {
    /// The name by which the function was called.
    pub fn name(&self) -> &str {
        self.name
    }

    /// What the method was called on; nil for a function.
    pub fn receiver(&self) -> Traced {
        self.receiver.cloned().unwrap_or_default()
    }

    /// The templates that can be called here.
    pub fn scope(&self) -> &Scope {
        self.scope
    }

    /// How the session treats keys that are missing.
    pub fn missing_key(&self) -> MissingKey {
        self.env.missing_key
    }

    /// How many renderings of the template of this name are open that functions asked for.
    pub fn open_renders(&mut self, name: &str) -> u32 {
        let Some(template) = self.scope.get(name) else {
            return 0;
        };
        let index = self.env.state_index(template);
        self.env.code_state(index).open
    }

    /// The state that the host gave to the session, if it is a `T`.
    pub fn state<T: 'static>(&mut self) -> Option<&mut T> {
        let state: &mut dyn Any = &mut **self.env.state.as_mut()?;
        state.downcast_mut()
    }

    /// Takes steps for work that grows with its input.
    pub fn charge_steps(&mut self, steps: u64) -> Result<(), CallError> {
        Ok(self.env.budget.take_steps(steps)?)
    }

    /// Takes bytes that the function is about to allocate. [`TextBuilder`] does so by itself.
    pub fn charge_bytes(&mut self, bytes: usize) -> Result<(), CallError> {
        Ok(self.env.budget.take_bytes(bytes)?)
    }

    /// How many bytes may still be taken. A function that does not know beforehand how much it
    /// will write stops there.
    pub fn bytes_left(&self) -> usize {
        self.env.budget.bytes_left()
    }

    // Traces.

    /// Whether traces are kept.
    pub fn is_tracing(&self) -> bool {
        self.env.sets.on
    }

    /// Both sets in one.
    pub fn union(&mut self, a: Trace, b: Trace) -> Trace {
        self.env.sets.union(a, b)
    }

    /// The same sources as conditions.
    pub fn as_condition(&mut self, trace: Trace) -> Trace {
        self.env.sets.as_condition(trace)
    }

    /// What decided that the call happens.
    pub fn condition(&self) -> Trace {
        self.condition
    }

    /// What a value came from as a whole, a string with all its pieces, a container with what
    /// decided its size and keys but not with what is inside.
    pub fn trace_of(&mut self, value: &Traced) -> Trace {
        self.env.shallow(value)
    }

    /// What decided whether a value is true, as an `if` takes it: a text that a template wrote is
    /// not empty while one part of it is there that cannot be empty.
    pub fn truth_trace_of(&mut self, value: &Traced) -> Trace {
        self.env.truth(value)
    }

    /// The same sources as what gave the name of a key and not a value: then that this key is
    /// there says nothing of others.
    pub fn names(&mut self, trace: Trace) -> Trace {
        self.env.sets.names(trace)
    }

    /// Why the entry of a map is there, as conditions, apart from its value.
    pub fn presence(&mut self, map: &Traced, entry: &Traced) -> Trace {
        let Value::Map(inner) = &map.value else {
            return Trace::NONE;
        };
        let own = self.env.sets.deciders(entry.trace);
        let by = self.env.presence(inner, map.trace);
        self.env.sets.union(own, by)
    }

    /// Those of the sources that are conditions, without what only flowed in.
    pub fn deciders(&mut self, trace: Trace) -> Trace {
        self.env.sets.deciders(trace)
    }

    /// Whether each part of a text stands in it whatever the others are: a template wrote it.
    pub fn is_assembled(&self, text: &Traced) -> bool {
        match &text.value {
            Value::Str(string) => self.env.sets.is_assembled(string),
            _ => false,
        }
    }

    /// Says so of a text that was made of such a one and has all of its parts that are no white
    /// space. It must have been built by this call.
    pub fn mark_assembled(&mut self, text: &Traced) {
        if let Value::Str(string) = &text.value {
            self.env.sets.mark_assembled(string);
        }
    }

    /// What a part of a string came from, beside what the whole has.
    pub fn trace_of_part(&mut self, text: &Str, range: std::ops::Range<usize>) -> Trace {
        let end = range.end.min(text.len());
        self.env.sets.within(text, range.start.min(end)..end)
    }

    /// What a value and everything inside it came from.
    pub fn deep_trace_of(&mut self, value: &Traced) -> Trace {
        self.env.deep(value)
    }

    /// What part of a string came from. A range beyond the string is cut.
    pub fn trace_within(&mut self, text: &Traced, range: std::ops::Range<usize>) -> Trace {
        let inner = match &text.value {
            Value::Str(string) | Value::Bytes(string) => {
                let end = range.end.min(string.len());
                self.env.sets.within(string, range.start.min(end)..end)
            }
            other => other.shape(),
        };
        self.env.sets.union(text.trace, inner)
    }

    /// Says that a text is what an encoder of the host wrote: one that its decoder reads as the
    /// same values, whatever the others are. A template passes it on, be it all that it writes or
    /// a part.
    pub fn mark_encoded(&mut self, text: &Traced, encoded: Encoded) {
        if let Value::Str(string) = &text.value {
            self.env.sets.mark_encoded(string, encoded);
        }
    }

    /// That a text is one that an encoder wrote, with nothing but blanks and line breaks around
    /// it. `None` if that is not known.
    pub fn encoded(&mut self, text: &Traced) -> Option<Encoded> {
        let Value::Str(string) = &text.value else {
            return None;
        };
        let encoded = self.env.sets.encoded(string)?;
        Some(Encoded {
            by: self.env.sets.union(encoded.by, text.trace),
            ..encoded
        })
    }

    /// The parts of a text that are all of what an encoder wrote, in order, as far as that is
    /// known.
    pub fn encoded_parts(&self, text: &Traced) -> Rc<[EncodedPart]> {
        match &text.value {
            Value::Str(string) => self.env.sets.encoded_parts(string),
            _ => Rc::default(),
        }
    }

    /// A value as `%v` prints it, without where it came from.
    pub fn format(&mut self, value: &Traced) -> Result<String, CallError> {
        let mut text = self.text();
        text.print(value)?;
        Ok(String::from_utf8_lossy(text.bytes()).into_owned())
    }

    /// A text that keeps where its parts came from.
    pub fn text(&mut self) -> TextBuilder<'_, 'a> {
        TextBuilder::new(self)
    }

    /// A string with `change` applied to each of its pieces: right for functions that change
    /// characters one by one (`upper`). Pieces end between characters; where they do not, the
    /// string is changed as a whole.
    pub fn map_pieces(
        &mut self,
        text: &Traced,
        change: impl Fn(&[u8]) -> Vec<u8>,
    ) -> Result<Traced, CallError> {
        let Value::Str(string) = &text.value else {
            return Err("no string".into());
        };
        let mut ends = self.env.sets.ends(string);
        let is_boundary = |at: usize| string.bytes().get(at).is_none_or(|b| b & 0xc0 != 0x80);
        if !ends.iter().all(|&end| is_boundary(end)) {
            ends.clear();
        }
        ends.push(string.len());
        let mut out = self.text();
        let mut start = 0;
        for end in ends {
            if end > start {
                let changed = change(&string.bytes()[start..end]);
                out.replace(string, start..end, changed, text.trace);
                start = end;
            }
        }
        if string.is_empty() {
            out.copy_all(string, text.trace);
        }
        out.finish()
    }

    // Maps.

    /// The entry of a map, and the read recorded. `None` if there is none; its trace is then
    /// [`Call::absent`].
    pub fn get(&mut self, map: &Traced, key: &[u8]) -> Option<Traced> {
        let Value::Map(inner) = &map.value else {
            return None;
        };
        self.read(inner, key);
        let mut entry = inner.get(key)?;
        let outer = self.env.sets.union(map.trace, inner.taint());
        entry.trace = self.env.sets.union(entry.trace, outer);
        Some(entry)
    }

    /// The trace of an entry that is not there.
    pub fn absent(&mut self, map: &Traced, key: &[u8]) -> Trace {
        let Value::Map(inner) = &map.value else {
            return map.trace;
        };
        let key = Str::from(key);
        self.env.absent(inner, &key, map.trace)
    }

    /// Records that an entry of a map was read, or looked for.
    pub fn read(&mut self, map: &Map, key: &[u8]) {
        if let Some(id) = map.id()
            && self.env.sets.on
        {
            let tree = self.env.frames.get(self.frame).tree;
            self.env.log.reads.insert(Read {
                map: id,
                key: key.into(),
                tree,
                node: self.node,
            });
        }
    }

    /// Puts an entry into a map; what decided that the call happens is joined to it. Fails on a
    /// nil map, with Go's text.
    pub fn insert(&mut self, map: &Map, key: Str, entry: Traced) -> Result<(), CallError> {
        self.insert_by(map, key, entry, Trace::NONE)
    }

    /// [`Call::insert`] of an entry under a key that `by` decided.
    pub fn insert_by(
        &mut self,
        map: &Map,
        key: Str,
        mut entry: Traced,
        by: Trace,
    ) -> Result<(), CallError> {
        if map.is_nil() {
            return Err("assignment to entry in nil map".into());
        }
        if !by.is_none() && !self.env.sets.is_literal(by) {
            // It might have been another key.
            let others = self.env.sets.nameless(by);
            let others = self.env.sets.as_condition(others);
            let others = self.env.sets.union(others, self.condition);
            let rest = self.env.sets.union(map.rest(), others);
            map.set_rest(rest);
        }
        let by = self.env.sets.as_condition(by);
        let condition = self.env.sets.union(self.condition, by);
        entry.trace = self.env.sets.union(entry.trace, condition);
        if !condition.is_none() && !map.contains(key.bytes()) {
            let shape = self.env.sets.union(map.shape(), condition);
            map.set_shape(shape);
        }
        if matches!(
            entry.value,
            Value::Map(_) | Value::List(_) | Value::Object(_)
        ) {
            self.env.written.push(map.downgrade());
        }
        map.insert(key, entry);
        Ok(())
    }

    /// Takes an entry out of a map; what decided that the call happens is kept in mind.
    pub fn remove(&mut self, map: &Map, key: &[u8]) -> Option<Traced> {
        self.remove_by(map, key, Trace::NONE)
    }

    /// [`Call::remove`] of the entry of a key that `by` decided.
    pub fn remove_by(&mut self, map: &Map, key: &[u8], by: Trace) -> Option<Traced> {
        let removed = map.remove(key)?;
        let by = self.env.sets.as_condition(by);
        let condition = self.env.sets.union(self.condition, by);
        let shape = self.env.sets.union(map.shape(), condition);
        map.set_shape(shape);
        if !condition.is_none() {
            let taint = self.env.sets.union(map.taint(), condition);
            map.set_taint(taint);
        }
        Some(removed)
    }

    /// Says that all entries of a map were put into another one: what the first had not might
    /// have been there, too.
    pub fn took_over(&mut self, map: &Map, from: &Traced) {
        let Value::Map(source) = &from.value else {
            return;
        };
        let keys = self.trace_of(from);
        let keys = self.as_condition(keys);
        let others = self.env.sets.union(source.rest(), source.taint());
        let others = self.env.sets.union(others, from.trace);
        let others = self.as_condition(others);
        self.depends_on(map, others);
        let shape = self.env.sets.union(map.shape(), keys);
        map.set_shape(shape);
    }

    /// Says that which keys a map has, and every read of it, depends on `by`.
    pub fn depends_on(&mut self, map: &Map, by: Trace) {
        let shape = self.env.sets.union(map.shape(), by);
        map.set_shape(shape);
        let rest = self.env.sets.union(map.rest(), by);
        map.set_rest(rest);
        let taint = self.env.sets.union(map.taint(), by);
        map.set_taint(taint);
    }

    // Templates.

    /// Parses a text whose definitions are known in its own scope only, laid over the scope of
    /// the call. `name` is what errors call it.
    pub fn parse(&mut self, name: &str, text: &Traced) -> Result<Parsed, ParseError> {
        let Value::Str(string) = &text.value else {
            return Err(ParseError {
                name: name.into(),
                line: 1,
                message: "no string".into(),
                range: plimsoll_source::TextRange::empty(0),
            });
        };
        let templates = self.env.parse(name, string, self.scope)?;
        let template = templates
            .last()
            .cloned()
            .expect("a text defines at least its own template");
        let scope = self.scope.with(&templates);
        Ok(Parsed {
            template,
            scope,
            text: string.clone(),
            trace: text.trace,
        })
    }

    pub(crate) fn joined(&mut self, function: &Function, arguments: &[Traced]) -> Trace {
        let mut all = Trace::NONE;
        if !self.env.sets.on {
            return all;
        }
        let receiver = self.receiver;
        for argument in arguments.iter().chain(receiver) {
            let trace = if function.shallow {
                self.env.shallow(argument)
            } else {
                self.env.deep(argument)
            };
            all = self.env.sets.union(all, trace);
        }
        all
    }
}

impl Env {
    /// Why any entry of a map is there, beside what it says itself.
    pub(crate) fn presence(&mut self, map: &Map, handle: Trace) -> Trace {
        let outer = self.sets.union(handle, map.taint());
        let by = self.sets.union(outer, map.rest());
        self.sets.as_condition(by)
    }

    /// The trace of an entry that is not in a map.
    pub(crate) fn absent(&mut self, map: &Map, key: &Str, handle: Trace) -> Trace {
        let from = match map.id() {
            Some(id) => AbsentFrom::Map(id),
            None => AbsentFrom::Unnamed,
        };
        let mut trace = self.sets.absent(from, key);
        if from == AbsentFrom::Unnamed {
            let rest = self.sets.as_condition(map.rest());
            trace = self.sets.union(trace, rest);
        }
        trace = self.sets.union(trace, map.trace_if_absent(key.bytes()));
        let outer = self.sets.union(handle, map.taint());
        self.sets.union(trace, outer)
    }
}
