//! The quality-of-service class of a pod.

use crate::demand::{has_pod_level_resources, pod_request};
use crate::pods::PodSpec;
use crate::quantity::Quantity;
use crate::resources::Amount;

/// The class that Kubernetes gives a pod by its requests and limits. It decides the kernel's
/// out-of-memory score; it is no input to the kubelet's ranking for eviction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QosClass {
    /// Every container has limits for CPU and memory, and requests equal to them.
    Guaranteed,
    /// Some request or limit, but not all that.
    Burstable,
    /// No request and no limit for CPU or memory.
    BestEffort,
}

impl QosClass {
    /// Kubernetes' name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guaranteed => "Guaranteed",
            Self::Burstable => "Burstable",
            Self::BestEffort => "BestEffort",
        }
    }
}

/// The resources that decide.
pub const DECIDING: [&str; 2] = ["cpu", "memory"];

/// The class of a pod, after the API server's defaulting of requests. Pod-level resources decide
/// alone where there are any; otherwise every container counts, init containers too. Quantities
/// that do not parse count as absent. Pod-level resources are completed as they were before 1.37,
/// which holds for all versions that manifests are written for; `plimsoll-sizing` completes them as
/// 1.37 does.
pub fn qos_class(pod: PodSpec<'_>) -> QosClass {
    let value = |amount: Option<Amount<'_>>| amount.and_then(Amount::value);
    if has_pod_level_resources(pod) {
        let own = pod.resources();
        return joined(DECIDING.map(|name| {
            // The containers' requests become the pod's own only where it has a limit.
            let request = if own.limits().next().is_some() {
                pod_request(pod, name)
            } else {
                value(own.request(name))
            };
            (request, value(own.limit(name)))
        }));
    }
    joined(
        pod.init_containers()
            .chain(pod.containers())
            .flat_map(|container| {
                let resources = container.resources();
                DECIDING.map(|name| {
                    let request = value(resources.effective_request(name));
                    (request, value(resources.limit(name)))
                })
            }),
    )
}

/// The class by all requests and limits that decide, those of CPU and of memory of each container
/// (`ComputePodQOS`): zero is as good as absent. Burstable where they do not agree, BestEffort where
/// there are none.
pub fn joined(amounts: impl IntoIterator<Item = (Option<Quantity>, Option<Quantity>)>) -> QosClass {
    let mut classes = amounts.into_iter().map(|(request, limit)| {
        let request = request.unwrap_or(Quantity::ZERO);
        if request != limit.unwrap_or(Quantity::ZERO) {
            QosClass::Burstable
        } else if request.is_zero() {
            QosClass::BestEffort
        } else {
            QosClass::Guaranteed
        }
    });
    let Some(first) = classes.next() else {
        return QosClass::BestEffort;
    };
    if classes.all(|class| class == first) {
        first
    } else {
        QosClass::Burstable
    }
}
