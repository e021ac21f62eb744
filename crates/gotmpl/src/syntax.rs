//! The template language: text to tree.

mod blocks;
mod expression;
mod lexer;
mod number;
mod parser;
mod print;
mod quick;
mod tree;

use std::sync::Arc;

use plimsoll_source::TextRange;

pub use number::{Number, parse_float, parse_int};
pub(crate) use tree::Room;
pub use tree::{Branch, Definition, Names, Node, NodeId, NodeKind, Pipe, Span, StringId, Tree};

/// What encloses an action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delimiters {
    /// Before an action; `{{` unless set.
    pub left: String,
    /// After an action; `}}` unless set.
    pub right: String,
}

impl Default for Delimiters {
    fn default() -> Self {
        Self {
            left: "{{".into(),
            right: "}}".into(),
        }
    }
}

/// The functions that a parser knows: Go refuses names that are not defined when it parses.
pub trait FunctionNames {
    /// The number under which the evaluator finds the function of this name.
    fn function(&self, name: &str) -> Option<u32>;
}

/// An error in the text of a template. Displayed, it is what Go prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("template: {name}:{line}: {message}")]
pub struct ParseError {
    /// The name of the text that was parsed.
    pub name: Arc<str>,
    /// The line that Go names, from 1.
    pub line: u32,
    /// What is wrong, in Go's words.
    pub message: String,
    /// The token that is wrong, or the place where one is missing.
    pub range: TextRange,
}
