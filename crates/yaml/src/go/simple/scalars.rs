//! Scalars, and collections that stand on one line.

use std::borrow::Cow;
use std::ops::Range;

use crate::Dialect;
use crate::value::{self, Scalar};

use super::{GoNode, GoValue, Reader};

/// Brackets in brackets on one line; what has more is read by the exact reader.
const MAX_BRACKETS: usize = 16;

/// Whether a scalar as a key has a JSON.
pub(super) fn has_json(key: &GoValue<'_>) -> bool {
    !matches!(key, GoValue::Null | GoValue::UInt(_))
}

/// The value of a plain scalar on one line.
fn resolved<const KEEP: bool>(text: &str) -> Option<GoValue<'_>> {
    // Most are words.
    if !KEEP && matches!(text.as_bytes(), [b'A'..=b'Z' | b'a'..=b'z', ..]) {
        let is_null = matches!(text, "null" | "Null" | "NULL");
        return Some(if is_null {
            GoValue::Null
        } else {
            GoValue::Bool(true)
        });
    }
    Some(match value::plain_scalar(text, Dialect::GoV2) {
        Scalar::Null => GoValue::Null,
        Scalar::Bool(value) => GoValue::Bool(value),
        Scalar::Int(value) => GoValue::Int(value),
        Scalar::UInt(value) => GoValue::UInt(value),
        Scalar::Float(value) if !KEEP && !value.is_finite() => return None,
        Scalar::Float(value) => GoValue::Float(value),
        Scalar::Str(text) => GoValue::Str(text),
    })
}

impl<'t> Reader<'t> {
    /// The text that starts at `start`, with or without quotes. Without quotes it ends on its line,
    /// before a colon that makes it a key. Without `KEEP` a text has any value that has a JSON.
    pub(super) fn text<const KEEP: bool>(&self, start: usize) -> Option<GoNode<'t>> {
        match self.byte(start) {
            b'"' | b'\'' => self.quoted::<KEEP>(start),
            _ => self.plain::<KEEP>(start),
        }
    }

    fn plain<const KEEP: bool>(&self, start: usize) -> Option<GoNode<'t>> {
        let first = self.byte(start);
        if matches!(
            first,
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
                | b'\n'
        ) || (matches!(first, b'-' | b'?' | b':')
            && matches!(self.byte(start + 1), b' ' | b'\n' | b'\t'))
        {
            return None;
        }
        let end = self.plain_end(start)?;
        let value = resolved::<KEEP>(&self.text[start..end])?;
        let range = start..end;
        Some(GoNode { value, range })
    }

    /// Where a plain text ends that goes on at `start`: before what makes it a key, before a
    /// comment, or with its line. Nothing if it has tabs.
    fn plain_end(&self, start: usize) -> Option<usize> {
        let mut at = start;
        let stop = loop {
            let rest = &self.bytes[at..];
            let found = memchr::memchr3(b'\n', b':', b'#', rest);
            let found = at + found.unwrap_or(rest.len());
            let goes_on = match self.byte(found) {
                b':' => !matches!(self.byte(found + 1), b' ' | b'\n' | b'\t'),
                b'#' => found == start || self.bytes[found - 1] != b' ',
                _ => false,
            };
            if !goes_on {
                break found;
            }
            at = found + 1;
        };
        let text = &self.bytes[start..stop];
        if self.has_tabs && text.contains(&b'\t') {
            return None;
        }
        let spaces = text.iter().rev().take_while(|&&byte| byte == b' ').count();
        Some(stop - spaces)
    }

    /// Goes on behind a text in a collection that stands at `column`: one without quotes may go
    /// on in lines that are indented deeper.
    pub(super) fn lines<const KEEP: bool>(
        &mut self,
        node: GoNode<'t>,
        column: usize,
    ) -> Option<GoNode<'t>> {
        let start = node.range.start;
        if matches!(self.byte(start), b'"' | b'\'') {
            return self.ended(node, column);
        }
        let mut end = node.range.end;
        // Nearly always the next line is not indented deeper and has something on it.
        if self.byte(end) == b'\n' {
            let next = self.behind_spaces(end + 1);
            let is_token = !matches!(self.byte(next), b'\n' | b'#' | b'\t');
            if is_token && next - (end + 1) <= column {
                self.settle(end + 1, next)?;
                return Some(node);
            }
        }
        let mut joined = String::new();
        loop {
            let mut line = self.behind_spaces(end);
            let mut breaks = 0;
            let next = loop {
                if self.bytes.get(line) != Some(&b'\n') {
                    break line;
                }
                breaks += 1;
                line += 1;
                let text = self.behind_spaces(line);
                if self.byte(text) != b'\n' {
                    break if text - line > column { text } else { line };
                }
                line = text;
            };
            let goes_on = breaks > 0 && next > line && self.byte(next) != b'#';
            if !goes_on || next >= self.bytes.len() {
                break;
            }
            let to = self.plain_end(next)?;
            if to == next || self.byte(to) == b':' {
                return None;
            }
            if KEEP {
                if joined.is_empty() {
                    joined.push_str(&self.text[start..end]);
                }
                match breaks {
                    1 => joined.push(' '),
                    _ => joined.extend(std::iter::repeat_n('\n', breaks - 1)),
                }
                joined.push_str(&self.text[next..to]);
            }
            end = to;
        }
        let mut node = node;
        if KEEP && end > node.range.end {
            node.value = match value::plain_scalar(&joined, Dialect::GoV2) {
                Scalar::Str(_) => GoValue::Str(Cow::Owned(joined)),
                _ => return None,
            };
        }
        node.range = start..end;
        self.ended(node, column)
    }

    /// A text in quotes, which may go on in further lines: a line break is a space, and of more
    /// than one all but the first are kept.
    fn quoted<const KEEP: bool>(&self, start: usize) -> Option<GoNode<'t>> {
        let quote = self.byte(start);
        let from = start + 1;
        let mut at = from;
        let mut decoded = String::new();
        // Up to here the text is decoded.
        let mut copied = from;
        loop {
            let rest = &self.bytes[at..];
            let is_plain = |&byte: &u8| !matches!(byte, b'"' | b'\'' | b'\\' | b'\n' | b'\t');
            at += rest.iter().position(|byte| !is_plain(byte))?;
            match self.bytes[at] {
                b'\'' if quote == b'\'' && self.byte(at + 1) == b'\'' => {
                    if KEEP {
                        decoded.push_str(&self.text[copied..=at]);
                    }
                    at += 2;
                    copied = at;
                }
                byte if byte == quote => break,
                b'\n' => {
                    let (next, breaks) = self.next_quoted_line(at)?;
                    if KEEP {
                        decoded.push_str(self.text[copied..at].trim_end_matches(' '));
                        match breaks {
                            1 => decoded.push(' '),
                            _ => decoded.extend(std::iter::repeat_n('\n', breaks - 1)),
                        }
                    }
                    at = next;
                    copied = at;
                }
                b'\t' => return None,
                b'\\' if quote == b'"' => {
                    let character = match self.byte(at + 1) {
                        b'n' => "\n",
                        b't' => "\t",
                        b'"' => "\"",
                        b'\\' => "\\",
                        b' ' => " ",
                        b'\n' if at + 1 < self.bytes.len() => "",
                        _ => return None,
                    };
                    if KEEP {
                        decoded.push_str(&self.text[copied..at]);
                        decoded.push_str(character);
                    }
                    at += 2;
                    if character.is_empty() {
                        let (next, breaks) = self.next_quoted_line(at - 1)?;
                        if KEEP {
                            decoded.extend(std::iter::repeat_n('\n', breaks - 1));
                        }
                        at = next;
                    }
                    copied = at;
                }
                _ => at += 1,
            }
        }
        let rest = &self.text[copied..at];
        let text = if copied == from {
            Cow::Borrowed(rest)
        } else {
            if KEEP {
                decoded.push_str(rest);
            }
            Cow::Owned(decoded)
        };
        let value = GoValue::Str(text);
        let range = start..at + 1;
        Some(GoNode { value, range })
    }

    /// Where a text in quotes goes on behind the line break at `at`, and how many there are.
    fn next_quoted_line(&self, at: usize) -> Option<(usize, usize)> {
        let (mut line, mut breaks) = (at, 0);
        loop {
            line += 1;
            breaks += 1;
            let next = self.behind_spaces(line);
            match self.bytes.get(next)? {
                b'\n' => line = next,
                b'\t' => return None,
                // It may separate documents.
                b'-' | b'.' if next == line => return None,
                _ => return Some((next, breaks)),
            }
        }
    }

    /// A collection in brackets that ends on its line. What stands in it is quoted or a plain
    /// word.
    pub(super) fn flow<const KEEP: bool>(&self, start: usize, depth: usize) -> Option<GoNode<'t>> {
        if depth > MAX_BRACKETS {
            return None;
        }
        let is_map = self.byte(start) == b'{';
        let close = if is_map { b'}' } else { b']' };
        let (mut items, mut entries) = (Vec::new(), Vec::new());
        let mut is_first = true;
        let mut at = start;
        loop {
            at = self.behind_spaces(at + 1);
            if is_first && self.byte(at) == close {
                break;
            }
            is_first = false;
            let mut key = None;
            if is_map {
                let node = self.word::<KEEP>(at)?;
                let end = node.range.end;
                let spaced = self.byte(end) == b':' && self.byte(end + 1) == b' ';
                if !spaced || !self.may_be_key::<KEEP>(&node) {
                    return None;
                }
                at = self.behind_spaces(end + 1);
                key = Some(node);
            }
            let item = match self.byte(at) {
                b'[' | b'{' => self.flow::<KEEP>(at, depth + 1)?,
                _ => self.word::<KEEP>(at)?,
            };
            at = self.behind_spaces(item.range.end);
            match key {
                _ if !KEEP => {}
                Some(key) => entries.push((key, item)),
                None => items.push(item),
            }
            if self.byte(at) != b',' {
                break;
            }
        }
        if self.byte(at) != close {
            return None;
        }
        let value = match (KEEP, is_map) {
            (false, _) => GoValue::Null,
            (true, true) => GoValue::Map(entries),
            (true, false) => GoValue::Seq(items),
        };
        let range = start..at + 1;
        Some(GoNode { value, range })
    }

    /// A scalar in brackets.
    fn word<const KEEP: bool>(&self, start: usize) -> Option<GoNode<'t>> {
        let first = self.byte(start);
        if matches!(first, b'"' | b'\'') {
            let node = self.quoted::<KEEP>(start)?;
            let is_one_line = !self.text[node.range.clone()].contains('\n');
            return is_one_line.then_some(node);
        }
        let is_digit = self.byte(start + 1).is_ascii_digit();
        if !(first.is_ascii_alphanumeric()
            || matches!(first, b'/' | b'_')
            || (first == b'-' && is_digit))
        {
            return None;
        }
        let rest = &self.bytes[start..];
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
        let len = rest.iter().position(|&byte| !is_plain(byte));
        let end = start + len.unwrap_or(rest.len());
        let value = resolved::<KEEP>(&self.text[start..end])?;
        let range = start..end;
        Some(GoNode { value, range })
    }

    /// A literal text, in a collection that stands at `column`.
    pub(super) fn block<const KEEP: bool>(&mut self, column: usize) -> Option<GoNode<'t>> {
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
        if matches!(self.byte(line + indent), b'\n' | b'\t') {
            return None;
        }
        if indent <= column {
            // There is no text, and line breaks count only if they are all kept.
            if chomp == b'+' {
                return None;
            }
            return self.block_end(start..line, String::new(), column);
        }
        let mut text = String::new();
        loop {
            let end = self.line_end(line);
            if KEEP {
                text.extend(std::iter::repeat_n('\n', waiting));
                text.push_str(&self.text[line + indent..end]);
            }
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
        if KEEP {
            text.extend(std::iter::repeat_n('\n', kept));
        }
        self.block_end(start..line, text, column)
    }

    /// Goes on behind a literal text, in a collection that stands at `column`.
    fn block_end(
        &mut self,
        range: Range<usize>,
        text: String,
        column: usize,
    ) -> Option<GoNode<'t>> {
        self.at = range.end;
        self.next_line()?;
        let value = GoValue::Str(Cow::Owned(text));
        (self.is_end() || self.column <= column).then_some(GoNode { value, range })
    }
}
