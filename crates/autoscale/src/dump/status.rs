//! What the controller wrote into the status of an HPA, and the events that it sent.

use plimsoll_hpa::{Hpa, Metric, Time};
use plimsoll_k8s::{Object, Quantity};
use plimsoll_yaml::Node;

use super::{is_in, time_at};
use crate::manifest::{int, list, metric, string};

/// The status of an HPA as a dump has it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Written {
    /// `currentReplicas`.
    pub current_replicas: Option<i32>,
    /// `desiredReplicas`.
    pub desired_replicas: Option<i32>,
    /// `lastScaleTime`.
    pub last_scale_time: Option<Time>,
    /// `conditions`.
    pub conditions: Vec<WrittenCondition>,
    /// `currentMetrics`, one for each metric of the spec.
    pub metrics: Vec<Option<MetricValue>>,
}

/// A condition as it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrittenCondition {
    /// `type`.
    pub kind: String,
    /// `status`.
    pub status: String,
    /// `reason`.
    pub reason: String,
    /// `message`.
    pub message: String,
    /// `lastTransitionTime`.
    pub since: Option<Time>,
}

/// A value of a metric as it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MetricValue {
    /// `averageUtilization`.
    pub utilization: Option<i32>,
    /// `averageValue`.
    pub average: Option<Quantity>,
    /// `value`.
    pub value: Option<Quantity>,
}

/// An event about the HPA.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// When it was last sent.
    pub at: Time,
    /// Whether it is a warning.
    pub warning: bool,
    /// `reason`.
    pub reason: String,
    /// `message`.
    pub message: String,
    /// How often it was sent.
    pub count: i32,
}

impl Written {
    pub(super) fn of(object: Object<'_>, hpa: &Hpa) -> Self {
        let Some(status) = object.node().get("status").map(Node::resolve) else {
            return Self::default();
        };
        let condition = |node: Node<'_>| WrittenCondition {
            kind: string(node, "type").unwrap_or_default(),
            status: string(node, "status").unwrap_or_default(),
            reason: string(node, "reason").unwrap_or_default(),
            message: string(node, "message").unwrap_or_default(),
            since: time_at(node, "lastTransitionTime"),
        };
        let current: Vec<Node<'_>> = list(status, "currentMetrics").collect();
        let metrics = hpa.metrics.iter().enumerate();
        Self {
            current_replicas: int(status, "currentReplicas"),
            desired_replicas: int(status, "desiredReplicas"),
            last_scale_time: time_at(status, "lastScaleTime"),
            conditions: list(status, "conditions").map(condition).collect(),
            metrics: metrics
                .map(|(at, metric)| {
                    // In the order of the spec, unless that was changed since.
                    let own = current.get(at).copied().filter(|one| is_of(*one, metric));
                    let any = || current.iter().copied().find(|one| is_of(*one, metric));
                    own.or_else(any).map(value)
                })
                .collect(),
        }
    }

    pub(super) fn newest(&self) -> Option<Time> {
        let since = self.conditions.iter().filter_map(|one| one.since);
        since.chain(self.last_scale_time).max()
    }

    /// The condition of a type.
    pub fn condition(&self, kind: &str) -> Option<&WrittenCondition> {
        self.conditions.iter().find(|one| one.kind == kind)
    }
}

/// The member that a metric's type has in the spec and in the status.
const SOURCES: [&str; 5] = [
    "resource",
    "containerResource",
    "pods",
    "object",
    "external",
];

fn source(node: Node<'_>) -> Option<Node<'_>> {
    let found = SOURCES.iter().find_map(|key| node.present(key));
    found.map(Node::resolve)
}

/// Whether a value in the status is one of this metric.
fn is_of(node: Node<'_>, wanted: &Metric) -> bool {
    match (metric(node), wanted) {
        (Metric::Resource { name, .. }, Metric::Resource { name: own, .. }) => name == *own,
        (
            Metric::ContainerResource {
                name, container, ..
            },
            Metric::ContainerResource {
                name: own,
                container: of,
                ..
            },
        ) => name == *own && container == *of,
        (Metric::Pods { metric, .. }, Metric::Pods { metric: own, .. })
        | (Metric::External { metric, .. }, Metric::External { metric: own, .. }) => metric == *own,
        (
            Metric::Object { object, metric, .. },
            Metric::Object {
                object: on,
                metric: own,
                ..
            },
        ) => object == *on && metric == *own,
        _ => false,
    }
}

fn value(node: Node<'_>) -> MetricValue {
    let Some(current) = source(node).and_then(|node| node.get("current")) else {
        return MetricValue::default();
    };
    let current = current.resolve();
    let amount = |key: &str| {
        let text = current.get(key).map(Node::resolve)?.text()?;
        Quantity::parse(text.trim()).ok()
    };
    MetricValue {
        utilization: int(current, "averageUtilization"),
        average: amount("averageValue"),
        value: amount("value"),
    }
}

/// The events about an HPA, the oldest first.
pub(super) fn events(objects: &[Object<'_>], hpa: &Hpa) -> Vec<Event> {
    let mut events: Vec<Event> = objects
        .iter()
        .filter(|object| object.kind() == "Event" && is_in(**object, &hpa.namespace))
        .filter_map(|object| event(object.node(), hpa))
        .collect();
    events.sort_by_key(|event| event.at);
    events
}

fn event(node: Node<'_>, hpa: &Hpa) -> Option<Event> {
    let mut about = ["involvedObject", "regarding"].iter();
    let about = about.find_map(|key| node.present(key))?.resolve();
    let is_ours = string(about, "kind").as_deref() == Some("HorizontalPodAutoscaler")
        && string(about, "name").as_deref() == Some(&*hpa.name);
    if !is_ours {
        return None;
    }
    // Newer events have the first two of these empty.
    let times = [
        "lastTimestamp",
        "deprecatedLastTimestamp",
        "eventTime",
        "firstTimestamp",
    ];
    let at = times.iter().find_map(|key| time_at(node, key));
    let made = || time_at(node.get("metadata")?.resolve(), "creationTimestamp");
    Some(Event {
        at: at.or_else(made)?,
        warning: string(node, "type").as_deref() == Some("Warning"),
        reason: string(node, "reason").unwrap_or_default(),
        message: string(node, "message")
            .or_else(|| string(node, "note"))
            .unwrap_or_default(),
        count: int(node, "count").unwrap_or(1),
    })
}
