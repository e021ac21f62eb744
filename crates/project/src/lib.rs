//! A repository as Plimsoll sees it: which files are what, each read and parsed once.
//!
//! The parts have walls between them: [`config`] reads `plimsoll.toml`, [`discover`] finds and
//! classifies, [`snapshot`] parses and keeps, [`compose`] resolves sets of Compose files,
//! [`context`] knows build contexts, [`kustomize`] knows what overlays add, `expected` what tests
//! only compare with, [`charts`] what charts are made of, [`generated`] what they were rendered to,
//! [`values`] what their values are, [`texts`] lists all that may be text, [`vcs`] knows what version control sees, [`disk`] is the only
//! module that touches the operating system.
//! This crate knows no rules and prints nothing.

pub mod charts;
pub mod compose;
pub mod config;
pub mod context;
pub mod discover;
pub mod disk;
mod expected;
pub mod generated;
mod gitignore;
pub mod kustomize;
mod load;
mod nearby;
pub mod snapshot;
pub mod texts;
pub mod values;
pub mod vcs;

pub use charts::{ChartDependency, ChartFile, ChartUnit, LeftOut, Locked};
pub use compose::ComposeProject;
pub use context::BuildContext;
pub use generated::{Failure, Generated, Given, Render};
pub use snapshot::{
    ComposeUnit, DockerfileUnit, IgnoreUnit, ManifestRole, ManifestUnit, NotReviewed, Options,
    Project, ReadError, Reason, Unreadable,
};
