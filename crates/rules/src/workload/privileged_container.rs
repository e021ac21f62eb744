//! # What it does
//! Finds containers with `privileged: true`, and those of Windows that run as a process of their
//! node (`hostProcess: true`).
//!
//! # Why it matters
//! A privileged container has every capability, every device of the node and no filter: leaving it
//! is one mount away. Whatever breaks into the service owns the node, and with it every other pod.
//!
//! Pedantic for init containers and DaemonSets that do what only a privileged container can: set
//! a `sysctl` of the whole node, load a kernel module, mount a file system, enter the node, drive
//! its network, volumes, devices or GPUs. So are pods with a user namespace of their own
//! (`hostUsers: false`), in which that is confined.
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
//!           securityContext: {privileged: true}
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
//! - <https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline>

use plimsoll_k8s::{Container, Role};
use plimsoll_oci::Reference;
use plimsoll_source::{Confidence, Severity};

use super::agents::{drives_node, programs};
use super::reasons::says_why;
use crate::{Alias, Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "privileged-container",
    summary: "a container is privileged",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "privileged-container",
        },
        Alias {
            tool: "kube-score",
            id: "container-security-context-privileged",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_16",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0017",
        },
    ],
    checks: &[Check::Container(check)],
};

/// Whether the container's mounts are to be seen by its node, which the API server allows privileged
/// containers alone.
pub(super) fn mounts_for_node(container: Container<'_>) -> bool {
    container.volume_mounts().any(|mount| {
        mount
            .node()
            .get("mountPropagation")
            .and_then(plimsoll_yaml::Node::str)
            .is_some_and(|way| way == "Bidirectional")
    })
}

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let container = input.container;
    let context = container.security_context();
    let label = container.label();
    let daemon = input.workload.kind().is_daemon();
    let own = context.host_process().filter(|(on, _)| *on);
    if let Some((_, node)) = own {
        let pod = input.workload.pod();
        let of_pod = pod.and_then(|pod| pod.security_context().host_process());
        let of_pod = of_pod
            .filter(|(on, _)| *on)
            .map(|(_, node)| cx.place(node.range()));
        let draft = cx.report(
            node.range(),
            format!("container `{label}` runs as a process of its node"),
        );
        draft
        .severity(Severity::Warning)
        .strictness(if daemon {
            Strictness::Pedantic
        } else {
            Strictness::Default
        })
        .note("a HostProcess container has the node's files, network and accounts")
        .help(if of_pod.is_some() {
            "remove it here and from the pod, or keep what manages the node in a DaemonSet of its own"
        } else {
            "remove it, or keep what manages the node in a DaemonSet of its own"
        })
        .group("security-context");
        if let Some(place) = of_pod {
            draft.related(place, "the pod says so too");
        }
    }
    let Some((true, node)) = context.privileged() else {
        return;
    };
    if let Some((false, forbids)) = context.allow_privilege_escalation() {
        let place = cx.place(forbids.range());
        cx.report(
            node.range(),
            format!("container `{label}` is privileged and forbids privilege escalation"),
        )
        .related(place, "forbidden here")
        .note("the API server refuses the pod: a privileged container can always escalate")
        .help("remove `privileged` and add the capabilities or the device that it needs")
        .group("security-context");
        return;
    }
    // What runs on every node to manage it (network and storage drivers) may have to be.
    let severity = if daemon {
        Severity::Warning
    } else {
        Severity::Error
    };
    let helper = daemon || container.role() == Role::Init;
    let task = task(container);
    let driver = daemon && (drives_node(container.pod()) || sees_gpus(container));
    let is_apart = !container.pod().host_users().value;
    let strictness = match task {
        Some(Task::Node) if helper => Strictness::Pedantic,
        _ if driver || is_apart || (helper && mounts_for_node(container)) => Strictness::Pedantic,
        // The API server lets only privileged containers mount for their node.
        _ if says_why(node) || shares_mounts(container) => Strictness::Pedantic,
        _ => Strictness::Default,
    };
    cx.report(node.range(), format!("container `{label}` is privileged"))
        .severity(severity)
        .strictness(strictness)
        .note(if is_apart {
            "within the pod's user namespace it has every capability, and no seccomp or AppArmor \
             profile"
        } else {
            "it has every capability and device of the node: whoever breaks in owns the node"
        })
        .help(match task {
            Some(Task::PodSysctl) => {
                "remove it, and set what it sets in `securityContext.sysctls` of the pod"
            }
            Some(Task::Node) if helper => {
                "prepare the node itself where you can (its image, its kubelet), else keep this \
             container to that one command"
            }
            _ => match builder(container) {
                Some(Builder::BuildKit) => {
                    "remove it and run the image's `rootless` variant, or build outside the cluster"
                }
                // Without root it needs to be privileged all the same.
                Some(Builder::Docker) => {
                    "build with the `rootless` variant of `moby/buildkit` instead, or outside the \
                     cluster"
                }
                None => "remove it and add the capabilities or the device that it needs",
            },
        })
        .group("security-context");
}

/// Whether NVIDIA's runtime is told to give a container GPUs of the node, whose claims would take them
/// from the pods that are to use them.
fn sees_gpus(container: Container<'_>) -> bool {
    container.env().any(|variable| {
        let name = variable.node().get("name");
        name.and_then(plimsoll_yaml::Node::str) == Some("NVIDIA_VISIBLE_DEVICES")
    })
}

/// What builds or runs other containers.
#[derive(Clone, Copy, PartialEq)]
enum Builder {
    BuildKit,
    Docker,
}

fn builder(container: Container<'_>) -> Option<Builder> {
    let text = container.image()?.as_str()?;
    let image = Reference::parse(&text).ok()?;
    match image.repository() {
        "moby/buildkit" => Some(Builder::BuildKit),
        _ if image.is_official() && image.name() == "docker" => Some(Builder::Docker),
        _ if image.name().split('-').any(|part| part == "dind") || runs_docker(container) => {
            Some(Builder::Docker)
        }
        _ => None,
    }
}

/// Whether the container is a daemon of Docker's, by its command.
fn runs_docker(container: Container<'_>) -> bool {
    programs(container)
        .iter()
        .any(|words| words[0].rsplit('/').next() == Some("dockerd"))
}

/// What a privileged container is there to do, as far as its command tells.
#[derive(Clone, Copy, PartialEq)]
enum Task {
    /// Something about the node that only a privileged container can.
    Node,
    /// Settings of the kernel that every pod has for itself.
    PodSysctl,
}

fn task(container: Container<'_>) -> Option<Task> {
    let mut task = None;
    for words in programs(container) {
        let program = words[0].rsplit('/').next().unwrap_or("");
        let keys: Vec<&str> = words
            .iter()
            .flat_map(|word| {
                let setting = word.split_once('=').map(|(key, _)| key);
                let file = word.strip_prefix("/proc/sys/");
                setting
                    .filter(|_| program == "sysctl")
                    .into_iter()
                    .chain(file)
            })
            .collect();
        if matches!(
            program,
            "modprobe"
                | "insmod"
                | "mount"
                | "umount"
                | "nsenter"
                | "chroot"
                | "losetup"
                | "swapoff"
        ) || keys.iter().any(|key| !is_namespaced(key))
        {
            return Some(Task::Node);
        }
        if !keys.is_empty() {
            task = Some(Task::PodSysctl);
        }
    }
    task
}

/// Whether a setting of the kernel is one that each pod has for itself.
fn is_namespaced(key: &str) -> bool {
    let key = key.trim_matches('"').replace('/', ".");
    [
        "kernel.shm",
        "kernel.msg",
        "kernel.sem",
        "fs.mqueue.",
        "net.",
    ]
    .iter()
    .any(|start| key.starts_with(start))
}

/// Whether what the container mounts is to be seen on the node.
fn shares_mounts(container: Container<'_>) -> bool {
    container.volume_mounts().any(|mount| {
        let propagation = mount.node().get("mountPropagation");
        propagation.is_some_and(|node| node.as_str().as_deref() == Some("Bidirectional"))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::{deployment, pod};

    #[test]
    fn privileged_containers_are_found() {
        on(&RULE)
            .manifest(&deployment("securityContext: {privileged: true}"))
            .flags(&["12: true"]);
        on(&RULE)
            .manifest(&pod(
                "initContainers: [{name: i, image: \"a:1\", securityContext: {privileged: true}}]",
            ))
            .flags(&["12: true"]);
        on(&RULE)
            .manifest(&deployment("securityContext:\n          privileged: yes"))
            .flags(&["13: yes"]);
    }

    fn init(command: &str) -> crate::testing::Case {
        on(&RULE).manifest(&pod(&format!(
            "initContainers: [{{name: i, image: \"a:1\", command: {command}, securityContext: {{privileged: true}}}}]"
        )))
    }

    #[test]
    fn what_only_a_privileged_container_can_do_is_for_the_pedantic() {
        for command in [
            "[sysctl, -w, vm.max_map_count=262144]",
            "[sh, -c, \"sysctl -w kernel.core_pattern=/x/core && sleep 1\"]",
            "[sh, -c, \"echo 1 > /proc/sys/vm/overcommit_memory\"]",
            "[modprobe, ip_vs]",
            "[/bin/mount, --make-rshared, /x]",
        ] {
            init(command).flags(&["12: true"]).quiet_by_default();
        }
        let case = init("[sysctl, -w, net.core.somaxconn=1024]").loud_by_default();
        assert!(
            case.findings[0]
                .help
                .as_deref()
                .unwrap()
                .contains("securityContext.sysctls")
        );
        init("[chown, -R, a, /x]").loud_by_default();
        on(&RULE)
            .manifest(&deployment(
                "command: [sysctl, -w, vm.x=1]\n        securityContext: {privileged: true}",
            ))
            .loud_by_default();
    }

    #[test]
    fn drivers_of_the_node_are_for_the_pedantic_and_builders_get_advice() {
        let daemon = |path: &str| {
            pod(&format!(
                "volumes: [{{name: p, hostPath: {{path: {path}}}}}]"
            ))
            .replace("kind: Deployment", "kind: DaemonSet")
            .replace(
                "web:1.0\n",
                "web:1.0\n        securityContext: {privileged: true}\n",
            )
        };
        on(&RULE)
            .manifest(&daemon("/etc/cni/net.d"))
            .quiet_by_default();
        on(&RULE).manifest(&daemon("/var/lib/x")).loud_by_default();
        on(&RULE)
            .manifest(&daemon("/var/lib/x").replace(
                "image:",
                "env: [{name: NVIDIA_VISIBLE_DEVICES, value: all}], image:",
            ))
            .quiet_by_default();
        let case = on(&RULE).manifest(
            &deployment("securityContext: {privileged: true}")
                .replace("ghcr.io/example/web:1.0", "moby/buildkit:v0.25.1"),
        );
        assert!(
            case.findings[0]
                .help
                .as_deref()
                .unwrap()
                .contains("rootless")
        );
    }

    #[test]
    fn what_the_api_server_refuses_is_said() {
        on(&RULE)
            .manifest(&deployment(
                "securityContext: {privileged: true, allowPrivilegeEscalation: false}",
            ))
            .says(&["container `web` is privileged and forbids privilege escalation"]);
        on(&RULE)
            .manifest(&deployment(
                "securityContext: {windowsOptions: {hostProcess: true}}",
            ))
            .says(&["container `web` runs as a process of its node"]);
    }

    #[test]
    fn patches_count_and_patterns_do_not() {
        let part = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      \
                    containers:\n      - name: web\n        securityContext: {privileged: true}\n";
        on(&RULE)
            .files(&format!(
                "//- /base/kustomization.yaml\nresources: [web.yaml]\n//- /base/web.yaml\n{}\
                 //- /prod/kustomization.yaml\nresources: [../base]\npatches: [{{path: web.yaml}}]\n\
                 //- /prod/web.yaml\n{part}",
                deployment("")
            ))
            .flags(&["prod/web.yaml:9: true"]);
        on(&RULE).manifest(part).clean();
        on(&RULE)
            .files(&format!(
                "//- /00-assert.yaml\n{}//- /x\n1\n",
                deployment("securityContext: {privileged: true}")
            ))
            .clean();
    }

    #[test]
    fn others_are_left_alone() {
        on(&RULE).manifest(&deployment("")).clean();
        on(&RULE)
            .manifest(&deployment("securityContext: {privileged: false}"))
            .clean();
        on(&RULE)
            .manifest(&deployment("securityContext: {privileged: \"true\"}"))
            .clean();
    }
}
