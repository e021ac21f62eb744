//! Words: unquoting, and variable expansion with every modifier BuildKit knows.
#![expect(clippy::todo, reason = "skeleton being filled in")]

use plimsoll_source::TextRange;

use crate::syntax::Word;

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
    let _ = (word, source, escape, lookup);
    todo!()
}

/// The variables of a word (those in single quotes or escaped are none), nested ones included.
pub fn variables(word: &Word, source: &str, escape: char) -> Vec<Variable> {
    let _ = (word, source, escape);
    todo!()
}
