//! From a source tree to the files that build and run it.
//!
//! [`model`] says what is known of the services in a tree, and from where. Detection makes it of
//! files; what is written (Dockerfile, Compose file, manifests, chart) is made of it alone, so that
//! port, user, probes, environment and image agree everywhere.
//!
//! [`plan`] says how a service's container runs, and every writer reads it; [`written`] is what they
//! give: text in pieces, each with the evidence behind it.
//!
//! Nothing here reads the disk, the environment or the clock: a tree is given.

mod emit;
pub mod merge;
pub mod model;
pub mod plan;
pub mod written;
