//! The functions of the oracle.

use std::collections::HashMap;

use plimsoll_gotmpl::value::UintType;
use plimsoll_gotmpl::{
    Arguments, Call, CallError, Function, Functions, List, Map, Render, Reply, Signature, Traced,
    Type, Value,
};

use super::data::{Thing, sum};

/// How often each template is being included.
#[derive(Default)]
pub(crate) struct Included(HashMap<String, u32>);

type Answer = Result<Reply, CallError>;

const MAX_INCLUDES: u32 = 20;

fn include(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let name = arguments.str(0)?.text().into_owned();
    let open = call.state::<Included>().expect("the state");
    let count = open.0.entry(name.clone()).or_default();
    if *count >= MAX_INCLUDES {
        return Err(format!("{name} includes itself").into());
    }
    *count += 1;
    Ok(Render::named(
        name.clone(),
        arguments.at(1)?.clone(),
        move |call, text| {
            let open = call.state::<Included>().expect("the state");
            *open.0.entry(name).or_default() -= 1;
            text.map(Reply::from)
        },
    ))
}

fn tpl(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let text = arguments.at(0)?;
    let quoted = plimsoll_gotmpl::quote(arguments.str(0)?.bytes());
    let parsed = call.parse("set", text).map_err(|error| {
        CallError::from(error).within(&format!("cannot parse template {quoted}: "))
    })?;
    let prefix = format!("error during tpl function execution for {quoted}: ");
    Ok(Render::parsed(
        parsed,
        arguments.at(1)?.clone(),
        move |_, text| text.map(Reply::from).map_err(|error| error.within(&prefix)),
    ))
}

fn upper(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let upper = |text: &[u8]| String::from_utf8_lossy(text).to_uppercase().into_bytes();
    Ok(call.map_pieces(arguments.at(0)?, upper)?.into())
}

/// Puts an entry under a key that came from somewhere, too.
fn put(call: &mut Call<'_>, map: &Map, key: &Traced, mut entry: Traced) -> Result<(), CallError> {
    let name = std::slice::from_ref(key).str(0)?.clone();
    let by = call.trace_of(key);
    entry.trace = call.union(entry.trace, by);
    let shape = call.union(map.shape(), by);
    call.insert(&map.clone().with_shape(shape), name, entry)
}

fn dict(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    if !arguments.len().is_multiple_of(2) {
        return Err("dict wants pairs".into());
    }
    let map = Map::new();
    for pair in arguments.chunks(2) {
        if !matches!(pair[0].value, Value::Str(_)) {
            let key = call.format(&pair[0])?;
            return Err(format!("key {key} is no string").into());
        }
        put(call, &map, &pair[0], pair[1].clone())?;
    }
    Ok(Traced::from(map).into())
}

fn set(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (map, key, entry) = (arguments.map(0)?, arguments.at(1)?, arguments.at(2)?);
    let is_scalar = match &entry.value {
        Value::Map(_) | Value::List(_) | Value::Bytes(_) | Value::Func(_) => false,
        Value::Object(object) => !object.is_pointer(),
        _ => true,
    };
    if !is_scalar {
        return Err("set wants a scalar".into());
    }
    put(call, map, key, entry.clone())?;
    Ok(arguments.at(0)?.clone().into())
}

/// One of two values, as a third decides.
fn pick(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let chosen = arguments.at(if arguments.bool(0)? { 1 } else { 2 })?;
    chosen_by(call, chosen, arguments.at(0)?)
}

#[expect(clippy::unnecessary_wraps, reason = "functions end with it")]
fn chosen_by(call: &mut Call<'_>, chosen: &Traced, by: &Traced) -> Answer {
    let by = call.trace_of(by);
    let condition = call.as_condition(by);
    let mut chosen = chosen.clone();
    chosen.trace = call.union(chosen.trace, condition);
    Ok(chosen.into())
}

fn default(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let given = arguments.get(1).filter(|given| match &given.value {
        Value::Nil => false,
        Value::Str(text) => !text.is_empty(),
        _ => true,
    });
    let chosen = given.unwrap_or(arguments.at(0)?);
    chosen_by(call, chosen, arguments.get(1).unwrap_or(chosen))
}

fn same(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    Ok(arguments.at(0)?.clone().into())
}

fn repeat(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let Ok(count) = usize::try_from(arguments.int(0)?) else {
        return Err("strings: negative Repeat count".into());
    };
    let text = arguments.str(1)?;
    let counted = call.as_condition(arguments.at(0)?.trace);
    let trace = call.union(arguments.at(1)?.trace, counted);
    let mut out = call.text();
    if count == 0 {
        out.drop(text, 0..text.len(), trace);
    }
    for _ in 0..count {
        out.copy_all(text, trace);
    }
    Ok(out.finish()?.into())
}

fn texts(arguments: &[Traced]) -> Value {
    Value::strings(arguments.to_vec())
}

/// The length of an argument whose type the signature says.
fn length(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let len = match &arguments.at(0)?.value {
        Value::Map(map) => map.len(),
        Value::List(list) => list.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => return Err("no container".into()),
    };
    Ok(Value::int(len as i64).into())
}

pub(crate) fn all() -> Functions {
    let mut functions = Functions::new();
    let one = |type_: Type| Signature::new([type_]);
    let any = || Signature::new([Type::Any]);
    let none = || Signature::new([]);
    let ints = || Signature::new([Type::INT, Type::INT]);
    let bytes = Type::list(Type::Uint(UintType::Uint8));
    let strings = Type::list(Type::String);
    let mut add =
        |name: &str, signature: Signature, native: fn(&mut Call<'_>, &[Traced]) -> Answer| {
            functions.add(name, Function::new(signature, native));
        };
    add(
        "include",
        Signature::new([Type::String, Type::Any]),
        include,
    );
    add("tpl", Signature::new([Type::String, Type::Any]), tpl);
    add("upper", one(Type::String), upper);
    add("add", ints(), |_, a| Ok(Value::int(sum(a)?).into()));
    add("sum", Signature::variadic([], Type::INT), |_, a| {
        Ok(Value::int(sum(a)?).into())
    });
    add("div", ints(), |_, a| {
        match a.int(0)?.checked_div(a.int(1)?) {
            Some(quotient) => Ok(Value::int(quotient).into()),
            None => Err("runtime error: integer divide by zero".into()),
        }
    });
    add("half", one(Type::Float64), |_, a| {
        Ok((a.float(0)? / 2.0).into())
    });
    add("not2", one(Type::Bool), |_, a| Ok((!a.bool(0)?).into()));
    add(
        "pick",
        Signature::new([Type::Bool, Type::Any, Type::Any]),
        pick,
    );
    add("id", any(), same);
    add("list", Signature::variadic([], Type::Any), |_, a| {
        Ok(Traced::from(Value::list(a.to_vec())).into())
    });
    add("texts", Signature::variadic([], Type::String), |_, a| {
        Ok(Traced::from(texts(a)).into())
    });
    add("dict", Signature::variadic([], Type::Any), dict);
    add(
        "set",
        Signature::new([Type::any_map(), Type::String, Type::Any]),
        set,
    );
    add("fail", one(Type::String), |_, a| {
        Err(a.str(0)?.text().into_owned().into())
    });
    add("typeOf", any(), |_, a| {
        let value = &a.at(0)?.value;
        Ok(match value {
            Value::Nil => "<nil>".into(),
            value => value.type_of().to_string().into(),
        })
    });
    add("kindOf", any(), |_, a| {
        Ok(a.at(0)?.value.kind().name().into())
    });
    add("int64", one(Type::INT), |_, a| {
        Ok(Value::int64(a.int(0)?).into())
    });
    add("uint", one(Type::INT), |_, a| {
        Ok(Value::Uint(a.int(0)? as u64, UintType::Uint).into())
    });
    add("byte", one(Type::Uint(UintType::Uint8)), same);
    add("dur", one(Type::Duration), same);
    add("bytes", one(Type::String), |_, a| {
        Ok(Value::Bytes(a.str(0)?.clone()).into())
    });
    add("cplx", one(Type::Complex128), same);
    add("none", none(), |_, _| Ok(Value::Nil.into()));
    add("nilMap", none(), |_, _| Ok(Map::nil(Type::Any).into()));
    add(
        "nilTexts",
        none(),
        |_, _| Ok(List::nil(Type::String).into()),
    );
    add("mapLen", one(Type::any_map()), length);
    add("listLen", one(Type::any_list()), length);
    add("textsLen", one(strings.clone()), length);
    add("bytesLen", one(bytes), length);
    add("join", Signature::new([Type::String, strings]), |_, a| {
        let mut all = Vec::new();
        for (n, item) in a.list(1)?.items().iter().enumerate() {
            if n > 0 {
                all.extend_from_slice(a.str(0)?.bytes());
            }
            if let Value::Str(text) = &item.value {
                all.extend_from_slice(text.bytes());
            }
        }
        Ok(all.into())
    });
    add("repeat", Signature::new([Type::INT, Type::String]), repeat);
    add(
        "default",
        Signature::variadic([Type::Any], Type::Any),
        default,
    );
    add("thing", none(), |_, _| {
        Ok(Value::object(Thing {
            name: "made".into(),
            count: 1,
            tags: None,
            any: Value::Nil,
            inner: None,
        })
        .into())
    });
    functions
}
