//! What follows from a plan: room that is left, and what is lost with a node or a zone.

use std::collections::BTreeMap;

use crate::groups::{Count, Group};
use crate::load::Load;
use crate::plan::{Pending, Plan, Waiting, by_priority};
use crate::reason::Refusal;
use crate::resources::Resources;
use crate::scheduler::TemplateId;
use crate::template::Template;

/// The most further replicas that are tried one after another.
pub const MOST_SPARE: usize = 2_000;

/// How many more pods of a group find room.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spare {
    /// The number of the group.
    pub group: usize,
    /// How many; where there is no refusal there may be more.
    pub replicas: usize,
    /// Why no more.
    pub refusal: Option<Refusal>,
    /// How many there would be room for if all that is free were in one piece, by CPU, memory,
    /// storage and other resources alone.
    pub in_one_piece: usize,
}

/// What is lost together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loss {
    /// The name of the node, or the zone.
    pub name: String,
    /// Its nodes, by number.
    pub nodes: Vec<usize>,
    /// How many pods were there that are made again.
    pub moved: usize,
    /// How many were there that nobody makes again.
    pub lost: usize,
    /// The pods that find no other node.
    pub pending: Vec<Pending>,
}

/// What is free where nothing more fits.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Stranded {
    /// The nodes on which no replica of any group fits.
    pub nodes: usize,
    /// Millicores that are free there.
    pub milli_cpu: i64,
    /// Bytes that are free there.
    pub memory: i64,
    /// Millicores that are free on all nodes.
    pub free_milli_cpu: i64,
    /// Bytes that are free on all nodes.
    pub free_memory: i64,
}

impl Plan {
    /// How many more pods of a group find room, one group at a time; `None` for groups that cannot
    /// be asked for more.
    pub fn spare(&mut self, group: usize) -> Option<Spare> {
        let asked = self.groups.get(group).filter(|one| one.can_grow())?;
        let alone = is_alone(&asked.template);
        let template = self.scheduler.template(asked.template.clone());
        let mut load = self.load.clone();
        let (replicas, refusal) = if alone {
            self.fill(&mut load, template)
        } else {
            self.try_one_by_one(&mut load, template)
        };
        Some(Spare {
            group,
            replicas,
            refusal,
            in_one_piece: self.in_one_piece(template),
        })
    }

    fn try_one_by_one(&mut self, load: &mut Load, id: TemplateId) -> (usize, Option<Refusal>) {
        for replicas in 0..MOST_SPARE {
            match self.scheduler.choose(load, id) {
                Ok(node) => self.scheduler.put(load, node, id),
                Err(why) => return (replicas, Some(why)),
            }
        }
        (MOST_SPARE, None)
    }

    /// Fills every node that fits, for pods that do not mind each other: the order in which they
    /// come does not matter then.
    fn fill(&mut self, load: &mut Load, id: TemplateId) -> (usize, Option<Refusal>) {
        let sight = self.scheduler.look(load, id);
        let template = self.scheduler.said(id).clone();
        let mut replicas = 0;
        for number in &sight.fits {
            let node = &self.scheduler.nodes()[*number];
            let host = &load.hosts[*number];
            let mut free = node.allocatable.clone();
            free.add(&host.requested, -1);
            let more = times(&template.requests, &free, node.pods - host.pods);
            self.scheduler.put_many(load, *number, id, more);
            replicas += usize::try_from(more).unwrap_or(0);
        }
        let after = self.scheduler.look(load, id);
        (replicas, Some(after.refusal(load.nodes())))
    }

    /// How often what a pod asks for is contained in all that is free.
    fn in_one_piece(&self, template: TemplateId) -> usize {
        let mut free = Resources::default();
        let mut pods = 0;
        for (node, host) in self.scheduler.nodes().iter().zip(&self.load.hosts) {
            if !host.gone {
                free.add(&node.allocatable, 1);
                free.add(&host.requested, -1);
                pods += (node.pods - host.pods).max(0);
            }
        }
        let asked = &self.scheduler.said(template).requests;
        usize::try_from(times(asked, &free, pods)).unwrap_or(0)
    }

    /// What becomes of the pods of each node when it is lost.
    pub fn lose_nodes(&mut self) -> Vec<Loss> {
        let names: Vec<String> = self
            .scheduler
            .nodes()
            .iter()
            .map(|node| node.name.clone())
            .collect();
        let losses = names.into_iter().enumerate();
        losses
            .map(|(node, name)| self.lose(name, vec![node]))
            .collect()
    }

    /// What becomes of the pods of each zone when it is lost. Nodes without a zone stay.
    pub fn lose_zones(&mut self) -> Vec<Loss> {
        let mut zones: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, node) in self.scheduler.nodes().iter().enumerate() {
            if let Some(zone) = node.zone() {
                zones.entry(zone.to_owned()).or_default().push(number);
            }
        }
        let losses = zones.into_iter();
        losses.map(|(name, nodes)| self.lose(name, nodes)).collect()
    }

    /// What becomes of the pods of some nodes when these are lost together: they are made again
    /// and come into the queue at once. Pods of DaemonSets and of the nodes themselves go with
    /// them.
    pub fn lose(&mut self, name: String, nodes: Vec<usize>) -> Loss {
        let mut load = self.load.clone();
        for node in &nodes {
            load.lose(*node);
        }
        let mut queue = Vec::new();
        let mut lost = 0;
        let gone = |node: usize| load.hosts[node].gone;
        for one in self.placed.iter().filter(|one| gone(one.node)) {
            let group = &self.groups[one.group];
            if group.count == Count::PerNode || group.owner.kind == "Node" {
                continue;
            }
            if group.is_made_again() {
                queue.push(Waiting {
                    group: one.group,
                    template: one.template,
                });
            } else {
                lost += 1;
            }
        }
        queue.sort_by_key(|one| one.group);
        by_priority(&mut queue, &self.scheduler);
        let moved = queue.len();
        let pending = self.again(&mut load, queue);
        Loss {
            name,
            nodes,
            moved,
            lost,
            pending,
        }
    }

    fn again(&mut self, load: &mut Load, queue: Vec<Waiting>) -> Vec<Pending> {
        let mut pending = Vec::new();
        for one in queue {
            match self.scheduler.choose(load, one.template) {
                Ok(node) => self.scheduler.put(load, node, one.template),
                Err(refusal) => pending.push(Pending {
                    group: one.group,
                    refusal,
                }),
            }
        }
        pending
    }

    /// What is free on nodes where no replica of any group fits.
    pub fn stranded(&mut self) -> Stranded {
        let templates: Vec<TemplateId> = self
            .groups
            .iter()
            .filter(|group| group.can_grow())
            .map(|group| group.template.clone())
            .collect::<Vec<_>>()
            .into_iter()
            .map(|template| self.scheduler.template(template))
            .collect();
        let mut fits = vec![false; self.scheduler.nodes().len()];
        for template in templates {
            for node in self.scheduler.look(&self.load, template).fits {
                fits[node] = true;
            }
        }
        let mut found = Stranded::default();
        for (number, node) in self.scheduler.nodes().iter().enumerate() {
            let host = &self.load.hosts[number];
            let cpu = (node.allocatable.milli_cpu - host.requested.milli_cpu).max(0);
            let memory = (node.allocatable.memory - host.requested.memory).max(0);
            found.free_milli_cpu += cpu;
            found.free_memory += memory;
            if !fits[number] {
                found.nodes += 1;
                found.milli_cpu += cpu;
                found.memory += memory;
            }
        }
        found
    }
}

/// Whether replicas do not mind each other, so that only room limits them.
fn is_alone(template: &Template) -> bool {
    let affinity = &template.affinity;
    affinity.near.is_empty()
        && affinity.apart.is_empty()
        && template.ports.is_empty()
        && !template.spread.iter().any(|one| one.required)
}

/// How often `asked` is contained in what is free, with room for so many pods.
fn times(asked: &Resources, free: &Resources, pods: i64) -> i64 {
    let mut most = pods.max(0);
    let mut least = |asked: i64, free: i64| {
        if asked > 0 {
            most = most.min(free.max(0) / asked);
        }
    };
    least(asked.milli_cpu, free.milli_cpu);
    least(asked.memory, free.memory);
    least(asked.ephemeral_storage, free.ephemeral_storage);
    for (name, amount) in &asked.scalars {
        least(*amount, free.scalar(name));
    }
    most
}

/// The groups that can be asked for more, by number.
pub fn growing(groups: &[Group]) -> Vec<usize> {
    let all = groups.iter().enumerate();
    all.filter(|(_, group)| group.can_grow())
        .map(|(number, _)| number)
        .collect()
}
