//! # What it does
//! Finds liveness probes that ask the same endpoint as the readiness probe and are no more
//! patient.
//!
//! # Why it matters
//! Readiness asks "can it serve now?", and rightly fails while a dependency is down. If liveness
//! asks the same with the same patience, a database that is away for half a minute restarts every
//! replica at once, and the restarts add to its load.
//!
//! Pedantic where what both ask looks at the process alone, which is right for liveness: an open
//! port (`tcpSocket`), and paths such as `/livez`, `/healthz`, `/ping`, `/metrics` and `/-/healthy`.
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
//!             httpGet: {path: /health, port: 8000}
//!           livenessProbe:
//!             httpGet: {path: /health, port: 8000}
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

use plimsoll_k8s::probes::Handler;
use plimsoll_k8s::{Container, ProbeRole};
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
    {
        return;
    }
    let place = cx.place(ready.head());
    let strictness = if looks_at_process(asked) || serves_liveness(container, asked) {
        Strictness::Pedantic
    } else {
        Strictness::Default
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

/// Whether the program is one whose every endpoint looks at the process alone: an exporter of
/// metrics, or one that is told to serve this endpoint for liveness.
fn serves_liveness(container: Container<'_>, handler: Handler<'_>) -> bool {
    let image = container.image().and_then(|node| node.as_str());
    let name = image.as_deref().and_then(|image| image.rsplit('/').next());
    let is_exporter = name.is_some_and(|name| {
        let end = name.find([':', '@']).unwrap_or(name.len());
        name[..end].ends_with("exporter")
    });
    let told = |node: Node<'_>| {
        let text = node.as_str();
        let url = text
            .as_deref()
            .and_then(|text| text.split("--liveness=").nth(1));
        let url = url.map(|url| url.split([' ', '"', '\'']).next().unwrap_or(url));
        let path = handler.path();
        url.zip(path)
            .is_some_and(|(url, path)| url.ends_with(&*path.value))
    };
    is_exporter
        || container
            .command()
            .into_iter()
            .chain(container.args())
            .any(told)
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

/// Whether the endpoint is known to look at the process alone, whatever it depends on.
fn looks_at_process(handler: Handler<'_>) -> bool {
    if matches!(handler, Handler::TcpSocket(_)) {
        return true;
    }
    // ZooKeeper's own question whether it runs.
    if let Handler::Exec(node) = handler
        && node
            .get("command")
            .into_iter()
            .flat_map(Node::items)
            .any(|word| word.as_str().is_some_and(|word| word.contains("ruok")))
    {
        return true;
    }
    let Some(path) = handler.path() else {
        return false;
    };
    // The extension `health_check` of OpenTelemetry's collector.
    if path.value == "/" && handler.port().is_some_and(|port| port.text() == "13133") {
        return true;
    }
    let path = path.value.to_ascii_lowercase();
    let path = path.trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or("");
    matches!(
        last,
        // `/healthz` of programs in Go answers for the process, by the custom of Kubernetes' own.
        "_healthz" | "alive" | "healthz" | "live" | "liveness" | "livez" | "metrics" | "ping"
    ) || path.ends_with("/-/healthy")
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
    fn the_health_of_a_collector_is_that_of_its_process() {
        let get = |port: u16| format!("httpGet: {{path: /, port: {port}}}");
        probes(&get(13133), &get(13133)).quiet_by_default();
        probes(&get(8080), &get(8080)).loud_by_default();
    }

    #[test]
    fn exporters_and_programs_told_so_serve_liveness_alone() {
        let get = "httpGet: {path: /health, port: 80}";
        let probes = format!("livenessProbe: {{{get}}}\n        readinessProbe: {{{get}}}");
        let case = |image: &str, more: &str| {
            let text = deployment(&format!("{probes}\n        {more}"));
            on(&RULE).manifest(&text.replace("ghcr.io/example/web:1.0", image))
        };
        case("prom/node-exporter:v1.9", "").quiet_by_default();
        case(
            "a:1",
            "args: [kopf run --liveness=http://0.0.0.0:80/health a.py]",
        )
        .quiet_by_default();
        case(
            "acme/exporter-ui:1",
            "args: [--liveness=http://0.0.0.0:80/live]",
        )
        .loud_by_default();
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
    fn endpoints_that_look_at_the_process_alone_are_for_the_pedantic() {
        for asked in [
            "httpGet: {path: /metrics, port: monitoring}",
            "httpGet: {path: /-/healthy, port: 80}",
            "httpGet: {path: /healthz/ping, port: 80}",
            "httpGet: {path: /healthz, port: 80}",
            "httpGet: {path: /livez/, port: 80}",
            "tcpSocket: {port: 80}",
        ] {
            probes(asked, asked)
                .flags(&["12: livenessProbe"])
                .quiet_by_default();
        }
        let asked = "httpGet: {path: /health, port: 80}";
        probes(asked, asked).loud_by_default();
        let asked = "exec: {command: [sh, -c, \"echo ruok | nc 127.0.0.1 2181\"]}";
        probes(asked, asked).quiet_by_default();
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
