//! Edits of block collections and block scalars, line by line.

use plimsoll_source::{Edit, TextRange};

use super::place::{self, Member};
use super::render;
use crate::tree::{Kind, Style};
use crate::{Entry, Node, scan, trivia};

/// Adds `text` (its first line without indent) on a line of its own after `member`.
pub(super) fn insert_after(
    collection: Node<'_>,
    member: Member,
    indent: usize,
    text: &str,
) -> Vec<Edit> {
    let source = collection.tree().text();
    let at = past_inner_comments(collection, scan::line_end(source, member.end), indent);
    let eol = place::line_break(source);
    vec![Edit::insert(
        at as u32,
        format!("{eol}{:indent$}{text}", ""),
    )]
}

/// The end of the comment lines right below `line_end` that are indented more than `indent`:
/// they belong to what ends there.
fn past_inner_comments(collection: Node<'_>, line_end: usize, indent: usize) -> usize {
    let text = collection.tree().text();
    let comments = &collection.tree().comments;
    let from = comments.partition_point(|c| (c.range.start as usize) < line_end);
    let mut end = line_end;
    for comment in &comments[from..] {
        let start = comment.range.start as usize;
        let line = scan::line_start(text, start);
        if line != scan::next_line(text, end) || start - line <= indent {
            break;
        }
        end = comment.range.end as usize;
    }
    end
}

/// Puts a first member where a null or an empty flow collection stands in block context.
pub(super) fn fill(
    node: Node<'_>,
    in_block: &dyn Fn(usize) -> String,
    in_flow: &dyn Fn() -> String,
) -> Vec<Edit> {
    let text = node.tree().text();
    let range = node.range();
    if node.style() == Style::Flow && !flow_can_go(node) {
        return vec![Edit::replace(range, in_flow())];
    }
    let Some(parent) = node.parent() else {
        // Block content may not share a line with `---` or with the root's properties.
        let fresh = place::first_on_line(text, range.start as usize) && node.full_range() == range;
        let eol = if fresh { "" } else { place::line_break(text) };
        return vec![Edit::replace(range, format!("{eol}{}", in_block(0)))];
    };
    let Some(key) = node.key() else {
        // An item: the first member goes on the line of the dash.
        let indent = match parent.kind() {
            Kind::Sequence => place::column(text, Member::of_item(node).start) + 2,
            _ => return vec![Edit::replace(range, in_flow())],
        };
        let clear = scan::line_end(text, range.end as usize) == trimmed_end(text, range);
        if clear && node.full_range() == range {
            let space = place::space_before(text, range.start as usize);
            return vec![Edit::replace(range, format!("{space}{}", in_block(indent)))];
        }
        return below(node, indent, &in_block(indent));
    };
    let outer = place::column(text, parent.range().start as usize);
    let sample = in_block(0);
    let step = if sample.starts_with("- ") || sample == "-" {
        place::sequence_step(node)
    } else {
        place::step(node)
    };
    let indent = outer + step;
    if scan::colon_after(text, key.full_range().end as usize).is_none() {
        let at = key.full_range().end;
        let eol = place::line_break(text);
        let content = in_block(indent);
        return vec![Edit::insert(
            at,
            format!("{eol}{:outer$}:{eol}{:indent$}{content}", "", ""),
        )];
    }
    below(node, indent, &in_block(indent))
}

/// Whether a flow collection is empty of comments too, so that it may be written anew.
fn flow_can_go(node: Node<'_>) -> bool {
    matches!(node.source(), "{}" | "[]")
        || !node.source().contains('#') && !node.source().contains('\n')
}

fn trimmed_end(text: &str, range: TextRange) -> usize {
    let line = scan::line_end(text, range.end as usize);
    let rest = &text[range.end as usize..line];
    if rest.trim().is_empty() {
        line
    } else {
        range.end as usize
    }
}

/// Takes the content of `node` away and writes `content` on the lines below.
fn below(node: Node<'_>, indent: usize, content: &str) -> Vec<Edit> {
    let text = node.tree().text();
    let range = node.range();
    let mut edits = Vec::new();
    let line = scan::line_end(text, range.end as usize);
    if !range.is_empty() {
        let blanks = text[..range.start as usize]
            .trim_end_matches([' ', '\t'])
            .len();
        let rest_is_blank = text[range.end as usize..line].trim().is_empty();
        let start = if rest_is_blank {
            blanks
        } else {
            range.start as usize
        };
        let alone = text[..blanks].ends_with('\n');
        if alone && rest_is_blank {
            // It stands on a line of its own below its key.
            let content = format!("{:indent$}{content}", "");
            return vec![Edit::replace(
                TextRange::at(blanks, range.end as usize),
                content,
            )];
        }
        let rest = &text[range.end as usize..line];
        let kept = if rest_is_blank {
            ""
        } else {
            rest.trim_start_matches([' ', '\t'])
        };
        let end = line - kept.len();
        edits.push(Edit::delete(TextRange::at(start, end)));
    }
    let eol = place::line_break(text);
    edits.push(Edit::insert(
        line as u32,
        format!("{eol}{:indent$}{content}", ""),
    ));
    edits
}

/// Gives an entry whose value is null the value `block`.
pub(super) fn set_null(entry: Entry<'_>, block: &str) -> Vec<Edit> {
    let Some(mapping) = entry.key.parent() else {
        return Vec::new();
    };
    let text = mapping.tree().text();
    let outer = place::column(text, mapping.range().start as usize);
    let value = render::BlockValue::new(mapping, outer, block);
    if value.below {
        let content = value.text.trim_start();
        let indent = value.indent;
        if scan::colon_after(text, entry.key.full_range().end as usize).is_none() {
            return Vec::new();
        }
        return below(entry.value, indent, content);
    }
    super::place_value(entry, &value.text)
}

/// Removes a member with its own comment lines. It is not the only one.
pub(super) fn remove(
    collection: Node<'_>,
    previous: Option<Member>,
    member: Member,
    next: Option<Member>,
) -> Vec<Edit> {
    let text = collection.tree().text();
    if !place::first_on_line(text, member.start) {
        // The first of a collection that starts on the line of a dash: the next moves up,
        // with its comments.
        let end = next.map_or(member.end, |next| {
            let from = scan::line_end(text, member.end);
            let comments = &collection.tree().comments;
            let index = comments.partition_point(|c| (c.range.start as usize) < from);
            comments
                .get(index)
                .map_or(next.start, |c| next.start.min(c.range.start as usize))
        });
        return vec![Edit::delete(TextRange::at(member.start, end))];
    }
    let line = scan::line_start(text, member.start);
    let indent = member.start - line;
    let mut start = line;
    let first_of_all = previous.is_none() && collection.parent().is_none();
    let comments = trivia::above(collection, line, indent);
    // Above the first entry of a document stands what is said about the whole.
    if !first_of_all && let Some(comment) = comments.first() {
        start = scan::line_start(text, comment.range.start as usize);
    }
    if start == 0 && text.starts_with('\u{feff}') {
        start = '\u{feff}'.len_utf8();
    }
    let end = scan::next_line(text, member.end);
    if end == text.len() && !text.ends_with('\n') && start > 0 {
        // The last line has no break of its own: it takes the one before.
        let before = text[..start].strip_suffix('\n').unwrap_or(&text[..start]);
        start = before.strip_suffix('\r').unwrap_or(before).len();
    }
    vec![Edit::delete(TextRange::at(start, end))]
}

/// Writes `text` as the content of a block scalar, as a literal one; double-quoted where a
/// literal cannot hold it.
pub(super) fn set_block_scalar(node: Node<'_>, text: &str) -> Vec<Edit> {
    let source = node.tree().text();
    let range = node.range();
    let header_end = scan::block_header_end(source, range.start as usize);
    let line = scan::line_end(source, header_end);
    let content = (range.end as usize).max(line);
    let indent = content_indent(node, line);
    let Some((header, body)) = render::literal(text, indent, place::line_break(source)) else {
        let mut edits = vec![Edit::replace(
            TextRange::at(range.start as usize, header_end),
            render::double_quoted(text),
        )];
        if content > line {
            edits.push(Edit::delete(TextRange::at(line, content)));
        }
        return edits;
    };
    let mut edits = vec![Edit::replace(
        TextRange::at(range.start as usize, header_end),
        header,
    )];
    edits.push(Edit::replace(TextRange::at(line, content), body));
    edits
}

/// The columns by which the lines of a block scalar are indented, or should be.
fn content_indent(node: Node<'_>, header_line_end: usize) -> usize {
    let text = node.tree().text();
    let parent = node.parent().map_or(0, |parent| {
        place::column(text, parent.range().start as usize)
    });
    let first = scan::next_line(text, header_line_end);
    let lines = text
        .get(first..node.range().end as usize)
        .unwrap_or("")
        .lines();
    let header = &text[node.range().start as usize..header_line_end];
    let explicit = header.bytes().take(3).find(u8::is_ascii_digit);
    if let Some(digit) = explicit {
        return parent + usize::from(digit - b'0');
    }
    lines
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .find(|&indent| indent > 0)
        .unwrap_or_else(|| parent + place::step(node))
}
