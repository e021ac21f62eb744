//! The real file system: the one module of the pure side that touches the operating system.
//!
//! A [`DiskTree`] never gives anything from outside its root: a symbolic link is resolved, and
//! refused where it leads out. The one exception is made for git itself: where `.git` is a file
//! (work trees, submodules), the few files of [`crate::vcs`] are read from the folder it names.

mod machine;

pub use machine::Machine;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, RwLock};

use plimsoll_source::files::{MAX_FILE_BYTES, parent};
use plimsoll_source::{DirEntry, EntryKind, OpenFile, Tree, TreeError, TreeErrorKind};

use crate::config::{self, Base};
use crate::vcs::{COMMON_DIR, EXCLUDE, GIT_DIR, INDEX};

/// The most entries of one folder that are listed; a folder with more is refused.
const MAX_DIR_ENTRIES: usize = 500_000;

/// The most folders remembered as free of links.
const MAX_PLAIN_DIRS: usize = 100_000;

/// The largest of git's own one-line files.
const MAX_GIT_LINE: u64 = 16 * 1024;

/// A folder of the real file system.
#[derive(Debug)]
pub struct DiskTree {
    /// Resolved, so that it is a prefix of every resolved path below it.
    root: PathBuf,
    /// Folders known to be [`Way::Plain`].
    plain: RwLock<HashSet<String>>,
    git: OnceLock<Option<GitDirs>>,
    listings: RwLock<Listings>,
}

/// Folders listed so far: several Dockerfiles of one folder ask for it again and again, and each
/// listing costs a system call for every entry.
#[derive(Debug, Default)]
struct Listings {
    by_dir: HashMap<String, Arc<[DirEntry]>>,
    entries: usize,
}

/// The most entries kept, so that a huge tree does not stay in memory.
const MAX_KEPT_ENTRIES: usize = 20_000;

/// Where the repository of a tree keeps its files when `.git` is no folder.
#[derive(Debug)]
struct GitDirs {
    own: PathBuf,
    common: PathBuf,
}

/// The top of the repository that holds `path`: the nearest folder at or above it with a `.git`.
pub fn find_root(path: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(path).ok()?;
    real.ancestors()
        .find(|dir| fs::symlink_metadata(dir.join(GIT_DIR)).is_ok())
        .map(Path::to_path_buf)
}

/// A configuration file that was found.
#[derive(Debug)]
pub struct FoundConfig {
    /// Its path on disk.
    pub path: PathBuf,
    /// Its bytes, or the system's words for why they cannot be read.
    pub bytes: Result<Vec<u8>, TreeErrorKind>,
    /// Where its folder lies.
    pub base: Base,
}

/// The configuration for a review of `folder` (relative to `root`, where the tree's root is).
///
/// In a repository one file counts for all of it, however small a part is reviewed: of the
/// folders on the way from the top to `folder`, the first that has one. Elsewhere it is the
/// nearest one upwards.
pub fn find_config(root: &Path, folder: &str) -> Option<FoundConfig> {
    if fs::symlink_metadata(root.join(GIT_DIR)).is_ok() {
        let tree = DiskTree::new(root);
        let ends = folder.match_indices('/').map(|(at, _)| at);
        let ends = [0].into_iter().chain(ends).chain([folder.len()]);
        return ends.into_iter().find_map(|end| {
            let dir = &folder[..end];
            let path = match dir {
                "" => config::FILE_NAME.to_owned(),
                dir => format!("{dir}/{}", config::FILE_NAME),
            };
            (tree.kind(&path) == Some(EntryKind::File)).then(|| FoundConfig {
                path: root.join(&path),
                bytes: tree.read(&path).map_err(|error| error.kind),
                base: Base {
                    root: String::new(),
                    folder: dir.to_owned(),
                },
            })
        });
    }
    let here = root.join(folder);
    here.ancestors().find_map(|dir| {
        let path = dir.join(config::FILE_NAME);
        let meta = fs::metadata(&path).ok()?;
        let slashed = |path: &Path| {
            let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
            parts.join("/")
        };
        let above = root.strip_prefix(dir).map(slashed).unwrap_or_default();
        let below = dir.strip_prefix(root).map(slashed).unwrap_or_default();
        meta.is_file().then(|| FoundConfig {
            bytes: read_bounded(&path, meta.len()),
            path,
            base: Base {
                root: above,
                folder: below,
            },
        })
    })
}

impl DiskTree {
    /// The tree below `root`. A root that does not exist gives a tree in which nothing is found.
    pub fn new(root: impl AsRef<Path>) -> Self {
        let root = root.as_ref();
        Self {
            root: fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf()),
            plain: RwLock::new(HashSet::new()),
            git: OnceLock::new(),
            listings: RwLock::default(),
        }
    }

    /// The root, with links resolved.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The real path of something in the tree, with what it is. Links are followed.
    fn resolve(&self, path: &str) -> Result<(PathBuf, Standing), TreeErrorKind> {
        if path.is_empty() {
            let meta = fs::metadata(&self.root).map_err(|error| kind_of(&error))?;
            return Ok((self.root.clone(), Standing::of(&meta)));
        }
        check_parts(path)?;
        let full = self.root.join(path);
        match self.way(parent(path)) {
            Way::Plain => {
                let standing = self.standing(path)?;
                if standing.kind != EntryKind::Link {
                    return Ok((full, standing));
                }
            }
            Way::Nowhere => return Err(TreeErrorKind::NotFound),
            Way::Linked => {}
        }
        let real = fs::canonicalize(&full).map_err(|error| kind_of(&error))?;
        if !real.starts_with(&self.root) {
            return Err(TreeErrorKind::Outside);
        }
        let meta = fs::metadata(&real).map_err(|error| kind_of(&error))?;
        Ok((real, Standing::of(&meta)))
    }

    /// How the way to the folder `dir` is.
    fn way(&self, dir: &str) -> Way {
        let is_known = |dir: &str| self.plain.read().is_ok_and(|known| known.contains(dir));
        if dir.is_empty() || is_known(dir) {
            return Way::Plain;
        }
        let ends = dir.match_indices('/').map(|(at, _)| at).chain([dir.len()]);
        for dir in ends.into_iter().map(|end| &dir[..end]) {
            if is_known(dir) {
                continue;
            }
            match self.standing(dir).map(|standing| standing.kind) {
                Ok(EntryKind::Dir) => {
                    if let Ok(mut known) = self.plain.write()
                        && known.len() < MAX_PLAIN_DIRS
                    {
                        known.insert(dir.to_owned());
                    }
                }
                Ok(EntryKind::File | EntryKind::Other) | Err(TreeErrorKind::NotFound) => {
                    return Way::Nowhere;
                }
                Ok(EntryKind::Link) | Err(_) => return Way::Linked,
            }
        }
        Way::Plain
    }

    /// What stands at a path, links not followed. The way to it must be plain.
    fn standing(&self, path: &str) -> Result<Standing, TreeErrorKind> {
        if let Some(listed) = self.listed(path) {
            return listed.ok_or(TreeErrorKind::NotFound);
        }
        let meta = fs::symlink_metadata(self.root.join(path)).map_err(|error| kind_of(&error))?;
        Ok(Standing::of(&meta))
    }

    /// What the listing of its folder says of a path, if there is one and it says all: rules ask
    /// for many files that are not there, and each answer of the system costs a call.
    #[expect(
        clippy::option_option,
        reason = "not listed, not there, and there are three answers"
    )]
    fn listed(&self, path: &str) -> Option<Option<Standing>> {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        // The root is in no listing, and a name that is no UTF-8 is listed as another one.
        if name.is_empty() || name.contains(char::REPLACEMENT_CHARACTER) {
            return None;
        }
        let listings = self.listings.read().ok()?;
        let entries = listings.by_dir.get(dir)?;
        match entries.binary_search_by(|entry| entry.name.as_str().cmp(name)) {
            Ok(index) => {
                let DirEntry { kind, len, .. } = entries[index];
                // Where a link leads is another question.
                (kind != EntryKind::Link).then_some(Some(Standing { kind, len }))
            }
            // Elsewhere a name may be written in several ways.
            Err(_) => cfg!(target_os = "linux").then_some(None),
        }
    }

    /// The real path of one of git's files where `.git` is a file that names another folder.
    fn git_file(&self, path: &str) -> Option<PathBuf> {
        let dirs = self.git.get_or_init(|| GitDirs::of(&self.root)).as_ref()?;
        match path {
            INDEX => Some(dirs.own.join("index")),
            EXCLUDE => Some(dirs.common.join("info").join("exclude")),
            _ => None,
        }
    }

    fn read_file(&self, path: &str, bytes: &mut Vec<u8>) -> Result<(), TreeErrorKind> {
        let (real, len) = self.regular(path)?;
        if len > MAX_FILE_BYTES {
            return Err(TreeErrorKind::TooLarge(len));
        }
        let file = File::open(real).map_err(|error| kind_of(&error))?;
        read_opened(&file, len, bytes)
    }

    fn open_file(&self, path: &str) -> Result<Opened, TreeErrorKind> {
        let (real, len) = self.regular(path)?;
        if len > MAX_FILE_BYTES {
            return Err(TreeErrorKind::TooLarge(len));
        }
        let file = File::open(real).map_err(|error| kind_of(&error))?;
        Ok(Opened { file, len })
    }

    /// The real path of a regular file in the tree, and its size.
    fn regular(&self, path: &str) -> Result<(PathBuf, u64), TreeErrorKind> {
        let (real, standing) = match self.git_file(path) {
            Some(real) => {
                let meta = fs::metadata(&real).map_err(|error| kind_of(&error))?;
                (real, Standing::of(&meta))
            }
            None => self.resolve(path)?,
        };
        // Opening a pipe would wait for its writer.
        if standing.kind != EntryKind::File {
            return Err(TreeErrorKind::WrongKind);
        }
        Ok((real, standing.len))
    }

    fn list_dir(&self, dir: &str) -> Result<Arc<[DirEntry]>, TreeErrorKind> {
        let (real, standing) = self.resolve(dir)?;
        if standing.kind != EntryKind::Dir {
            return Err(TreeErrorKind::WrongKind);
        }
        let mut entries = Vec::new();
        for entry in fs::read_dir(&real).map_err(|error| kind_of(&error))? {
            let entry = entry.map_err(|error| kind_of(&error))?;
            // What vanishes while it is listed is not there.
            let Ok(file_type) = entry.file_type() else {
                continue;
            };
            let kind = entry_kind(file_type);
            let len = match kind {
                EntryKind::File => entry.metadata().map_or(0, |meta| meta.len()),
                _ => 0,
            };
            let name = entry.file_name().to_string_lossy().into_owned();
            entries.push(DirEntry { name, kind, len });
            if entries.len() > MAX_DIR_ENTRIES {
                let words = format!("the folder has more than {MAX_DIR_ENTRIES} entries");
                return Err(TreeErrorKind::Io(words));
            }
        }
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(entries.into())
    }
}

impl Tree for DiskTree {
    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        let mut bytes = Vec::new();
        self.read_into(path, &mut bytes)?;
        Ok(bytes)
    }

    fn read_into(&self, path: &str, bytes: &mut Vec<u8>) -> Result<(), TreeError> {
        self.read_file(path, bytes).map_err(|kind| TreeError {
            path: path.to_owned(),
            kind,
        })
    }

    fn list(&self, dir: &str) -> Result<Arc<[DirEntry]>, TreeError> {
        let known = |listings: &Listings| listings.by_dir.get(dir).cloned();
        if let Some(entries) = self.listings.read().ok().as_deref().and_then(known) {
            return Ok(entries);
        }
        let entries = self.list_dir(dir).map_err(|kind| TreeError {
            path: dir.to_owned(),
            kind,
        })?;
        if let Ok(mut listings) = self.listings.write()
            && listings.entries + entries.len() <= MAX_KEPT_ENTRIES
            && !listings.by_dir.contains_key(dir)
        {
            listings.entries += entries.len();
            listings.by_dir.insert(dir.to_owned(), Arc::clone(&entries));
        }
        Ok(entries)
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn OpenFile>>, TreeError> {
        match self.open_file(path) {
            Ok(opened) => Ok(Some(Box::new(opened))),
            Err(kind) => Err(TreeError {
                path: path.to_owned(),
                kind,
            }),
        }
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        if let Some(listed) = self.listed(path) {
            return listed.map(|standing| standing.kind);
        }
        if !path.is_empty() {
            check_parts(path).ok()?;
        }
        let own = match self.way(parent(path)) {
            Way::Plain => Some(self.standing(path).ok()?.kind),
            Way::Nowhere => return None,
            Way::Linked => None,
        };
        match own {
            Some(kind) if kind != EntryKind::Link => Some(kind),
            // A link that leads out or nowhere still stands there.
            _ => match self.resolve(path) {
                Ok((_, standing)) => Some(standing.kind),
                Err(_) => own,
            },
        }
    }
}

/// A file that is read later. It is the one that was opened, whatever takes its place meanwhile.
#[derive(Debug)]
struct Opened {
    file: File,
    len: u64,
}

impl OpenFile for Opened {
    fn size(&self) -> u64 {
        self.len
    }

    fn read(&self) -> Result<Vec<u8>, TreeErrorKind> {
        let mut bytes = Vec::new();
        read_opened(&self.file, self.len, &mut bytes)?;
        Ok(bytes)
    }
}

/// How the way from the root to a folder is.
enum Way {
    /// There is no link on it, so that reading a file in the folder needs no resolution.
    Plain,
    /// There is a link on it, or it cannot be told.
    Linked,
    /// It leads to no folder.
    Nowhere,
}

/// What stands at a path.
#[derive(Clone, Copy)]
struct Standing {
    kind: EntryKind,
    /// Size in bytes.
    len: u64,
}

impl Standing {
    fn of(meta: &Metadata) -> Self {
        Self {
            kind: entry_kind(meta.file_type()),
            len: meta.len(),
        }
    }
}

fn entry_kind(file_type: FileType) -> EntryKind {
    if file_type.is_symlink() {
        EntryKind::Link
    } else if file_type.is_dir() {
        EntryKind::Dir
    } else if file_type.is_file() {
        EntryKind::File
    } else {
        EntryKind::Other
    }
}

impl GitDirs {
    fn of(root: &Path) -> Option<Self> {
        let named = first_line(&root.join(GIT_DIR))?;
        let own = root.join(named.strip_prefix("gitdir:")?.trim());
        let common =
            first_line(&own.join(COMMON_DIR)).map_or_else(|| own.clone(), |dir| own.join(dir));
        Some(Self { own, common })
    }
}

/// The first line of a small regular file.
fn first_line(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    if !meta.is_file() || meta.len() > MAX_GIT_LINE {
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    Some(text.lines().next()?.trim().to_owned())
}

/// Refuses paths that are not written as the paths of a tree are.
fn check_parts(path: &str) -> Result<(), TreeErrorKind> {
    for part in path.split('/') {
        if part == ".." {
            return Err(TreeErrorKind::Outside);
        }
        // Elsewhere than on Unix a part may hold a separator or name a drive.
        let foreign = !cfg!(unix) && part.contains(['\\', ':']);
        if part.is_empty() || part == "." || part.contains('\0') || foreign {
            return Err(TreeErrorKind::NotFound);
        }
    }
    Ok(())
}

fn read_bounded(real: &Path, len: u64) -> Result<Vec<u8>, TreeErrorKind> {
    if len > MAX_FILE_BYTES {
        return Err(TreeErrorKind::TooLarge(len));
    }
    let file = File::open(real).map_err(|error| kind_of(&error))?;
    let mut bytes = Vec::new();
    read_opened(&file, len, &mut bytes)?;
    Ok(bytes)
}

/// Reads a file that should have `len` bytes. One that has them is read with a single call: what comes
/// back then is less than was asked for, so that nothing is behind it.
fn read_opened(mut file: &File, len: u64, bytes: &mut Vec<u8>) -> Result<(), TreeErrorKind> {
    let expected = len as usize;
    if bytes.capacity() > expected {
        bytes.resize(expected + 1, 0);
    } else {
        // What is there need not be copied to where there is more room.
        *bytes = vec![0; expected + 1];
    }
    let mut at = 0;
    loop {
        let read = match file.read(&mut bytes[at..]) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(kind_of(&error)),
        };
        at += read;
        if read == 0 || at == expected {
            break;
        }
        if at as u64 > MAX_FILE_BYTES {
            return Err(TreeErrorKind::TooLarge(at as u64));
        }
        // The file may have grown, or may be one whose size the system does not know.
        if at == bytes.len() {
            bytes.resize(at.saturating_mul(2).max(8192), 0);
        }
    }
    bytes.truncate(at);
    Ok(())
}

fn kind_of(error: &io::Error) -> TreeErrorKind {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => TreeErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => TreeErrorKind::Denied,
        io::ErrorKind::IsADirectory => TreeErrorKind::WrongKind,
        _ => TreeErrorKind::Io(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
