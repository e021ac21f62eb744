//! Maps: building, reading, choosing entries.

use plimsoll_gotmpl::{Arguments, Call, CallError, List, Map, Trace, Traced, Type, Value};

use super::flow::{chosen, decides, joined, text_of};
use super::{Answer, Entry, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("dict", "any...", dict),
    entry("get", "map string", get),
    entry("set", "map string any", set).writes(),
    entry("unset", "map string", unset).writes(),
    entry("hasKey", "map string", has_key),
    entry("pluck", "string map...", pluck),
    entry("keys", "map...", keys),
    entry("values", "map", values),
    entry("pick", "map string...", pick),
    entry("omit", "map string...", omit),
    entry("dig", "any...", dig),
    entry("deepCopy", "any", |call, arguments| {
        deep_copy(call, arguments.at(0)?)
    }),
    entry("mustDeepCopy", "any", |call, arguments| {
        deep_copy(call, arguments.at(0)?)
    }),
];

fn dict(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let map = Map::new();
    for pair in arguments.chunks(2) {
        let key = &pair[0];
        let by = call.trace_of(key);
        let (key, _) = text_of(call, key)?;
        let entry = match pair.get(1) {
            Some(entry) => entry.clone(),
            None => "".into(),
        };
        call.insert_by(&map, key, entry, by)?;
    }
    Ok(Traced::from(map).into())
}

fn get(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (map, key) = (arguments.at(0)?, arguments.str(1)?);
    let found = match call.get(map, key.bytes()) {
        Some(entry) => entry,
        None => {
            let trace = call.absent(map, key.bytes());
            Traced::new("", trace)
        }
    };
    Ok(chosen(call, &found, &[arguments.at(1)?]).into())
}

fn set(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (map, key) = (arguments.map(0)?, arguments.str(1)?);
    let by = call.trace_of(arguments.at(1)?);
    call.insert_by(map, key.clone(), arguments.at(2)?.clone(), by)?;
    Ok(arguments.at(0)?.clone().into())
}

fn unset(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (map, key) = (arguments.map(0)?, arguments.str(1)?);
    let by = call.trace_of(arguments.at(1)?);
    call.remove_by(map, key.bytes(), by);
    Ok(arguments.at(0)?.clone().into())
}

/// Whether the entries of a map say why they are there.
fn says_why(map: &Traced) -> bool {
    matches!(&map.value, Value::Map(inner) if inner.rest() != inner.shape())
}

/// Whether a map has a key, with what decided that.
fn presence(call: &mut Call<'_>, map: &Traced, key: &Traced) -> (bool, Trace) {
    let Value::Str(text) = &key.value else {
        return (false, Trace::NONE);
    };
    let (has, trace) = match call.get(map, text.bytes()) {
        Some(entry) if says_why(map) => (true, call.presence(map, &entry)),
        Some(_) => (true, call.trace_of(map)),
        None => (false, call.absent(map, text.bytes())),
    };
    let by = decides(call, key);
    (has, call.union(trace, by))
}

fn has_key(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (has, trace) = presence(call, arguments.at(0)?, arguments.at(1)?);
    Ok(Traced::new(has, trace).into())
}

fn pluck(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let key = arguments.at(0)?;
    let name = arguments.str(0)?;
    let mut shape = Trace::NONE;
    let mut found = Vec::new();
    for map in &arguments[1..] {
        let (has, trace) = presence(call, map, key);
        // Where a value stands depends on the maps before it.
        let before = call.as_condition(shape);
        shape = call.union(shape, trace);
        if has && let Some(entry) = call.get(map, name.bytes()) {
            let by = decides(call, key);
            let by = call.union(before, by);
            found.push(joined(call, &entry, by));
        }
    }
    let list = List::new(Type::Any, found).with_shape(shape);
    Ok(Traced::from(list).into())
}

fn keys(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (mut shape, mut order) = (Trace::NONE, Trace::NONE);
    let mut all: Vec<Traced> = Vec::new();
    for (index, map) in arguments.iter().enumerate() {
        let own = call.trace_of(map);
        let before = call.as_condition(shape);
        shape = call.union(shape, own);
        let inner = arguments.map(index)?;
        call.charge_steps(inner.len() as u64 / 8)?;
        if call.is_tracing() && says_why(map) {
            for (key, entry) in inner.entries() {
                let why = call.presence(map, &entry);
                all.push(Traced::new(key, call.names(why)));
            }
            let own = call.as_condition(own);
            order = call.union(order, own);
        } else {
            let trace = call.as_condition(own);
            let trace = call.union(own, trace);
            let named = call.names(trace);
            all.extend(inner.keys().into_iter().map(|key| Traced::new(key, named)));
        }
        order = call.union(order, before);
    }
    let list = List::new(Type::String, all).with_shape(shape);
    Ok(Traced::from(list.with_order(order)).into())
}

fn values(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let map = arguments.at(0)?;
    let shape = call.trace_of(map);
    let entries = arguments.map(0)?.entries();
    call.charge_steps(entries.len() as u64 / 8)?;
    // The order is that of the keys: which there are decides where each stands.
    let by = call.as_condition(shape);
    let outer = call.union(map.trace, by);
    let values = entries
        .iter()
        .map(|(_, entry)| joined(call, entry, outer))
        .collect();
    let list = List::new(Type::Any, values).with_shape(shape);
    Ok(Traced::from(list).into())
}

fn pick(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let map = arguments.at(0)?;
    let picked = Map::new();
    let mut shape = Trace::NONE;
    for (index, key) in arguments.iter().enumerate().skip(1) {
        let name = arguments.str(index)?;
        let (has, trace) = presence(call, map, key);
        shape = call.union(shape, trace);
        if has && let Some(entry) = call.get(map, name.bytes()) {
            let by = decides(call, key);
            call.insert_by(&picked, name.clone(), entry, by)?;
        }
    }
    let shape = call.union(shape, picked.shape());
    Ok(Traced::from(picked.with_shape(shape)).into())
}

fn omit(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let map = arguments.at(0)?;
    let rest = Map::new();
    let mut by = Trace::NONE;
    for key in &arguments[1..] {
        let own = decides(call, key);
        by = call.union(by, own);
    }
    let omitted: Vec<&[u8]> = arguments[1..]
        .iter()
        .filter_map(|key| match &key.value {
            Value::Str(key) => Some(key.bytes()),
            _ => None,
        })
        .collect();
    let whole = call.trace_of(map);
    let outer = match &map.value {
        Value::Map(inner) => call.union(map.trace, inner.taint()),
        _ => map.trace,
    };
    let outer = call.union(outer, by);
    let entries = arguments.map(0)?.entries();
    call.charge_steps((entries.len() as u64).saturating_mul(omitted.len() as u64 + 1) / 8)?;
    for (key, entry) in entries {
        if !omitted.contains(&key.bytes()) {
            let entry = joined(call, &entry, outer);
            call.insert(&rest, key, entry)?;
        }
    }
    let shape = call.union(whole, by);
    let shape = call.union(shape, rest.shape());
    Ok(Traced::from(rest.with_shape(shape)).into())
}

/// What Go says when a value in an interface has another type than was asserted.
fn not_asserted(value: &Value, wanted: &str) -> String {
    let got = match value {
        Value::Nil => "nil".to_owned(),
        value => value.type_of().to_string(),
    };
    format!("interface conversion: interface {{}} is {got}, not {wanted}")
}

const PLAIN_MAP: &str = "map[string]interface {}";

fn dig(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let [keys @ .., default, map] = arguments else {
        return Err("dig needs at least three arguments".into());
    };
    if keys.is_empty() {
        return Err("dig needs at least three arguments".into());
    }
    let is_plain =
        |value: &Value| matches!(value, Value::Map(map) if map.type_of() == Type::any_map());
    if !is_plain(&map.value) {
        return Err(not_asserted(&map.value, PLAIN_MAP).into());
    }
    for key in keys {
        if !matches!(key.value, Value::Str(_)) {
            return Err(not_asserted(&key.value, "string").into());
        }
    }
    let mut step = map.clone();
    for key in keys {
        let Value::Str(name) = &key.value else {
            continue;
        };
        if !is_plain(&step.value) {
            return Err(not_asserted(&step.value, PLAIN_MAP).into());
        }
        let by = decides(call, key);
        let Some(mut entry) = call.get(&step, name.bytes()) else {
            let absent = call.absent(&step, name.bytes());
            let absent = call.as_condition(absent);
            let by = call.union(absent, by);
            return Ok(joined(call, default, by).into());
        };
        entry.trace = call.union(entry.trace, by);
        step = entry;
    }
    Ok(step.into())
}

/// Containers in containers: copying goes no deeper.
const MAX_DEPTH: u32 = 256;

/// A copy that shares no map with the original.
fn deep_copy(call: &mut Call<'_>, value: &Traced) -> Answer {
    if let Value::Nil = value.value {
        return Err("reflect: call of reflect.Value.Type on zero Value".into());
    }
    Ok(copied(call, value, 0)?.into())
}

fn copied(call: &mut Call<'_>, value: &Traced, depth: u32) -> Result<Traced, CallError> {
    if depth > MAX_DEPTH {
        return Err(format!(
            "a value is nested more than {MAX_DEPTH} levels deep, or contains itself"
        )
        .into());
    }
    Ok(match &value.value {
        Value::Map(map) => {
            if map.is_nil() {
                return Ok(value.clone());
            }
            let shape = call.union(map.shape(), map.taint());
            // The same type, with its methods and its place in the host's eyes.
            let copy = map.emptied();
            let entries = map.entries();
            call.charge_steps(entries.len() as u64)?;
            call.charge_bytes(entries.len() * 64 + 128)?;
            for (key, entry) in entries {
                let mut entry = copied(call, &entry, depth + 1)?;
                entry.trace = call.union(entry.trace, map.taint());
                call.insert(&copy, key, entry)?;
            }
            let shape = call.union(shape, copy.shape());
            Traced::new(copy.with_shape(shape), value.trace)
        }
        Value::List(list) if !list.is_nil() => {
            call.charge_steps(list.len() as u64)?;
            call.charge_bytes(list.len() * 32 + 128)?;
            let items = list.items().iter();
            let items: Result<Vec<_>, _> =
                items.map(|item| copied(call, item, depth + 1)).collect();
            Traced::new(list.with_items(items?), value.trace)
        }
        _ => value.clone(),
    })
}
