//! Reading exactly as go.yaml.in/yaml/v2 does, errors included: what kubectl, Helm and the API
//! server say of a text.
//!
//! The tree of this crate ([`crate::parse`]) never fails and keeps everything; this reader stops
//! at the first error and has the reference's words and line for it, and decodes what the
//! reference decodes: the first document, with aliases expanded and merges applied. It scans as
//! libyaml does, because which error comes first, and on which line, follows from that. Texts
//! without anything that could go wrong are read by a shorter way ([`simple`]).
//!
//! Invariants: never panics; no recursion over what the text nests beyond [`MAX_DEPTH`]; time
//! and memory are linear in the text, but for aliases, which are bounded as in the reference.

mod compose;
mod decode;
mod parse;
mod scalar;
mod scan;
mod simple;
mod source;
mod words;

use std::borrow::Cow;
use std::ops::Range;

/// Collections in collections: what nests deeper is refused, though the reference takes 10,000.
pub const MAX_DEPTH: usize = 256;

/// Why a text was not read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text}")]
pub struct GoError {
    text: String,
    limit: bool,
}

impl GoError {
    fn new(text: String) -> Self {
        Self { text, limit: false }
    }

    fn at(line: Option<usize>, problem: &str) -> Self {
        Self::new(match line {
            Some(line) => format!("yaml: line {line}: {problem}"),
            None => format!("yaml: {problem}"),
        })
    }

    fn too_deep() -> Self {
        Self {
            text: format!("the YAML is nested more than {MAX_DEPTH} levels deep"),
            limit: true,
        }
    }

    /// Whether it is a limit of ours, which the reference has not.
    pub fn is_limit(&self) -> bool {
        self.limit
    }
}

/// A value and the bytes that it was read from (of an alias, those of the node meant).
#[derive(Clone, PartialEq, Debug)]
pub struct GoNode<'t> {
    /// The value.
    pub value: GoValue<'t>,
    /// Where it stands.
    pub range: Range<usize>,
}

/// What the reference decodes into an `interface {}`.
#[derive(Clone, PartialEq, Debug)]
pub enum GoValue<'t> {
    /// `nil`
    Null,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `uint64`: an integer that no `int` can hold.
    UInt(u64),
    /// `float64`
    Float(f64),
    /// `string`; borrowed if it stands in the text as it is.
    Str(Cow<'t, str>),
    /// `[]interface {}`
    Seq(Vec<GoNode<'t>>),
    /// `map[interface {}]interface {}`: its entries as they are put in, so that the last of
    /// several with the same key counts.
    Map(Vec<(GoNode<'t>, GoNode<'t>)>),
}

/// Decodes the first document of a text; `None` if there is none.
pub fn decode(bytes: &[u8]) -> Result<Option<GoNode<'_>>, GoError> {
    if let Some(node) = simple::decode(bytes) {
        return Ok(Some(node));
    }
    decode_exactly(bytes)
}

fn decode_exactly(bytes: &[u8]) -> Result<Option<GoNode<'_>>, GoError> {
    let nodes = compose::compose(bytes)?;
    decode::decode(bytes, &nodes)
}

/// Decodes the first document of a text of which only some fields are asked for: from a mapping,
/// fields that are not wanted may be left out. What was left out has a JSON: its keys are
/// strings, booleans, integers of 64 bits or numbers, and its numbers are finite.
pub fn decode_fields<'t>(
    text: &'t str,
    wanted: impl Fn(&GoNode<'t>) -> bool,
) -> Result<Option<GoNode<'t>>, GoError> {
    match simple::decode_fields(text, wanted) {
        Some(node) => Ok(Some(node)),
        None => decode_exactly(text.as_bytes()),
    }
}

/// A value as Go's `%#v` writes it, for error texts.
pub fn syntax(value: &GoValue<'_>) -> String {
    let mut out = String::new();
    decode::write_go(value, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        match decode(text.as_bytes()) {
            Ok(value) => format!("{value:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn errors_have_the_words_and_lines_of_the_reference() {
        for (text, wanted) in [
            (
                "a: b: c",
                "yaml: mapping values are not allowed in this context",
            ),
            ("a: [1,2", "yaml: line 1: did not find expected ',' or ']'"),
            (
                "a: 1\n b: 2",
                "yaml: line 2: mapping values are not allowed in this context",
            ),
            ("a: *b", "yaml: unknown anchor 'b' referenced"),
            ("a: &b [*b]", "yaml: anchor 'b' value contains itself"),
            ("a: !!int x", "yaml: cannot decode !!str `x` as a !!int"),
            (
                "<<: 1",
                "yaml: map merge requires map or sequence of maps as the value",
            ),
            ("? [a]\n: 1", "yaml: invalid map key: []interface {}{\"a\"}"),
            ("a: \u{1}", "yaml: control characters are not allowed"),
            (
                "a:\n\t- b",
                "yaml: line 2: found character that cannot start any token",
            ),
            ("a: \"b", "yaml: found unexpected end of stream"),
        ] {
            assert_eq!(error(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn only_the_first_document_is_read() {
        assert!(decode(b"a: 1\n---\n: : :\n\t").is_ok());
        assert_eq!(decode(b""), Ok(None));
        assert_eq!(decode(b"# only this\n"), Ok(None));
    }

    #[test]
    fn deep_texts_are_refused() {
        let text = "[".repeat(300) + &"]".repeat(300);
        assert!(decode(text.as_bytes()).is_err_and(|error| error.is_limit()));
    }
}
