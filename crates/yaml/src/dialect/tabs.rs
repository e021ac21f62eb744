//! Tabs between tokens. libyaml takes a tab for white space only where no key can start: not
//! at the start of a line, not after `-` or `?`, and not on the lines that follow a plain text
//! before the column where its continuation would stand. Inside brackets only the last holds.

use plimsoll_source::TextRange;

use super::error;
use crate::Dialect;
use crate::node::Node;
use crate::scan;
use crate::tree::{Kind, Style, SyntaxError, Tree};

pub(super) fn check(tree: &Tree, blanked: &[TextRange], found: &mut Vec<SyntaxError>) {
    let text: &str = &tree.text;
    let mut walk = Walk {
        tree,
        next: 0,
        token: None,
        flow_end: 0,
    };
    let mut at = 0;
    // The line after the last one reported: a run of lines is one error.
    let mut reported = None;
    while let Some(tab) = text[at..].find('\t').map(|n| at + n) {
        at = tab + 1;
        if let Some(end) = covering(blanked.iter().copied(), tab)
            .or_else(|| covering_comment(tree, tab))
            .or_else(|| walk.to(tab))
        {
            at = end.max(at);
            continue;
        }
        let before = text[..tab].trim_end_matches([' ', '\t', '\r', '\n']).len();
        let run = text[tab..].len() - text[tab..].trim_start_matches([' ', '\t']).len();
        at = tab + run;
        if !is_error(&walk, before, tab, run) {
            continue;
        }
        let line = scan::line_start(text, tab);
        if reported != Some(line) {
            found.push(describe(text, line, tab, run));
        }
        reported = Some(scan::next_line(text, tab));
    }
}

fn is_error(walk: &Walk<'_>, before: usize, tab: usize, run: usize) -> bool {
    let text: &str = &walk.tree.text;
    let new_line = before == 0 || text[before..tab].contains('\n');
    // A plain text right before has read the white space up to the next token.
    if let Some(token) = walk.token
        && token.style() == Style::Plain
        && token.kind() == Kind::Scalar
        && !token.range().is_empty()
        && token.range().end as usize == before
    {
        let column = |at: usize| at - scan::line_start(text, at);
        let wanted = continuation(token);
        let offset = text[tab..tab + run]
            .bytes()
            .position(|b| b == b'\t')
            .unwrap_or(0);
        return new_line && column(tab + offset) < wanted;
    }
    if tab < walk.flow_end || (walk.tree.dialect == Dialect::Core && among_comments(walk, before)) {
        return false;
    }
    new_line || indicator_before(walk, before)
}

/// Whether the white space at `before` lies between a comment on a line of its own (or after a
/// dash) and another comment: go-yaml v4 reads such comments together, whatever indents them.
fn among_comments(walk: &Walk<'_>, before: usize) -> bool {
    let text: &str = &walk.tree.text;
    let comments = &walk.tree.comments;
    let after = comments.partition_point(|c| (c.range.start as usize) < before);
    let Some(comment) = after.checked_sub(1).and_then(|last| comments.get(last)) else {
        return false;
    };
    // The white space may follow trailing blanks of the comment.
    let start = comment.range.start as usize;
    let next = text[before..].trim_start();
    let owned = !comment.trailing || text[..start].trim_end().ends_with('-');
    comment.range.end as usize >= before && owned && next.starts_with('#')
}

/// The column from which on a line would continue the plain text.
fn continuation(node: Node<'_>) -> usize {
    let text = node.tree().text();
    std::iter::successors(node.parent(), |node| node.parent())
        .find(|parent| parent.style() == Style::Block)
        .map_or(0, |parent| {
            let start = parent.range().start as usize;
            let line = scan::line_start(text, start);
            text[line..start].chars().count() + 1
        })
}

/// Whether the last thing before the white space is a `-` or `?`, or the `:` of such a key.
fn indicator_before(walk: &Walk<'_>, before: usize) -> bool {
    let text: &str = &walk.tree.text;
    let token_end = walk.token.map_or(0, |token| token.range().end as usize);
    let Some(&byte) = before
        .checked_sub(1)
        .and_then(|last| text.as_bytes().get(last))
    else {
        return true;
    };
    // Part of a token, or of a marker.
    if before <= token_end || text[..before].ends_with("---") {
        return false;
    }
    match byte {
        b'-' | b'?' => true,
        // A `:` that opens its line belongs to an explicit key.
        b':' => text[..before - 1]
            .trim_end_matches([' ', '\t'])
            .ends_with('\n'),
        _ => false,
    }
}

fn describe(text: &str, line: usize, tab: usize, run: usize) -> SyntaxError {
    let range = TextRange::at(tab, tab + run);
    let indents = text[line..tab].bytes().all(|b| b == b' ');
    let rest = &text[tab + run..scan::line_end(text, tab)];
    if rest.is_empty() && indents {
        return error(range, "a blank line holds a tab", "remove the tab");
    }
    if indents {
        return error(
            range,
            "indented with a tab",
            "indent with spaces: YAML forbids tabs there",
        );
    }
    error(range, "a tab where only spaces may stand", "use a space")
}

/// The end of the range that covers `at`.
fn covering(mut ranges: impl Iterator<Item = TextRange>, at: usize) -> Option<usize> {
    ranges
        .find(|range| range.contains(at as u32))
        .map(|range| range.end as usize)
}

fn covering_comment(tree: &Tree, at: usize) -> Option<usize> {
    let after = tree
        .comments
        .partition_point(|c| c.range.start as usize <= at);
    let comment = tree.comments.get(after.checked_sub(1)?)?;
    (at < comment.range.end as usize).then_some(comment.range.end as usize)
}

/// Walks the nodes along with the tabs.
struct Walk<'t> {
    tree: &'t Tree,
    next: u32,
    /// The last scalar or alias that starts before the tab.
    token: Option<Node<'t>>,
    /// The end of the outermost brackets around the tab.
    flow_end: usize,
}

impl Walk<'_> {
    /// Goes to `at`; if it lies in a scalar, gives the scalar's end.
    fn to(&mut self, at: usize) -> Option<usize> {
        while let Some(data) = self.tree.nodes.get(self.next as usize) {
            if data.range.start as usize > at {
                break;
            }
            match data.kind {
                Kind::Scalar | Kind::Alias => self.token = Some(self.tree.node(self.next)),
                Kind::Mapping | Kind::Sequence if data.style == Style::Flow => {
                    self.flow_end = self.flow_end.max(data.range.end as usize);
                }
                Kind::Mapping | Kind::Sequence => {}
            }
            self.next += 1;
        }
        let range = self.token?.range();
        range.contains(at as u32).then_some(range.end as usize)
    }
}
