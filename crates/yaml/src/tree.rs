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

/// What is true of a node, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Marks(u8);

impl Marks {
    /// It stands as the key of a mapping entry.
    pub(crate) const KEY: Self = Self(1);
    /// A mapping, one of whose keys is `<<`.
    pub(crate) const MERGES: Self = Self(1 << 1);
    /// A scalar whose text is not its source, see [`NodeData::decoded`].
    pub(crate) const DECODED: Self = Self(1 << 2);
    /// It has a tag or an anchor, see [`Tree::props_of`].
    pub(crate) const PROPS: Self = Self(1 << 3);

    pub(crate) const fn has(self, mark: Self) -> bool {
        self.0 & mark.0 != 0
    }

    pub(crate) const fn set(&mut self, mark: Self) {
        self.0 |= mark.0;
    }
}

/// One node, in 32 bytes: a project of thousands of manifests is mostly these. A mapping's
/// children alternate between keys and values.
#[derive(Clone, Debug)]
pub(crate) struct NodeData {
    pub(crate) kind: Kind,
    pub(crate) style: Style,
    pub(crate) marks: Marks,
    pub(crate) range: TextRange,
    pub(crate) parent: u32,
    /// One past the last node of its subtree; its next sibling, if it has one.
    pub(crate) subtree_end: u32,
    /// The key's node for a mapping's value, the number in a sequence for its items.
    pub(crate) slot: u32,
    /// What the kind calls for. Collections: the number of children and, of a large mapping,
    /// where its entries begin in [`Tree::sorted_keys`]. Aliases: the node meant. Scalars with
    /// decoded text: where it begins and ends in [`Tree::decoded`]. [`NONE`] where there is no
    /// such thing.
    pub(crate) detail: [u32; 2],
}

impl NodeData {
    /// The number of children of a collection; 0 for other nodes.
    pub(crate) fn children(&self) -> u32 {
        match self.kind {
            Kind::Mapping | Kind::Sequence => self.detail[0],
            Kind::Scalar | Kind::Alias => 0,
        }
    }

    /// Where the entries of a large mapping begin in [`Tree::sorted_keys`].
    pub(crate) fn sorted(&self) -> Option<u32> {
        (self.kind == Kind::Mapping && self.detail[1] != NONE).then_some(self.detail[1])
    }

    /// The node that an alias means, if its anchor is known.
    pub(crate) fn target(&self) -> Option<u32> {
        (self.kind == Kind::Alias && self.detail[0] != NONE).then_some(self.detail[0])
    }

    /// The bytes of [`Tree::decoded`] that are the text of a scalar, if its source is not.
    pub(crate) fn decoded(&self) -> Option<TextRange> {
        let [start, end] = self.detail;
        self.marks
            .has(Marks::DECODED)
            .then(|| TextRange::new(start, end))
    }

    /// The bytes of the source between a scalar's quotes; all of a scalar without.
    pub(crate) fn inner(&self) -> TextRange {
        match self.style {
            Style::SingleQuoted | Style::DoubleQuoted => {
                TextRange::new(self.range.start + 1, self.range.end.saturating_sub(1))
            }
            _ => self.range,
        }
    }
}

/// The tag and anchor of a node.
#[derive(Clone, Debug)]
pub(crate) struct Props {
    pub(crate) node: u32,
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
    /// Tags and anchors in the order of their nodes.
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

    /// The source text, to be kept elsewhere too.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
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

    /// The tag and anchor of a node.
    pub(crate) fn props_of(&self, id: u32) -> Option<&Props> {
        if !self.data(id).marks.has(Marks::PROPS) {
            return None;
        }
        let found = self.props.binary_search_by_key(&id, |props| props.node);
        found.ok().map(|index| &self.props[index])
    }

    /// A scalar's decoded text; nothing for other nodes.
    pub(crate) fn scalar_text(&self, id: u32) -> &str {
        let data = self.data(id);
        match data.decoded() {
            Some(range) => range.of(&self.decoded),
            None if data.kind == Kind::Scalar => data.inner().of(&self.text),
            None => "",
        }
    }

    /// The text of a key, its alias followed; `None` for a collection.
    pub(crate) fn key_text(&self, id: u32) -> Option<&str> {
        let id = self.data(id).target().unwrap_or(id);
        (self.data(id).kind == Kind::Scalar).then(|| self.scalar_text(id))
    }

    /// Whether a key has this text. Most keys have not, and their length tells.
    pub(crate) fn is_key(&self, id: u32, text: &str) -> bool {
        let data = self.data(id);
        if data.kind == Kind::Scalar && !data.marks.has(Marks::DECODED) {
            let range = data.inner();
            return range.len() as usize == text.len()
                && self.text.as_bytes().get(range.as_usize()) == Some(text.as_bytes());
        }
        self.key_text(id) == Some(text)
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
