//! Manifests that a kustomization names in a comment alone: they are not applied.

use std::collections::HashSet;

use plimsoll_project::Project;
use plimsoll_source::FileId;
use plimsoll_source::files::{file_name, join, parent};

/// The files that kustomizations beside them have commented out.
#[derive(Debug)]
pub(crate) struct CommentedOut {
    paths: HashSet<String>,
}

impl CommentedOut {
    /// Reads the comments of all kustomizations.
    pub(crate) fn of(project: &Project) -> Self {
        let mut paths = HashSet::new();
        for (_, file) in project.files.iter() {
            if !matches!(
                file_name(&file.path),
                "kustomization.yaml" | "kustomization.yml"
            ) {
                continue;
            }
            let comments = file
                .text
                .lines()
                .filter_map(|line| line.trim_start().strip_prefix('#'));
            let items =
                comments.filter_map(|line| line.trim_start_matches('#').trim().strip_prefix("- "));
            let names = items.map(|item| item.trim().trim_start_matches("./"));
            let beside = names.filter(|name| !name.contains('/'));
            paths.extend(beside.filter_map(|name| join(parent(&file.path), name)));
        }
        Self { paths }
    }

    /// Whether a file is one of them, and no kustomization takes it.
    pub(crate) fn has(&self, project: &Project, file: FileId) -> bool {
        self.paths.contains(project.path(file)) && !project.overlays.is_member(file)
    }
}
