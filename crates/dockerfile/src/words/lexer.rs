//! The scanner behind expansion: BuildKit's shell lexer, step for step, with places.
//!
//! Quirks of the reference that decide about verdicts are kept: `${a:-b}` inside a word loses the
//! letters before it when the word is split (EXPOSE and heredocs only), `:` may be followed by
//! any modifier until the value is looked at, and a byte order mark at the start is skipped.

use std::cell::RefCell;

mod substitution;

/// Deepest nesting of `${…}` that is followed.
const MAX_DEPTH: u32 = 100;

/// Longest text that an expansion may give, in bytes: values may hold each other many times.
pub(crate) const MAX_TEXT: usize = 1 << 20;

/// What happens to a variable without a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unset {
    /// It is empty, as when the builder expands.
    Empty,
    /// The reference stays, modifiers not applied: how the builder looks for heredocs.
    Reference,
    /// The reference stays as written where no default stands in for the value.
    Written,
}

/// How a text is scanned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mode {
    /// The escape character.
    pub(crate) escape: char,
    /// Keep quotes.
    pub(crate) raw_quotes: bool,
    /// Keep escapes.
    pub(crate) raw_escapes: bool,
    /// Quotes are letters like any other (bodies of COPY heredocs).
    pub(crate) skip_quotes: bool,
    /// Variables without a value.
    pub(crate) unset: Unset,
}

impl Mode {
    /// As words of instructions are expanded.
    pub(crate) const fn expand(escape: char) -> Self {
        Self {
            escape,
            raw_quotes: false,
            raw_escapes: false,
            skip_quotes: false,
            unset: Unset::Empty,
        }
    }
}

/// A reference to a variable, by offsets into the text.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    /// Start of `$`.
    pub(crate) start: usize,
    /// End of the reference.
    pub(crate) end: usize,
    /// The name.
    pub(crate) name: Box<str>,
    /// The modifier.
    pub(crate) operator: Option<&'static str>,
}

/// A word that splitting gave, with where its letters stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Offset of its first letter.
    pub(crate) start: usize,
    /// Offset after its last letter.
    pub(crate) end: usize,
    /// The word.
    pub(crate) text: String,
}

/// Why scanning stopped: the offset where the broken construct begins, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Start of the construct.
    pub(crate) at: usize,
    /// One phrase.
    pub(crate) message: String,
    /// A bound of ours was passed; the reference would go on.
    pub(crate) bound: bool,
}

/// What a scan found besides its text.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Names without a value that nothing stood in for.
    pub(crate) unset: Vec<Box<str>>,
    /// Names without a value for which a modifier gave something else.
    pub(crate) defaulted: Vec<Box<str>>,
    /// Every reference, in order of its start.
    pub(crate) references: Vec<Reference>,
}

/// The environment.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Expands `text` as one word.
pub(crate) fn word(text: &str, mode: Mode, lookup: Lookup<'_>) -> (Result<String, Fault>, Found) {
    let mut lexer = Lexer::new(text, mode, lookup, false);
    let result = lexer
        .run(None, mode.raw_escapes, false)
        .map(|(text, _)| text);
    (result, lexer.found.into_inner())
}

/// Expands `text` and splits the result at white space outside quotes.
pub(crate) fn words(text: &str, mode: Mode, lookup: Lookup<'_>) -> Result<Vec<Piece>, Fault> {
    let mut lexer = Lexer::new(text, mode, lookup, true);
    lexer
        .run(None, mode.raw_escapes, false)
        .map(|(_, words)| words)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    mode: Mode,
    raw_escapes: bool,
    lookup: Lookup<'a>,
    depth: u32,
    split: bool,
    /// The word being built; shared by all levels of nesting, as in the reference.
    buffer: String,
    found: RefCell<Found>,
}

/// The words of one level of nesting.
#[derive(Default)]
struct Split {
    words: Vec<Piece>,
    in_word: bool,
    start: usize,
    end: usize,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, mode: Mode, lookup: Lookup<'a>, split: bool) -> Self {
        let at = if text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        Self {
            text,
            at,
            mode,
            raw_escapes: mode.raw_escapes,
            lookup,
            depth: 0,
            split,
            buffer: String::new(),
            found: RefCell::default(),
        }
    }

    fn peek(&self) -> Option<char> {
        let first = *self.text.as_bytes().get(self.at)?;
        if first < 0x80 {
            Some(first as char)
        } else {
            self.text[self.at..].chars().next()
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn fault<T>(&self, at: usize, message: impl Into<String>) -> Result<T, Fault> {
        Err(Fault {
            at: at.min(self.text.len()),
            message: message.into(),
            bound: false,
        })
    }

    fn bound<T>(&self, at: usize, message: impl Into<String>) -> Result<T, Fault> {
        Err(Fault {
            at: at.min(self.text.len()),
            message: message.into(),
            bound: true,
        })
    }

    /// Text up to `stop` (which is consumed), or to the end.
    fn run(
        &mut self,
        stop: Option<char>,
        raw_escapes: bool,
        pattern: bool,
    ) -> Result<(String, Vec<Piece>), Fault> {
        let before = std::mem::replace(&mut self.raw_escapes, raw_escapes);
        let result = self.level(stop, pattern);
        self.raw_escapes = before;
        result
    }

    fn level(&mut self, stop: Option<char>, pattern: bool) -> Result<(String, Vec<Piece>), Fault> {
        let begin = self.at;
        let mut out = String::new();
        let mut words = Split::default();
        self.buffer.clear();
        while let Some(c) = self.peek() {
            let start = self.at;
            if stop == Some(c) {
                self.next();
                return Ok((out, self.finish(words)));
            }
            let from = out.len();
            match c {
                '$' => {
                    self.dollar(&mut out)?;
                    if self.split {
                        for c in out[from..].chars() {
                            self.letter(&mut words, c, start);
                        }
                    }
                }
                '<' => {
                    self.redirection(&mut out);
                    self.letters(&mut words, &out[from..], start);
                }
                '\'' if !self.mode.skip_quotes => {
                    self.single(&mut out, pattern)?;
                    self.letters(&mut words, &out[from..], start);
                }
                '"' if !self.mode.skip_quotes => {
                    self.double(&mut out, pattern)?;
                    self.letters(&mut words, &out[from..], start);
                }
                c if c == self.mode.escape => {
                    self.next();
                    if self.raw_escapes {
                        out.push(c);
                    }
                    if let Some(c) = self.next() {
                        out.push(c);
                    }
                    self.letters(&mut words, &out[from..], start);
                }
                c => {
                    self.next();
                    out.push(c);
                    self.letter(&mut words, c, start);
                }
            }
            if out.len() > MAX_TEXT {
                return self.bound(start, "the expanded text is longer than 1 MiB");
            }
        }
        match stop {
            Some(stop) => self.fault(begin, format!("the `{stop}` of a substitution is missing")),
            None => Ok((out, self.finish(words))),
        }
    }

    /// A letter that splits words if it is white space.
    fn letter(&mut self, words: &mut Split, c: char, start: usize) {
        if !self.split {
            return;
        }
        if !c.is_whitespace() {
            if !words.in_word || self.buffer.is_empty() {
                words.start = start;
            }
            self.buffer.push(c);
            words.in_word = true;
            words.end = self.at;
        } else if words.in_word && !self.buffer.is_empty() {
            self.take(words);
            words.in_word = false;
        }
    }

    /// Letters that belong to one word, white space among them too.
    fn letters(&mut self, words: &mut Split, text: &str, start: usize) {
        if !self.split {
            return;
        }
        if self.buffer.is_empty() {
            words.start = start;
        }
        self.buffer.push_str(text);
        words.in_word = true;
        words.end = self.at;
    }

    fn take(&mut self, words: &mut Split) {
        let text = std::mem::take(&mut self.buffer);
        words.words.push(Piece {
            start: words.start,
            end: words.end,
            text,
        });
    }

    fn finish(&mut self, mut words: Split) -> Vec<Piece> {
        if !self.buffer.is_empty() {
            self.take(&mut words);
        }
        words.words
    }

    /// `<<` and the white space after it belong together; a heredoc's name may follow.
    fn redirection(&mut self, out: &mut String) {
        self.next();
        out.push('<');
        if self.peek() != Some('<') {
            return;
        }
        self.next();
        out.push('<');
        while let Some(c @ ('\t' | '\r' | ' ')) = self.peek() {
            self.next();
            out.push(c);
        }
    }

    fn single(&mut self, out: &mut String, pattern: bool) -> Result<(), Fault> {
        let start = self.at;
        self.next();
        let rest = &self.text[self.at..];
        let Some(end) = rest.find('\'') else {
            self.at = self.text.len();
            return self.fault(start, "the single quote is not closed");
        };
        let inner = &rest[..end];
        self.at += end + 1;
        if self.mode.raw_quotes {
            out.push('\'');
        }
        if pattern {
            for c in inner.chars() {
                if c == self.mode.escape {
                    out.push(c);
                }
                out.push(c);
            }
        } else {
            out.push_str(inner);
        }
        if self.mode.raw_quotes {
            out.push('\'');
        }
        Ok(())
    }

    fn double(&mut self, out: &mut String, pattern: bool) -> Result<(), Fault> {
        let start = self.at;
        self.next();
        if self.mode.raw_quotes {
            out.push('"');
        }
        loop {
            match self.peek() {
                None => return self.fault(start, "the double quote is not closed"),
                Some('"') => {
                    self.next();
                    if self.mode.raw_quotes {
                        out.push('"');
                    }
                    return Ok(());
                }
                Some('$') => self.dollar(out)?,
                Some(c) if c == self.mode.escape => {
                    self.next();
                    match self.peek() {
                        None => continue,
                        Some(next) if next == '"' || next == '$' || next == c => {
                            if self.raw_escapes {
                                out.push(c);
                            }
                            self.next();
                            out.push(next);
                        }
                        Some(_) => {
                            // A pattern is read once more, so its escapes are doubled.
                            if self.raw_escapes && (!self.mode.raw_quotes || pattern) {
                                out.push(c);
                            }
                            out.push(c);
                        }
                    }
                }
                Some(c) => {
                    self.next();
                    out.push(c);
                }
            }
            if out.len() > MAX_TEXT {
                return self.bound(start, "the expanded text is longer than 1 MiB");
            }
        }
    }

    fn name(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else {
            return "";
        };
        let len = if digit(first) {
            rest.find(|c| !digit(c)).unwrap_or(rest.len())
        } else if matches!(first, '@' | '*' | '#' | '?' | '-' | '$' | '!') {
            1
        } else {
            rest.find(|c: char| !(c.is_alphabetic() || digit(c) || c == '_'))
                .unwrap_or(rest.len())
        };
        self.at += len;
        &rest[..len]
    }

    /// Takes note of a reference. Its end is set when it is known.
    fn refer(&self, start: usize, name: &str) -> usize {
        let mut found = self.found.borrow_mut();
        found.references.push(Reference {
            start,
            end: self.at,
            name: name.into(),
            operator: None,
        });
        found.references.len() - 1
    }

    fn ends(&self, reference: usize, operator: Option<&'static str>) {
        let reference = &mut self.found.borrow_mut().references[reference];
        reference.end = self.at;
        reference.operator = operator;
    }

    fn note(&self, name: &str, defaulted: bool) {
        let mut found = self.found.borrow_mut();
        let list = if defaulted {
            &mut found.defaulted
        } else {
            &mut found.unset
        };
        if !list.iter().any(|known| &**known == name) {
            list.push(name.into());
        }
    }

    /// A reference without modifier.
    fn plain(&self, start: usize, name: &str, out: &mut String) {
        if let Some(value) = (self.lookup)(name) {
            out.push_str(&value);
            return;
        }
        self.note(name, false);
        if self.mode.unset != Unset::Empty {
            out.push_str(&self.text[start..self.at]);
        }
    }

    fn dollar(&mut self, out: &mut String) -> Result<(), Fault> {
        let start = self.at;
        self.next();
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                out.push('$');
            } else {
                self.refer(start, name);
                self.plain(start, name, out);
            }
            return Ok(());
        }
        self.next();
        if self.depth >= MAX_DEPTH {
            return self.bound(start, "substitutions are nested too deeply");
        }
        self.depth += 1;
        let result = self.braced(start, out);
        self.depth -= 1;
        result
    }
}

/// Go's `unicode.IsDigit`, as far as the standard library can tell.
fn digit(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_digit()
    } else {
        c.is_numeric() && !c.is_alphabetic()
    }
}
