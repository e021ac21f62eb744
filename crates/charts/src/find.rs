//! Which charts are reviewed: those whose `Chart.yaml` or templates discovery came across, and that
//! are not part of another one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plimsoll_project::{Project, Reason};
use plimsoll_source::files::{file_name, join, parent};
use plimsoll_source::{EntryKind, Tree};

/// A chart to render.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its folder.
    pub(crate) folder: String,
    /// Its templates that are under review, those of the charts in it included.
    pub(crate) templates: BTreeSet<String>,
}

/// The charts of a project, in the order of their folders.
pub(crate) fn charts(project: &Project, paths: &[String]) -> Vec<Found> {
    let mut finder = Finder {
        tree: &*project.tree,
        paths,
        is_chart: HashMap::new(),
    };
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in &project.not_reviewed {
        if file.reason != Reason::ChartTemplate {
            continue;
        }
        if let Some(folder) = finder.chart_of(&file.path) {
            found.entry(folder).or_default().insert(file.path.clone());
        }
    }
    for folder in &project.chart_folders {
        found.entry(finder.outermost(folder.clone())).or_default();
    }
    let found = found.into_iter();
    found
        .map(|(folder, templates)| Found { folder, templates })
        .collect()
}

struct Finder<'p> {
    tree: &'p dyn Tree,
    paths: &'p [String],
    /// What is known of folders.
    is_chart: HashMap<String, bool>,
}

impl Finder<'_> {
    fn is_chart(&mut self, folder: &str) -> bool {
        if let Some(&known) = self.is_chart.get(folder) {
            return known;
        }
        let file = inside(folder, "Chart.yaml");
        let is_chart = self.tree.kind(&file) == Some(EntryKind::File);
        self.is_chart.insert(folder.to_owned(), is_chart);
        is_chart
    }

    /// The folder of the outermost chart under review that a template belongs to.
    fn chart_of(&mut self, template: &str) -> Option<String> {
        let ends = template.match_indices("templates/").map(|(at, _)| at);
        let folders = ends
            .filter(|&at| at == 0 || template.as_bytes()[at - 1] == b'/')
            .map(|at| template[..at].trim_end_matches('/').to_owned());
        let folders: Vec<String> = folders.collect();
        let folder = folders.into_iter().find(|folder| self.is_chart(folder))?;
        Some(self.outermost(folder))
    }

    /// The outermost chart under review that a chart is part of.
    fn outermost(&mut self, mut folder: String) -> String {
        while file_name(parent(&folder)) == "charts" {
            let outer = parent(parent(&folder)).to_owned();
            let in_scope = is_below(self.paths, &inside(&outer, "Chart.yaml"));
            if !in_scope || !self.is_chart(&outer) {
                break;
            }
            folder = outer;
        }
        folder
    }
}

/// Whether a path is one of those under review, or below one.
fn is_below(paths: &[String], path: &str) -> bool {
    let below = |top: String| match path.strip_prefix(&top) {
        Some(rest) => top.is_empty() || rest.is_empty() || rest.starts_with('/'),
        None => false,
    };
    paths.is_empty() || paths.iter().filter_map(|top| join("", top)).any(below)
}

/// A path in a folder.
pub(crate) fn inside(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}
