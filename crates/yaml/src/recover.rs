//! Parsing on after an error: the broken line is blanked out and the text parsed again.

use std::sync::Arc;

use granit_parser::{ErrorKind, ScanError};
use plimsoll_source::TextRange;

use crate::build::Builder;
use crate::tree::{SyntaxError, Tree};
use crate::{Dialect, alias, scan};

/// How often a text is parsed again.
const MAX_ATTEMPTS: usize = 32;

pub(crate) fn parse(text: &Arc<str>, dialect: Dialect) -> Tree {
    let mut masked: Option<String> = None;
    let mut errors: Vec<SyntaxError> = Vec::new();
    for attempt in 0.. {
        let mut tree = Tree::empty(Arc::clone(text), dialect);
        let current = masked.as_deref().unwrap_or(text);
        let result = Builder::new(&mut tree, current).run();
        let broken = match result {
            Err(error) if attempt < MAX_ATTEMPTS => error,
            _ => {
                tree.errors.append(&mut errors);
                alias::check(&mut tree);
                tree.errors
                    .sort_by_key(|error| (error.range.start, error.range.end));
                return tree;
            }
        };
        let (error, line) = describe(current, &broken);
        let mut next = current.to_owned();
        blank(&mut next, line);
        errors.push(error);
        masked = Some(next);
    }
    unreachable!("the loop ends at the last attempt")
}

/// The error in words, and the bytes to blank out.
fn describe(text: &str, error: &ScanError) -> (SyntaxError, TextRange) {
    let mut at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    // At the end of the text the last line with content is the broken one.
    if text[at..].trim().is_empty() {
        at = text.trim_end().len().saturating_sub(1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
    }
    if matches!(error.kind(), ErrorKind::TabInPlainScalar) {
        // The parser stands at the scalar; the tab indents one of the lines that follow.
        let mut line = scan::next_line(text, at);
        while line < text.len() && !text[line..].trim_start_matches(' ').starts_with('\t') {
            line = scan::next_line(text, line);
        }
        if line < text.len() {
            at = line;
        }
    }
    let line = TextRange::at(scan::line_start(text, at), scan::line_end(text, at));
    let message = error.kind().to_string();
    let end = scan::line_end(text, at);
    (
        SyntaxError {
            range: TextRange::at(at, end),
            message,
            help: None,
        },
        line,
    )
}

fn blank(text: &mut String, range: TextRange) {
    let spaces = " ".repeat(range.len() as usize);
    text.replace_range(range.as_usize(), &spaces);
}
