//! From the paths given to the folder under review, and back to paths that the reader can open.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use plimsoll_project::disk::find_root;
use plimsoll_source::files::parent;

use crate::failure::Failure;

/// The folder under review and the parts of it that were asked for.
#[derive(Debug)]
pub(crate) struct Roots {
    /// The top of the repository, or else the folder that holds everything asked for.
    pub(crate) root: PathBuf,
    /// What was asked for, relative to the root and `/`-separated; empty for all of it.
    pub(crate) paths: Vec<String>,
    /// The folder, relative to the root, that holds all that was asked for.
    pub(crate) folder: String,
}

impl Roots {
    /// Resolves the paths given; none means the current folder.
    pub(crate) fn new(paths: &[PathBuf]) -> Result<Self, Failure> {
        let here = [PathBuf::from(".")];
        let paths = if paths.is_empty() { &here } else { paths };
        let real: Vec<PathBuf> = paths
            .iter()
            .map(|path| real(path))
            .collect::<Result<_, _>>()?;
        let folder = |path: &PathBuf| match path.parent() {
            Some(parent) if !path.is_dir() => parent.to_path_buf(),
            _ => path.clone(),
        };
        let mut common = folder(&real[0]);
        for path in &real[1..] {
            let folder = folder(path);
            while !folder.starts_with(&common) && common.pop() {}
        }
        let root = find_root(&common).unwrap_or_else(|| common.clone());
        let folder = slashed(common.strip_prefix(&root).unwrap_or(Path::new("")))?;
        let mut inside = Vec::new();
        for path in &real {
            match slashed(path.strip_prefix(&root).unwrap_or(path))? {
                whole if whole.is_empty() => {
                    return Ok(Self {
                        root,
                        paths: Vec::new(),
                        folder,
                    });
                }
                path => inside.push(path),
            }
        }
        Ok(Self {
            root,
            paths: inside,
            folder,
        })
    }

    /// The path of a file that need not exist (the name given to standard input), relative to a
    /// root found for it.
    pub(crate) fn of_name(name: &Path) -> Result<(Self, String), Failure> {
        let full = std::path::absolute(name).unwrap_or_else(|_| name.to_path_buf());
        let above = full.ancestors().skip(1).find(|folder| folder.is_dir());
        let above = above.unwrap_or(Path::new("/"));
        let rest = full.strip_prefix(above).unwrap_or(&full);
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        if full.file_name().is_none() || !rest.components().all(plain) {
            return Err(Failure::user(format!("`{}` names no file", name.display())));
        }
        let folder = real(above)?;
        let root = match find_root(&folder) {
            Some(top) => top,
            None => folder.join(rest.parent().unwrap_or(Path::new(""))),
        };
        let path = slashed(folder.join(rest).strip_prefix(&root).unwrap_or(rest))?;
        Ok((
            Self {
                root,
                paths: vec![path.clone()],
                folder: parent(&path).to_owned(),
            },
            path,
        ))
    }

    /// The root as text, for reports.
    pub(crate) fn shown_root(&self) -> String {
        plain(&self.root.to_string_lossy()).to_owned()
    }

    /// A path below the root as it is seen from the current folder.
    pub(crate) fn shown(&self, from: &Path, path: &str) -> String {
        let target = self.root.join(path);
        let mut common = from.to_path_buf();
        let mut up = 0;
        while !target.starts_with(&common) {
            if !common.pop() {
                return target.to_string_lossy().into_owned();
            }
            up += 1;
        }
        let rest = target.strip_prefix(&common).unwrap_or(&target);
        // A way through the top of the file system is longer than the whole path.
        if up > 0 && common.parent().is_none() {
            return plain(&target.to_string_lossy()).to_owned();
        }
        let mut shown = "../".repeat(up);
        shown.push_str(&rest.to_string_lossy());
        shown
    }
}

/// The current folder, with links resolved as those of the roots are.
pub(crate) fn here() -> PathBuf {
    std::env::current_dir()
        .and_then(fs::canonicalize)
        .unwrap_or_default()
}

fn real(path: &Path) -> Result<PathBuf, Failure> {
    fs::canonicalize(path).map_err(|error| {
        let shown = path.display();
        Failure::user(match error.kind() {
            ErrorKind::NotFound => format!("`{shown}` does not exist"),
            ErrorKind::PermissionDenied => format!("no permission to open `{shown}`"),
            _ => format!("cannot open `{shown}`: {error}"),
        })
    })
}

fn slashed(path: &Path) -> Result<String, Failure> {
    let parts: Option<Vec<&str>> = path
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .map(|part| part.as_os_str().to_str())
        .collect();
    let parts = parts.ok_or_else(|| {
        Failure::user(format!("the path `{}` is not valid UTF-8", path.display()))
    })?;
    Ok(parts.join("/"))
}

/// Without the mark that Windows puts before resolved paths.
fn plain(path: &str) -> &str {
    path.strip_prefix(r"\\?\").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::Roots;

    #[test]
    fn paths_are_shown_as_seen_from_the_current_folder() {
        let roots = Roots {
            root: PathBuf::from("/home/me/shop"),
            paths: Vec::new(),
            folder: String::new(),
        };
        let shown = |from: &str| roots.shown(Path::new(from), "api/Dockerfile");
        assert_eq!(shown("/home/me/shop"), "api/Dockerfile");
        assert_eq!(shown("/home/me/shop/api"), "Dockerfile");
        assert_eq!(shown("/home/me/shop/web"), "../api/Dockerfile");
        assert_eq!(shown("/home/me/other"), "../shop/api/Dockerfile");
        assert_eq!(shown("/home/me"), "shop/api/Dockerfile");
        assert_eq!(shown("/srv"), "/home/me/shop/api/Dockerfile");
    }
}
