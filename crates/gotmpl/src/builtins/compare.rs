//! Comparisons and `not`.

use crate::error::CallError;
use crate::format::sprintf;
use crate::functions::{Call, Reply};
use crate::value::{Traced, Value};

/// What Go can compare.
#[derive(Clone, Copy, PartialEq)]
enum Basic {
    Bool(bool),
    Complex(f64, f64),
    Int(i64),
    Float(f64),
    String,
    Uint(u64),
}

impl Basic {
    fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Basic::Bool(*value),
            Value::Int(value, _) | Value::Duration(value) => Basic::Int(*value),
            Value::Uint(value, _) => Basic::Uint(*value),
            Value::Float(value) => Basic::Float(*value),
            Value::Complex(value) => Basic::Complex(value.0, value.1),
            Value::Str(_) => Basic::String,
            _ => return None,
        })
    }
}

fn strings<'v>(a: &'v Value, b: &'v Value) -> (&'v [u8], &'v [u8]) {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => (a.bytes(), b.bytes()),
        _ => (b"", b""),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "all functions have this type")]
pub(super) fn not(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    Ok(match arguments.first() {
        Some(value) => {
            let trace = call.truth_trace_of(value);
            Traced::new(!value.value.truth(), trace).into()
        }
        None => true.into(),
    })
}

pub(super) fn eq(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let Some((first, others)) = arguments.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return Err("missing argument for comparison".into());
    };
    for other in others {
        if equal(call, first, other)? {
            // While these two are equal, it does not matter what the others are.
            let (first, other) = (call.trace_of(first), call.trace_of(other));
            return Ok(Traced::new(true, call.union(first, other)).into());
        }
    }
    Ok(match others {
        [other] => unequal(call, first, other, false),
        _ => false.into(),
    })
}

pub(super) fn ne(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let (a, b) = both(arguments)?;
    if equal(call, a, b)? {
        return Ok(false.into());
    }
    Ok(unequal(call, a, b, true))
}

/// The answer for two that are not equal. If one is the empty text, that the other is not empty
/// is enough.
fn unequal(call: &mut Call<'_>, a: &Traced, b: &Traced, answer: bool) -> Reply {
    let is_empty = |value: &Traced| matches!(&value.value, Value::Str(text) if text.is_empty());
    let (empty, other) = match (is_empty(a), is_empty(b)) {
        (true, false) => (a, b),
        (false, true) => (b, a),
        _ => return answer.into(),
    };
    let (empty, other) = (call.trace_of(empty), call.truth_trace_of(other));
    Traced::new(answer, call.union(empty, other)).into()
}

pub(super) fn lt(_: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let (a, b) = both(arguments)?;
    Ok(less(a, b)?.into())
}

pub(super) fn le(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let (a, b) = both(arguments)?;
    Ok(less_or_equal(call, a, b)?.into())
}

pub(super) fn gt(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let (a, b) = both(arguments)?;
    Ok((!less_or_equal(call, a, b)?).into())
}

pub(super) fn ge(_: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let (a, b) = both(arguments)?;
    Ok((!less(a, b)?).into())
}

fn both(arguments: &[Traced]) -> Result<(&Traced, &Traced), CallError> {
    match arguments {
        [a, b] => Ok((a, b)),
        _ => Err("missing argument for comparison".into()),
    }
}

fn less_or_equal(call: &mut Call<'_>, a: &Traced, b: &Traced) -> Result<bool, CallError> {
    Ok(less(a, b)? || equal(call, a, b)?)
}

fn incompatible(a: &Value, b: &Value) -> CallError {
    let (a, b) = (a.type_of(), b.type_of());
    format!("incompatible types for comparison: {a} and {b}").into()
}

fn less(a: &Traced, b: &Traced) -> Result<bool, CallError> {
    let (a, b) = (&a.value, &b.value);
    let (Some(one), Some(other)) = (Basic::of(a), Basic::of(b)) else {
        return Err("invalid type for comparison".into());
    };
    Ok(match (one, other) {
        (Basic::Bool(_), Basic::Bool(_)) | (Basic::Complex(..), Basic::Complex(..)) => {
            return Err("invalid type for comparison".into());
        }
        (Basic::Int(a), Basic::Int(b)) => a < b,
        (Basic::Uint(a), Basic::Uint(b)) => a < b,
        (Basic::Float(a), Basic::Float(b)) => a < b,
        (Basic::String, Basic::String) => {
            let (a, b) = strings(a, b);
            a < b
        }
        // Integers are compared whatever their sign.
        (Basic::Int(a), Basic::Uint(b)) => u64::try_from(a).is_ok_and(|a| a < b) || a < 0,
        (Basic::Uint(a), Basic::Int(b)) => u64::try_from(b).is_ok_and(|b| a < b),
        _ => return Err(incompatible(a, b)),
    })
}

fn equal(call: &mut Call<'_>, first: &Traced, second: &Traced) -> Result<bool, CallError> {
    let (a, b) = (&first.value, &second.value);
    #[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
    Ok(match (Basic::of(a), Basic::of(b)) {
        (Some(one), Some(other)) => match (one, other) {
            (Basic::Bool(a), Basic::Bool(b)) => a == b,
            (Basic::Complex(..), Basic::Complex(..)) => one == other,
            (Basic::Int(a), Basic::Int(b)) => a == b,
            (Basic::Uint(a), Basic::Uint(b)) => a == b,
            (Basic::Float(a), Basic::Float(b)) => a == b,
            (Basic::String, Basic::String) => {
                let (a, b) = strings(a, b);
                a == b
            }
            (Basic::Int(a), Basic::Uint(b)) | (Basic::Uint(b), Basic::Int(a)) => {
                u64::try_from(a).is_ok_and(|a| a == b)
            }
            _ => return Err(incompatible(a, b)),
        },
        (None, None) => return same(call, first, second),
        // Nothing is equal to nil but nil.
        _ if matches!(a, Value::Nil) || matches!(b, Value::Nil) => false,
        _ => return Err(incompatible(a, b)),
    })
}

/// Compares what is no basic value: only with nil, or objects.
fn same(call: &mut Call<'_>, first: &Traced, second: &Traced) -> Result<bool, CallError> {
    let (a, b) = (&first.value, &second.value);
    let kinds_differ = a.kind() != b.kind();
    if kinds_differ && !matches!(a, Value::Nil) && !matches!(b, Value::Nil) {
        // The reference prints values for types and types for values here.
        let (one, other) = (as_text(call, first)?, call.format(second)?);
        let (a, b) = (a.type_of(), b.type_of());
        return Err(format!("non-comparable types {one}: {a}, {b}: {other}").into());
    }
    if a.is_nil() || b.is_nil() {
        return Ok(a.is_nil() == b.is_nil());
    }
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => Ok(a.equals(&***b)),
        _ => {
            let text = as_text(call, second)?;
            let type_ = b.type_of();
            Err(format!("non-comparable type {text}: {type_}").into())
        }
    }
}

/// What `%s` makes of a value.
fn as_text(call: &mut Call<'_>, value: &Traced) -> Result<String, CallError> {
    let format = Traced::from("%s");
    let arguments = std::slice::from_ref(value);
    let text = call
        .text()
        .with(|out, sets, pen| sprintf(out, sets, pen, &format, arguments))?;
    match text.value {
        Value::Str(text) => Ok(text.text().into_owned()),
        _ => Ok(String::new()),
    }
}
