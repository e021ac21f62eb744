//! A replay for programs. The format is described in docs/autoscale.md.

use plimsoll_autoscale::KUBERNETES;
use plimsoll_autoscale::sim::{HoldKind, Report};
use serde::Serialize;

use super::inputs::Inputs;
use crate::failure::Failure;

/// The version of the format; a change that a reader could stumble over raises it.
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    version: u32,
    kubernetes: &'static str,
    name: &'a str,
    place: Option<&'a str>,
    min_replicas: i32,
    max_replicas: i32,
    begin: f64,
    sync_seconds: f64,
    summary: Summary,
    held: Vec<Held>,
    changes: Vec<Change>,
    steps: Steps,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    steps: usize,
    offered: f64,
    served: f64,
    delayed: f64,
    lost: f64,
    lost_share: f64,
    delayed_share: f64,
    lossy_seconds: f64,
    replica_hours: f64,
    used_share: f64,
    cost: f64,
    most_replicas: i32,
    fewest_replicas: i32,
    changes_up: usize,
    changes_down: usize,
    flaps: usize,
}

#[derive(Serialize)]
struct Held {
    by: &'static str,
    syncs: usize,
}

#[derive(Serialize)]
struct Change {
    at: f64,
    from: i32,
    to: i32,
    wanted: i32,
    why: String,
}

#[derive(Serialize)]
struct Steps {
    load: Vec<f64>,
    ready: Vec<i32>,
    replicas: Vec<i32>,
    lost: Vec<f64>,
    delayed: Vec<f64>,
    utilization: Vec<f64>,
}

pub(super) fn json(inputs: &Inputs, report: &Report) -> Result<String, Failure> {
    let samples = &report.samples;
    // More digits are noise of the model.
    let short = |value: f64| (value * 1e6).round() / 1e6;
    let document = Document {
        version: VERSION,
        kubernetes: KUBERNETES,
        name: inputs.autoscaler.name(),
        place: inputs.place.as_deref(),
        min_replicas: inputs.autoscaler.least(),
        max_replicas: inputs.autoscaler.hpa.max_replicas,
        begin: inputs.load.begin,
        sync_seconds: report.sync,
        summary: Summary {
            steps: report.steps,
            offered: short(report.offered),
            served: short(report.served),
            delayed: short(report.delayed),
            lost: short(report.lost),
            lost_share: report.lost_share(),
            delayed_share: report.delayed_share(),
            lossy_seconds: report.lossy_seconds,
            replica_hours: short(report.replica_hours),
            used_share: report.used_share(),
            cost: short(report.cost),
            most_replicas: report.most,
            fewest_replicas: report.fewest,
            changes_up: report.ups,
            changes_down: report.downs,
            flaps: report.flaps,
        },
        held: HoldKind::ALL
            .into_iter()
            .filter(|kind| report.held[*kind as usize] > 0)
            .map(|kind| Held {
                by: kind.words(),
                syncs: report.held[kind as usize],
            })
            .collect(),
        changes: report
            .moves
            .iter()
            .map(|one| Change {
                at: (one.step + 1) as f64 * report.sync,
                from: one.from,
                to: one.to,
                wanted: one.proposed,
                why: one.hold.to_string(),
            })
            .collect(),
        steps: Steps {
            load: samples.iter().map(|one| short(one.load)).collect(),
            ready: samples.iter().map(|one| one.ready).collect(),
            replicas: samples.iter().map(|one| one.replicas).collect(),
            lost: samples.iter().map(|one| short(one.lost)).collect(),
            delayed: samples.iter().map(|one| short(one.delayed)).collect(),
            utilization: samples.iter().map(|one| short(one.utilization)).collect(),
        },
    };
    let text = serde_json::to_string(&document)
        .map_err(|error| Failure::internal(format!("cannot write JSON: {error}")))?;
    Ok(plimsoll_report::escape::json(&text).into_owned() + "\n")
}
