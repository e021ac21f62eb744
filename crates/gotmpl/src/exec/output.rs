//! What a rendering gave: a text, and where each part of it came from.

use memchr::memmem;
use plimsoll_source::TextRange;

use crate::trace::{Builder, FrameId, Pen, Piece, Pieces, Trace, TreeId};
use crate::value::Str;

use super::session::Session;

/// A rendered text.
#[derive(Clone, Debug)]
pub struct Output {
    bytes: Vec<u8>,
    pieces: Pieces,
}

/// A range of a template's text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spot {
    /// The call in which it was executed.
    pub frame: FrameId,
    /// The text.
    pub tree: TreeId,
    /// The bytes in it.
    pub range: TextRange,
}

/// A range of the output and where it came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// The range; empty for a gap, which tells what decided that nothing is here.
    pub output: TextRange,
    /// The template text that wrote it first.
    pub written: Spot,
    /// Whether the output is a copy of that text, byte for byte.
    pub verbatim: bool,
    /// The action that printed it last; of what was not printed by an action the same as
    /// `written`.
    pub printed: Spot,
    /// The sources of its content, and the conditions under which it is there.
    pub trace: Trace,
}

impl Output {
    pub(super) fn new(out: Builder) -> Self {
        let (bytes, pieces) = out.into_parts();
        Self { bytes, pieces }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text, with `U+FFFD` for what is not UTF-8.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    /// The bytes without the rest.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The text as a string with its pieces, for further work in the session.
    pub fn into_str(self) -> Str {
        Str::with_pieces(self.bytes, self.pieces)
    }

    /// The output without any occurrence of `needle`; gaps keep what these came from.
    #[must_use]
    pub fn without(self, needle: &[u8], session: &mut Session) -> Self {
        let mut found = memmem::find_iter(&self.bytes, needle).peekable();
        if needle.is_empty() || found.peek().is_none() {
            return self;
        }
        let found: Vec<usize> = found.collect();
        let text = self.into_str();
        let sets = &mut session.env_mut().sets;
        let mut out = Builder::new(sets.on, usize::MAX);
        let mut at = 0;
        for start in found {
            // The pen adds nothing: all pieces have their own.
            let pen = Pen::at(FrameId(0), crate::syntax::NodeId(0), Trace::NONE);
            out.copy(sets, &text, at..start, &pen, false);
            out.hollow(&text, start..start + needle.len());
            at = start + needle.len();
        }
        let pen = Pen::at(FrameId(0), crate::syntax::NodeId(0), Trace::NONE);
        out.copy(sets, &text, at..text.len(), &pen, false);
        Self::new(out)
    }

    /// Where the parts came from, in order: together they cover the output exactly. Empty if
    /// the session did not trace.
    pub fn segments<'o>(&'o self, session: &'o Session) -> impl Iterator<Item = Segment> + 'o {
        let mut start = 0;
        self.pieces.iter().map(move |piece| {
            let range = TextRange::new(start, piece.end);
            start = piece.end;
            segment(session, piece, range)
        })
    }
}

fn segment(session: &Session, piece: &Piece, output: TextRange) -> Segment {
    let printed_tree = session.env().frames.get(piece.printed_in).tree;
    let printed = Spot {
        frame: piece.printed_in,
        tree: printed_tree,
        range: session.tree(printed_tree).node(piece.printed).range,
    };
    let tree = session.env().frames.get(piece.frame).tree;
    let offset = piece.place.offset();
    let range = match (offset, piece.place.node_id()) {
        (Some(offset), _) => TextRange::new(offset, offset + output.len()),
        (None, Some(node)) => session.tree(tree).node(node).range,
        (None, None) => TextRange::empty(0),
    };
    Segment {
        output,
        written: Spot {
            frame: piece.frame,
            tree,
            range,
        },
        verbatim: offset.is_some() && !output.is_empty(),
        printed,
        trace: piece.trace,
    }
}
