//! # What it does
//! Finds pods that mount paths of their node: above all the sockets of container runtimes.
//!
//! # Why it matters
//! Whoever can talk to `docker.sock` or `containerd.sock` can start a privileged container, and
//! so owns the node. A writable `/etc`, `/proc` or kubelet folder does as well. Any other path
//! ties the pod to what one node happens to hold: on the next node the data is not there.
//!
//! Agents that run on every node (DaemonSets) mount logs and devices rightly: for them only
//! sockets and the folders that own the node are reported at default strictness.
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
//!       volumes:
//!         - name: docker
//!           hostPath: {path: /var/run/docker.sock}
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
//!       volumes:
//!         - name: scratch
//!           emptyDir: {}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/storage/volumes/#hostpath>

use plimsoll_k8s::{PodSpec, VolumeKind};
use plimsoll_source::{Confidence, Severity};
use plimsoll_yaml::Node;

use crate::{Alias, Check, Cx, FixKind, Rule, Strictness, WorkloadInput};

pub(crate) static RULE: Rule = Rule {
    id: "host-path",
    summary: "a pod mounts a path of its node",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "docker-sock",
        },
        Alias {
            tool: "kube-linter",
            id: "sensitive-host-mounts",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_27",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0006",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0023",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0121",
        },
    ],
    checks: &[Check::Workload(check)],
};

const SOCKETS: &[&str] = &[
    "docker.sock",
    "containerd.sock",
    "crio.sock",
    "cri-dockerd.sock",
    "podman.sock",
];

/// Folders that own the node when they can be written, and tell its secrets when read.
const OWNING: &[&str] = &[
    "/",
    "/boot",
    "/dev",
    "/etc",
    "/etc/kubernetes",
    "/proc",
    "/root",
    "/home",
    "/run",
    "/sys",
    "/usr",
    "/var",
    "/var/lib/docker",
    "/var/lib/containerd",
    "/var/lib/kubelet",
    "/var/run",
];

fn check(cx: &mut Cx<'_>, input: &WorkloadInput<'_>) {
    let Some(pod) = input.workload.pod() else {
        return;
    };
    let daemon = input.workload.kind().is_daemon();
    for volume in pod.volumes() {
        if volume.kind() != VolumeKind::HostPath {
            continue;
        }
        let Some(path) = volume.host_path() else {
            continue;
        };
        let text = path.as_str().unwrap_or_default().into_owned();
        let clean = if text.len() > 1 {
            text.trim_end_matches('/')
        } else {
            text.as_str()
        };
        let read_only = is_read_only(pod, volume.name().as_deref().unwrap_or(""));
        // A pod with the node's processes before it is there to look at the node, which
        // `host-namespace` reports once.
        let agent = daemon || (read_only && pod.host_pid().value);
        if SOCKETS.iter().any(|socket| clean.ends_with(socket)) {
            cx.report(
                path.range(),
                format!("the pod gets the runtime's socket `{text}`"),
            )
            .severity(Severity::Error)
            .note("whoever can talk to it can start a privileged container and owns the node")
            .help("build images without it (rootless BuildKit, kaniko), or ask the API server");
        } else if OWNING.contains(&clean) && !(agent && read_only) {
            let how = if read_only { "reads" } else { "writes" };
            cx.report(path.range(), format!("the pod {how} the node's `{text}`"))
                .note("with it an intruder reads the node's secrets or takes the node over")
                .help("mount only the one file that is needed, read-only, or do without");
        } else {
            let strictness = if agent {
                Strictness::Pedantic
            } else {
                Strictness::Default
            };
            cx.report(
                path.range(),
                format!("the pod mounts `{text}` of whatever node it is on"),
            )
            .strictness(strictness)
            .note(
                "on another node the data is not there, and the pod writes to the node as its user",
            )
            .help("use a PersistentVolumeClaim for data, an `emptyDir` for scratch");
        }
    }
}

/// Whether every mount of the volume is read-only.
fn is_read_only(pod: PodSpec<'_>, name: &str) -> bool {
    pod.all_containers()
        .flat_map(|container| container.volume_mounts().collect::<Vec<_>>())
        .filter(|mount| mount.name().as_deref() == Some(name))
        .all(|mount| {
            mount.read_only().value
                || mount
                    .node()
                    .get("recursiveReadOnly")
                    .is_some_and(|n: Node<'_>| !n.is_null())
        })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::Strictness;
    use crate::testing::{Case, on};
    use crate::workload::requests::tests::pod;

    #[track_caller]
    fn mount(path: &str) -> Case {
        on(&RULE).manifest(&pod(&format!(
            "volumes: [{{name: h, hostPath: {{path: {path}}}}}]"
        )))
    }

    #[test]
    fn paths_of_the_node_are_found() {
        mount("/var/run/docker.sock")
            .says(&["the pod gets the runtime's socket `/var/run/docker.sock`"]);
        mount("/etc/").flags(&["12: /etc/"]);
        mount("/data/web").says(&["the pod mounts `/data/web` of whatever node it is on"]);
        assert_eq!(RULE.strictness, Strictness::Default);
    }

    #[test]
    fn inspectors_of_the_node_may_read_it() {
        let inspector = |mount: &str| {
            on(&RULE).manifest(&format!(
                "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: a}}\nspec:\n  template:\n    \
                 spec:\n      hostPID: true\n      containers: [{{name: b, image: c:1, \
                 volumeMounts: [{{name: h, mountPath: /h{mount}}}]}}]\n      \
                 volumes: [{{name: h, hostPath: {{path: /var/lib/etcd}}}}]\n"
            ))
        };
        inspector(", readOnly: true").quiet_by_default();
        inspector("").says(&["the pod mounts `/var/lib/etcd` of whatever node it is on"]);
    }

    #[test]
    fn other_volumes_are_left_alone() {
        on(&RULE)
            .manifest(&pod("volumes: [{name: h, emptyDir: {}}]"))
            .clean();
        on(&RULE)
            .manifest(&pod("volumes: [{name: h, hostPath: null}]"))
            .clean();
        on(&RULE)
            .manifest(&pod(
                "volumes: [{name: h, persistentVolumeClaim: {claimName: x}}]",
            ))
            .clean();
    }
}
