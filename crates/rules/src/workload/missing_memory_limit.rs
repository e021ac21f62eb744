//! # What it does
//! Finds containers without a memory limit: none written, none for the pod as a whole, and no
//! LimitRange or VerticalPodAutoscaler in the set that supplies one.
//!
//! # Why it matters
//! A leak in a container without a limit grows until the node is short of memory. Then the kernel
//! kills by its own reckoning, and other services of the node die for the fault of this one. With
//! a limit only the culprit is killed and restarted.
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
//!             requests: {cpu: 100m, memory: 128Mi}
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
//!             requests: {cpu: 100m, memory: 128Mi}
//!             limits: {memory: 256Mi}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/>

use plimsoll_source::{Confidence, Severity};

use super::requests::{self, Missing};
use crate::{Alias, Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "missing-memory-limit",
    summary: "a container has no memory limit",
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
            id: "CKV_K8S_13",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0018",
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
            field: "limits",
            what: "memory limit",
            supplied_by: &["default"],
            note: "a leak grows until the node is short of memory, and other services die for it",
            help: "set `resources.limits.memory` above the largest use you have seen",
        },
    );
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::{deployment, pod};

    #[test]
    fn containers_without_a_limit_are_found() {
        on(&RULE)
            .manifest(&deployment(""))
            .flags(&["10: name: web"]);
        on(&RULE)
            .manifest(&deployment("resources: {requests: {memory: 1Gi}}"))
            .flags(&["12: resources"]);
        on(&RULE)
            .manifest(&deployment("resources: {limits: {cpu: 1}}"))
            .flags(&["12: limits"]);
    }

    #[test]
    fn a_resource_that_is_none_is_named() {
        on(&RULE)
            .manifest(&deployment("resources: {limits: {mem: 1Gi}}"))
            .flags(&["12: mem"])
            .says(&["container `web` has no memory limit: `mem` is no resource"]);
        on(&RULE)
            .manifest(&deployment("resources: {limits: {Memory: 1Gi}}"))
            .flags(&["12: Memory"]);
        on(&RULE)
            .manifest(&deployment("resources: {limits: {nvidia.com/gpu: 1}}"))
            .flags(&["12: limits"]);
    }

    #[test]
    fn limits_from_anywhere_silence_it() {
        on(&RULE)
            .manifest(&deployment("resources: {limits: {memory: 1Gi}}"))
            .clean();
        on(&RULE)
            .manifest(&pod("resources: {limits: {memory: 1Gi}}"))
            .clean();
        on(&RULE)
            .manifest(&format!(
                "{}---\napiVersion: v1\nkind: LimitRange\nmetadata: {{name: x}}\nspec:\n  limits:\n  \
                 - type: Container\n    default: {{memory: 50Mi}}\n",
                deployment("")
            ))
            .clean();
    }
}
