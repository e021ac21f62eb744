//! Nodes: what they have and whom they turn away.

use std::collections::BTreeMap;

use plimsoll_k8s::{Object, Quantity};
use plimsoll_yaml::Node as Yaml;

use crate::read::{entries, items, labels, string};
use crate::resources::Resources;
use crate::selector::Labels;

/// The label of a node's zone.
pub const ZONE: &str = "topology.kubernetes.io/zone";
/// The label of a node's own name.
pub const HOSTNAME: &str = "kubernetes.io/hostname";

/// A node.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// What keeps pods away.
    pub taints: Vec<Taint>,
    /// Whether it is cordoned.
    pub unschedulable: bool,
    /// What pods may ask for, all together.
    pub allocatable: Resources,
    /// How many pods it may hold.
    pub pods: i64,
    /// The images that it has, by their names, with their bytes.
    pub images: BTreeMap<String, i64>,
    /// What it costs in an hour, where that is known.
    pub price: Option<f64>,
}

/// A taint.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// What becomes of pods that do not tolerate it.
    pub effect: String,
}

impl Taint {
    /// Whether pods that do not tolerate it are not scheduled there.
    pub fn forbids(&self) -> bool {
        self.effect == "NoSchedule" || self.effect == "NoExecute"
    }
}

/// Why an object is no node to place pods on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NodeError {
    /// It has no name.
    #[error("a node has no `metadata.name`")]
    NoName,
    /// Nothing is known of what it has.
    #[error("the node `{0}` has no `status.allocatable`")]
    NoStatus(String),
    /// An amount is none.
    #[error("`status.{list}.{resource}` of the node `{name}` is `{text}`, which is no quantity")]
    Quantity {
        /// The node.
        name: String,
        /// `allocatable` or `capacity`.
        list: &'static str,
        /// The resource.
        resource: String,
        /// What is written.
        text: String,
    },
}

impl Node {
    /// The node that an object of a cluster describes. Where nothing is said to be allocatable,
    /// the capacity is (`SetDefaults_NodeStatus`).
    ///
    /// # Errors
    ///
    /// What it lacks.
    pub fn of(object: Object<'_>) -> Result<Self, NodeError> {
        let node = object.node();
        let name = object.name().filter(|name| !name.is_empty());
        let name = name.ok_or(NodeError::NoName)?.into_owned();
        let status = node.present("status");
        let list = ["allocatable", "capacity"].into_iter().find_map(|list| {
            let amounts = status?.present(list)?;
            entries(amounts).next().map(|_| (list, amounts))
        });
        let (list, written) = list.ok_or_else(|| NodeError::NoStatus(name.clone()))?;
        let mut amounts: Vec<(String, Quantity)> = Vec::new();
        for (resource, text) in entries(written) {
            let Ok(quantity) = Quantity::parse(text.trim()) else {
                return Err(NodeError::Quantity {
                    name,
                    list,
                    resource,
                    text,
                });
            };
            amounts.push((resource, quantity));
        }
        let pods = amounts.iter().find(|(resource, _)| resource == "pods");
        let spec = node.present("spec");
        Ok(Self {
            labels: labels(object.metadata().and_then(|meta| meta.get("labels"))),
            taints: items(spec, "taints").map(taint).collect(),
            unschedulable: spec
                .and_then(|spec| spec.get("unschedulable")?.as_bool())
                .unwrap_or(false),
            pods: pods.map_or(0, |(_, count)| count.value()),
            allocatable: Resources::of(
                amounts
                    .iter()
                    .map(|(resource, quantity)| (resource.as_str(), *quantity)),
            ),
            images: images(status),
            price: None,
            name,
        })
    }

    /// Its zone, where it has one.
    pub fn zone(&self) -> Option<&str> {
        self.labels.get(ZONE).map(String::as_str)
    }
}

fn taint(node: Yaml<'_>) -> Taint {
    Taint {
        key: string(node, "key"),
        value: string(node, "value"),
        effect: string(node, "effect"),
    }
}

fn images(status: Option<Yaml<'_>>) -> BTreeMap<String, i64> {
    let mut found = BTreeMap::new();
    for image in items(status, "images") {
        let size = image.get("sizeBytes").and_then(Yaml::as_int).unwrap_or(0);
        for name in items(Some(image), "names").filter_map(Yaml::as_str) {
            found.entry(name.into_owned()).or_insert(size);
        }
    }
    found
}
