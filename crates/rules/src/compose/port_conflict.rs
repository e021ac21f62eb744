//! # What it does
//! Finds two services that publish the same port of the host, and a service with several
//! containers that publishes a fixed one.
//!
//! # Why it matters
//! A port of the host can be listened on once per address and protocol. The second container does
//! not start: `port is already allocated`.
//!
//! Silent where the services cannot run together (profiles without one in common), where the
//! addresses differ, where a range leaves Docker the choice of a free port, and where a variable
//! without a default decides.
//!
//! # Example
//! ```compose bad
//! services:
//!   web:
//!     image: acme/web:1.4.2
//!     ports: ["8080:80"]
//!   admin:
//!     image: acme/admin:1.4.2
//!     ports: ["8080:3000"]
//! ```
//! ```compose good
//! services:
//!   web:
//!     image: acme/web:1.4.2
//!     ports: ["8080:80"]
//!   admin:
//!     image: acme/admin:1.4.2
//!     ports: ["8081:3000"]
//! ```
//!
//! # References
//! - <https://docs.docker.com/reference/compose-file/services/#ports>

use plimsoll_compose::{HostIp, Port, PortMapping, PortRange, Published, Service};
use plimsoll_source::{Confidence, Severity, TextRange};

use crate::{Alias, Check, ComposeInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "port-conflict",
    summary: "two containers publish the same port of the host",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[Alias {
        tool: "dclint",
        id: "no-duplicate-exported-ports",
    }],
    checks: &[Check::Compose(check)],
};

/// A port that is certainly taken on the host.
struct Taken<'a> {
    service: Service<'a>,
    port: Port<'a>,
    mapping: PortMapping,
    range: PortRange,
}

/// Published ports of one file that are compared with each other.
const MAX_PORTS: usize = 2_000;

fn check(cx: &mut Cx<'_>, input: &ComposeInput<'_>) {
    let mut taken: Vec<Taken<'_>> = Vec::new();
    for service in input.file.services() {
        if service.network_mode().is_some() {
            // Shares another network: the host's, where ports mean nothing, or a service's.
            continue;
        }
        let mut fixed = None;
        for port in service.ports() {
            let Some(mapping) = port.mapping() else {
                continue;
            };
            let Published::Range(range) = mapping.published else {
                continue;
            };
            if mapping.picks_free() || mapping.protocol.is_none() || range.start == 0 {
                continue;
            }
            fixed = fixed.or(Some((port, range)));
            let this = Taken {
                service,
                port,
                mapping,
                range,
            };
            if let Some(other) = taken.iter().find(|other| conflicts(other, &this)) {
                report(cx, &this, other);
            }
            if taken.len() == MAX_PORTS {
                return;
            }
            taken.push(this);
        }
        if let Some((port, range)) = fixed {
            several(cx, service, port, range);
        }
    }
}

fn conflicts(one: &Taken<'_>, two: &Taken<'_>) -> bool {
    // What an anchor shares or a list repeats is merged into one.
    let same_service = one.service.key() == two.service.key();
    let repeated = same_service && one.mapping == two.mapping;
    one.range.overlaps(two.range)
        && one.mapping.protocol == two.mapping.protocol
        && one.mapping.host_ip.meets(two.mapping.host_ip)
        && !repeated
        && (same_service || run_together(one.service, two.service))
}

/// Whether the services can be up at once: either is always on, or a profile has both.
fn run_together(one: Service<'_>, two: Service<'_>) -> bool {
    let profiles = |service: Service<'_>| -> Vec<String> {
        service
            .profiles()
            .map(|profile| profile.text().into_owned())
            .collect()
    };
    let (one, two) = (profiles(one), profiles(two));
    // Of a service with profiles and one without, the first may be the other's stand-in that is
    // started by name.
    (one.is_empty() && two.is_empty()) || one.iter().any(|profile| two.contains(profile))
}

fn report(cx: &mut Cx<'_>, this: &Taken<'_>, other: &Taken<'_>) {
    let shared = PortRange {
        start: this.range.start.max(other.range.start),
        end: this.range.end.min(other.range.end),
    };
    let protocol = this
        .mapping
        .protocol
        .map_or("tcp", plimsoll_compose::Protocol::name);
    let (name, rival) = (this.service.name(), other.service.name());
    let message = if name == rival {
        format!("`{name}` publishes port {shared}/{protocol} of the host twice")
    } else {
        format!("`{name}` publishes port {shared}/{protocol} of the host, as `{rival}` does")
    };
    let place = cx.place(other.port.published_range());
    let on_all = |taken: &Taken<'_>| taken.mapping.host_ip == HostIp::Any;
    let draft = cx.report(this.port.published_range(), message);
    draft
        .subject(format!("service/{name}"))
        .object(format!("service/{name}"))
        .related(place, format!("`{rival}` takes it here"))
        .help("give one of them another port of the host");
    if on_all(this) != on_all(other) {
        draft.note("without an address a port is published on all of them");
    }
}

fn several(cx: &mut Cx<'_>, service: Service<'_>, port: Port<'_>, range: PortRange) {
    let Some((count, node)) = service.replicas() else {
        return;
    };
    let Some(mapping) = port.mapping() else {
        return;
    };
    // In a swarm the ports of replicas are shared by its mesh; only `scale`, or an image built
    // here, says that this is none.
    let compose = service.value("scale").is_some() || service.build().is_some();
    if count < 2 || !compose || mapping.target.is_none() {
        return;
    }
    let name = service.name();
    let place: TextRange = node.range();
    let place = cx.place(place);
    let named = service.value("container_name");
    let named = named.map(|name| cx.place(name.node().range()));
    let also = match named {
        Some(_) => "; take `container_name` out as well, which only one container can have",
        None => "",
    };
    let draft = cx.report(
        port.published_range(),
        format!("{count} containers of `{name}` publish the same port {range} of the host"),
    );
    draft
        .subject(format!("service/{name}"))
        .object(format!("service/{name}"))
        .related(place, "the number of containers")
        .help(format!(
            "leave the port of the host out, or give a range of {count} ports, and put a proxy before \
             them{also}"
        ));
    if let Some(place) = named {
        draft.related(place, "one name for all of them");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, on};

    fn pair(one: &str, two: &str) -> Case {
        on(&RULE).compose(&format!(
            "services:\n  a:\n    image: a:1\n    {one}\n  b:\n    image: b:1\n    {two}\n"
        ))
    }

    #[test]
    fn equal_ports_of_the_host_are_found() {
        pair("ports: ['80:80']", "ports: ['80:8080']").flags(&["7: '80:8080'"]);
        pair(
            "ports: ['53:53/udp']",
            "ports: [{target: 53, published: 53, protocol: udp}]",
        )
        .flags(&["7: 53"]);
        pair("ports: ['8000-8010:8000-8010']", "ports: ['8005:80']").flags(&["7: '8005:80'"]);
        pair("ports: ['${P:-80}:80']", "ports: ['127.0.0.1:80:80']")
            .says(&["`b` publishes port 80/tcp of the host, as `a` does"]);
        pair("ports: ['80:80', '80:81']", "ports: []").flags(&["4: '80:81'"]);
    }

    #[test]
    fn several_containers_on_one_port_are_found() {
        pair("ports: ['80:80']", "scale: 1").clean();
        on(&RULE)
            .compose("services:\n  a:\n    image: a:1\n    scale: 3\n    ports: ['80:80']\n")
            .flags(&["5: '80:80'"]);
        let help = |name: &str| {
            let case = on(&RULE).compose(&format!(
                "services:\n  a:\n    image: a:1\n    scale: 3\n{name}    ports: ['80:80']\n"
            ));
            case.findings[0].help.clone().unwrap_or_default()
        };
        assert!(help("    container_name: a\n").contains("take `container_name` out as well"));
        assert!(!help("").contains("container_name"));
        on(&RULE)
            .compose(
                "services:\n  a:\n    build: .\n    deploy: {replicas: 2}\n    ports: ['80:80']\n",
            )
            .flags(&["5: '80:80'"]);
    }

    #[test]
    fn ports_that_do_not_meet_are_left_alone() {
        pair("ports: ['80:80']", "ports: ['81:80']").clean();
        pair("ports: ['80:80']", "ports: ['80:80/udp']").clean();
        pair("ports: ['127.0.0.1:80:80']", "ports: ['127.0.0.2:80:80']").clean();
        pair("ports: ['80']", "ports: ['80']").clean();
        pair("ports: ['${P}:80']", "ports: ['80:80']").clean();
        pair("ports: ['8000-8010:80']", "ports: ['8000-8010:80']").clean();
        pair("ports: ['80:80', '80:80']", "ports: []").clean();
        pair("network_mode: host", "ports: ['80:80']").clean();
    }

    #[test]
    fn services_that_never_run_together_are_left_alone() {
        pair(
            "ports: ['80:80']\n    profiles: [dev]",
            "ports: ['80:80']\n    profiles: [prod]",
        )
        .clean();
        pair(
            "ports: ['80:80']\n    profiles: [dev]",
            "ports: ['80:80']\n    profiles: [dev, prod]",
        )
        .flags(&["8: '80:80'"]);
        pair(
            "ports: ['80:80']",
            "ports: ['80:80']\n    profiles: [debug]",
        )
        .clean();
        on(&RULE)
            .compose(
                "services:\n  a:\n    image: a:1\n    deploy: {replicas: 2}\n    ports: \
                 ['80:80']\n",
            )
            .clean();
    }
}
