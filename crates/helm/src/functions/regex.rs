//! Regular expressions: Go's syntax and meaning, its errors, and its templates of replacement.

mod ascii;
mod classes;
mod counts;
mod groups;
mod matcher;
mod syntax;

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use plimsoll_gotmpl::{Arguments, Call, CallError, List, Str, Trace, Traced, Type, Value, unicode};

use super::context::Context;
use super::flow::decides;
use super::{Answer, Entry, entry};
pub(crate) use matcher::Regex;
use matcher::{Haystack, Match};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("regexMatch", "string string", |call, arguments| {
        // The reference swallows the error.
        match compiled(call, arguments.str(0)?)? {
            Ok(regex) => is_match(call, &regex, arguments.str(1)?),
            Err(_) => Ok(false.into()),
        }
    }),
    entry("mustRegexMatch", "string string", |call, arguments| {
        let regex = compiled(call, arguments.str(0)?)??;
        is_match(call, &regex, arguments.str(1)?)
    }),
    entry("regexFind", "string string", |call, arguments| {
        let regex = must(call, arguments)?;
        find(call, &regex, arguments)
    }),
    entry("mustRegexFind", "string string", |call, arguments| {
        let regex = compiled(call, arguments.str(0)?)??;
        find(call, &regex, arguments)
    }),
    entry("regexFindAll", "string string int", |call, arguments| {
        let regex = must(call, arguments)?;
        find_all(call, &regex, arguments)
    }),
    entry(
        "mustRegexFindAll",
        "string string int",
        |call, arguments| {
            let regex = compiled(call, arguments.str(0)?)??;
            find_all(call, &regex, arguments)
        },
    ),
    entry(
        "regexReplaceAll",
        "string string string",
        |call, arguments| {
            let regex = must(call, arguments)?;
            replace(call, &regex, arguments, true)
        },
    ),
    entry(
        "mustRegexReplaceAll",
        "string string string",
        |call, arguments| {
            let regex = compiled(call, arguments.str(0)?)??;
            replace(call, &regex, arguments, true)
        },
    ),
    entry(
        "regexReplaceAllLiteral",
        "string string string",
        |call, arguments| {
            let regex = must(call, arguments)?;
            replace(call, &regex, arguments, false)
        },
    ),
    entry(
        "mustRegexReplaceAllLiteral",
        "string string string",
        |call, arguments| {
            let regex = compiled(call, arguments.str(0)?)??;
            replace(call, &regex, arguments, false)
        },
    ),
    entry("regexSplit", "string string int", |call, arguments| {
        let regex = must(call, arguments)?;
        split(call, &regex, arguments)
    }),
    entry("mustRegexSplit", "string string int", |call, arguments| {
        let regex = compiled(call, arguments.str(0)?)??;
        split(call, &regex, arguments)
    }),
    entry("regexQuoteMeta", "string", quote_meta),
];

/// The expressions of a session.
#[derive(Default)]
pub(super) struct Regexes(HashMap<Vec<u8>, Result<Rc<Regex>, String>>);

/// How many expressions a session keeps.
const MAX_KEPT: usize = 1000;

/// Compiles an expression, or finds it among those that were. The inner error has Go's text.
fn compiled(call: &mut Call<'_>, text: &Str) -> Result<Result<Rc<Regex>, String>, CallError> {
    let bytes = text.bytes();
    if let Some(context) = call.state::<Context>()
        && let Some(known) = context.regexes.0.get(bytes)
    {
        return Ok(known.clone());
    }
    call.charge_steps(bytes.len() as u64 * 16 + 100)?;
    let regex = Regex::new(bytes).map(Rc::new);
    if let Some(context) = call.state::<Context>() {
        if context.regexes.0.len() >= MAX_KEPT {
            context.regexes.0.clear();
        }
        context.regexes.0.insert(bytes.to_vec(), regex.clone());
    }
    Ok(regex)
}

/// The expression that is the first argument; an error is what `MustCompile` panics with.
fn must(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Rc<Regex>, CallError> {
    let text = arguments.str(0)?;
    compiled(call, text)?.map_err(|error| {
        let bytes = text.bytes();
        let quoted = if plimsoll_gotmpl::can_backquote(bytes) {
            format!("`{}`", text.text())
        } else {
            plimsoll_gotmpl::quote(bytes)
        };
        format!("regexp: Compile({quoted}): {error}").into()
    })
}

fn is_match(call: &mut Call<'_>, regex: &Regex, text: &Str) -> Answer {
    let found = Haystack::new(text.bytes()).find(call, regex, 0)?;
    Ok(found.is_some().into())
}

/// What the expression and all of the text came from: what matches where depends on both.
fn decided(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Trace, CallError> {
    let by = decides(call, arguments.at(0)?);
    let text = decides(call, arguments.at(1)?);
    Ok(call.union(by, text))
}

/// A part of the text.
fn part(
    call: &mut Call<'_>,
    text: &Traced,
    range: Range<usize>,
    by: Trace,
) -> Result<Traced, CallError> {
    let Value::Str(string) = &text.value else {
        return Err("the text is no string".into());
    };
    let trace = call.union(text.trace, by);
    let mut out = call.text();
    out.copy(string, range, trace);
    let mut part = out.finish()?;
    part.trace = trace;
    Ok(part)
}

fn find(call: &mut Call<'_>, regex: &Regex, arguments: &[Traced]) -> Answer {
    let by = decided(call, arguments)?;
    let found = Haystack::new(arguments.str(1)?.bytes()).find(call, regex, 0)?;
    Ok(match found {
        Some(found) => part(call, arguments.at(1)?, found.range, by)?,
        None => Traced::new("", by),
    }
    .into())
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it is the answer of functions that can fail"
)]
fn strings(items: Vec<Traced>, shape: Trace) -> Answer {
    let list = if items.is_empty() {
        List::nil(Type::String)
    } else {
        List::new(Type::String, items)
    };
    Ok(Traced::from(list.with_shape(shape)).into())
}

fn find_all(call: &mut Call<'_>, regex: &Regex, arguments: &[Traced]) -> Answer {
    let by = decided(call, arguments)?;
    let limit = decides(call, arguments.at(2)?);
    let by = call.union(by, limit);
    let limit = usize::try_from(arguments.int(2)?).unwrap_or(usize::MAX);
    let haystack = Haystack::new(arguments.str(1)?.bytes());
    let mut all = Vec::new();
    for found in haystack.find_all(call, regex, limit)? {
        all.push(part(call, arguments.at(1)?, found.range, by)?);
    }
    strings(all, by)
}

fn split(call: &mut Call<'_>, regex: &Regex, arguments: &[Traced]) -> Answer {
    let by = decided(call, arguments)?;
    let limit = decides(call, arguments.at(2)?);
    let by = call.union(by, limit);
    let text = arguments.str(1)?.bytes();
    let count = arguments.int(2)?;
    if count == 0 {
        return strings(Vec::new(), by);
    }
    if !arguments.str(0)?.is_empty() && text.is_empty() {
        let empty = part(call, arguments.at(1)?, 0..0, by)?;
        return strings(vec![empty], by);
    }
    let limit = usize::try_from(count).unwrap_or(usize::MAX);
    let (mut start, mut end) = (0, 0);
    let mut ranges = Vec::new();
    for found in Haystack::new(text).find_all(call, regex, limit)? {
        if count > 0 && ranges.len() == limit - 1 {
            break;
        }
        end = found.range.start;
        if found.range.end != 0 {
            ranges.push(start..end);
        }
        start = found.range.end;
    }
    if end != text.len() {
        ranges.push(start..text.len());
    }
    let mut all = Vec::with_capacity(ranges.len());
    for range in ranges {
        all.push(part(call, arguments.at(1)?, range, by)?);
    }
    let list = List::new(Type::String, all).with_shape(by);
    Ok(Traced::from(list).into())
}

fn replace(call: &mut Call<'_>, regex: &Regex, arguments: &[Traced], expands: bool) -> Answer {
    let by = decided(call, arguments)?;
    let (text, with) = (arguments.str(1)?, arguments.str(2)?);
    let haystack = Haystack::new(text.bytes());
    let matches = haystack.to_replace(call, regex)?;
    let trace = call.union(arguments.at(1)?.trace, by);
    if matches.is_empty() {
        let mut same = arguments.at(1)?.clone();
        same.trace = trace;
        return Ok(same.into());
    }
    let put = call.trace_of(arguments.at(2)?);
    let put = call.union(put, trace);
    let expands = expands && with.bytes().contains(&b'$');
    let mut out = call.text();
    let mut copied = 0;
    let mut written = Vec::new();
    for found in matches {
        if found.range.start > copied {
            out.copy(text, copied..found.range.start, trace);
        }
        copied = found.range.end;
        if expands {
            written.clear();
            expand(&mut written, regex, &haystack, &found, with.bytes());
            out.call().charge_bytes(written.len())?;
            // Groups may have been put in: what they matched is inside the match.
            out.replace(text, found.range, &written, put);
        } else {
            out.replace(text, found.range, with.bytes(), put);
        }
    }
    if copied < text.len() {
        out.copy(text, copied..text.len(), trace);
    }
    Ok(out.finish()?.into())
}

/// Writes a template with its `$1`, `${name}` and `$$` replaced.
fn expand(out: &mut Vec<u8>, regex: &Regex, haystack: &Haystack<'_>, found: &Match, with: &[u8]) {
    let mut rest = with;
    while let Some(dollar) = memchr::memchr(b'$', rest) {
        out.extend_from_slice(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if rest.first() == Some(&b'$') {
            out.push(b'$');
            rest = &rest[1..];
            continue;
        }
        let Some((name, behind)) = reference(rest) else {
            // Anything else is what it looks like.
            out.push(b'$');
            continue;
        };
        rest = behind;
        let group = match number(name) {
            Some(index) => found.group(index),
            None => regex.groups(name).find_map(|index| found.group(index)),
        };
        if let Some(range) = group {
            out.extend_from_slice(&haystack.original()[range]);
        }
    }
    out.extend_from_slice(rest);
}

/// The name behind a dollar sign, in braces or not, and what comes after it.
fn reference(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (braced, inner) = match text {
        [b'{', inner @ ..] => (true, inner),
        _ => (false, text),
    };
    let mut len = 0;
    while len < inner.len() {
        let (code, width) = unicode::decode(&inner[len..]);
        let fits = unicode::is_letter(code) || unicode::is_digit(code) || code == u32::from('_');
        if !fits {
            break;
        }
        len += width;
    }
    let (name, rest) = inner.split_at(len);
    match (name.is_empty(), braced, rest) {
        (true, _, _) => None,
        (false, false, _) => Some((name, rest)),
        (false, true, [b'}', rest @ ..]) => Some((name, rest)),
        (false, true, _) => None,
    }
}

/// The number of a group, if the name is one.
fn number(name: &[u8]) -> Option<usize> {
    let plain = name.iter().all(u8::is_ascii_digit);
    if !plain || name.len() > 1 && name[0] == b'0' || name.len() > 9 {
        return None;
    }
    std::str::from_utf8(name).ok()?.parse().ok()
}

fn quote_meta(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let text = arguments.str(0)?;
    let trace = arguments.at(0)?.trace;
    let mut out = call.text();
    let mut copied = 0;
    for (at, byte) in text.bytes().iter().enumerate() {
        if b"\\.+*?()|[]{}^$".contains(byte) {
            if at > copied {
                out.copy(text, copied..at, trace);
            }
            out.write("\\", trace);
            copied = at;
        }
    }
    if copied < text.len() || text.is_empty() {
        out.copy(text, copied..text.len(), trace);
    }
    Ok(out.finish()?.into())
}
