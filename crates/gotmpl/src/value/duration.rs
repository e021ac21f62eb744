//! The methods of `time.Duration`.

use std::sync::OnceLock;

use crate::error::CallError;
use crate::functions::{Arguments, Call, Reply, Signature};

use super::object::Class;
use super::types::Type;
use super::{Traced, Value};

pub(super) fn class() -> &'static Class {
    static CLASS: OnceLock<Class> = OnceLock::new();
    CLASS.get_or_init(|| {
        let class = Class::new("time.Duration")
            .method("String", Signature::new([]), |call, _| {
                Ok(crate::format::duration(own(call)).into())
            })
            .method("Abs", Signature::new([]), |call, _| {
                Ok(Value::Duration(own(call).checked_abs().unwrap_or(i64::MAX)).into())
            })
            .method("Truncate", Signature::new([Type::Duration]), truncate)
            .method("Round", Signature::new([Type::Duration]), round);
        let class = [
            ("Hours", 3_600_000_000_000_i64),
            ("Minutes", 60_000_000_000),
            ("Seconds", 1_000_000_000),
        ]
        .into_iter()
        .fold(class, |class, (name, unit)| {
            class.method(name, Signature::new([]), move |call, _| {
                let value = own(call);
                Ok(((value / unit) as f64 + (value % unit) as f64 / unit as f64).into())
            })
        });
        [
            ("Milliseconds", 1_000_000_i64),
            ("Microseconds", 1_000),
            ("Nanoseconds", 1),
        ]
        .into_iter()
        .fold(class, |class, (name, unit)| {
            class.method(name, Signature::new([]), move |call, _| {
                Ok(Value::int64(own(call) / unit).into())
            })
        })
    })
}

/// The duration that the method was called on.
fn own(call: &Call<'_>) -> i64 {
    match call.receiver().value {
        Value::Duration(value) => value,
        _ => 0,
    }
}

fn truncate(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let (value, unit) = (own(call), arguments.int(0)?);
    let truncated = if unit <= 0 {
        value
    } else {
        value - value % unit
    };
    Ok(Value::Duration(truncated).into())
}

/// Rounds half away from zero, and never past what a duration can hold.
fn round(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let (value, unit) = (own(call), arguments.int(0)?);
    if unit <= 0 {
        return Ok(Value::Duration(value).into());
    }
    let rest = (value % unit).unsigned_abs();
    let down = value - value % unit;
    let up = rest >= unit.unsigned_abs() - rest;
    let rounded = match (up, value < 0) {
        (false, _) => down,
        (true, true) => down.saturating_sub(unit),
        (true, false) => down.saturating_add(unit),
    };
    Ok(Value::Duration(rounded).into())
}
