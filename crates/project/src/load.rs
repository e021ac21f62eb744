//! From a tree to a [`Project`]: discover, read and parse in parallel, then put the parts
//! together in path order.

use std::sync::Arc;

use plimsoll_compose::NameRole;
use plimsoll_source::{Files, MemoryTree, SourceFile, Tree, TreeError, TreeErrorKind};
use rayon::prelude::*;

use crate::context;
use crate::discover::content::{self, Content};
use crate::discover::names::Guess;
use crate::discover::{self, Candidate, Discovery};
use crate::kustomize::Overlays;
use crate::snapshot::{
    ComposeUnit, DockerfileUnit, IgnoreUnit, ManifestRole, ManifestUnit, NotReviewed, Options,
    Project, ReadError, Unreadable,
};
use crate::vcs::Vcs;

pub(crate) fn load(tree: Arc<dyn Tree>, options: &Options) -> Project {
    let mut project = read(Arc::clone(&tree), &options.paths);
    project.vcs = Vcs::new(tree);
    context::choose(&mut project);
    project
}

pub(crate) fn alone(name: &str, text: Vec<u8>) -> Project {
    let path = plimsoll_source::files::join("", name).filter(|path| !path.is_empty());
    let path = path.unwrap_or_else(|| plimsoll_source::files::file_name(name).to_owned());
    let mut tree = MemoryTree::new();
    tree.insert(path.clone(), text);
    read(Arc::new(tree), &[path])
}

/// Everything that the files themselves say; how they lie is still missing.
fn read(tree: Arc<dyn Tree>, paths: &[String]) -> Project {
    let Discovery {
        candidates,
        not_reviewed,
        errors,
        truncated,
    } = discover::discover(&*tree, paths, discover::Limits::default());
    let contents: Vec<(Candidate, Content)> = candidates
        .into_par_iter()
        .filter_map(|candidate| match content_of(&*tree, &candidate) {
            Content::Nothing => None,
            content => Some((candidate, content)),
        })
        .collect();
    let mut project = Project {
        files: Files::default(),
        tree,
        dockerfiles: Vec::new(),
        ignores: Vec::new(),
        composes: Vec::new(),
        manifests: Vec::new(),
        contexts: Vec::new(),
        overlays: Overlays::default(),
        vcs: Vcs::default(),
        unreadable: Vec::new(),
        not_reviewed,
        truncated,
    };
    for (candidate, content) in contents {
        project.add(candidate.path, content);
    }
    for error in errors {
        project.add_unreadable(error.path.clone(), ReadError::Tree(error));
    }
    project.not_reviewed.sort_by(|a, b| a.path.cmp(&b.path));
    project.unreadable.sort_by(|a, b| {
        project
            .files
            .get(a.file)
            .path
            .cmp(&project.files.get(b.file).path)
    });
    project.overlays = Overlays::new(&mut project.manifests, &[], &project.files, &*project.tree);
    project
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
