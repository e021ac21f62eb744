//! Nodes and how to walk them. Nothing here allocates but where a `Vec` or `String` is returned.

use std::borrow::Cow;

use plimsoll_source::TextRange;

use crate::merge::{self, MergedEntries};
use crate::tree::{Comment, Kind, Marks, NONE, NodeData, Props, Style, Tree};
use crate::value::{self, Scalar};
use crate::{offset, path, trivia};

/// Up to this many entries, every pair of keys is compared.
const FEW: usize = 16;

/// A node of a tree. `Copy`; two nodes are equal when they are the same node of one tree.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) id: u32,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.id == other.id
    }
}

impl Eq for Node<'_> {}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} {:?} {:?}",
            self.kind(),
            self.range(),
            self.source()
        )
    }
}

/// One entry of a mapping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

impl<'a> Node<'a> {
    pub(crate) fn data(self) -> &'a NodeData {
        self.tree.data(self.id)
    }

    pub(crate) fn props(self) -> Option<&'a Props> {
        self.tree.props_of(self.id)
    }

    /// The tree it belongs to.
    pub fn tree(self) -> &'a Tree {
        self.tree
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        self.data().kind
    }

    /// How it is written.
    pub fn style(self) -> Style {
        self.data().style
    }

    /// The bytes of its content: with the quotes of a quoted scalar, the `|` or `>` header of a
    /// block scalar, the brackets of a flow collection; without tag and anchor. A block
    /// collection ends with its last child, a block scalar with its last line (its last blank
    /// line if the header says `+`), without the line break. An empty value is the empty range
    /// where it would start.
    pub fn range(self) -> TextRange {
        self.data().range
    }

    /// [`Node::range`] with its tag and anchor.
    pub fn full_range(self) -> TextRange {
        let mut range = self.range();
        if let Some(props) = self.props() {
            if let Some((_, tag)) = &props.tag {
                range = range.join(*tag);
            }
            if let Some(anchor) = props.anchor {
                range = range.join(anchor);
            }
        }
        range
    }

    /// The source text of [`Node::range`].
    pub fn source(self) -> &'a str {
        self.range().of(&self.tree.text)
    }

    /// The tag as resolved (`!!str` is `tag:yaml.org,2002:str`), with its range.
    pub fn tag(self) -> Option<(&'a str, TextRange)> {
        self.props()?
            .tag
            .as_ref()
            .map(|(tag, range)| (&**tag, *range))
    }

    /// The anchor's name without `&`, with the range including it.
    pub fn anchor(self) -> Option<(&'a str, TextRange)> {
        let range = self.props()?.anchor?;
        Some((&range.of(&self.tree.text)[1..], range))
    }

    /// Follows aliases to the node meant; the node itself if it is none. An alias without its
    /// anchor (an error reported by the parser) gives itself.
    pub fn resolve(self) -> Node<'a> {
        // An alias cannot carry an anchor, so one step is the whole way.
        match self.data().target() {
            Some(target) => self.tree.node(target),
            None => self,
        }
    }

    /// The node that holds it: the mapping or sequence; `None` at the root.
    pub fn parent(self) -> Option<Node<'a>> {
        let parent = self.data().parent;
        (parent != NONE).then(|| self.tree.node(parent))
    }

    /// The key under which it stands in its parent mapping.
    pub fn key(self) -> Option<Node<'a>> {
        let data = self.data();
        if self.is_key() || data.slot == NONE || self.parent()?.kind() != Kind::Mapping {
            return None;
        }
        Some(self.tree.node(data.slot))
    }

    /// Whether it is itself the key of an entry.
    pub fn is_key(self) -> bool {
        self.data().marks.has(Marks::KEY)
    }

    /// Its number in its parent sequence.
    pub fn index(self) -> Option<usize> {
        (self.parent()?.kind() == Kind::Sequence).then(|| self.data().slot as usize)
    }

    /// Its path from the root, such as `spec.containers[0].image`; keys that are no plain words
    /// are quoted.
    pub fn path(self) -> String {
        path::of(self)
    }

    /// The entries of a mapping in source order, `<<` entries as written; aliases are followed
    /// first. Nothing for other kinds.
    pub fn entries(self) -> Entries<'a> {
        Entries {
            children: self.resolve().children(Kind::Mapping),
        }
    }

    /// The entries of a mapping with `<<` merges applied as the dialect does it: own keys first,
    /// then merged ones that are not overridden. (Under [`crate::Dialect::GoV2`] a merge wins
    /// over the keys written before it, as in the reference.)
    pub fn merged_entries(self) -> MergedEntries<'a> {
        merge::entries(self.resolve())
    }

    /// The items of a sequence, aliases not followed. Nothing for other kinds.
    pub fn items(self) -> Items<'a> {
        self.resolve().children(Kind::Sequence)
    }

    fn children(self, kind: Kind) -> Items<'a> {
        let data = self.data();
        let end = if data.kind == kind {
            data.subtree_end
        } else {
            self.id + 1
        };
        Items {
            tree: self.tree,
            next: self.id + 1,
            end,
        }
    }

    /// The number of entries or items as written; 0 for scalars. Aliases are followed.
    pub fn len(self) -> usize {
        let data = self.resolve().data();
        match data.kind {
            Kind::Mapping => data.children() as usize / 2,
            _ => data.children() as usize,
        }
    }

    /// Whether [`Node::len`] is 0.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The entry with this key, merges applied; the last one if the key is repeated.
    pub fn entry(self, key: &str) -> Option<Entry<'a>> {
        merge::find(self.resolve(), key)
    }

    /// The value under this key with aliases followed, merges applied; the last one if the key
    /// is repeated. A null value is given, see [`Node::present`].
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        self.entry(key).map(|entry| entry.value.resolve())
    }

    /// [`Node::get`] along a path of keys.
    pub fn at(self, path: &[&str]) -> Option<Node<'a>> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// [`Node::get`], with nothing for a null value: what a decoder into a struct sees.
    pub fn present(self, key: &str) -> Option<Node<'a>> {
        self.get(key).filter(|node| !node.is_null())
    }

    /// The last entry of this mapping itself with this key, merges left alone.
    pub(crate) fn own_entry(self, key: &str) -> Option<Entry<'a>> {
        let tree = self.tree;
        let data = self.data();
        if let Some(from) = data.sorted() {
            let from = from as usize;
            let keys = &tree.sorted_keys[from..from + data.children() as usize / 2];
            let after = keys.partition_point(|&id| tree.key_text(id) <= Some(key));
            let id = *keys.get(after.checked_sub(1)?)?;
            return (tree.key_text(id) == Some(key)).then(|| {
                let found = tree.node(id);
                Entry {
                    key: found,
                    value: tree.node(found.data().subtree_end),
                }
            });
        }
        self.entries()
            .filter(|entry| tree.is_key(entry.key.id, key))
            .last()
    }

    /// Entries of this mapping that have the same key, each with the one before. Merges are left
    /// alone. The last one counts under [`crate::Dialect::GoV2`]; under
    /// [`crate::Dialect::Core`] each is an error of the tree.
    pub fn duplicate_entries(self) -> Vec<(Entry<'a>, Entry<'a>)> {
        let node = self.resolve();
        let tree = node.tree;
        let mut found = Vec::new();
        let mut keys: Vec<Entry<'a>> = Vec::new();
        if node.len() <= FEW {
            for entry in node.entries() {
                let Some(text) = tree.key_text(entry.key.id) else {
                    continue;
                };
                let same = |other: &&Entry<'_>| tree.key_text(other.key.id) == Some(text);
                if let Some(first) = keys.iter().rev().find(same) {
                    found.push((*first, entry));
                }
                keys.push(entry);
            }
            return found;
        }
        keys.extend(
            node.entries()
                .filter(|entry| tree.key_text(entry.key.id).is_some()),
        );
        keys.sort_by(|a, b| {
            tree.key_text(a.key.id)
                .cmp(&tree.key_text(b.key.id))
                .then(a.key.id.cmp(&b.key.id))
        });
        for pair in keys.windows(2) {
            if tree.key_text(pair[0].key.id) == tree.key_text(pair[1].key.id) {
                found.push((pair[0], pair[1]));
            }
        }
        found.sort_by_key(|(_, second)| second.key.id);
        found
    }

    /// A scalar's text after quotes, escapes, folding and chomping; `None` for collections.
    /// Aliases are followed. A plain `8080` gives `8080`, an empty value gives ``.
    pub fn text(self) -> Option<Cow<'a, str>> {
        self.str().map(Cow::Borrowed)
    }

    /// [`Node::text`] as a plain reference.
    pub fn str(self) -> Option<&'a str> {
        let node = self.resolve();
        (node.kind() == Kind::Scalar).then(|| node.tree.scalar_text(node.id))
    }

    /// A scalar's value under the tree's dialect, tags considered; `None` for collections.
    /// Aliases are followed.
    pub fn scalar(self) -> Option<Scalar<'a>> {
        value::of(self.resolve())
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
        offset::in_source(self.resolve(), decoded)
    }

    /// [`Node::source_offset`] for a range of the decoded text; its end follows the last
    /// character's source, so that a fold or quote after it is left out.
    pub fn source_range(self, decoded: std::ops::Range<usize>) -> TextRange {
        offset::range_in_source(self.resolve(), decoded)
    }

    /// Comments directly above (adjacent lines, same indent or less) and to the right of the
    /// node's first line, in order.
    pub fn comments(self) -> Vec<Comment> {
        trivia::around(self)
    }
}

/// The items of a sequence.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    tree: &'a Tree,
    next: u32,
    end: u32,
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        if self.next >= self.end {
            return None;
        }
        let node = self.tree.node(self.next);
        self.next = node.data().subtree_end;
        Some(node)
    }
}

/// The entries of a mapping.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    children: Items<'a>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let key = self.children.next()?;
        let value = self.children.next()?;
        Some(Entry { key, value })
    }
}
