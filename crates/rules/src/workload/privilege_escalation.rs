//! # What it does
//! Finds containers that ask for `allowPrivilegeEscalation: true`, and (pedantic) those that do
//! not forbid it.
//!
//! # Why it matters
//! A setuid program in the image lets an intruder who got in as an ordinary user become root.
//! `allowPrivilegeEscalation: false` sets the kernel's no_new_privs flag, and setuid does nothing.
//!
//! The flag takes away capabilities of files as well. A container that adds capabilities and does
//! not run as root counts on them (a proxy that binds port 80 by `NET_BIND_SERVICE`): there the
//! advice is to do without first, and no fix is given.
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
//!           securityContext: {allowPrivilegeEscalation: true}
//! ```
//! ```yaml fixed
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
//!           securityContext: {allowPrivilegeEscalation: false}
//! ```
//!
//! # Fix safety
//! A program that counts on setuid (`sudo`, `ping` in old images) or on capabilities of its file
//! stops working.
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted>
//! - <https://docs.kernel.org/userspace-api/no_new_privs.html>

use plimsoll_k8s::{Container, Role};
use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity};
use plimsoll_yaml::Node;

use crate::{Alias, Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "privilege-escalation",
    summary: "a process of the container may gain more privileges than it started with",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "privilege-escalation-container",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_20",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0001",
        },
    ],
    checks: &[Check::Container(check)],
};

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
    // The API server refuses to forbid it to these.
    let needs_it = context
        .added_capabilities()
        .filter_map(Node::as_str)
        .any(|name| matches!(&*name, "SYS_ADMIN" | "CAP_SYS_ADMIN" | "ALL"));
    if needs_it {
        return;
    }
    let name = container.label();
    let added = by_file(container);
    match context.allow_privilege_escalation() {
        Some((true, node)) => {
            let draft = cx.report(
                node.range(),
                format!("container `{name}` allows privilege escalation"),
            );
            draft
                .strictness(Strictness::Default)
                .note("a setuid program lets an intruder become root")
                .group("security-context");
            match added {
                Some(added) => {
                    draft.confidence(Confidence::Medium).help(without(
                        "set `allowPrivilegeEscalation: false`",
                        &added,
                        container,
                    ));
                }
                None => {
                    draft.help("set `allowPrivilegeEscalation: false`").fix(
                        Fix::new("forbid it", Safety::Unsafe)
                            .edit(unit.file, Edit::replace(node.range(), "false")),
                    );
                }
            }
        }
        Some((false, _)) => {}
        None => {
            if !cx.reports_missing_in_pod(
                unit,
                workload,
                &["containers", "securityContext", "allowPrivilegeEscalation"],
            ) {
                return;
            }
            let path = ["securityContext", "allowPrivilegeEscalation"];
            let fillers = cx.fillers(unit, container.node(), &path);
            cx.report(
                super::security::place(container),
                format!("container `{name}` does not forbid privilege escalation"),
            )
            .note("it is allowed by default: a setuid program lets an intruder become root")
            .filled_by(fillers)
            .help({
                let set = "set `securityContext.allowPrivilegeEscalation: false`";
                added.map_or_else(|| set.to_owned(), |added| without(set, &added, container))
            })
            .group("security-context");
        }
    }
}

/// A capability that the container adds and that a process has only through its file: root has
/// all that is added, anyone else none until a file brings it.
fn by_file(container: Container<'_>) -> Option<String> {
    if container.run_as_user().is_some_and(|user| user.value == 0) {
        return None;
    }
    let context = container.security_context();
    let mut added = context.added_capabilities().filter_map(Node::as_str);
    added.next().map(std::borrow::Cow::into_owned)
}

fn without(set: &str, added: &str, container: Container<'_>) -> String {
    let ports = || container.ports().filter_map(|port| port.container_port());
    if added.ends_with("NET_BIND_SERVICE")
        && ports().next().is_some()
        && ports().all(|(port, _)| port > 1023)
    {
        return format!(
            "{set}, and add `{added}` no longer: the ports are above 1023, which needs none"
        );
    }
    let first = match added.strip_prefix("CAP_").unwrap_or(added) {
        "NET_BIND_SERVICE" => "let the service listen above port 1023",
        _ => "see that the program works without it",
    };
    format!(
        "{set}; unless it runs as root it has `{added}` by its file alone, which that takes away: \
         {first} first, and add the capability no longer"
    )
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::deployment;

    #[test]
    fn escalation_is_found() {
        let allowed = on(&RULE)
            .manifest(&deployment(
                "securityContext: {allowPrivilegeEscalation: true}",
            ))
            .flags(&["12: true"]);
        assert!(allowed.findings[0].message.contains("allows"));
        on(&RULE)
            .manifest(&deployment(""))
            .flags(&["10: name: web"]);
        on(&RULE)
            .manifest(&deployment("securityContext: {runAsUser: 5}"))
            .flags(&["12: securityContext"]);
    }

    #[test]
    fn capabilities_of_files_are_told_of() {
        let with = |user: &str| {
            let case = on(&RULE).manifest(&deployment(&format!(
                "securityContext: {{{user}allowPrivilegeEscalation: true, capabilities: {{add: [NET_BIND_SERVICE]}}}}"
            )));
            let [finding] = &case.findings[..] else {
                panic!("{:#?}", case.findings);
            };
            let told = finding.help.as_deref().unwrap().contains("port 1023");
            (told, finding.fix.is_some())
        };
        assert_eq!(with("runAsUser: 101, "), (true, false));
        assert_eq!(with(""), (true, false));
        assert_eq!(with("runAsUser: 0, "), (false, true));
        let high = on(&RULE).manifest(&deployment(
            "ports: [{containerPort: 9898}]\n        securityContext: {runAsUser: 1, capabilities: {add: [NET_BIND_SERVICE]}}",
        ));
        let help = high.findings[0].help.as_deref().unwrap();
        assert!(help.ends_with("are above 1023, which needs none"), "{help}");
        let case = on(&RULE).manifest(&deployment(
            "securityContext: {runAsUser: 1, capabilities: {drop: [ALL], add: [NET_RAW]}}",
        ));
        assert!(
            case.findings[0]
                .help
                .as_deref()
                .unwrap()
                .contains("`NET_RAW` by its file")
        );
    }

    #[test]
    fn what_is_forbidden_or_cannot_be_is_left_alone() {
        on(&RULE)
            .manifest(&deployment(
                "securityContext: {allowPrivilegeEscalation: false}",
            ))
            .clean();
        on(&RULE)
            .manifest(&deployment(
                "securityContext: {capabilities: {add: [SYS_ADMIN]}}",
            ))
            .clean();
        on(&RULE)
            .manifest("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n")
            .clean();
    }
}
