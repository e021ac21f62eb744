//! `.dockerignore` with the semantics of moby/patternmatcher, and what BuildKit would transfer.
#![expect(clippy::todo, reason = "skeleton being filled in")]

use std::sync::Arc;

use plimsoll_source::{TextRange, Tree};

/// One line of a `.dockerignore`.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The line as written, trimmed.
    pub range: TextRange,
    /// The cleaned pattern, without `!`.
    pub pattern: Box<str>,
    /// `!`: takes back in.
    pub negated: bool,
}

/// A parsed `.dockerignore`.
#[derive(Debug)]
pub struct Ignore {
    /// The source text.
    pub text: Arc<str>,
    /// Its patterns in order.
    pub patterns: Vec<Pattern>,
    /// Lines that the matcher would refuse, with the reason.
    pub errors: Vec<(TextRange, String)>,
}

/// Parses a `.dockerignore`. Total.
pub fn parse(text: impl Into<Arc<str>>) -> Ignore {
    let _ = text.into();
    todo!()
}

impl Ignore {
    /// Whether `path` (relative to the context root, `/`-separated) is left out, parents
    /// considered (moby's `MatchesOrParentMatches` / `MatchesUsingParentResults`).
    pub fn excludes(&self, path: &str) -> bool {
        let _ = path;
        todo!()
    }
    /// The number of the last pattern that decided about `path`, and whether it leaves it out.
    pub fn deciding(&self, path: &str) -> Option<(usize, bool)> {
        let _ = path;
        todo!()
    }
    /// Whether nothing below the excluded folder `dir` can be taken back in, so that a walk may
    /// skip it.
    pub fn prunes(&self, dir: &str) -> bool {
        let _ = dir;
        todo!()
    }
}

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
    /// Whether the walk stopped at its bound; then the rest is unknown and rules stay silent
    /// about absence.
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
        Self { entries: 200_000, depth: 64 }
    }
}

/// Walks the context `root` of `tree`. Does not look at `.gitignore`. Symbolic links are listed,
/// not followed.
pub fn walk(tree: &dyn Tree, root: &str, ignore: Option<&Ignore>, limits: WalkLimits) -> Context {
    let _ = (tree, root, ignore, limits);
    todo!()
}

impl Context {
    /// The files that a COPY or ADD source (expanded, relative to the context root; Go
    /// `filepath.Match` wildcards) selects: itself, what is below it if it is a folder.
    pub fn select(&self, source: &str) -> Vec<&ContextFile> {
        let _ = source;
        todo!()
    }
}
