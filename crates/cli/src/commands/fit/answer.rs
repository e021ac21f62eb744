//! What there is to say, before it is written in one form or another.

use plimsoll_fit::{
    Group, Loss, MOST_SPARE, Needed, Plan, Plugin, Reason, Scored, Shape, Spare, Stranded, grouped,
    growing, used,
};
use plimsoll_source::nearest::nearest;

use super::inputs::Inputs;
use super::{FitArgs, Lose};
use crate::failure::Failure;

/// The most workloads whose room is measured.
const MOST_GROUPS: usize = 200;
/// How often a node may be looked at for that, about: workloads beyond it are not measured.
const MOST_WORK: usize = 100_000_000;

/// The whole answer.
pub(super) struct Answer {
    /// Where everything is; nothing where there are no nodes.
    pub(super) placed: Option<Placed>,
    /// The shapes that were compared, the cheapest first.
    pub(super) shapes: Vec<(Shape, Needed)>,
}

/// What is known once all pods are placed.
pub(super) struct Placed {
    pub(super) plan: Plan,
    /// Where each group is written.
    pub(super) places: Vec<Option<String>>,
    /// CPU and memory asked for, as shares of what there is.
    pub(super) used: (f64, f64),
    pub(super) spare: Vec<Spare>,
    /// How many workloads' room was not measured.
    pub(super) unmeasured: usize,
    pub(super) stranded: Stranded,
    pub(super) lose: Option<(Lose, Vec<Loss>)>,
    pub(super) explained: Option<Explained>,
}

/// What every node says to one more replica.
pub(super) struct Explained {
    pub(super) group: usize,
    /// Why not, or what it is worth, by node.
    pub(super) nodes: Vec<(String, Result<Scored, Reason>)>,
    /// The plugins that have a say.
    pub(super) plugins: Vec<Plugin>,
    /// Why no node was looked at.
    pub(super) before: Option<String>,
}

impl Answer {
    pub(super) fn find(args: &FitArgs, inputs: Inputs) -> Result<Self, Failure> {
        let Inputs {
            scene,
            places,
            shapes,
            ..
        } = inputs;
        let mut needed: Vec<(Shape, Needed)> = Vec::new();
        if !shapes.is_empty() {
            let (there, _) = Group::of_running(&scene.pods);
            // What nodes run by themselves comes with every node, whatever its shape.
            let there = there.into_iter().filter(|group| group.owner.kind != "Node");
            let groups: Vec<Group> = scene.groups.iter().cloned().chain(there).collect();
            for shape in shapes {
                let found = shape.needed(&groups, &scene.inventory);
                needed.push((shape, found));
            }
            needed.sort_by(|(_, a), (_, b)| cost(a).total_cmp(&cost(b)));
        }
        let placed = if scene.nodes.is_empty() {
            None
        } else {
            Some(Placed::find(args, scene.plan(), places)?)
        };
        Ok(Self {
            placed,
            shapes: needed,
        })
    }

    /// Whether a pod stays pending: in the end, after a loss, or on every shape.
    pub(super) fn is_short(&self) -> bool {
        let never = |(_, needed): &(Shape, Needed)| matches!(needed, Needed::Never { .. });
        match &self.placed {
            Some(placed) => {
                let losses = placed.lose.iter().flat_map(|(_, losses)| losses);
                !placed.plan.pending.is_empty()
                    || losses.map(|loss| loss.pending.len()).sum::<usize>() > 0
            }
            None => self.shapes.iter().all(never),
        }
    }
}

/// What shapes are ordered by: the price, or the number of nodes where there is none.
fn cost(needed: &Needed) -> f64 {
    match needed {
        Needed::Nodes {
            price: Some(price), ..
        } => *price,
        Needed::Nodes { count, .. } => 1e12 + *count as f64,
        Needed::Never { .. } => f64::INFINITY,
    }
}

impl Placed {
    fn find(
        args: &FitArgs,
        mut plan: Plan,
        mut places: Vec<Option<String>>,
    ) -> Result<Self, Failure> {
        places.resize(plan.groups.len(), None);
        let explained = match &args.explain {
            Some(name) => Some(explain(&mut plan, name)?),
            None => None,
        };
        let growing = growing(&plan.groups);
        let nodes = plan.scheduler.nodes().len();
        // Room is measured replica by replica, so that much of it takes long to measure.
        let affordable = MOST_WORK / (MOST_SPARE * nodes.max(1));
        let most = MOST_GROUPS.min(affordable.max(10));
        let spare = growing
            .iter()
            .take(most)
            .filter_map(|group| plan.spare(*group))
            .collect();
        let lose = args.lose.map(|what| {
            let losses = match what {
                Lose::Node => plan.lose_nodes(),
                Lose::Zone => plan.lose_zones(),
            };
            (what, losses)
        });
        Ok(Self {
            used: used(&plan),
            spare,
            unmeasured: growing.len().saturating_sub(most),
            stranded: plan.stranded(),
            lose,
            explained,
            places,
            plan,
        })
    }

    /// A group with its place: `Deployment/web (k8s/web.yaml:3)`.
    pub(super) fn shown(&self, group: usize) -> String {
        let name = self.plan.groups[group].name();
        match &self.places[group] {
            Some(place) => format!("{name} ({place})"),
            None => name,
        }
    }

    /// The pods of a loss that find no other node, by group and reason.
    pub(super) fn pending_of(loss: &Loss) -> Vec<(usize, usize, String)> {
        let groups = grouped(loss.pending.iter()).into_iter();
        groups
            .map(|(group, count, refusal)| (group, count, refusal.to_string()))
            .collect()
    }
}

fn explain(plan: &mut Plan, name: &str) -> Result<Explained, Failure> {
    let names: Vec<String> = plan.groups.iter().map(Group::name).collect();
    let full = names.iter().position(|known| known == name);
    let short = || {
        let own = |known: &String| known.rsplit('/').next() == Some(name);
        names.iter().position(own)
    };
    let Some(group) = full.or_else(short) else {
        let failure = Failure::user(format!("there is no workload `{name}`"));
        return Err(match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("see the answer without `--explain` for what there is"),
        });
    };
    let template = plan.groups[group].template.clone();
    let template = plan.scheduler.template(template);
    let sight = plan.scheduler.look(&plan.load, template);
    let scored = plan.scheduler.score(&plan.load, template, &sight.fits);
    let plugins = Plugin::ALL
        .into_iter()
        .filter(|plugin| scored.iter().any(|one| one.0[*plugin as usize].is_some()))
        .collect();
    let mut worth = sight.fits.iter().zip(scored).peekable();
    let mut nodes = Vec::new();
    for (number, node) in plan.scheduler.nodes().iter().enumerate() {
        let value = worth.next_if(|(fits, _)| **fits == number);
        match (value, &sight.reasons[number]) {
            (Some((_, scored)), _) => nodes.push((node.name.clone(), Ok(scored))),
            (None, Some(reason)) => nodes.push((node.name.clone(), Err(reason.clone()))),
            (None, None) => {}
        }
    }
    Ok(Explained {
        group,
        nodes,
        plugins,
        before: sight.before.map(|before| before.to_string()),
    })
}
