//! Loading a chart with what it depends on, as far as that lies in the repository.
//!
//! `charts/` is rarely committed. A dependency on a folder (`file://../common`) is taken from
//! there, and one that is to be fetched from the folder beside the chart that has its name, if
//! the chart in it is the one that is wanted. The others are left out, and the chart is rendered
//! without them.

use std::sync::Arc;

use plimsoll_helm::chart::{Chart as Loading, Dependency, File, LoadError, Loaded};
use plimsoll_helm::semver::is_compatible;
use plimsoll_project::{ChartDependency, Locked};
use plimsoll_source::Tree;
use plimsoll_source::files::join;
use plimsoll_yaml::{Dialect, Document, Node, parse};

/// Folders that depend on folders.
const MAX_DEPTH: u32 = 8;

/// A chart as it can be rendered.
pub(crate) struct Chart {
    pub(crate) loaded: Loaded,
    /// What it depends on, and what of it is there.
    pub(crate) dependencies: Vec<ChartDependency>,
    /// The names of the charts in its `charts/`.
    pub(crate) subcharts: Vec<String>,
    /// Whether a chart elsewhere in the tree that it depends on depends on one that is not there.
    lacks_below: bool,
}

impl Chart {
    /// Whether it depends on charts that are not there.
    pub(crate) fn lacks(&self) -> bool {
        self.lacks_below || self.dependencies.iter().any(|one| one.is_missing)
    }
}

/// Loads the chart in a folder. The paths of its files are relative to that folder; those of
/// charts elsewhere in the tree begin with `/` and are relative to the root.
pub(crate) fn load(tree: &dyn Tree, folder: &str) -> Result<Chart, LoadError> {
    let mut loaded = Loaded::from_folder(tree, folder, folder)?;
    let vendored = loaded.chart.dependencies.iter();
    let subcharts = vendored.map(|chart| chart.name().to_owned()).collect();
    let mut dependencies = states(&loaded.chart);
    let mut more = Vec::new();
    let lacks_below = local(tree, &loaded, folder, "", 0, &mut more);
    if !more.is_empty() {
        let mut files = loaded.chart.raw.clone();
        files.append(&mut more);
        // What is wrong with another chart is told where that one is reviewed.
        if let Ok(whole) = Loaded::from_files(files) {
            loaded = whole;
        }
    }
    let missing = loaded.chart.missing_dependencies();
    for dependency in &mut dependencies {
        dependency.is_missing = missing.contains(&&*dependency.name);
    }
    if !missing.is_empty()
        && let Some(chart) = Arc::get_mut(&mut loaded.chart)
    {
        let present = |wanted: &&Dependency| {
            let mut charts = chart.dependencies.iter();
            charts.any(|chart| chart.name() == wanted.name)
        };
        let all = chart
            .metadata
            .dependencies
            .iter()
            .flat_map(|all| all.iter());
        let present: Vec<Dependency> = all.filter(present).cloned().collect();
        chart.metadata.dependencies = Some(present.into());
    }
    Ok(Chart {
        loaded,
        dependencies,
        subcharts,
        lacks_below,
    })
}

/// What a chart depends on, with the versions in its lock file and in its `charts/`.
fn states(chart: &Loading) -> Vec<ChartDependency> {
    let mut locked = lock_file(chart).map_or_else(Vec::new, locked_versions);
    let all = chart
        .metadata
        .dependencies
        .iter()
        .flat_map(|all| all.iter());
    let state = |wanted: &Dependency| {
        let chosen = |version: &str| Locked {
            version: version.to_owned(),
            fits: wanted.version.is_empty() || is_compatible(&wanted.version, version),
        };
        // The same chart may be there twice, under two names: in the lock file in that order.
        let at = locked.iter().position(|(name, _)| *name == wanted.name);
        let locked = at.map(|at| chosen(&locked.remove(at).1));
        let vendored = chart.dependencies.iter();
        let mut vendored = vendored.filter(|chart| chart.name() == wanted.name);
        let versions: Vec<Locked> = vendored
            .by_ref()
            .map(|chart| chosen(&chart.metadata.version))
            .collect();
        let fitting = versions.iter().find(|one| one.fits).or(versions.first());
        ChartDependency {
            name: wanted.name.clone(),
            version: wanted.version.clone(),
            repository: wanted.repository.clone(),
            locked,
            vendored: fitting.cloned(),
            is_missing: false,
        }
    };
    all.map(state).collect()
}

/// The lock file of a chart.
pub(crate) fn lock_file(chart: &Loading) -> Option<&File> {
    let name = match &*chart.metadata.api_version {
        "v1" => "requirements.lock",
        _ => "Chart.lock",
    };
    chart.raw.iter().find(|file| &*file.name == name)
}

/// The names and versions in a lock file.
fn locked_versions(file: &File) -> Vec<(String, String)> {
    let tree = parse(String::from_utf8_lossy(&file.data), Dialect::GoV2);
    let root = tree.documents().next().and_then(Document::root);
    let list = root.and_then(|root| root.get("dependencies"));
    let items = list.into_iter().flat_map(Node::items);
    let text = |item: Node<'_>, key: &str| Some(item.get(key)?.text()?.into_owned());
    let versions = items.filter_map(|item| Some((text(item, "name")?, text(item, "version")?)));
    versions.collect()
}

/// The files of charts elsewhere in the tree that a chart depends on and does not hold. Whether
/// one of those depends on what is nowhere.
fn local(
    tree: &dyn Tree,
    loaded: &Loaded,
    folder: &str,
    below: &str,
    depth: u32,
    files: &mut Vec<File>,
) -> bool {
    let chart = &loaded.chart;
    let missing = chart.missing_dependencies();
    let mut lacks = false;
    for wanted in chart
        .metadata
        .dependencies
        .iter()
        .flat_map(|all| all.iter())
    {
        if depth >= MAX_DEPTH || !missing.contains(&&*wanted.name) {
            continue;
        }
        let told = wanted.repository.strip_prefix("file://");
        let dir = match told {
            Some(path) => join(folder, path),
            None => join(folder, &format!("../{}", wanted.name)),
        };
        let found = dir.and_then(|dir| {
            let found = Loaded::from_folder(tree, &dir, &dir).ok()?;
            let metadata = &found.chart.metadata;
            let fits = metadata.name == wanted.name
                && (told.is_some() || is_compatible(&wanted.version, &metadata.version));
            fits.then_some((dir, found))
        });
        let Some((dir, found)) = found else {
            // What the chart itself lacks is known.
            lacks |= depth > 0;
            continue;
        };
        let inside = format!("{below}charts/{}/", wanted.name);
        files.extend(found.chart.raw.iter().map(|file| File {
            name: format!("{inside}{}", file.name).into(),
            data: file.data.clone(),
            path: format!("/{dir}/{}", file.path).into(),
        }));
        lacks |= local(tree, &found, &dir, &inside, depth + 1, files);
    }
    lacks
}
