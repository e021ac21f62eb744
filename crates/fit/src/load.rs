//! Which pods are on which node.

use crate::resources::Resources;
use crate::scheduler::TemplateId;
use crate::template::Template;

/// The pods of every node, and which nodes are lost.
#[derive(Clone, Default, Debug)]
pub struct Load {
    pub(crate) hosts: Vec<Host>,
}

/// What is on a node (`NodeInfo`).
#[derive(Clone, Default, Debug)]
pub struct Host {
    /// What its pods ask for.
    pub requested: Resources,
    /// What they count for in scores: millicores and bytes.
    pub scored: (i64, i64),
    /// How many there are.
    pub pods: i64,
    /// How many of each template.
    pub held: Vec<(TemplateId, u32)>,
    /// Whether the node is lost.
    pub gone: bool,
}

impl Load {
    /// Nodes without pods.
    pub fn new(nodes: usize) -> Self {
        Self {
            hosts: vec![Host::default(); nodes],
        }
    }

    /// What is on a node.
    pub fn host(&self, node: usize) -> &Host {
        &self.hosts[node]
    }

    /// How many nodes are there and not lost.
    pub fn nodes(&self) -> usize {
        self.hosts.iter().filter(|host| !host.gone).count()
    }

    /// Takes a node away, with all that is on it.
    pub fn lose(&mut self, node: usize) {
        self.hosts[node] = Host {
            gone: true,
            ..Host::default()
        };
    }

    pub(crate) fn add(&mut self, node: usize, id: TemplateId, template: &Template) {
        self.add_many(node, id, template, 1);
    }

    pub(crate) fn add_many(&mut self, node: usize, id: TemplateId, template: &Template, more: i64) {
        let Ok(count) = u32::try_from(more) else {
            return;
        };
        if count == 0 {
            return;
        }
        let host = &mut self.hosts[node];
        host.change(template, more);
        match host.held.iter_mut().find(|(held, _)| *held == id) {
            Some((_, held)) => *held = held.saturating_add(count),
            None => host.held.push((id, count)),
        }
    }

    pub(crate) fn remove(&mut self, node: usize, id: TemplateId, template: &Template) {
        let host = &mut self.hosts[node];
        let Some(at) = host.held.iter().position(|(held, _)| *held == id) else {
            return;
        };
        host.change(template, -1);
        host.held[at].1 -= 1;
        if host.held[at].1 == 0 {
            host.held.remove(at);
        }
    }
}

impl Host {
    fn change(&mut self, template: &Template, times: i64) {
        self.requested.add(&template.requests, times);
        let (cpu, memory) = template.scored;
        self.scored.0 = self.scored.0.wrapping_add(cpu.wrapping_mul(times));
        self.scored.1 = self.scored.1.wrapping_add(memory.wrapping_mul(times));
        self.pods += times;
    }
}
