//! Compose files against the Compose Specification's schema, with places.
//!
//! A file is walked along a table generated from the specification's JSON schema; nothing is
//! decoded. Besides the schema, what compose-go refuses when it reads values is checked: texts
//! that must be numbers, booleans or durations, secrets and configs without content.
//!
//! As compose-go does, variables come first: a value that holds one is checked as its default,
//! and left alone where it has none. `!reset` and `!override` are left alone too.

mod casts;
mod generated;
mod relations;
mod table;
mod walk;

use plimsoll_source::{Edit, Safety, TextRange};
use plimsoll_yaml::Node;

use crate::file::ComposeFile;

/// What is wrong with a Compose file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The place to look at.
    pub range: TextRange,
    /// One lower-case phrase.
    pub message: String,
    /// Why it matters.
    pub note: Option<String>,
    /// What to do, imperative.
    pub help: Option<String>,
    /// A mend: its title, the change, and how far it can be trusted.
    pub mend: Option<(String, Edit, Safety)>,
    /// The service that it is in.
    pub service: Option<String>,
    /// The keys from the top, without indices.
    pub path: Vec<String>,
    /// Whether the key is one that the specification does not have.
    pub is_unknown_key: bool,
}

/// How a file is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Whether the file is all there is: an override lacks what the others have.
    pub whole: bool,
}

/// What is wrong with a file, in order of place.
pub fn check(file: ComposeFile<'_>, settings: Settings) -> Vec<Problem> {
    let mut walk = walk::Walk::new(settings);
    walk.top(file.root());
    relations::check(&mut walk, file);
    let mut problems = walk.finish();
    problems.sort_by_key(|problem| (problem.range.start, problem.range.end));
    problems
}

/// The keys that a service can have, for naming the nearest.
pub fn service_keys() -> Vec<&'static str> {
    walk::service_keys()
}

/// A short place for a value: a collection's key.
pub(crate) fn place(node: Node<'_>) -> TextRange {
    use plimsoll_yaml::Kind;
    match (node.kind(), node.key()) {
        (Kind::Scalar | Kind::Alias, _) => node.range(),
        (_, Some(key)) => key.range(),
        (Kind::Mapping, None) => node
            .entries()
            .next()
            .map_or(node.range(), |entry| entry.key.range()),
        (Kind::Sequence, None) => node.items().next().map_or(node.range(), place),
    }
}

#[cfg(test)]
mod tests;
