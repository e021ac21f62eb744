//! The build context as the rules about images ask for it: what lies where in the folder, and
//! what a COPY takes of it.

use plimsoll_dockerfile::ignore::{Context, ContextFile};
use plimsoll_project::{BuildContext, DockerfileUnit, Project};
use plimsoll_source::{EntryKind, files};

use super::facts::copies::{Copied, Whence, clean};

/// The context of one Dockerfile.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) project: &'a Project,
    /// The context itself.
    pub(crate) context: &'a BuildContext,
}

impl<'a> View<'a> {
    /// The context of `unit`, where one is known.
    pub(crate) fn of(project: &'a Project, unit: &DockerfileUnit) -> Option<Self> {
        Some(Self {
            project,
            context: project.context_of(unit)?,
        })
    }

    /// The context of `unit`, where one is known that holds more than the files that describe the
    /// build: a Dockerfile alone in a folder is not where the project is.
    pub(crate) fn with_content(project: &'a Project, unit: &DockerfileUnit) -> Option<Self> {
        let view = Self::of(project, unit)?;
        let describes = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or("").to_ascii_lowercase();
            name.contains("dockerfile")
                || name.contains("compose")
                || name == ".dockerignore"
                || name.starts_with("readme")
                || name.starts_with("license")
        };
        let files = &view.context.everything(project).files;
        files
            .iter()
            .any(|file| !describes(&file.path))
            .then_some(view)
    }

    /// What lies at `path`, whether or not the builder sees it.
    pub(crate) fn kind(self, path: &str) -> Option<EntryKind> {
        if path.is_empty() {
            return Some(EntryKind::Dir);
        }
        self.project
            .tree
            .kind(&files::join(&self.context.dir, path)?)
    }

    /// Whether `path` is a file, whether or not the builder sees it.
    pub(crate) fn has(self, path: &str) -> bool {
        matches!(self.kind(path), Some(EntryKind::File | EntryKind::Link))
    }

    /// The text of a file, whether or not the builder sees it.
    pub(crate) fn read(self, path: &str) -> Option<String> {
        self.context.read(&*self.project.tree, path)
    }

    /// The names in a folder, whether or not the builder sees them.
    pub(crate) fn names(self, dir: &str) -> Vec<String> {
        let listed =
            files::join(&self.context.dir, dir).and_then(|dir| self.project.tree.list(&dir).ok());
        let entries = listed.iter().flat_map(|entries| entries.iter());
        entries.map(|entry| entry.name.clone()).collect()
    }

    /// What the builder sees.
    pub(crate) fn visible(self) -> &'a Context {
        self.context.visible(self.project)
    }

    /// The files that a COPY takes, by path.
    pub(crate) fn taken(self, copy: &Copied) -> Vec<&'a ContextFile> {
        let visible = self.visible();
        let mut taken: Vec<&ContextFile> = copy
            .sources
            .iter()
            .filter(|source| source.known)
            .flat_map(|source| visible.select(&source.path))
            .collect();
        taken.sort_by(|a, b| a.path.cmp(&b.path));
        taken.dedup_by(|a, b| a.path == b.path);
        taken
    }

    /// The folder of the context that a COPY lays down as `folder` of the image, if it does.
    pub(crate) fn origin(self, copy: &Copied, folder: &str) -> Option<String> {
        let dest = copy.dest.trim_end_matches('/');
        copy.sources
            .iter()
            .filter(|source| source.known)
            .find_map(|source| {
                let inner = below(dest, folder)?;
                let path = if source.is_whole() { "" } else { &*source.path };
                let dir = clean(&format!("{path}/{inner}"));
                (self.kind(&dir) == Some(EntryKind::Dir)).then_some(dir)
            })
    }

    /// The file of the context that one of the copies, the first that does, lays down at `path`
    /// of the image.
    pub(crate) fn laid<'f>(
        self,
        copies: impl Iterator<Item = &'f Copied>,
        path: &str,
    ) -> Option<String> {
        copies
            .filter(|copy| copy.whence == Whence::Context)
            .flat_map(|copy| copy.sources.iter().map(move |source| (copy, source)))
            .filter(|(_, source)| source.known)
            .find_map(|(copy, source)| {
                if self.has(&source.path) {
                    let whole = if copy.dest.ends_with('/') {
                        format!("{}{}", copy.dest, source.name())
                    } else {
                        copy.dest.clone()
                    };
                    return (whole == path).then(|| source.path.clone());
                }
                let inner = below(&copy.dest, path)?;
                let top = if source.is_whole() { "" } else { &source.path };
                let file = clean(&format!("{top}/{inner}"));
                self.has(&file).then_some(file)
            })
    }
}

/// `path` relative to `folder`, if it is that folder or lies in it.
pub(crate) fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    let folder = folder.trim_end_matches('/');
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() {
        Some("")
    } else {
        rest.strip_prefix('/')
    }
}

/// A number of bytes as people write it: `812 bytes`, `4.2 kB`, `148 MB`.
pub fn bytes(count: u64) -> String {
    let (value, unit) = match count {
        0..1_000 => {
            return if count == 1 {
                "1 byte".into()
            } else {
                format!("{count} bytes")
            };
        }
        1_000..1_000_000 => (count as f64 / 1e3, "kB"),
        1_000_000..1_000_000_000 => (count as f64 / 1e6, "MB"),
        _ => (count as f64 / 1e9, "GB"),
    };
    if value < 10.0 {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

/// Things in backticks, joined as in a sentence; more than `most` are counted.
pub(crate) fn listed<T: AsRef<str>>(items: &[T], most: usize) -> String {
    let quoted = |item: &T| format!("`{}`", item.as_ref());
    if items.len() > most {
        let shown: Vec<String> = items.iter().take(most).map(quoted).collect();
        return format!("{} and {} more", shown.join(", "), items.len() - most);
    }
    match items {
        [] => String::new(),
        [one] => quoted(one),
        [rest @ .., last] => {
            let rest: Vec<String> = rest.iter().map(quoted).collect();
            format!("{} and {}", rest.join(", "), quoted(last))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{below, bytes, listed};

    #[test]
    fn numbers_and_lists_read_well() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(4_210), "4.2 kB");
        assert_eq!(bytes(148_000_000), "148 MB");
        assert_eq!(bytes(2_300_000_000), "2.3 GB");
        assert_eq!(listed(&["a", "b", "c"], 3), "`a`, `b` and `c`");
        assert_eq!(listed(&["a", "b", "c"], 1), "`a` and 2 more");
        assert_eq!(below("/app/", "/app/src"), Some("src"));
        assert_eq!(below("/", "/app"), Some("app"));
        assert_eq!(below("/app", "/apple"), None);
    }
}
