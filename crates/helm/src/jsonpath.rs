//! Templates of kubectl's JSONPath, which `helm show values --jsonpath` takes.
//!
//! The reference is `k8s.io/client-go/util/jsonpath` 0.37; `tests/oracles/jsonpath` asks it, and the
//! tests compare. Where it walks over a map in the random order of Go, keys come sorted here. What a
//! template may cost is bounded.

mod evaluate;
mod parse;
mod print;
#[cfg(test)]
mod tests;

use crate::values::Data;

/// A template, such as `{.image.tag}` or `{range .hosts[*]}{.name}{"\n"}{end}`.
#[derive(Debug)]
pub struct Template {
    nodes: Vec<Node>,
}

/// Why a text is no template: the reference's words.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParseError {
    /// `{` without `}`.
    #[error("unclosed action")]
    UnclosedAction,
    /// `..` after `..`.
    #[error("invalid multiple recursive descent")]
    DoubleRecursion,
    /// A character that begins nothing, as the reference shows it.
    #[error("unrecognized character in action: {0}")]
    Character(String),
    /// A number that is none.
    #[error("cannot parse number {0}")]
    Number(String),
    /// `[` without `]`.
    #[error("unterminated array")]
    UnterminatedArray,
    /// What stands in brackets is no index, no range and no key.
    #[error("invalid array index {0}")]
    Index(String),
    /// An index is no number, or too large.
    #[error("array index {0} is not a number")]
    IndexNumber(String),
    /// `[?(` without `)`.
    #[error("unterminated filter")]
    UnterminatedFilter,
    /// `[?(…)` without `]`.
    #[error("unclosed array expect ]")]
    UnclosedFilter,
    /// A quote without its pair.
    #[error("unterminated quoted string")]
    UnterminatedText,
    /// An escape that Go does not know.
    #[error("unquote string {0} error invalid syntax")]
    Escape(String),
    /// A limit of ours.
    #[error("filters are nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
}

/// Why a template gives nothing with some values. Helm prints nothing then, and calls it done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EvaluationError {
    /// No value has such an entry.
    #[error("`{0}` is not found")]
    NotFound(String),
    /// An index of what is no list.
    #[error("what `[…]` is about is no list")]
    NoList,
    /// An index that a list does not have.
    #[error("the index {index} is out of a list of {length}")]
    OutOfBounds {
        /// The index, counted from the start.
        index: i64,
        /// How many elements there are.
        length: i64,
    },
    /// A range that ends before it begins.
    #[error("the range begins at {0} and ends at {1}")]
    Backwards(i64, i64),
    /// A range goes in steps that lead nowhere.
    #[error("a step has to be greater than 0")]
    Step,
    /// A word that is neither `range` nor `end`.
    #[error("`{0}` is neither `range` nor `end`")]
    Word(String),
    /// `end` without `range`.
    #[error("`end` ends no `range`")]
    NoRange,
    /// What is compared are several values.
    #[error("only single values can be compared")]
    Several,
    /// An operator that is none.
    #[error("`{0}` is no comparison")]
    Operator(String),
    /// Values of kinds that cannot be compared.
    #[error("values of these types cannot be compared")]
    Types,
    /// A limit of ours.
    #[error("it takes too much: more than {MAX_VALUES} values, or 64 MiB of text")]
    TooMuch,
}

/// Filters in filters.
const MAX_DEPTH: u32 = 16;
/// Values that are looked at on the way.
const MAX_VALUES: usize = 1_000_000;

/// A part of a template: text, or what stands in braces.
#[derive(Debug)]
enum Node {
    /// What stands in braces; each node goes on from what the one before it gave.
    List(Vec<Node>),
    /// Text, or a quoted string.
    Text(Vec<u8>),
    /// `.name`
    Field(String),
    /// `[start:end:step]`
    Array([Bound; 3]),
    /// `[?(left operator right)]`
    Filter(Vec<Node>, Comparison, Vec<Node>),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// `*`
    Wildcard,
    /// `..`
    Recursive,
    /// `[a,b]`
    Union(Vec<Vec<Node>>),
    /// `range`, `end`, or what is refused when it is evaluated.
    Word(String),
}

/// A part of a range of indexes.
#[derive(Clone, Copy, Default, Debug)]
struct Bound {
    value: i64,
    /// Whether it is given.
    known: bool,
    /// Whether it is the end of a single index.
    derived: bool,
}

/// What a filter asks.
#[derive(Debug)]
enum Comparison {
    /// Whether there is something.
    Exists,
    /// An operator, as it is written.
    Operator(String),
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let nodes = parse::parse(text, 0)?;
        Ok(Self { nodes })
    }

    /// What the template gives with values.
    pub fn print(&self, values: &Data) -> Result<Vec<u8>, EvaluationError> {
        let results = evaluate::results(&self.nodes, values)?;
        let mut out = Vec::new();
        for values in results {
            print::print(&mut out, &values)?;
        }
        Ok(out)
    }
}
