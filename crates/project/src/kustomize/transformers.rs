//! Transformers that a kustomization configures in files of their own.

use plimsoll_yaml::{Kind, Node};

use super::patch::{FieldPath, What};
use super::read::{Layer, keys, list, text};
use super::target::Target;

/// What a transformer does, apart from what stands in further files.
pub(super) enum Transformer {
    /// Known and taken into the layer.
    Taken,
    /// A patch or replacement, to be read like an item of the kustomization's own list.
    Patch,
    /// Lists of patches, under `paths` and `patches`.
    Patches,
    /// Replacements under `replacements`.
    Replacements,
    /// A program of one's own.
    Unknown,
}

/// Takes the changes of one of Kustomize's own transformers into the layer.
pub(super) fn take(root: Node<'_>, layer: &mut Layer) -> Transformer {
    if text(root, "apiVersion").as_deref() != Some("builtin") {
        return Transformer::Unknown;
    }
    let specs: Vec<(Target, FieldPath)> = list(root, "fieldSpecs").filter_map(field_spec).collect();
    let at_specs = |layer: &mut Layer, further: &[String]| {
        for (target, path) in &specs {
            let fields: Vec<FieldPath> = if further.is_empty() {
                vec![path.clone()]
            } else {
                further
                    .iter()
                    .map(|key| [path.as_slice(), std::slice::from_ref(key)].concat())
                    .collect()
            };
            layer.change(target.clone(), What::Fields(fields));
        }
    };
    match text(root, "kind").unwrap_or_default().as_str() {
        "LabelTransformer" => at_specs(layer, &keys(root, "labels")),
        "AnnotationsTransformer" => at_specs(layer, &keys(root, "annotations")),
        "NamespaceTransformer" => {
            layer.change(Target::default(), What::Namespace);
            at_specs(layer, &[]);
        }
        "PrefixTransformer" | "SuffixTransformer" | "PrefixSuffixTransformer" => {
            layer.renames = true;
            layer.change(Target::default(), What::References);
            at_specs(layer, &[]);
        }
        "ImageTagTransformer" => {
            if let Some(name) = root.get("imageTag").and_then(|image| text(image, "name")) {
                layer.change(Target::default(), What::Image(name));
            }
            at_specs(layer, &[]);
        }
        "ReplicaCountTransformer" => {
            if let Some(name) = root
                .get("replica")
                .and_then(|replica| text(replica, "name"))
            {
                layer.change(Target::exactly(None, Some(name)), What::Replicas);
            }
            at_specs(layer, &[]);
        }
        "ValueAddTransformer" => {
            for target in list(root, "targets") {
                let select = target
                    .present("selector")
                    .map(Target::read)
                    .unwrap_or_default();
                let path = text(target, "fieldPath").unwrap_or_default();
                layer.change(select, What::Fields(vec![slashed(&path)]));
            }
        }
        "PatchTransformer" | "PatchJson6902Transformer" => return Transformer::Patch,
        "PatchStrategicMergeTransformer" => return Transformer::Patches,
        "ReplacementTransformer" => return Transformer::Replacements,
        "HashTransformer" | "LegacyOrderTransformer" | "SortOrderTransformer" => {}
        _ => return Transformer::Unknown,
    }
    Transformer::Taken
}

/// Takes the fields that a file of `configurations` adds to the built-in transformers. Which of
/// them are at work is not considered.
pub(super) fn take_configuration(root: Node<'_>, layer: &mut Layer) {
    for entry in root.entries() {
        for item in entry.value.resolve().items().map(Node::resolve) {
            let nested = list(item, "fieldSpecs");
            let own = Some(item).filter(|_| item.get("fieldSpecs").is_none());
            let specs: Vec<(Target, FieldPath)> =
                nested.chain(own).filter_map(field_spec).collect();
            for (target, path) in specs {
                layer.change(target, What::Fields(vec![path]));
            }
        }
    }
}

/// A field of the objects of a group and kind.
fn field_spec(node: Node<'_>) -> Option<(Target, FieldPath)> {
    if node.kind() != Kind::Mapping {
        return None;
    }
    let mut target = Target::read(node);
    target.name = None;
    target.namespace = None;
    Some((target, slashed(&text(node, "path")?)))
}

/// The keys of `spec/template/spec/containers[]/image`.
fn slashed(path: &str) -> FieldPath {
    let escaped = path.replace("\\/", "\u{0}");
    let keys = escaped
        .split('/')
        .map(|key| key.trim_end_matches("[]").replace('\u{0}', "/"));
    keys.filter(|key| !key.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::slashed;

    #[test]
    fn slashed_paths_lose_their_brackets() {
        let read = |path: &str| slashed(path).join(" ");
        assert_eq!(
            read("spec/template/spec/containers[]/image"),
            "spec template spec containers image"
        );
        assert_eq!(
            read("metadata/annotations/example.org\\/a"),
            "metadata annotations example.org/a"
        );
    }
}
