//! Recommendations for programs. The format is described in docs/sizing.md.

use plimsoll_fit::Needed;
use plimsoll_sizing::cpu::Rejected;
use plimsoll_sizing::plan::{Measured, Plan, bytes, cores};
use plimsoll_sizing::{Chance, KUBERNETES, Present};
use serde::Serialize;

use super::packing::{Name, Room};
use super::{Answer, Profiles, explain, text};
use crate::failure::Failure;

/// The version of the format; a change that a reader could stumble over raises it.
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    version: u32,
    kubernetes: &'static str,
    risk: &'static str,
    workloads: Vec<Workload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prices: Option<PricesHour>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packing: Option<Packing>,
}

#[derive(Serialize)]
struct Packing {
    /// The shape, where nodes of one are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    /// The nodes of a cluster, where they are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<Cluster>,
    workloads: usize,
    sized: usize,
    before: Nodes,
    after: Nodes,
}

/// How many nodes a cluster has, and how many pods of others run there.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cluster {
    nodes: usize,
    other_pods: usize,
}

/// What a core and a GiB cost in an hour, and who says so.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PricesHour {
    core: f64,
    gib: f64,
    source: &'static str,
}

/// How many nodes, or which workload none holds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Nodes {
    count: Option<usize>,
    cpu_share: Option<f64>,
    memory_share: Option<f64>,
    price_hour: Option<f64>,
    /// The workload that has no place, or the first of them.
    pending: Option<String>,
    /// How many pods have none, of nodes that are given.
    pending_pods: Option<usize>,
    message: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Workload {
    namespace: String,
    name: String,
    place: Option<String>,
    class: Option<Pair<&'static str>>,
    eviction: Option<Pair<usize>>,
    scaling: Option<Scaling>,
    containers: Vec<Container>,
}

#[derive(Serialize)]
struct Pair<T> {
    before: T,
    after: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Scaling {
    target_before: i64,
    target_after: i64,
    cores: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    name: String,
    profile: &'static str,
    present: Option<Set>,
    recommended: Set,
    cpu: Option<Cpu>,
    memory: Option<Memory>,
    idle_cost_month: Option<f64>,
    data: Data,
    notes: Vec<String>,
}

/// Requests and limits as manifests write them.
#[derive(Serialize)]
struct Set {
    requests: Amounts,
    limits: Amounts,
}

#[derive(Serialize)]
struct Amounts {
    cpu: Option<String>,
    memory: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cpu {
    request_cores: f64,
    limit_cores: Option<f64>,
    uncovered_share: f64,
    exceeded_share: f64,
    throttled_share_at_least: Option<f64>,
    idle_cores: f64,
    peak_cores: f64,
    mean_cores: f64,
    headroom: f64,
    to_come: Vec<Quantile>,
    weekly: bool,
    growth: f64,
    today_uncovered_share: Option<f64>,
    today_throttled_share_at_least: Option<f64>,
    reason: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejected: Vec<Other>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    histogram: Vec<Bar>,
}

#[derive(Serialize)]
struct Quantile {
    share: f64,
    cores: f64,
}

#[derive(Serialize)]
struct Bar {
    from: f64,
    to: f64,
    share: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Memory {
    request_bytes: f64,
    limit_bytes: f64,
    killed_in_month: Odds,
    killed_in_day: f64,
    idle_bytes: f64,
    peak_bytes: f64,
    mean_bytes: f64,
    headroom: f64,
    kills_seen: usize,
    growth: f64,
    today_killed_in_month: Option<Odds>,
    reason: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejected: Vec<Other>,
}

#[derive(Serialize)]
struct Odds {
    expected: f64,
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct Other {
    what: &'static str,
    request: f64,
    risk: f64,
    idle: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    days: f64,
    measured_days: f64,
    coverage: f64,
    cpu_samples: u64,
    memory_samples: u64,
    widened: f64,
    restarts: u32,
}

pub(super) fn json(
    answer: &Answer<'_>,
    profiles: &Profiles,
    explained: bool,
) -> Result<String, Failure> {
    let document = Document {
        version: VERSION,
        kubernetes: KUBERNETES,
        risk: answer.risk.name(),
        workloads: answer
            .plans
            .iter()
            .map(|plan| workload(answer, profiles, plan, explained))
            .collect(),
        prices: answer.prices.is_known().then(|| PricesHour {
            core: answer.prices.core,
            gib: answer.prices.gib,
            source: answer.prices.source.name(),
        }),
        packing: answer.packing.as_ref().map(packing),
    };
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Failure::internal(format!("cannot write JSON: {error}")))?;
    Ok(plimsoll_report::escape::json(&text).into_owned() + "\n")
}

fn packing(packing: &super::packing::Packing) -> Packing {
    let (node, cluster) = match &packing.name {
        Name::Shape(name) => (Some(name.clone()), None),
        Name::Cluster { nodes, others } => {
            let (nodes, other_pods) = (*nodes, *others);
            (None, Some(Cluster { nodes, other_pods }))
        }
    };
    Packing {
        node,
        cluster,
        workloads: packing.workloads,
        sized: packing.sized,
        before: nodes(&packing.before),
        after: nodes(&packing.after),
    }
}

fn nodes(room: &Room) -> Nodes {
    let needed = match room {
        Room::Shape(needed) => needed,
        Room::Nodes(filled) => {
            let (pending, message) = filled
                .first
                .as_ref()
                .map(|(group, refusal)| (group.clone(), refusal.to_string()))
                .unzip();
            return Nodes {
                count: Some(filled.nodes),
                cpu_share: Some(filled.used.0),
                memory_share: Some(filled.used.1),
                price_hour: filled.price,
                pending,
                pending_pods: Some(filled.pending),
                message,
            };
        }
    };
    match needed {
        Needed::Nodes { count, price, used } => Nodes {
            count: Some(*count),
            cpu_share: Some(used.0),
            memory_share: Some(used.1),
            price_hour: *price,
            pending: None,
            pending_pods: None,
            message: None,
        },
        Needed::Never { group, refusal } => Nodes {
            count: None,
            cpu_share: None,
            memory_share: None,
            price_hour: None,
            pending: Some(group.clone()),
            pending_pods: None,
            message: Some(refusal.to_string()),
        },
    }
}

fn workload(answer: &Answer<'_>, profiles: &Profiles, plan: &Plan, explained: bool) -> Workload {
    Workload {
        namespace: plan.namespace.clone(),
        name: plan.name.clone(),
        place: answer.place(plan),
        class: plan.class.map(|(before, after)| Pair {
            before: before.name(),
            after: after.name(),
        }),
        eviction: plan.eviction.map(|(before, after)| Pair { before, after }),
        scaling: plan.scaling.map(|scaling| Scaling {
            target_before: scaling.before,
            target_after: scaling.after,
            cores: scaling.cores,
        }),
        containers: plan
            .containers
            .iter()
            .map(|one| container(answer, profiles, plan, one, explained))
            .collect(),
    }
}

fn container(
    answer: &Answer<'_>,
    profiles: &Profiles,
    plan: &Plan,
    one: &Measured,
    explained: bool,
) -> Container {
    let found = &one.found;
    let profile = profiles.of(plan, one);
    let mut notes = found.data_notes();
    notes.extend(text::advice(profile, one));
    let idle_cpu = found.cpu.as_ref().map_or(0.0, |cpu| cpu.outcome.idle);
    let idle_memory = found.memory.as_ref().map_or(0.0, |memory| memory.idle);
    Container {
        name: one.name.clone(),
        profile: profile.name(),
        present: one.present.map(set),
        recommended: set(Present {
            cpu_request: found.cpu.as_ref().map(|cpu| cpu.request),
            cpu_limit: found.cpu.as_ref().and_then(|cpu| cpu.limit),
            memory_request: found.memory.as_ref().map(|memory| memory.request),
            memory_limit: found.memory.as_ref().map(|memory| memory.limit),
        }),
        cpu: cpu(answer, one, explained),
        memory: memory(one, explained),
        idle_cost_month: answer
            .prices
            .is_known()
            .then(|| answer.prices.month(idle_cpu, idle_memory)),
        data: Data {
            days: found.data.days,
            measured_days: found.data.measured,
            coverage: found.data.coverage,
            cpu_samples: found.data.cpu_samples,
            memory_samples: found.data.memory_samples,
            widened: found.data.widened,
            restarts: found.data.restarts,
        },
        notes,
    }
}

fn set(of: Present) -> Set {
    let cpu = |value: Option<f64>| value.map(|value| cores(value).to_string());
    let memory = |value: Option<f64>| value.map(|value| bytes(value).to_string());
    Set {
        requests: Amounts {
            cpu: cpu(of.cpu_request),
            memory: memory(of.memory_request),
        },
        limits: Amounts {
            cpu: cpu(of.cpu_limit),
            memory: memory(of.memory_limit),
        },
    }
}

fn cpu(answer: &Answer<'_>, one: &Measured, explained: bool) -> Option<Cpu> {
    let cpu = one.found.cpu.as_ref()?;
    let histogram = explained.then(|| {
        let past = one.found.outlook.cpu_of_all(&answer.risk.numbers());
        explain::histogram(&past)
    });
    Some(Cpu {
        request_cores: cpu.request,
        limit_cores: cpu.limit,
        uncovered_share: cpu.outcome.uncovered,
        exceeded_share: cpu.outcome.exceeded,
        throttled_share_at_least: cpu.outcome.throttled,
        idle_cores: cpu.outcome.idle,
        peak_cores: cpu.peak,
        mean_cores: cpu.mean,
        headroom: cpu.request / cpu.peak.max(f64::MIN_POSITIVE) - 1.0,
        to_come: cpu
            .to_come
            .iter()
            .map(|(share, cores)| Quantile {
                share: *share,
                cores: *cores,
            })
            .collect(),
        weekly: one.found.outlook.weekly,
        growth: one.found.outlook.cpu_growth,
        today_uncovered_share: one.found.present_cpu.map(|now| now.uncovered),
        today_throttled_share_at_least: one.found.present_cpu.and_then(|now| now.throttled),
        reason: one.found.cpu_reason(answer.risk).unwrap_or_default(),
        rejected: others(&cpu.rejected, explained),
        histogram: histogram
            .into_iter()
            .flatten()
            .map(|row| Bar {
                from: row.from,
                to: row.to,
                share: row.share,
            })
            .collect(),
    })
}

fn memory(one: &Measured, explained: bool) -> Option<Memory> {
    let memory = one.found.memory.as_ref()?;
    Some(Memory {
        request_bytes: memory.request,
        limit_bytes: memory.limit,
        killed_in_month: odds(memory.killed),
        killed_in_day: memory.killed_daily,
        idle_bytes: memory.idle,
        peak_bytes: memory.peak,
        mean_bytes: memory.mean,
        headroom: memory.limit / memory.peak.max(f64::MIN_POSITIVE) - 1.0,
        kills_seen: memory.kills,
        growth: one.found.outlook.memory_growth,
        today_killed_in_month: one.found.present_killed.map(odds),
        reason: one.found.memory_reason().unwrap_or_default(),
        rejected: others(&memory.rejected, explained),
    })
}

fn odds(chance: Chance) -> Odds {
    Odds {
        expected: chance.expected,
        low: chance.low,
        high: chance.high,
    }
}

fn others(rejected: &[Rejected], explained: bool) -> Vec<Other> {
    let shown = rejected.iter().filter(|_| explained);
    shown
        .map(|one| Other {
            what: one.what,
            request: one.request,
            risk: one.risk,
            idle: one.idle,
        })
        .collect()
}
