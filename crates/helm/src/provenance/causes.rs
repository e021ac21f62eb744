//! Causes: the values and literals that a part came from, as readers see them.

use std::collections::HashSet;

use super::Provenance;
use crate::render::{Origin, Role, Written};
use crate::values::{SourceId, Step};

/// What something came from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Causes {
    /// Whether it may be anything, because it was too much to keep.
    pub any: bool,
    /// What flowed in, then what decided.
    pub list: Vec<Cause>,
}

/// One of them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cause {
    /// Whether it flowed in or decided.
    pub role: Role,
    /// What it is.
    pub what: What,
}

/// What can be a cause.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum What {
    /// A value that was written.
    Value {
        /// Its path from the root of the chart's values; empty for all of them.
        path: String,
        /// The number of its text ([`crate::values::Sources::file`]).
        number: u32,
        /// The values file, or the flag.
        file: String,
        /// Which of the flags of this name, from 1; `None` for files.
        flag: Option<u32>,
        /// The line in the file, from 1.
        line: u32,
        /// The column in characters, from 1.
        column: u32,
        /// How it is written, cut to a line.
        text: String,
    },
    /// Something that the renderer gives: `.Release.Name`.
    Given {
        /// Its path.
        path: String,
    },
    /// A literal in a template.
    Literal {
        /// Where it stands.
        written: Written,
        /// How it is written.
        text: String,
    },
    /// A value that is not set.
    Absent {
        /// Its path.
        path: String,
        /// The file and the line of what would hold it, if that is set.
        holder: Option<(String, u32)>,
    },
}

impl What {
    /// The path of the value; `None` for a literal.
    pub fn path(&self) -> Option<&str> {
        match self {
            What::Value { path, .. } | What::Given { path } | What::Absent { path, .. } => {
                Some(path)
            }
            What::Literal { .. } => None,
        }
    }

    /// Whether it is a key of the chart's values, set or not.
    pub fn is_value(&self) -> bool {
        matches!(self, What::Value { .. } | What::Absent { .. })
    }
}

/// The longest text of a value that is told, in characters.
const MAX_TEXT: usize = 60;

impl Provenance {
    /// What something came from. What merely holds another value that is told is left out.
    pub fn causes(&self, set: u32) -> Causes {
        self.causes_of_all(&[set])
    }

    /// What several things came from together.
    pub fn causes_of_all(&self, sets: &[u32]) -> Causes {
        let mut any = false;
        let mut sources: Vec<&(Origin, Role)> = Vec::new();
        for set in sets {
            match self.traced.sets.get(*set as usize) {
                Some(Some(set)) => sources.extend(set),
                _ => any = true,
            }
        }
        let mut list: Vec<Cause> = Vec::new();
        let mut seen = HashSet::new();
        for wanted in [Role::Content, Role::Condition] {
            let of_role = sources.iter().filter(|(_, role)| *role == wanted);
            let mut found: Vec<Cause> = of_role
                .filter_map(|(origin, _)| {
                    let what = self.what(origin)?;
                    Some(Cause { role: wanted, what })
                })
                .collect();
            // A value is read through the maps that hold it; these say nothing of their own.
            let holders: HashSet<String> = found
                .iter()
                .filter_map(|cause| cause.what.path())
                .flat_map(holders)
                .map(str::to_owned)
                .collect();
            found.retain(|cause| cause.what.path().is_none_or(|path| !holders.contains(path)));
            found.retain(|cause| seen.insert(cause.what.clone()));
            list.append(&mut found);
        }
        Causes { any, list }
    }

    fn what(&self, origin: &Origin) -> Option<What> {
        match origin {
            Origin::Literal(written) => Some(What::Literal {
                written: *written,
                text: self.expression(written.template, written.range),
            }),
            Origin::Absent { map, keys } => {
                let map = (*map)?;
                let mut path = self.path(map);
                for key in keys {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
                Some(What::Absent {
                    path,
                    holder: self.holder(map),
                })
            }
            Origin::Value(id) => self.value(*id),
        }
    }

    pub(super) fn value(&self, id: SourceId) -> Option<What> {
        let source = self.traced.sources.get(id)?;
        let file = self.traced.sources.file(source.file)?;
        let path = self.path(id);
        if is_given(&file.name) {
            // No template can name these: they are what functions give.
            let path = match path.strip_prefix(".Outside.") {
                Some("Chance") => "chance".to_owned(),
                Some("Time") => "the time".to_owned(),
                Some("Cluster") => "the cluster".to_owned(),
                _ => path,
            };
            return Some(What::Given { path });
        }
        let text = self.values.get(source.file as usize)?;
        // A long value is told at its key.
        let written = source.range.of(&text.text);
        let is_short = !source.range.is_empty() && !written.contains('\n');
        let start = match source.step {
            Step::Key(key) if !is_short => key.start,
            _ => source.range.start,
        };
        let at = text.lines.line_col(&text.text, start);
        let is_flag = file.name.starts_with("--");
        Some(What::Value {
            path,
            number: source.file,
            file: file.name.to_string(),
            flag: is_flag.then(|| self.flags[source.file as usize]),
            line: at.line,
            column: at.column,
            text: short(written),
        })
    }

    /// The path of a value; of what the renderer gives with the object's name.
    pub(super) fn path(&self, id: SourceId) -> String {
        let sources = &self.traced.sources;
        let path = sources.path(id);
        let file = sources.get(id).and_then(|source| sources.file(source.file));
        match file {
            Some(file) if is_given(&file.name) && path.is_empty() => file.name.to_string(),
            Some(file) if is_given(&file.name) => format!("{}.{path}", file.name),
            _ => path,
        }
    }

    /// The path of a values file, or the flag and which one it is.
    pub fn values_path(&self, number: u32) -> String {
        let file = self.traced.sources.file(number);
        let name = file.map_or("", |file| &file.name);
        match self.flags.get(number as usize) {
            Some(count) if name.starts_with("--") => format!("{name} number {count}"),
            _ => name.to_owned(),
        }
    }

    /// The text of a values file or flag.
    pub fn values_text(&self, number: u32) -> &str {
        let found = self.values.get(number as usize);
        found.map_or("", |text| &text.text)
    }

    fn holder(&self, map: SourceId) -> Option<(String, u32)> {
        let source = self.traced.sources.get(map)?;
        let file = self.traced.sources.file(source.file)?;
        let text = self.values.get(source.file as usize)?;
        let Step::Key(key) = source.step else {
            return None;
        };
        Some((file.name.to_string(), text.lines.line(key.start)))
    }
}

/// Whether a text of sources is what the renderer gives: `.Release`.
fn is_given(name: &str) -> bool {
    name.starts_with('.') && !name.contains('/') && !name[1..].contains('.')
}

/// What holds the value with this path, by its path.
fn holders(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices(['.', '[']).map(|(at, _)| at);
    // All values together hold every one.
    let all = (!path.is_empty()).then_some("");
    all.into_iter()
        .chain(ends.filter(|&at| at > 0).map(|at| &path[..at]))
}

fn short(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().trim_end();
    let is_cut = lines.next().is_some();
    match first.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", &first[..end]),
        None if is_cut => format!("{first} …"),
        None => first.to_owned(),
    }
}
