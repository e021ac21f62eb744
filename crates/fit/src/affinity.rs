//! Whom a pod wants to be near and whom not: `podAffinity` and `podAntiAffinity`.

use std::collections::BTreeMap;

use plimsoll_yaml::Node;

use crate::read::{items, labels, mapping, present_or_nothing, string, strings};
use crate::selector::{Labels, Requirement, Selector, Test};
use crate::template::{Template, weight};

/// The namespaces of a cluster, with their labels.
pub type Namespaces = BTreeMap<String, Labels>;

/// What a pod asks about other pods.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct PodAffinity {
    /// There must be one pod that all of these match, in each of their topologies.
    pub near: Vec<Term>,
    /// There must be no pod that one of these matches.
    pub apart: Vec<Term>,
    /// What it is worth to be near.
    pub rather_near: Vec<(i64, Term)>,
    /// What it costs to be near.
    pub rather_apart: Vec<(i64, Term)>,
}

/// Pods, and how far away they count.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Term {
    /// The pods, by their labels.
    pub pods: Selector,
    /// Their namespaces, by name.
    pub namespaces: Vec<String>,
    /// Their namespaces, by labels.
    pub namespace_selector: Selector,
    /// The label of nodes that those near each other share.
    pub topology: String,
}

impl Term {
    /// Whether a pod that runs matches the term of one that is to be placed. Namespaces are
    /// chosen among those that there are (`mergeAffinityTermNamespacesIfNotEmpty`).
    pub(crate) fn takes_running(&self, pod: &Template, namespaces: &Namespaces) -> bool {
        let by_labels = || {
            self.namespace_selector.is_everything()
                || namespaces
                    .get(&pod.namespace)
                    .is_some_and(|labels| self.namespace_selector.matches(labels))
        };
        (self.namespaces.contains(&pod.namespace) || by_labels()) && self.pods.matches(&pod.labels)
    }

    /// Whether a pod that is to be placed matches the term of one that runs.
    pub(crate) fn takes_incoming(&self, pod: &Template, namespaces: &Namespaces) -> bool {
        let none = Labels::new();
        let labels = namespaces.get(&pod.namespace).unwrap_or(&none);
        (self.namespaces.contains(&pod.namespace) || self.namespace_selector.matches(labels))
            && self.pods.matches(&pod.labels)
    }
}

impl PodAffinity {
    /// Whether a pod matches all that this one must be near (`podMatchesAllAffinityTerms`).
    pub(crate) fn is_near(&self, pod: &Template, namespaces: &Namespaces) -> bool {
        !self.near.is_empty()
            && self
                .near
                .iter()
                .all(|term| term.takes_running(pod, namespaces))
    }
}

/// Reads them from the spec of a pod with these labels.
pub(crate) fn of(spec: Node<'_>, namespace: &str, labels: &Labels) -> PodAffinity {
    let Some(affinity) = mapping(spec, "affinity") else {
        return PodAffinity::default();
    };
    let reader = Reader { namespace, labels };
    let (near, apart) = (
        mapping(affinity, "podAffinity"),
        mapping(affinity, "podAntiAffinity"),
    );
    PodAffinity {
        near: reader.required(near),
        apart: reader.required(apart),
        rather_near: reader.preferred(near),
        rather_apart: reader.preferred(apart),
    }
}

struct Reader<'r> {
    namespace: &'r str,
    labels: &'r Labels,
}

impl Reader<'_> {
    fn required(&self, node: Option<Node<'_>>) -> Vec<Term> {
        items(node, "requiredDuringSchedulingIgnoredDuringExecution")
            .map(|one| self.term(one))
            .collect()
    }

    fn preferred(&self, node: Option<Node<'_>>) -> Vec<(i64, Term)> {
        items(node, "preferredDuringSchedulingIgnoredDuringExecution")
            .filter_map(|one| Some((weight(one), self.term(mapping(one, "podAffinityTerm")?))))
            .collect()
    }

    /// `newAffinityTerm`, after what the API server does to it.
    fn term(&self, node: Node<'_>) -> Term {
        let mut pods = selector(node.present("labelSelector"));
        for key in strings(node, "matchLabelKeys") {
            if let Some(value) = self.labels.get(&key) {
                pods.add(Requirement::equals(key, value));
            }
        }
        for key in strings(node, "mismatchLabelKeys") {
            if let Some(value) = self.labels.get(&key) {
                pods.add(Requirement {
                    key,
                    test: Test::NotIn(vec![value.clone()]),
                });
            }
        }
        let by_labels = present_or_nothing(node, "namespaceSelector");
        let mut namespaces = strings(node, "namespaces");
        if namespaces.is_empty() && by_labels.is_none() {
            namespaces.push(self.namespace.to_owned());
        }
        Term {
            pods,
            namespaces,
            namespace_selector: selector(by_labels),
            topology: string(node, "topologyKey"),
        }
    }
}

/// `LabelSelectorAsSelector`: an absent or broken selector selects nothing, an empty one all.
pub(crate) fn selector(node: Option<Node<'_>>) -> Selector {
    let Some(node) = node else {
        return Selector::Nothing;
    };
    let equal = labels(node.get("matchLabels"));
    let Selector::All(mut requirements) = Selector::of_labels(&equal) else {
        return Selector::Nothing;
    };
    for one in items(Some(node), "matchExpressions") {
        let operator = string(one, "operator");
        let known = !matches!(operator.as_str(), "Gt" | "Lt");
        match Requirement::new(string(one, "key"), &operator, strings(one, "values")) {
            Some(requirement) if known => requirements.push(requirement),
            _ => return Selector::Nothing,
        }
    }
    Selector::All(requirements)
}
