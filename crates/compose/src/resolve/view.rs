//! Typed views of the services of a resolved project, as [`crate::Service`] gives them of one
//! file. Values are whole here: variables are replaced, short forms are long.

use std::time::Duration;

use super::Resolved;
use super::item::{Entry, Item};
use super::records::{Records, Spot, Trace, VariableOrigin};
use super::select::Names;
use crate::ports::{PortRange, Protocol};
use crate::{Condition, ResourceKind};

/// A string of the project.
#[derive(Clone, Copy, Debug)]
pub struct WrittenText<'r> {
    /// The text.
    pub text: &'r str,
    /// Where it was written.
    pub trace: Trace,
}

fn text<'r>(item: &'r Item, key: &str) -> Option<WrittenText<'r>> {
    let found = item.get(key)?;
    let text = found.as_str().filter(|text| !text.is_empty())?;
    let trace = found.trace();
    Some(WrittenText { text, trace })
}

fn texts<'r>(item: &'r Item, key: &str) -> Vec<WrittenText<'r>> {
    let items = item.get(key).map(Item::items).unwrap_or_default().iter();
    let texts = items.filter_map(|item| {
        Some(WrittenText {
            text: item.as_str()?,
            trace: item.trace(),
        })
    });
    texts.collect()
}

impl Resolved {
    /// The services that are on.
    pub fn services(&self) -> impl Iterator<Item = ResolvedService<'_>> {
        self.model.services().map(|entry| ResolvedService {
            entry,
            records: &self.records,
        })
    }

    /// The service of this name, if it is on.
    pub fn service(&self, name: &str) -> Option<ResolvedService<'_>> {
        let entry = self.root().get("services")?.as_map()?.entry(name)?;
        Some(ResolvedService {
            entry,
            records: &self.records,
        })
    }

    /// The services that are off.
    pub fn disabled_services(&self) -> impl Iterator<Item = ResolvedService<'_>> {
        self.model.disabled.iter().map(|entry| ResolvedService {
            entry,
            records: &self.records,
        })
    }

    /// Whether a service of this name is defined, on or off.
    pub fn defines_service(&self, name: &str) -> bool {
        self.model.any_service(name).is_some()
    }

    /// Whether something of this kind and name is defined and used.
    pub fn defines(&self, kind: ResourceKind, name: &str) -> bool {
        self.model.defines(kind.key(), name)
    }
}

/// A service.
#[derive(Clone, Copy, Debug)]
pub struct ResolvedService<'r> {
    entry: &'r Entry,
    records: &'r Records,
}

impl<'r> ResolvedService<'r> {
    /// Its name.
    pub fn name(self) -> &'r str {
        self.entry.key()
    }

    /// Where its name was first written.
    pub fn head(self) -> Trace {
        self.entry.key_trace()
    }

    /// All of it.
    pub fn item(self) -> &'r Item {
        self.entry.value()
    }

    /// The string under any key.
    pub fn text(self, key: &str) -> Option<WrittenText<'r>> {
        text(self.item(), key)
    }

    /// The strings of the list under any key.
    pub fn texts(self, key: &str) -> Vec<WrittenText<'r>> {
        texts(self.item(), key)
    }

    /// The boolean under any key.
    pub fn boolean(self, key: &str) -> Option<(bool, Trace)> {
        let found = self.item().get(key)?;
        Some((found.as_bool()?, found.trace()))
    }

    /// `image`.
    pub fn image(self) -> Option<WrittenText<'r>> {
        self.text("image")
    }

    /// `user`.
    pub fn user(self) -> Option<WrittenText<'r>> {
        self.text("user")
    }

    /// When it is started again: `restart`, or `deploy.restart_policy.condition`.
    pub fn restart(self) -> Option<WrittenText<'r>> {
        let policy = || self.item().get("deploy")?.get("restart_policy");
        self.text("restart")
            .or_else(|| text(policy()?, "condition"))
    }

    /// `build`.
    pub fn build(self) -> Option<ResolvedBuild<'r>> {
        let entry = self.item().as_map()?.entry("build")?;
        Some(ResolvedBuild { entry })
    }

    /// The words of `command`; an empty list clears what the image says.
    pub fn command(self) -> Option<Vec<WrittenText<'r>>> {
        self.item().get("command")?;
        Some(self.texts("command"))
    }

    /// The words of `entrypoint`; an empty list clears what the image says.
    pub fn entrypoint(self) -> Option<Vec<WrittenText<'r>>> {
        self.item().get("entrypoint")?;
        Some(self.texts("entrypoint"))
    }

    /// `ports`, one for each port of the container.
    pub fn ports(self) -> impl Iterator<Item = ResolvedPort<'r>> + use<'r> {
        let ports = self.item().get("ports").map(Item::items);
        ports
            .unwrap_or_default()
            .iter()
            .map(|item| ResolvedPort { item })
    }

    /// `environment`, env files included, by name for those.
    pub fn environment(self) -> impl Iterator<Item = ResolvedVariable<'r>> + use<'r> {
        let records = self.records;
        let entries = self.item().get("environment").into_iter();
        entries
            .flat_map(Item::entries)
            .map(move |entry| ResolvedVariable { entry, records })
    }

    /// `depends_on`, with what other keys imply.
    pub fn depends_on(self) -> impl Iterator<Item = ResolvedDependency<'r>> + use<'r> {
        let entries = self.item().get("depends_on").into_iter();
        entries
            .flat_map(Item::entries)
            .map(|entry| ResolvedDependency { entry })
    }

    /// `healthcheck`.
    pub fn healthcheck(self) -> Option<ResolvedHealthcheck<'r>> {
        let entry = self.item().as_map()?.entry("healthcheck")?;
        Some(ResolvedHealthcheck { entry })
    }

    /// `volumes`.
    pub fn mounts(self) -> impl Iterator<Item = ResolvedMount<'r>> + use<'r> {
        let mounts = self.item().get("volumes").map(Item::items);
        mounts
            .unwrap_or_default()
            .iter()
            .map(|item| ResolvedMount { item })
    }

    /// The names of the networks that it joins, with where they were written.
    pub fn networks(self) -> impl Iterator<Item = WrittenText<'r>> + use<'r> {
        let entries = self.item().get("networks").into_iter();
        entries.flat_map(Item::entries).map(|entry| WrittenText {
            text: entry.key(),
            trace: entry.key_trace(),
        })
    }

    /// How many containers.
    pub fn replicas(self) -> i64 {
        let deploy = || self.item().get("deploy")?.get("replicas")?.as_int();
        let scale = self.item().get("scale").and_then(Item::as_int);
        scale.or_else(deploy).unwrap_or(1)
    }
}

/// How an image is built.
#[derive(Clone, Copy, Debug)]
pub struct ResolvedBuild<'r> {
    entry: &'r Entry,
}

impl<'r> ResolvedBuild<'r> {
    /// All of it.
    pub fn item(self) -> &'r Item {
        self.entry.value()
    }

    /// Where `build` was written.
    pub fn head(self) -> Trace {
        self.entry.key_trace()
    }

    /// The folder it is built from, absolute, or where else it is taken from.
    pub fn context(self) -> Option<WrittenText<'r>> {
        text(self.item(), "context")
    }

    /// The path of the Dockerfile, relative to the context.
    pub fn dockerfile(self) -> Option<WrittenText<'r>> {
        text(self.item(), "dockerfile")
    }

    /// The stage to build.
    pub fn target(self) -> Option<WrittenText<'r>> {
        text(self.item(), "target")
    }
}

/// A published port.
#[derive(Clone, Copy, Debug)]
pub struct ResolvedPort<'r> {
    item: &'r Item,
}

impl<'r> ResolvedPort<'r> {
    /// All of it.
    pub fn item(self) -> &'r Item {
        self.item
    }

    /// Where it was written.
    pub fn trace(self) -> Trace {
        self.item.trace()
    }

    /// The address of the host; none for all of them.
    pub fn host_ip(self) -> Option<&'r str> {
        self.item.get("host_ip").and_then(Item::as_str)
    }

    /// The port of the host, or the range from which one is taken; none for any free one.
    pub fn published(self) -> Option<PortRange> {
        PortRange::parse(self.item.get("published")?.as_str()?)
    }

    /// The port of the container.
    pub fn target(self) -> Option<u16> {
        u16::try_from(self.item.get("target")?.as_int()?).ok()
    }

    /// The protocol.
    pub fn protocol(self) -> Option<Protocol> {
        match self.item.get("protocol").and_then(Item::as_str) {
            None | Some("tcp") => Some(Protocol::Tcp),
            Some("udp") => Some(Protocol::Udp),
            Some("sctp") => Some(Protocol::Sctp),
            _ => None,
        }
    }
}

/// A variable of a service.
#[derive(Clone, Copy, Debug)]
pub struct ResolvedVariable<'r> {
    entry: &'r Entry,
    records: &'r Records,
}

impl<'r> ResolvedVariable<'r> {
    /// Its name.
    pub fn name(self) -> &'r str {
        self.entry.key()
    }

    /// Where its name was written; the item of `env_file` for what comes from a file.
    pub fn key_trace(self) -> Trace {
        self.entry.key_trace()
    }

    /// Its value; none for one that nothing sets, which the container does not get.
    pub fn value(self) -> Option<WrittenText<'r>> {
        let value = self.entry.value();
        let text = value.as_str()?;
        let trace = value.trace();
        Some(WrittenText { text, trace })
    }

    /// The place in a file of `env_file` that it comes from.
    pub fn env_file(self) -> Option<Spot> {
        let trace = self.entry.value().trace();
        if !self.key_trace().is_implied() {
            return None;
        }
        match self.records.uses(trace).first()?.origin {
            VariableOrigin::File(spot) => Some(spot),
            _ => None,
        }
    }
}

/// A dependency of a service.
#[derive(Clone, Copy, Debug)]
pub struct ResolvedDependency<'r> {
    entry: &'r Entry,
}

impl<'r> ResolvedDependency<'r> {
    /// The service depended on.
    pub fn name(self) -> &'r str {
        self.entry.key()
    }

    /// Where its name was written, or what implies it.
    pub fn trace(self) -> Trace {
        self.entry.key_trace()
    }

    /// What is waited for.
    pub fn condition(self) -> Condition {
        match text(self.entry.value(), "condition").map(|found| found.text) {
            Some("service_started") => Condition::Started,
            Some("service_healthy") => Condition::Healthy,
            Some("service_completed_successfully") => Condition::Completed,
            _ => Condition::Unknown,
        }
    }

    /// Whether Compose refuses to start without it.
    pub fn required(self) -> bool {
        self.entry.value().get("required").and_then(Item::as_bool) == Some(true)
    }
}

/// A health check.
#[derive(Clone, Copy, Debug)]
pub struct ResolvedHealthcheck<'r> {
    entry: &'r Entry,
}

impl<'r> ResolvedHealthcheck<'r> {
    /// All of it.
    pub fn item(self) -> &'r Item {
        self.entry.value()
    }

    /// Where `healthcheck` was written.
    pub fn head(self) -> Trace {
        self.entry.key_trace()
    }

    /// The words of the test, `CMD`, `CMD-SHELL` or `NONE` first.
    pub fn test(self) -> Vec<WrittenText<'r>> {
        texts(self.item(), "test")
    }

    /// Whether it switches the image's check off.
    pub fn is_off(self) -> bool {
        self.item().get("disable").and_then(Item::as_bool) == Some(true)
            || self
                .test()
                .first()
                .is_some_and(|first| first.text == "NONE")
    }

    /// A duration: `interval`, `timeout`, `start_period`, `start_interval`.
    pub fn duration(self, key: &str) -> Option<Duration> {
        let nanos = self.item().get(key)?.as_int()?;
        u64::try_from(nanos).ok().map(Duration::from_nanos)
    }

    /// How often it may fail.
    pub fn retries(self) -> Option<i64> {
        self.item().get("retries")?.as_int()
    }
}

/// Something mounted into a service.
#[derive(Clone, Copy, Debug)]
pub struct ResolvedMount<'r> {
    item: &'r Item,
}

impl<'r> ResolvedMount<'r> {
    /// All of it.
    pub fn item(self) -> &'r Item {
        self.item
    }

    /// Where it was written.
    pub fn trace(self) -> Trace {
        self.item.trace()
    }

    /// `bind`, `volume`, `tmpfs` and so on.
    pub fn kind(self) -> &'r str {
        text(self.item, "type").map_or("volume", |found| found.text)
    }

    /// The path of the host, absolute, or the name of the volume.
    pub fn source(self) -> Option<WrittenText<'r>> {
        text(self.item, "source")
    }

    /// The path in the container.
    pub fn target(self) -> Option<WrittenText<'r>> {
        text(self.item, "target")
    }

    /// Whether it is mounted read-only.
    pub fn read_only(self) -> bool {
        self.item.get("read_only").and_then(Item::as_bool) == Some(true)
    }
}
