//! Versions and constraints as Masterminds' semver has them.
