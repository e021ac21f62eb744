//! Metrics of a dump: of the metrics API, of `kubectl top`, or else of the HPA's own status.

use std::collections::BTreeMap;

use plimsoll_hpa::pods::{Phase, Pod};
use plimsoll_hpa::samples::{Metrics, PodUsage, Sample, Samples, of_usage};
use plimsoll_hpa::spec::{Identifier, Reference, Target};
use plimsoll_hpa::{Hpa, Metric, Span, Time};
use plimsoll_k8s::Quantity;
use plimsoll_sizing::input::{PodMetrics, PodMetricsError};
use plimsoll_yaml::{Dialect, parse};

use super::live::Reading;
use super::status::{MetricValue, Written};

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
    /// An item of the metrics API that cannot be read.
    #[error(transparent)]
    Item(#[from] PodMetricsError),
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
        let pods = PodMetrics::all(&tree)?;
        if pods.is_empty() {
            return Err(UsageError::Form);
        }
        Ok(Self::of(pods))
    }

    /// Reads an answer of the metrics API, in which there may be no pod yet.
    ///
    /// # Errors
    ///
    /// See [`PodMetricsError`].
    pub fn of_answer(text: &str) -> Result<Self, PodMetricsError> {
        let tree = parse(text, Dialect::GoV2);
        PodMetrics::all(&tree).map(Self::of)
    }

    fn of(pods: Vec<PodMetrics>) -> Self {
        Self {
            pods: pods.into_iter().map(of_pod).collect(),
            timed: true,
        }
    }

    /// Whether the samples have times of their own.
    pub(super) const fn is_timed(&self) -> bool {
        self.timed
    }
}

fn of_pod(one: PodMetrics) -> (String, PodUsage) {
    let millis = |seconds: f64| (seconds * 1000.0).round() as i64;
    let usage = PodUsage {
        pod: one.pod,
        timestamp: Time::millis(millis(one.at)),
        window: Span::millis(millis(one.window)),
        containers: one.containers,
    };
    (one.namespace, usage)
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

/// What pods use, and what is known of metrics beside the status.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources<'a> {
    pub(super) usage: Option<&'a UsageFile>,
    /// For each metric of the HPA.
    pub(super) readings: Vec<Option<Result<Reading, String>>>,
}

/// A metric of the HPA with its value in the status and what an API says of it now.
#[derive(Clone, Debug)]
struct Value {
    metric: Metric,
    written: Option<MetricValue>,
    reading: Option<Result<Reading, String>>,
}

/// Where there is neither.
const NOTHING: &str = "no value of it is known";

/// The metrics APIs as a dump has them.
#[derive(Clone, Debug)]
pub struct Recorded {
    usage: Option<Vec<PodUsage>>,
    timed: bool,
    values: Vec<Value>,
    /// The pods that are taken to have the mean, with their requests.
    pods: Vec<Pod>,
    replicas: i64,
    now: Time,
}

impl Recorded {
    pub(super) fn new(hpa: &Hpa, written: &Written, pods: &[Pod], sources: Sources<'_>) -> Self {
        let usage = sources.usage;
        let ours = usage.map(|file| -> Vec<PodUsage> {
            let of = |(namespace, one): &(String, PodUsage)| {
                let is_here = namespace.is_empty() || *namespace == hpa.namespace;
                let is_ours = is_here && pods.iter().any(|pod| pod.name == one.pod);
                is_ours.then(|| one.clone())
            };
            file.pods.iter().filter_map(of).collect()
        });
        let mut readings = sources.readings.into_iter();
        let values = hpa.metrics.iter().zip(written.metrics.iter().copied());
        let values = values.map(|(metric, written)| Value {
            metric: metric.clone(),
            written,
            reading: readings.next().flatten(),
        });
        Self {
            usage: ours,
            timed: usage.is_some_and(|file| file.timed),
            values: values.collect(),
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

    fn value(&self, wanted: impl Fn(&Metric) -> bool) -> Result<&Value, String> {
        let found = self.values.iter().find(|value| wanted(&value.metric));
        found.ok_or_else(|| NOTHING.to_owned())
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

    fn outside(&self, target: &Target, value: &Value) -> Result<Vec<i64>, String> {
        if let Some(Ok(Reading::Values(values))) = &value.reading {
            return Ok(values.clone());
        }
        let written = value.written()?;
        match (written.average, written.value) {
            // The status shows the share of each replica.
            (Some(average), _) if target.average_value.is_some() => {
                let replicas = self.replicas.max(1);
                Ok(vec![average.milli_value().saturating_mul(replicas)])
            }
            (_, Some(value)) => Ok(vec![value.milli_value()]),
            _ => Err(NOTHING.to_owned()),
        }
    }
}

impl Value {
    fn written(&self) -> Result<MetricValue, String> {
        self.written.ok_or_else(|| match &self.reading {
            Some(Err(words)) => words.clone(),
            _ => NOTHING.to_owned(),
        })
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
        let value = self.value(|metric| match metric {
            Metric::Resource { name, .. } => container.is_empty() && name == resource,
            Metric::ContainerResource {
                name,
                container: own,
                ..
            } => name == resource && own == container,
            _ => false,
        })?;
        let value = value.written()?;
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
        let value =
            self.value(|one| matches!(one, Metric::Pods { metric: own, .. } if own == metric))?;
        if let Some(Ok(Reading::Pods(samples))) = &value.reading {
            return Ok(samples.clone());
        }
        let mean = value.written()?.average.map(Quantity::milli_value);
        Ok(self.everywhere(|_| mean))
    }

    fn object(&self, object: &Reference, metric: &Identifier) -> Result<i64, String> {
        let found = self.value(|one| {
            matches!(one, Metric::Object { object: on, metric: own, .. } if on == object && own == metric)
        })?;
        let Metric::Object { target, .. } = &found.metric else {
            return Err(NOTHING.to_owned());
        };
        let values = self.outside(target, found)?;
        values.first().copied().ok_or_else(|| NOTHING.to_owned())
    }

    fn external(&self, metric: &Identifier) -> Result<Vec<i64>, String> {
        let found =
            self.value(|one| matches!(one, Metric::External { metric: own, .. } if own == metric))?;
        let Metric::External { target, .. } = &found.metric else {
            return Err(NOTHING.to_owned());
        };
        self.outside(target, found)
    }
}
