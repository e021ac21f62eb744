//! # What it does
//! Finds containers that are known or declared to start slowly and have a liveness probe but no
//! startup probe: a liveness probe that waits a minute or more before its first attempt
//! (`initialDelaySeconds`), or a slow starter whose liveness probe would restart it while it is
//! still starting.
//!
//! # Why it matters
//! A long `initialDelaySeconds` delays liveness after every restart, also when the start was
//! quick, and a start that takes longer still ends in a loop of restarts. A startup probe waits
//! for as long as the start takes, and then hands over.
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
//!           livenessProbe:
//!             httpGet: {path: /health/live, port: 8000}
//!             initialDelaySeconds: 120
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
//!           startupProbe:
//!             httpGet: {path: /health/live, port: 8000}
//!             periodSeconds: 5
//!             failureThreshold: 36
//!           livenessProbe:
//!             httpGet: {path: /health/live, port: 8000}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-startup-probes>

use plimsoll_k8s::{Container, ProbeRole};
use plimsoll_oci::Reference;
use plimsoll_source::{Confidence, Severity};
use plimsoll_yaml::Node;

use crate::{Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "slow-start-without-startup-probe",
    summary: "a slow start is guarded by the liveness probe alone",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Container(check)],
};

/// A delay of so many seconds before liveness is a slow start by the author's own word.
const LONG_DELAY: i64 = 60;

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let container = input.container;
    let Some(live) = container.probe(ProbeRole::Liveness) else {
        return;
    };
    if container.probe(ProbeRole::Startup).is_some()
        || !cx.reports_missing_in_pod(input.unit, input.workload, &["containers", "startupProbe"])
    {
        return;
    }
    let fillers = || cx.fillers(input.unit, container.node(), &["startupProbe"]);
    let delay = live.initial_delay_seconds();
    let help = "add a `startupProbe` on the same endpoint whose failureThreshold × periodSeconds \
                covers the slowest start, and drop `initialDelaySeconds`";
    // Beside a patience of many minutes the wait is nothing.
    if delay.value >= LONG_DELAY && live.tolerance_seconds() < 5 * delay.value {
        let fillers = fillers();
        cx.report(
            delay.range_or(live.head()),
            format!(
                "`livenessProbe` of `{}` waits {} s for the start, without a `startupProbe`",
                container.label(),
                delay.value
            ),
        )
        .note(
            "the wait comes after every restart, however quick, and a start that takes longer is \
             cut off and begun again",
        )
        .filled_by(fillers)
        .help(help);
        return;
    }
    let until_restart = delay.value + live.tolerance_seconds();
    let Some((name, seconds)) = slow_starter(container) else {
        return;
    };
    if until_restart >= seconds {
        return;
    }
    let fillers = fillers();
    cx.report(
        live.head(),
        format!(
            "`livenessProbe` restarts `{}` {until_restart} s after its start, and `{name}` often \
             takes longer",
            container.label()
        ),
    )
    .severity(Severity::Warning)
    .confidence(Confidence::Medium)
    .note(format!(
        "on a busy node {name} may take {seconds} s to start: it would never come up"
    ))
    .filled_by(fillers)
    .help(help);
}

/// Servers that take long to start, with the seconds that a start on a busy node may take.
const SLOW_STARTERS: &[(&str, i64)] = &[
    ("artifactory", 180),
    ("elasticsearch", 60),
    ("gitlab-ce", 300),
    ("gitlab-ee", 300),
    ("jenkins", 90),
    ("jira-software", 120),
    ("keycloak", 60),
    ("nexus3", 120),
    ("opensearch", 60),
    ("sonarqube", 90),
];

fn slow_starter(container: Container<'_>) -> Option<(&'static str, i64)> {
    let text = container.image().and_then(Node::as_str)?.into_owned();
    let image = Reference::parse(&text).ok()?;
    let name = image.repository().rsplit('/').next()?.to_owned();
    SLOW_STARTERS
        .iter()
        .copied()
        .find(|(slow, _)| *slow == name)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, on};
    use crate::workload::requests::tests::deployment;

    #[track_caller]
    fn with(rest: &str) -> Case {
        on(&RULE).manifest(&deployment(rest))
    }

    #[test]
    fn long_delays_and_slow_starters_are_found() {
        with("livenessProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 60}").flags(&["12: 60"]);
        with("livenessProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 300}\n        readinessProbe: {tcpSocket: {port: 80}}")
            .flags(&["12: 300"]);
        let keycloak = deployment("livenessProbe: {tcpSocket: {port: 80}}")
            .replace("ghcr.io/example/web:1.0", "quay.io/keycloak/keycloak:26.4");
        on(&RULE).manifest(&keycloak).flags(&["12: livenessProbe"]);
    }

    #[test]
    fn short_delays_and_startup_probes_are_left_alone() {
        with("livenessProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 30}").clean();
        with("livenessProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 90}\n        startupProbe: {tcpSocket: {port: 80}}")
            .clean();
        with("readinessProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 90}").clean();
    }

    #[test]
    fn a_wait_beside_a_long_patience_is_left_alone() {
        with("livenessProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 60, periodSeconds: 600}")
            .clean();
    }
}
