//! Which files are manifests.

use plimsoll_source::{EntryKind, LineIndex, Tree as Files};
use plimsoll_yaml::{Dialect, Node, Tree, parse};

use super::{LeftOut, kustomization};

/// A file of manifests.
pub(super) struct Manifest {
    /// Its path relative to the root.
    pub(super) path: String,
    pub(super) tree: Tree,
    lines: LineIndex,
    /// The line that all of it rests on, where its text is not the file's.
    pub(super) stands_at: Option<u32>,
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) files: Vec<Manifest>,
    /// What Kustomize makes of literals and files.
    pub(super) made: Vec<Manifest>,
    /// Folders of kustomizations that are laid over nothing.
    pub(super) bases: Vec<String>,
    /// Kustomizations that are laid over others.
    pub(super) overlays: Vec<String>,
    pub(super) left_out: Vec<LeftOut>,
}

/// How deep folders are followed.
const MAX_DEPTH: usize = 8;
/// How many entries of folders are looked at.
const MAX_ENTRIES: usize = 20_000;
/// The largest manifest, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Folders without manifests of the project.
const SKIPPED: &[&str] = &["node_modules", "vendor", "target", "testdata"];

/// The manifests below the root, ordered by path. Charts are left alone, and so is what an overlay of
/// Kustomize changes, and what `is_ours` says was written by us.
pub(super) fn manifests(tree: &dyn Files, is_ours: &dyn Fn(&str) -> bool) -> Found {
    let mut found = Found::default();
    // Folders with their depth, and whether an overlay above them decides about plain files.
    let mut open = vec![(String::new(), 0, false)];
    let mut seen = 0;
    while let Some((folder, depth, above)) = open.pop() {
        let Ok(entries) = tree.list(&folder) else {
            continue;
        };
        if entries.iter().any(|entry| entry.name == "Chart.yaml") {
            continue;
        }
        let kustomization = entries
            .iter()
            .find(|entry| kustomization::NAMES.contains(&entry.name.as_str()))
            .map(|entry| joined(&folder, &entry.name))
            .filter(|path| !is_ours(path));
        let overlays = found.overlays.len();
        if let Some(path) = &kustomization {
            base(tree, &folder, path, &mut found, is_ours);
        }
        let is_patched = match &kustomization {
            Some(_) => found.overlays.len() > overlays,
            None => above,
        };
        for entry in entries.iter() {
            seen += 1;
            if seen > MAX_ENTRIES {
                break;
            }
            let path = joined(&folder, &entry.name);
            match entry.kind {
                EntryKind::Dir
                    if depth < MAX_DEPTH
                        && !entry.name.starts_with('.')
                        && !SKIPPED.contains(&entry.name.as_str()) =>
                {
                    open.push((path, depth + 1, is_patched));
                }
                EntryKind::File if kustomization.is_none() && !above => {
                    let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
                    if is_yaml && entry.len <= MAX_BYTES && !is_ours(&path) {
                        one(tree, path, &mut found);
                    }
                }
                _ => {}
            }
        }
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    found
        .files
        .dedup_by(|second, first| second.path == first.path);
    found
}

/// What a kustomization takes from its folder.
fn base(
    tree: &dyn Files,
    folder: &str,
    path: &str,
    found: &mut Found,
    is_ours: &dyn Fn(&str) -> bool,
) {
    let text = tree
        .read(path)
        .ok()
        .filter(|bytes| bytes.len() as u64 <= MAX_BYTES);
    let Some(text) = text.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return;
    };
    let base = kustomization::read(tree, folder, path, text);
    if base.is_overlay {
        found.overlays.push(path.to_owned());
        found.left_out.push(LeftOut {
            file: path.to_owned(),
            line: 0,
            why: "it is laid over another folder, and what it changes is not taken".to_owned(),
            help: "build it with `kubectl kustomize`, and start from what that prints".to_owned(),
        });
        return;
    }
    for file in &base.files {
        if !is_ours(file) {
            one(tree, file.clone(), found);
        }
    }
    found.left_out.extend(base.left_out);
    found.made.extend(base.made);
    found.bases.push(base.folder);
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

fn one(tree: &dyn Files, path: String, found: &mut Found) {
    let text = tree
        .read(&path)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = text else { return };
    let parsed = parse(text, Dialect::GoV2);
    let is_manifest = parsed
        .documents()
        .any(|document| document.root().is_some_and(is_object));
    if !is_manifest {
        return;
    }
    let manifest = Manifest::new(&path, parsed);
    if let Some(error) = manifest.tree.errors().first() {
        found.left_out.push(LeftOut {
            line: manifest.line(error.range.start),
            file: path,
            why: format!("it cannot be read: {}", error.message),
            help: "mend it, and run this again".to_owned(),
        });
        return;
    }
    found.files.push(manifest);
}

/// Whether a document is an object of Kubernetes.
pub(super) fn is_object(root: Node<'_>) -> bool {
    let is_text = |key| root.get(key).is_some_and(|value| value.as_str().is_some());
    is_text("apiVersion") && is_text("kind")
}

impl Manifest {
    /// A file that is parsed.
    pub(super) fn new(path: &str, tree: Tree) -> Self {
        Self {
            path: path.to_owned(),
            lines: LineIndex::new(tree.text()),
            tree,
            stands_at: None,
        }
    }

    /// The root of its only document.
    pub(super) fn root(&self) -> Option<Node<'_>> {
        self.tree.documents().next()?.root()
    }

    /// The line of an offset, from 1.
    pub(super) fn line(&self, offset: u32) -> u32 {
        if let Some(line) = self.stands_at {
            return line;
        }
        self.lines.line_col(self.tree.text(), offset).line
    }
}
