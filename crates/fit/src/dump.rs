//! Objects of a cluster, as `kubectl get … -o yaml` or `-o json` writes them.

use plimsoll_yaml::{Dialect, Tree, parse};

use crate::inventory::Inventory;
use crate::node::{Node, NodeError};
use crate::running::Pod;

/// A dump.
#[derive(Debug)]
pub struct Dump {
    tree: Tree,
}

/// What is wrong with a dump.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DumpError {
    /// It is neither YAML nor JSON.
    #[error("{message}")]
    Syntax {
        /// Where, in bytes.
        offset: u32,
        /// What.
        message: String,
    },
    /// A node is none.
    #[error("{error}")]
    Node {
        /// Where, in bytes.
        offset: u32,
        /// What.
        #[source]
        error: NodeError,
    },
    /// Two nodes have one name.
    #[error("there are two nodes `{name}`")]
    Twice {
        /// Where the second is, in bytes.
        offset: u32,
        /// The name.
        name: String,
    },
}

impl DumpError {
    /// Where it is wrong, in bytes.
    pub fn offset(&self) -> u32 {
        match self {
            Self::Syntax { offset, .. }
            | Self::Node { offset, .. }
            | Self::Twice { offset, .. } => *offset,
        }
    }
}

impl Dump {
    /// Reads a dump.
    ///
    /// # Errors
    ///
    /// Where it is neither YAML nor JSON.
    pub fn parse(text: String) -> Result<Self, DumpError> {
        let tree = parse(text, Dialect::GoV2);
        if let Some(error) = tree.errors().first() {
            return Err(DumpError::Syntax {
                offset: error.range.start,
                message: error.message.clone(),
            });
        }
        Ok(Self { tree })
    }

    /// Its nodes; other objects are passed over.
    ///
    /// # Errors
    ///
    /// The first node that is none.
    pub fn nodes(&self) -> Result<Vec<Node>, DumpError> {
        let mut names = std::collections::HashSet::new();
        let mut nodes = Vec::new();
        for object in plimsoll_k8s::objects(&self.tree) {
            if !object.is("", "Node") {
                continue;
            }
            let offset = object.head().start;
            let node = Node::of(object).map_err(|error| DumpError::Node { offset, error })?;
            if !names.insert(node.name.clone()) {
                let name = node.name;
                return Err(DumpError::Twice { offset, name });
            }
            nodes.push(node);
        }
        Ok(nodes)
    }

    /// Takes note of what it says beside nodes and pods.
    pub fn take_note(&self, inventory: &mut Inventory) {
        for object in plimsoll_k8s::objects(&self.tree) {
            inventory.add(object);
        }
    }

    /// Its pods, but for those that have run to an end.
    pub fn pods(&self, inventory: &Inventory) -> Vec<Pod> {
        plimsoll_k8s::objects(&self.tree)
            .into_iter()
            .filter_map(|object| Pod::of(object, inventory))
            .collect()
    }
}
