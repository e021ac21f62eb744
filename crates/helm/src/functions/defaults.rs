//! Defaults and choices: `default`, `coalesce`, `ternary` and their kin.

use plimsoll_gotmpl::{Arguments, Call, Trace, Traced, Value};

use super::flow::{chosen, decides};
use super::{Answer, Entry, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("hello", "", |_, _| Ok("Hello!".into())),
    entry("default", "any any...", default),
    entry("empty", "any", |_, arguments| {
        Ok(is_empty(arguments.at(0)?).into())
    })
    .shallow(),
    entry("coalesce", "any...", coalesce),
    entry("all", "any...", |_, arguments| {
        Ok((!arguments.iter().any(is_empty)).into())
    })
    .shallow(),
    entry("any", "any...", |_, arguments| {
        Ok((!arguments.iter().all(is_empty)).into())
    })
    .shallow(),
    entry("ternary", "any any bool", ternary),
];

/// Whether sprig takes a value for unset (`empty`).
pub(super) fn is_empty(value: &Traced) -> bool {
    // What is neither of these is nil or not, which is what `truth` says.
    !value.value.truth()
}

fn default(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let other = arguments.at(0)?;
    Ok(match arguments.get(1) {
        None => other.clone(),
        Some(given) if is_empty(given) => chosen(call, other, &[given]),
        Some(given) => given.clone(),
    }
    .into())
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "functions of templates are of one type"
)]
fn coalesce(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let mut passed = Trace::NONE;
    for argument in arguments {
        if !is_empty(argument) {
            let mut found = argument.clone();
            found.trace = call.union(found.trace, passed);
            return Ok(found.into());
        }
        let condition = decides(call, argument);
        passed = call.union(passed, condition);
    }
    Ok(Traced::new(Value::Nil, passed).into())
}

fn ternary(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let by = arguments.at(2)?;
    let index = usize::from(!arguments.bool(2)?);
    Ok(chosen(call, arguments.at(index)?, &[by]).into())
}
