//! Typed views with places over Kubernetes objects, and the arithmetic that goes with them.
//!
//! Everything here is a `Copy` struct that borrows a [`plimsoll_yaml::Tree`]: an [`Object`] is a
//! document (or an item of a `List`), a [`Workload`] is an object that makes pods, a [`PodSpec`]
//! and its [`Container`]s are parts of it. Nothing is decoded twice and nothing is copied.
//!
//! Conventions that every accessor keeps:
//! - A value of the wrong type reads as absent; so does `null`. Nothing panics, nothing fails.
//! - What a rule may report on is given as a [`plimsoll_yaml::Node`] (its range is the place), or
//!   as a [`Setting`], which is a value with Kubernetes' default applied and the node it was
//!   written in, if it was.
//! - `head()` is the short place that stands for the whole thing: the `kind:` entry of an
//!   object, the `name:` entry of a container. Findings about something missing go there.
//! - Aliases and merge keys are followed, as the API server would see them.
//!
//! Pure arithmetic: [`Quantity`], [`IntOrPercent`] and [`rollout::resolve_fenceposts`],
//! [`LabelSelector`], [`qos::QosClass`].
//!
//! This crate knows no rule, no Kustomize, no chart and no cluster.

pub mod containers;
pub mod demand;
pub mod documents;
pub mod int_or_string;
pub mod labels;
pub mod limit_range;
pub mod objects;
pub mod pod_security;
pub mod pods;
pub mod probes;
pub mod qos;
pub mod quantity;
pub mod resources;
pub mod rollout;
pub mod schema;
pub mod security;
pub mod selectors;
mod view;
pub mod volumes;
pub mod workloads;

pub use containers::{Container, ContainerPort, EnvFrom, EnvSource, EnvVar, Role, VolumeMount};
pub use documents::{DocumentClass, classify, looks_like_manifest};
pub use int_or_string::{IntOrPercent, IntOrString};
pub use labels::Labels;
pub use limit_range::LimitRange;
pub use objects::{Object, encrypted_objects, objects};
pub use pod_security::{PodSecurityLevel, Violation};
pub use pods::PodSpec;
pub use probes::{Handler, Probe, ProbeRole};
pub use quantity::{Quantity, QuantityError};
pub use resources::{Amount, Resources};
pub use security::{Effective, Level, SeccompProfile, SecurityContext};
pub use selectors::{LabelSelector, SelectorError};
pub use view::Setting;
pub use volumes::{Volume, VolumeKind};
pub use workloads::{PodTemplate, Workload, WorkloadKind};
