//! Which nodes pods fit on, which one kube-scheduler takes, and what follows from that.
//!
//! The version followed is **1.37.2** with its default profile and its feature gates as they are
//! by default; functions name the one they follow, and `tests/oracles/fit` runs the scheduler's
//! own plugins on generated clusters and records what they say. Not followed are volumes, devices
//! (DRA), features that nodes declare, resizes under way, preemption, and the random choice
//! between nodes that are equally good.
//!
//! - [`Node`] and [`Template`] are plain data: a node, and all that the scheduler knows of a pod
//!   but its name.
//! - [`Scheduler`] holds nodes and templates; [`Load`] says which pods are where. One cycle looks
//!   at the nodes, scores those that fit and chooses.
//! - [`Scene`] is nodes, pods that are there and [`Group`]s of pods to come; its [`Plan`] places
//!   them and answers what is asked of it: room to spare, losses, nodes of another [`Shape`].
//!
//! Nothing here knows files, clocks, clusters or output.

pub mod affinity;
mod dump;
mod face;
mod filters;
mod groups;
mod inventory;
mod load;
mod logarithm;
mod manifests;
mod node;
pub mod nodes;
mod plan;
mod prepare;
mod questions;
mod read;
mod reason;
mod resources;
mod running;
mod scheduler;
mod scores;
pub mod selector;
mod shape_text;
mod shapes;
pub mod spread;
mod template;

pub use dump::{Dump, DumpError};
pub use groups::{Count, Group, LeftOut, MOST_REPLICAS, Scale};
pub use inventory::{DEFAULT_NAMESPACE, Inventory, Owner, Scaler, namespace};
pub use load::{Host, Load};
pub use manifests::{Manifests, Spot};
pub use node::{HOSTNAME, Node, NodeError, Taint, ZONE};
pub use plan::{Pending, Placed, Plan, Scene, grouped};
pub use questions::{Loss, MOST_SPARE, Spare, Stranded, growing};
pub use reason::{Reason, Refusal};
pub use resources::{Resources, is_scalar};
pub use running::Pod;
pub use scheduler::{Scheduler, Sight, TemplateId};
pub use scores::{Plugin, Scored};
pub use selector::Labels;
pub use shape_text::{ShapeError, ShapesError};
pub use shapes::{MOST_NODES, Needed, Shape, used};
pub use template::{HostPort, Template, Toleration};

/// The version of Kubernetes that this follows.
pub const KUBERNETES: &str = "1.37.2";
