//! How many nodes are needed today and with the new numbers.

use plimsoll_fit::{Count, Manifests, Needed, Scale, Shape};
use plimsoll_project::Project;
use plimsoll_sizing::Pod;
use plimsoll_sizing::plan::{Plan, Site, with};

use super::numbers::percent;
use crate::failure::Failure;

/// The most pods that are placed, several times over.
const MOST_PODS: usize = 50_000;

/// Nodes of one shape for all workloads of the manifests, those that were not measured as they are.
pub(super) struct Packing {
    /// The shape's name.
    pub(super) shape: String,
    /// Today.
    pub(super) before: Needed,
    /// With the new numbers.
    pub(super) after: Needed,
    /// How many workloads there are.
    pub(super) workloads: usize,
    /// How many of them get new numbers.
    pub(super) sized: usize,
}

impl Packing {
    /// Places all pods as `plimsoll fit` does, on as few nodes as hold them.
    pub(super) fn of(
        shape: &Shape,
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
        let before = shape.needed(&found.groups, &found.inventory);
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
            shape: shape.name.clone(),
            before,
            after: shape.needed(&groups, &found.inventory),
            workloads: groups.len(),
            sized,
        })
    }

    /// One line.
    pub(super) fn words(&self) -> String {
        let before = needed(&self.before);
        let after = needed(&self.after);
        format!(
            "nodes {} for {} workloads, {} of them with new numbers: today {before}; then {after}",
            self.shape, self.workloads, self.sized
        )
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
