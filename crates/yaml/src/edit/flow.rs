//! Edits of flow collections, JSON among them: commas and layout are kept right.

use plimsoll_source::{Edit, TextRange};

use super::place::{self, Member};
use crate::tree::{Kind, Style};
use crate::{Node, scan};

/// Whether the collection around is written as JSON is: with double-quoted keys and strings.
pub(super) fn is_json(node: Node<'_>) -> bool {
    let own = std::iter::successors(Some(node), |node| node.parent());
    own.filter(|node| node.kind() == Kind::Mapping && node.style() == Style::Flow)
        .find_map(|mapping| mapping.entries().next())
        .is_some_and(|entry| entry.key.style() == Style::DoubleQuoted)
}

/// The comma that follows a member.
fn comma_after(text: &str, end: usize) -> Option<usize> {
    let at = scan::skip_trivia(text, end);
    (text.as_bytes().get(at) == Some(&b',')).then_some(at)
}

/// Whether the members stand on lines of their own.
fn is_spread(collection: Node<'_>, first: Member) -> bool {
    let text = collection.tree().text();
    text[collection.range().start as usize..first.start].contains('\n')
}

/// Adds `written` after `member`.
pub(super) fn insert_after(
    collection: Node<'_>,
    first: Member,
    member: Member,
    next: Option<Member>,
    written: &str,
) -> Vec<Edit> {
    let text = collection.tree().text();
    let comma = comma_after(text, member.end);
    let end = member.end as u32;
    let same_line = |at: usize| !text[member.end..at].contains('\n');
    if !is_spread(collection, first) || comma.is_some_and(|comma| !same_line(comma)) {
        let clear = scan::line_end(text, member.end);
        let inside = clear.min(collection.range().end as usize);
        let comment = text[member.end..inside].contains('#');
        return match (next, comma) {
            // A trailing comma stays the last.
            (None, Some(comma)) => vec![Edit::insert(comma as u32 + 1, format!(" {written},"))],
            (None, None) if comment => {
                // A comment ends the line, so the new member needs one of its own.
                let indent = place::column(text, first.start);
                let eol = place::line_break(text);
                let line = clear as u32;
                vec![
                    Edit::insert(end, ","),
                    Edit::insert(line, format!("{eol}{:indent$}{written}", "")),
                ]
            }
            _ => vec![Edit::insert(end, format!(", {written}"))],
        };
    }
    let indent = place::column(text, first.start);
    let eol = place::line_break(text);
    let after = comma.map_or(member.end, |comma| comma + 1);
    let tail = if next.is_some() || comma.is_some() {
        ","
    } else {
        ""
    };
    // Past a comment, unless another member shares the line.
    let line = scan::line_end(text, after);
    let shared =
        next.is_some_and(|next| next.start < line) || collection.range().end as usize <= line;
    let mut edits = Vec::new();
    if comma.is_none() {
        edits.push(Edit::insert(end, ","));
    }
    let at = if shared { after } else { line };
    edits.push(Edit::insert(
        at as u32,
        format!("{eol}{:indent$}{written}{tail}", ""),
    ));
    edits
}

/// Removes a member and the comma that goes with it. It is not the only one.
pub(super) fn remove(
    collection: Node<'_>,
    previous: Option<Member>,
    member: Member,
    next: Option<Member>,
) -> Vec<Edit> {
    let text = collection.tree().text();
    let comma = comma_after(text, member.end);
    let after = comma.map_or(member.end, |comma| comma + 1);
    let line_end = scan::line_end(text, after);
    let alone = place::first_on_line(text, member.start)
        && next.is_none_or(|next| next.start >= line_end)
        && (collection.range().end as usize) > line_end;
    let mut edits = Vec::new();
    if alone {
        let start = scan::line_start(text, member.start);
        edits.push(Edit::delete(TextRange::at(
            start,
            scan::next_line(text, after),
        )));
        if next.is_none()
            && comma.is_none()
            && let Some(previous) = previous
            && let Some(comma) = comma_after(text, previous.end)
        {
            edits.push(Edit::delete(TextRange::at(comma, comma + 1)));
        }
        return edits;
    }
    match (previous, next) {
        (_, Some(next)) => {
            let gap = &text[after..next.start];
            // Comments and line breaks before the next member stay.
            let end = if gap.trim().is_empty() && !gap.contains('\n') {
                next.start
            } else {
                after
            };
            edits.push(Edit::delete(TextRange::at(member.start, end)));
        }
        (Some(previous), None) => {
            let comma = comma_after(text, previous.end).unwrap_or(previous.end);
            let between = &text[comma..member.start];
            if between.contains(['\n', '#']) {
                edits.push(Edit::delete(TextRange::at(comma, comma + 1)));
                edits.push(Edit::delete(TextRange::at(member.start, after)));
            } else {
                edits.push(Edit::delete(TextRange::at(comma, member.end)));
            }
        }
        (None, None) => edits.push(Edit::delete(TextRange::at(member.start, member.end))),
    }
    edits
}
