//! The lines of what a chart gives, and what each is said to have come from.

use std::collections::{BTreeSet, HashMap, HashSet};

use plimsoll_helm::render::{Followed, Origin, Part, RenderedFile, Role, Traced, Written};
use plimsoll_helm::values::{SourceId, Sources};
use plimsoll_source::TextRange;

/// A key of the chart's values.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Key {
    /// A value that is set.
    Set(SourceId),
    /// What is missing in a map.
    Absent(SourceId, Vec<String>),
}

/// What a line is said to have come from.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Trail {
    /// Whether it may be anything.
    pub(crate) any: bool,
    pub(crate) content: BTreeSet<Key>,
    pub(crate) conditions: BTreeSet<Key>,
    /// Literals that were compared or flowed in.
    pub(crate) literals: Vec<Written>,
}

/// Keys by the number of the set that they are in.
#[derive(Default)]
pub(crate) struct Trails(HashMap<u32, Trail>);

impl Trails {
    /// What a set of sources says of keys. What only holds another key of it is left out.
    pub(crate) fn of(&mut self, traced: &Traced, set: u32) -> &Trail {
        self.0.entry(set).or_insert_with(|| trail(traced, set))
    }
}

fn trail(traced: &Traced, set: u32) -> Trail {
    let mut trail = Trail::default();
    let Some(sources) = &traced.sets[set as usize] else {
        trail.any = true;
        return trail;
    };
    for role in [Role::Content, Role::Condition] {
        let mut keys = BTreeSet::new();
        let mut held = HashSet::new();
        for (origin, _) in sources.iter().filter(|(_, its)| *its == role) {
            let (key, holder) = match origin {
                Origin::Literal(written) => {
                    trail.literals.push(*written);
                    continue;
                }
                Origin::Value(id) => {
                    let parent = traced.sources.get(*id).map(|source| source.parent);
                    (Key::Set(*id), parent)
                }
                Origin::Absent { map: None, .. } => continue,
                Origin::Absent {
                    map: Some(map),
                    keys,
                } => (Key::Absent(*map, keys.clone()), Some(*map)),
            };
            let of = match &key {
                Key::Set(id) | Key::Absent(id, _) => *id,
            };
            if is_value(&traced.sources, of) {
                keys.insert(key);
            }
            let mut at = holder;
            while let Some(id) = at.filter(|id| *id != SourceId::NONE) {
                held.insert(id);
                at = traced.sources.get(id).map(|source| source.parent);
            }
        }
        keys.retain(|key| !matches!(key, Key::Set(id) if held.contains(id)));
        match role {
            Role::Content => trail.content = keys,
            Role::Condition => trail.conditions = keys,
        }
    }
    trail
}

/// Whether a place is of values, and not of what the renderer gives.
fn is_value(sources: &Sources, id: SourceId) -> bool {
    let file = sources.get(id).and_then(|source| sources.file(source.file));
    file.is_some_and(|file| !file.name.starts_with('.') || file.name.contains('/'))
}

/// A line of a rendered file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) file: usize,
    /// From 0.
    pub(crate) number: usize,
    pub(crate) range: TextRange,
}

/// The lines that are no mere white space, of all files that are manifests.
pub(crate) fn lines(followed: &Followed) -> Vec<Line> {
    let mut found = Vec::new();
    for (number, file) in followed.traced.files.iter().enumerate() {
        if !is_manifest(file) {
            continue;
        }
        let mut at = 0;
        for (line, bytes) in file.text.split(|&byte| byte == b'\n').enumerate() {
            if !bytes.trim_ascii().is_empty() {
                found.push(Line {
                    file: number,
                    number: line,
                    range: TextRange::at(at, at + bytes.len()),
                });
            }
            at += bytes.len() + 1;
        }
    }
    found
}

pub(crate) fn is_manifest(file: &RenderedFile) -> bool {
    !file.name.ends_with("NOTES.txt") && std::str::from_utf8(&file.text).is_ok()
}

/// The parts of a line that have bytes in it and are no mere white space, as far as they lie in
/// it.
pub(crate) fn parts(traced: &Traced, line: &Line) -> Vec<Part> {
    let all = &traced.parts[line.file];
    let text = &traced.files[line.file].text;
    let first = all.partition_point(|part| part.output.end <= line.range.start);
    let here = all[first..]
        .iter()
        .take_while(|part| part.output.start < line.range.end);
    let cut = here.filter_map(|part| {
        let start = part.output.start.max(line.range.start);
        let end = part.output.end.min(line.range.end);
        let is_ink = start < end && !text[start as usize..end as usize].trim_ascii().is_empty();
        let mut part = *part;
        if let Some(written) = part.written.as_mut().filter(|_| part.verbatim) {
            let from = written.range.start + (start - part.output.start);
            written.range = TextRange::new(from, from + (end - start));
        }
        part.output = TextRange::new(start, end);
        is_ink.then_some(part)
    });
    cut.collect()
}

/// What a line is said to have come from.
pub(crate) fn of_line(traced: &Traced, line: &Line, trails: &mut Trails) -> Trail {
    let mut all = Trail::default();
    for part in parts(traced, line) {
        let trail = trails.of(traced, part.set);
        all.any |= trail.any;
        all.content.extend(trail.content.iter().cloned());
        all.conditions.extend(trail.conditions.iter().cloned());
        all.literals.extend(&trail.literals);
    }
    all
}
