//! From what a render tells to origins: for each part the line that a person would edit, the calls
//! that led there, and the values.

use foldhash::{HashMap, HashSet};
use plimsoll_helm::render::{Origin, Part as Rendered, Role, Traced, Written};
use plimsoll_helm::values::{SourceId, Step};
use plimsoll_project::Given;
use plimsoll_source::{
    Background, FileId, Gap, Marks, Part, Place, TextRange, ValueOrigin, ValueRole,
};

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
    paths: Vec<String>,
    numbers: HashMap<String, FileId>,
    /// What sets of sources came to, of each at most so many values.
    values: HashMap<(u32, usize), (Vec<ValueOrigin>, Marks)>,
    /// Whether rules ask what sets of sources left out.
    asked_for: HashMap<u32, bool>,
    /// Whether rules ask for what branches would have written.
    writes: HashMap<Written, bool>,
    /// What is given beside values, by its source.
    given: HashMap<SourceId, Option<Given>>,
    /// Values that were asked for.
    places: HashMap<SourceId, Option<(String, Place)>>,
    /// By the calls, how many of them are passed over, the sources, where it was printed, and how
    /// many values are told.
    known: HashMap<(u32, usize, u32, Option<Written>, usize), u32>,
    backgrounds: Vec<Background>,
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
            paths: Vec::new(),
            numbers: HashMap::default(),
            values: HashMap::default(),
            asked_for: HashMap::default(),
            writes: HashMap::default(),
            given: HashMap::default(),
            places: HashMap::default(),
            known: HashMap::default(),
            backgrounds: Vec::new(),
        };
        for template in &traced.templates {
            let path = in_root(folder, &template.path);
            let file = path.map(|path| mapper.file(path));
            let is_own = is_own(chart, &template.name);
            mapper.templates.push(Template { file, is_own });
        }
        mapper
    }

    pub(crate) fn finish(self) -> (Vec<Background>, Vec<String>) {
        (self.backgrounds, self.paths)
    }

    fn file(&mut self, path: String) -> FileId {
        let next = FileId(self.paths.len() as u32);
        match self.numbers.get(&path) {
            Some(&number) => number,
            None => {
                self.paths.push(path.clone());
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
                let number = self.backgrounds.len() as u32;
                self.backgrounds.push(Background {
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
            background,
        })
    }

    fn place(&self, written: &Written) -> Option<Place> {
        let file = self.templates[written.template as usize].file?;
        Some(Place::new(file, written.range))
    }

    fn values(&mut self, set: u32, most: usize) -> (Vec<ValueOrigin>, Marks) {
        if let Some(known) = self.values.get(&(set, most)) {
            return known.clone();
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
            let mut found: Vec<ValueOrigin> = of_role
                .filter_map(|(origin, role)| self.value(origin, *role))
                .filter(|value| seen.insert((value.path.clone(), value.place)))
                .collect();
            // A value is read through the maps that hold it; these say nothing of their own.
            let holders: HashSet<String> = found
                .iter()
                .flat_map(|value| holders(&value.path))
                .map(str::to_owned)
                .collect();
            found.retain(|value| !holders.contains(&value.path));
            found.truncate(most);
            values.append(&mut found);
        }
        self.values.insert((set, most), (values.clone(), marks));
        (values, marks)
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
            .and_then(|file| self.paths.get(file.0 as usize));
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
        let asked_for = sources.iter().any(|(origin, role)| {
            let key = match origin {
                _ if *role != Role::Condition => None,
                Origin::Absent { keys, .. } => keys.last().map(String::as_str),
                Origin::Value(id) => traced.sources.key(*id),
                Origin::Literal(_) => None,
            };
            let key = key.map(str::to_ascii_lowercase).unwrap_or_default();
            WORDS.iter().any(|word| key.contains(word))
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

    fn value(&mut self, origin: &Origin, role: Role) -> Option<ValueOrigin> {
        let sources = &self.traced.sources;
        let role = match role {
            Role::Content => ValueRole::Content,
            Role::Condition => ValueRole::Branch,
        };
        match origin {
            Origin::Literal(_) => None,
            Origin::Absent { map, keys } => {
                let mut path = sources.path((*map)?);
                for key in keys {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
                Some(ValueOrigin {
                    path,
                    place: None,
                    role,
                })
            }
            Origin::Value(id) => {
                if !self.places.contains_key(id) {
                    let found = self.written(*id);
                    self.places.insert(*id, found);
                }
                let (path, place) = self.places.get(id)?.clone()?;
                Some(ValueOrigin {
                    path,
                    place: Some(place),
                    role,
                })
            }
        }
    }

    /// The path of a value and where it was written; `None` for what the renderer itself gives,
    /// and for all values together.
    fn written(&mut self, id: SourceId) -> Option<(String, Place)> {
        let sources = &self.traced.sources;
        let file = sources.file(sources.get(id)?.file)?;
        let path = sources.path(id);
        if path.is_empty() {
            return None;
        }
        let range = self.range(id, &file.text)?;
        let file = self.file(in_root(self.folder, &file.name)?);
        Some((path, Place::new(file, range)))
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

/// What holds the value with this path, by its path.
fn holders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices(['.', '[']).map(|(at, _)| &path[..at])
}
