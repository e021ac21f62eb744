//! Who may reach whom: networks as policies.

use plimsoll_compose::resolve::{Entry, Item};

use super::{App, Cx};
use crate::emit::{Document, List, Map, Node};
use crate::model::Evidence;

/// The policy of a service; nothing for one that stands in the host's network, which policies do not
/// cover.
pub(super) fn of(cx: &Cx<'_>, apps: &[App<'_>], app: &App<'_>, head: Map) -> Option<Document> {
    let mode = app.item.get("network_mode").and_then(Item::as_str);
    if mode == Some("host") {
        return None;
    }
    let selector = Map::new().put("matchLabels", super::objects::selector(app));
    let mut spec = Map::new().put("podSelector", selector);
    let why = app.why.clone();
    if mode == Some("none") {
        spec = spec.put("policyTypes", Node::flow(&["Ingress", "Egress"]));
        let note = "It has no network: nobody comes in, and nothing goes out.";
        return Some(Document::new(head.put("spec", spec), why).note(note));
    }
    let is_closed = !networks(app).is_empty()
        && networks(app)
            .iter()
            .all(|network| is_internal(cx, network.key()));
    let types: &[&str] = if is_closed {
        &["Ingress", "Egress"]
    } else {
        &["Ingress"]
    };
    spec = spec.put("policyTypes", Node::flow(types));
    let peers = peers(apps, app);
    let everybody = peers.len() + 1 == apps.len();
    let kin = |peers: &[&App<'_>]| {
        let selector = if everybody {
            let labels = Map::new().put("app.kubernetes.io/part-of", cx.wishes.project.as_str());
            Map::new().put("matchLabels", labels)
        } else {
            let names: Vec<&str> = peers.iter().map(|peer| peer.name.as_str()).collect();
            let expression = Map::new()
                .put("key", "app.kubernetes.io/name")
                .put("operator", "In")
                .put("values", Node::flow(&names));
            Map::new().put("matchExpressions", List::new().item(expression))
        };
        List::new().item(Map::new().put("podSelector", selector))
    };
    let mut ingress = List::new();
    let has_ports = !app.ports.is_empty() || app.is_called;
    if has_ports && (!peers.is_empty() || everybody) {
        ingress = ingress
            .item(Map::new().put("from", kin(&peers)))
            .note("Services of the same network.")
            .why(&network_why(cx, app));
    }
    let mut open = List::new();
    for port in app.ports.iter().filter(|port| {
        let by_host = app
            .host
            .as_ref()
            .is_some_and(|(_, host, _)| *host == port.number);
        port.is_published || by_host
    }) {
        let entry = Map::new()
            .put("port", port.number)
            .put("protocol", port.protocol);
        open = open.item(entry).why(&port.why);
    }
    if !open.is_empty() {
        ingress = ingress
            .item(Map::new().put("ports", open))
            .note("Published: open to all, as in Compose.");
    }
    if !ingress.is_empty() {
        spec = spec.put("ingress", ingress);
    }
    if is_closed {
        let name_service = List::new()
            .item(Map::new().put("port", 53u16).put("protocol", "UDP"))
            .item(Map::new().put("port", 53u16).put("protocol", "TCP"));
        let mut egress = List::new()
            .item(Map::new().put("ports", name_service))
            .note("Names are looked up.");
        if !peers.is_empty() {
            egress = egress.item(Map::new().put("to", kin(&peers)));
        }
        spec = spec
            .put("egress", egress)
            .note("Its networks are internal: it reaches nothing outside.");
    }
    Some(Document::new(head.put("spec", spec), why))
}

/// The networks of a service.
fn networks<'r>(app: &App<'r>) -> Vec<&'r Entry> {
    app.item
        .get("networks")
        .into_iter()
        .flat_map(Item::entries)
        .collect()
}

fn network_why(cx: &Cx<'_>, app: &App<'_>) -> Vec<Evidence> {
    networks(app)
        .iter()
        .map(|network| {
            cx.why(
                network.key_trace(),
                format!("it is on the network `{}`", network.key()),
            )
        })
        .filter(|evidence| evidence.line > 0)
        .collect()
}

fn is_internal(cx: &Cx<'_>, network: &str) -> bool {
    let networks = cx.resolved.root().get("networks");
    let network = networks.and_then(|networks| networks.get(network));
    network.and_then(|network| network.get("internal")?.as_bool()) == Some(true)
}

/// The services that share a network with one.
fn peers<'a, 'r>(apps: &'a [App<'r>], app: &App<'r>) -> Vec<&'a App<'r>> {
    let own = networks(app);
    let shares = |other: &&App<'r>| {
        other.service != app.service
            && networks(other)
                .iter()
                .any(|network| own.iter().any(|own| own.key() == network.key()))
    };
    apps.iter().filter(shares).collect()
}

/// Settles what of networks the policies say.
pub(super) fn settle(cx: &Cx<'_>) {
    let networks = cx.resolved.root().get("networks").into_iter();
    for network in networks.flat_map(Item::entries) {
        for key in ["name", "internal"] {
            cx.take(network.value(), key);
        }
        // `bridge` and `overlay` are what networks are anyway.
        let driver = network.value().get("driver");
        let usual = driver.and_then(Item::as_str);
        if let (Some(driver), Some("bridge" | "overlay")) = (driver, usual) {
            cx.settle(driver);
        }
    }
}
