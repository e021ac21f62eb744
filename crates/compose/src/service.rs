//! Services.

use std::borrow::Cow;
use std::time::Duration;

use plimsoll_source::TextRange;
use plimsoll_yaml::{Entry, Kind, Node};

use crate::build::Build;
use crate::dependencies::{Dependency, Extends, ServiceReference, dependencies, references};
use crate::deploy::Deploy;
use crate::duration;
use crate::environment::{EnvFile, Variable, env_files, pairs};
use crate::health::Healthcheck;
use crate::mounts::Mount;
use crate::ports::Port;
use crate::view::{Value, boolean, integer, items, mapping, value, values};

/// An entry of `services`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Service<'a> {
    key: Node<'a>,
    node: Node<'a>,
}

/// A `command` or `entrypoint`.
#[derive(Clone, PartialEq, Debug)]
pub enum Command<'a> {
    /// One string, which Compose splits as a shell splits words, without running a shell.
    Line(Value<'a>),
    /// A list of words; an empty one clears what the image says.
    Words(Vec<Value<'a>>),
}

/// A `secrets` or `configs` item of a service or build.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Grant<'a> {
    node: Node<'a>,
    source: Value<'a>,
}

impl<'a> Grant<'a> {
    /// The item: a name or a mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// The name under the file's `secrets` or `configs`.
    pub fn source(self) -> Value<'a> {
        self.source
    }

    /// The path or name in the container.
    pub fn target(self) -> Option<Value<'a>> {
        value(self.node, "target")
    }
}

pub(crate) fn grants<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = Grant<'a>> + use<'a> {
    items(node, key).filter_map(|item| {
        let source = match item.kind() {
            Kind::Mapping => value(item, "source")?,
            _ => Value::new(item)?,
        };
        Some(Grant { node: item, source })
    })
}

/// A network that a service joins.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct NetworkUse<'a> {
    /// The name under the file's `networks`.
    pub name: Value<'a>,
    /// The mapping with aliases and addresses.
    pub options: Option<Node<'a>>,
}

impl<'a> NetworkUse<'a> {
    /// Further names of the service in this network.
    pub fn aliases(self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        self.options
            .into_iter()
            .flat_map(|options| values(options, "aliases"))
    }
}

impl<'a> Service<'a> {
    /// The view of an entry whose value is a mapping.
    pub(crate) fn new(entry: Entry<'a>) -> Option<Self> {
        let node = entry.value.resolve();
        (node.kind() == Kind::Mapping).then_some(Self {
            key: entry.key.resolve(),
            node,
        })
    }

    /// The name.
    pub fn name(self) -> Cow<'a, str> {
        self.key.text().unwrap_or_default()
    }

    /// The key that names it.
    pub fn key(self) -> Node<'a> {
        self.key
    }

    /// The place that stands for it: its name.
    pub fn head(self) -> TextRange {
        self.key.range()
    }

    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// The scalar under any key.
    pub fn value(self, key: &str) -> Option<Value<'a>> {
        value(self.node, key)
    }

    /// `image`.
    pub fn image(self) -> Option<Value<'a>> {
        value(self.node, "image")
    }

    /// `build`.
    pub fn build(self) -> Option<Build<'a>> {
        Build::new(self.node.entry("build")?)
    }

    /// `command`.
    pub fn command(self) -> Option<Command<'a>> {
        command(self.node, "command")
    }

    /// `entrypoint`.
    pub fn entrypoint(self) -> Option<Command<'a>> {
        command(self.node, "entrypoint")
    }

    /// `ports`.
    pub fn ports(self) -> impl Iterator<Item = Port<'a>> + use<'a> {
        items(self.node, "ports").filter_map(Port::new)
    }

    /// `expose`.
    pub fn expose(self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        values(self.node, "expose")
    }

    /// `environment`.
    pub fn environment(self) -> impl Iterator<Item = Variable<'a>> + use<'a> {
        pairs(self.node, "environment")
    }

    /// `labels`.
    pub fn labels(self) -> impl Iterator<Item = Variable<'a>> + use<'a> {
        pairs(self.node, "labels")
    }

    /// `env_file`.
    pub fn env_files(self) -> impl Iterator<Item = EnvFile<'a>> + use<'a> {
        env_files(self.node, "env_file")
    }

    /// `depends_on`.
    pub fn depends_on(self) -> impl Iterator<Item = Dependency<'a>> + use<'a> {
        dependencies(self.node)
    }

    /// Every reference to another service of the file, `depends_on` included.
    pub fn references(self) -> Vec<ServiceReference<'a>> {
        references(self.node)
    }

    /// `healthcheck`.
    pub fn healthcheck(self) -> Option<Healthcheck<'a>> {
        Healthcheck::new(self.node.entry("healthcheck")?)
    }

    /// `volumes`.
    pub fn mounts(self) -> impl Iterator<Item = Mount<'a>> + use<'a> {
        items(self.node, "volumes").filter_map(Mount::new)
    }

    /// `tmpfs`.
    pub fn tmpfs(self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        values(self.node, "tmpfs")
    }

    /// `networks`, a list or a mapping.
    pub fn networks(self) -> impl Iterator<Item = NetworkUse<'a>> + use<'a> {
        let listed = items(self.node, "networks").filter_map(Value::new);
        let mapped = mapping(self.node, "networks")
            .into_iter()
            .flat_map(Node::merged_entries);
        listed
            .map(|name| NetworkUse {
                name,
                options: None,
            })
            .chain(mapped.map(|entry| {
                let options = entry.value.resolve();
                NetworkUse {
                    name: Value::of_key(entry.key.resolve()),
                    options: (options.kind() == Kind::Mapping).then_some(options),
                }
            }))
    }

    /// `secrets`.
    pub fn secrets(self) -> impl Iterator<Item = Grant<'a>> + use<'a> {
        grants(self.node, "secrets")
    }

    /// `configs`.
    pub fn configs(self) -> impl Iterator<Item = Grant<'a>> + use<'a> {
        grants(self.node, "configs")
    }

    /// `user`.
    pub fn user(self) -> Option<Value<'a>> {
        value(self.node, "user")
    }

    /// `read_only`.
    pub fn read_only(self) -> Option<(bool, Node<'a>)> {
        boolean(self.node, "read_only")
    }

    /// `privileged`.
    pub fn privileged(self) -> Option<(bool, Node<'a>)> {
        boolean(self.node, "privileged")
    }

    /// `profiles`; a service without any is always on.
    pub fn profiles(self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        values(self.node, "profiles")
    }

    /// `deploy`.
    pub fn deploy(self) -> Option<Deploy<'a>> {
        mapping(self.node, "deploy").map(Deploy::new)
    }

    /// `scale`, or `deploy.replicas`.
    pub fn replicas(self) -> Option<(i64, Node<'a>)> {
        integer(self.node, "scale").or_else(|| self.deploy()?.replicas())
    }

    /// `extends`.
    pub fn extends(self) -> Option<Extends<'a>> {
        Extends::new(self.node.get("extends")?)
    }

    /// `network_mode`.
    pub fn network_mode(self) -> Option<Value<'a>> {
        value(self.node, "network_mode")
    }

    /// `container_name`.
    pub fn container_name(self) -> Option<Value<'a>> {
        value(self.node, "container_name")
    }

    /// `restart`.
    pub fn restart(self) -> Option<Value<'a>> {
        value(self.node, "restart")
    }

    /// `stop_signal`.
    pub fn stop_signal(self) -> Option<Value<'a>> {
        value(self.node, "stop_signal")
    }

    /// `stop_grace_period`, read, with its place.
    pub fn stop_grace_period(self) -> Option<(Duration, Node<'a>)> {
        let written = value(self.node, "stop_grace_period")?;
        Some((duration::parse(&written.with_defaults()?)?, written.node()))
    }

    /// `platform`.
    pub fn platform(self) -> Option<Value<'a>> {
        value(self.node, "platform")
    }

    /// `pull_policy`.
    pub fn pull_policy(self) -> Option<Value<'a>> {
        value(self.node, "pull_policy")
    }

    /// `working_dir`.
    pub fn working_dir(self) -> Option<Value<'a>> {
        value(self.node, "working_dir")
    }

    /// Whether it says what to run: every service of a whole project does.
    pub fn is_runnable(self) -> bool {
        ["image", "build", "extends", "provider"]
            .iter()
            .any(|key| self.node.present(key).is_some())
    }
}

fn command<'a>(node: Node<'a>, key: &str) -> Option<Command<'a>> {
    let found = node.get(key)?;
    match found.kind() {
        Kind::Sequence => Some(Command::Words(
            found.items().filter_map(Value::new).collect(),
        )),
        _ => Value::new(found).map(Command::Line),
    }
}
