//! A port of which nothing else of the service knows, where a probe asks it and its like ask the
//! one that everything else says, or where the program is told to listen on that one. What the
//! program is does not matter then: even one that opens several ports does not serve the same paths
//! on one that nobody names.

use plimsoll_k8s::{Handler, ProbeRole};
use plimsoll_links::facts::environment::Environment;
use plimsoll_links::facts::health;
use plimsoll_links::facts::image::Image;
use plimsoll_links::facts::ports::{Claim, ClaimKind};
use plimsoll_links::facts::runner::{ContainerRunner, Runner};
use plimsoll_links::facts::start::Start;
use plimsoll_links::{Links, Thing};
use plimsoll_source::Confidence;

use super::super::configured;
use super::{Chain, Verdict};

/// The probes of a container that alone ask their port, where another probe asks the same part
/// of the same server by a port that the container declares and the Services send to.
pub(super) fn of(
    links: &Links<'_>,
    runner: &Runner<'_>,
    start: &Start,
    claims: &[Claim],
) -> Vec<(Claim, u16)> {
    let Runner::Container(one) = runner else {
        return Vec::new();
    };
    // Where all say the same there is nothing to look for.
    let first = claims.first().map(|claim| claim.port);
    let is_one = claims.iter().all(|claim| Some(claim.port) == first);
    if is_one || !one.pod_is_single() {
        return Vec::new();
    }
    let environment = Environment::of(links, runner);
    let requests = requests(one, &environment);
    let is_right = |port: u16| {
        let mut targets = claims
            .iter()
            .filter(|claim| claim.kind == ClaimKind::ServiceTarget && !claim.aside)
            .peekable();
        let is_target = targets.peek().is_none() || targets.any(|claim| claim.port == port);
        let mut declared = claims
            .iter()
            .filter(|claim| claim.kind == ClaimKind::ContainerPort && !claim.aside);
        is_target && declared.any(|claim| claim.port == port)
    };
    let mut found = told_apart(&environment, start, claims);
    for claim in claims.iter().filter(|claim| !claim.by_name && !claim.aside) {
        let own = requests
            .iter()
            .find(|asked| claim.kind == ClaimKind::Probe(asked.role));
        let Some(own) = own else { continue };
        let is_alone = claims
            .iter()
            .all(|other| other.kind == claim.kind || other.port != claim.port);
        if !is_alone || is_given(&environment, start, claim.port) {
            continue;
        }
        let like = requests.iter().find(|other| {
            other.port != claim.port && other.part == own.part && is_right(other.port)
        });
        let is_new = |(other, _): &(Claim, u16)| other.kind != claim.kind;
        if let Some(like) = like
            && found.iter().all(is_new)
        {
            found.push((claim.clone(), like.port));
        }
    }
    found
}

/// The one statement of a container that says another port than a variable tells the program to
/// listen on, where at least two others say the variable's.
fn told_apart(environment: &Environment, start: &Start, claims: &[Claim]) -> Vec<(Claim, u16)> {
    let told = listening(environment);
    let [right] = told.as_slice() else {
        return Vec::new();
    };
    let speaks = |claim: &&Claim| claim.kind != ClaimKind::Variable && !claim.aside;
    let (agreeing, others): (Vec<&Claim>, Vec<&Claim>) = claims
        .iter()
        .filter(speaks)
        .partition(|claim| claim.port == *right);
    let [wrong] = others.as_slice() else {
        return Vec::new();
    };
    let is_container = matches!(wrong.kind, ClaimKind::ContainerPort | ClaimKind::Probe(_));
    let mut kinds: Vec<ClaimKind> = Vec::new();
    for claim in &agreeing {
        if !kinds.contains(&claim.kind) {
            kinds.push(claim.kind);
        }
    }
    let apart = is_container && !wrong.by_name && kinds.len() >= 2 && !kinds.contains(&wrong.kind);
    if apart && !is_given(environment, start, wrong.port) {
        vec![((*wrong).clone(), *right)]
    } else {
        Vec::new()
    }
}

/// The ports that variables tell a program to listen on: an address without a host, in a variable
/// that is called so.
fn listening(environment: &Environment) -> Vec<u16> {
    let mut ports: Vec<u16> = environment
        .given
        .iter()
        .filter(|given| {
            let words = ["ADDR", "LISTEN", "BIND"];
            let name = given.name.to_ascii_uppercase();
            words.iter().any(|word| name.contains(word))
        })
        .filter_map(|given| {
            let (host, port) = given.value.as_deref()?.trim().rsplit_once(':')?;
            let is_any = matches!(host, "" | "0.0.0.0" | "[::]" | "*");
            is_any.then(|| port.parse().ok()).flatten()
        })
        .collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// A request of HTTP that a probe makes.
struct Request {
    role: ProbeRole,
    port: u16,
    /// The first part of its path, with the scheme.
    part: String,
}

fn requests(one: &ContainerRunner<'_>, environment: &Environment) -> Vec<Request> {
    let probes = one.container.probes();
    let request = |probe: plimsoll_k8s::Probe<'_>| {
        let handler = probe.handler()?;
        if !matches!(handler, Handler::HttpGet(_)) {
            return None;
        }
        let scheme = handler.scheme().map(|scheme| scheme.value.into_owned());
        let asked = health::of_probe(one, &probe, environment)?;
        let path = asked.path.unwrap_or_default();
        let first = path.trim_start_matches('/').split('/').next()?;
        Some(Request {
            role: probe.role(),
            port: asked.port?,
            part: format!("{}/{first}", scheme.unwrap_or_default()),
        })
    };
    probes.filter_map(request).collect()
}

/// Whether a variable or an argument names the port: the program may be told to listen there too.
fn is_given(environment: &Environment, start: &Start, port: u16) -> bool {
    let port = port.to_string();
    let values = environment.given.iter();
    let words = start.calls.iter().flat_map(|call| &call.args);
    values
        .filter_map(|given| given.value.as_deref())
        .any(|value| value.contains(&port))
        || words.into_iter().any(|word| word.text.contains(&port))
}

impl Chain {
    /// Probes that ask a port apart, where the Dockerfile or Compose says the port of the others
    /// and neither they nor the source name the one of the probe.
    pub(super) fn strays(&self, links: &Links<'_>) -> Vec<Verdict> {
        let Some(Thing::Stage { dockerfile, stage }) = &self.image else {
            return Vec::new();
        };
        let Some(image) = Image::new(links.project(), *dockerfile, *stage) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for run in &self.links {
            for (claim, right) in &run.strays {
                let composes = self.links.iter().filter(|other| other.compose);
                let outside = || {
                    let claims = composes.clone().flat_map(|other| &other.claims);
                    self.exposed.iter().chain(claims)
                };
                let is_backed = outside().any(|other| other.port == *right && !other.aside);
                let others = self.links.iter().filter(|other| !std::ptr::eq(*other, run));
                let is_said = outside().any(|other| other.port == claim.port)
                    || others.into_iter().any(|other| other.says(claim.port))
                    || run.listening.has(claim.port)
                    || configured::port(links.project(), image.file()) == Some(claim.port)
                    || configured::is_mentioned(links, image, claim.port);
                if is_backed && !is_said {
                    found.push(Verdict {
                        name: run.name.clone(),
                        wrong: vec![claim.clone()],
                        right: *right,
                        listens: None,
                        agreeing: self.agreeing(*right),
                        confidence: Confidence::Medium,
                        is_certain: false,
                    });
                }
            }
        }
        found
    }
}
