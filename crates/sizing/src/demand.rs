//! What a pod asks of a node and may use of it, its containers taken together.

use plimsoll_k8s::demand::is_pod_level_resource;
use plimsoll_k8s::quantity::Format;
use plimsoll_k8s::{Quantity, Role};

use crate::pod::{Amounts, Container, Pod};

/// The requests of the pod, overhead included (`PodRequests`): what the scheduler finds room for
/// and the kubelet sets the pod's CPU weight by.
pub fn requests(pod: &Pod) -> Amounts {
    requests_with(pod, &Amounts::new())
}

/// The limits of the pod (`PodLimits`). Overhead is added to limits that are not zero, for a
/// resource without a limit has none with overhead either.
///
/// A limit here says nothing of containers that have none: unless the pod itself has a limit,
/// they make it boundless.
pub fn limits(pod: &Pod) -> Amounts {
    let mut limits = container_limits(pod);
    lay_over(&mut limits, &pod.resources.limits);
    for (name, overhead) in &pod.overhead {
        if let Some(limit) = limits.get_mut(name).filter(|limit| !limit.is_zero()) {
            *limit = limit.plus(*overhead);
        }
    }
    limits
}

/// The requests of the containers together (`AggregateContainerRequests`): those that keep running
/// are added up; an init container counts with the sidecars started before it, and the greatest
/// such moment counts where it exceeds the sum.
pub fn container_requests(pod: &Pod) -> Amounts {
    together(pod, |container| container.resources.requests.clone())
}

/// The limits of the containers together (`AggregateContainerLimits`).
pub fn container_limits(pod: &Pod) -> Amounts {
    together(pod, |container| container.resources.limits.clone())
}

/// What the scheduler counts of a pod on a node (`PodInfo.CalculateResource`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// CPU in millicores.
    pub milli_cpu: i64,
    /// Memory in bytes.
    pub memory: i64,
    /// CPU in millicores for scores, where a container without a request counts as 100.
    pub scored_milli_cpu: i64,
    /// Memory in bytes for scores, where a container without a request counts as 200 Mi.
    pub scored_memory: i64,
}

/// What the scheduler counts of the pod on a node.
pub fn place(pod: &Pod) -> Place {
    let requests = requests(pod);
    let mut assumed = unasked();
    if pod.has_pod_level_requests() {
        // `getNonMissingContainerRequests`: what the pod as a whole asks for is known.
        assumed.retain(|name, _| !requests.contains_key(name));
    }
    let scored = requests_with(pod, &assumed);
    let of = |amounts: &Amounts, name| amounts.get(name).copied().unwrap_or(Quantity::ZERO);
    Place {
        milli_cpu: of(&requests, "cpu").milli_value(),
        memory: of(&requests, "memory").value(),
        scored_milli_cpu: of(&scored, "cpu").milli_value(),
        scored_memory: of(&scored, "memory").value(),
    }
}

/// Millicores and bytes that nodes are scored with for the pod itself
/// (`calculatePodResourceRequest` of the strategy LeastAllocated). Unlike in [`place`], what the
/// pod as a whole asks for does not count: the plugin NodeResourcesFit never tells its scorer that
/// there is such a thing.
pub fn scored_itself(pod: &Pod) -> (i64, i64) {
    let mut scored = assuming(pod, &unasked());
    add(&mut scored, &pod.overhead);
    let of = |name| scored.get(name).copied().unwrap_or(Quantity::ZERO);
    (of("cpu").milli_value(), of("memory").value())
}

/// What a container without requests counts as (`GetNonzeroRequestForResource`).
fn unasked() -> Amounts {
    let memory = 200 * 1024 * 1024;
    Amounts::from([
        (
            "cpu".to_owned(),
            Quantity::from_milli(100, Format::DecimalSi),
        ),
        (
            "memory".to_owned(),
            Quantity::new(memory, Format::DecimalSi),
        ),
    ])
}

/// The request that use is held against when a node runs out (`GetResourceRequestQuantity`). With
/// pod-level resources the containers' requests do not count, and overhead is not added to a
/// request of zero.
pub fn eviction_request(pod: &Pod, resource: &str) -> Quantity {
    let request = if !pod.has_pod_level_resources() {
        container_requests(pod).get(resource).copied()
    } else if is_pod_level_resource(resource) {
        pod.resources.requests.get(resource).copied()
    } else {
        None
    };
    let request = request.unwrap_or(Quantity::ZERO);
    match pod.overhead.get(resource) {
        Some(overhead) if !request.is_zero() => request.plus(*overhead),
        _ => request,
    }
}

/// `PodRequests` with requests for containers that have none.
fn requests_with(pod: &Pod, assumed: &Amounts) -> Amounts {
    let mut requests = assuming(pod, assumed);
    lay_over(&mut requests, &pod.resources.requests);
    add(&mut requests, &pod.overhead);
    requests
}

/// The requests of the containers together, with requests for those that have none.
fn assuming(pod: &Pod, assumed: &Amounts) -> Amounts {
    together(pod, |container| {
        let mut own = container.resources.requests.clone();
        for (name, quantity) in assumed {
            own.entry(name.clone()).or_insert(*quantity);
        }
        own
    })
}

/// `aggregateContainerResourcesByFn`.
fn together(pod: &Pod, of: impl Fn(&Container) -> Amounts) -> Amounts {
    let mut running = Amounts::new();
    for container in &pod.containers {
        add(&mut running, &of(container));
    }
    let mut sidecars = Amounts::new();
    let mut peak = Amounts::new();
    for container in &pod.init_containers {
        let own = of(container);
        if container.role == Role::Sidecar {
            add(&mut running, &own);
            add(&mut sidecars, &own);
            raise(&mut peak, &sidecars);
        } else {
            let mut moment = own;
            add(&mut moment, &sidecars);
            raise(&mut peak, &moment);
        }
    }
    raise(&mut running, &peak);
    running
}

/// `addResourceList`.
fn add(sum: &mut Amounts, more: &Amounts) {
    for (name, quantity) in more {
        sum.entry(name.clone())
            .and_modify(|sum| *sum = sum.plus(*quantity))
            .or_insert(*quantity);
    }
}

/// `maxResourceList`.
fn raise(most: &mut Amounts, other: &Amounts) {
    for (name, quantity) in other {
        let most = most.entry(name.clone()).or_insert(*quantity);
        if quantity > most {
            *most = *quantity;
        }
    }
}

/// `applyPodLevelResources`.
fn lay_over(amounts: &mut Amounts, own: &Amounts) {
    for (name, quantity) in own {
        if is_pod_level_resource(name) {
            amounts.insert(name.clone(), *quantity);
        }
    }
}
