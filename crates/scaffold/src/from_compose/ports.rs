//! Ports: which ones a service has, which of them are open to the outside.

use plimsoll_compose::resolve::{Entry, Item};

use super::{App, Cx};
use crate::model::Evidence;

/// A port of a service.
pub(super) struct Port {
    pub(super) number: u16,
    /// `TCP`, `UDP` or `SCTP`.
    pub(super) protocol: &'static str,
    /// A name that no other port of the service has.
    pub(super) name: String,
    pub(super) app_protocol: Option<String>,
    /// Whether the Compose file opens it to whoever reaches the host.
    pub(super) is_published: bool,
    pub(super) why: Vec<Evidence>,
}

/// Ports on which HTTP is usual.
const HTTP: &[u16] = &[
    80, 3000, 3001, 4000, 4200, 5000, 5173, 8000, 8001, 8008, 8080, 8081, 8088, 8888, 9000, 9090,
];

/// Ports of which everybody knows that something else than HTTP is spoken there.
const NOT_HTTP: &[u16] = &[
    21, 22, 23, 25, 53, 110, 143, 389, 445, 465, 587, 636, 993, 995, 1025, 1433, 1521, 1883, 2181,
    2375, 2379, 3306, 3389, 4222, 4317, 5432, 5672, 6379, 6831, 6832, 8883, 9042, 9092, 9093, 9094,
    9229, 11211, 14250, 26257, 27017, 50000, 50051,
];

/// How many ports a range may open before it is left out.
const MOST: usize = 100;

/// Reads `ports` and `expose`, and what the image says where the file says nothing.
pub(super) fn read<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    if let Some(ports) = cx.take(app.item, "ports") {
        for port in ports.value().items() {
            published(cx, app, port);
        }
    }
    if let Some(expose) = cx.take(app.item, "expose") {
        for port in expose.value().items() {
            let text = match port.as_str() {
                Some(text) => text.to_owned(),
                None => port
                    .as_int()
                    .map(|number| number.to_string())
                    .unwrap_or_default(),
            };
            exposed(cx, app, &text, expose, port);
        }
    }
    if !app.ports.is_empty() {
        return;
    }
    if let Some(port) = app
        .image
        .dockerfile
        .as_ref()
        .and_then(|dockerfile| dockerfile.port.clone())
    {
        add(app, port.value, "tcp", false, None, port.evidence);
    } else if let Some(known) = app.image.known {
        let says = format!("the port of {}", known.title);
        add(
            app,
            known.port,
            "tcp",
            false,
            None,
            vec![Evidence::table(says)],
        );
    }
}

fn published<'r>(cx: &Cx<'r>, app: &mut App<'r>, port: &'r Item) {
    let Some(number) = port.get("target").and_then(Item::as_int) else {
        return;
    };
    let Ok(number) = u16::try_from(number) else {
        return;
    };
    let text = |key: &str| port.get(key).and_then(Item::as_str);
    let protocol = text("protocol").unwrap_or("tcp");
    let published = text("published");
    let is_local = text("host_ip").is_some_and(|ip| ip.starts_with("127.") || ip == "::1");
    let why = vec![cx.why(port.trace(), format!("port {number} is published"))];
    let app_protocol = text("app_protocol").map(str::to_owned);
    let is_published = !is_local;
    add(app, number, protocol, is_published, app_protocol, why);
    if text("mode") == Some("host") {
        cx.lose(
            app.service,
            port.trace(),
            "ports",
            format!("port {number} is not opened on every node"),
            "set `hostPort` by hand where clients have to come to the nodes themselves",
        );
    }
    if is_local {
        let lost = format!("port {number} is not opened for this machine alone");
        let help = format!(
            "look at it with `kubectl port-forward service/{} {number}`",
            app.name
        );
        cx.lose(app.service, port.trace(), "ports", lost, help);
    } else if published.is_some_and(|published| published != number.to_string()) {
        // Where requests come in is settled when all services are known.
        app.ports
            .last_mut()
            .expect("a port was added or was there")
            .is_published = true;
    }
}

fn exposed<'r>(cx: &Cx<'r>, app: &mut App<'r>, text: &str, expose: &'r Entry, at: &Item) {
    let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) else {
        cx.lose(
            app.service,
            at.trace(),
            "expose",
            "a port that cannot be read is left out",
            "write a number from 1 to 65535",
        );
        return;
    };
    for number in (first..=last).take(MOST) {
        add(app, number, protocol, false, None, cx.because(expose));
    }
}

/// Adds a port, once.
pub(super) fn add(
    app: &mut App<'_>,
    number: u16,
    protocol: &str,
    is_published: bool,
    app_protocol: Option<String>,
    why: Vec<Evidence>,
) {
    let protocol = match protocol {
        "udp" => "UDP",
        "sctp" => "SCTP",
        _ => "TCP",
    };
    if number == 0 {
        return;
    }
    let known = app
        .ports
        .iter_mut()
        .find(|port| port.number == number && port.protocol == protocol);
    if let Some(known) = known {
        known.is_published |= is_published;
        return;
    }
    let name = name(app, number, protocol);
    app.ports.push(Port {
        number,
        protocol,
        name,
        app_protocol,
        is_published,
        why,
    });
}

fn name(app: &App<'_>, number: u16, protocol: &str) -> String {
    let is_free = |name: &str| app.ports.iter().all(|port| port.name != name);
    let of_known = app.image.known.is_some_and(|known| known.port == number);
    let usual = match (protocol, number) {
        ("TCP", 443 | 8443) => Some("https"),
        ("TCP", number) if HTTP.contains(&number) && !of_known => Some("http"),
        _ => None,
    };
    match usual.filter(|usual| is_free(usual)) {
        Some(usual) => usual.to_owned(),
        None => format!("{}-{number}", protocol.to_ascii_lowercase()),
    }
}

impl App<'_> {
    /// The port that tells whether it answers: the first of TCP.
    pub(super) fn first_port(&self) -> Option<&Port> {
        self.ports.iter().find(|port| port.protocol == "TCP")
    }

    /// The port that browsers come to.
    pub(super) fn http_port(&self) -> Option<&Port> {
        if self.image.known.is_some() {
            return None;
        }
        let mut open = self.ports.iter().filter(|port| port.is_published);
        open.clone().find(|port| port.name == "http").or_else(|| {
            open.find(|port| {
                let speaks = port.name != "https" && !NOT_HTTP.contains(&port.number);
                port.protocol == "TCP" && speaks
            })
        })
    }
}
