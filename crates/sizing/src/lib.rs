//! What a pod's requests and limits bring about: what it asks of a node, its quality of service,
//! whom the kernel kills when memory runs out, and whom the kubelet evicts before that.
//!
//! The version of Kubernetes followed is **1.37.2**, with its feature gates as they are by
//! default. Every function names the one it follows; `tests/oracles/sizing` runs those and the
//! tests compare. Not followed are resizes under way (what a status says beside the spec) and
//! claims on devices (gate `DRANodeAllocatableResources`, off by default).
//!
//! [`Pod`] is plain data, as the API server stores it: [`Pod::of`] makes one of a manifest, with
//! the defaults filled in. [`demand`] adds up, [`qos`] gives the class, [`oom`] the scores of the
//! kernel's choice and [`eviction`] the order of the kubelet's.
//!
//! Nothing here knows files, clocks, clusters or output.

mod defaults;
pub mod demand;
pub mod eviction;
pub mod oom;
pub mod pod;
pub mod qos;

pub use pod::{Amounts, Container, Pod, Resources};

/// The version of Kubernetes that this follows.
pub const KUBERNETES: &str = "1.37.2";
