//! What a text allows: which styles can hold it.

use super::Flavor;

/// The styles that can hold a text outside of brackets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Whether it has a `\n`: then it is written as a block if it can.
    pub(super) lines: bool,
    /// Whether it has a line break of any kind.
    pub(super) multiline: bool,
    /// Whether it can be written plainly.
    pub(super) plain: bool,
    /// Whether it can stand between single quotes.
    pub(super) single: bool,
    /// Whether it can be a literal block.
    pub(super) block: bool,
}

/// What a byte is to the analysis; everything else is 0.
const ORDINARY: u8 = 0;
const SPACE: u8 = 1;
const BREAK: u8 = 2;
const SPECIAL: u8 = 3;
const TAB: u8 = 4;
const COLON: u8 = 5;
const HASH: u8 = 6;
const WIDE: u8 = 7;

static CLASSES: [u8; 256] = {
    let mut classes = [ORDINARY; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b' ' => SPACE,
            b'\n' => BREAK,
            b'\t' => TAB,
            b':' => COLON,
            b'#' => HASH,
            0x80..=0xff => WIDE,
            0..0x20 | 0x7f => SPECIAL,
            _ => ORDINARY,
        };
        byte += 1;
    }
    classes
};

/// Whether a character of more than one byte is written as it is.
pub(super) fn is_printable(character: char) -> bool {
    matches!(character, '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Whether a character of more than one byte ends a line.
pub(super) fn is_wide_break(character: char) -> bool {
    matches!(character, '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_white(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_none_or(|b| matches!(b, b' ' | b'\t'))
}

impl Shape {
    pub(super) fn of(text: &str, flavor: Flavor) -> Self {
        let bytes = text.as_bytes();
        let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
            return Self {
                lines: false,
                multiline: false,
                plain: true,
                single: true,
                block: false,
            };
        };
        let mut indicators = matches!(
            first,
            b'#' | b','
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'&'
                | b'*'
                | b'!'
                | b'|'
                | b'>'
                | b'\''
                | b'"'
                | b'%'
                | b'@'
                | b'`'
        ) || matches!(first, b'?' | b':' | b'-') && is_white(bytes, 1)
            || text.starts_with("---")
            || text.starts_with("...");
        let (mut lines, mut breaks, mut special, mut tabs) = (false, false, false, false);
        let (mut break_space, mut space_break) = (false, false);
        // What the character before was.
        let (mut after_space, mut after_break, mut after_white) = (false, false, true);
        let (mut starts_with_break, mut ends_with_break) = (false, false);
        let mut at = 0;
        while at < bytes.len() {
            let class = CLASSES[usize::from(bytes[at])];
            if class == ORDINARY {
                let rest = bytes[at..].iter();
                at += rest
                    .take_while(|&&byte| CLASSES[usize::from(byte)] == ORDINARY)
                    .count();
                (after_space, after_break, after_white) = (false, false, false);
                continue;
            }
            let mut width = 1;
            let mut is_break = false;
            match class {
                SPACE => break_space |= after_break,
                BREAK => {
                    lines = true;
                    is_break = true;
                }
                TAB if flavor == Flavor::V3 => tabs = true,
                TAB | SPECIAL => {
                    special = true;
                    is_break = bytes[at] == b'\r';
                }
                COLON => indicators |= is_white(bytes, at + 1),
                HASH => indicators |= after_white && at > 0,
                _ => {
                    let character = text[at..].chars().next().unwrap_or_default();
                    width = character.len_utf8();
                    special |= !is_printable(character);
                    is_break = is_wide_break(character);
                }
            }
            if is_break {
                breaks = true;
                starts_with_break |= at == 0;
                ends_with_break |= at + width == bytes.len();
                space_break |= after_space;
            }
            after_space = class == SPACE;
            after_break = is_break;
            after_white = matches!(class, SPACE | TAB) || is_break || bytes[at] == 0;
            at += width;
        }
        let (starts_with_space, ends_with_space) = (first == b' ', last == b' ');
        let exact = space_break || special;
        Self {
            lines,
            multiline: breaks,
            plain: !(indicators
                || breaks
                || exact
                || tabs
                || starts_with_space
                || starts_with_break
                || ends_with_space
                || ends_with_break),
            single: !(break_space || exact || tabs),
            block: !(ends_with_space || exact),
        }
    }
}
