//! One line of a file as it is shown: harmless, tabs opened, cut to what is near the mark.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use crate::escape::stand_in;

/// Of a longer line only the part near the mark is looked at at all.
const LONG: usize = 4096;
/// How much of a long line is looked at before the mark, in bytes.
const BEFORE: usize = 1024;
const TAB: usize = 4;
const CUT: &str = "...";

/// A line ready to be shown.
pub(crate) struct Line {
    /// What to print.
    pub(crate) text: String,
    /// Byte offset in the line and column on the screen of each character kept.
    columns: Vec<(usize, usize)>,
    /// The column after the last character kept.
    end: usize,
}

impl Line {
    /// Shows `line` in at most `width` columns, with the bytes `focus` kept in sight.
    pub(crate) fn new(line: &str, focus: Range<usize>, width: usize) -> Self {
        let (from, until) = if line.len() <= LONG {
            (0, line.len())
        } else {
            let from = line.floor_char_boundary(focus.start.saturating_sub(BEFORE));
            (from, line.floor_char_boundary(from + LONG))
        };
        let near = line.get(from..until).unwrap_or("");
        // Where each character would stand if all of `near` were printed.
        let mut cells: Vec<(usize, usize, char)> = Vec::with_capacity(near.len());
        let mut column = 0;
        for (at, c) in near.char_indices() {
            cells.push((from + at, column, c));
            column += columns_of(c);
        }
        let (cut_left, cut_right) = (from > 0, until < line.len());
        if column <= width && !cut_left && !cut_right {
            return Self::printed(&cells, 0..usize::MAX, "", "");
        }
        let at = |offset: usize| {
            let next = cells.partition_point(|cell| cell.0 < offset);
            cells.get(next).map_or(column, |cell| cell.1)
        };
        let room = width.max(16);
        let (start, end) = (at(focus.start), at(focus.end));
        // The start of the line is kept while the focus ends well before the cut; else the
        // focus is moved to a quarter of the width, with what leads to it on its left.
        let fits = !cut_left && end + room / 4 <= room;
        let left = if fits {
            0
        } else {
            start.saturating_sub(room / 4)
        };
        let right = left + room - if left > 0 { 2 * CUT.len() } else { CUT.len() };
        let before = if left > 0 || cut_left { CUT } else { "" };
        let after = if right < column || cut_right { CUT } else { "" };
        Self::printed(&cells, left..right, before, after)
    }

    fn printed(
        cells: &[(usize, usize, char)],
        window: Range<usize>,
        before: &str,
        after: &str,
    ) -> Self {
        let mut line = Self {
            text: before.to_owned(),
            columns: Vec::new(),
            end: before.len(),
        };
        for &(offset, column, c) in cells {
            if column < window.start || column + columns_of(c) > window.end {
                continue;
            }
            line.columns.push((offset, line.end));
            match c {
                '\t' => line.text.push_str("    "),
                c => line.text.push(stand_in(c).unwrap_or(c)),
            }
            line.end += columns_of(c);
        }
        line.text.truncate(line.text.trim_end().len());
        line.text.push_str(after);
        line
    }

    /// The columns on the screen of a range of bytes of the line; what was cut off is clipped.
    /// An empty range has one column to be seen at.
    pub(crate) fn columns(&self, bytes: Range<usize>) -> Range<usize> {
        let at = |offset: usize| {
            let next = self.columns.partition_point(|cell| cell.0 < offset);
            self.columns.get(next).map_or(self.end, |cell| cell.1)
        };
        let start = at(bytes.start);
        start..at(bytes.end).max(start + 1)
    }
}

fn columns_of(c: char) -> usize {
    match c {
        '\t' => TAB,
        c => stand_in(c).unwrap_or(c).width().unwrap_or(1),
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn tabs_wide_and_hostile_characters_keep_the_columns_true() {
        let text = "\ta東\u{1b}b";
        let line = Line::new(text, 0..0, 80);
        assert_eq!(line.text, "    a東␛b");
        assert_eq!(line.columns(1..2), 4..5);
        assert_eq!(line.columns(2..5), 5..7);
        assert_eq!(line.columns(6..7), 8..9);
        assert_eq!(line.columns(7..7), 9..10);
    }

    #[test]
    fn long_lines_are_cut_around_the_focus() {
        let text = format!("{}needle{}", "abc ".repeat(5000), " xyz".repeat(5000));
        let at = text.find("needle").expect("there");
        let line = Line::new(&text, at..at + 6, 40);
        assert_eq!(line.text, "...c abc abc needle xyz xyz xyz xyz x...");
        let columns = line.columns(at..at + 6);
        assert_eq!(&line.text[columns], "needle");
        let start = Line::new(&text, 0..3, 40);
        assert_eq!(start.text, "abc abc abc abc abc abc abc abc abc a...");
        assert_eq!(start.columns(0..3), 0..3);
    }
}
