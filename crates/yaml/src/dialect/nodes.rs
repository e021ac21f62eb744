//! Keys, merges, tags, anchors and scalars that the references refuse.

use plimsoll_source::TextRange;

use super::error;
use crate::node::{Entry, Node};
use crate::tree::{Kind, Style, SyntaxError, Tree};
use crate::value::{self, YAML_TAG};
use crate::{Dialect, merge, scan};

pub(super) fn check(tree: &Tree, found: &mut Vec<SyntaxError>) {
    let mut root = 0;
    let mut json = false;
    for id in 0..tree.nodes.len() as u32 {
        let node = tree.node(id);
        if id >= root {
            // Tools read a Kubernetes manifest in JSON with a JSON decoder.
            root = node.data().subtree_end;
            json = tree.dialect == Dialect::GoV2 && is_json(node);
        }
        if let Some(props) = node.props() {
            properties(node, found);
            if let (Some((tag, range)), Kind::Scalar) = (&props.tag, node.kind()) {
                tagged(node, tag, *range, found);
            }
        }
        match node.kind() {
            Kind::Mapping => node.entries().for_each(|entry| key(entry, json, found)),
            Kind::Alias => {
                name(node.tree(), node.range(), found);
            }
            Kind::Scalar => scalar(node, json, found),
            Kind::Sequence => {}
        }
    }
}

/// Whether a document is written as JSON is.
fn is_json(root: Node<'_>) -> bool {
    root.style() == Style::Flow
        && match root.entries().next() {
            Some(entry) => entry.key.style() == Style::DoubleQuoted,
            None => root.kind() == Kind::Sequence,
        }
}

fn key(entry: Entry<'_>, json: bool, found: &mut Vec<SyntaxError>) {
    let (node, tree) = (entry.key, entry.key.tree());
    let text = tree.text();
    let target = node.resolve();
    let range = node.full_range();
    match target.kind() {
        Kind::Scalar => {
            let missing = range.is_empty() && !text[..range.start as usize].ends_with('?');
            if missing {
                let colon = TextRange::new(range.start, range.start + 1);
                found.push(error(colon, "a key is missing before `:`", "write the key"));
            } else if tree.dialect() == Dialect::GoV2 && node.is_null() {
                found.push(error(range, "a key cannot be null", "quote the key"));
            }
        }
        Kind::Mapping | Kind::Sequence => {
            // `a: {{ x }}` is a mapping whose key is a mapping.
            let template =
                text[..range.start as usize].ends_with('{') && node.source().starts_with('{');
            found.push(if template {
                let range = TextRange::new(range.start - 1, range.end);
                error(
                    range,
                    "an unquoted `{{ … }}` is read as a mapping",
                    "quote the value, or render the template first",
                )
            } else {
                error(
                    range,
                    "a list or mapping cannot be a key",
                    "use a text as the key",
                )
            });
        }
        Kind::Alias => {}
    }
    if merge::is_merge(&entry) && !can_merge(entry.value) {
        found.push(error(
            entry.value.full_range(),
            "`<<` merges a mapping or a list of mappings",
            "name a mapping, such as `*anchor`",
        ));
    }
    if !json
        && node
            .parent()
            .is_some_and(|mapping| mapping.style() == Style::Flow)
        && let Some(colon) = scan::colon_after(text, range.end as usize)
        && TextRange::new(range.start, colon as u32)
            .of(text)
            .contains('\n')
        && !explicit(text, range.start as usize)
    {
        found.push(error(
            range,
            "a key and its `:` must stand on one line",
            "put the `:` right after the key",
        ));
    }
}

/// Whether a `?` stands before the key.
fn explicit(text: &str, start: usize) -> bool {
    text[..start].trim_end().ends_with('?')
}

fn can_merge(value: Node<'_>) -> bool {
    let target = value.resolve();
    match target.kind() {
        Kind::Mapping => true,
        // compose-go puts the list in the alias's place.
        Kind::Sequence
            if value.kind() == Kind::Alias && value.tree().dialect() == Dialect::GoV2 =>
        {
            false
        }
        Kind::Sequence => target
            .items()
            .all(|item| item.resolve().kind() == Kind::Mapping),
        Kind::Scalar | Kind::Alias => false,
    }
}

fn properties(node: Node<'_>, found: &mut Vec<SyntaxError>) {
    let tree = node.tree();
    if let Some((_, range)) = node.anchor() {
        name(tree, range, found);
    }
    if let Some((_, range)) = node.tag() {
        let source = range.of(tree.text());
        let known = |c: char| c.is_ascii_alphanumeric() || "-_;/?:@&=+$,.!~*'()[]%<>".contains(c);
        if let Some(bad) = source.chars().find(|&c| !known(c)) {
            found.push(error(
                range,
                format!("`{bad}` cannot be part of a tag"),
                "quote the value if it is a text",
            ));
        } else if tree.text()[range.end as usize..].starts_with(|c: char| !c.is_whitespace()) {
            found.push(error(
                range,
                "a tag must be followed by a space",
                "put a space after it",
            ));
        }
    }
}

/// Checks the name of an anchor or alias, whose indicator is the range's first byte.
fn name(tree: &Tree, range: TextRange, found: &mut Vec<SyntaxError>) {
    let name = range.of(tree.text()).get(1..).unwrap_or("");
    let known = |c: char| match tree.dialect() {
        Dialect::GoV2 => c.is_ascii_alphanumeric() || matches!(c, '_' | '-'),
        Dialect::Core => c.is_ascii_graphic() && c != ':',
    };
    let told = || tree.errors().iter().any(|error| error.range == range);
    if let Some(bad) = name.chars().find(|&c| !known(c))
        && !told()
    {
        found.push(error(
            range,
            format!("`{bad}` cannot be part of an anchor's name"),
            "use letters, digits, `_` and `-`",
        ));
    }
}

fn tagged(node: Node<'_>, tag: &str, range: TextRange, found: &mut Vec<SyntaxError>) {
    let text = node.tree().scalar_text(node.id);
    if value::tagged(node, tag, text).is_err() {
        let short = tag.strip_prefix(YAML_TAG).unwrap_or(tag);
        found.push(error(
            range.join(node.range()),
            format!("this is no value of the tag `!!{short}`"),
            "remove the tag, or write a value of that type",
        ));
    }
}

fn scalar(node: Node<'_>, json: bool, found: &mut Vec<SyntaxError>) {
    let tree = node.tree();
    let range = node.range();
    let source = node.source();
    match node.style() {
        Style::DoubleQuoted if !json && source.contains('\\') => {
            if let Some((at, len)) = foreign_escape(source) {
                let start = range.start as usize + at;
                let escape = TextRange::at(start, start + len);
                found.push(error(
                    escape,
                    format!(
                        "unknown escape `{}` in double quotes",
                        escape.of(tree.text())
                    ),
                    "write the character itself, or use single quotes",
                ));
            }
        }
        Style::Literal | Style::Folded => block_scalar(node, found),
        Style::Plain
            if node
                .parent()
                .is_some_and(|parent| parent.style() == Style::Flow) =>
        {
            plain_in_flow(node, found);
        }
        Style::Plain if source.contains(['\u{85}', '\u{2028}', '\u{2029}']) => {
            found.push(error(
                range,
                "a Unicode line break in a plain text",
                "quote the text",
            ));
        }
        _ => {}
    }
}

/// Inside brackets go-yaml v2 takes every `?` and every leading `:` for an indicator, and v4 a
/// `?` before white space and a leading `:` in a mapping.
fn plain_in_flow(node: Node<'_>, found: &mut Vec<SyntaxError>) {
    let text = node.tree().text();
    let (range, source) = (node.range(), node.source());
    let core = node.tree().dialect() == Dialect::Core;
    let blank = |at: usize| text[at..].chars().next().is_none_or(char::is_whitespace);
    let mut marks = source
        .match_indices('?')
        .map(|(at, _)| range.start as usize + at);
    if marks.any(|at| !core || (at > range.start as usize && blank(at + 1))) {
        found.push(error(
            range,
            "`?` ends a plain text inside brackets",
            "quote the text",
        ));
    } else if source.starts_with(':') && (!core || node.key().is_some()) {
        found.push(error(
            range,
            "a key is missing before `:`",
            "quote the text",
        ));
    }
}

/// The first escape that JSON has and libyaml lacks.
fn foreign_escape(source: &str) -> Option<(usize, usize)> {
    let bytes = source.as_bytes();
    let mut at = 0;
    while at + 1 < bytes.len() {
        if bytes[at] == b'\\' {
            match bytes[at + 1] {
                b'/' => return Some((at, 2)),
                b'u' if matches!(bytes.get(at + 2), Some(b'd' | b'D'))
                    && matches!(
                        bytes.get(at + 3),
                        Some(b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F')
                    ) =>
                {
                    return Some((at, 6));
                }
                _ => at += 1,
            }
        }
        at += 1;
    }
    None
}

fn block_scalar(node: Node<'_>, found: &mut Vec<SyntaxError>) {
    let text = node.tree().text();
    let range = node.range();
    if !node.source().starts_with(['|', '>']) {
        return;
    }
    let header_end = scan::block_header_end(text, range.start as usize);
    let header = &text[range.start as usize..header_end];
    let first = scan::next_line(text, header_end).min(range.end as usize);
    let body = &text[first..range.end as usize];
    if header.bytes().any(|b| b.is_ascii_digit()) {
        return;
    }
    let mut line_start = first;
    for line in body.split_inclusive('\n') {
        let content = line.trim_start_matches(' ');
        if content.starts_with('\t') {
            let at = line_start + line.len() - content.len();
            found.push(error(
                TextRange::at(at, at + 1),
                "a tab before the first line of a block text",
                "indent with spaces",
            ));
            return;
        }
        if !content.trim_end().is_empty() {
            if content.len() == line.len() && node.parent().is_none() {
                found.push(error(
                    TextRange::at(line_start, line_start + line.trim_end().len()),
                    "a block text must be indented",
                    "indent it by two spaces",
                ));
            }
            return;
        }
        line_start += line.len();
    }
}
