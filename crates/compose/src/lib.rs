//! Compose files: typed views with places over one of them, and whole projects resolved.
//!
//! The views: everything outside of [`resolve`] is a `Copy` struct that borrows a
//! [`plimsoll_yaml::Tree`] parsed with [`plimsoll_yaml::Dialect::Core`]: a [`ComposeFile`] is a
//! document, a [`Service`] an entry of its `services`, and so on. Nothing is decoded twice.
//!
//! Conventions that every accessor keeps:
//! - A value of the wrong type reads as absent; so does `null`. Nothing panics, nothing fails.
//! - Short and long forms read alike: a [`Port`] or a [`Mount`] is one, however it is written.
//! - What a rule may report on is a [`plimsoll_yaml::Node`] or a [`Value`]: a scalar, or a part
//!   of one (`KEY=value` has two), with its range.
//! - Aliases and merge keys are followed, as Compose does.
//! - Variables (`${TAG:-latest}`) are not looked up: [`interpolation`] takes them apart, and
//!   [`Value::with_defaults`] gives the text that holds when nobody sets them, if there is one.
//!   What depends on a variable without a default reads as unknown, never as a guess.
//!
//! A view sees one file; [`ComposeFile::is_whole`] says whether others can add something.
//! Merging, `extends`, `include`, `.env` and profiles are the matter of [`resolve`], which gives
//! what `docker compose config` gives, every value with its origin. It asks for further files
//! through [`resolve::Surroundings`]: this crate knows no rule, no file system and no Docker.

pub mod build;
pub mod dependencies;
pub mod deploy;
pub mod duration;
pub mod environment;
pub mod file;
pub mod health;
pub mod interpolation;
pub mod mounts;
pub mod naming;
pub mod ports;
pub mod resolve;
pub mod schema;
pub mod service;
mod view;

pub use build::Build;
pub use dependencies::{Condition, Dependency, Extends, ReferenceKind, ServiceReference};
pub use deploy::Deploy;
pub use environment::{EnvFile, Variable};
pub use file::{ComposeFile, Include, Resource, ResourceKind, looks_like_compose};
pub use health::{Healthcheck, Test};
pub use mounts::{Mount, Source};
pub use naming::{NameRole, role_of_path};
pub use ports::{HostIp, Port, PortMapping, PortRange, Protocol, Published};
pub use service::{Command, Grant, NetworkUse, Service};
pub use view::Value;
