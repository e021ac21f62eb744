//! What the manifests say together: workloads, what calls them, and what they read.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_k8s::{LabelSelector, Labels, Object, Workload, WorkloadKind, objects};
use plimsoll_yaml::Node;

use super::reading::Manifest;

/// The most objects that are looked at.
const MAX_OBJECTS: usize = 5_000;

/// All objects by what they are for.
#[derive(Default)]
pub(super) struct Cluster<'a> {
    pub(super) workloads: Vec<Workload<'a>>,
    pub(super) services: Vec<Called<'a>>,
    /// Data of ConfigMaps: key and value.
    pub(super) configs: BTreeMap<String, Vec<(String, Node<'a>)>>,
    /// Keys of Secrets, whoever makes them; no value.
    pub(super) secrets: BTreeMap<String, BTreeSet<String>>,
    /// Secrets that an object here makes.
    pub(super) made: BTreeSet<String>,
    /// Services that are called from outside.
    pub(super) public: BTreeSet<String>,
    /// Objects by name and kind, for what is said of each.
    pub(super) objects: Vec<Object<'a>>,
    /// Objects that stood before under the same kind, name and namespace: only one of them can be meant.
    pub(super) again: Vec<Object<'a>>,
    seen: BTreeSet<String>,
}

/// A Service.
pub(super) struct Called<'a> {
    pub(super) name: String,
    pub(super) node: Node<'a>,
    selector: Option<LabelSelector<'a>>,
    /// Its ports: number, and what they lead to by number or name.
    pub(super) ports: Vec<(u16, String)>,
}

impl<'a> Cluster<'a> {
    pub(super) fn new(files: impl Iterator<Item = &'a Manifest>) -> Self {
        let mut cluster = Self::default();
        let all = files.flat_map(|file| objects(&file.tree));
        for object in all.take(MAX_OBJECTS) {
            cluster.add(object);
        }
        cluster
    }

    fn add(&mut self, object: Object<'a>) {
        let name = object.name().map(|name| name.into_owned());
        if let Some(name) = &name {
            let namespace = object.namespace().unwrap_or_default();
            let own = format!("{}/{namespace}/{name}/{}", object.kind(), object.group());
            if !self.seen.insert(own) {
                self.again.push(object);
                return;
            }
        }
        self.objects.push(object);
        let Some(name) = name else { return };
        let is_workload = |workload: &Workload<'a>| {
            workload.pod().is_some() && workload.kind() != WorkloadKind::PodTemplate
        };
        if let Some(workload) = Workload::new(object).filter(is_workload) {
            self.workloads.push(workload);
            return;
        }
        match &*object.kind() {
            "Service" => self.service(name, object.node()),
            "ConfigMap" => {
                let data = object.node().get("data");
                let entries = data.into_iter().flat_map(Node::entries);
                let entries = entries.filter_map(|entry| {
                    let key = entry.key.text()?.into_owned();
                    Some((key, entry.value.resolve()))
                });
                self.configs.entry(name).or_default().extend(entries);
            }
            "Secret" => {
                let keys = ["data", "stringData"]
                    .into_iter()
                    .filter_map(|key| object.node().get(key))
                    .flat_map(Node::entries);
                let keys = keys.filter_map(|entry| Some(entry.key.text()?.into_owned()));
                self.secrets.entry(name).or_default().extend(keys);
            }
            kind => self.other(kind, &name, object.node()),
        }
    }

    fn service(&mut self, name: String, node: Node<'a>) {
        let ports = node
            .at(&["spec", "ports"])
            .into_iter()
            .flat_map(Node::items);
        let ports = ports.filter_map(|port| {
            let port = port.resolve();
            let number = number(port.get("port")?)?;
            let target = port.present("targetPort").and_then(Node::text);
            Some((
                number,
                target.map_or_else(|| number.to_string(), |target| target.into_owned()),
            ))
        });
        let kind = node.at(&["spec", "type"]).and_then(Node::as_str);
        if matches!(kind.as_deref(), Some("NodePort" | "LoadBalancer")) {
            self.public.insert(name.clone());
        }
        self.services.push(Called {
            name,
            node,
            selector: node
                .at(&["spec", "selector"])
                .and_then(LabelSelector::from_map),
            ports: ports.collect(),
        });
    }

    /// What leads to Services from outside, and what makes Secrets.
    fn other(&mut self, kind: &str, name: &str, node: Node<'a>) {
        match kind {
            "Ingress" => {
                for rule in items(node, &["spec", "rules"]) {
                    for path in items(rule, &["http", "paths"]) {
                        self.leads_to(path.at(&["backend", "service", "name"]));
                    }
                }
                self.leads_to(node.at(&["spec", "defaultBackend", "service", "name"]));
            }
            "HTTPRoute" | "GRPCRoute" | "TCPRoute" => {
                for rule in items(node, &["spec", "rules"]) {
                    for backend in items(rule, &["backendRefs"]) {
                        self.leads_to(backend.get("name"));
                    }
                }
            }
            "SealedSecret" => {
                let made = node.at(&["spec", "template", "metadata", "name"]);
                let made = made.and_then(Node::as_str);
                let keys = node.at(&["spec", "encryptedData"]).into_iter();
                let keys = keys.flat_map(Node::entries);
                let keys = keys.filter_map(|entry| Some(entry.key.text()?.into_owned()));
                let made = made.map_or_else(|| name.to_owned(), |made| made.into_owned());
                self.made.insert(made.clone());
                self.secrets.entry(made).or_default().extend(keys);
            }
            "VaultStaticSecret" => {
                let made = node.at(&["spec", "destination", "name"]);
                let made = made.and_then(Node::as_str);
                self.made.extend(made.map(|made| made.into_owned()));
            }
            "ExternalSecret" => {
                let made = node.at(&["spec", "target", "name"]).and_then(Node::as_str);
                let made = made.map_or_else(|| name.to_owned(), |made| made.into_owned());
                let keys = items(node, &["spec", "data"]);
                let keys =
                    keys.filter_map(|item| Some(item.get("secretKey")?.text()?.into_owned()));
                let keys: Vec<String> = keys.collect();
                self.made.insert(made.clone());
                self.secrets.entry(made).or_default().extend(keys);
            }
            _ => {}
        }
    }

    fn leads_to(&mut self, name: Option<Node<'a>>) {
        if let Some(name) = name.and_then(Node::as_str) {
            self.public.insert(name.into_owned());
        }
    }

    /// The Services that select pods with these labels.
    pub(super) fn calling(&self, labels: Labels<'_>) -> impl Iterator<Item = &Called<'a>> {
        let services = self.services.iter();
        services.filter(move |service| {
            service
                .selector
                .is_some_and(|selector| !selector.is_empty() && selector.matches(labels))
        })
    }
}

/// The items of a list below a node, aliases followed.
pub(super) fn items<'a>(node: Node<'a>, path: &[&str]) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let list = node.at(path).into_iter();
    list.flat_map(Node::items).map(Node::resolve)
}

/// A port's number.
pub(super) fn number(node: Node<'_>) -> Option<u16> {
    let number = node.as_int()?;
    u16::try_from(number).ok().filter(|number| *number > 0)
}
