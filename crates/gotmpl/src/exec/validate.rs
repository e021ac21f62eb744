//! Whether a value fits a parameter (`validateType`).

use crate::value::{List, Map, Str, Traced, Type, Value};

/// Makes a value fit a parameter, or says with Go's text why it does not.
pub(super) fn validate(value: &mut Traced, parameter: &Type) -> Result<(), String> {
    if value.is_invalid() {
        if !parameter.can_be_nil() {
            return Err(format!("invalid value; expected {parameter}"));
        }
        value.value = zero(parameter).value;
        value.wrapped = matches!(value.value, Value::Nil);
        return Ok(());
    }
    if fits(&value.value, parameter) {
        value.wrapped = false;
        return Ok(());
    }
    let type_ = value.value.type_of();
    Err(format!(
        "wrong type for value; expected {parameter}; got {type_}"
    ))
}

fn fits(value: &Value, parameter: &Type) -> bool {
    match (value, parameter) {
        (_, Type::Any | Type::Reflect) => true,
        (Value::Nil, _) => false,
        (Value::Str(_), Type::String) => true,
        (Value::Int(_, kind), Type::Int(wanted)) => kind == wanted,
        _ => value.type_of().fits(parameter),
    }
}

/// The zero value of a type (`reflect.Zero`); of an interface it is nil in one.
pub(crate) fn zero(type_: &Type) -> Traced {
    let value = match type_ {
        Type::Bool => Value::Bool(false),
        Type::Int(kind) => Value::Int(0, *kind),
        Type::Uint(kind) => Value::Uint(0, *kind),
        Type::Float64 => Value::Float(0.0),
        Type::Complex128 => Value::Complex((0.0, 0.0).into()),
        Type::Duration => Value::Duration(0),
        Type::String => Value::Str(Str::new("")),
        Type::List(element) => Value::List(List::nil((**element).clone())),
        Type::Map(element) => Value::Map(Map::nil((**element).clone())),
        Type::Named(_, under) => return zero(under),
        Type::Any | Type::Opaque(_) => return Traced::from(Value::Nil).wrapped(true),
        Type::Reflect => Value::Nil,
    };
    value.into()
}

/// What `index` and `call` do with an argument: integers of any type fit each other
/// (`prepareArg`).
pub(crate) fn prepare(value: &Traced, wanted: &Type) -> Result<Traced, String> {
    if matches!(value.value, Value::Nil) {
        if !wanted.can_be_nil() {
            return Err(format!("value is nil; should be of type {wanted}"));
        }
        let zero = zero(wanted);
        return Ok(Traced {
            trace: value.trace,
            ..zero
        });
    }
    if fits(&value.value, wanted) {
        return Ok(value.clone().wrapped(false));
    }
    let bits = match value.value {
        Value::Int(value, _) | Value::Duration(value) => Some(value),
        Value::Uint(value, _) => Some(value as i64),
        _ => None,
    };
    let converted = bits.and_then(|bits| match wanted {
        Type::Int(kind) => Some(Value::Int(kind.truncated(bits), *kind)),
        Type::Duration => Some(Value::Duration(bits)),
        Type::Uint(kind) => Some(Value::Uint(kind.truncated(bits as u64), *kind)),
        _ => None,
    });
    match converted {
        Some(converted) => Ok(Traced::new(converted, value.trace)),
        None => {
            let type_ = value.value.type_of();
            Err(format!("value has type {type_}; should be {wanted}"))
        }
    }
}
