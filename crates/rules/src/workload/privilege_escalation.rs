//! # What it does
//! Finds containers that ask for `allowPrivilegeEscalation: true`, and (pedantic) those that do
//! not forbid it.
//!
//! # Why it matters
//! A setuid program in the image lets an intruder who got in as an ordinary user become root.
//! `allowPrivilegeEscalation: false` sets the kernel's no_new_privs flag, and setuid does nothing.
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
//! A program that counts on setuid (`sudo`, `ping` in old images) stops working.
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted>

use plimsoll_k8s::Role;
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
    match context.allow_privilege_escalation() {
        Some((true, node)) => {
            cx.report(
                node.range(),
                format!("container `{name}` allows privilege escalation"),
            )
            .strictness(Strictness::Default)
            .note("a setuid program lets an intruder become root")
            .help("set `allowPrivilegeEscalation: false`")
            .fix(
                Fix::new("forbid it", Safety::Unsafe)
                    .edit(unit.file, Edit::replace(node.range(), "false")),
            )
            .group("security-context");
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
            cx.report(
                super::security::place(container),
                format!("container `{name}` does not forbid privilege escalation"),
            )
            .note("it is allowed by default: a setuid program lets an intruder become root")
            .help("set `securityContext.allowPrivilegeEscalation: false`")
            .group("security-context");
        }
    }
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
