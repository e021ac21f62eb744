//! Pieces of a text that a template writes instead.

use plimsoll_source::TextRange;

use crate::emit::literal;

/// What is written instead of pieces of a text.
#[derive(Default)]
pub(super) struct Edits {
    edits: Vec<(TextRange, String)>,
}

impl Edits {
    /// Puts an expression, or nothing, in the place of a range. Ranges lie apart.
    pub(super) fn put(&mut self, range: TextRange, text: impl Into<String>) {
        self.edits.push((range, text.into()));
    }

    /// The text as a template: what is not replaced is printed as it is.
    pub(super) fn apply(self, text: &str) -> String {
        self.applied(text, &literal)
    }

    /// The text with the pieces replaced.
    pub(super) fn apply_plain(self, text: &str) -> String {
        self.applied(text, &str::to_owned)
    }

    fn applied(mut self, text: &str, between: &dyn Fn(&str) -> String) -> String {
        self.edits.sort_by_key(|(range, _)| range.start);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (range, edit) in self.edits {
            let (start, end) = (range.start as usize, range.end as usize);
            if start < at {
                continue;
            }
            out.push_str(&between(&text[at..start]));
            out.push_str(&edit);
            at = end;
        }
        out.push_str(&between(&text[at..]));
        out
    }
}
