//! The named templates of a file, found by its text alone.
//!
//! This reads actions, not what is in them: enough to pair `define` with its `end`. A file that
//! is no template gives what comes before the first thing that makes no sense.

use plimsoll_source::TextRange;

/// A named template.
pub(crate) struct Define<'t> {
    pub(crate) name: &'t str,
    /// Where the name stands, without its quotes.
    pub(crate) range: TextRange,
    /// What is between `define` and its `end`.
    pub(crate) body: &'t str,
}

/// The named templates of a text, in order.
pub(crate) fn defines(text: &str) -> Vec<Define<'_>> {
    let mut found = Vec::new();
    // Most templates have none, and reading actions takes longer.
    if !text.contains("define") {
        return found;
    }
    // The define that is open, with where its body starts.
    let mut open: Option<(&str, TextRange, usize)> = None;
    let mut depth = 0;
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|start| at + start) {
        let Some(end) = action_end(text, start + 2) else {
            break;
        };
        let inner = text[start + 2..end].trim_start_matches('-').trim();
        let word = inner
            .split(|c: char| !c.is_ascii_alphabetic())
            .next()
            .unwrap_or_default();
        match word {
            "define" if open.is_none() => {
                if let Some((name, range)) = quoted(text, start, end) {
                    open = Some((name, range, end + 2));
                    depth = 0;
                }
            }
            "if" | "with" | "range" | "block" | "define" => depth += 1,
            "end" if depth > 0 => depth -= 1,
            "end" => {
                if let Some((name, range, from)) = open.take() {
                    let body = text.get(from..start).unwrap_or_default();
                    found.push(Define { name, range, body });
                }
            }
            _ => {}
        }
        at = end + 2;
    }
    found
}

/// Where the `}}` of an action stands whose inside starts here.
fn action_end(text: &str, from: usize) -> Option<usize> {
    let inner = &text[from..];
    let trimmed = inner.trim_start_matches('-').trim_start();
    if trimmed.starts_with("/*") {
        let close = inner.find("*/")?;
        return Some(from + close + inner[close..].find("}}")?);
    }
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '`' => quote = Some(c),
            None if inner[at..].starts_with("}}") => return Some(from + at),
            None => {}
        }
    }
    None
}

/// The first quoted text between two offsets.
fn quoted(text: &str, start: usize, end: usize) -> Option<(&str, TextRange)> {
    let inner = &text[start..end];
    let open = inner.find(['"', '`'])?;
    let quote = inner[open..].chars().next()?;
    let close = inner[open + 1..].find(quote)?;
    let from = start + open + 1;
    let range = TextRange::at(from, from + close);
    Some((&text[from..from + close], range))
}
