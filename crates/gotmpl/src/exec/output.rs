//! What a rendering gave: a text, and where each part of it came from.

use memchr::memmem;
use plimsoll_source::TextRange;

use crate::syntax::NodeId;
use crate::trace::{Builder, FrameId, Leaf, Pen, Trace, TreeId};
use crate::value::Str;

use super::session::Session;

/// A rendered text.
#[derive(Clone, Debug)]
pub struct Output(Str);

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
    /// The action of the outermost template that printed it; of its own text the same as
    /// `written`.
    pub printed: Spot,
    /// The sources of its content, and the conditions under which it is there.
    pub trace: Trace,
}

impl Output {
    pub(super) fn new(text: Str) -> Self {
        Self(text)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// The bytes alone.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    /// The text, with `U+FFFD` for what is not UTF-8.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        self.0.text()
    }

    /// The text as a string with its pieces, for further work in the session.
    pub fn as_str(&self) -> &Str {
        &self.0
    }

    /// The output without any occurrence of `needle`; gaps keep what these came from.
    #[must_use]
    pub fn without(self, needle: &[u8], session: &mut Session) -> Self {
        if needle.is_empty() {
            return self;
        }
        let found: Vec<usize> = memmem::find_iter(self.bytes(), needle).collect();
        if found.is_empty() {
            return self;
        }
        let text = self.0;
        let sets = &mut session.env_mut().sets;
        let mut out = Builder::new(sets, usize::MAX);
        // The pen adds nothing: all pieces have their own.
        let pen = Pen::at(FrameId(0), NodeId(0), Trace::NONE);
        let mut at = 0;
        for start in found {
            let end = start + needle.len();
            if at < start {
                out.copy(sets, &text, at..start, &pen, false);
            }
            let gone = sets.within(&text, start..end);
            out.gap(&pen.with(gone));
            at = end;
        }
        out.copy(sets, &text, at..text.len(), &pen, false);
        Self(out.finish_output(sets))
    }
}

impl Session {
    /// Where the parts of an output came from, in order: together they cover it exactly. Empty
    /// if the session did not trace.
    pub fn segments(&mut self, output: &Output) -> Vec<Segment> {
        let mut segments = Vec::new();
        if output.0.rope().is_none() {
            return segments;
        }
        let (sets, frames) = self.env_mut().sets_and_frames();
        let mut leaves = Vec::new();
        let range = (0, output.bytes().len() as u32);
        sets.leaves(frames, output.0.rope(), range, |leaf, trace| {
            leaves.push((leaf, trace));
        });
        for (leaf, trace) in leaves {
            segments.push(self.segment(leaf, trace));
        }
        segments
    }

    fn segment(&self, leaf: Leaf, trace: Trace) -> Segment {
        let output = TextRange::new(leaf.start, leaf.end);
        let spot = |frame: FrameId, range: Option<TextRange>, node: Option<NodeId>| {
            let tree = self.env().frames.get(frame).tree;
            let range = range.or(node.map(|node| self.tree(tree).node(node).range));
            Spot {
                frame,
                tree,
                range: range.unwrap_or_default(),
            }
        };
        let offset = leaf.place.offset();
        let copied = offset.map(|offset| TextRange::new(offset, offset + output.len()));
        let written = spot(leaf.frame, copied, leaf.place.node_id());
        Segment {
            output,
            written,
            verbatim: offset.is_some() && !output.is_empty(),
            printed: match leaf.printed {
                Some((frame, node)) => spot(frame, None, Some(node)),
                None => written,
            },
            trace,
        }
    }
}
