//! Loading a chart with what it depends on, as far as that lies in the repository.
//!
//! `charts/` is rarely committed. A dependency on a folder (`file://../common`) is taken from
//! there, and one that is to be fetched from the folder beside the chart that has its name, if
//! the chart in it is the one that is wanted. The others are left out, and the chart is rendered
//! without them.

use std::sync::Arc;

use plimsoll_helm::chart::{Dependency, File, LoadError, Loaded};
use plimsoll_helm::semver::is_compatible;
use plimsoll_source::Tree;
use plimsoll_source::files::join;

/// Folders that depend on folders.
const MAX_DEPTH: u32 = 8;

/// A chart as it can be rendered.
pub(crate) struct Chart {
    pub(crate) loaded: Loaded,
    /// Whether it depends on charts that are not there.
    pub(crate) lacks: bool,
}

/// Loads the chart in a folder. The paths of its files are relative to that folder; those of
/// charts elsewhere in the tree begin with `/` and are relative to the root.
pub(crate) fn load(tree: &dyn Tree, folder: &str) -> Result<Chart, LoadError> {
    let mut loaded = Loaded::from_folder(tree, folder, folder)?;
    let mut more = Vec::new();
    local(tree, &loaded, folder, "", 0, &mut more);
    if !more.is_empty() {
        let mut files = loaded.chart.raw.clone();
        files.append(&mut more);
        // What is wrong with another chart is told where that one is reviewed.
        if let Ok(whole) = Loaded::from_files(files) {
            loaded = whole;
        }
    }
    let missing = loaded.chart.missing_dependencies();
    let lacks = !missing.is_empty();
    if lacks && let Some(chart) = Arc::get_mut(&mut loaded.chart) {
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
    Ok(Chart { loaded, lacks })
}

/// The files of charts elsewhere in the tree that a chart depends on and does not hold.
fn local(
    tree: &dyn Tree,
    loaded: &Loaded,
    folder: &str,
    below: &str,
    depth: u32,
    files: &mut Vec<File>,
) {
    let chart = &loaded.chart;
    let missing = chart.missing_dependencies();
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
        let Some(dir) = dir else { continue };
        let Ok(found) = Loaded::from_folder(tree, &dir, &dir) else {
            continue;
        };
        let metadata = &found.chart.metadata;
        let fits = metadata.name == wanted.name
            && (told.is_some() || is_compatible(&wanted.version, &metadata.version));
        if !fits {
            continue;
        }
        let inside = format!("{below}charts/{}/", wanted.name);
        files.extend(found.chart.raw.iter().map(|file| File {
            name: format!("{inside}{}", file.name).into(),
            data: file.data.clone(),
            path: format!("/{dir}/{}", file.path).into(),
        }));
        local(tree, &found, &dir, &inside, depth + 1, files);
    }
}
