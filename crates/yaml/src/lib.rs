//! YAML as Plimsoll reads it: one lossless tree per document over the source text, with a byte
//! range for every node, key, tag, anchor and comment.
//!
//! Invariants: parsing never fails and never panics (errors are values, with places); aliases
//! stay nodes and are resolved lazily under a budget; a plain scalar's type is decided by a
//! [`Typing`] when it is asked for, never when it is parsed; edits are byte ranges of the
//! source, so comments, CRLF and a byte order mark survive by construction.
//!
//! This crate knows neither Kubernetes nor Compose.
#![expect(clippy::todo, reason = "skeleton being filled in")]

use std::borrow::Cow;
use std::sync::Arc;

use plimsoll_source::{Edit, TextRange};

/// Which reference implementation's reading of YAML is followed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dialect {
    /// YAML 1.2 core, as compose-go sees Compose files (go.yaml.in/yaml/v4).
    Core,
    /// sigs.k8s.io/yaml (go.yaml.in/yaml/v2), as kubectl, the API server and Helm see files.
    GoV2,
}

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

/// A parsed stream of documents. Cheap to share; views borrow from it.
#[derive(Debug)]
pub struct Tree {
    _private: (),
}

/// Parses a whole stream. Total: any text gives a tree.
pub fn parse(text: impl Into<Arc<str>>, dialect: Dialect) -> Tree {
    let _ = (text.into(), dialect);
    todo!()
}

impl Tree {
    /// The source text.
    pub fn text(&self) -> &str {
        todo!()
    }
    /// The dialect it was parsed with.
    pub fn dialect(&self) -> Dialect {
        todo!()
    }
    /// The documents in order; a document with no content has a null root.
    pub fn documents(&self) -> impl ExactSizeIterator<Item = Document<'_>> {
        std::iter::empty()
    }
    /// All errors, in text order.
    pub fn errors(&self) -> &[SyntaxError] {
        todo!()
    }
    /// All comments, in text order.
    pub fn comments(&self) -> &[Comment] {
        todo!()
    }
}

/// One document of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    tree: &'a Tree,
    index: u32,
}

impl<'a> Document<'a> {
    /// Its number in the stream, from 0.
    pub fn index(self) -> usize {
        self.index as usize
    }
    /// The root node; `None` for an empty document (only comments or markers).
    pub fn root(self) -> Option<Node<'a>> {
        let _ = self.tree;
        todo!()
    }
    /// From the document's first byte (its `---` if it has one) to its last.
    pub fn range(self) -> TextRange {
        todo!()
    }
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

/// A node of a tree. `Copy`; two nodes are equal when they are the same node of one tree.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    tree: &'a Tree,
    id: u32,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.id == other.id
    }
}

/// One entry of a mapping.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Entry<'a> {
    /// The key.
    pub key: Node<'a>,
    /// The value; an empty value is an empty plain scalar just after the `:`.
    pub value: Node<'a>,
}

impl Entry<'_> {
    /// From the key's first byte to the value's last.
    pub fn range(&self) -> TextRange {
        self.key.full_range().join(self.value.full_range())
    }
}

/// A scalar's value under a [`Typing`].
#[derive(Clone, PartialEq, Debug)]
pub enum Scalar<'a> {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer that fits `i64`.
    Int(i64),
    /// An integer above `i64::MAX`.
    UInt(u64),
    /// A float.
    Float(f64),
    /// A string (timestamps too: both reference decoders hand them to JSON as strings).
    Str(Cow<'a, str>),
}

impl<'a> Node<'a> {
    /// The tree it belongs to.
    pub fn tree(self) -> &'a Tree {
        self.tree
    }
    /// What it is.
    pub fn kind(self) -> Kind {
        todo!()
    }
    /// How it is written.
    pub fn style(self) -> Style {
        todo!()
    }
    /// The bytes of its content: with the quotes of a quoted scalar, the `|` or `>` header of a
    /// block scalar, the brackets of a flow collection; without tag and anchor. A block
    /// collection ends with its last child. An empty value is the empty range where it would
    /// start.
    pub fn range(self) -> TextRange {
        todo!()
    }
    /// [`Node::range`] with its tag and anchor.
    pub fn full_range(self) -> TextRange {
        todo!()
    }
    /// The source text of [`Node::range`].
    pub fn source(self) -> &'a str {
        self.range().of(self.tree.text())
    }
    /// The tag as resolved (`!!str` is `tag:yaml.org,2002:str`), with its range.
    pub fn tag(self) -> Option<(&'a str, TextRange)> {
        todo!()
    }
    /// The anchor's name without `&`, with the range including it.
    pub fn anchor(self) -> Option<(&'a str, TextRange)> {
        todo!()
    }
    /// Follows aliases to the node meant; the node itself if it is none. An alias without its
    /// anchor (an error reported by the parser) gives itself.
    pub fn resolve(self) -> Node<'a> {
        todo!()
    }
    /// The node that holds it: the mapping or sequence; `None` at the root.
    pub fn parent(self) -> Option<Node<'a>> {
        todo!()
    }
    /// The key under which it stands in its parent mapping.
    pub fn key(self) -> Option<Node<'a>> {
        todo!()
    }
    /// Its number in its parent sequence.
    pub fn index(self) -> Option<usize> {
        todo!()
    }
    /// Its path from the root, such as `spec.containers[0].image`; keys that are no plain words
    /// are quoted.
    pub fn path(self) -> String {
        todo!()
    }

    /// The entries of a mapping in source order, `<<` entries as written; aliases are followed
    /// first. Nothing for other kinds.
    pub fn entries(self) -> impl Iterator<Item = Entry<'a>> {
        std::iter::empty()
    }
    /// The entries of a mapping with `<<` merges applied as the dialect does it: own keys first,
    /// then merged ones that are not overridden.
    pub fn merged_entries(self) -> impl Iterator<Item = Entry<'a>> {
        std::iter::empty()
    }
    /// The items of a sequence, aliases not followed. Nothing for other kinds.
    pub fn items(self) -> impl Iterator<Item = Node<'a>> {
        std::iter::empty()
    }
    /// The entry with this key, merges applied; the last one if the key is repeated.
    pub fn entry(self, key: &str) -> Option<Entry<'a>> {
        let _ = key;
        todo!()
    }
    /// The value under this key with aliases followed, merges applied; the last one if the key
    /// is repeated. A null value is given, see [`Node::present`].
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        let _ = key;
        todo!()
    }
    /// [`Node::get`] along a path of keys.
    pub fn at(self, path: &[&str]) -> Option<Node<'a>> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }
    /// [`Node::get`], with nothing for a null value: what a decoder into a struct sees.
    pub fn present(self, key: &str) -> Option<Node<'a>> {
        self.get(key).filter(|node| !node.is_null())
    }

    /// A scalar's text after quotes, escapes, folding and chomping; `None` for collections.
    /// Aliases are followed. A plain `8080` gives `8080`, an empty value gives ``.
    pub fn text(self) -> Option<Cow<'a, str>> {
        todo!()
    }
    /// A scalar's value under the tree's dialect, tags considered; `None` for collections.
    pub fn scalar(self) -> Option<Scalar<'a>> {
        todo!()
    }
    /// Whether it is a null scalar under the tree's dialect.
    pub fn is_null(self) -> bool {
        matches!(self.scalar(), Some(Scalar::Null))
    }
    /// The text of a scalar that is a string under the tree's dialect.
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        match self.scalar() {
            Some(Scalar::Str(text)) => Some(text),
            _ => None,
        }
    }
    /// The value of a boolean scalar.
    pub fn as_bool(self) -> Option<bool> {
        match self.scalar() {
            Some(Scalar::Bool(value)) => Some(value),
            _ => None,
        }
    }
    /// The value of an integer scalar (a float without fraction included, as Go decodes it).
    pub fn as_int(self) -> Option<i64> {
        match self.scalar() {
            Some(Scalar::Int(value)) => Some(value),
            Some(Scalar::Float(value)) if value.fract() == 0.0 && value.abs() < 9e15 => {
                Some(value as i64)
            }
            _ => None,
        }
    }
    /// Maps a byte offset in the decoded [`Node::text`] to the source, for plain, quoted and
    /// block scalars (continuation lines, escapes and indentation considered).
    pub fn source_offset(self, decoded: usize) -> u32 {
        let _ = decoded;
        todo!()
    }
    /// Comments directly above (adjacent lines, same indent or less) and to the right of the
    /// node's first line, in order.
    pub fn comments(self) -> Vec<Comment> {
        todo!()
    }
}

/// Edits that keep everything they do not name. Each returns edits of the source for one
/// logical change; apply with [`plimsoll_source::edit::apply`] and parse again.
pub mod edit {
    use super::{Edit, Entry, Node};

    /// Replaces a value by the given YAML text (already valid for one line), keeping the key,
    /// anchors of others, comments and line ends.
    pub fn set_value(entry: Entry<'_>, value: &str) -> Vec<Edit> {
        let _ = (entry, value);
        todo!()
    }
    /// Replaces a scalar's content by `text`, in the quoting it has; quotes it where the new
    /// text needs them under the tree's dialect to stay a string.
    pub fn set_scalar(node: Node<'_>, text: &str) -> Vec<Edit> {
        let _ = (node, text);
        todo!()
    }
    /// Adds `key: block` to a mapping after its last entry (or `after` the named key, if it is
    /// there). `block` is YAML text without leading indent; several lines are indented to fit.
    /// Works on block and flow mappings and on an empty or null value in the place of a mapping.
    pub fn insert_entry(
        mapping: Node<'_>,
        key: &str,
        block: &str,
        after: Option<&str>,
    ) -> Vec<Edit> {
        let _ = (mapping, key, block, after);
        todo!()
    }
    /// Ensures that the mappings along `path` exist below `root` and sets the last key to
    /// `block` if it is not there yet.
    pub fn insert_path(root: Node<'_>, path: &[&str], block: &str) -> Vec<Edit> {
        let _ = (root, path, block);
        todo!()
    }
    /// Removes an entry with its own comment lines; an emptied mapping becomes `{}`.
    pub fn remove_entry(entry: Entry<'_>) -> Vec<Edit> {
        let _ = entry;
        todo!()
    }
    /// Adds an item at the end of a sequence.
    pub fn push_item(sequence: Node<'_>, block: &str) -> Vec<Edit> {
        let _ = (sequence, block);
        todo!()
    }
    /// Removes an item of a sequence; an emptied one becomes `[]`.
    pub fn remove_item(item: Node<'_>) -> Vec<Edit> {
        let _ = item;
        todo!()
    }
}
