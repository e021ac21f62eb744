//! # What it does
//! Finds containers without a memory request: none written, no memory limit (which would count as
//! the request), none for the pod as a whole, and no LimitRange or VerticalPodAutoscaler in the
//! set that supplies one.
//!
//! # Why it matters
//! The scheduler counts the container as needing no memory and may put it on a node that has
//! none left. When the node runs short, the kubelet evicts first what uses more than it
//! requested; a container that requested nothing always does.
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
//!           resources:
//!             requests:
//!               cpu: 100m
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
//!           resources:
//!             requests:
//!               cpu: 100m
//!               memory: 128Mi
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/>
//! - <https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/>

use plimsoll_source::{Confidence, Severity};

use super::requests::{self, Missing};
use crate::{Alias, Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "missing-memory-request",
    summary: "a container has no memory request",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "unset-memory-requirements",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_12",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0016",
        },
    ],
    checks: &[Check::Container(check)],
};

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    requests::report(
        cx,
        input,
        &Missing {
            resource: "memory",
            field: "requests",
            what: "memory request",
            supplied_by: &["defaultRequest", "default"],
            note: "the scheduler counts it as needing none, and the kubelet evicts what uses more \
                   than it requested first",
            help: "set `resources.requests.memory` to what it uses in a busy hour",
        },
    );
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::{deployment, pod};

    #[test]
    fn containers_without_a_request_are_found() {
        on(&RULE)
            .manifest(&deployment(""))
            .flags(&["10: name: web"]);
        on(&RULE)
            .manifest(&deployment("resources: {requests: {cpu: 1}}"))
            .flags(&["12: requests"]);
        on(&RULE)
            .manifest(&pod("resources: {requests: {cpu: 1}}"))
            .flags(&["10: name: web"]);
    }

    #[test]
    fn requests_from_anywhere_silence_it() {
        on(&RULE)
            .manifest(&deployment("resources: {requests: {memory: 1Gi}}"))
            .clean();
        on(&RULE)
            .manifest(&deployment("resources: {limits: {memory: 1Gi}}"))
            .clean();
        on(&RULE)
            .manifest(&pod("resources: {limits: {memory: 1Gi}}"))
            .clean();
    }
}
