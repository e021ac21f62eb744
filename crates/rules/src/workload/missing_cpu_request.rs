//! # What it does
//! Finds containers without a CPU request: none written, no CPU limit (which would count as the
//! request), none for the pod as a whole, and no LimitRange or VerticalPodAutoscaler in the set
//! that supplies one.
//!
//! # Why it matters
//! The scheduler places pods by their requests. A container that asks for nothing is put on any
//! node, however full, and gets the smallest share of the CPU when the node is busy. A
//! HorizontalPodAutoscaler on CPU utilisation divides by the request and cannot work without it.
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
//!               memory: 128Mi
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

use plimsoll_source::{Confidence, Severity};

use super::requests::{self, Missing};
use crate::{Alias, Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "missing-cpu-request",
    summary: "a container has no CPU request",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "unset-cpu-requirements",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_10",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0015",
        },
    ],
    checks: &[Check::Container(check)],
};

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    requests::report(
        cx,
        input,
        &Missing {
            resource: "cpu",
            field: "requests",
            what: "CPU request",
            supplied_by: &["defaultRequest", "default"],
            note: "the scheduler counts it as nothing, and a busy node gives it the smallest share",
            help: "set `resources.requests.cpu` to what it uses in a busy hour",
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
            .manifest(&deployment("resources: {requests: {memory: 1Gi}}"))
            .flags(&["12: requests"]);
        on(&RULE)
            .manifest(&deployment("resources: {limits: {memory: 1Gi}}"))
            .flags(&["12: resources"]);
        on(&RULE)
            .manifest(&deployment("resources: {requests: {cpu: null}}"))
            .flags(&["12: cpu"]);
    }

    #[test]
    fn jobs_of_a_queue_are_suspended_until_it_resumes_them() {
        let job = |kind: &str, spec: &str| {
            format!(
                "apiVersion: batch/v1\nkind: {kind}\nmetadata: {{name: x}}\nspec:\n  suspend: true\n  \
                 {spec}template: {{spec: {{containers: [{{name: x, image: x:1}}]}}}}\n"
            )
        };
        let case = on(&RULE).manifest(&job("Job", "")).flags(&["6: name: x"]);
        let help = case.findings[0].help.as_deref();
        assert_eq!(
            help,
            Some("set `resources.requests.cpu` to what it uses while it runs")
        );
        on(&RULE)
            .manifest(&job("CronJob", "jobTemplate:\n    spec:\n      "))
            .clean();
    }

    #[test]
    fn requests_from_anywhere_silence_it() {
        on(&RULE)
            .manifest(&deployment("resources: {requests: {cpu: 100m}}"))
            .clean();
        on(&RULE)
            .manifest(&deployment("resources: {limits: {cpu: 1}}"))
            .clean();
        on(&RULE)
            .manifest(&pod("resources: {requests: {cpu: 1}}"))
            .clean();
        on(&RULE)
            .manifest(&format!(
                "{}---\napiVersion: v1\nkind: LimitRange\nmetadata: {{name: x}}\nspec:\n  limits:\n  \
                 - type: Container\n    defaultRequest: {{cpu: 50m}}\n",
                deployment("")
            ))
            .clean();
        on(&RULE)
            .manifest(&format!(
                "{}---\napiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: \
                 {{name: x}}\nspec:\n  targetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n",
                deployment("")
            ))
            .clean();
    }
}
