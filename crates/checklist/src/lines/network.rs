//! *Networking*.

use plimsoll_links::{Part, Thing};
use plimsoll_source::Place;
use plimsoll_yaml::Node;

use super::{Answer, Asked, evidence};
use crate::{Evidence, Line};

/// Why a line about traffic cannot be asked.
const NO_SERVICE: &str = "no Service selects it";

pub(super) fn lines(asked: &Asked<'_, '_>) -> Vec<Line> {
    vec![
        asked.line(
            "ports-agree",
            "ports agree from the image to the Ingress",
            &[
                "port-mismatch",
                "probe-port-unknown",
                "service-target-port-unknown",
                "ingress-backend-unknown",
                "service-selects-nothing",
            ],
            ports(asked),
        ),
        asked.line(
            "service-type",
            "the Service's type fits",
            &[],
            service_type(asked),
        ),
        asked.line(
            "tls",
            "TLS where it is reached from outside",
            &["ingress-without-tls"],
            tls(asked),
        ),
    ]
}

/// Every port that is written somewhere.
fn ports(asked: &Asked<'_, '_>) -> Answer {
    let mut shown = Vec::new();
    for (unit, stage) in asked.stages() {
        for instruction in stage.instructions.clone() {
            let instruction = &unit.build.file.instructions[instruction];
            if let plimsoll_dockerfile::Body::Expose(ports) = &instruction.body {
                for port in ports {
                    let place = Place::new(unit.file, port.range);
                    shown.push(evidence(place, format!("EXPOSE {}", port.value)));
                }
            }
        }
    }
    for (file, service) in asked.compose_services(&asked.service.composes) {
        for port in service.ports() {
            let Some(target) = port.mapping().and_then(|mapping| mapping.target) else {
                continue;
            };
            let place = Place::new(file, port.target_range());
            shown.push(evidence(place, format!("Compose port {target}")));
        }
    }
    for (reference, container) in asked.containers() {
        for port in container.ports() {
            if let Some((number, node)) = port.container_port() {
                let name = port
                    .name()
                    .map(|name| format!(" `{name}`"))
                    .unwrap_or_default();
                let text = format!("containerPort {number}{name}");
                shown.push(evidence(asked.place(reference, node.range()), text));
            }
        }
        for probe in container.probes() {
            if let Some(port) = probe.handler().and_then(|handler| handler.port()) {
                let text = format!("{} asks port {}", probe.role().field(), port.text());
                shown.push(evidence(asked.place(reference, probe.head()), text));
            }
        }
    }
    for (reference, service) in asked.around("Service") {
        let ports = service.spec().and_then(|spec| spec.get("ports"));
        for port in ports.into_iter().flat_map(Node::items) {
            let Some(number) = port.get("port") else {
                continue;
            };
            let target = port.present("targetPort").unwrap_or(number);
            let text = format!(
                "Service port {} to {}",
                number.text().unwrap_or_default(),
                target.text().unwrap_or_default()
            );
            shown.push(evidence(asked.place(reference, target.range()), text));
        }
    }
    if shown.is_empty() {
        return Answer::Nothing("it names no port");
    }
    Answer::shown(shown)
}

/// What routes traffic to it from outside.
fn routes(asked: &Asked<'_, '_>) -> Vec<Evidence> {
    let around = asked.service.around.iter();
    around
        .filter(|reference| asked.links.part(&Thing::Object(**reference)) == Part::Route)
        .map(|reference| {
            let text = format!(
                "reached through {}",
                asked.links.label(&Thing::Object(*reference))
            );
            evidence(
                asked.place(*reference, asked.object(*reference).head()),
                text,
            )
        })
        .collect()
}

fn service_type(asked: &Asked<'_, '_>) -> Answer {
    let services = asked.around("Service");
    if services.is_empty() {
        return Answer::Nothing(NO_SERVICE);
    }
    let routes = routes(asked);
    let mut shown = Vec::new();
    let mut twice = Vec::new();
    for (reference, service) in services {
        let node = service.spec().and_then(|spec| spec.present("type"));
        let kind = node.and_then(Node::text).unwrap_or("ClusterIP".into());
        let range = node.map_or(service.head(), Node::range);
        let one = evidence(asked.place(reference, range), format!("type {kind}"));
        if kind == "LoadBalancer" && !routes.is_empty() {
            twice.push(one.clone());
        }
        shown.push(one);
    }
    if !twice.is_empty() {
        twice.extend(routes);
        return Answer::Lacks(
            "reachable twice: through its own load balancer and through a route".into(),
            twice,
        );
    }
    shown.extend(routes);
    Answer::shown(shown)
}

fn tls(asked: &Asked<'_, '_>) -> Answer {
    let routes = routes(asked);
    if routes.is_empty() {
        return Answer::Nothing("nothing routes traffic to it from outside");
    }
    let mut shown = Vec::new();
    for (reference, ingress) in asked.around("Ingress") {
        let tls = ingress.spec().and_then(|spec| spec.get("tls"));
        for item in tls.into_iter().flat_map(Node::items) {
            let secret = item.get("secretName").and_then(Node::text);
            let text = secret.map_or_else(
                || "TLS with the controller's certificate".to_owned(),
                |secret| format!("TLS with the certificate in `{secret}`"),
            );
            shown.push(evidence(asked.place(reference, item.range()), text));
        }
    }
    if shown.is_empty() {
        return Answer::Is("it ends before the route, or in its gateway".into(), routes);
    }
    Answer::shown(shown)
}
