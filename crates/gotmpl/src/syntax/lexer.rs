//! Tokens of a template. The rules, and the texts of the errors, are those of Go's lexer; the
//! line that Go counts for a token is always that of its first byte, so none is kept here.

use memchr::memmem;
use plimsoll_source::TextRange;

use crate::format::quote::describe;
use crate::unicode::{decode, is_digit, is_letter};

use super::Delimiters;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The lexer found no token; [`Lexer::error`] says why.
    Error,
    Bool,
    /// A printable ASCII character without a meaning of its own.
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Kind {
    /// Whether Go prints the token in angle brackets.
    pub(super) fn is_keyword(self) -> bool {
        matches!(
            self,
            Kind::Block
                | Kind::Break
                | Kind::Continue
                | Kind::Dot
                | Kind::Define
                | Kind::Else
                | Kind::End
                | Kind::If
                | Kind::Nil
                | Kind::Range
                | Kind::Template
                | Kind::With
        )
    }
}

/// A token and its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Token {
    pub(super) const fn range(self) -> TextRange {
        TextRange::new(self.start, self.end)
    }
}

/// Which words a function of the same name takes away from the language.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub(super) break_is_keyword: bool,
    pub(super) continue_is_keyword: bool,
}

/// Cuts a text into tokens, one at a time.
pub(super) struct Lexer<'t> {
    text: &'t [u8],
    left: memmem::Finder<'t>,
    right: &'t [u8],
    /// The same if it has the usual length, for quick looks.
    right_pair: Option<[u8; 2]>,
    words: Words,
    at: usize,
    start: usize,
    inside_action: bool,
    open_parens: u32,
    /// Why the last token was [`Kind::Error`].
    pub(super) error: String,
    /// Comments met so far, `/*` to `*/`.
    pub(super) comments: Vec<TextRange>,
}

/// A trim marker and the space beside it.
const TRIM_LEN: usize = 2;
const DECIMAL: &[u8] = b"0123456789_";
const HEXADECIMAL: &[u8] = b"0123456789abcdefABCDEF_";
const OCTAL: &[u8] = b"01234567_";
const BINARY: &[u8] = b"01_";

/// What an ASCII byte can be part of or do.
pub(super) const WORD: u8 = 1;
pub(super) const TERMINATOR: u8 = 2;
const SPACE: u8 = 4;
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 0x80_u8 {
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            classes[byte as usize] |= WORD;
        }
        if matches!(byte, b'.' | b',' | b'|' | b':' | b')' | b'(') {
            classes[byte as usize] |= TERMINATOR;
        }
        if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            classes[byte as usize] |= SPACE | TERMINATOR;
        }
        byte += 1;
    }
    classes
};

#[inline]
pub(super) fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

#[inline]
pub(super) fn is_space(byte: u8) -> bool {
    is(byte, SPACE)
}

fn is_word(code: u32) -> bool {
    code == u32::from(b'_') || is_letter(code) || is_digit(code)
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t [u8], delimiters: &'t Delimiters, words: Words) -> Self {
        Self {
            text,
            left: memmem::Finder::new(delimiters.left.as_bytes()),
            right: delimiters.right.as_bytes(),
            right_pair: delimiters.right.as_bytes().try_into().ok(),
            words,
            at: 0,
            start: 0,
            inside_action: false,
            open_parens: 0,
            error: String::new(),
            comments: Vec::new(),
        }
    }

    /// The next token. After the end of the text it is [`Kind::Eof`] for ever.
    pub(super) fn next(&mut self) -> Token {
        if self.inside_action {
            self.inside()
        } else {
            self.outside()
        }
    }

    /// Whether actions stand in `{{` and `}}`.
    pub(super) fn has_usual_delimiters(&self) -> bool {
        self.right_pair == Some(*b"}}") && self.left.needle() == b"{{"
    }

    /// Where the next token starts.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Goes on outside the action that somebody else has passed.
    pub(super) fn leave_action(&mut self, at: usize) {
        self.at = at;
        self.start = at;
        self.inside_action = false;
        self.open_parens = 0;
    }

    /// Goes on in the action, behind what somebody else has passed.
    pub(super) fn go_on_at(&mut self, at: usize) {
        self.at = at;
        self.start = at;
    }

    /// Goes on after an error at the token `last`: behind the action that it is in, or before
    /// the next one if that starts first.
    pub(super) fn recover(&mut self, last: Token) {
        if !self.inside_action {
            return;
        }
        let starts_next = self.text[last.start as usize..].starts_with(self.left.needle());
        if last.kind == Kind::Char && starts_next {
            self.at = last.start as usize;
        }
        let rest = &self.text[self.at..];
        let close = memmem::find(rest, self.right);
        let open = self.left.find(rest);
        match (close, open) {
            (Some(close), Some(open)) if open < close => self.at += open,
            (Some(close), _) => {
                self.at += close;
                self.at += self.right.len();
            }
            (None, Some(open)) => self.at += open,
            (None, None) => self.at = self.text.len(),
        }
        self.start = self.at;
        self.inside_action = false;
        self.open_parens = 0;
    }

    /// Leaves out the rest of the text.
    pub(super) fn stop(&mut self) {
        self.at = self.text.len();
        self.start = self.at;
        self.inside_action = false;
        self.open_parens = 0;
    }

    fn token(&mut self, kind: Kind) -> Token {
        let token = Token {
            kind,
            start: self.start as u32,
            end: self.at as u32,
        };
        self.start = self.at;
        token
    }

    fn fail(&mut self, why: impl Into<String>) -> Token {
        self.error = why.into();
        self.token(Kind::Error)
    }

    fn rest(&self) -> &'t [u8] {
        &self.text[self.at..]
    }

    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Whether a text starts with the right delimiter.
    #[inline]
    fn is_right(&self, text: &[u8]) -> bool {
        match (self.right_pair, text) {
            (Some([first, second]), [a, b, ..]) => *a == first && *b == second,
            (Some(_), _) => false,
            (None, _) => text.starts_with(self.right),
        }
    }

    /// Whether a right delimiter stands at `at`, and whether a trim marker is before it.
    fn right_delim(&self, at: usize) -> Option<bool> {
        let rest = &self.text[at..];
        if let [space, b'-', after @ ..] = rest
            && is_space(*space)
            && self.is_right(after)
        {
            return Some(true);
        }
        self.is_right(rest).then_some(false)
    }

    fn outside(&mut self) -> Token {
        loop {
            let Some(found) = self.left.find(self.rest()) else {
                self.at = self.text.len();
                let kind = if self.at > self.start {
                    Kind::Text
                } else {
                    Kind::Eof
                };
                return self.token(kind);
            };
            let delim = self.at + found;
            let after = delim + self.left.needle().len();
            let trims = matches!(self.text[after..], [b'-', space, ..] if is_space(space));
            if found > 0 {
                self.at = delim;
                while trims && self.at > self.start && is_space(self.text[self.at - 1]) {
                    self.at -= 1;
                }
                let has_text = self.at > self.start;
                let text = self.token(Kind::Text);
                self.at = delim;
                self.start = delim;
                if has_text {
                    return text;
                }
            }
            let content = after + if trims { TRIM_LEN } else { 0 };
            if self.text[content..].starts_with(b"/*") {
                self.at = content;
                self.start = content;
                if let Some(error) = self.comment() {
                    return error;
                }
                continue;
            }
            self.at = after;
            let token = self.token(Kind::LeftDelim);
            self.inside_action = true;
            self.open_parens = 0;
            self.at = content;
            self.start = content;
            return token;
        }
    }

    /// Passes a comment, `/*` being next; gives a token only if it is none.
    fn comment(&mut self) -> Option<Token> {
        let Some(end) = memmem::find(&self.rest()[2..], b"*/") else {
            let error = self.fail("unclosed comment");
            self.at = self.text.len();
            self.start = self.at;
            return Some(error);
        };
        self.at += end + 4;
        let Some(trims) = self.right_delim(self.at) else {
            let error = self.fail("comment ends before closing delimiter");
            // What follows is looked at as an action would be, so that recovery finds its end.
            self.inside_action = true;
            return Some(error);
        };
        self.comments.push(TextRange::at(self.start, self.at));
        self.pass_right_delim(trims);
        self.start = self.at;
        None
    }

    fn pass_right_delim(&mut self, trims: bool) {
        if trims {
            self.at += TRIM_LEN;
        }
        self.at += self.right.len();
        if trims {
            let spaces = self.rest().iter().take_while(|&&byte| is_space(byte));
            self.at += spaces.count();
        }
    }

    fn close(&mut self, trims: bool) -> Token {
        if trims {
            self.at += TRIM_LEN;
            self.start = self.at;
        }
        self.at += self.right.len();
        let token = self.token(Kind::RightDelim);
        if trims {
            let spaces = self.rest().iter().take_while(|&&byte| is_space(byte));
            self.at += spaces.count();
            self.start = self.at;
        }
        self.inside_action = false;
        token
    }

    fn inside(&mut self) -> Token {
        let Some(byte) = self.byte() else {
            return self.fail("unclosed action");
        };
        if byte == self.right[0] || is_space(byte) {
            if let Some(trims) = self.right_delim(self.at) {
                if self.open_parens == 0 {
                    return self.close(trims);
                }
                return self.fail("unclosed left paren");
            }
            if is_space(byte) {
                return self.space();
            }
        }
        self.at += 1;
        match byte {
            b'=' => self.token(Kind::Assign),
            b':' => {
                if self.byte() == Some(b'=') {
                    self.at += 1;
                    return self.token(Kind::Declare);
                }
                self.at += decode(self.rest()).1;
                self.fail("expected :=")
            }
            b'|' => self.token(Kind::Pipe),
            b'"' => self.quoted(b'"', Kind::String, "unterminated quoted string"),
            b'\'' => self.quoted(b'\'', Kind::CharConstant, "unterminated character constant"),
            b'`' => match memchr::memchr(b'`', self.rest()) {
                Some(end) => {
                    self.at += end + 1;
                    self.token(Kind::RawString)
                }
                None => {
                    self.at = self.text.len();
                    self.fail("unterminated raw quoted string")
                }
            },
            b'$' => self.field_or_variable(Kind::Variable),
            b'.' if self.byte().is_none_or(|next| !next.is_ascii_digit()) && self.has_more() => {
                self.field_or_variable(Kind::Field)
            }
            b'.' | b'+' | b'-' | b'0'..=b'9' => {
                self.at -= 1;
                self.number()
            }
            b'(' => {
                self.open_parens += 1;
                self.token(Kind::LeftParen)
            }
            b')' => match self.open_parens.checked_sub(1) {
                Some(open) => {
                    self.open_parens = open;
                    self.token(Kind::RightParen)
                }
                None => self.fail("unexpected right paren"),
            },
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => self.identifier(),
            0x20..=0x7e => self.token(Kind::Char),
            _ => {
                self.at -= 1;
                let (code, width) = decode(self.rest());
                self.at += width;
                if is_word(code) {
                    return self.identifier();
                }
                self.fail(format!(
                    "unrecognized character in action: {}",
                    describe(code)
                ))
            }
        }
    }

    fn has_more(&self) -> bool {
        self.at < self.text.len()
    }

    fn space(&mut self) -> Token {
        while self.byte().is_some_and(is_space) {
            self.at += 1;
        }
        // The last space may belong to a trim marker.
        if self.right_delim(self.at - 1) == Some(true) {
            self.at -= 1;
            if self.at == self.start {
                return self.close(true);
            }
        }
        self.token(Kind::Space)
    }

    /// Passes letters, digits and underscores; gives the character that ended them.
    fn word(&mut self) -> u32 {
        loop {
            while self.byte().is_some_and(|byte| is(byte, WORD)) {
                self.at += 1;
            }
            match self.byte() {
                Some(byte) if byte < 0x80 => return u32::from(byte),
                _ => {
                    let (code, width) = decode(self.rest());
                    if width == 0 || !is_word(code) {
                        return code;
                    }
                    self.at += width;
                }
            }
        }
    }

    /// Whether a word may end here.
    fn at_terminator(&self) -> bool {
        match self.byte() {
            None => true,
            Some(byte) => is(byte, TERMINATOR) || self.is_right(self.rest()),
        }
    }

    fn identifier(&mut self) -> Token {
        let next = self.word();
        if !self.at_terminator() {
            return self.fail(format!("bad character {}", describe(next)));
        }
        let kind = match &self.text[self.start..self.at] {
            b"block" => Kind::Block,
            b"break" if self.words.break_is_keyword => Kind::Break,
            b"continue" if self.words.continue_is_keyword => Kind::Continue,
            b"define" => Kind::Define,
            b"else" => Kind::Else,
            b"end" => Kind::End,
            b"if" => Kind::If,
            b"nil" => Kind::Nil,
            b"range" => Kind::Range,
            b"template" => Kind::Template,
            b"with" => Kind::With,
            b"true" | b"false" => Kind::Bool,
            _ => Kind::Identifier,
        };
        self.token(kind)
    }

    fn field_or_variable(&mut self, kind: Kind) -> Token {
        if self.at_terminator() {
            return self.token(match kind {
                Kind::Variable => Kind::Variable,
                _ => Kind::Dot,
            });
        }
        let next = self.word();
        if !self.at_terminator() {
            return self.fail(format!("bad character {}", describe(next)));
        }
        self.token(kind)
    }

    fn quoted(&mut self, quote: u8, kind: Kind, unterminated: &str) -> Token {
        loop {
            let rest = self.rest();
            let run = memchr::memchr3(b'\\', b'\n', quote, rest);
            self.at += run.unwrap_or(rest.len());
            let byte = self.byte();
            self.at += usize::from(byte.is_some());
            match byte {
                Some(b'\\') => {
                    let escaped = self.byte();
                    self.at += decode(self.rest()).1;
                    if matches!(escaped, None | Some(b'\n')) {
                        return self.fail(unterminated);
                    }
                }
                None | Some(b'\n') => return self.fail(unterminated),
                Some(byte) if byte == quote => return self.token(kind),
                Some(_) => {}
            }
        }
    }

    fn number(&mut self) -> Token {
        if !self.scan_number() {
            return self.bad_number();
        }
        if matches!(self.byte(), Some(b'+' | b'-')) {
            if !self.scan_number() || self.text[self.at - 1] != b'i' {
                return self.bad_number();
            }
            return self.token(Kind::Complex);
        }
        self.token(Kind::Number)
    }

    fn bad_number(&mut self) -> Token {
        let text = &self.text[self.start..self.at];
        let quoted = crate::format::quote::quote(text, crate::format::quote::Keep::Printable);
        self.fail(format!("bad number syntax: {quoted}"))
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let found = self.byte().is_some_and(|byte| valid.contains(&byte));
        self.at += usize::from(found);
        found
    }

    fn accept_run(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }

    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut digits = DECIMAL;
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = HEXADECIMAL;
            } else if self.accept(b"oO") {
                digits = OCTAL;
            } else if self.accept(b"bB") {
                digits = BINARY;
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        let exponent: &[u8] = match digits.len() {
            11 => b"eE",
            23 => b"pP",
            _ => b"",
        };
        if self.accept(exponent) {
            self.accept(b"+-");
            self.accept_run(DECIMAL);
        }
        self.accept(b"i");
        let (code, width) = decode(self.rest());
        if width > 0 && is_word(code) {
            self.at += width;
            return false;
        }
        true
    }
}
