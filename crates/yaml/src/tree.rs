//! The arena that holds a parsed stream: nodes in document order, each knowing where its subtree
//! ends, so that children are walked without pointers and without recursion.

use std::sync::Arc;

use plimsoll_source::TextRange;

use crate::Dialect;
use crate::node::Node;

/// One error in the text; the tree keeps everything that is not on a broken line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// Where.
    pub range: TextRange,
    /// What was found and expected: one lower-case phrase.
    pub message: String,
    /// What to do, imperative.
    pub help: Option<String>,
}

/// A comment, without its line break.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Comment {
    /// From `#` to the end of the line.
    pub range: TextRange,
    /// Whether something other than white space precedes it on its line.
    pub trailing: bool,
}

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// A scalar in any style.
    Scalar,
    /// A mapping.
    Mapping,
    /// A sequence.
    Sequence,
    /// `*name`, not resolved.
    Alias,
}

/// How a node is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Style {
    /// A plain scalar, an empty one included.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
    /// A block mapping or sequence.
    Block,
    /// `{…}` or `[…]`.
    Flow,
}

/// No node, no properties, no index.
pub(crate) const NONE: u32 = u32::MAX;

/// Where a scalar's decoded text lies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    /// These bytes of the source: the scalar has nothing to decode.
    Source(TextRange),
    /// These bytes of [`Tree::decoded`].
    Decoded(TextRange),
}

/// One node. A mapping's children alternate between keys and values.
#[derive(Clone, Debug)]
pub(crate) struct NodeData {
    pub(crate) kind: Kind,
    pub(crate) style: Style,
    /// Whether it stands as the key of a mapping entry.
    pub(crate) is_key: bool,
    /// For a mapping: whether one of its keys is `<<`.
    pub(crate) has_merge: bool,
    pub(crate) range: TextRange,
    pub(crate) parent: u32,
    /// One past the last node of its subtree; its next sibling, if it has one.
    pub(crate) subtree_end: u32,
    /// The key's node for a mapping's value, the number in a sequence for its items.
    pub(crate) slot: u32,
    /// Index into [`Tree::props`].
    pub(crate) props: u32,
    /// Scalars: their text. Aliases: `Source` of nothing.
    pub(crate) text: Text,
    /// Collections: number of children. Aliases: the node meant, or [`NONE`].
    pub(crate) link: u32,
    /// Large mappings: where their entries begin in [`Tree::sorted_keys`].
    pub(crate) sorted: u32,
}

/// The tag and anchor of a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Props {
    pub(crate) tag: Option<(Box<str>, TextRange)>,
    /// Including the `&`.
    pub(crate) anchor: Option<TextRange>,
}

/// One document of the arena.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DocumentData {
    pub(crate) root: u32,
    pub(crate) range: TextRange,
    /// The `---`, if it is written.
    pub(crate) marker: Option<TextRange>,
}

/// A parsed stream of documents. Cheap to share; views borrow from it.
#[derive(Debug)]
pub struct Tree {
    pub(crate) text: Arc<str>,
    pub(crate) dialect: Dialect,
    pub(crate) nodes: Vec<NodeData>,
    pub(crate) props: Vec<Props>,
    /// The text of scalars that differ from their source.
    pub(crate) decoded: String,
    pub(crate) documents: Vec<DocumentData>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) errors: Vec<SyntaxError>,
    /// Keys of large mappings, sorted by their text and then by position.
    pub(crate) sorted_keys: Vec<u32>,
}

impl Tree {
    pub(crate) fn empty(text: Arc<str>, dialect: Dialect) -> Self {
        Self {
            text,
            dialect,
            nodes: Vec::new(),
            props: Vec::new(),
            decoded: String::new(),
            documents: Vec::new(),
            comments: Vec::new(),
            errors: Vec::new(),
            sorted_keys: Vec::new(),
        }
    }

    /// The source text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The dialect it was parsed with.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The documents in order; a document with no content has no root.
    pub fn documents(&self) -> Documents<'_> {
        Documents {
            tree: self,
            range: 0..self.documents.len() as u32,
        }
    }

    /// All errors, in text order.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// All comments, in text order.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    pub(crate) fn data(&self, id: u32) -> &NodeData {
        &self.nodes[id as usize]
    }

    /// A scalar's decoded text; nothing for other nodes.
    pub(crate) fn scalar_text(&self, id: u32) -> &str {
        match self.data(id).text {
            Text::Source(range) => range.of(&self.text),
            Text::Decoded(range) => range.of(&self.decoded),
        }
    }

    /// The text of a key, its alias followed; `None` for a collection.
    pub(crate) fn key_text(&self, id: u32) -> Option<&str> {
        let data = self.data(id);
        match data.kind {
            Kind::Scalar => Some(self.scalar_text(id)),
            Kind::Alias if data.link != NONE && self.data(data.link).kind == Kind::Scalar => {
                Some(self.scalar_text(data.link))
            }
            _ => None,
        }
    }

    pub(crate) fn node(&self, id: u32) -> Node<'_> {
        Node { tree: self, id }
    }
}

/// The documents of a tree.
#[derive(Clone, Debug)]
pub struct Documents<'a> {
    tree: &'a Tree,
    range: std::ops::Range<u32>,
}

impl<'a> Iterator for Documents<'a> {
    type Item = Document<'a>;

    fn next(&mut self) -> Option<Document<'a>> {
        self.range.next().map(|index| Document {
            tree: self.tree,
            index,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl DoubleEndedIterator for Documents<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.range.next_back().map(|index| Document {
            tree: self.tree,
            index,
        })
    }
}

impl ExactSizeIterator for Documents<'_> {}

/// One document of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    tree: &'a Tree,
    index: u32,
}

impl<'a> Document<'a> {
    fn data(self) -> &'a DocumentData {
        &self.tree.documents[self.index as usize]
    }

    /// The tree it belongs to.
    pub fn tree(self) -> &'a Tree {
        self.tree
    }

    /// Its number in the stream, from 0.
    pub fn index(self) -> usize {
        self.index as usize
    }

    /// The root node; `None` for an empty document (only comments or markers).
    pub fn root(self) -> Option<Node<'a>> {
        let root = self.data().root;
        (root != NONE).then(|| self.tree.node(root))
    }

    /// From the document's first byte (its `---` if it has one) to its last, comments included.
    pub fn range(self) -> TextRange {
        self.data().range
    }

    /// Its `---`, if it is written.
    pub fn marker(self) -> Option<TextRange> {
        self.data().marker
    }
}
