//! What of an autoscaler a load drives.

use std::sync::Arc;

use plimsoll_hpa::calculator::Tolerances;
use plimsoll_hpa::spec::Target;
use plimsoll_hpa::{Behavior, Flags, Metric, Policy, Rules};

use super::loops::is_within;
use crate::autoscaler::Autoscaler;
use crate::keda::{Drive, Keda, Paused};

/// The metrics of an HPA that a load drives.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Goal {
    /// CPU in percent of the request.
    Utilization(i32),
    /// CPU in thousandths of a core, for each pod.
    Cpu(i64),
    /// The load of each pod, in thousandths of its unit.
    PerPod(i64),
    /// A value shared out among all replicas.
    Shared(i64, Source),
    /// A value for the whole.
    Whole(i64, Source),
}

/// Where a value from outside the pods comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// It is the load.
    Load,
    /// It is what a trigger of type `cron` asks for; the place among the clocks.
    Clock(usize),
}

/// What a trigger of type `cron` asks for.
#[derive(Clone, Debug)]
struct Asked {
    replicas: f64,
    /// In seconds after the load's first point.
    spans: Arc<[(f64, f64)]>,
}

/// What of an autoscaler can be replayed: a load says nothing about memory.
#[derive(Clone, Debug)]
pub struct Subject {
    pub(super) goals: Vec<Goal>,
    /// What cannot, in words.
    pub left_out: Vec<String>,
    pub(super) min: i32,
    pub(super) max: i32,
    /// The fewest replicas that there ever are.
    pub(super) least: i32,
    pub(super) can_wake: bool,
    pub(super) behavior: Option<Behavior>,
    pub(super) tolerances: Tolerances,
    pub(super) cpu_request: i64,
    pub(super) keda: Option<Keda>,
    /// Whether it is paused, and at how many replicas.
    pub(super) paused: Paused,
    clocks: Vec<Asked>,
}

impl Subject {
    /// Takes from an autoscaler what a load drives. Amounts of CPU need the request of a pod, in
    /// thousandths of a core. Metrics of pods, of objects and from outside are taken to be the
    /// load itself, in its unit; triggers of type `cron` follow the clock.
    pub fn new(autoscaler: &Autoscaler, flags: &Flags, cpu_request: Option<i64>) -> Self {
        let Autoscaler { hpa, keda } = autoscaler;
        let mut clocks = Vec::new();
        let mut goals = Vec::new();
        let mut left_out = Vec::new();
        for (at, metric) in hpa.metrics.iter().enumerate() {
            let trigger = keda.as_ref().and_then(|keda| keda.triggers.get(at));
            let source = match trigger.map(|one| (&one.drive, &one.kind)) {
                Some((Drive::Unknown, kind)) => {
                    left_out.push(format!(
                        "what a trigger of type `{kind}` measures against is not written"
                    ));
                    continue;
                }
                Some((
                    Drive::Clock {
                        replicas, spans, ..
                    },
                    _,
                )) => {
                    clocks.push(Asked {
                        replicas: *replicas as f64,
                        spans: Arc::clone(spans),
                    });
                    Source::Clock(clocks.len() - 1)
                }
                Some((Drive::Load | Drive::Pods, _)) | None => Source::Load,
            };
            match goal(metric, source) {
                Ok(goal) => goals.push(goal),
                Err(words) => left_out.push(words),
            }
        }
        let own = |rules: fn(&Behavior) -> &Rules| {
            let own = hpa.behavior.as_ref().and_then(|one| rules(one).tolerance);
            own.unwrap_or(flags.tolerance)
        };
        Self {
            goals,
            left_out,
            min: hpa.min(),
            max: hpa.max_replicas,
            least: autoscaler.least(),
            can_wake: hpa.can_wake(),
            behavior: hpa.behavior.clone(),
            tolerances: Tolerances {
                down: own(|one| &one.down),
                up: own(|one| &one.up),
            },
            cpu_request: cpu_request.unwrap_or(1000),
            keda: keda.clone(),
            paused: keda.as_ref().map_or(Paused::Not, |keda| keda.paused),
            clocks,
        }
    }

    /// Whether any metric is left to replay.
    pub fn is_empty(&self) -> bool {
        self.goals.is_empty()
    }

    /// Whether an annotation of KEDA's keeps the number from changing, and at how many.
    pub fn paused(&self) -> Paused {
        self.paused
    }

    /// The replicas that a trigger of type `cron` asks for.
    pub(super) fn asked(&self, clock: usize, after: f64) -> f64 {
        match self.clocks.get(clock) {
            Some(asked) if is_within(&asked.spans, after) => asked.replicas,
            _ => 0.0,
        }
    }

    /// The policies of a direction, to name the one that held a decision.
    pub(super) fn policy(&self, up: bool, index: usize) -> Option<Policy> {
        let behavior = self.behavior.as_ref()?;
        let rules = if up { &behavior.up } else { &behavior.down };
        rules.policies.get(index).copied()
    }
}

fn goal(metric: &Metric, source: Source) -> Result<Goal, String> {
    match metric {
        Metric::Resource { name, target } | Metric::ContainerResource { name, target, .. } => {
            if name != "cpu" {
                return Err(format!("a load says nothing about `{name}`"));
            }
            match (target.average_value, target.average_utilization) {
                (Some(value), _) => Ok(Goal::Cpu(value.milli_value())),
                (None, Some(percent)) => Ok(Goal::Utilization(percent)),
                (None, None) => Err("a metric of CPU has no target".to_owned()),
            }
        }
        Metric::Pods { metric, target } => target
            .average_value
            .map(|value| Goal::PerPod(value.milli_value()))
            .ok_or_else(|| format!("the metric `{}` has no target", metric.name)),
        Metric::Object { metric, target, .. } | Metric::External { metric, target } => {
            outside(target, source)
                .ok_or_else(|| format!("the metric `{}` has no target", metric.name))
        }
        Metric::Unknown(kind) => Err(format!("`{kind}` is no type of metric")),
    }
}

fn outside(target: &Target, source: Source) -> Option<Goal> {
    match (target.average_value, target.value) {
        (Some(value), _) => Some(Goal::Shared(value.milli_value(), source)),
        (None, Some(value)) => Some(Goal::Whole(value.milli_value(), source)),
        (None, None) => None,
    }
}
