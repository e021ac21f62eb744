//! Characters as Go sees them: decoding that never fails, and the classes of Unicode 15.0.

mod tables;

use std::borrow::Cow;

/// What Go takes for bytes that are no UTF-8.
pub const REPLACEMENT: u32 = 0xfffd;

/// The text, with `U+FFFD` for what is not UTF-8. Nearly all texts are, and quickly known to be.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// The first character of `bytes` and its length: `U+FFFD` and 1 where there is no valid one,
/// and length 0 at the end (`utf8.DecodeRune`).
pub fn decode(bytes: &[u8]) -> (u32, usize) {
    let Some(&first) = bytes.first() else {
        return (REPLACEMENT, 0);
    };
    let invalid = (REPLACEMENT, 1);
    let next = |n: usize| bytes.get(n).copied().unwrap_or(0);
    let tail = |byte: u8| (0x80..0xc0).contains(&byte);
    let bits = |byte: u8| u32::from(byte & 0x3f);
    match first {
        0..=0x7f => (u32::from(first), 1),
        0xc2..=0xdf if tail(next(1)) => (u32::from(first & 0x1f) << 6 | bits(next(1)), 2),
        0xe0..=0xef if tail(next(1)) && tail(next(2)) => {
            let code = u32::from(first & 0x0f) << 12 | bits(next(1)) << 6 | bits(next(2));
            // Overlong forms and surrogates are no characters.
            if code < 0x800 || (0xd800..0xe000).contains(&code) {
                return invalid;
            }
            (code, 3)
        }
        0xf0..=0xf4 if tail(next(1)) && tail(next(2)) && tail(next(3)) => {
            let high = u32::from(first & 0x07) << 18 | bits(next(1)) << 12;
            let code = high | bits(next(2)) << 6 | bits(next(3));
            if (0x1_0000..0x11_0000).contains(&code) {
                (code, 4)
            } else {
                invalid
            }
        }
        _ => invalid,
    }
}

/// The number of characters in `bytes`; each invalid byte counts as one (`utf8.RuneCount`).
pub fn count(bytes: &[u8]) -> usize {
    if bytes.is_ascii() {
        return bytes.len();
    }
    let (mut at, mut count) = (0, 0);
    while at < bytes.len() {
        at += decode(&bytes[at..]).1;
        count += 1;
    }
    count
}

/// Appends the UTF-8 of a code point, `U+FFFD` for what is none (`utf8.AppendRune`).
pub fn push(out: &mut Vec<u8>, code: u32) {
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Whether the code point is a letter (`unicode.IsLetter`).
pub fn is_letter(code: u32) -> bool {
    match code {
        0..=0x7f => (code as u8).is_ascii_alphabetic(),
        _ => within(tables::LETTERS, code),
    }
}

/// Whether the code point is a decimal digit (`unicode.IsDigit`).
pub fn is_digit(code: u32) -> bool {
    match code {
        0..=0x7f => (code as u8).is_ascii_digit(),
        _ => within(tables::DIGITS, code),
    }
}

/// Whether Go prints the character as it is in quoted strings (`strconv.IsPrint`).
pub fn is_printable(code: u32) -> bool {
    match code {
        0..=0x7f => (0x20..0x7f).contains(&code),
        _ => within(tables::PRINTABLE, code),
    }
}

/// `table` holds the first and the last code point of each range in turn.
fn within(table: &[u32], code: u32) -> bool {
    let below = table.partition_point(|&bound| bound < code);
    // An odd number of bounds below means that a range is open; a bound that is met is inside.
    below % 2 == 1 || table.get(below) == Some(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_agrees_with_the_standard_library_and_never_stalls() {
        for code in (0..0x11_0000).filter_map(char::from_u32) {
            let mut buffer = [0; 4];
            let bytes = code.encode_utf8(&mut buffer).as_bytes();
            assert_eq!(decode(bytes), (code as u32, bytes.len()));
            if bytes.len() > 1 {
                assert_eq!(decode(&bytes[..bytes.len() - 1]), (REPLACEMENT, 1));
            }
        }
        for bytes in [
            &[0x80][..],
            &[0xc0, 0x80],
            &[0xe0, 0x80, 0x80],
            &[0xed, 0xa0, 0x80],
            &[0xf4, 0x90, 0x80, 0x80],
            &[0xff],
        ] {
            assert_eq!(decode(bytes), (REPLACEMENT, 1), "{bytes:x?}");
        }
        assert_eq!(count(b"a\xffb"), 3);
        assert_eq!(count("aé€😀".as_bytes()), 4);
    }

    #[test]
    fn classes_hold_at_the_edges_of_ranges() {
        assert!(is_letter(u32::from('é')) && is_letter(0xaa) && !is_letter(0xab));
        assert!(is_digit(0x660) && is_digit(0x669) && !is_digit(0x66a));
        assert!(is_printable(u32::from('€')) && !is_printable(0xa0) && !is_printable(0x2028));
    }
    #[test]
    fn the_tables_are_those_of_go() {
        let path = "/../../tests/oracles/gotmpl/answers.json";
        let text = std::fs::read_to_string([env!("CARGO_MANIFEST_DIR"), path].concat());
        let answers: serde_json::Value =
            serde_json::from_str(&text.expect("committed")).expect("JSON");
        let go = |name: &str| -> Vec<u32> {
            let table = answers["unicode"][name].as_array().expect("a table");
            let code = |code: &serde_json::Value| code.as_u64().expect("a code point") as u32;
            table.iter().map(code).collect()
        };
        assert_eq!(tables::LETTERS, go("letters"));
        assert_eq!(tables::DIGITS, go("digits"));
        assert_eq!(tables::PRINTABLE, go("printable"));
    }
}
