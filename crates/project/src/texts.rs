//! Every file below a folder that may be text, with how git and Docker stand to it.
//!
//! Unlike [`crate::discover`], which looks for files of known kinds, this leaves out nothing but
//! folders of version control, installed dependencies, build output and caches.

use plimsoll_dockerfile::ignore;
use plimsoll_source::files::{join, parent};
use plimsoll_source::{EntryKind, Tree, TreeError, TreeErrorKind};

use crate::discover::names;
use crate::gitignore;
use crate::vcs::{Status, Vcs};

/// How far a walk goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Entries of folders looked at.
    pub entries: usize,
    /// Depth of folders.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 1_000_000,
            depth: 64,
        }
    }
}

/// A file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text {
    /// Path relative to the root.
    pub path: String,
    /// Size in bytes as listed; 0 where that is not known.
    pub len: u64,
    /// Whether patterns of git leave it out, and git does not track it all the same.
    pub ignored: bool,
}

/// What a walk found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Texts {
    /// The files, in path order.
    pub files: Vec<Text>,
    /// Folders that could not be listed and named paths that are not there.
    pub errors: Vec<TreeError>,
    /// Whether the walk stopped at its bound.
    pub truncated: bool,
}

/// Folders that hold settings, although discovery has nothing to look for in them.
const ENTERED: &[&str] = &[
    ".bundle", ".cargo", ".github", ".idea", ".m2", ".vscode", ".yarn",
];

/// Lists the files below `paths` (the whole tree when there are none).
pub fn texts(tree: &dyn Tree, vcs: &Vcs, paths: &[String], limits: Limits) -> Texts {
    let mut found = Texts::default();
    let known = gitignore::Known::default();
    let whole = [String::new()];
    let paths = if paths.is_empty() { &whole } else { paths };
    let mut seen = 0;
    for path in paths {
        let Some(path) = join("", path) else {
            found.errors.push(TreeError {
                path: path.clone(),
                kind: TreeErrorKind::Outside,
            });
            continue;
        };
        let tracked = |path: &str| vcs.status(path) == Status::Tracked;
        match tree.kind(&path) {
            Some(EntryKind::Dir) => {}
            // What is named is looked into, whatever git says of it.
            Some(EntryKind::File) => {
                found.files.push(Text {
                    path,
                    len: 0,
                    ignored: false,
                });
                continue;
            }
            other => {
                let kind = match other {
                    None => TreeErrorKind::NotFound,
                    Some(_) => TreeErrorKind::Outside,
                };
                found.errors.push(TreeError { path, kind });
                continue;
            }
        }
        let ignored = !path.is_empty() && known.ignores(tree, &path, true) && !tracked(&path);
        // Folders still to be listed; a stack of one's own knows no depth of calls.
        let mut folders = vec![(path, 0, ignored)];
        while let Some((dir, depth, ignored)) = folders.pop() {
            let entries = match tree.list(&dir) {
                Ok(entries) => entries,
                Err(error) => {
                    found.errors.push(error);
                    continue;
                }
            };
            seen += entries.len();
            if seen > limits.entries || depth > limits.depth {
                found.truncated = true;
                break;
            }
            let chain = known.chain(tree, &dir);
            for entry in entries.iter() {
                let path = match dir.as_str() {
                    "" => entry.name.clone(),
                    dir => format!("{dir}/{}", entry.name),
                };
                let is_dir = entry.kind == EntryKind::Dir;
                let skipped =
                    names::is_skipped_dir(&entry.name) && !ENTERED.contains(&&*entry.name);
                // What a link leads to is found under its own name.
                if is_dir && skipped || !is_dir && entry.kind != EntryKind::File {
                    continue;
                }
                let ignored =
                    (ignored || gitignore::ignores(&chain, &path, is_dir)) && !tracked(&path);
                if is_dir {
                    folders.push((path, depth + 1, ignored));
                } else {
                    found.files.push(Text {
                        path,
                        len: entry.len,
                        ignored,
                    });
                }
            }
        }
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    found.files.dedup_by(|a, b| a.path == b.path);
    found
}

/// The `.dockerignore` that leaves a file out of the images built from its folder: the nearest one
/// upwards, if it does.
pub fn docker_ignores(tree: &dyn Tree, path: &str) -> Option<String> {
    let mut dir = parent(path);
    loop {
        let name = match dir {
            "" => ".dockerignore".to_owned(),
            dir => format!("{dir}/.dockerignore"),
        };
        if tree.kind(&name) == Some(EntryKind::File) {
            let text = String::from_utf8(tree.read(&name).ok()?).ok()?;
            let within = path.strip_prefix(dir)?.trim_start_matches('/');
            return ignore::parse(text).excludes(within).then_some(name);
        }
        if dir.is_empty() {
            return None;
        }
        dir = parent(dir);
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, docker_ignores, texts};
    use crate::vcs::Vcs;
    use plimsoll_source::{MemoryTree, Tree};
    use std::sync::Arc;

    fn tree() -> MemoryTree {
        let mut tree = MemoryTree::new();
        for (path, text) in [
            (".gitignore", ".env\nlogs/\n"),
            (".dockerignore", "**/*.key\n"),
            (".env", "x"),
            (".github/workflows/a.yaml", "x"),
            ("logs/a", "x"),
            ("node_modules/a/index.js", "x"),
            ("src/a.key", "x"),
            ("src/a.py", "x"),
        ] {
            tree.insert(path, text);
        }
        tree
    }

    #[test]
    fn files_are_listed_with_how_git_stands_to_them() {
        let found = texts(&tree(), &Vcs::default(), &[], Limits::default());
        let listed: Vec<(&str, bool)> = found
            .files
            .iter()
            .map(|one| (&*one.path, one.ignored))
            .collect();
        assert_eq!(
            listed,
            [
                (".dockerignore", false),
                (".env", true),
                (".github/workflows/a.yaml", false),
                (".gitignore", false),
                ("logs/a", true),
                ("src/a.key", false),
                ("src/a.py", false),
            ]
        );
        let tracked: Arc<dyn Tree> = Arc::new(tree());
        let vcs = Vcs::with_tracked(Arc::clone(&tracked), [".env"]);
        let found = texts(
            &*tracked,
            &vcs,
            &[".env".to_owned(), "logs".to_owned(), "no".to_owned()],
            Limits::default(),
        );
        let listed: Vec<(&str, bool)> = found
            .files
            .iter()
            .map(|one| (&*one.path, one.ignored))
            .collect();
        assert_eq!(listed, [(".env", false), ("logs/a", true)]);
        assert_eq!(found.errors.len(), 1);
    }

    #[test]
    fn a_walk_ends_at_its_bounds() {
        let limits = Limits {
            entries: 3,
            depth: 9,
        };
        assert!(texts(&tree(), &Vcs::default(), &[], limits).truncated);
    }

    #[test]
    fn the_nearest_dockerignore_counts() {
        assert_eq!(
            docker_ignores(&tree(), "src/a.key").as_deref(),
            Some(".dockerignore")
        );
        assert_eq!(docker_ignores(&tree(), "src/a.py"), None);
    }
}
