//! Scanning of scalars.

use super::GoError;
use super::scan::{Scanner, Value};
use super::source::Mark;

/// The text of a scalar in the making: a range of the source as long as that will do.
struct Text {
    start: usize,
    end: usize,
    decoded: Option<Vec<u8>>,
}

impl Text {
    fn at(start: usize) -> Self {
        Self {
            start,
            end: start,
            decoded: None,
        }
    }

    /// Adds a stretch of the source.
    fn copy(&mut self, source: &[u8], from: usize, to: usize) {
        match &mut self.decoded {
            Some(decoded) => decoded.extend_from_slice(&source[from..to]),
            None if from == self.end => self.end = to,
            None => {
                self.push(source, "");
                self.copy(source, from, to);
            }
        }
    }

    /// Adds text that stands otherwise in the source.
    fn push(&mut self, source: &[u8], text: &str) {
        let (start, end) = (self.start, self.end);
        let decoded = self
            .decoded
            .get_or_insert_with(|| source[start..end].to_vec());
        decoded.extend_from_slice(text.as_bytes());
    }

    fn value(self) -> Value {
        match self.decoded {
            Some(decoded) => Value::Decoded(String::from_utf8_lossy(&decoded).into_owned()),
            None => Value::Text(self.start..self.end),
        }
    }
}

/// Line breaks between two lines.
#[derive(Default)]
struct Breaks {
    first: &'static str,
    more: String,
}

impl Breaks {
    /// What they are read as where lines are folded.
    fn folded(&self) -> String {
        if self.first == "\n" {
            if self.more.is_empty() {
                " ".into()
            } else {
                self.more.clone()
            }
        } else {
            self.first.to_owned() + &self.more
        }
    }
}

/// Bytes that a plain scalar goes on with, whatever is around it.
fn is_ordinary(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~') && !matches!(byte, b':' | b',' | b'?' | b'[' | b']' | b'{' | b'}')
}

impl Scanner<'_> {
    pub(super) fn scan_plain(&mut self) -> Result<(Value, Mark), GoError> {
        let start = self.source.mark;
        let bytes = self.source.bytes();
        let mut end = start;
        let mut text = Text::at(start.at);
        let indent = self.indent + 1;
        let mut breaks: Option<Breaks> = None;
        loop {
            self.source.need(4)?;
            if self.source.is_document_marker() || self.source.peek(0) == b'#' {
                break;
            }
            let from = self.source.mark.at;
            while !self.source.is_white(0) {
                let run = &bytes[self.source.mark.at..];
                let run = run.iter().take_while(|&&byte| is_ordinary(byte)).count();
                if run > 0 {
                    self.source.skip_bytes(run);
                    self.source.need(2)?;
                    continue;
                }
                let byte = self.source.peek(0);
                if byte == b':' && self.source.is_white(1)
                    || self.flow > 0 && matches!(byte, b',' | b'?' | b'[' | b']' | b'{' | b'}')
                {
                    break;
                }
                self.source.skip();
                self.source.need(2)?;
            }
            let to = self.source.mark.at;
            if to > from {
                if let Some(breaks) = breaks.take() {
                    text.push(bytes, &breaks.folded());
                } else if text.decoded.is_some() {
                    text.copy(bytes, end.at, from);
                } else {
                    text.end = from;
                }
                text.copy(bytes, from, to);
                end = self.source.mark;
            }
            if !(self.source.is_blank(0) || self.source.is_break(0)) {
                break;
            }
            loop {
                if self.source.is_blank(0) {
                    let before = (self.source.mark.column as isize) < indent;
                    if breaks.is_some() && before && self.source.peek(0) == b'\t' {
                        let problem = "found a tab character that violates indentation";
                        return self.error(start, problem);
                    }
                    self.source.skip();
                } else if self.source.is_break(0) {
                    self.source.need(2)?;
                    let line = self.source.skip_break();
                    match &mut breaks {
                        Some(breaks) => breaks.more.push_str(line),
                        None => {
                            breaks = Some(Breaks {
                                first: line,
                                more: String::new(),
                            });
                        }
                    }
                } else {
                    break;
                }
                self.source.need(1)?;
            }
            if self.flow == 0 && (self.source.mark.column as isize) < indent {
                break;
            }
        }
        if breaks.is_some() {
            self.key_allowed = true;
        }
        Ok((text.value(), end))
    }

    pub(super) fn scan_flow_scalar(&mut self, single: bool) -> Result<Value, GoError> {
        let start = self.source.mark;
        let bytes = self.source.bytes();
        let quote = if single { b'\'' } else { b'"' };
        self.source.skip();
        let mut text = Text::at(self.source.mark.at);
        loop {
            self.source.need(4)?;
            if self.source.is_document_marker() {
                return self.error(start, "found unexpected document indicator");
            }
            if self.source.is_end() {
                return self.error(start, "found unexpected end of stream");
            }
            // An escaped line break counts as one that is already read.
            let mut breaks: Option<Breaks> = None;
            while !self.source.is_white(0) {
                let at = self.source.mark.at;
                let byte = self.source.peek(0);
                if byte == quote {
                    if !(single && self.source.peek(1) == b'\'') {
                        break;
                    }
                    text.push(bytes, "'");
                    self.source.skip_bytes(2);
                } else if !single && byte == b'\\' && self.source.is_break(1) {
                    self.source.need(3)?;
                    text.push(bytes, "");
                    self.source.skip();
                    self.source.skip_break();
                    breaks = Some(Breaks::default());
                    break;
                } else if !single && byte == b'\\' {
                    let character = self.escape(start)?;
                    text.push(bytes, character.encode_utf8(&mut [0; 4]));
                } else {
                    self.source.skip();
                    text.copy(bytes, at, self.source.mark.at);
                }
                self.source.need(2)?;
            }
            self.source.need(1)?;
            if self.source.peek(0) == quote {
                break;
            }
            let from = self.source.mark.at;
            let mut to = from;
            loop {
                if self.source.is_blank(0) {
                    self.source.skip();
                    if breaks.is_none() {
                        to = self.source.mark.at;
                    }
                } else if self.source.is_break(0) {
                    self.source.need(2)?;
                    let line = self.source.skip_break();
                    match &mut breaks {
                        Some(breaks) => breaks.more.push_str(line),
                        None => {
                            breaks = Some(Breaks {
                                first: line,
                                more: String::new(),
                            });
                        }
                    }
                } else {
                    break;
                }
                self.source.need(1)?;
            }
            match breaks {
                Some(breaks) => text.push(bytes, &breaks.folded()),
                None => text.copy(bytes, from, to),
            }
        }
        self.source.skip();
        Ok(text.value())
    }

    fn escape(&mut self, start: Mark) -> Result<char, GoError> {
        let digits = match self.source.peek(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            other => {
                let character = match other {
                    b'0' => '\0',
                    b'a' => '\u{7}',
                    b'b' => '\u{8}',
                    b't' | b'\t' => '\t',
                    b'n' => '\n',
                    b'v' => '\u{b}',
                    b'f' => '\u{c}',
                    b'r' => '\r',
                    b'e' => '\u{1b}',
                    b' ' => ' ',
                    b'"' => '"',
                    b'\'' => '\'',
                    b'\\' => '\\',
                    b'N' => '\u{85}',
                    b'_' => '\u{a0}',
                    b'L' => '\u{2028}',
                    b'P' => '\u{2029}',
                    _ => return self.error(start, "found unknown escape character"),
                };
                self.source.skip_bytes(2);
                return Ok(character);
            }
        };
        self.source.skip_bytes(2);
        self.source.need(digits)?;
        let mut code = 0_u32;
        for ahead in 0..digits {
            let Some(digit) = char::from(self.source.peek(ahead)).to_digit(16) else {
                return self.error(start, "did not find expected hexdecimal number");
            };
            code = code << 4 | digit;
        }
        let Some(character) = char::from_u32(code) else {
            return self.error(start, "found invalid Unicode character escape code");
        };
        self.source.skip_bytes(digits);
        Ok(character)
    }

    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<(String, Mark), GoError> {
        let start = self.source.mark;
        let bytes = self.source.bytes();
        self.source.skip();
        let (chomp, increment) = self.block_header(start)?;
        let mut indent = match (increment, self.indent) {
            (0, _) => 0,
            (increment, outer) => outer.max(0) as usize + increment,
        };
        let mut text = Vec::new();
        let mut first = "";
        let mut more = String::new();
        let mut end = self.block_breaks(&mut indent, &mut more, start)?;
        let mut after_blank = false;
        while self.source.mark.column == indent && !self.source.is_end() {
            let blank = self.source.is_blank(0);
            if !literal && !after_blank && !blank && first == "\n" {
                if more.is_empty() {
                    text.push(b' ');
                }
            } else {
                text.extend_from_slice(first.as_bytes());
            }
            text.extend_from_slice(more.as_bytes());
            more.clear();
            after_blank = blank;
            let from = self.source.mark.at;
            while !self.source.is_break_or_end(0) {
                self.source.skip();
                self.source.need(1)?;
            }
            text.extend_from_slice(&bytes[from..self.source.mark.at]);
            self.source.need(2)?;
            first = self.source.skip_break();
            end = self.block_breaks(&mut indent, &mut more, start)?;
        }
        if chomp != Chomp::Strip {
            text.extend_from_slice(first.as_bytes());
        }
        if chomp == Chomp::Keep {
            text.extend_from_slice(more.as_bytes());
        }
        Ok((String::from_utf8_lossy(&text).into_owned(), end))
    }

    fn block_header(&mut self, start: Mark) -> Result<(Chomp, usize), GoError> {
        let mut chomp = Chomp::Clip;
        let mut increment = 0;
        // One of each, in any order.
        for _ in 0..2 {
            self.source.need(1)?;
            match self.source.peek(0) {
                b'+' if chomp == Chomp::Clip => chomp = Chomp::Keep,
                b'-' if chomp == Chomp::Clip => chomp = Chomp::Strip,
                b'0' if increment == 0 => {
                    return self.error(start, "found an indentation indicator equal to 0");
                }
                digit @ b'1'..=b'9' if increment == 0 => increment = usize::from(digit - b'0'),
                _ => break,
            }
            self.source.skip();
        }
        self.skip_blanks()?;
        if self.source.peek(0) == b'#' {
            self.skip_comment()?;
        }
        if !self.source.is_break_or_end(0) {
            return self.error(start, "did not find expected comment or line break");
        }
        self.source.need(2)?;
        self.source.skip_break();
        Ok((chomp, increment))
    }

    /// Goes over indentation and empty lines; gives where the last line break ended.
    fn block_breaks(
        &mut self,
        indent: &mut usize,
        breaks: &mut String,
        start: Mark,
    ) -> Result<Mark, GoError> {
        let mut end = self.source.mark;
        let mut deepest = 0;
        loop {
            self.source.need(1)?;
            let inside = |column: usize, indent: usize| indent == 0 || column < indent;
            while inside(self.source.mark.column, *indent) && self.source.peek(0) == b' ' {
                self.source.skip();
                self.source.need(1)?;
            }
            deepest = deepest.max(self.source.mark.column);
            if inside(self.source.mark.column, *indent) && self.source.peek(0) == b'\t' {
                let problem = "found a tab character where an indentation space is expected";
                return self.error(start, problem);
            }
            if !self.source.is_break(0) {
                break;
            }
            self.source.need(2)?;
            breaks.push_str(self.source.skip_break());
            end = self.source.mark;
        }
        if *indent == 0 {
            let least = usize::try_from(self.indent + 1).unwrap_or(0).max(1);
            *indent = deepest.max(least);
        }
        Ok(end)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomp {
    Clip,
    Keep,
    Strip,
}
