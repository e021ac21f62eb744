//! What the metrics propose: `computeReplicasForMetrics` and the functions below it.

use crate::Flags;
use crate::calculator::{Proposal, Tolerances, external_per_pod, object_per_pod};
use crate::propose::{Question, Source, propose};
use crate::samples::Metrics;
use crate::selector::shown;
use crate::spec::{Hpa, Identifier, Metric, Reference, Target};
use crate::status::{Condition, ConditionKind, Event, MetricStatus};

/// What proposals are made of.
pub(crate) struct Context<'a> {
    pub(crate) hpa: &'a Hpa,
    pub(crate) question: Question<'a>,
    pub(crate) status_replicas: i32,
    pub(crate) metrics: &'a dyn Metrics,
}

/// The metrics together.
pub(crate) struct Computed {
    /// The highest proposal; `None` where nothing may be done.
    pub(crate) replicas: Option<i32>,
    /// Which metric it came from.
    pub(crate) metric: String,
    pub(crate) statuses: Vec<Option<MetricStatus>>,
    pub(crate) condition: Condition,
    pub(crate) events: Vec<Event>,
    /// What failed, even if the others suffice.
    pub(crate) error: Option<String>,
    /// Whether the first that failed was wrong in itself.
    pub(crate) error_in_spec: bool,
}

pub(crate) struct Failure {
    pub(crate) reason: &'static str,
    /// What the event and the condition say.
    pub(crate) message: String,
    /// What the error says.
    error: String,
}

pub(crate) struct Answer {
    pub(crate) proposal: Proposal,
    pub(crate) name: String,
    pub(crate) status: MetricStatus,
}

pub(crate) fn compute(cx: &Context<'_>) -> Computed {
    let specs = &cx.hpa.metrics;
    let mut statuses = Vec::with_capacity(specs.len());
    let mut events = Vec::new();
    let mut replicas = 0;
    let mut metric = String::new();
    let mut invalid = 0;
    let mut first: Option<Failure> = None;
    for spec in specs {
        match one(cx, spec) {
            Ok(answer) => {
                let proposed = answer.proposal.replicas;
                if replicas == 0 || proposed > replicas {
                    replicas = proposed;
                    metric = answer.name;
                }
                statuses.push(Some(answer.status));
            }
            Err(failure) => {
                invalid += 1;
                statuses.push(None);
                events.push(Event::warning(failure.reason, &*failure.message));
                first.get_or_insert(failure);
            }
        }
    }
    let error = first.as_ref().map(|failure| {
        let (all, error) = (specs.len(), &failure.error);
        format!("invalid metrics ({invalid} invalid out of {all}), first error is: {error}")
    });
    let blocked = invalid >= specs.len() || (invalid > 0 && replicas < cx.question.current);
    let active = |status, reason, message| Condition {
        kind: ConditionKind::ScalingActive,
        status,
        since: cx.question.now,
        reason,
        message,
    };
    let condition = match &first {
        Some(failure) if blocked => active(
            false,
            failure.reason,
            format!(
                "the HPA was unable to compute the replica count: {}",
                failure.message
            ),
        ),
        // An HPA without metrics, which the API server lets nobody write.
        None if blocked => Condition {
            kind: ConditionKind::Nameless,
            ..active(false, "", String::new())
        },
        _ => active(
            true,
            "ValidMetricFound",
            format!("the HPA was able to successfully calculate a replica count from {metric}"),
        ),
    };
    Computed {
        replicas: (!blocked).then_some(replicas),
        metric,
        statuses,
        condition,
        events,
        error,
        error_in_spec: first.is_some_and(|failure| failure.reason == "InvalidMetricSourceType"),
    }
}

/// `tolerancesForHpa`.
pub(crate) fn tolerances(hpa: &Hpa, flags: &Flags) -> Tolerances {
    let of = |rules: fn(&crate::Behavior) -> &crate::Rules| {
        let own = hpa.behavior.as_ref().and_then(|one| rules(one).tolerance);
        own.unwrap_or(flags.tolerance)
    };
    Tolerances {
        down: of(|behavior| &behavior.down),
        up: of(|behavior| &behavior.up),
    }
}

/// What one metric proposes.
pub(crate) fn one(cx: &Context<'_>, metric: &Metric) -> Result<Answer, Failure> {
    match metric {
        Metric::Resource { name, target } => resource(cx, name, "", target)
            .map(|found| answer(metric, found, false, name))
            .map_err(|error| Failure {
                reason: "FailedGetResourceMetric",
                error: format!("failed to get {name} resource metric value: {error}"),
                message: error,
            }),
        Metric::ContainerResource {
            name,
            container,
            target,
        } => resource(cx, name, container, target)
            .map(|found| answer(metric, found, true, name))
            .map_err(|error| Failure {
                reason: "FailedGetContainerResourceMetric",
                error: format!("failed to get {container} container metric value: {error}"),
                message: error,
            }),
        Metric::Pods { metric: id, target } => {
            let wrap = |error: String| Failure {
                reason: "FailedGetPodsMetric",
                error: format!("failed to get pods metric value: {error}"),
                message: error,
            };
            refuse(id).map_err(wrap)?;
            pods_metric(cx, metric, id, target).map_err(wrap)
        }
        Metric::Object {
            object,
            metric: id,
            target,
        } => {
            let wrap = |(message, error): (String, String)| Failure {
                reason: "FailedGetObjectMetric",
                error: format!("failed to get object metric value: {error}"),
                message,
            };
            refuse(id).map_err(|error| wrap((error.clone(), error)))?;
            object_metric(cx, metric, object, id, target).map_err(wrap)
        }
        Metric::External { metric: id, target } => {
            external_metric(cx, metric, id, target).map_err(|(message, error)| Failure {
                reason: "FailedGetExternalMetric",
                error: format!("failed to get {} external metric value: {error}", id.name),
                message,
            })
        }
        Metric::Unknown(name) => {
            let error = format!("unknown metric source type {name:?}");
            Err(Failure {
                reason: "InvalidMetricSourceType",
                message: error.clone(),
                error,
            })
        }
    }
}

fn refuse(metric: &Identifier) -> Result<(), String> {
    let refusal = metric.selector.as_ref().and_then(|one| one.refusal());
    refusal.map_or(Ok(()), Err)
}

fn answer(metric: &Metric, found: Found, of_container: bool, resource: &str) -> Answer {
    let name = match (found.utilization, of_container) {
        (None, _) => format!("{resource} resource"),
        (Some(_), false) => format!("{resource} resource utilization (percentage of request)"),
        (Some(_), true) => {
            format!("{resource} container resource utilization (percentage of request)")
        }
    };
    Answer {
        proposal: found.proposal,
        name,
        status: MetricStatus {
            metric: metric.clone(),
            average_utilization: found.utilization,
            average_value: Some(found.proposal.usage),
            value: None,
        },
    }
}

#[derive(Clone, Copy)]
struct Found {
    proposal: Proposal,
    utilization: Option<i32>,
}

/// `computeStatusForResourceMetricGeneric`.
fn resource(
    cx: &Context<'_>,
    name: &str,
    container: &str,
    target: &Target,
) -> Result<Found, String> {
    let samples = || {
        let samples = cx.metrics.resource(name, container);
        samples.map_err(|error| format!("unable to get metrics for resource {name}: {error}"))
    };
    if let Some(value) = target.average_value {
        let source = |samples| Source::Average {
            samples,
            target: value.milli_value(),
            resource: name,
        };
        let proposal = samples()
            .and_then(|samples| propose(&cx.question, source(samples)))
            .map_err(|error| format!("failed to get {name} usage: {error}"))?;
        return Ok(Found {
            proposal,
            utilization: None,
        });
    }
    let Some(percent) = target.average_utilization else {
        return Err(
            "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set"
                .to_owned(),
        );
    };
    let source = |samples| Source::Utilization {
        samples,
        target: percent,
        resource: name,
        container,
    };
    let proposal = samples()
        .and_then(|samples| propose(&cx.question, source(samples)))
        .map_err(|error| format!("failed to get {name} utilization: {error}"))?;
    Ok(Found {
        proposal,
        utilization: Some(proposal.utilization),
    })
}

fn pods_metric(
    cx: &Context<'_>,
    metric: &Metric,
    id: &Identifier,
    target: &Target,
) -> Result<Answer, String> {
    // The API server lets no other target pass; the controller would stop here.
    let Some(value) = target.average_value else {
        return Err("invalid pods metric source: no average value target was set".to_owned());
    };
    let samples = cx.metrics.pods(id);
    let samples = samples.map_err(|error| format!("unable to get metric {}: {error}", id.name))?;
    let source = Source::Average {
        samples,
        target: value.milli_value(),
        resource: "",
    };
    let proposal = propose(&cx.question, source)?;
    Ok(Answer {
        proposal,
        name: format!("pods metric {}", id.name),
        status: MetricStatus {
            metric: metric.clone(),
            average_utilization: None,
            average_value: Some(proposal.usage),
            value: None,
        },
    })
}

/// `computeStatusForObjectMetric`. Errors are what the event says and what the error says.
fn object_metric(
    cx: &Context<'_>,
    metric: &Metric,
    object: &Reference,
    id: &Identifier,
    target: &Target,
) -> Result<Answer, (String, String)> {
    let same = |error: String| (error.clone(), error);
    let usage = || {
        let (name, kind, on) = (&id.name, &object.kind, &object.name);
        let namespace = &cx.hpa.namespace;
        cx.metrics.object(object, id).map_err(|error| {
            format!("unable to get metric {name} on {kind} {namespace}/{on}: {error}")
        })
    };
    let tolerances = cx.question.tolerances;
    let status = |average_value, value| MetricStatus {
        metric: metric.clone(),
        average_utilization: None,
        average_value,
        value,
    };
    match (&*target.kind, target.value, target.average_value) {
        ("Value", Some(value), _) => {
            let usage = usage().map_err(same)?;
            let target = value.milli_value();
            let source = Source::Object { usage, target };
            let proposal = propose(&cx.question, source).map_err(same)?;
            Ok(Answer {
                proposal,
                name: format!("{} metric {}", object.kind, id.name),
                status: status(None, Some(proposal.usage)),
            })
        }
        ("AverageValue", _, Some(value)) => {
            let usage = usage().map_err(|error| {
                let outer = format!("failed to get {} object metric: {error}", id.name);
                (error, outer)
            })?;
            let replicas = cx.status_replicas;
            let proposal = object_per_pod(replicas, usage, value.milli_value(), tolerances);
            Ok(Answer {
                proposal,
                name: external_name(id),
                status: status(Some(proposal.usage), None),
            })
        }
        _ => Err(same(
            "invalid object metric source: neither a value target nor an average value target was set"
                .to_owned(),
        )),
    }
}

/// The controller calls a shared-out metric of an object external, too.
fn external_name(id: &Identifier) -> String {
    let selector = shown(id.selector.as_ref());
    format!("external metric {}({selector})", id.name)
}

/// `computeStatusForExternalMetric`. Errors are what the event says and what the error says.
fn external_metric(
    cx: &Context<'_>,
    metric: &Metric,
    id: &Identifier,
    target: &Target,
) -> Result<Answer, (String, String)> {
    let tolerances = cx.question.tolerances;
    let series = || {
        refuse(id)?;
        let (name, namespace) = (&id.name, &cx.hpa.namespace);
        let selector = shown(id.selector.as_ref());
        cx.metrics.external(id).map_err(|error| {
            format!("unable to get external metric {namespace}/{name}/{selector}: {error}")
        })
    };
    let (proposal, averaged) = if let Some(value) = target.average_value {
        let series = series().map_err(|error| {
            let outer = format!("failed to get {} external metric: {error}", id.name);
            (error, outer)
        })?;
        let replicas = cx.status_replicas;
        let proposal = external_per_pod(replicas, &series, value.milli_value(), tolerances);
        (proposal, true)
    } else if let Some(value) = target.value {
        let outer = |error: String| {
            let outer = format!("failed to get external metric {}: {error}", id.name);
            (error, outer)
        };
        let source = Source::External {
            series: &series().map_err(outer)?,
            target: value.milli_value(),
        };
        let proposal = propose(&cx.question, source).map_err(outer)?;
        (proposal, false)
    } else {
        let error = "invalid external metric source: neither a value target nor an average value target was set";
        return Err((error.to_owned(), error.to_owned()));
    };
    Ok(Answer {
        proposal,
        name: external_name(id),
        status: MetricStatus {
            metric: metric.clone(),
            average_utilization: None,
            average_value: averaged.then_some(proposal.usage),
            value: (!averaged).then_some(proposal.usage),
        },
    })
}
