//! Templates that are called within a line and begin with a line break, because the action before
//! their text (`{{- else }}`) does not trim what follows it.

use plimsoll_source::{Place, TextRange};

use crate::Cx;

/// A line break that a called template begins with.
pub(crate) struct LeadingBreak {
    /// The line break, in the generated text.
    pub(crate) place: Place,
    /// The action that leaves it there.
    pub(crate) action: String,
}

/// The line break before the line of generated text in which a place begins, if the text of a
/// called template begins with it.
pub(crate) fn leading_break(cx: &Cx<'_>, place: Place) -> Option<LeadingBreak> {
    let files = &cx.project.files;
    let source = files.get(place.file);
    let map = source.origins.as_ref()?;
    let at = source.text[..place.range.start as usize].rfind('\n')?;
    let mut parts = map.behind(TextRange::at(at, at + 1));
    let (part, background) = parts.next()?;
    let begins = part.output.start as usize == at && part.verbatim && !part.borrowed;
    // Text of the line that has the call stands before it.
    let mut before = map.behind(TextRange::at(at.checked_sub(1)?, at));
    let is_called = before.all(|(_, outer)| outer.chain.len() < background.chain.len());
    if !begins || !is_called {
        return None;
    }
    let written = &files.get(part.place.file).text[..part.place.range.start as usize];
    let written = written.trim_end_matches([' ', '\t']);
    let action = &written[written.rfind("{{")?..];
    let leaves = action.ends_with("}}") && !action.ends_with("-}}") && !action.contains('\n');
    leaves.then(|| LeadingBreak {
        place: Place::new(place.file, TextRange::at(at, at + 1)),
        action: action.to_owned(),
    })
}
