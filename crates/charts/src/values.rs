//! What the values of a chart are and who reads them.

mod documented;
mod fits;
mod keys;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use plimsoll_helm::chart::{Dependency, Loaded};
use plimsoll_helm::reading::{self, Given, Reading, Site};
use plimsoll_helm::render::Traced;
use plimsoll_helm::values::{Data, Item, SourceId, Sources, read_document};
use plimsoll_project::Project;
use plimsoll_project::values::ValueRead;
use plimsoll_project::vcs::Status;
use plimsoll_source::files::parent;
use plimsoll_source::{EntryKind, TextRange};
use plimsoll_yaml::{Dialect, parse};

use crate::find::inside;
use crate::render::in_root;
use crate::sets::Set;

pub(crate) use fits::{IdleProperty, Violation};
pub(crate) use keys::{ElementKey, Key};

/// A range of a file, by its path.
pub(crate) type At = (String, TextRange);

/// The values of a chart before its files have ids.
pub(crate) struct Values {
    /// The path of `values.yaml`.
    pub(crate) file: Option<String>,
    /// The path of `values.schema.json`.
    pub(crate) schema: Option<String>,
    pub(crate) keys: Vec<Key>,
    pub(crate) unread_in_lists: Vec<ElementKey>,
    pub(crate) unset: Vec<String>,
    pub(crate) undefined: Vec<Undefined>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) idle_properties: Vec<IdleProperty>,
}

impl Values {
    /// Says of nothing that these texts name that it is not read.
    pub(crate) fn keep_named(&mut self, texts: &[String]) {
        keys::keep_named(&mut self.keys, texts.iter().map(String::as_str));
    }

    /// Says of nothing that it is not read.
    pub(crate) fn claim_no_unread(&mut self) {
        for key in &mut self.keys {
            key.read = key.read.max(ValueRead::Itself);
        }
        self.unread_in_lists.clear();
        self.idle_properties.clear();
    }
}

/// The most templates that are left out and read all the same.
const MAX_LEFT_OUT: usize = 200;

/// The templates of a chart that its `.helmignore` leaves out (those of tests, mostly). Whoever
/// installs the chart from its folder with another one reads values in them.
pub(crate) fn left_out(project: &Project, folder: &str, loaded: &Loaded) -> Vec<String> {
    let known: HashSet<&str> = loaded
        .chart
        .templates
        .iter()
        .map(|file| &*file.name)
        .collect();
    let mut texts = Vec::new();
    let mut open = vec!["templates".to_owned()];
    while let Some(dir) = open.pop() {
        let entries = project.tree.list(&inside(folder, &dir)).unwrap_or_default();
        for entry in entries.iter() {
            let name = format!("{dir}/{}", entry.name);
            let is_new = !known.contains(&*name);
            match entry.kind {
                EntryKind::Dir if open.len() < MAX_LEFT_OUT => open.push(name),
                EntryKind::File if is_new && texts.len() < MAX_LEFT_OUT => {
                    let bytes = project.tree.read(&inside(folder, &name));
                    texts.extend(bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok()));
                }
                _ => {}
            }
        }
    }
    texts
}

/// Whether templates of a chart are made when it is released: git ignores what they would be.
pub(crate) fn lacks_templates(project: &Project, folder: &str, loaded: &Loaded) -> bool {
    let names = loaded.chart.templates.iter().map(|file| parent(&file.name));
    let folders: BTreeSet<&str> = names.chain(["templates"]).collect();
    let ignored = folders.into_iter().any(|dir| {
        let path = inside(folder, &format!("{dir}/made.yaml"));
        project.vcs.status(&path) == Status::Ignored
    });
    ignored || ignore_file_names_templates(project, folder)
}

/// Whether a `.gitignore` in the folder of a chart or above it has a line for something below the
/// chart's `templates/`: for a folder that is not there before a release, or a single file.
fn ignore_file_names_templates(project: &Project, folder: &str) -> bool {
    let templates = inside(folder, "templates/");
    let mut dir = folder;
    loop {
        let bytes = project.tree.read(&inside(dir, ".gitignore"));
        let bytes = bytes.unwrap_or_default();
        let names = String::from_utf8_lossy(&bytes).lines().any(|line| {
            let pattern = line.trim();
            let path = inside(dir, pattern.trim_start_matches('/'));
            !pattern.starts_with(['#', '!']) && path.starts_with(&templates)
        });
        if names || dir.is_empty() {
            return names;
        }
        dir = parent(dir);
    }
}

/// A value that templates use and no values define.
pub(crate) struct Undefined {
    pub(crate) path: String,
    pub(crate) at: At,
    pub(crate) is_compared: bool,
    pub(crate) above: Option<At>,
}

/// A set of values as it was read.
pub(crate) struct ReadSet<'s> {
    pub(crate) set: &'s Set,
    pub(crate) item: Item,
    pub(crate) sources: Sources,
}

/// The values that some render used, by where they were written.
#[derive(Default)]
pub(crate) struct Used(HashSet<SourceId>);

impl Used {
    /// Adds what a render used.
    pub(crate) fn add(&mut self, traced: &Traced) {
        self.0.extend(&traced.used);
    }

    /// Where the keys of used values stand in a file.
    fn ranges(&self, sources: &Sources, file: &str) -> HashSet<TextRange> {
        let places = self.0.iter().filter_map(|&id| {
            let place = sources.get(id)?;
            (*sources.file(place.file)?.name == *file).then_some(place.range)
        });
        places.collect()
    }
}

/// What is known of the values of a chart.
pub(crate) fn of(folder: &str, loaded: &Loaded, sets: &[ReadSet<'_>], used: &Used) -> Values {
    let chart = &loaded.chart;
    let text_of = |name: &str| {
        let mut files = chart.raw.iter();
        let file = files.find(|file| &*file.name == name)?;
        let text = std::str::from_utf8(&file.data).ok()?;
        Some((in_root(folder, &file.path)?, Arc::<str>::from(text)))
    };
    let file = text_of("values.yaml");
    let schema = text_of("values.schema.json");
    let missing = missing(loaded);
    let given: Vec<(Item, &Sources)> = sets
        .iter()
        .map(|read| (read.item.clone(), &read.sources))
        .collect();
    let reading = reading::read(
        loaded,
        Given {
            missing: &missing,
            sets: &given,
        },
    );
    let sites = Sites {
        folder,
        reading: &reading,
    };
    let tree = file
        .as_ref()
        .map(|(_, text)| parse(Arc::clone(text), Dialect::GoV2));
    let mut keys = tree
        .as_ref()
        .map(|tree| keys::of(tree, &sites))
        .unwrap_or_default();
    let used = used.ranges(&loaded.sources, "values.yaml");
    for key in &mut keys {
        if key.read == ValueRead::Unread && used.contains(&key.value) {
            key.read = ValueRead::Itself;
        }
    }
    let mut unread_in_lists = Vec::new();
    if let Some(tree) = &tree {
        keys::keep_shown(&mut keys, tree);
        unread_in_lists = keys::unread_in_lists(tree, &sites, &used);
    }
    let schema_data = schema
        .as_ref()
        .and_then(|(_, text)| read_document(text.as_bytes()).ok());
    let documented = documented::Documented {
        tree: tree.as_ref(),
        schema: schema_data.as_ref(),
        others: if reading.needs.is_empty() {
            Vec::new()
        } else {
            documented::others(&loaded.chart)
        },
    };
    let undefined = reading.needs.iter().filter_map(|need| {
        let names: Vec<&str> = need.path.iter().map(|name| &**name).collect();
        if documented.has(&reading, &names) {
            return None;
        }
        let above = (1..names.len()).rev().find_map(|len| {
            let path = names[..len].join(".");
            let key = keys.iter().find(|key| key.path == path)?;
            Some((file.as_ref()?.0.clone(), key.at))
        });
        Some(Undefined {
            path: names.join("."),
            at: sites.at(need.site)?,
            is_compared: need.is_compared,
            above,
        })
    });
    let undefined = undefined.collect();
    let violations = fits::violations(&fits::Asked {
        folder,
        loaded,
        sets,
        schema: schema.as_ref().map(|(path, _)| &**path),
    });
    let idle_properties = match &schema {
        Some((_, text)) => fits::idle_properties(text, &reading, &documented),
        None => Vec::new(),
    };
    Values {
        file: file.map(|(path, _)| path),
        schema: schema.map(|(path, _)| path),
        keys,
        unread_in_lists,
        unset: reading.paths.unset(),
        undefined,
        violations,
        idle_properties,
    }
}

/// The dependencies of a chart that are not there. Those that are left of its metadata are.
fn missing(loaded: &Loaded) -> Vec<Dependency> {
    let chart = &loaded.chart;
    let declared = ["Chart.yaml", "requirements.yaml"]
        .into_iter()
        .flat_map(|name| {
            let file = chart.raw.iter().find(|file| &*file.name == name);
            let item = file.and_then(|file| read_document(&file.data).ok());
            let list = item.and_then(|item| item.data.get("dependencies").cloned());
            let list = list.and_then(|list| list.data.as_list().map(<[Item]>::to_vec));
            list.unwrap_or_default()
        });
    let absent = declared.filter_map(|item| {
        let text = |key: &str| {
            let text = item.data.get(key).and_then(|item| item.data.as_str());
            text.unwrap_or_default().to_owned()
        };
        let list = |key: &str| match item.data.get(key).map(|item| &item.data) {
            Some(Data::List(items)) => items.to_vec(),
            _ => Vec::new(),
        };
        let name = text("name");
        let mut present = chart.dependencies.iter();
        if present.any(|chart| chart.name() == name) {
            return None;
        }
        let tags = list("tags");
        let tags = tags.iter().filter_map(|tag| tag.data.as_str());
        Some(Dependency {
            condition: text("condition"),
            alias: text("alias"),
            tags: tags.map(str::to_owned).collect(),
            import_values: list("import-values"),
            name,
            ..Dependency::default()
        })
    });
    absent.collect()
}

/// Where values are read, in files below the root.
struct Sites<'r> {
    folder: &'r str,
    reading: &'r Reading,
}

impl Sites<'_> {
    fn at(&self, site: Site) -> Option<At> {
        let text = self.reading.texts.get(site.text as usize)?;
        Some((in_root(self.folder, &text.path)?, site.range))
    }
}

/// The texts that places are in and that are not read with the chart.
pub(crate) fn texts(folder: &str, sets: &[ReadSet<'_>]) -> HashMap<String, Arc<str>> {
    let mut texts = HashMap::new();
    for set in sets {
        let sources = &set.sources;
        let files = (0..).map_while(|number| sources.file(number));
        for file in files.filter(|file| file.name.starts_with('/')) {
            if let Some(path) = in_root(folder, &file.name) {
                texts.insert(path, Arc::clone(&file.text));
            }
        }
    }
    texts
}
