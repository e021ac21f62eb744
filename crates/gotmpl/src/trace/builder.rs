//! Text in the making, with its pieces.

use std::ops::Range;

use crate::syntax::NodeId;
use crate::value::Str;

use super::encoded::{Encoded, EncodedPart};
use super::frames::{FrameId, Frames};
use super::pieces::{self, Origin, Piece, Place, Printed, RopeId};
use super::sets::{Sets, Trace};

/// Offsets in traced texts have so many bits.
const MAX_TRACED: usize = 1 << 30;
/// The room of a text when it starts; most are short.
const FIRST_BYTES: usize = 512;
const FIRST_PIECES: usize = 64;
/// The room of longer texts is not kept.
const MAX_SPARE: usize = 1 << 16;
/// How many texts leave their room.
const MAX_SPARES: usize = 16;

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
    /// A text of a session, in room that an earlier one may have left.
    pub(crate) fn new(sets: &mut Sets, limit: usize) -> Self {
        let (bytes, pieces) = sets.spare.pop().unwrap_or_else(|| {
            let pieces = if sets.on { FIRST_PIECES } else { 0 };
            (Vec::with_capacity(FIRST_BYTES), Vec::with_capacity(pieces))
        });
        Self {
            bytes,
            pieces,
            traced: sets.on,
            limit,
            overflow: false,
        }
    }

    /// A text for a message.
    pub(crate) fn plain(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            pieces: Vec::new(),
            traced: false,
            limit,
            overflow: false,
        }
    }

    /// Room for a text that will be about as long as the one that is executed, if that is a long
    /// one: what grows bit by bit is moved each time.
    pub(crate) fn expect(&mut self, len: usize) {
        if len > MAX_SPARE {
            self.bytes.reserve(len + len / 16);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How many pieces there are: whether it grew says whether anything was told.
    pub(crate) fn piece_count(&self) -> usize {
        self.pieces.len()
    }

    /// What decided that it is a text that an encoder wrote, if it is one.
    pub(crate) fn encoded(&self, sets: &mut Sets, frames: &Frames) -> Option<Encoded> {
        sets.encoded_output(&self.bytes, &self.pieces, frames)
    }

    /// The parts that encoders wrote.
    pub(crate) fn encoded_parts(&self, sets: &mut Sets) -> Vec<EncodedPart> {
        sets.parts_of_output(&self.pieces)
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
                origin: Origin::written(pen.frame, pen.place),
                printed: Printed::by(pen.frame, pen.node),
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
        if !self.traced {
            // The tables may be those of a message, which know nothing of this string.
            self.write(&text.bytes()[range], pen);
            return;
        }
        if range.is_empty() {
            let inner = sets.within(text, range);
            self.gap(&pen.with(sets.union(inner, pen.trace)));
            return;
        }
        let bytes = &text.bytes()[range.clone()];
        if text.rope().is_none() {
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
            origin: Origin::part(text.rope(), range.start as u32),
            printed: if print {
                Printed::by(pen.frame, pen.node)
            } else {
                Printed::NOT
            },
        };
        pieces::push(&mut self.pieces, piece);
    }

    /// The text, in the room that it has if it is a large one.
    pub(crate) fn finish_output(self, sets: &mut Sets) -> Str {
        if self.bytes.len() <= MAX_SPARE {
            return self.finish(sets);
        }
        let rope = if self.bytes.len() > MAX_TRACED {
            RopeId::default()
        } else {
            sets.add_rope(&self.pieces)
        };
        Str::whole(self.bytes, rope)
    }

    pub(crate) fn finish(self, sets: &mut Sets) -> Str {
        let Self {
            mut bytes,
            mut pieces,
            ..
        } = self;
        // Longer texts have no pieces.
        let rope = if bytes.len() > MAX_TRACED {
            RopeId::default()
        } else {
            sets.add_rope(&pieces)
        };
        let text = Str::with_rope(&bytes, rope);
        if bytes.len() <= MAX_SPARE && sets.spare.len() < MAX_SPARES {
            bytes.clear();
            pieces.clear();
            sets.spare.push((bytes, pieces));
        }
        text
    }

    /// Leaves its room to others.
    pub(crate) fn discard(self, sets: &mut Sets) {
        let Self {
            mut bytes,
            mut pieces,
            ..
        } = self;
        if bytes.len() <= MAX_SPARE && sets.spare.len() < MAX_SPARES {
            bytes.clear();
            pieces.clear();
            sets.spare.push((bytes, pieces));
        }
    }
}
