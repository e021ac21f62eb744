//! Which files are manifests.

use plimsoll_source::{EntryKind, LineIndex, Tree as Files};
use plimsoll_yaml::{Dialect, Node, Tree, parse};

use super::LeftOut;

/// A file of manifests.
pub(super) struct Manifest {
    /// Its path relative to the root.
    pub(super) path: String,
    pub(super) tree: Tree,
    lines: LineIndex,
}

/// What was found.
pub(super) struct Found {
    pub(super) files: Vec<Manifest>,
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

/// The manifests below the root, ordered by path. Charts are left alone, and so is what Kustomize
/// builds.
pub(super) fn manifests(tree: &dyn Files) -> Found {
    let mut found = Found {
        files: Vec::new(),
        left_out: Vec::new(),
    };
    let mut open = vec![(String::new(), 0)];
    let mut seen = 0;
    while let Some((folder, depth)) = open.pop() {
        let Ok(entries) = tree.list(&folder) else {
            continue;
        };
        if entries.iter().any(|entry| entry.name == "Chart.yaml") {
            continue;
        }
        let kustomization = entries.iter().find(|entry| {
            matches!(
                entry.name.as_str(),
                "kustomization.yaml" | "kustomization.yml" | "Kustomization"
            )
        });
        if let Some(entry) = kustomization {
            found.left_out.push(LeftOut {
                file: joined(&folder, &entry.name),
                line: 0,
                why: "Kustomize builds what is in its folder, so that nothing of it is taken"
                    .to_owned(),
                help: "build it with `kubectl kustomize`, and start from what that prints"
                    .to_owned(),
            });
        }
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
                    open.push((path, depth + 1));
                }
                EntryKind::File if kustomization.is_none() => {
                    let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
                    if is_yaml && entry.len <= MAX_BYTES {
                        one(tree, path, &mut found);
                    }
                }
                _ => {}
            }
        }
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    found
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
    let lines = LineIndex::new(&text);
    let parsed = parse(text, Dialect::GoV2);
    let is_manifest = parsed
        .documents()
        .any(|document| document.root().is_some_and(is_object));
    if !is_manifest {
        return;
    }
    if let Some(error) = parsed.errors().first() {
        found.left_out.push(LeftOut {
            line: lines.line_col(parsed.text(), error.range.start).line,
            file: path,
            why: format!("it cannot be read: {}", error.message),
            help: "mend it, and run this again".to_owned(),
        });
        return;
    }
    found.files.push(Manifest {
        path,
        tree: parsed,
        lines,
    });
}

/// Whether a document is an object of Kubernetes.
pub(super) fn is_object(root: Node<'_>) -> bool {
    let is_text = |key| root.get(key).is_some_and(|value| value.as_str().is_some());
    is_text("apiVersion") && is_text("kind")
}

impl Manifest {
    /// The line of an offset, from 1.
    pub(super) fn line(&self, offset: u32) -> u32 {
        self.lines.line_col(self.tree.text(), offset).line
    }
}
