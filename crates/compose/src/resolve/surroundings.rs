//! What a resolution may ask of the world: files by path, and who runs it.
//!
//! The paths are absolute and `/`-separated, without `.` and `..`. Nothing else of this crate
//! knows where a file comes from.

use std::collections::BTreeMap;

use plimsoll_yaml::Tree;

/// Where the files of a project are read from.
pub trait Surroundings {
    /// The bytes of a regular file, links followed.
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadFailure>;

    /// What stands at the path, links followed; `None` if nothing does.
    fn kind(&self, path: &str) -> Option<PathKind>;

    /// Where the path leads in the end, if it is a symbolic link itself.
    fn link(&self, path: &str) -> Option<String> {
        let _ = path;
        None
    }

    /// The tree of a file that is parsed already (with [`plimsoll_yaml::Dialect::Core`]).
    fn parsed(&self, path: &str) -> Option<&Tree> {
        let _ = path;
        None
    }

    /// The environment of whoever runs it.
    fn variables(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// The home folder, which a leading `~` stands for.
    fn home(&self) -> Option<String> {
        None
    }
}

/// What a path leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PathKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A device, a pipe, a socket.
    Other,
}

/// Why a file could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReadFailure {
    /// Nothing has that path.
    NotFound,
    /// It is a folder.
    Folder,
    /// It lies where nothing may be read.
    Outside,
    /// Another reason, in one lower-case phrase.
    Other(String),
}

impl std::fmt::Display for ReadFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => write!(f, "it does not exist"),
            Self::Folder => write!(f, "it is a folder"),
            Self::Outside => write!(f, "it lies outside the folder that is looked at"),
            Self::Other(words) => write!(f, "{words}"),
        }
    }
}

/// Files in memory, for tests and for text that lies nowhere.
#[derive(Clone, Debug, Default)]
pub struct MemorySurroundings {
    /// Files by absolute path; their folders exist with them.
    pub files: BTreeMap<String, Vec<u8>>,
    /// See [`Surroundings::variables`].
    pub variables: BTreeMap<String, String>,
    /// See [`Surroundings::home`].
    pub home: Option<String>,
    /// Symbolic links by absolute path, with where they lead.
    pub links: BTreeMap<String, String>,
}

/// The most links followed on the way to a file.
const MAX_LINKS: usize = 40;

impl MemorySurroundings {
    /// Adds a file.
    pub fn file(mut self, path: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), text.into());
        self
    }

    /// Sets a variable of the environment.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The path with the links on its way followed.
    fn followed(&self, path: &str) -> String {
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            let leads = |(link, target): (&String, &String)| {
                let rest = path.strip_prefix(link.as_str())?;
                (rest.is_empty() || rest.starts_with('/')).then(|| format!("{target}{rest}"))
            };
            match self.links.iter().find_map(leads) {
                Some(next) => path = next,
                None => break,
            }
        }
        path
    }
}

impl Surroundings for MemorySurroundings {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadFailure> {
        let found = self.files.get(&self.followed(path)).cloned();
        found.ok_or_else(|| match self.kind(path) {
            Some(_) => ReadFailure::Folder,
            None => ReadFailure::NotFound,
        })
    }

    fn kind(&self, path: &str) -> Option<PathKind> {
        let path = self.followed(path);
        let path = path.as_str();
        if self.files.contains_key(path) {
            return Some(PathKind::File);
        }
        let prefix = format!("{}/", path.trim_end_matches('/'));
        let below = self.files.range(prefix.clone()..).next()?.0;
        below.starts_with(&prefix).then_some(PathKind::Folder)
    }

    fn link(&self, path: &str) -> Option<String> {
        self.links.contains_key(path).then(|| self.followed(path))
    }

    fn variables(&self) -> BTreeMap<String, String> {
        self.variables.clone()
    }

    fn home(&self) -> Option<String> {
        self.home.clone()
    }
}
