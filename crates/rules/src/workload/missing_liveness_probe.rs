//! # What it does
//! Finds containers that serve on a port and have no liveness probe.
//!
//! # Why it matters
//! A process that hangs without exiting stays as it is until a person notices; a liveness probe
//! restarts the container. A wrong one does more harm than none, so reasonable teams leave it out
//! where a crash ends the process: this rule is pedantic.
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
//!           livenessProbe:
//!             httpGet: {path: /health/live, port: 8000}
//!             periodSeconds: 30
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/>

use plimsoll_k8s::{ProbeRole, Role};
use plimsoll_source::{Confidence, Severity};

use super::serving::serves;
use crate::{Alias, Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "missing-liveness-probe",
    summary: "a container that serves has no liveness probe",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "no-liveness-probe",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_8",
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
    if container.role() != Role::App || container.probe(ProbeRole::Liveness).is_some() {
        return;
    }
    if !serves(workload, container)
        || !cx.reports_missing_in_pod(unit, workload, &["containers", "livenessProbe"])
    {
        return;
    }
    let fillers = cx.fillers(unit, container.node(), &["livenessProbe"]);
    cx.report(
        container.head(),
        format!(
            "container `{}` serves but has no `livenessProbe`",
            container.label()
        ),
    )
    .note("a process that hangs without exiting stays as it is")
    .filled_by(fillers)
    .help("add a patient `livenessProbe` that asks the process alone, not its dependencies")
    .group("probes");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::deployment;

    #[test]
    fn servers_without_the_probe_are_found() {
        on(&RULE)
            .manifest(&deployment("ports: [{containerPort: 80}]"))
            .flags(&["10: name: web"]);
        on(&RULE)
            .manifest(&deployment(
                "ports: [{containerPort: 80}]\n        readinessProbe: {tcpSocket: {port: 80}}",
            ))
            .flags(&["10: name: web"]);
        on(&RULE)
            .manifest(&deployment(
                "ports: [{containerPort: 80}]\n        livenessProbe:",
            ))
            .flags(&["10: name: web"]);
    }

    #[test]
    fn probed_and_silent_containers_are_left_alone() {
        on(&RULE).manifest(&deployment("")).clean();
        on(&RULE)
            .manifest(&deployment(
                "ports: [{containerPort: 80}]\n        livenessProbe: {tcpSocket: {port: 80}}",
            ))
            .clean();
        on(&RULE)
            .manifest(&deployment("ports: [{name: prometheus, containerPort: 9}]"))
            .clean();
    }
}
