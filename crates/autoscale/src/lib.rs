//! What an autoscaler would have done.
//!
//! - [`load`] reads a recorded load and makes steps of it.
//! - [`found`] finds an HPA or a KEDA ScaledObject among manifests, and the pod template of its
//!   target; [`manifest`] reads the one, [`keda`] the other and follows KEDA's own loop.
//! - [`sim`] replays a load through the controller of [`plimsoll_hpa`] over a model of pods and
//!   nodes, and tells what was served.
//! - [`tune`] searches settings on a part of a load and reports on the rest; [`patch`] writes them
//!   for kubectl.
//! - [`dump`] reads what a cluster says of an HPA, and [`mod@explain`] says why it is at its number.
//!
//! Nothing here reads files, clocks or clusters.

mod autoscaler;
pub mod dump;
pub mod explain;
pub mod found;
pub mod keda;
pub mod load;
pub mod manifest;
pub mod patch;
mod refused;
pub mod sim;
pub mod tune;

pub use autoscaler::Autoscaler;
pub use plimsoll_hpa::spec::Reference;
pub use plimsoll_hpa::{Flags, Hpa, KUBERNETES, Metric, Policy, Span, Time};
