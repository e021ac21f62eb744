//! Services, Ingresses and NetworkPolicies.

use plimsoll_yaml::{Kind, Node};

use super::super::placeholders::is_placeholder;
use super::super::problem::ProblemKind;
use super::super::walk::{Place, Walk};
use super::{Relation, at_least_one, at_most_one, given, needed, text};

pub(super) static ROWS: &[(&str, Relation)] = &[
    ("core.v1.ServiceSpec", service),
    ("networking.v1.HTTPIngressPath", path),
    ("networking.v1.IngressBackend", backend),
    ("networking.v1.ServiceBackendPort", backend_port),
    ("networking.v1.IngressServiceBackend", service_backend),
    ("networking.v1.NetworkPolicyPeer", peer),
    ("networking.v1.NetworkPolicyPort", policy_port),
    ("networking.v1.IngressSpec", ingress),
];

fn service<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let node = place.node;
    let kind = text(node, "type");
    let is_headless = text(node, "clusterIP").as_deref() == Some("None");
    match kind.as_deref() {
        Some("ExternalName") => {
            needed(
                walk,
                place,
                "externalName",
                "it is what the Service stands for",
            );
        }
        Some("NodePort" | "LoadBalancer") if is_headless => {
            if let Some(entry) = node.entry("clusterIP") {
                let kind = kind.as_deref().unwrap_or_default();
                walk.report(
                    ProblemKind::Conflict,
                    entry.key.range(),
                    format!("`clusterIP: None` cannot stand beside `type: {kind}`"),
                )
                .note("a headless Service has no address to forward to");
            }
        }
        Some(text) if is_placeholder(text) => {}
        _ if !is_headless => {
            needed(
                walk,
                place,
                "ports",
                "only headless Services and `type: ExternalName` go without ports",
            );
        }
        _ => {}
    }
    let is_cluster_ip = matches!(kind.as_deref(), None | Some("ClusterIP" | "ExternalName"));
    let ports = node.get("ports");
    let count = ports.map_or(0, Node::len);
    for port in ports
        .into_iter()
        .flat_map(Node::items)
        .take(512)
        .map(Node::resolve)
    {
        if port.kind() != Kind::Mapping {
            continue;
        }
        if count > 1 && walk.settings.whole && !super::required::holds(port, "name") {
            let head = crate::view::head(port, &["port"]);
            walk.path.extend(["ports", "name"]);
            walk.report(ProblemKind::Missing, head, "a port has no name")
                .note("each port of a Service with several needs one")
                .help("add `name`");
            walk.path.truncate(walk.path.len() - 2);
        }
        if let Some(node_port) = port.entry("nodePort")
            && is_cluster_ip
            && node_port.value.as_int().is_some_and(|value| value != 0)
        {
            let message = "`nodePort` needs `type: NodePort` or `type: LoadBalancer`";
            let kind = node.entry("type");
            let problem = walk.report(ProblemKind::Conflict, node_port.key.range(), message);
            if let Some(kind) = kind {
                problem.related(kind.range(), "the type is given here");
            } else {
                problem.note("without `type` a Service is of type `ClusterIP`");
            }
        }
    }
    unique_names(walk, node);
    if let Some(entry) = node.entry("externalTrafficPolicy")
        && matches!(kind.as_deref(), None | Some("ClusterIP"))
        && entry.value.str().is_some_and(|text| !text.is_empty())
        && !super::required::holds(node, "externalIPs")
        && walk.settings.whole
    {
        walk.report(
            ProblemKind::Conflict,
            entry.key.range(),
            "`externalTrafficPolicy` needs `type: NodePort` or `type: LoadBalancer`",
        )
        .help("remove it");
    }
}

fn unique_names<'a>(walk: &mut Walk<'a>, service: Node<'a>) {
    let mut seen: Vec<(&str, Node<'a>)> = Vec::new();
    for port in service
        .get("ports")
        .into_iter()
        .flat_map(Node::items)
        .take(512)
    {
        let Some(name) = port.resolve().present("name") else {
            continue;
        };
        let Some(text) = name.str().filter(|text| !text.is_empty()) else {
            continue;
        };
        match seen.iter().find(|(other, _)| *other == text) {
            Some((_, first)) => {
                walk.report(
                    ProblemKind::Duplicate,
                    name.range(),
                    format!("two ports of the Service are called `{text}`"),
                )
                .related(first.range(), "the first one")
                .help("give each port a name of its own");
            }
            None => seen.push((text, name)),
        }
    }
}

fn ingress<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    at_least_one(
        walk,
        place,
        &["defaultBackend", "rules"],
        "an Ingress that forwards nothing is refused",
    );
}

fn path<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let Some(path) = place.node.present("path") else {
        if matches!(
            text(place.node, "pathType").as_deref(),
            Some("Exact" | "Prefix")
        ) {
            needed(walk, place, "path", "`Exact` and `Prefix` compare with it");
        }
        return;
    };
    let Some(written) = path.as_str() else { return };
    let is_plain = matches!(
        text(place.node, "pathType").as_deref(),
        Some("Exact" | "Prefix")
    );
    if !written.is_empty() && !written.starts_with('/') && !is_placeholder(&written) {
        walk.report(
            ProblemKind::Value,
            path.range(),
            format!("the path `{written}` must begin with `/`"),
        );
    } else if is_plain
        && let Some(bad) = ["//", "/./", "/../", "%2f", "%2F"]
            .iter()
            .find(|bad| written.contains(**bad))
        && !is_placeholder(&written)
    {
        walk.report(
            ProblemKind::Value,
            path.range(),
            format!("the path `{written}` cannot hold `{bad}`"),
        )
        .note("only `pathType: ImplementationSpecific` leaves paths to the controller");
    }
}

fn backend<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let names = &["service", "resource"];
    at_most_one(walk, place, names, "a backend is one of them");
    at_least_one(walk, place, names, "a backend is one of them");
}

fn backend_port<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let names = &["name", "number"];
    at_most_one(walk, place, names, "a port is told by one of them");
    at_least_one(walk, place, names, "a port is told by one of them");
}

fn service_backend<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    needed(
        walk,
        place,
        "port",
        "the Ingress must know where to send requests",
    );
}

fn peer<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    if given(place.node, &["ipBlock"]).is_empty() {
        at_least_one(
            walk,
            place,
            &["ipBlock", "namespaceSelector", "podSelector"],
            "a peer needs at least one of them",
        );
        return;
    }
    for other in ["podSelector", "namespaceSelector"] {
        if !given(place.node, &[other]).is_empty() {
            at_most_one(
                walk,
                place,
                &["ipBlock", other],
                "a peer is a range or a selection",
            );
            return;
        }
    }
}

fn policy_port<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let Some(end) = place.node.present("endPort") else {
        return;
    };
    let start = place.node.present("port");
    match start.and_then(Node::as_int) {
        None => {
            walk.report(
                ProblemKind::Conflict,
                end.range(),
                "`endPort` needs a `port` that is a number",
            );
        }
        Some(start) if end.as_int().is_some_and(|end| end < start) => {
            walk.report(
                ProblemKind::Value,
                end.range(),
                "`endPort` lies before `port`",
            );
        }
        Some(_) => {}
    }
}
