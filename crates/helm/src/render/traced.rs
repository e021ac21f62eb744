//! Where the parts of rendered files came from, kept when the session is gone.
//!
//! A session knows calls and sources by numbers that mean nothing without it. What is here is
//! the same in terms of the chart: templates by their paths, values by their places.

use std::collections::HashMap;
use std::sync::Arc;

use plimsoll_gotmpl::trace::{FrameId, Role, Source as TraceSource, TreeId};
use plimsoll_gotmpl::{HostId, Segment, Session, Spot, Trace};
use plimsoll_source::TextRange;

use super::engine::TemplateFile;
use super::output::RenderedFile;
use crate::values::{SourceId, Sources};

/// Files as their templates gave them, and where each part of them came from.
#[derive(Debug)]
pub struct Traced {
    /// The files, in the order in which they were executed. Their segments are taken out: the
    /// parts stand for them.
    pub files: Vec<RenderedFile>,
    /// For each file its parts, in order: together they cover it. A part of no bytes tells what
    /// decided that nothing is there. Files that nobody asked about have none.
    pub parts: Vec<Vec<Part>>,
    /// The templates, by the numbers of [`Written::template`].
    pub templates: Vec<TemplateName>,
    /// The calls that parts name: the actions that led there, the innermost first.
    pub calls: Vec<Vec<Written>>,
    /// The sources that parts name; `None` where it may be any.
    pub sets: Vec<Option<Vec<(Origin, Role)>>>,
    /// The values that something in some file came from, whether anybody asked about it or not.
    pub used: Vec<SourceId>,
    /// The places that sources of values name.
    pub sources: Sources,
    /// What Helm would warn of.
    pub warnings: Vec<String>,
}

/// A template of the chart or of a chart in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplateName {
    /// Its name, with that of the chart.
    pub name: Arc<str>,
    /// Its path ([`crate::chart::File::path`]).
    pub path: Arc<str>,
}

/// A range of a template.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Written {
    /// The template, by its number in [`Traced::templates`].
    pub template: u32,
    /// The bytes.
    pub range: TextRange,
}

/// A range of a rendered file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// The range.
    pub output: TextRange,
    /// What wrote it: template text, or an action. Of a text that was handed to `tpl` it is the
    /// action that did so. `None` if nothing of the chart did.
    pub written: Option<Written>,
    /// Whether the output is a copy of what wrote it, byte for byte.
    pub verbatim: bool,
    /// The action of the outermost template that printed it: where a variable stands that holds
    /// what was written elsewhere.
    pub printed: Option<Written>,
    /// The calls that led there, by their number in [`Traced::calls`].
    pub calls: u32,
    /// What it came from, by its number in [`Traced::sets`].
    pub set: u32,
}

/// Something that a part came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A value, or what the renderer itself gives.
    Value(SourceId),
    /// A literal in a template.
    Literal(Written),
    /// An entry that was looked for and was not there: the map, if it is one of the values, and
    /// the keys from there on.
    Absent {
        /// The map that the first key is missing in.
        map: Option<SourceId>,
        /// The keys.
        keys: Vec<String>,
    },
}

/// Whether it is told where the parts of a file came from.
pub type IsTold<'a> = &'a dyn Fn(&RenderedFile) -> bool;

/// Takes from a session what its segments mean, those of the files that `is_told` is true of.
pub(super) fn collect(
    session: &Session,
    files: &[TemplateFile<'_>],
    mut rendered: Vec<RenderedFile>,
    sources: Sources,
    is_told: IsTold<'_>,
) -> Traced {
    let segments = rendered.iter().flat_map(|file| &file.segments);
    let used = session.hosts(segments.map(|segment| segment.trace));
    let mut collector = Collector {
        session,
        calls: Table::default(),
        sets: Table::default(),
    };
    let parts = rendered
        .iter_mut()
        .map(|file| {
            let is_told = is_told(file);
            let segments = std::mem::take(&mut file.segments);
            if !is_told {
                return Vec::new();
            }
            let parts = segments.iter().map(|segment| collector.part(segment));
            parts.collect()
        })
        .collect();
    // The trees of the set have the numbers of the files that they were parsed from.
    let templates = files.iter().map(|file| TemplateName {
        name: file.name.as_str().into(),
        path: file.file.path.clone(),
    });
    Traced {
        files: rendered,
        parts,
        templates: templates.collect(),
        calls: collector.calls.items,
        sets: collector.sets.items,
        used: used.into_iter().map(|HostId(id)| SourceId(id)).collect(),
        sources,
        warnings: Vec::new(),
    }
}

/// Numbered items, each made once for its key.
pub(super) struct Table<K, T> {
    numbers: HashMap<K, u32>,
    pub(super) items: Vec<T>,
}

impl<K, T> Default for Table<K, T> {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            items: Vec::new(),
        }
    }
}

impl<K: Eq + std::hash::Hash, T> Table<K, T> {
    pub(super) fn number(&mut self, key: K, make: impl FnOnce() -> T) -> u32 {
        let next = self.items.len() as u32;
        *self.numbers.entry(key).or_insert_with(|| {
            self.items.push(make());
            next
        })
    }
}

struct Collector<'s> {
    session: &'s Session,
    calls: Table<FrameId, Vec<Written>>,
    sets: Table<Trace, Option<Vec<(Origin, Role)>>>,
}

impl Collector<'_> {
    fn part(&mut self, segment: &Segment) -> Part {
        let session = self.session;
        let frame = segment.written.frame;
        let own = written(session, &segment.written);
        let calls = self.calls.number(frame, || calls(session, frame));
        let set = self
            .sets
            .number(segment.trace, || set(session, segment.trace));
        Part {
            output: segment.output,
            written: own.or_else(|| self.calls.items[calls as usize].first().copied()),
            verbatim: segment.verbatim && own.is_some(),
            printed: written(session, &segment.printed),
            calls,
            set,
        }
    }
}

/// A range of a template; `None` for a text that was parsed while rendering.
fn written(session: &Session, spot: &Spot) -> Option<Written> {
    in_set(session, spot.tree).map(|template| Written {
        template,
        range: spot.range,
    })
}

/// The number of a text of the set.
pub(super) fn in_set(session: &Session, tree: TreeId) -> Option<u32> {
    let templates = session.templates();
    templates.tree(tree).map(|_| tree.number())
}

/// The most calls that are told, counted from the innermost one.
const MAX_CALLS: usize = 64;

/// The actions that led to a frame, the innermost first.
pub(super) fn calls(session: &Session, frame: FrameId) -> Vec<Written> {
    let mut calls = Vec::new();
    let mut at = frame;
    while let Some((caller, node)) = session.frame(at).caller
        && calls.len() < MAX_CALLS
    {
        let tree = session.frame(caller).tree;
        if let Some(template) = in_set(session, tree) {
            let range = session.tree(tree).node(node).range;
            calls.push(Written { template, range });
        }
        at = caller;
    }
    calls
}

pub(super) fn set(session: &Session, trace: Trace) -> Option<Vec<(Origin, Role)>> {
    let origin = |(source, role): (TraceSource, Role)| {
        let origin = match source {
            TraceSource::Host(HostId(id)) => Origin::Value(SourceId(id)),
            TraceSource::Literal { tree, node } => Origin::Literal(Written {
                template: in_set(session, tree)?,
                range: session.tree(tree).node(node).range,
            }),
            TraceSource::Absent { map, keys } => Origin::Absent {
                map: map.map(|HostId(id)| SourceId(id)),
                keys: keys.iter().map(|key| key.text().into_owned()).collect(),
            },
        };
        Some((origin, role))
    };
    let sources = session.sources(trace)?;
    Some(sources.into_iter().filter_map(origin).collect())
}
