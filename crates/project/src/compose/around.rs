//! A project's tree as the surroundings of a resolution: nothing but what lies in it.

use plimsoll_compose::resolve::{PathKind, ReadFailure, Surroundings};
use plimsoll_source::files::MAX_FILE_BYTES;
use plimsoll_source::{EntryKind, TreeErrorKind};
use plimsoll_yaml as yaml;

use super::{path_in_tree, unit_at};
use crate::snapshot::Project;

/// Stands for the root of the tree: a resolution knows absolute paths only.
pub(super) const ROOT: &str = "/repository";

/// The absolute path of what has this path in the tree.
pub(super) fn absolute(path: &str) -> String {
    if path.is_empty() {
        ROOT.to_owned()
    } else {
        format!("{ROOT}/{path}")
    }
}

/// The tree of a project, its Compose files parsed already.
pub(super) struct InTree<'p> {
    pub(super) project: &'p Project,
}

impl Surroundings for InTree<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadFailure> {
        let path = path_in_tree(path).ok_or(ReadFailure::Outside)?;
        let read = self.project.tree.read(path);
        read.map_err(|error| failure(error.kind))
    }

    fn kind(&self, path: &str) -> Option<PathKind> {
        Some(match self.project.tree.kind(path_in_tree(path)?)? {
            EntryKind::File => PathKind::File,
            EntryKind::Dir => PathKind::Folder,
            EntryKind::Other => PathKind::Other,
            // It leads out or nowhere.
            EntryKind::Link => return None,
        })
    }

    fn parsed(&self, path: &str) -> Option<&yaml::Tree> {
        let unit = unit_at(self.project, path_in_tree(path)?)?;
        Some(&self.project.composes[unit].tree)
    }
}

/// Why a resolution cannot read what a tree refuses.
pub(crate) fn failure(kind: TreeErrorKind) -> ReadFailure {
    match kind {
        TreeErrorKind::NotFound => ReadFailure::NotFound,
        TreeErrorKind::Outside => ReadFailure::Outside,
        TreeErrorKind::WrongKind => ReadFailure::Folder,
        TreeErrorKind::Denied => ReadFailure::Other("there is no permission to".to_owned()),
        TreeErrorKind::TooLarge(bytes) => ReadFailure::Other(format!(
            "it has {bytes} bytes, more than the {MAX_FILE_BYTES} that are read"
        )),
        TreeErrorKind::Io(words) => ReadFailure::Other(words),
    }
}
