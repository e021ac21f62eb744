//! # What it does
//! Finds pods that mount paths of their node: above all the sockets of container runtimes.
//!
//! # Why it matters
//! Whoever can talk to `docker.sock` or `containerd.sock` can start a privileged container, and
//! so owns the node. A writable `/etc`, `/proc` or kubelet folder does as well. Any other path
//! ties the pod to what one node happens to hold: on the next node the data is not there.
//!
//! Agents that run on every node (DaemonSets) mount logs and devices rightly: for them only
//! sockets and the folders that own the node are reported at default strictness. An agent in a
//! Deployment or the like is reported once, for being no DaemonSet. Folders below `/run`, where
//! daemons of a node keep their sockets, are for pedantic reviews. The folders of the node
//! are pedantic where a container enters it (`chroot`, `nsenter`): to change it is what it is for;
//! `/dev` is for a privileged agent, which has all devices anyway, and `/var/lib/kubelet` for a
//! driver that mounts for the pods of its node (`mountPropagation: Bidirectional`). So are paths that
//! begin with a variable, which a script fills in, and data on the one node of a cluster: a comment
//! of the file, or of a manifest in its folder or the one above, says that the cluster has one node, the head of the
//! file says that `podman kube play` runs it, or a script hands the path to a local cluster (`k3d cluster create
//! --volume`, `minikube mount`, `extraMounts` of kind). Data of a workload that runs one pod is pedantic, too: no
//! file tells whether the cluster has a second machine. Nothing is said of a volume that a claim of the
//! StatefulSet replaces, having its name.
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

use plimsoll_k8s::{PodSpec, Volume, VolumeKind};
use plimsoll_source::{Confidence, Severity};
use plimsoll_yaml::Node;

use super::agents::{SOCKETS, enters_node, is_for_agent, looks_at_node};
use super::local_clusters::is_of_one_node;
use super::privileged_container::mounts_for_node;
use super::reasons::says_why;
use super::supply::is_autoscaled;
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
    let kind = input.workload.kind();
    let mounted: Vec<(Node<'_>, Volume<'_>)> = pod
        .volumes()
        .filter(|volume| volume.kind() == VolumeKind::HostPath)
        .filter(|volume| {
            let name = volume.name().unwrap_or_default();
            !input.workload.claims_volume(&name)
        })
        .filter_map(|volume| Some((volume.host_path()?, volume)))
        .collect();
    // What keeps data of its own is no agent; it tunes its node, perhaps.
    let keeps_data = input.workload.volume_claim_templates().next().is_some()
        || pod
            .volumes()
            .any(|volume| volume.kind() == VolumeKind::PersistentVolumeClaim);
    if kind.has_replicas() && looks_at_node(pod) && !keeps_data {
        misplaced(cx, input, pod, &mounted);
        return;
    }
    let daemon = kind.is_daemon();
    let enters = pod.all_containers().any(enters_node);
    let complete =
        cx.reports_missing_in_pod(input.unit, input.workload, &["containers", "volumeMounts"]);
    for (path, volume) in mounted {
        let text = path.as_str().unwrap_or_default().into_owned();
        // No path at all is refused, and `schema` says so.
        if text.is_empty() {
            continue;
        }
        if complete && !is_mounted(pod, volume) {
            let name = volume.name().unwrap_or_default().into_owned();
            cx.report(
                path.range(),
                format!("no container mounts the volume `{name}` of the node's `{text}`"),
            )
            .note("a cluster that enforces the Pod Security Standards refuses it all the same")
            .help(format!("remove the volume `{name}`"));
            continue;
        }
        let clean = match text.trim_end_matches('/') {
            "" => "/",
            clean => clean,
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
            .help(if looks_at_node(pod) {
                "do without it where the agent can ask the kubelet or the API server instead; \
                 mounted read-only it is no safer"
            } else {
                "build images without it (rootless BuildKit, kaniko), start pods through the API \
                 server; where neither can be, run it on nodes of its own (a taint), with nothing \
                 else on them"
            });
        } else if OWNING.contains(&clean) && !(agent && read_only) {
            let how = if read_only { "reads" } else { "writes" };
            let draft = cx.report(path.range(), format!("the pod {how} the node's `{text}`"));
            draft
                .note("with it an intruder reads the node's secrets or takes the node over")
                .help(if !daemon && is_for_agent(pod, &volume.name().unwrap_or_default()) {
                    "run the agent that reads it as a DaemonSet of its own, and remove it and the \
                     volume here"
                } else if daemon && !read_only {
                    "mount only the folder that it has to change, and what it only looks at \
                     read-only"
                } else {
                    "mount only the one file that is needed, read-only, or do without"
                });
            let privileged = |container: plimsoll_k8s::Container<'_>| {
                let privileged = container.security_context().privileged();
                privileged.is_some_and(|(privileged, _)| privileged)
            };
            // A privileged agent of the node has all its devices anyway.
            let has_devices = daemon && clean == "/dev" && pod.all_containers().any(privileged);
            // A driver of volumes mounts them for the node's pods, below whatever folder that is.
            let mounts =
                daemon && clean == "/var/lib/kubelet" && pod.all_containers().any(mounts_for_node);
            if enters || has_devices || mounts || is_reasoned(pod, path, volume) {
                draft.strictness(Strictness::Pedantic);
            }
        } else {
            // A driver meets the kubelet at a socket below this folder.
            let driver = clean.starts_with("/var/lib/kubelet/");
            let meets = is_run_time(clean);
            let reasoned = is_reasoned(pod, path, volume);
            // A script fills it in for whoever calls it, on the one node that they have.
            let filled_in = text.starts_with('$');
            let strictness = if agent
                || driver
                || meets
                || reasoned
                || filled_in
                || is_pinned(pod)
                || is_of_one_node(cx, clean)
                || instead(clean, volume) == DATA && is_one_pod(cx, input)
            {
                Strictness::Pedantic
            } else {
                Strictness::Default
            };
            cx.report(
                path.range(),
                format!("the pod mounts `{text}` of whatever node it is on"),
            )
            .strictness(strictness)
            .note(if meets {
                "a cluster that enforces the Pod Security Standards refuses it"
            } else if read_only {
                "what is there differs from node to node, and nothing in the cluster looks after it"
            } else {
                "on another node the data is not there, and the pod writes to the node as its user"
            })
            .help(instead(clean, volume));
        }
    }
}

/// Whether the workload runs one pod, whose data may be meant to lie on the one machine of its
/// author: nothing in its files tells.
fn is_one_pod(cx: &Cx<'_>, input: &WorkloadInput<'_>) -> bool {
    let WorkloadInput { unit, workload } = *input;
    let replicas = workload.replicas();
    replicas.is_none_or(|replicas| replicas.value <= 1) && !is_autoscaled(cx, unit, workload)
}

/// Whether the pod runs on one node that it names.
fn is_pinned(pod: PodSpec<'_>) -> bool {
    let node = pod.node();
    node.present("nodeName").is_some()
        || node
            .get("nodeSelector")
            .is_some_and(|labels| labels.present("kubernetes.io/hostname").is_some())
}

/// Whether a path is where a daemon of the node keeps its socket, for pods of the node to meet it.
fn is_run_time(path: &str) -> bool {
    path.starts_with("/run/") || path.starts_with("/var/run/")
}

/// What serves in the place of a path that holds what the pod itself keeps.
const DATA: &str = "use a PersistentVolumeClaim for data, an `emptyDir` for scratch";

/// What serves in the place of a path of the node.
fn instead(path: &str, volume: Volume<'_>) -> &'static str {
    let below = |tops: &[&str]| {
        tops.iter().any(|top| {
            path.strip_prefix(top)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let holds = |parts: &[&str]| parts.iter().any(|part| path.contains(part));
    let source = volume.node().get("hostPath");
    let kind = source.and_then(|source| source.get("type")?.as_str());
    if holds(&[
        "/.kube",
        "kubeconfig",
        "/.ssh",
        "/.aws",
        "/.docker",
        "credential",
    ]) {
        "give credentials with a Secret, or with the ServiceAccount of the pod where they are for \
         the API server"
    } else if ["/etc/localtime", "/etc/timezone"].contains(&path) {
        "set the variable `TZ` instead, where the image has the zones (`tzdata`)"
    } else if is_run_time(path) {
        "reach the daemon over the network, at `status.hostIP`, or with the CSI driver that it has"
    } else if holds(&["/certs", "/pki", "ca-bundle", "ca-certificates", "/ssl"]) {
        "take the certificates that the image has, or give them with a ConfigMap"
    } else if kind.is_some_and(|kind| kind == "File") {
        "give the file with a ConfigMap, or with a Secret"
    } else if below(&["/sys/kernel", "/sys/fs"]) {
        "mount it read-only, and of it only what is read; what looks after the node belongs in a \
         DaemonSet"
    } else if below(&["/dev", "/sys"]) {
        "ask for the device with a device plugin or a resource claim"
    } else if below(&["/var/log"]) {
        "write the log to standard output, which the node keeps; what collects logs belongs in a \
         DaemonSet"
    } else if below(&["/boot", "/etc", "/lib", "/proc", "/usr"]) {
        "do without it: give settings with a ConfigMap; what looks after the node belongs in a \
         DaemonSet"
    } else if is_of_a_person(path) {
        "let the image hold the code (`COPY` in its Dockerfile) and a ConfigMap the settings, and \
         remove the mount of what one machine alone has; data that is to last belongs in a \
         PersistentVolumeClaim"
    } else {
        DATA
    }
}

/// Whether a path is below somebody's home. Clouds keep programs of the node in one of their own.
fn is_of_a_person(path: &str) -> bool {
    let homes = ["/home/", "/Users/"];
    let inner = homes.iter().find_map(|home| path.strip_prefix(home));
    inner.is_some_and(|inner| inner.contains('/') && !inner.starts_with("kubernetes/"))
}

/// An agent that runs on as many nodes as it has replicas, wherever the scheduler puts it.
fn misplaced(
    cx: &mut Cx<'_>,
    input: &WorkloadInput<'_>,
    pod: PodSpec<'_>,
    mounted: &[(Node<'_>, Volume<'_>)],
) {
    let Some(((first, _), rest)) = mounted.split_first() else {
        return;
    };
    let object = input.workload.object();
    let name = object.name().unwrap_or_default().into_owned();
    let kind = object.kind().into_owned();
    let others: Vec<_> = rest
        .iter()
        .map(|(path, _)| cx.place(path.range()))
        .collect();
    let mut volumes = mounted.iter().map(|(_, volume)| volume.name());
    let is_all_read_only = volumes.all(|name| is_read_only(pod, name.as_deref().unwrap_or("")));
    let draft = cx.report(
        first.range(),
        format!("`{name}` looks at its node, and a {kind} leaves most nodes out"),
    );
    for place in others.into_iter().take(4) {
        draft.related(place, "and this of the node");
    }
    draft
        .note("an agent is wanted on every node once, and its mounts give it that node")
        .help(if is_all_read_only {
            "make it a DaemonSet"
        } else {
            "make it a DaemonSet, with the mounts it only reads set to `readOnly: true`"
        });
}

/// Whether a comment at the path, the volume or one of its mounts says why.
fn is_reasoned(pod: PodSpec<'_>, path: Node<'_>, volume: Volume<'_>) -> bool {
    let name = volume.name();
    let mut mounts = pod
        .all_containers()
        .flat_map(|container| container.volume_mounts().collect::<Vec<_>>());
    says_why(path)
        || mounts.any(|mount| {
            let first = mount.node().entries().next();
            mount.name() == name && first.is_some_and(|entry| says_why(entry.value))
        })
}

fn is_mounted(pod: PodSpec<'_>, volume: Volume<'_>) -> bool {
    let name = volume.name();
    pod.all_containers().any(|container| {
        container
            .volume_mounts()
            .any(|mount| mount.name().as_deref() == name.as_deref())
    })
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
        on(&RULE).manifest(&mounting(path))
    }

    fn mounting(path: &str) -> String {
        pod(&format!(
            "volumes: [{{name: h, hostPath: {{path: {path}}}}}]\n      initContainers: [{{name: i, \
             image: \"a:1\", volumeMounts: [{{name: h, mountPath: /h}}]}}]"
        ))
    }

    fn replicated(number: u8, manifest: &str) -> String {
        manifest.replacen("spec:\n", &format!("spec:\n  replicas: {number}\n"), 1)
    }

    #[test]
    fn a_pod_that_names_its_node_may_want_its_folder() {
        let with = |selector: &str| {
            on(&RULE).manifest(&replicated(2, &pod(&format!(
                "nodeSelector: {{{selector}}}\n      volumes: [{{name: h, hostPath: {{path: /srv/a}}}}]\n      \
                 initContainers: [{{name: i, image: \"a:1\", volumeMounts: [{{name: h, mountPath: /h}}]}}]"
            ))))
        };
        with("kubernetes.io/hostname: a").quiet_by_default();
        with("disk: ssd").loud_by_default();
    }

    #[test]
    fn what_a_script_fills_in_is_known_to_it_alone() {
        let two = |path: &str| on(&RULE).manifest(&replicated(2, &mounting(path)));
        two("$HOME/backup").quiet_by_default();
        two("/srv/$NAME").loud_by_default();
        mount("\"\"").clean();
    }

    #[test]
    fn drivers_mount_for_the_pods_of_the_node() {
        let with = |kind: &str, way: &str| {
            let text = pod(&format!(
                "volumes: [{{name: h, hostPath: {{path: /var/lib/kubelet}}}}]\n      initContainers: [{{name: i, \
                 image: \"a:1\", volumeMounts: [{{name: h, mountPath: /h, mountPropagation: {way}}}]}}]"
            ));
            on(&RULE).manifest(&text.replace("kind: Deployment", kind))
        };
        with("kind: DaemonSet", "Bidirectional").quiet_by_default();
        with("kind: DaemonSet", "None").loud_by_default();
        with("kind: Deployment", "Bidirectional").loud_by_default();
    }

    #[test]
    fn volumes_that_no_container_mounts_can_go() {
        for path in ["/data", "/var/run/docker.sock", "/etc"] {
            let case = on(&RULE).manifest(&pod(&format!(
                "volumes: [{{name: h, hostPath: {{path: {path}}}}}]"
            )));
            assert_eq!(
                case.findings[0].help.as_deref(),
                Some("remove the volume `h`")
            );
            case.says(&[&format!(
                "no container mounts the volume `h` of the node's `{path}`"
            )]);
        }
        // Of two volumes of one path it is the second that nobody mounts.
        let twice = on(&RULE).manifest(&pod(
            "volumes: [{name: used, hostPath: {path: /srv/acme}}, {name: idle, hostPath: {path: \
             /srv/acme}}]\n      initContainers: [{name: i, image: \"a:1\", volumeMounts: [{name: \
             used, mountPath: /h}]}]",
        ));
        twice.says(&[
            "the pod mounts `/srv/acme` of whatever node it is on",
            "no container mounts the volume `idle` of the node's `/srv/acme`",
        ]);
        // A patch need not say who mounts it.
        on(&RULE)
            .files(
                "//- /kustomization.yaml\nresources: [base.yaml]\npatches: [{path: patch.yaml}]\n\
                 //- /base.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  \
                 containers: [{name: b, image: \"c:1\"}]\n//- /patch.yaml\napiVersion: v1\nkind: \
                 Pod\nmetadata: {name: a}\nspec:\n  volumes: [{name: h, hostPath: {path: /data}}]\n",
            )
            .says(&["the pod mounts `/data` of whatever node it is on"]);
    }

    #[test]
    fn the_advice_is_about_the_path() {
        let help = |path: &str| mount(path).help();
        assert!(help("/data").contains("PersistentVolumeClaim"));
        assert!(help("/var/log").contains("standard output"));
        assert!(help("/home/jo/shop").contains("COPY"));
        assert!(help("/Users/jo/shop").contains("COPY"));
        assert!(help("/home/jo").contains("PersistentVolumeClaim for data"));
        assert!(help("/home/kubernetes/bin").contains("PersistentVolumeClaim for data"));
        assert!(help("/etc/udev").contains("ConfigMap"));
        assert!(help("/root/.kube/config").contains("Secret"));
        assert!(help("/dev/ttyUSB0").contains("device plugin"));
        assert!(help("/sys/kernel/debug").contains("read-only"));
        assert!(help("/etc/ssl/certs/ca-bundle.crt").contains("that the image has"));
        mount("/var/lib/kubelet/plugins/a.example.com").quiet_by_default();
        mount("/var/run/datadog").quiet_by_default();
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
    fn agents_belong_in_a_daemon_set() {
        let case = on(&RULE)
            .manifest(&pod(
                "hostPID: true\n      volumes: [{name: p, hostPath: {path: /proc}}, {name: s, hostPath: {path: \
                 /var/run/docker.sock}}]",
            ))
            .flags(&["13: /proc"])
            .says(&["`web` looks at its node, and a Deployment leaves most nodes out"]);
        assert_eq!(case.findings[0].related.len(), 1);
        on(&RULE)
            .manifest(
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: true\n  containers: [{name: b, \
                 image: \"c:1\", volumeMounts: [{name: p, mountPath: /p}]}]\n  volumes: [{name: p, hostPath: \
                 {path: /var/run/docker.sock}}]\n",
            )
            .says(&["the pod gets the runtime's socket `/var/run/docker.sock`"]);
    }

    #[test]
    fn databases_that_tune_their_node_are_no_agents() {
        on(&RULE)
            .manifest(
                "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {a: \
                 b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n      initContainers: [{name: tune, \
                 image: \"b:1\", securityContext: {privileged: true}, volumeMounts: [{name: s, mountPath: /sys}]}]\n      \
                 containers: [{name: db, image: \"c:1\"}]\n      volumes: [{name: s, hostPath: {path: /sys}}]\n  \
                 volumeClaimTemplates: [{metadata: {name: data}}]\n",
            )
            .says(&["the pod writes the node's `/sys`"]);
    }

    #[test]
    fn an_agent_beside_a_database_belongs_elsewhere() {
        let help = |image: &str| {
            let case = on(&RULE).manifest(&format!(
                "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: a}}\nspec:\n  selector: {{matchLabels: {{a: \
                 b}}}}\n  template:\n    metadata: {{labels: {{a: b}}}}\n    spec:\n      containers:\n        - {{name: db, \
                 image: \"c:1\"}}\n        - {{name: m, image: \"{image}:1\", volumeMounts: [{{name: p, mountPath: \
                 /host/proc, readOnly: true}}]}}\n      volumes: [{{name: p, hostPath: {{path: /proc}}}}]\n  \
                 volumeClaimTemplates: [{{metadata: {{name: data}}}}]\n"
            ));
            case.findings[0].help.clone().unwrap_or_default()
        };
        assert!(help("prom/node-exporter").contains("DaemonSet of its own"));
        assert!(help("acme/exporter").contains("only the one file"));
    }

    #[test]
    fn data_of_a_single_pod_may_be_meant_for_one_machine() {
        let case = |number: u8, path: &str, rest: &str| {
            on(&RULE).manifest(&format!("{}{rest}", replicated(number, &mounting(path))))
        };
        mount("/data/a").quiet_by_default();
        case(1, "/data/a", "").quiet_by_default();
        case(2, "/data/a", "").loud_by_default();
        let hpa = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: \
                   {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 3}\n";
        case(1, "/data/a", hpa).loud_by_default();
        // What is of the system, and what one person's machine has, is no data of the pod.
        for path in ["/etc/ssl/private", "/usr/share/zoneinfo", "/home/ann/app"] {
            mount(path).loud_by_default();
        }
    }

    #[test]
    fn the_one_node_of_a_cluster_may_hold_data() {
        let pod = replicated(2, &mounting("/srv/data/a"));
        let beside = |path: &str, text: &str| {
            on(&RULE).files(&format!("//- /k8s/jobs/a.yaml\n{pod}//- /{path}\n{text}\n"))
        };
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n";
        let says = |path: &str, comment: &str| beside(path, &format!("# {comment}\n{map}"));
        says("k8s/jobs/b.yaml", "Single-node cluster (k3s)").quiet_by_default();
        says(
            "k8s/b.yaml",
            "Cluster mono-nœud : le modèle est sur le nœud",
        )
        .quiet_by_default();
        says("b.yaml", "Single-node cluster").loud_by_default();
        says("k8s/c/b.yaml", "Single-node cluster").loud_by_default();
        says("k8s/b.yaml", "a single node of Elasticsearch").loud_by_default();
        says("k8s/b.yaml", "not for a single-node cluster").loud_by_default();
        let head = |line: &str| on(&RULE).manifest(&format!("# {line}\n{pod}"));
        head("podman kube play a.yaml").quiet_by_default();
        head("kubectl apply -f a.yaml").loud_by_default();
        // A local cluster is handed the folder.
        let task = |command: &str| beside("Taskfile.yml", &format!("cmds:\n  - {command}"));
        task("k3d cluster create x\n    --wait\n    --volume \"/srv/data:/srv/data\"")
            .quiet_by_default();
        task("k3d cluster create x --volume=/tmp/x:/srv/data/a@server:0").quiet_by_default();
        task("k3d cluster create x\n  - docker run --volume /srv/data:/srv/data y")
            .loud_by_default();
        task("k3d cluster create x --volume /srv/data:/other").loud_by_default();
        task("minikube mount /tmp/x:/srv/data").quiet_by_default();
        task("minikube start --mount --mount-string=/tmp/x:/srv/data").quiet_by_default();
        let kind = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n  - role: worker\n    extraMounts:\n";
        let mount = "      - hostPath: /tmp/x\n        containerPath: /srv/data\n";
        beside("kind-config.yaml", &format!("{kind}{mount}")).quiet_by_default();
        beside(
            "kind-config.yaml",
            &format!("{kind}{}", mount.replace("/srv", "/var")),
        )
        .loud_by_default();
    }

    #[test]
    fn installers_that_enter_the_node_need_all_of_it() {
        let installer = |command: &str| {
            on(&RULE).manifest(&format!(
                "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: a}}\nspec:\n  selector: \
                 {{matchLabels: {{a: b}}}}\n  template:\n    metadata: {{labels: {{a: b}}}}\n    spec:\n      \
                 containers: [{{name: a, image: \"b:1\", command: [sh, -c, \"{command}\"], volumeMounts: [{{name: h, \
                 mountPath: /host}}]}}]\n      volumes: [{{name: h, hostPath: {{path: /}}}}]\n"
            ))
        };
        installer("chroot /host apt-get install -y x").quiet_by_default();
        installer("cp a /host/b").loud_by_default();
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

    #[test]
    fn a_claim_takes_the_place_of_a_volume_of_its_name() {
        let set = |claim: &str| {
            on(&RULE).manifest(&format!(
                "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: a}}\nspec:\n  serviceName: a\n  selector: {{matchLabels: {{a: b}}}}\n  template:\n    metadata: {{labels: {{a: b}}}}\n    spec:\n      containers: [{{name: a, image: 'a:1', volumeMounts: [{{name: data, mountPath: /d}}]}}]\n      volumes: [{{name: data, hostPath: {{path: /etc}}}}]\n  volumeClaimTemplates: [{{metadata: {{name: {claim}}}}}]\n"
            ))
        };
        set("data").clean();
        set("other").loud_by_default();
    }

    #[test]
    fn a_privileged_agent_has_all_devices_anyway() {
        let agent = |privileged: bool| {
            let pod = format!(
                "containers: [{{name: a, image: \"b:1\", securityContext: {{privileged: {privileged}}}, volumeMounts: [{{name: h, mountPath: /dev}}]}}], volumes: [{{name: h, hostPath: {{path: /dev}}}}]"
            );
            on(&RULE).manifest(&format!("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: a}}\nspec: {{selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{{pod}}}}}}}\n"))
        };
        agent(true).quiet_by_default();
        agent(false).loud_by_default();
    }
}
