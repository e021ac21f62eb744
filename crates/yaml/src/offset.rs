//! From an offset in a scalar's decoded text back to the source.

use plimsoll_source::TextRange;

use crate::node::Node;
use crate::scan;
use crate::tree::{Kind, Style};

/// The source offset of the byte at `decoded` in the node's text; of the scalar's end (before
/// a closing quote) past it.
pub(crate) fn in_source(node: Node<'_>, decoded: usize) -> u32 {
    let data = node.data();
    if data.kind != Kind::Scalar {
        return data.range.start;
    }
    if data.decoded().is_none() {
        let range = data.inner();
        return (range.start as usize + decoded).min(range.end as usize) as u32;
    }
    let text = node.tree().text();
    let (start, end) = (data.range.start as usize, data.range.end as usize);
    let at = match data.style {
        Style::Literal => in_literal(node, decoded),
        Style::Folded => in_folded(node, decoded),
        Style::SingleQuoted | Style::DoubleQuoted if end - start >= 2 => {
            start + 1 + in_flow_scalar(&text[start + 1..end - 1], data.style, decoded)
        }
        _ => start + in_flow_scalar(&text[start..end], data.style, decoded),
    };
    let mut at = at.min(end);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at as u32
}

/// Plain and quoted scalars: escapes, and the folding of line breaks with the white space
/// around them.
fn in_flow_scalar(source: &str, style: Style, decoded: usize) -> usize {
    let bytes = source.as_bytes();
    let (mut at, mut out) = (0, 0);
    while at < bytes.len() {
        let (read, made, verbatim) = unit(source, at, style);
        if out + made > decoded {
            return at + if verbatim { decoded - out } else { 0 };
        }
        at += read;
        out += made;
    }
    at
}

/// The next piece of a scalar: bytes read, bytes made of them, and whether they are the same.
fn unit(source: &str, at: usize, style: Style) -> (usize, usize, bool) {
    let bytes = source.as_bytes();
    match bytes[at] {
        b' ' | b'\t' | b'\r' | b'\n' => {
            let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
            let read = bytes[at..].iter().take_while(|b| blank(b)).count();
            match source[at..at + read]
                .bytes()
                .enumerate()
                .filter(|&(n, b)| {
                    b == b'\n' || (b == b'\r' && bytes.get(at + n + 1) != Some(&b'\n'))
                })
                .count()
            {
                0 => (read, read, true),
                1 => (read, 1, false),
                breaks => (read, breaks - 1, false),
            }
        }
        b'\'' if style == Style::SingleQuoted => (2, 1, false),
        b'\\' if style == Style::DoubleQuoted => escape(source, at),
        byte => {
            let read = if byte < 0x80 {
                1
            } else {
                source[at..].chars().next().map_or(1, char::len_utf8)
            };
            (read, read, true)
        }
    }
}

fn escape(source: &str, at: usize) -> (usize, usize, bool) {
    let hex = |from: usize, digits: usize| {
        source
            .get(from..from + digits)
            .and_then(|text| u32::from_str_radix(text, 16).ok())
    };
    let len = |code: Option<u32>| code.and_then(char::from_u32).map_or(1, char::len_utf8);
    match source.as_bytes().get(at + 1) {
        Some(b'x') => (4, len(hex(at + 2, 2)), false),
        Some(b'U') => (10, len(hex(at + 2, 8)), false),
        // The high half of a pair; the low half is written as a second escape.
        Some(b'u') if matches!(hex(at + 2, 4), Some(0xd800..=0xdbff)) => (12, 4, false),
        Some(b'u') => (6, len(hex(at + 2, 4)), false),
        Some(b'N' | b'_') => (2, 2, false),
        Some(b'L' | b'P') => (2, 3, false),
        Some(b'\r' | b'\n') => {
            // An escaped line break goes with the next line's indentation.
            let rest = &source[at + 1..];
            let line = rest.find('\n').map_or(rest.len(), |n| n + 1);
            let indent = rest[line..].len() - rest[line..].trim_start_matches([' ', '\t']).len();
            (1 + line + indent, 0, false)
        }
        _ => (2, 1, false),
    }
}

/// Where the lines of a block scalar begin, and by how much they are indented.
fn block_lines(node: Node<'_>) -> (usize, usize) {
    let text = node.tree().text();
    let range = node.range();
    let header_end = scan::block_header_end(text, range.start as usize);
    let header = &text[range.start as usize..header_end];
    let first = scan::next_line(text, header_end);
    let indent_of = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let lines = text.get(first..range.end as usize).unwrap_or("").lines();
    let found = lines
        .clone()
        .find(|line| !line.trim_matches(' ').is_empty())
        .map_or(0, indent_of);
    let Some(digit) = header.bytes().find(u8::is_ascii_digit) else {
        return (first, found);
    };
    // The indicator counts from the enclosing collection, a compact one from its first key.
    let base = std::iter::successors(node.parent(), |node| node.parent())
        .find(|node| node.style() == Style::Block)
        .map_or(0, |parent| {
            let at = parent.range().start as usize;
            at - scan::line_start(text, at)
        });
    (first, (base + usize::from(digit - b'0')).min(found))
}

fn in_literal(node: Node<'_>, decoded: usize) -> usize {
    let tree = node.tree();
    let (mut line, indent) = block_lines(node);
    let before =
        &tree.scalar_text(node.id).as_bytes()[..decoded.min(tree.scalar_text(node.id).len())];
    for _ in before.iter().filter(|&&b| b == b'\n') {
        line = scan::next_line(tree.text(), line);
    }
    let column = before.len()
        - before
            .iter()
            .rposition(|&b| b == b'\n')
            .map_or(0, |n| n + 1);
    let end = scan::line_end(tree.text(), line);
    (line + indent + column).min(end)
}

/// Folding keeps every character but white space in order, so the two texts are walked side by
/// side.
fn in_folded(node: Node<'_>, decoded: usize) -> usize {
    let tree = node.tree();
    let source = tree.text().as_bytes();
    let (mut at, indent) = block_lines(node);
    let end = node.range().end as usize;
    at = (at + indent).min(end);
    let text = tree.scalar_text(node.id).as_bytes();
    for &byte in &text[..decoded.min(text.len())] {
        if matches!(byte, b' ' | b'\t' | b'\n') {
            if at < end && source[at] == byte && byte != b'\n' {
                at += 1;
            }
            continue;
        }
        while at < end && source[at] != byte {
            at += 1;
        }
        at = (at + 1).min(end);
    }
    // A byte that is not white space itself lies past the break and the indentation.
    if text
        .get(decoded)
        .is_some_and(|byte| !byte.is_ascii_whitespace())
    {
        while at < end && matches!(source[at], b' ' | b'\t' | b'\r' | b'\n') {
            at += 1;
        }
    }
    at
}

/// A range of a scalar's decoded text in the source.
pub(crate) fn range_in_source(node: Node<'_>, decoded: std::ops::Range<usize>) -> TextRange {
    let start = in_source(node, decoded.start);
    if decoded.is_empty() {
        return TextRange::empty(start);
    }
    // The end follows the last byte, so that a fold after it is left out.
    let text = node.tree().scalar_text(node.id);
    let mut last = decoded.end.min(text.len()).saturating_sub(1);
    while !text.is_char_boundary(last) {
        last -= 1;
    }
    let width = text[last..].chars().next().map_or(0, char::len_utf8);
    let at = in_source(node, last) as usize;
    let inner = node.range().end as usize;
    let source = node.tree().text();
    let read = match node.style() {
        Style::DoubleQuoted | Style::SingleQuoted if at + 1 < inner => {
            unit_len(source, at, inner - 1, node.style(), width)
        }
        _ => width,
    };
    let mut end = (at + read).clamp(start as usize, inner);
    // A broken line inside the scalar has shifted the two against each other.
    while !source.is_char_boundary(end) {
        end += 1;
    }
    TextRange::at(start as usize, end)
}

fn unit_len(source: &str, at: usize, end: usize, style: Style, width: usize) -> usize {
    match source.get(at..end) {
        Some(rest) if !rest.is_empty() => {
            let (read, _, verbatim) = unit(rest, 0, style);
            if verbatim { width } else { read }
        }
        _ => width,
    }
}

#[cfg(test)]
mod tests {
    use crate::{Dialect, Document, parse};

    /// Every character of the decoded text that is not white space must be found in the source.
    #[track_caller]
    fn check(text: &str, decoded: &str, probes: &[(&str, &str)]) {
        let tree = parse(text, Dialect::Core);
        // Half characters are an escape of JSON's, which the dialect reports.
        assert!(tree.errors().is_empty() || text.contains("\\uD83D"));
        let root = tree.documents().next().and_then(Document::root).unwrap();
        let node = root.get("k").unwrap();
        assert_eq!(node.str(), Some(decoded));
        for (probe, source) in probes {
            let at = decoded.find(probe).unwrap();
            let range = node.source_range(at..at + probe.len());
            assert_eq!(range.of(text), *source, "{probe}");
            assert_eq!(range.start, node.source_offset(at));
        }
    }

    #[test]
    fn escapes_and_folds_are_counted() {
        check(
            "k: \"a\\tb $X\\n\\u00e9 ${Y}\"\n",
            "a\tb $X\né ${Y}",
            &[("b", "b"), ("$X", "$X"), ("é", "\\u00e9"), ("${Y}", "${Y}")],
        );
        check(
            "k: \"\\U0001F600\\uD83D\\uDE00x \\\n   y\"\n",
            "😀😀x y",
            &[("x", "x"), ("y", "y")],
        );
        check(
            "k: 'it''s\n\n  $X'\n",
            "it's\n$X",
            &[("'", "''"), ("s", "s"), ("$X", "$X")],
        );
        check(
            "k: a\n  b  \n  c $X\n",
            "a b c $X",
            &[("b", "b"), ("c", "c"), ("$X", "$X")],
        );
    }

    #[test]
    fn block_scalars_are_mapped_line_by_line() {
        check(
            "k: |\n    a\n      b\n\n    é $X\n",
            "a\n  b\n\né $X\n",
            &[("a", "a"), ("  b", "  b"), ("$X", "$X")],
        );
        check(
            "k: |1-\n   a\n  $X\n",
            "  a\n $X",
            &[("a", "a"), ("$X", "$X")],
        );
        check(
            "k: >\n  a\n  b\n\n  c\n    d\n  $X\n",
            "a b\nc\n  d\n$X\n",
            &[("a", "a"), ("b", "b"), ("c", "c"), ("d", "d"), ("$X", "$X")],
        );
    }
}
