//! Lines: the physical lines of the file, and the logical lines that continuations make of them.

use std::borrow::Cow;

use plimsoll_source::TextRange;

/// The longest physical line that BuildKit's scanner takes, in bytes with the line break.
pub(crate) const MAX_LINE: usize = 65_536;

/// A physical line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Physical<'a> {
    /// Offset of its first byte.
    pub(crate) start: u32,
    /// Its text without the line break.
    pub(crate) text: &'a str,
    /// Its length with the line break.
    pub(crate) full_len: usize,
}

impl Physical<'_> {
    /// The range of its text.
    pub(crate) fn range(&self) -> TextRange {
        TextRange::new(self.start, self.start + self.text.len() as u32)
    }
}

/// Reads the physical lines of a text from `at` on.
pub(crate) struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Physical<'a>;

    fn next(&mut self) -> Option<Physical<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let end = memchr(rest.as_bytes()).map_or(rest.len(), |at| at + 1);
        let start = self.at as u32;
        self.at += end;
        // BuildKit trims every trailing CR and LF, not one pair.
        let text = rest[..end].trim_end_matches(['\r', '\n']);
        Some(Physical {
            start,
            text,
            full_len: end,
        })
    }
}

fn memchr(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|&byte| byte == b'\n')
}

/// Whether a line is a comment: `#` after white space.
pub(crate) fn is_comment(line: &str) -> bool {
    trim_left(line).starts_with('#')
}

/// White space as Go's `unicode.IsSpace` has it, cut from the left.
pub(crate) fn trim_left(line: &str) -> &str {
    line.trim_start_matches(is_space)
}

/// Go's `unicode.IsSpace`.
pub(crate) fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}'
    ) || (c as u32 > 0xff && c.is_whitespace())
}

/// The line without its continuation: the escape character at its end (blanks may follow),
/// unless another one stands before it.
pub(crate) fn continued(line: &str, escape: char) -> Option<&str> {
    let bare = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!bare.ends_with(escape)).then_some(bare)
}

/// A logical line: what is left when continuations are joined and comment lines inside them are
/// dropped, with the way back to the source.
#[derive(Clone, Debug)]
pub(crate) struct Logical<'a> {
    /// The joined text.
    pub(crate) text: Cow<'a, str>,
    /// For each piece, where it begins in `text` and in the source.
    pieces: Vec<(u32, u32)>,
}

impl<'a> Logical<'a> {
    /// A line of one piece.
    pub(crate) fn new(start: u32, text: &'a str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            pieces: vec![(0, start)],
        }
    }

    /// Appends a continuation line.
    pub(crate) fn push(&mut self, start: u32, text: &str) {
        self.pieces.push((self.text.len() as u32, start));
        self.text.to_mut().push_str(text);
    }

    /// Where byte `at` of the joined text stands in the source.
    pub(crate) fn source(&self, at: usize) -> u32 {
        let at = at as u32;
        let piece = self
            .pieces
            .partition_point(|&(logical, _)| logical <= at)
            .max(1)
            - 1;
        let (logical, source) = self.pieces[piece];
        source + (at - logical)
    }

    /// Where the source byte `at` stands in the joined text, for a byte that is in it.
    pub(crate) fn joined(&self, at: u32) -> usize {
        let piece = self
            .pieces
            .partition_point(|&(_, source)| source <= at)
            .max(1)
            - 1;
        let (logical, source) = self.pieces[piece];
        (logical + at.saturating_sub(source)) as usize
    }

    /// The source range of `start..end` of the joined text. An empty range stands at its start.
    pub(crate) fn range(&self, start: usize, end: usize) -> TextRange {
        let first = self.source(start);
        if end <= start {
            return TextRange::empty(first);
        }
        TextRange::new(first, self.source(end - 1) + 1)
    }
}

/// The joined text of a source range that may hold continuations and comment lines, with the
/// way back. The range must begin inside a logical line and end in the same one.
pub(crate) fn rejoin(source: &str, range: TextRange, escape: char) -> Logical<'_> {
    let slice = range.of(source);
    let Some(first_end) = slice.find('\n') else {
        return Logical::new(range.start, slice);
    };
    let whole = TextRange::new(range.start, range.start + first_end as u32);
    let first = whole.of(source).trim_end_matches('\r');
    let mut logical = match continued(first, escape) {
        Some(text) => Logical::new(range.start, text),
        None => return Logical::new(range.start, slice),
    };
    for line in Lines::new(&source[..range.end as usize], whole.end as usize + 1) {
        if is_comment(line.text) || trim_left(line.text).is_empty() {
            continue;
        }
        let ends_here = line.start as usize + line.full_len >= range.end as usize;
        match continued(line.text, escape) {
            Some(text) if !ends_here || text.len() < line.text.len() => {
                logical.push(line.start, text);
            }
            _ => {
                logical.push(line.start, line.text);
                break;
            }
        }
    }
    logical
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_follow_the_reference() {
        assert_eq!(continued("a \\", '\\'), Some("a "));
        assert_eq!(continued("a \\ \t", '\\'), Some("a "));
        assert_eq!(continued("a \\\\", '\\'), None);
        assert_eq!(continued("\\", '\\'), Some(""));
        assert_eq!(continued("a `", '`'), Some("a "));
        assert_eq!(continued("a \\ b", '\\'), None);
    }

    #[test]
    fn joined_lines_know_where_they_stood() {
        let text = "RUN a \\\n# note\n\n  b\n";
        let line = rejoin(text, TextRange::new(4, 19), '\\');
        assert_eq!(line.text, "a   b");
        assert_eq!(line.source(4), 18);
        assert_eq!(line.range(0, 5), TextRange::new(4, 19));
    }
}
