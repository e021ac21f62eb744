//! Nodes of one shape: how many of them hold everything, and what they cost.

use crate::groups::{Count, Group};
use crate::inventory::Inventory;
use crate::node::{HOSTNAME, Node, ZONE};
use crate::plan::{Plan, Scene};
use crate::reason::Refusal;

/// A shape of nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// Its name.
    pub name: String,
    /// What a node of it is, but for its name and zone.
    pub node: Node,
    /// The zones that its nodes are in by turns.
    pub zones: Vec<String>,
}

/// The most nodes of a shape that are tried.
pub const MOST_NODES: usize = 5_000;

/// How many nodes of a shape hold everything.
#[derive(Clone, PartialEq, Debug)]
pub enum Needed {
    /// So many are the fewest that were found to.
    Nodes {
        /// How many.
        count: usize,
        /// What they cost in an hour, where a price is known.
        price: Option<f64>,
        /// CPU and memory asked for, as shares of what can be asked for.
        used: (f64, f64),
    },
    /// However many there are, some pods stay pending.
    Never {
        /// A group that does.
        group: String,
        /// Why, with as many nodes as were tried.
        refusal: Refusal,
    },
}

impl Shape {
    /// So many nodes of it, numbered from `first` on.
    pub fn nodes(&self, count: usize, first: usize) -> Vec<Node> {
        let make = |number: usize| {
            let mut node = self.node.clone();
            node.name = format!("{}-{}", self.name, first + number);
            node.labels.insert(HOSTNAME.to_owned(), node.name.clone());
            if !self.zones.is_empty() {
                let zone = self.zones[number % self.zones.len()].clone();
                node.labels.insert(ZONE.to_owned(), zone);
            }
            node
        };
        (0..count).map(make).collect()
    }

    /// The fewest nodes of it that hold all groups. The search starts from what the sums of
    /// requests need, doubles until everything has a node and then halves the gap; a scheduler
    /// that spreads could do with fewer only by chance.
    pub fn needed(&self, groups: &[Group], inventory: &Inventory) -> Needed {
        let plan = |count: usize| {
            let scene = Scene {
                nodes: self.nodes(count, 1),
                inventory: inventory.clone(),
                pods: Vec::new(),
                groups: groups.to_vec(),
            };
            scene.plan()
        };
        let mut low = self.least(groups).saturating_sub(1);
        let mut high = low + 1;
        let mut before = usize::MAX;
        let mut best = loop {
            let found = plan(high);
            if found.pending.is_empty() {
                break found;
            }
            // Twice as many nodes that help nobody: no number will.
            if found.pending.len() >= before || high >= MOST_NODES {
                return never(found);
            }
            before = found.pending.len();
            low = high;
            high = (high * 2).min(MOST_NODES);
        };
        while high - low > 1 {
            let middle = low.midpoint(high);
            let found = plan(middle);
            if found.pending.is_empty() {
                best = found;
                high = middle;
            } else {
                low = middle;
            }
        }
        Needed::Nodes {
            count: high,
            price: self.node.price.map(|price| price * high as f64),
            used: used(&best),
        }
    }

    /// No fewer nodes than this can hold what is asked for in sum.
    fn least(&self, groups: &[Group]) -> usize {
        let mut free = self.node.allocatable.clone();
        let mut pods = self.node.pods;
        for group in groups.iter().filter(|one| one.count == Count::PerNode) {
            let mut own = self.node.clone();
            own.name.clone_from(&self.name);
            if group.for_node(&own).is_some() {
                free.add(&group.template.requests, -1);
                pods -= 1;
            }
        }
        let mut sum = crate::Resources::default();
        let mut count = 0i64;
        for group in groups {
            if let Count::Fixed(number) = group.count {
                sum.add(&group.template.requests, number as i64);
                count = count.saturating_add(number as i64);
            }
        }
        let mut least = 1i64;
        let mut need = |asked: i64, free: i64| {
            if asked > 0 && free > 0 {
                least = least.max(asked.saturating_add(free - 1) / free);
            }
        };
        need(sum.milli_cpu, free.milli_cpu);
        need(sum.memory, free.memory);
        need(sum.ephemeral_storage, free.ephemeral_storage);
        need(count, pods);
        usize::try_from(least).unwrap_or(1).clamp(1, MOST_NODES)
    }
}

fn never(plan: Plan) -> Needed {
    let first = plan.pending.into_iter().next();
    match first {
        Some(one) => Needed::Never {
            group: plan.groups[one.group].name(),
            refusal: one.refusal,
        },
        None => Needed::Never {
            group: String::new(),
            refusal: Refusal::NoNodes,
        },
    }
}

/// CPU and memory asked for, as shares of what can be asked for.
pub fn used(plan: &Plan) -> (f64, f64) {
    let (mut asked, mut has) = ((0.0, 0.0), (0.0, 0.0));
    for (number, node) in plan.scheduler.nodes().iter().enumerate() {
        let host = plan.load.host(number);
        asked.0 += host.requested.milli_cpu as f64;
        asked.1 += host.requested.memory as f64;
        has.0 += node.allocatable.milli_cpu as f64;
        has.1 += node.allocatable.memory as f64;
    }
    let share = |asked: f64, has: f64| if has > 0.0 { asked / has } else { 0.0 };
    (share(asked.0, has.0), share(asked.1, has.1))
}
