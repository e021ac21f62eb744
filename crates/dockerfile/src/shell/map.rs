//! The script as the shell sees it, and the way back from it to the Dockerfile.

use std::borrow::Cow;

use plimsoll_source::TextRange;

use super::Piece;

/// The pieces of a script put together.
pub(super) struct Joined<'a> {
    /// What the shell reads.
    pub(super) text: Cow<'a, str>,
    /// Where runs of it stand: offset in `text`, offset in the Dockerfile. Sorted by the first,
    /// beginning at 0.
    anchors: Vec<(u32, u32)>,
}

impl<'a> Joined<'a> {
    pub(super) fn new(pieces: &[Piece<'a>]) -> Self {
        if let [piece] = pieces {
            return Self {
                text: Cow::Borrowed(piece.text),
                anchors: vec![(0, piece.start)],
            };
        }
        let mut text = String::with_capacity(pieces.iter().map(|piece| piece.text.len()).sum());
        let mut anchors = Vec::with_capacity(pieces.len());
        for piece in pieces {
            if !piece.text.is_empty() {
                anchors.push((text.len() as u32, piece.start));
                text.push_str(piece.text);
            }
        }
        if anchors.is_empty() {
            anchors.push((0, pieces.first().map_or(0, |piece| piece.start)));
        }
        Self {
            text: Cow::Owned(text),
            anchors,
        }
    }

    /// The text between backticks at `from..to`, one level of backslashes taken off.
    pub(super) fn unescaped(&self, from: usize, to: usize, in_quotes: bool) -> Joined<'static> {
        let mut text = String::with_capacity(to - from);
        let mut anchors = Vec::new();
        let mut run = from;
        let bytes = self.text.as_bytes();
        let mut flush = |text: &mut String, run: usize, end: usize| {
            if run < end {
                // A run may cross the anchors of this text: each part keeps its own place.
                let mut at = run;
                while at < end {
                    let next = self.next_anchor(at).map_or(end, |next| next.min(end));
                    anchors.push((text.len() as u32, self.place(at)));
                    text.push_str(&self.text[at..next]);
                    at = next;
                }
            }
        };
        let mut at = from;
        while at < to {
            let escaped = bytes[at] == b'\\'
                && at + 1 < to
                && (matches!(bytes[at + 1], b'$' | b'`' | b'\\')
                    || (in_quotes && bytes[at + 1] == b'"'));
            if escaped {
                flush(&mut text, run, at);
                run = at + 1;
                at += 2;
            } else {
                at += 1;
            }
        }
        flush(&mut text, run, to);
        if anchors.is_empty() {
            anchors.push((0, self.place(from)));
        }
        Joined {
            text: Cow::Owned(text),
            anchors,
        }
    }

    /// Where the byte at `offset` stands in the Dockerfile.
    fn place(&self, offset: usize) -> u32 {
        let index = self
            .anchors
            .partition_point(|anchor| anchor.0 as usize <= offset);
        let (at, place) = self.anchors[index.saturating_sub(1)];
        place + (offset as u32).saturating_sub(at)
    }

    /// The first offset after `offset` at which another piece begins.
    fn next_anchor(&self, offset: usize) -> Option<usize> {
        let index = self
            .anchors
            .partition_point(|anchor| anchor.0 as usize <= offset);
        self.anchors.get(index).map(|anchor| anchor.0 as usize)
    }

    /// Where `start..end` stands. The end is counted from the last byte, so that a range that
    /// ends with a piece does not reach into the gap behind it.
    pub(super) fn range(&self, start: usize, end: usize) -> TextRange {
        let from = self.place(start);
        if start >= end {
            TextRange::empty(from)
        } else {
            TextRange::new(from, self.place(end - 1) + 1)
        }
    }
}
