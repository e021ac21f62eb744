//! What follows from a pod, the nodes and the other templates alone, wherever pods are.

use std::collections::HashMap;
use std::sync::Arc;

use crate::face::FaceId;
use crate::node::Node;
use crate::nodes::Named;
use crate::reason::Reason;
use crate::scheduler::{Scheduler, TemplateId};
use crate::selector::Selector;
use crate::spread::{self, Spread};
use crate::template::Template;

/// The values of a label of nodes, numbered.
#[derive(Debug, Default)]
pub(crate) struct Topology {
    /// The number of each node's value; `None` where it has not the label.
    pub(crate) of_node: Vec<Option<usize>>,
    /// How many values there are.
    pub(crate) values: usize,
    /// The number of the empty text, if it is a value.
    pub(crate) empty: Option<usize>,
}

/// Topologies by their label, and which nodes have an image.
#[derive(Debug, Default)]
pub(crate) struct Topologies {
    by_label: HashMap<String, Arc<Topology>>,
    by_image: HashMap<String, Arc<[(usize, i64)]>>,
}

impl Topologies {
    /// The nodes that have an image, in their order, with its size there in bytes.
    fn image(&mut self, name: &str, nodes: &[Node]) -> Arc<[(usize, i64)]> {
        if let Some(found) = self.by_image.get(name) {
            return Arc::clone(found);
        }
        let nodes = nodes.iter().enumerate();
        let found: Arc<[(usize, i64)]> = nodes
            .filter_map(|(number, node)| Some((number, *node.images.get(name)?)))
            .collect();
        self.by_image.insert(name.to_owned(), Arc::clone(&found));
        found
    }

    fn get(&mut self, key: &str, nodes: &[Node]) -> Arc<Topology> {
        if let Some(found) = self.by_label.get(key) {
            return Arc::clone(found);
        }
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut of_node = Vec::with_capacity(nodes.len());
        for node in nodes {
            let value = node.labels.get(key).map(|value| {
                let next = numbers.len();
                *numbers.entry(value.as_str()).or_insert(next)
            });
            of_node.push(value);
        }
        let topology = Arc::new(Topology {
            of_node,
            values: numbers.len(),
            empty: numbers.get("").copied(),
        });
        self.by_label.insert(key.to_owned(), Arc::clone(&topology));
        topology
    }
}

/// A spread constraint and what it counts.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) constraint: Spread,
    pub(crate) topology: Arc<Topology>,
    /// The faces of the pods that count.
    pub(crate) matches: Vec<FaceId>,
    /// Whether the pod itself counts.
    pub(crate) matches_itself: bool,
    /// Whether pods on a node count.
    pub(crate) on_node: Vec<bool>,
}

/// A term about other pods and whom it takes.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) topology: Arc<Topology>,
    /// The faces of the pods that it takes.
    pub(crate) matches: Vec<FaceId>,
}

/// What pods near a node are worth.
#[derive(Debug)]
pub(crate) struct Pull {
    pub(crate) topology: Arc<Topology>,
    /// The weight of each pod with a face; those that no term is about are left out.
    pub(crate) weights: Vec<(FaceId, i64)>,
}

/// What is known of a template beforehand.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) template: Arc<Template>,
    /// What the message is before any node is looked at.
    pub(crate) refused: Option<String>,
    /// Why a node is refused whatever is on it.
    pub(crate) refusals: Vec<Option<Reason>>,
    /// Taints of each node that the pod would rather avoid.
    pub(crate) taints: Vec<i64>,
    /// What each node is worth by its labels, if the pod says so.
    pub(crate) preferred: Option<Vec<i64>>,
    /// Whether pods with a face take a port that the pod wants.
    pub(crate) port_taken: Vec<bool>,
    /// Constraints that refuse nodes.
    pub(crate) hard: Vec<Counted>,
    /// Constraints that make nodes worth less.
    pub(crate) soft: Vec<Counted>,
    /// Whether nodes without a label of a soft constraint are worth nothing.
    pub(crate) needs_all_labels: bool,
    /// The topologies in which someone has to be whom all terms take.
    pub(crate) near: Vec<Arc<Topology>>,
    /// The faces of the pods that are taken by all those terms.
    pub(crate) near_matches: Vec<FaceId>,
    /// Whether the pod itself is.
    pub(crate) near_itself: bool,
    /// Terms that must take nobody.
    pub(crate) apart: Vec<Kept>,
    /// Terms of others that take the pod, with the face that has each.
    pub(crate) shunned: Vec<(FaceId, Arc<Topology>)>,
    /// What others are worth.
    pub(crate) pulls: Vec<Pull>,
    /// The nodes that have each image of the pod, with its size.
    pub(crate) images: Vec<Arc<[(usize, i64)]>>,
}

/// The weight of terms of others that must be met (`HardPodAffinityWeight`).
const REQUIRED_WEIGHT: i64 = 1;

pub(crate) fn prepare(
    scheduler: &Scheduler,
    topologies: &mut Topologies,
    id: TemplateId,
) -> Prepared {
    let template = Arc::clone(&scheduler.templates[id.index()]);
    let mut work = Work {
        scheduler,
        topologies,
        template: &template,
    };
    let (refused, refusals) = refusals(&template, &scheduler.nodes);
    let (hard, soft, needs_all_labels) = work.spread();
    let namespaces = &scheduler.namespaces;
    let taken = |takes: &dyn Fn(&Template) -> bool| -> Vec<FaceId> {
        let faces = scheduler.faces().filter(|(_, other)| takes(other));
        faces.map(|(id, _)| id).collect()
    };
    let affinity = &template.affinity;
    let nodes = &scheduler.nodes;
    Prepared {
        refused,
        refusals,
        taints: nodes.iter().map(|node| avoided(&template, node)).collect(),
        preferred: (!template.nodes.preferred.is_empty()).then(|| {
            nodes
                .iter()
                .map(|node| template.nodes.score(node))
                .collect()
        }),
        port_taken: scheduler
            .faces()
            .map(|(_, other)| template.meets_at_a_port(other))
            .collect(),
        hard,
        soft,
        needs_all_labels,
        near: affinity
            .near
            .iter()
            .map(|term| work.topology(&term.topology))
            .collect(),
        near_matches: taken(&|other| affinity.is_near(other, namespaces)),
        near_itself: affinity.is_near(&template, namespaces),
        apart: affinity
            .apart
            .iter()
            .map(|term| Kept {
                topology: work.topology(&term.topology),
                matches: taken(&|other| term.takes_running(other, namespaces)),
            })
            .collect(),
        shunned: work.shunned(),
        pulls: work.pulls(),
        images: template
            .images
            .iter()
            .map(|name| work.topologies.image(name, nodes))
            .collect(),
        template: Arc::clone(&template),
    }
}

/// What needs to know no other pod: what a `PreFilter` says, and what the filters NodeName,
/// NodeUnschedulable, TaintToleration and NodeAffinity say of each node.
fn refusals(template: &Template, nodes: &[Node]) -> (Option<String>, Vec<Option<Reason>>) {
    let named = template.nodes.named();
    let wanted = template.node_name.as_deref();
    let (refused, plugins) = match (&named, wanted) {
        (Named::Conflict, _) => (Some("pod affinity terms conflict".to_owned()), ""),
        (Named::Only(names), Some(wanted)) => {
            let both = "[NodeAffinity NodeName]";
            let words = format!("node(s) didn't satisfy plugin(s) {both} simultaneously");
            ((!names.contains(wanted)).then_some(words), both)
        }
        (Named::Only(_), None) => (None, "[NodeAffinity]"),
        (Named::All, _) => (None, "[NodeName]"),
    };
    let looked_at = |node: &Node| {
        wanted.is_none_or(|wanted| wanted == node.name)
            && match &named {
                Named::Only(names) => names.contains(&node.name),
                Named::All | Named::Conflict => true,
            }
    };
    let of_node = nodes.iter().map(|node| {
        if looked_at(node) {
            of_node(template, node)
        } else {
            Some(Reason::NotNamed(plugins))
        }
    });
    (refused, of_node.collect())
}

fn of_node(template: &Template, node: &Node) -> Option<Reason> {
    if node.unschedulable
        && !template.tolerates("node.kubernetes.io/unschedulable", "", "NoSchedule")
    {
        return Some(Reason::Unschedulable);
    }
    if !tolerates_all(template, node) {
        return Some(Reason::Tainted);
    }
    (!template.nodes.matches(node)).then_some(Reason::NodeAffinity)
}

/// Whether no taint of the node keeps the pod away (`FindMatchingUntoleratedTaint`).
pub(crate) fn tolerates_all(template: &Template, node: &Node) -> bool {
    node.taints
        .iter()
        .filter(|taint| taint.forbids())
        .all(|taint| template.tolerates(&taint.key, &taint.value, &taint.effect))
}

/// How many taints say that the pod would rather be elsewhere
/// (`countIntolerableTaintsPreferNoSchedule`).
fn avoided(template: &Template, node: &Node) -> i64 {
    let untolerated = node
        .taints
        .iter()
        .filter(|taint| taint.effect == "PreferNoSchedule")
        .filter(|taint| !template.tolerates(&taint.key, &taint.value, &taint.effect));
    untolerated.count() as i64
}

struct Work<'w> {
    scheduler: &'w Scheduler,
    topologies: &'w mut Topologies,
    template: &'w Template,
}

impl Work<'_> {
    fn topology(&mut self, key: &str) -> Arc<Topology> {
        self.topologies.get(key, &self.scheduler.nodes)
    }

    /// Constraints that refuse, constraints that weigh, and whether the latter are the pod's own.
    fn spread(&mut self) -> (Vec<Counted>, Vec<Counted>, bool) {
        let own = &self.template.spread;
        if !own.is_empty() {
            let (hard, soft): (Vec<Spread>, Vec<Spread>) =
                own.iter().cloned().partition(|one| one.required);
            return (self.counted(hard, true), self.counted(soft, true), true);
        }
        let company = self.template.company.as_ref();
        let soft = company
            .filter(|company| !company.is_everything())
            .map(spread::defaults);
        (
            Vec::new(),
            self.counted(soft.unwrap_or_default(), false),
            false,
        )
    }

    fn counted(&mut self, constraints: Vec<Spread>, needs_all_labels: bool) -> Vec<Counted> {
        let topologies: Vec<Arc<Topology>> = constraints
            .iter()
            .map(|one| self.topology(&one.topology))
            .collect();
        let has_all: Vec<bool> = (0..self.scheduler.nodes.len())
            .map(|node| topologies.iter().all(|one| one.of_node[node].is_some()))
            .collect();
        let template = self.template;
        constraints
            .into_iter()
            .zip(topologies)
            .map(|(constraint, topology)| Counted {
                matches: self
                    .scheduler
                    .faces()
                    .filter(|(_, other)| counts(&constraint.pods, template, other))
                    .map(|(id, _)| id)
                    .collect(),
                matches_itself: constraint.pods.matches(&template.labels),
                on_node: self
                    .scheduler
                    .nodes
                    .iter()
                    .zip(&has_all)
                    .map(|(node, has_all)| {
                        (*has_all || !needs_all_labels) && constraint.includes(template, node)
                    })
                    .collect(),
                topology,
                constraint,
            })
            .collect()
    }

    /// Terms of all faces that must take nobody and take this pod.
    fn shunned(&mut self) -> Vec<(FaceId, Arc<Topology>)> {
        let mut found = Vec::new();
        for (id, other) in self.scheduler.faces() {
            for term in &other.affinity.apart {
                if term.takes_incoming(self.template, &self.scheduler.namespaces) {
                    let topology = self.topology(&term.topology);
                    found.push((id, topology));
                }
            }
        }
        found
    }

    /// What a pod with each face is worth to this one and this one to it
    /// (`processExistingPod`).
    fn pulls(&mut self) -> Vec<Pull> {
        let mut by_label: Vec<(&str, Vec<(FaceId, i64)>)> = Vec::new();
        let namespaces = &self.scheduler.namespaces;
        let own = &self.template.affinity;
        for (id, other) in self.scheduler.faces() {
            let mine = own.rather_near.iter().map(|(weight, term)| (*weight, term));
            let mine_apart = own
                .rather_apart
                .iter()
                .map(|(weight, term)| (-weight, term));
            let asked = mine.chain(mine_apart);
            let asked = asked.filter(|(_, term)| term.takes_running(other, namespaces));
            let theirs = &other.affinity;
            let needed = theirs.near.iter().map(|term| (REQUIRED_WEIGHT, term));
            let near = theirs
                .rather_near
                .iter()
                .map(|(weight, term)| (*weight, term));
            let apart = theirs
                .rather_apart
                .iter()
                .map(|(weight, term)| (-weight, term));
            let offered = needed.chain(near).chain(apart);
            let offered =
                offered.filter(|(_, term)| term.takes_incoming(self.template, namespaces));
            for (weight, term) in asked.chain(offered) {
                let label = term.topology.as_str();
                let at = by_label.iter().position(|(known, _)| *known == label);
                let at = at.unwrap_or_else(|| {
                    by_label.push((label, Vec::new()));
                    by_label.len() - 1
                });
                match by_label[at].1.last_mut() {
                    Some((last, sum)) if *last == id => *sum += weight,
                    _ => by_label[at].1.push((id, weight)),
                }
            }
        }
        by_label
            .into_iter()
            .map(|(label, weights)| Pull {
                topology: self.topologies.get(label, &self.scheduler.nodes),
                weights,
            })
            .collect()
    }
}

/// Whether a pod of a template is one of those that are spread (`countPodsMatchSelector`).
fn counts(pods: &Selector, template: &Template, other: &Template) -> bool {
    !pods.is_everything()
        && !other.terminating
        && other.namespace == template.namespace
        && pods.matches(&other.labels)
}

impl Spread {
    /// Whether pods on a node count for the spread of this pod (`matchNodeInclusionPolicies`).
    fn includes(&self, template: &Template, node: &Node) -> bool {
        (!self.honors_affinity || template.nodes.matches(node))
            && (!self.honors_taints || tolerates_all(template, node))
    }
}
