//! Fields: entries of maps, fields of objects, methods without arguments.

use std::sync::Arc;

use crate::format::quote::{Keep, quote};
use crate::functions::{Function, Reply};
use crate::syntax::{NodeId, Tree};
use crate::trace::{AbsentFrom, Trace};
use crate::value::{Map, Str, Traced, Type, Value};

use super::env::MissingKey;
use super::invoke::Asked;
use super::machine::{Machine, Step};
use super::operands::wrong_count;
use super::validate::zero;

/// What a name after a dot is.
enum Field {
    Value(Traced),
    Method(Arc<Function>),
}

/// Fields of fields, as one step.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub(super) node: NodeId,
    pub(super) name: u32,
    pub(super) slot: u32,
    pub(super) count: u32,
    /// Whether the last is taken out of its interface.
    pub(super) unwrap: bool,
}

impl Fields {
    fn until(self, count: u32) -> Self {
        Self { count, ..self }
    }
}

/// How many maps are walked through at once: each is borrowed as long.
const MAX_WALK: u32 = 16;

impl Machine<'_> {
    /// Pushes a field of a field of a value. Whether another template is to be run first,
    /// because a method asked for it.
    pub(super) fn fields(&mut self, tree: &Tree, root: Traced, fields: Fields) -> Step<bool> {
        let Fields {
            node,
            name,
            slot,
            count,
            unwrap,
        } = fields;
        let (mut value, mut done) = (root, 0);
        if self.current.fields_done > 0 {
            // The answer of the method lies on the stack.
            value = self.pop();
            done = std::mem::take(&mut self.current.fields_done);
        }
        if let Value::Map(map) = &value.value
            && let Some((found, deep)) = self.walk(tree, map, value.trace, fields, done)
        {
            (value, done) = (found, deep);
        }
        for n in done..count {
            value = match self.field(tree, name + n, slot + n, node, &value)? {
                Field::Value(value) => value,
                Field::Method(function) => {
                    let name = crate::unicode::text(tree.name_at(name + n));
                    if let Some(message) = wrong_count(&name, &function.signature, 0, 0) {
                        return Err(message.into());
                    }
                    let base = self.stack.len();
                    let reply = self.native(&function, &name, node, base, Some(&value))?;
                    match reply {
                        Reply::Render(render) => {
                            // This step is taken up again with the answer.
                            self.current.fields_done = n + 1;
                            self.current.step -= 1;
                            let asked = Asked {
                                function: name.as_ref().into(),
                                node,
                                unwrap: false,
                            };
                            self.render(*render, asked)?;
                            return Ok(true);
                        }
                        Reply::Traced(value) => answered(value),
                        Reply::Value(value) => answered(value.into()),
                    }
                }
            };
        }
        value.wrapped &= !unwrap;
        self.stack.push(value);
        Ok(false)
    }

    /// Goes down through maps as far as there are entries, without taking hold of the maps in
    /// between. Gives the last entry and how many fields are done.
    fn walk(
        &mut self,
        tree: &Tree,
        map: &Map,
        handle: Trace,
        fields: Fields,
        done: u32,
    ) -> Option<(Traced, u32)> {
        let last = fields.count.min(done + MAX_WALK);
        if done == last {
            return None;
        }
        let key = tree.name_at(fields.name + done);
        if map.class().is_some_and(|class| class.has(key)) {
            return None;
        }
        let slot = fields.slot + done;
        self.record(map, fields.node, fields.name + done, slot);
        let state = self.current.state;
        let mut hint = self.env.hint(state, slot, key);
        let found = map.with_entry(key, &mut hint, |entry| {
            let entry = entry?;
            let outer = self.env.sets.union(handle, map.taint());
            let trace = self.env.sets.union(entry.trace, outer);
            if let Value::Map(inner) = &entry.value
                && let Some(found) = self.walk(tree, inner, trace, fields.until(last), done + 1)
            {
                return Some(found);
            }
            let mut entry = entry.clone();
            entry.trace = trace;
            entry.wrapped = map.element_type().is_any();
            Some((entry, done + 1))
        });
        self.env.set_hint(state, slot, key, hint);
        found
    }

    fn field(
        &mut self,
        tree: &Tree,
        name: u32,
        slot: u32,
        node: NodeId,
        receiver: &Traced,
    ) -> Step<Field> {
        let key = tree.name_at(name);
        if let Some(class) = receiver.value.class()
            && let Some(method) = class.get(&crate::unicode::text(key))
        {
            return Ok(Field::Method(method.clone()));
        }
        match &receiver.value {
            Value::Map(map) => {
                self.record(map, node, name, slot);
                self.entry(map, receiver.trace, key, slot).map(Field::Value)
            }
            Value::Nil if !receiver.wrapped => {
                if self.env.missing_key == MissingKey::Error {
                    let key = quote(key, Keep::Printable);
                    return Err(format!("nil data; no entry for key {key}").into());
                }
                let mut trace = receiver.trace;
                let from = self.env.sets.absent_from(trace);
                if from != AbsentFrom::Unnamed {
                    trace = self.env.sets.absent(from, &Str::from(key));
                }
                Ok(Field::Value(Traced::new(Value::Nil, trace)))
            }
            Value::Nil => {
                let key = crate::unicode::text(key);
                Err(format!("nil pointer evaluating interface {{}}.{key}").into())
            }
            Value::Object(object) => {
                let name = crate::unicode::text(key);
                if object.is_nil() && object.has_field(&name) {
                    let type_ = type_name(receiver);
                    return Err(format!("nil pointer evaluating {type_}.{name}").into());
                }
                match object.field(&name) {
                    Some(mut field) => {
                        field.trace = self.env.sets.union(field.trace, receiver.trace);
                        Ok(Field::Value(field))
                    }
                    None => Err(no_field(&name, receiver).into()),
                }
            }
            _ => Err(no_field(&crate::unicode::text(key), receiver).into()),
        }
    }

    fn entry(&mut self, map: &Map, handle: Trace, key: &[u8], slot: u32) -> Step<Traced> {
        let element = map.element_type();
        let state = self.current.state;
        let mut hint = self.env.hint(state, slot, key);
        let found = map.get_at(key, &mut hint);
        self.env.set_hint(state, slot, key, hint);
        if let Some(mut entry) = found {
            let outer = self.env.sets.union(handle, map.taint());
            entry.trace = self.env.sets.union(entry.trace, outer);
            entry.wrapped = element.is_any();
            return Ok(entry);
        }
        let mut missing = match self.env.missing_key {
            MissingKey::Default => Traced::default(),
            MissingKey::Zero => zero(element),
            MissingKey::Error => {
                let key = quote(key, Keep::Printable);
                return Err(format!("map has no entry for key {key}").into());
            }
        };
        if self.env.sets.on {
            missing.trace = self.absent(map, handle, key, slot);
        }
        Ok(missing)
    }

    /// The trace of an entry that is not there. The slot keeps it: loops look for the same.
    fn absent(&mut self, map: &Map, handle: Trace, key: &[u8], slot: u32) -> Trace {
        let simple = handle.is_none() && map.taint().is_none() && map.id().is_some();
        let state = self.current.state;
        if simple
            && let Some(known) = self.env.code_state(state).fields[slot as usize].absent
            && map.trace_if_absent(key).is_none()
        {
            return known;
        }
        let trace = self.env.absent(map, &Str::from(key), handle);
        if simple && map.trace_if_absent(key).is_none() {
            self.env.code_state(state).fields[slot as usize].absent = Some(trace);
        }
        trace
    }

    /// Records that a field was read, unless the same node just read the same map.
    fn record(&mut self, map: &Map, node: NodeId, name: u32, slot: u32) {
        let Some(id) = map.id().filter(|_| self.env.sets.on) else {
            return;
        };
        let state = self.current.state;
        let known = &mut self.env.code_state(state).fields[slot as usize];
        if known.map == id.0 + 1 {
            return;
        }
        known.map = id.0 + 1;
        known.absent = None;
        let tree = self.current.template.tree_id;
        self.env.log.read_field((id, tree, node, name));
    }
}

/// The answer of a function: a nil is one in an interface.
pub(super) fn answered(value: Traced) -> Traced {
    let wrapped = matches!(value.value, Value::Nil);
    value.wrapped(wrapped)
}

pub(super) fn no_field(name: &str, receiver: &Traced) -> String {
    let type_ = type_name(receiver);
    format!("can't evaluate field {name} in type {type_}")
}

/// The type that Go sees, which may be the interface around the value.
fn type_name(receiver: &Traced) -> Type {
    if receiver.wrapped {
        Type::Any
    } else {
        receiver.value.type_of()
    }
}
