//! Charts in folders.

use std::sync::Arc;

use plimsoll_source::files::file_name;
use plimsoll_source::{EntryKind, Tree, TreeError, TreeErrorKind};

use super::ignore::{Ignore, IgnoreError};
use super::load::{LoadError, LoadErrorKind};
use super::{Bytes, File, Loaded, MAX_CHART_BYTES, MAX_FILES};

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

/// Files that may be left open: systems grant a process at least 256.
const MAX_OPEN: usize = 100;

/// From this size on it takes longer to read a file than to open it.
const LARGE: u64 = 16 * 1024;

impl Loaded {
    /// Loads the chart in the folder `dir` of a tree. `shown` is the folder as errors call it.
    pub fn from_folder(tree: &dyn Tree, dir: &str, shown: &str) -> Result<Self, LoadError> {
        let files = read(tree, dir, shown).map_err(LoadErrorKind::Folder)?;
        Self::from_files(files)
    }

    /// The same, but large files that a render may do without are only opened, if the tree can do
    /// that, and read when they are asked for. Whether that failed, [`Loaded::failure`] says.
    pub fn from_folder_at_need(tree: &dyn Tree, dir: &str, shown: &str) -> Result<Self, LoadError> {
        let files = read_with(tree, dir, shown, MAX_OPEN).map_err(LoadErrorKind::Folder)?;
        Self::from_files(files)
    }

    /// A file that was asked for and could not be read, and why.
    pub fn failure(&self) -> Option<(&str, &TreeErrorKind)> {
        let mut charts = vec![&self.chart];
        while let Some(chart) = charts.pop() {
            for file in &chart.raw {
                if let Some(failure) = file.data.failure() {
                    return Some((&file.path, failure));
                }
            }
            charts.extend(&chart.dependencies);
        }
        None
    }
}

/// An entry of the chart's folder.
struct Entry {
    /// Where it is.
    at: String,
    /// Its path in the chart.
    path: String,
    kind: EntryKind,
    /// How many bytes it has, if its folder says that.
    len: u64,
}

struct Walk<'t> {
    tree: &'t dyn Tree,
    ignore: Ignore,
    shown: &'t str,
    files: Vec<File>,
    /// How many bytes may still be read.
    left: u64,
    /// How many files may still be left open, to be read later.
    open: usize,
    /// What was read last: room for the next.
    buffer: Vec<u8>,
}

/// The files of a chart's folder, in the order in which Helm reads them.
pub(crate) fn read(tree: &dyn Tree, dir: &str, shown: &str) -> Result<Vec<File>, FolderError> {
    read_with(tree, dir, shown, 0)
}

/// The same; up to `open` files are not read but opened.
fn read_with(
    tree: &dyn Tree,
    dir: &str,
    shown: &str,
    open: usize,
) -> Result<Vec<File>, FolderError> {
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
        open,
        buffer: Vec::new(),
    };
    // What is left, the next one last.
    let mut waiting = vec![Entry {
        at: dir.to_owned(),
        path: String::new(),
        kind: EntryKind::Dir,
        len: 0,
    }];
    while let Some(entry) = waiting.pop() {
        let Entry { at, path, .. } = &entry;
        if entry.kind == EntryKind::Dir {
            let from = waiting.len();
            walk.folder(at, path, &mut waiting)?;
            waiting[from..].reverse();
        } else {
            walk.file(at, path, entry.len)?;
        }
        if walk.files.len() + waiting.len() > MAX_FILES {
            return Err(FolderError::TooMany);
        }
    }
    Ok(walk.files)
}

impl Walk<'_> {
    fn folder(&self, at: &str, path: &str, waiting: &mut Vec<Entry>) -> Result<(), FolderError> {
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
            waiting.push(Entry {
                at: place,
                path: inner,
                kind,
                len: entry.len,
            });
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

    fn file(&mut self, at: &str, path: &str, len: u64) -> Result<(), FolderError> {
        let failed = |error| FolderError::Read {
            path: path.to_owned(),
            error,
        };
        let waits = len >= LARGE && self.open > 0 && !is_needed(path);
        let opened = waits.then(|| self.tree.open(at)).transpose();
        let (data, len) = if let Some(file) = opened.map_err(failed)?.flatten() {
            self.open -= 1;
            let len = file.size();
            (Bytes::opened(file), len)
        } else {
            let data = &mut self.buffer;
            self.tree.read_into(at, data).map_err(failed)?;
            (without_mark(data).into(), data.len() as u64)
        };
        let left = self.left.checked_sub(len);
        self.left = left.ok_or_else(|| FolderError::TooLarge(path.to_owned()))?;
        let path: Arc<str> = path.into();
        self.files.push(File {
            name: path.clone(),
            data,
            path,
        });
        Ok(())
    }
}

/// Whether every render needs a file: what the chart is made of, and templates.
fn is_needed(path: &str) -> bool {
    let name = file_name(path);
    let is_part = ["Chart.", "values.", "requirements."]
        .iter()
        .any(|part| name.starts_with(part));
    is_part || name.ends_with(".tgz") || path.split('/').any(|part| part == "templates")
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
