//! From a source tree to the files that build and run it.
//!
//! [`model`] says what is known of the services in a tree, and from where. Detection makes it of
//! files; what is written (Dockerfile, Compose file, manifests, chart) is made of it alone, so that
//! port, user, probes, environment and image agree everywhere.
//!
//! Nothing here reads the disk, the environment or the clock: a tree is given.

pub mod model;
