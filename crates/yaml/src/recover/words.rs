//! Errors in words: what was found, what was expected, what to do.

use granit_parser::ErrorKind;
use plimsoll_source::TextRange;

use super::locate::{Broken, Cause};
use super::tolerate::unknown_escape;
use crate::build::Failure;
use crate::scan;
use crate::tree::SyntaxError;

/// The longest piece of the text that is quoted in a message.
const MAX_QUOTE: usize = 40;

pub(super) fn describe(
    text: &str,
    masked: &str,
    failure: &Failure,
    broken: &Broken,
) -> SyntaxError {
    let line = masked
        .get(scan::line_start(masked, broken.at.start as usize)..)
        .and_then(|rest| rest.lines().next())
        .unwrap_or("")
        .trim();
    let mut range = broken.at;
    let (message, help) = match broken.cause {
        Cause::Tab => (
            "indented with a tab".to_owned(),
            "indent with spaces: YAML forbids tabs there".to_owned(),
        ),
        Cause::OpenBracket => bracket(text, range, failure.error.kind()),
        Cause::OpenQuote => {
            let quote = if text[range.start as usize..].starts_with('\'') {
                "'"
            } else {
                "\""
            };
            (
                "the quote that starts here is not closed before the next key".to_owned(),
                format!("add the closing `{quote}`"),
            )
        }
        Cause::NoColon => no_colon(line),
        Cause::Indentation | Cause::Here if continued_flow(line).is_some() => (
            format!(
                "`{}` is read as a value of its own, and text follows it",
                short(continued_flow(line).unwrap_or_default())
            ),
            "put the whole value in quotes, or write what the braces stand for".into(),
        ),
        Cause::Indentation => indentation(line, failure.error.kind()),
        Cause::Here => return here(text, failure, broken),
    };
    if matches!(
        failure.error.kind(),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar
    ) {
        range.end = range.end.min(range.start + 1).max(range.start);
        return error(range, "this quote is never closed".into(), help);
    }
    error(range, message, help)
}

fn error(range: TextRange, message: String, help: String) -> SyntaxError {
    SyntaxError {
        range,
        message,
        help: (!help.is_empty()).then_some(help),
    }
}

/// A piece of the text, cut to a length that reads well.
fn short(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn bracket(text: &str, at: TextRange, kind: &ErrorKind) -> (String, String) {
    let open = at.of(text);
    let close = if open == "[" { "]" } else { "}" };
    if let ErrorKind::MismatchedFlowCollectionEnd { open, close: found } = kind {
        let wanted = if *open == '[' { ']' } else { '}' };
        return (
            format!("`{open}` is closed by `{found}`"),
            format!("close it with `{wanted}`"),
        );
    }
    (
        format!("`{open}` is never closed"),
        format!("add the missing `{close}`"),
    )
}

fn no_colon(line: &str) -> (String, String) {
    let word = line.split(" #").next().unwrap_or(line).trim();
    match word.split_once(':') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() && !value.starts_with(' ') => (
            format!("expected `key: value`, found `{}`", short(word)),
            "write a space after the colon".into(),
        ),
        _ => (
            format!("expected `key: value`, found `{}`", short(word)),
            "add the colon and the value, or indent the line if it continues the one above".into(),
        ),
    }
}

/// The mapping or list in braces that a line's value begins with, where more text follows it:
/// `image: {user}/app:latest`.
fn continued_flow(line: &str) -> Option<&str> {
    let mut value = line;
    while let Some(rest) = value.strip_prefix("- ") {
        value = rest.trim_start();
    }
    if let Some((_, rest)) = value.split_once(": ") {
        value = rest.trim_start();
    }
    let (flow, rest) = value.split_at(flow_end(value)?);
    let follows = rest.starts_with(|c: char| !c.is_whitespace() && c != ',' && c != ':');
    follows.then_some(flow)
}

/// Where the flow collection that the text begins with ends, quotes and those inside it passed over.
fn flow_end(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if depth > 0 => quote = Some(byte),
            (None, b'{' | b'[') => depth += 1,
            (None, b'}' | b']') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            (None, _) if depth == 0 => return None,
            (None, _) => {}
        }
    }
    None
}

fn indentation(line: &str, kind: &ErrorKind) -> (String, String) {
    if line.starts_with("- ") || line == "-" {
        return (
            "a list item where a key is expected".into(),
            "indent it to the list it belongs to, or give it a key".into(),
        );
    }
    match kind {
        ErrorKind::MappingValueNotAllowed => (
            "indented as part of the value above, so this cannot be a key".into(),
            "indent it like the keys beside it".into(),
        ),
        ErrorKind::ExpectedDocumentStart => (
            "nothing can follow here: the document's content has ended above".into(),
            "indent it like the first line, or start a new document with `---`".into(),
        ),
        _ => (
            "the indentation fits none of the lines above".into(),
            "indent it like the keys beside it".into(),
        ),
    }
}

/// Errors whose marked place is what is wrong.
fn here(text: &str, failure: &Failure, broken: &Broken) -> SyntaxError {
    let kind = failure.error.kind();
    let range = broken.at;
    let one = {
        let width = range.of(text).chars().next().map_or(0, char::len_utf8) as u32;
        TextRange::new(range.start, range.start + width)
    };
    let found = one.of(text);
    let (range, message, help): (TextRange, String, String) = match kind {
        ErrorKind::MappingValueNotAllowed => (
            one,
            "a second `:` on this line: the value is read as another key".into(),
            "quote the value, or put the inner key on a line of its own".into(),
        ),
        ErrorKind::BlockSequenceEntryNotAllowed => (
            range,
            "a list cannot start on the line of its key".into(),
            "put the first `- ` on the next line".into(),
        ),
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => (
            one,
            format!(
                "the control character U+{:04X} is not allowed",
                u32::from(*character)
            ),
            "remove it, or write it as an escape in double quotes".into(),
        ),
        ErrorKind::UnexpectedCharacter { character } => (
            range,
            format!("a plain text cannot start with `{character}`"),
            "quote the value".into(),
        ),
        ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            range,
            "unexpected text after the closing quote".into(),
            "write `\\\"` for a quote inside the text, or quote the whole value".into(),
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar => (
            range,
            "unexpected text after the closing quote".into(),
            "write `''` for a quote inside the text, or quote the whole value".into(),
        ),
        ErrorKind::UnknownQuotedScalarEscape => {
            let at = unknown_escape(text, range.start as usize).unwrap_or(range);
            (
                at,
                format!("unknown escape `{}` in double quotes", at.of(text)),
                "write `\\\\` for a backslash, or use single quotes".into(),
            )
        }
        ErrorKind::MissingAnchorOrAliasName => (
            one,
            format!("a name must follow `{found}`"),
            "quote the value if it is a text".into(),
        ),
        ErrorKind::UndeclaredTagHandle => (
            range,
            format!(
                "the tag `{}` has no declared prefix",
                short(first_word(range.of(text)))
            ),
            "quote the value if it is a text, or declare the prefix with `%TAG`".into(),
        ),
        ErrorKind::InvalidBlockScalarHeader => (
            range,
            format!("unexpected text after `{found}`"),
            "start the text on the next line".into(),
        ),
        ErrorKind::ZeroBlockScalarIndent => (
            range,
            "a block text cannot be indented by 0".into(),
            "use 1 to 9".into(),
        ),
        ErrorKind::InvalidBlockScalarIndent => (
            range,
            "the first line of a block text is indented less than a blank line above it".into(),
            "remove the spaces of the blank line".into(),
        ),
        ErrorKind::CommentNotSeparated => (
            one,
            "a comment must be set off by a space".into(),
            "put a space before `#`".into(),
        ),
        ErrorKind::CommentInterceptedScalar => (
            range,
            "a comment inside a text of several lines".into(),
            "quote the text, or move the comment".into(),
        ),
        ErrorKind::MisplacedFlowCollectionEnd => (
            one,
            format!("`{found}` closes nothing"),
            "remove it, or quote the value".into(),
        ),
        ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::InvalidColonPlacement => {
            let close = match kind {
                ErrorKind::ExpectedFlowMappingSeparator => '}',
                _ => ']',
            };
            // At a colon, what is wrong is that the key before it was read as something else.
            let start = scan::line_start(text, range.start as usize) as u32;
            let line = TextRange::new(start, range.end);
            let indent = line.len() - line.of(text).trim_start().len() as u32;
            let range = if found == ":" {
                TextRange::new(start + indent, range.end)
            } else {
                range
            };
            (
                range,
                format!("expected `,` or `{close}` before this"),
                "separate the parts with `,`".into(),
            )
        }
        ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofImplicitFlowMapping => (
            one,
            format!("a value is missing before `{found}`"),
            "write the value, or remove the comma".into(),
        ),
        ErrorKind::RecursionLimitExceeded => {
            (range, "nested deeper than 255 levels".into(), String::new())
        }
        ErrorKind::InvalidSimpleKey => (
            range,
            "a key must be shorter than 1024 characters and on one line".into(),
            "write it as `? key`".into(),
        ),
        ErrorKind::BomInsideDocument => (
            one,
            "a byte order mark inside the text".into(),
            "remove it".into(),
        ),
        ErrorKind::ExpectedDocumentStart => (
            range,
            "nothing can follow here: the document's content has ended above".into(),
            "start a new document with `---`".into(),
        ),
        other => (range, other.to_string(), String::new()),
    };
    error(range, message, help)
}

fn first_word(text: &str) -> &str {
    text.split([' ', '\t', ',', ']', '}'])
        .next()
        .unwrap_or(text)
}
