//! # What it does
//! Finds PodDisruptionBudgets that never allow a pod to be evicted: `maxUnavailable: 0`, or a
//! `minAvailable` of all the pods there are.
//!
//! # Why it matters
//! A node with such a pod cannot be drained. The upgrade of the cluster stops there, waits, and
//! fails or goes on by force, depending on who runs it.
//!
//! A percentage of `minAvailable` is rounded up and one of `maxUnavailable` is rounded up as
//! well, so that 1 % of three pods allows one to go.
//!
//! # Example
//! ```yaml bad
//! apiVersion: policy/v1
//! kind: PodDisruptionBudget
//! metadata: {name: payments}
//! spec:
//!   minAvailable: 2
//!   selector: {matchLabels: {app: payments}}
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   replicas: 2
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ```
//! ```yaml good
//! apiVersion: policy/v1
//! kind: PodDisruptionBudget
//! metadata: {name: payments}
//! spec:
//!   maxUnavailable: 1
//!   selector: {matchLabels: {app: payments}}
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   replicas: 2
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/tasks/run-application/configure-pdb/#specifying-a-poddisruptionbudget>

use plimsoll_k8s::{IntOrPercent, Workload};
use plimsoll_links::{LinkKind, Thing};
use plimsoll_project::ManifestRole;
use plimsoll_source::{Confidence, Place, Severity};
use plimsoll_yaml::Node;

use super::scaling::{is_hpa, unit_of};
use crate::{Alias, Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "pod-disruption-budget-blocks",
    summary: "a PodDisruptionBudget never lets a pod go",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "pdb-max-unavailable",
        },
        Alias {
            tool: "kube-linter",
            id: "pdb-min-available",
        },
    ],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let ObjectInput { unit, object } = *input;
    if !object.is("policy", "PodDisruptionBudget") || unit.role == ManifestRole::Patch {
        return;
    }
    let Some(spec) = object.spec() else { return };
    let fixed = |key: &str| cx.reports_missing(unit, object, &["spec", key]);
    if let Some(node) = spec.present("maxUnavailable") {
        let none = matches!(
            IntOrPercent::new(node),
            Some(IntOrPercent::Count(0) | IntOrPercent::Percent(0))
        );
        if none && fixed("maxUnavailable") {
            cx.report(
                node.range(),
                "no pod may ever be evicted: `maxUnavailable` is 0",
            )
            .note("a node with one of these pods cannot be drained")
            .help("allow one: `maxUnavailable: 1`");
        }
        return;
    }
    let Some(node) = spec.present("minAvailable") else {
        return;
    };
    let Some(least) = IntOrPercent::new(node).filter(|_| fixed("minAvailable")) else {
        return;
    };
    if matches!(least, IntOrPercent::Percent(percent) if percent >= 100) {
        cx.report(
            node.range(),
            "no pod may ever be evicted: all must be available",
        )
        .note("a node with one of these pods cannot be drained")
        .help("allow one to go: `maxUnavailable: 1`");
        return;
    }
    let Some((pods, place)) = guarded(cx) else {
        return;
    };
    let needed = least.scaled_up(pods);
    if pods == 0 || needed < pods {
        return;
    }
    let least = least.to_string();
    let message = format!("no pod may ever be evicted: {least} of {pods} must be available");
    let draft = cx.report(node.range(), message);
    draft
        .related(place, format!("so many pods: {pods}"))
        .note("a node with one of these pods cannot be drained");
    if pods == 1 {
        // With one pod any budget either blocks or does nothing.
        draft.help("run a second replica, or remove the budget");
    } else {
        draft.help("allow one to go: `maxUnavailable: 1`");
    }
}

/// How many pods the budget guards, with the place that says so. `None` where that is not known:
/// several workloads, other sets, an autoscaler of another kind, kinds that do not count.
fn guarded(cx: &Cx<'_>) -> Option<(i64, Place)> {
    let this = Thing::Object(cx.this());
    let mut links = cx
        .links
        .from(&this)
        .filter(|link| link.kind == LinkKind::Guards);
    let link = links.next()?;
    if links.next().is_some() || link.confidence != Confidence::High {
        return None;
    }
    let Thing::Object(reference) = *cx.links.thing(link.to) else {
        return None;
    };
    let objects = cx.links.objects();
    let object = objects.get(reference);
    let workload = Workload::new(object)?;
    let unit = unit_of(cx, reference);
    let scalers: Vec<_> = cx
        .links
        .to(&Thing::Object(reference))
        .filter(|link| link.kind == LinkKind::Scales)
        .collect();
    match scalers[..] {
        [] => {
            let replicas = workload.replicas()?;
            if !cx.reports_missing(unit, object, &["spec", "replicas"]) {
                return None;
            }
            let range = replicas.range_or(object.head());
            Some((replicas.value, Place::new(unit.file, range)))
        }
        // The budget must hold for the least number that the autoscaler keeps.
        [link] => {
            let Thing::Object(scaler) = *cx.links.thing(link.from) else {
                return None;
            };
            let object = objects.get(scaler);
            let unit = unit_of(cx, scaler);
            if !is_hpa(object) || !cx.reports_missing(unit, object, &["spec", "minReplicas"]) {
                return None;
            }
            let least = object.spec()?.present("minReplicas");
            let number = least.map_or(Some(1), Node::as_int)?;
            let range = least.map_or(object.head(), Node::range);
            Some((number, Place::new(unit.file, range)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::deployment;

    fn budget(bound: &str) -> String {
        format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: web}}\nspec:\n  {bound}\n  selector: {{matchLabels: {{app: web}}}}\n---\n"
        )
    }

    fn both(bound: &str, replicas: u32) -> String {
        budget(bound)
            + &deployment("").replace(
                "spec:\n  selector",
                &format!("spec:\n  replicas: {replicas}\n  selector"),
            )
    }

    const HPA: &str = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {minReplicas: 2, maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n";

    #[test]
    fn budgets_that_let_nobody_go_are_found() {
        on(&RULE)
            .manifest(&budget("maxUnavailable: 0"))
            .flags(&["5: 0"]);
        on(&RULE)
            .manifest(&budget("maxUnavailable: 0%"))
            .flags(&["5: 0%"]);
        on(&RULE)
            .manifest(&budget("minAvailable: 100%"))
            .flags(&["5: 100%"]);
        on(&RULE)
            .manifest(&both("minAvailable: 3", 3))
            .flags(&["5: 3"]);
        on(&RULE)
            .manifest(&both("minAvailable: 1", 1))
            .flags(&["5: 1"])
            .says(&["no pod may ever be evicted: 1 of 1 must be available"]);
        // 90 % of three is rounded up to three.
        on(&RULE)
            .manifest(&both("minAvailable: 90%", 3))
            .flags(&["5: 90%"]);
        on(&RULE)
            .manifest(&(budget("minAvailable: 2") + &deployment("") + HPA))
            .flags(&["5: 2"]);
    }

    #[test]
    fn budgets_with_room_are_left_alone() {
        on(&RULE).manifest(&budget("maxUnavailable: 1")).clean();
        on(&RULE).manifest(&both("maxUnavailable: 1%", 3)).clean();
        on(&RULE).manifest(&both("minAvailable: 2", 3)).clean();
        on(&RULE).manifest(&both("minAvailable: 50%", 3)).clean();
        on(&RULE).manifest(&both("minAvailable: 1", 0)).clean();
        on(&RULE).manifest(&budget("minAvailable: 3")).clean();
        on(&RULE)
            .manifest(&(budget("minAvailable: 1") + &deployment("") + HPA))
            .clean();
    }
}
