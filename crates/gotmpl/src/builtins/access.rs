//! `len`, `index` and `slice`.

use crate::error::CallError;
use crate::exec::{prepare, zero};
use crate::functions::{Arguments, Call, Reply};
use crate::trace::Trace;
use crate::value::{List, Str, Traced, Type, UintType, Value};

pub(super) fn len(_: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let item = arguments.at(0)?;
    let len = match &item.value {
        Value::Nil if item.is_invalid() => {
            return Err("reflect: call of reflect.Value.Type on zero Value".into());
        }
        Value::Nil => return Err("len of nil pointer".into()),
        Value::Str(text) | Value::Bytes(text) => text.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        other => return Err(format!("len of type {}", other.pointed_type()).into()),
    };
    Ok(Value::int(len as i64).into())
}

pub(super) fn index(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let mut item = arguments.at(0)?.clone();
    if matches!(item.value, Value::Nil) {
        return Err("index of untyped nil".into());
    }
    for index in &arguments[1..] {
        let chosen = call.trace_of(index);
        let chosen = call.as_condition(chosen);
        let mut element = match &item.value {
            Value::Nil => return Err("index of nil pointer".into()),
            Value::List(list) => {
                let at = position(index, list.len())?;
                let element = list.items().get(at).cloned();
                let wrapped = list.element_type().is_any();
                let element = element.ok_or("reflect: slice index out of range")?;
                let mut element = joined(call, &item, element).wrapped(wrapped);
                element.trace = call.union(element.trace, list.order());
                element
            }
            Value::Str(text) | Value::Bytes(text) => {
                let at = position(index, text.len())?;
                let is_string = matches!(item.value, Value::Str(_));
                let byte = text.bytes().get(at).copied();
                let byte = byte.ok_or(if is_string {
                    "reflect: string index out of range"
                } else {
                    "reflect: slice index out of range"
                })?;
                let trace = call.env.sets.within(text, at..at + 1);
                let byte = Value::Uint(u64::from(byte), UintType::Uint8);
                joined(call, &item, Traced::new(byte, trace))
            }
            Value::Map(map) => {
                let key = prepare(index, &Type::String)?;
                let Value::Str(key) = &key.value else {
                    return Err("value is no string".into());
                };
                let wrapped = map.element_type().is_any();
                match call.get(&item, key.bytes()) {
                    Some(entry) => entry.wrapped(wrapped),
                    None => {
                        let mut missing = zero(map.element_type());
                        missing.trace = call.absent(&item, key.bytes());
                        missing
                    }
                }
            }
            other => {
                let type_ = other.pointed_type();
                return Err(format!("can't index item of type {type_}").into());
            }
        };
        element.trace = call.union(element.trace, chosen);
        item = element;
    }
    Ok(item.into())
}

/// An element with what it was reached through.
fn joined(call: &mut Call<'_>, container: &Traced, mut element: Traced) -> Traced {
    element.trace = call.union(element.trace, container.trace);
    element
}

/// An index, from 0 up to and including `limit` (`indexArg`).
fn position(index: &Traced, limit: usize) -> Result<usize, CallError> {
    let at = match &index.value {
        Value::Int(at, _) | Value::Duration(at) => *at,
        Value::Uint(at, _) => *at as i64,
        Value::Nil => return Err("cannot index slice/array with nil".into()),
        other => {
            let type_ = other.type_of();
            return Err(format!("cannot index slice/array with type {type_}").into());
        }
    };
    match usize::try_from(at) {
        Ok(position) if position <= limit => Ok(position),
        _ => Err(format!("index out of range: {at}").into()),
    }
}

pub(super) fn slice(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let item = arguments.at(0)?;
    let indexes = &arguments[1..];
    if matches!(item.value, Value::Nil) {
        return Err("slice of untyped nil".into());
    }
    if indexes.len() > 3 {
        return Err(format!("too many slice indexes: {}", indexes.len()).into());
    }
    let (len, capacity) = match &item.value {
        Value::Str(_) if indexes.len() == 3 => {
            return Err("cannot 3-index slice a string".into());
        }
        Value::Str(text) | Value::Bytes(text) => (text.len(), text.len()),
        Value::List(list) => (list.len(), list.capacity()),
        other => {
            let type_ = other.pointed_type();
            return Err(format!("can't slice item of type {type_}").into());
        }
    };
    let mut bounds = [0, len, capacity];
    let mut chosen = Trace::NONE;
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        if index.wrapped {
            // Unlike `index`, the reference does not look into the interface here.
            return Err("cannot index slice/array with type interface {}".into());
        }
        *bound = position(index, capacity)?;
        let trace = call.trace_of(index);
        chosen = call.union(chosen, trace);
    }
    let [from, to, limit] = bounds;
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}").into());
    }
    if indexes.len() == 3 && to > limit {
        return Err(format!("invalid slice index: {to} > {limit}").into());
    }
    let chosen = call.as_condition(chosen);
    let mut trace = call.union(item.trace, chosen);
    let value = match &item.value {
        Value::Str(text) => return part(call, text, from, to, trace),
        Value::Bytes(text) => match part(call, text, from, to, trace)? {
            Reply::Traced(Traced {
                value: Value::Str(text),
                trace,
                ..
            }) => return Ok(Traced::new(Value::Bytes(text), trace).into()),
            reply => return Ok(reply),
        },
        Value::List(list) => {
            // Where an element stands decides whether it is in the part.
            trace = call.union(trace, list.order());
            let shape = call.union(list.shape(), chosen);
            List::slice(list, from, to, limit).with_shape(shape)
        }
        _ => return Err("no slice".into()),
    };
    Ok(Traced::new(value, trace).into())
}

fn part(
    call: &mut Call<'_>,
    text: &Str,
    from: usize,
    to: usize,
    trace: Trace,
) -> Result<Reply, CallError> {
    let mut out = call.text();
    out.copy(text, from..to, trace);
    if from == to {
        out.gap(trace);
    }
    Ok(out.finish()?.into())
}
