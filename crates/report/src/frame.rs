//! Frames: lines of one file with marks under them.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;

use anstyle::Style;
use plimsoll_source::{SourceFile, TextRange};

use crate::escape;
use crate::line::Line;
use crate::style::{Painted, Palette};

/// A marked range of a frame's file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mark {
    pub(crate) range: TextRange,
    /// What is there; may be empty.
    pub(crate) label: String,
    /// Primary marks are carets in the finding's colour, others are dashes.
    pub(crate) primary: bool,
    pub(crate) style: Style,
}

/// How frames are laid out.
pub(crate) struct Layout {
    /// Width of the line numbers.
    pub(crate) gutter: usize,
    /// Width of the terminal.
    pub(crate) width: usize,
    pub(crate) palette: Palette,
}

/// A mark in terms of lines.
struct Placed<'a> {
    mark: &'a Mark,
    first: u32,
    last: u32,
    /// The range without line breaks and blanks at its end.
    range: TextRange,
}

/// The last line that the marks of a file stand on, for the width of the gutter.
pub(crate) fn last_line(source: &SourceFile, marks: &[Mark]) -> u32 {
    marks
        .iter()
        .map(|mark| placed(source, mark).last)
        .max()
        .unwrap_or(1)
}

/// Writes the lines that the marks stand on, with the marks.
pub(crate) fn frame(out: &mut String, layout: &Layout, source: &SourceFile, marks: &[Mark]) {
    if source.text.is_empty() {
        return;
    }
    let mut marks: Vec<Placed<'_>> = marks.iter().map(|mark| placed(source, mark)).collect();
    // One bar at most: a second range of several lines is marked on its first line only.
    let mut barred = false;
    for placed in &mut marks {
        if placed.last > placed.first {
            if placed.mark.primary && !barred {
                barred = true;
            } else {
                placed.last = placed.first;
            }
        }
    }
    marks.sort_by_key(|placed| (!placed.mark.primary, placed.range.start));
    let bar = marks.iter().find(|placed| placed.last > placed.first);
    let bar = bar.map(|placed| (placed.first, placed.last, placed.mark.style));

    empty_row(out, layout);
    let mut previous = None;
    for number in lines_to_show(&marks) {
        let prefix = |row: u32| match bar {
            Some((first, _, style)) if row == first => format!("{} ", Painted(style, '/')),
            Some((first, last, style)) if first < row && row <= last => {
                format!("{} ", Painted(style, '|'))
            }
            Some(_) => "  ".to_owned(),
            None => String::new(),
        };
        if let Some(previous) = previous
            && previous + 1 < number
        {
            let inside = prefix(previous + 1);
            let inside = if bar.is_some_and(|(_, last, _)| previous < last) {
                &*inside
            } else {
                ""
            };
            let _ = writeln!(out, "{}{inside}", Painted(layout.palette.frame, "..."));
        }
        previous = Some(number);
        let (range, text) = line(source, number);
        let here: Vec<&Placed<'_>> = marks
            .iter()
            .filter(|placed| placed.first == number || placed.last == number)
            .collect();
        let focus = here
            .first()
            .map_or(0..0, |placed| within(placed.range, range));
        let width = layout
            .width
            .saturating_sub(layout.gutter + 3 + 2 * usize::from(bar.is_some()));
        let shown = Line::new(text, focus, width);
        let shown_text = format!("{}{}", prefix(number), shown.text);
        let number_text = Painted(
            layout.palette.frame,
            format!("{number:>0$} |", layout.gutter),
        );
        let _ = writeln!(
            out,
            "{number_text}{}{}",
            gap(&shown_text),
            shown_text.trim_end()
        );
        for placed in here {
            let style = placed.mark.style;
            let label = escape::one_line(&placed.mark.label);
            let mut row = String::new();
            if placed.last > placed.first {
                if number == placed.first {
                    continue;
                }
                let end = shown.columns(within(placed.range, range)).end;
                let _ = write!(row, "|{}^", "_".repeat(end));
            } else {
                let inside = bar.is_some_and(|(first, last, _)| first <= number && number < last);
                if inside {
                    row.push_str("| ");
                } else if bar.is_some() {
                    row.push_str("  ");
                }
                let columns = shown.columns(within(placed.range, range));
                row.push_str(&" ".repeat(columns.start));
                let sign = if placed.mark.primary { "^" } else { "-" };
                row.push_str(&sign.repeat(columns.len()));
            }
            if !label.is_empty() {
                row.push(' ');
                row.push_str(&label);
            }
            let head = Painted(layout.palette.frame, format!("{:1$} |", "", layout.gutter));
            let _ = writeln!(out, "{head} {}", Painted(style, row));
        }
    }
}

/// The row with nothing but the edge.
pub(crate) fn empty_row(out: &mut String, layout: &Layout) {
    let edge = format!("{:1$} |", "", layout.gutter);
    let _ = writeln!(out, "{}", Painted(layout.palette.frame, edge));
}

/// The numbers of the lines to show. Of a long range the middle is left out; a single line
/// between two others is shown rather than left out.
fn lines_to_show(marks: &[Placed<'_>]) -> BTreeSet<u32> {
    let mut lines = BTreeSet::new();
    for placed in marks {
        if placed.last - placed.first < 6 {
            lines.extend(placed.first..=placed.last);
        } else {
            lines.extend(placed.first..placed.first + 3);
            lines.extend(placed.last - 1..=placed.last);
        }
    }
    let between: Vec<u32> = lines
        .iter()
        .map(|line| line + 1)
        .filter(|line| lines.contains(&(line + 1)))
        .collect();
    lines.extend(between);
    lines
}

fn placed<'a>(source: &SourceFile, mark: &'a Mark) -> Placed<'a> {
    let text = mark.range.of(&source.text);
    let end = mark.range.start + text.trim_end().len() as u32;
    let range = TextRange::new(mark.range.start, end.min(mark.range.end));
    let lines = source.lines();
    let first = lines.line(range.start);
    // The last byte inside the range, not the first after it.
    let last = lines.line(range.end.saturating_sub(1).max(range.start));
    Placed {
        mark,
        first,
        last,
        range,
    }
}

/// A line's bytes and its text, without line break and byte order mark.
pub(crate) fn line(source: &SourceFile, number: u32) -> (TextRange, &str) {
    let range = source
        .lines()
        .line_range(&source.text, number)
        .unwrap_or_default();
    let text = range.of(&source.text);
    match text.strip_prefix('\u{feff}').filter(|_| range.start == 0) {
        Some(rest) => (
            TextRange::new(range.end - rest.len() as u32, range.end),
            rest,
        ),
        None => (range, text),
    }
}

/// The part of `range` that lies in the line `line`, in bytes of that line.
fn within(range: TextRange, line: TextRange) -> Range<usize> {
    let clip = |offset: u32| (offset.clamp(line.start, line.end) - line.start) as usize;
    clip(range.start)..clip(range.end)
}

fn gap(text: &str) -> &'static str {
    if text.trim_end().is_empty() { "" } else { " " }
}
