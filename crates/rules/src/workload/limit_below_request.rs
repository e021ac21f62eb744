//! # What it does
//! Finds limits below the request of the same resource.
//!
//! # Why it matters
//! The API server refuses the object: nothing is deployed.
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
//!             requests: {cpu: 100m, memory: 512Mi}
//!             limits: {memory: 256Mi}
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
//!             requests: {cpu: 100m, memory: 256Mi}
//!             limits: {memory: 512Mi}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/>

use plimsoll_k8s::Resources;
use plimsoll_source::{Confidence, Severity};

use crate::{Check, ContainerInput, Cx, FixKind, Rule, Strictness, WorkloadInput};

pub(crate) static RULE: Rule = Rule {
    id: "limit-below-request",
    summary: "a limit is below the request of the same resource",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Container(container), Check::Workload(pod)],
};

fn container(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let owner = format!("container `{}`", input.container.label());
    compare(cx, input.container.resources(), &owner);
}

fn pod(cx: &mut Cx<'_>, input: &WorkloadInput<'_>) {
    if let Some(pod) = input.workload.pod() {
        compare(cx, pod.resources(), "the pod");
    }
}

fn compare(cx: &mut Cx<'_>, resources: Resources<'_>, owner: &str) {
    for (name, limit) in resources.limits() {
        let Some(name) = name.text() else { continue };
        let Some(request) = resources.request(&name) else {
            continue;
        };
        let (Some(most), Some(least)) = (limit.value(), request.value()) else {
            continue;
        };
        if most >= least {
            continue;
        }
        let place = cx.place(request.node.range());
        cx.report(
            limit.node.range(),
            format!(
                "{owner} is limited to {} {name} but requests {}",
                limit.node.source(),
                request.node.source()
            ),
        )
        .related(place, "the request")
        .note("the API server refuses the object")
        .help("raise the limit to the request or above it")
        .group("resources");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::{deployment, pod};

    #[test]
    fn limits_below_requests_are_found() {
        let case = "resources: {requests: {cpu: 1}, limits: {cpu: 500m}}";
        on(&RULE).manifest(&deployment(case)).flags(&["12: 500m"]);
        let case = "resources: {requests: {memory: 1Gi}, limits: {memory: 1G}}";
        on(&RULE)
            .manifest(&deployment(case))
            .says(&["container `web` is limited to 1G memory but requests 1Gi"]);
        on(&RULE)
            .manifest(&pod("resources: {requests: {cpu: 2}, limits: {cpu: 1}}"))
            .flags(&["12: 1"]);
    }

    #[test]
    fn equal_larger_and_unreadable_limits_are_left_alone() {
        for case in [
            "resources: {requests: {cpu: 1}, limits: {cpu: 1000m}}",
            "resources: {requests: {memory: 128Mi}, limits: {memory: 1Gi}}",
            "resources: {requests: {memory: lots}, limits: {memory: 1}}",
            "resources: {requests: {cpu: 4}, limits: {memory: 1}}",
        ] {
            on(&RULE).manifest(&deployment(case)).clean();
        }
    }
}
