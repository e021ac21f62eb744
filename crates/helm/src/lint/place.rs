//! From what was rendered back to the template that wrote it.

use std::sync::Arc;

use plimsoll_source::TextRange;

use super::LintPlace;
use super::crds::line_at;
use crate::render::Linted;

/// Where the line of a rendered file at an offset was written, and what it became.
pub(super) fn written(linted: &Linted, file: usize, at: usize) -> Option<(LintPlace, Vec<String>)> {
    let traced = &linted.traced;
    let rendered = String::from_utf8_lossy(&traced.files[file].text);
    let line = line_at(&rendered, at);
    let start = line.start;
    let part = traced.parts[file]
        .iter()
        .filter(|part| !part.output.is_empty())
        .find(|part| part.output.start <= start && start < part.output.end)
        .or(traced.parts[file].last())?;
    let by = part.written?;
    let template = &traced.templates[by.template as usize];
    let text: Arc<str> = String::from_utf8_lossy(&linted.texts[by.template as usize]).into();
    let range = if part.verbatim {
        let from = (by.range.start + start.saturating_sub(part.output.start)).min(by.range.end);
        let to = by.range.end.min(from + (line.end - line.start));
        TextRange::at(from as usize, to as usize)
    } else {
        by.range
    };
    let begin = rendered[..start as usize]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let shown = rendered[begin..line.end as usize].trim();
    let as_written = text.lines().any(|line| line.trim() == shown);
    let mut notes = Vec::new();
    if !shown.is_empty() && !as_written {
        let number = rendered[..start as usize].matches('\n').count() + 1;
        notes.push(format!(
            "line {number} of what was rendered: `{}`",
            cut(shown)
        ));
    }
    for call in traced.calls[part.calls as usize].iter().take(3) {
        let path = &traced.templates[call.template as usize].path;
        let text = String::from_utf8_lossy(&linted.texts[call.template as usize]);
        let place = plimsoll_source::LineIndex::new(&text).line_col(&text, call.range.start);
        notes.push(format!("by {path}:{}:{}", place.line, place.column));
    }
    let place = LintPlace {
        path: template.path.clone(),
        text,
        range,
    };
    Some((place, notes))
}

/// The most characters of a rendered line that are shown.
const MOST: usize = 120;

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
