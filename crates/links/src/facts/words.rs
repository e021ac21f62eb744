//! Words of command lines, and the variables in them.

use plimsoll_compose::interpolation::UNKNOWN;
use plimsoll_dockerfile::shell::ShellWord;
use plimsoll_source::Place;

/// Stands for a `$` that begins no variable: in quotes that keep it, or where nothing expands.
/// No text of a file under review can hold it and mean anything.
pub(super) const KEPT: char = '\u{1}';

/// A word of a command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// Its text without quotes. Variables that are put in when it runs stand in it as `${NAME}`
    /// or `${NAME:-default}`.
    pub text: Box<str>,
    /// Where it is written. Of a script in the build context, the word that starts the script.
    pub place: Place,
}

/// A variable in a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Variable<'t> {
    /// Its name.
    pub name: &'t str,
    /// What holds when it is not set.
    pub default: Option<&'t str>,
}

/// A part of a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part<'t> {
    /// Text.
    Text(&'t str),
    /// A variable.
    Variable(Variable<'t>),
    /// A substitution or an expansion that nothing here reads.
    Unknown,
}

impl Word {
    /// A word of these letters.
    pub fn new(text: impl Into<Box<str>>, place: Place) -> Self {
        Self {
            text: text.into(),
            place,
        }
    }

    /// Whether nothing is put into it.
    pub fn is_literal(&self) -> bool {
        !self.text.contains(['$', UNKNOWN])
    }

    /// Its parts.
    pub fn parts(&self) -> Vec<Part<'_>> {
        parts(&self.text)
    }
}

/// Takes a text apart at its variables.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', UNKNOWN]) {
        if at > 0 {
            found.push(Part::Text(&rest[..at]));
        }
        let after = &rest[at + 1..];
        if rest[at..].starts_with(UNKNOWN) {
            found.push(Part::Unknown);
            rest = after;
            continue;
        }
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        match after.as_bytes().first() {
            Some(b'{') => {
                let end = after.find('}').unwrap_or(after.len());
                let inner = &after[1..end.max(1)];
                let len = inner.bytes().take_while(is_name).count();
                let (name, operation) = inner.split_at(len);
                let default = operation
                    .strip_prefix(":-")
                    .or_else(|| operation.strip_prefix('-'))
                    .or_else(|| operation.strip_prefix(":="));
                found.push(
                    if name.is_empty() || (default.is_none() && !operation.is_empty()) {
                        Part::Unknown
                    } else {
                        Part::Variable(Variable { name, default })
                    },
                );
                rest = after.get(end + 1..).unwrap_or("");
            }
            Some(b'(') => {
                // `$(NAME)` of Kubernetes; anything else is a substitution.
                let end = after.find(')').unwrap_or(after.len());
                let name = &after[1..end.max(1)];
                found.push(if !name.is_empty() && name.bytes().all(|b| is_name(&b)) {
                    Part::Variable(Variable {
                        name,
                        default: None,
                    })
                } else {
                    Part::Unknown
                });
                rest = after.get(end + 1..).unwrap_or("");
            }
            Some(b) if is_name(b) && !b.is_ascii_digit() => {
                let len = after.bytes().take_while(is_name).count();
                found.push(Part::Variable(Variable {
                    name: &after[..len],
                    default: None,
                }));
                rest = &after[len..];
            }
            _ => {
                found.push(Part::Unknown);
                rest = after
                    .char_indices()
                    .nth(1)
                    .map_or("", |(next, _)| &after[next..]);
            }
        }
    }
    if !rest.is_empty() {
        found.push(Part::Text(rest));
    }
    found
}

/// A word of a script.
pub(super) fn of_shell(word: &ShellWord, place: Place) -> Word {
    match word.literal() {
        Some(text) => Word::new(kept(text), place),
        None => Word::new(unquoted(word.text()), place),
    }
}

/// The text with every `$` kept as it is.
pub(super) fn kept(text: &str) -> String {
    text.replace('$', KEPT.encode_utf8(&mut [0; 4]))
}

/// The text as a shell is given it.
pub(super) fn for_shell(text: &str) -> String {
    text.replace(KEPT, "$")
}

/// The text without its quotes and backslashes; what is single-quoted keeps no variables.
fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    let mut single = false;
    while let Some(c) = chars.next() {
        match c {
            '\'' => single = !single,
            '"' if !single => {}
            '\\' if !single => out.extend(chars.next()),
            '$' if single => out.push(KEPT),
            c => out.push(c),
        }
    }
    out
}

/// Splits a line into words as Compose does: quotes join, nothing is expanded. Each word comes
/// with its range.
pub(super) fn split(line: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let mut word: Option<(String, usize)> = None;
    let mut quote: Option<char> = None;
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if quote.is_none() && c.is_whitespace() {
            found.extend(word.take().map(|(text, start)| (text, start..at)));
            continue;
        }
        let (text, _) = word.get_or_insert_with(|| (String::new(), at));
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None | Some('"'), '\\') => text.extend(chars.next().map(|(_, c)| c)),
            _ => text.push(c),
        }
    }
    found.extend(word.take().map(|(text, start)| (text, start..line.len())));
    found
}

#[cfg(test)]
mod tests {
    use super::{Part, Variable, parts, split, unquoted};

    #[test]
    fn variables_are_told_from_text() {
        let named = |name, default| Part::Variable(Variable { name, default });
        assert_eq!(
            parts("0.0.0.0:${PORT:-80}"),
            [Part::Text("0.0.0.0:"), named("PORT", Some("80"))]
        );
        assert_eq!(
            parts("$A/$(B)x"),
            [
                named("A", None),
                Part::Text("/"),
                named("B", None),
                Part::Text("x")
            ]
        );
        assert_eq!(parts("$(cat /x)"), [Part::Unknown]);
        assert_eq!(parts("$@"), [Part::Unknown]);
        assert_eq!(parts("${A#x}$"), [Part::Unknown, Part::Unknown]);
        assert_eq!(parts("${é}"), [Part::Unknown]);
        assert_eq!(parts("a"), [Part::Text("a")]);
    }

    #[test]
    fn quotes_are_taken_off() {
        assert_eq!(unquoted("\"$PORT\""), "$PORT");
        assert_eq!(unquoted("'$A'\\ b"), "\u{1}A b");
    }

    #[test]
    fn lines_become_words() {
        let words: Vec<_> = split("sh -c \"a && b\"  'x y'")
            .into_iter()
            .map(|w| w.0)
            .collect();
        assert_eq!(words, ["sh", "-c", "a && b", "x y"]);
        assert_eq!(split("a b")[1].1, 2..3);
    }
}
