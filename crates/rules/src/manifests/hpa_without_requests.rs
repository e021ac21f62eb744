//! # What it does
//! Finds containers without a request for the resource by whose utilization a
//! HorizontalPodAutoscaler scales their pods.
//!
//! # Why it matters
//! Utilization is usage divided by the request. A pod with one container that has no request has
//! no utilization: the metric fails (`FailedGetResourceMetric: missing request for cpu`), and as
//! long as it does the autoscaler does not scale by it at all.
//!
//! All containers of the pod count, sidecars too, unless the metric names one
//! (`ContainerResource`). A limit without a request is a request as well; so is what a LimitRange
//! or the resources of the pod supply. Targets of type `AverageValue` need no requests.
//!
//! # Example
//! ```yaml bad
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers:
//!         - name: payments
//!           image: ghcr.io/example/payments:1.0
//!           resources: {requests: {memory: 128Mi}}
//! ---
//! apiVersion: autoscaling/v2
//! kind: HorizontalPodAutoscaler
//! metadata: {name: payments}
//! spec:
//!   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: payments}
//!   maxReplicas: 10
//!   metrics:
//!     - type: Resource
//!       resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
//! ```
//! ```yaml good
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers:
//!         - name: payments
//!           image: ghcr.io/example/payments:1.0
//!           resources: {requests: {cpu: 100m, memory: 128Mi}}
//! ---
//! apiVersion: autoscaling/v2
//! kind: HorizontalPodAutoscaler
//! metadata: {name: payments}
//! spec:
//!   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: payments}
//!   maxReplicas: 10
//!   metrics:
//!     - type: Resource
//!       resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#how-does-a-horizontalpodautoscaler-work>

use plimsoll_k8s::objects::missing_below;
use plimsoll_source::{Confidence, Place, Severity};

use super::scaling::{scalers_of, unit_of, utilizations};
use crate::workload::supply::limit_range_supplies;
use crate::{Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "hpa-without-requests",
    summary: "an HPA scales by the utilization of a request that is not there",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Container(check)],
};

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let ContainerInput {
        unit,
        workload,
        container,
    } = *input;
    // The pods of a Rollout with a `workloadRef` are those of the workload that it names.
    let elsewhere = workload.object().spec();
    if !container.role().keeps_running()
        || elsewhere.is_some_and(|spec| spec.present("workloadRef").is_some())
        // What follows a line that cannot be read may be what is looked for.
        || !unit.tree.errors().is_empty() && unit.tree.text().contains("requests:")
    {
        return;
    }
    let mut told: Vec<String> = Vec::new();
    for (hpa, object) in scalers_of(cx) {
        for metric in utilizations(object) {
            let name = container.name().unwrap_or_default();
            let meant = metric
                .container
                .as_ref()
                .is_none_or(|other| *other == *name);
            let resource = metric.resource.as_str();
            let written = container.resources();
            let pod = workload.pod().map(|pod| pod.resources());
            let given = |resources: plimsoll_k8s::Resources<'_>| {
                resources.effective_request(resource).is_some()
            };
            if !meant
                || !matches!(resource, "cpu" | "memory")
                || told.iter().any(|other| other == resource)
                || given(written)
                || pod.is_some_and(given)
                || limit_range_supplies(
                    cx,
                    unit,
                    workload,
                    resource,
                    &["default", "defaultRequest"],
                )
                || !cx.reports_missing_in_pod(
                    unit,
                    workload,
                    &["containers", "resources", "requests", resource],
                )
            {
                continue;
            }
            told.push(resource.to_owned());
            let scaler = object.name().unwrap_or_default();
            let place = Place::new(unit_of(cx, hpa).file, metric.node.range());
            let at = missing_below(container.node(), &["resources", "requests", resource]);
            let at = at.unwrap_or_else(|| container.head());
            // Values for a check switch on whatever there is.
            let generated = cx.project.generated(unit.file);
            let is_trial = generated.is_some_and(|one| cx.project.renders[one.render].is_trial);
            let draft = cx.report(
                at,
                format!(
                    "`{}` has no {resource} request, and HPA `{scaler}` scales by its utilization",
                    container.label()
                ),
            );
            draft
                .note(
                    "utilization is usage divided by the request: without one the HPA cannot scale",
                )
                .related(place, "scales by a percentage of the request")
                .help(format!("add `resources.requests.{resource}`"))
                .group("resources");
            if is_trial {
                draft.strictness(Strictness::Pedantic);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::deployment;

    fn hpa(metrics: &str) -> String {
        format!(
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec:\n  \
             scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  maxReplicas: 5\n  metrics: [{metrics}]\n"
        )
    }

    const CPU: &str = "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}";

    #[test]
    fn pods_that_another_workload_describes_are_left_alone() {
        let rollout = |more: &str| {
            let hpa = hpa(CPU).replace(
                "apps/v1, kind: Deployment",
                "argoproj.io/v1alpha1, kind: Rollout",
            );
            format!(
                "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: web}}\nspec:\n{more}  template:\n    spec:\n      containers: [{{name: web, image: a:1}}]\n{hpa}"
            )
        };
        on(&RULE).manifest(&rollout("")).flags(&["7: name: web"]);
        let named = "  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n";
        on(&RULE).manifest(&rollout(named)).clean();
    }

    #[test]
    fn what_follows_a_broken_line_may_be_the_request() {
        let broken = |rest: &str| {
            let env = "env:\n        - name: A\n          value:\n b: [c\n";
            on(&RULE).manifest(&(deployment(&format!("{env}{rest}")) + &hpa(CPU)))
        };
        broken("        resources: {requests: {cpu: 1}}").clean();
        assert_eq!(broken("        tty: true").findings.len(), 1);
    }

    #[test]
    fn containers_without_the_request_are_found() {
        on(&RULE)
            .manifest(&(deployment("") + &hpa(CPU)))
            .flags(&["10: name: web"])
            .says(&["`web` has no cpu request, and HPA `web` scales by its utilization"]);
        // A sidecar without one is enough.
        on(&RULE)
            .manifest(
                &(deployment("resources: {requests: {cpu: 1}}\n      - {name: proxy, image: a:1}")
                    + &hpa(CPU)),
            )
            .flags(&["13: name: proxy"]);
        on(&RULE)
            .manifest(
                &(deployment("resources: {requests: {cpu: 1}}")
                    + &hpa(&CPU.replace("name: cpu", "name: memory"))),
            )
            .flags(&["12: requests"]);
        // The first version has the percentage at the top.
        on(&RULE)
            .manifest(
                &(deployment("")
                    + &hpa("")
                        .replace("v2", "v1")
                        .replace("metrics: []", "targetCPUUtilizationPercentage: 80")),
            )
            .flags(&["10: name: web"]);
    }

    #[test]
    fn requests_from_anywhere_are_enough() {
        let both = |container: &str, metrics: &str| deployment(container) + &hpa(metrics);
        for text in [
            both("resources: {requests: {cpu: 1}}", CPU),
            both("resources: {limits: {cpu: 1}}", CPU),
            both(
                "",
                "{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 500m}}}",
            ),
            both(
                "",
                "{type: ContainerResource, containerResource: {name: cpu, container: other, target: {type: Utilization, averageUtilization: 70}}}",
            ),
            both(
                "",
                "{type: Pods, pods: {metric: {name: x}, target: {type: AverageValue, averageValue: 5}}}",
            ),
            both("", CPU)
                + "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{type: Container, defaultRequest: {cpu: 100m}}]}\n",
            deployment("") + &hpa(CPU).replace("name: web}\n  max", "name: api}\n  max"),
            deployment(""),
        ] {
            on(&RULE).manifest(&text).clean();
        }
    }

    #[test]
    fn an_autoscaler_that_only_a_check_switches_on_is_pedantic() {
        let hpa = hpa(CPU);
        let chart = |values: &str| {
            let deployment = deployment("");
            format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\nscale: false\n//- /c/{values}\nscale: true\n//- /c/templates/a.yaml\n{deployment}{{{{ if .Values.scale }}}}\n{hpa}{{{{ end }}}}\n"
            )
        };
        on(&RULE)
            .files(&chart("ci/a-values.yaml"))
            .quiet_by_default();
        on(&RULE)
            .files(&chart("values-prod.yaml"))
            .loud_by_default();
    }
}
