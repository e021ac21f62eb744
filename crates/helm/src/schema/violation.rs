//! What values break, as a tree, and how it is printed.

use std::fmt;

use plimsoll_source::TextRange;

use super::pointer::escape;
use super::quoted;
use crate::values::SourceId;

/// The name under which Helm gives a chart's schema to the library.
pub(super) const ROOT_URL: &str = "file:///values.schema.json";

/// All that values break. Displayed, it is what the library prints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violations {
    /// What they break, with what lies behind it.
    pub violations: Vec<Violation>,
}

/// A value that does not fit a schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The keys and indexes that lead to the value.
    pub path: Vec<String>,
    /// Where the value was written.
    pub source: SourceId,
    /// The schema that it breaks, if `values.schema.json` holds it.
    pub schema: Option<TextRange>,
    /// What is wrong, in one line.
    pub message: String,
    pub(super) kind: Kind,
    /// Why, for one that is about other schemas.
    pub causes: Vec<Violation>,
}

/// How a violation takes part in the tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// It says what is wrong.
    Plain,
    /// It only holds several of one schema together.
    Group,
    /// It is what a referenced schema says.
    Reference,
}

impl Violation {
    fn write(&self, f: &mut fmt::Formatter<'_>, indent: usize) -> fmt::Result {
        let mut inner = indent;
        // A reference with one cause is passed over.
        if !(self.kind == Kind::Reference && self.causes.len() == 1) {
            let path: String = self
                .path
                .iter()
                .map(|step| format!("/{}", escape(step)))
                .collect();
            let blank = "  ".repeat(indent.saturating_sub(1));
            write!(f, "\n{blank}- at {}: {}", quoted(&path), self.message)?;
            inner += 1;
        }
        for cause in &self.causes {
            cause.write(f, inner)?;
        }
        Ok(())
    }

    /// Itself, or the violations behind it that say what is wrong.
    pub fn leaves(&self) -> Vec<&Violation> {
        if self.causes.is_empty() {
            return vec![self];
        }
        self.causes.iter().flat_map(Violation::leaves).collect()
    }
}

impl Violations {
    /// The text without its first line, as Helm shows it.
    pub fn without_headline(&self) -> String {
        let text = self.to_string();
        match text.split_once('\n') {
            Some((_, rest)) => rest.to_owned(),
            None => text,
        }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "jsonschema validation failed with '{ROOT_URL}#'")?;
        for violation in &self.violations {
            violation.write(f, 1)?;
        }
        Ok(())
    }
}
