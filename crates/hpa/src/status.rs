//! What the controller says: conditions, metrics of the status, events.

use crate::spec::Metric;
use crate::time::Time;
use plimsoll_k8s::Quantity;
use plimsoll_k8s::quantity::Format;

/// The status of an HPA.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Status {
    /// `observedGeneration`.
    pub observed_generation: Option<i64>,
    /// `lastScaleTime`.
    pub last_scale_time: Option<Time>,
    /// `currentReplicas`.
    pub current_replicas: i32,
    /// `desiredReplicas`.
    pub desired_replicas: i32,
    /// `currentMetrics`, one for each of the spec; `None` where a metric could not be read.
    pub current_metrics: Vec<Option<MetricStatus>>,
    /// `conditions`, in the order in which they were first set.
    pub conditions: Vec<Condition>,
}

/// The current value of a metric.
#[derive(Clone, PartialEq, Debug)]
pub struct MetricStatus {
    /// Which metric.
    pub metric: Metric,
    /// `averageUtilization`, in percent.
    pub average_utilization: Option<i32>,
    /// `averageValue`, in thousandths.
    pub average_value: Option<i64>,
    /// `value`, in thousandths.
    pub value: Option<i64>,
}

impl MetricStatus {
    /// A value of it as the status shows it (`buildQuantity`): memory with binary suffixes.
    pub fn quantity(&self, milli: i64) -> Quantity {
        let format = match &self.metric {
            Metric::Resource { name, .. } | Metric::ContainerResource { name, .. }
                if name == "memory" =>
            {
                Format::BinarySi
            }
            _ => Format::DecimalSi,
        };
        Quantity::from_milli(milli, format)
    }
}

/// A condition of an HPA.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// `type`.
    pub kind: ConditionKind,
    /// `status`: `True` or `False`.
    pub status: bool,
    /// `lastTransitionTime`.
    pub since: Time,
    /// `reason`.
    pub reason: &'static str,
    /// `message`.
    pub message: String,
}

/// The types of conditions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ConditionKind {
    /// Whether the target can be read and written.
    AbleToScale,
    /// Whether there are metrics.
    ScalingActive,
    /// Whether a limit was met.
    ScalingLimited,
    /// Whether the controller itself scaled the target to zero.
    ScaledToZero,
    /// The one without a name and status that an HPA without metrics gets.
    Nameless,
}

impl ConditionKind {
    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AbleToScale => "AbleToScale",
            Self::ScalingActive => "ScalingActive",
            Self::ScalingLimited => "ScalingLimited",
            Self::ScaledToZero => "ScaledToZero",
            Self::Nameless => "",
        }
    }
}

impl Status {
    /// The condition of a type.
    pub fn condition(&self, kind: ConditionKind) -> Option<&Condition> {
        self.conditions.iter().find(|one| one.kind == kind)
    }

    /// `setConditionInList`: the time changes with the status alone.
    pub(crate) fn set(
        &mut self,
        now: Time,
        kind: ConditionKind,
        status: bool,
        reason: &'static str,
        message: impl Into<String>,
    ) {
        let message = message.into();
        match self.conditions.iter_mut().find(|one| one.kind == kind) {
            Some(known) => {
                if known.status != status {
                    known.since = now;
                }
                known.status = status;
                known.reason = reason;
                known.message = message;
            }
            None => self.conditions.push(Condition {
                kind,
                status,
                since: if kind == ConditionKind::Nameless {
                    Time::PAST
                } else {
                    now
                },
                reason,
                message,
            }),
        }
    }

    pub(crate) fn unset(&mut self, kind: ConditionKind) {
        self.conditions.retain(|one| one.kind != kind);
    }
}

/// An event that the controller sends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Whether it is a warning; else it is normal.
    pub warning: bool,
    /// `reason`.
    pub reason: &'static str,
    /// `message`.
    pub message: String,
}

impl Event {
    pub(crate) fn warning(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            warning: true,
            reason,
            message: message.into(),
        }
    }
}
