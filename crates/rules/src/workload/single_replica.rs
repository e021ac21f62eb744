//! # What it does
//! Finds Deployments that run one pod: `replicas: 1`, or none written and no autoscaler in the
//! set.
//!
//! # Why it matters
//! Draining a node, a crash or an eviction is an outage for as long as the next pod takes to
//! start. Many services can live with that, and some must be alone: this rule is pedantic, and
//! silent for Deployments that are replaced by `Recreate` or hold a volume claim.
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
//! ```
//! ```yaml good
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   replicas: 3
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/workloads/pods/disruptions/>

use plimsoll_k8s::rollout::StrategyKind;
use plimsoll_k8s::{VolumeKind, Workload, WorkloadKind};
use plimsoll_source::{Confidence, Severity};

use super::supply::is_autoscaled;
use crate::{Alias, Check, Cx, FixKind, Rule, Strictness, WorkloadInput};

pub(crate) static RULE: Rule = Rule {
    id: "single-replica",
    summary: "a Deployment runs one pod",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "minimum-three-replicas",
        },
        Alias {
            tool: "kube-score",
            id: "deployment-replicas",
        },
    ],
    checks: &[Check::Workload(check)],
};

fn check(cx: &mut Cx<'_>, input: &WorkloadInput<'_>) {
    let WorkloadInput { unit, workload } = *input;
    if !matches!(
        workload.kind(),
        WorkloadKind::Deployment | WorkloadKind::ArgoRollout
    ) {
        return;
    }
    let Some(replicas) = workload.replicas() else {
        return;
    };
    if replicas.value != 1
        || is_singleton(workload)
        || !cx.reports_missing(unit, workload.object(), &["spec", "replicas"])
        || is_autoscaled(cx, unit, workload)
    {
        return;
    }
    let name = workload.object().name().unwrap_or_default().into_owned();
    let range = replicas.range_or(workload.object().missing_at(&["spec", "replicas"]));
    cx.report(range, format!("`{name}` runs one pod"))
        .note("draining its node is an outage until the next pod is ready")
        .help(
            "if the program can run twice (it elects a leader, or keeps nothing of its own), set \
             `replicas` to at least 2 or let a HorizontalPodAutoscaler own the number",
        );
}

/// Whether the workload is made to be alone.
pub(crate) fn is_singleton(workload: Workload<'_>) -> bool {
    let recreates = workload
        .strategy()
        .is_some_and(|strategy| strategy.kind.value == StrategyKind::Recreate);
    let claims = workload
        .pod()
        .into_iter()
        .flat_map(|pod| pod.volumes().collect::<Vec<_>>());
    recreates
        || claims
            .into_iter()
            .any(|volume| volume.kind() == VolumeKind::PersistentVolumeClaim)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::{deployment, pod};

    #[test]
    fn lone_pods_are_found() {
        on(&RULE).manifest(&deployment("")).flags(&["4: spec"]);
        let one = deployment("").replace("spec:\n  selector", "spec:\n  replicas: 1\n  selector");
        on(&RULE).manifest(&one).flags(&["5: 1"]);
        on(&RULE)
            .manifest(&deployment("").replace("name: web}\nspec", "name: api}\nspec"))
            .says(&["`api` runs one pod"]);
    }

    #[test]
    fn several_pods_autoscalers_and_singletons_are_left_alone() {
        let three = deployment("").replace("spec:\n  selector", "spec:\n  replicas: 3\n  selector");
        on(&RULE).manifest(&three).clean();
        let hpa = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: w}\nspec:\n  \
                   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n";
        on(&RULE)
            .manifest(&format!("{}{hpa}", deployment("")))
            .clean();
        let alone =
            deployment("").replace("spec:\n  sel", "spec:\n  strategy: {type: Recreate}\n  sel");
        on(&RULE).manifest(&alone).clean();
        on(&RULE)
            .manifest(&pod(
                "volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]",
            ))
            .clean();
    }
}
