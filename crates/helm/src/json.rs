//! JSON with the place of every value, as Go's encoding/json reads it into an `interface{}`:
//! numbers are `float64`, the last of equal keys counts, half of a surrogate pair is U+FFFD.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_source::TextRange;

use crate::values::{Data, Item, Source, SourceId, Sources, Step};

/// Values in values. Go's limit is 10,000.
const MAX_DEPTH: u32 = 400;

/// What should have stood somewhere.
pub(crate) struct NotJson {
    pub(crate) expected: &'static str,
    pub(crate) range: TextRange,
}

impl NotJson {
    /// The error in the words of encoding/json, as far as they can be told from it.
    pub(crate) fn in_go_words(&self, text: &str) -> String {
        let Some(found) = text
            .get(self.range.start as usize..)
            .and_then(|rest| rest.chars().next())
        else {
            let blank = text.trim().is_empty();
            return if blank { "EOF" } else { "unexpected EOF" }.to_owned();
        };
        let place = match self.expected {
            A_VALUE => "looking for beginning of value",
            A_KEY => "looking for beginning of object key string",
            A_COLON => "after object key",
            A_COMMA_OR_BRACE => "after object key:value pair",
            A_COMMA_OR_BRACKET => "after array element",
            THE_END => return "invalid character after top-level value".to_owned(),
            AN_ESCAPE => "in string escape code",
            HEX_DIGITS => "in \\u hexadecimal character escape",
            NO_CONTROL => "in string literal",
            A_DIGIT => "in numeric literal",
            A_DECIMAL => "after decimal point in numeric literal",
            AN_EXPONENT => "in exponent of numeric literal",
            _ => "in literal",
        };
        format!("invalid character {} {place}", rune(found))
    }
}

/// A character as Go's scanner quotes it.
fn rune(found: char) -> String {
    match found {
        '\'' => r"'\''".to_owned(),
        '"' => "'\"'".to_owned(),
        _ => {
            let quoted = plimsoll_gotmpl::quote(found.encode_utf8(&mut [0; 4]).as_bytes());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

/// Whether a text is one JSON value (`json.Valid`).
pub(crate) fn is_valid(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    let mut sources = Sources::default();
    let mut reader = Reader::new(text, 0, &mut sources);
    reader.whole(0, SourceId::NONE, Step::Root).is_ok()
}

const A_VALUE: &str = "a value";
const A_KEY: &str = "a key in double quotes";
const A_COLON: &str = "`:`";
const A_COMMA_OR_BRACE: &str = "`,` or `}`";
const A_COMMA_OR_BRACKET: &str = "`,` or `]`";
const THE_END: &str = "the end of the text";
const AN_ESCAPE: &str = "an escape of JSON";
const HEX_DIGITS: &str = "four hexadecimal digits";
const NO_CONTROL: &str = "an escape instead of a control character";
const A_DIGIT: &str = "a digit";
const A_DECIMAL: &str = "a digit after the point";
const AN_EXPONENT: &str = "a digit of the exponent";

pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    file: u32,
    sources: &'a mut Sources,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str, file: u32, sources: &'a mut Sources) -> Self {
        Self {
            text,
            at: 0,
            file,
            sources,
        }
    }

    /// The value that starts at an offset, and where it ends.
    pub(crate) fn value(
        &mut self,
        start: usize,
        parent: SourceId,
        step: Step,
    ) -> Result<(Item, usize), NotJson> {
        self.at = start;
        let item = self.item(parent, step, 0)?;
        Ok((item, self.at))
    }

    /// The value that all of the text from an offset on is.
    pub(crate) fn whole(
        &mut self,
        start: usize,
        parent: SourceId,
        step: Step,
    ) -> Result<Item, NotJson> {
        let (item, _) = self.value(start, parent, step)?;
        // Helm trims by Unicode before it reads.
        self.at += self.text[self.at..].len() - self.text[self.at..].trim_start().len();
        if self.at < self.text.len() {
            return Err(self.expected(THE_END));
        }
        Ok(item)
    }

    fn item(&mut self, parent: SourceId, step: Step, depth: u32) -> Result<Item, NotJson> {
        self.blank();
        if depth > MAX_DEPTH {
            return Err(self.expected("less nesting"));
        }
        let start = self.at;
        let Some(first) = self.peek() else {
            return Err(self.expected(A_VALUE));
        };
        // Its children name it, so it comes before them; it gets its end afterwards.
        let source = self.sources.add(Source {
            file: self.file,
            range: TextRange::at(start, start),
            parent,
            step,
        });
        let data = match first {
            b'{' => self.object(source, depth)?,
            b'[' => self.array(source, depth)?,
            b'"' => Data::str(self.string()?.as_bytes()),
            b't' => self.word("true", Data::Bool(true))?,
            b'f' => self.word("false", Data::Bool(false))?,
            b'n' => self.word("null", Data::Null)?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => return Err(self.expected(A_VALUE)),
        };
        self.sources.set_end(source, self.at);
        Ok(Item::new(data, source))
    }

    fn object(&mut self, source: SourceId, depth: u32) -> Result<Data, NotJson> {
        let mut map = BTreeMap::new();
        self.at += 1;
        self.blank();
        if self.take(b'}') {
            return Ok(Data::Map(Arc::new(map)));
        }
        loop {
            self.blank();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.expected(A_KEY));
            }
            let key = self.string()?;
            let range = TextRange::at(start, self.at);
            self.blank();
            if !self.take(b':') {
                return Err(self.expected(A_COLON));
            }
            let value = self.item(source, Step::Key(range), depth + 1)?;
            map.insert(key.as_ref().into(), value);
            self.blank();
            if self.take(b'}') {
                return Ok(Data::Map(Arc::new(map)));
            }
            if !self.take(b',') {
                return Err(self.expected(A_COMMA_OR_BRACE));
            }
        }
    }

    fn array(&mut self, source: SourceId, depth: u32) -> Result<Data, NotJson> {
        let mut items = Vec::new();
        self.at += 1;
        self.blank();
        if self.take(b']') {
            return Ok(Data::List(Arc::new(items)));
        }
        loop {
            let step = Step::Index(items.len() as u32);
            items.push(self.item(source, step, depth + 1)?);
            self.blank();
            if self.take(b']') {
                return Ok(Data::List(Arc::new(items)));
            }
            if !self.take(b',') {
                return Err(self.expected(A_COMMA_OR_BRACKET));
            }
        }
    }

    fn word(&mut self, word: &str, data: Data) -> Result<Data, NotJson> {
        for letter in word.bytes() {
            if !self.take(letter) {
                return Err(self.expected("`true`, `false`, `null` or a quoted text"));
            }
        }
        Ok(data)
    }

    fn number(&mut self) -> Result<Data, NotJson> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') && self.digits() == 0 {
            return Err(self.expected(A_DIGIT));
        }
        if self.take(b'.') && self.digits() == 0 {
            return Err(self.expected(A_DECIMAL));
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            if self.digits() == 0 {
                return Err(self.expected(AN_EXPONENT));
            }
        }
        let range = TextRange::at(start, self.at);
        match range.of(self.text).parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Data::Float(number)),
            _ => Err(NotJson {
                expected: "a number that fits into 64 bits",
                range,
            }),
        }
    }

    fn digits(&mut self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn string(&mut self) -> Result<Cow<'a, str>, NotJson> {
        let mut out = String::new();
        self.at += 1;
        loop {
            let text = self.text;
            let rest = &text[self.at..];
            let is_special = |&byte: &u8| byte == b'"' || byte == b'\\' || byte < b' ';
            let Some(plain) = rest.as_bytes().iter().position(is_special) else {
                self.at = text.len();
                return Err(self.expected("`\"`"));
            };
            self.at += plain;
            if out.is_empty() && self.peek() == Some(b'"') {
                self.at += 1;
                return Ok(Cow::Borrowed(&rest[..plain]));
            }
            out.push_str(&rest[..plain]);
            if self.take(b'"') {
                return Ok(Cow::Owned(out));
            }
            if !self.take(b'\\') {
                return Err(self.expected(NO_CONTROL));
            }
            let escape = self.peek();
            let plain = match escape {
                Some(b'"') => '"',
                Some(b'\\') => '\\',
                Some(b'/') => '/',
                Some(b'b') => '\x08',
                Some(b'f') => '\x0c',
                Some(b'n') => '\n',
                Some(b'r') => '\r',
                Some(b't') => '\t',
                Some(b'u') => {
                    self.at += 1;
                    out.push(self.unicode()?);
                    continue;
                }
                _ => return Err(self.expected(AN_ESCAPE)),
            };
            self.at += 1;
            out.push(plain);
        }
    }

    /// What follows `\u`.
    fn unicode(&mut self) -> Result<char, NotJson> {
        let high = self.hex()?;
        if !(0xd800..0xe000).contains(&high) {
            return Ok(char::from_u32(high).unwrap_or('\u{fffd}'));
        }
        let after = self.at;
        if high < 0xdc00 && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
        }
        // The other half is missing; what stands there is read for itself.
        self.at = after;
        Ok('\u{fffd}')
    }

    fn hex(&mut self) -> Result<u32, NotJson> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let Some(code) = code else {
            return Err(self.expected(HEX_DIGITS));
        };
        self.at += 4;
        Ok(code)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_it = self.peek() == Some(byte);
        self.at += usize::from(is_it);
        is_it
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expected(&self, expected: &'static str) -> NotJson {
        let next = self.text[self.at..].chars().next();
        NotJson {
            expected,
            range: TextRange::at(self.at, self.at + next.map_or(0, char::len_utf8)),
        }
    }
}
