//! # What it does
//! Finds pods that share the node's network, process or IPC namespace.
//!
//! # Why it matters
//! `hostNetwork` opens the node's own interfaces, its loopback services and the cloud's metadata
//! address to the container and escapes every NetworkPolicy; `hostPID` shows it every process of
//! the node, with their environment; `hostIPC` their shared memory. Agents that run on every node
//! may need them, services do not.
//!
//! Pedantic for DaemonSets, for Jobs that want to see the node's processes, and for agents that
//! look at the node in another kind of workload, which `host-path` reports; and where a value of a
//! chart that is called for it says so, which leaves the choice to whoever installs it. Silent about the
//! network of Windows pods that run as a process of their node, which have no other.
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
//!       hostNetwork: true
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
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline>

use plimsoll_source::{Confidence, Severity};

use super::agents::looks_at_node;
use super::reasons::says_why;
use crate::{Alias, Check, Cx, FixKind, Rule, Strictness, WorkloadInput};

pub(crate) static RULE: Rule = Rule {
    id: "host-namespace",
    summary: "a pod shares a namespace of its node",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "host-network",
        },
        Alias {
            tool: "kube-linter",
            id: "host-pid",
        },
        Alias {
            tool: "kube-linter",
            id: "host-ipc",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_17",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_18",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_19",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0008",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0009",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0010",
        },
    ],
    checks: &[Check::Workload(check)],
};

fn check(cx: &mut Cx<'_>, input: &WorkloadInput<'_>) {
    let Some(pod) = input.workload.pod() else {
        return;
    };
    let shared = [
        (
            "hostNetwork",
            pod.host_network(),
            "it reaches the node's own interfaces and escapes every NetworkPolicy",
            "remove it; publish ports through a Service, or with `hostPort` where it has to be a port of \
             the node",
        ),
        (
            "hostPID",
            pod.host_pid(),
            "it sees every process of the node, with its environment",
            "remove it; an agent that must look at the node belongs in a DaemonSet of its own",
        ),
        (
            "hostIPC",
            pod.host_ipc(),
            "it sees the shared memory of the node's processes",
            "remove it; containers of one pod share their IPC namespace anyway",
        ),
    ];
    let kind = input.workload.kind();
    let agent = looks_at_node(pod);
    let publishes = pod
        .containers()
        .any(|container| container.ports().next().is_some());
    for (field, setting, note, help) in shared {
        let Some(node) = setting.node.filter(|_| setting.value) else {
            continue;
        };
        // The API server refuses such a pod without it.
        if field == "hostNetwork" && pod.runs_as_host_process() {
            continue;
        }
        // Agents that run on every node are there to look at it; so is a Job that wants to see
        // the node's processes: an audit, not a service.
        let looks = kind.is_daemon() || agent || (kind.runs_to_completion() && field == "hostPID");
        let strictness = if looks || says_why(node) || is_chosen(cx, node) {
            Strictness::Pedantic
        } else {
            Strictness::Default
        };
        cx.report(
            node.range(),
            format!("the pod shares a namespace of its node: `{field}`"),
        )
        .strictness(strictness)
        .note(note)
        .help(if field == "hostNetwork" && !publishes {
            "remove it; what the node's network alone gives it, such as the credentials of the node, \
             is better bound to its ServiceAccount"
        } else {
            help
        });
    }
}

/// Whether a value of the chart that is there for it says so: whoever installs it has the choice.
fn is_chosen(cx: &Cx<'_>, node: plimsoll_yaml::Node<'_>) -> bool {
    let origin = cx.project.files.origin(cx.place(node.range()));
    origin.values.iter().any(|value| {
        let name = value.path.rsplit('.').next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        ["host", "network", "bind"]
            .iter()
            .any(|word| name.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::{deployment, pod};

    #[test]
    fn the_advice_is_about_the_namespace() {
        let case = on(&RULE).manifest(&pod("hostPID: true"));
        let help = case.findings[0].help.clone().unwrap_or_default();
        assert!(help.contains("DaemonSet"), "{help}");
    }

    #[test]
    fn shared_namespaces_are_found() {
        on(&RULE)
            .manifest(&pod("hostNetwork: true"))
            .flags(&["12: true"]);
        on(&RULE)
            .manifest(&pod("hostPID: true\n      hostIPC: true"))
            .flags(&["12: true", "13: true"]);
        on(&RULE)
            .manifest("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostPID: true, containers: [{name: a, image: \"b:1\"}]}\n")
            .flags(&["4: true"]);
    }

    #[test]
    fn what_has_a_reason_beside_it_is_for_the_pedantic() {
        let with = |comment: &str| {
            on(&RULE).manifest(&pod(&format!("# {comment}\n      hostNetwork: true")))
        };
        with("without it the webhook cannot be reached").quiet_by_default();
        with("the network of the node").loud_by_default();
    }

    #[test]
    fn agents_and_processes_of_the_node_need_it() {
        on(&RULE)
            .manifest(&pod(
                "hostNetwork: true\n      volumes: [{name: p, hostPath: {path: /proc}}]",
            ))
            .flags(&["12: true"])
            .quiet_by_default();
        on(&RULE)
            .manifest(&pod(
                "hostNetwork: true\n      securityContext: {windowsOptions: {hostProcess: true}}",
            ))
            .clean();
        on(&RULE)
            .manifest(&pod(
                "hostNetwork: true\n      volumes: [{name: p, hostPath: {path: /data}}]",
            ))
            .loud_by_default();
    }

    #[test]
    fn pods_of_their_own_are_left_alone() {
        on(&RULE).manifest(&deployment("")).clean();
        on(&RULE).manifest(&pod("hostNetwork: false")).clean();
        on(&RULE).manifest(&pod("hostUsers: false")).clean();
    }

    #[test]
    fn what_a_value_chooses_is_for_the_pedantic() {
        let chart = |value: &str| {
            let pod = pod(&format!("hostNetwork: {{{{ .Values.{value} }}}}"));
            on(&RULE).files(&format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\n{value}: true\n//- /c/templates/a.yaml\n{pod}"
            ))
        };
        chart("hostNetwork").quiet_by_default();
        chart("enabled").loud_by_default();
    }
}
