//! What a pod asks of a node: the requests of its containers taken together.

use crate::pods::PodSpec;
use crate::quantity::Quantity;
use crate::resources::Amount;

/// The resources that `resources` of a whole pod may name.
pub fn is_pod_level_resource(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with("hugepages-")
}

/// Whether the pod as a whole has requests or limits for such a resource.
pub fn has_pod_level_resources(pod: PodSpec<'_>) -> bool {
    let resources = pod.resources();
    resources
        .requests()
        .chain(resources.limits())
        .any(|(name, _)| name.text().is_some_and(|name| is_pod_level_resource(&name)))
}

/// The request of the containers together, as the scheduler reckons: those that keep running are
/// added up; an init container counts with the sidecars started before it, and the greatest such
/// moment counts where it exceeds the sum. `None` where no container has a request; quantities
/// that do not parse count as absent.
pub fn container_request(pod: PodSpec<'_>, resource: &str) -> Option<Quantity> {
    let mut any = false;
    let mut request = |container: crate::containers::Container<'_>| {
        let found = container
            .resources()
            .effective_request(resource)
            .and_then(Amount::value);
        any |= found.is_some();
        found.unwrap_or(Quantity::ZERO)
    };
    let mut sidecars = Quantity::ZERO;
    let mut peak = Quantity::ZERO;
    for container in pod.init_containers() {
        let own = request(container);
        if container.role().keeps_running() {
            sidecars = sidecars.plus(own);
            peak = peak.max(sidecars);
        } else {
            peak = peak.max(sidecars.plus(own));
        }
    }
    // In this order the sum is printed with the suffixes of the first container, as kubectl does.
    let running = pod
        .containers()
        .fold(Quantity::ZERO, |sum, one| sum.plus(request(one)));
    let running = running.plus(sidecars);
    any.then(|| running.max(peak))
}

/// The request of the pod in force: its own, where pod-level resources are used, else that of
/// its containers. With pod-level limits alone, the request is the containers' where they have
/// one and the limit where not.
pub fn pod_request(pod: PodSpec<'_>, resource: &str) -> Option<Quantity> {
    let own = pod.resources();
    let from_containers = || container_request(pod, resource);
    if !is_pod_level_resource(resource) || !has_pod_level_resources(pod) {
        return from_containers();
    }
    let written = own.request(resource).and_then(Amount::value);
    written
        .or_else(from_containers)
        .or_else(|| own.limit(resource).and_then(Amount::value))
}
