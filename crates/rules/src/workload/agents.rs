//! Pods that are there to look at their node or to change it: agents, and installers.

use plimsoll_dockerfile::shell::{self, Piece, is_sh_family};
use plimsoll_k8s::{Container, PodSpec, VolumeKind};
use plimsoll_oci::Reference;
use plimsoll_yaml::Node;

/// Sockets of container runtimes, by the ends of their paths.
pub(crate) const SOCKETS: &[&str] = &[
    "docker.sock",
    "containerd.sock",
    "crio.sock",
    "cri-dockerd.sock",
    "podman.sock",
];

/// Images of agents that look at their node, by the last part of their repository.
const AGENTS: &[&str] = &[
    "agent",
    "cadvisor",
    "datadog-agent",
    "falco",
    "falco-no-driver",
    "filebeat",
    "fluent-bit",
    "fluentd",
    "fluentd-kubernetes-daemonset",
    "infrastructure",
    "metricbeat",
    "netdata",
    "node-exporter",
    "node-problem-detector",
    "promtail",
    "telegraf",
];

/// Folders of the node that only something that looks at the node mounts.
const NODE: &[&str] = &["/", "/proc", "/sys"];

/// Whether a pod is an agent that looks at its node: it shares a namespace with it or is
/// privileged, and mounts what shows the node; or it runs the image of a known agent and mounts
/// anything of the node.
pub(crate) fn looks_at_node(pod: PodSpec<'_>) -> bool {
    let paths: Vec<String> = pod
        .volumes()
        .filter(|volume| volume.kind() == VolumeKind::HostPath)
        .filter_map(|volume| Some(volume.host_path()?.as_str()?.into_owned()))
        .collect();
    let shows = |path: &String| {
        let clean = match path.trim_end_matches('/') {
            "" => "/",
            clean => clean,
        };
        // With the runtime's socket alone it may as well build images.
        NODE.contains(&clean)
            || pod.host_pid().value && SOCKETS.iter().any(|socket| clean.ends_with(socket))
    };
    let shares = pod.host_pid().value
        || pod.host_network().value
        || pod.all_containers().any(Container::is_privileged);
    shares && paths.iter().any(shows)
        || !paths.is_empty() && pod.containers().any(|container| is_agent(container))
}

/// Whether a pod that does something else has the agent of a known image beside it that mounts this
/// volume.
pub(crate) fn is_for_agent(pod: PodSpec<'_>, volume: &str) -> bool {
    let mounts = |container: Container<'_>| {
        let mut mounts = container.volume_mounts();
        mounts.any(|mount| mount.name().as_deref() == Some(volume))
    };
    pod.containers()
        .any(|container| is_agent(container) && mounts(container))
}

fn is_agent(container: Container<'_>) -> bool {
    let Some(text) = container.image().and_then(Node::as_str) else {
        return false;
    };
    // The tag may be filled in later.
    let name = text
        .split(['@', '$'])
        .next()
        .unwrap_or("")
        .trim_end_matches(':');
    Reference::parse(name).is_ok_and(|image| match image.name() {
        // Anybody may call a program that; these are known.
        "agent" => ["datadog/", "sysdig/"]
            .iter()
            .any(|org| image.repository().contains(org)),
        "infrastructure" => image.repository().contains("newrelic/"),
        name => AGENTS.contains(&name),
    })
}

/// Folders of the node that only its network, storage and device drivers have to do with.
const DRIVERS: &[&str] = &[
    "/etc/cni",
    "/home/kubernetes/bin",
    "/lib/modules",
    "/opt/cni",
    "/run/udev",
    "/run/xtables.lock",
    "/sys/fs/bpf",
    "/var/lib/kubelet",
    "/var/run/udev",
];

/// Programs that set up the network of the cluster, which pods have only afterwards, by their
/// repositories.
const NETWORKS: &[&str] = &[
    "tigera/operator",
    "cilium/operator",
    "calico/typha",
    "kube-ovn",
];

/// Whether a pod drives the node's network, volumes or devices, by what it mounts or is.
pub(crate) fn drives_node(pod: PodSpec<'_>) -> bool {
    let is_network = |container: Container<'_>| {
        let text = container.image().and_then(Node::as_str);
        text.is_some_and(|text| NETWORKS.iter().any(|name| text.contains(name)))
    };
    pod.containers().any(is_network)
        || pod
            .volumes()
            .filter(|volume| volume.kind() == VolumeKind::HostPath)
            .filter_map(|volume| volume.host_path()?.as_str())
            .any(|path| DRIVERS.iter().any(|driver| path.starts_with(driver)))
}

/// The programs that a container calls by its command and arguments, those of a script given to
/// a shell included, each with what follows it.
pub(crate) fn programs(container: Container<'_>) -> Vec<Vec<String>> {
    let words: Vec<String> = container
        .command()
        .into_iter()
        .chain(container.args())
        .filter_map(|node| Some(node.as_str()?.into_owned()))
        .collect();
    let Some(first) = words.first() else {
        return Vec::new();
    };
    if !is_sh_family(first) {
        return vec![words];
    }
    let script = words.iter().skip(1).filter(|word| !word.starts_with('-'));
    script
        .flat_map(|text| {
            let pieces = [Piece { start: 0, text }];
            let script = shell::parse(&pieces, "/bin/sh", &[]);
            let words = |command: &shell::ShellCommand| -> Vec<String> {
                let words = command.words.iter();
                let mut found: Vec<String> = words
                    .map(|word| word.literal().unwrap_or(word.text()).to_owned())
                    .collect();
                found.extend(
                    command
                        .redirects
                        .iter()
                        .map(|one| one.target.text().to_owned()),
                );
                found
            };
            script.commands.iter().map(words).collect::<Vec<_>>()
        })
        .filter(|words| !words.is_empty())
        .collect()
}

/// Whether a container enters the node's own file system or namespaces: then the node is what it
/// is there to change.
pub(crate) fn enters_node(container: Container<'_>) -> bool {
    programs(container).iter().any(|words| {
        words
            .iter()
            .any(|word| matches!(word.rsplit('/').next().unwrap_or(""), "chroot" | "nsenter"))
    })
}

#[cfg(test)]
mod tests {
    use plimsoll_k8s::{PodSpec, Workload, objects};
    use plimsoll_yaml::{Dialect, parse};

    use super::{drives_node, enters_node, looks_at_node, programs};

    fn pod(spec: &str, check: impl FnOnce(PodSpec<'_>)) {
        let tree = parse(
            format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n{spec}"),
            Dialect::GoV2,
        );
        check(
            Workload::new(objects(&tree)[0])
                .and_then(Workload::pod)
                .expect("a pod"),
        );
    }

    const PROC: &str = "  volumes: [{name: p, hostPath: {path: /proc/}}]\n";

    #[test]
    fn agents_are_told_by_what_they_see_and_by_their_images() {
        let one = "  containers: [{name: a, image: \"acme/x:1\"}]\n";
        pod(&format!("  hostPID: true\n{one}{PROC}"), |pod| {
            assert!(looks_at_node(pod))
        });
        pod(&format!("{one}{PROC}"), |pod| assert!(!looks_at_node(pod)));
        pod(&format!("  hostNetwork: true\n{one}"), |pod| {
            assert!(!looks_at_node(pod))
        });
        let cadvisor = "  containers: [{name: a, image: \"gcr.io/cadvisor/cadvisor:${V}\"}]\n";
        pod(&format!("{cadvisor}{PROC}"), |pod| {
            assert!(looks_at_node(pod))
        });
        pod(cadvisor, |pod| assert!(!looks_at_node(pod)));
        let other = "  containers: [{name: a, image: \"acme/agent:1\"}]\n";
        pod(&format!("{other}{PROC}"), |pod| {
            assert!(!looks_at_node(pod))
        });
    }

    #[test]
    fn drivers_are_told_by_what_they_mount() {
        let one = "  containers: [{name: a, image: \"acme/x:1\"}]\n";
        let mount =
            |path: &str| format!("{one}  volumes: [{{name: p, hostPath: {{path: {path}}}}}]\n");
        pod(&mount("/opt/cni/bin"), |pod| assert!(drives_node(pod)));
        pod(&mount("/var/lib/docker"), |pod| assert!(!drives_node(pod)));
    }

    #[test]
    fn scripts_are_read() {
        let spec = "  containers:\n  - name: a\n    image: b:1\n    command: [sh, -c]\n    \
                    args: [\"sysctl -w a.b=1 && chroot /host ls\"]\n";
        pod(spec, |pod| {
            let container = pod.containers().next().expect("one");
            assert!(enters_node(container));
            assert_eq!(programs(container)[0], ["sysctl", "-w", "a.b=1"]);
        });
        let spec = "  containers: [{name: a, image: \"b:1\", command: [/bin/echo, x]}]\n";
        pod(spec, |pod| {
            let container = pod.containers().next().expect("one");
            assert!(!enters_node(container));
            assert_eq!(programs(container), [["/bin/echo", "x"]]);
        });
    }
}
