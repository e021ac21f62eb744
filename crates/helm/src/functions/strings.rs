//! Strings: parts of them, tests, indentation, replacing.

mod case;
mod parts;
mod quote;
mod wrap;

use memchr::memmem;
use plimsoll_gotmpl::trace::Encoded;
use plimsoll_gotmpl::{
    Arguments, Call, CallError, Reply, Str, TextBuilder, Trace, Traced, Value, unicode,
};

use super::flow::{chosen, decides, text_of};
use super::{Answer, Entry, entry};

pub(super) fn families() -> [&'static [Entry]; 5] {
    [
        FUNCTIONS,
        case::FUNCTIONS,
        parts::FUNCTIONS,
        quote::FUNCTIONS,
        wrap::FUNCTIONS,
    ]
}

const FUNCTIONS: &[Entry] = &[
    entry("trunc", "int string", trunc),
    entry("substr", "int int string", substring),
    entry("trim", "string", trim),
    entry("trimall", "string string", trim_all),
    entry("trimAll", "string string", trim_all),
    entry("trimSuffix", "string string", trim_suffix),
    entry("trimPrefix", "string string", trim_prefix),
    entry("repeat", "int string", repeat),
    entry("contains", "string string", |call, arguments| {
        holds(call, arguments, memmem::find)
    }),
    entry("hasPrefix", "string string", |call, arguments| {
        holds(call, arguments, |text, part| {
            text.starts_with(part).then_some(0)
        })
    }),
    entry("hasSuffix", "string string", |call, arguments| {
        holds(call, arguments, |text, part| {
            let start = text.len().checked_sub(part.len())?;
            text.ends_with(part).then_some(start)
        })
    }),
    entry("indent", "int string", |call, arguments| {
        indent(call, arguments, false)
    }),
    entry("nindent", "int string", |call, arguments| {
        indent(call, arguments, true)
    }),
    entry("replace", "string string string", replace),
    entry("plural", "string string int", |call, arguments| {
        let index = usize::from(arguments.int(2)? != 1);
        let by = arguments.at(2)?;
        Ok(chosen(call, arguments.at(index)?, &[by]).into())
    }),
    entry("toString", "any", |call, arguments| {
        let value = arguments.at(0)?;
        if let Value::Str(_) = value.value {
            return Ok(value.clone().into());
        }
        let (text, trace) = text_of(call, value)?;
        Ok(Traced::new(text, trace).into())
    }),
];

/// Whether a text has a part, which `find` gives the start of.
fn holds(
    call: &mut Call<'_>,
    arguments: &[Traced],
    find: impl Fn(&[u8], &[u8]) -> Option<usize>,
) -> Answer {
    let (part, text) = (arguments.str(0)?, arguments.str(1)?);
    let Some(start) = find(text.bytes(), part.bytes()) else {
        return Ok(false.into());
    };
    // While these bytes are there, it does not matter what is around them.
    let found = call.trace_within(arguments.at(1)?, start..start + part.len());
    let part = call.trace_of(arguments.at(0)?);
    Ok(Traced::new(true, call.union(found, part)).into())
}

/// What Go says of a bound that is beyond a string.
fn out_of_range(bound: &str) -> CallError {
    format!("runtime error: slice bounds out of range [{bound}]").into()
}

/// Part of a string; the rest left out by what `by` says.
fn part(
    call: &mut Call<'_>,
    text: &Traced,
    string: &Str,
    range: std::ops::Range<usize>,
    by: Trace,
) -> Answer {
    if range == (0..string.len()) {
        let mut same = text.clone();
        same.trace = call.union(same.trace, by);
        return Ok(same.into());
    }
    let trace = call.union(text.trace, by);
    let mut out = call.text();
    out.copy(string, range, trace);
    Ok(out.finish()?.into())
}

fn trunc(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (count, text) = (arguments.int(0)?, arguments.str(1)?);
    let len = text.len();
    let from_end = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let range = if count < 0 && from_end < len {
        len - from_end..len
    } else if count >= 0 {
        0..len.min(from_end)
    } else {
        0..len
    };
    let by = decides(call, arguments.at(0)?);
    part(call, arguments.at(1)?, text, range, by)
}

fn substring(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (start, end, text) = (arguments.int(0)?, arguments.int(1)?, arguments.str(2)?);
    let len = text.len();
    let within = |bound: i64| usize::try_from(bound).ok().filter(|&bound| bound <= len);
    let range = if start < 0 {
        let fault = if end < 0 {
            format!(":{end}")
        } else {
            format!(":{end}] with length {len}")
        };
        let bound = within(end);
        // The text ends with the length, which the bracket would follow.
        let end = bound.ok_or_else(|| match end {
            ..0 => out_of_range(&fault),
            _ => format!("runtime error: slice bounds out of range [{fault}").into(),
        })?;
        0..end
    } else {
        let end = within(end).unwrap_or(len);
        match within(start).filter(|&start| start <= end) {
            Some(start) => start..end,
            None => return Err(out_of_range(&format!("{start}:{end}"))),
        }
    };
    let (first, second) = (arguments.at(0)?, arguments.at(1)?);
    let by = decides(call, first);
    let by_end = decides(call, second);
    let by = call.union(by, by_end);
    part(call, arguments.at(2)?, text, range, by)
}

/// Keeps a range of a string and remembers what was cut off at both ends.
fn trimmed(
    call: &mut Call<'_>,
    text: &Traced,
    string: &Str,
    kept: std::ops::Range<usize>,
    by: Trace,
) -> Answer {
    if kept == (0..string.len()) {
        return part(call, text, string, kept, by);
    }
    let trace = call.union(text.trace, by);
    let mut out = call.text();
    if kept.start > 0 {
        out.drop(string, 0..kept.start, trace);
    }
    out.copy(string, kept.clone(), trace);
    if kept.end < string.len() {
        out.drop(string, kept.end..string.len(), trace);
    }
    Ok(out.finish()?.into())
}

fn trim(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (whole, text) = (arguments.at(0)?, arguments.str(0)?);
    let kept = trimmed_range(text.bytes(), is_space);
    if kept != (0..text.len()) || !call.is_assembled(whole) {
        let answer = trimmed(call, whole, text, kept, Trace::NONE)?;
        if let Reply::Traced(trimmed) = &answer
            && call.is_assembled(whole)
        {
            call.mark_assembled(trimmed);
        }
        return Ok(answer);
    }
    // With other white space it would have been another text.
    let mut out = call.text();
    out.copy_all(text, whole.trace);
    let same = out.finish()?;
    call.mark_assembled(&same);
    Ok(same.into())
}

fn trim_all(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (cut, text) = (arguments.str(0)?, arguments.str(1)?);
    let cut: Vec<u32> = runes(cut.bytes()).map(|(_, code, _)| code).collect();
    let kept = trimmed_range(text.bytes(), |code| cut.contains(&code));
    let by = decides(call, arguments.at(0)?);
    trimmed(call, arguments.at(1)?, text, kept, by)
}

fn trim_suffix(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (suffix, text) = (arguments.str(0)?, arguments.str(1)?);
    let kept = match text.bytes().strip_suffix(suffix.bytes()) {
        Some(kept) => kept.len(),
        None => text.len(),
    };
    let by = decides(call, arguments.at(0)?);
    trimmed(call, arguments.at(1)?, text, 0..kept, by)
}

fn trim_prefix(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (prefix, text) = (arguments.str(0)?, arguments.str(1)?);
    let start = match text.bytes().strip_prefix(prefix.bytes()) {
        Some(kept) => text.len() - kept.len(),
        None => 0,
    };
    let by = decides(call, arguments.at(0)?);
    trimmed(call, arguments.at(1)?, text, start..text.len(), by)
}

/// What is left of a text without the characters at both ends that `cut` wants.
fn trimmed_range(text: &[u8], cut: impl Fn(u32) -> bool) -> std::ops::Range<usize> {
    let mut start = 0;
    while start < text.len() {
        let (code, width) = unicode::decode(&text[start..]);
        if !cut(code) {
            break;
        }
        start += width;
    }
    let mut end = text.len();
    while end > start {
        let (code, width) = last_rune(&text[start..end]);
        if !cut(code) {
            break;
        }
        end -= width;
    }
    start..end
}

/// The last character of a text that is not empty (`utf8.DecodeLastRune`).
fn last_rune(text: &[u8]) -> (u32, usize) {
    for width in 2..=text.len().min(4) {
        let (code, taken) = unicode::decode(&text[text.len() - width..]);
        if taken == width {
            return (code, width);
        }
    }
    unicode::decode(&text[text.len() - 1..])
}

/// The characters of a text: where each starts, its code point and its length.
fn runes(text: &[u8]) -> impl Iterator<Item = (usize, u32, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (code, width) = unicode::decode(&text[at..]);
        let start = at;
        at += width;
        (width > 0).then_some((start, code, width))
    })
}

/// Whether the character is white space (`unicode.IsSpace`).
fn is_space(code: u32) -> bool {
    char::from_u32(code).is_some_and(char::is_whitespace)
}

fn repeat(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (count, text) = (arguments.int(0)?, arguments.str(1)?);
    let Ok(count) = usize::try_from(count) else {
        return Err("strings: negative Repeat count".into());
    };
    if count > 0 && text.len() > i64::MAX as usize / count {
        return Err("strings: Repeat output length overflow".into());
    }
    let by = decides(call, arguments.at(0)?);
    let trace = call.union(arguments.at(1)?.trace, by);
    if count == 0 || text.is_empty() {
        let mut out = call.text();
        out.drop(text, 0..text.len(), trace);
        return Ok(out.finish()?.into());
    }
    room_for(call, text.len(), count)?;
    let mut out = call.text();
    for _ in 0..count {
        out.copy_all(text, trace);
    }
    Ok(out.finish()?.into())
}

/// Refuses what would be written many times and not fit in the end.
fn room_for(call: &mut Call<'_>, len: usize, count: usize) -> Result<(), CallError> {
    call.charge_steps(count as u64)?;
    if len.saturating_mul(count) > 1 << 20 {
        call.charge_bytes(len.saturating_mul(count))?;
    }
    Ok(())
}

/// Spaces to write from; wider indentation is written in several steps.
const SPACES: &[u8; 64] = &[b' '; 64];

fn pad(out: &mut TextBuilder<'_, '_>, width: usize, trace: Trace) {
    let mut left = width;
    while left > SPACES.len() {
        out.write(SPACES, trace);
        left -= SPACES.len();
    }
    out.write(&SPACES[..left], trace);
}

fn indent(call: &mut Call<'_>, arguments: &[Traced], newline: bool) -> Answer {
    let Ok(width) = usize::try_from(arguments.int(0)?) else {
        return Err("strings: negative Repeat count".into());
    };
    let text = arguments.str(1)?;
    let trace = arguments.at(1)?.trace;
    let by = decides(call, arguments.at(0)?);
    if width > 1000 {
        let lines = memchr::memchr_iter(b'\n', text.bytes()).count() + 1;
        room_for(call, width, lines)?;
    }
    let mut out = call.text();
    if newline {
        out.write("\n", Trace::NONE);
    }
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text.bytes()) {
        pad(&mut out, width, by);
        out.copy(text, start..end + 1, trace);
        start = end + 1;
    }
    pad(&mut out, width, by);
    out.copy(text, start..text.len(), trace);
    let indented = out.finish()?;
    if let Some(encoded) = call.encoded(arguments.at(1)?) {
        // It is as deep as before in what it is part of.
        let by = call.union(encoded.by, by);
        call.mark_encoded(&indented, Encoded { by, ..encoded });
    }
    if call.is_assembled(arguments.at(1)?) {
        call.mark_assembled(&indented);
    }
    Ok(indented.into())
}

fn replace(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (old, new, text) = (arguments.str(0)?, arguments.str(1)?, arguments.str(2)?);
    let bytes = text.bytes();
    let by = decides(call, arguments.at(0)?);
    let whole = arguments.at(2)?;
    let places: Vec<usize> = if old == new {
        Vec::new()
    } else if old.is_empty() {
        // Before each character and at the end.
        let starts = runes(bytes).map(|(start, _, _)| start);
        starts.chain([bytes.len()]).collect()
    } else {
        memmem::find_iter(bytes, old.bytes()).collect()
    };
    if places.is_empty() {
        let range = 0..text.len();
        return part(call, whole, text, range, by);
    }
    room_for(call, new.len(), places.len())?;
    let trace = call.union(whole.trace, by);
    let put = call.trace_of(arguments.at(1)?);
    let put = call.union(put, trace);
    let mut out = call.text();
    let mut copied = 0;
    for place in places {
        if place > copied {
            out.copy(text, copied..place, trace);
        }
        copied = place + old.len();
        out.replace(text, place..copied, new.bytes(), put);
    }
    if copied < bytes.len() {
        out.copy(text, copied..bytes.len(), trace);
    }
    Ok(out.finish()?.into())
}
