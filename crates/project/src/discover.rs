//! Discovery: which files below a folder are Dockerfiles, `.dockerignore`, Compose files and
//! Kubernetes manifests.
//!
//! Works on any [`Tree`], so that a folder in memory and one on disk give the same. A walk
//! respects `.gitignore` and `.git/info/exclude` (but not for what git tracks all the same),
//! follows no links and, whatever git says, does
//! not enter folders of dependencies, build output and tools (see [`names::is_skipped_dir`]). A
//! path that is named is taken even where a walk would not come to it.
//!
//! Here names decide; [`content`] decides about what names leave open.

pub mod content;
pub mod names;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use plimsoll_source::files::{self, parent};
use plimsoll_source::{DirEntry, EntryKind, Tree, TreeError, TreeErrorKind};

use crate::gitignore::{self, Chain};
use crate::snapshot::{NotReviewed, Reason};
use crate::vcs::{Status, Vcs};
use names::Guess;

/// How far a walk goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Entries of folders looked at.
    pub entries: usize,
    /// Depth of folders.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 2_000_000,
            depth: 64,
        }
    }
}

/// A file that may be reviewed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// Path relative to the root.
    pub path: String,
    /// What its name says.
    pub guess: Guess,
    /// Whether it was named, not found.
    pub named: bool,
    /// Size in bytes as listed; 0 where that is not known.
    pub len: u64,
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Files to read, in path order.
    pub candidates: Vec<Candidate>,
    /// Files that their place or name tells not to be reviewable, in path order.
    pub not_reviewed: Vec<NotReviewed>,
    /// The folders of Helm charts, in order.
    pub charts: Vec<String>,
    /// Folders that could not be listed and named paths that are not there.
    pub errors: Vec<TreeError>,
    /// Whether the walk stopped at its bound.
    pub truncated: bool,
}

/// Finds the files below `paths` (the whole tree when there are none). `vcs` says what git tracks
/// although a pattern ignores it.
pub fn discover(tree: &dyn Tree, vcs: &Vcs, paths: &[String], limits: Limits) -> Discovery {
    let walk = Walk {
        tree,
        vcs,
        limits,
        seen: AtomicUsize::new(0),
        truncated: AtomicBool::new(false),
        found: Mutex::default(),
        not_reviewed: Mutex::default(),
        charts: Mutex::default(),
        errors: Mutex::default(),
    };
    let known = gitignore::Known::default();
    rayon::scope(|scope| {
        if paths.is_empty() {
            let chain = gitignore::top(tree);
            let top = Folder {
                chain,
                ..Folder::default()
            };
            scope.spawn(|scope| walk.enter(scope, top));
        }
        for path in paths {
            let Some(path) = files::join("", path) else {
                let kind = TreeErrorKind::Outside;
                push(
                    &walk.errors,
                    TreeError {
                        path: path.clone(),
                        kind,
                    },
                );
                continue;
            };
            match tree.kind(&path) {
                Some(EntryKind::Dir) => {
                    let chain = match path.as_str() {
                        "" => gitignore::top(tree),
                        path => known.chain(tree, parent(path)),
                    };
                    let setting = Setting::of(tree, &path);
                    let folder = Folder {
                        path,
                        chain,
                        setting,
                        depth: 0,
                        ignored: false,
                    };
                    scope.spawn(|scope| walk.enter(scope, folder));
                }
                Some(EntryKind::File) => {
                    let setting = Setting::of(tree, parent(&path));
                    walk.file(path, 0, setting, true);
                }
                Some(EntryKind::Link) => {
                    push(
                        &walk.errors,
                        TreeError {
                            path,
                            kind: TreeErrorKind::Outside,
                        },
                    );
                }
                Some(EntryKind::Other) => {
                    push(
                        &walk.errors,
                        TreeError {
                            path,
                            kind: TreeErrorKind::WrongKind,
                        },
                    );
                }
                None => push(
                    &walk.errors,
                    TreeError {
                        path,
                        kind: TreeErrorKind::NotFound,
                    },
                ),
            }
        }
    });
    let truncated = walk.truncated.load(Ordering::Relaxed);
    let mut not_reviewed = taken(walk.not_reviewed);
    not_reviewed.sort_by(|a, b| a.path.cmp(&b.path));
    not_reviewed.dedup();
    let mut errors = taken(walk.errors);
    errors.sort_by(|a, b| a.path.cmp(&b.path));
    errors.dedup();
    let candidates = taken(walk.found).into_values().collect();
    let mut charts = taken(walk.charts);
    charts.sort();
    charts.dedup();
    Discovery {
        candidates,
        not_reviewed,
        charts,
        errors,
        truncated,
    }
}

/// A folder about to be listed.
#[derive(Default)]
struct Folder {
    path: String,
    /// The patterns of the folders above it.
    chain: Chain,
    setting: Setting,
    depth: usize,
    /// A pattern ignores it, so that only what git tracks counts in it.
    ignored: bool,
}

/// What the folders above a file say about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Setting {
    #[default]
    Plain,
    /// Below the `templates` of a Helm chart.
    Chart,
    /// Below a folder whose name is filled in by a template (`{{cookiecutter.name}}`).
    Template,
}

impl Setting {
    /// The setting in a folder reached by name.
    fn of(tree: &dyn Tree, dir: &str) -> Self {
        let ends = dir.match_indices('/').map(|(at, _)| at).chain([dir.len()]);
        ends.filter(|end| *end > 0)
            .fold(Self::Plain, |setting, end| {
                let dir = &dir[..end];
                let chart =
                    || tree.kind(&joined(parent(dir), names::CHART)) == Some(EntryKind::File);
                setting.below(files::file_name(dir), chart)
            })
    }

    /// The setting in the folder `name` of a folder with this one.
    fn below(self, name: &str, in_chart: impl FnOnce() -> bool) -> Self {
        if self != Self::Plain {
            self
        } else if name.contains("{{") || name.contains("{%") {
            Self::Template
        } else if name == "templates" && in_chart() {
            Self::Chart
        } else {
            Self::Plain
        }
    }
}

struct Walk<'t> {
    tree: &'t dyn Tree,
    vcs: &'t Vcs,
    limits: Limits,
    seen: AtomicUsize,
    truncated: AtomicBool,
    found: Mutex<BTreeMap<String, Candidate>>,
    not_reviewed: Mutex<Vec<NotReviewed>>,
    charts: Mutex<Vec<String>>,
    errors: Mutex<Vec<TreeError>>,
}

impl Walk<'_> {
    fn enter<'s>(&'s self, scope: &rayon::Scope<'s>, folder: Folder) {
        let entries = match self.tree.list(&folder.path) {
            Ok(entries) => entries,
            Err(error) => return push(&self.errors, error),
        };
        let seen = self.seen.fetch_add(entries.len(), Ordering::Relaxed) + entries.len();
        if folder.depth > self.limits.depth || seen > self.limits.entries {
            self.truncated.store(true, Ordering::Relaxed);
            return;
        }
        let has = |name: &str| {
            let file = |entry: &DirEntry| entry.name == name && entry.kind == EntryKind::File;
            entries.iter().any(file)
        };
        let chain = if has(gitignore::FILE_NAME) {
            gitignore::below(self.tree, &folder.path, folder.chain)
        } else {
            folder.chain
        };
        let in_chart = has(names::CHART);
        for entry in entries.iter() {
            match entry.kind {
                EntryKind::Dir if names::is_skipped_dir(&entry.name) => {}
                EntryKind::Dir => {
                    let path = joined(&folder.path, &entry.name);
                    let ignored = folder.ignored || gitignore::ignores(&chain, &path, true);
                    if !ignored || self.tracks(&path) {
                        let below = Folder {
                            path,
                            chain: chain.clone(),
                            setting: folder.setting.below(&entry.name, || in_chart),
                            depth: folder.depth + 1,
                            ignored,
                        };
                        scope.spawn(|scope| self.enter(scope, below));
                    }
                }
                EntryKind::File | EntryKind::Link => {
                    let guess = names::guess(&entry.name);
                    // What a link leads to is found under its own name. Only a `.dockerignore`
                    // counts where it stands.
                    if guess == Guess::Nothing
                        || entry.kind == EntryKind::Link && guess != Guess::Ignore
                    {
                        continue;
                    }
                    let path = joined(&folder.path, &entry.name);
                    let is_file = entry.kind == EntryKind::File
                        || self.tree.kind(&path) == Some(EntryKind::File);
                    let ignored = || folder.ignored || gitignore::ignores(&chain, &path, false);
                    if is_file && (!ignored() || self.tracks(&path)) {
                        self.file(path, entry.len, folder.setting, false);
                    }
                }
                EntryKind::Other => {}
            }
        }
    }

    fn tracks(&self, path: &str) -> bool {
        self.vcs.status(path) == Status::Tracked
    }

    fn file(&self, path: String, len: u64, setting: Setting, named: bool) {
        let name = files::file_name(&path);
        if setting == Setting::Plain && name == names::CHART {
            push(&self.charts, parent(&path).to_owned());
        }
        let guess = names::guess(name);
        let left = match (setting, guess) {
            (_, Guess::Jsonnet) => Some(Reason::Jsonnet),
            (
                Setting::Chart,
                Guess::Yaml | Guess::Json | Guess::Kustomization | Guess::TemplatedYaml,
            ) => Some(Reason::ChartTemplate),
            (Setting::Template, guess) if guess.is_certain() => Some(Reason::Template),
            // Whether these would be reviewable is not worth reading them.
            (Setting::Template, _) => return,
            (_, Guess::TemplatedDockerfile) => Some(Reason::Template),
            _ => None,
        };
        if let Some(reason) = left {
            return push(&self.not_reviewed, NotReviewed { path, reason });
        }
        if !named && !content::worth_reading(guess, len) {
            return;
        }
        if let Ok(mut found) = self.found.lock() {
            let new = Candidate {
                path: path.clone(),
                guess,
                named,
                len,
            };
            let candidate = found.entry(path).or_insert(new);
            candidate.named |= named;
        }
    }
}

fn joined(dir: &str, name: &str) -> String {
    if dir.is_empty() {
        name.to_owned()
    } else {
        format!("{dir}/{name}")
    }
}

fn push<T>(list: &Mutex<Vec<T>>, item: T) {
    if let Ok(mut list) = list.lock() {
        list.push(item);
    }
}

fn taken<T: Default>(list: Mutex<T>) -> T {
    list.into_inner().unwrap_or_default()
}
