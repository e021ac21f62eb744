//! Types and kinds of values, and deep equality.

use plimsoll_gotmpl::{Arguments, Call, Traced, Value};

use super::{Answer, Entry, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("typeOf", "any", |_, arguments| {
        Ok(type_name(arguments.at(0)?).into())
    })
    .shallow(),
    entry("typeIs", "string any", |_, arguments| {
        let name = type_name(arguments.at(1)?);
        Ok((arguments.str(0)?.bytes() == name.as_bytes()).into())
    })
    .shallow(),
    entry("typeIsLike", "string any", |_, arguments| {
        let name = type_name(arguments.at(1)?);
        let pointed = name.strip_prefix('*').unwrap_or(&name);
        let wanted = arguments.str(0)?.bytes();
        Ok((wanted == name.as_bytes() || wanted == pointed.as_bytes()).into())
    })
    .shallow(),
    entry("kindOf", "any", |_, arguments| {
        Ok(arguments.at(0)?.value.kind().name().into())
    })
    .shallow(),
    entry("kindIs", "string any", |_, arguments| {
        let name = arguments.at(1)?.value.kind().name();
        Ok((arguments.str(0)?.bytes() == name.as_bytes()).into())
    })
    .shallow(),
    entry("deepEqual", "any any", deep_equal),
];

/// What `%T` prints.
fn type_name(value: &Traced) -> String {
    match &value.value {
        Value::Nil => "<nil>".into(),
        value => value.type_of().to_string(),
    }
}

fn deep_equal(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (a, b) = (arguments.at(0)?, arguments.at(1)?);
    let mut work = 0;
    let equal = a.value.deep_equal_counting(&b.value, &mut work);
    call.charge_steps(work)?;
    match equal {
        Some(equal) => Ok(equal.into()),
        None => Err("the values are too large to compare".into()),
    }
}
