//! An explanation for programs. The format is described in docs/autoscale.md.

use plimsoll_autoscale::KUBERNETES;
use plimsoll_autoscale::dump::Dump;
use plimsoll_autoscale::explain::{Answer, Explanation, condition_words, event_words, metric_name};
use serde::Serialize;

use super::parts;
use crate::failure::Failure;

/// The version of the format; a change that a reader could stumble over raises it.
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    version: u32,
    kubernetes: &'static str,
    namespace: &'a str,
    name: &'a str,
    /// Seconds since 1970.
    at: i64,
    min_replicas: i32,
    max_replicas: i32,
    current_replicas: i32,
    /// Of a sync at that time; absent where it can decide nothing.
    desired_replicas: Option<i32>,
    status_desired_replicas: Option<i32>,
    why: Vec<String>,
    metrics: Vec<Metric>,
    up: Vec<String>,
    down: Vec<String>,
    conditions: Vec<Condition<'a>>,
    events: Vec<Event<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Metric {
    name: String,
    now: Option<Reading>,
    up: Option<Reading>,
    down: Option<Reading>,
    error: Option<String>,
    pods: Option<Pods>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reading {
    replicas: i32,
    ratio: f64,
    refilled_ratio: Option<f64>,
    utilization: Option<i32>,
    average_value: Option<String>,
    value: Option<String>,
}

#[derive(Serialize)]
struct Pods {
    ready: usize,
    unready: Vec<String>,
    missing: Vec<String>,
    ignored: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Condition<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    status: &'a str,
    reason: &'a str,
    message: &'a str,
    meaning: &'static str,
}

#[derive(Serialize)]
struct Event<'a> {
    at: i64,
    reason: &'a str,
    message: &'a str,
    count: i32,
    meaning: &'static str,
}

fn value(answer: &Answer) -> Reading {
    let (status, proposal) = (&answer.status, &answer.proposal);
    let amount = |milli: Option<i64>| milli.map(|milli| status.quantity(milli).to_string());
    Reading {
        replicas: proposal.replicas,
        ratio: proposal.ratio,
        refilled_ratio: proposal.refilled,
        utilization: status.average_utilization,
        average_value: amount(status.average_value),
        value: amount(status.value),
    }
}

pub(super) fn json(dump: &Dump, explained: &Explanation) -> Result<String, Failure> {
    let metrics = explained.accounts.iter().map(|one| Metric {
        name: metric_name(&dump.hpa.metrics[one.account.index]),
        now: one.account.answer.as_ref().ok().map(value),
        up: one.up.as_ref().map(value),
        down: one.down.as_ref().map(value),
        error: one
            .account
            .answer
            .as_ref()
            .err()
            .map(|refusal| refusal.message.clone()),
        pods: one.account.counted.as_ref().map(|counted| Pods {
            ready: counted.ready,
            unready: counted.unready.clone(),
            missing: counted.missing.clone(),
            ignored: counted.ignored.clone(),
        }),
    });
    let document = Document {
        version: VERSION,
        kubernetes: KUBERNETES,
        namespace: &dump.hpa.namespace,
        name: &dump.hpa.name,
        at: explained.now.as_seconds(),
        min_replicas: dump.hpa.min(),
        max_replicas: dump.hpa.max_replicas,
        current_replicas: explained.current,
        desired_replicas: explained.outcome.decision.map(|one| one.desired),
        status_desired_replicas: dump.written.desired_replicas,
        why: parts::why(dump, explained),
        metrics: metrics.collect(),
        up: parts::moves(dump, explained, true),
        down: parts::moves(dump, explained, false),
        conditions: dump
            .written
            .conditions
            .iter()
            .map(|one| Condition {
                kind: &one.kind,
                status: &one.status,
                reason: &one.reason,
                message: &one.message,
                meaning: condition_words(one),
            })
            .collect(),
        events: dump
            .events
            .iter()
            .map(|one| Event {
                at: one.at.as_seconds(),
                reason: &one.reason,
                message: &one.message,
                count: one.count,
                meaning: event_words(&one.reason),
            })
            .collect(),
        notes: &dump.notes,
    };
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Failure::internal(format!("cannot write JSON: {error}")))?;
    Ok(plimsoll_report::escape::json(&text).into_owned() + "\n")
}
