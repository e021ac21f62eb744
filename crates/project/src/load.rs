//! From a tree to a [`Project`]: discover, read and parse in parallel, then put the parts
//! together in path order.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use plimsoll_compose::NameRole;
use plimsoll_source::files::{file_name, join};
use plimsoll_source::{EntryKind, Files, MemoryTree, SourceFile, Tree, TreeError, TreeErrorKind};
use rayon::prelude::*;

use crate::config::Config;
use crate::context::{self, Builds};
use crate::discover::content::{self, Content};
use crate::discover::names::{CHART, Guess, guess};
use crate::discover::{self, Candidate, Discovery};
use crate::expected;
use crate::kustomize::{Overlays, Unreviewed};
use crate::nearby::{self, Wanted};
use crate::snapshot::{
    ComposeUnit, DockerfileUnit, IgnoreUnit, ManifestRole, ManifestUnit, NotReviewed, Options,
    Project, ReadError, Unreadable,
};
use crate::vcs::Vcs;

pub(crate) fn load(tree: Arc<dyn Tree>, options: &Options) -> Project {
    let vcs = Vcs::new(Arc::clone(&tree));
    let (mut project, builds) = read(tree, vcs, &options.paths);
    project.config = options.config.clone();
    context::choose(&mut project, &builds);
    project
}

pub(crate) fn alone(name: &str, text: Vec<u8>) -> Project {
    let path = join("", name).filter(|path| !path.is_empty());
    let path = path.unwrap_or_else(|| file_name(name).to_owned());
    let mut tree = MemoryTree::new();
    tree.insert(path.clone(), text);
    read(Arc::new(tree), Vcs::default(), &[path]).0
}

/// Everything but the build contexts, and what Compose files say about those.
fn read(tree: Arc<dyn Tree>, vcs: Vcs, paths: &[String]) -> (Project, Builds) {
    let Discovery {
        candidates,
        not_reviewed,
        charts,
        errors,
        truncated,
    } = discover::discover(&*tree, &vcs, paths, discover::Limits::default());
    let mut contents: Vec<(Candidate, Content)> = candidates
        .into_par_iter()
        .filter_map(|candidate| match content_of(&*tree, &candidate) {
            Content::Nothing if !candidate.named => None,
            content => Some((candidate, content)),
        })
        .collect();
    let outside = outside(&*tree, paths, &contents);
    let mut builds = Builds::default();
    for (candidate, content) in contents.iter().chain(&outside) {
        if let Content::Compose(_, compose, _) = content {
            builds.add(&candidate.path, compose);
        }
    }
    let unusual: Vec<Candidate> = builds
        .dockerfiles()
        .filter_map(|path| unusual_name(&*tree, paths, path))
        .collect();
    for candidate in unusual {
        if contents
            .iter()
            .all(|(known, _)| known.path != candidate.path)
        {
            let content = content_of(&*tree, &candidate);
            contents.push((candidate, content));
        }
    }
    contents.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));

    let mut project = Project {
        files: Files::default(),
        tree,
        dockerfiles: Vec::new(),
        ignores: Vec::new(),
        composes: Vec::new(),
        manifests: Vec::new(),
        sets: Vec::new(),
        contexts: Vec::new(),
        overlays: Overlays::default(),
        chart_folders: charts,
        charts: Vec::new(),
        renders: Vec::new(),
        failures: Vec::new(),
        chart_values: Vec::new(),
        chart_files: Vec::new(),
        generated: Vec::new(),
        vcs,
        config: Config::default(),
        unreadable: Vec::new(),
        not_reviewed,
        unrecognised: Vec::new(),
        truncated,
        composed: OnceLock::new(),
        composed_links: OnceLock::new(),
    };
    for (candidate, content) in contents {
        if matches!(content, Content::Nothing) {
            let is_chart = file_name(&candidate.path) == CHART;
            if !is_chart {
                project.unrecognised.push(candidate.path);
            }
            continue;
        }
        project.add(candidate.path, content);
    }
    // Nothing comes after them but what charts give.
    project.dockerfiles.shrink_to_fit();
    project.composes.shrink_to_fit();
    project.manifests.shrink_to_fit();
    for error in errors {
        project.add_unreadable(error.path.clone(), ReadError::Tree(error));
    }
    project.not_reviewed.sort_by(|a, b| a.path.cmp(&b.path));
    let files = &project.files;
    project
        .unreadable
        .sort_by(|a, b| files.get(a.file).path.cmp(&files.get(b.file).path));
    let kustomizations: Vec<Unreviewed> = outside
        .into_iter()
        .filter_map(|(candidate, content)| match content {
            Content::Manifest(_, tree) => Some(Unreviewed {
                path: candidate.path,
                tree,
            }),
            _ => None,
        })
        .collect();
    project.overlays = Overlays::new(
        &mut project.manifests,
        &kustomizations,
        files,
        &*project.tree,
    );
    expected::mark(&mut project.manifests, files, &*project.tree);
    for (index, unit) in project.manifests.iter().enumerate() {
        if project.sets.len() <= unit.set {
            project.sets.resize(unit.set + 1, Vec::new());
        }
        project.sets[unit.set].push(index);
    }
    (project, builds)
}

/// The Compose files and kustomizations around the paths under review.
fn outside(
    tree: &dyn Tree,
    paths: &[String],
    contents: &[(Candidate, Content)],
) -> Vec<(Candidate, Content)> {
    if in_scope(paths, "") {
        return Vec::new();
    }
    let known: HashSet<&str> = contents
        .iter()
        .map(|(known, _)| known.path.as_str())
        .collect();
    let has = |is: fn(&Content) -> bool| contents.iter().any(|(_, content)| is(content));
    let wanted = Wanted {
        composes: has(|content| matches!(content, Content::Dockerfile(..))),
        kustomizations: has(|content| matches!(content, Content::Manifest(..))),
    };
    nearby::find(tree, paths, wanted)
        .into_par_iter()
        .filter(|path| !known.contains(path.as_str()))
        .map(|path| {
            let guess = guess(file_name(&path));
            let candidate = Candidate {
                path,
                guess,
                named: false,
                len: 0,
            };
            let content = content_of(tree, &candidate);
            (candidate, content)
        })
        .collect()
}

/// Whether `path` is one of those asked for, or below one.
fn in_scope(paths: &[String], path: &str) -> bool {
    let below = |top: &str| match path.strip_prefix(top) {
        Some(rest) => top.is_empty() || rest.is_empty() || rest.starts_with('/'),
        None => false,
    };
    paths.is_empty()
        || paths
            .iter()
            .filter_map(|top| join("", top))
            .any(|top| below(&top))
}

/// A Dockerfile that only a Compose file tells to be one.
fn unusual_name(tree: &dyn Tree, paths: &[String], path: &str) -> Option<Candidate> {
    let is_unusual = matches!(
        guess(file_name(path)),
        Guess::Nothing | Guess::MaybeDockerfile
    ) && in_scope(paths, path)
        && tree.kind(path) == Some(EntryKind::File);
    is_unusual.then(|| Candidate {
        path: path.to_owned(),
        guess: Guess::Dockerfile,
        named: true,
        len: 0,
    })
}

fn content_of(tree: &dyn Tree, candidate: &Candidate) -> Content {
    match tree.read(&candidate.path) {
        Ok(bytes) => content::classify(candidate, bytes),
        Err(error) if candidate.named || speaks_of(candidate, &error) => {
            Content::Unreadable(ReadError::Tree(error))
        }
        Err(_) => Content::Nothing,
    }
}

/// Whether it matters that a file found by a walk cannot be read.
fn speaks_of(candidate: &Candidate, error: &TreeError) -> bool {
    match candidate.guess {
        guess if guess.is_certain() => true,
        // It may well be a manifest; a large one is data.
        Guess::Yaml => !matches!(
            error.kind,
            TreeErrorKind::TooLarge(_) | TreeErrorKind::NotFound
        ),
        _ => false,
    }
}

impl Project {
    pub(crate) fn add(&mut self, path: String, content: Content) {
        match content {
            Content::Dockerfile(text, build) => {
                let file = self.files.add(SourceFile::written(path, text));
                self.dockerfiles.push(DockerfileUnit {
                    file,
                    build: *build,
                    context: None,
                    target: None,
                    other_contexts: Vec::new(),
                });
            }
            Content::Ignore(text, ignore) => {
                let file = self.files.add(SourceFile::written(path, text));
                self.ignores.push(IgnoreUnit { file, ignore });
            }
            Content::Compose(text, tree, role) => {
                let file = self.files.add(SourceFile::written(path, text));
                let is_override = role == NameRole::Override;
                self.composes.push(ComposeUnit {
                    file,
                    tree,
                    is_override,
                });
            }
            Content::Manifest(text, tree) => {
                let file = self.files.add(SourceFile::written(path, text));
                self.manifests.push(ManifestUnit {
                    file,
                    tree,
                    role: ManifestRole::Whole,
                    set: 0,
                });
            }
            Content::Left(reason) => self.not_reviewed.push(NotReviewed { path, reason }),
            Content::Unreadable(error) => self.add_unreadable(path, error),
            Content::Nothing => {}
        }
    }

    fn add_unreadable(&mut self, path: String, error: ReadError) {
        let file = self.files.add(SourceFile::written(path, ""));
        self.unreadable.push(Unreadable { file, error });
    }
}

#[cfg(test)]
mod tests;
