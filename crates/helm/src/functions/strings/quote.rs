//! Quoted and joined values: `quote`, `squote`, `cat`.

use plimsoll_gotmpl::{Call, CallError, Str, TextBuilder, Trace, Traced, Value, unicode};

use super::super::flow::text_of;
use super::super::{Answer, Entry, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("quote", "any...", |call, arguments| {
        separated(call, arguments, |out, value| {
            let (text, trace) = text_of(out.call(), value)?;
            write_quoted(out, &text, trace);
            Ok(())
        })
    }),
    entry("squote", "any...", |call, arguments| {
        separated(call, arguments, |out, value| {
            if let Value::Str(text) = &value.value
                && text.is_empty()
            {
                out.replace(text, 0..0, "''", value.trace);
                return Ok(());
            }
            out.write("'", Trace::NONE);
            out.print(value)?;
            out.write("'", Trace::NONE);
            Ok(())
        })
    }),
    entry("cat", "any...", |call, arguments| {
        separated(call, arguments, |out, value| out.print(value))
    }),
];

/// Writes the values that are not nil with spaces between them.
fn separated(
    call: &mut Call<'_>,
    arguments: &[Traced],
    write: impl Fn(&mut TextBuilder<'_, '_>, &Traced) -> Result<(), CallError>,
) -> Answer {
    let mut out = call.text();
    let mut first = true;
    for argument in arguments {
        if matches!(argument.value, Value::Nil) {
            out.gap(argument.trace);
            continue;
        }
        if !first {
            out.write(" ", Trace::NONE);
        }
        first = false;
        write(&mut out, argument)?;
    }
    Ok(out.finish()?.into())
}

/// Writes a text as `%q` does; what needs no escape keeps its pieces.
fn write_quoted(out: &mut TextBuilder<'_, '_>, text: &Str, trace: Trace) {
    let bytes = text.bytes();
    if bytes.is_empty() {
        // Nothing else would say what is empty.
        out.replace(text, 0..0, "\"\"", trace);
        return;
    }
    out.write("\"", Trace::NONE);
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        let width = match bytes[at] {
            b'"' | b'\\' | ..0x20 | 0x7f => 1,
            0x20..=0x7e => {
                at += 1;
                continue;
            }
            _ => match unicode::decode(&bytes[at..]) {
                (code, width) if width > 1 && unicode::is_printable(code) => {
                    at += width;
                    continue;
                }
                (_, width) => width,
            },
        };
        if at > copied {
            out.copy(text, copied..at, trace);
        }
        let escaped = plimsoll_gotmpl::quote(&bytes[at..at + width]);
        let inner = escaped.trim_start_matches('"');
        let inner = &inner[..inner.len() - 1];
        // A quote is escaped itself and must not be taken for the one at the start.
        let inner = if bytes[at] == b'"' { "\\\"" } else { inner };
        out.replace(text, at..at + width, inner, trace);
        at += width;
        copied = at;
    }
    if at > copied {
        out.copy(text, copied..at, trace);
    }
    out.write("\"", Trace::NONE);
}
