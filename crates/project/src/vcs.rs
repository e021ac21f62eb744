//! Version control: what git tracks, and what it would see.

use std::sync::{Arc, OnceLock};

use plimsoll_source::Tree;

/// The folder or file that makes a folder the top of a repository.
pub(crate) const GIT_DIR: &str = ".git";
/// What git tracks.
pub(crate) const INDEX: &str = ".git/index";
/// Patterns for the whole repository that are not shared.
pub(crate) const EXCLUDE: &str = ".git/info/exclude";
/// In the folder of a work tree: where the repository itself is.
pub(crate) const COMMON_DIR: &str = "commondir";

/// What git knows of the tree.
#[derive(Default)]
pub struct Vcs {
    tree: Option<Arc<dyn Tree>>,
    _state: OnceLock<()>,
}

/// How git stands to a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// In the index: committed or about to be.
    Tracked,
    /// Not in the index and not ignored: the next `git add .` takes it.
    Visible,
    /// Not in the index and ignored.
    Ignored,
    /// The tree is no git repository, or its index cannot be read.
    Unknown,
}

impl Vcs {
    /// What git knows of `tree`. Nothing is read before the first question.
    pub fn new(tree: Arc<dyn Tree>) -> Self {
        Self {
            tree: Some(tree),
            _state: OnceLock::new(),
        }
    }

    /// How git stands to `path` (relative to the root), whether or not the file exists.
    pub fn status(&self, path: &str) -> Status {
        let _ = (path, &self.tree);
        Status::Unknown
    }
}

impl std::fmt::Debug for Vcs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vcs").finish_non_exhaustive()
    }
}
