//! Errors of templates as Helm 4 lays them out (`reformatExecErrorMsg`).
//!
//! Helm takes the texts of Go's errors apart, and what it makes of them depends on the texts;
//! so this does the same.

use plimsoll_gotmpl::{CallError, Error, Nested, ParseError};

use super::control::{WARN_END, WARN_START};

/// An error of parsing (`cleanupParseError`).
pub(super) fn parse(error: &ParseError) -> String {
    let text = error.to_string();
    let mut tokens = text.split(": ");
    let location = tokens.nth(1).unwrap_or_default();
    let last = text.rsplit(": ").next().unwrap_or_default();
    format!("parse error at ({location}): {last}")
}

/// An error of execution.
pub(super) fn execution(error: &Error) -> String {
    let text = error.to_string();
    // An error before the first node is no `ExecError` of Go.
    if error.site.is_none() {
        return text;
    }
    let mut tokens = text.splitn(3, ": ");
    let (_, location, rest) = (tokens.next(), tokens.next(), tokens.next());
    let (Some(location), Some(rest)) = (location, rest) else {
        return text;
    };
    if let Some(start) = rest.find(WARN_START)
        && let Some(end) = rest.rfind(WARN_END)
        && start + WARN_START.len() <= end
    {
        let message = &rest[start + WARN_START.len()..end];
        return format!("execution error at ({location}): {message}");
    }
    let mut blocks: Vec<Block> = Vec::new();
    for text in Chain::new(error) {
        let Some(block) = block(&text) else {
            return error.to_string();
        };
        if blocks.last() != Some(&block) {
            blocks.push(block);
        }
    }
    let text: String = blocks.iter().map(Block::text).collect();
    text.trim().to_owned()
}

/// The texts of an error and of those inside it, as Go's `errors.Unwrap` finds them.
struct Chain<'e> {
    next: Option<Link<'e>>,
}

enum Link<'e> {
    Error(&'e Error),
    Call(&'e CallError),
}

impl<'e> Chain<'e> {
    fn new(error: &'e Error) -> Self {
        Self {
            next: Some(Link::Error(error)),
        }
    }
}

impl Iterator for Chain<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        match self.next.take()? {
            Link::Error(error) => {
                self.next = error.cause.as_ref().map(|cause| {
                    // An error that is only passed on adds no text.
                    match cause.nested() {
                        Some(Nested::Execution(inner)) if cause.prefix().is_empty() => {
                            Link::Error(inner)
                        }
                        _ => Link::Call(cause),
                    }
                });
                Some(error.to_string())
            }
            Link::Call(cause) => {
                self.next = match cause.nested() {
                    Some(Nested::Execution(inner)) => Some(Link::Error(inner)),
                    _ => None,
                };
                Some(cause.to_string())
            }
        }
    }
}

/// One place of an error.
#[derive(PartialEq, Eq)]
struct Block {
    location: String,
    executed: String,
    message: String,
}

impl Block {
    fn text(&self) -> String {
        let mut text = String::new();
        if !self.location.is_empty() {
            text.push_str(&self.location);
            text.push_str("\n  ");
        }
        if !self.executed.is_empty() {
            text.push_str(&self.executed);
            text.push_str("\n    ");
        }
        if !self.message.is_empty() {
            text.push_str(&self.message);
            text.push('\n');
        }
        text
    }
}

/// Takes the text of one error apart (`parseTemplateExecErrorString`).
fn block(text: &str) -> Option<Block> {
    let rest = text.strip_prefix("template: ")?;
    if rest.starts_with("no template ") {
        return Some(Block {
            location: String::new(),
            executed: String::new(),
            message: text.to_owned(),
        });
    }
    let cut = |message: &str| match message.find(" template:") {
        Some(at) => message[..at].to_owned(),
        None => message.to_owned(),
    };
    if let Some((location, after)) = rest.split_once(": executing ")
        && let Some(found) = executing(after)
    {
        let (function, node, message) = found;
        return Some(Block {
            location: location.to_owned(),
            executed: format!("executing \"{function}\" at <{node}>:"),
            message: cut(message),
        });
    }
    let (location, message) = rest.rsplit_once(": ")?;
    Some(Block {
        location: location.to_owned(),
        executed: String::new(),
        message: cut(message),
    })
}

/// `"NAME" at <NODE>: MESSAGE`
fn executing(text: &str) -> Option<(&str, &str, &str)> {
    let (function, rest) = text.strip_prefix('"')?.split_once('"')?;
    let (node, message) = rest.strip_prefix(" at <")?.split_once(">: ")?;
    Some((function, node, message))
}
