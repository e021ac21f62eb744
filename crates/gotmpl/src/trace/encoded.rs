//! Texts that an encoder wrote.
//!
//! An encoder writes each value so that its decoder finds that value and no other: what stands
//! elsewhere in the text cannot change it. So who decodes such a text, and it came to him whole,
//! need not say of each value that all of the text decided it. Of any other text he must, but for
//! the parts of it that an encoder wrote, if he reads each as one value.

use std::ops::Range;
use std::rc::Rc;

use crate::value::Str;

use super::frames::Frames;
use super::pieces::{Made, Origin, Piece, Printed, RopeId};
use super::sets::{Sets, Trace};

/// Of a text with more parts none is known.
const MAX_PARTS: usize = 4096;

/// How an encoder lays out what it writes, in YAML's terms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// On one line, and closed by itself (JSON): it is one value wherever a value may stand.
    Flow,
    /// On lines of its own, which hold together by their indentation.
    Block,
}

/// That a text is what an encoder wrote.
#[derive(Clone, Copy, Debug)]
pub struct Encoded {
    /// What decided of what kind the value is: a text may have to be a map.
    pub kind: Trace,
    /// What decided that it is there and laid out as it is, beside what the text has as a whole.
    pub by: Trace,
    /// How it is laid out.
    pub style: Style,
}

/// A part of a text that is all of what an encoder wrote.
#[derive(Clone, Debug)]
pub struct EncodedPart {
    /// The bytes of the text, with line breaks and indentation that were put around.
    pub range: Range<usize>,
    /// What decided that it is there and that an encoder wrote it.
    pub by: Trace,
    /// How it is laid out.
    pub style: Style,
}

impl Sets {
    /// Says that a text is what an encoder wrote.
    pub(crate) fn mark_encoded(&mut self, text: &Str, encoded: Encoded) {
        if !text.rope().is_none() {
            let encoded = Encoded {
                kind: self.as_condition(encoded.kind),
                by: self.as_condition(encoded.by),
                ..encoded
            };
            self.encoded.insert(text.rope(), encoded);
        }
    }

    /// The parts of the output of a template that encoders wrote, as far as it passed them on as
    /// they were.
    pub(crate) fn parts_of_output(&mut self, pieces: &[Piece]) -> Vec<EncodedPart> {
        let mut found = Vec::new();
        if self.encoded.is_empty() {
            return found;
        }
        let mut start = 0;
        for piece in pieces {
            let range = start..piece.end as usize;
            start = range.end;
            let Made::Part { rope, offset } = piece.origin.made() else {
                continue;
            };
            let is_whole = offset == 0 && self.ropes.len(rope) as usize == range.len();
            if !is_whole || range.is_empty() {
                continue;
            }
            if let Some(&Encoded { by, style, .. }) = self.encoded.get(&rope) {
                let by = self.union(by, piece.trace);
                let by = self.as_condition(by);
                found.push(EncodedPart { range, by, style });
            } else if let Some(inner) = self.encoded_parts.get(&rope).cloned() {
                for part in inner.iter() {
                    let by = self.union(part.by, piece.trace);
                    found.push(EncodedPart {
                        range: range.start + part.range.start..range.start + part.range.end,
                        by: self.as_condition(by),
                        style: part.style,
                    });
                }
            }
            if found.len() > MAX_PARTS {
                return Vec::new();
            }
        }
        found
    }

    /// Says which parts of a text encoders wrote.
    pub(crate) fn mark_encoded_parts(&mut self, text: &Str, parts: Vec<EncodedPart>) {
        if !text.rope().is_none() && !parts.is_empty() {
            self.encoded_parts.insert(text.rope(), Rc::from(parts));
        }
    }

    /// The parts of a text that encoders wrote, in order, as far as they are known.
    pub(crate) fn encoded_parts(&self, text: &Str) -> Rc<[EncodedPart]> {
        let parts = self.encoded_parts.get(&text.rope());
        parts.cloned().unwrap_or_default()
    }

    /// A place in the session that tells what was written before it.
    pub(crate) fn now(&self) -> RopeId {
        self.ropes.next()
    }

    /// What a function gave that passed a text on as it was: another one with the same bytes. Of
    /// other bytes it might have made another text, so that of what it gave it is not known that an
    /// encoder wrote it, or that its parts stand for themselves. `before` is from before the call: what was made since is said to be so by
    /// the function.
    pub(crate) fn passed_on(&mut self, text: &Str, before: RopeId) -> Option<Str> {
        let rope = text.rope();
        let is_known = self.encoded.contains_key(&rope)
            || self.encoded_parts.contains_key(&rope)
            || self.assembled.has(rope);
        if rope >= before || !is_known {
            return None;
        }
        let copy = Piece {
            end: text.len() as u32,
            trace: Trace::NONE,
            origin: Origin::part(rope, 0),
            printed: Printed::NOT,
        };
        let copy = self.add_rope(&[copy]);
        Some(Str::with_rope(text.bytes(), copy))
    }

    /// That a text is one that an encoder wrote, if it is.
    pub(crate) fn encoded(&self, text: &Str) -> Option<Encoded> {
        self.encoded.get(&text.rope()).copied()
    }

    /// The same of the output of a template: it may have blanks and line breaks before and behind
    /// the text.
    pub(crate) fn encoded_output(
        &mut self,
        bytes: &[u8],
        pieces: &[Piece],
        frames: &Frames,
    ) -> Option<Encoded> {
        if self.encoded.is_empty() {
            return None;
        }
        let mut found = None;
        let mut start = 0;
        for piece in pieces {
            let range = start..piece.end as usize;
            start = range.end;
            match piece.origin.made() {
                Made::Part { rope, offset } => {
                    let is_whole = offset == 0 && self.ropes.len(rope) as usize == range.len();
                    let is_indented = range.start > 0 && bytes[range.start - 1] != b'\n';
                    let encoded = self.encoded.get(&rope)?;
                    if !is_whole || is_indented || found.replace(*encoded).is_some() {
                        return None;
                    }
                }
                Made::Written { frame, place } => {
                    // What a text that was parsed while rendering came from is not in the piece.
                    let is_late = place.offset().is_some() && frames.get(frame).text.is_some();
                    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\n');
                    if is_late || !bytes[range].iter().all(is_blank) {
                        return None;
                    }
                }
            }
        }
        let mut encoded = found?;
        // Gaps, too: something could have been there.
        for piece in pieces {
            encoded.by = self.union(encoded.by, piece.trace);
        }
        Some(encoded)
    }
}
