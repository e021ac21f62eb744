//! # What it does
//! Finds containers whose root file system can be written.
//!
//! # Why it matters
//! With `readOnlyRootFilesystem: true` an intruder cannot change the service's program or leave
//! tools behind, and the service cannot fill the node's disk with files nobody looks after. Most
//! services need a writable `/tmp` beside it, which an `emptyDir` gives. Good practice that
//! needs a look at what the service writes: pedantic.
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
//!           securityContext: {readOnlyRootFilesystem: true}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/tasks/configure-pod-container/security-context/>

use plimsoll_k8s::Role;
use plimsoll_source::{Confidence, Severity};
use plimsoll_yaml::Node;

use crate::lacks::Fillers;
use crate::{Alias, Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "writable-root-filesystem",
    summary: "a container's root file system can be written",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "no-read-only-root-fs",
        },
        Alias {
            tool: "kube-score",
            id: "container-security-context-readonlyrootfilesystem",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_22",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0014",
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
    if !matches!(container.role(), Role::App | Role::Sidecar) || container.pod().is_windows() {
        return;
    }
    let written = container.security_context().read_only_root_filesystem();
    if written.is_some_and(|(read_only, _)| read_only)
        || (written.is_none()
            && !cx.reports_missing_in_pod(
                unit,
                workload,
                &["containers", "securityContext", "readOnlyRootFilesystem"],
            ))
    {
        return;
    }
    let range = written.map_or_else(
        || super::security::place(container),
        |(_, node): (bool, Node<'_>)| node.range(),
    );
    let path = ["securityContext", "readOnlyRootFilesystem"];
    let fillers = match written {
        Some(_) => Fillers::default(),
        None => cx.fillers(unit, container.node(), &path),
    };
    cx.report(
        range,
        format!(
            "the root file system of container `{}` can be written",
            container.label()
        ),
    )
    .note("an intruder can change the program and leave tools behind")
    .filled_by(fillers)
    .help(
        "set `readOnlyRootFilesystem: true` and mount an `emptyDir` on each path that the \
         service writes, such as `/tmp`",
    )
    .group("security-context");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::{deployment, pod};

    #[test]
    fn writable_roots_are_found() {
        on(&RULE)
            .manifest(&deployment(""))
            .flags(&["10: name: web"]);
        on(&RULE)
            .manifest(&deployment(
                "securityContext: {readOnlyRootFilesystem: false}",
            ))
            .flags(&["12: false"]);
        on(&RULE)
            .manifest(&deployment("securityContext: {runAsUser: 1}"))
            .flags(&["12: securityContext"]);
    }

    #[test]
    fn read_only_roots_are_left_alone() {
        on(&RULE)
            .manifest(&deployment(
                "securityContext: {readOnlyRootFilesystem: true}",
            ))
            .clean();
        on(&RULE).manifest(&pod("os: {name: windows}")).clean();
        on(&RULE)
            .manifest(&pod("initContainers: [{name: i, image: \"a:1\"}]").replace(
                "web:1.0\n",
                "web:1.0\n        securityContext: {readOnlyRootFilesystem: true}\n",
            ))
            .clean();
    }
}
