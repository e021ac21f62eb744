//! JSON arrays of strings, with the place of each.

use ecow::EcoString;

/// What a text that begins with `[` turned out to be.
#[derive(Debug, PartialEq)]
pub(crate) enum Json {
    /// An array of strings: start, end (with the quotes) and value of each.
    Strings(Vec<(usize, usize, EcoString)>),
    /// Valid JSON, but not of strings only.
    NotStrings,
    /// No JSON array: shell form then.
    No,
}

/// Reads `text` as Go's `json.Unmarshal` into a list does. White space around it is allowed.
pub(crate) fn array(text: &str) -> Json {
    let mut parser = Parser {
        text,
        at: 0,
        overflow: false,
    };
    parser.blanks();
    if parser.peek() != Some(b'[') {
        return Json::No;
    }
    parser.at += 1;
    let mut strings = Vec::new();
    let mut only_strings = true;
    parser.blanks();
    if parser.peek() == Some(b']') {
        parser.at += 1;
    } else {
        loop {
            parser.blanks();
            let start = parser.at;
            if parser.peek() == Some(b'"') {
                let Some(value) = parser.string() else {
                    return Json::No;
                };
                strings.push((start, parser.at, value.into()));
            } else if parser.value().is_some() {
                only_strings = false;
            } else {
                return Json::No;
            }
            parser.blanks();
            match parser.peek() {
                Some(b',') => parser.at += 1,
                Some(b']') => {
                    parser.at += 1;
                    break;
                }
                _ => return Json::No,
            }
        }
    }
    parser.blanks();
    match (parser.at == text.len() && !parser.overflow, only_strings) {
        (false, _) => Json::No,
        (true, true) => Json::Strings(strings),
        (true, false) => Json::NotStrings,
    }
}

/// As deep as Go follows arrays and objects, the outer array included.
const MAX_DEPTH: usize = 10_000;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// A number was too large for a float, which Go refuses to read.
    overflow: bool,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// A string; Go replaces broken surrogates by U+FFFD and refuses bare control characters.
    fn string(&mut self) -> Option<String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(['"', '\\']).unwrap_or(rest.len());
            if rest[..plain].bytes().any(|byte| byte < 0x20) {
                return None;
            }
            out.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(out);
                }
                _ => out.push(self.escape()?),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        self.at += 1;
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => byte as char,
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex()?;
                if (0xd800..0xdc00).contains(&high) && self.text[self.at..].starts_with("\\u") {
                    let back = self.at;
                    self.at += 2;
                    let low = self.hex()?;
                    if (0xdc00..0xe000).contains(&low) {
                        let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                        return char::from_u32(code);
                    }
                    self.at = back;
                }
                char::from_u32(high).unwrap_or('\u{fffd}')
            }
            _ => return None,
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// Any value, skipped. Arrays and objects are followed with a list of what closes them, so
    /// that nesting costs no stack.
    fn value(&mut self) -> Option<()> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            self.blanks();
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                bracket @ (b'[' | b'{') => {
                    self.at += 1;
                    let close = if bracket == b'[' { b']' } else { b'}' };
                    self.blanks();
                    if self.peek() == Some(close) {
                        self.at += 1;
                    } else {
                        open.push(close);
                        if open.len() >= MAX_DEPTH {
                            return None;
                        }
                        if close == b'}' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                b'-' | b'0'..=b'9' => self.number()?,
                _ => {
                    let word = ["true", "false", "null"]
                        .into_iter()
                        .find(|word| self.text[self.at..].starts_with(word))?;
                    self.at += word.len();
                }
            }
            // A value has ended: close what ends with it, or go on to the next one.
            loop {
                let Some(&close) = open.last() else {
                    return Some(());
                };
                self.blanks();
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        if close == b'}' {
                            self.key()?;
                        }
                        break;
                    }
                    byte if byte == close => {
                        self.at += 1;
                        open.pop();
                    }
                    _ => return None,
                }
            }
        }
    }

    fn key(&mut self) -> Option<()> {
        self.blanks();
        if self.peek() != Some(b'"') {
            return None;
        }
        self.string()?;
        self.blanks();
        if self.peek() != Some(b':') {
            return None;
        }
        self.at += 1;
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let digits = |parser: &mut Self| {
            let from = parser.at;
            while parser.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                parser.at += 1;
            }
            parser.at > from
        };
        let from = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if !digits(self) {
            return None;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if !digits(self) {
                return None;
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !digits(self) {
                return None;
            }
        }
        if self.text[from..self.at]
            .parse::<f64>()
            .is_ok_and(f64::is_infinite)
        {
            self.overflow = true;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, array};

    fn values(text: &str) -> Option<Vec<String>> {
        match array(text) {
            Json::Strings(strings) => Some(strings.into_iter().map(|s| s.2.into()).collect()),
            _ => None,
        }
    }

    #[test]
    fn arrays_of_strings_are_read() {
        assert_eq!(
            values(r#"["a", "b\"c"]"#),
            Some(vec!["a".into(), "b\"c".into()])
        );
        assert_eq!(values("[ ]"), Some(vec![]));
        assert_eq!(
            values(r#"["\u00e9\ud83d\ude00\ud800"]"#),
            Some(vec!["é😀\u{fffd}".into()])
        );
        assert_eq!(array("[1, \"a\"]"), Json::NotStrings);
        assert_eq!(array("[null, {\"a\": [1.5e3, true]}]"), Json::NotStrings);
        for no in [
            "['a']",
            "[\"a\",]",
            "[\"a\"",
            "[\"a\"] x",
            "[ -d x ]",
            "",
            "[01]",
            "[\"\t\"]",
        ] {
            assert_eq!(array(no), Json::No, "{no}");
        }
    }
}
