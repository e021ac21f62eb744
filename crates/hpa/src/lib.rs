//! The HorizontalPodAutoscaler controller of Kubernetes, as a function of what it sees.
//!
//! The version followed is **1.37.2** with its feature gates as they are by default, on a 64-bit
//! Intel machine (there, a float that fits no integer becomes the smallest one). Every function
//! names the one it follows; `tests/oracles/hpa` runs those and the tests compare.
//!
//! - [`calculator`] turns samples into a proposal: sums in, replicas out.
//! - [`behavior`] stabilizes and limits a proposal, with the [`History`] of earlier ones.
//! - [`decide`] is one sync without any text; a simulator calls nothing else.
//! - [`reconcile`] is one sync as the cluster sees it: metrics are asked for, conditions set and
//!   events sent, in the controller's own words.
//! - [`explain`] takes a sync apart: what each metric proposes, and what it would take to move.
//!
//! Nothing here reads a clock: [`Time`] is an argument. Pods and samples are plain data.

pub mod behavior;
pub mod calculator;
mod compute;
pub mod decide;
pub mod explain;
pub mod groups;
pub mod history;
mod numbers;
pub mod pods;
pub mod propose;
mod reconcile;
pub mod samples;
mod selector;
pub mod spec;
pub mod status;
mod time;

pub use history::History;
pub use numbers::float_of;
pub use reconcile::{Outcome, Scale, ScaleRead, Seen, Selection, reconcile};
pub use selector::{Expression, LabelSelector};
pub use spec::{Behavior, Hpa, Metric, Policy, PolicyKind, Rules, Select};
pub use time::{Span, Time};

/// The version of Kubernetes that this follows.
pub const KUBERNETES: &str = "1.37.2";

/// The flags of kube-controller-manager that the controller reads.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Flags {
    /// `--horizontal-pod-autoscaler-tolerance`.
    pub tolerance: f64,
    /// `--horizontal-pod-autoscaler-downscale-stabilization`.
    pub downscale_stabilization: Span,
    /// `--horizontal-pod-autoscaler-cpu-initialization-period`.
    pub cpu_initialization_period: Span,
    /// `--horizontal-pod-autoscaler-initial-readiness-delay`.
    pub initial_readiness_delay: Span,
    /// Feature gate `HPAScaleToZero`.
    pub scale_to_zero: bool,
    /// Feature gate `PodLevelResources`.
    pub pod_level_resources: bool,
}

impl Default for Flags {
    fn default() -> Self {
        Self {
            tolerance: 0.1,
            downscale_stabilization: Span::seconds(300),
            cpu_initialization_period: Span::seconds(300),
            initial_readiness_delay: Span::seconds(30),
            scale_to_zero: true,
            pod_level_resources: true,
        }
    }
}
