//! Build contexts: which folder a Dockerfile is built from, and what is in it.
#![expect(clippy::todo, reason = "skeleton being filled in")]

use std::sync::OnceLock;

use plimsoll_dockerfile::ignore::Context;
use plimsoll_source::Tree;

use crate::snapshot::Project;

/// How the folder is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Evidence {
    /// A Compose file builds the Dockerfile from this folder.
    Compose,
    /// The Dockerfile lies in it and every COPY source is found there (or none is).
    OwnFolder,
    /// COPY sources are found here and not in the Dockerfile's own folder.
    Sources,
}

/// One build context.
#[derive(Debug)]
pub struct BuildContext {
    /// The folder, relative to the root; `""` is the root.
    pub dir: String,
    /// How it is known.
    pub evidence: Evidence,
    /// The `.dockerignore` that counts (index into [`Project::ignores`]).
    pub ignore: Option<usize>,
    files: OnceLock<Context>,
    everything: OnceLock<Context>,
}

impl BuildContext {
    /// A context not yet walked.
    pub fn new(dir: String, evidence: Evidence, ignore: Option<usize>) -> Self {
        Self { dir, evidence, ignore, files: OnceLock::new(), everything: OnceLock::new() }
    }

    /// What the builder may see: the folder without what `.dockerignore` leaves out. Walked
    /// once, on first use.
    pub fn visible<'a>(&'a self, project: &Project) -> &'a Context {
        let _ = (project, &self.files);
        todo!()
    }

    /// The whole folder, `.dockerignore` not applied (pruned below `node_modules` and `.git`
    /// only by the walk's bounds).
    pub fn everything<'a>(&'a self, project: &Project) -> &'a Context {
        let _ = (project, &self.everything);
        todo!()
    }

    /// Reads a small text file of the context (a language's manifest), ignoring
    /// `.dockerignore`; `None` if it is not there, too large or not text.
    pub fn read(&self, tree: &dyn Tree, path: &str) -> Option<String> {
        let path = plimsoll_source::files::join(&self.dir, path)?;
        String::from_utf8(tree.read(&path).ok()?).ok()
    }
}
