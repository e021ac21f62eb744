//! New text: quoting, block layout, and one-line flow form.

use std::fmt::Write as _;

use super::place;
use crate::tree::{Kind, Style, Tree};
use crate::value::Scalar;
use crate::{Dialect, Document, Node, parse};

/// `text` as a scalar in the quoting that `node` has.
pub(super) fn in_style_of(node: Node<'_>, text: &str) -> String {
    match node.style() {
        Style::SingleQuoted => single_quoted(text).unwrap_or_else(|| double_quoted(text)),
        Style::DoubleQuoted => double_quoted(text),
        _ => {
            let tree = node.tree();
            let string = node.as_str().is_some() || node.is_null();
            let mut flow = place::in_flow(node);
            // `[a: b]`: the collection around the pair is flow as well.
            flow |= node.parent().is_some_and(place::in_flow);
            plain(
                text,
                Place {
                    dialect: tree.dialect(),
                    key: node.is_key(),
                    flow,
                },
                string,
            )
        }
    }
}

/// Where a scalar is going to stand.
#[derive(Clone, Copy)]
struct Place {
    dialect: Dialect,
    key: bool,
    flow: bool,
}

/// `text` plain, if it is then read as itself; double-quoted otherwise. With `string` it must
/// be read as a string.
fn plain(text: &str, place: Place, string: bool) -> String {
    if is_plain(text, place, string) {
        text.to_owned()
    } else {
        double_quoted(text)
    }
}

/// The longest scalar that is tried plain.
const MAX_PLAIN: usize = 1000;

fn is_plain(text: &str, place: Place, string: bool) -> bool {
    if text.is_empty() || text.len() > MAX_PLAIN || text.contains(['\n', '\r', '\u{feff}']) {
        return false;
    }
    if place.flow && text.contains([',', '[', ']', '{', '}']) {
        return false;
    }
    // The parser itself is asked.
    let tree = parse(
        match (place.flow, place.key) {
            (false, false) => format!("k: {text}\n"),
            (false, true) => format!("{text}: v\n"),
            (true, false) => format!("[ {text} ]\n"),
            (true, true) => format!("{{ {text} : v }}\n"),
        },
        place.dialect,
    );
    let mut documents = tree.documents();
    let root = documents.next().and_then(Document::root);
    let node = root.and_then(|root| match (place.flow, place.key) {
        (true, false) => root.items().next(),
        (_, true) => root.entries().next().map(|entry| entry.key),
        (false, false) => root.entries().next().map(|entry| entry.value),
    });
    let Some((root, node)) = root.zip(node) else {
        return false;
    };
    tree.errors().is_empty()
        && tree.comments().is_empty()
        && documents.next().is_none()
        && root.len() == 1
        && node.kind() == Kind::Scalar
        && node.style() == Style::Plain
        && node.full_range() == node.range()
        && node.str() == Some(text)
        && (!string || matches!(node.scalar(), Some(Scalar::Str(_))))
}

fn single_quoted(text: &str) -> Option<String> {
    let fits = text
        .chars()
        .all(|c| c == '\t' || !(c.is_control() || is_break(c)));
    fits.then(|| format!("'{}'", text.replace('\'', "''")))
}

const fn is_break(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// `text` in double quotes, in the escapes that JSON knows too.
pub(super) fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_break(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The header and the lines of a literal block scalar; `None` if it cannot hold the text.
pub(super) fn literal(text: &str, indent: usize, eol: &str) -> Option<(String, String)> {
    let content = text.trim_end_matches('\n');
    if content.is_empty() || indent == 0 {
        return None;
    }
    let printable = |c: char| matches!(c, '\n' | '\t') || !(c.is_control() || is_break(c));
    if !text.chars().all(printable) {
        return None;
    }
    let first = content.lines().next().unwrap_or("");
    // A leading space or blank line would be taken for indentation.
    if first.starts_with([' ', '\t'])
        || first.is_empty()
        || content
            .lines()
            .any(|l| !l.is_empty() && l.trim().is_empty())
    {
        return None;
    }
    let breaks = text.len() - content.len();
    let header = match breaks {
        0 => "|-",
        1 => "|",
        _ => "|+",
    };
    let mut body = String::new();
    for line in content.split('\n') {
        body.push_str(eol);
        if !line.is_empty() {
            let _ = write!(body, "{:indent$}{line}", "");
        }
    }
    for _ in 1..breaks {
        body.push_str(eol);
    }
    Some((header.into(), body))
}

/// A key as text.
fn key_text(key: &str, dialect: Dialect, flow: bool, json: bool) -> String {
    if json {
        double_quoted(key)
    } else {
        plain(
            key,
            Place {
                dialect,
                key: true,
                flow,
            },
            true,
        )
    }
}

/// A value for a key of a block mapping.
pub(super) struct BlockValue {
    /// Whether it stands on the lines below the key.
    pub(super) below: bool,
    /// The columns of its lines.
    pub(super) indent: usize,
    /// The text, every line but the first indented.
    pub(super) text: String,
}

impl BlockValue {
    /// Lays `block` out below a key at column `outer`.
    pub(super) fn new(near: Node<'_>, outer: usize, block: &str) -> Self {
        let block = block.trim_end();
        let eol = place::line_break(near.tree().text());
        let shape = Shape::of(block, near.tree().dialect());
        let step = match shape {
            Shape::BlockSequence => place::sequence_step(near),
            // An indentation indicator counts from the key.
            Shape::Inline {
                explicit_indent: true,
            } => 0,
            _ => place::step(near),
        };
        let indent = outer + step;
        let below = !matches!(shape, Shape::Inline { .. });
        Self {
            below,
            indent,
            text: indented(block, indent, eol),
        }
    }
}

/// `block` with every line but the first indented.
fn indented(block: &str, indent: usize, eol: &str) -> String {
    let mut out = String::with_capacity(block.len() + 16);
    for (number, line) in block.lines().enumerate() {
        if number > 0 {
            out.push_str(eol);
            if !line.is_empty() {
                let _ = write!(out, "{:indent$}", "");
            }
        }
        out.push_str(line);
    }
    out
}

/// How a piece of YAML text sits under a key.
enum Shape {
    /// It can start on the key's line.
    Inline {
        explicit_indent: bool,
    },
    BlockSequence,
    Below,
}

impl Shape {
    fn of(block: &str, dialect: Dialect) -> Self {
        let tree = parse(block, dialect);
        let root = tree.documents().next().and_then(Document::root);
        let Some(root) = root else {
            return Self::Inline {
                explicit_indent: false,
            };
        };
        let first = block.len() - block.trim_start().len();
        if root.full_range().start as usize > first {
            // A comment comes first.
            return Self::Below;
        }
        match (root.style(), root.kind()) {
            (Style::Block, Kind::Sequence) if root.full_range() == root.range() => {
                Self::BlockSequence
            }
            (Style::Block, _) if root.full_range() == root.range() => Self::Below,
            (Style::Literal | Style::Folded, _) => {
                let header = root.source().bytes().take(3);
                Self::Inline {
                    explicit_indent: header.into_iter().any(|b| b.is_ascii_digit()),
                }
            }
            _ => Self::Inline {
                explicit_indent: false,
            },
        }
    }
}

/// `key: block` for a block mapping whose keys stand at column `indent`.
pub(super) fn block_entry(near: Node<'_>, indent: usize, key: &str, block: &str) -> String {
    let key = key_text(key, near.tree().dialect(), false, false);
    let value = BlockValue::new(near, indent, block);
    if value.text.is_empty() {
        format!("{key}:")
    } else if value.below {
        let eol = place::line_break(near.tree().text());
        format!(
            "{key}:{eol}{:width$}{}",
            "",
            value.text,
            width = value.indent
        )
    } else {
        format!("{key}: {}", value.text)
    }
}

/// `- block` for a block sequence whose dashes stand at column `indent`.
pub(super) fn block_item(near: Node<'_>, indent: usize, block: &str) -> String {
    let eol = place::line_break(near.tree().text());
    let block = block.trim_end();
    if block.is_empty() {
        return "-".into();
    }
    let explicit = matches!(
        Shape::of(block, near.tree().dialect()),
        Shape::Inline {
            explicit_indent: true
        }
    );
    let inner = if explicit { indent } else { indent + 2 };
    format!("- {}", indented(block, inner, eol))
}

/// The mappings of `path` around `block`.
pub(super) fn nested(path: &[&str], block: &str, step: usize) -> String {
    let mut text = block.trim_end().to_owned();
    for key in path.iter().rev() {
        let key = key_text(key, Dialect::GoV2, false, false);
        text = match Shape::of(&text, Dialect::GoV2) {
            _ if text.is_empty() => format!("{key}:"),
            Shape::Inline { explicit_indent } => {
                let indent = if explicit_indent { 0 } else { step };
                format!("{key}: {}", indented(&text, indent, "\n"))
            }
            _ => format!("{key}:\n{:step$}{}", "", indented(&text, step, "\n")),
        };
    }
    text
}

/// `key: block` on one line, for a flow mapping.
pub(super) fn flow_entry(near: Node<'_>, key: &str, block: &str, json: bool) -> String {
    let key = key_text(key, near.tree().dialect(), true, json);
    let value = flow_value(near, block, json);
    if value.is_empty() {
        format!("{key}:")
    } else {
        format!("{key}: {value}")
    }
}

/// `block` on one line, for a place in a flow collection.
pub(super) fn flow_value(near: Node<'_>, block: &str, json: bool) -> String {
    // The last line is a whole one.
    let tree = parse(format!("{block}\n"), near.tree().dialect());
    let root = tree.documents().next().and_then(Document::root);
    let Some(root) = root else {
        return if json { "null".into() } else { String::new() };
    };
    let mut out = String::new();
    write_flow(&tree, root, json, &mut out);
    out
}

/// Recursion is as deep as the nesting, which the parser bounds.
fn write_flow(tree: &Tree, node: Node<'_>, json: bool, out: &mut String) {
    if !json {
        if let Some((_, range)) = node.tag() {
            let _ = write!(out, "{} ", range.of(tree.text()));
        }
        if let Some((_, range)) = node.anchor() {
            let _ = write!(out, "{} ", range.of(tree.text()));
        }
    }
    match node.kind() {
        Kind::Alias => out.push_str(node.source()),
        Kind::Scalar => out.push_str(&flow_scalar(node, json)),
        Kind::Sequence => {
            out.push('[');
            for (number, item) in node.items().enumerate() {
                out.push_str(if number > 0 { ", " } else { "" });
                write_flow(tree, item, json, out);
            }
            out.push(']');
        }
        Kind::Mapping => {
            out.push('{');
            for (number, entry) in node.entries().enumerate() {
                out.push_str(if number > 0 { ", " } else { "" });
                if json {
                    out.push_str(&double_quoted(entry.key.str().unwrap_or("")));
                } else {
                    write_flow(tree, entry.key, json, out);
                }
                out.push_str(": ");
                write_flow(tree, entry.value, json, out);
            }
            out.push('}');
        }
    }
}

fn flow_scalar(node: Node<'_>, json: bool) -> String {
    let text = node.str().unwrap_or("");
    let scalar = node.scalar();
    let one_line = !node.source().contains('\n');
    match node.style() {
        _ if json => match scalar {
            Some(Scalar::Null) => "null".into(),
            Some(Scalar::Bool(value)) => value.to_string(),
            Some(Scalar::Int(value)) => value.to_string(),
            Some(Scalar::UInt(value)) => value.to_string(),
            Some(Scalar::Float(value)) if value.is_finite() => value.to_string(),
            _ => double_quoted(text),
        },
        Style::DoubleQuoted | Style::SingleQuoted if one_line => node.source().to_owned(),
        Style::Plain if text.is_empty() => "null".into(),
        Style::Plain => plain(
            text,
            Place {
                dialect: node.tree().dialect(),
                key: node.is_key(),
                flow: true,
            },
            false,
        ),
        _ => double_quoted(text),
    }
}
