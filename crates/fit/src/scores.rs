//! What nodes are worth for a pod: the score plugins of the default profile with their weights.

use std::collections::HashMap;

use crate::filters::places;
use crate::load::{Host, Load};
use crate::logarithm::log;
use crate::node::{HOSTNAME, Node};
use crate::prepare::{Counted, Prepared};
use crate::scheduler::Scheduler;
use crate::template::Template;

/// The most that a plugin gives before its weight.
const MOST: i64 = 100;

/// A score plugin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Plugin {
    /// Fewer taints that say `PreferNoSchedule`.
    TaintToleration,
    /// Labels that the pod prefers.
    NodeAffinity,
    /// More room left (the strategy LeastAllocated).
    NodeResourcesFit,
    /// Pods spread evenly.
    PodTopologySpread,
    /// Nearer to those that are wanted.
    InterPodAffinity,
    /// CPU and memory used alike.
    NodeResourcesBalancedAllocation,
    /// Images already there.
    ImageLocality,
}

impl Plugin {
    /// In the order in which they run.
    pub const ALL: [Self; 7] = [
        Self::TaintToleration,
        Self::NodeAffinity,
        Self::NodeResourcesFit,
        Self::PodTopologySpread,
        Self::InterPodAffinity,
        Self::NodeResourcesBalancedAllocation,
        Self::ImageLocality,
    ];

    /// The plugin's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TaintToleration => "TaintToleration",
            Self::NodeAffinity => "NodeAffinity",
            Self::NodeResourcesFit => "NodeResourcesFit",
            Self::PodTopologySpread => "PodTopologySpread",
            Self::InterPodAffinity => "InterPodAffinity",
            Self::NodeResourcesBalancedAllocation => "NodeResourcesBalancedAllocation",
            Self::ImageLocality => "ImageLocality",
        }
    }

    const fn weight(self) -> i64 {
        match self {
            Self::TaintToleration => 3,
            Self::NodeAffinity | Self::PodTopologySpread | Self::InterPodAffinity => 2,
            Self::NodeResourcesFit | Self::NodeResourcesBalancedAllocation => 1,
            Self::ImageLocality => 1,
        }
    }
}

/// What the plugins give a node, weighted, in the order of [`Plugin::ALL`]; `None` for those that
/// have no say about the pod.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Scored(pub [Option<i64>; 7]);

impl Scored {
    /// The sum, by which nodes are chosen.
    pub fn total(&self) -> i64 {
        self.0.iter().flatten().sum()
    }
}

/// Scores nodes that fit.
pub(crate) fn score(
    scheduler: &Scheduler,
    prepared: &Prepared,
    load: &Load,
    fits: &[usize],
) -> Vec<Scored> {
    let scoring = Scoring {
        scheduler,
        prepared,
        load,
        fits,
    };
    let mut scored = vec![Scored::default(); fits.len()];
    for plugin in Plugin::ALL {
        let Some(values) = scoring.plugin(plugin) else {
            continue;
        };
        for (node, value) in scored.iter_mut().zip(values) {
            node.0[plugin as usize] = Some(value * plugin.weight());
        }
    }
    scored
}

struct Scoring<'s> {
    scheduler: &'s Scheduler,
    prepared: &'s Prepared,
    load: &'s Load,
    fits: &'s [usize],
}

impl Scoring<'_> {
    fn plugin(&self, plugin: Plugin) -> Option<Vec<i64>> {
        match plugin {
            Plugin::TaintToleration => {
                let taints = &self.prepared.taints;
                let raw = self.fits.iter().map(|node| taints[*node]).collect();
                Some(normalized(raw, true))
            }
            Plugin::NodeAffinity => {
                let preferred = self.prepared.preferred.as_ref()?;
                let raw = self.fits.iter().map(|node| preferred[*node]).collect();
                Some(normalized(raw, false))
            }
            Plugin::NodeResourcesFit => Some(self.each(least_allocated)),
            Plugin::PodTopologySpread => self.spread(),
            Plugin::InterPodAffinity => self.company(),
            Plugin::NodeResourcesBalancedAllocation => {
                let asked = &self.prepared.template.requests;
                // Pods that ask for nothing would all go to one node.
                let asks = asked.milli_cpu != 0 || asked.memory != 0;
                asks.then(|| self.each(balanced))
            }
            Plugin::ImageLocality => Some(self.images()),
        }
    }

    fn each(&self, of: impl Fn(&Template, &Node, &Host) -> i64) -> Vec<i64> {
        let template = &self.prepared.template;
        let nodes = &self.scheduler.nodes;
        let of = |node: &usize| of(template, &nodes[*node], &self.load.hosts[*node]);
        self.fits.iter().map(of).collect()
    }

    /// InterPodAffinity; nothing where no term takes anybody.
    fn company(&self) -> Option<Vec<i64>> {
        let mut any = false;
        let mut raw = vec![0i64; self.fits.len()];
        for pull in &self.prepared.pulls {
            let mut by_value = vec![0i64; pull.topology.values];
            for (face, weight) in &pull.weights {
                for (node, count) in self.load.places(*face) {
                    if let Some(value) = pull.topology.of_node[*node] {
                        by_value[value] += weight * count;
                        any = true;
                    }
                }
            }
            for (sum, node) in raw.iter_mut().zip(self.fits) {
                if let Some(value) = pull.topology.of_node[*node] {
                    *sum += by_value[value];
                }
            }
        }
        if !any {
            return None;
        }
        let least = raw.iter().copied().min().unwrap_or(0);
        let span = raw.iter().copied().max().unwrap_or(0) - least;
        for value in &mut raw {
            *value = if span > 0 {
                (MOST as f64 * ((*value - least) as f64 / span as f64)) as i64
            } else {
                0
            };
        }
        Some(raw)
    }

    /// PodTopologySpread; nothing where no constraint weighs.
    fn spread(&self) -> Option<Vec<i64>> {
        let soft = &self.prepared.soft;
        if soft.is_empty() {
            return None;
        }
        let ignored: Vec<bool> = self
            .fits
            .iter()
            .map(|node| {
                let lacks = |one: &Counted| one.topology.of_node[*node].is_none();
                self.prepared.needs_all_labels && soft.iter().any(lacks)
            })
            .collect();
        let mut raw = vec![0.0; self.fits.len()];
        for counted in soft {
            self.add_spread(counted, &ignored, &mut raw);
        }
        let raw: Vec<i64> = raw.into_iter().map(|sum| sum.round() as i64).collect();
        let counted = raw.iter().zip(&ignored).filter(|(_, ignored)| !**ignored);
        let counted = counted.map(|(raw, _)| *raw);
        let most = counted.clone().max().unwrap_or(0).max(0);
        let least = counted.min().unwrap_or(0);
        let worth = raw.iter().zip(&ignored).map(|(raw, ignored)| {
            if *ignored {
                0
            } else if most == 0 {
                MOST
            } else {
                MOST * (most + least - raw) / most
            }
        });
        Some(worth.collect())
    }

    /// Adds what one constraint says. On nodes where the label is absent the pods of those without
    /// it do not count; but where such nodes are not ignored, they make one more topology.
    fn add_spread(&self, counted: &Counted, ignored: &[bool], raw: &mut [f64]) {
        let topology = &counted.topology;
        let skew = (counted.constraint.most_skew - 1) as f64;
        let taken = self
            .fits
            .iter()
            .zip(ignored)
            .filter(|(_, ignored)| !**ignored);
        if counted.constraint.topology == HOSTNAME {
            let weight = log((taken.count() + 2) as f64);
            let mut matching = vec![0; self.load.hosts.len()];
            for (node, count) in places(self.load, &counted.matches) {
                matching[node] += count;
            }
            for ((sum, node), ignored) in raw.iter_mut().zip(self.fits).zip(ignored) {
                if !ignored && topology.of_node[*node].is_some() {
                    *sum += matching[*node] as f64 * weight + skew;
                }
            }
            return;
        }
        // What is absent counts as the empty text here.
        let value_of = |node: usize| topology.of_node[node].or(topology.empty);
        let mut by_value: HashMap<Option<usize>, i64> =
            taken.map(|(node, _)| (value_of(*node), 0)).collect();
        let weight = log((by_value.len() + 2) as f64);
        for (node, count) in places(self.load, &counted.matches) {
            if counted.on_node[node]
                && let Some(sum) = by_value.get_mut(&value_of(node))
            {
                *sum += count;
            }
        }
        for ((sum, node), ignored) in raw.iter_mut().zip(self.fits).zip(ignored) {
            if !ignored && topology.of_node[*node].is_some() {
                let count = by_value.get(&value_of(*node)).copied().unwrap_or(0);
                *sum += count as f64 * weight + skew;
            }
        }
    }

    /// ImageLocality.
    fn images(&self) -> Vec<i64> {
        const MIB: i64 = 1024 * 1024;
        const LEAST: i64 = 23 * MIB;
        let images = &self.prepared.images;
        let all = self.load.nodes();
        let mut sums = vec![0_i64; self.load.hosts.len()];
        for nodes in images {
            let there = || {
                let hosts = &self.load.hosts;
                nodes.iter().filter(|(node, _)| !hosts[*node].gone)
            };
            // The cache knows one size of an image: that of the first node that has it.
            let Some((_, size)) = there().next() else {
                continue;
            };
            let spread = there().count() as f64 / all as f64;
            let share = (*size as f64 * spread) as i64;
            for (node, _) in there() {
                sums[*node] += share;
            }
        }
        let most = 1000 * MIB * images.len() as i64;
        let worth = |node: &usize| {
            let sum = sums[*node];
            let sum = if sum < LEAST { LEAST } else { sum.min(most) };
            MOST * (sum - LEAST) / (most - LEAST)
        };
        self.fits.iter().map(worth).collect()
    }
}

/// `DefaultNormalizeScore`.
fn normalized(mut raw: Vec<i64>, reverse: bool) -> Vec<i64> {
    let most = raw.iter().copied().max().unwrap_or(0).max(0);
    for value in &mut raw {
        let share = if most == 0 { 0 } else { MOST * *value / most };
        *value = if reverse { MOST - share } else { share };
    }
    raw
}

/// `leastResourceScorer` over CPU and memory.
fn least_allocated(template: &Template, node: &Node, host: &Host) -> i64 {
    let has = [node.allocatable.milli_cpu, node.allocatable.memory];
    let used = [
        host.scored.0.wrapping_add(template.scored_itself.0),
        host.scored.1.wrapping_add(template.scored_itself.1),
    ];
    let mut sum = 0;
    let mut weights = 0;
    for (has, used) in has.into_iter().zip(used) {
        if has == 0 {
            continue;
        }
        weights += 1;
        if used <= has {
            sum += has.wrapping_sub(used).wrapping_mul(MOST) / has;
        }
    }
    if weights == 0 { 0 } else { sum / weights }
}

/// `balancedResourceScorer` over CPU and memory.
fn balanced(template: &Template, node: &Node, host: &Host) -> i64 {
    let has = [node.allocatable.milli_cpu, node.allocatable.memory];
    let before = [host.requested.milli_cpu, host.requested.memory];
    let asked = [template.requests.milli_cpu, template.requests.memory];
    let after = [
        before[0].wrapping_add(asked[0]),
        before[1].wrapping_add(asked[1]),
    ];
    let half = MOST / 2;
    half + (half + evenness(after, has) - evenness(before, has)) / 2
}

/// `balancedResourceScore`.
fn evenness(used: [i64; 2], has: [i64; 2]) -> i64 {
    let share = |used: i64, has: i64| (used as f64 / has as f64).min(1.0);
    let deviation = if has[0] == 0 || has[1] == 0 {
        0.0
    } else {
        ((share(used[0], has[0]) - share(used[1], has[1])) / 2.0).abs()
    };
    ((1.0 - deviation) * MOST as f64) as i64
}
