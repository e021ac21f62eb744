//! Some of the functions that charts use, as a host writes them: texts keep their pieces,
//! choices keep what decided them.

use plimsoll_gotmpl::{
    Arguments, Call, CallError, Function, Functions, Map, Render, Reply, Signature, Str,
    TextBuilder, Trace, Traced, Type, Value,
};

type Answer = Result<Reply, CallError>;

pub(crate) fn all() -> Functions {
    let mut functions = Functions::new();
    let text = || Type::String;
    let any = || Type::Any;
    let mut add = |name: &str, function: Function| {
        functions.add(name, function);
    };
    let two_texts = || Signature::new([text(), text()]);
    add(
        "include",
        Function::new(Signature::new([text(), any()]), include),
    );
    add("tpl", Function::new(Signature::new([text(), any()]), tpl));
    add(
        "default",
        Function::new(Signature::variadic([any()], any()), default),
    );
    add(
        "ternary",
        Function::new(Signature::new([any(), any(), Type::Bool]), ternary),
    );
    add("dict", Function::new(Signature::variadic([], any()), dict));
    add(
        "set",
        Function::new(Signature::new([Type::any_map(), text(), any()]), set).writes(),
    );
    add(
        "hasKey",
        Function::new(Signature::new([Type::any_map(), text()]), has_key),
    );
    add(
        "kindIs",
        Function::new(Signature::new([text(), any()]), kind_is).shallow(),
    );
    add(
        "nindent",
        Function::new(Signature::new([Type::INT, text()]), |call, arguments| {
            indent(call, arguments, true)
        }),
    );
    add(
        "indent",
        Function::new(Signature::new([Type::INT, text()]), |call, arguments| {
            indent(call, arguments, false)
        }),
    );
    add(
        "quote",
        Function::new(Signature::variadic([], any()), quote),
    );
    add(
        "trunc",
        Function::new(Signature::new([Type::INT, text()]), trunc),
    );
    add("trimSuffix", Function::new(two_texts(), trim_suffix));
    add("contains", Function::new(two_texts(), contains));
    add(
        "replace",
        Function::new(Signature::new([text(), text(), text()]), replace),
    );
    add("b64enc", Function::new(Signature::new([text()]), b64enc));
    add(
        "toString",
        Function::new(Signature::new([any()]), to_string),
    );
    add("int", Function::new(Signature::new([any()]), int));
    add("toYaml", Function::new(Signature::new([any()]), to_yaml));
    functions
}

fn include(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (name, dot) = (arguments.str(0)?, arguments.at(1)?);
    Ok(Render::named(name.clone(), dot.clone(), |_, text| {
        text.map(Reply::from)
    }))
}

fn tpl(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let parsed = call.parse("chart", arguments.at(0)?)?;
    Ok(Render::parsed(
        parsed,
        arguments.at(1)?.clone(),
        |_, text| text.map(Reply::from),
    ))
}

/// A value that something else decided for.
#[expect(clippy::unnecessary_wraps, reason = "functions end with it")]
fn chosen(call: &mut Call<'_>, value: &Traced, by: &Traced) -> Answer {
    let trace = call.trace_of(by);
    let condition = call.as_condition(trace);
    let mut value = value.clone();
    value.trace = call.union(value.trace, condition);
    Ok(value.into())
}

fn default(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let other = arguments.at(0)?;
    match arguments.get(1) {
        None => Ok(other.clone().into()),
        Some(given) if given.value.truth() => Ok(given.clone().into()),
        Some(given) => chosen(call, other, given),
    }
}

fn ternary(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let index = usize::from(!arguments.bool(2)?);
    chosen(call, arguments.at(index)?, arguments.at(2)?)
}

fn dict(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let map = Map::new();
    for pair in arguments.chunks(2) {
        let [key, entry] = pair else {
            return Err("dict wants pairs".into());
        };
        let key = match &key.value {
            Value::Str(key) => key.clone(),
            _ => call.format(key)?.into(),
        };
        call.insert(&map, key, entry.clone())?;
    }
    Ok(Traced::from(map).into())
}

fn set(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    call.insert(
        arguments.map(0)?,
        arguments.str(1)?.clone(),
        arguments.at(2)?.clone(),
    )?;
    Ok(arguments.at(0)?.clone().into())
}

fn has_key(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let key = arguments.str(1)?;
    let map = arguments.at(0)?;
    let (has, trace) = match call.get(map, key.bytes()) {
        Some(_) => (true, call.trace_of(map)),
        None => (false, call.absent(map, key.bytes())),
    };
    Ok(Traced::new(has, trace).into())
}

fn kind_is(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let kind = arguments.at(1)?.value.kind().name();
    Ok((arguments.str(0)?.bytes() == kind.as_bytes()).into())
}

fn indent(call: &mut Call<'_>, arguments: &[Traced], newline: bool) -> Answer {
    let width = usize::try_from(arguments.int(0)?).unwrap_or(0);
    call.charge_bytes(width)?;
    let padding = " ".repeat(width);
    let text = arguments.str(1)?;
    let trace = arguments.at(1)?.trace;
    let by = arguments.at(0)?.trace;
    let mut out = call.text();
    if newline {
        out.write("\n", by);
    }
    let mut start = 0;
    for line in text.bytes().split_inclusive(|&byte| byte == b'\n') {
        out.write(&padding, by);
        out.copy(text, start..start + line.len(), trace);
        start += line.len();
    }
    if text.is_empty() || text.bytes().ends_with(b"\n") {
        out.write(&padding, by);
        out.copy(text, start..start, trace);
    }
    Ok(out.finish()?.into())
}

fn quote(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let mut out = call.text();
    for (n, argument) in arguments.iter().enumerate() {
        if n > 0 {
            out.write(" ", Trace::NONE);
        }
        quote_one(&mut out, argument)?;
    }
    Ok(out.finish()?.into())
}

/// Quotes a value; the pieces of a text that needs no escapes are kept.
fn quote_one(out: &mut TextBuilder<'_, '_>, value: &Traced) -> Result<(), CallError> {
    match &value.value {
        Value::Nil => out.gap(value.trace),
        Value::Str(text)
            if text
                .bytes()
                .iter()
                .all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(byte)) =>
        {
            out.write("\"", Trace::NONE);
            out.copy_all(text, value.trace);
            out.write("\"", Trace::NONE);
        }
        _ => {
            let printed = out.call().format(value)?;
            let trace = out.call().deep_trace_of(value);
            out.write(plimsoll_gotmpl::quote(printed.as_bytes()), trace);
        }
    }
    Ok(())
}

fn trunc(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let text = arguments.at(1)?;
    let end = usize::try_from(arguments.int(0)?).unwrap_or(0);
    let string = arguments.str(1)?;
    if end >= string.len() {
        return Ok(text.clone().into());
    }
    let mut out = call.text();
    out.copy(string, 0..end, text.trace);
    Ok(out.finish()?.into())
}

fn trim_suffix(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (suffix, text) = (arguments.str(0)?, arguments.str(1)?);
    if !text.bytes().ends_with(suffix.bytes()) || suffix.is_empty() {
        return Ok(arguments.at(1)?.clone().into());
    }
    let trace = arguments.at(1)?.trace;
    let end = text.len() - suffix.len();
    let mut out = call.text();
    out.copy(text, 0..end, trace);
    out.drop(text, end..text.len(), trace);
    Ok(out.finish()?.into())
}

fn contains(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (part, text) = (arguments.str(0)?.bytes(), arguments.str(1)?.bytes());
    let found = part.is_empty() || text.windows(part.len()).any(|window| window == part);
    Ok(found.into())
}

fn replace(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (old, new, text) = (arguments.str(0)?, arguments.str(1)?, arguments.str(2)?);
    let trace = arguments.at(2)?.trace;
    let bytes = text.bytes();
    let mut out = call.text();
    let (mut at, mut copied) = (0, 0);
    while !old.is_empty() && at + old.len() <= bytes.len() {
        if bytes[at..].starts_with(old.bytes()) {
            out.copy(text, copied..at, trace);
            out.replace(text, at..at + old.len(), new.bytes(), trace);
            at += old.len();
            copied = at;
        } else {
            at += 1;
        }
    }
    if copied == 0 {
        return Ok(arguments.at(2)?.clone().into());
    }
    out.copy(text, copied..bytes.len(), trace);
    Ok(out.finish()?.into())
}

fn b64enc(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for chunk in arguments.str(0)?.bytes().chunks(3) {
        let byte = |n: usize| u32::from(chunk.get(n).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for n in 0..4 {
            out.push(if n > chunk.len() {
                b'='
            } else {
                DIGITS[(bits >> (18 - 6 * n) & 63) as usize]
            });
        }
    }
    Ok(out.into())
}

fn to_string(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    if let Value::Str(_) = arguments.at(0)?.value {
        return Ok(arguments.at(0)?.clone().into());
    }
    let mut out = call.text();
    out.print(arguments.at(0)?)?;
    Ok(out.finish()?.into())
}

fn int(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    Ok(match &arguments.at(0)?.value {
        Value::Int(value, _) => Value::int(*value),
        Value::Float(value) => Value::int(*value as i64),
        Value::Str(text) => Value::int(text.text().parse().unwrap_or(0)),
        _ => Value::int(0),
    }
    .into())
}

fn to_yaml(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let mut out = call.text();
    let value = arguments.at(0)?;
    emit(&mut out, value, 0, value.trace, 0)?;
    Ok(out.finish()?.into())
}

/// Writes a value as YAML; of a container only what is inside, without the line break at its
/// end.
fn emit(
    out: &mut TextBuilder<'_, '_>,
    value: &Traced,
    indent: usize,
    around: Trace,
    depth: u32,
) -> Result<(), CallError> {
    if depth > 100 {
        return Err("nested too deeply".into());
    }
    let trace = out.call().union(around, value.trace);
    match &value.value {
        Value::Map(map) if !map.is_empty() => {
            let shape = out.call().union(trace, map.shape());
            for (n, (key, entry)) in map.entries().into_iter().enumerate() {
                if n > 0 {
                    line(out, indent, shape);
                }
                let key_trace = out.call().trace_of(&entry);
                let key_trace = out.call().union(shape, key_trace);
                out.write(key.bytes(), key_trace);
                match &entry.value {
                    Value::Map(inner) if !inner.is_empty() => {
                        out.write(":", key_trace);
                        line(out, indent + 2, key_trace);
                        emit(out, &entry, indent + 2, trace, depth + 1)?;
                    }
                    Value::List(inner) if !inner.is_empty() => {
                        out.write(":", key_trace);
                        line(out, indent, key_trace);
                        emit(out, &entry, indent, trace, depth + 1)?;
                    }
                    _ => {
                        out.write(": ", key_trace);
                        emit(out, &entry, indent, trace, depth + 1)?;
                    }
                }
            }
        }
        Value::List(list) if !list.is_empty() => {
            let shape = out.call().union(trace, list.shape());
            for (n, item) in list.items().iter().enumerate() {
                if n > 0 {
                    line(out, indent, shape);
                }
                out.write("- ", shape);
                emit(out, item, indent + 2, trace, depth + 1)?;
            }
        }
        Value::Map(map) => {
            let shape = out.call().union(trace, map.shape());
            out.write("{}", shape);
        }
        Value::List(list) => {
            let shape = out.call().union(trace, list.shape());
            out.write("[]", shape);
        }
        Value::Nil => out.write("null", trace),
        Value::Str(text) => scalar(out, text, trace),
        Value::Float(number) if number.fract() == 0.0 => {
            out.write((*number as i64).to_string(), trace);
        }
        _ => out.print(&Traced::new(value.value.clone(), trace))?,
    }
    Ok(())
}

fn line(out: &mut TextBuilder<'_, '_>, indent: usize, trace: Trace) {
    out.write("\n", trace);
    out.write(&"                                "[..indent.min(32)], trace);
}

fn scalar(out: &mut TextBuilder<'_, '_>, text: &Str, trace: Trace) {
    let plain = text.bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && text
            .bytes()
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(b))
        && !matches!(text.bytes(), b"yes" | b"no" | b"true" | b"false" | b"null");
    if plain {
        out.copy_all(text, trace);
    } else {
        out.write("'", trace);
        out.copy_all(text, trace);
        out.write("'", trace);
    }
}
