//! Errors of evaluation. Displayed, they are what Go prints.

use std::fmt;
use std::sync::Arc;

use plimsoll_source::TextRange;

use crate::format::quote::{Keep, quote};
use crate::syntax::{NodeId, ParseError};
use crate::trace::TreeId;

/// A template could not be evaluated (`template.ExecError`).
#[derive(Debug)]
pub struct Error {
    /// The template that was executing; empty if none was found.
    pub template: Arc<str>,
    /// Where; `None` before its first node.
    pub site: Option<Site>,
    /// What happened, in Go's words, without what `cause` says.
    pub message: String,
    /// What a function that was called said.
    pub cause: Option<CallError>,
}

/// Where evaluation failed.
#[derive(Clone, Debug)]
pub struct Site {
    /// The text in the session.
    pub tree: TreeId,
    /// The name under which the text was parsed.
    pub name: Arc<str>,
    /// The node that Go names.
    pub node: NodeId,
    /// Its bytes.
    pub range: TextRange,
    /// The line that Go names, from 1.
    pub line: u32,
    /// The column that Go names: bytes, from 0.
    pub column: u32,
    /// The node as Go writes it.
    pub context: String,
}

/// Why a function failed: a text, and perhaps an error that it only passes on.
#[derive(Debug, Default)]
pub struct CallError {
    text: String,
    nested: Option<Nested>,
}

/// An error inside a [`CallError`].
#[derive(Debug)]
pub enum Nested {
    /// A template that the function rendered.
    Execution(Box<Error>),
    /// A text that it parsed.
    Parsing(Box<ParseError>),
}

impl CallError {
    /// An error with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            nested: None,
        }
    }

    /// The same with `prefix` before its text.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.text.insert_str(0, prefix);
        self
    }

    /// Its text without what the nested error says.
    pub fn prefix(&self) -> &str {
        &self.text
    }

    /// The error that it passes on.
    pub fn nested(&self) -> Option<&Nested> {
        self.nested.as_ref()
    }
}

impl From<String> for CallError {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for CallError {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<Box<Error>> for CallError {
    fn from(error: Box<Error>) -> Self {
        Self {
            text: String::new(),
            nested: Some(Nested::Execution(error)),
        }
    }
}

impl From<ParseError> for CallError {
    fn from(error: ParseError) -> Self {
        Self {
            text: String::new(),
            nested: Some(Nested::Parsing(Box::new(error))),
        }
    }
}

impl Error {
    /// The error of the template that this one's function rendered, if it did.
    pub fn inner(&self) -> Option<&Error> {
        match self.cause.as_ref()?.nested.as_ref()? {
            Nested::Execution(error) => Some(error),
            Nested::Parsing(_) => None,
        }
    }

    fn header(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.site {
            None if self.template.is_empty() => f.write_str(&self.message),
            None => write!(f, "template: {}: {}", self.template, self.message),
            Some(site) => {
                let template = quote(self.template.as_bytes(), Keep::Printable);
                let (name, line, column) = (&site.name, site.line, site.column);
                let (context, message) = (&site.context, &self.message);
                write!(
                    f,
                    "template: {name}:{line}:{column}: executing {template} at <{context}>: {message}"
                )
            }
        }
    }
}

/// Writes an error and those inside it. A loop, because they nest as deep as calls did.
fn chain(f: &mut fmt::Formatter<'_>, error: &Error) -> fmt::Result {
    let mut error = error;
    loop {
        error.header(f)?;
        let Some(cause) = &error.cause else {
            return Ok(());
        };
        f.write_str(&cause.text)?;
        match &cause.nested {
            None => return Ok(()),
            Some(Nested::Parsing(parse)) => return write!(f, "{parse}"),
            Some(Nested::Execution(inner)) => error = inner,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        chain(f, self)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        match &self.nested {
            None => Ok(()),
            Some(Nested::Parsing(error)) => write!(f, "{error}"),
            Some(Nested::Execution(error)) => chain(f, error),
        }
    }
}

impl std::error::Error for Error {}

impl std::error::Error for CallError {}

impl Drop for Error {
    /// Frees a chain in a loop, because it may be longer than the stack is deep.
    fn drop(&mut self) {
        let nested = |error: &mut Error| error.cause.as_mut()?.nested.take();
        let mut next = nested(self);
        while let Some(Nested::Execution(mut error)) = next {
            next = nested(&mut error);
        }
    }
}
