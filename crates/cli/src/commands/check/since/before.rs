//! The tree as it was before a change.
//!
//! It is the tree on disk with the files that are different replaced by what they were. What git
//! does not track is as it is now: it belongs to neither side.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use plimsoll_project::vcs::index;
use plimsoll_source::files::{MAX_FILE_BYTES, parent};
use plimsoll_source::{DirEntry, EntryKind, Tree, TreeError, TreeErrorKind};

use crate::failure::Failure;
use crate::git::{Git, Objects};

/// Where git keeps what it tracks.
const INDEX: &str = ".git/index";

/// What stood at a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    kind: EntryKind,
    /// Its object.
    id: String,
}

impl Entry {
    /// An entry by the mode and the object that git gives.
    pub(crate) fn new(mode: &str, id: &str) -> Self {
        let kind = match mode {
            "120000" => EntryKind::Link,
            // A submodule.
            "160000" => EntryKind::Dir,
            _ => EntryKind::File,
        };
        Self {
            kind,
            id: id.to_owned(),
        }
    }
}

/// A tree with some files as they were.
pub(crate) struct Before {
    tree: Arc<dyn Tree>,
    entries: BTreeMap<String, Entry>,
    new: HashSet<String>,
    /// The entries directly in each folder, folders included.
    folders: HashMap<String, BTreeMap<String, EntryKind>>,
    objects: Objects,
    /// Sizes that were asked for, by path.
    sizes: Mutex<HashMap<String, u64>>,
}

impl Before {
    /// `entries` is what stood at paths that are different now, `new` the paths that had nothing.
    pub(crate) fn new(
        tree: Arc<dyn Tree>,
        entries: BTreeMap<String, Entry>,
        new: HashSet<String>,
        git: &Git,
    ) -> Result<Self, Failure> {
        let mut folders: HashMap<String, BTreeMap<String, EntryKind>> = HashMap::new();
        for (path, entry) in &entries {
            let (mut path, mut kind) = (path.as_str(), entry.kind);
            loop {
                let dir = parent(path);
                let name = path.rsplit('/').next().unwrap_or(path).to_owned();
                let there = folders.entry(dir.to_owned()).or_default();
                if there.insert(name, kind).is_some() || dir.is_empty() {
                    break;
                }
                (path, kind) = (dir, EntryKind::Dir);
            }
        }
        Ok(Self {
            tree,
            entries,
            new,
            folders,
            objects: git.objects()?,
            sizes: Mutex::default(),
        })
    }

    fn old(&self, path: &str, entry: &Entry) -> Result<Vec<u8>, TreeErrorKind> {
        if entry.kind != EntryKind::File {
            return Err(TreeErrorKind::WrongKind);
        }
        self.objects
            .blob(&entry.id, MAX_FILE_BYTES)
            .ok_or_else(|| TreeErrorKind::Io(format!("git has no text of `{path}`")))
    }

    /// The size of a file that is different now, in bytes.
    fn size(&self, path: &str) -> u64 {
        let known = |sizes: &HashMap<String, u64>| sizes.get(path).copied();
        if let Some(size) = self.sizes.lock().ok().as_deref().and_then(known) {
            return size;
        }
        let size = self.read(path).map_or(0, |bytes| bytes.len() as u64);
        if let Ok(mut sizes) = self.sizes.lock() {
            sizes.insert(path.to_owned(), size);
        }
        size
    }

    /// The index as it would be, had nothing been changed.
    fn index(&self) -> Result<Vec<u8>, TreeError> {
        let bytes = self.tree.read(INDEX)?;
        let Some(now) = index::parse(&bytes) else {
            return Ok(bytes);
        };
        let now = now
            .paths()
            .filter_map(|path| std::str::from_utf8(path).ok());
        let kept = now.filter(|path| !self.new.contains(*path));
        let old = self.entries.keys().map(String::as_str);
        Ok(index::write(kept.chain(old)))
    }
}

impl Tree for Before {
    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        let error = |kind| TreeError {
            path: path.to_owned(),
            kind,
        };
        if let Some(entry) = self.entries.get(path) {
            self.old(path, entry).map_err(error)
        } else if self.new.contains(path) {
            Err(error(TreeErrorKind::NotFound))
        } else if path == INDEX {
            self.index()
        } else {
            self.tree.read(path)
        }
    }

    fn list(&self, dir: &str) -> Result<Arc<[DirEntry]>, TreeError> {
        let old = self.folders.get(dir);
        let mut entries = match self.tree.list(dir) {
            Err(error) if old.is_some() && error.kind == TreeErrorKind::NotFound => Vec::new(),
            listed => listed?.to_vec(),
        };
        let path = |name: &str| match dir {
            "" => name.to_owned(),
            dir => format!("{dir}/{name}"),
        };
        entries.retain(|entry| !self.new.contains(&path(&entry.name)));
        for (name, kind) in old.into_iter().flatten() {
            let len = match kind {
                EntryKind::File => self.size(&path(name)),
                _ => 0,
            };
            entries.retain(|entry| entry.name != *name);
            entries.push(DirEntry {
                name: name.clone(),
                kind: *kind,
                len,
            });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries.into())
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        if let Some(entry) = self.entries.get(path) {
            Some(entry.kind)
        } else if self.new.contains(path) {
            None
        } else if self.folders.contains_key(path) {
            Some(EntryKind::Dir)
        } else {
            self.tree.kind(path)
        }
    }
}
