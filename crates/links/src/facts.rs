//! What is known of one service from its files: what it starts, where it listens, as whom it
//! runs, what it is given, what it writes, and how it stops.
//!
//! Everything here is a fact with its place, and unknown stays unknown: an accessor says "not
//! known" rather than what is usual. Nothing here judges; rules do.

pub mod bases;
mod bound;
mod connects;
pub mod environment;
pub mod health;
pub mod identity;
pub mod image;
pub mod ports;
mod quoted;
mod retries;
pub mod runner;
pub(crate) mod source_cache;
mod source_files;
pub mod sources;
pub mod start;
pub mod stop;
pub mod words;
pub mod writes;
