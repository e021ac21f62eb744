//! # What it does
//! Finds containers that serve on a port and have no readiness probe.
//!
//! # Why it matters
//! Without one a pod counts as ready as soon as its process exists. A rollout sends requests to
//! pods that are still starting, takes the old ones away before the new ones can serve, and a pod
//! that cannot reach its database keeps getting its share of the traffic.
//!
//! Silent for Jobs, for bare Pods, for containers without ports, and where every port is there
//! for metrics. Pedantic for a workload that no Service selects, among others that Services do
//! select: a worker with a port to be scraped or looked at, most likely.
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
//!           ports: [{containerPort: 8000}]
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
//!           ports: [{containerPort: 8000}]
//!           readinessProbe:
//!             httpGet: {path: /health/ready, port: 8000}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/>

use plimsoll_k8s::{ProbeRole, Role};
use plimsoll_links::{LinkKind, Thing};
use plimsoll_source::{Confidence, FileId, Severity};

use super::agents::looks_at_node;
use super::serving::serves;
use crate::manifests::reach::{defined_around, is_open};
use crate::{Alias, Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "missing-readiness-probe",
    summary: "a container that serves has no readiness probe",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "no-readiness-probe",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_9",
        },
    ],
    checks: &[Check::Container(check)],
};

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let ContainerInput {
        unit,
        workload,
        container,
    } = *input;
    if container.role() != Role::App || container.probe(ProbeRole::Readiness).is_some() {
        return;
    }
    if !serves(workload, container)
        || !cx.reports_missing_in_pod(unit, workload, &["containers", "readinessProbe"])
    {
        return;
    }
    // An agent listens for its own like, and no Service sends it requests.
    let strictness = if looks_at_node(container.pod()) || is_asked_by_nobody(cx, unit.file) {
        Strictness::Pedantic
    } else {
        Strictness::Default
    };
    let fillers = cx.fillers(unit, container.node(), &["readinessProbe"]);
    cx.report(
        container.head(),
        format!("container `{}` serves but has no `readinessProbe`", container.label()),
    )
    .strictness(strictness)
    .note("it gets requests as soon as its process exists, and keeps getting them when it cannot serve")
    .filled_by(fillers)
    .help("add a `readinessProbe` that fails while the service cannot answer requests")
    .group("probes");
}

/// Whether no Service sends requests to this workload, where Services are written for others that
/// are applied with it.
fn is_asked_by_nobody(cx: &Cx<'_>, file: FileId) -> bool {
    let asks = |kind| matches!(kind, LinkKind::Selects | LinkKind::GovernedBy);
    let this = Thing::Object(cx.this());
    let mut around = cx.links.to(&this).chain(cx.links.from(&this));
    if around.any(|link| asks(link.kind)) || is_open(cx, file) {
        return false;
    }
    let services = defined_around(cx, file, "Service");
    let mut objects = services.iter().filter_map(|service| service.object);
    objects.any(|service| {
        let mut links = cx.links.from(&Thing::Object(service));
        links.any(|link| link.kind == LinkKind::Selects)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::deployment;

    #[test]
    fn agents_of_the_node_are_for_the_pedantic() {
        on(&RULE)
            .manifest(&deployment(
                "ports: [{containerPort: 6666}]\n      hostPID: true\n      volumes: [{name: p, hostPath: {path: /proc}}]",
            ))
            .flags(&["10: name: web"])
            .quiet_by_default();
    }

    #[test]
    fn workers_that_no_service_selects_are_for_the_pedantic() {
        let worker = deployment("ports: [{containerPort: 80}]");
        let served = worker
            .replace("name: web", "name: api")
            .replace("app: web", "app: api");
        let service = |app: &str| {
            format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{name: {app}}}\nspec: {{selector: {{app: {app}}}, ports: [{{port: 80}}]}}\n"
            )
        };
        let ready = served.replace(
            "ports:",
            "readinessProbe: {tcpSocket: {port: 80}}\n        ports:",
        );
        let both = format!("{worker}---\n{}---\n{ready}", service("api"));
        on(&RULE)
            .manifest(&both)
            .flags(&["10: name: web"])
            .quiet_by_default();
        on(&RULE)
            .manifest(&format!("{both}---\n{}", service("web")))
            .loud_by_default();
        // Nothing says that Services are written here.
        on(&RULE).manifest(&worker).loud_by_default();
    }

    #[test]
    fn exporters_of_metrics_are_left_alone() {
        let with = |image: &str| {
            let text = deployment("ports: [{containerPort: 9216}]");
            on(&RULE).manifest(&text.replace("ghcr.io/example/web:1.0", image))
        };
        with("percona/mongodb_exporter:0.40.0").clean();
        with("percona/mongodb:0.40.0").flags(&["10: name: web"]);
    }

    #[test]
    fn servers_without_the_probe_are_found() {
        on(&RULE)
            .manifest(&deployment("ports: [{containerPort: 80}]"))
            .flags(&["10: name: web"]);
        on(&RULE)
            .manifest(&deployment(
                "ports: [{containerPort: 80}]\n        livenessProbe: {tcpSocket: {port: 80}}",
            ))
            .flags(&["10: name: web"]);
        on(&RULE)
            .manifest(&deployment(
                "ports: [{name: metrics, containerPort: 9090}, {containerPort: 80}]",
            ))
            .flags(&["10: name: web"]);
        on(&RULE)
            .manifest(&deployment("ports: [{containerPort: '${PORT:-80}'}]"))
            .flags(&["10: name: web"]);
    }

    #[test]
    fn jobs_and_containers_that_serve_nothing_are_left_alone() {
        on(&RULE)
            .manifest(
                &deployment("ports: [{name: https, containerPort: 8443}]").replace(
                    "image: ",
                    "image: gcr.io/kubebuilder/kube-rbac-proxy:v0.16.0 # ",
                ),
            )
            .clean();
        on(&RULE).manifest(&deployment("")).clean();
        on(&RULE)
            .manifest(&deployment("ports: [{name: metrics, containerPort: 9090}]"))
            .clean();
        on(&RULE)
            .manifest(&deployment(
                "ports: [{containerPort: 80}]\n        readinessProbe: {tcpSocket: {port: 80}}",
            ))
            .clean();
        on(&RULE)
            .manifest(
                "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      \
                 containers:\n      - name: a\n        image: a:1\n        ports: [{containerPort: 80}]\n",
            )
            .clean();
    }
}
