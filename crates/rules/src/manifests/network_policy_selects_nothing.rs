//! # What it does
//! Finds NetworkPolicies whose `podSelector` no pod of the set has, although the pods that are
//! meant are there: a workload of the same name, or one whose labels differ by a slip.
//!
//! # Why it matters
//! A policy restricts only the pods that it selects. One that selects none is accepted and does
//! nothing: the pods stay open to everybody, and the file says the opposite.
//!
//! An empty selector means all pods of the namespace and is left alone. Where the label says that
//! a pod belongs to a group (its value is `true`, or the policy lets in or out who has it as well),
//! the pods are what lacks it.
//!
//! # Example
//! ```yaml bad
//! apiVersion: networking.k8s.io/v1
//! kind: NetworkPolicy
//! metadata: {name: payments}
//! spec:
//!   podSelector:
//!     matchLabels: {app: payment}
//!   policyTypes: [Ingress]
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ```
//! ```yaml fixed
//! apiVersion: networking.k8s.io/v1
//! kind: NetworkPolicy
//! metadata: {name: payments}
//! spec:
//!   podSelector:
//!     matchLabels: {app: payments}
//!   policyTypes: [Ingress]
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ```
//!
//! # Fix safety
//! Writes the value that the pods have, and so begins to restrict them.
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/services-networking/network-policies/>

use plimsoll_k8s::Object;
use plimsoll_links::LinkKind;
use plimsoll_source::{Confidence, Severity};
use plimsoll_yaml::Node;

use super::reach::Miss;
use super::service_selects_nothing::{missed, report};
use crate::{Alias, Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "network-policy-selects-nothing",
    summary: "a NetworkPolicy restricts no pods",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "dangling-networkpolicy",
        },
        Alias {
            tool: "kube-score",
            id: "networkpolicy-targets-pod",
        },
    ],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let ObjectInput { unit, object } = *input;
    if !object.is("networking.k8s.io", "NetworkPolicy") {
        return;
    }
    let path = ["spec", "podSelector"];
    let Some(miss) = missed(cx, unit, object, LinkKind::Restricts, &path) else {
        return;
    };
    let name = object.name().unwrap_or_default();
    let message = format!("NetworkPolicy `{name}` restricts no pods");
    let group = group_label(object, &miss);
    let draft = report(cx, unit, &miss, &message);
    draft.note("a policy that selects no pods changes nothing");
    if let Some(label) = group {
        draft.help(format!(
            "put the label `{label}` on the templates of the pods that it is about"
        ));
    }
}

/// The label that the policy asks for, where it marks the members of a group: then the pods of
/// one workload are not all that is meant.
fn group_label(object: Object<'_>, miss: &Miss<'_>) -> Option<String> {
    if miss.found.is_some() {
        return None;
    }
    let value = miss.asked.as_str()?;
    let is_switch = matches!(&*value, "true" | "yes" | "enabled" | "allowed");
    (is_switch || lets_in_its_own(object, &miss.key, &value)).then(|| {
        // A label's value is a string.
        let quote = if is_switch { "\"" } else { "" };
        format!("{}: {quote}{value}{quote}", miss.key)
    })
}

/// Whether the policy lets in or out pods that have the label which it asks of its own.
fn lets_in_its_own(object: Object<'_>, key: &str, value: &str) -> bool {
    let Some(spec) = object.spec() else {
        return false;
    };
    let ends = [("ingress", "from"), ("egress", "to")];
    let mut peers = ends.iter().flat_map(|(list, end)| {
        let rules = spec.get(list).into_iter().flat_map(Node::items);
        rules.flat_map(|rule| rule.get(end).into_iter().flat_map(Node::items))
    });
    peers.any(|peer| {
        let labels = peer.at(&["podSelector", "matchLabels"]);
        let other = labels.and_then(|labels| labels.get(key)?.as_str());
        other.is_some_and(|other| other == value)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::deployment;

    fn policy(selector: &str) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: web}}\nspec:\n  podSelector: {selector}\n---\n"
        )
    }

    fn both(selector: &str) -> String {
        policy(selector) + &deployment("")
    }

    #[test]
    fn policies_for_nobody_are_found() {
        on(&RULE)
            .manifest(&both("{matchLabels: {app: wbe}}"))
            .flags(&["5: wbe"]);
        on(&RULE)
            .manifest(&both("{matchLabels: {name: web}}"))
            .flags(&["5: web"])
            .says(&["NetworkPolicy `web` restricts no pods"]);
        on(&RULE)
            .manifest(&both("{matchLabels: {app: web, tier: back}}"))
            .flags(&["5: back"]);
    }

    #[test]
    fn a_label_of_a_group_belongs_on_the_pods() {
        let help = |text: &str| {
            let case = on(&RULE).manifest(text);
            assert_eq!(case.findings.len(), 1, "{text}");
            case.help()
        };
        assert_eq!(
            help(&both("{matchLabels: {example.com/network: \"true\"}}")),
            "put the label `example.com/network: \"true\"` on the templates of the pods that it is about"
        );
        let rest = "{matchLabels: {net: back}}\n  ingress:\n  - from:\n    - podSelector: {matchLabels: {net: NET}}";
        assert!(help(&both(&rest.replace("NET", "back"))).starts_with("put the label `net: back`"));
        assert_eq!(
            help(&both(&rest.replace("NET", "front"))),
            "ask for a label that the pods of `web` have"
        );
        assert_eq!(help(&both("{matchLabels: {app: wbe}}")), "write `app: web`");
    }

    #[test]
    fn policies_for_some_or_all_are_left_alone() {
        on(&RULE)
            .manifest(&both("{matchLabels: {app: web}}"))
            .clean();
        on(&RULE).manifest(&both("{}")).clean();
        on(&RULE)
            .manifest(&policy("{matchLabels: {app: wbe}}"))
            .clean();
        on(&RULE)
            .manifest(&both("{matchExpressions: [{key: app, operator: Exists}]}"))
            .clean();
    }
}
