//! `application.properties`, `application.yml` and Ktor's `application.conf`.

use plimsoll_yaml::{Dialect, Kind, Node};

use crate::detect::draft::{Cx, Draft};
use crate::detect::files::{Text, below};
use crate::detect::{names, port as ports};
use crate::model::{Evidence, Known, Port};

/// Keys that hold the port.
const PORTS: &[&str] = &[
    "server.port",
    "quarkus.http.port",
    "micronaut.server.port",
    "ktor.deployment.port",
];
/// Keys that put a path before all routes.
const BASES: &[&str] = &[
    "server.servlet.context-path",
    "server.servlet.contextPath",
    "quarkus.http.root-path",
    "spring.webflux.base-path",
    "micronaut.server.context-path",
];

/// Reads what the configuration of a module says.
pub(super) fn read(cx: Cx<'_>, folder: &str, draft: &mut Draft) {
    let names = [
        "application.properties",
        "application.yml",
        "application.yaml",
        "application.conf",
        "bootstrap.yml",
        "bootstrap.properties",
    ];
    for place in ["src/main/resources", "src/main/resources/config", "config"] {
        let place = below(folder, place);
        let mut active = Vec::new();
        for name in names {
            active.extend(of_file(cx, &below(&place, name), draft));
        }
        // What is switched on by name counts as well.
        for profile in active.iter().take(4) {
            for end in ["properties", "yml", "yaml"] {
                of_file(
                    cx,
                    &below(&place, &format!("application-{profile}.{end}")),
                    draft,
                );
            }
        }
    }
}

/// Reads a file; the profiles that it switches on.
fn of_file(cx: Cx<'_>, path: &str, draft: &mut Draft) -> Vec<String> {
    let mut active = Vec::new();
    let Some(text) = cx.files.text(path) else {
        return active;
    };
    for (key, value, line) in settings(text) {
        if key == "spring.profiles.active" {
            let names = value.split(',').map(|name| name.trim().to_owned());
            active.extend(names.filter(|name| !name.is_empty() && !name.contains(['$', '@', '/'])));
        }
        setting(path, &key, &value, line, draft);
    }
    active
}

fn settings(text: &Text) -> Vec<(String, String, u32)> {
    if text.path.ends_with(".properties") {
        let lines = text.text.lines().enumerate().filter_map(|(number, line)| {
            let line = line.trim();
            let plain = !line.starts_with(['#', '!']);
            let (key, value) = line.split_once(['=', ':']).filter(|_| plain)?;
            Some((
                key.trim().to_owned(),
                value.trim().to_owned(),
                number as u32 + 1,
            ))
        });
        return lines.collect();
    }
    if text.path.ends_with(".conf") {
        // HOCON: only the lines that Ktor's port stands on are of interest.
        let lines = text.text.lines().enumerate().filter_map(|(number, line)| {
            let (key, value) = line.trim().split_once('=')?;
            let key = if key.trim() == "port" {
                "ktor.deployment.port".to_owned()
            } else {
                key.trim().to_owned()
            };
            Some((key, value.trim().to_owned(), number as u32 + 1))
        });
        return lines.collect();
    }
    let tree = plimsoll_yaml::parse(text.text.as_str(), Dialect::Core);
    let mut found = Vec::new();
    for document in tree.documents() {
        let mut waiting: Vec<(String, Node<'_>, usize)> = document
            .root()
            .into_iter()
            .map(|root| (String::new(), root, 0))
            .collect();
        // A document for one profile only says nothing of the others.
        let profile = document
            .root()
            .and_then(|root| root.get("spring"))
            .is_some_and(|spring| {
                spring
                    .get("profiles")
                    .is_some_and(|node| node.kind() != Kind::Mapping)
                    || spring.at(&["config", "activate"]).is_some()
            });
        if profile {
            continue;
        }
        while let Some((prefix, node, depth)) = waiting.pop() {
            if depth > 16 || found.len() > 4000 {
                break;
            }
            for entry in node.entries() {
                let Some(key) = entry.key.text() else {
                    continue;
                };
                let whole = if prefix.is_empty() {
                    key.into_owned()
                } else {
                    format!("{prefix}.{key}")
                };
                if entry.value.kind() == Kind::Mapping {
                    waiting.push((whole, entry.value, depth + 1));
                } else if let Some(value) = entry.value.text() {
                    found.push((
                        whole,
                        value.into_owned(),
                        text.line(entry.key.range().start as usize),
                    ));
                }
            }
        }
    }
    found
}

fn setting(path: &str, key: &str, value: &str, line: u32, draft: &mut Draft) {
    let evidence = |says: String| Evidence::line(path, line, says);
    let placeholders = placeholders(value);
    for (name, default) in &placeholders {
        draft.environment.add(
            name.clone(),
            default.clone(),
            default.is_none(),
            evidence(format!("`{key}` takes `{name}`")),
        );
    }
    // `${port:8080}` names a property of Spring's, which has a default as well.
    let named = value
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    let plain = match (
        placeholders.first(),
        named.and_then(|rest| rest.split_once(':')),
    ) {
        (Some((_, default)), _) => default.clone(),
        (None, Some((_, default))) => Some(default.to_owned()),
        (None, None) => Some(value.to_owned()),
    };
    let imports = key == "spring.config.import" && value.contains("configserver");
    if imports || key == "spring.cloud.config.uri" {
        draft.remote = Some(evidence(format!(
            "`{key}` takes configuration from a server"
        )));
    }
    if key == "management.endpoints.web.base-path" && placeholders.is_empty() {
        draft.management_path = Some(format!("/{}", value.trim_matches(['"', '\'', '/'])));
    }
    draft.own_management |= key == "management.server.port";
    if PORTS.contains(&key) {
        let number = plain.as_deref().and_then(ports::number_in);
        let variable = placeholders.first().map(|(name, _)| name.clone());
        if number.is_none() && plain.is_some() {
            // Such as -1 of Micronaut: any that is free.
            draft.remote = Some(evidence(format!("`{key}` is `{value}`")));
        }
        if let Some(number) = number {
            // Each of these frameworks takes the key as a variable, too.
            let variable =
                variable.or_else(|| (key == "server.port").then(|| "SERVER_PORT".to_owned()));
            let port = Port {
                number,
                variable,
                loopback: false,
            };
            draft
                .port
                .get_or_insert(Known::stated(port, evidence(format!("`{key}` is set"))));
        }
    }
    if BASES.contains(&key) && placeholders.is_empty() {
        draft.base_path = Some(
            value
                .trim_matches(['"', '\''])
                .trim_end_matches('/')
                .to_owned(),
        );
    }
    let address = value.split("jdbc:").nth(1).unwrap_or(value);
    let address = plain
        .as_deref()
        .filter(|_| !value.contains("jdbc:"))
        .unwrap_or(address);
    if let Some(backing) = names::of_address(address) {
        draft.backing.push(Known::stated(
            backing,
            evidence(format!("`{key}` holds an address of it")),
        ));
    }
}

/// `${NAME:default}`, for names that an environment variable would have.
fn placeholders(value: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find("${") {
        let inner = &rest[at + 2..];
        let Some(end) = inner.find('}') else { break };
        let (name, default) = match inner[..end].split_once(':') {
            Some((name, default)) => (name, Some(default.to_owned())),
            None => (&inner[..end], None),
        };
        if names::is_variable(name) {
            found.push((name.to_owned(), default));
        }
        rest = &inner[end..];
    }
    found
}
