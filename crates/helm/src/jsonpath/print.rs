//! Values as the reference prints them.

use super::EvaluationError;
use super::evaluate::Value;
use crate::functions::{float, write_json_string};
use crate::values::Data;

/// The most bytes that are printed.
const MAX_BYTES: usize = 64 << 20;

/// Prints values with spaces between them: lists and maps as JSON, others as Go prints them.
pub(super) fn print(out: &mut Vec<u8>, values: &[Value<'_>]) -> Result<(), EvaluationError> {
    for (number, value) in values.iter().enumerate() {
        if number > 0 {
            out.push(b' ');
        }
        if out.len() > MAX_BYTES {
            return Err(EvaluationError::TooMuch);
        }
        match value.as_deref() {
            None => out.extend_from_slice(b"<no value>"),
            Some(Data::Null) => out.extend_from_slice(b"null"),
            Some(data @ (Data::List(_) | Data::Map(_))) => {
                let mut text = String::new();
                json(&mut text, data);
                out.extend_from_slice(text.as_bytes());
            }
            Some(Data::Str(text)) => out.extend_from_slice(text),
            Some(Data::Bool(value)) => out.extend_from_slice(value.to_string().as_bytes()),
            Some(Data::Int(value)) => out.extend_from_slice(value.to_string().as_bytes()),
            Some(Data::Float(value)) => out.extend_from_slice(float::general(*value).as_bytes()),
        }
    }
    Ok(())
}

/// A value as JSON on one line. Recursion is as deep as values are nested, which reading bounds.
fn json(out: &mut String, data: &Data) {
    match data {
        Data::Null => out.push_str("null"),
        Data::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Data::Int(value) => out.push_str(&value.to_string()),
        Data::Float(value) => out.push_str(&float::json(*value)),
        Data::Str(text) => write_json_string(out, &String::from_utf8_lossy(text)),
        Data::List(items) => {
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                json(out, &item.data);
            }
            out.push(']');
        }
        Data::Map(entries) => {
            out.push('{');
            for (number, (key, item)) in entries.iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                write_json_string(out, key);
                out.push(':');
                json(out, &item.data);
            }
            out.push('}');
        }
    }
}
