//! Whether a container serves requests.

use plimsoll_k8s::{Container, Workload, WorkloadKind};

/// Ports that are there to be scraped or debugged, not to serve.
const SIDE_PORTS: &[&str] = &[
    "metrics",
    "http-metrics",
    "https-metrics",
    "prometheus",
    "monitoring",
    "prom",
    "jmx",
    "debug",
    "pprof",
    "profiling",
    "tracing",
];

/// Whether a port of this name is there to be scraped or debugged.
pub(crate) fn is_side_port(name: &str) -> bool {
    SIDE_PORTS.contains(&name)
}

/// Whether the container of a lasting workload serves on a declared port.
pub(crate) fn serves(workload: Workload<'_>, container: Container<'_>) -> bool {
    let kind = workload.kind();
    let lasting = kind.has_replicas() || kind.is_daemon();
    lasting
        && kind != WorkloadKind::KnativeService
        && !workload.is_scaled_to_zero()
        && container.ports().any(|port| {
            // A number that is filled in before it is applied (`${PORT}`) is a port too.
            port.node().present("containerPort").is_some()
                && !port.name().is_some_and(|name| is_side_port(&name))
        })
}
