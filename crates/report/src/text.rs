//! The report for people, in the manner of rustc's.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;

use plimsoll_source::{Edit, FileId, Finding, Fix, Place, Related, Safety, Suppressed, ValueRole};

use crate::Report;
use crate::escape;
use crate::frame::{self, Layout, Mark};
use crate::locate::Locator;
use crate::mask;
use crate::style::{Painted, Palette};
use crate::suggestion::{FileChange, Suggestion};
use crate::summary;

/// The width that lines are cut to when the caller knows none.
const WIDTH: usize = 140;
/// The most further places that one block shows.
const MOST_RELATED: usize = 8;

/// How to write the report.
pub struct TextOptions<'a> {
    /// Whether to write colours.
    pub color: bool,
    /// The terminal's width; notes are wrapped to it. `None` when there is no terminal.
    pub width: Option<usize>,
    /// The path to show for a path relative to the root, so that it can be opened from where
    /// the reader is.
    pub shown: &'a dyn Fn(&str) -> String,
}

/// Writes the report.
pub fn text(
    report: &Report<'_>,
    options: &TextOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let allowed = allowed(report);
    let all: Vec<&Finding> = report.findings.iter().chain(&allowed).collect();
    let masked = mask::masked(report.files, &all);
    let report = &Report {
        files: masked.as_ref().unwrap_or(report.files),
        ..*report
    };
    let mut writer = Writer {
        report,
        options,
        palette: Palette::new(options.color),
        locator: Locator::new(report.files),
        out: String::new(),
        allowed: false,
    };
    for block in blocks(report.findings) {
        writer.block(&block);
        out.write_all(writer.out.as_bytes())?;
        writer.out.clear();
    }
    writer.allowed = true;
    for finding in &allowed {
        writer.block(&[finding]);
        out.write_all(writer.out.as_bytes())?;
        writer.out.clear();
    }
    writer.summary();
    out.write_all(writer.out.as_bytes())
}

/// The findings that are allowed, if they are to be shown, each with the comment that allows it.
fn allowed(report: &Report<'_>) -> Vec<Finding> {
    if !report.shows_suppressed {
        return Vec::new();
    }
    let shown = |one: &Suppressed| {
        let mut finding = one.finding.clone();
        let message = match &one.reason {
            Some(reason) => format!("allowed here: {reason}").into(),
            None => "allowed here".into(),
        };
        finding.related.insert(
            0,
            Related {
                place: one.place,
                message,
            },
        );
        finding
    };
    report.suppressed.iter().map(shown).collect()
}

/// The findings that are shown together: those of one file that one edit would mend.
fn blocks(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut blocks: Vec<Vec<&Finding>> = Vec::new();
    let mut known: BTreeMap<(FileId, &str), usize> = BTreeMap::new();
    for finding in findings {
        let Some(group) = &finding.group else {
            blocks.push(vec![finding]);
            continue;
        };
        let key = (finding.origin.place.file, group.as_str());
        let at = *known.entry(key).or_insert(blocks.len());
        if at == blocks.len() {
            blocks.push(Vec::new());
        }
        blocks[at].push(finding);
    }
    for block in &mut blocks {
        block.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    }
    blocks
}

struct Writer<'a> {
    report: &'a Report<'a>,
    options: &'a TextOptions<'a>,
    palette: Palette,
    locator: Locator<'a>,
    /// What is not written yet.
    out: String,
    /// Whether the findings written now are those that are allowed.
    allowed: bool,
}

impl<'a> Writer<'a> {
    fn block(&mut self, block: &[&'a Finding]) {
        let files = self.report.files;
        for finding in block {
            let (severity, rule) = (finding.severity, finding.rule);
            let allowed = if self.allowed { "allowed " } else { "" };
            let head = Painted(
                self.palette.severity(severity),
                format!("{allowed}{}[{rule}]", severity.name()),
            );
            let message = format!(": {}", escape::one_line(&finding.message));
            let _ = writeln!(self.out, "{head}{}", Painted(self.palette.message, message));
        }
        let lead = block[0].origin.place;
        let frames = self.frames(block);
        let fixes: Vec<&Fix> = block
            .iter()
            .filter_map(|finding| safe_fix(finding))
            .collect();
        let changes = self.changes(&fixes);
        let suggestion = (!fixes.is_empty()).then(|| Suggestion::new(self.titles(block), &changes));
        let last = frames
            .iter()
            .map(|(file, marks)| frame::last_line(files.get(*file), marks))
            .chain(suggestion.iter().map(Suggestion::last_line));
        let last = last.max().unwrap_or(1);
        let layout = Layout {
            gutter: last.to_string().len(),
            width: self.options.width.unwrap_or(WIDTH),
            palette: self.palette,
        };
        for (n, (file, marks)) in frames.iter().enumerate() {
            let first = marks.iter().map(|mark| mark.range.start).min().unwrap_or(0);
            let at = if n == 0 { lead.range.start } else { first };
            if n > 0 {
                frame::empty_row(&mut self.out, &layout);
            }
            let at = self.locator.line_col(*file, at);
            let arrow = if n == 0 { "-->" } else { ":::" };
            let arrow = Painted(
                self.palette.frame,
                format!("{:1$}{arrow}", "", layout.gutter),
            );
            let path = self.shown(&files.get(*file).path);
            let _ = writeln!(self.out, "{arrow} {path}:{}:{}", at.line, at.column);
            frame::frame(&mut self.out, &layout, files.get(*file), marks);
        }
        self.remarks(&layout, block);
        if let Some(suggestion) = suggestion {
            suggestion.write(&mut self.out, &layout, files.get(lead.file));
        }
        self.out.push('\n');
    }

    /// The marks of each file, the file of the first finding first.
    fn frames(&self, block: &[&Finding]) -> Vec<(FileId, Vec<Mark>)> {
        let mut frames: Vec<(FileId, Vec<Mark>)> = Vec::new();
        let mut add = |place: Place, mark: Mark| {
            let at = frames.iter().position(|(file, _)| *file == place.file);
            let at = at.unwrap_or_else(|| {
                frames.push((place.file, Vec::new()));
                frames.len() - 1
            });
            let marks = &mut frames[at].1;
            let twin =
                |other: &&mut Mark| other.range == mark.range && other.primary == mark.primary;
            match marks.iter_mut().find(twin) {
                Some(other) if mark.label.is_empty() || other.label == mark.label => {}
                Some(other) if other.label.is_empty() => other.label = mark.label,
                _ => marks.push(mark),
            }
        };
        for finding in block {
            let style = self.palette.severity(finding.severity);
            let label = finding.label.as_deref().unwrap_or_default().to_owned();
            let range = finding.origin.place.range;
            add(
                finding.origin.place,
                Mark {
                    range,
                    label,
                    primary: true,
                    style,
                },
            );
        }
        let style = self.palette.frame;
        let mut seen: Vec<(Place, String)> = Vec::new();
        for (place, label) in block.iter().flat_map(|finding| further(finding)) {
            if seen.len() < MOST_RELATED && !seen.contains(&(place, label.clone())) {
                seen.push((place, label.clone()));
                add(
                    place,
                    Mark {
                        range: place.range,
                        label,
                        primary: false,
                        style,
                    },
                );
            }
        }
        frames
    }

    /// The notes, and the helps that no suggestion has for its title, each once.
    fn remarks(&mut self, layout: &Layout, block: &[&Finding]) {
        let mut said: Vec<(&str, &str)> = Vec::new();
        let notes = block
            .iter()
            .flat_map(|f| f.notes.iter().map(|note| ("note", &**note)));
        let helps = block
            .iter()
            .filter(|finding| safe_fix(finding).is_none())
            .filter_map(|f| f.help.as_deref().map(|help| ("help", help)));
        for remark in notes.chain(helps) {
            if !said.contains(&remark) {
                said.push(remark);
            }
        }
        if !said.is_empty() {
            frame::empty_row(&mut self.out, layout);
        }
        for (kind, words) in said {
            let indent = layout.gutter + 3 + kind.len() + 2;
            let sign = Painted(self.palette.frame, format!("{:1$} =", "", layout.gutter));
            let head = Painted(self.palette.message, kind);
            let words = escape::lines(words);
            let words = wrapped(&words, indent, self.options.width);
            let _ = writeln!(self.out, "{sign} {head}: {words}");
        }
    }

    /// The titles of the suggestion: what the helps of its findings say, which is more than the
    /// fixes' own titles do.
    fn titles(&self, block: &[&Finding]) -> Vec<String> {
        let indent = "help: ".len();
        let mut titles: Vec<String> = Vec::new();
        for finding in block {
            let Some(fix) = safe_fix(finding) else {
                continue;
            };
            let words = escape::lines(finding.help.as_deref().unwrap_or(&fix.title));
            let title = wrapped(&words, indent, self.options.width);
            if !titles.contains(&title) {
                titles.push(title);
            }
        }
        titles
    }

    /// What fixes do, file by file, each edit once.
    fn changes(&self, fixes: &[&'a Fix]) -> Vec<FileChange<'a>> {
        let mut edits: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
        for edit in fixes.iter().flat_map(|fix| &fix.change.edits) {
            let edits = edits.entry(edit.file).or_default();
            if !edits.contains(&edit.edit) {
                edits.push(edit.edit.clone());
            }
        }
        let mut changes: Vec<FileChange<'_>> = Vec::new();
        for (file, edits) in edits {
            let source = self.report.files.get(file);
            let path = self.shown(&source.path);
            changes.push(FileChange {
                path,
                source: Some(source),
                edits,
                create: "",
            });
        }
        for new in fixes.iter().flat_map(|fix| &fix.change.create) {
            let path = self.shown(&new.path);
            if !changes.iter().any(|change| change.path == path) {
                changes.push(FileChange {
                    path,
                    source: None,
                    edits: vec![],
                    create: &new.text,
                });
            }
        }
        changes
    }

    fn summary(&mut self) {
        let report = self.report;
        let style = |severity| self.palette.severity(severity);
        let line = summary::line(report, |severity, words| {
            Painted(style(severity), words).to_string()
        });
        let _ = writeln!(self.out, "{line}");
        if report.truncated {
            let note = Painted(self.palette.note, "note");
            let _ = writeln!(self.out, "{note}: {}", summary::TRUNCATED);
        }
    }

    fn shown(&self, path: &str) -> String {
        escape::one_line(&(self.options.shown)(path)).into_owned()
    }
}

/// A finding's fix, if it may be shown as what to do.
fn safe_fix(finding: &Finding) -> Option<&Fix> {
    finding
        .fix
        .as_deref()
        .filter(|fix| fix.safety == Safety::Safe)
}

/// The further places of a finding: what it relates to, the values that flowed in, the calls.
fn further(finding: &Finding) -> impl Iterator<Item = (Place, String)> {
    let related = finding
        .related
        .iter()
        .map(|related| (related.place, related.message.clone().into_owned()));
    let known = |place: Place| finding.related.iter().any(|related| related.place == place);
    // What decided that a text is there is seldom what is wrong with it.
    let contents = finding.origin.values.iter();
    let contents = contents.filter(|value| value.role == ValueRole::Content);
    let values = contents.filter_map(move |value| {
        let place = value.place.filter(|place| !known(*place))?;
        Some((place, format!("`{}` is set here", value.path)))
    });
    let calls = finding
        .origin
        .chain
        .iter()
        .filter(move |place| !known(**place))
        .map(|place| (*place, "used here".to_owned()));
    // A place on the primary range itself says nothing new without words.
    let primary = finding.origin.place;
    let new = move |(place, label): &(Place, String)| *place != primary || !label.is_empty();
    related.chain(values).chain(calls).filter(new)
}

/// Breaks the words so that they fit the width, with every line but the first indented.
fn wrapped(words: &str, indent: usize, width: Option<usize>) -> String {
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(24));
    let mut out = String::new();
    for (n, line) in words.lines().enumerate() {
        if n > 0 {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
        }
        let mut column = 0;
        for (n, word) in line.split(' ').enumerate() {
            let size = unicode_width::UnicodeWidthStr::width(word);
            if n > 0 && column + 1 + size > room {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                column = 0;
            } else if n > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += size;
        }
    }
    out
}
