//! Regular expressions of schemas: Go's, searched for anywhere in a text.

use std::fmt;
use std::sync::Arc;

use crate::functions::regex::Regex;

/// A regular expression.
#[derive(Clone)]
pub(super) struct Pattern {
    pub(super) text: Arc<str>,
    regex: Arc<Regex>,
}

impl Pattern {
    /// Reads an expression; the error has Go's text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Ok(Self {
            text: text.into(),
            regex: Arc::new(Regex::new(text.as_bytes())?),
        })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}
