//! # What it does
//! Finds rollouts that take more than half of the pods away before their successors are ready,
//! reckoned with Kubernetes' rounding (maxSurge up, maxUnavailable down), and `Recreate` on
//! several replicas. Exactly half, and a lone pod whose number nobody wrote, are pedantic, as is
//! `Recreate` where a comment says that no two pods may run, or no container has a port or a probe.
//!
//! # Why it matters
//! Every release then is a partial or whole outage: the pods that are left get the load of all.
//! `maxUnavailable: 0` with `maxSurge: 1` replaces a pod only when the next one is ready.
//!
//! Silent for workloads that hold a volume claim and for those made to be alone: one replica with
//! a written `maxSurge: 0`, which is `Recreate` by another name.
//!
//! # Example
//! ```yaml bad
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   replicas: 3
//!   strategy:
//!     rollingUpdate: {maxSurge: 0, maxUnavailable: 2}
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
//!   replicas: 3
//!   strategy:
//!     rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
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
//! - <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment>

use plimsoll_k8s::rollout::StrategyKind;
use plimsoll_k8s::{Container, PodSpec, VolumeKind, Workload, WorkloadKind};
use plimsoll_oci::Reference;
use plimsoll_project::ManifestUnit;
use plimsoll_source::{Confidence, Place, Severity, TextRange};
use plimsoll_yaml::Node;

use super::reasons::says_alone;
use super::supply::is_autoscaled;
use crate::{Check, Cx, FixKind, Rule, Strictness, WorkloadInput};

pub(crate) static RULE: Rule = Rule {
    id: "rollout-loses-capacity",
    summary: "a rollout takes most of the pods away at once",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Workload(check)],
};

fn check(cx: &mut Cx<'_>, input: &WorkloadInput<'_>) {
    let WorkloadInput { unit, workload } = *input;
    if workload.kind() != WorkloadKind::Deployment || holds_claim(workload) {
        return;
    }
    let (Some(replicas), Some(strategy)) = (workload.replicas(), workload.strategy()) else {
        return;
    };
    // Without a written number an autoscaler may run any number of pods.
    if replicas.value < 1
        || (!replicas.is_written() && is_autoscaled(cx, unit, workload))
        || !cx.reports_missing(unit, workload.object(), &["spec", "replicas"])
    {
        return;
    }
    let count = replicas.value;
    let name = workload.object().name().unwrap_or_default().into_owned();
    match strategy.kind.value {
        StrategyKind::Recreate if count > 1 => {
            let range = strategy.range_or(workload.head());
            let strictness = if is_meant(cx, unit, workload, range) {
                Strictness::Pedantic
            } else {
                Strictness::Default
            };
            cx.report(
                range,
                format!("every rollout of `{name}` takes all {count} pods away first"),
            )
            .confidence(Confidence::Medium)
            .strictness(strictness)
            .note("`Recreate` stops the old pods before it starts new ones: each release is an outage")
            .help(if counts_members(workload) {
                MEMBERS
            } else {
                "use `RollingUpdate` with `maxSurge: 1` and `maxUnavailable: 0`"
            });
        }
        StrategyKind::RollingUpdate => {
            let posts = strategy.fenceposts(count);
            let alone = count == 1 && posts.surge == 0 && strategy.max_surge.is_written();
            if posts.unavailable * 2 < count || alone {
                return;
            }
            let written = strategy.max_unavailable.node.or(strategy.max_surge.node);
            let range = written.map_or_else(
                || strategy.range_or(workload.head()),
                plimsoll_yaml::Node::range,
            );
            let gone = posts.unavailable.min(count);
            let message = if gone == count {
                format!("a rollout of `{name}` may take all of its pods away at once")
            } else {
                format!("a rollout of `{name}` may take {gone} of {count} pods away at once")
            };
            cx.report(range, message)
                .label(format!(
                    "{} above and {} below the {count} wanted",
                    posts.surge, posts.unavailable
                ))
                .note("the pods that are left get the load of all until new ones are ready")
                .help(if counts_members(workload) {
                    MEMBERS
                } else if keeps_apart(workload) {
                    "run more pods than may be away at once; or set `maxSurge: 1` and \
                     `maxUnavailable: 0`, where one more node than there are pods has room, since \
                     no two of them may share one"
                } else {
                    "set `maxSurge: 1` and `maxUnavailable: 0`"
                })
                .strictness(
                    if posts.unavailable * 2 == count || !replicas.is_written() {
                        Strictness::Pedantic
                    } else {
                        Strictness::Default
                    },
                );
        }
        _ => {}
    }
}

const MEMBERS: &str = "make it a StatefulSet with a volume for each member: a store that counts its \
                       members takes no additional one for a rollout";

/// Whether the pods are members of a store that knows how many they are.
fn counts_members(workload: Workload<'_>) -> bool {
    const STORES: &[&str] = &[
        "cassandra",
        "cockroach",
        "consul",
        "elasticsearch",
        "etcd",
        "kafka",
        "mongo",
        "mongodb",
        "nats",
        "rabbitmq",
        "zookeeper",
    ];
    let containers = workload.pod().into_iter().flat_map(PodSpec::containers);
    containers.into_iter().any(|container| {
        let image = container.image().and_then(Node::as_str);
        let store = image.as_deref().is_some_and(|text| {
            let name = text
                .split(['@', '$'])
                .next()
                .unwrap_or("")
                .trim_end_matches(':');
            Reference::parse(name).is_ok_and(|image| STORES.contains(&image.name()))
        });
        let counts = container
            .env()
            .filter_map(|var| var.name())
            .any(|name| name.contains("INITIAL_CLUSTER") || name.contains("NUM_MEMBERS"));
        store || counts
    })
}

/// Whether no two pods may run on one node, so that an additional one needs a node of its own.
fn keeps_apart(workload: Workload<'_>) -> bool {
    let affinity = workload.pod().and_then(|pod| pod.node().get("affinity"));
    let terms = affinity
        .and_then(|affinity| affinity.get("podAntiAffinity"))
        .and_then(|apart| apart.get("requiredDuringSchedulingIgnoredDuringExecution"));
    terms.into_iter().flat_map(Node::items).any(|term| {
        let key = term.get("topologyKey").and_then(Node::str);
        key == Some("kubernetes.io/hostname")
    })
}

/// Whether a comment says that no two pods may run, or nothing waits for them: they take their work
/// where it is kept, and nobody reaches them by a port.
fn is_meant(cx: &Cx<'_>, unit: &ManifestUnit, workload: Workload<'_>, at: TextRange) -> bool {
    let place = cx.project.files.origin(Place::new(unit.file, at)).place;
    let text = &cx.project.files.get(place.file).text;
    let serves = |container: Container<'_>| {
        container.ports().next().is_some() || container.probes().next().is_some()
    };
    says_alone(text, place.range.start as usize)
        || workload
            .pod()
            .is_some_and(|pod| !pod.running_containers().any(serves))
}

fn holds_claim(workload: Workload<'_>) -> bool {
    workload.pod().is_some_and(|pod| {
        pod.volumes()
            .any(|volume| volume.kind() == VolumeKind::PersistentVolumeClaim)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, on};
    use crate::workload::requests::tests::{deployment, pod};

    #[track_caller]
    fn with(spec: &str) -> Case {
        on(&RULE)
            .manifest(&deployment("").replace("spec:\n  sel", &format!("spec:\n  {spec}\n  sel")))
    }

    #[test]
    fn rollouts_that_lose_half_are_found() {
        with("replicas: 4\n  strategy: {rollingUpdate: {maxUnavailable: 50%}}").flags(&["6: 50%"]);
        with("replicas: 3\n  strategy: {rollingUpdate: {maxUnavailable: 3, maxSurge: 0}}")
            .says(&["a rollout of `web` may take all of its pods away at once"]);
        let served = |spec: &str| {
            let port = deployment("ports: [{containerPort: 80}]");
            on(&RULE).manifest(&port.replace("spec:\n  sel", &format!("spec:\n  {spec}\n  sel")))
        };
        served("replicas: 2\n  strategy: {type: Recreate}")
            .flags(&["6: Recreate"])
            .loud_by_default();
        served("replicas: 2\n  strategy: {type: Recreate} # only one at a time").quiet_by_default();
        // Nobody waits for what takes its work from a queue.
        with("replicas: 2\n  strategy: {type: Recreate}").quiet_by_default();
        with("replicas: 1\n  strategy: {rollingUpdate: {maxUnavailable: 1}}").flags(&["6: 1"]);
    }

    #[test]
    fn stores_that_count_their_members_get_advice_of_their_own() {
        let case = on(&RULE).manifest(
            &deployment("env: [{name: ETCD_NUM_MEMBERS, value: \"3\"}]").replace(
                "spec:\n  sel",
                "spec:\n  replicas: 3\n  strategy: {type: Recreate}\n  sel",
            ),
        );
        assert!(
            case.findings[0]
                .help
                .as_deref()
                .unwrap()
                .contains("StatefulSet")
        );
        let case = with("replicas: 2\n  strategy: {type: Recreate}");
        assert!(
            !case.findings[0]
                .help
                .as_deref()
                .unwrap()
                .contains("StatefulSet")
        );
    }

    #[test]
    fn pods_that_share_no_node_need_room_for_one_more() {
        let affinity = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {}}]}}";
        let text = deployment("")
            .replace(
                "spec:\n  sel",
                "spec:\n  strategy: {rollingUpdate: {maxUnavailable: 1}}\n  replicas: 1\n  sel",
            )
            .replace(
                "      containers:",
                &format!("      {affinity}\n      containers:"),
            );
        let case = on(&RULE).manifest(&text);
        let help = case.findings[0].help.as_deref().unwrap();
        assert!(help.starts_with("run more pods"), "{help}");
    }

    #[test]
    fn gentle_rollouts_are_left_alone() {
        with("replicas: 3").clean();
        with("replicas: 4\n  strategy: {rollingUpdate: {maxUnavailable: 1, maxSurge: 0}}").clean();
        // 40 % of 3 is rounded down to 1.
        with("replicas: 3\n  strategy: {rollingUpdate: {maxUnavailable: 40%}}").clean();
        with("replicas: 1\n  strategy: {type: Recreate}").clean();
        with("replicas: 1\n  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}").clean();
        with("strategy: {rollingUpdate: {maxSurge: 0}}").clean();
        on(&RULE)
            .manifest(
                &pod("volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]").replace(
                    "spec:\n  sel",
                    "spec:\n  strategy: {rollingUpdate: {maxSurge: 0}}\n  sel",
                ),
            )
            .clean();
    }
}
