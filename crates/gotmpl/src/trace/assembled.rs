//! Texts that templates put together, and what keeps them from being empty.
//!
//! What a template writes stands behind what it wrote before, whatever that is. So its output is
//! not empty while one of its parts is there, and who only asks for that need not know of the
//! others. A part serves that is a copy of template text and no mere white space: it cannot
//! become empty, and trimming leaves it.

use crate::value::{Str, Traced, Value};

use super::frames::Frames;
use super::pieces::{Made, RopeId};
use super::sets::{Sets, Trace};

/// How many pieces are looked at.
const MAX_PIECES: usize = 256;

/// Ropes that are assembled: one bit for each.
#[derive(Default)]
pub(super) struct Assembled(Vec<u64>);

impl Assembled {
    fn add(&mut self, rope: RopeId) {
        let word = rope.0 as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (rope.0 % 64);
    }

    pub(super) fn has(&self, rope: RopeId) -> bool {
        let word = self.0.get(rope.0 as usize / 64);
        word.is_some_and(|word| word >> (rope.0 % 64) & 1 != 0)
    }
}

/// Pieces that are being looked at.
struct Level {
    rope: RopeId,
    index: usize,
    /// The part of the rope that counts.
    from: u32,
    to: u32,
    /// Where in the whole text `from` is.
    base: u32,
    trace: Trace,
}

impl Sets {
    /// Says that every part of a text stands in it whatever the others are, or would be left of
    /// it by who trims it.
    pub(crate) fn mark_assembled(&mut self, text: &Str) {
        if !text.rope().is_none() {
            self.assembled.add(text.rope());
        }
    }

    /// Whether that was said of a text.
    pub(crate) fn is_assembled(&self, text: &Str) -> bool {
        self.assembled.has(text.rope())
    }

    /// What decided that a text is not empty: less than what the whole came from, if a part is
    /// known to be enough.
    pub(crate) fn presence(&mut self, text: &Str, frames: &Frames) -> Trace {
        if !text.is_empty() && self.is_assembled(text) {
            self.witness(text, frames)
        } else {
            None
        }
        .unwrap_or_else(|| self.whole(text))
    }

    /// The trace of the part that depends on least, as far as can be told cheaply.
    fn witness(&mut self, text: &Str, frames: &Frames) -> Option<Trace> {
        let mut best: Option<Trace> = None;
        let mut levels = vec![Level {
            rope: text.rope(),
            index: 0,
            from: 0,
            to: text.len() as u32,
            base: 0,
            trace: Trace::NONE,
        }];
        let mut seen = 0;
        while let Some(level) = levels.last_mut() {
            let index = level.index;
            level.index += 1;
            let (rope, from, to, base, outer) =
                (level.rope, level.from, level.to, level.base, level.trace);
            let pieces = self.ropes.get(rope);
            let Some(&piece) = pieces.get(index) else {
                levels.pop();
                continue;
            };
            seen += 1;
            if seen > MAX_PIECES {
                break;
            }
            let start = index.checked_sub(1).map_or(0, |before| pieces[before].end);
            let (first, last) = (start.max(from), piece.end.min(to));
            if first >= last {
                continue;
            }
            let trace = self.union(outer, piece.trace);
            let base = base + first - from;
            match piece.origin.made() {
                Made::Part { rope, offset } if self.assembled.has(rope) => {
                    let from = offset + first - start;
                    levels.push(Level {
                        rope,
                        index: 0,
                        from,
                        to: from + last - first,
                        base,
                        trace,
                    });
                }
                // A text that was parsed while rendering came from somewhere.
                Made::Written { frame, place }
                    if place.offset().is_some() && frames.get(frame).text.is_none() =>
                {
                    let range = base as usize..(base + last - first) as usize;
                    let is_ink = text.bytes()[range].iter().any(u8::is_ascii_graphic);
                    if is_ink {
                        let is_better = best.is_none_or(|best| trace.rank() < best.rank());
                        best = if is_better { Some(trace) } else { best };
                        if trace.is_none() {
                            break;
                        }
                    }
                }
                _ => {}
            }
        }
        best
    }

    /// What decided whether a value is true.
    pub(crate) fn truth(&mut self, value: &Traced, frames: &Frames) -> Option<Trace> {
        match &value.value {
            Value::Str(text) if self.on && self.is_assembled(text) => {
                let inner = self.presence(text, frames);
                Some(self.union(value.trace, inner))
            }
            _ => None,
        }
    }
}
