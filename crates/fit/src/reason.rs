//! Why a pod fits on no node, in the scheduler's own words.

use std::collections::BTreeMap;
use std::fmt;

/// Why one node does not take a pod: what the first filter that refuses says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// Plugins narrowed the search to other nodes.
    NotNamed(&'static str),
    /// The pod names another node.
    OtherNode,
    /// The node is cordoned.
    Unschedulable,
    /// It has taints that the pod does not tolerate.
    Tainted,
    /// The pod's node selector or node affinity asks for others.
    NodeAffinity,
    /// A port is taken.
    Ports,
    /// It lacks room for these resources; `pods` is the number of pods.
    Insufficient(Vec<String>),
    /// It would make the spread more uneven than is allowed.
    Spread,
    /// It has not the label that pods are spread by.
    SpreadLabel,
    /// Those that the pod wants to be near are elsewhere.
    Affinity,
    /// It is near those that the pod does not want to be near.
    AntiAffinity,
    /// It is near those that do not want to be near the pod.
    OthersAntiAffinity,
}

impl Reason {
    /// The words for it, several where several resources are lacking.
    pub fn words(&self) -> Vec<String> {
        let one = match self {
            Self::NotNamed(plugins) => {
                format!("node(s) didn't satisfy plugin(s) {plugins}")
            }
            Self::OtherNode => "node(s) didn't match the requested node name".to_owned(),
            Self::Unschedulable => "node(s) were unschedulable".to_owned(),
            Self::Tainted => "node(s) had untolerated taint(s)".to_owned(),
            Self::NodeAffinity => "node(s) didn't match Pod's node affinity/selector".to_owned(),
            Self::Ports => "node(s) didn't have free ports for the requested pod ports".to_owned(),
            Self::Insufficient(resources) => {
                let words = resources.iter().map(|resource| match resource.as_str() {
                    "pods" => "Too many pods".to_owned(),
                    resource => format!("Insufficient {resource}"),
                });
                return words.collect();
            }
            Self::Spread => "node(s) didn't match pod topology spread constraints".to_owned(),
            Self::SpreadLabel => "node(s) didn't match pod topology spread constraints (missing \
                                  required label)"
                .to_owned(),
            Self::Affinity => "node(s) didn't match pod affinity rules".to_owned(),
            Self::AntiAffinity => "node(s) didn't match pod anti-affinity rules".to_owned(),
            Self::OthersAntiAffinity => {
                "node(s) didn't satisfy existing pods anti-affinity rules".to_owned()
            }
        };
        vec![one]
    }
}

/// Why a pod is not placed at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It waits for gates to be lifted (`SchedulingGates`).
    Gated(Vec<String>),
    /// There is no node.
    NoNodes,
    /// It asks for what no node can be, so that none was looked at.
    BeforeNodes {
        /// How many nodes there are.
        nodes: usize,
        /// What the plugin says.
        message: String,
    },
    /// Every node has a reason.
    Nodes {
        /// How many nodes there are.
        nodes: usize,
        /// How many nodes say what.
        reasons: BTreeMap<String, usize>,
    },
}

/// The message of the event and of the pod's condition (`FitError.Error`), without what
/// preemption would add.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gated(gates) => write!(f, "waiting for scheduling gates: [{}]", gates.join(" ")),
            Self::NoNodes => f.write_str("no nodes available to schedule pods"),
            Self::BeforeNodes { nodes, message } => {
                write!(f, "0/{nodes} nodes are available: {message}.")
            }
            Self::Nodes { nodes, reasons } => {
                write!(f, "0/{nodes} nodes are available:")?;
                let mut words: Vec<String> = reasons
                    .iter()
                    .map(|(reason, count)| format!("{count} {reason}"))
                    .collect();
                words.sort();
                if words.is_empty() {
                    return Ok(());
                }
                write!(f, " {}.", words.join(", "))
            }
        }
    }
}
