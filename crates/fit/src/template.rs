//! What the scheduler knows of a pod: everything but its name, so that replicas share one.

use plimsoll_k8s::{PodSpec, Role};
use plimsoll_sizing::demand;
use plimsoll_yaml::Node;

use crate::affinity::{self, PodAffinity};
use crate::nodes::{self, NodeAffinity};
use crate::read::{int, items, labels, string};
use crate::resources::Resources;
use crate::selector::{Labels, Selector};
use crate::spread::{self, Spread};

/// A pod as the scheduler sees it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Template {
    /// Its namespace.
    pub namespace: String,
    /// Its labels.
    pub labels: Labels,
    /// Its priority; the highest is placed first.
    pub priority: i32,
    /// What it asks of a node.
    pub requests: Resources,
    /// Millicores and bytes that it counts for on its node when other pods are scored there.
    pub scored: (i64, i64),
    /// Millicores and bytes that it counts for when nodes are scored for it.
    pub scored_itself: (i64, i64),
    /// `spec.nodeName`.
    pub node_name: Option<String>,
    /// What it waits for before it enters the queue.
    pub gates: Vec<String>,
    /// Its node selector and node affinity.
    pub nodes: NodeAffinity,
    /// What it tolerates.
    pub tolerations: Vec<Toleration>,
    /// Whom it wants to be near and whom not.
    pub affinity: PodAffinity,
    /// How pods are to be spread.
    pub spread: Vec<Spread>,
    /// Whom the scheduler spreads it among by default: the pods of its services and controller.
    pub company: Option<Selector>,
    /// The ports that it takes on its node.
    pub ports: Vec<HostPort>,
    /// The images of its containers and image volumes.
    pub images: Vec<String>,
    /// Whether it is being deleted.
    pub terminating: bool,
}

/// A toleration.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Toleration {
    /// The taint's key; empty for all.
    pub key: String,
    /// `Equal`, which is the default, or `Exists`.
    pub operator: String,
    /// The taint's value.
    pub value: String,
    /// The taint's effect; empty for all.
    pub effect: String,
}

/// A port of the node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HostPort {
    /// The address it is taken on.
    pub address: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// The port.
    pub port: i64,
}

/// The address that stands for all.
const ANY: &str = "0.0.0.0";

impl Template {
    /// The pod that the API server makes of a spec in a namespace, with these labels: requests
    /// completed ([`plimsoll_sizing::Pod::of`]), keys of labels merged into selectors
    /// (`mutatePodAffinity`, `mutateTopologySpreadConstraints`). Whom it is spread among by
    /// default is the caller's part, as are priority classes other than those of every cluster.
    pub fn of(spec: PodSpec<'_>, namespace: &str, labels: Labels) -> Self {
        let node = spec.node();
        let pod = plimsoll_sizing::Pod::of(spec);
        let mut template = Self {
            namespace: namespace.to_owned(),
            priority: pod.priority,
            node_name: Some(string(node, "nodeName")).filter(|name| !name.is_empty()),
            gates: items(Some(node), "schedulingGates")
                .map(|gate| string(gate, "name"))
                .collect(),
            nodes: nodes::of(node),
            tolerations: items(Some(node), "tolerations").map(toleration).collect(),
            affinity: affinity::of(node, namespace, &labels),
            spread: spread::of(node, &labels),
            company: None,
            ports: ports(spec),
            images: images(spec),
            terminating: false,
            labels,
            ..Self::default()
        };
        template.ask_as(&pod);
        template
    }

    /// Lets it ask for what a pod asks for, such as the same one with other requests.
    pub fn ask_as(&mut self, pod: &plimsoll_sizing::Pod) {
        let place = demand::place(pod);
        let requests = demand::requests(pod);
        let amounts = requests
            .iter()
            .map(|(name, amount)| (name.as_str(), *amount));
        self.requests = Resources::of(amounts);
        self.scored = (place.scored_milli_cpu, place.scored_memory);
        self.scored_itself = demand::scored_itself(pod);
    }

    /// Whether it tolerates a taint (`TolerationsTolerateTaint`).
    pub fn tolerates(&self, key: &str, value: &str, effect: &str) -> bool {
        self.tolerations
            .iter()
            .any(|one| one.tolerates(key, value, effect))
    }

    /// Whether two pods want the same port of a node (`HostPortInfo.CheckConflict`).
    pub fn meets_at_a_port(&self, other: &Self) -> bool {
        self.ports.iter().any(|own| {
            other.ports.iter().any(|theirs| {
                own.port == theirs.port
                    && own.protocol == theirs.protocol
                    && (own.address == theirs.address
                        || own.address == ANY
                        || theirs.address == ANY)
            })
        })
    }
}

impl Toleration {
    /// `Toleration.ToleratesTaint`; comparisons of numbers are behind a feature gate that is off.
    pub fn tolerates(&self, key: &str, value: &str, effect: &str) -> bool {
        (self.effect.is_empty() || self.effect == effect)
            && (self.key.is_empty() || self.key == key)
            && match self.operator.as_str() {
                "" | "Equal" => self.value == value,
                "Exists" => true,
                _ => false,
            }
    }
}

fn toleration(node: Node<'_>) -> Toleration {
    Toleration {
        key: string(node, "key"),
        operator: string(node, "operator"),
        value: string(node, "value"),
        effect: string(node, "effect"),
    }
}

/// `GetHostPorts`: of containers that keep running. A pod on its node's network takes all ports
/// that it names (`SetDefaults_Pod`).
fn ports(spec: PodSpec<'_>) -> Vec<HostPort> {
    let on_host = spec.host_network().value;
    let sidecars = spec
        .init_containers()
        .filter(|container| container.role() == Role::Sidecar);
    let mut found = Vec::new();
    for container in sidecars.chain(spec.containers()) {
        for port in container.ports() {
            let own = port.host_port().map(|(port, _)| port);
            let named = || port.container_port().map(|(port, _)| port);
            let Some(number) = own.or_else(|| on_host.then(named).flatten()) else {
                continue;
            };
            if number <= 0 {
                continue;
            }
            let address = string(port.node(), "hostIP");
            found.push(HostPort {
                address: if address.is_empty() {
                    ANY.to_owned()
                } else {
                    address
                },
                protocol: port.protocol().value.into_owned(),
                port: number,
            });
        }
    }
    found
}

/// The images as nodes would list them (`normalizedImageName`).
fn images(spec: PodSpec<'_>) -> Vec<String> {
    let containers = spec.init_containers().chain(spec.containers());
    let of_containers = containers.map(|container| string(container.node(), "image"));
    let volumes = items(Some(spec.node()), "volumes");
    let of_volumes =
        volumes.filter_map(|volume| Some(string(volume.present("image")?, "reference")));
    of_containers
        .chain(of_volumes)
        .map(|name| {
            let colon = name.rfind(':').map_or(-1, |at| at as isize);
            let slash = name.rfind('/').map_or(-1, |at| at as isize);
            if colon <= slash {
                name + ":latest"
            } else {
                name
            }
        })
        .collect()
}

/// The labels of an object's `metadata`.
pub(crate) fn labels_of(metadata: Option<Node<'_>>) -> Labels {
    labels(metadata.and_then(|metadata| metadata.get("labels")))
}

/// A weight from 1 to 100; 0 where there is none.
pub(crate) fn weight(node: Node<'_>) -> i64 {
    i64::from(int(node, "weight").unwrap_or(0))
}
