//! What else says on which port a service is found: EXPOSE, the ports of a Compose service, of a
//! container and of the Services in front of it, and what health checks ask.

use plimsoll_dockerfile::Body;
use plimsoll_k8s::{IntOrString, ProbeRole};
use plimsoll_source::Place;
use plimsoll_yaml::Node;

use super::Environment;
use crate::facts::environment::{Given, Giver};
use crate::facts::health;
use crate::facts::image::Image;
use crate::facts::runner::{ContainerRunner, Runner, ServiceRunner};
use crate::graph::Links;
use crate::model::{LinkKind, Thing};

/// What kind of statement it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ClaimKind {
    /// EXPOSE.
    Exposed,
    /// HEALTHCHECK of the Dockerfile.
    Healthcheck,
    /// The container's side of a Compose service's `ports`.
    Target,
    /// `expose` of a Compose service.
    ServiceExposes,
    /// `healthcheck` of a Compose service.
    ServiceHealthcheck,
    /// `containerPort`.
    ContainerPort,
    /// A probe.
    Probe(ProbeRole),
    /// `targetPort` of a Service, or its `port` where there is none.
    ServiceTarget,
    /// The variable `PORT`.
    Variable,
}

/// A statement of a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// The port.
    pub port: u16,
    /// What it is.
    pub kind: ClaimKind,
    /// Where it is written.
    pub place: Place,
    /// Whether its name says that it is for metrics, debugging or the like.
    pub aside: bool,
    /// Whether it is written by a name instead of the number.
    pub by_name: bool,
    /// Whether the Service has no other port.
    pub only: bool,
}

impl Claim {
    /// What says it, for people.
    pub const fn what(&self) -> &'static str {
        match self.kind {
            ClaimKind::Exposed => "EXPOSE",
            ClaimKind::Healthcheck => "HEALTHCHECK",
            ClaimKind::Target => "`ports` of the Compose service",
            ClaimKind::ServiceExposes => "`expose` of the Compose service",
            ClaimKind::ServiceHealthcheck => "`healthcheck` of the Compose service",
            ClaimKind::ContainerPort => "`containerPort`",
            ClaimKind::Probe(role) => match role {
                ProbeRole::Startup => "`startupProbe`",
                ProbeRole::Readiness => "`readinessProbe`",
                ProbeRole::Liveness => "`livenessProbe`",
            },
            ClaimKind::ServiceTarget => "`targetPort` of the Service",
            ClaimKind::Variable => "`PORT`",
        }
    }
}

/// The statements about what a runner's process listens on, without those of its image.
///
/// `set` is what the image sets: a `PORT` that it has already, with the same value, is no statement
/// of the runner's.
pub fn claims(links: &Links<'_>, runner: &Runner<'_>, set: &Environment) -> Vec<Claim> {
    let environment = Environment::of(links, runner);
    let mut found = match runner {
        Runner::Service(one) => of_service(one, &environment),
        Runner::Container(one) => of_container(links, one, &environment),
    };
    let brought = set.get("PORT").map(|given| &given.value);
    let port = environment
        .get("PORT")
        .filter(|given| brought != Some(&given.value))
        .filter(|given| !is_shared(links, runner, given));
    let value = port.and_then(|given| given.value.as_ref()?.trim().parse().ok());
    if let (Some(given), Some(port)) = (port, value) {
        found.push(Claim {
            port,
            kind: ClaimKind::Variable,
            place: given.place,
            aside: false,
            by_name: false,
            only: false,
        });
    }
    settle(&mut found);
    found
}

/// Whether a variable comes with all else of a ConfigMap that workloads of other names read as well: it
/// is hardly the port of each of them.
fn is_shared(links: &Links<'_>, runner: &Runner<'_>, given: &Given) -> bool {
    let (Runner::Container(own), Giver::ConfigMap(name)) = (runner, &given.giver) else {
        return false;
    };
    let objects = links.objects();
    // A place in the ConfigMap is that of a key which `envFrom` brings.
    let mut definitions = objects
        .named("ConfigMap", name)
        .filter(|definition| definition.file == given.place.file);
    let Some(object) = definitions.find_map(|definition| definition.object) else {
        return false;
    };
    let mine = own.workload.object().name();
    let mut reads = links
        .to(&Thing::Object(object))
        .filter(|link| link.kind == LinkKind::Reads);
    reads.any(|link| match links.thing(link.from) {
        Thing::Object(other) => objects.get(*other).name() != mine,
        _ => false,
    })
}

/// Takes out what says nothing, and sets debuggers aside.
fn settle(found: &mut Vec<Claim>) {
    // Port 0 is what a generator writes that knows none.
    found.retain(|claim| claim.port != 0);
    for claim in found {
        claim.aside |= DEBUGGERS.contains(&claim.port);
    }
}

impl Claim {
    const fn new(port: u16, kind: ClaimKind, place: Place) -> Self {
        Self {
            port,
            kind,
            place,
            aside: false,
            by_name: false,
            only: false,
        }
    }

    /// What the Dockerfile says.
    pub fn of_image(image: Image<'_>) -> Vec<Self> {
        let build = image.build();
        let mut found = Vec::new();
        for (index, instruction) in image.instructions() {
            let Body::Expose(words) = &instruction.body else {
                continue;
            };
            for word in words {
                let (text, known) = build.expanded(index, word);
                let (port, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
                let port = port.rsplit(':').next().unwrap_or(port);
                if !known
                    || !protocol.eq_ignore_ascii_case("tcp")
                    || image.is_by_argument(index, word)
                {
                    continue;
                }
                // A range says that there is something in it.
                if let Ok(port) = port.parse() {
                    found.push(Self::new(port, ClaimKind::Exposed, image.place(word.range)));
                }
            }
        }
        for endpoint in health::of_image(image) {
            if let Some(port) = endpoint.port {
                found.push(Self::new(port, ClaimKind::Healthcheck, endpoint.place));
            }
        }
        settle(&mut found);
        found
    }
}

fn of_service(runner: &ServiceRunner<'_>, environment: &Environment) -> Vec<Claim> {
    let file = runner.unit.file;
    let service = runner.service;
    let mut found = Vec::new();
    let host = service.network_mode().is_some();
    for port in service.ports().filter(|_| !host) {
        let Some(mapping) = port.mapping() else {
            continue;
        };
        let tcp = mapping
            .protocol
            .is_some_and(|protocol| protocol.name() == "tcp");
        if let Some(target) = mapping.target.filter(|target| tcp && target.count() == 1) {
            let place = Place::new(file, port.target_range());
            found.push(Claim::new(target.start, ClaimKind::Target, place));
        }
    }
    for value in service.expose() {
        let text = value.with_unknowns();
        let (port, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
        if let (Ok(port), "tcp") = (port.parse(), protocol) {
            let place = Place::new(file, value.range());
            found.push(Claim::new(port, ClaimKind::ServiceExposes, place));
        }
    }
    for endpoint in health::of_service(runner, environment) {
        if let Some(port) = endpoint.port {
            found.push(Claim::new(
                port,
                ClaimKind::ServiceHealthcheck,
                endpoint.place,
            ));
        }
    }
    found
}

fn of_container(
    links: &Links<'_>,
    runner: &ContainerRunner<'_>,
    environment: &Environment,
) -> Vec<Claim> {
    let mut found = Vec::new();
    let container = runner.container;
    let at = |node: Node<'_>| Place::new(runner.file, node.range());
    for port in container.ports() {
        let tcp = port.protocol().value == "TCP";
        let number = port.container_port().filter(|_| tcp);
        if let Some((number, node)) = number
            && let Ok(number) = u16::try_from(number)
        {
            found.push(Claim {
                aside: port.name().is_some_and(|name| is_aside(&name)),
                ..Claim::new(number, ClaimKind::ContainerPort, at(node))
            });
        }
    }
    for probe in container.probes() {
        let Some(endpoint) = health::of_probe(runner, &probe, environment) else {
            continue;
        };
        let named = probe
            .handler()
            .and_then(plimsoll_k8s::Handler::port)
            .is_some_and(|port| port.string().is_some());
        if let Some(port) = endpoint.port {
            found.push(Claim {
                by_name: named,
                ..Claim::new(port, ClaimKind::Probe(probe.role()), endpoint.place)
            });
        }
    }
    let alone = container.pod().running_containers().count() == 1;
    found.extend(of_services(links, runner, alone));
    found
}

/// The target ports of the Services that select the container's pods.
fn of_services(links: &Links<'_>, runner: &ContainerRunner<'_>, alone: bool) -> Vec<Claim> {
    let mut found = Vec::new();
    for link in links.to(&Thing::Object(runner.object)) {
        let Thing::Object(from) = links.thing(link.from) else {
            continue;
        };
        if link.kind != LinkKind::Selects {
            continue;
        }
        let service = links.objects().get(*from);
        let file = links.objects().file(*from);
        let ports = service.spec().and_then(|spec| spec.get("ports"));
        let only = ports.is_some_and(|ports| ports.items().count() == 1);
        for item in ports.into_iter().flat_map(Node::items).map(Node::resolve) {
            let protocol = item.get("protocol").and_then(Node::as_str);
            if protocol.is_some_and(|protocol| protocol != "TCP") {
                continue;
            }
            let target = item.present("targetPort").or_else(|| item.get("port"));
            let Some(target) = target.and_then(IntOrString::new) else {
                continue;
            };
            let declared = runner.container.find_port(&target);
            let number = target
                .number()
                .or_else(|| declared?.container_port().map(|(number, _)| number));
            // In a pod of several containers a number may mean any of them.
            if !alone && declared.is_none() {
                continue;
            }
            let Some(Ok(port)) = number.map(u16::try_from) else {
                continue;
            };
            let name = item.get("name").and_then(Node::as_str);
            let aside = name.is_some_and(|name| is_aside(&name))
                || target.string().is_some_and(|name| is_aside(&name));
            found.push(Claim {
                aside,
                by_name: target.number().is_none(),
                only,
                ..Claim::new(
                    port,
                    ClaimKind::ServiceTarget,
                    Place::new(file, target.node().range()),
                )
            });
        }
    }
    found
}

/// Ports on which debuggers wait by habit.
const DEBUGGERS: &[u16] = &[2345, 5005, 5678, 9229, 40000, 56268];

/// Whether the name of a port says that it is not the one that the service is for.
fn is_aside(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "metric",
        "prom",
        "admin",
        "debug",
        "mgmt",
        "manage",
        "health",
        "jmx",
        "pprof",
        "telemetry",
        "monitor",
        "profil",
        "status",
        "probe",
        "jolokia",
        "gossip",
        "cluster",
        "dapr",
        "envoy",
        "actuator",
        "trac",
        "peer",
        "raft",
        "member",
        "remoting",
        "internode",
        "replica",
        "jgroups",
    ];
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}
