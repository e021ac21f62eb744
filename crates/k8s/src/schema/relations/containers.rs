//! Containers, their variables, probes and hooks.

use plimsoll_yaml::Node;

use super::super::problem::ProblemKind;
use super::super::walk::{Place, Walk};
use super::{Relation, at_least_one, at_most_one, given, needed, text};

pub(super) static ROWS: &[(&str, Relation)] = &[
    ("core.v1.Container", container),
    ("core.v1.EnvVar", variable),
    ("core.v1.EnvVarSource", variable_source),
    ("core.v1.EnvFromSource", environment_source),
    ("core.v1.Probe", probe),
    ("core.v1.LifecycleHandler", hook),
    ("core.v1.VolumeMount", mount),
    ("core.v1.SecurityContext", security),
    ("core.v1.SeccompProfile", profile),
    ("core.v1.AppArmorProfile", profile),
];

const HANDLERS: &[&str] = &["exec", "httpGet", "tcpSocket", "grpc"];
const HOOKS: &[&str] = &["exec", "httpGet", "tcpSocket", "sleep"];

fn container<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    for role in ["livenessProbe", "startupProbe"] {
        let Some(probe) = place.node.get(role) else {
            continue;
        };
        let Some(threshold) = probe.present("successThreshold") else {
            continue;
        };
        if threshold.as_int().is_some_and(|value| value > 1) {
            walk.report(
                ProblemKind::Value,
                threshold.range(),
                format!("`successThreshold` of `{role}` must be 1"),
            )
            .note("a container that answers once is alive")
            .help("remove it");
        }
    }
    unique_port_names(walk, place);
}

/// Port names must differ within a container.
fn unique_port_names<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let Some(ports) = place.node.get("ports") else {
        return;
    };
    let mut seen: Vec<(String, Node<'a>)> = Vec::new();
    for port in ports.items().take(512) {
        let Some(name) = port.resolve().present("name") else {
            continue;
        };
        let Some(called) = name.as_str().filter(|name| !name.is_empty()) else {
            continue;
        };
        match seen.iter().find(|(other, _)| *other == called) {
            Some((_, first)) => {
                walk.report(
                    ProblemKind::Duplicate,
                    name.range(),
                    format!("two ports of the container are called `{called}`"),
                )
                .related(first.range(), "the first one")
                .help("give each port a name of its own");
            }
            None => seen.push((called.into_owned(), name)),
        }
    }
}

fn variable<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let Some(from) = place
        .node
        .entry("valueFrom")
        .filter(|entry| !entry.value.is_null())
    else {
        return;
    };
    let Some(value) = place.node.entry("value") else {
        return;
    };
    if value.value.str().is_some_and(|text| !text.is_empty()) {
        walk.report(
            ProblemKind::Conflict,
            from.key.range(),
            "a variable has either `value` or `valueFrom`",
        )
        .related(value.key.range(), "`value` is here")
        .help("keep one of them");
    }
}

fn variable_source<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let names = &[
        "fieldRef",
        "resourceFieldRef",
        "configMapKeyRef",
        "secretKeyRef",
        "fileKeyRef",
    ];
    at_most_one(walk, place, names, "a variable has one source");
    at_least_one(walk, place, names, "a variable has one source");
}

fn environment_source<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let names = &["configMapRef", "secretRef"];
    at_most_one(walk, place, names, "each item of `envFrom` has one source");
    at_least_one(walk, place, names, "each item of `envFrom` has one source");
}

fn probe<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    at_most_one(walk, place, HANDLERS, "a probe asks in one way");
    at_least_one(walk, place, HANDLERS, "a probe needs something to ask");
}

fn hook<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    at_most_one(walk, place, HOOKS, "a hook does one thing");
    at_least_one(walk, place, HOOKS, "a hook needs something to do");
}

fn mount<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    at_most_one(
        walk,
        place,
        &["subPath", "subPathExpr"],
        "a mount has one of them",
    );
}

fn security<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let privileged = place.node.present("privileged").and_then(Node::as_bool) == Some(true);
    let Some(escalation) = place.node.entry("allowPrivilegeEscalation") else {
        return;
    };
    if escalation.value.as_bool() != Some(false) {
        return;
    }
    let adds_admin = place.node.at(&["capabilities", "add"]).is_some_and(|add| {
        add.items()
            .any(|item| matches!(item.str(), Some("CAP_SYS_ADMIN")))
    });
    if privileged || adds_admin {
        let other = if privileged {
            "`privileged: true`"
        } else {
            "`CAP_SYS_ADMIN`"
        };
        walk.report(
            ProblemKind::Conflict,
            escalation.key.range(),
            format!("`allowPrivilegeEscalation: false` cannot stand beside {other}"),
        )
        .help(format!("remove {other}"));
    }
}

fn profile<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let kind = text(place.node, "type");
    let has_profile = given(place.node, &["localhostProfile"]).len() == 1;
    match kind.as_deref() {
        Some("Localhost") if !has_profile => {
            needed(
                walk,
                place,
                "localhostProfile",
                "`type: Localhost` names a file of the node",
            );
        }
        Some("RuntimeDefault" | "Unconfined") if has_profile => {
            let Some(entry) = place.node.entry("localhostProfile") else {
                return;
            };
            walk.report(
                ProblemKind::Conflict,
                entry.key.range(),
                "`localhostProfile` goes only with `type: Localhost`",
            );
        }
        _ => {}
    }
}
