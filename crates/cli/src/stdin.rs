//! Reviewing standard input: one text, standing in the real folder where its name says, or
//! alone.

use std::io::Read;
use std::sync::Arc;

use plimsoll_source::files::MAX_FILE_BYTES;
use plimsoll_source::{DirEntry, EntryKind, Tree, TreeError, TreeErrorKind};

use crate::failure::Failure;

/// Reads standard input to its end, or to one byte more than is reviewed.
pub(crate) fn read() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    match std::io::stdin()
        .lock()
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
    {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::user(format!(
            "cannot read standard input: {error}"
        ))),
    }
}

/// What a text without a name is called: a Dockerfile if its first word is one that a
/// Dockerfile can begin with, else a YAML file, whose kind its content tells.
pub(crate) fn guessed_name(bytes: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(64 * 1024)]);
    let first = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    let word = first
        .and_then(|line| line.split_whitespace().next())
        .unwrap_or_default();
    let begins = word.eq_ignore_ascii_case("FROM") || word.eq_ignore_ascii_case("ARG");
    if begins { "Dockerfile" } else { "stdin.yaml" }
}

/// A tree with one file's text replaced or added.
pub(crate) struct WithText<T> {
    /// The tree below.
    pub(crate) tree: T,
    /// The path of the text, relative to the root.
    pub(crate) path: String,
    /// The text.
    pub(crate) bytes: Vec<u8>,
}

impl<T: Tree> Tree for WithText<T> {
    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        if path != self.path {
            return self.tree.read(path);
        }
        if self.bytes.len() as u64 > MAX_FILE_BYTES {
            let kind = TreeErrorKind::TooLarge(self.bytes.len() as u64);
            return Err(TreeError {
                path: path.to_owned(),
                kind,
            });
        }
        Ok(self.bytes.clone())
    }

    fn list(&self, dir: &str) -> Result<Arc<[DirEntry]>, TreeError> {
        let entries = self.tree.list(dir)?;
        let (parent, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        if parent != dir {
            return Ok(entries);
        }
        let mut entries = entries.to_vec();
        entries.retain(|entry| entry.name != name);
        let len = self.bytes.len() as u64;
        entries.push(DirEntry {
            name: name.to_owned(),
            kind: EntryKind::File,
            len,
        });
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries.into())
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        if path == self.path {
            Some(EntryKind::File)
        } else {
            self.tree.kind(path)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{WithText, guessed_name};
    use plimsoll_source::{EntryKind, MemoryTree, Tree};

    #[test]
    fn the_text_stands_in_the_tree() {
        let mut tree = MemoryTree::new();
        tree.insert("a/Dockerfile", "old");
        tree.insert("a/x", "x");
        let text = |path: &str| WithText {
            tree: tree.clone(),
            path: path.to_owned(),
            bytes: b"new".to_vec(),
        };
        let replaced = text("a/Dockerfile");
        assert_eq!(replaced.read("a/Dockerfile").as_deref(), Ok(&b"new"[..]));
        assert_eq!(replaced.read("a/x").as_deref(), Ok(&b"x"[..]));
        let names = |tree: WithText<MemoryTree>| -> Vec<String> {
            tree.list("a")
                .expect("listed")
                .iter()
                .map(|entry| entry.name.clone())
                .collect()
        };
        assert_eq!(names(replaced), ["Dockerfile", "x"]);
        let added = text("a/b.yaml");
        assert_eq!(added.kind("a/b.yaml"), Some(EntryKind::File));
        assert_eq!(names(added), ["Dockerfile", "b.yaml", "x"]);
    }

    #[test]
    fn a_nameless_text_is_named_by_its_first_word() {
        assert_eq!(guessed_name(b"# syntax=x\n\nfrom alpine"), "Dockerfile");
        assert_eq!(guessed_name(b"\xef\xbb\xbfARG X"), "Dockerfile");
        assert_eq!(guessed_name(b"services:\n"), "stdin.yaml");
        assert_eq!(guessed_name(b""), "stdin.yaml");
    }
}
