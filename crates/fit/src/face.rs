//! What pods look like to each other.

use crate::template::Template;

/// Names a face that a scheduler knows: what a template shows to other pods. Templates that differ
/// in what they ask of a node alone have the same one, as those of a DaemonSet have, of which each
/// is for a node of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct FaceId(pub(crate) u32);

impl FaceId {
    /// Its place among the faces.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl Template {
    /// Only what counts where other pods are looked at: namespace, labels, ports, terms about others,
    /// and whether it goes.
    pub(crate) fn face(&self) -> Self {
        Self {
            namespace: self.namespace.clone(),
            labels: self.labels.clone(),
            ports: self.ports.clone(),
            affinity: self.affinity.clone(),
            terminating: self.terminating,
            ..Self::default()
        }
    }
}
