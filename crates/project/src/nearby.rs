//! What lies around the paths under review and says how they are used: Compose files that build
//! a Dockerfile, kustomizations that change a manifest. It is read and not reviewed.

use std::collections::{HashSet, VecDeque};

use plimsoll_compose::{NameRole, role_of_path};
use plimsoll_source::files::{join, parent};
use plimsoll_source::{EntryKind, Tree};

use crate::discover::names::{Guess, guess, is_skipped_dir};

/// The most entries of folders looked at: a review of one file is quick in any repository.
const MAX_ENTRIES: usize = 1_500;

/// The most folders looked at.
const MAX_DIRS: usize = 120;

/// How deep below a folder above the paths.
const MAX_DEPTH: usize = 3;

/// What is looked for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    /// Compose files.
    pub(crate) composes: bool,
    /// Kustomizations.
    pub(crate) kustomizations: bool,
}

/// The files wanted around `paths`, nearest first as far as the bounds allow, in path order.
pub(crate) fn find(tree: &dyn Tree, paths: &[String], wanted: Wanted) -> Vec<String> {
    if !wanted.composes && !wanted.kustomizations {
        return Vec::new();
    }
    let mut search = Search {
        tree,
        wanted,
        seen: HashSet::new(),
        found: Vec::new(),
        entries: MAX_ENTRIES,
    };
    let mut starts: Vec<String> = paths
        .iter()
        .filter_map(|path| join("", path))
        .map(|path| match tree.kind(&path) {
            Some(EntryKind::Dir) => path,
            _ => parent(&path).to_owned(),
        })
        .collect();
    starts.sort();
    starts.dedup();
    // One step up from all of them, then the next.
    while !starts.is_empty() {
        for dir in &starts {
            search.below(dir);
        }
        starts.retain(|dir| !dir.is_empty());
        for dir in &mut starts {
            *dir = parent(dir).to_owned();
        }
        starts.dedup();
    }
    search.found.sort();
    search.found
}

struct Search<'t> {
    tree: &'t dyn Tree,
    wanted: Wanted,
    seen: HashSet<String>,
    found: Vec<String>,
    entries: usize,
}

impl Search<'_> {
    fn below(&mut self, top: &str) {
        let mut queue = VecDeque::from([(top.to_owned(), 0)]);
        while let Some((dir, depth)) = queue.pop_front() {
            if self.entries == 0 || self.seen.len() >= MAX_DIRS {
                return;
            }
            // Its folders were queued when it was seen.
            if !self.seen.insert(dir.clone()) {
                continue;
            }
            let entries = self.tree.list(&dir).unwrap_or_default();
            self.entries = self.entries.saturating_sub(entries.len());
            for entry in entries.iter() {
                let Some(path) = join(&dir, &entry.name) else {
                    continue;
                };
                match entry.kind {
                    EntryKind::Dir if depth < MAX_DEPTH && !is_skipped_dir(&entry.name) => {
                        queue.push_back((path, depth + 1));
                    }
                    EntryKind::File if self.wanted.has(&path, &entry.name) => self.found.push(path),
                    _ => {}
                }
            }
        }
    }
}

impl Wanted {
    fn has(self, path: &str, name: &str) -> bool {
        match guess(name) {
            Guess::Kustomization => self.kustomizations,
            Guess::Yaml => self.composes && role_of_path(path) != NameRole::Other,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, find};

    const ALL: Wanted = Wanted {
        composes: true,
        kustomizations: true,
    };
    use plimsoll_source::MemoryTree;

    #[test]
    fn files_that_speak_of_the_paths_are_found() {
        let mut tree = MemoryTree::new();
        for path in [
            "compose.yaml",
            "deploy/base/kustomization.yaml",
            "deploy/base/web.yaml",
            "deploy/overlays/prod/kustomization.yml",
            "node_modules/x/compose.yaml",
            "a/b/c/d/e/compose.yaml",
            "api/Dockerfile",
        ] {
            tree.insert(path, "");
        }
        let around = |path: &str| find(&tree, &[path.to_owned()], ALL);
        let expected = [
            "compose.yaml",
            "deploy/base/kustomization.yaml",
            "deploy/overlays/prod/kustomization.yml",
        ];
        assert_eq!(around("deploy/base/web.yaml"), expected);
        assert_eq!(around("deploy/base"), expected);
        assert_eq!(around("api/Dockerfile"), expected);
        let composes = Wanted {
            composes: true,
            kustomizations: false,
        };
        assert_eq!(
            find(&tree, &["deploy".to_owned()], composes),
            ["compose.yaml"]
        );
    }

    #[test]
    fn a_wide_tree_is_not_searched_to_its_end() {
        let mut tree = MemoryTree::new();
        for n in 0..5_000 {
            tree.insert(format!("d{n}/compose.yaml"), "");
        }
        tree.insert("one/x/Dockerfile", "");
        tree.insert("one/compose.yaml", "");
        let found = find(&tree, &["one/x/Dockerfile".to_owned()], ALL);
        assert!(found.contains(&"one/compose.yaml".to_owned()));
        assert!(found.len() < 300);
    }
}
