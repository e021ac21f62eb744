//! `plimsoll chart dependency list`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use plimsoll_helm::chart::{Chart, Dependency, Loaded};
use plimsoll_helm::semver::{Constraint, Version};

use super::super::inputs;
use super::super::table::table;
use super::say;
use crate::failure::Failure;

#[derive(Args)]
pub(super) struct ListArgs {
    /// The chart: a folder or a packed chart
    #[arg(default_value = ".")]
    chart: PathBuf,
    /// Cut columns that are wider
    #[arg(long, value_name = "WIDTH", default_value_t = 80)]
    max_col_width: usize,
}

pub(super) fn run(args: &ListArgs) -> Result<(), Failure> {
    if let Err(error) = fs::metadata(&args.chart) {
        let (shown, words) = (args.chart.display(), inputs::words(&error));
        return Err(Failure::user(format!("stat {shown}: {words}")));
    }
    let loaded = inputs::load(&args.chart.to_string_lossy())??;
    let charts = args.chart.join("charts");
    let Some(wanted) = &loaded.chart.metadata.dependencies else {
        return say(&format!("WARNING: no dependencies at {}\n", plain(&charts)));
    };
    let head = ["NAME", "VERSION", "REPOSITORY", "STATUS"]
        .map(str::to_owned)
        .to_vec();
    let row = |one: &Dependency| {
        let state = status(&charts, one, &loaded.chart);
        vec![
            one.name.clone(),
            one.version.clone(),
            one.repository.clone(),
            state.to_owned(),
        ]
    };
    let rows: Vec<_> = std::iter::once(head)
        .chain(wanted.iter().map(row))
        .collect();
    let mut said = format!("{}\n\n", table(&rows, args.max_col_width));
    for path in entries(&charts) {
        let shown = plain(&path);
        match name(&path) {
            None => {
                let _ = writeln!(said, "WARNING: {shown:?} is not a chart.");
            }
            Some(name) if !wanted.iter().any(|one| one.name == name) => {
                let _ = writeln!(said, "WARNING: {shown:?} is not in Chart.yaml.");
            }
            Some(_) => {}
        }
    }
    say(&said)
}

/// What is known of a dependency (`dependencyStatus`).
fn status(charts: &Path, wanted: &Dependency, parent: &Chart) -> &'static str {
    let start = format!("{}-", wanted.name);
    let archives: Vec<PathBuf> = entries(charts)
        .into_iter()
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&start) && name.ends_with(".tgz")
        })
        .collect();
    let is_version = |path: &&PathBuf| {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let version = name
            .strip_prefix(&start)
            .and_then(|rest| rest.strip_suffix(".tgz"));
        version.is_some_and(|version| Version::parse_strict(version).is_ok())
    };
    let archive = match &*archives {
        [one] => Some(one),
        all => {
            let versions: Vec<&PathBuf> = all.iter().filter(is_version).collect();
            match &*versions {
                [one] => Some(*one),
                [] => None,
                _ => return "too many matches",
            }
        }
    };
    if let Some(archive) = archive {
        return in_archive(archive, wanted);
    }
    let found = parent
        .dependencies
        .iter()
        .rfind(|chart| chart.name() == wanted.name);
    match found {
        None => "missing",
        Some(chart) => judged(&chart.metadata.version, wanted, "unpacked"),
    }
}

fn in_archive(path: &Path, wanted: &Dependency) -> &'static str {
    let loaded = fs::read(path)
        .ok()
        .and_then(|bytes| Loaded::from_archive(&bytes).ok());
    match loaded {
        None => "corrupt",
        Some(loaded) if loaded.chart.name() != wanted.name => "misnamed",
        Some(loaded) => judged(&loaded.chart.metadata.version, wanted, "ok"),
    }
}

fn judged(version: &str, wanted: &Dependency, good: &'static str) -> &'static str {
    if version == wanted.version {
        return good;
    }
    match (Constraint::parse(&wanted.version), Version::parse(version)) {
        (Ok(constraint), Ok(version)) if constraint.check(&version) => good,
        (Ok(_), Ok(_)) => "wrong version",
        _ => "invalid version",
    }
}

/// The name of the chart in a folder or an archive.
fn name(path: &Path) -> Option<String> {
    let loaded = inputs::load(&path.to_string_lossy()).ok()?.ok()?;
    Some(loaded.chart.name().to_owned())
}

/// What in `charts/` may be a chart.
fn entries(charts: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(charts).into_iter().flatten();
    let paths = found.filter_map(Result::ok).map(|entry| entry.path());
    let may_be = |path: &PathBuf| path.is_dir() || path.extension().is_some_and(|end| end == "tgz");
    let mut paths: Vec<PathBuf> = paths.filter(may_be).collect();
    paths.sort();
    paths
}

/// A path without the `.` that it may begin with.
fn plain(path: &Path) -> String {
    let parts: PathBuf = path
        .components()
        .filter(|part| part.as_os_str() != ".")
        .collect();
    parts.display().to_string()
}
