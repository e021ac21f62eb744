//! The quality-of-service class of a pod.

use crate::pods::PodSpec;
use crate::quantity::Quantity;
use crate::resources::{Amount, Resources};

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

/// The class of a pod, after the API server's defaulting of requests from limits. Pod-level
/// resources, where they name CPU or memory, decide alone. Quantities that do not parse count as
/// absent.
pub fn qos_class(pod: PodSpec<'_>) -> QosClass {
    let level = pod.resources();
    if ["cpu", "memory"].iter().any(|name| is_set(level, name)) {
        return if is_guaranteed(level) {
            QosClass::Guaranteed
        } else {
            QosClass::Burstable
        };
    }
    let mut guaranteed = true;
    let mut any = false;
    // Ephemeral containers cannot have resources; init containers count.
    for container in pod.init_containers().chain(pod.containers()) {
        let resources = container.resources();
        any |= ["cpu", "memory"].iter().any(|name| is_set(resources, name));
        guaranteed &= is_guaranteed(resources);
    }
    match (any, guaranteed) {
        (false, _) => QosClass::BestEffort,
        (true, true) => QosClass::Guaranteed,
        (true, false) => QosClass::Burstable,
    }
}

fn is_set(resources: Resources<'_>, name: &str) -> bool {
    let positive = |amount: Option<Amount<'_>>| {
        amount
            .and_then(Amount::value)
            .is_some_and(Quantity::is_positive)
    };
    positive(resources.request(name)) || positive(resources.limit(name))
}

fn is_guaranteed(resources: Resources<'_>) -> bool {
    ["cpu", "memory"].iter().all(|name| {
        let limit = resources.limit(name).and_then(Amount::value);
        let request = resources.effective_request(name).and_then(Amount::value);
        limit.is_some_and(|limit| limit.is_positive() && Some(limit) == request)
    })
}
