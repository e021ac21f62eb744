//! Build contexts: which folder a Dockerfile is built from, and what is in it.

mod sources;

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use plimsoll_compose::ComposeFile;
use plimsoll_dockerfile::ignore::{self, Context, WalkLimits};
use plimsoll_source::files::{join, parent};
use plimsoll_source::{EntryKind, Tree};
use plimsoll_yaml as yaml;

use crate::discover::Candidate;
use crate::discover::content;
use crate::discover::names::Guess;
use crate::snapshot::Project;
use sources::Sources;

/// How the folder is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Evidence {
    /// A Compose file builds the Dockerfile from this folder.
    Compose,
    /// The Dockerfile lies in it and every COPY source is found there (or none is).
    OwnFolder,
    /// COPY sources, or what steps need of a context that is taken as a whole, are found here and
    /// not in the Dockerfile's own folder.
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
        Self {
            dir,
            evidence,
            ignore,
            files: OnceLock::new(),
            everything: OnceLock::new(),
        }
    }

    /// What the builder may see: the folder without what `.dockerignore` leaves out. Walked
    /// once, on first use.
    pub fn visible<'a>(&'a self, project: &Project) -> &'a Context {
        let Some(unit) = self.ignore.and_then(|index| project.ignores.get(index)) else {
            return self.everything(project);
        };
        self.files.get_or_init(|| {
            ignore::walk(
                &*project.tree,
                &self.dir,
                Some(&unit.ignore),
                WalkLimits::default(),
            )
        })
    }

    /// The whole folder, `.dockerignore` not applied (pruned below `node_modules` and `.git`
    /// only by the walk's bounds).
    pub fn everything<'a>(&'a self, project: &Project) -> &'a Context {
        self.everything
            .get_or_init(|| ignore::walk(&*project.tree, &self.dir, None, WalkLimits::default()))
    }

    /// Reads a small text file of the context (a language's manifest), ignoring
    /// `.dockerignore`; `None` if it is not there, too large or not text.
    pub fn read(&self, tree: &dyn Tree, path: &str) -> Option<String> {
        let path = join(&self.dir, path)?;
        String::from_utf8(tree.read(&path).ok()?).ok()
    }
}

/// One way in which a Compose service builds a Dockerfile.
#[derive(Clone, PartialEq, Eq, Debug)]
struct ComposeBuild {
    context: String,
    target: Option<String>,
}

/// Chooses the context of every Dockerfile.
pub(crate) fn choose(project: &mut Project, builds: &Builds) {
    let mut chooser = Chooser {
        known: HashMap::new(),
    };
    for number in 0..project.dockerfiles.len() {
        let path = project.path(project.dockerfiles[number].file).to_owned();
        if let Some(builds) = builds.of.get(&path) {
            let mut contexts: Vec<usize> = Vec::new();
            for build in builds {
                let index = chooser.context(project, &path, &build.context, Evidence::Compose);
                if !contexts.contains(&index) {
                    contexts.push(index);
                }
            }
            let unit = &mut project.dockerfiles[number];
            unit.context = Some(contexts.remove(0));
            unit.other_contexts = contexts;
            let target = &builds[0].target;
            let agreed = builds.iter().all(|build| build.target == *target);
            unit.target = target.clone().filter(|_| agreed);
        } else {
            let sources = Sources::of(&project.dockerfiles[number].build);
            if let Some((dir, evidence)) = sources.folder(&*project.tree, &path) {
                let index = chooser.context(project, &path, &dir, evidence);
                project.dockerfiles[number].context = Some(index);
            }
        }
    }
}

/// What Compose files build, by Dockerfile.
#[derive(Debug, Default)]
pub(crate) struct Builds {
    of: BTreeMap<String, Vec<ComposeBuild>>,
}

impl Builds {
    /// The Dockerfiles that are built.
    pub(crate) fn dockerfiles(&self) -> impl Iterator<Item = &str> {
        self.of.keys().map(String::as_str)
    }

    /// Adds what the services of the Compose file at `path` build.
    pub(crate) fn add(&mut self, path: &str, tree: &yaml::Tree) {
        let services = ComposeFile::new(tree)
            .into_iter()
            .flat_map(ComposeFile::services);
        for build in services.filter_map(plimsoll_compose::Service::build) {
            if let Some((dockerfile, build)) = built(parent(path), build) {
                let builds = self.of.entry(dockerfile).or_default();
                if !builds.contains(&build) {
                    builds.push(build);
                }
            }
        }
    }
}

/// The Dockerfile of a `build` and how it is built, unless that depends on a variable without a
/// default or lies elsewhere.
fn built(dir: &str, build: plimsoll_compose::Build<'_>) -> Option<(String, ComposeBuild)> {
    if build.is_remote() || build.dockerfile_inline().is_some() {
        return None;
    }
    let context = join(dir, &relative(&build.context_text()?)?)?;
    let dockerfile = match build.dockerfile() {
        Some(path) => join(&context, &relative(&path.with_defaults()?)?)?,
        None => join(&context, "Dockerfile")?,
    };
    let target = match build.target() {
        Some(target) => Some(target.with_defaults()?.into_owned()).filter(|t| !t.is_empty()),
        None => None,
    };
    Some((dockerfile, ComposeBuild { context, target }))
}

/// A path as written in a Compose file, unless it is absolute or in somebody's home.
fn relative(path: &str) -> Option<String> {
    let path = path.trim();
    let outside = path.starts_with(['/', '~', '\\']) || path.contains(':');
    (!outside).then(|| path.replace('\\', "/"))
}

struct Chooser {
    /// Contexts by folder and `.dockerignore`.
    known: HashMap<(String, Option<usize>), usize>,
}

impl Chooser {
    /// The number of the context `dir` as it is for the Dockerfile at `dockerfile`.
    fn context(
        &mut self,
        project: &mut Project,
        dockerfile: &str,
        dir: &str,
        evidence: Evidence,
    ) -> usize {
        let own = format!("{dockerfile}.dockerignore");
        let shared = if dir.is_empty() {
            ".dockerignore".to_owned()
        } else {
            format!("{dir}/.dockerignore")
        };
        let ignore = ignore_at(project, &own).or_else(|| ignore_at(project, &shared));
        *self
            .known
            .entry((dir.to_owned(), ignore))
            .or_insert_with(|| {
                project
                    .contexts
                    .push(BuildContext::new(dir.to_owned(), evidence, ignore));
                project.contexts.len() - 1
            })
    }
}

/// The number of the `.dockerignore` at `path`. One that was not discovered (it lies outside the
/// paths asked for, or git ignores it) counts all the same and is read now.
fn ignore_at(project: &mut Project, path: &str) -> Option<usize> {
    let known = |project: &Project| {
        project
            .ignores
            .iter()
            .position(|unit| project.path(unit.file) == path)
    };
    if let Some(index) = known(project) {
        return Some(index);
    }
    if project.tree.kind(path) != Some(EntryKind::File) {
        return None;
    }
    let bytes = project.tree.read(path).ok()?;
    let candidate = Candidate {
        path: path.to_owned(),
        guess: Guess::Ignore,
        named: true,
        len: 0,
    };
    let content = content::classify(&candidate, bytes);
    project.add(path.to_owned(), content);
    known(project)
}
