//! The functions of text/template itself.

mod access;
mod compare;
mod escape;

use crate::error::CallError;
use crate::format::{sprint, sprintf, sprintln};
use crate::functions::{Arguments, Call, Function, Functions, Reply, Signature, Special};
use crate::value::{Traced, Type};

/// Adds Go's own functions.
pub(crate) fn add(functions: &mut Functions) {
    let any = || Signature::variadic([], Type::Any);
    let one = || Signature::new([Type::Reflect]);
    let one_and_more = || Signature::variadic([Type::Reflect], Type::Reflect);
    let two = || Signature::new([Type::Reflect, Type::Reflect]);
    let never = |_: &mut Call<'_>, _: &[Traced]| {
        // The evaluator does these itself; only `call` of such a function would come here.
        Err(CallError::new("unreachable"))
    };
    functions
        .add(
            "and",
            Function::new(one_and_more(), never).special(Special::And),
        )
        .add(
            "or",
            Function::new(one_and_more(), never).special(Special::Or),
        )
        .add(
            "call",
            Function::new(one_and_more(), never).special(Special::Call),
        )
        .add(
            "not",
            Function::new(one(), compare::not)
                .shallow()
                .special(Special::Not),
        )
        .add("eq", Function::new(one_and_more(), compare::eq).shallow())
        .add("ne", Function::new(two(), compare::ne).shallow())
        .add("lt", Function::new(two(), compare::lt).shallow())
        .add("le", Function::new(two(), compare::le).shallow())
        .add("gt", Function::new(two(), compare::gt).shallow())
        .add("ge", Function::new(two(), compare::ge).shallow())
        .add("len", Function::new(one(), access::len).shallow())
        .add("index", Function::new(one_and_more(), access::index))
        .add("slice", Function::new(one_and_more(), access::slice))
        .add("html", Function::new(any(), escape::html))
        .add("js", Function::new(any(), escape::js))
        .add("urlquery", Function::new(any(), escape::url_query))
        .add("print", Function::new(any(), print))
        .add("println", Function::new(any(), println))
        .add(
            "printf",
            Function::new(Signature::variadic([Type::String], Type::Any), printf),
        );
}

fn print(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let written = call
        .text()
        .with(|out, sets, pen| sprint(out, sets, pen, arguments))?;
    Ok(written.into())
}

fn println(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let written = call
        .text()
        .with(|out, sets, pen| sprintln(out, sets, pen, arguments))?;
    Ok(written.into())
}

fn printf(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    let format = arguments.at(0)?;
    let rest = &arguments[1..];
    let written = call
        .text()
        .with(|out, sets, pen| sprintf(out, sets, pen, format, rest))?;
    Ok(written.into())
}
