//! Whether a container serves requests.

use plimsoll_k8s::{Container, Workload, WorkloadKind};
use plimsoll_oci::Reference;
use plimsoll_yaml::Node;

/// Words for what is scraped, probed or debugged, as against what serves.
const SIDE_WORDS: &[&str] = &[
    "debug",
    "health",
    "healthcheck",
    "healthz",
    "jmx",
    "liveness",
    "metrics",
    "monitoring",
    "pprof",
    "probe",
    "probes",
    "profiling",
    "prom",
    "prometheus",
    "tracing",
];

/// Words that say nothing of what a port is for.
const PROTOCOL_WORDS: &[&str] = &["http", "https", "port", "tcp"];

/// Whether a port of this name is there to be scraped, probed or debugged, and for nothing else:
/// `metrics`, `http-metrics`, `prom-metrics`; not `web-metrics`.
pub(crate) fn is_side_port(name: &str) -> bool {
    let mut words = name.split('-');
    words
        .clone()
        .all(|word| SIDE_WORDS.contains(&word) || PROTOCOL_WORDS.contains(&word))
        && words.any(|word| SIDE_WORDS.contains(&word))
}

/// Whether the container of a lasting workload serves on a declared port.
pub(crate) fn serves(workload: Workload<'_>, container: Container<'_>) -> bool {
    let kind = workload.kind();
    let lasting = kind.has_replicas() || kind.is_daemon();
    lasting
        && kind != WorkloadKind::KnativeService
        && !guards_metrics(container)
        && !workload.is_scaled_to_zero()
        && container.ports().any(|port| {
            // A number that is filled in before it is applied (`${PORT}`) is a port too.
            port.node().present("containerPort").is_some()
                && !port.name().is_some_and(|name| is_side_port(&name))
        })
}

/// Whether the container gives out metrics of the one beside it, or is the proxy that asks who may scrape
/// them.
fn guards_metrics(container: Container<'_>) -> bool {
    let image = container.image().and_then(Node::text);
    let reference = image.and_then(|image| Reference::parse(&image).ok());
    reference.is_some_and(|image| {
        let name = image.name();
        name == "kube-rbac-proxy" || name.ends_with("-exporter") || name.ends_with("_exporter")
    })
}

#[cfg(test)]
mod tests {
    use super::is_side_port;

    #[test]
    fn side_ports_are_known_by_their_words() {
        for name in [
            "metrics",
            "http-metrics",
            "prom-metrics",
            "metrics-port",
            "tcp-prometheus",
            "probes",
            "http-health",
        ] {
            assert!(is_side_port(name), "{name}");
        }
        for name in ["http", "web-metrics", "https-port", "metricsd", ""] {
            assert!(!is_side_port(name), "{name}");
        }
    }
}
