//! # What it does
//! Finds containers whose seccomp profile is `Unconfined`, and (pedantic) pods without one.
//!
//! # Why it matters
//! Without a profile every system call of the kernel can be made from the container; the runtime's
//! default profile refuses some fifty that services do not use and that flaws in the kernel are
//! reached through. Clusters whose kubelets set `seccompDefault` have it without asking, others
//! do not.
//!
//! Silent for rootless builders and engines (BuildKit, Buildah, Podman, Docker in Docker), which
//! make namespaces and mounts that the default profile refuses. Pedantic where a comment says why.
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
//!       securityContext:
//!         seccompProfile: {type: RuntimeDefault}
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/tutorials/security/seccomp/>

use plimsoll_k8s::{Container, WorkloadKind};
use plimsoll_oci::Reference;
use plimsoll_source::{Confidence, Severity};
use plimsoll_yaml::Node;

use super::reasons::says_why;
use crate::{Alias, Check, Cx, FixKind, Rule, Strictness, WorkloadInput};

pub(crate) static RULE: Rule = Rule {
    id: "missing-seccomp-profile",
    summary: "a container's system calls are not filtered",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-score",
            id: "container-seccomp-profile",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_31",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0030",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0104",
        },
    ],
    checks: &[Check::Workload(check)],
};

fn check(cx: &mut Cx<'_>, input: &WorkloadInput<'_>) {
    let WorkloadInput { unit, workload } = *input;
    let Some(pod) = workload.pod() else { return };
    if pod.is_windows() {
        return;
    }
    let containers: Vec<Container<'_>> = pod
        .all_containers()
        .filter(|container| !container.is_privileged() && !is_rootless_builder(*container))
        .collect();
    let mut told = Vec::new();
    for container in &containers {
        let Some(profile) = container.seccomp_profile() else {
            continue;
        };
        let node = profile.value.kind.unwrap_or(profile.value.node);
        if profile.value.confines() || told.contains(&node.range()) {
            continue;
        }
        if profile.value.kind_text().as_deref() != Some("Unconfined") {
            continue;
        }
        // One profile of the pod serves several containers.
        told.push(node.range());
        let subject = format!("{}/container/{}", workload.object().id(), container.label());
        let same = containers.iter().filter(|other| {
            other.seccomp_profile().is_some_and(|other| {
                other.value.kind.unwrap_or(other.value.node).range() == node.range()
            })
        });
        let what = match same.count() {
            0 | 1 => format!("`{}` runs", container.label()),
            many => format!("{many} containers of the pod run"),
        };
        cx.report(node.range(), format!("{what} without a seccomp filter"))
            .strictness(if says_why(node) {
                Strictness::Pedantic
            } else {
                Strictness::Default
            })
            .note("every system call of the kernel can be made from it")
            .help("set `seccompProfile: {type: RuntimeDefault}`")
            .subject(subject)
            .group("security-context");
    }
    let annotated = workload.template().is_some_and(|template| {
        template
            .annotations()
            .iter()
            .any(|(key, _)| key.contains("seccomp.security.alpha"))
    });
    let open: Vec<&Container<'_>> = containers
        .iter()
        .filter(|container| container.seccomp_profile().is_none())
        .collect();
    let Some(first) = open.first() else { return };
    if annotated
        || workload.kind() == WorkloadKind::PodTemplate
        || !cx.reports_missing_in_pod(unit, workload, &["securityContext", "seccompProfile"])
    {
        return;
    }
    let subject = format!("{}/container/{}", workload.object().id(), first.label());
    let path = ["securityContext", "seccompProfile"];
    let fillers = cx.fillers(unit, pod.node(), &path);
    let fillers = fillers.or(|| cx.fillers(unit, first.node(), &path));
    cx.report(
        super::security::place(**first),
        format!("no seccomp profile is set for `{}`", first.label()),
    )
    .note("unless the node sets one, every system call of the kernel can be made from it")
    .filled_by(fillers)
    .help("set `securityContext.seccompProfile: {type: RuntimeDefault}` for the pod")
    .subject(subject)
    .group("security-context");
}

/// Whether the image is a builder or engine that runs without root and makes its own namespaces.
fn is_rootless_builder(container: Container<'_>) -> bool {
    let Some(text) = container.image().and_then(Node::as_str) else {
        return false;
    };
    text.contains("rootless")
        || Reference::parse(&text).is_ok_and(|image| {
            let mut parts = image.repository().split('/');
            parts.any(|part| matches!(part, "buildah" | "podman"))
        })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::{deployment, pod};

    #[test]
    fn unfiltered_containers_are_found() {
        on(&RULE)
            .manifest(&deployment(""))
            .flags(&["10: name: web"]);
        on(&RULE)
            .manifest(&deployment("securityContext: {runAsUser: 1}"))
            .flags(&["12: securityContext"]);
        on(&RULE)
            .manifest(&pod(
                "securityContext: {seccompProfile: {type: Unconfined}}",
            ))
            .flags(&["12: Unconfined"]);
    }

    #[test]
    fn a_reason_in_a_comment_is_heard() {
        let with = |comment: &str| {
            on(&RULE).manifest(&pod(&format!(
                "securityContext:\n        {comment}\n        seccompProfile:\n          type: Unconfined"
            )))
        };
        with("# The browser's sandbox needs user namespaces.").quiet_by_default();
        with("# seccomp").loud_by_default();
    }

    #[test]
    fn filtered_containers_are_left_alone() {
        on(&RULE)
            .manifest(&pod(
                "securityContext: {seccompProfile: {type: RuntimeDefault}}",
            ))
            .clean();
        on(&RULE)
            .manifest(&deployment(
                "securityContext: {seccompProfile: {type: Localhost, localhostProfile: a.json}}",
            ))
            .clean();
        for image in [
            "moby/buildkit:v0.25.1-rootless",
            "quay.io/buildah/stable:v1",
            "docker:29-dind-rootless",
        ] {
            let open = deployment("securityContext: {seccompProfile: {type: Unconfined}}");
            on(&RULE)
                .manifest(&open.replace("ghcr.io/example/web:1.0", image))
                .clean();
        }
        on(&RULE).manifest(&pod("os: {name: windows}")).clean();
        on(&RULE)
            .manifest(&deployment("securityContext: {privileged: true}"))
            .clean();
    }
}
