//! # What it does
//! Finds containers that add dangerous Linux capabilities, and (pedantic) those that do not drop
//! `ALL`.
//!
//! # Why it matters
//! A container starts with about fourteen capabilities that hardly any service needs: to change
//! file owners, to forge packets, to bind low ports. Dropping all costs nothing; what is needed can
//! be added by name. `SYS_ADMIN`, `SYS_MODULE`, `SYS_PTRACE` and their like are as good as root
//! on the node. One whose reason stands in a comment beside it, or beside the value of a chart that
//! it comes from, is for pedantic reviews; so is `NET_ADMIN` of programs that make networks
//! (WireGuard, OpenVPN, Tailscale).
//!
//! # Example
//! ```yaml bad
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           securityContext:
//!             capabilities: {drop: [ALL], add: [SYS_ADMIN]}
//! ```
//! ```yaml good
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           securityContext:
//!             capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/security/pod-security-standards/>
//! - <https://man7.org/linux/man-pages/man7/capabilities.7.html>

use plimsoll_k8s::{Container, Role};
use plimsoll_source::{Confidence, Severity};
use plimsoll_yaml::Node;

use super::image_users::{ImageUser, image_user};
use super::reasons::{is_explained, is_explained_at};
use super::run_as_root::keeps_files;
use crate::{Alias, Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "capabilities-kept",
    summary: "a container has Linux capabilities that it should not need",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "drop-net-raw-capability",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_28",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_37",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_39",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0003",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0106",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0119",
        },
    ],
    checks: &[Check::Container(check)],
};

/// Capabilities that reach beyond the container, with what they allow.
const DANGEROUS: &[(&str, &str)] = &[
    ("ALL", "everything that root may do"),
    ("BPF", "load programs into the kernel"),
    (
        "DAC_READ_SEARCH",
        "read any file that it can name, outside the container too",
    ),
    ("MAC_ADMIN", "change mandatory access control"),
    ("MAC_OVERRIDE", "override mandatory access control"),
    ("MKNOD", "make device nodes"),
    ("NET_ADMIN", "reconfigure the network"),
    ("NET_RAW", "forge packets of its neighbours"),
    ("PERFMON", "look into the kernel"),
    (
        "SYS_ADMIN",
        "mount file systems and most of what root may do",
    ),
    ("SYS_BOOT", "reboot the node"),
    ("SYS_MODULE", "load kernel modules"),
    ("SYS_PTRACE", "look into and change other processes"),
    ("SYS_RAWIO", "reach devices and memory directly"),
    ("SYS_TIME", "set the node's clock"),
];

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let ContainerInput {
        unit,
        workload,
        container,
    } = *input;
    if container.role() == Role::Ephemeral || container.pod().is_windows() {
        return;
    }
    let context = container.security_context();
    let name = container.label();
    let mut added = false;
    for node in context.added_capabilities() {
        let text = node.as_str().unwrap_or_default();
        let short = text.strip_prefix("CAP_").unwrap_or(&text);
        let Some((_, allows)) = DANGEROUS.iter().find(|(dangerous, _)| *dangerous == short) else {
            continue;
        };
        added = true;
        // Agents that run on every node are there to reach into it, and init containers set up
        // the pod's network and are gone.
        let reaches = workload.kind().is_daemon() || container.role() == Role::Init;
        let explained = is_explained(node) || is_explained_in_values(cx, node);
        let evident = short == "NET_ADMIN" && makes_networks(container);
        // A privileged container has them all: that is what to report.
        let privileged = context
            .privileged()
            .is_some_and(|(privileged, _)| privileged);
        let strictness = if reaches || explained || evident || privileged {
            Strictness::Pedantic
        } else {
            Strictness::Default
        };
        // The API server compares with the long name alone.
        if let (Some((false, forbids)), "CAP_SYS_ADMIN") =
            (context.allow_privilege_escalation(), &*text)
        {
            let place = cx.place(forbids.range());
            cx.report(
                node.range(),
                format!("container `{name}` adds `{text}` and forbids privilege escalation"),
            )
            .strictness(Strictness::Default)
            .severity(Severity::Error)
            .related(place, "forbidden here")
            .note("the API server refuses the pod")
            .help("remove the capability, or say beside it what needs it and allow escalation")
            .group("security-context");
            continue;
        }
        cx.report(
            node.range(),
            format!("container `{name}` adds the capability `{short}`"),
        )
        .strictness(strictness)
        .note(format!("it may {allows}").replace("may everything", "may do everything"))
        .help(if explained {
            "remove it if the reason beside it no longer holds"
        } else {
            "remove it, or say beside it what needs it"
        })
        .group("security-context");
    }
    if added
        || context.drops_all()
        || !cx.reports_missing_in_pod(
            unit,
            workload,
            &["containers", "securityContext", "capabilities", "drop"],
        )
    {
        return;
    }
    let range = context
        .capabilities()
        .and_then(Node::key)
        .map_or_else(|| super::security::place(container), Node::range);
    let path = ["securityContext", "capabilities", "drop"];
    let fillers = cx.fillers(unit, container.node(), &path);
    cx.report(
        range,
        format!("container `{name}` keeps the default capabilities"),
    )
    .note("among them are changing file owners and forging packets, which services do not need")
    .filled_by(fillers)
    .help(dropping(container))
    .group("security-context");
}

/// Whether a comment at the value that a capability comes from says why.
fn is_explained_in_values(cx: &Cx<'_>, node: Node<'_>) -> bool {
    let files = &cx.project.files;
    let origin = files.origin(cx.place(node.range()));
    let mut places = origin.values.iter().filter_map(|value| value.place);
    places.any(|place| is_explained_at(&files.get(place.file).text, place.range.start as usize))
}

/// Whether what runs is a program that makes networks, which needs `NET_ADMIN`.
fn makes_networks(container: Container<'_>) -> bool {
    const PROGRAMS: [&str; 10] = [
        "gluetun",
        "headscale",
        "keepalived",
        "netbird",
        "openvpn",
        "tailscale",
        "vpn",
        "wg-",
        "wgportal",
        "wireguard",
    ];
    let image = container.image().and_then(Node::as_str).unwrap_or_default();
    PROGRAMS.iter().any(|program| image.contains(program))
}

/// How to drop them, with what else the image needs then.
fn dropping(container: Container<'_>) -> String {
    let plain = "set `securityContext.capabilities: {drop: [ALL]}`";
    let says_user = container.run_as_user().is_some();
    match image_user(container).filter(|_| !says_user) {
        Some((ImageUser::Owns(user, group), image)) => {
            let files = if keeps_files(container.pod()) {
                format!(" and the pod's `fsGroup: {group}`")
            } else {
                String::new()
            };
            format!(
                "{plain}, with `runAsUser: {user}`, `runAsGroup: {group}`{files}: `{image}` starts \
                 as root and needs capabilities to become that user"
            )
        }
        Some((ImageUser::Elsewhere(instead), _)) => {
            format!("{plain}, and run {instead}: this image starts as root")
        }
        _ => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, on};
    use crate::workload::requests::tests::deployment;

    #[track_caller]
    fn with(capabilities: &str) -> Case {
        on(&RULE).manifest(&deployment(&format!(
            "securityContext: {{capabilities: {{{capabilities}}}}}"
        )))
    }

    #[test]
    fn kept_and_added_capabilities_are_found() {
        on(&RULE)
            .manifest(&deployment(""))
            .flags(&["10: name: web"]);
        with("drop: [NET_RAW]").flags(&["12: capabilities"]);
        with("add: [CAP_NET_ADMIN]").flags(&["12: CAP_NET_ADMIN"]);
        with("drop: [ALL], add: [ALL]").says(&["container `web` adds the capability `ALL`"]);
    }

    #[test]
    fn what_the_api_server_refuses_is_said() {
        let both = |name: &str| {
            on(&RULE).manifest(&deployment(&format!(
                "securityContext: {{allowPrivilegeEscalation: false, capabilities: {{add: [{name}]}}}}"
            )))
        };
        both("CAP_SYS_ADMIN")
            .says(&["container `web` adds `CAP_SYS_ADMIN` and forbids privilege escalation"]);
        both("SYS_ADMIN").says(&["container `web` adds the capability `SYS_ADMIN`"]);
    }

    #[test]
    fn a_reason_beside_it_is_believed() {
        let added = |before: &str, after: &str| {
            on(&RULE).manifest(&deployment(&format!(
                "securityContext:\n          capabilities:\n            drop: [ALL]\n            \
                 add:\n{before}              - SYS_PTRACE{after}\n"
            )))
        };
        for (before, after) in [
            ("", " # the profiler attaches to its sibling"),
            (
                "              # The profiler attaches to its sibling.\n",
                "",
            ),
        ] {
            let case = added(before, after).quiet_by_default();
            let help = case.findings[0].help.as_deref();
            assert_eq!(
                help,
                Some("remove it if the reason beside it no longer holds")
            );
        }
        for (before, after) in [
            ("", ""),
            ("", " # TODO"),
            ("              # - NET_ADMIN for the proxy\n", ""),
        ] {
            added(before, after).loud_by_default();
        }
    }

    #[test]
    fn reasons_beside_values_and_in_images_are_read() {
        let chart = |comment: &str| {
            let values = format!("caps:\n  add:\n{comment}    - SYS_MODULE");
            crate::chart::given::tests::deployment(
                &values,
                "",
                "          image: a:1\n          securityContext:\n            capabilities:\n              {{- toYaml .Values.caps | nindent 14 }}\n",
            )
        };
        on(&RULE)
            .files(&chart("    # Loads the module where the node has not.\n"))
            .quiet_by_default();
        on(&RULE).files(&chart("")).loud_by_default();
        let image = |image: &str| {
            let text = deployment("securityContext: {capabilities: {add: [NET_ADMIN]}}");
            on(&RULE).manifest(&text.replace("ghcr.io/example/web:1.0", image))
        };
        image("linuxserver/wireguard:1").quiet_by_default();
        image("example/web:1").loud_by_default();
    }

    #[test]
    fn dropped_and_harmless_ones_are_left_alone() {
        with("drop: [ALL]").clean();
        with("drop: [all]").clean();
        with("drop: [ALL], add: [NET_BIND_SERVICE]").clean();
    }

    #[test]
    fn a_privileged_container_has_them_all() {
        let with = |privileged: bool| {
            on(&RULE).manifest(&deployment(&format!(
                "securityContext: {{privileged: {privileged}, capabilities: {{add: [SYS_ADMIN]}}}}"
            )))
        };
        with(true).quiet_by_default();
        with(false).loud_by_default();
    }
}
