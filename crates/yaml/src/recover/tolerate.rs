//! What the references read although YAML forbids it: the text is changed for the parser only,
//! byte for byte as long, and no error is recorded.

use granit_parser::ErrorKind;
use plimsoll_source::TextRange;

use crate::build::Failure;
use crate::scan;
use crate::tree::Comment;

/// A change that lets the parser go on.
pub(super) enum Change {
    /// A comment glued to the token before it: blank for the parser, kept as a comment.
    Comment(Comment),
    /// White space for the parser.
    Spaces(TextRange),
    /// Another text of the same length, to be read as the source has it.
    Stand(TextRange, &'static str),
    /// A colon that is the last character of a plain scalar.
    Colon(usize),
    /// A `\'` in double quotes, an escape that only libyaml knows.
    Quote(TextRange),
}

pub(super) fn tolerate(masked: &str, len: usize, failure: &Failure) -> Option<Change> {
    let text = masked.get(..len)?;
    let at = failure.at.min(len);
    match failure.error.kind() {
        ErrorKind::CommentNotSeparated if text[at..].starts_with('#') => {
            let range = TextRange::at(at, scan::line_end(text, at));
            Some(Change::Comment(Comment {
                range,
                trailing: true,
            }))
        }
        // A lone dash as an item: `[tar, -]`.
        ErrorKind::PlainScalarStartsWithDashFlowIndicator if text[at..].starts_with('-') => {
            Some(Change::Stand(TextRange::at(at, at + 1), "x"))
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            let escape = unknown_escape(text, at)?;
            (escape.of(text) == "\\'").then_some(Change::Quote(escape))
        }
        // `{x: a:}`: what is a key to YAML is all of the value to libyaml.
        _ if glued(text, failure, at).is_some() => glued(text, failure, at).map(Change::Colon),
        _ if !super::locate::open_brackets(text, failure, at).is_empty() => {
            // Within brackets libyaml does not care how a line is indented.
            let line = scan::line_start(text, at);
            let rest = text[line..].trim_start_matches([' ', '\t']);
            let indent = TextRange::at(line, len - rest.len());
            indent
                .of(text)
                .contains('\t')
                .then_some(Change::Spaces(indent))
        }
        _ => None,
    }
}

/// The colon of a plain scalar within brackets at which the parser gave up.
fn glued(text: &str, failure: &Failure, at: usize) -> Option<usize> {
    let scalar = failure.scalar;
    if scalar.is_empty() || super::locate::open_brackets(text, failure, at).is_empty() {
        return None;
    }
    let colon = scan::glued_colon(text, scalar, failure.dialect)?;
    (colon == at).then_some(colon)
}

/// The first escape that YAML does not know in the double-quoted scalar at `at`.
pub(super) fn unknown_escape(text: &str, at: usize) -> Option<TextRange> {
    let mut chars = text[at..].char_indices();
    while let Some((from, c)) = chars.next() {
        if c != '\\' {
            continue;
        }
        let (next, escaped) = chars.next()?;
        if !"0abt\tnvfre \"/\\N_LPxuU\r\n".contains(escaped) {
            return Some(TextRange::at(at + from, at + next + escaped.len_utf8()));
        }
    }
    None
}
