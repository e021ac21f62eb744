//! Probes as the one health check that a container has.

use plimsoll_k8s::Container;
use plimsoll_yaml::Node;

use super::super::cluster::number;
use super::{Cx, Work, container_port};
use crate::emit::{Map, Node as Written};
use crate::model::Evidence;

/// Whether others can wait until a container is healthy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Health {
    /// Nothing tells.
    None,
    /// A check that needs a program which the image may lack.
    Hoped,
    /// A check that the image is sure to have the program of.
    Sure,
}

/// A health check: its mapping, what is said above it, what it rests on.
pub(super) struct Check {
    pub(super) map: Map,
    pub(super) note: Option<&'static str>,
    pub(super) why: Vec<Evidence>,
    pub(super) health: Health,
}

/// The health check of a container; nothing where the image has its own, or none is asked for.
pub(super) fn check<'a>(
    cx: &Cx<'a>,
    work: &Work<'a>,
    container: Container<'a>,
    words: &dyn Fn(&str) -> String,
) -> Option<Check> {
    let node = container.node();
    let probe = ["readinessProbe", "livenessProbe", "startupProbe"]
        .into_iter()
        .find_map(|key| node.present(key))?;
    let (test, note, health) = test(work, probe, words)?;
    cx.settle(probe);
    for key in ["httpHeaders", "host"] {
        if let Some(more) = probe.get("httpGet").and_then(|get| get.present(key)) {
            cx.lose(
                more,
                format!("{}.{key}", work.title),
                "the health check asks without it",
                "add a `healthcheck` of your own in compose.override.yaml if the answer hangs on it",
            );
        }
    }
    let seconds = |key: &str, usual: i64| {
        cx.take(probe, key)
            .and_then(Node::as_int)
            .map_or(usual, |seconds| seconds.clamp(0, 86_400))
    };
    let interval = seconds("periodSeconds", 10).max(1);
    let timeout = seconds("timeoutSeconds", 1).max(1);
    let retries = seconds("failureThreshold", 3).max(1);
    let mut patience = seconds("initialDelaySeconds", 0);
    cx.take(probe, "successThreshold");
    if let Some(startup) = node
        .present("startupProbe")
        .filter(|startup| *startup != probe)
    {
        // While it starts nothing that fails counts, which is all that it is for.
        cx.settle(startup);
        let of = |key: &str, usual: i64| startup.get(key).and_then(Node::as_int).unwrap_or(usual);
        let length = of("periodSeconds", 10).saturating_mul(of("failureThreshold", 3));
        patience = patience.max(
            of("initialDelaySeconds", 0)
                .saturating_add(length)
                .clamp(0, 86_400),
        );
    }
    let mut map = Map::new()
        .put("test", test)
        .put("interval", format!("{interval}s"))
        .put("timeout", format!("{timeout}s"))
        .put("retries", u32::try_from(retries).unwrap_or(3));
    if patience > 0 {
        map = map.put("start_period", format!("{patience}s"));
    }
    // A liveness probe that asks for the same is carried over with the other.
    if let Some(liveness) = node.present("livenessProbe").filter(|one| *one != probe) {
        let same = ["exec", "httpGet", "tcpSocket", "grpc"]
            .iter()
            .all(|key| source(liveness, key) == source(probe, key));
        if same {
            cx.settle(liveness);
        }
    }
    Some(Check {
        map,
        note,
        why: cx.why(probe, "the probe asks for it"),
        health,
    })
}

fn source<'a>(probe: Node<'a>, key: &str) -> Option<&'a str> {
    probe.get(key).map(Node::source)
}

type Test = (Written, Option<&'static str>, Health);

fn test(work: &Work<'_>, probe: Node<'_>, words: &dyn Fn(&str) -> String) -> Option<Test> {
    if let Some(command) = probe.at(&["exec", "command"]) {
        let mut all = vec!["CMD".to_owned()];
        all.extend(
            command
                .items()
                .filter_map(|word| Some(words(&word.text()?))),
        );
        return Some((Written::Flow(all), None, Health::Sure));
    }
    let handler = probe
        .present("httpGet")
        .or_else(|| probe.present("tcpSocket"))?;
    let port = handler.get("port")?;
    let port = match number(port) {
        Some(port) => port,
        None => container_port(&work.workload, &port.text()?)?,
    };
    if probe.present("httpGet").is_none() {
        let line = format!("nc -z 127.0.0.1 {port} || bash -c '</dev/tcp/127.0.0.1/{port}'");
        let note = "Needs `nc` or `bash` in the image.";
        return Some((shell(line), Some(note), Health::Hoped));
    }
    let path = handler.get("path").and_then(Node::text);
    let path = path.as_deref().unwrap_or("/");
    let fits = |c: char| c.is_ascii_alphanumeric() || "/._-~?=&%+,:@".contains(c);
    if !path.chars().all(fits) {
        return None;
    }
    let scheme = handler.get("scheme").and_then(Node::text);
    let (scheme, wget, curl) = match scheme.as_deref() {
        Some("HTTPS") => ("https", " --no-check-certificate", " -k"),
        _ => ("http", "", ""),
    };
    let slash = if path.starts_with('/') { "" } else { "/" };
    let url = format!("'{scheme}://127.0.0.1:{port}{slash}{path}'");
    let line = format!("wget -q{wget} -O /dev/null {url} || curl -fsS{curl} -o /dev/null {url}");
    let note = "Needs a shell with `wget` or `curl` in the image.";
    Some((shell(line), Some(note), Health::Hoped))
}

fn shell(line: String) -> Written {
    Written::Flow(vec!["CMD-SHELL".to_owned(), line])
}
