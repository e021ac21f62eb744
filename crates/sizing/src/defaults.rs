//! What the API server fills in.

use std::collections::BTreeSet;

use plimsoll_k8s::demand::is_pod_level_resource;

use crate::demand::{container_limits, container_requests};
use crate::pod::{Pod, Resources};

/// Completes a pod as it is written: `SetDefaults_Pod`, then `DefaultPodLevelResources`.
pub(crate) fn complete(pod: &mut Pod) {
    for container in pod.init_containers.iter_mut().chain(&mut pod.containers) {
        requests_from_limits(&mut container.resources);
    }
    if pod.resources.requests.is_empty() && pod.resources.limits.is_empty() {
        return;
    }
    huge_page_limits(pod);
    pod_level_requests(pod);
    pod_level_limits(pod);
}

fn requests_from_limits(resources: &mut Resources) {
    for (name, limit) in &resources.limits {
        let request = resources.requests.entry(name.clone());
        request.or_insert(*limit);
    }
}

fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// `defaultHugePagePodLevelLimits`: huge pages cannot be promised twice, so that the pod's limit is
/// what its containers' limits come to.
fn huge_page_limits(pod: &mut Pod) {
    for (name, limit) in container_limits(pod) {
        if is_huge_page(&name) && !pod.resources.requests.contains_key(&name) {
            pod.resources.limits.entry(name).or_insert(limit);
        }
    }
}

/// `defaultPodLevelRequests`: from the containers' requests, and where there are none from the
/// pod's limit.
fn pod_level_requests(pod: &mut Pod) {
    for (name, request) in container_requests(pod) {
        if is_pod_level_resource(&name) && !is_huge_page(&name) {
            pod.resources.requests.entry(name).or_insert(request);
        }
    }
    requests_from_supported_limits(&mut pod.resources);
}

fn requests_from_supported_limits(resources: &mut Resources) {
    for (name, limit) in &resources.limits {
        if is_pod_level_resource(name) {
            resources.requests.entry(name.clone()).or_insert(*limit);
        }
    }
}

/// `defaultPodLevelLimits`: where every container has a limit, the pod has their sum, or its own
/// request where that is greater.
fn pod_level_limits(pod: &mut Pod) {
    let own = &pod.resources;
    let missing: BTreeSet<String> = own
        .requests
        .keys()
        .filter(|name| is_pod_level_resource(name) && !own.limits.contains_key(*name))
        .filter(|name| {
            pod.all_containers()
                .all(|container| container.resources.limits.contains_key(*name))
        })
        .cloned()
        .collect();
    let of_containers = container_limits(pod);
    for name in missing {
        let Some(limit) = of_containers.get(&name) else {
            continue;
        };
        let request = pod.resources.requests.get(&name).copied();
        let limit = request.filter(|request| request > limit).unwrap_or(*limit);
        pod.resources.limits.insert(name, limit);
    }
}
