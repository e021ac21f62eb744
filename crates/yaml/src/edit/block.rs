//! Edits of block collections and block scalars, line by line.

use plimsoll_source::{Edit, TextRange};

use super::place::{self, Member};
use super::render;
use crate::tree::{Kind, Style, Tree};
use crate::{Entry, Node, parse, scan, trivia};

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
    let mut edits = seal(collection, at);
    edits.push(Edit::insert(
        at as u32,
        format!("{eol}{:indent$}{text}", ""),
    ));
    edits
}

/// A block scalar at the very end of a text without a last line break has none in its value
/// either; with something below it, only `-` keeps it so.
fn seal(node: Node<'_>, at: usize) -> Vec<Edit> {
    let tree = node.tree();
    let text = tree.text();
    let Some(last) = (at == text.len())
        .then(|| tree.nodes.len().checked_sub(1))
        .flatten()
    else {
        return Vec::new();
    };
    let last = tree.node(last as u32);
    let (start, end) = (last.range().start as usize, last.range().end as usize);
    if !matches!(last.style(), Style::Literal | Style::Folded) || text.ends_with('\n') {
        return Vec::new();
    }
    let header_end = scan::block_header_end(text, start);
    let header = &text[start..header_end];
    if end <= scan::line_end(text, header_end) || header.contains('-') {
        return Vec::new();
    }
    match header.find('+') {
        Some(keep) => vec![Edit::replace(
            TextRange::at(start + keep, start + keep + 1),
            "-",
        )],
        None => vec![Edit::insert(header_end as u32, "-")],
    }
}

/// Sees to what follows `block`, if that ends with a block scalar: its value has a line break
/// only if there is one, and takes lines below it that hold nothing but blanks for its own.
pub(super) fn end_line(tree: &Tree, mut edits: Vec<Edit>, block: &str) -> Vec<Edit> {
    let text = tree.text();
    let parsed = parse(block, tree.dialect());
    let scalar = parsed
        .nodes
        .last()
        .is_some_and(|node| matches!(node.style, Style::Literal | Style::Folded));
    let Some(last) = edits
        .iter_mut()
        .filter(|edit| !edit.text.is_empty())
        .max_by_key(|edit| edit.range.end)
        .filter(|_| scalar)
    else {
        return edits;
    };
    let mut at = last.range.end as usize;
    if at == text.len() {
        last.text.push_str(place::line_break(text));
        return edits;
    }
    if scan::line_end(text, at) != at {
        return edits;
    }
    loop {
        let start = scan::next_line(text, at);
        let end = scan::line_end(text, start);
        let blank = text[start..end].bytes().all(|b| b == b' ' || b == b'\t');
        if start <= at || !blank {
            return edits;
        }
        if end > start {
            edits.push(Edit::delete(TextRange::at(start, end)));
        }
        if end == text.len() {
            return edits;
        }
        at = end;
    }
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
        if comment.trailing || line != scan::next_line(text, end) || start - line <= indent {
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
        // Block content may not share a line with `---`, with properties or with a comment.
        let line = scan::line_end(text, range.end as usize);
        let fresh = place::first_on_line(text, range.start as usize)
            && node.full_range() == range
            && trimmed_end(text, range) == line;
        if fresh {
            // What stood there may have been indented; further lines are not.
            let before = &text[..range.start as usize];
            let start = before.trim_end_matches([' ', '\t']).len();
            return vec![Edit::replace(TextRange::at(start, line), in_block(0))];
        }
        return below(node, 0, &in_block(0));
    };
    let Some(key) = node.key() else {
        // An item: the first member goes on the line of the dash.
        let indent = match parent.kind() {
            Kind::Sequence => place::column(text, Member::of_item(node).start) + 2,
            _ => return vec![Edit::replace(range, in_flow())],
        };
        let clear = scan::line_end(text, range.end as usize) == trimmed_end(text, range);
        if clear && node.full_range() == range {
            let (start, line) = (
                range.start as usize,
                scan::line_end(text, range.end as usize),
            );
            let space = place::space_before(text, start);
            let content = format!("{space}{}", in_block(indent));
            return vec![Edit::replace(TextRange::at(start, line), content)];
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
        let at = scan::line_end(text, key.full_range().end as usize) as u32;
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
    let indent = content_indent(node, line);
    let content = past_deep_blanks(source, (range.end as usize).max(line), indent);
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
    let mut body = body;
    if content == source.len() && text.ends_with('\n') {
        body.push_str(place::line_break(source));
    }
    edits.push(Edit::replace(TextRange::at(line, content), body));
    edits
}

/// The end of the blank lines below `end` that hold more than `indent` spaces: they would become
/// lines of the text.
fn past_deep_blanks(source: &str, end: usize, indent: usize) -> usize {
    let mut kept = end;
    let mut line = scan::next_line(source, end);
    while line < source.len() {
        let this = &source[line..scan::line_end(source, line)];
        if !this.bytes().all(|b| matches!(b, b' ' | b'\t')) {
            break;
        }
        if this.len() > indent || this.contains('\t') {
            kept = line + this.len();
        }
        line = scan::next_line(source, line);
    }
    kept
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
