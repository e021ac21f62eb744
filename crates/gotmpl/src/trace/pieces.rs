//! Pieces: the parts of a string, each with what made it.

use crate::syntax::NodeId;

use super::frames::FrameId;
use super::sets::Trace;

/// Where a piece was written: a node, or a range of template text that it is a copy of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place(u32);

const COPY: u32 = 1 << 31;

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
        match self.offset() {
            Some(offset) => Self::copy(offset + bytes),
            None => self,
        }
    }
}

/// A part of a string. A piece of no bytes is a gap: it tells what decided that nothing is
/// there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Where it ends in the string; it starts where the piece before it ends.
    pub(crate) end: u32,
    /// What flowed in or decided.
    pub(crate) trace: Trace,
    /// Who wrote it first.
    pub(crate) frame: FrameId,
    pub(crate) place: Place,
    /// Who printed it last.
    pub(crate) printed_in: FrameId,
    pub(crate) printed: NodeId,
}

/// Pieces in order, from the first byte of the string to its last.
pub(crate) type Pieces = Vec<Piece>;

/// Where the piece at `index` starts.
fn start(pieces: &[Piece], index: usize) -> u32 {
    match index.checked_sub(1) {
        Some(before) => pieces[before].end,
        None => 0,
    }
}

/// Appends a piece, or lengthens the last one if it only goes on.
#[inline]
pub(crate) fn push(pieces: &mut Pieces, piece: Piece) {
    let count = pieces.len();
    if let Some(last) = pieces.last().copied()
        && last.trace == piece.trace
        && last.frame == piece.frame
        && last.printed == piece.printed
        && last.printed_in == piece.printed_in
    {
        let (len, added) = (last.end - start(pieces, count - 1), piece.end - last.end);
        let next = if len == 0 {
            // Only a gap goes on a gap.
            (added == 0).then_some(last.place)
        } else {
            (added > 0).then(|| last.place.moved(len))
        };
        if next == Some(piece.place) {
            pieces[count - 1].end = piece.end;
            return;
        }
    }
    pieces.push(piece);
}

/// The pieces of a range of the string that `pieces` cover, cut to it; they end where they do
/// in the range. A gap belongs to the range that starts with it, or to the one that ends with
/// the string.
pub(crate) fn within(pieces: &[Piece], from: u32, to: u32) -> impl Iterator<Item = Piece> {
    let total = pieces.last().map_or(0, |piece| piece.end);
    let mut index = pieces.partition_point(|piece| piece.end < from);
    if index < pieces.len() && pieces[index].end == from && start(pieces, index) < from {
        index += 1;
    }
    let mut begin = start(pieces, index);
    pieces[index..].iter().map_while(move |piece| {
        let (first, last) = (begin, piece.end);
        begin = last;
        let gap_at_end = first == last && first == to && (to == total || from == to);
        if first >= to && !gap_at_end {
            return None;
        }
        let mut piece = *piece;
        piece.place = piece.place.moved(from.saturating_sub(first));
        piece.end = last.min(to) - from;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(end: u32, trace: u32, place: Place) -> Piece {
        Piece {
            end,
            trace: Trace::of(crate::trace::HostId(trace)),
            frame: FrameId(0),
            place,
            printed_in: FrameId(0),
            printed: NodeId(0),
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
    fn a_range_has_its_pieces_and_each_gap_once() {
        let pieces = [
            piece(0, 1, Place::node(NodeId(1))),
            piece(4, 2, Place::copy(20)),
            piece(4, 3, Place::node(NodeId(3))),
            piece(9, 4, Place::copy(40)),
            piece(9, 5, Place::node(NodeId(5))),
        ];
        let parts = |from, to| -> Vec<(u32, Option<u32>)> {
            within(&pieces, from, to)
                .map(|piece| (piece.end, piece.place.offset()))
                .collect()
        };
        assert_eq!(parts(0, 4), [(0, None), (4, Some(20))]);
        assert_eq!(parts(4, 9), [(0, None), (5, Some(40)), (5, None)]);
        assert_eq!(parts(2, 6), [(2, Some(22)), (2, None), (4, Some(40))]);
        assert_eq!(parts(5, 7), [(2, Some(41))]);
        assert_eq!(parts(4, 4), [(0, None)]);
        assert_eq!(parts(9, 9), [(0, None)]);
    }
}
