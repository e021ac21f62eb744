//! # What it does
//! Finds containers with `privileged: true`.
//!
//! # Why it matters
//! A privileged container has every capability, every device of the node and no filter: leaving it
//! is one mount away. Whatever breaks into the service owns the node, and with it every other pod.
//!
//! # Example
//! ```yaml bad
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           securityContext: {privileged: true}
//! ```
//! ```yaml good
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           securityContext:
//!             capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline>

use plimsoll_source::{Confidence, Severity};

use crate::{Alias, Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "privileged-container",
    summary: "a container is privileged",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "privileged-container",
        },
        Alias {
            tool: "kube-score",
            id: "container-security-context-privileged",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_16",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0017",
        },
    ],
    checks: &[Check::Container(check)],
};

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let Some((true, node)) = input.container.security_context().privileged() else {
        return;
    };
    // What runs on every node to manage it (network and storage drivers) may have to be.
    let severity = if input.workload.kind().is_daemon() {
        Severity::Warning
    } else {
        Severity::Error
    };
    cx.report(
        node.range(),
        format!("container `{}` is privileged", input.container.label()),
    )
    .severity(severity)
    .note("it has every capability and device of the node: whoever breaks in owns the node")
    .help("remove it and add the one capability or device that is needed")
    .group("security-context");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::{deployment, pod};

    #[test]
    fn privileged_containers_are_found() {
        on(&RULE)
            .manifest(&deployment("securityContext: {privileged: true}"))
            .flags(&["12: true"]);
        on(&RULE)
            .manifest(&pod(
                "initContainers: [{name: i, image: \"a:1\", securityContext: {privileged: true}}]",
            ))
            .flags(&["12: true"]);
        on(&RULE)
            .manifest(&deployment("securityContext:\n          privileged: yes"))
            .flags(&["13: yes"]);
    }

    #[test]
    fn others_are_left_alone() {
        on(&RULE).manifest(&deployment("")).clean();
        on(&RULE)
            .manifest(&deployment("securityContext: {privileged: false}"))
            .clean();
        on(&RULE)
            .manifest(&deployment("securityContext: {privileged: \"true\"}"))
            .clean();
    }
}
