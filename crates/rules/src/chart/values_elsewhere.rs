//! Files of values outside a chart, which whoever installs it gives with `-f`.

use std::sync::Arc;

use plimsoll_project::{ChartUnit, Project};
use plimsoll_source::files::{file_name, join, parent};
use plimsoll_source::{EntryKind, Place};
use plimsoll_yaml::{Dialect, Entry, Kind, Node, Tree};

use crate::Cx;
use crate::deploys::deploys;

/// How many folders above a chart are looked at, how many files are read, and the largest of them
/// in bytes.
const MAX_ABOVE: usize = 4;
const MAX_FILES: usize = 64;
const MAX_BYTES: usize = 256 * 1024;
/// The most structures of an object that a field is looked for in.
const MAX_NODES: usize = 1_000;

/// Folders beside a chart, or beside one above it, that hold values for each environment.
const FOLDERS: [&str; 5] = [
    "environments",
    "helm-values",
    "helm_values",
    "values",
    "values-files",
];

/// Folders in a chart that hold the values which its tests render it with.
const TESTS: [&str; 2] = ["test/values", "tests/values"];

/// Whether one of the files of values in or beside a chart's folder, or beside one above it, names
/// a value, or a script that installs the chart sets it. `path` are the keys that lead to it,
/// joined by dots.
pub(crate) fn defines(cx: &Cx<'_>, chart: &str, path: &str) -> bool {
    finds(cx, chart, path, |_| true) || is_set(cx, chart, path)
}

/// The same for a value that is not empty there.
pub(crate) fn gives(cx: &Cx<'_>, chart: &str, path: &str) -> bool {
    let is_full = |node: Node<'_>| !node.is_null() && node.str() != Some("");
    finds(cx, chart, path, is_full) || is_set(cx, chart, path)
}

fn finds(cx: &Cx<'_>, chart: &str, path: &str, fits: impl Fn(Node<'_>) -> bool) -> bool {
    let project = cx.project;
    let trees: Arc<Vec<Tree>> = cx.objects.elsewhere(chart, || read(project, chart));
    let keys: Vec<&str> = path.split('.').collect();
    trees.iter().any(|tree| {
        let mut roots = tree.documents().filter_map(|document| document.root());
        roots.any(|root| {
            root.resolve()
                .at(&keys)
                .map(Node::resolve)
                .is_some_and(&fits)
        })
    })
}

/// Whether a script sets a value of this chart where it installs it.
fn is_set(cx: &Cx<'_>, folder: &str, path: &str) -> bool {
    let mut charts = cx.project.charts.iter();
    let unit = charts.find(|chart| chart.folder == folder);
    let root = unit.and_then(|chart| chart.tree.documents().next()?.root());
    let name = root.and_then(|root| root.get("name")?.str());
    let names = [file_name(folder), name.unwrap_or_default()];
    let deploys = deploys(cx).iter();
    deploys
        .into_iter()
        .any(|deploy| deploy.sets_for(path, folder, &names))
}

/// The chart that a file belongs to.
pub(crate) fn chart_of<'a>(cx: &Cx<'a>, path: &str) -> Option<&'a ChartUnit> {
    let is_inside = |chart: &&ChartUnit| {
        let rest = path.strip_prefix(&*chart.folder);
        chart.folder.is_empty() || rest.is_some_and(|rest| rest.starts_with('/'))
    };
    let charts = cx.project.charts.iter().filter(is_inside);
    charts.max_by_key(|chart| chart.folder.len())
}

/// Whether a field that a template leaves empty gets its value from outside of the chart. `path`
/// leads to it from the top of an object, without the indices of lists; `place` is where the
/// structure that lacks it is told, or the field itself.
pub(crate) fn is_given_later(cx: &Cx<'_>, top: Node<'_>, path: &[&str], place: Place) -> bool {
    let Some((name, owners)) = path.split_last() else {
        return false;
    };
    if cx.project.generated(place.file).is_none() {
        return false;
    }
    let mut nodes = vec![top.resolve()];
    for owner in owners {
        let inner = nodes.iter().filter_map(|node| node.get(owner));
        let inner = inner.flat_map(|node| match node.resolve().kind() {
            Kind::Sequence => node.items().map(Node::resolve).collect(),
            _ => vec![node.resolve()],
        });
        nodes = inner.take(MAX_NODES).collect();
    }
    // A structure is told at its key, before it, or at something in it.
    let told = place.range;
    let at = nodes.iter().find(|node| node.full_range().covers(told));
    let at = at.or_else(|| nodes.iter().find(|node| node.range().start >= told.start));
    let entry = at.and_then(|node| node.entry(name));
    let is_empty = |entry: &Entry<'_>| {
        let value = entry.value.resolve();
        value.is_null() || value.str() == Some("")
    };
    entry.filter(is_empty).is_some_and(|entry| {
        let key = Place::new(place.file, entry.key.range());
        line_is_given(cx, cx.project.files.origin(key).place)
    })
}

/// Whether one of the values that the line of a template reads is given outside of the chart.
fn line_is_given(cx: &Cx<'_>, place: Place) -> bool {
    let file = cx.project.files.get(place.file);
    let Some(chart) = chart_of(cx, &file.path) else {
        return false;
    };
    let mut paths = paths_in(line_at(&file.text, place));
    paths.any(|path| gives(cx, &chart.folder, path))
}

/// The line in which a place begins.
pub(crate) fn line_at(text: &str, place: Place) -> &str {
    let start = place.range.start as usize;
    let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
    text[from..].lines().next().unwrap_or_default()
}

/// The paths of values that a text of a template reads, without the `.Values` before them.
pub(crate) fn paths_in(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(".Values.").skip(1);
    parts.filter_map(|rest| {
        let is_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let end = rest.find(|c: char| !is_path(c)).unwrap_or(rest.len());
        let path = rest[..end].trim_end_matches('.');
        (!path.is_empty()).then_some(path)
    })
}

fn read(project: &Project, chart: &str) -> Vec<Tree> {
    let mut paths = Vec::new();
    collect(project, chart, false, &mut paths);
    // The chart's own defaults are what lacks them.
    let own = join(chart, "values.yaml");
    paths.retain(|path| Some(path) != own.as_ref());
    for folder in TESTS.iter().filter_map(|folder| join(chart, folder)) {
        collect(project, &folder, true, &mut paths);
    }
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
                let is_values = lower.contains("values") || lower.starts_with("globals.");
                if is_yaml && (all || is_values) {
                    paths.push(path);
                }
            }
            _ => {}
        }
    }
}
