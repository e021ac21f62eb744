//! Edits, and the fixes made of them: the one currency for every change to a user's file.

use std::fmt;

use crate::files::FileId;
use crate::text::TextRange;

/// Replaces one range of a text. Offsets refer to the text before any edit.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Edit {
    /// The bytes to replace; empty for an insertion.
    pub range: TextRange,
    /// What to put there; empty for a deletion.
    pub text: String,
}

impl Edit {
    /// Replaces `range` by `text`.
    pub fn replace(range: TextRange, text: impl Into<String>) -> Self {
        Self {
            range,
            text: text.into(),
        }
    }

    /// Inserts `text` at `offset`.
    pub fn insert(offset: u32, text: impl Into<String>) -> Self {
        Self::replace(TextRange::empty(offset), text)
    }

    /// Deletes `range`.
    pub fn delete(range: TextRange) -> Self {
        Self::replace(range, "")
    }
}

/// An edit of a named file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FileEdit {
    /// The file.
    pub file: FileId,
    /// The edit.
    pub edit: Edit,
}

/// A file that a fix would create.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct NewFile {
    /// Its path relative to the root.
    pub path: String,
    /// Its whole text.
    pub text: String,
}

/// How far a fix can be trusted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Safety {
    /// Keeps the meaning but for the defect; may be applied unseen.
    Safe,
    /// Mends the defect but may change behaviour; apply after reading.
    Unsafe,
    /// A sketch for a person to complete.
    SuggestOnly,
}

impl Safety {
    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
            Self::SuggestOnly => "suggest-only",
        }
    }
}

/// Edits and new files: what a fix or a scaffold does to a tree.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Change {
    /// Edits of files that exist, disjoint within each file.
    pub edits: Vec<FileEdit>,
    /// Files to create.
    pub create: Vec<NewFile>,
}

/// A change that mends a finding.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Fix {
    /// What it does, imperative, such as "pin the tag".
    pub title: String,
    /// How far to trust it.
    pub safety: Safety,
    /// What it does.
    pub change: Change,
}

impl Fix {
    /// A fix with no edits yet.
    pub fn new(title: impl Into<String>, safety: Safety) -> Self {
        Self {
            title: title.into(),
            safety,
            change: Change::default(),
        }
    }

    /// Adds an edit.
    pub fn edit(mut self, file: FileId, edit: Edit) -> Self {
        self.change.edits.push(FileEdit { file, edit });
        self
    }

    /// Adds a file to create.
    pub fn create(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.change.create.push(NewFile {
            path: path.into(),
            text: text.into(),
        });
        self
    }
}

/// Why a set of edits cannot be applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EditError {
    /// Two edits touch the same bytes.
    Overlap(TextRange, TextRange),
    /// An edit lies outside the text or inside a character.
    OutOfBounds(TextRange),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlap(a, b) => write!(f, "the edits of bytes {a:?} and {b:?} overlap"),
            Self::OutOfBounds(range) => {
                write!(f, "the edit of bytes {range:?} is outside the text")
            }
        }
    }
}

impl std::error::Error for EditError {}

/// Applies `edits` to `text`. Two insertions at one offset keep the order given; an insertion
/// may touch a replacement's edge; anything else that overlaps is refused and nothing is done.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut order: Vec<&Edit> = edits.iter().collect();
    order.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let grown: usize = order.iter().map(|edit| edit.text.len()).sum();
    let mut out = String::with_capacity(text.len() + grown);
    let mut at = 0usize;
    let mut last = TextRange::empty(0);
    for edit in order {
        let range = edit.range.as_usize();
        if text.get(range.clone()).is_none() {
            return Err(EditError::OutOfBounds(edit.range));
        }
        if range.start < at {
            return Err(EditError::Overlap(last, edit.range));
        }
        out.push_str(&text[at..range.start]);
        out.push_str(&edit.text);
        at = range.end;
        last = edit.range;
    }
    out.push_str(&text[at..]);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_refer_to_the_text_before_any_of_them() {
        let edits = [
            Edit::replace(TextRange::new(4, 7), "B"),
            Edit::insert(0, "<"),
            Edit::insert(0, "="),
            Edit::delete(TextRange::new(7, 8)),
        ];
        assert_eq!(apply("abc def g", &edits), Ok("<=abc Bg".into()));
    }

    #[test]
    fn overlapping_and_outlying_edits_are_refused() {
        let a = Edit::delete(TextRange::new(0, 3));
        let b = Edit::delete(TextRange::new(2, 4));
        assert!(matches!(
            apply("abcdef", &[a, b]),
            Err(EditError::Overlap(..))
        ));
        let far = Edit::insert(9, "x");
        assert!(matches!(
            apply("abc", &[far]),
            Err(EditError::OutOfBounds(_))
        ));
        let inside = Edit::insert(1, "x");
        assert!(matches!(
            apply("é", &[inside]),
            Err(EditError::OutOfBounds(_))
        ));
    }
}
