//! The scanner behind [`super::code`].

use super::code::{Kind, Language, Token};

/// Splits `text` into tokens.
pub(super) fn scan(text: &str, language: Language) -> Vec<Token> {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        language,
        at: 0,
        line: 1,
        tokens: Vec::with_capacity(text.len() / 6),
    };
    scanner.run();
    scanner.tokens
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    language: Language,
    at: usize,
    line: u32,
    tokens: Vec<Token>,
}

impl Scanner<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'0'..=b'9' => self.number(),
                _ if self.comment() || self.string() => {}
                b'_' | b'$' | b'@' | b'a'..=b'z' | b'A'..=b'Z' | 128.. => self.word(byte),
                _ => {
                    self.push(Kind::Sign, self.at, self.at + 1, self.line);
                    self.at += 1;
                }
            }
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, line: u32) {
        self.tokens.push(Token {
            kind,
            start: start as u32,
            end: end as u32,
            line,
        });
    }

    fn starts(&self, text: &str) -> bool {
        self.bytes[self.at..].starts_with(text.as_bytes())
    }

    fn word(&mut self, first: u8) {
        let start = self.at;
        // `@` and `$` begin names only where the language has such names.
        let sigil = match first {
            b'@' => !matches!(self.language, Language::Ruby | Language::Elixir),
            b'$' => !matches!(self.language, Language::Script | Language::Php),
            _ => false,
        };
        if sigil {
            self.push(Kind::Sign, start, start + 1, self.line);
            self.at += 1;
            return;
        }
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            let inside = byte.is_ascii_alphanumeric()
                || byte == b'_'
                || byte >= 128
                || (byte == b'$' && self.language == Language::Script);
            if !inside {
                break;
            }
            self.at += 1;
        }
        // `?` and `!` end names in Ruby and Elixir.
        let ends = matches!(self.bytes.get(self.at), Some(b'?' | b'!'));
        let assigns = self.bytes.get(self.at + 1) == Some(&b'=');
        if ends && !assigns && matches!(self.language, Language::Ruby | Language::Elixir) {
            self.at += 1;
        }
        self.push(Kind::Word, start, self.at, self.line);
    }

    fn number(&mut self) {
        let start = self.at;
        while let Some(&byte) = self.bytes.get(self.at) {
            let point = byte == b'.' && self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit);
            if !(byte.is_ascii_alphanumeric() || byte == b'_' || point) {
                break;
            }
            self.at += 1;
        }
        self.push(Kind::Number, start, self.at, self.line);
    }

    fn comment(&mut self) -> bool {
        let hash = matches!(
            self.language,
            Language::Python | Language::Ruby | Language::Elixir | Language::Php
        );
        let slashes = !matches!(
            self.language,
            Language::Python | Language::Ruby | Language::Elixir
        );
        if hash
            && self.bytes[self.at] == b'#'
            && !(self.language == Language::Php && self.starts("#["))
        {
            self.skip_line();
            return true;
        }
        if slashes && self.starts("//") {
            self.skip_line();
            return true;
        }
        if slashes && self.starts("/*") {
            self.block_comment();
            return true;
        }
        let at_margin = self.at == 0 || self.bytes[self.at - 1] == b'\n';
        if self.language == Language::Ruby && at_margin && self.starts("=begin") {
            let rest = &self.text[self.at..];
            let end = rest.find("\n=end").map_or(rest.len(), |end| end + 5);
            self.skip_to(self.at + end);
            return true;
        }
        false
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest
            .iter()
            .position(|&byte| byte == b'\n')
            .unwrap_or(rest.len());
    }

    fn block_comment(&mut self) {
        let mut depth = 0usize;
        let mut at = self.at;
        while at < self.bytes.len() {
            if self.bytes[at..].starts_with(b"/*")
                && (depth == 0 || self.language == Language::Rust)
            {
                depth += 1;
                at += 2;
            } else if self.bytes[at..].starts_with(b"*/") {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    break;
                }
            } else {
                at += 1;
            }
        }
        self.skip_to(at);
    }

    /// Moves on to `end` and counts the lines between.
    fn skip_to(&mut self, end: usize) {
        let end = end.min(self.bytes.len());
        let breaks = self.bytes[self.at..end].iter().filter(|b| **b == b'\n');
        self.line += breaks.count() as u32;
        self.at = end;
    }

    fn string(&mut self) -> bool {
        // Letters before a quote change how the string is read.
        let (prefix, raw) = self.prefix();
        let open = self.at + prefix;
        let rest = &self.bytes[open.min(self.bytes.len())..];
        let Some(&quote) = rest.first() else {
            return false;
        };
        let triple = matches!(
            self.language,
            Language::Python | Language::Java | Language::Elixir | Language::Csharp
        ) && (rest.starts_with(b"\"\"\"")
            || (rest.starts_with(b"'''") && self.language != Language::Java));
        match (quote, self.language) {
            (b'"' | b'\'', _) if triple => {
                let fence = [quote; 3];
                let start = open + 3;
                let end = self.find(start, &fence, !raw);
                self.text_token(start, end, end + 3);
                true
            }
            (b'#' | b'"', Language::Rust) if raw => {
                let hashes = rest.iter().take_while(|b| **b == b'#').count();
                if rest.get(hashes) != Some(&b'"') {
                    return false;
                }
                let mut fence = vec![b'"'];
                fence.resize(hashes + 1, b'#');
                let start = open + hashes + 1;
                let end = self.find(start, &fence, false);
                self.text_token(start, end, end + fence.len());
                true
            }
            (b'\'', Language::Rust) => self.rust_character(open),
            (b'`', Language::Go) => {
                let end = self.find(open + 1, b"`", false);
                self.text_token(open + 1, end, end + 1);
                true
            }
            (b'`', Language::Script) => {
                let end = self.template_end(open + 1);
                self.text_token(open + 1, end, end + 1);
                true
            }
            (b'"', Language::Csharp) if raw => {
                let mut end = self.find(open + 1, b"\"", false);
                while self.bytes.get(end + 1) == Some(&b'"') {
                    end = self.find(end + 2, b"\"", false);
                }
                self.text_token(open + 1, end, end + 1);
                true
            }
            (b'"' | b'\'', _) => {
                let multiline =
                    quote == b'"' && matches!(self.language, Language::Rust | Language::Elixir);
                let end = self.quoted_end(open + 1, quote, raw, multiline);
                self.text_token(open + 1, end, end + 1);
                true
            }
            _ => false,
        }
    }

    /// How many characters stand before the quote, and whether backslashes are plain.
    fn prefix(&self) -> (usize, bool) {
        let rest = &self.bytes[self.at..];
        let quote = |at: usize| matches!(rest.get(at), Some(b'"' | b'\''));
        match self.language {
            Language::Python => {
                let letters = rest
                    .iter()
                    .take(3)
                    .take_while(|b| b"rRbBfFuUtT".contains(b))
                    .count();
                if letters > 0 && letters < 3 && quote(letters) {
                    let raw = rest[..letters].iter().any(|b| matches!(b, b'r' | b'R'));
                    return (letters, raw);
                }
                (0, false)
            }
            Language::Rust => match rest {
                [b'r', b'"' | b'#', ..] => (1, true),
                [b'b' | b'c', b'r', b'"' | b'#', ..] => (2, true),
                [b'b' | b'c', b'"' | b'\'', ..] => (1, false),
                _ => (0, false),
            },
            Language::Csharp => match rest {
                [b'@', b'"', ..] => (1, true),
                [b'$', b'@', b'"', ..] | [b'@', b'$', b'"', ..] => (2, true),
                [b'$', b'"', ..] => (1, false),
                _ => (0, false),
            },
            _ => (0, false),
        }
    }

    fn text_token(&mut self, start: usize, end: usize, after: usize) {
        let len = self.bytes.len();
        let (start, end) = (start.min(len), end.min(len));
        self.push(Kind::Text, start.min(end), end, self.line);
        self.skip_to(after.max(self.at + 1));
    }

    /// Where `fence` stands from `start` on, the end of the text when nowhere.
    fn find(&self, start: usize, fence: &[u8], escapes: bool) -> usize {
        let mut at = start;
        while at < self.bytes.len() {
            if escapes && self.bytes[at] == b'\\' {
                at += 2;
            } else if self.bytes[at..].starts_with(fence) {
                return at;
            } else {
                at += 1;
            }
        }
        self.bytes.len()
    }

    fn quoted_end(&self, start: usize, quote: u8, raw: bool, multiline: bool) -> usize {
        let mut at = start;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' if !raw || self.language == Language::Python => at += 2,
                b'\n' if !multiline => return at,
                byte if byte == quote => return at,
                _ => at += 1,
            }
        }
        self.bytes.len()
    }

    /// The end of a template string, past what it nests.
    fn template_end(&self, start: usize) -> usize {
        let mut at = start;
        // Whether each level is the text of a template or code within one.
        let mut levels = vec![b'`'];
        while let Some(&byte) = self.bytes.get(at) {
            let in_text = levels.last() == Some(&b'`');
            match byte {
                b'\\' => at += 1,
                b'`' if in_text => {
                    levels.pop();
                    if levels.is_empty() {
                        return at;
                    }
                }
                b'`' => levels.push(b'`'),
                b'$' if in_text && self.bytes.get(at + 1) == Some(&b'{') => {
                    levels.push(b'{');
                    at += 1;
                }
                b'{' if !in_text => levels.push(b'{'),
                b'}' if !in_text => {
                    levels.pop();
                }
                _ => {}
            }
            if levels.len() > 64 {
                break;
            }
            at += 1;
        }
        self.bytes.len()
    }

    /// A character, or the sign of a lifetime.
    fn rust_character(&mut self, open: usize) -> bool {
        let rest = &self.text[open + 1..];
        let mut chars = rest.char_indices();
        let end = match chars.next() {
            Some((_, '\\')) => rest[1..]
                .char_indices()
                .skip(1)
                .find(|(_, c)| *c == '\'')
                .map(|(at, _)| at + 1)
                .filter(|at| *at < 12),
            Some(_) => match chars.next() {
                Some((at, '\'')) => Some(at),
                _ => None,
            },
            None => None,
        };
        match end {
            Some(end) => {
                let start = open + 1;
                self.text_token(start, start + end, start + end + 1);
                true
            }
            None => false,
        }
    }
}
