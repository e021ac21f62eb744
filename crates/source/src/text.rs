//! Byte ranges, and the translation of byte offsets into lines and columns.

use crate::files::FileId;

/// A half-open range of byte offsets into one file's text. Offsets always lie on character
/// boundaries and `start <= end`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TextRange {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl TextRange {
    /// The range from `start` to `end`, in bytes. A reversed range is collapsed to `start`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self {
            start,
            end: if end < start { start } else { end },
        }
    }

    /// The range between two `usize` offsets. Files above 4 GiB are refused when they are read
    /// (see [`crate::files::MAX_FILE_BYTES`]), so the narrowing never loses anything.
    pub fn at(start: usize, end: usize) -> Self {
        Self::new(start as u32, end as u32)
    }

    /// The empty range at `offset`.
    pub const fn empty(offset: u32) -> Self {
        Self {
            start: offset,
            end: offset,
        }
    }

    /// Length in bytes.
    pub const fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether the range covers no byte.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `offset` lies inside the range.
    pub const fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }

    /// Whether `other` lies wholly inside this range.
    pub const fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two share at least one byte; empty ranges overlap what they touch.
    pub const fn overlaps(self, other: Self) -> bool {
        if self.is_empty() || other.is_empty() {
            self.start <= other.end && other.start <= self.end
        } else {
            self.start < other.end && other.start < self.end
        }
    }

    /// The smallest range that covers both.
    pub fn join(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The range moved by `delta` bytes to the right.
    pub const fn shifted(self, delta: u32) -> Self {
        Self {
            start: self.start + delta,
            end: self.end + delta,
        }
    }

    /// The text that the range covers in `text`, or `""` if it does not fit there.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or("")
    }

    /// The range as `usize` offsets, for slicing.
    pub const fn as_usize(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl std::fmt::Debug for TextRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl From<std::ops::Range<usize>> for TextRange {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self::at(range.start, range.end)
    }
}

/// A range in a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes in that file.
    pub range: TextRange,
}

impl Place {
    /// The place `range` in `file`.
    pub const fn new(file: FileId, range: TextRange) -> Self {
        Self { file, range }
    }
}

/// A line and a column, both counted from 1; the column counts characters (Unicode scalar
/// values), as the JSON report does. A byte order mark at the start of a file is no column.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LineCol {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// Byte offsets of the line starts of one text. A line ends after `\n` (so after `\r\n` too);
/// a lone `\r` ends no line, as in the tools that users compare with.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
    len: u32,
}

impl LineIndex {
    /// Builds the index for `text`.
    pub fn new(text: &str) -> Self {
        let mut starts = Vec::with_capacity(text.len() / 24 + 1);
        starts.push(0);
        for (offset, byte) in text.bytes().enumerate() {
            if byte == b'\n' {
                starts.push(offset as u32 + 1);
            }
        }
        Self {
            starts,
            len: text.len() as u32,
        }
    }

    /// Number of lines; a text that ends in a line break has an empty last line.
    pub fn line_count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The line (from 1) that holds `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|&start| start <= offset) as u32
    }

    /// Line and column of `offset` in `text`, the text that the index was built from.
    pub fn line_col(&self, text: &str, offset: u32) -> LineCol {
        let offset = offset.min(self.len);
        let line = self.line(offset);
        let start = self.starts[line as usize - 1];
        let before = TextRange::new(start, offset).of(text);
        let before = before.strip_prefix('\u{feff}').unwrap_or(before);
        let column = if before.is_ascii() {
            before.len()
        } else {
            before.chars().count()
        };
        LineCol {
            line,
            column: column as u32 + 1,
        }
    }

    /// The bytes of line `line` (from 1) without its line break; `None` past the last line.
    pub fn line_range(&self, text: &str, line: u32) -> Option<TextRange> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).copied().unwrap_or(self.len);
        let line = TextRange::new(start, end).of(text);
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        Some(TextRange::new(start, start + line.len() as u32))
    }

    /// Offset of the first byte of `line` (from 1); the end of the text past the last line.
    pub fn line_start(&self, line: u32) -> u32 {
        (line as usize)
            .checked_sub(1)
            .and_then(|index| self.starts.get(index).copied())
            .unwrap_or(self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn columns_count_characters_and_skip_the_byte_order_mark() {
        let text = "\u{feff}aé\r\nb\n";
        let index = LineIndex::new(text);
        assert_eq!(index.line_col(text, 3), LineCol { line: 1, column: 1 });
        assert_eq!(index.line_col(text, 6), LineCol { line: 1, column: 3 });
        assert_eq!(index.line_col(text, 8), LineCol { line: 2, column: 1 });
        assert_eq!(
            index.line_range(text, 1).map(|r| r.of(text)),
            Some("\u{feff}aé")
        );
        assert_eq!(index.line_range(text, 2).map(|r| r.of(text)), Some("b"));
        assert_eq!(index.line_range(text, 3).map(|r| r.of(text)), Some(""));
        assert_eq!(index.line_range(text, 4), None);
    }

    #[test]
    fn empty_ranges_overlap_what_they_touch() {
        assert!(TextRange::new(3, 3).overlaps(TextRange::new(0, 3)));
        assert!(!TextRange::new(3, 4).overlaps(TextRange::new(0, 3)));
        assert!(TextRange::new(2, 4).overlaps(TextRange::new(0, 3)));
    }

    proptest! {
        #[test]
        fn every_offset_has_the_line_that_counting_gives(text in "[a-zé\r\n]{0,40}") {
            let index = LineIndex::new(&text);
            for (offset, _) in text.char_indices() {
                let line = text[..offset].matches('\n').count() as u32 + 1;
                let at = index.line_col(&text, offset as u32);
                prop_assert_eq!(at.line, line);
                let last = text[..offset].rfind('\n').map_or(0, |n| n + 1);
                prop_assert_eq!(at.column as usize, text[last..offset].chars().count() + 1);
            }
        }
    }
}
