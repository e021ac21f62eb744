//! Reading a chart with all charts in it.

use std::sync::Arc;

use plimsoll_gotmpl::syntax::NodeId;
use plimsoll_source::TextRange;
use plimsoll_source::files::file_name;

use super::atoms::Atom;
use super::paths::{PathId, ROOT, Reach};
use super::walk::{Place, Walker};
use super::{Given, Need, Reading, Site};
use crate::chart::{Chart, Dependency, Loaded};
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
        starts, orphans, ..
    } = reader;
    for _ in 0..MAX_ROUNDS {
        let before = walker.changes;
        walker.needs.clear();
        walker.compared.clear();
        walker.known.clear();
        for &(chart, text, root) in &starts {
            let site = walker.start(text);
            walker.body((text, root), &Atom::Chart(chart).into(), site);
        }
        for &(chart, text, root) in &orphans {
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
    finish(walker)
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

struct Reader<'w> {
    walker: &'w mut Walker,
    sources: &'w Sources,
    /// Templates that are executed by themselves, with their charts.
    starts: Vec<(u32, usize, NodeId)>,
    /// Templates that only calls execute.
    orphans: Vec<(u32, usize, NodeId)>,
}

impl Reader<'_> {
    /// Adds a chart in its place. Recursion is as deep as charts are nested, which loading
    /// bounds.
    fn chart(&mut self, chart: &Chart, name: &str, values: PathId, upper: Option<u32>) -> u32 {
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
                let child = self.chart(child, name, below, Some(number));
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
