//! Version control: what git tracks, and what it would see.
#![expect(clippy::todo, reason = "skeleton being filled in")]

/// What git knows of the tree.
#[derive(Debug, Default)]
pub struct Vcs {
    _private: (),
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
    /// How git stands to `path` (relative to the root), whether or not the file exists.
    pub fn status(&self, path: &str) -> Status {
        let _ = path;
        todo!()
    }
}
