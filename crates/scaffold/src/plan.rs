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

use crate::model::{Certainty, Evidence, Known, ProcessKind, Service};

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

/// Ports below this one are the kernel's to give; see [`Running::needs_low_port`].
const FIRST_UNPRIVILEGED: u16 = 1024;

impl Running {
    /// Whether it listens on a port that the kernel keeps from users other than root. Engines lift that
    /// (`net.ipv4.ip_unprivileged_port_start` is 0 in containers of Docker since 20.10 and of containerd
    /// where it is set up so), but Kubernetes promises nothing: a pod has to ask for it. The parameter
    /// belongs to the pod's own network, is among those that every kubelet allows, and Pod Security's
    /// `restricted` lets it pass; a capability would not do, for a user other than root does not get it.
    pub(crate) fn needs_low_port(&self) -> bool {
        let port = self.port.as_ref();
        port.is_some_and(|port| port.value < FIRST_UNPRIVILEGED)
    }
}

/// The kernel parameter that lets everybody listen everywhere.
pub(crate) const LOW_PORTS: &str = "net.ipv4.ip_unprivileged_port_start";

/// Why it is set.
pub(crate) const LOW_PORTS_WHY: &str =
    "a user other than root may listen below 1024 only where the kernel is told so";

/// Where the program listens. A web server of ours listens above 1024, whatever the tree says: an
/// unprivileged user may not do otherwise on every host. The same goes for a program that takes its
/// port from a variable.
fn port(service: &Service) -> Option<Known<u16>> {
    if artefact::served_by_us(&service.stack) {
        return Some(Known::assumed(
            artefact::WEB_PORT,
            "the generated configuration of the web server listens there",
        ));
    }
    let port = service.port.as_ref()?;
    let is_low = (1..FIRST_UNPRIVILEGED).contains(&port.value.number);
    if !is_low || port.certainty == Certainty::Told || !moves(service, port.value.number) {
        return Some(port.clone().map(|port| port.number));
    }
    let moved = port.clone().map(|_| artefact::WEB_PORT);
    Some(moved.and(Evidence::table(
        "a user other than root listens above 1024; the Service keeps the outer port",
    )))
}

/// Whether what starts a service listens elsewhere when it is told to: by the variable that it reads,
/// if no word of the command names the port itself.
fn moves(service: &Service, port: u16) -> bool {
    let number = port.to_string();
    let names_it = |word: &String| {
        let digits = |c: char| !c.is_ascii_digit();
        word.split(digits).any(|part| part == number)
    };
    let start = service.start.as_ref().map(|start| &start.value);
    let by_variable = service
        .port
        .as_ref()
        .is_some_and(|port| port.value.variable.is_some());
    by_variable && !start.is_some_and(|words| words.iter().any(names_it))
}

#[cfg(test)]
mod tests;
