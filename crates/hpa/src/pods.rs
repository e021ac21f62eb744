//! Pods, as far as the controller looks at them.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_k8s::Quantity;
use plimsoll_k8s::demand::is_pod_level_resource;

use crate::time::Time;

/// A pod that the target's selector chooses.
#[derive(Clone, PartialEq, Debug)]
pub struct Pod {
    /// `metadata.name`.
    pub name: String,
    /// Whether `metadata.deletionTimestamp` is set.
    pub deleted: bool,
    /// `status.phase`.
    pub phase: Phase,
    /// `status.startTime`.
    pub start: Option<Time>,
    /// The condition `Ready`.
    pub ready: Option<Ready>,
    /// What its containers ask for; pods of one template share it.
    pub requests: Arc<Requests>,
}

/// `status.phase`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// Not all containers have started.
    Pending,
    /// At least one container runs.
    Running,
    /// All containers ended well.
    Succeeded,
    /// All containers ended, one of them badly.
    Failed,
    /// The node does not say.
    Unknown,
}

/// The condition `Ready` of a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ready {
    /// `status`; `None` for `Unknown`.
    pub status: Option<bool>,
    /// `lastTransitionTime`.
    pub since: Time,
}

/// Requests by resource.
pub type Amounts = BTreeMap<String, Quantity>;

/// What a pod asks for.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Requests {
    /// The containers, in order.
    pub containers: Vec<Container>,
    /// The init containers, in order.
    pub init_containers: Vec<Container>,
    /// `spec.resources.requests`.
    pub pod: Amounts,
    /// `spec.overhead`.
    pub overhead: Amounts,
}

/// A container's requests.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Of an init container: whether `restartPolicy` is `Always`.
    pub restarts: bool,
    /// `resources.requests`.
    pub requests: Amounts,
}

impl Pod {
    /// Whether the condition `Ready` is true (`IsPodReady`).
    pub fn is_ready(&self) -> bool {
        self.ready.is_some_and(|ready| ready.status == Some(true))
    }

    /// The request in thousandths that utilization is measured against, of one container or,
    /// where that is empty, of the pod (`calculateRequests`).
    ///
    /// # Errors
    ///
    /// The controller's text where a container has no request or is not there.
    pub fn request(&self, resource: &str, container: &str, pod_level: bool) -> Result<i64, String> {
        let requests = &self.requests;
        let of_pod = requests.pod.keys().any(|name| is_pod_level_resource(name));
        if pod_level && of_pod && container.is_empty() {
            return self.pod_level_request(resource);
        }
        let sidecars = requests.init_containers.iter().filter(|one| one.restarts);
        let mut sum: i64 = 0;
        for one in requests.containers.iter().chain(sidecars) {
            if container.is_empty() || container == one.name {
                let Some(request) = one.requests.get(resource) else {
                    return Err(format!(
                        "missing request for {resource} in container {} of Pod {}",
                        one.name, self.name
                    ));
                };
                sum = sum.wrapping_add(request.milli_value());
            }
            if container == one.name {
                return Ok(sum);
            }
        }
        if container.is_empty() {
            Ok(sum)
        } else {
            Err(format!(
                "container {container} not found in Pod {}",
                self.name
            ))
        }
    }

    /// `calculatePodLevelRequests`: what the pod says of the resource, or else what its
    /// containers need together; with the overhead.
    fn pod_level_request(&self, resource: &str) -> Result<i64, String> {
        let requests = &self.requests;
        let own = requests.pod.get(resource).copied();
        let own = own.filter(|_| is_pod_level_resource(resource));
        let base = own.or_else(|| requests.of_containers(resource));
        let overhead = requests.overhead.get(resource).copied();
        let total = match (base, overhead) {
            (Some(base), Some(overhead)) => base.plus(overhead),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => {
                return Err(format!(
                    "missing pod-level request for {resource} in Pod {}",
                    self.name
                ));
            }
        };
        Ok(total.milli_value())
    }
}

impl Requests {
    /// `AggregateContainerRequests`: the containers and sidecars together, or the greatest moment
    /// of the start.
    fn of_containers(&self, resource: &str) -> Option<Quantity> {
        let mut any = false;
        let mut of = |one: &Container| {
            let found = one.requests.get(resource).copied();
            any |= found.is_some();
            found.unwrap_or(Quantity::ZERO)
        };
        let running = self
            .containers
            .iter()
            .fold(Quantity::ZERO, |sum, one| sum.plus(of(one)));
        let mut sidecars = Quantity::ZERO;
        let mut peak = Quantity::ZERO;
        for one in &self.init_containers {
            let own = of(one);
            if one.restarts {
                sidecars = sidecars.plus(own);
                peak = peak.max(sidecars);
            } else {
                peak = peak.max(sidecars.plus(own));
            }
        }
        any.then(|| running.plus(sidecars).max(peak))
    }
}
