//! Which routes tell of a service's health, and what asks for it from inside the container.

use super::artefact::{self, PROGRAMS};
use crate::model::{Evidence, HealthPurpose, HealthRoute, Known, Service, Stack};

/// The route of the web server that the image configures itself for files.
pub(crate) const SITE_ROUTE: &str = "/healthz";

/// HTTP routes by what they are asked for. Where one is absent, a probe can only see whether the
/// port accepts connections.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Health {
    /// The process works. Never a route that is there to tell of readiness: a database that is
    /// away is no reason to restart.
    pub liveness: Option<Known<String>>,
    /// It can take requests now.
    pub readiness: Option<Known<String>>,
}

/// The routes of a service.
pub(super) fn routes(service: &Service) -> Health {
    if artefact::is_site(&service.stack) {
        let route = Known::assumed(
            SITE_ROUTE.to_owned(),
            "the generated configuration of nginx answers it",
        );
        return Health {
            liveness: Some(route.clone()),
            readiness: Some(route),
        };
    }
    let find = |purpose: HealthPurpose| {
        let mut routes = service.health.iter();
        routes.find(|known| known.value.purpose == purpose)
    };
    let path = |known: &Known<HealthRoute>| known.clone().map(|route| route.path);
    let general = find(HealthPurpose::General);
    let live = find(HealthPurpose::Liveness);
    let ready = find(HealthPurpose::Readiness);
    Health {
        liveness: live.or(general).map(path),
        readiness: ready.or(general).or(live).map(path),
    }
}

/// The command that asks for health: exit 0 when it is well.
pub(super) fn check(service: &Service, port: &Known<u16>, health: &Health) -> Known<Vec<String>> {
    let route = health.readiness.as_ref();
    let words = words(service, port.value, route.map(|route| route.value.as_str()));
    match route {
        Some(route) => route.clone().map(|_| words),
        None => Known::assumed(
            words,
            "no health route was found: it is asked whether the port accepts connections",
        )
        .and(
            port.evidence
                .first()
                .cloned()
                .unwrap_or_else(|| Evidence::table("a process that listens can be asked")),
        ),
    }
}

fn words(service: &Service, port: u16, route: Option<&str>) -> Vec<String> {
    let url = route.map(|route| format!("http://127.0.0.1:{port}{}", plain(route)));
    let command: [&str; 2];
    let script;
    match &service.stack {
        _ if artefact::is_site(&service.stack) => {
            command = ["bash", "-c"];
            script = bash(port, route);
        }
        Stack::Python(_) => {
            command = ["python", "-c"];
            script = match url {
                Some(url) => {
                    format!("import urllib.request; urllib.request.urlopen('{url}', timeout=2)")
                }
                None => {
                    format!("import socket; socket.create_connection(('127.0.0.1', {port}), 2)")
                }
            };
        }
        Stack::Node(node) => {
            command = [if node.bun { "bun" } else { "node" }, "-e"];
            script = match url {
                Some(url) => format!(
                    "fetch('{url}').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
                ),
                None => format!(
                    "require('net').connect({port}, '127.0.0.1', () => process.exit(0)).on('error', () => process.exit(1))"
                ),
            };
        }
        Stack::Deno(_) => {
            command = ["deno", "eval"];
            script = match url {
                Some(url) => format!(
                    "fetch('{url}').then((r) => Deno.exit(r.ok ? 0 : 1), () => Deno.exit(1))"
                ),
                None => format!(
                    "Deno.connect({{ port: {port} }}).then(() => Deno.exit(0), () => Deno.exit(1))"
                ),
            };
        }
        Stack::Ruby(_) => {
            command = ["ruby", "-e"];
            script = match url {
                Some(url) => format!(
                    "require 'net/http'; exit Net::HTTP.get_response(URI('{url}')).code.to_i < 400"
                ),
                None => format!("require 'socket'; TCPSocket.new('127.0.0.1', {port})"),
            };
        }
        Stack::Php(_) => {
            command = ["php", "-r"];
            script = match url {
                Some(url) => format!("exit(file_get_contents('{url}') === false ? 1 : 0);"),
                None => format!("exit(fsockopen('127.0.0.1', {port}) === false ? 1 : 0);"),
            };
        }
        Stack::Go(_) if artefact::is_bare(service) => {
            let program = format!("{PROGRAMS}/healthcheck");
            let target = url.unwrap_or_else(|| format!("127.0.0.1:{port}"));
            return vec![program, target];
        }
        _ => {
            command = ["bash", "-c"];
            script = bash(port, route);
        }
    }
    vec![command[0].to_owned(), command[1].to_owned(), script]
}

/// An HTTP request without any program but bash and grep, which every Debian has.
fn bash(port: u16, route: Option<&str>) -> String {
    let open = format!("exec 3<>/dev/tcp/127.0.0.1/{port}");
    match route {
        Some(route) => format!(
            "{open} && printf 'GET {} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.. [23]' <&3",
            plain(route)
        ),
        None => open,
    }
}

/// A route with nothing in it that means something to a shell, to a language or to `printf`.
fn plain(route: &str) -> String {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "/-_.~=&?+,:@".contains(*c);
    let path: String = route.chars().filter(allowed).collect();
    if path.starts_with('/') {
        path
    } else {
        format!("/{path}")
    }
}
