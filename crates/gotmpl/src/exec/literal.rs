//! Literals: which value the context makes of one, and which error.

use crate::syntax::{NodeId, NodeKind, Number, Tree};
use crate::value::{IntType, Type};

use super::code::Literal;

/// The value of a literal where nothing is known of its type (`idealConstant`). `Ok(None)` for
/// a number that is of no type, which Go lets pass as no value.
pub(super) fn ideal(tree: &Tree, node: NodeId) -> Result<Option<Literal>, String> {
    let number = match tree.node(node).kind {
        NodeKind::Bool(value) => return Ok(Some(Literal::Bool(value))),
        NodeKind::String(id) => return Ok(Some(Literal::Str(id))),
        NodeKind::Number(index) => tree.number(index),
        _ => return Ok(None),
    };
    let text = tree.bytes(tree.node(node).range);
    if let Some((real, imaginary)) = number.complex {
        return Ok(Some(Literal::Complex(real, imaginary)));
    }
    let is_character = text.first() == Some(&b'\'');
    let looks_like_float = text.iter().any(|byte| b".eEpP".contains(byte));
    if let Some(float) = number.float
        && looks_like_float
        && !is_character
        && !is_hexadecimal_int(text)
    {
        return Ok(Some(Literal::Float(float)));
    }
    if let Some(int) = number.int {
        return Ok(Some(Literal::Int(int, IntType::Int)));
    }
    match number.uint {
        Some(_) => Err(format!("{} overflows int", String::from_utf8_lossy(text))),
        None => Ok(None),
    }
}

fn is_hexadecimal_int(text: &[u8]) -> bool {
    text.len() > 2
        && text[0] == b'0'
        && matches!(text[1], b'x' | b'X')
        && !text.iter().any(|byte| b"pP".contains(byte))
}

/// The value of a literal as an argument for a parameter.
pub(super) fn typed(
    tree: &Tree,
    node: NodeId,
    parameter: &Type,
) -> Result<Option<Literal>, String> {
    let kind = tree.node(node).kind;
    let number = match kind {
        NodeKind::Number(index) => *tree.number(index),
        _ => Number::default(),
    };
    let (found, wanted) = match parameter {
        Type::Any | Type::Reflect => return ideal(tree, node),
        Type::Bool => match kind {
            NodeKind::Bool(value) => (Some(Literal::Bool(value)), "bool"),
            _ => (None, "bool"),
        },
        Type::String => match kind {
            NodeKind::String(id) => (Some(Literal::Str(id)), "string"),
            _ => (None, "string"),
        },
        Type::Int(int) => {
            let found = number
                .int
                .map(|value| Literal::Int(int.truncated(value), *int));
            (found, "integer")
        }
        Type::Duration => (number.int.map(Literal::Duration), "integer"),
        Type::Uint(uint) => {
            let found = number
                .uint
                .map(|value| Literal::Uint(uint.truncated(value), *uint));
            (found, "unsigned integer")
        }
        Type::Float64 => (number.float.map(Literal::Float), "float"),
        Type::Complex128 => {
            let found = number.complex.map(|(re, im)| Literal::Complex(re, im));
            (found, "complex")
        }
        _ => {
            let node = tree.print(node);
            return Err(format!("can't handle {node} for arg of type {parameter}"));
        }
    };
    match found {
        Some(literal) => Ok(Some(literal)),
        None => Err(format!("expected {wanted}; found {}", tree.print(node))),
    }
}
