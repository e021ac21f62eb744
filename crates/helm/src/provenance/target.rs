//! What somebody asks for, and what a line of a template or of a values file came to.

use std::collections::{BTreeMap, HashSet};

use plimsoll_source::TextRange;

use super::Provenance;
use crate::render::{CopyOf, Origin, Part, Role, Written};
use crate::values::{SourceId, Step};

/// What is to be traced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A line of the printed text, from 1.
    Line(u32),
    /// A line of a template, a values file or a file of `crds/`.
    Place {
        /// The file, as it was written.
        path: String,
        /// The line, from 1.
        line: u32,
    },
    /// An object or a field of one, for [`Provenance::find`].
    Field(String),
}

/// A text that names nothing which can be traced, or a file that is not there.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TargetError {
    /// It has none of the forms.
    #[error("`{0}` is no line, no `FILE:LINE` and no `kind/name`")]
    Form(String),
    /// The printed text has fewer lines.
    #[error("the output has {count} lines, not {line}")]
    NoLine {
        /// The line that was asked for.
        line: u32,
        /// How many there are.
        count: u32,
    },
    /// No file of the render is called so.
    #[error("no template and no values file is called `{path}`")]
    NoFile {
        /// What was asked for.
        path: String,
        /// Files like it.
        near: Vec<String>,
    },
    /// The file has fewer lines.
    #[error("`{path}` has {count} lines, not {line}")]
    NoLineThere {
        /// The file.
        path: String,
        /// The line that was asked for.
        line: u32,
        /// How many there are.
        count: u32,
    },
}

impl Target {
    /// Reads `12`, `templates/web.yaml:12`, or `deployment/web.spec.replicas`.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let number = |text: &str| -> Option<u32> { text.parse().ok() };
        if let Some(line) = number(text.strip_prefix(':').unwrap_or(text)) {
            return Ok(Self::Line(line));
        }
        if let Some((path, line)) = text.rsplit_once(':')
            && let Some(line) = number(line)
        {
            return Ok(Self::Place {
                path: path.to_owned(),
                line,
            });
        }
        match text.split_once('/') {
            Some((kind, name)) if is_kind(kind) && !name.is_empty() => {
                Ok(Self::Field(text.to_owned()))
            }
            _ => Err(TargetError::Form(text.to_owned())),
        }
    }
}

fn is_kind(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What came of a line of a file: lines of the printed text, and how each has to do with it.
pub type Effects = BTreeMap<u32, Role>;

/// A file of the render.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Named {
    Template(u32),
    Values(u32),
    Crd(u32),
}

impl Provenance {
    /// The lines of the printed text that a line of a file wrote, or that its values flowed
    /// into or decided over; the file's path.
    pub fn effects(&self, path: &str, line: u32) -> Result<(String, Effects), TargetError> {
        let (shown, named) = self.named(path)?;
        let count = match named {
            Named::Template(number) => self.templates[number as usize].lines.line_count(),
            Named::Values(number) => self.values[number as usize].lines.line_count(),
            Named::Crd(number) => {
                let data = &self.crds[number as usize].data;
                memchr::memchr_iter(b'\n', data).count() as u32 + 1
            }
        };
        if line == 0 || line > count {
            return Err(TargetError::NoLineThere {
                path: shown,
                line,
                count,
            });
        }
        let effects = match named {
            Named::Template(number) => self.written_at(number, line),
            Named::Values(number) => self.fed_by(number, line),
            Named::Crd(number) => self.copied_from(number, line),
        };
        Ok((shown, effects))
    }

    /// The branches around a line of a template that were not taken as they would have to be
    /// for it to write, as far as they were decided. Outermost first.
    pub fn blocked(&self, path: &str, line: u32) -> Vec<super::missing::Block> {
        let Ok((_, Named::Template(template))) = self.named(path) else {
            return Vec::new();
        };
        let text = &self.templates[template as usize];
        let Some(range) = text.lines.line_range(&text.text, line) else {
            return Vec::new();
        };
        super::missing::blocks(self, template, range)
    }

    fn named(&self, path: &str) -> Result<(String, Named), TargetError> {
        let wanted = path.trim_start_matches("./");
        let mut files: Vec<(String, Named)> = Vec::new();
        for (template, number) in self.traced.templates.iter().zip(0..) {
            files.push((template.path.to_string(), Named::Template(number)));
        }
        for number in 0..self.values.len() as u32 {
            let file = self.traced.sources.file(number);
            let name = file.map_or("", |file| &file.name);
            if !name.starts_with("--") && !name.is_empty() {
                files.push((name.to_owned(), Named::Values(number)));
            }
        }
        for (file, number) in self.crds.iter().zip(0..) {
            files.push((file.path.to_string(), Named::Crd(number)));
        }
        // The path itself, or with more or less in front of it.
        let ends = |long: &str, short: &str| {
            let rest = long.strip_suffix(short);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        let exact = files.iter().find(|(path, _)| path == wanted);
        let longest = || {
            let inner = files.iter().filter(|(path, _)| ends(wanted, path));
            inner.max_by_key(|(path, _)| path.len())
        };
        let shortest = || {
            let outer = files.iter().filter(|(path, _)| ends(path, wanted));
            outer.min_by_key(|(path, _)| path.len())
        };
        if let Some(found) = exact.or_else(longest).or_else(shortest) {
            return Ok(found.clone());
        }
        let name = plimsoll_source::files::file_name(wanted);
        let mut near: Vec<String> = files
            .iter()
            .filter(|(path, _)| plimsoll_source::files::file_name(path) == name)
            .map(|(path, _)| path.clone())
            .collect();
        let paths = files.iter().map(|(path, _)| path.as_str());
        near.extend(plimsoll_source::nearest::nearest(wanted, paths).map(str::to_owned));
        near.dedup();
        near.truncate(8);
        Err(TargetError::NoFile {
            path: path.to_owned(),
            near,
        })
    }

    /// The lines that a line of a template wrote, or that were written by what it calls.
    fn written_at(&self, template: u32, line: u32) -> Effects {
        let text = &self.templates[template as usize];
        let is_there = |written: &Written| {
            let range = written.range;
            let last = range.end.saturating_sub(1).max(range.start);
            written.template == template
                && text.lines.line(range.start) <= line
                && line <= text.lines.line(last)
        };
        let calls: HashSet<u32> = self
            .traced
            .calls
            .iter()
            .zip(0..)
            .filter(|(calls, _)| calls.iter().any(is_there))
            .map(|(_, number)| number)
            .collect();
        let mut effects = Effects::new();
        self.parts_with(
            &mut effects,
            |part| {
                let own = part.written.as_ref().is_some_and(is_there);
                (own || calls.contains(&part.calls)).then_some(Role::Content)
            },
            |part, from, to| {
                // Of a copied text only the line itself counts.
                let written = part.written?;
                if !part.verbatim || calls.contains(&part.calls) {
                    return Some((from, to));
                }
                let start = text.lines.line_start(line);
                let end = text.lines.line_start(line + 1);
                let moved = |at: u32| {
                    at.clamp(written.range.start, written.range.end) - written.range.start
                        + part.output.start
                };
                let (start, end) = (moved(start).max(from), moved(end).min(to));
                (start < end).then_some((start, end))
            },
        );
        effects
    }

    /// The lines that the values on a line of a values file flowed into or decided over.
    fn fed_by(&self, file: u32, line: u32) -> Effects {
        let sources = &self.traced.sources;
        let text = &self.values[file as usize];
        let is_there = |id: u32| {
            let Some(source) = sources.get(SourceId(id)) else {
                return false;
            };
            let at = match source.step {
                Step::Key(key) => key,
                _ => source.range,
            };
            source.file == file && source.step != Step::Root && text.lines.line(at.start) == line
        };
        let wanted: HashSet<SourceId> = (0..sources.len())
            .filter(|id| is_there(*id))
            .map(SourceId)
            .collect();
        let roles: Vec<Option<Role>> = self
            .traced
            .sets
            .iter()
            .map(|set| {
                let set = set.as_ref()?;
                let here = set.iter().filter(|(origin, _)| match origin {
                    Origin::Value(id) => wanted.contains(id),
                    Origin::Absent { map: Some(id), .. } => wanted.contains(id),
                    _ => false,
                });
                here.map(|(_, role)| *role).min()
            })
            .collect();
        let mut effects = Effects::new();
        self.parts_with(
            &mut effects,
            |part| roles[part.set as usize],
            |_, from, to| Some((from, to)),
        );
        effects
    }

    fn copied_from(&self, crd: u32, line: u32) -> Effects {
        let copies = self.printed.copies.iter();
        let copies = copies.filter(|copy| copy.from == CopyOf::Crd(crd));
        let lines = copies.map(|copy| self.line_of(copy.output.start) + line - 1);
        lines.map(|line| (line, Role::Content)).collect()
    }

    /// Adds the lines on which parts are printed: those to which `role` gives one, as far as
    /// `range` wants them (in bytes of their files).
    fn parts_with(
        &self,
        effects: &mut Effects,
        role: impl Fn(&Part) -> Option<Role>,
        range: impl Fn(&Part, u32, u32) -> Option<(u32, u32)>,
    ) {
        for copy in &self.printed.copies {
            let CopyOf::File(file) = copy.from else {
                continue;
            };
            let Some(parts) = self.traced.parts.get(file as usize) else {
                continue;
            };
            let end = copy.offset + copy.output.len();
            for part in parts {
                let (from, to) = (part.output.start.max(copy.offset), part.output.end.min(end));
                if from >= to {
                    continue;
                }
                let Some(role) = role(part) else { continue };
                let Some((from, to)) = range(part, from, to) else {
                    continue;
                };
                let moved = |at: u32| at - copy.offset + copy.output.start;
                // White space at the ends of a part is no line of its own.
                let (start, end) = (moved(from), moved(to));
                let text = TextRange::new(start, end).of(&self.printed.text);
                let lead = text.len() - text.trim_start().len();
                let trail = text.len() - text.trim_end().len();
                if lead == text.len() {
                    continue;
                }
                let first = self.line_of(start + lead as u32);
                let last = self.line_of(end - trail as u32 - 1);
                for line in first..=last {
                    let entry = effects.entry(line).or_insert(role);
                    *entry = (*entry).min(role);
                }
            }
        }
    }
}
