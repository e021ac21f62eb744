//! Metrics of a dump: of the metrics API, of `kubectl top`, or else of the HPA's own status.

use std::collections::BTreeMap;

use plimsoll_hpa::pods::{Phase, Pod};
use plimsoll_hpa::samples::{Metrics, PodUsage, Sample, Samples, of_usage};
use plimsoll_hpa::spec::{Identifier, Reference, Target};
use plimsoll_hpa::{Hpa, Metric, Span, Time};
use plimsoll_k8s::Quantity;
use plimsoll_yaml::{Dialect, Kind, Node, Tree, parse};

use super::pods::amounts;
use super::status::{MetricValue, Written};
use super::time_at;
use crate::manifest::{list, string};

/// What pods use, by namespace; where `kubectl top` names none, it is empty.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct UsageFile {
    pods: Vec<(String, PodUsage)>,
    /// Whether the samples have times of their own.
    timed: bool,
}

/// What is wrong with a file of usage.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UsageError {
    /// It is neither a list of the metrics API nor a table of `kubectl top`.
    #[error("it is neither PodMetrics of the metrics API nor the output of `kubectl top pods`")]
    Form,
    /// A line of a table that cannot be read.
    #[error("line {line}: `{text}` is no row of `kubectl top pods`")]
    Row {
        /// The line, from 1.
        line: usize,
        /// The line's text.
        text: String,
    },
}

impl UsageFile {
    /// Reads the output of `kubectl get --raw /apis/metrics.k8s.io/v1beta1/…/pods`, of
    /// `kubectl get podmetrics -o yaml`, or of `kubectl top pods`, with `--containers` or not.
    ///
    /// # Errors
    ///
    /// See [`UsageError`].
    pub fn read(text: &str) -> Result<Self, UsageError> {
        if let Some(head) = text.lines().find(|line| !line.trim().is_empty())
            && head.contains("CPU(cores)")
        {
            return table(text);
        }
        let tree = parse(text, Dialect::GoV2);
        let pods = of_api(&tree);
        if pods.is_empty() {
            return Err(UsageError::Form);
        }
        Ok(Self { pods, timed: true })
    }
}

fn of_api(tree: &Tree) -> Vec<(String, PodUsage)> {
    let mut found = Vec::new();
    for document in tree.documents() {
        let Some(root) = document.root().map(Node::resolve) else {
            continue;
        };
        if root.kind() != Kind::Mapping {
            continue;
        }
        match string(root, "kind").as_deref() {
            Some("PodMetrics") => found.extend(of_pod(root)),
            Some("PodMetricsList" | "List") => {
                found.extend(list(root, "items").filter_map(of_pod));
            }
            _ => {}
        }
    }
    found
}

fn of_pod(node: Node<'_>) -> Option<(String, PodUsage)> {
    let metadata = node.get("metadata")?.resolve();
    let containers = list(node, "containers").map(|one| {
        let name = string(one, "name").unwrap_or_default();
        (name, amounts(one.get("usage")))
    });
    let usage = PodUsage {
        pod: string(metadata, "name")?,
        timestamp: time_at(node, "timestamp")?,
        window: span(&string(node, "window").unwrap_or_default()),
        containers: containers.collect(),
    };
    Some((string(metadata, "namespace").unwrap_or_default(), usage))
}

/// A duration as Go writes it, such as `1m30.5s`; zero where it is none.
fn span(text: &str) -> Span {
    let mut millis = 0.0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = |b: u8| b.is_ascii_digit() || b == b'.';
        let end = rest.bytes().position(|b| !digits(b)).unwrap_or(rest.len());
        let unit = rest[end..].bytes().position(digits);
        let unit = unit.map_or(rest.len(), |at| at + end);
        let scale = match &rest[end..unit] {
            "h" => 3_600_000.0,
            "m" => 60_000.0,
            "s" => 1000.0,
            "ms" => 1.0,
            _ => 0.0,
        };
        let Ok(number) = rest[..end].parse::<f64>() else {
            return Span::default();
        };
        millis += number * scale;
        rest = &rest[unit..];
    }
    Span::millis(millis as i64)
}

fn table(text: &str) -> Result<UsageFile, UsageError> {
    let mut columns: Vec<String> = Vec::new();
    let mut pods: BTreeMap<(String, String), PodUsage> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.is_empty() {
            continue;
        }
        if columns.is_empty() {
            columns = words.iter().map(|word| (*word).to_owned()).collect();
            continue;
        }
        let of = |name: &str| {
            let at = columns.iter().position(|column| column == name)?;
            words.get(at).copied()
        };
        let mut row = || -> Option<()> {
            let containers = of("POD");
            let pod = containers.or_else(|| of("NAME"))?;
            let namespace = of("NAMESPACE").unwrap_or_default();
            let amount = |name: &str| Quantity::parse(of(name)?).ok();
            let used = BTreeMap::from([
                ("cpu".to_owned(), amount("CPU(cores)")?),
                ("memory".to_owned(), amount("MEMORY(bytes)")?),
            ]);
            let name = containers.and(of("NAME")).unwrap_or_default().to_owned();
            let key = (namespace.to_owned(), pod.to_owned());
            let usage = pods.entry(key).or_insert_with(|| PodUsage {
                pod: pod.to_owned(),
                timestamp: Time::PAST,
                window: Span::default(),
                containers: Vec::new(),
            });
            usage.containers.push((name, used));
            Some(())
        };
        row().ok_or_else(|| UsageError::Row {
            line: number + 1,
            text: line.trim().to_owned(),
        })?;
    }
    let pods = pods.into_iter();
    Ok(UsageFile {
        pods: pods
            .map(|((namespace, _), usage)| (namespace, usage))
            .collect(),
        timed: false,
    })
}

/// The metrics APIs as a dump has them.
#[derive(Clone, Debug)]
pub struct Recorded {
    usage: Option<Vec<PodUsage>>,
    timed: bool,
    /// Metrics of the HPA with their values in its status.
    values: Vec<(Metric, Option<MetricValue>)>,
    /// The pods that are taken to have the mean, with their requests.
    pods: Vec<Pod>,
    replicas: i64,
    now: Time,
}

impl Recorded {
    pub(super) fn new(
        hpa: &Hpa,
        written: &Written,
        pods: &[Pod],
        usage: Option<&UsageFile>,
        notes: &mut Vec<String>,
    ) -> Self {
        let ours = usage.map(|file| -> Vec<PodUsage> {
            let of = |(namespace, one): &(String, PodUsage)| {
                let is_here = namespace.is_empty() || *namespace == hpa.namespace;
                let is_ours = is_here && pods.iter().any(|pod| pod.name == one.pod);
                is_ours.then(|| one.clone())
            };
            file.pods.iter().filter_map(of).collect()
        });
        let timed = usage.is_some_and(|file| file.timed);
        let of_pods = |metric: &Metric| {
            matches!(
                metric,
                Metric::Resource { .. } | Metric::ContainerResource { .. }
            )
        };
        if ours.is_none() && hpa.metrics.iter().any(of_pods) {
            notes.push(
                "without `--metrics`, every running pod is taken to use the mean in the status"
                    .to_owned(),
            );
        } else if !timed && ours.is_some() {
            notes.push("`kubectl top` gives no times; its samples are taken to be new".to_owned());
        }
        let values = hpa.metrics.iter().cloned();
        Self {
            usage: ours,
            timed,
            values: values.zip(written.metrics.iter().copied()).collect(),
            pods: pods.to_vec(),
            replicas: written.current_replicas.unwrap_or(0).into(),
            now: Time::PAST,
        }
    }

    pub(super) fn newest(&self) -> Option<Time> {
        let usage = self.usage.iter().flatten().filter(|_| self.timed);
        usage.map(|one| one.timestamp).max()
    }

    /// Samples without a time of their own are of this one.
    pub(crate) fn set_now(&mut self, now: Time) {
        self.now = now;
        if !self.timed {
            for one in self.usage.iter_mut().flatten() {
                one.timestamp = now;
            }
        }
    }

    fn value(&self, wanted: impl Fn(&Metric) -> bool) -> Result<(&Metric, MetricValue), String> {
        let found = self.values.iter().find(|(metric, _)| wanted(metric));
        let value = found.and_then(|(metric, value)| Some((metric, (*value)?)));
        value.ok_or_else(|| "no value of it is in the dump".to_owned())
    }

    /// The same for each pod that runs.
    fn everywhere(&self, value: impl Fn(&Pod) -> Option<i64>) -> Samples {
        let there = |pod: &&Pod| !pod.deleted && pod.phase == Phase::Running;
        let sample = |pod: &Pod| {
            let sample = Sample {
                value: value(pod)?,
                timestamp: self.now,
                window: Span::default(),
            };
            Some((pod.name.clone(), sample))
        };
        self.pods.iter().filter(there).filter_map(sample).collect()
    }

    fn outside(&self, target: &Target, value: MetricValue) -> Option<i64> {
        match (value.average, value.value) {
            // The status shows the share of each replica.
            (Some(average), _) if target.average_value.is_some() => {
                Some(average.milli_value().saturating_mul(self.replicas.max(1)))
            }
            (_, Some(value)) => Some(value.milli_value()),
            _ => None,
        }
    }
}

impl Metrics for Recorded {
    fn resource(&self, resource: &str, container: &str) -> Result<Samples, String> {
        if let Some(usage) = &self.usage {
            let samples = of_usage(usage, resource, container);
            return samples.map_err(|error| {
                format!("unable to fetch metrics from resource metrics API: {error}")
            });
        }
        let (_, value) = self.value(|metric| match metric {
            Metric::Resource { name, .. } => container.is_empty() && name == resource,
            Metric::ContainerResource {
                name,
                container: own,
                ..
            } => name == resource && own == container,
            _ => false,
        })?;
        let mean = value.average.map(Quantity::milli_value);
        Ok(self.everywhere(|pod| {
            // Of the request, where that is what the status says: the mean is cut short there.
            let request = pod.request(resource, container, true).ok();
            let share = value.utilization.zip(request).map(|(percent, request)| {
                request.saturating_mul(percent.into()).saturating_add(99) / 100
            });
            share.or(mean)
        }))
    }

    fn pods(&self, metric: &Identifier) -> Result<Samples, String> {
        let (_, value) =
            self.value(|one| matches!(one, Metric::Pods { metric: own, .. } if own == metric))?;
        let mean = value.average.map(Quantity::milli_value);
        Ok(self.everywhere(|_| mean))
    }

    fn object(&self, object: &Reference, metric: &Identifier) -> Result<i64, String> {
        let (found, value) = self.value(|one| {
            matches!(one, Metric::Object { object: on, metric: own, .. } if on == object && own == metric)
        })?;
        let Metric::Object { target, .. } = found else {
            return Err("no value of it is in the dump".to_owned());
        };
        self.outside(target, value)
            .ok_or_else(|| "no value of it is in the dump".to_owned())
    }

    fn external(&self, metric: &Identifier) -> Result<Vec<i64>, String> {
        let (found, value) =
            self.value(|one| matches!(one, Metric::External { metric: own, .. } if own == metric))?;
        let Metric::External { target, .. } = found else {
            return Err("no value of it is in the dump".to_owned());
        };
        let value = self.outside(target, value);
        value
            .map(|value| vec![value])
            .ok_or_else(|| "no value of it is in the dump".to_owned())
    }
}
