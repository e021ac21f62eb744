//! What is asked of a value whatever its type is.

use super::super::node::{Node, type_name};
use super::super::number::Number;
use super::super::quoted;
use crate::values::Data;

/// What keeps a value from being looked at further: its type, a constant, a choice, a format.
pub(super) fn assertion(data: &Data, node: &Node) -> Option<String> {
    let own = type_name(data);
    if !node.types.is_empty() {
        let whole = || Number::of(data).is_some_and(Number::is_whole);
        let fits = node.types.has(own) || (node.types.has("integer") && whole());
        if !fits {
            return Some(format!(
                "got {own}, want {}",
                node.types.names().join(" or ")
            ));
        }
    }
    let is_plain = |data: &Data| !matches!(data, Data::List(_) | Data::Map(_));
    if let Some(wanted) = &node.constant
        && !is_equal(data, &wanted.data)
    {
        return Some(if is_plain(&wanted.data) {
            format!("value must be {}", wanted.shown)
        } else {
            "'const' failed".to_owned()
        });
    }
    if let Some(choices) = &node.choices
        && !choices.iter().any(|choice| is_equal(data, &choice.data))
    {
        let all: Vec<&str> = choices.iter().map(|choice| choice.shown.as_str()).collect();
        return Some(if !choices.iter().all(|choice| is_plain(&choice.data)) {
            "'enum' failed".to_owned()
        } else if let [one] = all[..] {
            format!("value must be {one}")
        } else {
            format!("value must be one of {}", all.join(", "))
        });
    }
    let format = node.format?;
    let text = data.as_str()?;
    let reason = format.mismatch(text)?;
    Some(format!(
        "{} is not valid {}: {reason}",
        quoted(text),
        format.name()
    ))
}

/// Equal, whatever the type of a number is. Recursion is as deep as the values of the schema.
pub(super) fn is_equal(one: &Data, other: &Data) -> bool {
    match (one, other) {
        (Data::List(ones), Data::List(others)) => {
            ones.len() == others.len()
                && ones
                    .iter()
                    .zip(others.iter())
                    .all(|(one, other)| is_equal(&one.data, &other.data))
        }
        (Data::Map(ones), Data::Map(others)) => {
            ones.len() == others.len()
                && ones
                    .iter()
                    .zip(others.iter())
                    .all(|((key, one), (name, other))| {
                        key == name && is_equal(&one.data, &other.data)
                    })
        }
        _ => match (Number::of(one), Number::of(other)) {
            (Some(one), Some(other)) => one.compare(other).is_eq(),
            _ => one == other,
        },
    }
}
