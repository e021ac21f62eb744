//! How a service's container runs: what the image holds and what whoever runs it has to give.
//!
//! Dockerfile, Compose file, manifests and chart are written from one [`Running`], so that user,
//! port, command, environment and writable folders are the same everywhere.

pub(crate) mod artefact;
mod command;
mod environment;
pub(crate) mod health;
mod pace;
mod writable;

pub use health::Health;
pub use pace::Pace;

use crate::model::{Known, ProcessKind, Service};

/// The user and the group that every generated image runs as. Above 10000, so that it is no user
/// of the host.
pub const USER: u32 = 10001;

/// The folder of the image that stands for the build context.
pub const WORKDIR: &str = "/app";

/// What has to be known to run the image of a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Running {
    /// The image's repository, without registry and tag.
    pub image: String,
    /// The numeric user that the image is set to.
    pub user: u32,
    /// Its group.
    pub group: u32,
    /// The working directory of the image: the service's folder, for programs that run from their
    /// sources in a workspace.
    pub workdir: String,
    /// The whole command, in exec form: what ENTRYPOINT holds. Nothing has to be added to serve on
    /// every address of the container.
    pub command: Known<Vec<String>>,
    /// The TCP port that the command listens on.
    pub port: Option<Known<u16>>,
    /// What the image sets itself, in the order of its lines. Whoever runs the image repeats none
    /// of it.
    pub environment: Vec<Setting>,
    /// Absolute paths of folders that need a volume when the root is read-only, sorted; `/tmp`
    /// among them where the runtime or a framework uses it.
    pub writable: Vec<Known<String>>,
    /// Paths that the program writes and that no volume can hold without hiding the program
    /// itself, such as a database file in the working directory: to be told to people.
    pub unwritable: Vec<Known<String>>,
    /// Which HTTP routes tell of its health.
    pub health: Health,
    /// What asks the container for its health, in exec form, with nothing but what the image
    /// holds; absent for what listens on no port. It has no `$`, so that Compose takes it as it
    /// is.
    pub healthcheck: Option<Known<Vec<String>>>,
    /// How long it takes to start.
    pub pace: Pace,
    /// How long it may take to stop after SIGTERM, in seconds.
    pub grace: Known<u32>,
    /// What else runs from the image.
    pub processes: Vec<RunningProcess>,
    /// What brings its database up to date, in exec form, from the same image.
    pub migration: Option<Known<Vec<String>>>,
}

/// A variable that the image sets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value, and why it is set.
    pub value: Known<String>,
}

/// A process beside the one that serves, as it runs from the image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunningProcess {
    /// A DNS-1123 label, such as `worker`.
    pub name: String,
    /// How it runs.
    pub kind: ProcessKind,
    /// The whole command, in exec form; it takes the place of ENTRYPOINT.
    pub command: Known<Vec<String>>,
}

/// How a service runs; nothing when neither the tree nor its stack says what starts it.
pub fn running(service: &Service) -> Option<Running> {
    let port = port(service);
    let command = command::serving(service, port.as_ref())?;
    let health = health::routes(service);
    let healthcheck = port
        .as_ref()
        .map(|port| health::check(service, port, &health));
    let (writable, unwritable) = writable::paths(service);
    Some(Running {
        image: service.name.value.clone(),
        user: USER,
        group: USER,
        workdir: artefact::workdir(service),
        environment: environment::settings(service, port.as_ref(), &command.value),
        writable,
        unwritable,
        health,
        healthcheck,
        pace: pace::of(&service.stack),
        grace: pace::grace(service, &command.value),
        processes: service
            .processes
            .iter()
            .map(|process| RunningProcess {
                name: process.name.clone(),
                kind: process.kind.clone(),
                command: command::in_image(&service.stack, &process.command),
            })
            .collect(),
        migration: service
            .migration
            .as_ref()
            .map(|migration| command::in_image(&service.stack, migration)),
        command,
        port,
    })
}

/// Where the program listens. A web server of ours listens above 1024, whatever the tree says: an
/// unprivileged user may not do otherwise on every host.
fn port(service: &Service) -> Option<Known<u16>> {
    if artefact::served_by_us(&service.stack) {
        return Some(Known::assumed(
            artefact::WEB_PORT,
            "the generated configuration of the web server listens there",
        ));
    }
    service
        .port
        .as_ref()
        .map(|port| port.clone().map(|port| port.number))
}

#[cfg(test)]
mod tests;
