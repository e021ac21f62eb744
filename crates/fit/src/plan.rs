//! Placing pods one after another, as the scheduler's queue hands them out.

use std::collections::HashMap;

use crate::groups::{Count, Group};
use crate::inventory::Inventory;
use crate::load::Load;
use crate::node::Node;
use crate::reason::Refusal;
use crate::running::Pod;
use crate::scheduler::{Scheduler, TemplateId};

/// What there is and what is to come.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// The nodes, in the order in which equally good ones are taken.
    pub nodes: Vec<Node>,
    /// What else is known.
    pub inventory: Inventory,
    /// Pods that are there; those without a node wait for one.
    pub pods: Vec<Pod>,
    /// Workloads whose pods are to be placed.
    pub groups: Vec<Group>,
}

/// Where everything is in the end.
#[derive(Debug)]
pub struct Plan {
    /// The scheduler, which knows nodes and templates.
    pub scheduler: Scheduler,
    /// Which pods are where.
    pub load: Load,
    /// The groups: those to be placed in the order given, then those that are there.
    pub groups: Vec<Group>,
    /// How many of the groups are to be placed.
    pub asked: usize,
    /// The pods that have a node.
    pub placed: Vec<Placed>,
    /// The pods that have none.
    pub pending: Vec<Pending>,
    /// Pods whose node is none of those given.
    pub elsewhere: usize,
}

/// A pod that has a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    /// The number of its group.
    pub group: usize,
    /// What it is.
    pub template: TemplateId,
    /// The number of its node.
    pub node: usize,
    /// Whether it was there before.
    pub was_there: bool,
}

/// A pod that has no node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pending {
    /// The number of its group.
    pub group: usize,
    /// Why.
    pub refusal: Refusal,
}

/// A pod that waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Waiting {
    pub(crate) group: usize,
    pub(crate) template: TemplateId,
}

impl Scene {
    /// Places all pods. The queue is the scheduler's, which takes the highest priority first and
    /// among equals the one that has waited longest (`PrioritySort`); as nobody knows when pods are
    /// created, those that wait already come first, then those of DaemonSets, then those of the
    /// other workloads in the order given.
    pub fn plan(self) -> Plan {
        let (there, of_pod) = Group::of_running(&self.pods);
        let asked = self.groups.len();
        let groups: Vec<Group> = self.groups.into_iter().chain(there).collect();
        let mut scheduler = Scheduler::new(self.nodes, self.inventory.namespaces.clone());
        let mut load = scheduler.empty();
        let mut plan = Plan {
            placed: Vec::new(),
            pending: Vec::new(),
            elsewhere: 0,
            groups: Vec::new(),
            asked,
            load: Load::default(),
            scheduler: Scheduler::new(Vec::new(), std::collections::BTreeMap::new()),
        };
        let names = scheduler.nodes().iter().enumerate();
        let by_name: HashMap<String, usize> = names
            .map(|(number, node)| (node.name.clone(), number))
            .collect();
        let mut queue = Vec::new();
        for (pod, of_pod) in self.pods.into_iter().zip(of_pod) {
            let group = asked + of_pod;
            let template = scheduler.template(pod.template);
            let Some(name) = pod.node else {
                queue.push(Waiting { group, template });
                continue;
            };
            match by_name.get(&name).copied() {
                Some(node) => {
                    scheduler.put(&mut load, node, template);
                    plan.placed.push(Placed {
                        group,
                        template,
                        node,
                        was_there: true,
                    });
                }
                None => plan.elsewhere += 1,
            }
        }
        queue.extend(waiting(&mut scheduler, &groups[..asked]));
        by_priority(&mut queue, &scheduler);
        plan.scheduler = scheduler;
        plan.load = load;
        plan.groups = groups;
        for one in queue {
            match plan.scheduler.choose(&plan.load, one.template) {
                Ok(node) => {
                    plan.scheduler.put(&mut plan.load, node, one.template);
                    plan.placed.push(Placed {
                        group: one.group,
                        template: one.template,
                        node,
                        was_there: false,
                    });
                }
                Err(refusal) => plan.pending.push(Pending {
                    group: one.group,
                    refusal,
                }),
            }
        }
        plan
    }
}

/// The pods of groups in the order in which they are created: DaemonSets first.
pub(crate) fn waiting(scheduler: &mut Scheduler, groups: &[Group]) -> Vec<Waiting> {
    let mut queue = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        if group.count != Count::PerNode {
            continue;
        }
        let own: Vec<_> = scheduler
            .nodes()
            .iter()
            .filter_map(|node| group.for_node(node))
            .collect();
        for template in own {
            let template = scheduler.template(template);
            queue.push(Waiting {
                group: number,
                template,
            });
        }
    }
    for (number, group) in groups.iter().enumerate() {
        if let Count::Fixed(count) = group.count {
            let template = scheduler.template(group.template.clone());
            let one = Waiting {
                group: number,
                template,
            };
            queue.extend(std::iter::repeat_n(one, count));
        }
    }
    queue
}

/// The highest priority first; the order of equals stays.
pub(crate) fn by_priority(queue: &mut [Waiting], scheduler: &Scheduler) {
    queue.sort_by_key(|one| std::cmp::Reverse(scheduler.said(one.template).priority));
}

impl Plan {
    /// Pods that wait, by group and reason, the most first within a group.
    pub fn pending_by_group(&self) -> Vec<(usize, usize, &Refusal)> {
        grouped(self.pending.iter())
    }

    /// How many pods of a group have a node.
    pub fn placed_of(&self, group: usize) -> usize {
        self.placed.iter().filter(|one| one.group == group).count()
    }
}

/// Pods that wait, with how many of a group have the same reason.
pub fn grouped<'p>(pending: impl Iterator<Item = &'p Pending>) -> Vec<(usize, usize, &'p Refusal)> {
    let mut found: Vec<(usize, usize, &Refusal)> = Vec::new();
    for one in pending {
        let same = found
            .iter_mut()
            .find(|(group, _, refusal)| *group == one.group && **refusal == one.refusal);
        match same {
            Some((_, count, _)) => *count += 1,
            None => found.push((one.group, 1, &one.refusal)),
        }
    }
    found.sort_by_key(|(group, ..)| *group);
    found
}
