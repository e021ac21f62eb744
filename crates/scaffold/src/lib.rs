//! From a source tree to the files that build and run it.
//!
//! [`model`] says what is known of the services in a tree, and from where. [`detect`] makes it of
//! files; what is written (Dockerfile, Compose file, manifests, chart) is made of it alone, so that
//! port, user, probes, environment and image agree everywhere.
//!
//! [`compose`], [`manifests`] and [`chart`] write what runs the image, with [`wishes`] for what no tree
//! can say. [`merge`] lays what is written over what stands there, and keeps every edit; [`pins`] adds
//! digests to images.
//!
//! [`from_compose`] writes manifests and chart of what a Compose file says instead, [`from_manifests`] a
//! Compose file, a chart and a Kustomize base of manifests.
//!
//! [`plan`] says how a service's container runs, and every writer reads it; [`written`] is what they
//! give: text in pieces, each with the evidence behind it.
//!
//! Nothing here reads the disk, the environment or the clock: a tree is given.

pub mod chart;
pub mod compose;
mod deploy;
pub mod detect;
mod emit;
pub mod existing;
pub mod from_compose;
pub mod from_manifests;
pub mod generate;
pub mod image;
pub mod manifests;
pub mod merge;
pub mod model;
pub mod pins;
pub mod plan;
pub mod statements;
mod wiring;
pub mod wishes;
pub mod written;

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod edits;
#[cfg(test)]
mod samples;
#[cfg(test)]
pub(crate) mod testing;
