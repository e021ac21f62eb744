//! From what a render tells to origins: for each part the line that a person would edit, the calls
//! that led there, and the values.

use foldhash::{HashMap, HashSet};
use plimsoll_helm::render::{Origin, Part as Rendered, Role, Traced, Written};
use plimsoll_helm::values::{SourceId, Step};
use plimsoll_project::Given;
use plimsoll_source::{FileId, Gap, Marks, Part, Place, TextRange, ValueOrigin, ValueRole};

use crate::paths::{PathId, Paths};
use crate::render::in_root;
use crate::unit::Texts;

/// The most values of each role that are told of one part.
const MAX_VALUES: usize = 8;
/// The same of a point where nothing was written: of many that decided, few matter.
const MAX_VALUES_OF_GAP: usize = 32;
/// The most calls that are told of one part.
const MAX_CALLS: usize = 8;

/// What rules miss in objects. A point where nothing was written is kept if the branch there would
/// have written one of these, or if a value decided whose key has one of the words.
const ASKED_FOR: [&str; 6] = [
    "resources",
    "securityContext",
    "readinessProbe",
    "livenessProbe",
    "startupProbe",
    "tls",
];
const WORDS: [&str; 4] = ["resources", "securitycontext", "probe", "tls"];

/// Whether a template, named with its chart, belongs to the outermost chart.
pub(crate) fn is_own(chart: &str, name: &str) -> bool {
    let inner = name
        .strip_prefix(chart)
        .and_then(|rest| rest.strip_prefix('/'));
    inner.is_some_and(|inner| !inner.starts_with("charts/"))
}

/// Makes origins of the parts of one render. Its files have numbers of their own.
pub(crate) struct Mapper<'t> {
    traced: &'t Traced,
    folder: &'t str,
    /// The texts of the chart by their paths relative to the root.
    texts: &'t Texts,
    templates: Vec<Template>,
    numbers: HashMap<String, FileId>,
    /// What sets of sources came to, of each at most so many values.
    values: HashMap<(u32, usize), (u32, Marks)>,
    /// Whether rules ask what sets of sources left out.
    asked_for: HashMap<u32, bool>,
    /// Whether the key of a value has one of the words that tell so.
    words: HashMap<SourceId, bool>,
    /// Whether rules ask for what branches would have written.
    writes: HashMap<Written, bool>,
    /// What is given beside values, by its source.
    given: HashMap<SourceId, Option<Given>>,
    /// Values that were asked for.
    told: HashMap<SourceId, Option<Told>>,
    /// What values are called.
    names: Paths,
    /// By the calls, how many of them are passed over, the sources, where it was printed, and how
    /// many values are told.
    known: HashMap<(u32, usize, u32, Option<Written>, usize), u32>,
    behind: Behind,
}

/// What the parts of a render name. Places are in the files of `paths`.
#[derive(Default)]
pub(crate) struct Behind {
    pub(crate) backgrounds: Vec<Known>,
    /// The values that flowed in, of many backgrounds the same.
    pub(crate) values: Vec<Vec<ValueOrigin>>,
    /// The files that places are in, by number.
    pub(crate) paths: Vec<String>,
}

/// What will be a [`plimsoll_source::Background`] when its files have ids.
pub(crate) struct Known {
    pub(crate) chain: Vec<Place>,
    /// The values, by their number in [`Behind::values`].
    pub(crate) values: u32,
    pub(crate) marks: Marks,
}

/// A value as it is told of.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Told {
    path: PathId,
    /// Where it was set; `None` if it was not.
    place: Option<Place>,
}

/// A template that parts name.
#[derive(Clone, Copy)]
struct Template {
    /// `None` if it is no file below the root.
    file: Option<FileId>,
    is_own: bool,
}

impl<'t> Mapper<'t> {
    pub(crate) fn new(traced: &'t Traced, folder: &'t str, chart: &str, texts: &'t Texts) -> Self {
        let mut mapper = Self {
            traced,
            folder,
            texts,
            templates: Vec::new(),
            numbers: HashMap::default(),
            values: HashMap::default(),
            asked_for: HashMap::default(),
            words: HashMap::default(),
            writes: HashMap::default(),
            given: HashMap::default(),
            told: HashMap::default(),
            names: Paths::default(),
            known: HashMap::default(),
            behind: Behind::default(),
        };
        for template in &traced.templates {
            let path = in_root(folder, &template.path);
            let file = path.map(|path| mapper.file(path));
            let is_own = is_own(chart, &template.name);
            mapper.templates.push(Template { file, is_own });
        }
        mapper
    }

    pub(crate) fn finish(self) -> Behind {
        self.behind
    }

    fn file(&mut self, path: String) -> FileId {
        let next = FileId(self.behind.paths.len() as u32);
        match self.numbers.get(&path) {
            Some(&number) => number,
            None => {
                self.behind.paths.push(path.clone());
                self.numbers.insert(path, next);
                next
            }
        }
    }

    /// The parts of one file, and the points of it where something was decided not to be. Those
    /// of which nothing below the root is known are left out.
    pub(crate) fn parts(&mut self, parts: &[Rendered]) -> (Vec<Part>, Vec<Gap>) {
        let mut found = Vec::with_capacity(parts.len());
        let mut gaps = Vec::new();
        for part in parts {
            // Most points are those of branches that nobody asks about.
            if part.output.is_empty() && !self.is_asked_for(part) {
                continue;
            }
            let Some(part) = self.part(part) else {
                continue;
            };
            if part.output.is_empty() {
                gaps.push(Gap {
                    at: part.output.start,
                    place: part.place,
                    background: part.background,
                });
            } else {
                found.push(part);
            }
        }
        (found, gaps)
    }

    fn part(&mut self, part: &Rendered) -> Option<Part> {
        let calls = &self.traced.calls[part.calls as usize];
        let written = part.written?;
        // What was handed to `tpl` stands for the call that did so.
        let calls = match calls.split_first() {
            Some((first, rest)) if *first == written && !part.verbatim => rest,
            _ => calls,
        };
        let skipped = self.traced.calls[part.calls as usize].len() - calls.len();
        let all = || std::iter::once(&written).chain(calls);
        let of = |written: &Written| self.templates[written.template as usize];
        // The innermost line of the chart itself is the one to edit.
        let own = all().position(|one| of(one).is_own && of(one).file.is_some());
        let chosen = own.or_else(|| all().position(|one| of(one).file.is_some()))?;
        let place = self.place(all().nth(chosen)?)?;
        // A variable is printed elsewhere than where it got its value.
        let outermost = all().last();
        let printed = part.printed.filter(|printed| {
            outermost.is_some_and(|outer| {
                printed.template == outer.template && !printed.range.overlaps(outer.range)
            })
        });
        let most = if part.output.is_empty() {
            MAX_VALUES_OF_GAP
        } else {
            MAX_VALUES
        };
        let key = (part.calls, skipped + chosen, part.set, printed, most);
        let background = match self.known.get(&key) {
            Some(&known) => known,
            None => {
                let outer = all().skip(chosen + 1);
                let mut chain: Vec<Place> = outer.filter_map(|one| self.place(one)).collect();
                chain.truncate(MAX_CALLS);
                chain.extend(printed.and_then(|printed| self.place(&printed)));
                chain.dedup();
                let (values, marks) = self.values(part.set, most);
                let number = self.behind.backgrounds.len() as u32;
                self.behind.backgrounds.push(Known {
                    chain,
                    values,
                    marks,
                });
                self.known.insert(key, number);
                number
            }
        };
        Some(Part {
            output: part.output,
            place,
            verbatim: part.verbatim && chosen == 0,
            borrowed: own.is_some() && chosen > 0,
            background,
        })
    }

    fn place(&self, written: &Written) -> Option<Place> {
        let file = self.templates[written.template as usize].file?;
        Some(Place::new(file, written.range))
    }

    /// The number of what a set of sources came to.
    fn values(&mut self, set: u32, most: usize) -> (u32, Marks) {
        if let Some(&known) = self.values.get(&(set, most)) {
            return known;
        }
        let traced = self.traced;
        let mut marks = Marks::default();
        let sources = match &traced.sets[set as usize] {
            Some(sources) => &**sources,
            None => {
                marks = Given::Anything.any();
                &[]
            }
        };
        for (origin, role) in sources {
            if let Origin::Value(id) = origin
                && let Some(given) = self.given(*id)
            {
                marks = marks.join(match role {
                    Role::Content => given.content(),
                    Role::Condition => given.branch(),
                });
            }
        }
        let mut values: Vec<ValueOrigin> = Vec::new();
        let mut seen = HashSet::default();
        for wanted in [Role::Content, Role::Condition] {
            let of_role = sources.iter().filter(|(_, role)| *role == wanted);
            let mut found: Vec<Told> = of_role
                .filter_map(|(origin, _)| self.told(origin))
                .filter(|told| seen.insert(*told))
                .collect();
            // A value is read through the maps that hold it; these say nothing of their own.
            let mut holders = HashSet::default();
            for told in &found {
                holders.extend(self.names.holders(told.path));
            }
            found.retain(|told| !holders.contains(&told.path));
            found.truncate(most);
            let role = match wanted {
                Role::Content => ValueRole::Content,
                Role::Condition => ValueRole::Branch,
            };
            values.extend(found.into_iter().map(|told| ValueOrigin {
                path: self.names.text(told.path),
                place: told.place,
                role,
            }));
        }
        let number = self.behind.values.len() as u32;
        self.behind.values.push(values);
        self.values.insert((set, most), (number, marks));
        (number, marks)
    }

    /// Whether rules ask for what is not at a point.
    fn is_asked_for(&mut self, part: &Rendered) -> bool {
        let by_text = part.written.is_some_and(|written| self.writes(&written));
        by_text || self.is_decided_by_words(part.set)
    }

    /// Whether a branch would have written something that rules ask for.
    fn writes(&mut self, written: &Written) -> bool {
        if let Some(&known) = self.writes.get(written) {
            return known;
        }
        let template = self.templates[written.template as usize];
        let path = template
            .file
            .and_then(|file| self.behind.paths.get(file.0 as usize));
        let text = path.and_then(|path| self.texts.get(path));
        let range = written.range.start as usize..written.range.end as usize;
        let block = text.and_then(|text| text.get(range)).unwrap_or_default();
        let writes = ASKED_FOR.iter().any(|key| {
            let mut found = block.match_indices(key);
            found.any(|(at, _)| block[at + key.len()..].starts_with(':'))
        });
        self.writes.insert(*written, writes);
        writes
    }

    /// Whether a value decided whose key says that it is of what rules ask for.
    fn is_decided_by_words(&mut self, set: u32) -> bool {
        if let Some(&known) = self.asked_for.get(&set) {
            return known;
        }
        let traced = self.traced;
        let sources = traced.sets[set as usize].as_deref().unwrap_or_default();
        let asked_for = sources.iter().any(|(origin, role)| match origin {
            _ if *role != Role::Condition => false,
            Origin::Absent { keys, .. } => keys.last().is_some_and(|key| has_word(key)),
            Origin::Value(id) => *self
                .words
                .entry(*id)
                .or_insert_with(|| traced.sources.key(*id).is_some_and(has_word)),
            Origin::Literal(_) => false,
        });
        self.asked_for.insert(set, asked_for);
        asked_for
    }

    /// What the renderer itself gives.
    fn given(&mut self, id: SourceId) -> Option<Given> {
        if let Some(&known) = self.given.get(&id) {
            return known;
        }
        let sources = &self.traced.sources;
        let file = sources.get(id).and_then(|source| sources.file(source.file));
        let given = file.and_then(|file| {
            let object = file.name.strip_prefix('.')?;
            let field = sources.path(id);
            Some(match (object, &*field) {
                ("Release", "Name") => Given::ReleaseName,
                ("Release", "Namespace") => Given::ReleaseNamespace,
                ("Release", "Revision") => Given::Revision,
                ("Release", "IsInstall" | "IsUpgrade") => Given::Stage,
                ("Chart", "Version") => Given::ChartVersion,
                ("Chart", "AppVersion") => Given::AppVersion,
                ("Files", _) => Given::Files,
                ("Outside", "Chance") => Given::Chance,
                ("Outside", "Time") => Given::Time,
                ("Outside", "Cluster") => Given::Cluster,
                _ => return None,
            })
        });
        self.given.insert(id, given);
        given
    }

    fn told(&mut self, origin: &Origin) -> Option<Told> {
        match origin {
            Origin::Literal(_) => None,
            Origin::Absent { map, keys } => {
                let mut path = self.traced.sources.path((*map)?);
                for key in keys {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
                Some(Told {
                    path: self.names.number(&path),
                    place: None,
                })
            }
            Origin::Value(id) => {
                if let Some(&known) = self.told.get(id) {
                    return known;
                }
                let told = self.written(*id);
                self.told.insert(*id, told);
                told
            }
        }
    }

    /// What a value is called and where it was written; `None` for what the renderer itself
    /// gives, and for all values together.
    fn written(&mut self, id: SourceId) -> Option<Told> {
        let sources = &self.traced.sources;
        let file = sources.file(sources.get(id)?.file)?;
        let path = sources.path(id);
        if path.is_empty() {
            return None;
        }
        let range = self.range(id, &file.text)?;
        let file = self.file(in_root(self.folder, &file.name)?);
        Some(Told {
            path: self.names.number(&path),
            place: Some(Place::new(file, range)),
        })
    }

    /// Where a value is to be looked at: a short one where it stands, a long one at its key.
    fn range(&self, id: SourceId, text: &str) -> Option<TextRange> {
        let source = self.traced.sources.get(id)?;
        let is_short = !source.range.is_empty() && !source.range.of(text).contains('\n');
        Some(match source.step {
            Step::Key(key) if !is_short => key,
            _ => source.range,
        })
    }
}

/// Whether a key says that it is of what rules ask for.
fn has_word(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    WORDS.iter().any(|word| key.contains(word))
}
