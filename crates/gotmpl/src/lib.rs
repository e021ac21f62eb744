//! Go's text/template, with a trace from every byte of the output to what made it.
//!
//! Invariants: parsing never fails and never panics; texts, errors and positions are those of
//! Go 1.26; evaluation needs no native stack for what a template nests, and ends within
//! [`Limits`]; with tracing on, the segments of an output cover it exactly and in order, and
//! name at least the sources that it depends on. This crate knows neither Helm nor YAML nor
//! Kubernetes and does no I/O. See `docs/design/0001-templates-and-traces.md`.

mod builtins;
mod error;
mod exec;
mod format;
mod functions;
mod limits;
mod shared;
pub mod syntax;
mod templates;
pub mod trace;
pub mod unicode;
pub mod value;

pub use error::{CallError, Error, Nested, Site};
pub use exec::{MissingKey, Options, Output, Segment, Session, Spot};
pub use format::{can_backquote, format_float, quote, text_of, unescape};
pub use functions::{
    Arguments, Call, Function, Functions, Parsed, Render, Reply, Signature, TextBuilder,
};
pub use limits::Limits;
pub use shared::SharedBytes;
pub use syntax::{ParseError, Tree};
pub use templates::{Scope, Template, Templates};
pub use trace::{HostId, Trace};
pub use unicode::{is_digit, is_letter};
pub use value::{Class, List, Map, Object, Str, Traced, Type, Value};
