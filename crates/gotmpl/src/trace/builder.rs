//! Text in the making, with its pieces.

use std::ops::Range;

use crate::syntax::NodeId;
use crate::value::Str;

use super::frames::FrameId;
use super::pieces::{self, Origin, Piece, Place};
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
    pieces: Vec<Piece>,
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
                origin: Origin::Written {
                    frame: pen.frame,
                    place: pen.place,
                },
                printed: Some((pen.frame, pen.node)),
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
        if range.is_empty() {
            let inner = sets.within(text, range);
            self.gap(&pen.with(sets.union(inner, pen.trace)));
            return;
        }
        let bytes = &text.bytes()[range.clone()];
        if !self.traced || text.rope().is_none() {
            self.write(bytes, pen);
            return;
        }
        if !self.fits(bytes.len()) {
            return;
        }
        self.bytes.extend_from_slice(bytes);
        let piece = Piece {
            end: self.bytes.len() as u32,
            trace: pen.trace,
            origin: Origin::Part {
                rope: text.rope(),
                offset: range.start as u32,
            },
            printed: print.then_some((pen.frame, pen.node)),
        };
        pieces::push(&mut self.pieces, piece);
    }

    pub(crate) fn finish(self, sets: &mut Sets) -> Str {
        // Longer texts than 4 GiB have no pieces; no session writes one.
        if self.pieces.is_empty() || self.bytes.len() > u32::MAX as usize {
            return Str::new(self.bytes);
        }
        let rope = sets.add_rope(self.pieces);
        Str::with_rope(self.bytes, rope)
    }
}
