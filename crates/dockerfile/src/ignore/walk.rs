//! The files of a build context.

use plimsoll_source::{EntryKind, Tree};
use rayon::prelude::*;

use super::glob::{clean, has_wildcards, matches};
use super::regex::Scratch;
use super::{Ignore, Inherited};

/// Steps of matching that a walk may take. Real contexts stay below a thousandth of it; it ends
/// the work that a file of many contrived patterns would cause.
const MAX_STEPS: usize = 4_000_000_000;

/// One file that would be transferred.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContextFile {
    /// Path relative to the context root.
    pub path: String,
    /// Size in bytes.
    pub len: u64,
}

/// What a walk of a build context found.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Files not left out, sorted by path.
    pub files: Vec<ContextFile>,
    /// Sum of their sizes in bytes.
    pub bytes: u64,
    /// Whether the walk stopped at its bound or at a folder that it could not read; then the
    /// rest is unknown and rules stay silent about absence.
    pub truncated: bool,
}

/// How far a walk may go.
#[derive(Clone, Copy, Debug)]
pub struct WalkLimits {
    /// Entries looked at.
    pub entries: usize,
    /// Depth of folders.
    pub depth: usize,
}

impl Default for WalkLimits {
    fn default() -> Self {
        Self {
            entries: 200_000,
            depth: 64,
        }
    }
}

/// Folders that are listed at a time, at least and at most: below the first, threads cost more
/// than they bring; the second bounds how far a walk goes beyond its limits.
const TOGETHER: std::ops::RangeInclusive<usize> = 4..=256;

/// A folder still to be listed.
struct Folder {
    path: String,
    depth: usize,
    inherited: Inherited,
}

/// What stands in one folder.
#[derive(Default)]
struct Listing {
    files: Vec<ContextFile>,
    folders: Vec<Folder>,
    entries: usize,
    steps: usize,
    truncated: bool,
}

struct Walk<'a> {
    tree: &'a dyn Tree,
    root: &'a str,
    ignore: Option<&'a Ignore>,
    /// Steps that one byte of a path takes.
    cost: usize,
    limits: WalkLimits,
}

/// Walks the context `root` of `tree`. Does not look at `.gitignore`. Symbolic links are listed,
/// not followed. Folders are listed by several threads; the result does not depend on them, even
/// where the walk stops at a limit.
pub fn walk(tree: &dyn Tree, root: &str, ignore: Option<&Ignore>, limits: WalkLimits) -> Context {
    let ignore = ignore.filter(|ignore| !ignore.patterns.is_empty());
    let cost = ignore.map_or(0, |ignore| {
        ignore.patterns.iter().map(|p| p.matcher.cost()).sum()
    });
    let walk = Walk {
        tree,
        root: root.trim_matches('/'),
        ignore,
        cost,
        limits,
    };
    let mut context = Context::default();
    let mut entries = 0_usize;
    let mut steps = 0_usize;
    let mut waiting = vec![Folder {
        path: String::new(),
        depth: 0,
        inherited: Inherited::default(),
    }];
    'walk: while !waiting.is_empty() {
        let rest = waiting.len().saturating_sub(*TOGETHER.end());
        let folders = waiting.split_off(rest);
        let listings: Vec<Listing> = if folders.len() < *TOGETHER.start() {
            folders
                .iter()
                .map(|folder| walk.list(folder, &mut Scratch::default()))
                .collect()
        } else {
            folders
                .par_iter()
                .map_init(Scratch::default, |scratch, folder| {
                    walk.list(folder, scratch)
                })
                .collect()
        };
        for mut listing in listings {
            entries += listing.entries;
            steps = steps.saturating_add(listing.steps);
            context.truncated |= listing.truncated;
            context.bytes = listing
                .files
                .iter()
                .fold(context.bytes, |bytes, file| bytes.saturating_add(file.len));
            context.files.append(&mut listing.files);
            waiting.append(&mut listing.folders);
            if entries > limits.entries || steps > MAX_STEPS {
                context.truncated = true;
                break 'walk;
            }
        }
    }
    context.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    context
}

impl Walk<'_> {
    fn list(&self, folder: &Folder, scratch: &mut Scratch) -> Listing {
        let mut listing = Listing::default();
        let place = match (self.root, folder.path.as_str()) {
            (root, "") => root.to_owned(),
            ("", path) => path.to_owned(),
            (root, path) => format!("{root}/{path}"),
        };
        let Ok(entries) = self.tree.list(&place) else {
            listing.truncated = true;
            return listing;
        };
        for entry in entries.iter() {
            listing.entries += 1;
            let path = if folder.path.is_empty() {
                entry.name.clone()
            } else {
                format!("{}/{}", folder.path, entry.name)
            };
            listing.steps = listing
                .steps
                .saturating_add(self.cost.saturating_mul(path.len()));
            if listing.entries > self.limits.entries || listing.steps > MAX_STEPS {
                listing.truncated = true;
                break;
            }
            let verdict = self
                .ignore
                .map(|i| i.evaluate(&path, &folder.inherited, scratch));
            let excluded = verdict.as_ref().is_some_and(|verdict| verdict.excluded);
            match entry.kind {
                EntryKind::Dir => {
                    if excluded && self.ignore.is_some_and(|i| i.closes(&path, scratch)) {
                        continue;
                    }
                    if folder.depth + 1 >= self.limits.depth {
                        listing.truncated = true;
                        continue;
                    }
                    let inherited = verdict.map(|verdict| verdict.inherited).unwrap_or_default();
                    listing.folders.push(Folder {
                        path,
                        depth: folder.depth + 1,
                        inherited,
                    });
                }
                EntryKind::File | EntryKind::Link if !excluded => {
                    listing.files.push(ContextFile {
                        path,
                        len: entry.len,
                    });
                }
                _ => {}
            }
        }
        listing
    }
}

impl Context {
    /// The files that a COPY or ADD source (expanded, relative to the context root; Go
    /// `filepath.Match` wildcards) selects: itself, what is below it if it is a folder. `..`
    /// never leads out of the context.
    pub fn select(&self, source: &str) -> Vec<&ContextFile> {
        let rooted = clean(&format!("/{source}"));
        let source = &rooted[1..];
        if source.is_empty() {
            return self.files.iter().collect();
        }
        // Parts before the first one with a wildcard are taken as they are.
        let mut fixed = 0;
        let mut wild = false;
        for part in source.split_inclusive('/') {
            if has_wildcards(part) {
                wild = true;
                break;
            }
            fixed += part.len();
        }
        let (fixed, pattern) = source.split_at(fixed);
        if !wild {
            let mut found: Vec<_> = self.file(source).into_iter().collect();
            found.extend(self.below(&format!("{source}/")));
            return found;
        }
        let below = self.below(fixed);
        let fits = |path: &str| {
            path.match_indices('/')
                .map(|(slash, _)| &path[..slash])
                .chain([path])
                .any(|part| matches(pattern, part) == Ok(true))
        };
        below
            .iter()
            .filter(|file| fits(&file.path[fixed.len()..]))
            .collect()
    }

    /// The file with this very path.
    pub fn file(&self, path: &str) -> Option<&ContextFile> {
        let at = self
            .files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .ok()?;
        self.files.get(at)
    }

    /// The files whose path begins with `prefix`, which ends in `/` or is empty.
    fn below(&self, prefix: &str) -> &[ContextFile] {
        let from = self
            .files
            .partition_point(|file| file.path.as_str() < prefix);
        let len = self.files[from..].partition_point(|file| file.path.starts_with(prefix));
        &self.files[from..from + len]
    }
}
