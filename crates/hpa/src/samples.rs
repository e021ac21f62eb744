//! Samples of metrics, and who gives them.

use std::collections::BTreeMap;

use plimsoll_k8s::Quantity;

use crate::spec::{Identifier, Reference};
use crate::time::{Span, Time};

/// What a pod used, in thousandths.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sample {
    /// The value in thousandths (millicores, thousandths of a byte).
    pub value: i64,
    /// When the window that it was measured over ended.
    pub timestamp: Time,
    /// How long that window was.
    pub window: Span,
}

/// Samples by pod.
pub type Samples = BTreeMap<String, Sample>;

/// The metrics APIs of a cluster. Errors are the texts of the controller's metrics client, such
/// as `unable to fetch metrics from resource metrics API: …`.
pub trait Metrics {
    /// What the pods, or one container of each, use of a resource.
    fn resource(&self, resource: &str, container: &str) -> Result<Samples, String>;
    /// A metric that each pod has.
    fn pods(&self, metric: &Identifier) -> Result<Samples, String>;
    /// A metric of one object, in thousandths.
    fn object(&self, object: &Reference, metric: &Identifier) -> Result<i64, String>;
    /// The series of a metric from outside the cluster, in thousandths.
    fn external(&self, metric: &Identifier) -> Result<Vec<i64>, String>;
}

/// An answer of metrics-server about one pod.
#[derive(Clone, PartialEq, Debug)]
pub struct PodUsage {
    /// The pod.
    pub pod: String,
    /// When the window ended.
    pub timestamp: Time,
    /// How long it was.
    pub window: Span,
    /// The containers with what they use.
    pub containers: Vec<(String, BTreeMap<String, Quantity>)>,
}

/// The samples in answers of metrics-server (`getPodMetrics`, `getContainerMetrics`): a pod with
/// a container that has no value is left out.
///
/// # Errors
///
/// The client's text where there is no answer at all.
pub fn of_usage(usage: &[PodUsage], resource: &str, container: &str) -> Result<Samples, String> {
    if usage.is_empty() {
        return Err("no metrics returned from resource metrics API".to_owned());
    }
    let value = |one: &PodUsage| -> Option<i64> {
        if container.is_empty() {
            let mut sum = (!one.containers.is_empty()).then_some(0_i64);
            for (_, amounts) in &one.containers {
                let amount = amounts.get(resource);
                sum = sum
                    .zip(amount)
                    .map(|(sum, amount)| sum.wrapping_add(amount.milli_value()));
            }
            return sum;
        }
        let named = one.containers.iter().find(|(name, _)| name == container);
        named.and_then(|(_, amounts)| Some(amounts.get(resource)?.milli_value()))
    };
    let samples = usage.iter().filter_map(|one| {
        let sample = Sample {
            value: value(one)?,
            timestamp: one.timestamp,
            window: one.window,
        };
        Some((one.pod.clone(), sample))
    });
    Ok(samples.collect())
}
