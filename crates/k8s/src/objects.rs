//! Kubernetes objects in a tree and what they are called.

use std::borrow::Cow;
use std::collections::HashSet;

use plimsoll_source::TextRange;
use plimsoll_yaml::{Document, Kind, Node, Tree};

use crate::documents::{DocumentClass, classify, is_builtin_group};
use crate::labels::Labels;
use crate::view::{head, mapping, sequence, string, string_node};

/// How deep lists are looked into.
const MAX_LIST_DEPTH: u32 = 4;

/// A Kubernetes object: a mapping with `apiVersion` and `kind`, or an item of a typed list.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Object<'a> {
    node: Node<'a>,
    // Kept, because every rule asks for them first.
    api_version: &'a str,
    kind: &'a str,
}

impl<'a> Object<'a> {
    /// The view of a mapping that has `apiVersion` and `kind` as non-empty strings. Lists are
    /// objects here too; [`objects()`] takes them apart.
    pub fn new(node: Node<'a>) -> Option<Self> {
        let node = node.resolve();
        if node.kind() != Kind::Mapping {
            return None;
        }
        let named = |key| named(node, key).filter(|text| !text.is_empty());
        Some(Self {
            node,
            api_version: named("apiVersion")?,
            kind: named("kind")?,
        })
    }

    /// An item of the typed list `list` that leaves to it what it lacks.
    fn of_list(node: Node<'a>, list: Self) -> Self {
        let of_list = list.kind.strip_suffix("List").unwrap_or(list.kind);
        Self {
            node,
            api_version: named(node, "apiVersion").unwrap_or(list.api_version),
            kind: named(node, "kind").unwrap_or(of_list),
        }
    }

    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// Such as `apps/v1`.
    pub fn api_version(self) -> Cow<'a, str> {
        Cow::Borrowed(self.api_version)
    }

    /// The API group, empty for the core group.
    pub fn group(self) -> Cow<'a, str> {
        let group = self.api_version.split_once('/');
        Cow::Borrowed(group.map_or("", |(group, _)| group))
    }

    /// The version without the group, such as `v1`.
    pub fn version(self) -> String {
        let version = self.api_version.split_once('/');
        version
            .map_or(self.api_version, |(_, version)| version)
            .to_owned()
    }

    /// Such as `Deployment`.
    pub fn kind(self) -> Cow<'a, str> {
        Cow::Borrowed(self.kind)
    }

    /// Whether it is of this group and kind, whatever its version.
    pub fn is(self, group: &str, kind: &str) -> bool {
        self.kind == kind && self.group() == group
    }

    /// Whether its group is one of Kubernetes' own; anything else is a custom resource.
    pub fn is_builtin(self) -> bool {
        is_builtin_group(&self.group())
    }

    /// The `metadata` mapping.
    pub fn metadata(self) -> Option<Node<'a>> {
        mapping(self.node, "metadata")
    }

    /// The `spec` mapping.
    pub fn spec(self) -> Option<Node<'a>> {
        mapping(self.node, "spec")
    }

    /// `metadata.name`, or `metadata.generateName` where there is no name.
    pub fn name(self) -> Option<Cow<'a, str>> {
        self.name_node()?.as_str()
    }

    /// The node of [`Object::name`].
    pub fn name_node(self) -> Option<Node<'a>> {
        let metadata = self.metadata()?;
        let given = |key| {
            metadata
                .get(key)
                .filter(|node| node.as_str().is_some_and(|text| !text.is_empty()))
        };
        given("name").or_else(|| given("generateName"))
    }

    /// `metadata.namespace` as written. `None` is not `default`: the command that applies the
    /// file decides.
    pub fn namespace(self) -> Option<Cow<'a, str>> {
        string(self.metadata()?, "namespace").filter(|text| !text.is_empty())
    }

    /// The node of `metadata.namespace`.
    pub fn namespace_node(self) -> Option<Node<'a>> {
        string_node(self.metadata()?, "namespace")
    }

    /// `metadata.labels`.
    pub fn labels(self) -> Labels<'a> {
        Labels::new(self.metadata().and_then(|node| node.get("labels")))
    }

    /// `metadata.annotations`.
    pub fn annotations(self) -> Labels<'a> {
        Labels::new(self.metadata().and_then(|node| node.get("annotations")))
    }

    /// `Kind/namespace/name`, the namespace empty where the file gives none.
    pub fn id(self) -> String {
        format!(
            "{}/{}/{}",
            self.kind(),
            self.namespace().unwrap_or_default(),
            self.name().unwrap_or_default()
        )
    }

    /// The `kind:` entry: where a finding about the whole object, or something missing in it,
    /// stands.
    pub fn head(self) -> TextRange {
        head(self.node, &["kind", "metadata"])
    }

    /// Where something missing at `path` would go: the key of the deepest mapping along the path
    /// that is there, else the head. `missing_at(&["spec", "strategy"])` gives the key `spec`.
    pub fn missing_at(self, path: &[&str]) -> TextRange {
        missing_below(self.node, path).unwrap_or_else(|| self.head())
    }
}

/// The key of the deepest mapping along `path` below `node`; `None` if not even the first is
/// there.
pub fn missing_below(node: Node<'_>, path: &[&str]) -> Option<TextRange> {
    let mut at = node;
    let mut found = None;
    for key in path {
        let Some(entry) = at.entry(key) else { break };
        let value = entry.value.resolve();
        if value.kind() == Kind::Scalar && !value.is_null() {
            break;
        }
        found = Some(entry.key.range());
        at = value;
    }
    found
}

/// All objects of all documents, in order, with the items of lists in the place of the list.
/// Documents that are something else or are encrypted (see [`classify`]) give none.
pub fn objects(tree: &Tree) -> Vec<Object<'_>> {
    collect(tree.documents(), &[DocumentClass::Manifest])
}

/// The objects of one document, like [`objects()`].
pub fn objects_of(document: Document<'_>) -> Vec<Object<'_>> {
    collect(std::iter::once(document), &[DocumentClass::Manifest])
}

/// The objects that SOPS has encrypted: they exist under their names, and nothing else is known.
pub fn encrypted_objects(tree: &Tree) -> Vec<Object<'_>> {
    collect(tree.documents(), &[DocumentClass::Encrypted])
}

fn collect<'a>(
    documents: impl Iterator<Item = Document<'a>>,
    classes: &[DocumentClass],
) -> Vec<Object<'a>> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for root in documents.filter_map(Document::root) {
        if let Some(object) = Object::new(root)
            && classes.contains(&classify(root))
        {
            flatten(object, MAX_LIST_DEPTH, &mut seen, &mut found);
        }
    }
    found
}

/// Puts an object, or what its list holds, into `into`. An item that aliases repeat is taken
/// once: there is one place to report on, and no end to what a small file could ask for.
fn flatten<'a>(
    object: Object<'a>,
    depth: u32,
    seen: &mut HashSet<u32>,
    into: &mut Vec<Object<'a>>,
) {
    let kind = object.kind;
    let items = sequence(object.node, "items").filter(|_| kind.ends_with("List") && depth > 0);
    let Some(items) = items else {
        into.push(object);
        return;
    };
    for item in items.items().map(Node::resolve) {
        if item.kind() != Kind::Mapping || !seen.insert(item.range().start) {
            continue;
        }
        if let Some(inner) = Object::new(item) {
            flatten(inner, depth - 1, seen, into);
        } else if kind != "List" {
            // A client prints typed lists without repeating kind and version in the items.
            into.push(Object::of_list(item, object));
        }
    }
}

/// The string under `key` as it is written: nobody writes what an object is called in base64
/// (`!!binary`).
fn named<'a>(node: Node<'a>, key: &str) -> Option<&'a str> {
    string_node(node, key)?.str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_yaml::{Dialect, parse};

    fn ids(text: &str) -> Vec<String> {
        let tree = parse(text, Dialect::GoV2);
        objects(&tree).into_iter().map(Object::id).collect()
    }

    #[test]
    fn documents_and_list_items_come_in_order() {
        let text = "\
# first
---
apiVersion: v1
kind: Service
metadata: {name: a, namespace: shop}
---
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
- {apiVersion: apps/v1, kind: DeploymentList, items: [{metadata: {name: c}}, 5]}
- {note: neither}
---
apiVersion: batch/v1
kind: Job
metadata: {generateName: d-}
";
        assert_eq!(
            ids(text),
            ["Service/shop/a", "ConfigMap//b", "Deployment//c", "Job//d-"]
        );
    }

    #[test]
    fn a_custom_kind_may_end_in_list() {
        assert_eq!(
            ids("apiVersion: a.example/v1\nkind: AllowList\nmetadata: {name: x}\nspec: {}\n"),
            ["AllowList//x"]
        );
    }

    #[test]
    fn an_item_of_a_typed_list_takes_version_and_kind_from_it() {
        let text = "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: c}\n";
        let tree = parse(text, Dialect::GoV2);
        let all = objects(&tree);
        assert!(all[0].is("apps", "Deployment"));
        assert_eq!(all[0].version(), "v1");
        assert_eq!(all[0].head().of(text), "metadata");
    }

    #[test]
    fn an_item_repeated_by_aliases_is_one_object() {
        let pod = "- &a {apiVersion: v1, kind: Pod, metadata: {name: x}}\n";
        let more = "- *a\n".repeat(500);
        assert_eq!(
            ids(&format!("apiVersion: v1\nkind: List\nitems:\n{pod}{more}")),
            ["Pod//x"]
        );
    }

    #[test]
    fn lists_of_lists_end() {
        let mut text = String::from("apiVersion: v1\nkind: List\nitems:\n");
        for depth in 0..40 {
            let indent = "  ".repeat(depth);
            for line in ["- apiVersion: v1\n", "  kind: List\n", "  items:\n"] {
                text.push_str(&indent);
                text.push_str(line);
            }
        }
        assert_eq!(ids(&text).len(), 1);
    }

    #[test]
    fn something_missing_goes_to_the_deepest_mapping_there_is() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  securityContext:\n";
        let tree = parse(text, Dialect::GoV2);
        let object = objects(&tree)[0];
        let at = |path: &[&str]| object.missing_at(path).of(text);
        assert_eq!(
            at(&["spec", "securityContext", "runAsUser"]),
            "securityContext"
        );
        assert_eq!(at(&["spec", "volumes"]), "spec");
        assert_eq!(at(&["data"]), "kind: Pod");
        assert_eq!(at(&["kind", "x"]), "kind: Pod");
    }

    #[test]
    fn names_that_are_no_strings_are_absent() {
        let tree = parse(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: 5}\n",
            Dialect::GoV2,
        );
        assert_eq!(objects(&tree)[0].name(), None);
        assert_eq!(objects(&tree)[0].id(), "Pod//");
    }
}
