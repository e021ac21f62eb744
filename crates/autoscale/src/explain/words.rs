//! Plain words for what the controller says.

use std::cmp::Ordering;

use plimsoll_hpa::behavior::{Held, Limit, Verdict};
use plimsoll_hpa::decide::Cause;
use plimsoll_hpa::{Metric, Policy};

use super::Explanation;
use crate::dump::WrittenCondition;

/// What a metric is called.
pub fn metric_name(metric: &Metric) -> String {
    match metric {
        Metric::Resource { name, .. } => name.clone(),
        Metric::ContainerResource {
            name, container, ..
        } => format!("{name} of container {container}"),
        Metric::Pods { metric, .. } => format!("{} of the pods", metric.name),
        Metric::Object { object, metric, .. } => {
            format!("{} of {}/{}", metric.name, object.kind, object.name)
        }
        Metric::External { metric, .. } => format!("{} from outside", metric.name),
        Metric::Unknown(kind) => kind.clone(),
    }
}

/// Why a sync does what it does, in one sentence without its end. `policies` are those of the way
/// up and of the way down; none where there is no `behavior`.
pub fn moved_words(explanation: &Explanation, policies: [&[Policy]; 2]) -> String {
    let Some(decision) = explanation.outcome.decision else {
        return "it can decide nothing, and stays".to_owned();
    };
    let (current, desired) = (explanation.current, decision.desired);
    match decision.cause {
        Cause::Disabled => "somebody set the target to zero, which disables the HPA".to_owned(),
        Cause::AboveMax => {
            format!("{current} are more than `maxReplicas`; it goes to {desired} at once")
        }
        Cause::BelowMin => {
            format!("{current} are fewer than `minReplicas`; it goes to {desired} at once")
        }
        Cause::Metrics {
            proposed, verdict, ..
        } => {
            let proposal = match proposed.cmp(&current) {
                Ordering::Equal => format!("the metrics propose to stay at {proposed}"),
                Ordering::Greater => {
                    format!("the metrics propose {proposed}, more than {current}")
                }
                Ordering::Less => format!("the metrics propose {proposed}, fewer than {current}"),
            };
            let parts = [
                Some(proposal),
                window_words(explanation, verdict),
                limit_words(verdict, policies),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            parts.join("; ")
        }
    }
}

fn window_words(explanation: &Explanation, verdict: Verdict) -> Option<String> {
    let (up, down) = explanation.windows;
    let (other, window) = match verdict.held? {
        Held::Down => ("higher", down),
        Held::Up => ("lower", up),
    };
    let (seconds, at) = (window.as_seconds(), verdict.stabilized);
    Some(format!(
        "a {other} recommendation within the last {seconds} s holds it at {at}"
    ))
}

fn limit_words(verdict: Verdict, policies: [&[Policy]; 2]) -> Option<String> {
    let desired = verdict.desired;
    let (up, index) = match verdict.limit {
        Limit::None => return None,
        Limit::Min => return Some(format!("`minReplicas` keeps it at {desired}")),
        Limit::Max => return Some(format!("`maxReplicas` keeps it at {desired}")),
        Limit::Up(index) => (true, index),
        Limit::Down(index) => (false, index),
    };
    let own = policies[usize::from(!up)];
    let what = match index.and_then(|at| own.get(at)) {
        Some(policy) => format!("policy {policy}"),
        None if up && own.is_empty() => "the limit of twice as many, or four".to_owned(),
        None => "`selectPolicy: Disabled`".to_owned(),
    };
    Some(format!("{what} lets it go to {desired}"))
}

/// What a condition of an HPA means.
pub fn condition_words(condition: &WrittenCondition) -> &'static str {
    reason_words(&condition.reason)
}

fn reason_words(reason: &str) -> &'static str {
    match reason {
        "SucceededGetScale" => "the target can be read; nothing was decided since",
        "SucceededRescale" => "the last sync changed the number",
        "ReadyForNewScale" => "nothing holds the next change",
        "ScaleDownStabilized" => {
            "fewer would do, and a higher recommendation of the window still counts"
        }
        "ScaleUpStabilized" => {
            "more are wanted, and a lower recommendation of the window still counts"
        }
        "FailedGetScale" => "the target cannot be read: is it there, and has it a scale?",
        "FailedUpdateScale" => {
            "the target cannot be written: see the controller's rights and quotas"
        }
        "ValidMetricFound" => "at least one metric has a value",
        "ScalingDisabled" => "the target is at zero and nobody but a person wakes it",
        "FailedGetResourceMetric" | "FailedGetContainerResourceMetric" => {
            "metrics-server gives no usage, or a container has no request"
        }
        "FailedGetPodsMetric" | "FailedGetObjectMetric" => {
            "the adapter of custom metrics gives no value"
        }
        "FailedGetExternalMetric" => "the adapter of external metrics gives no value",
        "InvalidMetricSourceType" => "a metric has a type that there is not",
        "InvalidSelector" | "SelectorRequired" => "the target's selector cannot be used",
        "AmbiguousSelector" => "another HPA scales pods of the same selector",
        "DesiredWithinRange" => "no limit is met",
        "TooFewReplicas" => "fewer would do; `minReplicas` is the limit",
        "TooManyReplicas" => "more are wanted; `maxReplicas` is the limit",
        "ScaleUpLimit" => "more are wanted; a policy slows the way up",
        "ScaleDownLimit" => "fewer would do; a policy slows the way down",
        "ScaledToZero" => "the controller took the target to zero, and may wake it",
        "NotScaledToZero" => "the controller did not take the target to zero",
        _ => "",
    }
}

/// What an event about an HPA means.
pub fn event_words(reason: &str) -> &'static str {
    match reason {
        "SuccessfulRescale" => "the number was changed",
        "FailedRescale" => "the number could not be written",
        "FailedComputeMetricsReplicas" => "no metric that allows a decision had a value",
        "FailedUpdateStatus" => "the status could not be written",
        "FailedConvertHPA" => "the HPA cannot be read",
        // The reasons of metrics that fail are those of conditions.
        other => reason_words(other),
    }
}
