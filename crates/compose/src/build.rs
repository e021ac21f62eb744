//! How a service's image is built.

use std::borrow::Cow;

use plimsoll_source::TextRange;
use plimsoll_yaml::{Entry, Kind, Node};

use crate::environment::{Variable, pairs};
use crate::service::{Grant, grants};
use crate::view::{Value, value, values};

/// The `build` of a service, a path or a mapping.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Build<'a> {
    entry: Entry<'a>,
}

impl<'a> Build<'a> {
    pub(crate) fn new(entry: Entry<'a>) -> Option<Self> {
        let value = entry.value.resolve();
        let fits = value.kind() == Kind::Mapping || Value::new(value).is_some();
        fits.then_some(Self {
            entry: Entry { value, ..entry },
        })
    }

    /// The value: a path or a mapping.
    pub fn node(self) -> Node<'a> {
        self.entry.value
    }

    /// The `build` key.
    pub fn head(self) -> TextRange {
        self.entry.key.range()
    }

    /// Whether it is written as a mapping.
    pub fn is_long(self) -> bool {
        self.node().kind() == Kind::Mapping
    }

    /// The context as written.
    pub fn context(self) -> Option<Value<'a>> {
        if self.is_long() {
            value(self.node(), "context")
        } else {
            Value::new(self.node())
        }
    }

    /// The context with variables at their defaults, `.` where none is written; `None` where a
    /// variable without a default decides.
    pub fn context_text(self) -> Option<Cow<'a, str>> {
        self.context()
            .map_or(Some(Cow::Borrowed(".")), Value::with_defaults)
    }

    /// Whether the context is fetched from elsewhere: a Git repository, an archive, an image.
    pub fn is_remote(self) -> bool {
        self.context_text().is_some_and(|text| {
            text.contains("://")
                || text.starts_with("git@")
                || text.starts_with("github.com/")
                || text.starts_with("service:")
        })
    }

    /// The path of the Dockerfile, relative to the context.
    pub fn dockerfile(self) -> Option<Value<'a>> {
        value(self.node(), "dockerfile")
    }

    /// The text of a Dockerfile written in place.
    pub fn dockerfile_inline(self) -> Option<Value<'a>> {
        value(self.node(), "dockerfile_inline")
    }

    /// The stage to build.
    pub fn target(self) -> Option<Value<'a>> {
        value(self.node(), "target")
    }

    /// Build arguments.
    pub fn args(self) -> impl Iterator<Item = Variable<'a>> + use<'a> {
        pairs(self.node(), "args")
    }

    /// Further contexts by name.
    pub fn additional_contexts(self) -> impl Iterator<Item = Variable<'a>> + use<'a> {
        pairs(self.node(), "additional_contexts")
    }

    /// Names that the image gets besides the service's.
    pub fn tags(self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        values(self.node(), "tags")
    }

    /// Platforms it is built for.
    pub fn platforms(self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        values(self.node(), "platforms")
    }

    /// Secrets for `RUN --mount=type=secret`.
    pub fn secrets(self) -> impl Iterator<Item = Grant<'a>> + use<'a> {
        grants(self.node(), "secrets")
    }
}
