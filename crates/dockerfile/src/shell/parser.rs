//! Lists and pipelines, and what all of parsing shares.

use plimsoll_source::TextRange;

use super::map::Joined;
use super::{Joint, Script, ShellCommand, ShellWord};

/// How deep commands, substitutions and expansions may nest. Scripts of people stay below 10;
/// the bound keeps hostile ones from using up the stack, and the time for looking ahead linear.
const MAX_NESTING: u32 = 64;

/// A syntax error was recorded and parsing ends.
pub(super) struct Stop;

pub(super) type Parsed<T> = Result<T, Stop>;

/// What parsing collects, shared with the parsers of texts between backticks.
#[derive(Default)]
pub(super) struct Output {
    /// One per simple command, in the order in which they begin; empty for those that turned
    /// out to be something else.
    pub(super) slots: Vec<Option<ShellCommand>>,
    /// Bodies of here-documents: slot, number of the redirection, place.
    pub(super) bodies: Vec<(usize, usize, TextRange)>,
    /// Words of compound commands.
    pub(super) words: Vec<ShellWord>,
    errors: Vec<(TextRange, String)>,
    pipelines: u32,
    /// Bytes that may still be looked at ahead of parsing, so that its time stays linear.
    pub(super) ahead: usize,
}

impl Output {
    /// For a script of `length` bytes.
    pub(super) fn new(length: usize) -> Self {
        Self {
            ahead: 16 * length + 4096,
            ..Self::default()
        }
    }

    pub(super) fn error_count(&self) -> usize {
        self.errors.len()
    }

    /// Drops all errors but the first `count`.
    pub(super) fn forget_errors(&mut self, count: usize) {
        self.errors.truncate(count);
    }

    pub(super) fn finish(mut self, script: &mut Script) {
        for (slot, redirect, range) in self.bodies {
            if let Some(Some(command)) = self.slots.get_mut(slot)
                && let Some(redirect) = command.redirects.get_mut(redirect)
            {
                redirect.body = Some(range);
            }
        }
        let mut commands = Vec::with_capacity(self.slots.iter().flatten().count());
        commands.extend(self.slots.into_iter().flatten());
        script.commands = commands.into();
        script.words = self.words.into();
        script.errors = self.errors.into();
    }
}

/// What is known of the place in which commands stand.
#[derive(Clone, Copy, Default)]
pub(super) struct Scope {
    /// As [`MAX_NESTING`] bounds it, small.
    pub(super) depth: u8,
    pub(super) conditional: bool,
    pub(super) test: bool,
    pub(super) negated: bool,
    pub(super) reads_pipe: bool,
    pub(super) substitutions: u8,
}

impl Scope {
    /// One level further in.
    pub(super) fn inner(self) -> Self {
        Self {
            depth: self.depth.saturating_add(1),
            negated: false,
            ..self
        }
    }

    /// Inside `$(…)`, backticks or `<(…)`.
    pub(super) fn substitution(self) -> Self {
        Self {
            substitutions: self.substitutions.saturating_add(1),
            test: false,
            ..self.inner()
        }
    }
}

/// A here-document whose body begins after the next line break.
pub(super) struct Pending {
    pub(super) delimiter: String,
    /// The delimiter is quoted: nothing in the body is expanded.
    pub(super) raw: bool,
    pub(super) strip_tabs: bool,
    pub(super) slot: usize,
    pub(super) redirect: usize,
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) pos: usize,
    /// Where the text ends for now: that of the innermost part parsed on its own.
    pub(super) end: usize,
    pub(super) map: &'a Joined<'a>,
    pub(super) out: &'a mut Output,
    pub(super) pending: Vec<Pending>,
    pub(super) nesting: u32,
    pub(super) scope: Scope,
}

impl<'a> Parser<'a> {
    pub(super) fn new(map: &'a Joined<'a>, out: &'a mut Output) -> Self {
        Self {
            text: &map.text,
            bytes: map.text.as_bytes(),
            pos: 0,
            end: map.text.len(),
            map,
            out,
            pending: Vec::new(),
            nesting: 0,
            scope: Scope::default(),
        }
    }

    /// Parses the whole text; what could be read is in the output.
    pub(super) fn script(&mut self) {
        let _ = self.whole();
    }

    /// A list up to the end of the text.
    pub(super) fn whole(&mut self) -> Parsed<()> {
        self.list()?;
        if self.pos < self.end {
            self.unexpected()
        } else {
            Ok(())
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        let at = self.pos + ahead;
        (at < self.end).then(|| self.bytes[at])
    }

    pub(super) fn at(&self, token: &str) -> bool {
        self.bytes[self.pos..self.end].starts_with(token.as_bytes())
    }

    pub(super) fn range(&self, start: usize, end: usize) -> TextRange {
        self.map.range(start, end)
    }

    /// Records an error about `start..end` and ends parsing.
    pub(super) fn fail<T>(
        &mut self,
        start: usize,
        end: usize,
        message: impl Into<String>,
    ) -> Parsed<T> {
        let range = self.range(start, end);
        self.out.errors.push((range, message.into()));
        Err(Stop)
    }

    /// An error about the token at the current position.
    pub(super) fn unexpected<T>(&mut self) -> Parsed<T> {
        let (start, rest) = (self.pos, &self.bytes[self.pos..self.end]);
        let Some(&first) = rest.first() else {
            return self.fail(start.saturating_sub(1), start, "the script ends too early");
        };
        if matches!(first, b'\n' | b'\r') {
            return self.fail(start, start, "the line ends too early");
        }
        let operator = [
            ";;&", ";;", ";&", "&&", "||", "|&", ";", "&", "|", "(", ")", "<", ">",
        ]
        .into_iter()
        .find(|token| rest.starts_with(token.as_bytes()));
        let len = operator.map_or_else(
            || {
                rest.iter()
                    .take_while(|b| !is_blank(**b) && !is_operator(**b))
                    .count()
                    .max(1)
            },
            str::len,
        );
        let mut end = start + len;
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        let token: String = self.text[start..end].chars().take(24).collect();
        self.fail(start, end, format!("unexpected `{token}`"))
    }

    /// Runs `parse` one level deeper, up to the bound.
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= MAX_NESTING {
            return self.fail(self.pos, self.pos, "the script nests too deeply to be read");
        }
        self.nesting += 1;
        let result = parse(self);
        self.nesting -= 1;
        result
    }

    /// Runs `parse` with another scope.
    pub(super) fn within<T>(
        &mut self,
        scope: Scope,
        parse: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let outer = std::mem::replace(&mut self.scope, scope);
        let result = parse(self);
        self.scope = outer;
        result
    }

    /// Skips white space, continued lines and a comment, but no line break.
    pub(super) fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' => self.pos += 1,
                b'\r' if matches!(self.peek_at(1), Some(b'\n') | None) => self.pos += 1,
                b'\\' if self.peek_at(1) == Some(b'\n') => self.pos += 2,
                b'\\' if self.at("\\\r\n") => self.pos += 3,
                b'#' => {
                    let rest = &self.bytes[self.pos..self.end];
                    self.pos += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    /// Skips white space, comments and line breaks, reading the here-documents that begin there.
    pub(super) fn skip_lines(&mut self) {
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'\n') {
                return;
            }
            self.pos += 1;
            if !self.pending.is_empty() {
                self.here_documents();
            }
        }
    }

    /// The reserved word at the current position, if one stands there.
    pub(super) fn reserved(&self) -> Option<&'static str> {
        const WORDS: [&str; 20] = [
            "if", "then", "elif", "else", "fi", "do", "done", "for", "while", "until", "case",
            "esac", "select", "function", "time", "coproc", "{", "}", "!", "[[",
        ];
        let rest = &self.bytes[self.pos..self.end];
        let len = rest
            .iter()
            .take(9)
            .take_while(|b| b.is_ascii_lowercase() || matches!(b, b'{' | b'}' | b'!' | b'['))
            .count();
        let ends = rest
            .get(len)
            .is_none_or(|b| is_blank(*b) || is_operator(*b));
        if len == 0 || !ends {
            return None;
        }
        WORDS
            .into_iter()
            .find(|word| word.as_bytes() == &rest[..len])
    }

    /// Whether a list ends here: at the end, before `)` or `;;`, or before a word that closes or
    /// divides a compound command.
    fn at_list_end(&self) -> bool {
        match self.peek() {
            None | Some(b')') => true,
            Some(b';') => matches!(self.peek_at(1), Some(b';' | b'&')),
            Some(_) => matches!(
                self.reserved(),
                Some("then" | "elif" | "else" | "fi" | "do" | "done" | "esac" | "}")
            ),
        }
    }

    /// A list of commands; says whether there was any.
    pub(super) fn list(&mut self) -> Parsed<bool> {
        let mut joint = Joint::Start;
        loop {
            self.skip_lines();
            if self.at_list_end() {
                return Ok(joint != Joint::Start);
            }
            self.and_or(joint)?;
            self.skip_blanks();
            joint = match self.peek() {
                Some(b';') if !matches!(self.peek_at(1), Some(b';' | b'&')) => {
                    self.pos += 1;
                    Joint::Then
                }
                Some(b'&') => {
                    self.pos += 1;
                    Joint::Background
                }
                Some(b'\n') => Joint::Then,
                _ => return Ok(true),
            };
        }
    }

    fn and_or(&mut self, first: Joint) -> Parsed<()> {
        let outer = self.scope;
        let mut joint = first;
        loop {
            self.pipeline(joint)?;
            self.scope = outer;
            self.skip_blanks();
            joint = match (self.peek(), self.peek_at(1)) {
                (Some(b'&'), Some(b'&')) => Joint::And,
                (Some(b'|'), Some(b'|')) => Joint::Or,
                _ => return Ok(()),
            };
            self.scope.conditional |= joint == Joint::Or;
            let operator = self.pos;
            self.pos += 2;
            self.skip_lines();
            if self.pos >= self.end {
                let sign = &self.text[operator..operator + 2];
                return self.fail(
                    operator,
                    operator + 2,
                    format!("no command follows `{sign}`"),
                );
            }
        }
    }

    fn pipeline(&mut self, first: Joint) -> Parsed<()> {
        let number = self.pipeline_number();
        let outer = self.scope;
        let mut joint = first;
        let mut prefixed = false;
        loop {
            match self.reserved() {
                Some("!") => {
                    self.pos += 1;
                    self.scope.negated = !self.scope.negated;
                }
                Some("time") if !self.time_is_a_program() => self.pos += 4,
                _ => break,
            }
            prefixed = true;
            self.skip_blanks();
            if self.at("-p ") {
                self.pos += 2;
                self.skip_blanks();
            }
        }
        if prefixed && matches!(self.peek(), None | Some(b'\n' | b';' | b')')) {
            // `time` and `!` alone are complete in bash.
            return Ok(());
        }
        loop {
            let slot = self.out.slots.len();
            self.command(joint, number)?;
            self.skip_blanks();
            if self.peek() != Some(b'|') || self.peek_at(1) == Some(b'|') {
                self.scope = outer;
                return Ok(());
            }
            let operator = self.pos;
            self.pos += 1;
            if self.peek() == Some(b'&') {
                self.pos += 1;
            }
            for command in self.out.slots[slot..].iter_mut().flatten() {
                command.writes_pipe |= command.substitutions == outer.substitutions;
            }
            joint = Joint::Pipe;
            self.scope.reads_pipe = true;
            self.skip_lines();
            if self.pos >= self.end {
                return self.fail(operator, operator + 1, "no command follows `|`");
            }
        }
    }

    /// `time -v …` is the program, not the shell's own word.
    fn time_is_a_program(&self) -> bool {
        let rest = self.bytes[self.pos + 4..self.end].trim_ascii_start();
        rest.starts_with(b"-") && !rest.starts_with(b"-p ")
    }

    pub(super) fn pipeline_number(&mut self) -> u32 {
        self.out.pipelines += 1;
        self.out.pipelines - 1
    }

    pub(super) fn command(&mut self, joint: Joint, number: u32) -> Parsed<()> {
        let compound = match self.peek() {
            None | Some(b')' | b';' | b'&' | b'|' | b'\n') if !self.at("&>") => {
                return self.unexpected();
            }
            Some(b'(') => {
                self.nested(Self::parenthesis)?;
                true
            }
            _ => match self.reserved() {
                None if self.plain_word("in") => return self.unexpected(),
                Some("then" | "elif" | "else" | "fi" | "do" | "done" | "esac" | "}") => {
                    return self.unexpected();
                }
                Some(word) => self.nested(|p| p.compound(word, joint, number))?,
                None => false,
            },
        };
        if !compound {
            return self.simple(joint, number);
        }
        loop {
            self.skip_blanks();
            if !self.redirect_ahead() {
                return Ok(());
            }
            self.redirect(usize::MAX, 0)?;
        }
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Bytes that end a word and are tokens or begin one.
pub(super) fn is_operator(byte: u8) -> bool {
    matches!(byte, b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')')
}
