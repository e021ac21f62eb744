//! The functions that know the renderer: `include`, `tpl`, `required`, `fail`, `lookup`.

use plimsoll_gotmpl::{
    Arguments, Call, CallError, Function, Functions, Map, Render, Reply, Signature, Str, Traced,
    Type, Value,
};

use crate::functions::Context;

/// How often a name may be included in itself.
const MAX_INCLUDES: u32 = 1000;

/// What Go writes for no value; Helm takes it out again.
pub(super) const NO_VALUE: &[u8] = b"<no value>";

/// The marks around what `required` and `fail` say.
pub(super) const WARN_START: &str = "HELM_ERR_START";
pub(super) const WARN_END: &str = "HELM_ERR_END";

/// How a chart is rendered: what the renderer keeps in [`Context::host`].
pub(super) struct Mode {
    /// Whether `required` and `fail` let everything pass, as in Helm's linter.
    pub(super) lints: bool,
}

fn lints(call: &mut Call<'_>) -> bool {
    let mode = |context: &mut Context| Some(context.host.downcast_ref::<Mode>()?.lints);
    Context::of(call).ok().and_then(mode).unwrap_or(false)
}

/// Adds the functions of this module.
pub(super) fn register(functions: &mut Functions) {
    let text_and_any = || Signature::new([Type::String, Type::Any]);
    functions
        .add("include", Function::new(text_and_any(), include))
        .add("tpl", Function::new(text_and_any(), tpl))
        .add("required", Function::new(text_and_any(), required))
        .add("fail", Function::new(Signature::new([Type::String]), fail))
        .add(
            "lookup",
            // Without a cluster nothing is found.
            Function::new(Signature::new(vec![Type::String; 4]), |call, _| {
                let source = Context::of(call)?.outside.cluster;
                let found = Map::new().with_shape(source);
                Ok(Traced::new(found, source).into())
            }),
        );
}

type Answer = Result<Reply, CallError>;

fn include(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let name = arguments.str(0)?.clone();
    let text = name.text().into_owned();
    if call.open_renders(&text) > MAX_INCLUDES {
        return Err(format!(
            "rendering template has a nested reference name: {text}: unable to execute template"
        )
        .into());
    }
    let dot = arguments.at(1)?.clone();
    let by = arguments.at(0)?.clone();
    Ok(Render::named(name, dot, move |call, text| {
        let mut text = text?;
        let chosen = call.trace_of(&by);
        let chosen = call.as_condition(chosen);
        text.trace = call.union(text.trace, chosen);
        Ok(text.into())
    }))
}

fn tpl(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let text = arguments.at(0)?;
    let source = arguments.str(0)?.clone();
    let name = call.scope().set().name().to_string();
    let parsed = call.parse(&name, text).map_err(|error| {
        CallError::from(error).within(&format!("cannot parse template {}: ", quoted(&source)))
    })?;
    let dot = arguments.at(1)?.clone();
    let by = text.clone();
    Ok(Render::parsed(parsed, dot, move |call, text| match text {
        Ok(text) => {
            let mut text = without_no_value(call, text)?;
            if matches!(&text.value, Value::Str(string) if string.is_empty()) {
                // Nothing is left that could tell of the text.
                let chosen = call.trace_of(&by);
                let chosen = call.as_condition(chosen);
                text.trace = call.union(text.trace, chosen);
            }
            Ok(text.into())
        }
        Err(error) => Err(error.within(&format!(
            "error during tpl function execution for {}: ",
            quoted(&source)
        ))),
    }))
}

fn quoted(text: &Str) -> String {
    plimsoll_gotmpl::quote(text.bytes())
}

/// The text without what Go wrote for values that are none.
fn without_no_value(call: &mut Call<'_>, text: Traced) -> Result<Traced, CallError> {
    let Value::Str(string) = &text.value else {
        return Ok(text);
    };
    let found: Vec<usize> = memchr::memmem::find_iter(string.bytes(), NO_VALUE).collect();
    if found.is_empty() {
        return Ok(text);
    }
    let mut out = call.text();
    let mut at = 0;
    for start in found {
        let end = start + NO_VALUE.len();
        out.copy(string, at..start, text.trace);
        out.drop(string, start..end, text.trace);
        at = end;
    }
    out.copy(string, at..string.len(), text.trace);
    out.finish()
}

/// What stops a render with a message of the chart's author.
fn stop(message: &Str) -> CallError {
    CallError::new(format!("{WARN_START}{}{WARN_END}", message.text()))
}

fn required(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let value = arguments.at(1)?;
    let missing = match &value.value {
        Value::Nil => true,
        Value::Str(text) => text.is_empty(),
        _ => false,
    };
    if missing && lints(call) {
        return Ok("".into());
    }
    if missing {
        return Err(stop(arguments.str(0)?));
    }
    Ok(value.clone().into())
}

fn fail(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    if lints(call) {
        return Ok("".into());
    }
    Err(stop(arguments.str(0)?))
}
