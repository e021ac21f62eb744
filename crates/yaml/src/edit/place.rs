//! Where things stand: columns, neighbours, what belongs to an entry or item.

use crate::tree::{Kind, NodeData, Style, Tree};
use crate::{Entry, Node, scan};

/// An entry of a mapping or an item of a sequence, with its `?` or `-`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Member {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Member {
    pub(super) fn of_entry(entry: Entry<'_>) -> Self {
        let range = entry.range();
        let text = entry.key.tree().text();
        let mut start = range.start as usize;
        let before = skip_trivia_back(entry.key.tree(), start);
        if before > 0 && text.as_bytes()[before - 1] == b'?' && before < start {
            let flow = in_flow(entry.key);
            let mapping = entry
                .key
                .parent()
                .map_or(start, |m| m.range().start as usize);
            if flow || column(text, before - 1) == column(text, mapping) {
                start = before - 1;
            }
        }
        Self {
            start,
            end: range.end as usize,
        }
    }

    pub(super) fn of_item(item: Node<'_>) -> Self {
        let range = item.full_range();
        let mut start = range.start as usize;
        if item
            .parent()
            .is_some_and(|parent| parent.style() == Style::Block)
        {
            let text = item.tree().text();
            let before = skip_trivia_back(item.tree(), start);
            if before > 0 && text.as_bytes()[before - 1] == b'-' {
                start = before - 1;
            }
        }
        Self {
            start,
            end: range.end as usize,
        }
    }
}

/// The offset after the last thing before `at` that is neither white space nor comment.
pub(super) fn skip_trivia_back(tree: &Tree, mut at: usize) -> usize {
    let bytes = tree.text().as_bytes();
    let mut comments = tree
        .comments
        .partition_point(|c| (c.range.start as usize) < at);
    loop {
        while at > 0 && matches!(bytes[at - 1], b' ' | b'\t' | b'\r' | b'\n') {
            at -= 1;
        }
        match comments
            .checked_sub(1)
            .map(|index| tree.comments[index].range)
        {
            Some(range) if range.end as usize >= at && range.start as usize <= at => {
                at = range.start as usize;
                comments -= 1;
            }
            _ => return at,
        }
    }
}

/// The column of an offset, in characters from 0; a byte order mark is no column.
pub(super) fn column(text: &str, at: usize) -> usize {
    let line = &text[scan::line_start(text, at)..at];
    line.strip_prefix('\u{feff}')
        .unwrap_or(line)
        .chars()
        .count()
}

/// The line break that the text uses.
pub(super) fn line_break(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// A space, unless there is one already.
pub(super) fn space_before(text: &str, at: usize) -> &'static str {
    match text.as_bytes()[..at].last() {
        None | Some(b' ' | b'\n' | b'[' | b'{' | b'(') => "",
        Some(_) => " ",
    }
}

/// Whether only white space precedes `at` on its line.
pub(super) fn first_on_line(text: &str, at: usize) -> bool {
    let line = &text[scan::line_start(text, at)..at];
    line.strip_prefix('\u{feff}')
        .unwrap_or(line)
        .bytes()
        .all(|b| matches!(b, b' ' | b'\t'))
}

/// Where the tag and anchor of a node end; 0 without any.
pub(super) fn properties_end(node: Node<'_>) -> u32 {
    let tag = node.tag().map_or(0, |(_, range)| range.end);
    tag.max(node.anchor().map_or(0, |(_, range)| range.end))
}

/// Whether the node stands inside a flow collection.
pub(super) fn in_flow(node: Node<'_>) -> bool {
    node.parent()
        .is_some_and(|parent| parent.style() == Style::Flow)
}

/// The entry after this one.
pub(super) fn next_entry(entry: Entry<'_>) -> Option<Entry<'_>> {
    let key = sibling(entry.value)?;
    Some(Entry {
        key,
        value: sibling(key)?,
    })
}

/// The item after this one.
pub(super) fn next_item(item: Node<'_>) -> Option<Node<'_>> {
    sibling(item)
}

fn sibling(node: Node<'_>) -> Option<Node<'_>> {
    let next = node.data().subtree_end;
    (next < node.parent()?.data().subtree_end).then(|| node.tree().node(next))
}

/// How many columns a mapping's values are indented more than its keys, as the text does it
/// elsewhere.
pub(super) fn step(node: Node<'_>) -> usize {
    let text = node.tree().text();
    let own = std::iter::successors(Some(node), |node| node.parent());
    let others = node.tree().nodes.iter().take(MAX_LOOK).enumerate();
    own.chain(others.map(|(id, _)| node.tree().node(id as u32)))
        .filter_map(|node| indented(text, node, Kind::Mapping))
        .find(|&columns| columns > 0)
        .unwrap_or(2)
}

/// How many columns a sequence is indented more than its key, as the text does it elsewhere.
pub(super) fn sequence_step(node: Node<'_>) -> usize {
    let text = node.tree().text();
    let tree = node.tree();
    (0..tree.nodes.len().min(MAX_LOOK) as u32)
        .find_map(|id| indented(text, tree.node(id), Kind::Sequence))
        .unwrap_or_else(|| step(node))
}

/// How many nodes are looked at to learn a text's habits.
const MAX_LOOK: usize = 5000;

/// By how much a block collection is indented more than the mapping whose value it is.
fn indented(text: &str, node: Node<'_>, kind: Kind) -> Option<usize> {
    if node.kind() != kind || node.style() != Style::Block {
        return None;
    }
    let mapping = node.key()?.parent()?;
    let inner = node.range().start as usize;
    if !first_on_line(text, inner) {
        return None;
    }
    column(text, inner).checked_sub(column(text, mapping.range().start as usize))
}

/// Whether an alias means this node.
pub(super) fn anchor_is_used(node: Node<'_>) -> bool {
    node.tree()
        .nodes
        .iter()
        .any(|other| other.target() == Some(node.id))
}

/// Whether an alias outside of the node means the node or something in it.
pub(super) fn others_need_anchors(node: Node<'_>) -> bool {
    needed(node, node.id)
}

/// The same for what is in the node, itself left out.
pub(super) fn others_need_anchors_below(node: Node<'_>) -> bool {
    needed(node, node.id + 1)
}

fn needed(node: Node<'_>, from: u32) -> bool {
    let end = node.data().subtree_end;
    node.tree().nodes[end as usize..]
        .iter()
        .filter_map(NodeData::target)
        .any(|target| (from..end).contains(&target))
}
