//! Lines and columns of many places, without walking a long line again for each.

use plimsoll_source::{FileId, Files, LineCol, Place};

/// Gives lines and columns; quickest when asked in the order of the places, as findings are.
pub(crate) struct Locator<'a> {
    files: &'a Files,
    /// The last answer: file, offset, and the answer.
    last: Option<(FileId, u32, LineCol)>,
}

impl<'a> Locator<'a> {
    pub(crate) fn new(files: &'a Files) -> Self {
        Self { files, last: None }
    }

    /// Line and column of `offset` in `file`, as [`plimsoll_source::LineIndex::line_col`] has it.
    pub(crate) fn line_col(&mut self, file: FileId, offset: u32) -> LineCol {
        let source = self.files.get(file);
        let offset = offset.min(source.text.len() as u32);
        let at = match self.last {
            Some((last_file, last, at))
                if last_file == file
                    && last <= offset
                    && last != 0
                    && source.lines().line(offset) == at.line =>
            {
                let between = source
                    .text
                    .get(last as usize..offset as usize)
                    .unwrap_or("");
                LineCol {
                    line: at.line,
                    column: at.column + between.chars().count() as u32,
                }
            }
            _ => source.line_col(offset),
        };
        self.last = Some((file, offset, at));
        at
    }

    /// Both ends of a place.
    pub(crate) fn ends(&mut self, place: Place) -> (LineCol, LineCol) {
        let start = self.line_col(place.file, place.range.start);
        let last = self.last;
        let end = self.line_col(place.file, place.range.end);
        // The next place starts nearer to this start than to this end.
        self.last = last;
        (start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::Locator;
    use plimsoll_source::{Files, SourceFile};

    #[test]
    fn every_order_gives_the_same_answers() {
        let mut files = Files::default();
        let text = "\u{feff}aé\r\nbcd\n\nxé東y";
        let file = files.add(SourceFile::written("a", text));
        let offsets: Vec<u32> = text.char_indices().map(|(at, _)| at as u32).collect();
        let mut locator = Locator::new(&files);
        for &first in &offsets {
            for &second in &offsets {
                for offset in [first, second] {
                    let expected = files.get(file).line_col(offset);
                    assert_eq!(locator.line_col(file, offset), expected);
                }
            }
        }
    }
}
