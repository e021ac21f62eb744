//! The filters, in the order in which the scheduler runs them: the first that refuses a node
//! says why.

use crate::face::FaceId;
use crate::load::{Host, Load};
use crate::node::Node;
use crate::prepare::{Counted, Prepared, Topology};
use crate::reason::{Reason, Refusal};
use crate::scheduler::{Scheduler, Sight};
use crate::template::Template;

pub(crate) fn look(scheduler: &Scheduler, prepared: &Prepared, load: &Load) -> Sight {
    if let Some(before) = before(prepared, load) {
        return Sight {
            fits: Vec::new(),
            reasons: vec![None; scheduler.nodes.len()],
            before: Some(before),
        };
    }
    let cycle = Cycle {
        prepared,
        spread: prepared
            .hard
            .iter()
            .map(|one| Skew::count(one, load))
            .collect(),
        company: Company::count(prepared, load),
    };
    let mut fits = Vec::new();
    let mut reasons = Vec::with_capacity(scheduler.nodes.len());
    for (at, (node, host)) in scheduler.nodes.iter().zip(&load.hosts).enumerate() {
        if host.gone {
            reasons.push(None);
            continue;
        }
        let reason = cycle.refuses(at, node, host);
        if reason.is_none() {
            fits.push(at);
        }
        reasons.push(reason);
    }
    Sight {
        fits,
        reasons,
        before: None,
    }
}

fn before(prepared: &Prepared, load: &Load) -> Option<Refusal> {
    let gates = &prepared.template.gates;
    if !gates.is_empty() {
        return Some(Refusal::Gated(gates.clone()));
    }
    let nodes = load.nodes();
    if nodes == 0 {
        return Some(Refusal::NoNodes);
    }
    let message = prepared.refused.clone()?;
    Some(Refusal::BeforeNodes { nodes, message })
}

/// What is counted for one cycle.
struct Cycle<'c> {
    prepared: &'c Prepared,
    spread: Vec<Skew<'c>>,
    company: Company<'c>,
}

impl Cycle<'_> {
    fn refuses(&self, at: usize, node: &Node, host: &Host) -> Option<Reason> {
        if let Some(reason) = &self.prepared.refusals[at] {
            return Some(reason.clone());
        }
        let taken = |face: &FaceId| self.prepared.port_taken[face.index()];
        if !self.prepared.template.ports.is_empty() && host.faces.iter().any(taken) {
            return Some(Reason::Ports);
        }
        let lacking = lacking(&self.prepared.template, node, host);
        if !lacking.is_empty() {
            return Some(Reason::Insufficient(lacking));
        }
        self.spread
            .iter()
            .find_map(|skew| skew.refuses(at))
            .or_else(|| self.company.refuses(at))
    }
}

/// The resources that a node lacks for a pod (`fitsRequest`).
pub(crate) fn lacking(template: &Template, node: &Node, host: &Host) -> Vec<String> {
    let mut found = Vec::new();
    if host.pods + 1 > node.pods {
        found.push("pods".to_owned());
    }
    let asked = &template.requests;
    if asked.is_nothing() {
        return found;
    }
    let (has, used) = (&node.allocatable, &host.requested);
    let lacks = |asked: i64, has: i64, used: i64| asked > 0 && asked > has.wrapping_sub(used);
    if lacks(asked.milli_cpu, has.milli_cpu, used.milli_cpu) {
        found.push("cpu".to_owned());
    }
    if lacks(asked.memory, has.memory, used.memory) {
        found.push("memory".to_owned());
    }
    if lacks(
        asked.ephemeral_storage,
        has.ephemeral_storage,
        used.ephemeral_storage,
    ) {
        found.push("ephemeral-storage".to_owned());
    }
    for (name, amount) in &asked.scalars {
        if lacks(*amount, has.scalar(name), used.scalar(name)) {
            found.push(name.clone());
        }
    }
    found
}

/// Where pods with any of these faces are, with how many.
pub(crate) fn places<'l>(
    load: &'l Load,
    faces: &'l [FaceId],
) -> impl Iterator<Item = (usize, i64)> + 'l {
    faces
        .iter()
        .flat_map(|face| load.places(*face).iter().copied())
}

/// How pods are spread now (`preFilterState` of PodTopologySpread).
struct Skew<'c> {
    counted: &'c Counted,
    by_value: Vec<i64>,
    least: i64,
}

impl<'c> Skew<'c> {
    fn count(counted: &'c Counted, load: &Load) -> Self {
        let mut by_value = vec![None; counted.topology.values];
        for (node, host) in load.hosts.iter().enumerate() {
            let value = counted.topology.of_node[node];
            if let Some(value) = value.filter(|_| !host.gone && counted.on_node[node]) {
                by_value[value] = Some(0);
            }
        }
        for (node, count) in places(load, &counted.matches) {
            let value = counted.topology.of_node[node].filter(|_| counted.on_node[node]);
            if let Some(sum) = value.and_then(|value| by_value[value].as_mut()) {
                *sum += count;
            }
        }
        let values = by_value.iter().flatten().count();
        let least = by_value.iter().flatten().min().copied().unwrap_or(0);
        Self {
            counted,
            least: if values < counted.constraint.least_domains {
                0
            } else {
                least
            },
            by_value: by_value
                .into_iter()
                .map(Option::unwrap_or_default)
                .collect(),
        }
    }

    fn refuses(&self, node: usize) -> Option<Reason> {
        let Some(value) = self.counted.topology.of_node[node] else {
            return Some(Reason::SpreadLabel);
        };
        let itself = i64::from(self.counted.matches_itself);
        let skew = self.by_value[value] + itself - self.least;
        (skew > self.counted.constraint.most_skew).then_some(Reason::Spread)
    }
}

/// Who is where, as far as terms about other pods go (`preFilterState` of InterPodAffinity).
struct Company<'c> {
    prepared: &'c Prepared,
    /// For each term that must be met: in which topologies there is a pod that all terms take.
    near: Vec<Vec<bool>>,
    /// Whether there is such a pod in any topology at all.
    any_near: bool,
    /// For each term that must take nobody: where it takes somebody.
    apart: Vec<Vec<bool>>,
    /// The topologies in which somebody does not want the pod.
    shunned: Vec<(&'c Topology, Vec<bool>)>,
}

impl<'c> Company<'c> {
    fn count(prepared: &'c Prepared, load: &Load) -> Self {
        let there = |topology: &Topology, faces: &[FaceId]| {
            let mut found = vec![false; topology.values];
            for (node, _) in places(load, faces) {
                if let Some(value) = topology.of_node[node] {
                    found[value] = true;
                }
            }
            found
        };
        let near: Vec<Vec<bool>> = prepared
            .near
            .iter()
            .map(|topology| there(topology, &prepared.near_matches))
            .collect();
        let apart = prepared
            .apart
            .iter()
            .map(|term| there(&term.topology, &term.matches))
            .collect();
        Self {
            prepared,
            any_near: near.iter().flatten().any(|found| *found),
            near,
            apart,
            shunned: Self::shunned(prepared, load),
        }
    }

    fn shunned(prepared: &'c Prepared, load: &Load) -> Vec<(&'c Topology, Vec<bool>)> {
        let mut found: Vec<(&Topology, Vec<bool>)> = Vec::new();
        for (face, topology) in &prepared.shunned {
            let topology: &Topology = topology;
            let at = found
                .iter()
                .position(|(known, _)| std::ptr::eq(*known, topology));
            let at = at.unwrap_or_else(|| {
                found.push((topology, vec![false; topology.values]));
                found.len() - 1
            });
            for (node, _) in load.places(*face) {
                if let Some(value) = topology.of_node[*node] {
                    found[at].1[value] = true;
                }
            }
        }
        found
    }

    fn refuses(&self, node: usize) -> Option<Reason> {
        if !self.is_near(node) {
            return Some(Reason::Affinity);
        }
        let taken = |topology: &Topology, places: &[bool]| {
            topology.of_node[node].is_some_and(|value| places[value])
        };
        let mut apart = self.prepared.apart.iter().zip(&self.apart);
        if apart.any(|(term, places)| taken(&term.topology, places)) {
            return Some(Reason::AntiAffinity);
        }
        let mut shunned = self.shunned.iter();
        shunned
            .any(|(topology, places)| taken(topology, places))
            .then_some(Reason::OthersAntiAffinity)
    }

    /// `nodeTopologyMatchesAffinity`: the first of a group whose members want to be near each
    /// other may go anywhere.
    fn is_near(&self, node: usize) -> bool {
        let mut met = true;
        for (topology, places) in self.prepared.near.iter().zip(&self.near) {
            match topology.of_node[node] {
                Some(value) => met &= places[value],
                None => return false,
            }
        }
        met || (!self.any_near && self.prepared.near_itself)
    }
}
