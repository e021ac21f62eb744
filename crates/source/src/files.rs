//! Files under review and the trees that they come from.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::origin::{Marks, Origin, OriginMap};
use crate::text::{LineCol, LineIndex, Place, TextRange};

/// The largest file that is read for review, in bytes. Larger ones are reported, not read.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Names one file of a [`Files`] set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileId(pub u32);

/// One file's text: written by a person, or generated (a rendered template, a built overlay)
/// with a map back to where each part was written.
#[derive(Debug)]
pub struct SourceFile {
    /// Path relative to the root, with `/` between the parts.
    pub path: Arc<str>,
    /// The whole text, as read; invalid UTF-8 never gets here.
    pub text: Arc<str>,
    /// Present on generated text only.
    pub origins: Option<Box<OriginMap>>,
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    /// A file as it stands on disk.
    pub fn written(path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            origins: None,
            lines: OnceLock::new(),
        }
    }

    /// Generated text, such as a rendered template. `path` is what a reader should see it called.
    pub fn generated(
        path: impl Into<Arc<str>>,
        text: impl Into<Arc<str>>,
        origins: OriginMap,
    ) -> Self {
        Self {
            origins: Some(Box::new(origins)),
            ..Self::written(path, text)
        }
    }

    /// The line index, built on first use.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// Line and column of a byte offset.
    pub fn line_col(&self, offset: u32) -> LineCol {
        self.lines().line_col(&self.text, offset)
    }
}

/// The files of one review, each read once. Ids stay valid for the life of the set.
#[derive(Debug, Default)]
pub struct Files {
    files: Vec<SourceFile>,
}

impl Files {
    /// Adds a file and names it.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        let id = FileId(self.files.len() as u32);
        self.files.push(file);
        id
    }

    /// The file called `id`. Panics on an id of another set, which is a bug in the caller.
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The first file with this path.
    pub fn by_path(&self, path: &str) -> Option<FileId> {
        self.files
            .iter()
            .position(|file| &*file.path == path)
            .map(|n| FileId(n as u32))
    }

    /// All files with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(n, file)| (FileId(n as u32), file))
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The text at a place.
    pub fn text(&self, place: Place) -> &str {
        place.range.of(&self.get(place.file).text)
    }

    /// Where the text at `place` was really written. For a written file that is the place
    /// itself; for generated text the map says, through as many generations as there are.
    pub fn origin(&self, place: Place) -> Origin {
        let mut origin = Origin::written(place);
        // A chain of generations is finite: a map may only point at files added before it.
        for _ in 0..8 {
            let Some(map) = &self.get(origin.place.file).origins else {
                break;
            };
            let Some(found) = map.lookup(origin.place.range) else {
                break;
            };
            origin = found.behind(origin);
        }
        origin
    }

    /// The marks of the generated text at `place`; none on written text.
    pub fn marks(&self, place: Place) -> Marks {
        let map = self.get(place.file).origins.as_ref();
        map.map_or(Marks::default(), |map| map.marks(place.range))
    }

    /// Where an edit of `place` would have to be made: the place itself in a written file, the
    /// place it was copied from verbatim in generated text, `None` where no edit of a written
    /// file is known to have just that effect.
    pub fn editable(&self, place: Place) -> Option<Place> {
        let mut place = place;
        for _ in 0..8 {
            let Some(map) = &self.get(place.file).origins else {
                return Some(place);
            };
            place = map.verbatim(place.range)?;
        }
        None
    }
}

/// What a tree entry is. Links are never followed by a tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link.
    Link,
    /// A socket, pipe or device.
    Other,
}

/// One entry of a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirEntry {
    /// The last part of its path.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Size in bytes; 0 for anything but a file.
    pub len: u64,
}

/// Why a tree could not give what was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TreeError {
    /// The path asked for, relative to the root.
    pub path: String,
    /// What happened.
    pub kind: TreeErrorKind,
}

/// The ways in which reading from a tree fails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TreeErrorKind {
    /// Nothing has that path.
    NotFound,
    /// Permission was refused.
    Denied,
    /// The path leads out of the tree.
    Outside,
    /// Larger than [`MAX_FILE_BYTES`]; the size in bytes.
    TooLarge(u64),
    /// A directory where a file was expected, or the reverse.
    WrongKind,
    /// The system's own words for anything else.
    Io(String),
}

impl std::fmt::Display for TreeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = &self.path;
        match &self.kind {
            TreeErrorKind::NotFound => write!(f, "`{path}` does not exist"),
            TreeErrorKind::Denied => write!(f, "no permission to read `{path}`"),
            TreeErrorKind::Outside => write!(f, "`{path}` leads out of the folder under review"),
            TreeErrorKind::TooLarge(bytes) => {
                write!(
                    f,
                    "`{path}` has {bytes} bytes, more than the {MAX_FILE_BYTES} that are read"
                )
            }
            TreeErrorKind::WrongKind => write!(f, "`{path}` is not the kind of file expected"),
            TreeErrorKind::Io(words) => write!(f, "cannot read `{path}`: {words}"),
        }
    }
}

impl std::error::Error for TreeError {}

/// A folder to read from: the real one, a memory version for tests, one overlaid with an
/// editor's unsaved text. Paths are relative to its root, `/`-separated, `""` for the root.
pub trait Tree: Send + Sync {
    /// Reads a file's bytes.
    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError>;
    /// The same into a buffer, in place of what it holds: whoever reads many files need not take new
    /// memory for each.
    fn read_into(&self, path: &str, bytes: &mut Vec<u8>) -> Result<(), TreeError> {
        *bytes = self.read(path)?;
        Ok(())
    }
    /// Lists a directory, sorted by name, without `.` and `..`. Shared, because the same folders
    /// are asked for again and again.
    fn list(&self, dir: &str) -> Result<Arc<[DirEntry]>, TreeError>;
    /// What stands at `path`; symbolic links are followed only while they stay inside.
    fn kind(&self, path: &str) -> Option<EntryKind>;
    /// Opens a file that may be read later. `None` if this tree only reads at once.
    fn open(&self, path: &str) -> Result<Option<Box<dyn OpenFile>>, TreeError> {
        let _ = path;
        Ok(None)
    }
}

/// A file that was opened and can be read when its bytes are needed.
pub trait OpenFile: std::fmt::Debug + Send + Sync {
    /// How many bytes it had when it was opened.
    fn size(&self) -> u64;
    /// Reads its bytes.
    fn read(&self) -> Result<Vec<u8>, TreeErrorKind>;
}

/// A tree in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryTree {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryTree {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a file; its folders come into being with it.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), bytes.into());
    }

    /// The files' paths, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    fn error(path: &str, kind: TreeErrorKind) -> TreeError {
        TreeError {
            path: path.to_owned(),
            kind,
        }
    }
}

impl Tree for MemoryTree {
    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        self.files.get(path).cloned().ok_or_else(|| {
            let kind = match self.kind(path) {
                Some(_) => TreeErrorKind::WrongKind,
                None => TreeErrorKind::NotFound,
            };
            Self::error(path, kind)
        })
    }

    fn list(&self, dir: &str) -> Result<Arc<[DirEntry]>, TreeError> {
        let prefix = if dir.is_empty() {
            String::new()
        } else {
            format!("{dir}/")
        };
        let mut entries: Vec<DirEntry> = Vec::new();
        for (path, bytes) in self.files.range(prefix.clone()..) {
            let Some(rest) = path.strip_prefix(&prefix) else {
                break;
            };
            let (name, kind, len) = match rest.split_once('/') {
                Some((name, _)) => (name, EntryKind::Dir, 0),
                None => (rest, EntryKind::File, bytes.len() as u64),
            };
            if entries.last().is_none_or(|last| last.name != name) {
                entries.push(DirEntry {
                    name: name.to_owned(),
                    kind,
                    len,
                });
            }
        }
        if entries.is_empty() && !dir.is_empty() {
            return Err(Self::error(dir, TreeErrorKind::NotFound));
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries.dedup_by(|a, b| a.name == b.name);
        Ok(entries.into())
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        if path.is_empty() {
            return Some(EntryKind::Dir);
        }
        if self.files.contains_key(path) {
            return Some(EntryKind::File);
        }
        let prefix = format!("{path}/");
        let below = self.files.range(prefix.clone()..).next()?.0;
        below.starts_with(&prefix).then_some(EntryKind::Dir)
    }
}

/// Joins a folder and a relative path and resolves `.` and `..` by their text. `None` if the
/// result would lie above the root. An absolute `path` counts from the root.
pub fn join(dir: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    let dir = if path.starts_with('/') { "" } else { dir };
    for part in dir.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder part of a path (`""` at the root).
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The place that covers a file's first line, where a finding about the whole file stands.
pub fn head(files: &Files, file: FileId) -> Place {
    let source = files.get(file);
    let range = source
        .lines()
        .line_range(&source.text, 1)
        .unwrap_or(TextRange::empty(0));
    Place::new(file, range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_tree_lists_folders_once_and_in_order() {
        let mut tree = MemoryTree::new();
        for path in ["b/c/d", "a", "b/x", "b-c"] {
            tree.insert(path, "12");
        }
        let names = |dir: &str| -> Vec<(String, EntryKind)> {
            tree.list(dir)
                .expect("listed")
                .iter()
                .map(|e| (e.name.clone(), e.kind))
                .collect()
        };
        assert_eq!(
            names(""),
            [
                ("a".into(), EntryKind::File),
                ("b".into(), EntryKind::Dir),
                ("b-c".into(), EntryKind::File)
            ]
        );
        assert_eq!(
            names("b"),
            [("c".into(), EntryKind::Dir), ("x".into(), EntryKind::File)]
        );
        assert_eq!(
            tree.read("b").map_err(|e| e.kind),
            Err(TreeErrorKind::WrongKind)
        );
        assert_eq!(
            tree.list("q").map_err(|e| e.kind),
            Err(TreeErrorKind::NotFound)
        );
        assert_eq!(tree.kind("b/c"), Some(EntryKind::Dir));
        assert_eq!(tree.kind("b/c/d/e"), None);
    }

    #[test]
    fn joined_paths_never_leave_the_root() {
        assert_eq!(join("a/b", "../c").as_deref(), Some("a/c"));
        assert_eq!(join("a", "../../c"), None);
        assert_eq!(join("a", "/x/./y/").as_deref(), Some("x/y"));
    }
}
