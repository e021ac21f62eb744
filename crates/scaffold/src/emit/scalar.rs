//! Texts as scalars of YAML.

use std::fmt::Write as _;

/// A text as YAML: plain where every reader takes it as this text, in quotes otherwise.
pub(crate) fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A text in double quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a text comes out of a block of lines as it went in.
pub(crate) fn fits_lines(text: &str) -> bool {
    let is_plain = |c: char| {
        c == '\n'
            || c == '\t'
            || !(c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}'))
    };
    // The first line says how deep the block stands, and a tab there would be refused.
    let starts = text.starts_with([' ', '\t', '\n']);
    text.trim_end_matches('\n').contains('\n') && !starts && text.chars().all(is_plain)
}

/// A text that a template prints as it is.
pub(crate) fn literal(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

/// Stricter than YAML has to be: what 1.1 and 1.2 read differently is quoted.
fn is_plain(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " _./:@+=,%~-".contains(c);
    let starts = |c: char| c.is_ascii_alphanumeric() || c == '/' || c == '_';
    let is_path = text == "." || text.starts_with("./") || text.starts_with("../");
    (text.chars().next().is_some_and(starts) || is_path)
        && text.chars().all(allowed)
        && !text.ends_with([':', ' '])
        && !text.contains(": ")
        && !is_word(text)
        && !is_numeric(text)
}

/// Whether YAML 1.1 or 1.2 reads it as a truth value or as nothing.
fn is_word(text: &str) -> bool {
    const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "y", "n", "null"];
    let lower = text.to_ascii_lowercase();
    WORDS.contains(&lower.as_str())
}

/// Whether it may be a number, a version, a time or a date.
fn is_numeric(text: &str) -> bool {
    let numeric = |c: char| c.is_ascii_hexdigit() || "._:+-xXoO".contains(c);
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(numeric)
}

#[cfg(test)]
mod tests {
    use super::scalar;

    #[test]
    fn texts_stay_texts() {
        for plain in [
            "payments",
            "64Mi",
            "100m",
            "/tmp",
            ".",
            "./a",
            "ghcr.io/a/b:1.0",
            "a b",
        ] {
            assert_eq!(scalar(plain), plain);
        }
        for text in [
            "",
            "8000",
            "1.0",
            "1e3",
            "0x1f",
            "12:30",
            "2024-01-01",
            "yes",
            "Null",
            "a: b",
            "#x",
            "- a",
            "*x",
            "a:",
            " a",
            "{a}",
            "a#b",
            "'a'",
            "~",
            ".inf",
        ] {
            assert_eq!(scalar(text), format!("\"{text}\""), "{text}");
        }
        assert_eq!(scalar("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
        assert_eq!(scalar("\u{1}"), "\"\\u0001\"");
    }
}
