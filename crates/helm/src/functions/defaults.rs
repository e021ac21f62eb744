//! Defaults and choices: `default`, `coalesce`, `ternary` and their kin.

use plimsoll_gotmpl::{Arguments, Call, Reply, Trace, Traced, Value};

use super::flow::{chosen, decides};
use super::{Answer, Entry, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("hello", "", |_, _| Ok("Hello!".into())),
    entry("default", "any any...", default),
    entry("empty", "any", |call, arguments| {
        let given = arguments.at(0)?;
        let trace = call.truth_trace_of(given);
        Ok(Traced::new(is_empty(given), trace).into())
    }),
    entry("coalesce", "any...", coalesce),
    entry("all", "any...", |call, arguments| {
        Ok(first_decides(call, arguments, is_empty, true))
    })
    .shallow(),
    entry("any", "any...", |call, arguments| {
        let is_set = |value: &Traced| !is_empty(value);
        Ok(first_decides(call, arguments, is_set, false))
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

/// An answer that one argument can decide: the first for which `decides` holds turns it around,
/// and then the others do not matter.
fn first_decides(
    call: &mut Call<'_>,
    arguments: &[Traced],
    decides: impl Fn(&Traced) -> bool,
    otherwise: bool,
) -> Reply {
    match arguments.iter().find(|argument| decides(argument)) {
        Some(found) => Traced::new(!otherwise, call.trace_of(found)).into(),
        None => otherwise.into(),
    }
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
