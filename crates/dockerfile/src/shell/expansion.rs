//! What `$` and backticks begin: parameters, substitutions, arithmetic.

use super::parser::{Parsed, Parser};
use super::word::Content;

impl Parser<'_> {
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
    pub(super) fn substitution(&mut self, open: usize) -> Parsed<()> {
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
                    self.double_quoted(&mut Content::expanded())?;
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
    pub(super) fn arithmetic_end(&mut self, from: usize) -> Option<usize> {
        let end = self.end.min(from.saturating_add(self.out.ahead));
        let bytes = &self.bytes[..end];
        let mut depth = 0_usize;
        let mut at = from;
        let mut close = None;
        while at < end {
            match bytes[at] {
                b'(' => depth += 1,
                b')' if depth == 0 => {
                    close = (bytes.get(at + 1) == Some(&b')')).then_some(at);
                    break;
                }
                b')' => depth -= 1,
                b'\\' => at += 1,
                b'\'' => {
                    at += 1;
                    while at < end && bytes[at] != b'\'' {
                        at += 1;
                    }
                }
                b'"' => {
                    at += 1;
                    while at < end && bytes[at] != b'"' {
                        at += if bytes[at] == b'\\' { 2 } else { 1 };
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.out.ahead -= at.min(end).saturating_sub(from).min(self.out.ahead);
        close
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
}
