//! An autoscaler as it is replayed: an HPA, with what KEDA adds to it.

use plimsoll_hpa::spec::Target;
use plimsoll_hpa::{Hpa, Metric};
use plimsoll_k8s::Quantity;
use plimsoll_k8s::quantity::Format;

use crate::keda::{Drive, Keda};

/// An HPA, perhaps one that a ScaledObject becomes.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Autoscaler {
    /// What the controller follows.
    pub hpa: Hpa,
    /// The rest of the ScaledObject.
    pub keda: Option<Keda>,
}

impl Autoscaler {
    /// The name of the HPA or of the ScaledObject, as its manifest has it.
    pub fn name(&self) -> &str {
        match &self.keda {
            Some(keda) => &keda.name,
            None => &self.hpa.name,
        }
    }

    /// The fewest replicas: `minReplicas`, or what KEDA goes down to.
    pub fn least(&self) -> i32 {
        let idle = self.keda.as_ref().filter(|keda| keda.sleeps());
        idle.map_or(self.hpa.min(), |keda| keda.idle.unwrap_or(keda.min))
    }

    /// Sets the fewest replicas; of a ScaledObject, `minReplicaCount`.
    pub fn set_least(&mut self, min: i32) {
        match &mut self.keda {
            Some(keda) => {
                keda.min = min;
                self.hpa.min_replicas = Some(keda.first());
            }
            None => self.hpa.min_replicas = Some(min),
        }
    }

    /// Takes CPU utilization, in percent, as the target. Metrics of CPU get it; where there are
    /// none, the others make room.
    pub fn set_cpu_target(&mut self, percent: i32) {
        let mut any = false;
        for metric in &mut self.hpa.metrics {
            if let Some(target) = cpu_target(metric) {
                *target = Target::utilization(percent);
                any = true;
            }
        }
        if !any {
            self.hpa.metrics = vec![Metric::Resource {
                name: "cpu".to_owned(),
                target: Target::utilization(percent),
            }];
            if let Some(keda) = &mut self.keda {
                keda.triggers.clear();
            }
        }
    }

    /// The place of the metric that a search sets, where it is not of CPU: the first with an
    /// amount of the load for each pod.
    pub fn load_target(&self) -> Option<usize> {
        let is_cpu = |metric: &Metric| match metric {
            Metric::Resource { name, .. } | Metric::ContainerResource { name, .. } => name == "cpu",
            _ => false,
        };
        if self.hpa.metrics.iter().any(is_cpu) {
            return None;
        }
        let driven = |at: usize| {
            let trigger = self.keda.as_ref().and_then(|keda| keda.triggers.get(at));
            trigger.is_none_or(|one| matches!(one.drive, Drive::Load))
        };
        let each = |metric: &Metric| match metric {
            Metric::Pods { target, .. }
            | Metric::Object { target, .. }
            | Metric::External { target, .. } => target.average_value.is_some(),
            _ => false,
        };
        let mut all = self.hpa.metrics.iter().enumerate();
        all.find(|(at, metric)| each(metric) && driven(*at))
            .map(|(at, _)| at)
    }

    /// Sets how much of the load each pod is to have, at a place of [`Autoscaler::load_target`].
    /// Whole numbers are kept whole: some scalers of KEDA read nothing else.
    pub fn set_load_target(&mut self, at: usize, load: f64) {
        let load = if load >= 1.0 { load.round() } else { load };
        let milli = (load * 1000.0).round().clamp(1.0, 9e18) as i64;
        let amount = Quantity::from_milli(milli, Format::DecimalSi);
        if let Some(
            Metric::Pods { target, .. }
            | Metric::Object { target, .. }
            | Metric::External { target, .. },
        ) = self.hpa.metrics.get_mut(at)
        {
            *target = Target::average(amount);
        }
    }
}

fn cpu_target(metric: &mut Metric) -> Option<&mut Target> {
    match metric {
        Metric::Resource { name, target } | Metric::ContainerResource { name, target, .. }
            if name == "cpu" =>
        {
            Some(target)
        }
        _ => None,
    }
}
