//! Text in the making, with its pieces.

use std::ops::Range;

use crate::syntax::NodeId;
use crate::value::Str;

use super::frames::FrameId;
use super::pieces::{self, Piece, Pieces, Place};
use super::sets::{Sets, Trace};

/// What is said of a piece that is written now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen {
    pub(crate) trace: Trace,
    pub(crate) frame: FrameId,
    pub(crate) place: Place,
    /// The node that prints.
    pub(crate) node: NodeId,
}

impl Pen {
    pub(crate) fn at(frame: FrameId, node: NodeId, trace: Trace) -> Self {
        Self {
            trace,
            frame,
            place: Place::node(node),
            node,
        }
    }

    pub(crate) fn with(self, trace: Trace) -> Self {
        Self { trace, ..self }
    }
}

/// Bytes and, if traced, the pieces that cover them.
pub(crate) struct Builder {
    bytes: Vec<u8>,
    pieces: Pieces,
    traced: bool,
    /// More bytes than this are not taken.
    limit: usize,
    overflow: bool,
}

impl Builder {
    pub(crate) fn new(traced: bool, limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            pieces: Vec::new(),
            traced,
            limit,
            overflow: false,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How many pieces there are: whether it grew says whether anything was told.
    pub(crate) fn piece_count(&self) -> usize {
        self.pieces.len()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Sets how many bytes there may be in all.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Whether something was not taken because of the limit.
    pub(crate) fn is_full(&self) -> bool {
        self.overflow
    }

    #[inline]
    fn fits(&mut self, len: usize) -> bool {
        let fits = self.bytes.len() + len <= self.limit;
        self.overflow |= !fits;
        fits
    }

    #[inline]
    pub(crate) fn write(&mut self, bytes: &[u8], pen: &Pen) {
        if bytes.is_empty() || !self.fits(bytes.len()) {
            return;
        }
        self.bytes.extend_from_slice(bytes);
        self.cover(pen);
    }

    /// Writes one byte `count` times.
    pub(crate) fn fill(&mut self, byte: u8, count: usize, pen: &Pen) {
        if count > 0 && self.fits(count) {
            self.bytes.resize(self.bytes.len() + count, byte);
            self.cover(pen);
        }
    }

    /// Tells what decided that nothing is written here.
    pub(crate) fn gap(&mut self, pen: &Pen) {
        if !pen.trace.is_none() {
            self.cover(pen);
        }
    }

    #[inline]
    fn cover(&mut self, pen: &Pen) {
        if self.traced {
            let piece = Piece {
                end: self.bytes.len() as u32,
                trace: pen.trace,
                frame: pen.frame,
                place: pen.place,
                printed_in: pen.frame,
                printed: pen.node,
            };
            pieces::push(&mut self.pieces, piece);
        }
    }

    /// Appends part of a string with its pieces; `pen` has what is joined to them, and stands
    /// for a string without. With `print` the pieces are said to be printed by the pen.
    pub(crate) fn copy(
        &mut self,
        sets: &mut Sets,
        text: &Str,
        range: Range<usize>,
        pen: &Pen,
        print: bool,
    ) {
        let bytes = &text.bytes()[range.clone()];
        if !self.traced || text.pieces().is_empty() {
            if bytes.is_empty() {
                self.gap(pen);
            }
            self.write(bytes, pen);
            return;
        }
        if !self.fits(bytes.len()) {
            return;
        }
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        for mut piece in pieces::within(text.pieces(), range.start as u32, range.end as u32) {
            piece.end += start;
            piece.trace = sets.union(piece.trace, pen.trace);
            if print {
                piece.printed_in = pen.frame;
                piece.printed = pen.node;
            }
            pieces::push(&mut self.pieces, piece);
        }
    }

    /// Appends gaps for the pieces of part of a string that is left out.
    pub(crate) fn hollow(&mut self, text: &Str, range: Range<usize>) {
        if !self.traced {
            return;
        }
        let end = self.bytes.len() as u32;
        for mut piece in pieces::within(text.pieces(), range.start as u32, range.end as u32) {
            piece.end = end;
            pieces::push(&mut self.pieces, piece);
        }
    }

    pub(crate) fn finish(self) -> Str {
        let pieces = if self.pieces.is_empty() || self.bytes.len() > u32::MAX as usize {
            Vec::new()
        } else {
            self.pieces
        };
        Str::with_pieces(self.bytes, pieces)
    }

    pub(crate) fn into_parts(self) -> (Vec<u8>, Pieces) {
        (self.bytes, self.pieces)
    }
}

/// The union of the pieces of a part of a string.
pub(crate) fn union_within(sets: &mut Sets, text: &Str, range: Range<usize>) -> Trace {
    let mut all = Trace::NONE;
    let mut last = Trace::NONE;
    for piece in pieces::within(text.pieces(), range.start as u32, range.end as u32) {
        if piece.trace != last {
            last = piece.trace;
            all = sets.union(all, last);
        }
    }
    all
}

/// The union of all pieces of a string.
pub(crate) fn union_of(sets: &mut Sets, text: &Str) -> Trace {
    let mut all = Trace::NONE;
    let mut last = Trace::NONE;
    for piece in text.pieces() {
        if piece.trace != last {
            last = piece.trace;
            all = sets.union(all, last);
        }
    }
    all
}
