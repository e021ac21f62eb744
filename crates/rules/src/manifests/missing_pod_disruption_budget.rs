//! # What it does
//! Finds workloads with two replicas or more that no PodDisruptionBudget of the set guards.
//!
//! # Why it matters
//! Draining a node (an upgrade, a smaller node pool) evicts its pods one after the other and asks
//! nobody. Without a budget all replicas of a service may go at once, if they happen to stand on
//! nodes that are drained together.
//!
//! # Example
//! ```yaml bad
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   replicas: 3
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ```
//! ```yaml good
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   replicas: 3
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ---
//! apiVersion: policy/v1
//! kind: PodDisruptionBudget
//! metadata: {name: payments}
//! spec:
//!   maxUnavailable: 1
//!   selector: {matchLabels: {app: payments}}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/tasks/run-application/configure-pdb/>

use plimsoll_links::{LinkKind, Thing};
use plimsoll_project::{ManifestRole, ManifestUnit};
use plimsoll_source::{Confidence, Severity};

use super::reach::is_open;
use super::scaling::scalers_of;
use crate::{Alias, Check, Cx, FixKind, Rule, Strictness, WorkloadInput};

pub(crate) static RULE: Rule = Rule {
    id: "missing-pod-disruption-budget",
    summary: "no PodDisruptionBudget guards a workload of several replicas",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::Medium,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-score",
            id: "deployment-has-poddisruptionbudget",
        },
        Alias {
            tool: "kube-score",
            id: "statefulset-has-poddisruptionbudget",
        },
    ],
    checks: &[Check::Workload(check)],
};

fn check(cx: &mut Cx<'_>, input: &WorkloadInput<'_>) {
    let WorkloadInput { unit, workload } = *input;
    let scaled = scalers_of(cx).into_iter().next();
    let replicas = match &scaled {
        Some((_, hpa)) => hpa
            .spec()
            .and_then(|spec| spec.get("minReplicas")?.as_int())
            .unwrap_or(1),
        None => workload.replicas().map_or(0, |replicas| replicas.value),
    };
    let guarded = cx
        .links
        .to(&Thing::Object(cx.this()))
        .any(|link| link.kind == LinkKind::Guards);
    if !workload.kind().has_replicas()
        || unit.role == ManifestRole::Patch
        || replicas < 2
        || guarded
        || is_open(cx, unit.file)
    {
        return;
    }
    let name = workload.object().name().unwrap_or_default();
    let help = match switched_off(cx, unit) {
        Some(template) => format!(
            "the chart has one in `{template}` that these values leave out: switch it on, with \
             `maxUnavailable: 1`"
        ),
        None => "add a PodDisruptionBudget with `maxUnavailable: 1` and the labels of its pods"
            .to_owned(),
    };
    cx.report(
        workload.head(),
        format!("no PodDisruptionBudget guards the {replicas} replicas of `{name}`"),
    )
    .note("draining nodes may take all of them at once")
    .help(help);
}

/// The template of the same chart that writes a budget with other values.
fn switched_off<'p>(cx: &Cx<'p>, unit: &ManifestUnit) -> Option<&'p str> {
    let render = cx.project.generated(unit.file)?.render;
    let folder = &cx.project.renders[render].folder;
    let mut charts = cx.project.charts.iter();
    let chart = charts.find(|chart| chart.folder == *folder)?;
    let mut templates = chart.below("templates/");
    templates.find_map(|(name, file)| {
        let text = &cx.project.files.get(file).text;
        text.contains("kind: PodDisruptionBudget").then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::deployment;

    fn replicated(count: u32) -> String {
        deployment("").replace(
            "spec:\n  selector",
            &format!("spec:\n  replicas: {count}\n  selector"),
        )
    }

    const BUDGET: &str = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}\n";
    const HPA: &str = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {minReplicas: 2, maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n";

    #[test]
    fn a_budget_that_is_switched_off_is_named() {
        let help = |budget: &str| {
            let case = on(&RULE).files(&format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\nbudget: false\n//- /c/templates/a.yaml\n{}//- /c/templates/budget.yaml\n{{{{ if .Values.budget }}}}\n{budget}{{{{ end }}}}\n",
                replicated(2)
            ));
            case.findings[0].help.clone().unwrap_or_default()
        };
        assert!(help(BUDGET).contains("`templates/budget.yaml`"));
        assert!(help("").starts_with("add a PodDisruptionBudget"));
    }

    #[test]
    fn replicas_without_a_budget_are_found() {
        on(&RULE)
            .manifest(&replicated(3))
            .flags(&["2: kind: Deployment"])
            .quiet_by_default();
        on(&RULE)
            .manifest(&(deployment("") + HPA))
            .flags(&["2: kind: Deployment"]);
        on(&RULE)
            .manifest(&(replicated(2) + &BUDGET.replace("app: web", "app: api")))
            .flags(&["2: kind: Deployment"]);
    }

    #[test]
    fn single_and_guarded_ones_are_left_alone() {
        on(&RULE).manifest(&replicated(1)).clean();
        on(&RULE).manifest(&(replicated(3) + BUDGET)).clean();
        on(&RULE).manifest(&(deployment("") + HPA + BUDGET)).clean();
    }
}
