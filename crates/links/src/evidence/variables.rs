//! Variables of scripts, Makefiles and workflows, as far as one file tells their values.

use std::collections::HashMap;

/// The longest value that is put in, in bytes.
const MAX_VALUE: usize = 512;
/// How deep values may refer to each other.
const MAX_DEPTH: u32 = 8;

/// `NAME=value`, `NAME := value`, `NAME ?= value` at the beginning of a line; the first counts.
#[derive(Debug, Default)]
pub(super) struct Variables<'t> {
    values: HashMap<&'t str, &'t str>,
}

impl<'t> Variables<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let mut values = HashMap::new();
        for line in text.lines().take(20_000) {
            let line = line
                .trim()
                .trim_start_matches("export ")
                .trim_start_matches("ARG ");
            let Some(at) = line.find('=') else { continue };
            let name = line[..at].trim_end_matches([':', '?', '+']).trim_end();
            let is_name =
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !is_name {
                continue;
            }
            let value = line[at + 1..].trim().trim_matches(['"', '\'']);
            if value.len() <= MAX_VALUE && !value.contains([' ', '`']) && !value.contains("$(shell")
            {
                values.entry(name).or_insert(value);
            }
        }
        Self { values }
    }

    /// The text with known variables put in; unknown ones stay as they are.
    pub(super) fn expand(&self, text: &str) -> String {
        self.expanded(text, 0)
    }

    fn expanded(&self, text: &str, depth: u32) -> String {
        if !text.contains('$') || depth > MAX_DEPTH {
            return text.to_owned();
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let (name, len) = match after.as_bytes().first() {
                Some(b'{') => between(after, '}'),
                Some(b'(') => between(after, ')'),
                _ => {
                    let len = after
                        .bytes()
                        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
                        .count();
                    (&after[..len], len)
                }
            };
            // `${TAG:-latest}` says what holds when nobody says otherwise.
            let (name, default) = match name.split_once(":-") {
                Some((name, default)) => (name, Some(default)),
                None => (name, None),
            };
            match self.values.get(name).copied().or(default) {
                Some(value) if out.len() < MAX_VALUE => {
                    out.push_str(&self.expanded(value, depth + 1));
                }
                _ => out.push_str(&rest[at..=at + len]),
            }
            rest = &after[len..];
        }
        out.push_str(rest);
        out
    }
}

/// What stands between the brackets that `text` begins with, and its length with them.
fn between(text: &str, close: char) -> (&str, usize) {
    match text.find(close) {
        Some(end) => (&text[1..end], end + 1),
        None => ("", text.len()),
    }
}

/// A text with `${{ … }}` made a variable that nothing knows, so that its spaces part no words.
pub(super) fn without_expressions(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${{") {
        out.push_str(&rest[..at]);
        out.push_str("${EXPRESSION}");
        rest = rest[at..]
            .find("}}")
            .map_or("", |end| &rest[at + end + 2..]);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::{Variables, without_expressions};

    #[test]
    fn values_come_from_the_file_alone() {
        let text = "NAME := web\nREPO ?= acme\nIMAGE = $(REPO)/$(NAME)\nSHA = $(shell git rev-parse HEAD)\n";
        let variables = Variables::of(text);
        assert_eq!(variables.expand("$(IMAGE):${SHA}"), "acme/web:${SHA}");
        assert_eq!(variables.expand("$OTHER/$NAME"), "$OTHER/web");
        assert_eq!(variables.expand("${X:-y}/$"), "y/$");
        let endless = "A = $(B)$(B)\nB = $(A)$(A)\n";
        assert!(Variables::of(endless).expand("$(A)").len() < 20_000);
    }

    #[test]
    fn expressions_are_one_word() {
        assert_eq!(
            without_expressions("a/${{ x.y || 'z' }}:1"),
            "a/${EXPRESSION}:1"
        );
    }
}
