//! Texts that an encoder wrote.
//!
//! An encoder writes each value so that its decoder finds that value and no other: what stands
//! elsewhere in the text cannot change it. So who decodes such a text, and it came to him whole,
//! need not say of each value that all of the text decided it. Of any other text he must.

use crate::value::Str;

use super::frames::Frames;
use super::pieces::{Made, Piece, RopeId};
use super::sets::{Sets, Trace};

impl Sets {
    /// Says that a text is what an encoder wrote; `by` decided that.
    pub(crate) fn mark_encoded(&mut self, text: &Str, by: Trace) {
        if !text.rope().is_none() {
            let by = self.as_condition(by);
            self.encoded.insert(text.rope(), by);
        }
    }

    /// A place in the session that tells what was written before it.
    pub(crate) fn now(&self) -> RopeId {
        self.ropes.next()
    }

    /// Notes that a function passed a text on as it was. Of other bytes it might have made another
    /// text, so that this is no longer known to be what an encoder wrote. `before` is from before
    /// the call: what was made since is said to be so by the function.
    pub(crate) fn passed_on(&mut self, text: &Str, before: RopeId) {
        if text.rope() < before && !self.encoded.is_empty() {
            self.encoded.remove(&text.rope());
        }
    }

    /// What decided that a text is one that an encoder wrote, beside what the text has as a whole.
    pub(crate) fn encoded(&self, text: &Str) -> Option<Trace> {
        self.encoded.get(&text.rope()).copied()
    }

    /// The same of the output of a template: it may have blanks and line breaks before and behind
    /// the text.
    pub(crate) fn encoded_output(
        &mut self,
        bytes: &[u8],
        pieces: &[Piece],
        frames: &Frames,
    ) -> Option<Trace> {
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
                    let by = self.encoded.get(&rope)?;
                    if !is_whole || is_indented || found.replace(*by).is_some() {
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
        // Gaps, too: something could have been there.
        let mut by = found?;
        for piece in pieces {
            by = self.union(by, piece.trace);
        }
        Some(self.as_condition(by))
    }
}
