//! # What it does
//! Finds NetworkPolicies whose `podSelector` no pod of the set has, although the pods that are
//! meant are there: a workload of the same name, or one whose labels differ by a slip.
//!
//! # Why it matters
//! A policy restricts only the pods that it selects. One that selects none is accepted and does
//! nothing: the pods stay open to everybody, and the file says the opposite.
//!
//! An empty selector means all pods of the namespace and is left alone.
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

use plimsoll_links::LinkKind;
use plimsoll_source::{Confidence, Severity};

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
    report(cx, unit, &miss, &message).note("a policy that selects no pods changes nothing");
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
