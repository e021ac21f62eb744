//! What encoders see of a value.

use plimsoll_gotmpl::{List, Map, Str, Traced, Value};

use super::Failure;

/// A value without the many types of numbers and objects.
pub(super) enum View<'v> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Duration(i64),
    Text(&'v Str),
    Bytes(&'v Str),
    List(&'v List),
    Map(&'v Map),
    /// The fields of an object, in their order.
    Fields(Vec<(Str, Traced)>),
}

/// The value that is written in place of an object whose type says so.
pub(super) fn stand_in(value: &Traced) -> Option<Traced> {
    match &value.value {
        Value::Object(object) if !object.is_nil() => object.encoded(),
        _ => None,
    }
}

/// Whether it is a point in time, which some formats write without quotes.
pub(super) fn is_time(value: &Value) -> bool {
    matches!(value, Value::Object(object) if object.type_name() == "time.Time")
}

/// What is to be written. An error names the type that cannot be.
pub(super) fn view(value: &Value) -> Result<View<'_>, Failure> {
    Ok(match value {
        Value::Nil => View::Null,
        Value::Bool(value) => View::Bool(*value),
        Value::Int(value, _) => View::Int(*value),
        Value::Uint(value, _) => View::Uint(*value),
        Value::Float(value) => View::Float(*value),
        Value::Duration(value) => View::Duration(*value),
        Value::Str(text) => View::Text(text),
        Value::Bytes(bytes) => View::Bytes(bytes),
        Value::List(list) if list.is_nil() => View::Null,
        Value::List(list) => View::List(list),
        Value::Map(map) => View::Map(map),
        Value::Object(object) if object.is_nil() => View::Null,
        Value::Object(object) => {
            let fields = object.encoded_fields().into_iter();
            View::Fields(fields.map(|(name, field)| (name.into(), field)).collect())
        }
        Value::Complex(_) | Value::Func(_) => {
            return Err(Failure::Reference(value.type_of().to_string()));
        }
    })
}

/// Standard base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |n: usize| u32::from(chunk.get(n).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for n in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * n) & 63) as usize];
            out.push(if n > chunk.len() {
                '='
            } else {
                char::from(digit)
            });
        }
    }
    out
}
