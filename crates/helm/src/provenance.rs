//! Which template wrote a part of what a chart gives, on which way, and which values made it so.
//!
//! A [`Provenance`] is a render, looked at from what was printed. It answers for every range of
//! the text ([`Provenance::strands`]), for fields of objects ([`Provenance::find`]), the other
//! way round ([`Provenance::written_at`], [`Provenance::fed_by`]), and for what is not there
//! ([`missing`]).

mod causes;
mod fields;
pub mod missing;
mod places;
mod strands;
mod target;

use std::sync::Arc;

use plimsoll_source::{LineIndex, TextRange};

use crate::chart::File;
use crate::render::{Copied, Decision, Followed, Outline, Printed, Traced, Written};

pub use causes::{Cause, Causes, What};
pub use fields::{Field, FieldError};
pub use places::Spot;
pub use strands::{Strand, Wrote};
pub use target::{Effects, Target, TargetError};

/// A render, looked at from what was printed.
pub struct Provenance {
    printed: Printed,
    lines: LineIndex,
    traced: Traced,
    outlines: Vec<Outline>,
    decisions: Vec<Decision>,
    crds: Vec<File>,
    /// The templates' texts.
    templates: Vec<Text>,
    /// Those of values, by the numbers of [`crate::values::Sources::file`].
    values: Vec<Text>,
    /// For each of these how many were of the same flag before, and itself.
    flags: Vec<u32>,
}

/// A text with its lines.
struct Text {
    text: Arc<str>,
    lines: LineIndex,
}

impl Text {
    fn new(text: Arc<str>) -> Self {
        let lines = LineIndex::new(&text);
        Self { text, lines }
    }
}

impl Provenance {
    /// Looks at a render from the text that was printed of it.
    pub fn new(followed: Followed, printed: Printed) -> Self {
        let Followed {
            rendered,
            traced,
            outlines,
            decisions,
        } = followed;
        let templates = outlines.iter().map(|outline| {
            let text = String::from_utf8_lossy(&outline.text);
            Text::new(text.into())
        });
        let templates = templates.collect();
        let count = traced.sources.files_len();
        let files = (0..count).filter_map(|number| traced.sources.file(number));
        let mut values: Vec<Text> = Vec::new();
        let mut flags: Vec<u32> = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        for file in files {
            let before = names.iter().filter(|name| **name == &*file.name).count();
            flags.push(before as u32 + 1);
            names.push(&file.name);
            values.push(Text::new(file.text.clone()));
        }
        let crds = rendered.map_or(Vec::new(), |rendered| rendered.crds);
        let crds = crds.into_iter().map(|crd| crd.file).collect();
        Self {
            lines: LineIndex::new(&printed.text),
            printed,
            outlines,
            decisions,
            crds,
            templates,
            values,
            flags,
            traced,
        }
    }

    /// The printed text.
    pub fn text(&self) -> &str {
        &self.printed.text
    }

    /// How many lines the printed text has.
    pub fn line_count(&self) -> u32 {
        self.printed.text.lines().count() as u32
    }

    /// The bytes of a line, from 1, without its line break.
    pub fn line_range(&self, line: u32) -> Option<TextRange> {
        self.lines.line_range(&self.printed.text, line)
    }

    /// The line, from 1, that a byte is in.
    pub fn line_of(&self, offset: u32) -> u32 {
        self.lines.line(offset)
    }

    /// The documents of the printed text.
    pub fn documents(&self) -> &[Copied] {
        &self.printed.copies
    }

    /// The render's parts, calls and sources.
    pub fn traced(&self) -> &Traced {
        &self.traced
    }

    /// What stands in the templates.
    pub fn outlines(&self) -> &[Outline] {
        &self.outlines
    }

    /// How branches were decided.
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// The actions that led to what has these calls, the innermost first.
    pub fn calls(&self, calls: u32) -> &[Written] {
        self.traced
            .calls
            .get(calls as usize)
            .map_or(&[], Vec::as_slice)
    }
}
