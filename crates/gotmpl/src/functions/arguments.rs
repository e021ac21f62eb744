//! Arguments by position. The evaluator has checked them against the signature, so that a wrong
//! type here is a mistake in the signature; it becomes an error of the call and no panic.

use crate::error::CallError;
use crate::value::{List, Map, Str, Traced, Value};

/// Reads the arguments of a call.
pub trait Arguments {
    /// The argument itself.
    fn at(&self, index: usize) -> Result<&Traced, CallError>;

    /// A `string`.
    fn str(&self, index: usize) -> Result<&Str, CallError> {
        match &self.at(index)?.value {
            Value::Str(text) => Ok(text),
            other => Err(mismatch(index, "string", other)),
        }
    }

    /// A `bool`.
    fn bool(&self, index: usize) -> Result<bool, CallError> {
        match &self.at(index)?.value {
            Value::Bool(value) => Ok(*value),
            other => Err(mismatch(index, "bool", other)),
        }
    }

    /// A signed integer of any type.
    fn int(&self, index: usize) -> Result<i64, CallError> {
        match &self.at(index)?.value {
            Value::Int(value, _) | Value::Duration(value) => Ok(*value),
            other => Err(mismatch(index, "int", other)),
        }
    }

    /// A `float64`.
    fn float(&self, index: usize) -> Result<f64, CallError> {
        match &self.at(index)?.value {
            Value::Float(value) => Ok(*value),
            other => Err(mismatch(index, "float64", other)),
        }
    }

    /// A map.
    fn map(&self, index: usize) -> Result<&Map, CallError> {
        match &self.at(index)?.value {
            Value::Map(map) => Ok(map),
            other => Err(mismatch(index, "map", other)),
        }
    }

    /// A slice that is no `[]uint8`.
    fn list(&self, index: usize) -> Result<&List, CallError> {
        match &self.at(index)?.value {
            Value::List(list) => Ok(list),
            other => Err(mismatch(index, "slice", other)),
        }
    }
}

impl Arguments for [Traced] {
    fn at(&self, index: usize) -> Result<&Traced, CallError> {
        self.get(index)
            .ok_or_else(|| format!("argument {index} is missing").into())
    }
}

fn mismatch(index: usize, wanted: &str, got: &Value) -> CallError {
    format!("argument {index} is no {wanted} but {}", got.type_of()).into()
}
