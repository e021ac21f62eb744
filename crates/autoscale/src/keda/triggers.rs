//! Triggers of ScaledObjects: the metric that each gives the HPA, and when it is active.

use std::sync::Arc;

use plimsoll_hpa::Metric;
use plimsoll_hpa::spec::{Identifier, Target};
use plimsoll_k8s::Quantity;
use plimsoll_k8s::quantity::Format;
use plimsoll_yaml::Node;

use super::cron::{Clock, ClockError};
use crate::manifest::string;

/// A trigger.
#[derive(Clone, PartialEq, Debug)]
pub struct Trigger {
    /// Its place among `spec.triggers`.
    pub number: usize,
    /// Its `type`.
    pub kind: String,
    /// The metric of the HPA.
    pub metric: Metric,
    /// What drives it in a replay.
    pub drive: Drive,
    /// It is active while what it measures is above this.
    pub above: f64,
    /// Where its target belongs among the metadata, if it can be written.
    pub key: Option<&'static str>,
}

/// What drives a trigger in a replay.
#[derive(Clone, PartialEq, Debug)]
pub enum Drive {
    /// The load itself, in its unit.
    Load,
    /// The use of pods: `cpu` and `memory`.
    Pods,
    /// The clock: so many replicas in spans of seconds after the load's beginning, which
    /// [`super::Keda::unroll`] fills in.
    Clock {
        /// When.
        clock: Clock,
        /// How many.
        replicas: i64,
        /// The spans.
        spans: Arc<[(f64, f64)]>,
    },
    /// Something that the manifest does not tell.
    Unknown,
}

/// Why a trigger is refused.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum TriggerError {
    /// A type of metric that it cannot have.
    #[error("trigger {number} (`{kind}`) has `metricType: {found}`; {known} is expected")]
    MetricType {
        /// Its place.
        number: usize,
        /// Its type.
        kind: String,
        /// The type of metric.
        found: String,
        /// Which it may have.
        known: &'static str,
    },
    /// A number that is none.
    #[error("trigger {number} (`{kind}`) has `{key}: {found}`; a number is expected")]
    Number {
        /// Its place.
        number: usize,
        /// Its type.
        kind: String,
        /// What is no number.
        key: &'static str,
        /// Its text.
        found: String,
    },
    /// Something that must be there.
    #[error("trigger {number} (`{kind}`) has no `{key}`")]
    Missing {
        /// Its place.
        number: usize,
        /// Its type.
        kind: String,
        /// What is missing.
        key: &'static str,
    },
    /// A schedule that is none.
    #[error("trigger {number} (`cron`): {error}")]
    Clock {
        /// Its place.
        number: usize,
        /// What is wrong.
        error: ClockError,
    },
}

/// The keys in which scalers keep their target and the bound of activity, with their defaults. A
/// scaler with several kinds of targets has several rows; the first whose key is there counts, or
/// else the first with a default.
struct Row {
    kinds: &'static [&'static str],
    target: &'static str,
    default: Option<f64>,
    activation: &'static str,
    above: f64,
}

const fn row(
    kinds: &'static [&'static str],
    target: &'static str,
    default: Option<f64>,
    activation: &'static str,
) -> Row {
    Row {
        kinds,
        target,
        default,
        activation,
        above: 0.0,
    }
}

/// What the scalers of KEDA 2.20.2 read.
const ROWS: &[Row] = &[
    row(
        &["activemq"],
        "targetQueueSize",
        Some(10.0),
        "activationTargetQueueSize",
    ),
    row(
        &["apache-kafka", "kafka", "liiklus", "nats-jetstream"],
        "lagThreshold",
        Some(10.0),
        "activationLagThreshold",
    ),
    row(
        &["arangodb", "couchdb", "mongodb", "mysql"],
        "queryValue",
        None,
        "activationQueryValue",
    ),
    Row {
        above: 10.0,
        ..row(
            &["artemis-queue"],
            "queueLength",
            Some(10.0),
            "activationQueueLength",
        )
    },
    row(
        &["aws-cloudwatch", "huawei-cloudeye"],
        "targetMetricValue",
        None,
        "activationTargetMetricValue",
    ),
    row(
        &[
            "aws-dynamodb",
            "azure-app-insights",
            "azure-monitor",
            "elastic-forecast",
            "elasticsearch",
            "kubernetes-resource",
            "metrics-api",
            "mssql",
            "opensearch",
            "splunk-observability",
        ],
        "targetValue",
        None,
        "activationTargetValue",
    ),
    row(&["datadog"], "targetValue", None, "activationTargetValue"),
    row(&["datadog"], "queryValue", None, "activationQueryValue"),
    row(
        &["gcp-stackdriver"],
        "targetValue",
        Some(5.0),
        "activationTargetValue",
    ),
    row(
        &["gcp-spanner"],
        "targetValue",
        Some(5.0),
        "activationValue",
    ),
    row(
        &["solarwinds", "splunk"],
        "targetValue",
        None,
        "activationValue",
    ),
    row(
        &["aws-dynamodb-streams", "aws-kinesis-stream"],
        "shardCount",
        Some(2.0),
        "activationShardCount",
    ),
    row(
        &["aws-sqs-queue", "azure-queue"],
        "queueLength",
        Some(5.0),
        "activationQueueLength",
    ),
    row(
        &["azure-blob"],
        "blobCount",
        Some(5.0),
        "activationBlobCount",
    ),
    row(
        &[
            "azure-data-explorer",
            "azure-log-analytics",
            "dynatrace",
            "loki",
            "new-relic",
            "openstack-metric",
            "predictkube",
            "prometheus",
            "sumologic",
        ],
        "threshold",
        None,
        "activationThreshold",
    ),
    row(
        &["graphite"],
        "threshold",
        Some(100.0),
        "activationThreshold",
    ),
    row(
        &["azure-eventhub"],
        "unprocessedEventThreshold",
        Some(64.0),
        "activationUnprocessedEventThreshold",
    ),
    row(
        &["azure-pipelines"],
        "targetPipelinesQueueLength",
        Some(1.0),
        "activationTargetPipelinesQueueLength",
    ),
    row(
        &["azure-servicebus"],
        "messageCount",
        Some(5.0),
        "activationMessageCount",
    ),
    row(
        &["beanstalkd", "etcd", "kubernetes-workload"],
        "value",
        None,
        "activationValue",
    ),
    row(&["gcp-cloudtasks"], "value", Some(100.0), "activationValue"),
    row(&["gcp-pubsub"], "value", Some(10.0), "activationValue"),
    row(&["gcp-pubsub"], "subscriptionSize", None, "activationValue"),
    row(&["rabbitmq"], "value", None, "activationValue"),
    row(&["rabbitmq"], "queueLength", Some(20.0), "activationValue"),
    row(
        &["cassandra", "clickhouse", "postgresql", "solr"],
        "targetQueryValue",
        None,
        "activationTargetQueryValue",
    ),
    row(
        &["gcp-storage"],
        "targetObjectCount",
        Some(100.0),
        "activationTargetObjectCount",
    ),
    row(
        &["github-runner"],
        "targetWorkflowQueueLength",
        Some(1.0),
        "",
    ),
    row(&["forgejo-runner"], "", Some(1.0), ""),
    row(&["ibmmq"], "queueDepth", Some(20.0), "activationQueueDepth"),
    row(
        &["influxdb"],
        "thresholdValue",
        None,
        "activationThresholdValue",
    ),
    row(
        &["nsq"],
        "depthThreshold",
        Some(10.0),
        "activationDepthThreshold",
    ),
    row(
        &["openstack-swift"],
        "objectCount",
        Some(2.0),
        "activationObjectCount",
    ),
    row(
        &["pulsar"],
        "msgBacklogThreshold",
        Some(10.0),
        "activationMsgBacklogThreshold",
    ),
    row(
        &["redis", "redis-cluster", "redis-sentinel"],
        "listLength",
        Some(5.0),
        "activationListLength",
    ),
    row(STREAMS, "lagCount", None, "activationLagCount"),
    row(STREAMS, "streamLength", None, ""),
    row(STREAMS, "pendingEntriesCount", Some(5.0), ""),
    row(&["selenium-grid"], "", Some(1.0), "activationThreshold"),
    row(
        &["solace-event-queue"],
        "messageCountTarget",
        None,
        "activationMessageCountTarget",
    ),
    row(
        &["solace-event-queue"],
        "messageSpoolUsageTarget",
        None,
        "activationMessageSpoolUsageTarget",
    ),
    row(
        &["solace-event-queue"],
        "messageReceiveRateTarget",
        None,
        "activationMessageReceiveRateTarget",
    ),
    row(
        &["temporal"],
        "targetQueueSize",
        Some(5.0),
        "activationTargetQueueSize",
    ),
];

const STREAMS: &[&str] = &[
    "redis-cluster-streams",
    "redis-sentinel-streams",
    "redis-streams",
];

/// A trigger under way.
struct Reading<'a> {
    number: usize,
    kind: String,
    metadata: Option<Node<'a>>,
    asked: Option<String>,
}

/// The metrics of a trigger; a queue of Solace may have several.
pub(super) fn read(node: Node<'_>, number: usize) -> Result<Vec<Trigger>, TriggerError> {
    let reading = Reading {
        number,
        kind: string(node, "type").unwrap_or_default(),
        metadata: node.get("metadata").map(Node::resolve),
        asked: string(node, "metricType").filter(|text| !text.is_empty()),
    };
    match reading.kind.as_str() {
        "cpu" | "memory" => Ok(vec![reading.of_pods()?]),
        "cron" => Ok(vec![reading.clock()?]),
        _ => reading.outside(),
    }
}

impl Reading<'_> {
    fn text(&self, key: &str) -> Option<String> {
        let value = self.metadata?.get(key).map(Node::resolve)?;
        let text = value.text()?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    fn needed(&self, key: &'static str) -> Result<String, TriggerError> {
        self.text(key).ok_or_else(|| TriggerError::Missing {
            number: self.number,
            kind: self.kind.clone(),
            key,
        })
    }

    fn no_number(&self, key: &'static str, found: &str) -> TriggerError {
        TriggerError::Number {
            number: self.number,
            kind: self.kind.clone(),
            key,
            found: found.to_owned(),
        }
    }

    fn number(&self, key: &'static str) -> Result<Option<f64>, TriggerError> {
        let Some(text) = self.text(key) else {
            return Ok(None);
        };
        let number = text.parse::<f64>().ok().filter(|value| value.is_finite());
        number.map(Some).ok_or_else(|| self.no_number(key, &text))
    }

    fn trigger(&self, metric: Metric, drive: Drive, above: f64) -> Trigger {
        Trigger {
            number: self.number,
            kind: self.kind.clone(),
            metric,
            drive,
            above,
            key: None,
        }
    }

    /// `NewCPUMemoryScaler`. Earlier versions had the type of metric among the metadata.
    fn of_pods(&self) -> Result<Trigger, TriggerError> {
        let asked = self.asked.clone().or_else(|| self.text("type"));
        let value = self.needed("value")?;
        let target = match asked.as_deref() {
            Some("Utilization") => {
                let percent = value.parse().map_err(|_| self.no_number("value", &value))?;
                Target::utilization(percent)
            }
            Some("AverageValue") => {
                let amount = Quantity::parse(&value);
                Target::average(amount.map_err(|_| self.no_number("value", &value))?)
            }
            _ => return Err(self.metric_type("`Utilization` or `AverageValue`")),
        };
        let name = self.kind.clone();
        let metric = match self.text("containerName") {
            Some(container) => Metric::ContainerResource {
                name,
                container,
                target,
            },
            None => Metric::Resource { name, target },
        };
        Ok(self.trigger(metric, Drive::Pods, 0.0))
    }

    fn metric_type(&self, known: &'static str) -> TriggerError {
        TriggerError::MetricType {
            number: self.number,
            kind: self.kind.clone(),
            found: self.asked.clone().unwrap_or_default(),
            known,
        }
    }

    fn external(&self, value: Option<f64>) -> Result<Metric, TriggerError> {
        let target = external_target(self.asked.as_deref(), value)
            .ok_or_else(|| self.metric_type("`AverageValue` or `Value`"))?;
        Ok(Metric::External {
            metric: Identifier {
                name: format!("s{}-{}", self.number, self.kind),
                selector: None,
            },
            target,
        })
    }

    /// `NewCronScaler`.
    fn clock(&self) -> Result<Trigger, TriggerError> {
        let (start, end) = (self.needed("start")?, self.needed("end")?);
        let clock = Clock::new(&start, &end, &self.needed("timezone")?);
        let clock = clock.map_err(|error| TriggerError::Clock {
            number: self.number,
            error,
        })?;
        let text = self.needed("desiredReplicas")?;
        let replicas = text.parse::<i64>().ok().filter(|count| *count != 0);
        let replicas = replicas.ok_or_else(|| self.no_number("desiredReplicas", &text))?;
        let drive = Drive::Clock {
            clock,
            replicas,
            spans: Arc::new([]),
        };
        Ok(self.trigger(self.external(Some(1.0))?, drive, 0.0))
    }

    fn outside(&self) -> Result<Vec<Trigger>, TriggerError> {
        let rows = ROWS.iter().filter(|row| row.kinds.contains(&&*self.kind));
        let mut found = Vec::new();
        let mut fallback = None;
        for row in rows {
            let above = if row.activation.is_empty() {
                None
            } else {
                self.number(row.activation)?
            };
            let above = above.unwrap_or(row.above);
            match self.number(row.target)? {
                Some(value) if found.is_empty() || self.kind.starts_with("solace") => {
                    found.push((row.target, value, above));
                }
                Some(_) => {}
                None => fallback = fallback.or(row.default.map(|value| (row.target, value, above))),
            }
        }
        if let (true, Some(one)) = (found.is_empty(), fallback) {
            found.push(one);
        }
        let several = found.len() > 1;
        let mut triggers = Vec::new();
        for (key, value, above) in found {
            let mut trigger = self.trigger(self.external(Some(value))?, Drive::Load, above);
            trigger.key = (!key.is_empty()).then_some(key);
            if let (true, Metric::External { metric, .. }) = (several, &mut trigger.metric) {
                metric.name = format!("{}-{key}", metric.name);
            }
            triggers.push(trigger);
        }
        if triggers.is_empty() {
            triggers.push(self.trigger(self.external(None)?, Drive::Unknown, 0.0));
        }
        // A value for the whole that no replica count divides.
        if self.kind == "splunk-observability" {
            for trigger in &mut triggers {
                if let Metric::External { target, .. } = &mut trigger.metric {
                    let value = target.average_value.or(target.value);
                    *target = value.map(Target::value).unwrap_or_default();
                }
            }
        }
        Ok(triggers)
    }
}

/// `GetMetricTargetType` and `GetMetricTargetMili`; `None` where it is none for metrics from
/// outside.
fn external_target(asked: Option<&str>, value: Option<f64>) -> Option<Target> {
    let amount = value.map(|value| {
        let milli = (value.max(0.0) * 1000.0).round().min(9e18);
        Quantity::from_milli(milli as i64, Format::DecimalSi)
    });
    let make = match asked {
        None | Some("AverageValue") => Target::average,
        Some("Value") => Target::value,
        Some(_) => return None,
    };
    Some(amount.map(make).unwrap_or_default())
}

/// `scalingModifiers`: one metric in the place of all that come from outside. Gives the bound of
/// its activity.
pub(super) fn compose(node: Node<'_>, triggers: &mut Vec<Trigger>) -> Result<f64, String> {
    let number = |key: &str| -> Result<Option<f64>, String> {
        let text = node.get(key).map(Node::resolve).and_then(Node::text);
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
            return Ok(None);
        };
        let value = text
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|value| value.is_finite());
        value.map(Some).ok_or_else(|| {
            format!("`scalingModifiers.{key}` is `{text}`, and a number is expected")
        })
    };
    let target = number("target")?.filter(|target| *target > 0.0);
    let target = target.ok_or("`scalingModifiers.target` is not above 0")?;
    let above = number("activationTarget")?.unwrap_or(0.0);
    let asked = string(node, "metricType").filter(|text| !text.is_empty());
    let target = external_target(asked.as_deref(), Some(target)).ok_or_else(|| {
        "`scalingModifiers.metricType` must be `AverageValue` or `Value`".to_owned()
    })?;
    triggers.retain(|one| matches!(one.metric, Metric::Resource { .. }));
    triggers.push(Trigger {
        number: usize::MAX,
        kind: "scalingModifiers".to_owned(),
        metric: Metric::External {
            metric: Identifier {
                name: "composite-metric".to_owned(),
                selector: None,
            },
            target,
        },
        drive: Drive::Load,
        above,
        key: None,
    });
    Ok(above)
}

/// The `type` of a metric, by which KEDA sorts them.
pub(super) fn type_name(metric: &Metric) -> &'static str {
    match metric {
        Metric::Resource { .. } => "Resource",
        Metric::ContainerResource { .. } => "ContainerResource",
        Metric::Pods { .. } => "Pods",
        Metric::Object { .. } => "Object",
        Metric::External { .. } => "External",
        Metric::Unknown(_) => "",
    }
}
