//! `charts/` filled from the charts on disk, without a network: most charts in a repository
//! name dependencies that only `helm dependency build` would bring.
//!
//! A filled chart is not the published one (versions are what is there, and a dependency that
//! is nowhere is left out), but it is a chart all the same, and helm and Plimsoll see the same.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::cases::files;

/// Charts nest no deeper here.
const DEPTH: usize = 4;

/// The charts on disk by name.
pub(crate) struct Shelf(BTreeMap<String, Vec<PathBuf>>);

impl Shelf {
    pub(crate) fn new(charts: &[PathBuf]) -> Self {
        let mut shelf: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for chart in charts {
            let text = fs::read_to_string(chart.join("Chart.yaml")).unwrap_or_default();
            if let Some(name) = top_level(&text, "name") {
                shelf.entry(name).or_default().push(chart.clone());
            }
        }
        Self(shelf)
    }

    /// The chart of that name that lies nearest.
    fn nearest(&self, name: &str, to: &Path) -> Option<&PathBuf> {
        let shared = |path: &&PathBuf| {
            let pairs = path.components().zip(to.components());
            pairs.take_while(|(one, other)| one == other).count()
        };
        let candidates = self.0.get(name)?;
        // The first of the nearest, so that the choice does not depend on what else there is.
        candidates
            .iter()
            .rev()
            .filter(|path| path.as_path() != to)
            .max_by_key(shared)
    }
}

/// A copy of the chart with its dependencies in place, below `staging`; none if nothing is
/// missing or nothing of what is missing is on disk.
pub(crate) fn filled(
    chart: &Path,
    shelf: &Shelf,
    staging: &Path,
    hash: u128,
) -> Result<Option<PathBuf>> {
    let missing = missing(chart);
    if missing.is_empty()
        || !missing
            .iter()
            .any(|name| shelf.nearest(name, chart).is_some())
    {
        return Ok(None);
    }
    let base = chart.file_name().unwrap_or_default();
    let target = staging.join(format!("{hash:032x}")).join(base);
    if target.join(".filled").is_file() {
        return Ok(Some(target));
    }
    let mut path = HashSet::from([chart.to_path_buf()]);
    copy(chart, &target, shelf, DEPTH, &mut path)
        .with_context(|| format!("filling `{}`", chart.display()))?;
    // Written last: a copy that was broken off is made again.
    fs::write(target.join(".filled"), "")?;
    Ok(Some(target))
}

fn copy(
    chart: &Path,
    target: &Path,
    shelf: &Shelf,
    depth: usize,
    path: &mut HashSet<PathBuf>,
) -> Result<()> {
    for file in files(chart)? {
        let to = target.join(file.strip_prefix(chart)?);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        // A broken link stays away: helm would refuse the chart for it, the original is a case.
        if let Ok(bytes) = fs::read(&file) {
            fs::write(to, bytes)?;
        }
    }
    let mut absent = HashSet::new();
    for name in missing(chart) {
        let source = shelf.nearest(&name, chart).cloned();
        match source {
            Some(source) if depth > 0 && path.insert(source.clone()) => {
                let into = target.join("charts").join(&name);
                copy(&source, &into, shelf, depth - 1, path)?;
                path.remove(&source);
            }
            _ => {
                absent.insert(name);
            }
        }
    }
    for file in ["Chart.yaml", "requirements.yaml"] {
        let path = target.join(file);
        if let Ok(text) = fs::read_to_string(&path) {
            fs::write(&path, any_version(&text, &absent))?;
        }
    }
    // A lock that does not fit would be one more reason to refuse.
    for file in ["Chart.lock", "requirements.lock"] {
        let _ = fs::remove_file(target.join(file));
    }
    Ok(())
}

/// Dependencies that are declared and not in `charts/`.
fn missing(chart: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for file in ["Chart.yaml", "requirements.yaml"] {
        let text = fs::read_to_string(chart.join(file)).unwrap_or_default();
        for item in items(&text) {
            let Some(name) = item.name else { continue };
            let there = fs::read_dir(chart.join("charts")).is_ok_and(|entries| {
                entries.flatten().any(|entry| {
                    let found = entry.file_name();
                    let found = found.to_string_lossy();
                    found == name
                        || (found.starts_with(&format!("{name}-")) && found.ends_with(".tgz"))
                })
            });
            if !there && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

struct Item {
    name: Option<String>,
    lines: std::ops::Range<usize>,
}

/// The entries of the top-level list `dependencies`, told by their lines: charts in the wild
/// write it as a block.
fn items(text: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        let body = line.trim_start();
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        let indent = line.len() - body.len();
        if indent == 0 && !body.starts_with('-') {
            inside = body.trim_end() == "dependencies:";
            continue;
        }
        if !inside {
            continue;
        }
        let starts = body.starts_with("- ")
            && items.last().is_none_or(|item| {
                let first = text.lines().nth(item.lines.start).unwrap_or_default();
                first.len() - first.trim_start().len() >= indent
            });
        if starts {
            items.push(Item {
                name: None,
                lines: number..number + 1,
            });
        }
        if let Some(item) = items.last_mut() {
            item.lines.end = number + 1;
            let field = body.trim_start_matches("- ").trim_start();
            if let Some(name) = field.strip_prefix("name:") {
                item.name = Some(scalar(name));
            }
        }
    }
    items
}

/// The same with any version for every dependency, and without the absent ones.
fn any_version(text: &str, absent: &HashSet<String>) -> String {
    let items = items(text);
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        let item = items.iter().find(|item| item.lines.contains(&number));
        let gone = |item: &Item| {
            let name = item.name.as_ref();
            name.is_some_and(|name| absent.contains(name))
        };
        if item.is_some_and(gone) {
            continue;
        }
        let at = line.find("version:").filter(|&at| {
            let before = line[..at].trim_start();
            item.is_some() && (before.is_empty() || before == "- ")
        });
        match at {
            Some(at) => {
                out.push_str(&line[..at]);
                out.push_str("version: \">=0.0.0-0\"");
            }
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

fn top_level(text: &str, key: &str) -> Option<String> {
    let lines = text.trim_start_matches('\u{feff}').lines();
    lines
        .filter_map(|line| line.strip_prefix(key)?.strip_prefix(':'))
        .map(scalar)
        .next()
}

fn scalar(text: &str) -> String {
    let text = text.split(" #").next().unwrap_or_default().trim();
    text.trim_matches(['"', '\'']).to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{any_version, items};

    const CHART: &str = "\
name: a
dependencies:
  # of ours
  - name: common
    version: 2.x.x
    tags:
      - one
  - version: ^1
    name: \"gone\" # for now
version: 1.0.0
";

    #[test]
    fn dependencies_are_found_by_line() {
        let names: Vec<_> = items(CHART).into_iter().map(|item| item.name).collect();
        assert_eq!(names, [Some("common".to_owned()), Some("gone".to_owned())]);
    }

    #[test]
    fn versions_are_widened_and_absent_charts_left_out() {
        let text = any_version(CHART, &HashSet::from(["gone".to_owned()]));
        assert_eq!(
            text,
            "name: a\ndependencies:\n  # of ours\n  - name: common\n    version: \">=0.0.0-0\"\n    \
             tags:\n      - one\nversion: 1.0.0\n"
        );
    }
}
