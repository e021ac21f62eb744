//! *Probes*.

use plimsoll_k8s::{Container, Probe, ProbeRole};

use super::{Answer, Asked, NO_WORKLOAD, evidence};
use crate::{Evidence, Line};

pub(super) fn lines(asked: &Asked<'_, '_>) -> Vec<Line> {
    let runs = asked.workloads().next().is_some();
    let answer = |role: ProbeRole, without: &'static str| {
        if !runs {
            return Answer::Nothing(NO_WORKLOAD);
        }
        let shown = probes(asked, role);
        if shown.is_empty() {
            Answer::Nothing(without)
        } else {
            Answer::shown(shown)
        }
    };
    // A rule that found one missing speaks before these words do.
    const NONE_NEEDED: &str = "none is written, and none is evidently needed";
    vec![
        asked.line(
            "readiness",
            "readiness probe",
            &["missing-readiness-probe", "healthcheck-probe-mismatch"],
            answer(ProbeRole::Readiness, NONE_NEEDED),
        ),
        asked.line(
            "liveness",
            "liveness probe",
            &[
                "missing-liveness-probe",
                "eager-liveness-probe",
                "liveness-same-as-readiness",
            ],
            answer(ProbeRole::Liveness, NONE_NEEDED),
        ),
        asked.line(
            "startup",
            "start-up probe where the start is slow",
            &["slow-start-without-startup-probe"],
            answer(ProbeRole::Startup, NONE_NEEDED),
        ),
    ]
}

fn probes(asked: &Asked<'_, '_>, role: ProbeRole) -> Vec<Evidence> {
    let containers = asked.containers().into_iter();
    containers
        .filter_map(|(reference, container)| {
            let probe = container.probe(role)?;
            let place = asked.place(reference, probe.head());
            Some(evidence(place, tolerates(container, probe)))
        })
        .collect()
}

/// What happens when nothing answers, and after how long.
fn tolerates(container: Container<'_>, probe: Probe<'_>) -> String {
    let label = container.label();
    let seconds = probe.tolerance_seconds();
    let failures = probe.failure_threshold().value;
    let period = probe.period_seconds().value;
    let how = format!("{failures} × {period} s");
    match probe.role() {
        ProbeRole::Readiness => {
            format!("`{label}` gets no traffic after {seconds} s without an answer ({how})")
        }
        ProbeRole::Liveness => {
            format!("`{label}` is restarted after {seconds} s without an answer ({how})")
        }
        ProbeRole::Startup => {
            let delay = probe.initial_delay_seconds().value;
            let longest = delay.saturating_add(seconds);
            let delay = if delay > 0 {
                format!("{delay} s + ")
            } else {
                String::new()
            };
            format!("`{label}` may take {longest} s to start ({delay}{how})")
        }
    }
}
