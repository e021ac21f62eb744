//! Go's quoted strings: writing them (`strconv.Quote` and its kin) and reading them
//! (`strconv.Unquote`).

use crate::unicode::{self, decode, is_printable};

/// Which characters stay as they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All that Go calls printable.
    Printable,
    /// Printable ASCII only (`%+q`).
    Ascii,
}

/// `text` between double quotes, with Go's escapes.
pub(crate) fn quote(text: &[u8], keep: Keep) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut at = 0;
    while at < text.len() {
        let (code, width) = decode(&text[at..]);
        if width == 1 && code == unicode::REPLACEMENT {
            push_hex(&mut out, "\\x", u32::from(text[at]), 2);
        } else {
            push_escaped(&mut out, code, '"', keep);
        }
        at += width;
    }
    out.push('"');
    out
}

/// A code point between single quotes, with Go's escapes.
pub(crate) fn quote_rune(code: u32, keep: Keep) -> String {
    let code = char::from_u32(code).map_or(unicode::REPLACEMENT, u32::from);
    let mut out = String::from("'");
    push_escaped(&mut out, code, '\'', keep);
    out.push('\'');
    out
}

/// Whether `text` can stand between back quotes unchanged (`strconv.CanBackquote`).
pub(crate) fn can_backquote(text: &[u8]) -> bool {
    let mut at = 0;
    while at < text.len() {
        let (code, width) = decode(&text[at..]);
        let bad = match code {
            0xfeff => true,
            unicode::REPLACEMENT => width == 1,
            0x60 | 0x7f => true,
            0x09 => false,
            _ => code < 0x20,
        };
        if bad {
            return false;
        }
        at += width;
    }
    true
}

/// A code point as `%#U` prints it: `U+0021 '!'`.
pub(crate) fn describe(code: u32) -> String {
    match char::from_u32(code).filter(|_| is_printable(code)) {
        Some(character) => format!("U+{code:04X} '{character}'"),
        None => format!("U+{code:04X}"),
    }
}

fn push_escaped(out: &mut String, code: u32, quote: char, keep: Keep) {
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    if character == quote || character == '\\' {
        out.push('\\');
        out.push(character);
        return;
    }
    if is_printable(code) && (keep == Keep::Printable || code < 0x80) {
        out.push(character);
        return;
    }
    match code {
        0x07 => out.push_str("\\a"),
        0x08 => out.push_str("\\b"),
        0x0c => out.push_str("\\f"),
        0x0a => out.push_str("\\n"),
        0x0d => out.push_str("\\r"),
        0x09 => out.push_str("\\t"),
        0x0b => out.push_str("\\v"),
        0..=0x1f | 0x7f => push_hex(out, "\\x", code, 2),
        0x80..=0xffff => push_hex(out, "\\u", code, 4),
        _ => push_hex(out, "\\U", code, 8),
    }
}

fn push_hex(out: &mut String, prefix: &str, code: u32, digits: u32) {
    out.push_str(prefix);
    for digit in (0..digits).rev() {
        let nibble = code >> (4 * digit) & 0xf;
        out.push(char::from_digit(nibble, 16).unwrap_or('0'));
    }
}

/// The content of a literal in double or back quotes, or `None` if Go refuses it.
pub(crate) fn unquote(literal: &[u8]) -> Option<Vec<u8>> {
    let (&first, rest) = literal.split_first()?;
    let (&last, inner) = rest.split_last()?;
    if first != last {
        return None;
    }
    match first {
        b'`' => {
            let mut text = inner.to_vec();
            // Go drops carriage returns from raw strings.
            text.retain(|&byte| byte != b'\r');
            (!inner.contains(&b'`')).then_some(text)
        }
        b'"' => unescape(inner, b'"'),
        _ => None,
    }
}

/// What stands between two quotes of a kind, with Go's escapes read.
pub(crate) fn unescape(inner: &[u8], quote: u8) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(inner.len());
    let mut at = 0;
    while at < inner.len() {
        if inner[at] == b'\n' {
            return None;
        }
        let unit = unquote_char(&inner[at..], quote)?;
        if unit.is_byte {
            out.push(unit.code as u8);
        } else {
            unicode::push(&mut out, unit.code);
        }
        at += unit.len;
    }
    Some(out)
}

/// One character of a quoted literal.
pub(crate) struct Unit {
    /// The code point, or the byte.
    pub(crate) code: u32,
    /// Whether it stands for a single byte (`\xff`, ASCII) and not for a character.
    pub(crate) is_byte: bool,
    /// How many bytes of the literal it took.
    pub(crate) len: usize,
}

/// Reads one character or escape (`strconv.UnquoteChar`).
pub(crate) fn unquote_char(text: &[u8], quote: u8) -> Option<Unit> {
    let &first = text.first()?;
    if first == quote {
        return None;
    }
    if first != b'\\' {
        let (code, len) = decode(text);
        let is_byte = code < 0x80;
        return Some(Unit { code, is_byte, len });
    }
    let byte = |code: u8, len: usize| {
        Some(Unit {
            code: u32::from(code),
            is_byte: true,
            len,
        })
    };
    match *text.get(1)? {
        b'a' => byte(0x07, 2),
        b'b' => byte(0x08, 2),
        b'f' => byte(0x0c, 2),
        b'n' => byte(b'\n', 2),
        b'r' => byte(b'\r', 2),
        b't' => byte(b'\t', 2),
        b'v' => byte(0x0b, 2),
        b'\\' => byte(b'\\', 2),
        escaped @ (b'\'' | b'"') => (escaped == quote).then(|| byte(escaped, 2)).flatten(),
        b'x' => byte(number(text.get(2..4)?, 16)? as u8, 4),
        b'0'..=b'7' => byte(u8::try_from(number(text.get(1..4)?, 8)?).ok()?, 4),
        kind @ (b'u' | b'U') => {
            let len = if kind == b'u' { 6 } else { 10 };
            let code = number(text.get(2..len)?, 16)?;
            char::from_u32(code)?;
            Some(Unit {
                code,
                is_byte: false,
                len,
            })
        }
        _ => None,
    }
}

fn number(digits: &[u8], base: u32) -> Option<u32> {
    let mut value: u32 = 0;
    for &digit in digits {
        let digit = char::from(digit).to_digit(base)?;
        value = value.checked_mul(base)?.checked_add(digit)?;
    }
    Some(value)
}
