//! How many nodes of a shape are needed today and with the new numbers, or how full the nodes of a
//! cluster get.

use plimsoll_fit::{
    Count, Dump, Group, Inventory, Manifests, Needed, Node, Pod as Running, Refusal, Scale, Scene,
    Shape, used,
};
use plimsoll_project::Project;
use plimsoll_sizing::Pod;
use plimsoll_sizing::plan::{Plan, Site, with};

use super::numbers::percent;
use super::prices::Prices;
use super::text::plural;
use crate::failure::Failure;

/// The most pods that are placed, several times over.
const MOST_PODS: usize = 50_000;

/// What pods are placed on.
pub(super) enum On {
    /// As few nodes of this shape as hold them.
    Shape(Shape),
    /// These nodes.
    Nodes(Stock),
}

/// The nodes of a cluster.
pub(super) struct Stock {
    pub(super) nodes: Vec<Node>,
    /// What the cluster says beside its nodes, above all which pods run there; nothing where they
    /// are taken as empty.
    pub(super) dump: Option<Dump>,
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
    /// What they cost in an hour, where that is known of all.
    pub(super) price: Option<f64>,
}

/// What nodes are called.
pub(super) enum Name {
    /// By their shape.
    Shape(String),
    /// Those of a cluster: how many, and how many pods of others run there.
    Cluster { nodes: usize, others: usize },
}

impl On {
    fn name(&self, others: usize) -> Name {
        match self {
            Self::Shape(shape) => Name::Shape(shape.name.clone()),
            Self::Nodes(stock) => Name::Cluster {
                nodes: stock.nodes.len(),
                others,
            },
        }
    }

    /// The pods that run there and that the manifests do not replace.
    fn others(&self, found: &mut Manifests) -> Vec<Running> {
        match self {
            Self::Nodes(Stock {
                dump: Some(dump), ..
            }) => {
                dump.take_note(&mut found.inventory);
                let mut pods = dump.pods(&found.inventory);
                found.replace(&mut pods);
                pods
            }
            _ => Vec::new(),
        }
    }

    /// What a core and a GiB cost there.
    pub(super) fn prices(&self) -> Option<Prices> {
        match self {
            Self::Shape(shape) => Prices::of_shape(shape),
            Self::Nodes(stock) => Prices::of_nodes(&stock.nodes),
        }
    }

    fn room(&self, groups: &[Group], inventory: &Inventory, others: &[Running]) -> Room {
        let nodes = match self {
            Self::Shape(shape) => return Room::Shape(shape.needed(groups, inventory)),
            Self::Nodes(stock) => stock.nodes.clone(),
        };
        let count = nodes.len();
        let price = nodes.iter().map(|node| node.price).sum();
        let scene = Scene {
            nodes,
            inventory: inventory.clone(),
            pods: others.to_vec(),
            groups: groups.to_vec(),
        };
        let plan = scene.plan();
        Room::Nodes(Filled {
            nodes: count,
            price,
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
    pub(super) name: Name,
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
        let mut found = Manifests::read(trees, Scale::Written);
        let others = on.others(&mut found);
        let pods: usize = found
            .groups
            .iter()
            .map(|group| match group.count {
                Count::Fixed(count) => count,
                Count::PerNode => 0,
            })
            .sum::<usize>()
            .saturating_add(others.len());
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
        let before = on.room(&found.groups, &found.inventory, &others);
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
            name: on.name(others.len()),
            before,
            after: on.room(&groups, &found.inventory, &others),
            workloads: groups.len(),
            sized,
        })
    }

    /// One line.
    pub(super) fn words(&self) -> String {
        let before = room(&self.before);
        let after = room(&self.after);
        format!(
            "nodes {} for {}, {} of them with new numbers: today {before}; then {after}{}",
            self.name.words(),
            plural(self.workloads, "workload"),
            self.sized,
            self.price()
        )
    }

    /// What the nodes cost either way: only their number changes what they cost.
    fn price(&self) -> String {
        match &self.after {
            Room::Nodes(Filled {
                price: Some(price), ..
            }) => format!("; they cost {price:.2} an hour"),
            _ => String::new(),
        }
    }
}

impl Name {
    fn words(&self) -> String {
        match self {
            Self::Shape(name) => name.clone(),
            Self::Cluster { nodes, others: 0 } => format!("of the cluster, {nodes} in all,"),
            Self::Cluster { nodes, others } => format!(
                "of the cluster, {nodes} in all, beside {} of others,",
                plural(*others, "pod")
            ),
        }
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
