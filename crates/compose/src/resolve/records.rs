//! Where every value of a resolved project was written: the files read, the `include` and
//! `extends` that led to them, and the variables that flowed in.
//!
//! A [`Trace`] is small and is copied with each value; what it refers to lies here once.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use plimsoll_source::{LineCol, LineIndex, TextRange};

/// Names a file that was read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SourceId(pub(super) u32);

/// A range in a file that was read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Spot {
    /// The file.
    pub source: SourceId,
    /// The bytes in its text.
    pub range: TextRange,
}

/// Where a value comes from. Look into it with [`Records`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Trace {
    source: u32,
    range: TextRange,
    link: u32,
    uses: u32,
    implied: bool,
}

const NONE: u32 = u32::MAX;

impl Trace {
    /// Nobody wrote it and nothing that was written led to it.
    pub(super) const IMPLICIT: Self = Self {
        source: NONE,
        range: TextRange::new(0, 0),
        link: NONE,
        uses: NONE,
        implied: true,
    };

    pub(super) fn written(spot: Spot) -> Self {
        Self {
            source: spot.source.0,
            range: spot.range,
            link: NONE,
            uses: NONE,
            implied: false,
        }
    }

    /// Where it was written; for what Compose adds by itself, where its cause was.
    pub fn spot(self) -> Option<Spot> {
        (self.source != NONE).then_some(Spot {
            source: SourceId(self.source),
            range: self.range,
        })
    }

    /// Whether nobody wrote the value: Compose adds it because of what stands at the spot.
    pub fn is_implied(self) -> bool {
        self.implied
    }

    /// The trace of what follows from this.
    pub(super) fn implied(self) -> Self {
        Self {
            implied: true,
            ..self
        }
    }

    /// The same with the variables of another.
    pub(super) fn with_uses_of(self, other: Self) -> Self {
        Self {
            uses: other.uses,
            ..self
        }
    }
}

/// A file that was read.
#[derive(Debug)]
pub struct Source {
    /// Its absolute path, or `-` for standard input.
    pub path: Box<str>,
    /// Its text.
    pub text: Arc<str>,
    lines: OnceLock<LineIndex>,
}

impl Source {
    /// Line and column of an offset.
    pub fn line_col(&self, offset: u32) -> LineCol {
        let lines = self.lines.get_or_init(|| LineIndex::new(&self.text));
        lines.line_col(&self.text, offset)
    }
}

/// By what a file came in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LinkKind {
    /// An item of `include`.
    Include,
    /// A service's `extends`.
    Extends,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Link {
    spot: Spot,
    kind: LinkKind,
    parent: u32,
}

/// Where a variable's value was found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VariableOrigin {
    /// The environment of whoever runs it.
    Shell,
    /// An env file.
    File(Spot),
    /// Compose itself (`COMPOSE_PROJECT_NAME`).
    Compose,
    /// It is not set; the word after `:-` or `-` stands for it.
    Default,
    /// It is not set and has no default.
    Unset,
}

/// A variable that flowed into a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Use {
    /// Its name.
    pub name: Box<str>,
    /// Where its value was found.
    pub origin: VariableOrigin,
}

/// Everything that the traces of one resolution refer to.
#[derive(Debug, Default)]
pub struct Records {
    sources: Vec<Source>,
    links: Vec<Link>,
    uses: Vec<Vec<Use>>,
}

impl Records {
    pub(super) fn add_source(&mut self, path: &str, text: Arc<str>) -> SourceId {
        self.sources.push(Source {
            path: path.into(),
            text,
            lines: OnceLock::new(),
        });
        SourceId(self.sources.len() as u32 - 1)
    }

    /// The files read, in the order in which they were.
    pub fn sources(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        let numbered = self.sources.iter().enumerate();
        numbered.map(|(number, source)| (SourceId(number as u32), source))
    }

    /// A file that was read.
    pub fn source(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }

    /// The text at a spot.
    pub fn text(&self, spot: Spot) -> &str {
        spot.range.of(&self.source(spot.source).text)
    }

    /// The path and the line and column of a spot's beginning.
    pub fn place(&self, spot: Spot) -> (&str, LineCol) {
        let source = self.source(spot.source);
        (&source.path, source.line_col(spot.range.start))
    }

    /// The `include` and `extends` that led to a value, the nearest first.
    pub fn chain(&self, trace: Trace) -> Vec<(LinkKind, Spot)> {
        let mut found = Vec::new();
        let mut at = trace.link;
        while let Some(link) = self.links.get(at as usize) {
            found.push((link.kind, link.spot));
            at = link.parent;
        }
        found
    }

    /// The variables that flowed into a value, in text order.
    pub fn uses(&self, trace: Trace) -> &[Use] {
        self.uses
            .get(trace.uses as usize)
            .map_or(&[], Vec::as_slice)
    }

    /// Whether a variable without a value and without a default decides over it.
    pub fn is_unknown(&self, trace: Trace) -> bool {
        self.uses(trace)
            .iter()
            .any(|used| used.origin == VariableOrigin::Unset)
    }

    pub(super) fn with_uses(&mut self, trace: Trace, uses: Vec<Use>) -> Trace {
        if uses.is_empty() {
            return trace;
        }
        self.uses.push(uses);
        Trace {
            uses: self.uses.len() as u32 - 1,
            ..trace
        }
    }

    /// The trace of what came in by a further link, the outermost so far. `made` remembers the
    /// chains made for this link.
    pub(super) fn behind(
        &mut self,
        trace: Trace,
        kind: LinkKind,
        spot: Spot,
        made: &mut HashMap<u32, u32>,
    ) -> Trace {
        let link = *made.entry(trace.link).or_insert_with(|| {
            // A link knows the one outside of it, so the chain is made anew around the new one.
            let mut chain = Vec::new();
            let mut at = trace.link;
            while let Some(link) = self.links.get(at as usize) {
                chain.push(*link);
                at = link.parent;
            }
            self.links.push(Link {
                spot,
                kind,
                parent: NONE,
            });
            let mut outer = self.links.len() as u32 - 1;
            for link in chain.into_iter().rev() {
                self.links.push(Link {
                    parent: outer,
                    ..link
                });
                outer = self.links.len() as u32 - 1;
            }
            outer
        });
        Trace { link, ..trace }
    }
}
