//! Strings to lists and back: `split` and its kin, `join`, `sortAlpha`.

use std::ops::Range;

use memchr::memmem;
use plimsoll_gotmpl::{Arguments, Call, CallError, List, Map, Str, Trace, Traced, Type, Value};

use super::super::flow::{
    decides, elements, joined, members, order_of, present, text_of, write_text,
};
use super::super::{Answer, Entry, entry};
use super::runes;

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("split", "string string", |call, arguments| {
        let parts = split(call, arguments.at(0)?, arguments.at(1)?, None)?;
        numbered(call, parts)
    }),
    entry("splitn", "string int string", |call, arguments| {
        let limit = arguments.int(1)?;
        let mut parts = split(call, arguments.at(0)?, arguments.at(2)?, Some(limit))?;
        let by = decides(call, arguments.at(1)?);
        parts.shape = call.union(parts.shape, by);
        for part in &mut parts.list {
            part.trace = call.union(part.trace, by);
        }
        numbered(call, parts)
    }),
    entry("splitList", "string string", |call, arguments| {
        let parts = split(call, arguments.at(0)?, arguments.at(1)?, None)?;
        let list = List::new(Type::String, parts.list).with_shape(parts.shape);
        Ok(Traced::from(list).into())
    }),
    entry("toStrings", "any", |call, arguments| {
        let list = strings(call, arguments.at(0)?)?;
        Ok(Traced::from(list).into())
    }),
    entry("join", "string any", join),
    entry("sortAlpha", "any", sort_alpha),
];

/// The parts of a string, and what decided how many there are.
struct Parts {
    list: Vec<Traced>,
    shape: Trace,
}

/// Where the parts of a text lie (`strings.SplitN`); with an empty separator these are its
/// characters.
fn ranges(text: &[u8], separator: &[u8], limit: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let seams: Box<dyn Iterator<Item = usize>> = if separator.is_empty() {
        Box::new(runes(text).skip(1).map(|(start, _, _)| start))
    } else {
        Box::new(memmem::find_iter(text, separator))
    };
    for seam in seams.take(limit - 1) {
        found.push(start..seam);
        start = seam + separator.len();
    }
    if !separator.is_empty() || !text.is_empty() {
        found.push(start..text.len());
    }
    found
}

fn split(
    call: &mut Call<'_>,
    separator: &Traced,
    text: &Traced,
    limit: Option<i64>,
) -> Result<Parts, CallError> {
    let (Value::Str(by), Value::Str(string)) = (&separator.value, &text.value) else {
        return Err("a part of a split is no string".into());
    };
    let limit = match limit {
        Some(0) => 0,
        Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let condition = decides(call, separator);
    let whole = call.trace_of(text);
    let whole = call.as_condition(whole);
    let shape = call.union(whole, condition);
    if limit == 0 {
        let list = Vec::new();
        return Ok(Parts { list, shape });
    }
    let seams = if by.is_empty() {
        string.len()
    } else {
        memmem::find_iter(string.bytes(), by.bytes()).count()
    };
    let most = seams.min(limit);
    call.charge_steps(most as u64)?;
    call.charge_bytes(most.saturating_mul(64))?;
    let ranges = ranges(string.bytes(), by.bytes(), limit);
    let mut list = Vec::with_capacity(ranges.len());
    for range in ranges {
        if !call.is_tracing() {
            list.push(Value::Str(string.bytes()[range].into()).into());
            continue;
        }
        // Which part it is depends on all separators up to the one behind it.
        let before = call.trace_of_part(string, 0..range.end + by.len());
        let before = call.as_condition(before);
        let trace = call.union(text.trace, condition);
        let trace = call.union(trace, before);
        let mut out = call.text();
        out.copy(string, range, trace);
        let mut part = out.finish()?;
        part.trace = trace;
        list.push(part);
    }
    Ok(Parts { list, shape })
}

/// `map[string]string` with the keys `_0`, `_1` and so on.
fn numbered(call: &mut Call<'_>, parts: Parts) -> Answer {
    let map = Map::typed(Type::String).with_shape(parts.shape);
    for (index, part) in parts.list.into_iter().enumerate() {
        call.insert(&map, Str::from(format!("_{index}")), part)?;
    }
    Ok(Traced::from(map).into())
}

/// A value as a list of strings (`strslice`). One that is a list of strings is itself.
fn strings(call: &mut Call<'_>, value: &Traced) -> Result<List, CallError> {
    if let Value::List(list) = &value.value
        && *list.element_type() == Type::String
        && list.type_of() == Type::list(Type::String)
    {
        let shape = call.union(list.shape(), value.trace);
        if value.trace.is_none() {
            return Ok(list.clone());
        }
        let items = if list.order().is_none() {
            members(call, value)
        } else {
            present(call, value)
        };
        let items = items.unwrap_or_default();
        let same = List::new(Type::String, items).with_shape(shape);
        return Ok(same.with_order(list.order()));
    }
    let Some(items) = members(call, value) else {
        let list = match &value.value {
            Value::Nil => List::new(Type::String, Vec::new()).with_shape(value.trace),
            _ => {
                let (text, trace) = text_of(call, value)?;
                List::new(Type::String, vec![Traced::new(text, trace)])
            }
        };
        return Ok(list);
    };
    let mut shape = call.trace_of(value);
    let mut texts = Vec::with_capacity(items.len());
    for item in &items {
        if let Value::Nil = item.value {
            let condition = call.as_condition(item.trace);
            shape = call.union(shape, condition);
            continue;
        }
        let (text, trace) = text_of(call, item)?;
        // Why it is there is not in the pieces of a text.
        let why = call.deciders(item.trace);
        texts.push(Traced::new(text, call.union(trace, why)));
    }
    let list = List::new(Type::String, texts).with_shape(shape);
    Ok(list.with_order(order_of(value)))
}

fn join(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (separator, value) = (arguments.str(0)?, arguments.at(1)?);
    let Some(items) = elements(call, value) else {
        return match &value.value {
            Value::Nil => Ok(Traced::new("", value.trace).into()),
            Value::Str(_) => Ok(value.clone().into()),
            _ => {
                let (text, trace) = text_of(call, value)?;
                Ok(Traced::new(text, trace).into())
            }
        };
    };
    let shape = call.trace_of(value);
    let shape = call.as_condition(shape);
    let between = call.union(shape, arguments.at(0)?.trace);
    let is_bytes = matches!(value.value, Value::Bytes(_));
    call.charge_steps(items.len() as u64)?;
    let mut out = call.text();
    let mut first = true;
    for item in &items {
        if matches!(item.value, Value::Nil) && !is_bytes {
            out.gap(item.trace);
            continue;
        }
        if !first {
            out.copy_all(separator, between);
        }
        first = false;
        write_text(&mut out, item)?;
    }
    if first {
        // Another list would have had something here.
        out.gap(shape);
    }
    Ok(out.finish()?.into())
}

fn sort_alpha(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let value = arguments.at(0)?;
    if elements(call, value).is_none() {
        // `reflect.Indirect` takes nil for no slice, either.
        let (text, trace) = text_of(call, value)?;
        let list = List::new(Type::String, vec![Traced::new(text, trace)]);
        return Ok(Traced::from(list).into());
    }
    let list = strings(call, value)?;
    let all = call.deep_trace_of(value);
    let all = call.as_condition(all);
    let mut items = list.items().to_vec();
    call.charge_steps(items.len() as u64)?;
    if list.order().is_none() {
        let by = call.as_condition(list.shape());
        for item in &mut items {
            item.trace = call.union(item.trace, by);
        }
    }
    items.sort_by(|a, b| match (&a.value, &b.value) {
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    });
    if let Value::List(original) = &value.value
        && original.type_of() == Type::list(Type::String)
    {
        // The reference sorts where the list lies, so that all who have it see it.
        // Its order is not known as one that was sorted: the elements have to say so.
        let items: Vec<Traced> = items.iter().map(|item| joined(call, item, all)).collect();
        original.sort_in_place(items);
        if original.is_nil() {
            return Ok(value.clone().into());
        }
    }
    let shape = call.union(list.shape(), all);
    let order = call.union(list.order(), all);
    let sorted = List::new(Type::String, items).with_shape(shape);
    Ok(Traced::from(sorted.with_order(order)).into())
}
