//! The commands that talk to servers, with real ones on loopback (tests/network/server) and with
//! helm 4.3.1 beside them: what one program writes the other reads.
//!
//! `cargo xtask test` builds the servers, fetches helm, and names both in the environment.

mod dependency;
mod pins;
mod registry;
mod repository;
mod schemas;
mod signing;
mod source;
mod tls;
mod values;
mod world;
