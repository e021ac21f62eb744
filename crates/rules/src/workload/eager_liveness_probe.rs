//! # What it does
//! Finds liveness probes that give up on the container within 20 seconds: failureThreshold ×
//! periodSeconds is at most 20. A container that answers nothing at all has longer where
//! timeoutSeconds is more than periodSeconds, which the message then says.
//!
//! # Why it matters
//! The liveness probe restarts the container (not the pod). A pause of the garbage collector, a
//! slow query or a busy node lasts ten seconds easily; a probe that is less patient turns each
//! into a restart, and under load into a loop in which the remaining pods fail one after another.
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
//!             periodSeconds: 10
//!             failureThreshold: 2
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
//!           livenessProbe:
//!             httpGet: {path: /health/live, port: 8000}
//!             periodSeconds: 30
//!             failureThreshold: 3
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/>

use plimsoll_k8s::ProbeRole;
use plimsoll_source::{Confidence, Severity};

use crate::{Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "eager-liveness-probe",
    summary: "a liveness probe restarts the container within 20 seconds",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Container(check)],
};

/// The longest time to a restart, in seconds, that counts as eager.
const EAGER_SECONDS: i64 = 20;

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let Some(probe) = input.container.probe(ProbeRole::Liveness) else {
        return;
    };
    // A probe without a handler is another rule's, and negative numbers are refused.
    let seconds = probe.tolerance_seconds();
    if probe.handler().is_none() || !(1..=EAGER_SECONDS).contains(&seconds) {
        return;
    }
    let (threshold, period) = (probe.failure_threshold(), probe.period_seconds());
    let range = match (threshold.node, period.node) {
        (Some(node), _) if threshold.value < 3 => node.range(),
        (_, Some(node)) => node.range(),
        (Some(node), None) => node.range(),
        (None, None) => probe.head(),
    };
    let container = input.container.label();
    let silence = probe.silence_seconds();
    let message = if silence > seconds {
        format!(
            "`livenessProbe` restarts `{container}` after {seconds} s of errors, or {silence} s \
             without an answer"
        )
    } else {
        format!("`livenessProbe` restarts `{container}` after {seconds} s without an answer")
    };
    let draft = cx.report(range, message);
    draft
        .label(format!("{} failures, {} s apart", threshold.value, period.value))
        .note("a pause for garbage collection or a slow query lasts as long, and each becomes a restart")
        .help("be patient: `periodSeconds: 30` with `failureThreshold: 3`");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, on};
    use crate::workload::requests::tests::deployment;

    #[track_caller]
    fn probe(numbers: &str) -> Case {
        on(&RULE).manifest(&deployment(&format!(
            "livenessProbe: {{tcpSocket: {{port: 80}}, {numbers}}}"
        )))
    }

    #[test]
    fn eager_probes_are_found() {
        probe("periodSeconds: 10, failureThreshold: 2").flags(&["12: 2"]);
        probe("periodSeconds: 5").flags(&["12: 5"]);
        probe("failureThreshold: 1")
            .flags(&["12: 1"])
            .says(&["`livenessProbe` restarts `web` after 10 s without an answer"]);
        probe("periodSeconds: 3, failureThreshold: 5").flags(&["12: 3"]);
        // The next one is only asked when the last has timed out.
        probe("periodSeconds: 1, timeoutSeconds: 10").says(&[
            "`livenessProbe` restarts `web` after 3 s of errors, or 30 s without an answer",
        ]);
    }

    #[test]
    fn patient_and_other_probes_are_left_alone() {
        probe("periodSeconds: 10").clean();
        probe("periodSeconds: 7, failureThreshold: 3").clean();
        probe("periodSeconds: 30, failureThreshold: 1").clean();
        on(&RULE)
            .manifest(&deployment(
                "readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 1}",
            ))
            .clean();
    }
}
