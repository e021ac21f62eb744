//! Values as one line of text, in the form that the oracles print: null is `n`, booleans `t` or
//! `f`, integers `i…`, floats `x` and the bits in hexadecimal, strings are JSON, and mappings
//! are sorted by their encoded keys.

use std::fmt::Write as _;

use plimsoll_yaml::{Kind, Node, Scalar, Tree};

/// All documents of a stream.
pub(crate) fn encode(tree: &Tree) -> String {
    let documents: Vec<String> = tree
        .documents()
        .map(|document| document.root().map_or_else(|| "n".into(), encode_node))
        .collect();
    documents.join("\n")
}

/// One node, aliases followed and merges applied.
pub(crate) fn encode_node(node: Node<'_>) -> String {
    let node = node.resolve();
    match node.kind() {
        Kind::Sequence => {
            let items: Vec<String> = node.items().map(encode_node).collect();
            format!("[{}]", items.join(","))
        }
        Kind::Mapping => {
            let mut entries: Vec<(String, String)> = Vec::new();
            for entry in node.merged_entries() {
                let key = encode_node(entry.key);
                let value = encode_node(entry.value);
                match entries.iter_mut().find(|(other, _)| *other == key) {
                    Some(slot) => slot.1 = value,
                    None => entries.push((key, value)),
                }
            }
            let mut lines: Vec<String> = entries
                .into_iter()
                .map(|(key, value)| format!("{key}:{value}"))
                .collect();
            lines.sort();
            format!("{{{}}}", lines.join(","))
        }
        Kind::Scalar | Kind::Alias => encode_scalar(node.scalar()),
    }
}

pub(crate) fn encode_scalar(scalar: Option<Scalar<'_>>) -> String {
    match scalar {
        None => "?".into(),
        Some(Scalar::Null) => "n".into(),
        Some(Scalar::Bool(value)) => if value { "t" } else { "f" }.into(),
        Some(Scalar::Int(value)) => format!("i{value}"),
        Some(Scalar::UInt(value)) => format!("i{value}"),
        Some(Scalar::Float(value)) if value.is_nan() => "xNaN".into(),
        Some(Scalar::Float(value)) => format!("x{:016x}", value.to_bits()),
        Some(Scalar::Str(text)) => json(&text),
    }
}

/// A string as Go's JSON encoder writes it (without escaping HTML).
pub(crate) fn json(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            // Go marks it: it is how bytes come out that are no text.
            '\u{fffd}' => out.push_str("\\ufffd"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
