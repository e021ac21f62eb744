//! Directives, and documents without a marker.

use plimsoll_source::TextRange;

use super::error;
use crate::scan;
use crate::tree::{DocumentData, Kind, SyntaxError, Tree};

pub(super) fn check(tree: &Tree, found: &mut Vec<SyntaxError>) {
    let mut before = 0;
    let first = scan::skip_trivia(&tree.text, 0);
    if tree.text[first..].starts_with("...") && scan::line_start(&tree.text, first) == first {
        let marker = TextRange::at(first, first + 3);
        found.push(error(
            marker,
            "`...` ends a document before one began",
            "remove the line",
        ));
    }
    byte_order_marks(tree, found);
    let mut is_told = false;
    for (index, document) in tree.documents.iter().enumerate() {
        match document.marker {
            Some(marker) => {
                directives(tree, before, marker.start, found);
                is_told = false;
            }
            // What follows is as it is because of the first.
            None if index > 0 && !is_told => {
                is_told = true;
                let prior = &tree.documents[index - 1];
                let stray = stray_indent(&tree.text, content(prior));
                if let Some((indent, _)) = stray
                    .filter(|(_, next)| (document.range.start..document.range.end).contains(next))
                {
                    found.push(indented(indent));
                    continue;
                }
                found.push(error(
                    TextRange::new(document.range.start, document.range.start),
                    "a further document must start with `---`",
                    unmarked_help(&tree.text),
                ));
            }
            None => {}
        }
        before = document.range.end;
    }
}

/// Says of an error of the parser that a line cannot follow what is wrong, where that is the space in
/// front of the first line.
pub(super) fn say_what_is_indented(tree: &mut Tree) {
    let Some(first) = tree.documents.first() else {
        return;
    };
    let Some((indent, next)) = stray_indent(&tree.text, content(first)) else {
        return;
    };
    let mut told = tree.errors.iter_mut();
    if let Some(told) = told.find(|told| told.range.start == next) {
        *told = indented(indent);
    }
}

fn indented(indent: TextRange) -> SyntaxError {
    error(
        indent,
        "this line is indented, and those that go on with it are not",
        "take away the space in front of it",
    )
}

/// Where the lines of a document begin.
fn content(document: &DocumentData) -> u32 {
    let start = document.range.start;
    document.marker.map_or(start, |marker| marker.end)
}

/// The space in front of the first line of a document, and the line that cannot belong to it for
/// that, if the space is all that is wrong: what else stands between is deeper than the first line, and
/// so is in its place once the space is gone.
fn stray_indent(text: &str, from: u32) -> Option<(TextRange, u32)> {
    let width = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let has_content = |line: &str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#') && !line.starts_with("---")
    };
    let mut at = scan::line_start(text, from as usize);
    let lines = text[at..].split_inclusive('\n').map(|line| {
        let start = at;
        at += line.len();
        (start, line)
    });
    let mut lines = lines.filter(|(_, line)| has_content(line));
    let (first_at, first) = lines.next()?;
    let indent = width(first);
    let (next_at, next) = lines.find(|(_, line)| width(line) <= indent)?;
    // Both have to be of one kind, or they are no parts of one document.
    let is_item = |line: &str| line.trim_start().starts_with("- ");
    let is_stray =
        indent > 0 && width(next) == 0 && is_item(first) == is_item(next) && reads_forwards(text);
    is_stray.then(|| (TextRange::at(first_at, first_at + indent), next_at as u32))
}

/// Whether the lines do not stand in reverse order.
fn reads_forwards(text: &str) -> bool {
    !unmarked_help(text).starts_with("the lines stand")
}

/// How to mend a document that begins without a marker: the lines before it are indented further, or
/// there would be none.
fn unmarked_help(text: &str) -> &'static str {
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    let begins = ["apiVersion:", "kind:"];
    if last.is_some_and(|last| begins.iter().any(|key| last.starts_with(key))) {
        "the lines stand in reverse order: put them the other way round"
    } else {
        "put `---` on the line above, or indent the lines before it as this one if all are of one document"
    }
}

fn is_1_1(version: &str) -> bool {
    version
        .strip_prefix("1.1")
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// How many byte order marks are looked at.
const MAX_MARKS: usize = 8;

/// A byte order mark counts as one at the very start; elsewhere it is a character of a text.
fn byte_order_marks(tree: &Tree, found: &mut Vec<SyntaxError>) {
    for (at, mark) in tree
        .text
        .match_indices('\u{feff}')
        .filter(|(at, _)| *at > 0)
        .take(MAX_MARKS)
    {
        let range = TextRange::at(at, at + mark.len());
        let comments = tree.comments.iter().map(|comment| comment.range);
        let tokens = tree.nodes.iter().filter(|node| node.kind == Kind::Scalar);
        if !tokens
            .map(|node| node.range)
            .chain(comments)
            .any(|token| token.covers(range))
        {
            found.push(error(
                range,
                "a byte order mark inside the text",
                "remove it",
            ));
        }
    }
}

fn directives(tree: &Tree, from: u32, until: u32, found: &mut Vec<SyntaxError>) {
    let text = &tree.text;
    let mut line = from as usize;
    while line < until as usize {
        let end = scan::line_end(text, line);
        let source = &text[line..end];
        let range = TextRange::at(line, line + source.trim_end().len());
        let mut words = source.split_whitespace();
        match words.next() {
            Some("%YAML") if !words.next().is_some_and(is_1_1) => found.push(error(
                range,
                "only version 1.1 may be declared: the tools that read this file refuse others",
                "remove the line",
            )),
            Some("%YAML" | "%TAG") => {}
            Some(word) if word.starts_with('%') => {
                found.push(error(
                    range,
                    format!("unknown directive `{word}`"),
                    "remove the line",
                ));
            }
            _ => {}
        }
        line = scan::next_line(text, line);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Dialect, parse};

    #[test]
    fn a_first_line_with_a_stray_space_is_told_where_it_stands() {
        let told = |text: &str| {
            let tree = parse(text.to_owned(), Dialect::Core);
            let errors = tree.errors().iter();
            errors
                .map(|error| (error.range.start, error.range.end, error.message.clone()))
                .collect::<Vec<_>>()
        };
        let indented = "this line is indented, and those that go on with it are not";
        for (text, start, end) in [
            (" version: '3.8'\n\nservices:\n  a: {}\n", 0, 1),
            ("# a\n  services:\n    a: {}\nvolumes: {}\n", 4, 6),
            ("---\n a: 1\nb: 2\n", 4, 5),
            (" - a\n- b\n", 0, 1),
        ] {
            assert_eq!(told(text), [(start, end, indented.to_owned())], "{text}");
        }
        // More than the first line would have to move, or the two are no parts of one document.
        for text in [
            " a: 1\n b: 1\nc: 1\n",
            " - a\nb: 1\n",
            "  c: 1\n  b: 1\na:\n",
        ] {
            let told = told(text);
            assert!(
                told.iter().all(|(_, _, message)| message != indented),
                "{told:?}"
            );
            assert!(!told.is_empty(), "{text}");
        }
    }

    #[test]
    fn lines_in_reverse_order_are_told_once() {
        let told = |text: &str| -> Vec<String> {
            let tree = parse(text.to_owned(), Dialect::GoV2);
            let errors = tree.errors().iter();
            let of_documents = errors.filter(|error| error.message.contains("further document"));
            of_documents
                .filter_map(|error| error.help.clone())
                .collect()
        };
        let upside_down = "      a: 1\n    containers:\n  template:\nspec:\nkind: Deployment\napiVersion: apps/v1\n";
        let help = told(upside_down);
        assert_eq!(
            help,
            ["the lines stand in reverse order: put them the other way round"]
        );
        assert_eq!(told("a: 1\n---\nb: 1\n"), [""; 0]);
    }
}
