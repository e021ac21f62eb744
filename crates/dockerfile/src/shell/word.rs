//! Words and their quotes.

use std::borrow::Cow;

use super::ShellWord;
use super::parser::{Parsed, Parser, is_blank, is_operator};

/// What is known of a word while it is read.
#[derive(Default)]
pub(super) struct Content {
    /// Its value so far.
    literal: String,
    /// It holds something that only the shell can know.
    pub(super) expands: bool,
    /// It is continued over a line end.
    continued: bool,
}

impl Content {
    /// That of a word whose value nobody asks for.
    pub(super) fn expanded() -> Self {
        Self {
            expands: true,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        if !self.expands {
            self.literal.push_str(text);
        }
    }
}

impl Parser<'_> {
    /// A word, which may be empty. `arrays`: `NAME=(…)` may stand here as an argument.
    pub(super) fn word(&mut self, arrays: bool) -> Parsed<ShellWord> {
        let start = self.pos;
        let mut content = Content::default();
        loop {
            let run = self.pos;
            while self.pos < self.end && !is_special(self.bytes[self.pos]) {
                self.pos += 1;
            }
            content.push(&self.text[run..self.pos]);
            let Some(byte) = self.peek() else { break };
            match byte {
                b'<' | b'>' if self.peek_at(1) == Some(b'(') => {
                    content.expands = true;
                    self.pos += 2;
                    self.substitution(self.pos - 1)?;
                }
                b'(' => {
                    let before = (self.pos > run).then(|| self.bytes[self.pos - 1]);
                    match before {
                        Some(b'?' | b'*' | b'+' | b'@' | b'!') => {
                            self.extended_glob(&mut content)?;
                        }
                        Some(b'=') if arrays => {
                            self.array()?;
                            content.expands = true;
                        }
                        _ => break,
                    }
                }
                b'\r' if !matches!(self.peek_at(1), Some(b'\n') | None) => {
                    content.push("\r");
                    self.pos += 1;
                }
                _ if is_blank(byte) || is_operator(byte) => break,
                _ => self.part(byte, &mut content)?,
            }
        }
        Ok(self.finish(start, &content))
    }

    fn finish(&self, start: usize, content: &Content) -> ShellWord {
        let written = &self.text[start..self.pos];
        let text = if content.continued && !written.contains('\'') {
            Cow::Owned(written.replace("\\\r\n", "").replace("\\\n", ""))
        } else {
            Cow::Borrowed(written)
        };
        let value = (!content.expands).then_some(&*content.literal);
        ShellWord::new(self.range(start, self.pos), &text, value)
    }

    /// The text from `start` to here as a word without quotes and expansions.
    pub(super) fn plain(&self, start: usize) -> ShellWord {
        let text = &self.text[start..self.pos];
        ShellWord::new(self.range(start, self.pos), text, Some(text))
    }

    /// A quoted or expanded part, which `byte` begins.
    fn part(&mut self, byte: u8, content: &mut Content) -> Parsed<()> {
        match byte {
            b'\\' => {
                self.pos += 1;
                if self.at("\r\n") {
                    self.pos += 2;
                    content.continued = true;
                } else if self.peek() == Some(b'\n') {
                    self.pos += 1;
                    content.continued = true;
                } else if self.pos < self.end {
                    let escaped = self.pos;
                    self.skip_character();
                    content.push(&self.text[escaped..self.pos]);
                } else {
                    content.push("\\");
                }
                Ok(())
            }
            b'\'' => {
                let open = self.pos;
                self.single_quoted()?;
                content.push(&self.text[open + 1..self.pos - 1]);
                Ok(())
            }
            b'"' => {
                self.pos += 1;
                self.double_quoted(content)
            }
            b'$' => self.dollar(Some(content), false),
            b'`' => {
                content.expands = true;
                self.backticks(false)
            }
            _ => {
                let at = self.pos;
                self.skip_character();
                content.push(&self.text[at..self.pos]);
                Ok(())
            }
        }
    }

    fn skip_character(&mut self) {
        self.pos += 1;
        while self.pos < self.end && !self.text.is_char_boundary(self.pos) {
            self.pos += 1;
        }
    }

    /// From the opening to behind the closing quote.
    pub(super) fn single_quoted(&mut self) -> Parsed<()> {
        let open = self.pos;
        match self.bytes[open + 1..self.end]
            .iter()
            .position(|b| *b == b'\'')
        {
            Some(len) => {
                self.pos = open + len + 2;
                Ok(())
            }
            None => self.fail(open, open + 1, "this `'` is never closed"),
        }
    }

    /// From behind the opening to behind the closing quote.
    pub(super) fn double_quoted(&mut self, content: &mut Content) -> Parsed<()> {
        let open = self.pos - 1;
        loop {
            let run = self.pos;
            while self.pos < self.end && !matches!(self.bytes[self.pos], b'"' | b'\\' | b'$' | b'`')
            {
                self.pos += 1;
            }
            content.push(&self.text[run..self.pos]);
            match self.peek() {
                None => return self.fail(open, open + 1, "this `\"` is never closed"),
                Some(b'"') => {
                    self.pos += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.pos += 1;
                    match self.peek() {
                        Some(b'\n') => {
                            self.pos += 1;
                            content.continued = true;
                        }
                        Some(byte @ (b'$' | b'`' | b'"' | b'\\')) => {
                            self.pos += 1;
                            content.push(char::from(byte).encode_utf8(&mut [0; 4]));
                        }
                        _ => content.push("\\"),
                    }
                }
                Some(b'$') => self.dollar(Some(content), true)?,
                Some(_) => {
                    content.expands = true;
                    self.backticks(true)?;
                }
            }
        }
    }

    /// `@(a|b)` and its like, from the parenthesis on.
    fn extended_glob(&mut self, content: &mut Content) -> Parsed<()> {
        let open = self.pos;
        let mut depth = 0_usize;
        loop {
            let Some(byte) = self.peek() else {
                return self.fail(open, open + 1, "this `(` is never closed");
            };
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\n' => return self.unexpected(),
                b'\\' | b'\'' | b'"' | b'$' | b'`' => {
                    self.part(byte, content)?;
                    continue;
                }
                _ => {}
            }
            let at = self.pos;
            self.skip_character();
            content.push(&self.text[at..self.pos]);
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// The right side of `=~`: a word in which parentheses and bars are ordinary.
    pub(super) fn regex(&mut self) -> Parsed<ShellWord> {
        let start = self.pos;
        let mut content = Content::default();
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                b'\\' | b'\'' | b'"' | b'$' | b'`' => {
                    self.part(byte, &mut content)?;
                    continue;
                }
                _ if depth == 0 && is_blank(byte) => break,
                _ => {}
            }
            let at = self.pos;
            self.skip_character();
            content.push(&self.text[at..self.pos]);
        }
        Ok(self.finish(start, &content))
    }

    /// `(word …)` after `NAME=`, as one word.
    pub(super) fn array(&mut self) -> Parsed<ShellWord> {
        let start = self.pos;
        self.pos += 1;
        loop {
            self.skip_lines();
            match self.peek() {
                None => return self.fail(start, start + 1, "this `(` is never closed"),
                Some(b')') => break,
                Some(byte) if is_operator(byte) && !self.at("<(") && !self.at(">(") => {
                    return self.unexpected();
                }
                Some(_) => {
                    self.word(false)?;
                }
            }
        }
        self.pos += 1;
        Ok(self.finish(start, &Content::expanded()))
    }

    /// `$'…'` with its escapes, from the quote on.
    pub(super) fn ansi_quoted(&mut self, content: &mut Content) -> Parsed<()> {
        let open = self.pos;
        self.pos += 1;
        loop {
            let at = self.pos;
            match self.peek() {
                None => return self.fail(open - 1, open + 1, "this `$'` is never closed"),
                Some(b'\'') => {
                    self.pos += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.pos += 1;
                    self.ansi_escape(content);
                }
                Some(_) => {
                    self.skip_character();
                    content.push(&self.text[at..self.pos]);
                }
            }
        }
    }

    fn ansi_escape(&mut self, content: &mut Content) {
        let at = self.pos;
        let Some(byte) = self.peek() else {
            return;
        };
        self.skip_character();
        let simple = match byte {
            b'a' => '\u{7}',
            b'b' => '\u{8}',
            b'e' | b'E' => '\u{1b}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'v' => '\u{b}',
            b'x' => self.code(16, 2),
            b'u' => self.code(16, 4),
            b'U' => self.code(16, 8),
            b'0'..=b'7' => {
                self.pos = at;
                self.code(8, 3)
            }
            _ => {
                content.push(&self.text[at..self.pos]);
                return;
            }
        };
        content.push(simple.encode_utf8(&mut [0; 4]));
    }

    /// A character given by up to `most` digits.
    fn code(&mut self, radix: u32, most: usize) -> char {
        let mut value = 0_u32;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(radix)) else {
                break;
            };
            value = value.wrapping_mul(radix).wrapping_add(digit);
            self.pos += 1;
        }
        char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

/// Bytes that end a run of ordinary ones in a word.
fn is_special(byte: u8) -> bool {
    is_blank(byte) || is_operator(byte) || matches!(byte, b'\\' | b'\'' | b'"' | b'$' | b'`')
}
