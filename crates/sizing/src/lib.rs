//! What a pod's requests and limits bring about, and what they should be: what it asks of a node, its quality of service,
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
//! [`recommend`] says what a container should ask for and be allowed, from what it used
//! ([`Usage`]): how each number is found is told in `docs/design/sizing-yardstick.md`.
//!
//! Nothing here knows files, clocks, clusters or output.

pub mod cpu;
mod defaults;
pub mod demand;
pub mod eviction;
pub mod forecast;
pub mod input;
pub mod memory;
pub mod objects;
pub mod oom;
pub mod patch;
pub mod plan;
pub mod pod;
pub mod profile;
pub mod qos;
pub mod recommend;
pub mod risk;
pub mod service;
mod unread;
pub mod usage;

pub use pod::{Amounts, Container, Pod, Resources};
pub use profile::Profile;
pub use recommend::{Present, Recommendation, Wish, recommend};
pub use risk::{Chance, Risk};
pub use unread::{Unread, unread};
pub use usage::Usage;

/// The version of Kubernetes that this follows.
pub const KUBERNETES: &str = "1.37.2";
