//! Strands: the parts of a printed range, each with one origin.

use plimsoll_source::TextRange;

use super::Provenance;
use crate::render::{CopyOf, Part, Written};

/// A part of the printed text with one origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Strand {
    /// The part. Of no bytes if it tells what decided that nothing is there.
    pub output: TextRange,
    /// What wrote it.
    pub wrote: Wrote,
}

/// What wrote a strand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrote {
    /// Helm, between documents.
    Helm,
    /// A file of `crds/`, by its number: these bytes of it.
    Crd(u32, TextRange),
    /// A template.
    Template {
        /// The template text or action. `None` if nothing of the chart did.
        written: Option<Written>,
        /// Whether it is a copy of that text.
        verbatim: bool,
        /// The calls that led there ([`Provenance::calls`]).
        calls: u32,
        /// What it came from ([`Provenance::causes`]).
        set: u32,
    },
}

impl Provenance {
    /// The parts of a range of the printed text, in order. Parts of no bytes inside the range
    /// are among them.
    pub fn strands(&self, range: TextRange) -> Vec<Strand> {
        let mut found = Vec::new();
        let mut at = range.start;
        let first = self
            .printed
            .copies
            .partition_point(|copy| copy.output.end <= range.start);
        for copy in &self.printed.copies[first..] {
            let start = copy.output.start.max(range.start);
            let end = copy.output.end.min(range.end);
            if start > end || copy.output.start > range.end {
                break;
            }
            if at < start {
                found.push(Strand {
                    output: TextRange::new(at, start),
                    wrote: Wrote::Helm,
                });
            }
            let moved = |at: u32| at - copy.output.start + copy.offset;
            let inner = TextRange::new(moved(start), moved(end));
            match copy.from {
                CopyOf::Crd(number) => found.push(Strand {
                    output: TextRange::new(start, end),
                    wrote: Wrote::Crd(number, inner),
                }),
                CopyOf::File(number) => self.parts(number, inner, start, &mut found),
            }
            at = end;
        }
        if at < range.end {
            found.push(Strand {
                output: TextRange::new(at, range.end),
                wrote: Wrote::Helm,
            });
        }
        found
    }

    /// The parts of a range of a rendered file that was printed at `start`.
    fn parts(&self, file: u32, range: TextRange, start: u32, found: &mut Vec<Strand>) {
        let Some(parts) = self.traced.parts.get(file as usize) else {
            return;
        };
        let first = parts.partition_point(|part| part.output.end < range.start);
        for part in &parts[first..] {
            if part.output.start > range.end {
                break;
            }
            if let Some(part) = cut(part, range) {
                let moved = |at: u32| at - range.start + start;
                found.push(Strand {
                    output: TextRange::new(moved(part.output.start), moved(part.output.end)),
                    wrote: Wrote::Template {
                        written: part.written,
                        verbatim: part.verbatim,
                        calls: part.calls,
                        set: part.set,
                    },
                });
            }
        }
    }

    /// The path of a file of `crds/`.
    pub fn crd_path(&self, number: u32) -> &str {
        let file = self.crds.get(number as usize);
        file.map_or("", |file| &file.path)
    }

    /// Its text, with `U+FFFD` for what is not UTF-8.
    pub fn crd_text(&self, number: u32) -> String {
        let file = self.crds.get(number as usize);
        file.map_or(String::new(), |file| {
            String::from_utf8_lossy(&file.data).into_owned()
        })
    }

    /// The path and the line of a place in a file of `crds/`, and the line as it is written.
    pub fn crd_spot(&self, number: u32, range: TextRange) -> Option<(&str, u32, String)> {
        let file = self.crds.get(number as usize)?;
        let text = String::from_utf8_lossy(&file.data);
        let before = text.get(..range.start as usize)?;
        let line = before.matches('\n').count();
        let source = text.lines().nth(line).unwrap_or_default().trim();
        Some((&file.path, line as u32 + 1, source.to_owned()))
    }
}

/// What of a part lies in a range.
fn cut(part: &Part, range: TextRange) -> Option<Part> {
    if part.output.is_empty() {
        let inside = range.start <= part.output.start && part.output.start <= range.end;
        return inside.then_some(*part);
    }
    let start = part.output.start.max(range.start);
    let end = part.output.end.min(range.end);
    if start >= end {
        return None;
    }
    let mut cut = *part;
    cut.output = TextRange::new(start, end);
    if let Some(written) = cut.written.as_mut().filter(|_| part.verbatim) {
        let from = written.range.start + (start - part.output.start);
        written.range = TextRange::new(from, from + (end - start));
    }
    Some(cut)
}
