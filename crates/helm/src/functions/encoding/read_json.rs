//! JSON as encoding/json reads it, with its error texts.

use plimsoll_gotmpl::{Call, List, Map, Str, Trace, Traced, Type, Value, quote};

use super::read::{self, Decoded, Read, Source, Target};
use super::{Failure, MAX_DEPTH};

/// What a node of a container is charged.
const NODE: usize = 32;

/// Decodes a text.
pub(super) fn read(call: &mut Call<'_>, text: &Traced, target: Target) -> Read {
    let source = Source::new(call, text)?;
    let mut reader = Reader {
        bytes: source.bytes(),
        call,
        source: &source,
        at: 0,
        depth: 0,
        path: Vec::new(),
        saved: None,
    };
    let mut value = reader.value()?;
    reader.skip_white();
    if reader.at < reader.bytes.len() {
        return Err(reader.unexpected("after top-level value"));
    }
    let saved = reader.saved.take();
    value.trace = call.union(value.trace, source.whole);
    let Decoded { value, error } = read::fitted(value, target);
    Ok(Decoded {
        value,
        error: error.or(saved),
    })
}

struct Reader<'r, 'a> {
    call: &'r mut Call<'a>,
    source: &'r Source<'r>,
    bytes: &'r [u8],
    at: usize,
    depth: usize,
    /// The keys and indices that lead to the current value.
    path: Vec<Step>,
    /// What is said of the first number that no float can hold.
    saved: Option<String>,
}

enum Step {
    Key(Str),
    Index(usize),
}

/// The error for the character at the start of `bytes`.
fn unexpected(bytes: &[u8], context: &str) -> Failure {
    let length = (1..=4).find(|&n| {
        bytes
            .get(..n)
            .is_some_and(|start| std::str::from_utf8(start).is_ok())
    });
    let quoted = match (length, bytes.first()) {
        (_, Some(b'\'')) => r"'\''".to_owned(),
        (_, Some(b'"')) => "'\"'".to_owned(),
        (Some(length), _) => {
            let text = quote(&bytes[..length]);
            format!("'{}'", &text[1..text.len() - 1])
        }
        (None, byte) => format!("'\\x{:x}'", byte.copied().unwrap_or_default()),
    };
    Failure::Reference(format!("invalid character {quoted} {context}"))
}

/// The error for an escape that is none.
fn bad_escape(bytes: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(bytes);
    let needs_quotes = |c: char| {
        matches!(c, '`' | char::REPLACEMENT_CHARACTER)
            || c.is_whitespace()
            || quote(c.encode_utf8(&mut [0; 4]).as_bytes()).len() > c.len_utf8() + 2
                && !matches!(c, '"' | '\\')
    };
    let shown = if text.chars().any(needs_quotes) {
        quote(bytes)
    } else {
        format!("`{text}`")
    };
    Failure::Reference(format!("invalid escape sequence {shown} in string"))
}

fn ended() -> Failure {
    Failure::Reference("unexpected end of JSON input".into())
}

impl Reader<'_, '_> {
    /// The error for the current character.
    fn unexpected(&self, context: &str) -> Failure {
        unexpected(&self.bytes[self.at.min(self.bytes.len())..], context)
    }

    fn too_large(&self, number: &str) -> String {
        let mut path = String::new();
        for step in &self.path {
            path.push('.');
            match step {
                Step::Key(key) => {
                    path.push_str(&key.text().replace('~', "~0").replace('/', "~1"));
                }
                Step::Index(index) => path.push_str(&index.to_string()),
            }
        }
        let last = path.rsplit('.').next().unwrap_or_default();
        let like_an_index = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
        let into = match (path.is_empty(), like_an_index) {
            (true, _) => "Go value",
            (false, true) => "",
            (false, false) => "Go struct field ",
        };
        // The reference writes the slashes of the path as points.
        let path = path.replace('/', ".");
        format!("json: cannot unmarshal number {number} into {into}{path} of type float64")
    }

    fn skip_white(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// The next byte, which is not taken.
    fn peek(&self) -> Result<u8, Failure> {
        self.bytes.get(self.at).copied().ok_or_else(ended)
    }

    fn peek_after_white(&mut self) -> Result<u8, Failure> {
        self.skip_white();
        self.peek()
    }

    fn value(&mut self) -> Result<Traced, Failure> {
        let first = self.peek_after_white()?;
        let start = self.at;
        match first {
            b'{' => self.map(),
            b'[' => self.list(),
            b'"' => self.string(),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Nil),
            b'-' | b'0'..=b'9' => {
                self.number()?;
                let text = String::from_utf8_lossy(&self.bytes[start..self.at]);
                let value: f64 = text.parse().unwrap_or(f64::INFINITY);
                let trace = self.source.trace(self.call, start..self.at);
                if value.is_finite() {
                    return Ok(Traced::new(value, trace));
                }
                if self.saved.is_none() {
                    self.saved = Some(self.too_large(&text));
                }
                Ok(Traced::new(0.0, trace))
            }
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Traced, Failure> {
        let start = self.at;
        for expected in word.bytes() {
            let byte = self.peek()?;
            if byte != expected {
                let expected = char::from(expected);
                let context = format!("in literal {word} (expecting '{expected}')");
                return Err(self.unexpected(&context));
            }
            self.at += 1;
        }
        let trace = self.source.trace(self.call, start..self.at);
        Ok(Traced::new(value, trace))
    }

    fn digits(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<(), Failure> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            _ => return Err(self.unexpected("in numeric literal")),
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            let byte = self.peek()?;
            if !byte.is_ascii_digit() {
                return Err(self.unexpected("in numeric literal"));
            }
            self.digits();
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let b'+' | b'-' = self.peek()? {
                self.at += 1;
            }
            let byte = self.peek()?;
            if !byte.is_ascii_digit() {
                return Err(self.unexpected("in numeric literal"));
            }
            self.digits();
        }
        Ok(())
    }

    /// Goes behind the string that starts here; gives whether it has something to decode.
    fn skip_string(&mut self) -> Result<bool, Failure> {
        let mut escaped = false;
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Ok(escaped);
                }
                b'\\' => {
                    escaped = true;
                    self.skip_escape()?;
                    continue;
                }
                0..0x20 => return Err(self.unexpected("in string")),
                _ => {}
            }
            self.at += 1;
        }
    }

    fn skip_escape(&mut self) -> Result<(), Failure> {
        let rest = &self.bytes[self.at..];
        let length = match rest.get(1) {
            None => return Err(ended()),
            Some(b'u') => 6,
            Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => 2,
            Some(_) => return Err(bad_escape(&rest[..2])),
        };
        let digits = rest.get(2..length.min(rest.len())).unwrap_or_default();
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(bad_escape(&rest[..length.min(rest.len())]));
        }
        if rest.len() < length {
            return Err(ended());
        }
        self.at += length;
        Ok(())
    }

    fn string(&mut self) -> Result<Traced, Failure> {
        let start = self.at;
        let escaped = self.skip_string()?;
        let inner = start + 1..self.at - 1;
        let bytes = &self.bytes[inner.clone()];
        if !escaped && std::str::from_utf8(bytes).is_ok() {
            return Ok(self.source.part(self.call, inner)?);
        }
        self.call.charge_bytes(bytes.len())?;
        let decoded = unescaped(bytes);
        Ok(self.source.decoded(self.call, decoded, inner))
    }

    fn enter(&mut self) -> Result<(), Failure> {
        self.depth += 1;
        self.at += 1;
        if self.depth > MAX_DEPTH {
            return Err(Failure::Limit(
                format!("the JSON is nested more than {MAX_DEPTH} levels deep").into(),
            ));
        }
        Ok(())
    }

    fn map(&mut self) -> Result<Traced, Failure> {
        const KEY: &str = "looking for beginning of object key string";
        let start = self.at;
        self.enter()?;
        let map = Map::new();
        if self.peek_after_white()? == b'}' {
            self.at += 1;
        } else {
            loop {
                let byte = self.peek_after_white()?;
                if byte != b'"' {
                    return Err(self.unexpected(KEY));
                }
                let key: Str = match self.string()?.value {
                    Value::Str(key) => key,
                    _ => Str::from(""),
                };
                let byte = self.peek_after_white()?;
                if byte != b':' {
                    return Err(self.unexpected("after object key"));
                }
                self.at += 1;
                self.path.push(Step::Key(key.clone()));
                let entry = self.value()?;
                self.path.pop();
                self.call.charge_bytes(NODE)?;
                map.insert(key, entry);
                match self.peek_after_white()? {
                    b',' => self.at += 1,
                    b'}' => {
                        self.at += 1;
                        break;
                    }
                    _ => return Err(self.unexpected("after object key:value pair")),
                }
            }
        }
        self.depth -= 1;
        let shape = self.source.shape(self.call, start..self.at);
        Ok(Traced::new(map.with_shape(shape), Trace::NONE))
    }

    fn list(&mut self) -> Result<Traced, Failure> {
        let start = self.at;
        self.enter()?;
        let mut items = Vec::new();
        if self.peek_after_white()? == b']' {
            self.at += 1;
        } else {
            loop {
                self.path.push(Step::Index(items.len()));
                items.push(self.value()?);
                self.path.pop();
                self.call.charge_bytes(NODE)?;
                match self.peek_after_white()? {
                    b',' => self.at += 1,
                    b']' => {
                        self.at += 1;
                        break;
                    }
                    _ => return Err(self.unexpected("after array element")),
                }
            }
        }
        self.depth -= 1;
        let shape = self.source.shape(self.call, start..self.at);
        let list = List::new(Type::Any, items).with_shape(shape);
        Ok(Traced::new(list, Trace::NONE))
    }
}

/// The content of a string whose escapes are valid.
fn unescaped(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| byte == b'\\') {
        push_lossy(&mut out, &rest[..at]);
        let letter = rest.get(at + 1).copied().unwrap_or(b'\\');
        rest = rest.get(at + 2..).unwrap_or_default();
        out.push(match letter {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => code(&mut rest),
            other => char::from(other),
        });
    }
    push_lossy(&mut out, rest);
    out
}

fn push_lossy(out: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for _ in chunk.invalid() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// The character of `\uXXXX`, or of two that are a pair.
fn code(rest: &mut &[u8]) -> char {
    let unit = |bytes: &[u8]| {
        let digits = std::str::from_utf8(bytes.get(..4)?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(rest).unwrap_or(0xfffd);
    *rest = rest.get(4..).unwrap_or_default();
    if (0xd800..0xdc00).contains(&first)
        && let Some(second) = rest.strip_prefix(b"\\u").and_then(unit)
        && (0xdc00..0xe000).contains(&second)
    {
        *rest = &rest[6..];
        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
}
