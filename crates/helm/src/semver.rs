//! Versions and constraints as Masterminds' semver v3.5 has them.
//!
//! `semver` and `semverCompare` in templates, `kubeVersion` of a chart and the ranges of its
//! dependencies all go through here. The texts of errors are the library's.

mod check;
mod constraint;
mod scan;
mod version;

pub use check::Mismatch;
pub use constraint::{Constraint, ConstraintError};
pub use version::{Version, VersionError};

/// Whether a version satisfies a constraint (Helm's `IsCompatibleRange`): not if either cannot
/// be read.
pub fn is_compatible(constraint: &str, version: &str) -> bool {
    match (Constraint::parse(constraint), Version::parse(version)) {
        (Ok(constraint), Ok(version)) => constraint.check(&version),
        _ => false,
    }
}
