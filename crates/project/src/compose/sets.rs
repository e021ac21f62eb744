//! Which Compose files belong together.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_compose::resolve::{
    FILE_NAMES, OVERRIDE_NAMES, Reason, Request, Resolved, Unresolved, resolve,
};
use plimsoll_compose::{ComposeFile, NameRole, role_of_path};
use plimsoll_source::EntryKind;
use plimsoll_source::files::{join, parent};

use super::around::{InTree, absolute};
use super::told;
use super::{ComposeProject, path_in_tree, unit_at};
use crate::snapshot::{ComposeUnit, Project};

/// The most projects that are resolved.
const MAX_PROJECTS: usize = 2_000;

/// Whether Compose files of one folder have to do with others: with each other, or by `include`
/// and `extends`.
pub(super) fn is_linked(project: &Project, units: &[usize]) -> bool {
    let [unit] = units else { return true };
    let unit = &project.composes[*unit];
    let is_alone = |file: ComposeFile<'_>| {
        let mut extended = file.services().filter_map(|service| service.extends());
        file.is_whole() && extended.all(|extends| extends.file().is_none())
    };
    unit.is_override
        || !ComposeFile::new(&unit.tree).is_some_and(is_alone)
        || told::together(project, unit).is_some()
}

/// The folder of a Compose file, with all Compose files in it.
pub(super) fn folder_of<'p>(
    project: &'p Project,
    unit: &ComposeUnit,
) -> Option<(&'p str, Vec<usize>)> {
    let dir = |unit: &ComposeUnit| parent(project.path(unit.file));
    let here = dir(unit);
    let composes = &project.composes;
    let units = (0..composes.len()).filter(|index| dir(&composes[*index]) == here);
    let units: Vec<usize> = units.collect();
    (!units.is_empty()).then_some((here, units))
}

/// The Compose projects of everything under review, in path order of their first file; of the
/// folders that count alone.
pub(super) fn projects(
    project: &Project,
    counts: impl Fn(&Project, &[usize]) -> bool,
) -> Vec<ComposeProject> {
    let mut sets = Sets {
        project,
        around: InTree { project },
        found: Vec::new(),
        parts: BTreeSet::new(),
    };
    let mut by_dir: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, unit) in project.composes.iter().enumerate() {
        by_dir
            .entry(parent(project.path(unit.file)))
            .or_default()
            .push(index);
    }
    by_dir.retain(|_, units| counts(project, units));
    // What Compose finds by itself comes first: it tells which further files are parts of it.
    for (dir, units) in &by_dir {
        sets.found_by_compose(dir, units);
    }
    for units in by_dir.values() {
        for unit in units {
            if let Some(files) = told::together(project, &project.composes[*unit]) {
                sets.told(&files);
            }
        }
    }
    for (dir, units) in &by_dir {
        for unit in units {
            sets.further(dir, *unit);
        }
    }
    let Sets {
        mut found, parts, ..
    } = sets;
    found.retain(|set| !is_only_a_part(project, set, &parts));
    let first = |set: &ComposeProject| set.units.first().copied().unwrap_or(usize::MAX);
    found.sort_by_key(first);
    found
}

/// Whether a set is one file that others include or extend, with a name by which nobody would
/// start it.
fn is_only_a_part(project: &Project, set: &ComposeProject, parts: &BTreeSet<usize>) -> bool {
    let [unit] = set.units[..] else { return false };
    let path = project.path(project.composes[unit].file);
    parts.contains(&unit) && role_of_path(path) != NameRole::Main
}

struct Sets<'p> {
    project: &'p Project,
    around: InTree<'p>,
    found: Vec<ComposeProject>,
    /// Files that others include or extend.
    parts: BTreeSet<usize>,
}

impl<'p> Sets<'p> {
    fn path(&self, unit: usize) -> &'p str {
        self.project.path(self.project.composes[unit].file)
    }

    /// The file of a folder that Compose finds there.
    fn main(&self, dir: &str) -> Option<String> {
        self.first(dir, &FILE_NAMES)
    }

    fn first(&self, dir: &str, names: &[&str]) -> Option<String> {
        let mut paths = names.iter().filter_map(|name| join(dir, name));
        paths.find(|path| self.project.tree.kind(path) == Some(EntryKind::File))
    }

    /// The project that `docker compose` starts in a folder, and further files there that are
    /// called as if it were one.
    fn found_by_compose(&mut self, dir: &str, units: &[usize]) {
        let main = self.main(dir);
        let is_main = |sets: &Self, unit: usize| Some(sets.path(unit)) == main.as_deref();
        let over = self.first(dir, &OVERRIDE_NAMES);
        let is_over = |sets: &Self, unit: usize| Some(sets.path(unit)) == over.as_deref();
        if main.is_some() && units.iter().any(|u| is_main(self, *u) || is_over(self, *u)) {
            let request = Request {
                current_dir: absolute(dir),
                ..Request::default()
            };
            let guess: Vec<String> = main.iter().chain(&over).cloned().collect();
            self.add(request, &guess);
        }
        for &unit in units {
            let path = self.path(unit);
            let is_named = role_of_path(path) == NameRole::Main;
            if is_named && !is_main(self, unit) && !self.is_laid(unit) {
                self.add_files(dir, &[path]);
            }
        }
    }

    /// Files that one of them says are started together; Compose starts in the folder of the first.
    fn told(&mut self, files: &[String]) {
        let paths: Vec<&str> = files.iter().map(String::as_str).collect();
        let is_known = |set: &ComposeProject| {
            let units = set.units.iter();
            units.map(|unit| self.path(*unit)).eq(paths.iter().copied())
        };
        if !self.found.iter().any(is_known) {
            let dir = paths.first().map_or("", |first| parent(first));
            self.add_files(dir, &paths);
        }
    }

    /// A file that Compose does not find by itself: alone if it can be, else over the folder's
    /// own file.
    fn further(&mut self, dir: &str, unit: usize) {
        let path = self.path(unit);
        let by_itself = matches!(role_of_path(path), NameRole::Variant | NameRole::Other);
        if !by_itself || self.parts.contains(&unit) || self.is_laid(unit) {
            return;
        }
        let tree = &self.project.composes[unit].tree;
        let is_whole = ComposeFile::new(tree).is_some_and(|file| {
            file.services().next().is_some() && file.services().all(|s| s.is_runnable())
        });
        let main = self.main(dir);
        let Some(main) = main.filter(|main| main != path) else {
            if is_whole {
                self.add_files(dir, &[path]);
            }
            return;
        };
        let over = [main.as_str(), path];
        if !is_whole {
            self.add_files(dir, &over);
            return;
        }
        let alone = self.resolve(dir, &[path]);
        if lacks(&alone) == 0 {
            self.keep(alone, &[path]);
            return;
        }
        let together = self.resolve(dir, &over);
        if lacks(&together) < lacks(&alone) {
            self.keep(together, &over);
        } else {
            self.keep(alone, &[path]);
        }
    }

    /// Whether the file is laid over others, or others over it, in a project found so far.
    fn is_laid(&self, unit: usize) -> bool {
        self.found.iter().any(|set| set.units.contains(&unit))
    }

    fn add_files(&mut self, dir: &str, paths: &[&str]) {
        let outcome = self.resolve(dir, paths);
        self.keep(outcome, paths);
    }

    fn resolve(&self, dir: &str, paths: &[&str]) -> Result<Resolved, Box<Unresolved>> {
        let request = Request {
            current_dir: absolute(dir),
            files: paths.iter().map(|path| absolute(path)).collect(),
            ..Request::default()
        };
        self.outcome(request)
    }

    fn add(&mut self, request: Request, guess: &[String]) {
        let outcome = self.outcome(request);
        let guess: Vec<&str> = guess.iter().map(String::as_str).collect();
        self.keep(outcome, &guess);
    }

    fn outcome(&self, request: Request) -> Result<Resolved, Box<Unresolved>> {
        let request = Request {
            profiles: vec!["*".to_owned()],
            all_resources: true,
            lenient: true,
            ..request
        };
        resolve(&request, &self.around)
    }

    /// Keeps what the files come to; `files` where it does not say itself which they are.
    fn keep(&mut self, outcome: Result<Resolved, Box<Unresolved>>, files: &[&str]) {
        if self.found.len() >= MAX_PROJECTS {
            return;
        }
        let unit = |path: &str| unit_at(self.project, path);
        let units: Vec<usize> = match &outcome {
            Ok(resolved) => {
                let paths = resolved.files().iter();
                paths.filter_map(|path| unit(path_in_tree(path)?)).collect()
            }
            Err(_) => files.iter().filter_map(|path| unit(path)).collect(),
        };
        let mut set = ComposeProject {
            units,
            members: Vec::new(),
            outcome,
        };
        let mut members: BTreeSet<usize> = set.units.iter().copied().collect();
        for (_, source) in set.records().sources() {
            members.extend(path_in_tree(&source.path).and_then(unit));
        }
        self.parts
            .extend(members.iter().filter(|unit| !set.units.contains(unit)));
        set.members = members.into_iter().collect();
        self.found.push(set);
    }
}

/// How much is missing from a set of files, in names that nothing defines.
fn lacks(outcome: &Result<Resolved, Box<Unresolved>>) -> usize {
    let is_missing = |reason: &Reason| {
        matches!(
            reason,
            Reason::Undefined { .. } | Reason::NothingToRun { .. }
        )
    };
    match outcome {
        Ok(resolved) => {
            let tolerated = resolved.tolerated().iter();
            tolerated.filter(|r| is_missing(&r.reason)).count()
        }
        Err(_) => usize::MAX,
    }
}
