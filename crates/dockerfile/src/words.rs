//! Words: unquoting, and variable expansion with every modifier BuildKit knows.

use plimsoll_source::TextRange;

use crate::syntax::Word;
use crate::syntax::lines::{Logical, rejoin};

pub(crate) mod lexer;
mod pattern;

use lexer::{Fault, Found, Mode};

/// A variable reference inside a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// From `$` to the end of the reference.
    pub range: TextRange,
    /// Its name.
    pub name: Box<str>,
    /// The operator (`:-`, `-`, `:+`, `+`, `:?`, `?`, `#`, `##`, `%`, `%%`, `/`, `//`), if any.
    pub operator: Option<&'static str>,
}

/// The result of expanding a word.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expanded {
    /// The text, quotes removed.
    pub text: String,
    /// Names that had no value and no default.
    pub unset: Vec<Box<str>>,
    /// Names that had no value where a modifier (`-`, `+` and their like) gave something else.
    pub defaulted: Vec<Box<str>>,
}

/// Why a word cannot be expanded (unterminated quote, bad modifier, `${v:?message}`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExpandError {
    /// Where in the source.
    pub range: TextRange,
    /// What is wrong.
    pub message: String,
}

/// Expands a word with `lookup` as the environment, as BuildKit's `ProcessWord` does.
pub fn expand(
    word: &Word,
    source: &str,
    escape: char,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Expanded, ExpandError> {
    if is_plain(&word.value, escape) {
        return Ok(Expanded {
            text: word.value.to_string(),
            ..Expanded::default()
        });
    }
    finish(
        word,
        source,
        escape,
        lexer::word(&word.value, Mode::expand(escape), lookup),
    )
}

/// Expands a word; references without a value and without a default stay as they are written.
pub(crate) fn expand_known(
    word: &Word,
    source: &str,
    escape: char,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Expanded, ExpandError> {
    if is_plain(&word.value, escape) {
        return Ok(Expanded {
            text: word.value.to_string(),
            ..Expanded::default()
        });
    }
    let mode = Mode {
        unset: lexer::Unset::Written,
        ..Mode::expand(escape)
    };
    finish(word, source, escape, lexer::word(&word.value, mode, lookup))
}

fn finish(
    word: &Word,
    source: &str,
    escape: char,
    (result, found): (Result<String, Fault>, Found),
) -> Result<Expanded, ExpandError> {
    match result {
        Ok(text) => Ok(Expanded {
            text,
            unset: found.unset,
            defaulted: found.defaulted,
        }),
        Err(fault) => Err(ExpandError {
            range: place(word, source, escape, fault.at),
            message: fault.message,
        }),
    }
}

/// Whether expansion leaves the text as it is.
pub(crate) fn is_plain(text: &str, escape: char) -> bool {
    !text
        .bytes()
        .any(|byte| matches!(byte, b'$' | b'\'' | b'"') || byte == escape as u8)
        && !text.starts_with('\u{feff}')
}

/// The variables of a word (those in single quotes or escaped are none), nested ones included.
pub fn variables(word: &Word, source: &str, escape: char) -> Vec<Variable> {
    if !word.value.contains('$') {
        return Vec::new();
    }
    // Every variable counts as set and not empty, so that no branch ends the scan early; what
    // was found before an error still stands there.
    let (_, found) = lexer::word(&word.value, Mode::expand(escape), &|_| {
        Some(String::from("x"))
    });
    let map = Map::new(word, source, escape);
    found
        .references
        .into_iter()
        .map(|seen| Variable {
            range: map.range(seen.start, seen.end),
            name: seen.name,
            operator: seen.operator,
        })
        .collect()
}

/// From offset `at` of the word's text to its end.
pub(crate) fn place(word: &Word, source: &str, escape: char, at: usize) -> TextRange {
    Map::new(word, source, escape).range(at, word.value.len())
}

/// The way from a word's text to the source.
enum Map<'s> {
    /// The source has the text, continuations apart.
    Line(Logical<'s>),
    /// The source has something else (a JSON string or a flag with escapes): all of it.
    Whole(TextRange),
}

impl<'s> Map<'s> {
    fn new(word: &Word, source: &'s str, escape: char) -> Self {
        let line = rejoin(source, word.range, escape);
        if *line.text == *word.value {
            return Self::Line(line);
        }
        // A JSON string without escapes is the text between the quotes.
        if word.range.len() >= 2 && source.as_bytes()[word.range.start as usize] == b'"' {
            let inner = TextRange::new(word.range.start + 1, word.range.end - 1);
            let line = rejoin(source, inner, escape);
            if *line.text == *word.value {
                return Self::Line(line);
            }
        }
        Self::Whole(word.range)
    }

    fn range(&self, start: usize, end: usize) -> TextRange {
        match self {
            Self::Line(line) => line.range(start, end),
            Self::Whole(range) => *range,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Word {
        Word {
            range: TextRange::new(0, text.len() as u32),
            value: text.into(),
        }
    }

    fn expanded(text: &str) -> Result<String, String> {
        let env = |name: &str| match name {
            "A" => Some("a b".to_owned()),
            "EMPTY" => Some(String::new()),
            "V" => Some("foo-bar-baz".to_owned()),
            _ => None,
        };
        expand(&word(text), text, '\\', &env)
            .map(|e| e.text)
            .map_err(|e| e.message)
    }

    #[test]
    fn words_are_expanded_as_the_builder_does() {
        for (text, want) in [
            ("x$A-y", "xa b-y"),
            ("'$A'\"$A\"", "$Aa b"),
            ("\\$A", "$A"),
            ("\"\\$A \\x\"", "$A \\x"),
            ("${N:-d${A}}", "da b"),
            ("${EMPTY-d}|${EMPTY:-d}", "|d"),
            ("${A:+y}${N+y}", "y"),
            (
                "${V#*-}|${V##*-}|${V%-*}|${V%%-*}",
                "bar-baz|baz|foo-bar|foo",
            ),
            ("${V/ba?/X}|${V//ba?/X}", "foo-X-baz|foo-X-X"),
            ("$", "$"),
            ("$1x", "x"),
            ("a\\", "a"),
        ] {
            assert_eq!(expanded(text).as_deref(), Ok(want), "{text}");
        }
        for bad in [
            "${",
            "${}",
            "${A",
            "'a",
            "\"a",
            "${A^}",
            "${N?}",
            "${EMPTY:?x}",
            "${A:#x}",
        ] {
            assert!(expanded(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn variables_have_their_places() {
        let text = "a$B-${C:-$D}'$E'";
        let found = variables(&word(text), text, '\\');
        let told: Vec<_> = found
            .iter()
            .map(|v| (v.range.of(text), &*v.name, v.operator))
            .collect();
        assert_eq!(
            told,
            [
                ("$B", "B", None),
                ("${C:-$D}", "C", Some(":-")),
                ("$D", "D", None)
            ]
        );
    }

    #[test]
    fn names_without_a_value_are_told() {
        let text = "$N${M:-$O}${P:+$Q}";
        let unset = expand(&word(text), text, '\\', &|_| None).map(|e| e.unset);
        assert_eq!(unset, Ok(vec!["N".into(), "O".into()]));
    }
}
