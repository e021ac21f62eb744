//! Shortening and wrapping as Masterminds' goutils does it: by bytes, whatever is in them.

use plimsoll_gotmpl::{Arguments, Call, Traced};

use super::super::{Answer, Entry, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("abbrev", "int string", |_, arguments| {
        let (width, text) = (arguments.int(0)?, arguments.str(1)?.bytes());
        Ok(if width < 4 {
            text.to_vec()
        } else {
            abbreviated(text, 0, width)
        }
        .into())
    }),
    entry("abbrevboth", "int int string", |_, arguments| {
        let (left, right) = (arguments.int(0)?, arguments.int(1)?);
        let text = arguments.str(2)?.bytes();
        Ok(if right < 4 || left > 0 && right < 7 {
            text.to_vec()
        } else {
            abbreviated(text, left, right)
        }
        .into())
    }),
    entry("wrap", "int string", |call, arguments| {
        let text = arguments.str(1)?.bytes();
        wrapped(call, text, arguments.int(0)?, b"\n", false)
    }),
    entry("wrapWith", "int string string", wrap_with),
];

/// `AbbreviateFull`: at most `width` bytes, with `...` for what is left out.
fn abbreviated(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    const MARK: &[u8] = b"...";
    let len = text.len() as i64;
    if width < 4 || len <= width {
        return if width < 4 { Vec::new() } else { text.to_vec() };
    }
    let room = width - 3;
    let mut offset = offset.min(len);
    if len - offset < room {
        offset = len - room;
    }
    // All are between 0 and the length now, or the text would have been short enough.
    if offset <= 4 {
        return [&text[..room as usize], MARK].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + room < len {
        let rest = abbreviated(&text[offset as usize..], 0, room);
        return [MARK, &rest].concat();
    }
    [MARK, &text[(len - room) as usize..]].concat()
}

fn wrap_with(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (width, text) = (arguments.int(0)?, arguments.str(2)?.bytes());
    let separator = match arguments.str(1)?.bytes() {
        b"" => b"\n",
        other => other,
    };
    wrapped(call, text, width, separator, true)
}

/// `WrapCustom`: lines of at most `width` bytes, broken at spaces, or also within long words.
fn wrapped(
    call: &mut Call<'_>,
    text: &[u8],
    width: i64,
    separator: &[u8],
    break_words: bool,
) -> Answer {
    let width = usize::try_from(width.max(1)).unwrap_or(usize::MAX);
    let most_lines = text.len() / width + 1;
    call.charge_bytes(most_lines.saturating_mul(separator.len()))?;
    let mut out = Vec::with_capacity(text.len() + 16);
    let mut at = 0;
    while text.len() - at > width {
        if text[at] == b' ' {
            at += 1;
            continue;
        }
        let window = &text[at..=at + width];
        let (line, next) = match memchr::memrchr(b' ', window) {
            Some(space) => (at + space, at + space + 1),
            None if break_words => (at + width, at + width),
            None => match memchr::memchr(b' ', &text[at + width..]) {
                Some(space) => (at + width + space, at + width + space + 1),
                None => break,
            },
        };
        out.extend_from_slice(&text[at..line]);
        out.extend_from_slice(separator);
        at = next;
    }
    out.extend_from_slice(&text[at..]);
    Ok(out.into())
}
