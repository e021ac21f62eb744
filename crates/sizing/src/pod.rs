//! Pods, as far as sizes go.

use std::collections::BTreeMap;

use plimsoll_k8s::demand::is_pod_level_resource;
use plimsoll_k8s::resources::amounts;
use plimsoll_k8s::{Amount, PodSpec, Quantity, Role};

use crate::defaults;

/// Quantities by the name of their resource.
pub type Amounts = BTreeMap<String, Quantity>;

/// Requests and limits of a container or of a whole pod.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Resources {
    /// `requests`.
    pub requests: Amounts,
    /// `limits`.
    pub limits: Amounts,
}

/// A container.
#[derive(Clone, PartialEq, Debug)]
pub struct Container {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its part in the pod.
    pub role: Role,
    /// What it may use.
    pub resources: Resources,
}

/// A pod as the API server stores it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pod {
    /// `containers`, in order.
    pub containers: Vec<Container>,
    /// `initContainers`, in order, sidecars among them.
    pub init_containers: Vec<Container>,
    /// Pod-level resources.
    pub resources: Resources,
    /// What the runtime class adds.
    pub overhead: Amounts,
    /// The number that the priority class stands for.
    pub priority: i32,
    /// The name of the priority class; empty where it has none.
    pub priority_class: String,
    /// Whether the kubelet has it from elsewhere than the API server, or it mirrors such a pod
    /// (`IsStaticPod`, `IsMirrorPod`). A pod of a manifest that is applied is none.
    pub is_static: bool,
}

/// From this priority on a pod is critical (`SystemCriticalPriority`).
const SYSTEM_CRITICAL: i32 = 2_000_000_000;
/// The class of pods that a node cannot do without (`SystemNodeCritical`).
const NODE_CRITICAL: &str = "system-node-critical";
/// The class of pods that a cluster cannot do without (`SystemClusterCritical`).
const CLUSTER_CRITICAL: &str = "system-cluster-critical";

impl Pod {
    /// The pod that the API server makes of a spec, of a pod or of a template: fractions of
    /// thousandths rounded up (`SetDefaults_ResourceList`), requests taken from limits
    /// (`SetDefaults_Pod`), pod-level resources completed (`DefaultPodLevelResources`), and the
    /// priority of the two classes that every cluster has (admission plugin `Priority`). For other
    /// classes set [`Pod::priority`]; what a LimitRange or a RuntimeClass adds is the caller's, too.
    ///
    /// Quantities that do not parse count as absent. They have the values of the reference; in which
    /// family of suffixes a sum of several families is printed is not followed.
    pub fn of(spec: PodSpec<'_>) -> Self {
        let class = spec.priority_class().and_then(|node| node.as_str());
        let class = class.unwrap_or_default().into_owned();
        let written = spec.node().get("priority").and_then(|node| node.as_int());
        let written = written.and_then(|number| i32::try_from(number).ok());
        let mut pod = Self {
            containers: spec.containers().map(Container::of).collect(),
            init_containers: spec.init_containers().map(Container::of).collect(),
            resources: Resources::of(spec.resources()),
            overhead: read(amounts(spec.node().get("overhead"))),
            priority: written.unwrap_or(match class.as_str() {
                NODE_CRITICAL => SYSTEM_CRITICAL + 1000,
                CLUSTER_CRITICAL => SYSTEM_CRITICAL,
                _ => 0,
            }),
            priority_class: class,
            is_static: false,
        };
        defaults::complete(&mut pod);
        pod
    }

    /// Init containers, then the others, in the order written.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.init_containers.iter().chain(&self.containers)
    }

    /// Whether the pod as a whole has requests or limits that count (`IsPodLevelResourcesSet`).
    pub fn has_pod_level_resources(&self) -> bool {
        any_pod_level(&self.resources.requests) || any_pod_level(&self.resources.limits)
    }

    /// Whether the pod as a whole has requests that count (`IsPodLevelRequestsSet`).
    pub fn has_pod_level_requests(&self) -> bool {
        any_pod_level(&self.resources.requests)
    }

    /// Whether the kubelet never evicts it (`IsCriticalPod`).
    pub fn is_critical(&self) -> bool {
        self.is_static || self.priority >= SYSTEM_CRITICAL
    }

    /// Whether the kernel is to kill it last (`IsNodeCriticalPod`).
    pub fn is_node_critical(&self) -> bool {
        self.is_critical() && self.priority_class == NODE_CRITICAL
    }
}

impl Container {
    fn of(view: plimsoll_k8s::Container<'_>) -> Self {
        Self {
            name: view.name().unwrap_or_default().into_owned(),
            role: view.role(),
            resources: Resources::of(view.resources()),
        }
    }
}

impl Resources {
    fn of(view: plimsoll_k8s::Resources<'_>) -> Self {
        Self {
            requests: read(view.requests()),
            limits: read(view.limits()),
        }
    }
}

fn any_pod_level(amounts: &Amounts) -> bool {
    amounts.keys().any(|name| is_pod_level_resource(name))
}

fn read<'a>(entries: impl Iterator<Item = (plimsoll_yaml::Node<'a>, Amount<'a>)>) -> Amounts {
    entries
        .filter_map(|(name, amount)| Some((name.text()?.into_owned(), rounded(amount.value()?))))
        .collect()
}

/// Rounded up to thousandths. What is too great for them to be counted stays as it is.
fn rounded(quantity: Quantity) -> Quantity {
    match quantity.milli_value() {
        i64::MIN | i64::MAX => quantity,
        milli => Quantity::from_milli(milli, quantity.format()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{demand, oom, qos};
    use plimsoll_k8s::qos::QosClass;
    use plimsoll_yaml::{Dialect, Document, parse};

    fn pod(text: &str) -> Pod {
        let tree = parse(text, Dialect::GoV2);
        let root = tree.documents().next().and_then(Document::root);
        Pod::of(PodSpec::new(root.expect("a document")).expect("a mapping"))
    }

    fn text(amounts: &Amounts, name: &str) -> Option<String> {
        amounts.get(name).map(ToString::to_string)
    }

    #[test]
    fn limits_alone_make_a_pod_guaranteed() {
        let pod = pod("containers: [{resources: {limits: {cpu: 500u, memory: 1Gi}}}]\n");
        assert_eq!(qos::class(&pod), QosClass::Guaranteed);
        assert_eq!(
            text(&demand::requests(&pod), "cpu").as_deref(),
            Some("1m"),
            "fractions of a thousandth are rounded up"
        );
    }

    #[test]
    fn what_is_no_quantity_counts_as_absent() {
        let pod = pod(
            "containers: [{resources: {requests: {cpu: much, memory: [1]}}}]\n\
             overhead: 3\nresources: none\npriority: high\n",
        );
        assert_eq!(qos::class(&pod), QosClass::BestEffort);
        assert_eq!(demand::requests(&pod), Amounts::new());
        assert_eq!(pod.priority, 0);
    }

    #[test]
    fn the_classes_of_every_cluster_have_a_priority() {
        let node = pod("containers: []\npriorityClassName: system-node-critical\n");
        assert_eq!(node.priority, 2_000_001_000);
        assert!(node.is_critical() && node.is_node_critical());
        let cluster = pod("containers: []\npriorityClassName: system-cluster-critical\n");
        assert_eq!(cluster.priority, 2_000_000_000);
        assert!(cluster.is_critical() && !cluster.is_node_critical());
        let own = pod("containers: []\npriorityClassName: gold\n");
        assert!(!own.is_critical());
    }

    #[test]
    fn a_sidecar_is_not_killed_before_those_that_it_serves() {
        let pod = pod(
            "initContainers: [{restartPolicy: Always, resources: {requests: {memory: 1Gi}}}]\n\
             containers: [{resources: {requests: {memory: 4Gi}}}]\n",
        );
        let capacity = 16 << 30;
        let scores: Vec<i64> = pod
            .all_containers()
            .map(|container| oom::score_adjustment(&pod, container, capacity))
            .collect();
        assert_eq!(scores, [750, 750]);
    }

    #[test]
    fn a_pod_without_containers_has_a_score_all_the_same() {
        // The API server refuses such a pod, and the reference stops at it.
        let pod = pod("initContainers: [{restartPolicy: Always}]\n\
             resources: {requests: {memory: 1Gi}}\n");
        let sidecar = &pod.init_containers[0];
        assert_eq!(oom::score_adjustment(&pod, sidecar, 0), 3);
        assert_eq!(oom::score_adjustment(&pod, sidecar, 4 << 30), 750);
    }
}
