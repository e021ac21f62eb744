//! # What it does
//! Finds HorizontalPodAutoscalers whose bounds leave nothing to scale: more at least than at
//! most, as many at least as at most, none at least, or a target that is never reached.
//!
//! # Why it matters
//! `minReplicas` above `maxReplicas` and `maxReplicas` below 1 are refused by the API server, and
//! so is a `minReplicas` of 0 unless the metric comes from outside the pods. Equal bounds are
//! accepted: the autoscaler then holds the number still and reads like one that works. A
//! utilization target of 100 % or more of the CPU request waits until the pods have used up all
//! that they are promised.
//!
//! # Example
//! ```yaml bad
//! apiVersion: autoscaling/v2
//! kind: HorizontalPodAutoscaler
//! metadata: {name: payments}
//! spec:
//!   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: payments}
//!   minReplicas: 10
//!   maxReplicas: 3
//! ```
//! ```yaml good
//! apiVersion: autoscaling/v2
//! kind: HorizontalPodAutoscaler
//! metadata: {name: payments}
//! spec:
//!   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: payments}
//!   minReplicas: 3
//!   maxReplicas: 10
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/>

use plimsoll_project::ManifestRole;
use plimsoll_source::{Confidence, Place, Severity};
use plimsoll_yaml::Node;

use super::scaling::{is_hpa, utilizations};
use crate::{Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "hpa-bounds",
    summary: "the bounds of an HPA leave nothing to scale",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let ObjectInput { unit, object } = *input;
    if !is_hpa(object) || unit.role == ManifestRole::Patch {
        return;
    }
    let Some(spec) = object.spec() else { return };
    let bound = |key: &str| {
        spec.present(key)
            .and_then(|node| Some((node.as_int()?, node)))
    };
    let fixed = |key: &str| cx.reports_missing(unit, object, &["spec", key]);
    let (min, max) = (bound("minReplicas"), bound("maxReplicas"));
    let both_fixed = fixed("minReplicas") && fixed("maxReplicas");
    match (min, max) {
        (_, Some((max, node))) if max < 1 => {
            cx.report(
                node.range(),
                format!("`maxReplicas` is {max}, which the API server refuses"),
            )
            .help("write at least 1");
        }
        (Some((min, node)), Some((max, other))) if min > max && both_fixed => {
            let place = Place::new(unit.file, other.range());
            cx.report(
                node.range(),
                format!("`minReplicas` {min} is more than `maxReplicas` {max}"),
            )
            .note("the API server refuses it")
            .related(place, "at most this many")
            .help("swap them, or raise `maxReplicas`");
        }
        (Some((min, node)), Some((max, other))) if min == max && min > 0 && both_fixed => {
            let place = Place::new(unit.file, other.range());
            cx.report(
                node.range(),
                format!("`minReplicas` and `maxReplicas` are both {min}: nothing is ever scaled"),
            )
            .severity(Severity::Warning)
            .related(place, "the same number")
            .help("raise `maxReplicas`, or remove the autoscaler and write `replicas`");
        }
        // One is the minimum where none is written.
        (None, Some((1, node))) if both_fixed => {
            cx.report(node.range(), "`maxReplicas` is 1: nothing is ever scaled")
                .severity(Severity::Warning)
                .note("without `minReplicas` it is 1 as well")
                .help("raise `maxReplicas`, or remove the autoscaler");
        }
        (Some((0, node)), _) if !comes_from_outside(spec) => {
            cx.report(node.range(), "`minReplicas` is 0, and no metric comes from outside the pods")
                .note("without pods there is nothing to measure; the API server refuses it")
                .help("write 1, or add a metric of type `Object` or `External` and switch on `HPAScaleToZero`");
        }
        _ => {}
    }
    for metric in utilizations(object) {
        let Some(percent) = metric.percent else {
            continue;
        };
        let resource = &metric.resource;
        if percent < 1 {
            cx.report(
                metric.node.range(),
                format!("a {resource} target of {percent} % is refused by the API server"),
            )
            .help("write a percentage of the request, such as 70");
        } else if percent >= 100 && resource == "cpu" && metric.container.is_none() {
            cx.report(
                metric.node.range(),
                format!("it scales only when the pods use {percent} % of the CPU they request"),
            )
            .severity(Severity::Warning)
            .confidence(Confidence::Medium)
            .strictness(Strictness::Pedantic)
            .note("new pods come when the old ones have nothing left, and take their time to start")
            .help("leave room: 60 to 80");
        }
    }
}

/// Whether a metric is there without any pod.
fn comes_from_outside(spec: Node<'_>) -> bool {
    let metrics = spec.get("metrics").into_iter().flat_map(Node::items);
    metrics
        .filter_map(|metric| metric.get("type")?.as_str())
        .any(|kind| matches!(&*kind, "Object" | "External"))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn hpa(rest: &str) -> String {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec:\n  \
             scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n{rest}"
        )
    }

    #[test]
    fn bounds_that_leave_nothing_are_found() {
        on(&RULE)
            .manifest(&hpa("  minReplicas: 5\n  maxReplicas: 3\n"))
            .flags(&["6: 5"])
            .says(&["`minReplicas` 5 is more than `maxReplicas` 3"]);
        on(&RULE)
            .manifest(&hpa("  minReplicas: 3\n  maxReplicas: 3\n"))
            .flags(&["6: 3"]);
        on(&RULE)
            .manifest(&hpa("  maxReplicas: 0\n"))
            .flags(&["6: 0"]);
        on(&RULE)
            .manifest(&hpa("  maxReplicas: 1\n"))
            .flags(&["6: 1"]);
        on(&RULE)
            .manifest(&hpa("  minReplicas: 0\n  maxReplicas: 3\n"))
            .flags(&["6: 0"]);
        on(&RULE)
            .manifest(&hpa("  maxReplicas: 3\n  metrics:\n  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 0}}}\n"))
            .flags(&["8: 0"]);
        on(&RULE)
            .manifest(&hpa(
                "  maxReplicas: 3\n  targetCPUUtilizationPercentage: 100\n",
            ))
            .flags(&["7: 100"])
            .quiet_by_default();
    }

    #[test]
    fn bounds_with_room_are_left_alone() {
        for rest in [
            "  minReplicas: 2\n  maxReplicas: 10\n",
            "  maxReplicas: 10\n",
            "  minReplicas: 0\n  maxReplicas: 3\n  metrics: [{type: External, external: {metric: {name: q}, target: {type: Value, value: 1}}}]\n",
            "  maxReplicas: 3\n  metrics: [{type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 120}}}]\n",
            "  minReplicas: ${MIN}\n  maxReplicas: 3\n",
        ] {
            on(&RULE).manifest(&hpa(rest)).clean();
        }
        on(&RULE)
            .files(&format!(
                "//- /base/h.yaml\n{}//- /base/kustomization.yaml\nresources: [h.yaml]\n\
                 //- /prod/kustomization.yaml\nresources: [../base]\npatches: [{{path: p.yaml}}]\n\
                 //- /prod/p.yaml\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec: {{maxReplicas: 9}}\n",
                hpa("  minReplicas: 1\n  maxReplicas: 1\n")
            ))
            .clean();
    }
}
