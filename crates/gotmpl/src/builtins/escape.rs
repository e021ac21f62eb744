//! `html`, `js` and `urlquery`.

use crate::error::CallError;
use crate::format::{duration, sprint_pointed};
use crate::functions::{Call, Reply};
use crate::unicode::{decode, is_printable};
use crate::value::{Str, Traced, Value};

pub(super) fn html(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    escaped(call, arguments, |text| {
        let replacement = match text[0] {
            0 => "\u{fffd}",
            b'"' => "&#34;",
            b'\'' => "&#39;",
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => return None,
        };
        Some((1, replacement.into()))
    })
}

pub(super) fn js(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    escaped(call, arguments, |text| {
        let replacement = match text[0] {
            b'\\' => "\\\\".into(),
            b'\'' => "\\'".into(),
            b'"' => "\\\"".into(),
            b'<' => "\\u003C".into(),
            b'>' => "\\u003E".into(),
            b'&' => "\\u0026".into(),
            b'=' => "\\u003D".into(),
            byte @ 0..0x20 => format!("\\u00{byte:02X}"),
            0x20..0x80 => return None,
            _ => {
                let (code, width) = decode(text);
                if is_printable(code) {
                    // Invalid bytes stay as they are, for their replacement is printable.
                    return Some((width, String::new()));
                }
                return Some((width, format!("\\u{code:04X}")));
            }
        };
        Some((1, replacement))
    })
}

pub(super) fn url_query(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Reply, CallError> {
    escaped(call, arguments, |text| match text[0] {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => None,
        b' ' => Some((1, "+".into())),
        byte => Some((1, format!("%{byte:02X}"))),
    })
}

/// The arguments as text, with replacements. `replace` looks at the start of a text: it gives
/// how many bytes it has looked at and what stands for them, an empty text meaning that they
/// stay; or `None` if the first byte stays.
fn escaped(
    call: &mut Call<'_>,
    arguments: &[Traced],
    replace: impl Fn(&[u8]) -> Option<(usize, String)>,
) -> Result<Reply, CallError> {
    let plain = as_text(call, arguments)?;
    let Value::Str(text) = &plain.value else {
        return Err("no text".into());
    };
    let bytes = text.bytes();
    let mut out = call.text();
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        match replace(&bytes[at..]) {
            None => at += 1,
            Some((width, replacement)) => {
                if !replacement.is_empty() {
                    copy(&mut out, text, copied, at, &plain);
                    out.replace(text, at..at + width, replacement, plain.trace);
                    copied = at + width;
                }
                at += width;
            }
        }
    }
    copy(&mut out, text, copied, bytes.len(), &plain);
    Ok(out.finish()?.into())
}

fn copy(
    out: &mut crate::functions::TextBuilder<'_, '_>,
    text: &Str,
    from: usize,
    to: usize,
    plain: &Traced,
) {
    if from < to || text.is_empty() {
        out.copy(text, from..to, plain.trace);
    }
}

/// The arguments as `print` prints them (`evalArgs`).
fn as_text(call: &mut Call<'_>, arguments: &[Traced]) -> Result<Traced, CallError> {
    if let [only] = arguments
        && let Value::Str(_) = only.value
    {
        return Ok(only.clone());
    }
    // No value prints as the evaluator prints it.
    let no_value = |argument: &Traced| match &argument.value {
        Value::Nil => Traced::new("<no value>", argument.trace),
        Value::Duration(nanoseconds) => Traced::new(duration(*nanoseconds), argument.trace),
        _ => argument.clone(),
    };
    let arguments: Vec<Traced> = arguments.iter().map(no_value).collect();
    call.text()
        .with(|out, sets, pen| sprint_pointed(out, sets, pen, &arguments))
}
