//! The answer for programs. The format is described in docs/fit.md.

use plimsoll_fit::{KUBERNETES, Loss, Needed, Reason};
use serde::Serialize;

use super::Lose;
use super::answer::{Answer, Explained, Placed};
use crate::failure::Failure;

/// The version of the format; a change that a reader could stumble over raises it.
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    version: u32,
    kubernetes: &'static str,
    fits: bool,
    #[serde(flatten)]
    placed: Option<PlacedPart<'a>>,
    shapes: Vec<ShapePart<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlacedPart<'a> {
    nodes: Vec<NodePart<'a>>,
    workloads: Vec<WorkloadPart<'a>>,
    pending: Vec<PendingPart>,
    elsewhere: usize,
    stranded: StrandedPart,
    losses: Option<LossesPart<'a>>,
    explained: Option<ExplainedPart<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodePart<'a> {
    name: &'a str,
    zone: Option<&'a str>,
    allocatable: AmountPart,
    requested: AmountPart,
    price: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AmountPart {
    milli_cpu: i64,
    memory: i64,
    pods: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WorkloadPart<'a> {
    name: String,
    place: Option<&'a str>,
    /// Whether its pods were to be placed, or run already.
    asked: bool,
    priority: i32,
    request: AmountPart,
    placed: usize,
    pending: usize,
    spare: Option<SparePart>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SparePart {
    replicas: usize,
    in_one_piece: usize,
    why_no_more: Option<String>,
}

#[derive(Serialize)]
struct PendingPart {
    workload: String,
    pods: usize,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StrandedPart {
    nodes: usize,
    milli_cpu: i64,
    memory: i64,
    free_milli_cpu: i64,
    free_memory: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LossesPart<'a> {
    of: &'static str,
    each: Vec<LossPart<'a>>,
}

#[derive(Serialize)]
struct LossPart<'a> {
    name: &'a str,
    nodes: usize,
    moved: usize,
    lost: usize,
    pending: Vec<PendingPart>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplainedPart<'a> {
    workload: String,
    message: Option<&'a str>,
    plugins: Vec<&'static str>,
    nodes: Vec<SaidPart<'a>>,
}

#[derive(Serialize)]
struct SaidPart<'a> {
    name: &'a str,
    reasons: Option<Vec<String>>,
    scores: Option<Vec<i64>>,
    total: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShapePart<'a> {
    name: &'a str,
    nodes: Option<usize>,
    price: Option<f64>,
    requested_cpu_share: Option<f64>,
    requested_memory_share: Option<f64>,
    never: Option<PendingPart>,
}

pub(super) fn json(answer: &Answer, notes: &[String]) -> Result<String, Failure> {
    let document = Document {
        version: VERSION,
        kubernetes: KUBERNETES,
        fits: !answer.is_short(),
        placed: answer.placed.as_ref().map(placed_part),
        shapes: answer
            .shapes
            .iter()
            .map(|(shape, needed)| shape_part(&shape.name, needed))
            .collect(),
        notes,
    };
    let text = serde_json::to_string(&document)
        .map_err(|error| Failure::internal(format!("cannot write JSON: {error}")))?;
    Ok(plimsoll_report::escape::json(&text).into_owned() + "\n")
}

fn placed_part(placed: &Placed) -> PlacedPart<'_> {
    let plan = &placed.plan;
    let pending = plan.pending_by_group().into_iter();
    let stranded = &placed.stranded;
    PlacedPart {
        nodes: nodes(placed),
        workloads: workloads(placed),
        pending: pending
            .map(|(group, pods, refusal)| PendingPart {
                workload: plan.groups[group].name(),
                pods,
                message: refusal.to_string(),
            })
            .collect(),
        elsewhere: plan.elsewhere,
        stranded: StrandedPart {
            nodes: stranded.nodes,
            milli_cpu: stranded.milli_cpu,
            memory: stranded.memory,
            free_milli_cpu: stranded.free_milli_cpu,
            free_memory: stranded.free_memory,
        },
        losses: placed.lose.as_ref().map(|(what, losses)| LossesPart {
            of: match what {
                Lose::Node => "node",
                Lose::Zone => "zone",
            },
            each: losses.iter().map(|loss| loss_part(placed, loss)).collect(),
        }),
        explained: placed
            .explained
            .as_ref()
            .map(|explained| explained_part(placed, explained)),
    }
}

fn nodes(placed: &Placed) -> Vec<NodePart<'_>> {
    let plan = &placed.plan;
    let nodes = plan.scheduler.nodes().iter().enumerate();
    nodes
        .map(|(number, node)| {
            let host = plan.load.host(number);
            NodePart {
                name: &node.name,
                zone: node.zone(),
                allocatable: AmountPart {
                    milli_cpu: node.allocatable.milli_cpu,
                    memory: node.allocatable.memory,
                    pods: node.pods,
                },
                requested: AmountPart {
                    milli_cpu: host.requested.milli_cpu,
                    memory: host.requested.memory,
                    pods: host.pods,
                },
                price: node.price,
            }
        })
        .collect()
}

fn workloads(placed: &Placed) -> Vec<WorkloadPart<'_>> {
    let plan = &placed.plan;
    let mut counts = vec![(0, 0); plan.groups.len()];
    for one in &plan.placed {
        counts[one.group].0 += 1;
    }
    for one in &plan.pending {
        counts[one.group].1 += 1;
    }
    let groups = plan.groups.iter().zip(counts).enumerate();
    groups
        .map(|(number, (group, (has_node, pending)))| {
            let spare = placed.spare.iter().find(|one| one.group == number);
            WorkloadPart {
                name: group.name(),
                place: placed.places[number].as_deref(),
                asked: number < plan.asked,
                priority: group.template.priority,
                request: AmountPart {
                    milli_cpu: group.template.requests.milli_cpu,
                    memory: group.template.requests.memory,
                    pods: 1,
                },
                placed: has_node,
                pending,
                spare: spare.map(|one| SparePart {
                    replicas: one.replicas,
                    in_one_piece: one.in_one_piece,
                    why_no_more: one.refusal.as_ref().map(ToString::to_string),
                }),
            }
        })
        .collect()
}

fn loss_part<'a>(placed: &Placed, loss: &'a Loss) -> LossPart<'a> {
    let pending = Placed::pending_of(loss).into_iter();
    LossPart {
        name: &loss.name,
        nodes: loss.nodes.len(),
        moved: loss.moved,
        lost: loss.lost,
        pending: pending
            .map(|(group, pods, message)| PendingPart {
                workload: placed.plan.groups[group].name(),
                pods,
                message,
            })
            .collect(),
    }
}

fn explained_part<'a>(placed: &Placed, explained: &'a Explained) -> ExplainedPart<'a> {
    let scores = |scored: &plimsoll_fit::Scored| {
        let plugins = explained.plugins.iter();
        plugins
            .map(|plugin| scored.0[*plugin as usize].unwrap_or(0))
            .collect()
    };
    ExplainedPart {
        workload: placed.plan.groups[explained.group].name(),
        message: explained.before.as_deref(),
        plugins: explained.plugins.iter().map(|one| one.name()).collect(),
        nodes: explained
            .nodes
            .iter()
            .map(|(name, said)| SaidPart {
                name,
                reasons: said.as_ref().err().map(Reason::words),
                scores: said.as_ref().ok().map(scores),
                total: said.as_ref().ok().map(plimsoll_fit::Scored::total),
            })
            .collect(),
    }
}

fn shape_part<'a>(name: &'a str, needed: &Needed) -> ShapePart<'a> {
    let mut part = ShapePart {
        name,
        nodes: None,
        price: None,
        requested_cpu_share: None,
        requested_memory_share: None,
        never: None,
    };
    match needed {
        Needed::Nodes { count, price, used } => {
            part.nodes = Some(*count);
            part.price = *price;
            part.requested_cpu_share = Some(used.0);
            part.requested_memory_share = Some(used.1);
        }
        Needed::Never { group, refusal } => {
            part.never = Some(PendingPart {
                workload: group.clone(),
                pods: 1,
                message: refusal.to_string(),
            });
        }
    }
    part
}
