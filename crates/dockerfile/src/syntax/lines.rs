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
    /// Whether BuildKit's scanner gives up here.
    pub(crate) too_long: bool,
}

impl Physical<'_> {
    /// The range of its text.
    pub(crate) fn range(&self) -> TextRange {
        TextRange::new(self.start, self.start + self.text.len() as u32)
    }

    /// The range with the line break.
    pub(crate) fn full(&self) -> TextRange {
        TextRange::new(self.start, self.start + self.full_len as u32)
    }
}

/// Reads the physical lines of a text from an offset on.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    at: usize,
    /// Bytes of the line being read that stand before `at` (the byte order mark).
    skipped: usize,
}

impl<'a> Lines<'a> {
    /// The lines of a file; a byte order mark is no part of the first.
    pub(crate) fn of_file(text: &'a str) -> Self {
        let bom = if text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        Self {
            text,
            at: bom,
            skipped: bom,
        }
    }

    /// The lines from `at` on.
    pub(crate) fn from(text: &'a str, at: usize) -> Self {
        Self {
            text,
            at,
            skipped: 0,
        }
    }

    /// Where the next line begins.
    pub(crate) fn offset(&self) -> u32 {
        self.at as u32
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Physical<'a>;

    fn next(&mut self) -> Option<Physical<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let (end, broken) = match rest.find('\n') {
            Some(at) => (at + 1, true),
            None => (rest.len(), false),
        };
        let start = self.at as u32;
        self.at += end;
        let scanned = end + std::mem::take(&mut self.skipped);
        // BuildKit trims every trailing CR and LF, not one pair.
        let bytes = rest.as_bytes();
        let mut len = end;
        while len > 0 && matches!(bytes[len - 1], b'\r' | b'\n') {
            len -= 1;
        }
        // Without a line break the scanner needs one byte more to see the end of the file.
        let too_long = scanned + usize::from(!broken) > MAX_LINE;
        Some(Physical {
            start,
            text: &rest[..len],
            full_len: end,
            too_long,
        })
    }
}

/// Whether a line is a comment: `#` after white space.
pub(crate) fn is_comment(line: &str) -> bool {
    trim_left(line).starts_with('#')
}

/// White space cut from the left. Rust's and Go's notions of it are the same.
pub(crate) fn trim_left(line: &str) -> &str {
    match line.as_bytes().first() {
        Some(b'!'..=b'~') => line,
        _ => line.trim_start(),
    }
}

/// White space that separates keyword and arguments, and the words of most instructions.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x0b | 0x0c | b'\r' | b' ')
}

/// The line without its continuation: the escape character at its end (blanks may follow),
/// unless another one stands before it.
pub(crate) fn continued(line: &str, escape: char) -> Option<&str> {
    let bytes = line.as_bytes();
    let mut len = bytes.len();
    while len > 0 && matches!(bytes[len - 1], b' ' | b'\t') {
        len -= 1;
    }
    let escape = escape as u8;
    if len == 0 || bytes[len - 1] != escape || (len > 1 && bytes[len - 2] == escape) {
        return None;
    }
    Some(&line[..len - 1])
}

/// A logical line: what is left when continuations are joined and comment lines inside them are
/// dropped, with the way back to the source.
#[derive(Clone, Debug)]
pub(crate) struct Logical<'a> {
    /// The joined text.
    pub(crate) text: Cow<'a, str>,
    /// Where the first piece begins in the source.
    start: u32,
    /// For each further piece, where it begins in `text` and in the source.
    pieces: Vec<(u32, u32)>,
}

impl<'a> Logical<'a> {
    /// A line of one piece.
    pub(crate) fn new(start: u32, text: &'a str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            start,
            pieces: Vec::new(),
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
        match self.pieces.partition_point(|&(logical, _)| logical <= at) {
            0 => self.start + at,
            piece => {
                let (logical, source) = self.pieces[piece - 1];
                source + (at - logical)
            }
        }
    }

    /// The source range of `start..end` of the joined text. An empty range stands at its start.
    pub(crate) fn range(&self, start: usize, end: usize) -> TextRange {
        if end <= start {
            // At the end of a piece, not at the start of the next one.
            let at = if start > 0 {
                self.source(start - 1) + 1
            } else {
                self.source(start)
            };
            return TextRange::empty(at);
        }
        TextRange::new(self.source(start), self.source(end - 1) + 1)
    }

    /// The pieces of `from..to` of the joined text: source offset and text of each.
    pub(crate) fn pieces(&self, from: usize, to: usize) -> impl Iterator<Item = (u32, &str)> {
        let starts = std::iter::once((0, self.start)).chain(self.pieces.iter().copied());
        let ends = self
            .pieces
            .iter()
            .map(|&(at, _)| at as usize)
            .chain(std::iter::once(self.text.len()));
        starts.zip(ends).filter_map(move |((at, source), end)| {
            let start = (at as usize).max(from);
            let end = end.min(to);
            (start < end).then(|| (source + (start as u32 - at), &self.text[start..end]))
        })
    }
}

/// The joined text of a source range that may hold continuations and comment lines, with the
/// way back. The range must begin inside a logical line and end in the same one.
pub(crate) fn rejoin(source: &str, range: TextRange, escape: char) -> Logical<'_> {
    let slice = range.of(source);
    if !slice.contains('\n') {
        return Logical::new(range.start, slice);
    }
    let mut lines = Lines::from(&source[..range.end as usize], range.start as usize);
    let Some(first) = lines.next() else {
        return Logical::new(range.start, slice);
    };
    let Some(text) = continued(first.text, escape) else {
        return Logical::new(range.start, slice);
    };
    let mut logical = Logical::new(range.start, text);
    for line in lines {
        // What ends at the end of the range is no continuation: ranges end with a letter.
        let last = line.full().end >= range.end;
        // The range may end inside a line: whether that one is blank shows only its whole text.
        let blank = trim_left(line.text).is_empty()
            && (!last
                || Lines::from(source, line.start as usize)
                    .next()
                    .is_none_or(|whole| trim_left(whole.text).is_empty()));
        if is_comment(line.text) || blank {
            continue;
        }
        match continued(line.text, escape) {
            Some(text) if !last => logical.push(line.start, text),
            // A carriage return at the end of the range ends a line only before a line feed.
            _ if last && !source[range.end as usize..].starts_with('\n') => {
                let text = &source[line.start as usize..range.end as usize];
                logical.push(line.start, text);
            }
            _ => logical.push(line.start, line.text),
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
        let pieces: Vec<_> = line.pieces(1, 5).collect();
        assert_eq!(pieces, [(5, " "), (16, "  b")]);
    }

    #[test]
    fn a_carriage_return_within_a_line_is_kept() {
        let text = "ARG a\\\nb\\\r\rc\n";
        let line = rejoin(text, TextRange::new(4, 10), '\\');
        assert_eq!(line.text, "ab\\\r");
    }

    #[test]
    fn a_range_may_end_after_white_space_that_separates_nothing() {
        // Words are separated by ASCII blanks alone.
        let text = "EXPOSE b\\\n\u{2003}\t80";
        assert_eq!(rejoin(text, TextRange::new(7, 13), '\\').text, "b\u{2003}");
    }

    #[test]
    fn the_scanner_has_a_longest_line() {
        let long = |len: usize, end: &str| {
            let text = format!("{}{end}", "x".repeat(len));
            Lines::of_file(&text)
                .next()
                .is_some_and(|line| line.too_long)
        };
        assert!(!long(MAX_LINE - 1, "\n"));
        assert!(long(MAX_LINE, "\n"));
        assert!(!long(MAX_LINE - 1, ""));
        assert!(long(MAX_LINE, ""));
    }
}
