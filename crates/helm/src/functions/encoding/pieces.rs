//! Text that an encoder wrote, with what each part came from.

use std::ops::Range;

use plimsoll_gotmpl::{Call, Str, Trace, Traced, Value};

use super::{Encoded, Failure};

/// A part; it starts where the one before it ends.
struct Piece {
    end: usize,
    trace: Trace,
    /// The string that it is a copy of, from this offset on.
    copy: Option<(Str, usize)>,
}

/// The parts of a text, in order. Without traces there are none.
pub(super) struct Pieces {
    list: Vec<Piece>,
    on: bool,
}

impl Pieces {
    pub(super) fn new(call: &Call<'_>) -> Self {
        Self {
            list: Vec::new(),
            on: call.is_tracing(),
        }
    }

    /// Whether traces are kept.
    pub(super) fn on(&self) -> bool {
        self.on
    }

    /// Where the last part ends, and what it came from.
    pub(super) fn last(&self) -> (usize, Trace) {
        let last = self.list.last();
        (self.end(), last.map_or(Trace::NONE, |piece| piece.trace))
    }

    fn end(&self) -> usize {
        self.list.last().map_or(0, |piece| piece.end)
    }

    /// Says that everything up to `end` that has no trace yet came from `trace`.
    pub(super) fn cover(&mut self, end: usize, trace: Trace) {
        if !self.on || end <= self.end() {
            return;
        }
        match self.list.last_mut() {
            Some(last) if last.trace == trace && last.copy.is_none() => last.end = end,
            _ => self.list.push(Piece {
                end,
                trace,
                copy: None,
            }),
        }
    }

    /// Says that the next bytes are those of a string.
    pub(super) fn copy(&mut self, text: &Str, range: Range<usize>, trace: Trace) {
        if self.on && !range.is_empty() {
            let piece = Piece {
                end: self.end() + range.len(),
                trace,
                copy: Some((text.clone(), range.start)),
            };
            self.list.push(piece);
        }
    }

    /// The text as a value. What lies behind the last part came from `rest`.
    pub(super) fn finish(
        mut self,
        call: &mut Call<'_>,
        text: impl Into<Vec<u8>>,
        rest: Trace,
    ) -> Encoded {
        let text = text.into();
        if !self.on {
            call.charge_bytes(text.len())?;
            return Ok(Value::from(text).into());
        }
        self.cover(text.len(), rest);
        let mut out = call.text();
        let mut start = 0;
        for piece in self.list {
            // The last line break may have been cut off.
            let end = piece.end.min(text.len());
            match &piece.copy {
                Some((string, at)) => out.copy(string, *at..at + end - start, piece.trace),
                None => out.write(&text[start..end], piece.trace),
            }
            start = end;
        }
        out.finish().map_err(Failure::from)
    }
}

/// The trace of a string as a whole, and that of what is copied out of it: the rest of the
/// string decides how it is quoted.
pub(super) fn of_string(call: &mut Call<'_>, text: &Str, trace: Trace) -> (Trace, Trace) {
    let string = Traced::new(Value::Str(text.clone()), Trace::NONE);
    let inner = call.trace_of(&string);
    if inner.is_none() {
        return (trace, trace);
    }
    let condition = call.as_condition(inner);
    (call.union(trace, inner), call.union(trace, condition))
}
