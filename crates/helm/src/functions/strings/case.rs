//! Upper and lower case, words and their separators.

use std::sync::OnceLock;

use plimsoll_gotmpl::{Arguments, Call, Traced, unicode};
use regex_syntax::hir::ClassUnicode;

use super::super::{Answer, Entry, entry};
use super::{is_space, runes};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("upper", "string", |call, arguments| {
        each(call, arguments, to_upper, u8::to_ascii_uppercase)
    }),
    entry("lower", "string", |call, arguments| {
        each(call, arguments, to_lower, u8::to_ascii_lowercase)
    }),
    entry("title", "string", |call, arguments| {
        let mut before = u32::from(' ');
        changed(call, arguments, |code| {
            let starts = is_separator(before);
            before = code;
            if starts { to_title(code) } else { code }
        })
    }),
    entry("untitle", "string", |call, arguments| {
        let mut next = true;
        changed(call, arguments, |code| {
            if is_space(code) {
                next = true;
                return code;
            }
            if std::mem::take(&mut next) {
                to_lower(code)
            } else {
                code
            }
        })
    }),
    entry("swapcase", "string", |call, arguments| {
        let mut after_space = true;
        changed(call, arguments, |code| swapped(code, &mut after_space))
    }),
    entry("nospace", "string", |_, arguments| {
        let text = arguments.str(0)?.bytes();
        // The reference takes every byte for a character of its own.
        let mut out = Vec::with_capacity(text.len());
        for &byte in text.iter().filter(|&&byte| !is_space(u32::from(byte))) {
            unicode::push(&mut out, u32::from(byte));
        }
        let unchanged = !text.iter().any(|&byte| is_space(u32::from(byte)));
        Ok(if unchanged { text.to_vec() } else { out }.into())
    }),
    entry("initials", "string", |_, arguments| {
        let mut after_gap = true;
        let mut out = Vec::new();
        // Bytes as characters here, too.
        for &byte in arguments.str(0)?.bytes() {
            if is_space(u32::from(byte)) {
                after_gap = true;
            } else if std::mem::take(&mut after_gap) {
                unicode::push(&mut out, u32::from(byte));
            }
        }
        Ok(out.into())
    }),
    entry("snakecase", "string", |_, arguments| {
        Ok(words_joined(arguments.str(0)?.bytes(), b'_').into())
    }),
    entry("kebabcase", "string", |_, arguments| {
        Ok(words_joined(arguments.str(0)?.bytes(), b'-').into())
    }),
    entry("camelcase", "string", |_, arguments| {
        Ok(pascal(arguments.str(0)?.bytes()).into())
    }),
];

/// Changes every character by itself.
fn each(
    call: &mut Call<'_>,
    arguments: &[Traced],
    change: fn(u32) -> u32,
    change_ascii: fn(&u8) -> u8,
) -> Answer {
    let text = arguments.at(0)?;
    let string = arguments.str(0)?;
    if string
        .bytes()
        .iter()
        .all(|byte| byte.is_ascii() && change_ascii(byte) == *byte)
    {
        return Ok(text.clone().into());
    }
    let change = |part: &[u8]| {
        if part.is_ascii() {
            return part.iter().map(change_ascii).collect();
        }
        let mut out = Vec::with_capacity(part.len());
        for (_, code, _) in runes(part) {
            unicode::push(&mut out, change(code));
        }
        out
    };
    Ok(call.map_pieces(text, change)?.into())
}

/// Changes characters in the order in which they stand; those that stay keep their pieces.
fn changed(
    call: &mut Call<'_>,
    arguments: &[Traced],
    mut change: impl FnMut(u32) -> u32,
) -> Answer {
    let text = arguments.str(0)?;
    let trace = arguments.at(0)?.trace;
    let mut out = call.text();
    let mut copied = 0;
    for (start, code, width) in runes(text.bytes()) {
        let new = change(code);
        // What is no UTF-8 is replaced, too.
        let invalid = code == unicode::REPLACEMENT && width == 1;
        if new == code && !invalid {
            continue;
        }
        if start > copied {
            out.copy(text, copied..start, trace);
        }
        let mut bytes = Vec::new();
        unicode::push(&mut bytes, new);
        out.replace(text, start..start + width, bytes, trace);
        copied = start + width;
    }
    if copied < text.len() || text.is_empty() {
        out.copy(text, copied..text.len(), trace);
    }
    Ok(out.finish()?.into())
}

/// Whether a character ends a word for `strings.Title`.
fn is_separator(code: u32) -> bool {
    match code {
        0..=0x7f => !(code as u8).is_ascii_alphanumeric() && code != u32::from('_'),
        _ if unicode::is_letter(code) || unicode::is_digit(code) => false,
        _ => is_space(code),
    }
}

fn swapped(code: u32, after_space: &mut bool) -> u32 {
    if is_upper(code) || is_title(code) {
        *after_space = false;
        to_lower(code)
    } else if is_lower(code) {
        if std::mem::take(after_space) {
            to_title(code)
        } else {
            to_upper(code)
        }
    } else {
        *after_space = is_space(code);
        code
    }
}

/// The one character that a mapping of the standard library gives; those that it gives several
/// for have a mapping of their own here, or stay.
fn single(code: u32, mapped: impl Iterator<Item = char>) -> Option<u32> {
    let mut mapped = mapped.map(u32::from);
    let first = mapped.next()?;
    match mapped.next() {
        None if FIRST_NEW.iter().any(|new| new.contains(&code)) => Some(code),
        None => Some(first),
        Some(_) => None,
    }
}

/// Letters whose case is newer than Unicode 15.0, which the reference knows.
const FIRST_NEW: &[std::ops::RangeInclusive<u32>] = &[
    0x019b..=0x019b,
    0x0264..=0x0264,
    0x1c89..=0x1c8a,
    0xa7cb..=0xa7cf,
    0xa7d2..=0xa7d5,
    0xa7da..=0xa7dc,
    0x10d50..=0x10d65,
    0x10d70..=0x10d85,
    0x16ea0..=0x16ed3,
];

/// `unicode.ToUpper`
fn to_upper(code: u32) -> u32 {
    let Some(character) = char::from_u32(code) else {
        return unicode::REPLACEMENT;
    };
    single(code, character.to_uppercase()).unwrap_or(match code {
        // Letters with iota subscript: the standard library writes the iota out.
        0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7 => code + 8,
        0x1fb3 | 0x1fc3 | 0x1ff3 => code + 9,
        _ => code,
    })
}

/// `unicode.ToLower`
fn to_lower(code: u32) -> u32 {
    let Some(character) = char::from_u32(code) else {
        return unicode::REPLACEMENT;
    };
    // Only the dotted capital I becomes two characters.
    single(code, character.to_lowercase()).unwrap_or(u32::from('i'))
}

/// `unicode.ToTitle`
fn to_title(code: u32) -> u32 {
    match code {
        0x01c4..=0x01c6 => 0x01c5,
        0x01c7..=0x01c9 => 0x01c8,
        0x01ca..=0x01cc => 0x01cb,
        0x01f1..=0x01f3 => 0x01f2,
        // Georgian has no capitals in titles.
        0x10d0..=0x10fa | 0x10fd..=0x10ff => code,
        _ => to_upper(code),
    }
}

/// A class of characters by its name in Unicode.
pub(super) struct Class {
    pattern: &'static str,
    class: OnceLock<ClassUnicode>,
}

impl Class {
    const fn new(pattern: &'static str) -> Self {
        Self {
            pattern,
            class: OnceLock::new(),
        }
    }

    fn has(&self, code: u32) -> bool {
        let Some(character) = char::from_u32(code) else {
            return false;
        };
        let class = self.class.get_or_init(|| {
            let hir = regex_syntax::parse(self.pattern).map(regex_syntax::hir::Hir::into_kind);
            match hir {
                Ok(regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class))) => {
                    class
                }
                _ => ClassUnicode::empty(),
            }
        });
        let ranges = class.ranges();
        let below = ranges.partition_point(|range| range.end() < character);
        ranges
            .get(below)
            .is_some_and(|range| range.start() <= character)
    }
}

static UPPER: Class = Class::new(r"\p{Lu}");
static LOWER: Class = Class::new(r"\p{Ll}");
static PUNCTUATION: Class = Class::new(r"\p{P}");
static NUMBER: Class = Class::new(r"\p{N}");

fn is_upper(code: u32) -> bool {
    match code {
        0..=0x7f => (code as u8).is_ascii_uppercase(),
        _ => UPPER.has(code),
    }
}

fn is_lower(code: u32) -> bool {
    match code {
        0..=0x7f => (code as u8).is_ascii_lowercase(),
        _ => LOWER.has(code),
    }
}

fn is_title(code: u32) -> bool {
    matches!(code, 0x01c5 | 0x01c8 | 0x01cb | 0x01f2 | 0x1f88..=0x1f8f | 0x1f98..=0x1f9f
        | 0x1fa8..=0x1faf | 0x1fbc | 0x1fcc | 0x1ffc)
}

fn is_connector(code: u32) -> bool {
    code == u32::from('-') || code == u32::from('_') || is_space(code)
}

/// `FooBar-baz` and `foo_bar_baz` to `FooBarBaz` (`xstrings.ToPascalCase`).
fn pascal(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut codes = runes(text).map(|(_, code, _)| code);
    // Connectors at the start stay.
    let mut now = loop {
        match codes.next() {
            None => return out,
            Some(code) if is_connector(code) => unicode::push(&mut out, code),
            Some(code) => break code,
        }
    };
    let mut in_capitals = is_upper(now);
    now = to_upper(now);
    for next in codes {
        let before = now;
        now = next;
        if is_connector(now) && is_connector(before) {
            unicode::push(&mut out, before);
            continue;
        }
        if is_connector(before) {
            in_capitals = is_upper(now);
            now = to_upper(now);
        } else {
            if in_capitals {
                if is_upper(now) {
                    now = to_lower(now);
                } else {
                    in_capitals = false;
                }
            }
            unicode::push(&mut out, before);
        }
    }
    unicode::push(&mut out, now);
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Invalid,
    Number,
    Capitals,
    Letters,
    Connector,
    Punctuation,
    Other,
}

/// Words in lower case with `connector` between them (`xstrings.ToSnakeCase`).
fn words_joined(text: &[u8], connector: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    if text.is_empty() {
        return out;
    }
    let mut rest = text;
    let (mut kind, mut word) = next_word(&mut rest);
    let closed = |kind: Word| matches!(kind, Word::Connector | Word::Punctuation);
    while !rest.is_empty() {
        if kind != Word::Connector {
            lowered(&mut out, kind, word, connector);
        }
        let (previous, last) = (kind, word);
        (kind, word) = next_word(&mut rest);
        match previous {
            Word::Number => {
                while matches!(kind, Word::Letters | Word::Number) {
                    lowered(&mut out, kind, word, connector);
                    (kind, word) = next_word(&mut rest);
                }
                if kind != Word::Invalid && !closed(kind) {
                    out.push(connector);
                }
            }
            Word::Connector => lowered(&mut out, previous, last, connector),
            Word::Punctuation => {}
            _ if kind != Word::Number => {
                if !closed(kind) {
                    out.push(connector);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (kind, word) = next_word(&mut rest);
                if kind != Word::Letters {
                    // The number belongs to the word before: `Bld4Floor`.
                    lowered(&mut out, Word::Number, number, connector);
                    if !closed(kind) {
                        out.push(connector);
                    }
                    continue;
                }
                // Small letters follow: the number starts a word, as in `HTTP2xx`.
                out.push(connector);
                lowered(&mut out, Word::Number, number, connector);
                while matches!(kind, Word::Letters | Word::Number) {
                    lowered(&mut out, kind, word, connector);
                    (kind, word) = next_word(&mut rest);
                }
                if kind != Word::Invalid && !closed(kind) {
                    out.push(connector);
                }
            }
        }
    }
    lowered(&mut out, kind, word, connector);
    out
}

/// Writes a word; only capitals and connectors change.
fn lowered(out: &mut Vec<u8>, kind: Word, word: &[u8], connector: u8) {
    if !matches!(kind, Word::Capitals | Word::Connector) {
        out.extend_from_slice(word);
        return;
    }
    for (_, code, _) in runes(word) {
        if is_connector(code) {
            out.push(connector);
        } else if is_upper(code) {
            unicode::push(out, to_lower(code));
        } else {
            unicode::push(out, code);
        }
    }
}

/// The next character that is valid, and how many bytes lead to its end. At the end it is the
/// one before.
fn valid_rune(text: &[u8], before: u32) -> (u32, usize) {
    let mut passed = 0;
    while passed < text.len() {
        let (code, width) = unicode::decode(&text[passed..]);
        passed += width;
        if code != unicode::REPLACEMENT {
            return (code, passed);
        }
    }
    (before, passed)
}

/// Takes characters while they fit; gives how many bytes these are.
fn run(text: &[u8], mut offset: usize, mut code: u32, fits: impl Fn(u32) -> bool) -> usize {
    while offset < text.len() {
        let (next, width) = valid_rune(&text[offset..], code);
        code = next;
        if !fits(code) {
            break;
        }
        offset += width;
    }
    offset
}

/// Letters of scripts that have words; the ranges are those of the reference.
fn is_alphabet(code: u32) -> bool {
    let ideograph = matches!(code, 0x4e00..=0x9fcc | 0x3400..=0x4d85 | 0x2_0000..=0x2_b81d);
    unicode::is_letter(code) && !ideograph
}

fn next_word<'t>(rest: &mut &'t [u8]) -> (Word, &'t [u8]) {
    let text = *rest;
    if text.is_empty() {
        return (Word::Invalid, text);
    }
    let (code, first) = valid_rune(text, unicode::REPLACEMENT);
    let (kind, end) = if code == unicode::REPLACEMENT {
        (Word::Invalid, first)
    } else if is_connector(code) {
        (Word::Connector, run(text, first, code, is_connector))
    } else if PUNCTUATION.has(code) {
        (
            Word::Punctuation,
            run(text, first, code, |code| PUNCTUATION.has(code)),
        )
    } else if is_upper(code) {
        (Word::Capitals, capitals(text, first, code))
    } else if is_alphabet(code) {
        let small = |code| is_alphabet(code) && !is_upper(code);
        (Word::Letters, run(text, first, code, small))
    } else if NUMBER.has(code) {
        (
            Word::Number,
            run(text, first, code, |code| NUMBER.has(code)),
        )
    } else {
        let other = |code| {
            !is_connector(code) && !is_alphabet(code) && !NUMBER.has(code) && !PUNCTUATION.has(code)
        };
        (Word::Other, run(text, first, code, other))
    };
    *rest = &text[end..];
    (kind, &text[..end])
}

/// The end of a word that starts with a capital: all capitals but for one that starts the next
/// word (`HTTPStatus`), or small letters behind it.
fn capitals(text: &[u8], first: usize, code: u32) -> usize {
    if first >= text.len() {
        return first;
    }
    let (code, width) = valid_rune(&text[first..], code);
    let mut offset = first;
    if is_upper(code) {
        let mut last_width = width;
        offset += width;
        let mut code = code;
        while offset < text.len() {
            let (next, width) = valid_rune(&text[offset..], code);
            code = next;
            if !is_upper(code) {
                if is_alphabet(code) {
                    offset -= last_width;
                }
                break;
            }
            last_width = width;
            offset += width;
        }
        offset
    } else if is_alphabet(code) {
        offset += width;
        run(text, offset, code, |code| {
            is_alphabet(code) && !is_upper(code)
        })
    } else {
        first
    }
}
