//! Which nodes a pod asks for: `nodeSelector` and `affinity.nodeAffinity`.

use std::collections::BTreeSet;

use plimsoll_yaml::Node as Yaml;

use crate::node::Node;
use crate::read::{items, labels, mapping, string, strings};
use crate::selector::{FieldTest, Labels, NodeTerm, Requirement, Selector};
use crate::template::weight;

/// What a pod asks of its node.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct NodeAffinity {
    /// `nodeSelector`: labels that the node must have.
    pub selector: Labels,
    /// Terms of which the node must match one; without any of them no node does.
    pub required: Option<Vec<NodeTerm>>,
    /// Terms with what a match is worth.
    pub preferred: Vec<(i64, NodeTerm)>,
}

/// Which nodes are looked at before any filter runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Named {
    /// All of them.
    All,
    /// Those with these names.
    Only(BTreeSet<String>),
    /// None: every term asks for several names at once.
    Conflict,
}

impl NodeAffinity {
    /// Whether it has no say.
    pub fn is_empty(&self) -> bool {
        self.selector.is_empty() && self.required.is_none() && self.preferred.is_empty()
    }

    /// Whether a node is one of those asked for (`RequiredNodeAffinity.Match`).
    pub fn matches(&self, node: &Node) -> bool {
        let labels = &node.labels;
        let selected = self
            .selector
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value));
        selected
            && self.required.as_ref().is_none_or(|terms| {
                terms
                    .iter()
                    .any(|term| !term.is_empty() && term.matches(&node.name, labels))
            })
    }

    /// What the node is worth (`PreferredSchedulingTerms.Score`).
    pub fn score(&self, node: &Node) -> i64 {
        let met = self
            .preferred
            .iter()
            .filter(|(_, term)| !term.is_empty() && term.matches(&node.name, &node.labels));
        met.map(|(weight, _)| weight).sum()
    }

    /// The nodes that the required terms name (`NodeAffinity.PreFilter`).
    pub(crate) fn named(&self) -> Named {
        let Some(terms) = self.required.as_ref().filter(|terms| !terms.is_empty()) else {
            return Named::All;
        };
        let mut names = BTreeSet::new();
        for term in terms {
            match &term.names {
                Some(of_term) => names.extend(of_term.iter().cloned()),
                None => return Named::All,
            }
        }
        if names.is_empty() {
            Named::Conflict
        } else {
            Named::Only(names)
        }
    }
}

impl NodeTerm {
    /// Whether it asks for nothing, which no node matches (`isEmptyNodeSelectorTerm`).
    pub fn is_empty(&self) -> bool {
        self.labels.is_everything() && self.fields.is_empty()
    }
}

/// Reads them from the spec of a pod.
pub(crate) fn of(spec: Yaml<'_>) -> NodeAffinity {
    let affinity = mapping(spec, "affinity").and_then(|affinity| mapping(affinity, "nodeAffinity"));
    let required = affinity
        .and_then(|affinity| mapping(affinity, "requiredDuringSchedulingIgnoredDuringExecution"));
    let preferred = items(affinity, "preferredDuringSchedulingIgnoredDuringExecution");
    NodeAffinity {
        selector: labels(spec.get("nodeSelector")),
        required: required.map(|required| {
            items(Some(required), "nodeSelectorTerms")
                .map(term)
                .collect()
        }),
        preferred: preferred
            .filter_map(|one| Some((weight(one), term(mapping(one, "preference")?))))
            .collect(),
    }
}

/// `newNodeSelectorTerm`.
pub(crate) fn term(node: Yaml<'_>) -> NodeTerm {
    let mut broken = false;
    let mut requirements = Vec::new();
    for one in items(Some(node), "matchExpressions") {
        let operator = string(one, "operator");
        match Requirement::new(string(one, "key"), &operator, strings(one, "values")) {
            Some(requirement) => requirements.push(requirement),
            None => broken = true,
        }
    }
    let mut fields = Vec::new();
    let mut names: Option<BTreeSet<String>> = None;
    for one in items(Some(node), "matchFields") {
        let (key, values) = (string(one, "key"), strings(one, "values"));
        let operator = string(one, "operator");
        if key == "metadata.name" && operator == "In" {
            let asked: BTreeSet<String> = values.iter().cloned().collect();
            names = Some(match names {
                Some(before) => before.intersection(&asked).cloned().collect(),
                None => asked,
            });
        }
        let equal = match operator.as_str() {
            "In" => true,
            "NotIn" => false,
            _ => {
                broken = true;
                continue;
            }
        };
        match <[String; 1]>::try_from(values) {
            Ok([value]) => fields.push(FieldTest { key, value, equal }),
            Err(_) => broken = true,
        }
    }
    NodeTerm {
        labels: if broken {
            Selector::Nothing
        } else {
            Selector::All(requirements)
        },
        fields,
        names: names.map(|names| names.into_iter().collect()),
    }
}

/// A term that a node of this name matches, and no other.
pub(crate) fn exactly(name: &str) -> NodeTerm {
    NodeTerm {
        labels: Selector::everything(),
        fields: vec![FieldTest {
            key: "metadata.name".to_owned(),
            value: name.to_owned(),
            equal: true,
        }],
        names: Some(vec![name.to_owned()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_yaml::{Dialect, Document, parse};

    fn affinity(text: &str) -> NodeAffinity {
        let tree = parse(text, Dialect::GoV2);
        of(tree.documents().next().and_then(Document::root).unwrap())
    }

    fn node(name: &str, zone: &str) -> Node {
        Node {
            name: name.to_owned(),
            labels: [("zone".to_owned(), zone.to_owned())].into(),
            ..Node::default()
        }
    }

    const HEAD: &str = "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: ";

    #[test]
    fn one_term_is_enough_and_an_empty_one_matches_nothing() {
        let terms = "{nodeSelectorTerms: [{}, {matchExpressions: [{key: zone, operator: In, \
                     values: [a]}]}]}}}";
        let found = affinity(&format!("{HEAD}{terms}"));
        assert!(found.matches(&node("x", "a")));
        assert!(!found.matches(&node("x", "b")));
        assert!(
            !affinity(&format!("{HEAD}{{nodeSelectorTerms: []}}}}}}")).matches(&node("x", "a"))
        );
        assert!(affinity("containers: []").matches(&node("x", "a")));
    }

    #[test]
    fn a_broken_term_matches_nothing() {
        let terms = "{nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: NotIn}]}]}}}";
        let found = affinity(&format!("{HEAD}{terms}"));
        assert!(!found.matches(&node("x", "a")));
        assert_eq!(found.named(), Named::All);
    }

    #[test]
    fn names_narrow_what_is_looked_at() {
        let field =
            |values: &str| format!("{{key: metadata.name, operator: In, values: {values}}}");
        let both = format!(
            "{{nodeSelectorTerms: [{{matchFields: [{}, {}]}}]}}}}}}",
            field("[a]"),
            field("[b]")
        );
        assert_eq!(affinity(&format!("{HEAD}{both}")).named(), Named::Conflict);
        let one = format!(
            "{{nodeSelectorTerms: [{{matchFields: [{}]}}]}}}}}}",
            field("[a]")
        );
        let found = affinity(&format!("{HEAD}{one}"));
        assert_eq!(found.named(), Named::Only(["a".to_owned()].into()));
        assert!(found.matches(&node("a", "")) && !found.matches(&node("b", "")));
    }
}
