//! The methods of `.Files` and `.Values`.

use plimsoll_gotmpl::{
    Arguments, Call, CallError, Class, Map, Reply, Signature, Str, Trace, Traced, Type, Value,
};

use super::glob::Glob;
use super::objects::{files_class, no_parameters, values_class};

type Answer = Result<Reply, CallError>;

/// `engine.files`
pub(super) fn files() -> Class {
    let name = || Signature::new([Type::String]);
    Class::new("engine.files")
        .method("Get", name(), |call, arguments| {
            file(call, arguments, false)
        })
        .method("GetBytes", name(), |call, arguments| {
            file(call, arguments, true)
        })
        .method("Glob", name(), glob)
        .method("AsConfig", no_parameters(), |call, _| as_yaml(call, false))
        .method("AsSecrets", no_parameters(), |call, _| as_yaml(call, true))
        .method("Lines", name(), lines)
}

fn own_map(call: &Call<'_>) -> Result<(Traced, Map), CallError> {
    let receiver = call.receiver();
    match receiver.value.clone() {
        Value::Map(map) => Ok((receiver, map)),
        _ => Err("no files".into()),
    }
}

/// What decided which file it is.
fn choice(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Trace, CallError> {
    let trace = call.trace_of(arguments.at(0)?);
    Ok(call.as_condition(trace))
}

fn file(call: &mut Call<'_>, arguments: &[Traced], as_bytes: bool) -> Answer {
    let (receiver, _) = own_map(call)?;
    let name = arguments.str(0)?.clone();
    let choice = choice(call, arguments)?;
    let (content, trace) = match call.get(&receiver, name.bytes()) {
        Some(Traced {
            value: Value::Bytes(content),
            trace,
            ..
        }) => (content, trace),
        _ => (Str::from(""), call.absent(&receiver, name.bytes())),
    };
    let trace = call.union(trace, choice);
    let value = if as_bytes {
        Value::Bytes(content)
    } else {
        Value::Str(content)
    };
    Ok(Traced::new(value, trace).into())
}

fn glob(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (receiver, map) = own_map(call)?;
    let choice = choice(call, arguments)?;
    let pattern = arguments.str(0)?.text().into_owned();
    let glob = Glob::new(&pattern);
    let found = Map::classed(map.element_type().clone(), files_class());
    for (name, entry) in map.entries() {
        call.charge_steps(1)?;
        if glob.matches(&name.text()) {
            found.insert(name, entry);
        }
    }
    let shape = call.trace_of(&receiver);
    let shape = call.union(shape, choice);
    let trace = call.union(receiver.trace, choice);
    Ok(Traced::new(found.with_shape(shape), trace).into())
}

fn as_yaml(call: &mut Call<'_>, encoded: bool) -> Answer {
    let (_, map) = own_map(call)?;
    let flat = Map::typed(Type::String);
    for (name, entry) in map.entries() {
        let Value::Bytes(content) = &entry.value else {
            continue;
        };
        let name = name.text();
        let base = plimsoll_source::files::file_name(&name);
        let value = if encoded {
            call.charge_bytes(content.len() / 3 * 4)?;
            Value::from(base64(content.bytes()))
        } else {
            Value::Str(content.clone())
        };
        flat.insert(base, Traced::new(value, entry.trace));
    }
    let receiver = call.receiver();
    let shape = call.trace_of(&receiver);
    let flat = flat.with_shape(shape);
    crate::functions::to_yaml(call, &Traced::new(flat, receiver.trace))
}

/// Go's standard base64.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0_u32, |word, at| {
            word << 8 | u32::from(chunk.get(at).copied().unwrap_or(0))
        });
        for at in 0..4 {
            out.push(if at <= chunk.len() {
                char::from(DIGITS[(word >> (18 - 6 * at) & 63) as usize])
            } else {
                '='
            });
        }
    }
    out
}

fn lines(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (receiver, _) = own_map(call)?;
    let name = arguments.str(0)?.clone();
    let choice = choice(call, arguments)?;
    let found = call.get(&receiver, name.bytes());
    let trace = match &found {
        Some(entry) => entry.trace,
        None => call.absent(&receiver, name.bytes()),
    };
    let trace = call.union(trace, choice);
    let mut items = Vec::new();
    if let Some(Value::Bytes(content)) = found.map(|entry| entry.value)
        && !content.is_empty()
    {
        let bytes = content.bytes();
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        call.charge_bytes(bytes.len())?;
        for line in bytes.split(|&byte| byte == b'\n') {
            items.push(Traced::new(Value::Str(line.into()), trace));
        }
    }
    Ok(Traced::new(Value::strings(items), trace).into())
}

/// `common.Values`
pub(super) fn values() -> Class {
    let path = || Signature::new([Type::String]);
    Class::new("common.Values")
        .method("AsMap", no_parameters(), |call, _| {
            let (receiver, map) = own_map(call)?;
            Ok(Traced::new(map.viewed_as(None), receiver.trace).into())
        })
        .method("YAML", no_parameters(), |call, _| {
            let receiver = call.receiver();
            let text = crate::functions::to_yaml(call, &receiver)?;
            let Reply::Traced(text) = text else {
                return Ok(text);
            };
            let mut out = call.text();
            if let Value::Str(string) = &text.value {
                out.copy_all(string, text.trace);
            }
            out.write("\n", text.trace);
            Ok(out.finish()?.into())
        })
        .method("Table", path(), |call, arguments| {
            let path = arguments.str(0)?.text().into_owned();
            let mut at = call.receiver();
            for key in path.split('.') {
                at = match call.get(&at, key.as_bytes()) {
                    Some(Traced {
                        value: Value::Map(map),
                        trace,
                        ..
                    }) => Traced::new(map, trace),
                    _ => return Err(format!("{} is not a table", quoted(key)).into()),
                };
            }
            let Value::Map(map) = &at.value else {
                return Err("no table".into());
            };
            Ok(Traced::new(map.viewed_as(Some(values_class())), at.trace).into())
        })
        .method("PathValue", path(), |call, arguments| {
            let path = arguments.str(0)?.text().into_owned();
            if path.is_empty() {
                return Err("YAML path cannot be empty".into());
            }
            let mut at = call.receiver();
            let last = path.rsplit('.').next().unwrap_or_default();
            for key in path.split('.') {
                at = match call.get(&at, key.as_bytes()) {
                    Some(found) => found,
                    None => return Err(format!("{} is not a value", quoted(last)).into()),
                };
            }
            if matches!(at.value, Value::Map(_)) {
                return Err(format!("{} is not a value", quoted(last)).into());
            }
            Ok(Traced::in_interface(at.value, at.trace).into())
        })
}

fn quoted(text: &str) -> String {
    plimsoll_gotmpl::quote(text.as_bytes())
}
