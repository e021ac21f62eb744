//! Fixes as small diffs.

use std::fmt::Write;

use plimsoll_source::{Edit, SourceFile, TextRange, edit};

use crate::frame::{Layout, empty_row};
use crate::line::Line;
use crate::style::Painted;

/// The most lines that one suggestion shows.
const MOST: usize = 16;
/// The longest stretch of text that is compared, in bytes.
const LONGEST: usize = 16 * 1024;

/// One file of a suggestion.
pub(crate) struct FileChange<'a> {
    /// The path as shown, harmless.
    pub(crate) path: String,
    /// The file, `None` for one that would be created.
    pub(crate) source: Option<&'a SourceFile>,
    pub(crate) edits: Vec<Edit>,
    /// The whole text of a created file.
    pub(crate) create: &'a str,
}

/// A changed stretch of lines.
struct Hunk<'a> {
    /// The first line, from 1.
    line: u32,
    /// The line before, for the reader to find the place, where nothing is removed.
    context: Option<&'a str>,
    removed: Vec<&'a str>,
    added: Vec<String>,
}

/// Fixes to be shown together.
pub(crate) struct Suggestion<'a> {
    titles: Vec<String>,
    /// Path, whether the file is new, its changed lines.
    files: Vec<(&'a FileChange<'a>, Vec<Hunk<'a>>)>,
}

impl<'a> Suggestion<'a> {
    /// `titles` are ready to be printed.
    pub(crate) fn new(titles: Vec<String>, changes: &'a [FileChange<'a>]) -> Self {
        let files = changes
            .iter()
            .map(|change| (change, hunks(change)))
            .collect();
        Self { titles, files }
    }

    /// The greatest line number to be shown.
    pub(crate) fn last_line(&self) -> u32 {
        let hunks = self.files.iter().flat_map(|(_, hunks)| hunks);
        let last = |hunk: &Hunk<'_>| {
            let rows = hunk.removed.len().max(hunk.added.len()).min(MOST);
            hunk.line + (rows as u32).saturating_sub(1)
        };
        hunks.map(last).max().unwrap_or(1)
    }

    /// Writes the titles and the changes. The path of `lead` need not be said.
    pub(crate) fn write(&self, out: &mut String, layout: &Layout, lead: &SourceFile) {
        for title in &self.titles {
            let _ = writeln!(out, "{}: {title}", Painted(layout.palette.help, "help"));
        }
        let mut left = MOST;
        for (change, hunks) in self.files.iter().filter(|(_, hunks)| !hunks.is_empty()) {
            if !change
                .source
                .is_some_and(|source| std::ptr::eq(source, lead))
            {
                let new = if change.source.is_none() {
                    " (new file)"
                } else {
                    ""
                };
                let arrow = Painted(layout.palette.frame, format!("{:1$}-->", "", layout.gutter));
                let _ = writeln!(out, "{arrow} {}{new}", change.path);
            }
            empty_row(out, layout);
            for (n, hunk) in hunks.iter().enumerate() {
                if n > 0 {
                    let _ = writeln!(out, "{}", Painted(layout.palette.frame, "..."));
                }
                write_hunk(out, layout, hunk, &mut left);
            }
        }
    }
}

fn write_hunk(out: &mut String, layout: &Layout, hunk: &Hunk<'_>, left: &mut usize) {
    let palette = &layout.palette;
    let width = layout.width.saturating_sub(layout.gutter + 3);
    // A cut shows the first difference.
    let same = hunk
        .removed
        .first()
        .zip(hunk.added.first())
        .map_or(0, |(old, new)| {
            old.chars()
                .zip(new.chars())
                .take_while(|(a, b)| a == b)
                .map(|(a, _)| a.len_utf8())
                .sum()
        });
    let mut row = |number: u32, sign: char, style, text: &str, focus: usize| {
        if *left == 0 {
            return;
        }
        *left -= 1;
        if *left == 0 {
            let _ = writeln!(out, "{}", Painted(palette.frame, "..."));
            return;
        }
        let text = Line::new(text, focus..focus, width).text;
        let number = Painted(palette.frame, format!("{number:>0$}", layout.gutter));
        let text = format!("{sign} {text}");
        let _ = writeln!(out, "{number} {}", Painted(style, text.trim_end()));
    };
    if let Some(context) = hunk.context {
        row(hunk.line - 1, '|', anstyle::Style::new(), context, 0);
    }
    for (n, text) in hunk.removed.iter().enumerate() {
        row(
            hunk.line + n as u32,
            '-',
            palette.removed,
            text,
            if n == 0 { same } else { 0 },
        );
    }
    for (n, text) in hunk.added.iter().enumerate() {
        row(
            hunk.line + n as u32,
            '+',
            palette.added,
            text,
            if n == 0 { same } else { 0 },
        );
    }
}

fn hunks<'a>(change: &'a FileChange<'a>) -> Vec<Hunk<'a>> {
    let Some(source) = change.source else {
        let added = change.create.lines().map(str::to_owned).collect();
        return vec![Hunk {
            line: 1,
            context: None,
            removed: Vec::new(),
            added,
        }];
    };
    let lines = source.lines();
    let mut edits = change.edits.clone();
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    // Edits whose lines touch belong to one hunk.
    let mut groups: Vec<(u32, u32, Vec<Edit>)> = Vec::new();
    for edit in edits {
        let (first, last) = (lines.line(edit.range.start), lines.line(edit.range.end));
        match groups.last_mut() {
            Some((_, end, edits)) if first <= *end + 1 => {
                *end = last.max(*end);
                edits.push(edit);
            }
            _ => groups.push((first, last, vec![edit])),
        }
    }
    let hunk = |(first, last, edits): &(u32, u32, Vec<Edit>)| {
        let start = lines.line_start(*first);
        let old = TextRange::new(start, lines.line_start(last + 1)).of(&source.text);
        // Lines that nobody could read as a difference: the title has to do.
        if old.len() > LONGEST {
            return None;
        }
        let moved: Vec<Edit> = edits
            .iter()
            .map(|edit| {
                let range = TextRange::new(edit.range.start - start, edit.range.end - start);
                Edit::replace(range, edit.text.clone())
            })
            .collect();
        let new = edit::apply(old, &moved).ok()?;
        let mut removed: Vec<&str> = old.lines().collect();
        let mut added: Vec<&str> = new.lines().collect();
        let same = removed
            .iter()
            .zip(&added)
            .take_while(|(a, b)| a == b)
            .count();
        removed.drain(..same);
        added.drain(..same);
        let tail = removed
            .iter()
            .rev()
            .zip(added.iter().rev())
            .take_while(|(a, b)| a == b)
            .count();
        removed.truncate(removed.len() - tail);
        added.truncate(added.len() - tail);
        let line = first + same as u32;
        let context = (removed.is_empty() && line > 1).then(|| {
            lines
                .line_range(&source.text, line - 1)
                .unwrap_or_default()
                .of(&source.text)
        });
        let added = added.into_iter().map(str::to_owned).collect();
        Some(Hunk {
            line,
            context,
            removed,
            added,
        })
    };
    groups.iter().filter_map(hunk).collect()
}
