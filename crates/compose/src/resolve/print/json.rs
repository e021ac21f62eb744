//! JSON as Go's `MarshalIndent` writes it, with two spaces.

use std::fmt::Write as _;

use super::doc::Doc;

pub(super) fn write(document: &Doc) -> String {
    let mut out = String::new();
    node(document, 0, &mut out);
    out
}

fn node(document: &Doc, depth: usize, out: &mut String) {
    match document {
        Doc::Null => out.push_str("null"),
        Doc::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Doc::Number(digits) => out.push_str(digits),
        Doc::Text(text) | Doc::Time(text) => string(text, out),
        Doc::List(items) if items.is_empty() => out.push_str("[]"),
        Doc::List(items) => {
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                separate(number, depth + 1, out);
                node(item, depth + 1, out);
            }
            line(depth, out);
            out.push(']');
        }
        Doc::Map(entries) if entries.is_empty() => out.push_str("{}"),
        Doc::Map(entries) => {
            out.push('{');
            for (number, (key, value)) in entries.iter().enumerate() {
                separate(number, depth + 1, out);
                string(key, out);
                out.push_str(": ");
                node(value, depth + 1, out);
            }
            line(depth, out);
            out.push('}');
        }
    }
}

fn separate(number: usize, depth: usize, out: &mut String) {
    if number > 0 {
        out.push(',');
    }
    line(depth, out);
}

fn line(depth: usize, out: &mut String) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str("  ");
    }
}

/// Go also escapes what HTML and JavaScript would misread.
fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_indented_and_escaped() {
        let document = Doc::Map(vec![
            ("a".into(), Doc::List(vec![Doc::Null, Doc::Bool(true)])),
            ("b<".into(), Doc::Map(vec![])),
            ("c".into(), Doc::Text("\"\n\u{1}é".into())),
        ]);
        assert_eq!(
            write(&document),
            "{\n  \"a\": [\n    null,\n    true\n  ],\n  \"b\\u003c\": {},\n  \
             \"c\": \"\\\"\\n\\u0001é\"\n}"
        );
    }
}
