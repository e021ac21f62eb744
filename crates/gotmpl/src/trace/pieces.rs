//! Pieces: the parts of a string, each with what made it.
//!
//! A string that is copied into another one becomes one piece there, which names the pieces of
//! the first. So copying costs the same whatever a string is made of; what it is made of is
//! worked out when somebody asks.

use crate::syntax::NodeId;

use super::frames::{FrameId, Frames};
use super::sets::Trace;

/// Names the pieces of a string in a session; 0 for a string without.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct RopeId(pub(super) u32);

impl RopeId {
    pub(crate) fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// Where a piece was written: a node, or template text that it is a copy of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place(u32);

const COPY: u32 = 1 << 31;
/// Marks what is no place but an offset in another string.
const PART: u32 = 1 << 30;

impl Place {
    /// Written by a node.
    pub(crate) fn node(id: NodeId) -> Self {
        Self(id.0)
    }

    /// A copy of the text from this offset on.
    pub(crate) fn copy(offset: u32) -> Self {
        Self(COPY | offset)
    }

    /// The offset of the text that it is a copy of.
    pub(crate) fn offset(self) -> Option<u32> {
        (self.0 & COPY != 0).then_some(self.0 & !COPY)
    }

    pub(crate) fn node_id(self) -> Option<NodeId> {
        (self.0 & COPY == 0).then_some(NodeId(self.0))
    }

    /// The place of what starts `bytes` later in the same piece.
    fn moved(self, bytes: u32) -> Self {
        if self.0 & (COPY | PART) == 0 {
            self
        } else {
            Self(self.0 + bytes)
        }
    }
}

/// Who made a piece: kept in eight bytes, because there are many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Origin {
    /// A frame, or the rope that it is part of.
    who: u32,
    place: Place,
}

/// What an [`Origin`] says.
pub(crate) enum Made {
    Written {
        frame: FrameId,
        place: Place,
    },
    /// It is part of another string, from this offset on.
    Part {
        rope: RopeId,
        offset: u32,
    },
}

impl Origin {
    pub(crate) fn written(frame: FrameId, place: Place) -> Self {
        Self {
            who: frame.0,
            place,
        }
    }

    /// Part of a string. Those from a gigabyte on are left out: no session writes one.
    pub(crate) fn part(rope: RopeId, offset: u32) -> Self {
        Self {
            who: rope.0,
            place: Place(PART | offset.min(PART - 1)),
        }
    }

    pub(crate) fn made(self) -> Made {
        let Self { who, place } = self;
        if place.0 & COPY == 0 && place.0 & PART != 0 {
            Made::Part {
                rope: RopeId(who),
                offset: place.0 & !PART,
            }
        } else {
            Made::Written {
                frame: FrameId(who),
                place,
            }
        }
    }
}

/// Who printed a piece, if an action did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Printed {
    frame: u32,
    node: NodeId,
}

impl Printed {
    pub(crate) const NOT: Self = Self {
        frame: u32::MAX,
        node: NodeId(0),
    };

    pub(crate) fn by(frame: FrameId, node: NodeId) -> Self {
        Self {
            frame: frame.0,
            node,
        }
    }

    pub(crate) fn get(self) -> Option<(FrameId, NodeId)> {
        (self != Self::NOT).then_some((FrameId(self.frame), self.node))
    }
}

/// A part of a string. A piece of no bytes is a gap: it tells what decided that nothing is
/// there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    /// Where it ends in the string; it starts where the piece before it ends.
    pub(crate) end: u32,
    /// What flowed in or decided, beside what a part has.
    pub(crate) trace: Trace,
    pub(crate) origin: Origin,
    pub(crate) printed: Printed,
}

/// Where the piece at `index` starts.
fn start(pieces: &[Piece], index: usize) -> u32 {
    match index.checked_sub(1) {
        Some(before) => pieces[before].end,
        None => 0,
    }
}

/// A text and a session keep no more pieces: what comes then may be from anywhere.
const MAX_PIECES: usize = if cfg!(test) { 1 << 10 } else { 1 << 24 };

/// A piece of which nothing is known but where it ends.
fn unknown(end: u32) -> Piece {
    Piece {
        end,
        trace: Trace::MANY,
        origin: Origin::written(FrameId(0), Place::node(NodeId(0))),
        printed: Printed::NOT,
    }
}

/// Appends a piece, or lengthens the last one if it only goes on.
#[inline]
pub(crate) fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    let count = pieces.len();
    if count == MAX_PIECES {
        pieces[count - 1] = unknown(piece.end);
        return;
    }
    if let Some(last) = pieces.last().copied()
        && last.trace == piece.trace
        && last.printed == piece.printed
    {
        let (len, added) = (last.end - start(pieces, count - 1), piece.end - last.end);
        let goes_on = (len == 0) == (added == 0)
            && last.origin.who == piece.origin.who
            && last.origin.place.moved(len) == piece.origin.place;
        if goes_on {
            pieces[count - 1].end = piece.end;
            return;
        }
    }
    pieces.push(piece);
}

/// A part of a text as one writer made it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Leaf {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) frame: FrameId,
    pub(crate) place: Place,
    pub(crate) printed: Option<(FrameId, NodeId)>,
}

/// The pieces of all strings of a session, one behind the other.
pub(crate) struct Ropes {
    pieces: Vec<Piece>,
    /// Where those of each string end.
    ends: Vec<u32>,
}

/// Pieces that are being walked over.
struct Level {
    rope: RopeId,
    index: usize,
    from: u32,
    to: u32,
    /// Where in the whole the range starts.
    base: u32,
    trace: Trace,
    printed: Option<(FrameId, NodeId)>,
    /// The template text that everything below is a copy of: the frame, and the offset of what
    /// is at `base`.
    copied: Option<(FrameId, u32)>,
}

impl Ropes {
    pub(super) fn with_capacity(pieces: usize) -> Self {
        // The first stands for none.
        let mut ends = Vec::with_capacity(1 + pieces / 4);
        ends.push(0);
        Self {
            pieces: Vec::with_capacity(pieces),
            ends,
        }
    }

    pub(super) fn add(&mut self, pieces: &[Piece]) -> RopeId {
        let id = self.next();
        if self.pieces.len() + pieces.len() <= MAX_PIECES {
            self.pieces.extend_from_slice(pieces);
        } else {
            let end = pieces.last().map_or(0, |piece| piece.end);
            self.pieces.push(unknown(end));
        }
        self.ends.push(self.pieces.len() as u32);
        id
    }

    /// Names the pieces that are added next.
    pub(super) fn next(&self) -> RopeId {
        RopeId(self.ends.len() as u32)
    }

    pub(super) fn get(&self, id: RopeId) -> &[Piece] {
        let Some(before) = id.0.checked_sub(1) else {
            return &[];
        };
        let (start, end) = (self.ends[before as usize], self.ends[id.0 as usize]);
        &self.pieces[start as usize..end as usize]
    }

    /// The length of the string.
    pub(super) fn len(&self, id: RopeId) -> u32 {
        self.get(id).last().map_or(0, |piece| piece.end)
    }

    /// The first piece of a range.
    fn first_index(&self, id: RopeId, from: u32) -> usize {
        let pieces = self.get(id);
        let index = pieces.partition_point(|piece| piece.end < from);
        let ends_there = pieces.get(index).is_some_and(|piece| piece.end == from);
        // A gap at the start belongs to the range, other pieces that end there do not.
        if ends_there && start(pieces, index) < from {
            index + 1
        } else {
            index
        }
    }

    /// The pieces of a range and the part of each that lies in it. A gap belongs to the range
    /// that starts with it, or to the one that ends with the string.
    pub(super) fn within(&self, id: RopeId, from: u32, to: u32) -> impl Iterator<Item = Cut> {
        let first = self.first_index(id, from);
        let pieces = self.get(id);
        (first..pieces.len()).map_while(move |index| cut(pieces, index, from, to))
    }

    /// Walks over the leaves of a range, in order. `join` makes the union of two traces.
    pub(crate) fn leaves(
        &self,
        frames: &Frames,
        rope: RopeId,
        range: (u32, u32),
        mut join: impl FnMut(Trace, Trace) -> Trace,
        mut visit: impl FnMut(Leaf, Trace),
    ) {
        let (from, to) = range;
        let mut levels = vec![Level {
            rope,
            index: self.first_index(rope, from),
            from,
            to,
            base: 0,
            trace: Trace::NONE,
            printed: None,
            copied: None,
        }];
        while let Some(level) = levels.last_mut() {
            let pieces = self.get(level.rope);
            let Some(found) = cut(pieces, level.index, level.from, level.to) else {
                levels.pop();
                continue;
            };
            let Cut {
                piece,
                start,
                first,
                last,
            } = found;
            let skipped = first - start;
            level.index += 1;
            let base = level.base + first - level.from;
            let end = base + last - first;
            let trace = join(level.trace, piece.trace);
            let printed = level.printed.or(piece.printed.get());
            let outer = level
                .copied
                .map(|(frame, offset)| (frame, offset + base - level.base));
            let mut below = Level {
                rope,
                index: 0,
                from: 0,
                to: 0,
                base,
                trace,
                printed,
                copied: outer,
            };
            match piece.origin.made() {
                Made::Part { rope, offset } => {
                    below.rope = rope;
                    below.from = offset + skipped;
                }
                Made::Written { frame, place } => {
                    let place = place.moved(skipped);
                    let text = frames.get(frame).text.as_ref();
                    let (writer, written) = match outer {
                        Some((frame, offset)) => (frame, Place::copy(offset)),
                        None => (frame, place),
                    };
                    match (place.offset(), text) {
                        // A text that was parsed while rendering has pieces of its own.
                        (Some(offset), Some(text)) if !text.rope().is_none() && last > first => {
                            below.rope = text.rope();
                            below.from = offset;
                            below.copied = outer.or(Some((writer, offset)));
                        }
                        _ => {
                            let leaf = Leaf {
                                start: base,
                                end,
                                frame: writer,
                                place: written,
                                printed,
                            };
                            visit(leaf, trace);
                            continue;
                        }
                    }
                }
            }
            below.to = below.from + last - first;
            below.index = self.first_index(below.rope, below.from);
            levels.push(below);
        }
    }
}

/// A piece and its part that lies in a range.
pub(super) struct Cut {
    pub(super) piece: Piece,
    /// Where the piece starts.
    pub(super) start: u32,
    pub(super) first: u32,
    pub(super) last: u32,
}

fn cut(pieces: &[Piece], index: usize, from: u32, to: u32) -> Option<Cut> {
    let piece = *pieces.get(index)?;
    let start = start(pieces, index);
    let is_gap = start == piece.end;
    let is_last = pieces.last().is_some_and(|last| last.end == to);
    let gap_at_end = is_gap && start == to && (is_last || from == to);
    (start < to || gap_at_end).then_some(Cut {
        piece,
        start,
        first: start.max(from),
        last: piece.end.min(to),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::HostId;

    fn piece(end: u32, trace: u32, place: Place) -> Piece {
        Piece {
            end,
            trace: Trace::of(HostId(trace)),
            origin: Origin::written(FrameId(0), place),
            printed: Printed::NOT,
        }
    }

    #[test]
    fn copies_that_go_on_are_one_piece() {
        let mut pieces = Vec::new();
        push(&mut pieces, piece(3, 1, Place::copy(10)));
        push(&mut pieces, piece(5, 1, Place::copy(13)));
        push(&mut pieces, piece(6, 1, Place::copy(13)));
        push(&mut pieces, piece(6, 1, Place::node(NodeId(2))));
        push(&mut pieces, piece(6, 1, Place::node(NodeId(2))));
        push(&mut pieces, piece(7, 1, Place::node(NodeId(2))));
        let ends: Vec<u32> = pieces.iter().map(|piece| piece.end).collect();
        assert_eq!(ends, [5, 6, 6, 7]);
    }

    #[test]
    fn too_many_pieces_are_one_that_may_be_from_anywhere() {
        let mut pieces = Vec::new();
        for n in 0..3 * MAX_PIECES as u32 {
            push(&mut pieces, piece(n + 1, n % 2, Place::node(NodeId(n))));
        }
        let last = pieces.last().copied().expect("many");
        assert_eq!(
            (pieces.len(), last.end),
            (MAX_PIECES, 3 * MAX_PIECES as u32)
        );
        assert_eq!(last.trace, Trace::MANY);
        let mut ropes = Ropes::with_capacity(0);
        assert_eq!(ropes.add(&pieces[..9]), RopeId(1));
        let rope = ropes.add(&pieces);
        assert_eq!(ropes.get(rope), [unknown(last.end)]);
        assert_eq!(ropes.get(RopeId(1)), &pieces[..9]);
    }

    #[test]
    fn a_range_has_its_pieces_and_each_gap_once() {
        let mut ropes = Ropes::with_capacity(0);
        let rope = ropes.add(&[
            piece(0, 1, Place::node(NodeId(1))),
            piece(4, 2, Place::copy(20)),
            piece(4, 3, Place::node(NodeId(3))),
            piece(9, 4, Place::copy(40)),
            piece(9, 5, Place::node(NodeId(5))),
        ]);
        let parts = |from, to| -> Vec<(u32, u32)> {
            let within = ropes.within(rope, from, to);
            within.map(|cut| (cut.first, cut.last)).collect()
        };
        assert_eq!(parts(0, 4), [(0, 0), (0, 4)]);
        assert_eq!(parts(4, 9), [(4, 4), (4, 9), (9, 9)]);
        assert_eq!(parts(2, 6), [(2, 4), (4, 4), (4, 6)]);
        assert_eq!(parts(5, 7), [(5, 7)]);
        assert_eq!(parts(4, 4), [(4, 4)]);
        assert_eq!(parts(9, 9), [(9, 9)]);
    }
}
