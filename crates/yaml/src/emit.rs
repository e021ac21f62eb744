//! Writing YAML byte for byte as go.yaml.in/yaml writes it, versions 2 and 3.
//!
//! An [`Emitter`] is fed with nodes in order and writes at once; it looks ahead nowhere. What it
//! is told of each scalar is the range that the scalar takes in the output, so that a caller who
//! knows where a value came from can say it of every byte. What lies between two scalars (line
//! breaks, indentation, `- `, `: `) belongs to the collection around them.
//!
//! Invariants: the calls make a tree (a key before each value of a mapping, each collection
//! ended); the work is linear in what is written; nothing is written beyond the limit.

mod scalar;
mod shape;

use std::ops::Range;

use crate::Dialect;
use crate::timestamp;
use crate::value::{Scalar, plain_scalar};

use shape::Shape;

/// Which version's text is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Flavor {
    /// go.yaml.in/yaml/v2: sequences stand at their key's column, long lines are folded.
    V2,
    /// The encoder of go.yaml.in/yaml/v3 with an indentation of 2: sequences are indented,
    /// nothing is folded.
    V3,
}

/// A stretch of a scalar's text that stands in the output as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// Where in the output.
    pub output: usize,
    /// Where in the text of the scalar.
    pub text: usize,
    /// How many bytes.
    pub len: usize,
}

/// Lines are folded at the first space behind this column.
const WIDTH: usize = 80;
/// Keys that take more bytes are written with `?`.
const MAX_SIMPLE_KEY: usize = 128;
/// Spaces of a level.
const INDENT: i32 = 2;
/// What most lines are indented with.
const SPACES: &str = "                                ";

/// A collection that is not ended.
struct Open {
    /// The indentation around it.
    indent: i32,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sequence,
    /// A mapping before a key.
    Key,
    /// A mapping after a key that is followed by a `:`.
    Value,
    /// A mapping after a key that was introduced by a `?`.
    ComplexValue,
}

/// The styles of a scalar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Writes one document.
pub struct Emitter {
    out: String,
    flavor: Flavor,
    limit: usize,
    overflow: bool,
    open: Vec<Open>,
    /// The column of the current collection, -1 at the root.
    indent: i32,
    /// Characters since the last line break.
    column: usize,
    /// Whether the last character was a space, or nothing was written yet.
    whitespace: bool,
    /// Whether the line has only indentation and `-`, `?`, `:` so far.
    indention: bool,
    /// Runs of the last scalar, if they are wanted.
    runs: Option<Vec<Run>>,
}

impl Emitter {
    /// An emitter of one document of about `limit` bytes at most.
    pub fn new(flavor: Flavor, limit: usize) -> Self {
        Self {
            out: String::new(),
            flavor,
            limit,
            overflow: false,
            open: Vec::new(),
            indent: -1,
            column: 0,
            whitespace: true,
            indention: true,
            runs: None,
        }
    }

    /// Keeps in mind which stretches of the last scalar stand in the output as they are.
    #[must_use]
    pub fn with_runs(mut self) -> Self {
        self.runs = Some(Vec::new());
        self
    }

    /// The runs of the last scalar, in order; nothing without [`Emitter::with_runs`].
    pub fn runs(&self) -> &[Run] {
        self.runs.as_deref().unwrap_or_default()
    }

    /// What is written so far.
    pub fn text(&self) -> &str {
        &self.out
    }

    /// How many bytes there are so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing is written yet.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Whether the limit was exceeded: what was written since is not complete.
    pub fn is_full(&self) -> bool {
        self.overflow
    }

    /// Starts a mapping; an empty one must be ended at once. Gives the range of an empty one.
    pub fn start_mapping(&mut self, empty: bool) -> Range<usize> {
        self.prefix();
        if empty {
            return self.empty("{", "}", Kind::Key);
        }
        self.open.push(Open {
            indent: self.indent,
            kind: Kind::Key,
        });
        self.indent = (self.indent + INDENT).max(0);
        if self.open.len() == 1 {
            self.indent = 0;
        }
        self.out.len()..self.out.len()
    }

    /// Starts a sequence; an empty one must be ended at once. Gives the range of an empty one.
    pub fn start_sequence(&mut self, empty: bool) -> Range<usize> {
        let in_mapping = self.prefix();
        if empty {
            return self.empty("[", "]", Kind::Sequence);
        }
        let level = self.flavor == Flavor::V2 && in_mapping && !self.indention;
        self.open.push(Open {
            indent: self.indent,
            kind: Kind::Sequence,
        });
        if self.indent < 0 {
            self.indent = 0;
        } else if !level {
            self.indent += INDENT;
        }
        self.out.len()..self.out.len()
    }

    fn empty(&mut self, start: &str, end: &str, kind: Kind) -> Range<usize> {
        let from = self.indicator(start, true, true, false);
        let to = self.indicator(end, false, false, false);
        self.open.push(Open {
            indent: self.indent,
            kind,
        });
        from.start..to.end
    }

    /// Ends the innermost collection.
    pub fn end(&mut self) {
        if let Some(open) = self.open.pop() {
            self.indent = open.indent;
        }
    }

    /// Writes a key, which is a string. Gives the range of the key with its quotes.
    pub fn key(&mut self, text: &str) -> Range<usize> {
        self.write_indent();
        let shape = Shape::of(text, self.flavor);
        let simple = !shape.multiline && text.len() <= MAX_SIMPLE_KEY;
        if !simple {
            self.indicator("?", true, false, true);
        }
        let style = self.style_of_string(text, shape, simple);
        let range = self.scalar(text, style, !simple);
        if let Some(open) = self.open.last_mut() {
            open.kind = if simple {
                Kind::Value
            } else {
                Kind::ComplexValue
            };
        }
        range
    }

    /// Writes a string. Gives its range with its quotes or the header of its block.
    pub fn string(&mut self, text: &str) -> Range<usize> {
        self.prefix();
        let shape = Shape::of(text, self.flavor);
        let style = self.style_of_string(text, shape, false);
        self.scalar(text, style, true)
    }

    /// Writes text that is no string as it is: a number, `true`, `null`.
    pub fn plain(&mut self, text: &str) -> Range<usize> {
        self.prefix();
        self.scalar(text, Style::Plain, true)
    }

    /// Writes base64 that is tagged as binary data.
    pub fn binary(&mut self, text: &str) -> Range<usize> {
        self.prefix();
        let start = self.tag();
        let style = if text.contains('\n') {
            Style::Literal
        } else {
            Style::Plain
        };
        start..self.scalar(text, style, true).end
    }

    /// Writes a key that is tagged as binary data.
    pub fn binary_key(&mut self, text: &str) -> Range<usize> {
        self.write_indent();
        let simple = !text.contains('\n') && "!!binary".len() + text.len() <= MAX_SIMPLE_KEY;
        if !simple {
            self.indicator("?", true, false, true);
        }
        let start = self.tag();
        let style = match (text.contains('\n'), simple) {
            (true, false) => Style::Literal,
            (true, true) => Style::Double,
            (false, _) => Style::Plain,
        };
        let range = start..self.scalar(text, style, !simple).end;
        if let Some(open) = self.open.last_mut() {
            open.kind = if simple {
                Kind::Value
            } else {
                Kind::ComplexValue
            };
        }
        range
    }

    fn tag(&mut self) -> usize {
        if !self.whitespace {
            self.put(' ');
        }
        let start = self.out.len();
        self.push("!!binary", 8);
        self.whitespace = false;
        self.indention = false;
        start
    }

    /// The document, which ends with a line break.
    pub fn finish(mut self) -> String {
        self.indent = 0;
        self.write_indent();
        self.out
    }

    /// Writes what stands before a node; gives whether it is the value of a mapping.
    fn prefix(&mut self) -> bool {
        let Some(open) = self.open.last_mut() else {
            return false;
        };
        let kind = open.kind;
        match kind {
            Kind::Sequence => {
                self.write_indent();
                self.indicator("-", true, false, true);
                return false;
            }
            Kind::Key | Kind::Value => {
                open.kind = Kind::Key;
                self.indicator(":", false, false, false);
            }
            Kind::ComplexValue => {
                open.kind = Kind::Key;
                self.write_indent();
                self.indicator(":", true, false, true);
            }
        }
        true
    }

    fn style_of_string(&self, text: &str, shape: Shape, simple_key: bool) -> Style {
        if shape.lines {
            return if shape.block && !simple_key {
                Style::Literal
            } else {
                Style::Double
            };
        }
        if is_other(text) {
            Style::Double
        } else if shape.plain && !(simple_key && text.is_empty()) {
            Style::Plain
        } else if shape.single && !(simple_key && shape.multiline) {
            Style::Single
        } else {
            Style::Double
        }
    }

    fn scalar(&mut self, text: &str, style: Style, breaks: bool) -> Range<usize> {
        if let Some(runs) = &mut self.runs {
            runs.clear();
        }
        let outer = self.indent;
        self.indent = if outer < 0 { INDENT } else { outer + INDENT };
        let range = match style {
            Style::Plain => self.write_plain(text, breaks),
            Style::Single => self.write_single(text, breaks),
            Style::Double => self.write_double(text, breaks),
            Style::Literal => self.write_literal(text),
        };
        self.indent = outer;
        range
    }

    // Characters.

    fn put(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }

    /// Writes text of one line that has so many characters.
    fn push(&mut self, text: &str, characters: usize) {
        self.out.push_str(text);
        self.column += characters;
    }

    fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        if self.flavor == Flavor::V3 {
            self.indention = true;
        }
    }

    fn indicator(
        &mut self,
        text: &str,
        needs_space: bool,
        is_space: bool,
        is_indention: bool,
    ) -> Range<usize> {
        if needs_space && !self.whitespace {
            self.put(' ');
        }
        let start = self.out.len();
        self.push(text, text.len());
        self.whitespace = is_space;
        self.indention &= is_indention;
        start..self.out.len()
    }

    fn write_indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if self.out.len() >= self.limit {
            self.overflow = true;
            return;
        }
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break();
        }
        while self.column < indent {
            let spaces = (indent - self.column).min(SPACES.len());
            self.push(&SPACES[..spaces], spaces);
        }
        self.whitespace = true;
        if self.flavor == Flavor::V2 {
            self.indention = true;
        }
    }
}

/// Whether the text, written plainly, would be read as something else than a string, or old
/// readers would read it so.
fn is_other(text: &str) -> bool {
    let first = match text.as_bytes().first() {
        None => return true,
        Some(&first) => first,
    };
    match first {
        b'0'..=b'9' | b'+' | b'-' => {
            !matches!(plain_scalar(text, Dialect::GoV2), Scalar::Str(_))
                || (first.is_ascii_digit() && timestamp::is_timestamp(text))
                || is_base_60(text)
        }
        b'.' | b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' => {
            // Version 3 reads `yes` as a string, but quotes it for others.
            !matches!(plain_scalar(text, Dialect::GoV2), Scalar::Str(_))
        }
        _ => false,
    }
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = text.split(':');
    let whole = parts.next().unwrap_or("");
    let fits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if !whole.starts_with(|c: char| c.is_ascii_digit()) || !fits(whole) {
        return false;
    }
    let sixtieth = |part: &str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [b'0'..=b'5', digit] => digit.is_ascii_digit(),
        _ => false,
    };
    let mut parts = parts.peekable();
    let mut any = false;
    while let Some(part) = parts.next() {
        any = true;
        let fraction = part.split_once('.').filter(|_| parts.peek().is_none());
        let fine = match fraction {
            Some((part, fraction)) => sixtieth(part) && fits(fraction),
            None => sixtieth(part),
        };
        if !fine {
            return false;
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_stand_as_each_version_has_them() {
        let write = |flavor| {
            let mut out = Emitter::new(flavor, usize::MAX);
            out.start_mapping(false);
            out.key("a");
            out.start_sequence(false);
            out.string("x");
            out.start_sequence(false);
            out.plain("1");
            out.start_mapping(false);
            out.key("b");
            out.plain("null");
            out.key("c");
            out.start_mapping(true);
            out.end();
            out.end();
            out.end();
            out.end();
            out.key("d");
            out.start_sequence(true);
            out.end();
            out.end();
            out.finish()
        };
        assert_eq!(
            write(Flavor::V2),
            "a:\n- x\n- - 1\n  - b: null\n    c: {}\nd: []\n"
        );
        assert_eq!(
            write(Flavor::V3),
            "a:\n  - x\n  - - 1\n    - b: null\n      c: {}\nd: []\n"
        );
    }

    #[test]
    fn ranges_and_runs_tell_what_stands_where() {
        let mut out = Emitter::new(Flavor::V2, usize::MAX).with_runs();
        out.start_mapping(false);
        assert_eq!(out.key("k"), 0..1);
        let range = out.string("it's:\n  two\nlines");
        let runs = out.runs().to_vec();
        out.end();
        let text = out.finish();
        assert_eq!(text, "k: |-\n  it's:\n    two\n  lines\n");
        assert_eq!(&text[range], "|-\n  it's:\n    two\n  lines");
        let parts: Vec<&str> = runs
            .iter()
            .map(|r| &text[r.output..r.output + r.len])
            .collect();
        assert_eq!(parts, ["it's:\n", "  two\n", "lines"]);
    }

    #[test]
    fn words_that_read_as_something_else_are_quoted() {
        for (text, written) in [
            ("", "\"\""),
            ("yes", "\"yes\""),
            ("1:30", "\"1:30\""),
            ("190:20:30.15", "\"190:20:30.15\""),
            ("1:60", "1:60"),
            ("2001-01-01", "\"2001-01-01\""),
            ("1.2.3", "1.2.3"),
            (" a", "' a'"),
            ("a: b", "'a: b'"),
            ("\u{1F600}", "\"\\U0001F600\""),
            ("a\tb", "\"a\\tb\""),
        ] {
            let mut out = Emitter::new(Flavor::V2, usize::MAX);
            out.string(text);
            assert_eq!(out.finish(), format!("{written}\n"));
        }
    }

    #[test]
    fn nothing_is_written_beyond_the_limit() {
        let mut out = Emitter::new(Flavor::V2, 10);
        for _ in 0..1000 {
            out.start_sequence(false);
        }
        out.string("a\nb\nc");
        assert!(out.is_full());
        assert!(out.len() < 3000);
    }
}
