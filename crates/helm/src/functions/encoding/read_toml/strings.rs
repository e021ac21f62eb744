//! Strings and numbers of TOML.

/// A string over lines does not begin with the line break that follows its quotes.
pub(super) fn without_first_break(text: &[u8]) -> &[u8] {
    let rest = text
        .strip_prefix(b"\n")
        .or_else(|| text.strip_prefix(b"\r\n"));
    rest.unwrap_or(text)
}

/// A `\` that ends a line joins it with the next character that is no white space.
pub(super) fn without_escaped_breaks(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        if text[at] != b'\\' {
            out.push(text[at]);
            at += 1;
            continue;
        }
        if text.get(at + 1) == Some(&b'\\') {
            out.extend_from_slice(b"\\\\");
            at += 2;
            continue;
        }
        let white = text[at + 1..]
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
            .count();
        if text[at + 1..at + 1 + white].contains(&b'\n') {
            at += 1 + white;
        } else {
            out.push(b'\\');
            at += 1;
        }
    }
    out
}

/// Replaces escapes, which the lexer has found to be complete.
pub(super) fn unescaped(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let letter = rest.first().copied().unwrap_or(b'\\');
        rest = rest.get(1..).unwrap_or_default();
        let digits = match letter {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            b' ' | b'\t' => return Err(format!("invalid escape: '\\{}'", char::from(letter))),
            _ => {
                out.push(match letter {
                    b'b' => 8,
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'f' => 0xc,
                    b'r' => b'\r',
                    b'e' => 0x1b,
                    other => other,
                });
                continue;
            }
        };
        let code = rest.get(..digits).unwrap_or_default();
        rest = rest.get(digits..).unwrap_or_default();
        let code = String::from_utf8_lossy(code);
        let character = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
        let Some(character) = character else {
            return Err(format!("Escaped character '\\u{code}' is not valid UTF-8."));
        };
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Ok(out)
}

/// Whether each underscore stands between digits, of any base.
pub(super) fn underscores_fit(text: &str) -> bool {
    if matches!(text, "nan" | "+nan" | "-nan" | "inf" | "-inf" | "+inf") {
        return true;
    }
    let mut after_digit = false;
    for character in text.chars() {
        if character == '_' && !after_digit {
            return false;
        }
        after_digit = character.is_ascii_hexdigit();
    }
    after_digit
}

/// Whether there are zeros before the number.
pub(super) fn has_leading_zero(text: &str) -> bool {
    match text.as_bytes() {
        [b'0', next, ..] if !matches!(next, b'b' | b'o' | b'x') => true,
        [b'+' | b'-', b'0', _, ..] => true,
        _ => false,
    }
}
