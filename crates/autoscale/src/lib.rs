//! What an autoscaler would have done.
//!
//! - [`load`] reads a recorded load and makes steps of it.
//! - [`manifest`] reads an HPA, or a KEDA ScaledObject as the HPA it becomes, and the pod template
//!   of its target.
//! - [`sim`] replays a load through the controller of [`plimsoll_hpa`] over a model of pods and
//!   nodes, and tells what was served.
//! - [`tune`] searches settings on a part of a load and reports on the rest.
//!
//! Nothing here reads files, clocks or clusters.

pub mod load;
pub mod manifest;
pub mod sim;
pub mod tune;

pub use plimsoll_hpa::{Flags, Hpa, KUBERNETES, Metric, Span};
