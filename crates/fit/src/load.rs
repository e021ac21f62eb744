//! Which pods are on which node.

use crate::face::FaceId;
use crate::resources::Resources;
use crate::template::Template;

/// The pods of every node, and which nodes are lost.
#[derive(Clone, Default, Debug)]
pub struct Load {
    pub(crate) hosts: Vec<Host>,
    /// By face, which nodes have how many pods with it: whoever counts pods asks for few faces.
    places: Vec<Vec<(usize, i64)>>,
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
    /// The faces of its pods.
    pub(crate) faces: Vec<FaceId>,
    /// Whether the node is lost.
    pub gone: bool,
}

impl Load {
    /// Nodes without pods.
    pub fn new(nodes: usize) -> Self {
        Self {
            hosts: vec![Host::default(); nodes],
            places: Vec::new(),
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
        let host = Host {
            gone: true,
            ..Host::default()
        };
        let lost = std::mem::replace(&mut self.hosts[node], host);
        for face in lost.faces {
            self.places[face.index()].retain(|(place, _)| *place != node);
        }
    }

    /// The nodes that have pods with a face, with how many, in any order.
    pub(crate) fn places(&self, face: FaceId) -> &[(usize, i64)] {
        self.places.get(face.index()).map_or(&[], Vec::as_slice)
    }

    /// Puts so many pods of a template, which has this face, on a node.
    pub(crate) fn add(&mut self, node: usize, face: FaceId, template: &Template, more: i64) {
        if more <= 0 {
            return;
        }
        let host = &mut self.hosts[node];
        host.change(template, more);
        if self.places.len() <= face.index() {
            self.places.resize(face.index() + 1, Vec::new());
        }
        let places = &mut self.places[face.index()];
        if host.faces.contains(&face) {
            let place = places.iter_mut().find(|(place, _)| *place == node);
            if let Some((_, count)) = place {
                *count = count.saturating_add(more);
            }
        } else {
            host.faces.push(face);
            places.push((node, more));
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
