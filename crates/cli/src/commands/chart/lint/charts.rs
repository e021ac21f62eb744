//! Charts on disk, and one linted.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plimsoll_helm::chart::unpack;
use plimsoll_helm::lint::{self, Chart, Message, Request};
use plimsoll_helm::render::KubeVersion;
use plimsoll_helm::schema::Resolve;
use plimsoll_helm::values::{Data, Sources};
use plimsoll_project::disk::{DiskTree, find_root};
use plimsoll_source::files::MemoryTree;
use plimsoll_source::{EntryKind, Tree};

use super::{LintArgs, Linted};
use crate::commands::chart::inputs::{self, SystemRandom};
use crate::commands::chart::values::UserValues;

/// Charts in charts are sought no deeper.
const DEPTH: usize = 64;

/// The charts in the `charts/` of a chart, in the order in which Helm comes across them.
pub(super) fn below(path: &str, found: &mut Vec<String>) {
    walk(&PathBuf::from(path).join("charts"), DEPTH, found);
}

/// Links are not followed, as Helm does not follow them.
fn walk(folder: &Path, depth: usize, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut entries: Vec<fs::DirEntry> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name == "Chart.yaml" {
            found.push(folder.to_string_lossy().into_owned());
        } else if is_packed(&name) {
            found.push(path.to_string_lossy().into_owned());
        }
        if depth > 0 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&path, depth - 1, found);
        }
    }
}

fn is_packed(path: &str) -> bool {
    path.ends_with(".tgz") || path.ends_with(".tar.gz")
}

/// What charts are linted with.
pub(super) struct With<'a> {
    pub(super) args: &'a LintArgs,
    pub(super) user: &'a UserValues<'a>,
    pub(super) kube_version: Option<&'a KubeVersion>,
    /// Gives documents that schemas refer to.
    pub(super) others: Option<Arc<dyn Resolve>>,
}

pub(super) fn lint(path: &str, with: &With<'_>) -> Linted {
    let outcome = if is_packed(path) {
        packed(path)
    } else {
        folder(path, with.args.links_below.as_deref())
    };
    let (outcome, files) = match outcome {
        Err(error) => (Err(error), 0),
        Ok((tree, dir, shown)) => {
            let chart = Chart {
                tree: &*tree,
                dir: &dir,
                shown: &shown,
            };
            (Ok(messages(chart, with)), count(&*tree, &dir))
        }
    };
    Linted {
        path: path.to_owned(),
        outcome,
        files,
    }
}

type Found = (Box<dyn Tree>, String, String);

fn packed(path: &str) -> Result<Found, String> {
    let bytes = inputs::read_file(Path::new(path)).map_err(|error| {
        let words = inputs::words(&error);
        format!("unable to open tarball: open {path}: {words}")
    })?;
    let (name, files) =
        unpack(&bytes).map_err(|error| format!("unable to extract tarball: {error}"))?;
    let mut tree = MemoryTree::new();
    for file in files {
        tree.insert(format!("{name}/{}", file.name), &*file.data);
    }
    let shown = format!("{}/{name}", absolute(path));
    Ok((Box::new(tree), name, shown))
}

fn folder(path: &str, links: Option<&Path>) -> Result<Found, String> {
    let file = Path::new(path).join("Chart.yaml");
    fs::metadata(&file).map_err(|error| {
        let (shown, words) = (file.display(), inputs::words(&error));
        format!("unable to check Chart.yaml file in chart: stat {shown}: {words}")
    })?;
    let shown = absolute(path);
    let real = fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(&shown));
    let root = match links {
        Some(links) => fs::canonicalize(links).map_err(|error| {
            let (shown, words) = (links.display(), inputs::words(&error));
            format!("`--links-below {shown}`: {words}")
        })?,
        None => find_root(&real).unwrap_or_else(|| real.clone()),
    };
    let Ok(dir) = real.strip_prefix(&root) else {
        let root = root.display();
        return Err(format!("the chart does not lie below `{root}`"));
    };
    let Some(dir) = dir.to_str() else {
        return Err(format!("the path `{shown}` is not valid UTF-8"));
    };
    let dir = dir.replace(std::path::MAIN_SEPARATOR, "/");
    Ok((Box::new(DiskTree::new(&root)), dir, shown))
}

/// The whole path, in its shortest form.
fn absolute(path: &str) -> String {
    let full = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    let mut clean = PathBuf::new();
    for part in full.components() {
        if part == std::path::Component::ParentDir {
            clean.pop();
        } else {
            clean.push(part);
        }
    }
    clean.to_string_lossy().into_owned()
}

fn messages(chart: Chart<'_>, with: &With<'_>) -> Vec<Message> {
    let args = with.args;
    let sources = |base: Arc<Sources>| {
        let mut sources = Sources::over(base);
        // They were read before, so nothing is wrong with them.
        let values = with.user.lay(&mut sources);
        let values = values.unwrap_or_else(|_| Data::map().into());
        (values, sources)
    };
    lint::lint(
        chart,
        Request {
            sources: &sources,
            namespace: inputs::namespace(args.namespace.as_deref()),
            kube_version: with.kube_version.cloned(),
            skip_schema: args.skip_schema_validation,
            others: with.others.clone(),
            limits: plimsoll_helm::Limits::default(),
            now: inputs::now(),
            zone: inputs::zone(),
            random: Box::new(SystemRandom),
        },
    )
}

/// How many files lie in a folder, for the summary.
fn count(tree: &dyn Tree, dir: &str) -> usize {
    let (mut files, mut folders) = (0, vec![dir.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in tree.list(&folder).unwrap_or_default().iter() {
            let path = if folder.is_empty() {
                entry.name.clone()
            } else {
                format!("{folder}/{}", entry.name)
            };
            match entry.kind {
                EntryKind::Dir => folders.push(path),
                EntryKind::File => files += 1,
                EntryKind::Link | EntryKind::Other => {}
            }
        }
    }
    files
}
