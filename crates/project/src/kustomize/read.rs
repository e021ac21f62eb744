//! Reading a `kustomization.yaml`.

use plimsoll_source::Tree;
use plimsoll_source::files::{join, parent};
use plimsoll_yaml::{self as yaml, Dialect, Document, Kind, Node};

use super::patch::{self, Change, What};
use super::target::Target;
use super::transformers::{self, Transformer};

/// The largest patch file that is read.
const MAX_PATCH_BYTES: usize = 4 * 1024 * 1024;

/// The most patch files that are read besides those under review.
const MAX_PATCH_FILES: usize = 5_000;

/// The most entries of one list.
const MAX_ENTRIES: usize = 10_000;

/// What a kustomization includes and changes.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) path: String,
    pub(super) dir: String,
    /// Files and folders, relative to the root.
    pub(super) resources: Vec<String>,
    /// Folders of components, relative to the root.
    pub(super) components: Vec<String>,
    /// Files of patches, relative to the root.
    pub(super) patch_files: Vec<String>,
    pub(super) changes: Vec<Change>,
    /// Whether it adds to the names of objects.
    pub(super) renames: bool,
}

/// Reads kustomizations and the patches that they name.
pub(super) struct Reader<'t, F> {
    tree: &'t dyn Tree,
    /// The parsed form of a file that is a manifest under review.
    parsed: F,
    files_left: usize,
}

impl<'t, F: Fn(&str) -> Option<&'t yaml::Tree>> Reader<'t, F> {
    pub(super) fn new(tree: &'t dyn Tree, parsed: F) -> Self {
        Self {
            tree,
            parsed,
            files_left: MAX_PATCH_FILES,
        }
    }

    /// Reads the kustomization at `path`.
    pub(super) fn layer(&mut self, path: &str, tree: &yaml::Tree) -> Layer {
        let dir = parent(path).to_owned();
        let mut layer = Layer {
            path: path.to_owned(),
            dir,
            ..Layer::default()
        };
        let root = tree.documents().find_map(Document::root).map(Node::resolve);
        let Some(root) = root.filter(|root| root.kind() == Kind::Mapping) else {
            return layer;
        };
        layer.included(root);
        for item in list(root, "patches") {
            self.patch_entry(&mut layer, item);
        }
        for item in list(root, "patchesJson6902") {
            self.patch_entry(&mut layer, item);
        }
        for text in texts(root, "patchesStrategicMerge") {
            self.strategic_merge(&mut layer, &text);
        }
        layer.transformed(root);
        for item in list(root, "replacements") {
            self.replacement(&mut layer, item);
        }
        for text in texts(root, "transformers") {
            self.transformers(&mut layer, &text);
        }
        for text in texts(root, "configurations") {
            let read = layer.path_in(&text).and_then(|path| {
                self.with_documents(&path, |roots| {
                    roots.for_each(|root| transformers::take_configuration(root, &mut layer));
                })
            });
            if read.is_none() {
                layer.change(Target::default(), What::Anything);
            }
        }
        layer
    }

    /// An item of `patches` or `patchesJson6902`.
    fn patch_entry(&mut self, layer: &mut Layer, item: Node<'_>) {
        // Before there were targets an item was a path, or the patch itself.
        if let Some(text) = item.as_str() {
            self.strategic_merge(layer, &text);
            return;
        }
        let target = item
            .present("target")
            .filter(|node| node.kind() == Kind::Mapping);
        let target = target.map(Target::read);
        let text = |key: &str| item.present(key).and_then(Node::text);
        if let Some(inline) = text("patch").filter(|text| !text.trim().is_empty()) {
            layer.inline(&inline, target.as_ref());
        } else if let Some(path) = text("path") {
            self.patch_file(layer, &path, target.as_ref());
        }
    }

    /// An item of `patchesStrategicMerge`: a file, or the text itself.
    fn strategic_merge(&mut self, layer: &mut Layer, text: &str) {
        if text.contains('\n') {
            layer.inline(text, None);
        } else {
            self.patch_file(layer, text, None);
        }
    }

    /// A patch in a file of its own. One that cannot be read may change anything.
    fn patch_file(&mut self, layer: &mut Layer, path: &str, target: Option<&Target>) {
        let changes = join(&layer.dir, path)
            .filter(|_| !is_remote(path))
            .and_then(|path| {
                let changes = self.with_documents(&path, |roots| patch::changes(roots, target));
                layer.patch_files.push(path);
                changes
            });
        match changes {
            Some(changes) => layer.changes.extend(changes),
            None => {
                let place = join(&layer.dir, path).filter(|_| !is_remote(path));
                let is_absent = place.is_some_and(|path| self.tree.kind(&path).is_none());
                layer.changes.push(Change {
                    target: target.cloned().unwrap_or_default(),
                    what: if is_absent {
                        What::Absent
                    } else {
                        What::Anything
                    },
                    names: Vec::new(),
                });
            }
        }
    }

    /// An item of `transformers`: a file, a folder, or the text itself.
    fn transformers(&mut self, layer: &mut Layer, item: &str) {
        let tree = if item.contains('\n') {
            Some(yaml::parse(item, Dialect::GoV2))
        } else {
            layer.path_in(item).and_then(|path| self.parse(&path))
        };
        let Some(tree) = tree.filter(|tree| tree.errors().is_empty()) else {
            return layer.change(Target::default(), What::Anything);
        };
        for root in tree
            .documents()
            .filter_map(Document::root)
            .map(Node::resolve)
        {
            match transformers::take(root, layer) {
                Transformer::Taken => {}
                Transformer::Patch => self.patch_entry(layer, root),
                Transformer::Patches => {
                    for key in ["paths", "patches"] {
                        for text in texts(root, key) {
                            self.strategic_merge(layer, &text);
                        }
                    }
                }
                Transformer::Replacements => {
                    for item in list(root, "replacements") {
                        self.replacement(layer, item);
                    }
                }
                Transformer::Unknown => layer.change(Target::default(), What::Anything),
            }
        }
    }

    /// Gives the documents of a file to `use_them`; `None` if it cannot be read as YAML.
    fn with_documents<T>(
        &mut self,
        path: &str,
        use_them: impl FnOnce(&mut dyn Iterator<Item = Node<'_>>) -> T,
    ) -> Option<T> {
        if let Some(tree) = (self.parsed)(path) {
            return tree
                .errors()
                .is_empty()
                .then(|| use_them(&mut tree.documents().filter_map(Document::root)));
        }
        let tree = self.parse(path)?;
        tree.errors()
            .is_empty()
            .then(|| use_them(&mut tree.documents().filter_map(Document::root)))
    }

    /// Parses a file that is not under review.
    fn parse(&mut self, path: &str) -> Option<yaml::Tree> {
        self.files_left = self.files_left.checked_sub(1)?;
        let bytes = self
            .tree
            .read(path)
            .ok()
            .filter(|bytes| bytes.len() <= MAX_PATCH_BYTES)?;
        Some(yaml::parse(String::from_utf8(bytes).ok()?, Dialect::GoV2))
    }

    /// An item of `replacements`: in place, or a file that holds one or several.
    fn replacement(&mut self, layer: &mut Layer, item: Node<'_>) {
        let Some(path) = item.present("path").and_then(Node::text) else {
            return layer.replaced(item);
        };
        let found = join(&layer.dir, &path)
            .filter(|_| !is_remote(&path))
            .and_then(|path| {
                self.with_documents(&path, |roots| {
                    for root in roots {
                        match root.kind() {
                            Kind::Sequence => {
                                root.items().for_each(|item| layer.replaced(item.resolve()));
                            }
                            _ => layer.replaced(root),
                        }
                    }
                })
            });
        if found.is_none() {
            layer.changes.push(Change {
                target: Target::default(),
                what: What::Anything,
                names: Vec::new(),
            });
        }
    }
}

impl Layer {
    fn included(&mut self, root: Node<'_>) {
        for key in ["resources", "bases"] {
            for text in texts(root, key) {
                self.resources.extend(self.path_in(&text));
            }
        }
        for text in texts(root, "components") {
            match self.path_in(&text) {
                Some(path) => self.components.push(path),
                None => self.change(Target::default(), What::Anything),
            }
        }
    }

    /// A path written in the kustomization, relative to the root.
    fn path_in(&self, text: &str) -> Option<String> {
        join(&self.dir, text).filter(|_| !is_remote(text))
    }

    fn inline(&mut self, text: &str, target: Option<&Target>) {
        let tree = yaml::parse(text, Dialect::GoV2);
        if tree.errors().is_empty() {
            let roots = tree.documents().filter_map(Document::root);
            self.changes.extend(patch::changes(roots, target));
        } else {
            self.change(target.cloned().unwrap_or_default(), What::Anything);
        }
    }

    /// The fields that stand for built-in transformers.
    fn transformed(&mut self, root: Node<'_>) {
        let all = Target::default;
        for item in list(root, "images") {
            if let Some(name) = text(item, "name") {
                self.change(all(), What::Image(name));
            }
        }
        for item in list(root, "replicas") {
            self.change(Target::exactly(None, text(item, "name")), What::Replicas);
        }
        if text(root, "namespace").is_some() {
            self.change(all(), What::Namespace);
        }
        if text(root, "namePrefix").is_some() || text(root, "nameSuffix").is_some() {
            self.renames = true;
            self.change(all(), What::References);
            self.change(all(), What::Fields(vec![path(&["metadata", "name"])]));
        }
        let common = keys(root, "commonLabels");
        if !common.is_empty() {
            self.change(
                all(),
                What::Labels {
                    keys: common,
                    templates: true,
                    selectors: true,
                },
            );
        }
        for item in list(root, "labels") {
            let flag = |key: &str| item.get(key).and_then(Node::as_bool) == Some(true);
            let keys = keys(item, "pairs");
            if item.present("fields").is_some() {
                self.change(all(), What::Anything);
            } else if !keys.is_empty() {
                let selectors = flag("includeSelectors");
                let templates = selectors || flag("includeTemplates");
                self.change(
                    all(),
                    What::Labels {
                        keys,
                        templates,
                        selectors,
                    },
                );
            }
        }
        let annotations = keys(root, "commonAnnotations");
        if !annotations.is_empty() {
            self.change(all(), What::Annotations(annotations));
        }
        for (key, kind) in [
            ("configMapGenerator", "ConfigMap"),
            ("secretGenerator", "Secret"),
        ] {
            for item in list(root, key) {
                // Its name ends with a hash of its content.
                self.change(all(), What::References);
                // Otherwise it makes an object of its own.
                if matches!(text(item, "behavior").as_deref(), Some("merge" | "replace")) {
                    let target = Target::exactly(Some(kind.to_owned()), text(item, "name"));
                    self.change(target, What::Anything);
                }
            }
        }
    }

    /// One replacement: values copied into fields of other objects.
    fn replaced(&mut self, item: Node<'_>) {
        for target in list(item, "targets") {
            let select = target
                .present("select")
                .map(Target::read)
                .unwrap_or_default();
            let paths: Vec<String> = texts(target, "fieldPaths").collect();
            // Without paths it is the name that is replaced.
            let fields = if paths.is_empty() {
                vec![path(&["metadata", "name"])]
            } else {
                paths.iter().map(|path| field_path(path)).collect()
            };
            self.change(select, What::Fields(fields));
        }
    }

    pub(super) fn change(&mut self, target: Target, what: What) {
        self.changes.push(Change {
            target,
            what,
            names: Vec::new(),
        });
    }
}

/// Whether a resource is fetched from elsewhere.
fn is_remote(text: &str) -> bool {
    text.contains("://")
        || text.contains("?ref=")
        || text.starts_with("git@")
        || text.starts_with("git::")
        || text.starts_with("github.com/")
        || text.starts_with("gitlab.com/")
        || text.starts_with("bitbucket.org/")
}

fn path(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|&key| key.to_owned()).collect()
}

/// The keys of a path such as `spec.template.spec.containers.[name=web].image` or
/// `metadata.annotations.[example.org/key]`; selectors and numbers of items are left out.
fn field_path(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut key = String::new();
    let mut in_brackets = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => key.extend(chars.next()),
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            '.' if !in_brackets => keys.push(std::mem::take(&mut key)),
            c => key.push(c),
        }
    }
    keys.push(key);
    let is_item = |key: &String| {
        key.is_empty()
            || key == "*"
            || key == "-"
            || key.contains('=')
            || key.bytes().all(|b| b.is_ascii_digit())
    };
    keys.retain(|key| !is_item(key));
    keys
}

/// The items of a list, aliases followed.
pub(super) fn list<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    node.present(key)
        .into_iter()
        .flat_map(Node::items)
        .map(Node::resolve)
        .take(MAX_ENTRIES)
}

/// The scalars of a list.
fn texts<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = String> + use<'a> {
    list(node, key).filter_map(|item| Some(item.text()?.into_owned()))
}

pub(super) fn text(node: Node<'_>, key: &str) -> Option<String> {
    let text = node.present(key)?.text()?.into_owned();
    Some(text).filter(|text| !text.is_empty())
}

pub(super) fn keys(node: Node<'_>, key: &str) -> Vec<String> {
    let pairs = node
        .present(key)
        .into_iter()
        .flat_map(Node::merged_entries)
        .take(MAX_ENTRIES);
    pairs
        .filter_map(|pair| Some(pair.key.resolve().text()?.into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::field_path;

    #[test]
    fn field_paths_lose_their_selectors() {
        for (text, expected) in [
            (
                "spec.template.spec.containers.[name=web].image",
                "spec template spec containers image",
            ),
            (
                "spec.template.spec.containers.0.env.*.value",
                "spec template spec containers env value",
            ),
            (
                "metadata.annotations.[example.org/key]",
                "metadata annotations example.org/key",
            ),
            ("metadata.labels.a\\.b", "metadata labels a.b"),
        ] {
            assert_eq!(field_path(text).join(" "), expected);
        }
    }
}
