//! A Compose file, what it defines at its top, and how to tell one.

use std::borrow::Cow;

use plimsoll_source::TextRange;
use plimsoll_yaml::{Document, Entry, Kind, Node, Tree};

use crate::naming::{NameRole, role_of_path};
use crate::service::Service;
use crate::view::{Value, boolean, mapping, value, values};

/// A Compose file: the first document of a tree that holds a mapping.
#[derive(Clone, Copy, Debug)]
pub struct ComposeFile<'a> {
    tree: &'a Tree,
    root: Node<'a>,
}

/// A kind of thing that services refer to by name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ResourceKind {
    /// `volumes`.
    Volume,
    /// `networks`.
    Network,
    /// `secrets`.
    Secret,
    /// `configs`.
    Config,
    /// `models`.
    Model,
}

impl ResourceKind {
    /// The key at the top of the file.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Volume => "volumes",
            Self::Network => "networks",
            Self::Secret => "secrets",
            Self::Config => "configs",
            Self::Model => "models",
        }
    }

    /// One of them, in words.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Network => "network",
            Self::Secret => "secret",
            Self::Config => "config",
            Self::Model => "model",
        }
    }
}

/// A volume, network, secret, config or model of the file.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Resource<'a> {
    entry: Entry<'a>,
}

impl<'a> Resource<'a> {
    /// The name by which services refer to it.
    pub fn name(self) -> Cow<'a, str> {
        self.entry.key.resolve().text().unwrap_or_default()
    }

    /// The key that names it.
    pub fn key(self) -> Node<'a> {
        self.entry.key
    }

    /// Its definition; null where nothing is said.
    pub fn node(self) -> Node<'a> {
        self.entry.value.resolve()
    }

    /// Whether it exists outside the project.
    pub fn is_external(self) -> bool {
        boolean(self.node(), "external").is_some_and(|(value, _)| value)
            || mapping(self.node(), "external").is_some()
    }

    /// A scalar of its definition: `file`, `environment`, `content`, `driver`, `name`.
    pub fn value(self, key: &str) -> Option<Value<'a>> {
        value(self.node(), key)
    }
}

/// One item of `include`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Include<'a> {
    node: Node<'a>,
}

impl<'a> Include<'a> {
    /// The item: a path or a mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// The files, the later ones merged over the first.
    pub fn paths(self) -> Vec<Value<'a>> {
        match Value::new(self.node) {
            Some(path) => vec![path],
            None => values(self.node, "path").collect(),
        }
    }
}

/// Keys at the top of a file that only Compose has.
const TOP_KEYS: [&str; 9] = [
    "services", "version", "name", "include", "volumes", "networks", "secrets", "configs", "models",
];

impl<'a> ComposeFile<'a> {
    /// The view of the first document that is a mapping. `None` if there is none.
    pub fn new(tree: &'a Tree) -> Option<Self> {
        let root = tree
            .documents()
            .filter_map(Document::root)
            .map(Node::resolve)
            .find(|root| root.kind() == Kind::Mapping)?;
        Some(Self { tree, root })
    }

    /// The tree.
    pub fn tree(self) -> &'a Tree {
        self.tree
    }

    /// The top mapping.
    pub fn node(self) -> Node<'a> {
        self.root
    }

    /// The entry of `version`.
    pub fn version(self) -> Option<Entry<'a>> {
        self.root.entry("version")
    }

    /// The project's name.
    pub fn name(self) -> Option<Value<'a>> {
        value(self.root, "name")
    }

    /// The services that are mappings, in source order.
    pub fn services(self) -> impl Iterator<Item = Service<'a>> + use<'a> {
        mapping(self.root, "services")
            .into_iter()
            .flat_map(Node::merged_entries)
            .filter_map(Service::new)
    }

    /// The service of this name.
    pub fn service(self, name: &str) -> Option<Service<'a>> {
        Service::new(mapping(self.root, "services")?.entry(name)?)
    }

    /// Whether a service of this name is written, even with nothing or nonsense in it.
    pub fn names_service(self, name: &str) -> bool {
        mapping(self.root, "services").is_some_and(|services| services.entry(name).is_some())
    }

    /// What the file defines of one kind.
    pub fn resources(self, kind: ResourceKind) -> impl Iterator<Item = Resource<'a>> + use<'a> {
        mapping(self.root, kind.key())
            .into_iter()
            .flat_map(Node::merged_entries)
            .map(|entry| Resource { entry })
    }

    /// The resource of this kind and name.
    pub fn resource(self, kind: ResourceKind, name: &str) -> Option<Resource<'a>> {
        Some(Resource {
            entry: mapping(self.root, kind.key())?.entry(name)?,
        })
    }

    /// `volumes` at the top.
    pub fn volumes(self) -> impl Iterator<Item = Resource<'a>> + use<'a> {
        self.resources(ResourceKind::Volume)
    }

    /// `networks` at the top.
    pub fn networks(self) -> impl Iterator<Item = Resource<'a>> + use<'a> {
        self.resources(ResourceKind::Network)
    }

    /// `secrets` at the top.
    pub fn secrets(self) -> impl Iterator<Item = Resource<'a>> + use<'a> {
        self.resources(ResourceKind::Secret)
    }

    /// `configs` at the top.
    pub fn configs(self) -> impl Iterator<Item = Resource<'a>> + use<'a> {
        self.resources(ResourceKind::Config)
    }

    /// `include`: further files that are loaded with this one.
    pub fn includes(self) -> impl Iterator<Item = Include<'a>> + use<'a> {
        let found = self.root.get("include");
        let single = found.filter(|node| Value::new(*node).is_some());
        single
            .into_iter()
            .chain(found.into_iter().flat_map(Node::items).map(Node::resolve))
            .map(|node| Include { node })
    }

    /// The mapping at the top.
    pub(crate) fn root(self) -> Node<'a> {
        self.root
    }

    /// Whether the text is all there is to know of the project: one document, no `include`, no
    /// syntax error, and every service says what to run. A file that is not whole is merged with
    /// others, so that nothing is certainly missing from it.
    pub fn is_whole(self) -> bool {
        let documents = self
            .tree
            .documents()
            .filter(|document| document.root().is_some())
            .count();
        documents == 1
            && self.tree.errors().is_empty()
            && self.root.present("include").is_none()
            && self.services().all(Service::is_runnable)
    }

    /// The first service's key if the file has the layout of Compose v1: services at the top,
    /// no `services` key.
    pub fn v1_head(self) -> Option<TextRange> {
        let root = self.root;
        if TOP_KEYS
            .iter()
            .any(|key| *key != "name" && root.entry(key).is_some())
            || root.entry("apiVersion").is_some()
        {
            return None;
        }
        let mut head = None;
        for entry in root.merged_entries() {
            let key = entry.key.resolve().text().unwrap_or_default();
            if key.starts_with("x-") {
                continue;
            }
            let service = Service::new(entry)?;
            if !["image", "build", "extends"]
                .iter()
                .any(|key| service.value(key).is_some())
                && service.extends().is_none()
            {
                return None;
            }
            head = head.or(Some(entry.key.range()));
        }
        head
    }
}

/// Whether the file at `path` is meant for Compose: by its content, and its name where the
/// content leaves doubt. Symfony's `services.yaml`, GitLab's and Drone's pipelines and
/// Kubernetes manifests have `services` too.
pub fn looks_like_compose(path: &str, tree: &Tree) -> bool {
    let named = role_of_path(path) != NameRole::Other;
    let Some(file) = ComposeFile::new(tree) else {
        return false;
    };
    let root = file.root;
    if root.entry("apiVersion").is_some() && root.entry("kind").is_some() {
        return false;
    }
    if file.v1_head().is_some() {
        return named;
    }
    if named {
        let shaped = |key| mapping(root, key).is_some();
        return shaped("services")
            || root.entry("include").is_some()
            || (root
                .entry("services")
                .is_some_and(|entry| entry.value.is_null()))
            || ["volumes", "networks", "secrets", "configs"]
                .into_iter()
                .any(shaped);
    }
    let known = |entry: Entry<'_>| {
        let key = entry.key.resolve().text().unwrap_or_default();
        TOP_KEYS.contains(&key.as_ref()) || key.starts_with("x-") || key == "<<"
    };
    root.entries().all(known)
        && file.services().any(|service| {
            let image = service.image().is_some();
            image || service.build().is_some() || service.extends().is_some()
        })
        // Files of other tools that have services as well, such as KubeVela's.
        && file.services().all(|service| {
            ["class", "type", "cmd"]
                .iter()
                .all(|key| service.value(key).is_none())
        })
}
