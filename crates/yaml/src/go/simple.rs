//! Texts as programs write them: block collections of scalars that stand on one line each.
//!
//! Most texts are of this kind, and none of what makes YAML slow to read can happen in them. This
//! reader gives what the exact one gives, ranges included, or nothing: it has no errors of its
//! own, and whatever it does not know is left to the other.

use std::borrow::Cow;

use crate::Dialect;
use crate::value::{self, Scalar};

use super::{GoNode, GoValue};

/// Collections in collections; the exact reader takes more.
const MAX_DEPTH: usize = 64;
/// A key that is longer may be none.
const MAX_KEY: usize = 1000;

/// The document, if it is of this kind.
pub(super) fn decode(bytes: &[u8]) -> Option<GoNode<'_>> {
    let text = allowed(bytes)?;
    let mut reader = Reader {
        text,
        bytes,
        at: 0,
        column: 0,
    };
    reader.next_line()?;
    if reader.is_end() || reader.column > 0 {
        return None;
    }
    let root = if reader.is_entry() {
        reader.sequence(false, 0)?
    } else {
        reader.mapping(None, 0)?
    };
    reader.is_end().then_some(root)
}

/// The text, unless it has characters that are refused, that break lines, or that are a mark.
fn allowed(bytes: &[u8]) -> Option<&str> {
    // Without a branch in it this loop goes over many bytes at a time.
    let is_bad = |byte: u8| matches!(byte, 0..=8 | 0x0b..=0x1f | 0x7f);
    if bytes.iter().fold(false, |bad, &byte| bad | is_bad(byte)) {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let fits = |character: char| match character {
        '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        _ => matches!(character, '\0'..='~' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..),
    };
    (text.is_ascii() || text.chars().all(fits)).then_some(text)
}

/// A key, and where its colon ends.
struct Key<'t> {
    node: GoNode<'t>,
    end: usize,
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// Between two steps, the start of a token, or the end.
    at: usize,
    /// How many bytes of its line are before the token. They are as many characters: indentation
    /// and dashes.
    column: usize,
}

impl<'t> Reader<'t> {
    /// A byte; a line break behind the end.
    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    fn is_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The first byte from here on that is no space.
    #[inline]
    fn behind_spaces(&self, mut at: usize) -> usize {
        while self.byte(at) == b' ' {
            at += 1;
        }
        at
    }

    /// The line break, or the end.
    fn line_end(&self, at: usize) -> usize {
        let rest = &self.bytes[at..];
        let end = rest.iter().position(|&byte| byte == b'\n');
        at + end.unwrap_or(rest.len())
    }

    /// Whether an entry of a sequence starts here.
    fn is_entry(&self) -> bool {
        self.byte(self.at) == b'-' && matches!(self.byte(self.at + 1), b' ' | b'\n')
    }

    /// Goes from the start of a line to the next token.
    fn next_line(&mut self) -> Option<()> {
        loop {
            let line = self.at;
            let at = self.behind_spaces(line);
            if at >= self.bytes.len() {
                (self.at, self.column) = (self.bytes.len(), 0);
                return Some(());
            }
            match self.bytes[at] {
                b'\n' => self.at = at + 1,
                b'#' => self.at = (self.line_end(at) + 1).min(self.bytes.len()),
                b'\t' => return None,
                first => {
                    (self.at, self.column) = (at, at - line);
                    // What separates documents, and directives.
                    let is_special = self.column == 0 && matches!(first, b'-' | b'.' | b'%');
                    return (!is_special || self.is_entry()).then_some(());
                }
            }
        }
    }

    /// Goes from the end of a token to the next one, which must stand on another line.
    fn after(&mut self, end: usize) -> Option<()> {
        let mut at = self.behind_spaces(end);
        if self.byte(at) == b'#' && at > end {
            at = self.line_end(at);
        }
        if self.byte(at) != b'\n' {
            return None;
        }
        self.at = (at + 1).min(self.bytes.len());
        self.next_line()
    }

    fn mapping(&mut self, mut first: Option<Key<'t>>, depth: usize) -> Option<GoNode<'t>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (start, column) = (self.at, self.column);
        let mut entries = Vec::new();
        loop {
            let key = match first.take() {
                Some(key) => key,
                None => self.key()?,
            };
            let value = self.value(column, key.end, depth)?;
            entries.push((key.node, value));
            if self.is_end() || self.column < column {
                break;
            }
            if self.column > column || self.is_entry() {
                return None;
            }
        }
        let range = start..self.at;
        let value = GoValue::Map(entries);
        Some(GoNode { value, range })
    }

    fn key(&self) -> Option<Key<'t>> {
        self.as_key(self.text()?)
    }

    /// A scalar as a key, if a colon follows.
    fn as_key(&self, node: GoNode<'t>) -> Option<Key<'t>> {
        let end = node.range.end;
        let is_key = self.bytes.get(end) == Some(&b':')
            && matches!(self.byte(end + 1), b' ' | b'\n')
            && node.range.len() < MAX_KEY
            && !matches!(&node.value, GoValue::Str(text) if text == "<<");
        let end = end + 1;
        is_key.then_some(Key { node, end })
    }

    /// What follows a colon that ends at `from`, in a mapping that stands at `column`.
    fn value(&mut self, column: usize, from: usize, depth: usize) -> Option<GoNode<'t>> {
        let at = self.behind_spaces(from);
        if !matches!(self.byte(at), b'\n' | b'#') {
            self.at = at;
            return self.scalar(column);
        }
        self.after(from)?;
        if !self.is_end() && self.is_entry() && self.column >= column {
            return self.sequence(self.column == column, depth + 1);
        }
        if self.column > column {
            return self.mapping(None, depth + 1);
        }
        Some(GoNode {
            value: GoValue::Null,
            range: from..from,
        })
    }

    /// The sequence whose first dash is here. One that is `bare` has no indentation of its own,
    /// and the next key of the mapping around it ends it.
    fn sequence(&mut self, bare: bool, depth: usize) -> Option<GoNode<'t>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (start, column) = (self.at, self.column);
        let mut items = Vec::new();
        loop {
            let dash = self.at;
            self.at = self.behind_spaces(dash + 1);
            self.column = column + (self.at - dash);
            items.push(self.item(column, depth)?);
            if self.is_end() || self.column < column {
                break;
            }
            if self.column > column {
                return None;
            }
            if !self.is_entry() {
                if bare {
                    break;
                }
                return None;
            }
        }
        let range = start..self.at;
        let value = GoValue::Seq(items);
        Some(GoNode { value, range })
    }

    /// What follows a dash on its line, in a sequence that stands at `column`.
    fn item(&mut self, column: usize, depth: usize) -> Option<GoNode<'t>> {
        match self.byte(self.at) {
            b'\n' | b'#' => None,
            b'-' if self.is_entry() => self.sequence(false, depth + 1),
            b'|' | b'[' | b'{' => self.scalar(column),
            _ => {
                let node = self.text()?;
                if self.byte(node.range.end) == b':' {
                    let key = self.as_key(node)?;
                    return self.mapping(Some(key), depth + 1);
                }
                self.ended(node, column)
            }
        }
    }

    /// A scalar, or an empty collection, in a collection that stands at `column`.
    fn scalar(&mut self, column: usize) -> Option<GoNode<'t>> {
        let at = self.at;
        let empty = match (self.byte(at), self.byte(at + 1)) {
            (b'|', _) => return self.block(column),
            (b'[', b']') => GoValue::Seq(Vec::new()),
            (b'{', b'}') => GoValue::Map(Vec::new()),
            _ => {
                let node = self.text()?;
                return self.ended(node, column);
            }
        };
        let range = at..at + 2;
        self.ended(
            GoNode {
                value: empty,
                range,
            },
            column,
        )
    }

    /// Goes on behind a node that ends on its line: what is indented deeper would belong to it.
    fn ended(&mut self, node: GoNode<'t>, column: usize) -> Option<GoNode<'t>> {
        self.after(node.range.end)?;
        (self.is_end() || self.column <= column).then_some(node)
    }

    /// The text here, with or without quotes. It ends before a colon that makes it a key.
    fn text(&self) -> Option<GoNode<'t>> {
        match self.byte(self.at) {
            b'"' => self.double_quoted(),
            b'\'' => self.single_quoted(),
            _ => self.plain(),
        }
    }

    fn plain(&self) -> Option<GoNode<'t>> {
        let start = self.at;
        if matches!(
            self.byte(start),
            b',' | b'['
                | b']'
                | b'{'
                | b'}'
                | b'#'
                | b'&'
                | b'*'
                | b'!'
                | b'|'
                | b'>'
                | b'\''
                | b'"'
                | b'%'
                | b'@'
                | b'`'
                | b'?'
                | b':'
                | b'\n'
        ) || self.is_entry()
        {
            return None;
        }
        let (mut at, mut end) = (start, start);
        loop {
            match self.byte(at) {
                b'\n' => break,
                b' ' => at += 1,
                b'\t' => return None,
                b'#' if at > end => break,
                b':' if matches!(self.byte(at + 1), b' ' | b'\n' | b'\t') => break,
                _ => {
                    at += 1;
                    end = at;
                }
            }
        }
        let text = &self.text[start..end];
        Some(GoNode {
            value: match value::plain_scalar(text, Dialect::GoV2) {
                Scalar::Null => GoValue::Null,
                Scalar::Bool(value) => GoValue::Bool(value),
                Scalar::Int(value) => GoValue::Int(value),
                Scalar::UInt(value) => GoValue::UInt(value),
                Scalar::Float(value) => GoValue::Float(value),
                Scalar::Str(text) => GoValue::Str(text),
            },
            range: start..end,
        })
    }

    fn double_quoted(&self) -> Option<GoNode<'t>> {
        let from = self.at + 1;
        let mut at = from;
        let mut decoded = String::new();
        let mut copied = from;
        loop {
            match self.byte(at) {
                b'"' => break,
                b'\n' | b'\t' => return None,
                b'\\' => {
                    let character = match self.byte(at + 1) {
                        b'n' => '\n',
                        b't' => '\t',
                        b'"' => '"',
                        b'\\' => '\\',
                        _ => return None,
                    };
                    decoded.push_str(&self.text[copied..at]);
                    decoded.push(character);
                    at += 2;
                    copied = at;
                }
                _ => at += 1,
            }
        }
        Some(self.unquoted(from, at, copied, decoded))
    }

    fn single_quoted(&self) -> Option<GoNode<'t>> {
        let from = self.at + 1;
        let mut at = from;
        let mut decoded = String::new();
        let mut copied = from;
        loop {
            match self.byte(at) {
                b'\'' if self.byte(at + 1) == b'\'' => {
                    decoded.push_str(&self.text[copied..=at]);
                    at += 2;
                    copied = at;
                }
                b'\'' => break,
                b'\n' | b'\t' => return None,
                _ => at += 1,
            }
        }
        Some(self.unquoted(from, at, copied, decoded))
    }

    /// The text between quotes: up to `copied` it is in `decoded` already.
    fn unquoted(&self, from: usize, to: usize, copied: usize, mut decoded: String) -> GoNode<'t> {
        let rest = &self.text[copied..to];
        let text = if copied == from {
            Cow::Borrowed(rest)
        } else {
            decoded.push_str(rest);
            Cow::Owned(decoded)
        };
        GoNode {
            value: GoValue::Str(text),
            range: from - 1..to + 1,
        }
    }

    /// A literal text, in a collection that stands at `column`.
    fn block(&mut self, column: usize) -> Option<GoNode<'t>> {
        let start = self.at;
        let chomp = self.byte(start + 1);
        let header = start + if matches!(chomp, b'-' | b'+') { 2 } else { 1 };
        if self.bytes.get(header) != Some(&b'\n') {
            return None;
        }
        let mut line = header + 1;
        // Line breaks that count if more text follows.
        let mut waiting = 0;
        while self.bytes.get(line) == Some(&b'\n') {
            waiting += 1;
            line += 1;
        }
        let indent = self.behind_spaces(line) - line;
        if indent <= column || matches!(self.byte(line + indent), b'\n' | b'\t') {
            return None;
        }
        let mut text = String::new();
        loop {
            text.extend(std::iter::repeat_n('\n', waiting));
            let end = self.line_end(line);
            text.push_str(&self.text[line + indent..end]);
            if end == self.bytes.len() {
                (line, waiting) = (end, 0);
                break;
            }
            (line, waiting) = (end + 1, 1);
            let spaces = loop {
                let spaces = (self.behind_spaces(line) - line).min(indent);
                if self.bytes.get(line + spaces) != Some(&b'\n') {
                    break spaces;
                }
                line += spaces + 1;
                waiting += 1;
            };
            if spaces < indent && self.byte(line + spaces) == b'\t' {
                return None;
            }
            if spaces < indent || line + spaces >= self.bytes.len() {
                break;
            }
        }
        let kept = match chomp {
            b'-' => 0,
            b'+' => waiting,
            _ => waiting.min(1),
        };
        text.extend(std::iter::repeat_n('\n', kept));
        self.at = line;
        self.next_line()?;
        let value = GoValue::Str(Cow::Owned(text));
        let range = start..line;
        (self.is_end() || self.column <= column).then_some(GoNode { value, range })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Option<GoNode<'_>> {
        let nodes = crate::go::compose::compose(text.as_bytes()).ok()?;
        crate::go::decode::decode(text.as_bytes(), &nodes).ok()?
    }

    const TEXTS: [&str; 7] = [
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: \"a-b\" # why\n  labels: {}\n  empty:\n",
        "a:\n- b: 1\n  c: 'it''s'\n- d: \"x\\n\\\"y\\\"\"\n\n# between\ne: [ ]\nf: []\n",
        "data:\n  x: |\n\n    one\n      two \n\n    three\n  y: |-\n    a: b\n  z: |+\n    c\n\n\nlast: ~\n",
        "list:\n  - - a\n    - b\n  - c: |\n      text\n    d: 0x1f\n  - 1e3\n  - -5\n  - --flag=a:b\n",
        "true: no\n1: 2.50\n\"q\": http://x:80/?a=b#c\nwords: one  two, [three] {four}\n\u{e4}: \u{1f600} b\n",
        "- a\n- b:\n  - c\n  d: .5\n- \"e\"\n",
        "a: 1\n\n\n  \nb:    \n    c: d   \n    # e\n  # f\n# g",
    ];

    #[test]
    fn usual_texts_are_read() {
        for text in TEXTS {
            let found = decode(text.replace("[ ]", "[]").as_bytes()).is_some();
            assert!(found, "{text:?}");
        }
    }

    #[test]
    fn what_is_read_is_what_the_exact_reader_reads() {
        for text in TEXTS {
            if let Some(found) = decode(text.as_bytes()) {
                assert_eq!(Some(found), exact(text), "{text:?}");
            }
        }
    }

    #[test]
    fn so_it_is_for_texts_with_errors_in_them() {
        const PUT: [&str; 30] = [
            " ", "  ", "\n", "\n\n", "\t", ":", ": ", "-", "- ", "#", " #", "'", "\"", "|", "|\n",
            "[", "]", "{", "}", "&a ", "*a", "?", ",", "!x ", "<<: ", ">", "%", "...", "---",
            "\u{feff}",
        ];
        let mut state = 1_u32;
        let mut next = |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % below
        };
        let mut read = 0;
        for step in 0..40_000 {
            let mut text = TEXTS[step % TEXTS.len()].to_owned();
            for _ in 0..=next(3) {
                let mut at = next(text.len() + 1);
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                if next(3) == 0 {
                    let mut to = (at + 1 + next(6)).min(text.len());
                    while !text.is_char_boundary(to) {
                        to += 1;
                    }
                    text.replace_range(at..to, "");
                } else {
                    text.insert_str(at, PUT[next(PUT.len())]);
                }
            }
            if let Some(found) = decode(text.as_bytes()) {
                read += 1;
                assert_eq!(Some(found), exact(&text), "{text:?}");
            }
        }
        assert!(read > 4000, "{read} texts were read");
    }
}
