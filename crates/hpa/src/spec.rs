//! What an HPA asks for, after the API server's defaults.

use plimsoll_k8s::Quantity;

use crate::selector::LabelSelector;

/// A HorizontalPodAutoscaler of `autoscaling/v2`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Hpa {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.generation`.
    pub generation: i64,
    /// `spec.scaleTargetRef`.
    pub target: Reference,
    /// `spec.minReplicas`; 1 where absent.
    pub min_replicas: Option<i32>,
    /// `spec.maxReplicas`.
    pub max_replicas: i32,
    /// `spec.metrics`.
    pub metrics: Vec<Metric>,
    /// `spec.behavior`. Absent is not the same as empty: without it, the controller takes an
    /// older path with other limits.
    pub behavior: Option<Behavior>,
}

/// A `CrossVersionObjectReference`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reference {
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `name`.
    pub name: String,
}

/// An entry of `spec.metrics`.
#[derive(Clone, PartialEq, Debug)]
pub enum Metric {
    /// `type: Resource`.
    Resource {
        /// `cpu`, `memory` or another one.
        name: String,
        /// The wished value.
        target: Target,
    },
    /// `type: ContainerResource`.
    ContainerResource {
        /// The resource.
        name: String,
        /// The container.
        container: String,
        /// The wished value.
        target: Target,
    },
    /// `type: Pods`.
    Pods {
        /// The metric.
        metric: Identifier,
        /// The wished value.
        target: Target,
    },
    /// `type: Object`.
    Object {
        /// The object that has the metric.
        object: Reference,
        /// The metric.
        metric: Identifier,
        /// The wished value.
        target: Target,
    },
    /// `type: External`.
    External {
        /// The metric.
        metric: Identifier,
        /// The wished value.
        target: Target,
    },
    /// A type that there is not.
    Unknown(String),
}

impl Metric {
    /// Whether it is of a kind that can wake a target from zero.
    pub const fn is_outside_pods(&self) -> bool {
        matches!(self, Self::Object { .. } | Self::External { .. })
    }
}

/// A `MetricIdentifier`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Identifier {
    /// The metric's name.
    pub name: String,
    /// Which of its series.
    pub selector: Option<LabelSelector>,
}

/// A `MetricTarget`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Target {
    /// `type`: `Utilization`, `Value` or `AverageValue`.
    pub kind: String,
    /// `value`.
    pub value: Option<Quantity>,
    /// `averageValue`.
    pub average_value: Option<Quantity>,
    /// `averageUtilization`, in percent of the request.
    pub average_utilization: Option<i32>,
}

impl Target {
    /// `type: Utilization`, in percent.
    pub fn utilization(percent: i32) -> Self {
        Self {
            kind: "Utilization".to_owned(),
            average_utilization: Some(percent),
            ..Self::default()
        }
    }

    /// `type: AverageValue`.
    pub fn average(value: Quantity) -> Self {
        Self {
            kind: "AverageValue".to_owned(),
            average_value: Some(value),
            ..Self::default()
        }
    }

    /// `type: Value`.
    pub fn value(value: Quantity) -> Self {
        Self {
            kind: "Value".to_owned(),
            value: Some(value),
            ..Self::default()
        }
    }
}

/// `spec.behavior`, both directions with their defaults.
#[derive(Clone, PartialEq, Debug)]
pub struct Behavior {
    /// `scaleUp`.
    pub up: Rules,
    /// `scaleDown`.
    pub down: Rules,
}

impl Default for Behavior {
    /// What the API server makes of `behavior: {}` (`GenerateHPAScaleUpRules` and its sibling).
    fn default() -> Self {
        Self {
            up: Rules::default_up(),
            down: Rules::default_down(),
        }
    }
}

/// `HPAScalingRules`.
#[derive(Clone, PartialEq, Debug)]
pub struct Rules {
    /// `stabilizationWindowSeconds`. Absent means none upwards, and the controller's flag
    /// downwards.
    pub window_seconds: Option<i32>,
    /// `selectPolicy`.
    pub select: Select,
    /// `policies`.
    pub policies: Vec<Policy>,
    /// `tolerance`; absent means the controller's flag.
    pub tolerance: Option<f64>,
}

impl Rules {
    /// The defaults of `scaleUp`.
    pub fn default_up() -> Self {
        Self {
            window_seconds: Some(0),
            select: Select::Max,
            policies: vec![Policy::pods(4, 15), Policy::percent(100, 15)],
            tolerance: None,
        }
    }

    /// The defaults of `scaleDown`.
    pub fn default_down() -> Self {
        Self {
            window_seconds: None,
            select: Select::Max,
            policies: vec![Policy::percent(100, 15)],
            tolerance: None,
        }
    }

    /// The longest period of the policies, in seconds (`getLongestPolicyPeriod`).
    pub(crate) fn longest_period(&self) -> i32 {
        let periods = self.policies.iter().map(|policy| policy.period_seconds);
        periods.max().unwrap_or(0).max(0)
    }
}

/// `selectPolicy`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Select {
    /// The policy that allows the greatest change.
    Max,
    /// The one that allows the smallest.
    Min,
    /// No change in this direction.
    Disabled,
}

/// A policy: how much may change in a period.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Policy {
    /// What `value` counts.
    pub kind: PolicyKind,
    /// How many.
    pub value: i32,
    /// `periodSeconds`.
    pub period_seconds: i32,
}

/// What the value of a policy counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PolicyKind {
    /// Pods.
    Pods,
    /// Percent of the replicas at the period's start.
    Percent,
}

impl Policy {
    /// So many pods in so many seconds.
    pub const fn pods(value: i32, period_seconds: i32) -> Self {
        Self {
            kind: PolicyKind::Pods,
            value,
            period_seconds,
        }
    }

    /// So many percent in so many seconds.
    pub const fn percent(value: i32, period_seconds: i32) -> Self {
        Self {
            kind: PolicyKind::Percent,
            value,
            period_seconds,
        }
    }
}

impl std::fmt::Display for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            PolicyKind::Pods => "Pods",
            PolicyKind::Percent => "Percent",
        };
        write!(f, "{kind} {}/{}s", self.value, self.period_seconds)
    }
}

impl Hpa {
    /// `spec.minReplicas` with its default.
    pub fn min(&self) -> i32 {
        self.min_replicas.unwrap_or(1)
    }

    /// Whether a metric could wake the target from zero (`hasObjectOrExternalMetrics`).
    pub fn can_wake(&self) -> bool {
        self.metrics.iter().any(Metric::is_outside_pods)
    }
}
