//! How services call each other, wait for each other, and are called from outside.

use plimsoll_compose::resolve::{Entry, Item};

use super::names::label;
use super::{App, Cx, Kind, ports, security::Level};
use crate::emit::{List, Map, Node};
use crate::model::Evidence;

/// Reads `network_mode`, `networks`, names, hosts, `dns`, labels, annotations, `links`.
pub(super) fn read<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    if app.name != app.service {
        let trace = cx
            .resolved
            .service(app.service)
            .map(|service| service.head());
        if let Some(trace) = trace {
            let lost = format!("the name cannot be a Service's: it is `{}`", app.name);
            let help = "change the addresses by which others call it";
            cx.lose(app.service, trace, "name", lost, help);
        }
    }
    mode(cx, app);
    let networks = app.item.get("networks").into_iter().flat_map(Item::entries);
    for network in networks {
        // The network itself becomes policies.
        if network.value().is_null() {
            cx.settle(network.value());
        }
        if let Some(aliases) = cx.take(network.value(), "aliases") {
            for alias in aliases.value().items().iter().filter_map(Item::as_str) {
                alias_of(app, alias, cx.because(aliases));
            }
        }
    }
    if let Some(links) = cx.take(app.item, "links") {
        for link in links.value().items() {
            let text = link.as_str().unwrap_or_default();
            if let Some((other, alias)) = text.split_once(':').filter(|(a, b)| a != b) {
                cx.lose(
                    app.service,
                    link.trace(),
                    "links",
                    format!("`{alias}` is no further name of `{other}`"),
                    format!("call it `{other}`, or write `aliases` for it in its network"),
                );
            }
        }
    }
    hosts(cx, app);
    resolver(cx, app);
    for key in ["labels", "annotations"] {
        if let Some(entry) = cx.take(app.item, key) {
            labels(cx, app, entry, key);
        }
    }
}

fn mode<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    let Some(entry) = cx.take(app.item, "network_mode") else {
        return;
    };
    match entry.value().as_str().unwrap_or_default() {
        "host" => {
            app.level = Level::Privileged;
            app.pod = std::mem::take(&mut app.pod)
                .put("hostNetwork", true)
                .why(&cx.because(entry))
                .put("dnsPolicy", "ClusterFirstWithHostNet");
        }
        // A policy lets nobody in and nothing out; bridges are what all services have.
        "none" | "bridge" | "default" => {}
        mode => {
            let other = mode.split_once(':').map_or(mode, |(_, other)| other);
            cx.lose(
                app.service,
                entry.key_trace(),
                "network_mode",
                format!("it does not share the network of `{other}`"),
                format!("put its container into the pod of `{other}` by hand"),
            );
        }
    }
}

fn alias_of(app: &mut App<'_>, alias: &str, why: Vec<Evidence>) {
    let is_new = alias != app.service && !app.aliases.iter().any(|(known, _)| known == alias);
    if is_new {
        app.aliases.push((alias.to_owned(), why));
    }
}

fn hosts<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    if let Some(entry) = cx.take(app.item, "hostname") {
        let text = entry.value().as_str().unwrap_or_default();
        if label(text) == text {
            app.pod = std::mem::take(&mut app.pod)
                .put("hostname", text)
                .why(&cx.because(entry));
            alias_of(app, text, cx.because(entry));
        } else {
            cx.lose(
                app.service,
                entry.key_trace(),
                "hostname",
                "a pod takes lower-case letters, digits and `-` as its name",
                "set the variable that the program reads its name from",
            );
        }
    }
    if let Some(entry) = cx.take(app.item, "domainname") {
        let lost = "a pod is in the cluster's domain";
        cx.lose(
            app.service,
            entry.key_trace(),
            "domainname",
            lost,
            "set what reads it",
        );
    }
    let Some(entry) = cx.take(app.item, "extra_hosts") else {
        return;
    };
    let mut aliases = List::new();
    let pairs = entry.value().entries().map(|pair| {
        let addresses: Vec<&str> = match pair.value().as_str() {
            Some(text) => vec![text],
            None => pair
                .value()
                .items()
                .iter()
                .filter_map(Item::as_str)
                .collect(),
        };
        (pair.key(), addresses)
    });
    let texts = entry.value().items().iter().filter_map(|item| {
        let (name, address) = item.as_str()?.split_once(['=', ':'])?;
        Some((name, vec![address]))
    });
    for (name, addresses) in pairs.chain(texts) {
        for address in addresses {
            if address.parse::<std::net::IpAddr>().is_err() {
                cx.lose(
                    app.service,
                    entry.key_trace(),
                    "extra_hosts",
                    format!("`{name}` leads to no host: a pod has no name for its node"),
                    "give the address of what is meant, or make a Service for it",
                );
                continue;
            }
            aliases = aliases
                .item(
                    Map::new()
                        .put("ip", address)
                        .put("hostnames", Node::flow(&[name])),
                )
                .why(&cx.because(entry));
        }
    }
    if !aliases.is_empty() {
        app.pod = std::mem::take(&mut app.pod).put("hostAliases", aliases);
    }
}

fn resolver<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    let mut config = Map::new();
    let mut why = Vec::new();
    for (key, field) in [("dns", "nameservers"), ("dns_search", "searches")] {
        if let Some(entry) = cx.take(app.item, key) {
            let texts = entry.value().items().iter().filter_map(Item::as_str);
            let texts: Vec<&str> = texts.collect();
            config = config
                .put(field, Node::flow(&texts))
                .why(&cx.because(entry));
            why = cx.because(entry);
        }
    }
    if let Some(entry) = cx.take(app.item, "dns_opt") {
        let mut options = List::new();
        for text in entry.value().items().iter().filter_map(Item::as_str) {
            let (name, value) = match text.split_once(':') {
                Some((name, value)) => (name, Some(value)),
                None => (text, None),
            };
            let mut option = Map::new().put("name", name);
            if let Some(value) = value {
                option = option.put("value", Node::Quoted(value.to_owned()));
            }
            options = options.item(option);
        }
        config = config.put("options", options).why(&cx.because(entry));
        why = cx.because(entry);
    }
    if !config.is_empty() {
        app.pod = std::mem::take(&mut app.pod)
            .put("dnsConfig", config)
            .note("Asked after the cluster's own.")
            .why(&why);
    }
}

/// Labels become annotations of the pods, which take any value. Those that a program beside the
/// services reads by Docker's socket mean nothing in a cluster.
pub(super) fn labels<'r>(cx: &Cx<'r>, app: &mut App<'r>, entry: &'r Entry, key: &str) {
    let mut annotations = Map::new();
    let mut unread: Vec<&Entry> = Vec::new();
    for pair in entry.value().entries() {
        let text = pair.value().as_str().unwrap_or_default();
        let (name, of_reader) = (pair.key(), reader(pair.key()));
        if let Some(host) = of_reader.and_then(|_| traefik_host(name, text)) {
            let port = traefik_port(entry.value());
            let why = vec![cx.why(pair.key_trace(), format!("`{name}` names a host"))];
            app.host.get_or_insert((host, port.unwrap_or(0), why));
        } else if of_reader.is_some() {
            unread.push(pair);
        } else if is_annotation(name) && !super::environment::is_secret(name, text) {
            annotations = annotations
                .put(name, Node::Quoted(text.to_owned()))
                .why(&cx.because(entry));
        } else {
            let lost = format!("`{name}` cannot be an annotation, or its value is a secret");
            cx.lose(
                app.service,
                pair.key_trace(),
                key,
                lost,
                "write it where it is read",
            );
        }
    }
    if let Some(first) = unread.first() {
        let title = reader(first.key()).unwrap_or_default();
        let lost = match unread.len() {
            1 => format!("a label that {title} reads from Docker means nothing in a cluster"),
            count => {
                format!("{count} labels that {title} reads from Docker mean nothing in a cluster")
            }
        };
        let help = "say it in the way that it has for Kubernetes: an Ingress, its own objects, or annotations";
        cx.lose(app.service, first.key_trace(), key, lost, help);
    }
    if !annotations.is_empty() {
        let mut all = std::mem::take(&mut app.annotations);
        all.members.extend(annotations.members);
        app.annotations = all;
    }
}

/// Who reads a label by Docker's socket.
fn reader(name: &str) -> Option<&'static str> {
    const READERS: &[(&str, &str)] = &[
        ("traefik.", "Traefik"),
        ("caddy", "Caddy"),
        ("com.centurylinklabs.watchtower", "Watchtower"),
        ("ofelia.", "Ofelia"),
        ("autoheal", "autoheal"),
        ("homepage.", "Homepage"),
        ("com.docker.", "Docker"),
        ("io.portainer.", "Portainer"),
        ("diun.", "Diun"),
        ("wud.", "What's up Docker"),
        ("com.github.nginx-proxy", "nginx-proxy"),
        ("com.github.jrcs.letsencrypt", "nginx-proxy"),
        ("swag", "SWAG"),
    ];
    let mut readers = READERS.iter();
    readers
        .find(|(start, _)| name.starts_with(start))
        .map(|(_, title)| *title)
}

/// The host of a router whose rule names one and nothing else.
fn traefik_host(name: &str, rule: &str) -> Option<String> {
    if !name.starts_with("traefik.http.routers.") || !name.ends_with(".rule") {
        return None;
    }
    let host = rule.trim().strip_prefix("Host(")?.strip_suffix(')')?;
    let host = host.trim_matches(['`', '"', '\'']);
    is_host(host).then(|| host.to_owned())
}

fn is_host(text: &str) -> bool {
    text.contains('.')
        && text
            .split('.')
            .all(|part| !part.is_empty() && label(part).trim_start_matches("s-") == part)
}

fn traefik_port(labels: &Item) -> Option<u16> {
    labels
        .entries()
        .find(|pair| pair.key().ends_with(".loadbalancer.server.port"))
        .and_then(|pair| pair.value().as_str()?.parse().ok())
}

/// Whether a name is one of an annotation: `prefix/name`, both of plain characters.
fn is_annotation(name: &str) -> bool {
    let plain = |text: &str, most: usize| {
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        text.len() <= most
            && edge(text.chars().next())
            && edge(text.chars().last())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    match name.split_once('/') {
        Some((prefix, name)) => {
            prefix.len() <= 253
                && prefix.split('.').all(|part| label(part) == part)
                && plain(name, 63)
        }
        None => plain(name, 63),
    }
}

/// What depends on more than one service: who calls whom, who waits for whom, what is open.
pub(super) fn between<'r>(cx: &Cx<'r>, apps: &mut [App<'r>]) {
    for at in 0..apps.len() {
        let item = apps[at].item;
        if let Some(entry) = cx.take(item, "container_name") {
            let text = entry.value().as_str().unwrap_or_default();
            let (is_called, _) = calls(apps, at, text);
            if is_called {
                alias_of(&mut apps[at], text, cx.because(entry));
            }
        }
        let mut names: Vec<String> = vec![apps[at].service.to_owned()];
        names.extend(apps[at].aliases.iter().map(|(alias, _)| alias.clone()));
        let mut found = Vec::new();
        for name in names {
            let (is_called, ports) = calls(apps, at, &name);
            apps[at].is_called |= is_called;
            found.extend(ports);
        }
        for (port, why) in found {
            let why = vec![cx.why(why, format!("port {port} is called here"))];
            ports::add(&mut apps[at], port, "tcp", false, None, why);
        }
    }
    aliases(cx, apps);
    for at in 0..apps.len() {
        waits(cx, apps, at);
    }
    open(cx, apps);
}

/// Further names that a Service can have; a name twice is none.
fn aliases(cx: &Cx<'_>, apps: &mut [App<'_>]) {
    let mut taken: Vec<String> = cx.names.values().cloned().collect();
    for app in apps {
        let aliases = std::mem::take(&mut app.aliases);
        for (alias, why) in aliases {
            if label(&alias) == alias && !taken.contains(&alias) {
                taken.push(alias.clone());
                app.aliases.push((alias, why));
            }
        }
    }
}

/// Whether others speak of a name, and at which ports.
fn calls(
    apps: &[App<'_>],
    of: usize,
    name: &str,
) -> (bool, Vec<(u16, plimsoll_compose::resolve::Trace)>) {
    let mut is_called = false;
    let mut ports = Vec::new();
    for (number, app) in apps.iter().enumerate() {
        if number == of {
            continue;
        }
        for key in ["environment", "command", "entrypoint"] {
            let Some(item) = app.item.get(key) else {
                continue;
            };
            let values = item.entries().map(Entry::value).chain(item.items());
            for value in values {
                let Some(text) = value.as_str() else { continue };
                for (at, _) in text.match_indices(name) {
                    let before = text[..at].chars().next_back();
                    let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
                    if before.is_some_and(joins) {
                        continue;
                    }
                    let rest = &text[at + name.len()..];
                    if rest.is_empty() && at == 0 {
                        is_called = true;
                        continue;
                    }
                    let Some(rest) = rest.strip_prefix(':') else {
                        is_called |=
                            at > 0 && rest.starts_with(['/', '?']) && text[..at].ends_with("//");
                        continue;
                    };
                    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                    let ends = rest[digits.len()..].chars().next();
                    if let (Ok(port), false) = (digits.parse::<u16>(), ends.is_some_and(joins)) {
                        is_called = true;
                        if port > 0 {
                            ports.push((port, value.trace()));
                        }
                    }
                }
            }
        }
    }
    (is_called, ports)
}

/// What a service waits for before it starts.
fn waits<'r>(cx: &Cx<'r>, apps: &mut [App<'r>], at: usize) {
    let Some(depends_on) = cx.take(apps[at].item, "depends_on") else {
        return;
    };
    let service = apps[at].service;
    let mut started: Vec<String> = Vec::new();
    for dependency in depends_on.value().entries() {
        let name = dependency.key();
        let trace = dependency.key_trace();
        let lose = |lost: String, help: String| {
            cx.lose(service, trace, &format!("depends_on.{name}"), lost, help);
        };
        let get = |key| dependency.value().get(key);
        let condition = get("condition").and_then(Item::as_str).unwrap_or_default();
        if get("restart").and_then(Item::as_bool) == Some(true) {
            lose(
                format!("it is not started again when `{name}` is"),
                "let the program connect again when a connection breaks".to_owned(),
            );
        }
        let Some(other) = apps.iter().position(|app| app.service == name) else {
            continue;
        };
        apps[other].is_called |= apps[other].kind != Kind::Job;
        if condition == "service_completed_successfully" {
            lose(
                format!("pods start without waiting until `{name}` has ended"),
                format!(
                    "let whatever deploys run the Job `{}` first, or let the program wait",
                    apps[other].name
                ),
            );
            continue;
        }
        let port = apps[other].first_port().map(|port| port.number);
        match (condition, port) {
            ("service_healthy", Some(port)) => {
                let why = vec![cx.why(trace, format!("it starts when `{name}` is healthy"))];
                let target = apps[other].name.clone();
                apps[at].waits.push((target, port, why));
            }
            ("service_healthy", None) => lose(
                format!("pods start without waiting for `{name}`, of which no port is known"),
                format!(
                    "let the program try again until `{name}` answers, or write its port as `expose`"
                ),
            ),
            _ => started.push(format!("`{name}`")),
        }
    }
    if !started.is_empty() {
        cx.lose(
            service,
            depends_on.key_trace(),
            "depends_on",
            format!(
                "a cluster starts everything at once: {} and it",
                started.join(", ")
            ),
            "let the program try again until they answer, or wait for `service_healthy`",
        );
    }
}

/// Where requests from outside come in.
fn open<'r>(cx: &Cx<'r>, apps: &mut [App<'r>]) {
    let browsed = apps.iter().filter(|app| app.http_port().is_some()).count();
    for app in &mut *apps {
        let named = app
            .config
            .iter()
            .find(|(name, value, ..)| name == "VIRTUAL_HOST" && is_host(value));
        if let Some((_, value, _, why)) = named
            && app.host.is_none()
        {
            app.host = Some((value.clone(), 0, why.clone()));
        }
        let http = app.http_port().map(|port| port.number);
        if let Some(number) = http.filter(|_| cx.wishes.host.is_some()) {
            let host = cx.wishes.host(&app.name, browsed == 1);
            app.host = Some((host.value, number, host.evidence));
        }
        if let Some((_, port, _)) = &mut app.host {
            let first = app.ports.iter().find(|port| port.protocol == "TCP");
            if *port == 0 {
                *port = http.or(first.map(|port| port.number)).unwrap_or(80);
            }
            let (number, why) = (*port, app.why.clone());
            ports::add(app, number, "tcp", false, None, why);
        }
        let open = app.host.as_ref().map(|(_, port, _)| *port);
        let Some(entry) = app.item.as_map().and_then(|map| map.entry("ports")) else {
            continue;
        };
        let left: Vec<String> = app
            .ports
            .iter()
            .filter(|port| port.is_published && Some(port.number) != open)
            .map(|port| port.number.to_string())
            .collect();
        if left.is_empty() {
            continue;
        }
        let (lost, help) = if http.is_some() && open.is_none() {
            (
                "is reached inside of the cluster alone",
                "say `--host` for an Ingress, or make the Service one of type LoadBalancer",
            )
        } else {
            (
                "is reached inside of the cluster alone",
                "make the Service one of type LoadBalancer where others have to come in",
            )
        };
        let ports = left.join(", ");
        cx.lose(
            app.service,
            entry.key_trace(),
            "ports",
            format!("port {ports} {lost}"),
            help,
        );
    }
}
