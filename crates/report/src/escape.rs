//! Makes untrusted text harmless to look at.
//!
//! A reviewed file may hold anything: escape sequences that recolour or rewrite the terminal,
//! bidirectional controls that show code in another order than it has, characters without width
//! that hide. Each of these is replaced by one visible character, so that columns stay true.

use std::borrow::Cow;

/// What is shown for a character that must not reach a terminal; `None` for harmless ones.
/// Tabs and line breaks are the caller's business and count as harmless here.
pub fn stand_in(c: char) -> Option<char> {
    match c {
        '\t' | '\n' => None,
        // The C0 controls have pictures.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)),
        '\x7f' => Some('\u{2421}'),
        // C1 controls (U+009B starts a sequence as ESC [ does), bidirectional controls, line
        // separators, characters without width, tags and interlinear annotations.
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => Some('\u{fffd}'),
        _ => None,
    }
}

/// A one-line text with nothing in it that steers a terminal: tabs and line breaks too.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c != '\n' && c != '\t' && stand_in(c).is_none();
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| match c {
        '\t' => ' ',
        '\n' => '\u{240a}',
        c => stand_in(c).unwrap_or(c),
    };
    Cow::Owned(text.chars().map(shown).collect())
}

/// A text of several lines with nothing in it that steers a terminal but its line breaks.
pub fn lines(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| c != '\t' && stand_in(c).is_none()) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n").replace('\t', "    ");
    Cow::Owned(text.chars().map(|c| stand_in(c).unwrap_or(c)).collect())
}

/// A part of a JSON string with every steering character written as `\u….`.
pub fn json(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || text.chars().all(|c| c.is_ascii() || stand_in(c).is_none()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if c.is_ascii() || stand_in(c).is_none() {
            out.push(c);
            continue;
        }
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            out.push_str("\\u");
            out.extend(
                [12, 8, 4, 0].map(|shift| {
                    char::from_digit(u32::from(*unit >> shift) & 0xf, 16).unwrap_or('0')
                }),
            );
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::{json, lines, one_line};

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        let hostile = "a\u{1b}[31m\u{9b}2J\u{202e}\r\n\tb\u{200b}\u{e0041}";
        assert_eq!(one_line(hostile), "a␛[31m�2J�␍␊ b��");
        assert_eq!(lines(hostile), "a␛[31m�2J�\n    b��");
        assert_eq!(one_line("plain é 東京"), "plain é 東京");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = "a\u{9b}\u{202e}\u{e0041}é\u{1b}";
        let text = serde_json::to_string(value).expect("a string");
        let text = json(&text);
        assert_eq!(text, "\"a\\u009b\\u202e\\udb40\\udc41é\\u001b\"");
        assert_eq!(serde_json::from_str::<String>(&text).expect("valid"), value);
    }
}
