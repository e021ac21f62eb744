//! Helm charts: loading, values, functions and rendering equal to Helm's.
//!
//! Invariants: no I/O, no clock and no randomness of its own (the caller gives both); what a
//! chart can cost is bounded; every file and every value of a chart keeps its place.

pub use plimsoll_gotmpl::Limits;

pub mod chart;
pub mod create;
pub mod functions;
mod json;
pub mod jsonpath;
pub mod lint;
pub mod package;
pub mod provenance;
pub mod reading;
pub mod render;
pub mod repository;
pub mod schema;
pub mod semver;
pub mod show;
pub mod signed;
pub mod strvals;
pub mod values;
