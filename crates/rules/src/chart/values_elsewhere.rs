//! Files of values outside a chart, which whoever installs it gives with `-f`.

use plimsoll_project::Project;
use plimsoll_source::EntryKind;
use plimsoll_source::files::{join, parent};
use plimsoll_yaml::{Dialect, Node, Tree};

/// How many folders above a chart are looked at, how many files are read, and the largest of them
/// in bytes.
const MAX_ABOVE: usize = 4;
const MAX_FILES: usize = 64;
const MAX_BYTES: usize = 256 * 1024;

/// Folders beside a chart, or beside one above it, that hold values for each environment.
const FOLDERS: [&str; 5] = [
    "environments",
    "helm-values",
    "helm_values",
    "values",
    "values-files",
];

/// The values that are written outside of a chart, read when they are asked for.
pub(super) struct Elsewhere {
    trees: Option<Vec<Tree>>,
}

impl Elsewhere {
    pub(super) fn new() -> Self {
        Self { trees: None }
    }

    /// Whether one of the files beside a chart's folder, or beside one above it, has a value.
    /// `path` are the keys that lead to it, joined by dots.
    pub(super) fn defines(&mut self, project: &Project, chart: &str, path: &str) -> bool {
        let trees = self.trees.get_or_insert_with(|| read(project, chart));
        let keys: Vec<&str> = path.split('.').collect();
        trees.iter().any(|tree| {
            let mut roots = tree.documents().filter_map(|document| document.root());
            roots.any(|root| root.resolve().at(&keys).is_some())
        })
    }
}

fn read(project: &Project, chart: &str) -> Vec<Tree> {
    let mut paths = Vec::new();
    let mut folder = chart;
    for _ in 0..MAX_ABOVE {
        if folder.is_empty() {
            break;
        }
        folder = parent(folder);
        collect(project, folder, false, &mut paths);
    }
    paths.truncate(MAX_FILES);
    let texts = paths.iter().filter_map(|path| {
        let bytes = project.tree.read(path).ok()?;
        let fits = bytes.len() <= MAX_BYTES;
        fits.then(|| String::from_utf8(bytes).ok()).flatten()
    });
    let trees = texts.map(|text| plimsoll_yaml::parse(text, Dialect::Core));
    // What Kubernetes or Compose takes holds no values.
    let is_values = |tree: &Tree| {
        let root = tree.documents().find_map(|document| document.root());
        root.is_some_and(|root| {
            let has = |key: &str| Node::get(root, key).is_some();
            !(has("services") || has("apiVersion") && has("kind"))
        })
    };
    trees.filter(is_values).collect()
}

/// The files of values in a folder: all YAML of a folder for values, elsewhere those that are named
/// so.
fn collect(project: &Project, folder: &str, all: bool, paths: &mut Vec<String>) {
    let Ok(entries) = project.tree.list(folder) else {
        return;
    };
    for entry in entries.iter() {
        if paths.len() >= MAX_FILES {
            return;
        }
        let Some(path) = join(folder, &entry.name) else {
            continue;
        };
        let lower = entry.name.to_ascii_lowercase();
        match entry.kind {
            EntryKind::Dir if !all && FOLDERS.contains(&&*lower) => {
                collect(project, &path, true, paths);
            }
            EntryKind::File => {
                let is_yaml = lower.ends_with(".yaml") || lower.ends_with(".yml");
                if is_yaml && (all || lower.contains("values")) {
                    paths.push(path);
                }
            }
            _ => {}
        }
    }
}
