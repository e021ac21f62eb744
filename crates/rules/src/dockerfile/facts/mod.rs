//! Facts about a Dockerfile that several rules need, worked out once per file.

use plimsoll_dockerfile::Build;

/// The facts.
#[derive(Debug, Default)]
pub struct Facts {}

impl Facts {
    /// Works them out.
    pub fn new(build: &Build) -> Self {
        let _ = build;
        Self {}
    }
}
