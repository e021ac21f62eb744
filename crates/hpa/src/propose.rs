//! From pods and samples to a proposal: the methods of `ReplicaCalculator`.

use crate::Flags;
use crate::calculator::{
    Alike, NoProposal, Proposal, Tolerances, Usage, average, external_sum, utilization, whole,
};
use crate::groups::{Groups, groups};
use crate::pods::{Phase, Pod};
use crate::samples::Samples;
use crate::time::Time;

/// What every metric of a sync is held against.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// `spec.replicas` of the target.
    pub current: i32,
    /// The tolerances.
    pub tolerances: Tolerances,
    /// The controller's flags.
    pub flags: &'a Flags,
    /// The pods.
    pub pods: &'a [Pod],
    /// Now.
    pub now: Time,
}

/// A metric with its target in thousandths. Metrics of objects and from outside with a target
/// for each pod look at no pods: [`crate::calculator::object_per_pod`] and its sibling.
#[derive(Clone, PartialEq, Debug)]
pub enum Source<'a> {
    /// `GetResourceReplicas`.
    Utilization {
        /// What the pods, or one container of each, use.
        samples: Samples,
        /// In percent of the request.
        target: i32,
        /// The resource.
        resource: &'a str,
        /// The container; empty for the pod.
        container: &'a str,
    },
    /// `GetRawResourceReplicas`, and `GetMetricReplicas` with an empty resource.
    Average {
        /// What the pods have.
        samples: Samples,
        /// What each should have.
        target: i64,
        /// The resource; empty for other metrics.
        resource: &'a str,
    },
    /// `GetObjectMetricReplicas`.
    Object {
        /// The value.
        usage: i64,
        /// What it should be.
        target: i64,
    },
    /// `GetExternalMetricReplicas`.
    External {
        /// The series.
        series: &'a [i64],
        /// What their sum should be.
        target: i64,
    },
}

const NO_PODS: &str = "no pods returned by selector while calculating replica count";

/// The proposal of a metric.
///
/// # Errors
///
/// The calculator's text.
pub fn propose(question: &Question<'_>, source: Source<'_>) -> Result<Proposal, String> {
    let Question {
        current,
        tolerances,
        ..
    } = *question;
    match source {
        Source::Utilization {
            samples,
            target,
            resource,
            container,
        } => of_request(question, samples, target, (resource, container)),
        Source::Average {
            samples,
            target,
            resource,
        } => plain(question, samples, target, resource),
        Source::Object { usage, target } => {
            whole(current, usage, target, tolerances, || ready(question))
        }
        Source::External { series, target } => {
            let usage = external_sum(series);
            whole(current, usage, target, tolerances, || ready(question))
        }
    }
}

/// The pods in groups, and the samples that are left.
fn sort<'a>(
    question: &Question<'a>,
    samples: &mut Samples,
    resource: &str,
) -> Result<Groups<'a>, String> {
    if question.pods.is_empty() {
        return Err(NO_PODS.to_owned());
    }
    let Question {
        pods, flags, now, ..
    } = *question;
    let groups = groups(pods, samples, resource, flags, now);
    for name in groups.ignored.iter().chain(&groups.unready) {
        samples.remove(*name);
    }
    if samples.is_empty() {
        return Err(NoProposal::NoSamples.to_string());
    }
    Ok(groups)
}

fn of_request(
    question: &Question<'_>,
    mut samples: Samples,
    target: i32,
    (resource, container): (&str, &str),
) -> Result<Proposal, String> {
    let groups = sort(question, &mut samples, resource)?;
    let mut usage = Usage {
        ready: groups.ready as i64,
        samples: samples.len() as i64,
        ..Usage::default()
    };
    let (mut unready, mut missing) = (Vec::new(), Vec::new());
    for pod in question.pods {
        let pod_level = question.flags.pod_level_resources;
        let request = pod.request(resource, container, pod_level)?;
        let name = pod.name.as_str();
        if let Some(sample) = samples.get(name) {
            usage.sum = usage.sum.wrapping_add(sample.value);
            usage.requests = usage.requests.wrapping_add(request);
            usage.known += 1;
        }
        let alike = Alike { request, pods: 1 };
        if groups.unready.contains(name) {
            unready.push(alike);
        }
        if groups.missing.contains(name) {
            missing.push(alike);
        }
    }
    usage.unready = &unready;
    usage.missing = &missing;
    utilization(question.current, target, question.tolerances, &usage)
        .map_err(|error| error.to_string())
}

fn plain(
    question: &Question<'_>,
    mut samples: Samples,
    target: i64,
    resource: &str,
) -> Result<Proposal, String> {
    let groups = sort(question, &mut samples, resource)?;
    let alike = |pods: usize| {
        (pods > 0).then_some(Alike {
            request: 0,
            pods: pods as i64,
        })
    };
    let (unready, missing) = (alike(groups.unready.len()), alike(groups.missing.len()));
    let values = samples.values();
    let usage = Usage {
        ready: groups.ready as i64,
        sum: values.fold(0, |sum, sample| sum.wrapping_add(sample.value)),
        samples: samples.len() as i64,
        unready: unready.as_slice(),
        missing: missing.as_slice(),
        ..Usage::default()
    };
    average(question.current, target, question.tolerances, &usage)
        .map_err(|error| error.to_string())
}

/// `getReadyPodsCount`.
fn ready(question: &Question<'_>) -> Result<i64, String> {
    if question.pods.is_empty() {
        return Err(format!("unable to calculate ready pods: {NO_PODS}"));
    }
    let ready = |pod: &&Pod| pod.phase == Phase::Running && pod.is_ready();
    Ok(question.pods.iter().filter(ready).count() as i64)
}
