//! How many nodes of a shape are needed today and with the new numbers, or how full the nodes of a
//! cluster get.

use plimsoll_fit::{
    Count, Group, Inventory, Manifests, Needed, Node, Refusal, Scale, Scene, Shape, used,
};
use plimsoll_project::Project;
use plimsoll_sizing::Pod;
use plimsoll_sizing::plan::{Plan, Site, with};

use super::numbers::percent;
use crate::failure::Failure;

/// The most pods that are placed, several times over.
const MOST_PODS: usize = 50_000;

/// What pods are placed on.
pub(super) enum On {
    /// As few nodes of this shape as hold them.
    Shape(Shape),
    /// These nodes.
    Nodes(Vec<Node>),
}

/// Where pods find room.
pub(super) enum Room {
    /// On so many nodes of a shape, or nowhere.
    Shape(Needed),
    /// On the nodes that there are.
    Nodes(Filled),
}

/// How full nodes are.
pub(super) struct Filled {
    /// How many nodes there are.
    pub(super) nodes: usize,
    /// The shares of CPU and memory that are asked for.
    pub(super) used: (f64, f64),
    /// How many pods have no node.
    pub(super) pending: usize,
    /// The workload of the first of them, and why.
    pub(super) first: Option<(String, Refusal)>,
}

impl On {
    fn name(&self) -> String {
        match self {
            Self::Shape(shape) => shape.name.clone(),
            Self::Nodes(nodes) => format!("of the cluster, {} in all,", nodes.len()),
        }
    }

    fn room(&self, groups: &[Group], inventory: &Inventory) -> Room {
        let nodes = match self {
            Self::Shape(shape) => return Room::Shape(shape.needed(groups, inventory)),
            Self::Nodes(nodes) => nodes.clone(),
        };
        let count = nodes.len();
        let scene = Scene {
            nodes,
            inventory: inventory.clone(),
            pods: Vec::new(),
            groups: groups.to_vec(),
        };
        let plan = scene.plan();
        Room::Nodes(Filled {
            nodes: count,
            used: used(&plan),
            pending: plan.pending.len(),
            first: plan
                .pending
                .first()
                .map(|one| (plan.groups[one.group].name(), one.refusal.clone())),
        })
    }
}

/// Nodes for all workloads of the manifests, those that were not measured as they are.
pub(super) struct Packing {
    /// What the nodes are called.
    pub(super) name: String,
    /// Today.
    pub(super) before: Room,
    /// With the new numbers.
    pub(super) after: Room,
    /// How many workloads there are.
    pub(super) workloads: usize,
    /// How many of them get new numbers.
    pub(super) sized: usize,
}

impl Packing {
    /// Places all pods as `plimsoll fit` does.
    pub(super) fn of(
        on: &On,
        plans: &[Plan],
        sites: &[Site<'_>],
        project: &Project,
    ) -> Result<Self, Failure> {
        let trees = project.manifests.iter().map(|unit| &unit.tree);
        let found = Manifests::read(trees, Scale::Written);
        let pods: usize = found
            .groups
            .iter()
            .map(|group| match group.count {
                Count::Fixed(count) => count,
                Count::PerNode => 0,
            })
            .sum();
        if found.groups.is_empty() {
            return Err(Failure::user("there is no workload to place on nodes")
                .help("name the folder of the manifests or of the chart"));
        }
        if pods > MOST_PODS {
            return Err(Failure::user(format!(
                "there are {pods} pods, more than the {MOST_PODS} that are placed here"
            ))
            .help("name a part of the manifests"));
        }
        let before = on.room(&found.groups, &found.inventory);
        let mut groups = found.groups;
        let mut sized = 0;
        for plan in plans {
            let Some(site) = plan.site.map(|at| &sites[at]) else {
                continue;
            };
            let offset = site.workload.head().start;
            let is = |spot: &plimsoll_fit::Spot| spot.tree == site.tree && spot.offset == offset;
            if let Some(at) = found.spots.iter().position(is) {
                groups[at].template.ask_as(&with(&Pod::of(site.pod), plan));
                sized += 1;
            }
        }
        Ok(Self {
            name: on.name(),
            before,
            after: on.room(&groups, &found.inventory),
            workloads: groups.len(),
            sized,
        })
    }

    /// One line.
    pub(super) fn words(&self) -> String {
        let before = room(&self.before);
        let after = room(&self.after);
        format!(
            "nodes {} for {} workloads, {} of them with new numbers: today {before}; then {after}",
            self.name, self.workloads, self.sized
        )
    }
}

fn room(room: &Room) -> String {
    match room {
        Room::Shape(one) => needed(one),
        Room::Nodes(filled) => {
            let used = format!(
                "{} of CPU and {} of memory asked for",
                percent(filled.used.0),
                percent(filled.used.1)
            );
            match &filled.first {
                None => format!("every pod has a place, {used}"),
                Some((group, refusal)) => format!(
                    "{} pods stay pending, {used} (first {group}: {refusal})",
                    filled.pending
                ),
            }
        }
    }
}

fn needed(needed: &Needed) -> String {
    match needed {
        Needed::Nodes { count, price, used } => {
            let price = price.map_or(String::new(), |price| format!(", {price:.2} an hour"));
            format!(
                "{count} ({} of CPU and {} of memory asked for{price})",
                percent(used.0),
                percent(used.1)
            )
        }
        Needed::Never { group, refusal } => {
            format!("however many there are, {group} stays pending: {refusal}")
        }
    }
}
