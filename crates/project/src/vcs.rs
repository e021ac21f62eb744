//! Version control: what git tracks, and what it would see.
//!
//! Read from git's own files, without running git: the index says what is tracked, `.gitignore`
//! and `.git/info/exclude` what is ignored. A person's own ignore file (`core.excludesFile`) is
//! not read: it protects nobody else's clone.

pub mod index;

use std::sync::{Arc, OnceLock};

use plimsoll_source::files::join;
use plimsoll_source::{EntryKind, Tree, TreeErrorKind};

use crate::gitignore::Known;
use index::{Entry, Index};

/// The folder or file that makes a folder the top of a repository.
pub(crate) const GIT_DIR: &str = ".git";
/// What git tracks.
pub(crate) const INDEX: &str = ".git/index";
/// Patterns for the whole repository that are not shared.
pub(crate) const EXCLUDE: &str = ".git/info/exclude";
/// In the folder of a work tree: where the repository itself is.
pub(crate) const COMMON_DIR: &str = "commondir";

/// What git knows of the tree. Nothing is read before the first question.
#[derive(Default)]
pub struct Vcs {
    tree: Option<Arc<dyn Tree>>,
    /// `None` inside when there is no repository or its index cannot be read.
    index: OnceLock<Option<Index>>,
    ignored: Known,
}

/// How git stands to a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// In the index: committed or about to be. For a folder: something below it is.
    Tracked,
    /// Not in the index and not ignored: the next `git add .` takes it.
    Visible,
    /// Not in the index and ignored.
    Ignored,
    /// The tree is no git repository, its index cannot be read, or the path belongs to another
    /// repository inside it.
    Unknown,
}

impl Vcs {
    /// What git knows of `tree`, whose root must be the top of the repository. A tree without
    /// `.git` gives [`Status::Unknown`] for everything.
    pub fn new(tree: Arc<dyn Tree>) -> Self {
        Self {
            tree: Some(tree),
            ..Self::default()
        }
    }

    /// A repository in which just these paths are tracked, whatever its index says. For tests
    /// and for trees that were never written to disk.
    pub fn with_tracked<'a>(tree: Arc<dyn Tree>, paths: impl IntoIterator<Item = &'a str>) -> Self {
        let index = index::parse(&index::write(paths));
        Self {
            tree: Some(tree),
            index: OnceLock::from(index),
            ignored: Known::default(),
        }
    }

    /// How git stands to `path` (relative to the root), whether or not the file exists.
    pub fn status(&self, path: &str) -> Status {
        let (Some(tree), Some(path)) = (self.tree.as_deref(), join("", path)) else {
            return Status::Unknown;
        };
        let index = self.index.get_or_init(|| read_index(tree));
        let Some(index) = index else {
            return Status::Unknown;
        };
        match index.get(&path) {
            Some(Entry::File) => return Status::Tracked,
            Some(Entry::Elsewhere) => return Status::Unknown,
            None => {}
        }
        if path == GIT_DIR || path.starts_with(".git/") {
            return Status::Ignored;
        }
        let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        if folders.any(|dir| tree.kind(&format!("{dir}/{GIT_DIR}")).is_some()) {
            return Status::Unknown;
        }
        let is_dir = tree.kind(&path) == Some(EntryKind::Dir);
        if self.ignored.ignores(tree, &path, is_dir) {
            Status::Ignored
        } else {
            Status::Visible
        }
    }
}

/// The index of the repository at the root; an empty one where nothing was ever added.
fn read_index(tree: &dyn Tree) -> Option<Index> {
    tree.kind(GIT_DIR)?;
    match tree.read(INDEX) {
        Ok(bytes) => index::parse(&bytes),
        Err(error) => (error.kind == TreeErrorKind::NotFound).then(Index::default),
    }
}

impl std::fmt::Debug for Vcs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vcs")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Status, Vcs, index};
    use plimsoll_source::{MemoryTree, Tree};
    use std::sync::Arc;

    fn tree(files: &[(&str, &str)]) -> MemoryTree {
        let mut tree = MemoryTree::new();
        for (path, text) in files {
            tree.insert(*path, *text);
        }
        tree
    }

    #[test]
    fn without_a_repository_nothing_is_known() {
        let vcs = Vcs::new(Arc::new(tree(&[(".gitignore", "*"), ("a", "")])));
        assert_eq!(vcs.status("a"), Status::Unknown);
        assert_eq!(Vcs::default().status("a"), Status::Unknown);
    }

    #[test]
    fn the_index_comes_before_the_patterns() {
        let mut tree = tree(&[
            (".git/HEAD", "ref: refs/heads/main\n"),
            (".git/info/exclude", "scratch\n"),
            (".gitignore", ".env*\n!.env.example\n/build/\nlogs\n"),
            ("api/.gitignore", "!.env.test\n*.pem\n"),
            ("logs/today", ""),
        ]);
        tree.insert(".git/index", index::write(["api/.env", "api/main.py"]));
        let vcs = Vcs::new(Arc::new(tree));
        for (path, expected) in [
            ("api/.env", Status::Tracked),
            ("./api//main.py", Status::Tracked),
            ("api", Status::Tracked),
            (".env", Status::Ignored),
            (".env.example", Status::Visible),
            ("api/.env.test", Status::Visible),
            ("api/.env.prod", Status::Ignored),
            ("api/key.pem", Status::Ignored),
            ("key.pem", Status::Visible),
            ("build/x/y", Status::Ignored),
            ("api/build/x", Status::Visible),
            ("logs/today", Status::Ignored),
            ("logs", Status::Ignored),
            ("scratch", Status::Ignored),
            ("a/scratch/b", Status::Ignored),
            (".git/config", Status::Ignored),
            ("../x", Status::Unknown),
        ] {
            assert_eq!(vcs.status(path), expected, "{path}");
        }
    }

    #[test]
    fn a_folder_left_out_takes_everything_below_it() {
        let vcs = Vcs::new(Arc::new(tree(&[
            (".git/HEAD", ""),
            (".gitignore", "a/\n!a/b\n"),
        ])));
        assert_eq!(vcs.status("a/b"), Status::Ignored);
    }

    #[test]
    fn another_repository_inside_is_unknown() {
        let files = [
            (".git/HEAD", ""),
            ("lib/.git", "gitdir: ../.git/modules/lib\n"),
            ("lib/x", ""),
        ];
        let vcs = Vcs::new(Arc::new(tree(&files)));
        assert_eq!(vcs.status("lib/x"), Status::Unknown);
        assert_eq!(vcs.status("library"), Status::Visible);
    }

    #[test]
    fn a_damaged_index_is_unknown() {
        let vcs = Vcs::new(Arc::new(tree(&[(".git/index", "DIRCnonsense"), ("a", "")])));
        assert_eq!(vcs.status("a"), Status::Unknown);
    }

    #[test]
    fn tracked_paths_can_be_given() {
        let tree: Arc<dyn Tree> = Arc::new(tree(&[(".gitignore", "*.log\n")]));
        let vcs = Vcs::with_tracked(tree, ["a.log", "b/c"]);
        assert_eq!(vcs.status("a.log"), Status::Tracked);
        assert_eq!(vcs.status("b.log"), Status::Ignored);
        assert_eq!(vcs.status("b/d"), Status::Visible);
    }
}
