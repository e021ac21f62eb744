//! Which part of the text an error is about. The parser marks where it noticed; what is broken
//! often stands before: an unclosed bracket or quote, a line that lacks its colon.

use granit_parser::ErrorKind;
use plimsoll_source::TextRange;

use crate::build::Failure;
use crate::scan;

/// What is broken.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Broken {
    /// What to point at.
    pub(super) at: TextRange,
    /// What to blank out.
    pub(super) mask: TextRange,
    /// Brackets to close at the end of the text instead.
    pub(super) closers: Option<String>,
    /// What kind of break it is.
    pub(super) cause: Cause,
    /// The indentation of the broken line.
    indent: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cause {
    /// The marked place is what is wrong.
    Here,
    /// A bracket that is never closed.
    OpenBracket,
    /// A quote that is never closed, or too late.
    OpenQuote,
    /// A line of text without the colon of a key.
    NoColon,
    /// A line that is indented as no line above.
    Indentation,
    /// A line indented with a tab.
    Tab,
}

impl Broken {
    /// Whether this break is only there because the lines above were blanked: it stands right
    /// below them, indented no less.
    pub(super) fn follows_from(&self, last: &Broken, masked: &str) -> bool {
        let between = TextRange::new(last.mask.end, self.mask.start);
        last.mask.end <= self.mask.start
            && between
                .of(masked)
                .bytes()
                .all(|b| matches!(b, b' ' | b'\r' | b'\n'))
            && match last.cause {
                Cause::Tab => self.cause == Cause::Tab,
                _ => {
                    self.indent > last.indent
                        || (self.indent == last.indent
                            && self.cause == last.cause
                            && self.cause == Cause::Indentation)
                }
            }
    }
}

/// How far the text was read before the error: the mark may stand at the start of what was
/// read in vain.
pub(super) fn read_until(text: &str, failure: &Failure) -> usize {
    match failure.error.kind() {
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::MismatchedFlowCollectionEnd { .. }
        | ErrorKind::UnclosedQuotedScalar
        | ErrorKind::DocumentIndicatorInQuotedScalar
        | ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::UnexpectedCharacter { .. }
        | ErrorKind::TabInPlainScalar => text.len(),
        _ => failure.at,
    }
}

fn line_of(text: &str, at: usize) -> TextRange {
    TextRange::at(scan::line_start(text, at), scan::line_end(text, at))
}

/// Spaces and tabs at the start of the line of `at`.
fn indent_of(text: &str, at: usize) -> usize {
    let line = line_of(text, at).of(text);
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// The content of a line, without its indentation and the white space after it.
fn content_of(text: &str, line: TextRange) -> TextRange {
    let source = line.of(text);
    let start = line.start as usize + (source.len() - source.trim_start().len());
    TextRange::at(
        start.min(line.end as usize),
        line.start as usize + source.trim_end().len(),
    )
}

/// The lines from the one of `from` on that are blank or indented more than `indent`, up to the
/// one of `until`.
fn block_of(text: &str, from: usize, indent: usize, until: usize) -> TextRange {
    let first = line_of(text, from);
    let mut end = first.end as usize;
    let mut line = scan::next_line(text, from);
    while line < text.len() && line <= until {
        let this = line_of(text, line);
        let content = this.of(text).trim();
        if !content.is_empty() && indent_of(text, line) <= indent {
            break;
        }
        end = this.end as usize;
        line = scan::next_line(text, line);
    }
    TextRange::at(first.start as usize, end)
}

/// The broken line in block context, with the lines below that are indented more: they would
/// be taken for something else. But if only the value after a key is broken, the key and what
/// is below it stay.
fn with_block(text: &str, line: TextRange, at: usize, kind: &ErrorKind) -> TextRange {
    let block = block_of(text, at, indent_of(text, at), text.len());
    if block.end == line.end || matches!(kind, ErrorKind::InvalidBlockScalarHeader) {
        return block;
    }
    let before = TextRange::new(line.start, at as u32).of(text);
    match before
        .find(": ")
        .map(|colon| line.start as usize + colon + 1)
    {
        Some(value) if !before.trim_start().starts_with(['"', '\'', '#']) => {
            TextRange::at(value, line.end as usize)
        }
        _ => block,
    }
}

/// The broken line within brackets, with the brackets it opens and without those it closes; the
/// comma at its end stays if the line above lacks one.
fn balanced(text: &str, content: TextRange) -> TextRange {
    let bytes = text.as_bytes();
    let (mut start, mut end) = (content.start as usize, content.end as usize);
    let mut depth = 0;
    let mut at = start;
    while at < bytes.len() && (at < end || depth > 0) {
        match bytes[at] {
            b'"' | b'\'' if starts_token(bytes, at) => match quote_end(bytes, at) {
                Some(after) if after <= end || depth > 0 => {
                    at = after;
                    continue;
                }
                _ => {}
            },
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth > 0 => depth -= 1,
            b']' | b'}' => start = at + 1,
            _ => {}
        }
        at += 1;
    }
    if depth == 0 {
        end = end.max(at);
    }
    let before = text[..start].trim_end();
    let separated = before.ends_with([',', '[', '{']);
    if !separated && text[start..end].ends_with(',') {
        end -= 1;
    }
    TextRange::at(start.min(end), end)
}

pub(super) fn locate(masked: &str, len: usize, failure: &Failure) -> Broken {
    // Brackets closed past the end are not the user's text.
    let text = &masked[..len];
    let mut at = failure.at.min(len);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let kind = failure.error.kind();
    let here = |at: usize, cause: Cause| {
        // At the end of the text the last line with content is the broken one.
        let at = if text[at..].trim().is_empty() {
            text.trim_end()
                .char_indices()
                .next_back()
                .map_or(0, |(last, _)| last)
        } else {
            at
        };
        let line = line_of(text, at);
        let content = content_of(text, line);
        let start = at.max(content.start as usize) as u32;
        let mask = if failure.brackets.is_empty() {
            with_block(text, line, start as usize, kind)
        } else {
            balanced(text, content)
        };
        Broken {
            at: TextRange::new(start, content.end.max(start)),
            mask,
            closers: None,
            cause,
            indent: indent_of(text, at),
        }
    };
    match kind {
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::UnexpectedCharacter { character: '\t' } => {
            return tab(text, at).unwrap_or_else(|| here(at, Cause::Here));
        }
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            return here(at, Cause::OpenQuote);
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar
        | ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidQuotedScalarIndent => {
            if let Some(quote) = quote_before(text, failure.cursor, at)
                && line_of(text, quote) != line_of(text, at)
                && indent_of(text, at) <= indent_of(text, quote)
            {
                return here(quote, Cause::OpenQuote);
            }
            return here(at, Cause::Here);
        }
        _ => {}
    }
    if let Some(broken) = bracket(text, masked.len() > len, failure, at) {
        return broken;
    }
    if let Some(broken) = tab(text, at).filter(|broken| broken.mask == line_of(text, at)) {
        return broken;
    }
    match kind {
        ErrorKind::MappingValueNotAllowed => {
            // A key on this line was read as more of a text that began on a line above.
            let line = line_of(text, at);
            let mut start = scan::skip_trivia(text, failure.cursor.min(at));
            if failure.scalar.end > line.start && failure.scalar.end as usize <= at {
                start = failure.scalar.start as usize;
            }
            if start < line.start as usize {
                if indent_of(text, start) >= indent_of(text, at) {
                    return here(start, Cause::NoColon);
                }
                return here(line.start as usize, Cause::Indentation);
            }
            if let Some(above) = text_above(text, failure.cursor, line.start as usize)
                && indent_of(text, above) < indent_of(text, at)
            {
                return here(line.start as usize, Cause::Indentation);
            }
            here(at, Cause::Here)
        }
        ErrorKind::SimpleKeyExpected => here(at, Cause::NoColon),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedDocumentStart => {
            here(scan::line_start(text, at), Cause::Indentation)
        }
        _ => here(at, Cause::Here),
    }
}

/// The line of `cursor`, where the last scalar ends, if it lies above `line`.
fn text_above(text: &str, cursor: usize, line: usize) -> Option<usize> {
    (cursor > 0 && cursor <= line).then(|| scan::line_start(text, cursor - 1))
}

/// The first run of lines from the one of `at` on that are indented with tabs.
fn tab(text: &str, at: usize) -> Option<Broken> {
    let indented = |line: usize| {
        let source = line_of(text, line).of(text);
        let content = source.trim_start_matches([' ', '\t']);
        !content.is_empty() && source[..source.len() - content.len()].contains('\t')
    };
    let mut line = scan::line_start(text, at);
    // The parser stands at the text before, which may fill the lines above.
    let mut looked = 0;
    while !indented(line) {
        line = scan::next_line(text, line);
        looked += 1;
        if line >= text.len() || looked > 100 {
            return None;
        }
    }
    let mut end = line;
    let mut next = line;
    while next < text.len() && indented(next) {
        end = next;
        next = scan::next_line(text, next);
    }
    let first = line_of(text, line);
    let offset = first.of(text).find('\t').unwrap_or(0);
    let width = indent_of(text, line) - offset;
    Some(Broken {
        at: TextRange::at(line + offset, line + offset + width),
        mask: TextRange::new(first.start, line_of(text, end).end),
        closers: None,
        cause: Cause::Tab,
        indent: indent_of(text, line),
    })
}

/// The bracket that should have been closed before the error.
fn bracket(text: &str, closed: bool, failure: &Failure, at: usize) -> Option<Broken> {
    let open = open_brackets(text, failure, at);
    let kind = failure.error.kind();
    let ends = match kind {
        ErrorKind::UnclosedFlowCollection { .. } => true,
        ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofImplicitFlowMapping => text[at..].trim().is_empty(),
        _ => false,
    };
    if ends || matches!(kind, ErrorKind::MismatchedFlowCollectionEnd { .. }) {
        // The mark is the bracket itself, so what follows it has to be read once more.
        let stack = open_brackets(text, failure, text.len());
        let is_bracket = |at: usize| text[at..].starts_with(['[', '{']);
        if let (true, Some(&first), Some(&last)) = (ends, stack.first(), stack.last()) {
            if closed || !is_root(text, first, failure) {
                return Some(from_bracket(text, first, text.len()));
            }
            return Some(Broken {
                at: TextRange::at(last, last + 1),
                mask: TextRange::at(text.len(), text.len()),
                closers: Some(stack.iter().rev().map(|&at| closer(text, at)).collect()),
                cause: Cause::OpenBracket,
                indent: 0,
            });
        }
        let until = if ends { text.len() } else { at };
        return is_bracket(at).then(|| from_bracket(text, at, until));
    }
    let &outer = open.first()?;
    // A line indented no more than the bracket's own has left the brackets.
    let indent = indent_of(text, outer);
    if is_root(text, outer, failure) {
        return None;
    }
    let mut line = scan::next_line(text, outer);
    while line <= at && line < text.len() {
        let content = line_of(text, line).of(text).trim();
        let closes = content.starts_with([']', '}', ',']);
        if !content.is_empty() && !closes && indent_of(text, line) <= indent {
            return Some(from_bracket(text, outer, at));
        }
        line = scan::next_line(text, line);
    }
    None
}

fn closer(text: &str, at: usize) -> char {
    if text[at..].starts_with('[') {
        ']'
    } else {
        '}'
    }
}

/// Whether a bracket is the document's whole content: nothing but brackets around it.
fn is_root(text: &str, first: usize, failure: &Failure) -> bool {
    let from = failure.checkpoint.at;
    let start = scan::skip_trivia(text, from);
    let start = match text[start..].strip_prefix("---") {
        Some(_) => scan::skip_trivia(text, start + 3),
        None => start,
    };
    start == first
}

/// The bracket's line and those below that belong to it.
fn from_bracket(text: &str, bracket: usize, until: usize) -> Broken {
    let line = line_of(text, bracket);
    let indent = indent_of(text, bracket);
    let mut mask = block_of(text, bracket, indent, until);
    // What stands on the line before a bracket within brackets is kept.
    let before = &text[line.start as usize..bracket];
    if before.contains(['[', '{']) {
        mask.start = bracket as u32;
    }
    Broken {
        at: TextRange::at(bracket, bracket + 1),
        mask,
        closers: None,
        cause: Cause::OpenBracket,
        indent,
    }
}

/// The brackets open at `until`, outermost first: those that the tree knows, then those that
/// were read ahead.
pub(super) fn open_brackets(text: &str, failure: &Failure, until: usize) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut stack = failure.brackets.clone();
    let mut at = failure.cursor.min(until);
    while at < until {
        match bytes[at] {
            b'#' if at == 0 || bytes[at - 1].is_ascii_whitespace() => {
                at = scan::line_end(text, at);
                continue;
            }
            b'"' | b'\'' if starts_token(bytes, at) => {
                at = quote_end(bytes, at).unwrap_or(until);
                continue;
            }
            b'[' | b'{' if !stack.is_empty() || starts_token(bytes, at) => stack.push(at),
            b']' | b'}' => {
                stack.pop();
            }
            _ => {}
        }
        at += 1;
    }
    stack
}

/// Whether a token can start at `at`: after white space, an indicator or nothing.
fn starts_token(bytes: &[u8], at: usize) -> bool {
    let before = bytes[..at]
        .iter()
        .rev()
        .find(|b| !matches!(b, b' ' | b'\t'));
    matches!(
        before,
        None | Some(b'\n' | b'\r' | b'[' | b'{' | b',' | b':' | b'-' | b'?')
    )
}

/// The offset after the quote that closes the one at `at`.
fn quote_end(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = bytes[at];
    let mut next = at + 1;
    while next < bytes.len() {
        match bytes[next] {
            b'\\' if quote == b'"' => next += 1,
            byte if byte == quote => {
                if quote == b'\'' && bytes.get(next + 1) == Some(&b'\'') {
                    next += 1;
                } else {
                    return Some(next + 1);
                }
            }
            _ => {}
        }
        next += 1;
    }
    None
}

/// Where the quoted scalar starts that ends just before `at`.
fn quote_before(text: &str, cursor: usize, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut next = cursor.min(at);
    let mut last = None;
    while next < at {
        if matches!(bytes[next], b'"' | b'\'') && starts_token(bytes, next) {
            last = Some(next);
            next = quote_end(bytes, next)?;
        } else {
            next += 1;
        }
    }
    last
}
