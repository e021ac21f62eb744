//! Whom the kernel kills when a node is out of memory.

use plimsoll_k8s::Role;
use plimsoll_k8s::qos::QosClass;

use crate::demand::container_requests;
use crate::pod::{Amounts, Container, Pod};
use crate::qos;

/// What is set for pods that are killed last.
const GUARANTEED: i64 = -997;
/// What is set for pods that are killed first.
const BEST_EFFORT: i64 = 1000;

/// `oom_score_adj` of a container's processes on a node with so many bytes of memory
/// (`GetContainerOOMScoreAdjust`). The kernel adds it to the share of memory that a process uses,
/// in thousandths, and kills the one with the greatest sum; 1000 is killed first.
///
/// From -1000 to 1000, but for one case: as in the reference, products beyond 64 bits wrap, which
/// takes a request above 8 PB. A capacity below 1 counts as 1.
pub fn score_adjustment(pod: &Pod, container: &Container, memory_capacity: i64) -> i64 {
    if pod.is_node_critical() {
        return GUARANTEED;
    }
    match qos::class(pod) {
        QosClass::Guaranteed => return GUARANTEED,
        QosClass::BestEffort => return BEST_EFFORT,
        QosClass::Burstable => {}
    }
    let spare = if pod.has_pod_level_requests() {
        spare_per_container(pod)
    } else {
        0
    };
    let capacity = memory_capacity.max(1);
    let adjustment = |request: i64| {
        let request = request.wrapping_add(spare);
        1000_i64.wrapping_sub(1000_i64.wrapping_mul(request) / capacity)
    };
    let mut result = adjustment(memory(&container.resources.requests));
    if container.role == Role::Sidecar {
        // A sidecar must not be killed before the containers that it serves.
        result = result.min(adjustment(least_memory(pod)));
    }
    // Above Guaranteed, which uses no more than it asked for, and below BestEffort.
    if result < 1000 + GUARANTEED {
        1000 + GUARANTEED
    } else if result == BEST_EFFORT {
        BEST_EFFORT - 1
    } else {
        result
    }
}

fn memory(amounts: &Amounts) -> i64 {
    amounts.get("memory").map_or(0, |quantity| quantity.value())
}

/// The least request of memory among `containers` (`minRegularContainerMemory`).
fn least_memory(pod: &Pod) -> i64 {
    let requests = pod.containers.iter();
    let requests = requests.map(|container| memory(&container.resources.requests));
    requests.min().unwrap_or(0)
}

/// The equal share of a container in what the pod asks for beyond its containers
/// (`remainingPodMemReqPerContainer`).
fn spare_per_container(pod: &Pod) -> i64 {
    let own = memory(&pod.resources.requests);
    if own == 0 {
        return 0;
    }
    let spare = own.wrapping_sub(memory(&container_requests(pod))).max(0);
    let count = pod.all_containers().count().max(1);
    spare / i64::try_from(count).unwrap_or(i64::MAX)
}
