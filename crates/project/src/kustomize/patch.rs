//! Which fields a change touches.

use plimsoll_yaml::{Kind, Node};

use super::target::{ObjectInfo, Target};

/// The most fields of one patch that are kept; with more, it touches everything.
const MAX_FIELDS: usize = 5_000;

/// A path of keys without the numbers of items.
pub(super) type FieldPath = Vec<String>;

/// One change that a kustomization makes.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) target: Target,
    pub(super) what: What,
    /// All that is called `name` in the patch: items of lists, above all.
    pub(super) names: Vec<String>,
}

/// What is changed in the objects selected.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// Not known.
    Anything,
    /// What a file says that is not in the tree: one that git ignores, and that whoever works
    /// with this kustomization has.
    Absent,
    /// These fields with all below them.
    Fields(Vec<FieldPath>),
    /// Images of this name.
    Image(String),
    /// The number of replicas.
    Replicas,
    /// The namespace of objects, and where they name it in others.
    Namespace,
    /// The names by which objects refer to others, which are generated or renamed.
    References,
    /// Labels with these keys.
    Labels {
        keys: Vec<String>,
        /// Those of pod templates too.
        templates: bool,
        /// Selectors too.
        selectors: bool,
    },
    /// Annotations with these keys, those of pod templates too.
    Annotations(Vec<String>),
}

impl Change {
    /// Whether it may change the field at `path`, or something above or below it, of some object.
    pub(super) fn touches(&self, path: &[&str]) -> bool {
        match &self.what {
            What::Anything | What::Absent => true,
            What::Fields(fields) => fields.iter().any(|field| overlap(field, path)),
            What::Image(_) => path.last() == Some(&"image"),
            What::Replicas => overlap_of(&["spec", "replicas"], path),
            What::Namespace => {
                overlap_of(&["metadata", "namespace"], path)
                    || overlap_of(&["subjects", "namespace"], path)
                    || path.ends_with(&["service", "namespace"])
            }
            What::References => refers(path),
            What::Labels {
                keys,
                templates,
                selectors,
            } => {
                pairs_at(path, "labels", keys, *templates || *selectors)
                    || *selectors && selectors_at(path, keys)
            }
            What::Annotations(keys) => pairs_at(path, "annotations", keys, true),
        }
    }

    /// Whether it may put an item whose name is wanted into the list at `path`.
    pub(super) fn may_add(&self, path: &[&str], wanted: &impl Fn(&str) -> bool) -> bool {
        let is_known = matches!(self.what, What::Fields(_)) && self.names.len() < MAX_FIELDS;
        self.touches(path) && (!is_known || self.names.iter().any(|name| wanted(name)))
    }

    /// Whether it may be made to this object.
    pub(super) fn applies_to(&self, object: &ObjectInfo, renames: bool) -> bool {
        let concerns = match &self.what {
            What::Image(name) => object.may_use_image(name),
            What::Replicas => {
                let kinds = [
                    "Deployment",
                    "ReplicaSet",
                    "ReplicationController",
                    "StatefulSet",
                ];
                kinds.contains(&object.kind.as_str())
            }
            _ => true,
        };
        concerns && self.target.selects(object, renames)
    }
}

/// Whether `path` holds the name of another object.
fn refers(path: &[&str]) -> bool {
    const HOLDERS: [&str; 15] = [
        "backend",
        "configMap",
        "configMapKeyRef",
        "configMapRef",
        "imagePullSecrets",
        "persistentVolumeClaim",
        "roleRef",
        "scaleTargetRef",
        "secret",
        "secretKeyRef",
        "secretRef",
        "secrets",
        "service",
        "subjects",
        "targetRef",
    ];
    match path {
        [.., holder, "name"] => HOLDERS.contains(holder),
        [.., last] => last.ends_with("Name") && *last != "generateName",
        [] => false,
    }
}

/// Whether `path` is at, above or below one of the pairs `key` of `metadata.<what>`.
fn pairs_at(path: &[&str], what: &str, keys: &[String], in_templates: bool) -> bool {
    if path.is_empty() || path == ["metadata"] {
        return true;
    }
    let mut at = path.windows(2).enumerate();
    at.any(|(at, pair)| {
        pair == ["metadata", what]
            && (at == 0 || in_templates)
            && path
                .get(at + 2)
                .is_none_or(|key| keys.iter().any(|known| known == key))
    })
}

/// Whether `path` is in the selector of a workload or service.
fn selectors_at(path: &[&str], keys: &[String]) -> bool {
    let mut at = path.iter().enumerate();
    at.any(|(at, part)| {
        matches!(*part, "selector" | "labelSelector" | "podSelector")
            && match &path[at + 1..] {
                [] | ["matchLabels"] => true,
                ["matchLabels", key, ..] | [key, ..] => keys.iter().any(|known| known == key),
            }
    })
}

/// Whether one of two paths leads to or through the other.
fn overlap(field: &[String], path: &[&str]) -> bool {
    field.iter().zip(path).all(|(a, b)| a == b)
}

fn overlap_of(field: &[&str], path: &[&str]) -> bool {
    field.iter().zip(path).all(|(a, b)| a == b)
}

/// The changes of the documents of a patch: strategic merges (mappings) or JSON patches
/// (sequences of operations). A strategic merge without `target` says itself what it changes.
pub(super) fn changes<'a>(
    roots: impl Iterator<Item = Node<'a>>,
    target: Option<&Target>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for root in roots.map(Node::resolve) {
        let what = match root.kind() {
            Kind::Sequence => operations(root),
            Kind::Mapping if root.get("op").is_some() && root.get("path").is_some() => {
                operation(root, &mut Some(Vec::new())).map_or(What::Anything, What::Fields)
            }
            Kind::Mapping => merge(root),
            _ => continue,
        };
        let target = target.cloned().unwrap_or_else(|| identity(root));
        let mut names = Vec::new();
        named(root, 0, &mut names);
        changes.push(Change {
            target,
            what,
            names,
        });
    }
    changes
}

/// Adds all that is called `name` below `node`; [`leaves`] has seen to it that there is not too much.
fn named(node: Node<'_>, depth: usize, into: &mut Vec<String>) {
    const MAX_DEPTH: usize = 100;
    let node = node.resolve();
    if depth > MAX_DEPTH || into.len() >= MAX_FIELDS {
        return;
    }
    for item in node.items() {
        named(item, depth + 1, into);
    }
    for entry in node.merged_entries() {
        let value = entry.value.resolve();
        let is_name = entry.key.resolve().text().as_deref() == Some("name");
        match value.text().filter(|_| is_name) {
            Some(name) => into.push(name.into_owned()),
            None => named(value, depth + 1, into),
        }
    }
}

/// The object that a strategic merge names.
fn identity(root: Node<'_>) -> Target {
    let text = |node: Option<Node<'_>>| node.and_then(|node| Some(node.text()?.into_owned()));
    Target::exactly(
        text(root.present("kind")),
        text(root.at(&["metadata", "name"])),
    )
}

/// The fields that a strategic merge sets, apart from those that only say which object it is.
fn merge(root: Node<'_>) -> What {
    let mut fields = Some(Vec::new());
    leaves(root, &mut Vec::new(), &mut fields);
    let Some(mut fields) = fields else {
        return What::Anything;
    };
    let names = |field: &FieldPath| {
        let parts: Vec<&str> = field.iter().map(String::as_str).collect();
        matches!(
            parts[..],
            ["apiVersion" | "kind"] | ["metadata", "name" | "namespace"]
        )
    };
    fields.retain(|field| !names(field));
    What::Fields(fields)
}

/// Adds the paths of all values below `node`. `None` when there are too many.
fn leaves(node: Node<'_>, path: &mut FieldPath, into: &mut Option<Vec<FieldPath>>) {
    const MAX_DEPTH: usize = 100;
    let node = node.resolve();
    let Some(found) = into else { return };
    if found.len() >= MAX_FIELDS || path.len() > MAX_DEPTH {
        *into = None;
        return;
    }
    let mut is_leaf = true;
    match node.kind() {
        Kind::Mapping => {
            // `$patch: replace` and `$patch: delete` reach all that was there.
            let directive = node
                .get("$patch")
                .is_some_and(|n| n.text().as_deref() != Some("merge"));
            if !directive {
                for entry in node.merged_entries() {
                    let key = entry.key.resolve().text().unwrap_or_default();
                    is_leaf = false;
                    // `$setElementOrder/containers` and the like order the list that they name.
                    let key = match key.split_once('/') {
                        Some((directive, list)) if directive.starts_with('$') => list.to_owned(),
                        _ => key.into_owned(),
                    };
                    path.push(key);
                    leaves(entry.value, path, into);
                    path.pop();
                }
            }
        }
        Kind::Sequence => {
            for item in node.items() {
                is_leaf = false;
                leaves(item, path, into);
            }
        }
        _ => {}
    }
    if is_leaf && let Some(found) = into {
        found.push(path.clone());
    }
}

/// The fields that a JSON patch touches.
fn operations(root: Node<'_>) -> What {
    let mut fields = Some(Vec::new());
    for item in root.items() {
        fields = operation(item.resolve(), &mut fields);
    }
    fields.map_or(What::Anything, What::Fields)
}

/// Adds the fields of one operation to `fields` and gives them back.
fn operation(node: Node<'_>, fields: &mut Option<Vec<FieldPath>>) -> Option<Vec<FieldPath>> {
    let mut fields = fields.take()?;
    let text = |key: &str| node.present(key).and_then(Node::text);
    let op = text("op").unwrap_or_default();
    if op == "test" {
        return Some(fields);
    }
    if op == "move"
        && let Some(from) = text("from")
    {
        fields.push(pointer(&from).0);
    }
    let (mut path, is_item) = pointer(&text("path")?);
    match node.get("value") {
        // A new item leaves the others alone.
        Some(value) if op == "add" && is_item => {
            let mut all = Some(fields);
            leaves(value, &mut path, &mut all);
            all
        }
        _ => {
            fields.push(path);
            Some(fields).filter(|fields| fields.len() <= MAX_FIELDS)
        }
    }
}

/// The keys of a JSON pointer, the numbers of items left out, and whether it ends with one.
fn pointer(text: &str) -> (FieldPath, bool) {
    let is_item =
        |part: &str| part == "-" || !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = text.split('/').skip(1).collect();
    let ends_with_item = parts.last().is_some_and(|part| is_item(part));
    let keys = parts
        .into_iter()
        .filter(|part| !is_item(part))
        .map(|part| part.replace("~1", "/").replace("~0", "~"));
    (keys.collect(), ends_with_item)
}
