//! Fixtures for tests: several files in one string, and the memory tree made of them.

pub mod docs;
pub mod fixture;

pub use fixture::{Fixture, tree};
