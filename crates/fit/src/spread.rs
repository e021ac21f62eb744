//! How pods are to be spread: `topologySpreadConstraints`.

use plimsoll_yaml::Node;

use crate::affinity::selector;
use crate::node::{HOSTNAME, ZONE};
use crate::read::{int, items, present_or_nothing, string, strings};
use crate::selector::{Labels, Requirement, Selector};

/// A constraint.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Spread {
    /// By how many pods one topology may exceed the least.
    pub most_skew: i64,
    /// The label of nodes that makes the topologies.
    pub topology: String,
    /// The pods that are counted.
    pub pods: Selector,
    /// Whether a node that breaks it is refused, or only worth less.
    pub required: bool,
    /// How many topologies there have to be before the least counts for more than zero.
    pub least_domains: usize,
    /// Whether nodes that the pod's node affinity leaves out are not counted.
    pub honors_affinity: bool,
    /// Whether nodes with taints that the pod does not tolerate are not counted.
    pub honors_taints: bool,
}

/// Reads them from the spec of a pod with these labels.
pub(crate) fn of(spec: Node<'_>, labels: &Labels) -> Vec<Spread> {
    items(Some(spec), "topologySpreadConstraints")
        .map(|one| constraint(one, labels))
        .collect()
}

fn constraint(node: Node<'_>, labels: &Labels) -> Spread {
    let mut pods = selector(present_or_nothing(node, "labelSelector"));
    for key in strings(node, "matchLabelKeys") {
        if let Some(value) = labels.get(&key) {
            pods.add(Requirement::equals(key, value));
        }
    }
    let least = int(node, "minDomains").unwrap_or(1);
    Spread {
        most_skew: i64::from(int(node, "maxSkew").unwrap_or(0)),
        topology: string(node, "topologyKey"),
        pods,
        required: string(node, "whenUnsatisfiable") != "ScheduleAnyway",
        least_domains: usize::try_from(least).unwrap_or(0),
        honors_affinity: string(node, "nodeAffinityPolicy") != "Ignore",
        honors_taints: string(node, "nodeTaintsPolicy") == "Honor",
    }
}

/// What pods without constraints of their own are spread by (`systemDefaultConstraints`).
pub(crate) fn defaults(company: &Selector) -> Vec<Spread> {
    [(HOSTNAME, 3), (ZONE, 5)]
        .map(|(topology, most_skew)| Spread {
            most_skew,
            topology: topology.to_owned(),
            pods: company.clone(),
            required: false,
            least_domains: 1,
            honors_affinity: true,
            honors_taints: false,
        })
        .into()
}
