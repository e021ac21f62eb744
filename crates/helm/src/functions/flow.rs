//! What flows through functions: what decided, what was chosen, what is inside.

use plimsoll_gotmpl::value::UintType;
use plimsoll_gotmpl::{Call, CallError, Str, TextBuilder, Trace, Traced, Value};

/// What Go says when something of nil is asked for.
pub(super) const NIL_POINTER: &str =
    "runtime error: invalid memory address or nil pointer dereference";

/// What a value came from, as a condition.
pub(super) fn decides(call: &mut Call<'_>, by: &Traced) -> Trace {
    if !call.is_tracing() {
        return Trace::NONE;
    }
    let trace = call.trace_of(by);
    call.as_condition(trace)
}

/// A value that others decided for.
pub(super) fn chosen(call: &mut Call<'_>, value: &Traced, by: &[&Traced]) -> Traced {
    let mut value = value.clone();
    for by in by {
        let condition = decides(call, by);
        value.trace = call.union(value.trace, condition);
    }
    value
}

/// A value with a trace joined to its own.
pub(super) fn joined(call: &mut Call<'_>, value: &Traced, trace: Trace) -> Traced {
    let mut value = value.clone();
    value.trace = call.union(value.trace, trace);
    value
}

/// The elements of a slice, each with what the slice was reached through and what decided where
/// it stands. `None` for what is no slice.
pub(super) fn elements(call: &mut Call<'_>, list: &Traced) -> Option<Vec<Traced>> {
    let order = order_of(list);
    if order.is_none() {
        return members(call, list);
    }
    let mut list = list.clone();
    list.trace = call.union(list.trace, order);
    members(call, &list)
}

/// What decided where the elements of a list stand, as far as they do not say so themselves.
pub(super) fn order_of(list: &Traced) -> Trace {
    match &list.value {
        Value::List(list) => list.order(),
        _ => Trace::NONE,
    }
}

/// The elements of a slice, each with what decided that it is there: right for who does not ask
/// where.
pub(super) fn members(call: &mut Call<'_>, list: &Traced) -> Option<Vec<Traced>> {
    match &list.value {
        Value::List(inner) if list.trace.is_none() => Some(inner.items().to_vec()),
        Value::List(inner) => {
            let items = inner.items().iter();
            Some(items.map(|item| joined(call, item, list.trace)).collect())
        }
        Value::Bytes(bytes) => {
            let trace = call.trace_of(list);
            let byte =
                |&byte: &u8| Traced::new(Value::Uint(u64::from(byte), UintType::Uint8), trace);
            Some(bytes.bytes().iter().map(byte).collect())
        }
        _ => None,
    }
}

/// The same, each with what decided that it is there as a condition, which a list with an order
/// ([`List::order`]) must have.
pub(super) fn present(call: &mut Call<'_>, list: &Traced) -> Option<Vec<Traced>> {
    let mut items = members(call, list)?;
    let mut by = call.as_condition(list.trace);
    if let Value::List(inner) = &list.value
        && inner.order().is_none()
    {
        let shape = call.as_condition(inner.shape());
        by = call.union(by, shape);
    }
    if !by.is_none() {
        for item in &mut items {
            item.trace = call.union(item.trace, by);
        }
    }
    Some(items)
}

/// How many elements a slice has.
pub(super) fn length(list: &Traced) -> Option<usize> {
    match &list.value {
        Value::List(list) => Some(list.len()),
        Value::Bytes(bytes) => Some(bytes.len()),
        _ => None,
    }
}

/// The name of a value's kind, as `reflect.TypeOf(value).Kind()` has it: of nil there is none.
pub(super) fn kind_of_type(value: &Traced) -> Result<&'static str, CallError> {
    match &value.value {
        Value::Nil => Err(NIL_POINTER.into()),
        value => Ok(value.kind().name()),
    }
}

/// Writes a value as sprig's `strval` gives it.
pub(super) fn write_text(out: &mut TextBuilder<'_, '_>, value: &Traced) -> Result<(), CallError> {
    match &value.value {
        Value::Str(text) | Value::Bytes(text) => {
            out.copy_all(text, value.trace);
            Ok(())
        }
        _ => out.print(value),
    }
}

/// A value as sprig's `strval` gives it: a string, and the trace that it has as a whole.
pub(super) fn text_of(call: &mut Call<'_>, value: &Traced) -> Result<(Str, Trace), CallError> {
    match &value.value {
        Value::Str(text) | Value::Bytes(text) => Ok((text.clone(), value.trace)),
        _ => {
            let mut out = call.text();
            out.print(value)?;
            let written = out.finish()?;
            match written.value {
                Value::Str(text) => Ok((text, written.trace)),
                _ => Err("no text was written".into()),
            }
        }
    }
}
