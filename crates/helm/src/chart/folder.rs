//! Charts in folders.

use std::sync::Arc;

use plimsoll_source::{EntryKind, Tree, TreeError, TreeErrorKind};

use super::ignore::{Ignore, IgnoreError};
use super::load::{LoadError, LoadErrorKind};
use super::{File, Loaded, MAX_CHART_BYTES, MAX_FILES};

/// A folder could not be read as a chart.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FolderError {
    /// There is no `Chart.yaml` in it.
    #[error(
        "unable to detect chart at {0}/Chart.yaml: open {0}/Chart.yaml: no such file or directory"
    )]
    NoChart(String),
    /// `.helmignore` cannot be used.
    #[error(transparent)]
    Ignore(#[from] IgnoreError),
    /// A file could not be read.
    #[error("error reading {path}: {error}")]
    Read {
        /// The file in the chart.
        path: String,
        /// Why.
        error: TreeError,
    },
    /// A link that leads nowhere.
    #[error("error evaluating symlink {0}: no such file or directory")]
    BrokenLink(String),
    /// A link that leads out of what may be read.
    #[error("the symbolic link `{0}` leads out of the chart and its repository")]
    OutsideLink(String),
    /// A socket, a pipe or a device.
    #[error("cannot load irregular file {0} as it has file mode type bits set")]
    Irregular(String),
    /// All files together are too large.
    #[error(
        "error reading {0}: chart exceeds maximum decompressed size of {MAX_CHART_BYTES} bytes"
    )]
    TooLarge(String),
    /// Too many files, or folders that contain themselves.
    #[error("the chart has more than {MAX_FILES} files or folders in folders without end")]
    TooMany,
}

/// Folders in folders; a link may lead back to a folder above it.
const MAX_FOLDERS: usize = 100;

impl Loaded {
    /// Loads the chart in the folder `dir` of a tree. `shown` is the folder as errors call it.
    pub fn from_folder(tree: &dyn Tree, dir: &str, shown: &str) -> Result<Self, LoadError> {
        let files = read(tree, dir, shown).map_err(LoadErrorKind::Folder)?;
        Self::from_files(files)
    }
}

struct Walk<'t> {
    tree: &'t dyn Tree,
    ignore: Ignore,
    shown: &'t str,
    files: Vec<File>,
    /// How many bytes may still be read.
    left: u64,
}

/// The files of a chart's folder, in the order in which Helm reads them.
pub(crate) fn read(tree: &dyn Tree, dir: &str, shown: &str) -> Result<Vec<File>, FolderError> {
    let inside = |name: &str| below(dir, name);
    if tree.kind(&inside("Chart.yaml")) != Some(EntryKind::File) {
        return Err(FolderError::NoChart(shown.to_owned()));
    }
    let ignore = tree.read(&inside(".helmignore")).unwrap_or_default();
    let mut walk = Walk {
        tree,
        ignore: Ignore::parse(&ignore)?,
        shown,
        files: Vec::new(),
        left: MAX_CHART_BYTES,
    };
    // Folders that are left, the next one last: where they are, and their path in the chart.
    let mut waiting = vec![(dir.to_owned(), String::new(), EntryKind::Dir)];
    while let Some((at, path, kind)) = waiting.pop() {
        if kind == EntryKind::Dir {
            let from = waiting.len();
            walk.folder(&at, &path, &mut waiting)?;
            waiting[from..].reverse();
        } else {
            walk.file(&at, &path)?;
        }
        if walk.files.len() + waiting.len() > MAX_FILES {
            return Err(FolderError::TooMany);
        }
    }
    Ok(walk.files)
}

impl Walk<'_> {
    fn folder(
        &self,
        at: &str,
        path: &str,
        waiting: &mut Vec<(String, String, EntryKind)>,
    ) -> Result<(), FolderError> {
        if path.matches('/').count() > MAX_FOLDERS {
            return Err(FolderError::TooMany);
        }
        let entries = self.tree.list(at).map_err(|error| FolderError::Read {
            path: path.to_owned(),
            error,
        })?;
        for entry in entries.iter() {
            let (inner, place) = (below(path, &entry.name), below(at, &entry.name));
            let kind = match entry.kind {
                EntryKind::Link => match self.behind(&inner, &place) {
                    Err(FolderError::OutsideLink(_)) if self.ignores_any(&inner) => continue,
                    behind => behind?,
                },
                kind => kind,
            };
            if self.ignore.ignores(&inner, kind == EntryKind::Dir) {
                continue;
            }
            match kind {
                EntryKind::Dir => {}
                EntryKind::File if entry.len > self.left => {
                    return Err(FolderError::TooLarge(inner));
                }
                EntryKind::File => {}
                EntryKind::Link | EntryKind::Other => {
                    return Err(FolderError::Irregular(below(self.shown, &inner)));
                }
            }
            waiting.push((place, inner, kind));
        }
        Ok(())
    }

    /// Whether a path is ignored, be it a file or a folder.
    fn ignores_any(&self, path: &str) -> bool {
        self.ignore.ignores(path, true) && self.ignore.ignores(path, false)
    }

    /// What a link leads to.
    fn behind(&self, path: &str, at: &str) -> Result<EntryKind, FolderError> {
        match self.tree.kind(at) {
            None | Some(EntryKind::Link) => {}
            Some(kind) => return Ok(kind),
        }
        let shown = below(self.shown, path);
        Err(match self.tree.read(at).map_err(|error| error.kind) {
            Err(TreeErrorKind::Outside) => FolderError::OutsideLink(shown),
            _ => FolderError::BrokenLink(shown),
        })
    }

    fn file(&mut self, at: &str, path: &str) -> Result<(), FolderError> {
        let data = self.tree.read(at).map_err(|error| FolderError::Read {
            path: path.to_owned(),
            error,
        })?;
        let left = self.left.checked_sub(data.len() as u64);
        self.left = left.ok_or_else(|| FolderError::TooLarge(path.to_owned()))?;
        self.files.push(File {
            name: path.into(),
            data: without_mark(&data).into(),
            path: Arc::from(path),
        });
        Ok(())
    }
}

pub(super) fn without_mark(data: &[u8]) -> &[u8] {
    data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data)
}

fn below(dir: &str, name: &str) -> String {
    if dir.is_empty() {
        name.to_owned()
    } else {
        format!("{dir}/{name}")
    }
}
