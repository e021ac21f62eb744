//! Probes with Kubernetes' defaults.

use std::borrow::Cow;

use plimsoll_source::TextRange;
use plimsoll_yaml::Node;

use crate::int_or_string::IntOrString;
use crate::view::{Setting, integer, mapping, string, string_node, strings};

/// Which of a container's three probes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProbeRole {
    /// `startupProbe`: holds the others back until it succeeds once.
    Startup,
    /// `readinessProbe`: takes the pod out of its Services.
    Readiness,
    /// `livenessProbe`: restarts the container.
    Liveness,
}

impl ProbeRole {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Startup, Self::Readiness, Self::Liveness];

    /// The field of the container.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Startup => "startupProbe",
            Self::Readiness => "readinessProbe",
            Self::Liveness => "livenessProbe",
        }
    }
}

/// A probe of a container.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Probe<'a> {
    node: Node<'a>,
    role: ProbeRole,
}

/// What a probe or a lifecycle hook does. The node is the value of `httpGet` and so on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Handler<'a> {
    /// `httpGet`.
    HttpGet(Node<'a>),
    /// `tcpSocket`.
    TcpSocket(Node<'a>),
    /// `grpc`.
    Grpc(Node<'a>),
    /// `exec`.
    Exec(Node<'a>),
    /// `sleep`, in lifecycle hooks only.
    Sleep(Node<'a>),
}

impl<'a> Handler<'a> {
    /// The handler of a probe or of `lifecycle.preStop` and `postStart`. A null handler is none.
    pub fn of(node: Node<'a>) -> Option<Self> {
        let of = |key| mapping(node, key);
        None.or_else(|| of("exec").map(Self::Exec))
            .or_else(|| of("httpGet").map(Self::HttpGet))
            .or_else(|| of("tcpSocket").map(Self::TcpSocket))
            .or_else(|| of("grpc").map(Self::Grpc))
            .or_else(|| of("sleep").map(Self::Sleep))
    }

    /// The mapping.
    pub fn node(self) -> Node<'a> {
        match self {
            Self::HttpGet(node)
            | Self::TcpSocket(node)
            | Self::Grpc(node)
            | Self::Exec(node)
            | Self::Sleep(node) => node,
        }
    }

    /// The port of a handler that connects: a number or the name of a container port. A `grpc`
    /// port is a number only.
    pub fn port(self) -> Option<IntOrString<'a>> {
        match self {
            Self::HttpGet(node) | Self::TcpSocket(node) => IntOrString::new(node.get("port")?),
            Self::Grpc(node) => {
                IntOrString::new(node.get("port")?).filter(|port| port.number().is_some())
            }
            Self::Exec(_) | Self::Sleep(_) => None,
        }
    }

    /// The host that it connects to instead of the pod, if one is written.
    pub fn host(self) -> Option<Node<'a>> {
        match self {
            Self::HttpGet(node) | Self::TcpSocket(node) => string_node(node, "host")
                .filter(|host| host.as_str().is_some_and(|text| !text.is_empty())),
            _ => None,
        }
    }

    /// The path of an `httpGet`, `/` where none is written.
    pub fn path(self) -> Option<Setting<'a, Cow<'a, str>>> {
        match self {
            Self::HttpGet(node) => Some(crate::view::string_or(node, "path", "/")),
            _ => None,
        }
    }

    /// The scheme of an `httpGet`, `HTTP` where none is written.
    pub fn scheme(self) -> Option<Setting<'a, Cow<'a, str>>> {
        match self {
            Self::HttpGet(node) => Some(crate::view::string_or(node, "scheme", "HTTP")),
            _ => None,
        }
    }

    /// The service name of a `grpc` check, if one is written.
    pub fn service(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Grpc(node) => string(node, "service").filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// The words of an `exec` command; empty for the others.
    pub fn command(self) -> Vec<Node<'a>> {
        match self {
            Self::Exec(node) => strings(node, "command").collect(),
            _ => Vec::new(),
        }
    }

    /// The seconds of a `sleep` hook.
    pub fn sleep_seconds(self) -> Option<i64> {
        match self {
            Self::Sleep(node) => integer(node, "seconds").map(|(value, _)| value),
            _ => None,
        }
    }

    /// Whether two handlers ask the same thing of the same endpoint.
    pub fn same_endpoint(self, other: Self) -> bool {
        let text = |node: Option<Node<'a>>| node.and_then(Node::as_str);
        let port = |handler: Self| handler.port().map(|port| port.text().into_owned());
        match (self, other) {
            (Self::HttpGet(_), Self::HttpGet(_)) => {
                port(self) == port(other)
                    && self.path().map(|path| path.value) == other.path().map(|path| path.value)
                    && text(self.host()) == text(other.host())
                    && self.scheme().map(|scheme| scheme.value)
                        == other.scheme().map(|scheme| scheme.value)
            }
            (Self::TcpSocket(_), Self::TcpSocket(_)) => {
                port(self) == port(other) && text(self.host()) == text(other.host())
            }
            (Self::Grpc(_), Self::Grpc(_)) => {
                port(self) == port(other) && self.service() == other.service()
            }
            (Self::Exec(_), Self::Exec(_)) => {
                let words = |handler: Self| {
                    handler
                        .command()
                        .into_iter()
                        .map(Node::as_str)
                        .collect::<Vec<_>>()
                };
                words(self) == words(other)
            }
            _ => false,
        }
    }
}

impl<'a> Probe<'a> {
    /// The view of a mapping.
    pub fn new(node: Node<'a>, role: ProbeRole) -> Self {
        Self { node, role }
    }

    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// Which probe it is.
    pub fn role(self) -> ProbeRole {
        self.role
    }

    /// The key (`livenessProbe`), or the probe itself where an alias put it elsewhere.
    pub fn head(self) -> TextRange {
        self.node
            .key()
            .map_or_else(|| crate::view::head(self.node, &[]), Node::range)
    }

    /// What it does; `None` if it does nothing that is known.
    pub fn handler(self) -> Option<Handler<'a>> {
        Handler::of(self.node).filter(|handler| !matches!(handler, Handler::Sleep(_)))
    }

    /// Seconds before the first attempt, 0 by default.
    pub fn initial_delay_seconds(self) -> Setting<'a, i64> {
        crate::view::integer_or(self.node, "initialDelaySeconds", 0)
    }

    /// Seconds between attempts, 10 by default; 0 means the default.
    pub fn period_seconds(self) -> Setting<'a, i64> {
        self.positive("periodSeconds", 10)
    }

    /// Seconds to wait for an answer, 1 by default; 0 means the default.
    pub fn timeout_seconds(self) -> Setting<'a, i64> {
        self.positive("timeoutSeconds", 1)
    }

    /// Failures in a row before it acts, 3 by default; 0 means the default.
    pub fn failure_threshold(self) -> Setting<'a, i64> {
        self.positive("failureThreshold", 3)
    }

    /// Successes in a row after a failure, 1 by default; 0 means the default.
    pub fn success_threshold(self) -> Setting<'a, i64> {
        self.positive("successThreshold", 1)
    }

    /// How long a container that answers with errors is tolerated once probing runs:
    /// failureThreshold × periodSeconds.
    pub fn tolerance_seconds(self) -> i64 {
        self.failure_threshold()
            .value
            .saturating_mul(self.period_seconds().value)
    }

    /// The same of a container that answers nothing: the kubelet asks again when both
    /// periodSeconds and timeoutSeconds have passed (`worker.run` of its prober).
    pub fn silence_seconds(self) -> i64 {
        let period = self.period_seconds().value;
        self.failure_threshold()
            .value
            .saturating_mul(period.max(self.timeout_seconds().value))
    }

    fn positive(self, key: &str, default: i64) -> Setting<'a, i64> {
        match integer(self.node, key) {
            Some((value, node)) if value != 0 => Setting::written(value, node),
            _ => Setting::default_of(default),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Workload, objects};
    use plimsoll_yaml::{Dialect, parse};

    fn probes(liveness: &str, readiness: &str, check: impl FnOnce(Probe<'_>, Probe<'_>)) {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    \
             livenessProbe: {liveness}\n    readinessProbe: {readiness}\n"
        );
        let tree = parse(text, Dialect::GoV2);
        let pod = Workload::new(objects(&tree)[0])
            .and_then(Workload::pod)
            .expect("a pod");
        let container = pod.containers().next().expect("one");
        check(
            container.liveness_probe().expect("written"),
            container.readiness_probe().expect("written"),
        );
    }

    fn same(a: &str, b: &str) -> bool {
        let mut found = None;
        probes(a, b, |a, b| {
            found = a
                .handler()
                .zip(b.handler())
                .map(|(a, b)| a.same_endpoint(b));
        });
        found.expect("two handlers")
    }

    #[test]
    fn one_endpoint_is_one_however_it_is_written() {
        assert!(same(
            "{httpGet: {port: 80}}",
            "{httpGet: {port: 80, path: /, scheme: HTTP}}"
        ));
        assert!(!same(
            "{httpGet: {port: 80}}",
            "{httpGet: {port: 80, path: /ready}}"
        ));
        assert!(!same("{httpGet: {port: 80}}", "{httpGet: {port: http}}"));
        assert!(!same("{httpGet: {port: 80}}", "{tcpSocket: {port: 80}}"));
        assert!(same(
            "{tcpSocket: {port: db}}",
            "{tcpSocket: {port: \"db\"}}"
        ));
        assert!(same(
            "{exec: {command: [a, b]}}",
            "{exec: {command: [\"a\", b]}}"
        ));
        assert!(!same("{exec: {command: [a, b]}}", "{exec: {command: [a]}}"));
        assert!(!same("{grpc: {port: 1}}", "{grpc: {port: 1, service: s}}"));
    }

    #[test]
    fn a_probe_knows_how_long_it_waits_and_where_that_is_written() {
        probes(
            "{httpGet: {port: 80}, periodSeconds: 5}",
            "{failureThreshold: 0}",
            |a, b| {
                assert_eq!(a.tolerance_seconds(), 15);
                assert_eq!(a.period_seconds().node.expect("written").source(), "5");
                assert!(!a.failure_threshold().is_written());
                assert_eq!(a.head().of(a.node().tree().text()), "livenessProbe");
                assert_eq!(b.tolerance_seconds(), 30);
                assert_eq!(b.handler(), None);
            },
        );
    }
}
