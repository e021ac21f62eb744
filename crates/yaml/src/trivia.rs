//! Which comments belong to a node.

use plimsoll_source::TextRange;

use crate::node::Node;
use crate::scan;
use crate::tree::Comment;

/// Comments directly above the node's line and to the right of it.
pub(crate) fn around(node: Node<'_>) -> Vec<Comment> {
    let tree = node.tree();
    let text = tree.text();
    // A value is commented where its key is.
    let anchor = match node.key() {
        Some(key) if same_line(text, key.full_range().start, node.full_range().start) => key,
        _ => node,
    };
    let start = anchor.full_range().start as usize;
    let line = scan::line_start(text, start);
    let mut found = above(node, line, start - line);
    let end = scan::line_end(text, node.full_range().start as usize);
    let from = tree
        .comments
        .partition_point(|c| (c.range.start as usize) < start);
    if let Some(comment) = tree.comments.get(from)
        && comment.trailing
        && comment.range.start as usize <= end
    {
        found.push(*comment);
    }
    found
}

fn same_line(text: &str, a: u32, b: u32) -> bool {
    !TextRange::new(a.min(b), a.max(b)).of(text).contains('\n')
}

/// The block of whole-line comments that ends on the line above the one starting at `line`.
pub(crate) fn above(node: Node<'_>, line: usize, indent: usize) -> Vec<Comment> {
    let tree = node.tree();
    let text = tree.text();
    let until = tree
        .comments
        .partition_point(|c| (c.range.start as usize) < line);
    let mut next = line;
    let mut found = Vec::new();
    for comment in tree.comments[..until].iter().rev() {
        let start = scan::line_start(text, comment.range.start as usize);
        if comment.trailing
            || scan::next_line(text, comment.range.end as usize) != next
            || comment.range.start as usize - start > indent
        {
            break;
        }
        found.push(*comment);
        next = start;
    }
    found.reverse();
    found
}
