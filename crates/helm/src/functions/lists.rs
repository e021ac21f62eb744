//! Lists: building, parts, filters.
//!
//! An element of a list that was built says why it is there. Where it stands, which may depend on
//! all elements before it, is said by the order of the list ([`List::order`]).

use plimsoll_gotmpl::{Arguments, Call, CallError, List, Trace, Traced, Type, Value};

use super::defaults::is_empty;
use super::flow::{
    NIL_POINTER, decides, elements, joined, kind_of_type, length, order_of, present,
};
use super::numbers::to_int;
use super::{Answer, Entry, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("list", "any...", list),
    entry("tuple", "any...", list),
    entry("append", "any any", |call, arguments| {
        push(call, arguments, "push on")
    })
    .keeps(),
    entry("mustAppend", "any any", |call, arguments| {
        push(call, arguments, "push on")
    })
    .keeps(),
    entry("push", "any any", |call, arguments| {
        push(call, arguments, "push on")
    })
    .keeps(),
    entry("mustPush", "any any", |call, arguments| {
        push(call, arguments, "push on")
    })
    .keeps(),
    entry("prepend", "any any", prepend).keeps(),
    entry("mustPrepend", "any any", prepend).keeps(),
    entry("first", "any", first),
    entry("mustFirst", "any", first),
    entry("last", "any", last),
    entry("mustLast", "any", last),
    entry("rest", "any", |call, arguments| {
        without_end(call, arguments, "rest")
    }),
    entry("mustRest", "any", |call, arguments| {
        without_end(call, arguments, "rest")
    }),
    entry("initial", "any", |call, arguments| {
        without_end(call, arguments, "initial")
    }),
    entry("mustInitial", "any", |call, arguments| {
        without_end(call, arguments, "initial")
    }),
    entry("reverse", "any", reverse).keeps(),
    entry("mustReverse", "any", reverse).keeps(),
    entry("compact", "any", compact),
    entry("mustCompact", "any", compact),
    entry("uniq", "any", uniq).keeps(),
    entry("mustUniq", "any", uniq).keeps(),
    entry("without", "any any...", without),
    entry("mustWithout", "any any...", without),
    entry("has", "any any", has),
    entry("mustHas", "any any", has),
    entry("slice", "any any...", slice),
    entry("mustSlice", "any any...", slice),
    entry("chunk", "int any", chunk),
    entry("mustChunk", "int any", chunk),
    entry("concat", "any...", concat).keeps(),
];

/// The elements of a slice; `wanted` says in the error for anything else what was to be done.
fn items(call: &mut Call<'_>, list: &Traced, wanted: &str) -> Result<Vec<Traced>, CallError> {
    let kind = kind_of_type(list)?;
    let items = elements(call, list);
    items.ok_or_else(|| format!("Cannot {wanted} type {kind}").into())
}

/// The same without what decided where each stands, but with what decided that it is there.
fn unplaced(call: &mut Call<'_>, list: &Traced, wanted: &str) -> Result<Vec<Traced>, CallError> {
    let kind = kind_of_type(list)?;
    let items = present(call, list);
    items.ok_or_else(|| format!("Cannot {wanted} type {kind}").into())
}

/// `[]interface {}` of elements, with what decided how many there are.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it is the answer of functions that can fail"
)]
fn list_of(items: Vec<Traced>, shape: Trace) -> Answer {
    let list = List::new(Type::Any, items).with_shape(shape);
    Ok(Traced::from(list).into())
}

/// The same, with what decided where each stands. It is part of the shape.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it is the answer of functions that can fail"
)]
fn ordered(items: Vec<Traced>, shape: Trace, order: Trace) -> Answer {
    let list = List::new(Type::Any, items).with_shape(shape);
    Ok(Traced::from(list.with_order(order)).into())
}

fn list(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    list_of(arguments.to_vec(), Trace::NONE)
}

fn push(call: &mut Call<'_>, arguments: &[Traced], wanted: &str) -> Answer {
    let (list, value) = (arguments.at(0)?, arguments.at(1)?);
    let mut items = unplaced(call, list, wanted)?;
    charge(call, items.len() + 1)?;
    let by = call.condition();
    items.push(joined(call, value, by));
    let shape = call.trace_of(list);
    // How many come before it decides where it stands.
    let by = call.as_condition(shape);
    let order = call.union(order_of(list), by);
    ordered(items, shape, order)
}

/// Takes what a new list needs.
fn charge(call: &mut Call<'_>, len: usize) -> Result<(), CallError> {
    if len > 64 {
        call.charge_steps(len as u64 / 2)?;
        call.charge_bytes(len * 16)?;
    }
    Ok(())
}

fn prepend(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (list, value) = (arguments.at(0)?, arguments.at(1)?);
    let mut items = unplaced(call, list, "prepend on")?;
    charge(call, items.len() + 1)?;
    let by = call.condition();
    items.insert(0, joined(call, value, by));
    let shape = call.trace_of(list);
    // The others stand as they stood, which the shape says where the order does not.
    let by = call.as_condition(shape);
    let order = call.union(order_of(list), by);
    ordered(items, shape, order)
}

/// One element, or nil if there is none.
fn end(
    call: &mut Call<'_>,
    list: &Traced,
    wanted: &str,
    choose: impl Fn(&List) -> Option<Traced>,
) -> Answer {
    let by = decides(call, list);
    if let Value::List(inner) = &list.value {
        let mut found = choose(inner).unwrap_or_default();
        found.trace = call.union(found.trace, list.trace);
        found.trace = call.union(found.trace, by);
        return Ok(found.into());
    }
    let items = List::new(Type::Any, items(call, list, wanted)?);
    let mut found = choose(&items).unwrap_or_default();
    found.trace = call.union(found.trace, by);
    Ok(found.into())
}

fn first(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let list = arguments.at(0)?;
    end(call, list, "find first on", |list| {
        list.items().first().cloned()
    })
}

fn last(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let list = arguments.at(0)?;
    end(call, list, "find last on", |list| {
        list.items().last().cloned()
    })
}

/// All but the first, or all but the last.
fn without_end(call: &mut Call<'_>, arguments: &[Traced], which: &str) -> Answer {
    let list = arguments.at(0)?;
    let mut items = items(call, list, &format!("find {which} on"))?;
    charge(call, items.len())?;
    let shape = call.trace_of(list);
    if items.is_empty() {
        let nil = List::nil(Type::Any).with_shape(shape);
        return Ok(Traced::from(nil).into());
    }
    if which == "rest" {
        items.remove(0);
    } else {
        items.pop();
    }
    list_of(items, shape)
}

fn reverse(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let list = arguments.at(0)?;
    let mut items = unplaced(call, list, "find reverse on")?;
    charge(call, items.len())?;
    items.reverse();
    let shape = call.trace_of(list);
    let by = call.as_condition(shape);
    let order = call.union(order_of(list), by);
    ordered(items, shape, order)
}

/// Whether an element of a list is kept.
enum Keep {
    /// Because of what it is, and maybe of those that were kept before it.
    Yes,
    /// Whatever it is.
    Always,
    No,
}

impl Keep {
    fn only(if_so: bool) -> Self {
        if if_so { Self::Yes } else { Self::No }
    }
}

/// Keeps elements because of what they are and of `by`; where each stands depends on all before
/// it.
fn filtered(
    call: &mut Call<'_>,
    list: &Traced,
    wanted: &str,
    by: Trace,
    mut keep: impl FnMut(&mut Call<'_>, &[Traced], &Traced) -> Result<Keep, CallError>,
) -> Answer {
    let all = unplaced(call, list, wanted)?;
    charge(call, all.len())?;
    let mut passed = by;
    let mut kept = Vec::new();
    for item in all {
        let mut own = Trace::NONE;
        if call.is_tracing() {
            own = call.deep_trace_of(&item);
            own = call.as_condition(own);
            passed = call.union(passed, own);
        }
        let because = match keep(call, &kept, &item)? {
            Keep::Yes => call.union(own, by),
            Keep::Always => by,
            Keep::No => continue,
        };
        kept.push(joined(call, &item, because));
    }
    let shape = call.trace_of(list);
    let shape = call.union(shape, passed);
    let order = call.union(order_of(list), passed);
    ordered(kept, shape, order)
}

fn compact(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let list = arguments.at(0)?;
    filtered(call, list, "compact on", Trace::NONE, |_, _, item| {
        Ok(Keep::only(!is_empty(item)))
    })
}

/// The first element of a list that is deeply equal (`inList`).
fn find<'l>(
    call: &mut Call<'_>,
    list: &'l [Traced],
    value: &Traced,
) -> Result<Option<&'l Traced>, CallError> {
    for item in list {
        let mut work = 0;
        let equal = item.value.deep_equal_counting(&value.value, &mut work);
        call.charge_steps(work)?;
        if equal.ok_or("the values are too large to compare")? {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

fn is_in(call: &mut Call<'_>, list: &[Traced], value: &Traced) -> Result<bool, CallError> {
    Ok(find(call, list, value)?.is_some())
}

fn uniq(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let list = arguments.at(0)?;
    filtered(
        call,
        list,
        "find uniq on",
        Trace::NONE,
        |call, kept, item| match kept {
            // Nothing that it could be is there twice.
            [] => Ok(Keep::Always),
            _ => Ok(Keep::only(!is_in(call, kept, item)?)),
        },
    )
}

fn without(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let list = arguments.at(0)?;
    let omitted = &arguments[1..];
    let mut by = Trace::NONE;
    for omitted in omitted {
        let own = call.deep_trace_of(omitted);
        let own = call.as_condition(own);
        by = call.union(by, own);
    }
    filtered(call, list, "find without on", by, |call, _, item| {
        Ok(Keep::only(!is_in(call, omitted, item)?))
    })
}

fn has(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (needle, list) = (arguments.at(0)?, arguments.at(1)?);
    if let Value::Nil = list.value {
        return Ok(Traced::new(false, list.trace).into());
    }
    let bytes;
    let items = match &list.value {
        Value::List(inner) => inner.items(),
        _ => {
            bytes = items(call, list, "find has on")?;
            &bytes
        }
    };
    let Some(found) = find(call, items, needle)? else {
        // Any other element, or one more, could have been it.
        return Ok(false.into());
    };
    // While this one is there, it does not matter what the others are, or where it stands.
    let mut trace = list.trace;
    for value in [found, needle] {
        let own = call.deep_trace_of(value);
        trace = call.union(trace, own);
    }
    Ok(Traced::new(true, trace).into())
}

fn slice(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let list = arguments.at(0)?;
    let kind = kind_of_type(list)?;
    let indexes = &arguments[1..];
    let Some(len) = length(list) else {
        return Err(format!("list should be type of slice or array but {kind}").into());
    };
    let mut by = Trace::NONE;
    for index in indexes {
        let own = decides(call, index);
        by = call.union(by, own);
    }
    let shape = call.trace_of(list);
    if len == 0 {
        return Ok(Traced::new(Value::Nil, shape).into());
    }
    let start = indexes.first().map_or(0, to_int);
    let end = indexes.get(1).map_or(len as i64, to_int);
    let capacity = match &list.value {
        Value::List(inner) => inner.capacity(),
        _ => len,
    };
    let bounds = (usize::try_from(start), usize::try_from(end));
    let (Ok(start), Ok(end)) = bounds else {
        return Err("reflect.Value.Slice: slice index out of bounds".into());
    };
    if start > end || end > capacity {
        return Err("reflect.Value.Slice: slice index out of bounds".into());
    }
    let mut trace = call.union(list.trace, by);
    match &list.value {
        Value::List(inner) => {
            charge(call, capacity - start)?;
            // Where an element stands decides whether it is in the part.
            trace = call.union(trace, inner.order());
            let shape = call.union(inner.shape(), by);
            let part = inner.slice(start, end, capacity).with_shape(shape);
            Ok(Traced::new(part, trace).into())
        }
        Value::Bytes(bytes) => {
            let mut out = call.text();
            out.copy(bytes, start..end, trace);
            let part = out.finish()?;
            match part.value {
                Value::Str(text) => Ok(Traced::new(Value::Bytes(text), part.trace).into()),
                _ => Err("no text was written".into()),
            }
        }
        _ => Err(NIL_POINTER.into()),
    }
}

fn chunk(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (size, list) = (arguments.int(0)?, arguments.at(1)?);
    let kind = kind_of_type(list)?;
    let Some(items) = elements(call, list) else {
        return Err(format!("Cannot chunk type {kind}").into());
    };
    let by = decides(call, arguments.at(0)?);
    let own = call.trace_of(list);
    let shape = call.union(own, by);
    let of = |call: &mut Call<'_>, part: &[Traced]| {
        let items = part.iter().map(|item| joined(call, item, by)).collect();
        Traced::from(List::new(Type::Any, items).with_shape(shape))
    };
    if size <= 0 {
        // The reference computes with floats what comes out of this.
        let len = items.len() as u64;
        let list = match (size, len) {
            (..=-2, 1) => vec![of(call, &items)],
            (..=-1, 2..) if len - 1 <= size.unsigned_abs() => Vec::new(),
            _ => return Err("runtime error: makeslice: len out of range".into()),
        };
        let list = List::new(Type::any_list(), list).with_shape(shape);
        return Ok(Traced::from(list).into());
    }
    charge(call, items.len())?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let parts: Vec<Traced> = items.chunks(size).map(|part| of(call, part)).collect();
    let list = List::new(Type::any_list(), parts).with_shape(shape);
    Ok(Traced::from(list).into())
}

fn concat(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let mut all = Vec::new();
    let (mut shape, mut order) = (Trace::NONE, Trace::NONE);
    let mut by = Trace::NONE;
    for list in arguments {
        let kind = kind_of_type(list)?;
        let Some(items) = present(call, list) else {
            return Err(format!("Cannot concat type {kind} as list").into());
        };
        charge(call, items.len())?;
        all.extend(items.iter().map(|item| joined(call, item, by)));
        // How many came before decides where these stand.
        let before = call.as_condition(shape);
        order = call.union(order, before);
        order = call.union(order, order_of(list));
        let own = call.trace_of(list);
        shape = call.union(shape, own);
        by = call.condition();
    }
    if all.is_empty() {
        let nil = List::nil(Type::Any).with_shape(shape);
        return Ok(Traced::from(nil).into());
    }
    ordered(all, shape, order)
}
