//! Words: quotes, expansions, substitutions.

use super::ShellWord;
use super::parser::{Parsed, Parser, is_blank, is_operator};

/// What is known of a word while it is read.
#[derive(Default)]
pub(super) struct Content {
    /// Its value so far.
    literal: String,
    /// It holds something that only the shell can know.
    expands: bool,
    /// It is continued over a line end.
    continued: bool,
}

impl Content {
    fn push(&mut self, text: &str) {
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
        Ok(self.finish(start, content))
    }

    fn finish(&self, start: usize, content: Content) -> ShellWord {
        let written = &self.text[start..self.pos];
        let text = if content.continued && !written.contains('\'') {
            written.replace("\\\r\n", "").replace("\\\n", "").into()
        } else {
            written.into()
        };
        let literal = (!content.expands).then(|| content.literal.into_boxed_str());
        ShellWord {
            range: self.range(start, self.pos),
            text,
            literal,
        }
    }

    /// The text from `start` to here as a word without quotes and expansions.
    pub(super) fn plain(&self, start: usize) -> ShellWord {
        let text: Box<str> = self.text[start..self.pos].into();
        ShellWord {
            range: self.range(start, self.pos),
            literal: Some(text.clone()),
            text,
        }
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
    fn single_quoted(&mut self) -> Parsed<()> {
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
    fn double_quoted(&mut self, content: &mut Content) -> Parsed<()> {
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

    /// What a `$` begins. Without `content` nothing but nested commands is of interest.
    pub(super) fn dollar(&mut self, content: Option<&mut Content>, quoted: bool) -> Parsed<()> {
        let start = self.pos;
        let mut unused = Content::default();
        let content = content.unwrap_or(&mut unused);
        self.pos += 1;
        match self.peek() {
            Some(b'(') => {
                content.expands = true;
                if self.peek_at(1) == Some(b'(')
                    && let Some(close) = self.arithmetic_end(self.pos + 2)
                {
                    return self.nested(|p| p.arithmetic(start + 3, close));
                }
                self.pos += 1;
                self.substitution(start + 1)
            }
            Some(b'{') => {
                content.expands = true;
                self.nested(|p| p.parameter(quoted))
            }
            // Bash's old form of arithmetic.
            Some(b'[') if !quoted && let Some(close) = self.bracket_end(self.pos) => {
                content.expands = true;
                self.nested(|p| p.expansions(p.pos + 1, close))
            }
            Some(b'\'') if !quoted => self.ansi_quoted(content),
            Some(b'"') if !quoted => {
                self.pos += 1;
                self.double_quoted(content)
            }
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                content.expands = true;
                while self
                    .peek()
                    .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
                {
                    self.pos += 1;
                }
                Ok(())
            }
            Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => {
                content.expands = true;
                self.pos += 1;
                Ok(())
            }
            _ => {
                content.push("$");
                Ok(())
            }
        }
    }

    /// The commands of a substitution, from behind its parenthesis (at `open`) to behind the
    /// closing one.
    fn substitution(&mut self, open: usize) -> Parsed<()> {
        let scope = self.scope.substitution();
        self.nested(|p| {
            p.within(scope, |p| {
                p.list()?;
                p.close_parenthesis(open)
            })
        })
    }

    /// `${…}`, from its brace to behind the closing one.
    fn parameter(&mut self, quoted: bool) -> Parsed<()> {
        let open = self.pos;
        self.pos += 1;
        if matches!(self.peek(), Some(b'#' | b'!')) {
            self.pos += 1;
        }
        if matches!(
            self.peek(),
            Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')
        ) {
            self.pos += 1;
        } else {
            while self
                .peek()
                .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
            {
                self.pos += 1;
            }
        }
        // Inside double quotes an apostrophe quotes only in the operators that take a pattern.
        let patterns = matches!(self.peek(), Some(b'#' | b'%' | b'/' | b'^' | b','));
        let apostrophes_quote = !quoted || patterns;
        loop {
            match self.peek() {
                None => return self.fail(open - 1, open + 1, "this `${` is never closed"),
                Some(b'}') => {
                    self.pos += 1;
                    return Ok(());
                }
                Some(b'\\') => self.pos = (self.pos + 2).min(self.end),
                Some(b'\'') if apostrophes_quote => self.single_quoted()?,
                Some(b'"') => {
                    self.pos += 1;
                    self.double_quoted(&mut Content {
                        expands: true,
                        ..Content::default()
                    })?;
                }
                Some(b'$') => self.dollar(None, quoted)?,
                Some(b'`') => self.backticks(quoted)?,
                Some(_) => self.pos += 1,
            }
        }
    }

    /// Commands between backticks. The first backtick without a backslash ends them.
    pub(super) fn backticks(&mut self, quoted: bool) -> Parsed<()> {
        let open = self.pos;
        let mut close = open + 1;
        let mut escaped = false;
        while close < self.end && self.bytes[close] != b'`' {
            if self.bytes[close] == b'\\' {
                escaped = true;
                close += 1;
            }
            close += 1;
        }
        if close >= self.end {
            return self.fail(open, open + 1, "this backtick is never closed");
        }
        let scope = self.scope.substitution();
        if escaped {
            let inner = self.map.unescaped(open + 1, close, quoted);
            let mut parser = Parser::new(&inner, self.out);
            parser.scope = scope;
            parser.nesting = self.nesting;
            parser.nested(Parser::whole)?;
        } else {
            let end = std::mem::replace(&mut self.end, close);
            let pending = std::mem::take(&mut self.pending);
            self.pos = open + 1;
            let result = self.nested(|p| p.within(scope, Self::whole));
            self.pending = pending;
            self.end = end;
            result?;
        }
        self.pos = close + 1;
        Ok(())
    }

    /// Where the `))` stands that closes the arithmetic expression begun before `from`. `None`
    /// if a lone `)` comes first: then it was a subshell.
    pub(super) fn arithmetic_end(&self, from: usize) -> Option<usize> {
        let bytes = &self.bytes[..self.end];
        let mut depth = 0_usize;
        let mut at = from;
        while at < bytes.len() {
            match bytes[at] {
                b'(' => depth += 1,
                b')' if depth == 0 => return (bytes.get(at + 1) == Some(&b')')).then_some(at),
                b')' => depth -= 1,
                b'\\' => at += 1,
                b'\'' => at += 1 + bytes[at + 1..].iter().position(|b| *b == b'\'')?,
                b'"' => {
                    at += 1;
                    while at < bytes.len() && bytes[at] != b'"' {
                        at += if bytes[at] == b'\\' { 2 } else { 1 };
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// An arithmetic expression at `from..close`; leaves the position behind its `))`.
    pub(super) fn arithmetic(&mut self, from: usize, close: usize) -> Parsed<()> {
        self.expansions(from, close)?;
        self.pos = close + 2;
        Ok(())
    }

    /// The substitutions in a text that is not made of words, at `from..to`; leaves the position
    /// at `to`.
    pub(super) fn expansions(&mut self, from: usize, to: usize) -> Parsed<()> {
        let end = std::mem::replace(&mut self.end, to);
        self.pos = from;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.pos += 2,
                b'$' => self.dollar(None, true)?,
                b'`' => self.backticks(true)?,
                _ => self.pos += 1,
            }
        }
        self.end = end;
        self.pos = to;
        Ok(())
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
        Ok(self.finish(start, content))
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
        Ok(self.finish(
            start,
            Content {
                expands: true,
                ..Content::default()
            },
        ))
    }

    /// `$'…'` with its escapes, from the quote on.
    fn ansi_quoted(&mut self, content: &mut Content) -> Parsed<()> {
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
