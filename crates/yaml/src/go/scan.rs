//! From characters to tokens, as libyaml and its port in go-yaml 2 do it.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::GoError;
use super::source::{Mark, Source};

/// A `:` must follow within so many characters, or what stands before it is no key.
const MAX_KEY: usize = 1024;
/// Brackets in brackets, and indentations in indentations.
const MAX_DEPTH: usize = 10_000;

/// What a scalar is written as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Value {
    /// These bytes of the text.
    Text(std::ops::Range<usize>),
    Decoded(String),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    StreamStart,
    StreamEnd,
    Version(u32, u32),
    TagDirective { handle: String, prefix: String },
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    Tag { handle: String, suffix: String },
    Scalar { value: Value, plain: bool },
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: Mark,
    pub(super) end: Mark,
}

/// Where a key without `?` may have begun.
#[derive(Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token: usize,
    mark: Mark,
}

pub(super) struct Scanner<'t> {
    pub(super) source: Source<'t>,
    tokens: VecDeque<Token>,
    /// Tokens that were taken.
    taken: usize,
    /// Whether the first token is known to be the next.
    ready: bool,
    started: bool,
    pub(super) ended: bool,
    pub(super) indent: isize,
    indents: Vec<isize>,
    pub(super) key_allowed: bool,
    keys: Vec<SimpleKey>,
    /// The places in `keys` by the number of the token.
    keys_by_token: FxHashMap<usize, usize>,
    pub(super) flow: usize,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(bytes: &'t [u8]) -> Self {
        Self {
            source: Source::new(bytes),
            tokens: VecDeque::new(),
            taken: 0,
            ready: false,
            started: false,
            ended: false,
            indent: -1,
            indents: Vec::new(),
            key_allowed: true,
            keys: vec![SimpleKey::default()],
            keys_by_token: FxHashMap::default(),
            flow: 0,
        }
    }

    /// The next token.
    pub(super) fn peek(&mut self) -> Result<&Token, GoError> {
        if !self.ready {
            self.fetch_more()?;
        }
        self.tokens
            .front()
            .ok_or_else(|| GoError::new("yaml: attempted to go past the end of stream".into()))
    }

    /// Takes the token that was peeked at.
    pub(super) fn take(&mut self) -> Option<Token> {
        let token = self.tokens.pop_front()?;
        self.ready = false;
        self.taken += 1;
        self.ended = token.kind == Kind::StreamEnd;
        Some(token)
    }

    /// Takes the token that was peeked at if it is the right one.
    pub(super) fn take_if(&mut self, fits: bool) -> Option<Token> {
        if fits { self.take() } else { None }
    }

    /// An error of scanning: it stands at the current place.
    pub(super) fn error<T>(&self, context: Mark, problem: &str) -> Result<T, GoError> {
        let line = match (self.source.mark.line, context.line) {
            (0, 0) => None,
            (0, line) => Some(line),
            (line, _) => Some(line + 1),
        };
        Err(GoError::at(line, problem))
    }

    fn fetch_more(&mut self) -> Result<(), GoError> {
        loop {
            if !self.tokens.is_empty() {
                // What could still become a key must not be taken.
                let Some(&place) = self.keys_by_token.get(&self.taken) else {
                    break;
                };
                if !self.is_valid_key(place)? {
                    break;
                }
            }
            self.fetch()?;
        }
        self.ready = true;
        Ok(())
    }

    fn is_valid_key(&mut self, place: usize) -> Result<bool, GoError> {
        let Some(key) = self.keys.get(place).copied() else {
            return Ok(false);
        };
        if !key.possible {
            return Ok(false);
        }
        let mark = self.source.mark;
        if key.mark.line < mark.line || key.mark.index + MAX_KEY < mark.index {
            if key.required {
                return self.error(key.mark, "could not find expected ':'");
            }
            self.keys[place].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn push(&mut self, kind: Kind, start: Mark, end: Mark) {
        self.tokens.push_back(Token { kind, start, end });
    }

    /// Puts a token before the one with this number.
    fn insert(&mut self, number: usize, kind: Kind, mark: Mark) {
        let token = Token {
            kind,
            start: mark,
            end: mark,
        };
        match number.checked_sub(self.taken) {
            Some(at) if at <= self.tokens.len() => self.tokens.insert(at, token),
            _ => self.tokens.push_back(token),
        }
    }

    fn next_number(&self) -> usize {
        self.taken + self.tokens.len()
    }

    fn save_key(&mut self) -> Result<(), GoError> {
        let mark = self.source.mark;
        let required = self.flow == 0 && self.indent == mark.column as isize;
        if self.key_allowed {
            let key = SimpleKey {
                possible: true,
                required,
                token: self.next_number(),
                mark,
            };
            self.remove_key()?;
            let place = self.keys.len() - 1;
            self.keys[place] = key;
            self.keys_by_token.insert(key.token, place);
        }
        Ok(())
    }

    fn remove_key(&mut self) -> Result<(), GoError> {
        let place = self.keys.len() - 1;
        let key = self.keys[place];
        if key.possible {
            if key.required {
                return self.error(key.mark, "could not find expected ':'");
            }
            self.keys[place].possible = false;
            self.keys_by_token.remove(&key.token);
        }
        Ok(())
    }

    /// Starts a collection at this column, before the token with this number or at the end.
    fn roll(
        &mut self,
        column: usize,
        number: Option<usize>,
        kind: Kind,
        mark: Mark,
    ) -> Result<(), GoError> {
        let column = column as isize;
        if self.flow > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > MAX_DEPTH {
            let mark = self.keys.last().map_or(mark, |key| key.mark);
            return self.error(mark, &format!("exceeded max depth of {MAX_DEPTH}"));
        }
        self.insert(number.unwrap_or(usize::MAX), kind, mark);
        Ok(())
    }

    fn unroll(&mut self, column: isize) {
        if self.flow > 0 {
            return;
        }
        while self.indent > column {
            let mark = self.source.mark;
            self.push(Kind::BlockEnd, mark, mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn fetch(&mut self) -> Result<(), GoError> {
        self.source.need(1)?;
        if !self.started {
            self.started = true;
            let mark = self.source.mark;
            self.push(Kind::StreamStart, mark, mark);
            return Ok(());
        }
        self.skip_to_token()?;
        self.unroll(self.source.mark.column as isize);
        self.source.need(4)?;
        if self.source.is_end() {
            return self.fetch_stream_end();
        }
        let mark = self.source.mark;
        let first = self.source.peek(0);
        if mark.column == 0 && first == b'%' {
            return self.fetch_directive();
        }
        if self.source.is_document_marker() {
            return self.fetch_document_marker(first == b'-');
        }
        let white_follows = self.source.is_white(1);
        match first {
            b'[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Kind::FlowMappingStart),
            b']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            b',' => {
                self.remove_key()?;
                self.key_allowed = true;
                self.one_character(Kind::FlowEntry);
                Ok(())
            }
            b'-' if white_follows => self.fetch_block_entry(),
            b'?' if self.flow > 0 || white_follows => self.fetch_key(),
            b':' if self.flow > 0 || white_follows => self.fetch_value(),
            b'*' => self.fetch_anchor(true),
            b'&' => self.fetch_anchor(false),
            b'!' => self.fetch_tag(),
            b'|' | b'>' if self.flow == 0 => self.fetch_block_scalar(first == b'|'),
            b'\'' | b'"' => self.fetch_flow_scalar(first == b'\''),
            _ if self.starts_plain(first) => self.fetch_plain(),
            _ => self.error(mark, "found character that cannot start any token"),
        }
    }

    fn starts_plain(&self, first: u8) -> bool {
        match first {
            b'-' => !self.source.is_blank(1),
            b'?' | b':' => self.flow == 0 && !self.source.is_white(1),
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\''
            | b'"' | b'%' | b'@' | b'`' => false,
            _ => !self.source.is_white(0),
        }
    }

    fn skip_to_token(&mut self) -> Result<(), GoError> {
        loop {
            self.source.need(1)?;
            // The reference means to skip a byte order mark that starts a line, but looks at the
            // start of its buffer instead: only a second one that starts the text is skipped.
            if self.source.starts_with_mark() {
                self.source.skip();
                self.source.need(1)?;
            }
            let tabs = self.flow > 0 || !self.key_allowed;
            while self.source.peek(0) == b' ' || tabs && self.source.peek(0) == b'\t' {
                self.source.skip();
                self.source.need(1)?;
            }
            if self.source.peek(0) == b'#' {
                self.skip_comment()?;
            }
            if !self.source.is_break(0) {
                return Ok(());
            }
            self.source.need(2)?;
            self.source.skip_break();
            if self.flow == 0 {
                self.key_allowed = true;
            }
        }
    }

    pub(super) fn skip_comment(&mut self) -> Result<(), GoError> {
        loop {
            self.source.skip_printable();
            if self.source.is_break_or_end(0) {
                return Ok(());
            }
            self.source.skip();
            self.source.need(1)?;
        }
    }

    pub(super) fn skip_blanks(&mut self) -> Result<(), GoError> {
        self.source.need(1)?;
        while self.source.is_blank(0) {
            self.source.skip();
            self.source.need(1)?;
        }
        Ok(())
    }

    fn one_character(&mut self, kind: Kind) {
        let start = self.source.mark;
        self.source.skip();
        self.push(kind, start, self.source.mark);
    }

    fn fetch_stream_end(&mut self) -> Result<(), GoError> {
        if self.source.mark.column != 0 {
            self.source.mark.column = 0;
            self.source.mark.line += 1;
        }
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let mark = self.source.mark;
        self.push(Kind::StreamEnd, mark, mark);
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), GoError> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let start = self.source.mark;
        let kind = self.scan_directive()?;
        self.push(kind, start, self.source.mark);
        Ok(())
    }

    fn fetch_document_marker(&mut self, is_start: bool) -> Result<(), GoError> {
        self.unroll(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let start = self.source.mark;
        self.source.skip_bytes(3);
        let kind = if is_start {
            Kind::DocumentStart
        } else {
            Kind::DocumentEnd
        };
        self.push(kind, start, self.source.mark);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind) -> Result<(), GoError> {
        self.save_key()?;
        let mark = self.source.mark;
        self.keys.push(SimpleKey {
            possible: false,
            required: false,
            token: self.next_number(),
            mark,
        });
        self.flow += 1;
        if self.flow > MAX_DEPTH {
            return self.error(mark, &format!("exceeded max depth of {MAX_DEPTH}"));
        }
        self.key_allowed = true;
        self.one_character(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind) -> Result<(), GoError> {
        self.remove_key()?;
        if self.flow > 0 {
            self.flow -= 1;
            if let Some(key) = self.keys.pop() {
                self.keys_by_token.remove(&key.token);
            }
        }
        self.key_allowed = false;
        self.one_character(kind);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), GoError> {
        let mark = self.source.mark;
        if self.flow == 0 {
            if !self.key_allowed {
                let problem = "block sequence entries are not allowed in this context";
                return self.error(mark, problem);
            }
            self.roll(mark.column, None, Kind::BlockSequenceStart, mark)?;
        }
        self.remove_key()?;
        self.key_allowed = true;
        self.one_character(Kind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), GoError> {
        let mark = self.source.mark;
        if self.flow == 0 {
            if !self.key_allowed {
                return self.error(mark, "mapping keys are not allowed in this context");
            }
            self.roll(mark.column, None, Kind::BlockMappingStart, mark)?;
        }
        self.remove_key()?;
        self.key_allowed = self.flow == 0;
        self.one_character(Kind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), GoError> {
        let place = self.keys.len() - 1;
        if self.is_valid_key(place)? {
            let key = self.keys[place];
            self.insert(key.token, Kind::Key, key.mark);
            let (column, number) = (key.mark.column, Some(key.token));
            self.roll(column, number, Kind::BlockMappingStart, key.mark)?;
            self.keys[place].possible = false;
            self.keys_by_token.remove(&key.token);
            self.key_allowed = false;
        } else {
            if self.flow == 0 {
                let mark = self.source.mark;
                if !self.key_allowed {
                    return self.error(mark, "mapping values are not allowed in this context");
                }
                self.roll(mark.column, None, Kind::BlockMappingStart, mark)?;
            }
            self.key_allowed = self.flow == 0;
        }
        self.one_character(Kind::Value);
        Ok(())
    }

    fn fetch_anchor(&mut self, is_alias: bool) -> Result<(), GoError> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.source.mark;
        let name = self.scan_anchor()?;
        let kind = if is_alias {
            Kind::Alias(name)
        } else {
            Kind::Anchor(name)
        };
        self.push(kind, start, self.source.mark);
        Ok(())
    }

    fn fetch_tag(&mut self) -> Result<(), GoError> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.source.mark;
        let kind = self.scan_tag()?;
        self.push(kind, start, self.source.mark);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Result<(), GoError> {
        self.remove_key()?;
        self.key_allowed = true;
        let start = self.source.mark;
        let (text, end) = self.scan_block_scalar(literal)?;
        let kind = Kind::Scalar {
            value: Value::Decoded(text),
            plain: false,
        };
        self.push(kind, start, end);
        Ok(())
    }

    fn fetch_flow_scalar(&mut self, single: bool) -> Result<(), GoError> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.source.mark;
        let value = self.scan_flow_scalar(single)?;
        let kind = Kind::Scalar {
            value,
            plain: false,
        };
        self.push(kind, start, self.source.mark);
        Ok(())
    }

    fn fetch_plain(&mut self) -> Result<(), GoError> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.source.mark;
        let (value, end) = self.scan_plain()?;
        self.push(Kind::Scalar { value, plain: true }, start, end);
        Ok(())
    }
}
