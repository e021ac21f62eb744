//! What a `kustomization.yaml` says of the files in its folder.

use plimsoll_source::Tree as Files;
use plimsoll_yaml::{Dialect, Node, parse};

use super::LeftOut;
use super::cluster::items;
use super::reading::Manifest;

/// The names that Kustomize looks for.
pub(super) const NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The largest file that a generator reads, in bytes.
const MAX_BYTES: u64 = 256 * 1024;

/// A base: what it takes from its folder.
pub(super) struct Base {
    /// Its folder; empty for the root.
    pub(super) folder: String,
    /// Files of objects, relative to the root.
    pub(super) files: Vec<String>,
    /// Whether it is laid over something else.
    pub(super) is_overlay: bool,
    /// What generators make, as manifests without a value of a Secret.
    pub(super) made: Vec<Manifest>,
    pub(super) left_out: Vec<LeftOut>,
}

/// What changes nothing that is read here.
const MEANT: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "resources",
    "namespace",
    "labels",
    "commonLabels",
    "commonAnnotations",
    "configMapGenerator",
    "secretGenerator",
    "generatorOptions",
    "sortOptions",
];

/// Reads one. `folder` is its own, without a slash at its end.
pub(super) fn read(tree: &dyn Files, folder: &str, path: &str, text: String) -> Base {
    let mut base = Base {
        folder: folder.to_owned(),
        files: Vec::new(),
        is_overlay: false,
        made: Vec::new(),
        left_out: Vec::new(),
    };
    let manifest = Manifest::new(path, parse(text, Dialect::GoV2));
    let Some(root) = manifest.root() else {
        return base;
    };
    for key in ["resources", "bases", "components"] {
        for item in items(root, &[key]) {
            let Some(name) = item.as_str() else { continue };
            if name.contains("://") || name.starts_with("github.com/") || name.contains("?ref=") {
                base.leave(
                    &manifest,
                    item,
                    "it lies on a server, and is not taken",
                    "save it as a file beside the others",
                );
            } else if let Some(path) = plimsoll_source::files::join(folder, &name) {
                let is_inside = folder.is_empty() || path.starts_with(&format!("{folder}/"));
                if is_inside
                    && (path.ends_with(".yaml")
                        || path.ends_with(".yml")
                        || path.ends_with(".json"))
                {
                    base.files.push(path);
                } else if !is_inside {
                    base.is_overlay = true;
                }
            } else {
                base.is_overlay = true;
            }
        }
    }
    if base.is_overlay {
        base.left_out.clear();
        return base;
    }
    for entry in root.entries() {
        let key = entry.key.text().unwrap_or_default();
        if !MEANT.contains(&&*key) && !entry.value.is_null() {
            base.leave(
                &manifest,
                entry.key,
                &format!("`{key}` changes what the files say, and is not applied"),
                "build it with `kubectl kustomize`, and start from what that prints",
            );
        }
    }
    base.generators(tree, &manifest, root);
    base
}

impl Base {
    fn leave(&mut self, manifest: &Manifest, node: Node<'_>, why: &str, help: &str) {
        self.left_out.push(LeftOut {
            file: manifest.path.clone(),
            line: manifest.line(node.range().start),
            why: why.to_owned(),
            help: help.to_owned(),
        });
    }

    /// ConfigMaps and Secrets that are made of literals and files.
    fn generators(&mut self, tree: &dyn Files, manifest: &Manifest, root: Node<'_>) {
        for (key, kind) in [
            ("configMapGenerator", "ConfigMap"),
            ("secretGenerator", "Secret"),
        ] {
            for item in items(root, &[key]) {
                let Some(name) = item.get("name").and_then(Node::text) else {
                    continue;
                };
                let is_secret = kind == "Secret";
                let data = self.data(tree, item, is_secret);
                let mut text = format!(
                    "apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {}\n",
                    crate::emit::quoted(&name)
                );
                if !data.is_empty() {
                    text.push_str("data:\n");
                }
                for (key, value) in &data {
                    let (key, value) = (crate::emit::quoted(key), crate::emit::quoted(value));
                    text.extend(["  ", &key, ": ", &value, "\n"]);
                }
                let mut made = Manifest::new(&manifest.path, parse(text, Dialect::GoV2));
                made.stands_at = Some(manifest.line(item.range().start));
                self.made.push(made);
                self.leave(
                    manifest,
                    item,
                    &format!("the {kind} `{name}` is made by Kustomize, and not in the chart"),
                    "put it into a manifest, or into the chart by hand",
                );
            }
        }
    }

    /// Keys and values of a generator; of a Secret's the keys alone.
    fn data(&self, tree: &dyn Files, item: Node<'_>, is_secret: bool) -> Vec<(String, String)> {
        let mut data = Vec::new();
        let value = |text: &str| {
            if is_secret {
                String::new()
            } else {
                text.to_owned()
            }
        };
        for literal in items(item, &["literals"]) {
            if let Some((key, text)) = literal
                .text()
                .as_deref()
                .and_then(|text| text.split_once('='))
            {
                data.push((key.to_owned(), value(text.trim_matches(['"', '\'']))));
            }
        }
        for file in items(item, &["files"]) {
            let Some(file) = file.text() else { continue };
            let (key, path) = match file.split_once('=') {
                Some((key, path)) => (key, path),
                None => (file.rsplit('/').next().unwrap_or(&file), &*file),
            };
            // What a Secret's file holds is nobody's business here.
            let text = if is_secret {
                Some(String::new())
            } else {
                self.text(tree, path)
            };
            data.extend(text.map(|text| (key.to_owned(), text)));
        }
        let envs = items(item, &["envs"]).chain(item.present("env"));
        for file in envs {
            let text = file.text().and_then(|path| self.text(tree, &path));
            for line in text.as_deref().unwrap_or_default().lines() {
                let line = line.trim();
                if let Some((key, text)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
                    data.push((key.trim().to_owned(), value(text)));
                }
            }
        }
        data
    }

    fn text(&self, tree: &dyn Files, path: &str) -> Option<String> {
        let path = plimsoll_source::files::join(&self.folder, path)?;
        let bytes = tree.read(&path).ok()?;
        let fits = bytes.len() as u64 <= MAX_BYTES;
        String::from_utf8(bytes).ok().filter(|_| fits)
    }
}
