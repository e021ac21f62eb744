//! Whom the kubelet evicts when a node runs short of memory.

use std::cmp::Ordering;

use plimsoll_k8s::Quantity;
use plimsoll_k8s::quantity::Format;

use crate::demand::eviction_request;
use crate::pod::Pod;

/// What decides a pod's place in the order of eviction. The QoS class does not.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Standing {
    /// Bytes of memory in use (the working set); `None` where nothing is known of the pod, which
    /// is then evicted first. A pod that is known without its working set counts as using none.
    pub usage: Option<u64>,
    /// The request that the use is held against.
    pub request: Quantity,
    /// The pod's priority.
    pub priority: i32,
    /// Whether it is never evicted, whatever its place in the order
    /// ([`Pod::is_critical`]): the kubelet goes on to the next.
    pub is_critical: bool,
}

impl Standing {
    /// The standing of a pod that uses so many bytes of memory.
    pub fn new(pod: &Pod, usage: Option<u64>) -> Self {
        Self {
            usage,
            request: eviction_request(pod, "memory"),
            priority: pod.priority,
            is_critical: pod.is_critical(),
        }
    }

    /// Whether it uses more than it asked for.
    pub fn exceeds_request(&self) -> bool {
        self.used().is_some_and(|usage| usage > self.request)
    }

    fn used(&self) -> Option<Quantity> {
        let bytes = i64::try_from(self.usage?).unwrap_or(i64::MAX);
        Some(Quantity::new(bytes, Format::BinarySi))
    }

    /// Which of two is evicted before the other: `Less` is this one. In this order
    /// (`rankMemoryPressure`): pods of which nothing is known; those that use more than they asked
    /// for (`exceedMemoryRequests`); those of lower priority (`priority`); those that use the most
    /// above, or least below, what they asked for (`memory`).
    pub fn order(&self, other: &Self) -> Ordering {
        let known = self.usage.is_some().cmp(&other.usage.is_some());
        let exceeds = other.exceeds_request().cmp(&self.exceeds_request());
        known
            .then(exceeds)
            .then(self.priority.cmp(&other.priority))
            .then_with(|| match (self.used(), other.used()) {
                // Compared without subtracting: quantities have no sum below zero to lose.
                (Some(own), Some(others)) => {
                    (others.plus(self.request)).cmp(&own.plus(other.request))
                }
                _ => Ordering::Equal,
            })
    }
}

/// The order in which pods of one node are evicted under memory pressure, as indices
/// (`rankMemoryPressure`). Equals stay in the order given; the kubelet's order of them is
/// arbitrary. It evicts one at a time and looks again, and skips critical pods.
pub fn rank(pods: &[Standing]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..pods.len()).collect();
    order.sort_by(|a, b| pods[*a].order(&pods[*b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(usage: Option<u64>, request: i64, priority: i32) -> Standing {
        Standing {
            usage,
            request: Quantity::new(request, Format::BinarySi),
            priority,
            is_critical: false,
        }
    }

    #[test]
    fn use_above_the_request_goes_before_priority() {
        let pods = [
            standing(Some(90), 100, -10),
            standing(Some(200), 100, 0),
            standing(Some(101), 100, 1000),
            standing(Some(300), 100, 0),
            standing(None, 100, 1000),
            standing(Some(100), 100, -10),
        ];
        assert_eq!(rank(&pods), [4, 3, 1, 2, 5, 0]);
    }

    #[test]
    fn equals_stay_in_their_order() {
        let one = standing(Some(u64::MAX), 7, 3);
        assert_eq!(rank(&[one, one, one]), [0, 1, 2]);
        assert_eq!(rank(&[]), [0; 0]);
    }
}
