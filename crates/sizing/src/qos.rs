//! The quality-of-service class of a pod.

use plimsoll_k8s::qos::{DECIDING, QosClass, joined};

use crate::pod::{Pod, Resources};

/// The class that the API server writes down when it creates the pod (`ComputePodQOS`), which
/// never changes. Pod-level resources decide alone where there are any; otherwise every container
/// counts, init containers too.
pub fn class(pod: &Pod) -> QosClass {
    let amounts = |resources: &Resources| {
        DECIDING.map(|name| {
            let of = |amounts: &crate::Amounts| amounts.get(name).copied();
            (of(&resources.requests), of(&resources.limits))
        })
    };
    if pod.has_pod_level_resources() {
        return joined(amounts(&pod.resources));
    }
    joined(
        pod.all_containers()
            .flat_map(|container| amounts(&container.resources)),
    )
}
