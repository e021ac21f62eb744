//! # What it does
//! Finds liveness probes that ask the same endpoint as the readiness probe and are no more
//! patient.
//!
//! # Why it matters
//! Readiness asks "can it serve now?", and rightly fails while a dependency is down. If liveness
//! asks the same with the same patience, a database that is away for half a minute restarts every
//! replica at once, and the restarts add to its load.
//!
//! At the default strictness where what both ask is known to look further than the process: Spring
//! Boot's `/actuator/health`, a command that asks another host. Of others, such as `/health` or an
//! open port, the manifest does not tell, and most answers to `/readyz` are as constant as those to
//! `/healthz`; they are for pedantic reviews.
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
//!           readinessProbe:
//!             httpGet: {path: /actuator/health, port: 8000}
//!           livenessProbe:
//!             httpGet: {path: /actuator/health, port: 8000}
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
//!           readinessProbe:
//!             httpGet: {path: /health/ready, port: 8000}
//!           livenessProbe:
//!             httpGet: {path: /health/live, port: 8000}
//!             periodSeconds: 30
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/>

use plimsoll_k8s::ProbeRole;
use plimsoll_k8s::probes::Handler;
use plimsoll_source::{Confidence, Severity};
use plimsoll_yaml::Node;

use crate::{Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "liveness-same-as-readiness",
    summary: "the liveness probe asks what the readiness probe asks, with no more patience",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[crate::Alias {
        tool: "kube-score",
        id: "pod-probes-identical",
    }],
    checks: &[Check::Container(check)],
};

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let container = input.container;
    let (Some(live), Some(ready)) = (
        container.probe(ProbeRole::Liveness),
        container.probe(ProbeRole::Readiness),
    ) else {
        return;
    };
    let (Some(asked), Some(also)) = (live.handler(), ready.handler()) else {
        return;
    };
    if !asked.same_endpoint(also)
        || cannot_fail(asked)
        || live.tolerance_seconds() > ready.tolerance_seconds()
        || live.silence_seconds() > ready.silence_seconds()
    {
        return;
    }
    let place = cx.place(ready.head());
    let strictness = if looks_further(asked) {
        Strictness::Default
    } else {
        Strictness::Pedantic
    };
    cx.report(
        live.head(),
        format!(
            "`livenessProbe` of `{}` asks the same as its `readinessProbe`, with no more patience",
            container.label()
        ),
    )
    .strictness(strictness)
    .related(place, "the same endpoint")
    .note("whatever makes the pod unready for a while, such as a dependency that is down, restarts it too")
    .help(
        "let liveness ask an endpoint that looks at the process alone, or let it wait several \
         times as long",
    );
}

/// Whether a command does nothing, and so never fails.
fn cannot_fail(handler: Handler<'_>) -> bool {
    let Handler::Exec(node) = handler else {
        return false;
    };
    let words = node.get("command").into_iter().flat_map(Node::items);
    let words: Vec<_> = words.filter_map(|word| word.as_str()).collect();
    let last = words.last().map_or("", |word| word.trim());
    let is_shell = |word: &str| matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash"));
    match words.as_slice() {
        [_] => matches!(last.rsplit('/').next(), Some("true" | ":")),
        [shell, flag, _] if is_shell(shell) && flag == "-c" => {
            matches!(last, "true" | ":" | "exit 0")
        }
        _ => false,
    }
}

/// Whether the endpoint is known to ask what the program depends on.
fn looks_further(handler: Handler<'_>) -> bool {
    if let Handler::Exec(node) = handler {
        let words = node.get("command").into_iter().flat_map(Node::items);
        let text: Vec<_> = words.filter_map(|word| word.as_str()).collect();
        return asks_another_host(&text.join(" "));
    }
    let Some(path) = handler.path() else {
        return false;
    };
    let path = path.value.to_ascii_lowercase();
    let path = path.split(['?', '#']).next().unwrap_or("");
    // Without groups it fails with the database and whatever else has an indicator.
    path.trim_end_matches('/').ends_with("/actuator/health")
}

/// Whether a command names a host that is not the container itself.
fn asks_another_host(command: &str) -> bool {
    const HERE: [&str; 5] = ["localhost", "127.", "[::1]", "0.0.0.0", "$"];
    command.match_indices("://").any(|(at, mark)| {
        let host = &command[at + mark.len()..];
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        !HERE.iter().any(|here| host.starts_with(here))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, on};
    use crate::workload::requests::tests::deployment;

    #[track_caller]
    fn probes(live: &str, ready: &str) -> Case {
        on(&RULE).manifest(&deployment(&format!(
            "livenessProbe: {{{live}}}\n        readinessProbe: {{{ready}}}"
        )))
    }

    #[test]
    fn equal_probes_are_found() {
        let get = "httpGet: {path: /h, port: 80}";
        probes(get, get).flags(&["12: livenessProbe"]);
        probes(
            "tcpSocket: {port: 80}, periodSeconds: 5",
            "tcpSocket: {port: 80}",
        )
        .flags(&["12: livenessProbe"]);
        probes("exec: {command: [a, b]}", "exec: {command: [a, b]}").flags(&["12: livenessProbe"]);
    }

    #[test]
    fn endpoints_of_which_nothing_is_known_are_for_the_pedantic() {
        for asked in [
            "httpGet: {path: /metrics, port: monitoring}",
            "httpGet: {path: /-/healthy, port: 80}",
            "httpGet: {path: /healthz/ping, port: 80}",
            "httpGet: {path: /healthz, port: 80}",
            "httpGet: {path: /health, port: 80}",
            "httpGet: {path: /readyz, port: 80}",
            "httpGet: {path: /, port: 80}",
            "tcpSocket: {port: 80}",
            "exec: {command: [pg_isready, -h, localhost]}",
            "exec: {command: [curl, -f, \"http://localhost:80/ready\"]}",
            "exec: {command: [sh, -c, \"echo ruok | nc 127.0.0.1 2181\"]}",
        ] {
            probes(asked, asked)
                .flags(&["12: livenessProbe"])
                .quiet_by_default();
        }
    }

    #[test]
    fn endpoints_that_ask_what_the_program_depends_on_are_for_all() {
        for asked in [
            "httpGet: {path: /actuator/health/?full=1, port: 80}",
            "httpGet: {path: /app/actuator/health, port: 80}",
            "exec: {command: [psql, \"postgres://a@db:5432/b\"]}",
        ] {
            probes(asked, asked).loud_by_default();
        }
        let probe = "httpGet: {path: /actuator/health, port: 80}";
        probes(&format!("{probe}, periodSeconds: 60"), probe).clean();
    }

    #[test]
    fn other_endpoints_and_more_patience_are_left_alone() {
        let get = "httpGet: {path: /h, port: 80}";
        probes(&format!("{get}, failureThreshold: 10"), get).clean();
        probes("httpGet: {path: /live, port: 80}", get).clean();
        probes("tcpSocket: {port: 80}", get).clean();
        for nothing in ["[\"true\"]", "[sh, -c, exit 0]"] {
            let exec = format!("exec: {{command: {nothing}}}");
            probes(&exec, &exec).clean();
        }
        on(&RULE)
            .manifest(&deployment(&format!("livenessProbe: {{{get}}}")))
            .clean();
    }
}
