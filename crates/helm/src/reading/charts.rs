//! Reading a chart with all charts in it.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;
use plimsoll_gotmpl::syntax::NodeId;
use plimsoll_source::TextRange;
use plimsoll_source::files::file_name;

use super::atoms::Atom;
use super::paths::{PathId, ROOT, Reach};
use super::walk::{Place, Walker};
use super::{Given, Need, Reading, Site};
use crate::chart::{Chart, Dependency, File, Loaded};
use crate::values::{Data, Item, Sources, compute};

/// How often everything is walked: what one template sets another one may read.
const MAX_ROUNDS: usize = 3;

pub(super) fn read(loaded: &Loaded, given: Given<'_>) -> Reading {
    let mut walker = Walker::new(Arc::new(crate::render::functions()));
    let mut reader = Reader {
        walker: &mut walker,
        sources: &loaded.sources,
        starts: Vec::new(),
        orphans: Vec::new(),
        packed: Vec::new(),
    };
    reader.chart(&loaded.chart, loaded.chart.name(), ROOT, None);
    for wanted in given.missing {
        reader.dependency(wanted, ROOT);
        reader.missing(wanted, ROOT);
    }
    let nothing = Item::from(Data::map());
    for (item, sources) in given.sets {
        reader.walker.add_values(ROOT, item, sources, true);
    }
    if let Ok(computed) = compute(loaded, &nothing) {
        let sources = &loaded.sources;
        reader
            .walker
            .add_values(ROOT, &computed.values, sources, true);
    }
    let Reader {
        starts,
        orphans,
        packed,
        ..
    } = reader;
    let given: Vec<&Item> = std::iter::once(&loaded.chart.values)
        .chain(given.sets.iter().map(|(item, _)| item))
        .collect();
    let mut left = packed;
    left.retain(|packed| packed.knows(&given));
    for packed in &left {
        packed.mark(&mut walker);
    }
    let is_left = |chart: u32| left.iter().any(|packed| packed.charts.contains(&chart));
    let first: Vec<Start> = starts
        .iter()
        .copied()
        .filter(|start| !is_left(start.0))
        .collect();
    walk(&mut walker, &first, &orphans);
    if !left.is_empty() && !walker.gave_up && may_read_global(&walker, &given, &left) {
        walk(&mut walker, &starts, &orphans);
    }
    finish(walker)
}

/// A template with its chart.
type Start = (u32, usize, NodeId);

/// Walks everything until nothing new comes of it.
fn walk(walker: &mut Walker, starts: &[Start], orphans: &[Start]) {
    for _ in 0..MAX_ROUNDS {
        let before = walker.changes;
        walker.needs.clear();
        walker.compared.clear();
        walker.known.clear();
        for &(chart, text, root) in starts {
            let site = walker.start(text);
            walker.body((text, root), &Atom::Chart(chart).into(), site);
        }
        for &(chart, text, root) in orphans {
            // Whoever depends on the chart may use it.
            if !walker.called.contains(&(text, root)) {
                let site = walker.start(text);
                let (needs, compared) = (walker.needs.len(), walker.compared.len());
                walker.body((text, root), &Atom::Chart(chart).into(), site);
                walker.needs.truncate(needs);
                walker.compared.truncate(compared);
                walker.called.remove(&(text, root));
            }
        }
        if walker.changes == before || walker.gave_up {
            break;
        }
    }
}

/// Whether a global value that is given and that nothing reads so far may be read by charts that
/// were not walked.
fn may_read_global(walker: &Walker, given: &[&Item], left: &[Packed<'_>]) -> bool {
    let maps = given.iter().filter_map(|item| item.data.get("global"));
    let keys = maps.filter_map(|global| global.data.as_map());
    let mut unread = keys
        .flat_map(|map| map.keys())
        .filter(|key| walker.paths.reach(&["global", key]).0 == Reach::Unread)
        .peekable();
    unread.peek().is_some() && {
        let texts = || left.iter().flat_map(Packed::templates);
        texts().any(|text| takes_all_globals(&text.data))
            || unread.any(|key| texts().any(|text| names_key(&text.data, key)))
    }
}

/// Whether a template names this key of the globals.
fn names_key(text: &[u8], key: &str) -> bool {
    let name = format!("global.{key}");
    memmem::find_iter(text, name.as_bytes())
        .any(|at| !text.get(at + name.len()).copied().is_some_and(is_of_name))
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a template names the globals without one of their keys.
fn takes_all_globals(text: &[u8]) -> bool {
    memmem::find_iter(text, ".global").any(|at| {
        let next = text.get(at + ".global".len());
        next.is_none_or(|&next| next != b'.' && !is_of_name(next))
    })
}

/// A chart in an archive in the outermost one.
///
/// It is somebody else's, and large: its templates are walked only if somebody gives it a value
/// that its own `values.yaml` does not have. What that has it is taken to read.
struct Packed<'c> {
    /// The key of its values.
    name: String,
    chart: &'c Chart,
    /// Its number and those of the charts in it.
    charts: Range<u32>,
}

impl Packed<'_> {
    /// Whether its own values have all that these give to it.
    fn knows(&self, given: &[&Item]) -> bool {
        let mut own = given.iter().filter_map(|item| item.data.get(&self.name));
        own.all(|item| has(self.chart, Some(&self.chart.values), item))
    }

    /// Its templates and those of the charts in it.
    fn templates(&self) -> Vec<&File> {
        let mut found = Vec::new();
        let mut open = vec![self.chart];
        while let Some(chart) = open.pop() {
            open.extend(chart.dependencies.iter().map(|inner| &**inner));
            found.extend(&chart.templates);
        }
        found
    }

    /// Says that it reads what is given to it, and the globals that it knows.
    fn mark(&self, walker: &mut Walker) {
        let values = walker.paths.named(ROOT, &self.name);
        walker.paths.mark(values, Reach::Whole, None);
        let mut open = vec![self.chart];
        while let Some(chart) = open.pop() {
            open.extend(chart.dependencies.iter().map(|inner| &**inner));
            let global = chart.values.data.get("global");
            let keys = global.and_then(|global| global.data.as_map());
            for key in keys.into_iter().flat_map(|map| map.keys()) {
                let above = walker.paths.named(ROOT, "global");
                let path = walker.paths.named(above, key);
                walker.paths.mark(path, Reach::Whole, None);
            }
        }
    }
}

/// Whether a chart's values have all keys of others. An empty map is there to be filled.
/// Recursion is as deep as values are nested, which reading bounds.
fn has(chart: &Chart, known: Option<&Item>, given: &Item) -> bool {
    let Some(given) = given.data.as_map() else {
        return true;
    };
    let known = known.and_then(|item| item.data.as_map());
    given.iter().all(|(key, item)| {
        let inner = chart.dependencies.iter().find(|one| one.name() == &**key);
        let here = known.and_then(|known| known.get(key));
        match (here, inner) {
            (_, Some(inner)) => has(inner, Some(&inner.values), item),
            (Some(here), None) => {
                let is_open = here.data.as_map().is_none_or(|map| map.is_empty());
                is_open || has(chart, Some(here), item)
            }
            (None, None) => false,
        }
    })
}

fn finish(walker: Walker) -> Reading {
    let mut needs: Vec<Need> = Vec::new();
    let compared = walker.compared.into_iter();
    let compared = compared.filter(|(path, _)| !walker.allowed.contains(path));
    let used = walker.needs.into_iter().map(|need| (need, false));
    for ((path, site), is_compared) in used.chain(compared.map(|need| (need, true))) {
        let Some(path) = walker.paths.names(path) else {
            continue;
        };
        // Parents and users define globals.
        let is_global = path.iter().any(|key| &**key == "global");
        let is_known = needs.iter().any(|need| need.path == path);
        if !is_global && !is_known {
            needs.push(Need {
                path,
                site,
                is_compared,
            });
        }
    }
    if walker.gave_up || walker.lacks_imports {
        needs.clear();
    }
    Reading {
        paths: walker.paths,
        texts: walker.names,
        needs,
        gave_up: walker.gave_up,
    }
}

impl Walker {
    fn start(&self, text: usize) -> Site {
        Site {
            text: self.texts[text].number,
            range: TextRange::default(),
        }
    }
}

struct Reader<'c, 'w> {
    walker: &'w mut Walker,
    sources: &'w Sources,
    /// The charts in archives.
    packed: Vec<Packed<'c>>,
    /// Templates that are executed by themselves, with their charts.
    starts: Vec<Start>,
    /// Templates that only calls execute.
    orphans: Vec<Start>,
}

impl<'c> Reader<'c, '_> {
    /// Adds a chart in its place. Recursion is as deep as charts are nested, which loading
    /// bounds.
    fn chart(&mut self, chart: &'c Chart, name: &str, values: PathId, upper: Option<u32>) -> u32 {
        let number = self.walker.charts.len() as u32;
        let is_own = upper.is_none();
        self.walker.charts.push(Place {
            name: name.into(),
            values,
            upper,
            children: Vec::new(),
        });
        let item = &chart.values;
        self.walker.add_values(values, item, self.sources, is_own);
        let is_library = chart.is_library();
        for file in &chart.templates {
            let is_partial = file_name(&file.name).starts_with('_');
            if is_library && !is_partial && !is_own {
                continue;
            }
            let text = self.walker.parse_file(file, is_own);
            self.walker.define_templates(text);
            let tree = self.walker.texts[text].tree.clone();
            let Some((own, named)) = tree.definitions().split_last() else {
                continue;
            };
            if !is_partial {
                self.starts.push((number, text, own.root));
            }
            if is_own {
                let named = named.iter();
                self.orphans
                    .extend(named.map(|named| (number, text, named.root)));
            }
        }
        self.walker.add_files(chart);
        let declared = chart
            .metadata
            .dependencies
            .iter()
            .flat_map(|all| all.iter());
        let declared: Vec<&Dependency> = declared.collect();
        for wanted in &declared {
            self.dependency(wanted, values);
            let mut present = chart.dependencies.iter();
            if !present.any(|child| child.name() == wanted.name) {
                self.missing(wanted, values);
            }
        }
        for child in &chart.dependencies {
            let wanted = declared.iter().filter(|wanted| wanted.name == child.name());
            let mut names: Vec<&str> = wanted
                .map(|wanted| wanted.alias().unwrap_or(child.name()))
                .collect();
            if names.is_empty() {
                names.push(child.name());
            }
            for name in names {
                let below = self.walker.paths.named(values, name);
                // Helm puts a map there for each chart.
                self.walker.paths.mark(below, Reach::Itself, None);
                let inner = child;
                let child = self.chart(inner, name, below, Some(number));
                if is_own && inner.is_packed() {
                    self.packed.push(Packed {
                        name: name.to_owned(),
                        chart: inner,
                        charts: child..self.walker.charts.len() as u32,
                    });
                }
                let children = &mut self.walker.charts[number as usize].children;
                children.push((name.into(), child));
            }
        }
        number
    }

    /// What `Chart.yaml` reads of values for a dependency.
    fn dependency(&mut self, wanted: &Dependency, values: PathId) {
        let walker = &mut *self.walker;
        for condition in wanted.condition.trim().split(',') {
            if !condition.is_empty() {
                walker.mark_dotted(values, condition, Reach::Itself);
            }
        }
        for tag in &wanted.tags {
            let tags = walker.paths.named(ROOT, "tags");
            let tag = walker.paths.named(tags, tag);
            walker.paths.mark(tag, Reach::Itself, None);
        }
        let name = wanted.alias().unwrap_or(&wanted.name);
        for import in &wanted.import_values {
            let child = match &import.data {
                Data::Map(entries) => entries
                    .get("child")
                    .and_then(|child| child.data.as_str())
                    .map(str::to_owned),
                Data::Str(_) => import.data.as_str().map(|name| format!("exports.{name}")),
                _ => None,
            };
            if let Some(child) = child {
                walker.mark_dotted(values, &format!("{name}.{child}"), Reach::Whole);
            }
        }
    }

    /// A chart that is not there may read what is its own, and all that is global.
    fn missing(&mut self, wanted: &Dependency, values: PathId) {
        let walker = &mut *self.walker;
        let name = wanted.alias().unwrap_or(&wanted.name);
        for (above, name) in [(values, name), (values, "global"), (ROOT, "global")] {
            let path = walker.paths.named(above, name);
            walker.paths.mark(path, Reach::Whole, None);
            walker.paths.define(path, false);
            walker.absent.push(path);
        }
        walker.lacks_imports |= !wanted.import_values.is_empty();
    }
}
