//! YAML as Plimsoll reads it: one lossless tree per document over the source text, with a byte
//! range for every node, key, tag, anchor and comment.
//!
//! Invariants: parsing never fails and never panics (errors are values, with places); aliases
//! stay nodes and are resolved lazily under a budget; a plain scalar's type is decided under the
//! tree's [`Dialect`] when it is asked for, never when it is parsed; edits are byte ranges of the
//! source, so comments, CRLF and a byte order mark survive by construction.
//!
//! This crate knows neither Kubernetes nor Compose.

mod alias;
mod build;
mod dialect;
pub mod edit;
pub mod emit;
pub mod go;
mod merge;
mod node;
mod offset;
mod path;
mod recover;
mod scan;
mod timestamp;
mod tree;
mod trivia;
mod value;

pub use merge::MergedEntries;
pub use node::{Entries, Entry, Items, Node};
pub use tree::{Comment, Document, Documents, Kind, Style, SyntaxError, Tree};
pub use value::{Scalar, plain_scalar};

use std::sync::Arc;

/// Which reference implementation's reading of YAML is followed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dialect {
    /// YAML 1.2 core, as compose-go sees Compose files (go.yaml.in/yaml/v4).
    Core,
    /// sigs.k8s.io/yaml (go.yaml.in/yaml/v2), as kubectl, the API server and Helm see files.
    GoV2,
}

/// Parses a whole stream. Total: any text gives a tree.
pub fn parse(text: impl Into<Arc<str>>, dialect: Dialect) -> Tree {
    recover::parse(&text.into(), dialect)
}

/// The options with which the parser underneath is run, for measuring what the tree costs.
#[doc(hidden)]
pub fn parser_options(dialect: Dialect) -> granit_parser::Options {
    build::options(dialect)
}
