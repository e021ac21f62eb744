//! The quality-of-service class of a pod.

use plimsoll_k8s::Quantity;
use plimsoll_k8s::qos::QosClass;

use crate::pod::{Pod, Resources};

/// The class that the API server writes down when it creates the pod (`ComputePodQOS`), which
/// never changes. Pod-level resources decide alone where there are any; otherwise every container
/// counts, init containers too.
pub fn class(pod: &Pod) -> QosClass {
    if pod.has_pod_level_resources() {
        return of_requirements(&pod.resources);
    }
    let mut containers = pod.all_containers();
    let first = containers
        .next()
        .map_or(QosClass::BestEffort, |one| of_requirements(&one.resources));
    joined(
        first,
        containers.map(|container| of_requirements(&container.resources)),
    )
}

/// `requirementsQOS`.
fn of_requirements(resources: &Resources) -> QosClass {
    joined(
        of_resource(resources, "cpu"),
        [of_resource(resources, "memory")],
    )
}

/// `resourceQOS`: zero is as good as absent.
fn of_resource(resources: &Resources, name: &str) -> QosClass {
    let of = |amounts: &crate::Amounts| amounts.get(name).copied().unwrap_or(Quantity::ZERO);
    let request = of(&resources.requests);
    if request != of(&resources.limits) {
        QosClass::Burstable
    } else if request.is_zero() {
        QosClass::BestEffort
    } else {
        QosClass::Guaranteed
    }
}

/// The class that all agree on, Burstable where they do not.
fn joined(first: QosClass, others: impl IntoIterator<Item = QosClass>) -> QosClass {
    if others.into_iter().all(|class| class == first) {
        first
    } else {
        QosClass::Burstable
    }
}
