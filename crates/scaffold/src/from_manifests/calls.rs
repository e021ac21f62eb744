//! Who calls whom: names of Services in texts, with the ports behind them.
//!
//! In a cluster a Service gives its own ports for those of the container; between containers of a
//! Compose project nothing does, so that ports in addresses become those of the container.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use super::cluster::Cluster;

/// A Service as texts name it.
pub(super) struct Callee {
    /// The number of the workload behind it.
    pub(super) work: usize,
    /// Ports of the Service with those of the container, where they are known.
    pub(super) ports: Vec<(u16, u16)>,
}

/// All Services with a workload behind them, by name.
#[derive(Default)]
pub(super) struct Callees {
    by_name: BTreeMap<String, Callee>,
}

/// A place in a text that names a Service.
struct Call<'t> {
    host: &'t str,
    service: &'t str,
    /// The port, or where it would stand.
    port: (Option<u16>, Range<usize>),
    /// The port that the scheme means.
    usual: Option<u16>,
    /// Whether it is sure to be an address.
    is_address: bool,
}

/// What a text says of others.
#[derive(Default)]
pub(super) struct Said {
    /// The text with ports of containers.
    pub(super) text: String,
    /// Numbers of the workloads that it names.
    pub(super) works: BTreeSet<usize>,
    /// Names as they stand there, with the workload.
    pub(super) hosts: BTreeSet<(usize, String)>,
    /// Services that are named without their port, although the container has another one.
    pub(super) portless: BTreeSet<String>,
}

impl Callees {
    /// The Services of a cluster; `target` gives the workload behind one, and the port of its container
    /// behind what a Service's port leads to.
    pub(super) fn new(cluster: &Cluster<'_>, target: &dyn Fn(usize, &str) -> Option<u16>) -> Self {
        let mut callees = Self::default();
        for (number, workload) in cluster.workloads.iter().enumerate() {
            let Some(template) = workload.template() else {
                continue;
            };
            for service in cluster.calling(template.labels()) {
                let ports = service.ports.iter();
                let ports = ports.filter_map(|(port, to)| Some((*port, target(number, to)?)));
                let ports = ports.collect();
                callees
                    .by_name
                    .entry(service.name.clone())
                    .or_insert(Callee {
                        work: number,
                        ports,
                    });
            }
        }
        callees
    }

    pub(super) fn get(&self, name: &str) -> Option<&Callee> {
        self.by_name.get(name)
    }

    /// Reads a text. `is_host` says that it is an address as a whole.
    pub(super) fn read(&self, text: &str, is_host: bool) -> Said {
        let mut said = Said::default();
        let mut at = 0;
        for call in self.calls(text) {
            let callee = &self.by_name[call.service];
            let is_whole = call.host.len() == text.len();
            if !(call.is_address || is_whole && is_host) {
                continue;
            }
            said.works.insert(callee.work);
            said.hosts.insert((callee.work, call.host.to_owned()));
            let (port, range) = call.port;
            let wanted = port.or(call.usual);
            let inside = wanted.and_then(|wanted| {
                let found = callee.ports.iter().find(|(outside, _)| *outside == wanted);
                found.map(|(_, inside)| *inside)
            });
            match inside {
                Some(inside) if Some(inside) != wanted => {
                    said.text.push_str(&text[at..range.start]);
                    let _ = write!(said.text, ":{inside}");
                    at = range.end;
                }
                Some(_) => {}
                None => {
                    if callee
                        .ports
                        .iter()
                        .any(|(outside, inside)| outside != inside)
                    {
                        said.portless.insert(call.service.to_owned());
                    }
                }
            }
        }
        said.text.push_str(&text[at..]);
        said
    }

    fn calls<'t>(&self, text: &'t str) -> Vec<Call<'t>> {
        let mut calls = Vec::new();
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if !is_of_host(bytes[at]) {
                at += 1;
                continue;
            }
            let start = at;
            while at < bytes.len() && is_of_host(bytes[at]) {
                at += 1;
            }
            let host = &text[start..at];
            let Some(service) = self.named(host) else {
                continue;
            };
            let before = &text[..start];
            let digits = text[at..].strip_prefix(':').map(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_digit());
                &rest[..end.unwrap_or(rest.len())]
            });
            let port = digits.and_then(|digits| digits.parse::<u16>().ok());
            let end = at + port.map_or(0, |_| digits.map_or(0, str::len) + 1);
            let usual = if before.ends_with("http://") || before.ends_with("ws://") {
                Some(80)
            } else if before.ends_with("https://") || before.ends_with("wss://") {
                Some(443)
            } else {
                None
            };
            calls.push(Call {
                host,
                service,
                port: (port, at..end),
                usual,
                is_address: port.is_some()
                    || before.ends_with("://")
                    || before.ends_with('@')
                    || host.contains(".svc"),
            });
        }
        calls
    }

    /// The Service that a host name means: `web`, `web.shop`, `web.shop.svc.cluster.local`, or one pod
    /// of it, `web-0.web`.
    fn named<'t>(&self, host: &'t str) -> Option<&'t str> {
        let mut labels = host.split('.');
        let first = labels.next()?;
        if self.by_name.contains_key(first) {
            let rest: Vec<&str> = labels.collect();
            let fits = match rest[..] {
                [] | [_] => true,
                [_, svc, ..] => svc == "svc",
            };
            return fits.then_some(first);
        }
        let (_, number) = first.rsplit_once('-')?;
        let second = labels.next()?;
        let is_pod = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        (is_pod && self.by_name.contains_key(second)).then_some(second)
    }
}

const fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

/// Whether a variable of this name holds an address.
pub(super) fn names_address(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    [
        "HOST", "ADDR", "SERVER", "ENDPOINT", "URL", "URI", "BROKER", "UPSTREAM", "TARGET",
    ]
    .iter()
    .any(|word| name.contains(word))
}
