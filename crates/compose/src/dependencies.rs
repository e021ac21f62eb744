//! How services refer to each other.

use std::borrow::Cow;

use plimsoll_yaml::{Kind, Node};

use crate::view::{Value, boolean, items, value};

/// What a service waits for in another before it starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Condition {
    /// Its containers run.
    Started,
    /// Its health check succeeds.
    Healthy,
    /// It ends with exit code 0.
    Completed,
    /// Written, but no condition that Compose knows, or decided by a variable.
    Unknown,
}

/// One entry of `depends_on`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Dependency<'a> {
    name: Value<'a>,
    /// The mapping of the long form.
    options: Option<Node<'a>>,
}

impl<'a> Dependency<'a> {
    /// The service depended on.
    pub fn name(self) -> Cow<'a, str> {
        self.name.text()
    }

    /// Where its name is written.
    pub fn name_value(self) -> Value<'a> {
        self.name
    }

    /// The `condition`, if it is written.
    pub fn condition_value(self) -> Option<Value<'a>> {
        value(self.options?, "condition")
    }

    /// What is waited for; [`Condition::Started`] where nothing is said.
    pub fn condition(self) -> Condition {
        let Some(written) = self.condition_value() else {
            return Condition::Started;
        };
        match written.with_defaults().as_deref() {
            Some("service_started") => Condition::Started,
            Some("service_healthy") => Condition::Healthy,
            Some("service_completed_successfully") => Condition::Completed,
            _ => Condition::Unknown,
        }
    }

    /// Whether Compose refuses to start without it.
    pub fn required(self) -> bool {
        self.options
            .and_then(|options| boolean(options, "required"))
            .is_none_or(|(required, _)| required)
    }

    /// The mapping of the long form; `None` in a list and for an empty entry.
    pub fn options(self) -> Option<Node<'a>> {
        self.options
    }
}

/// The entries of `depends_on`, a list or a mapping.
pub(crate) fn dependencies(service: Node<'_>) -> impl Iterator<Item = Dependency<'_>> {
    let holder = service.get("depends_on");
    let mapping = holder
        .into_iter()
        .flat_map(Node::merged_entries)
        .map(|entry| {
            let options = entry.value.resolve();
            Dependency {
                name: Value::of_key(entry.key.resolve()),
                options: (options.kind() == Kind::Mapping).then_some(options),
            }
        });
    let list = items(service, "depends_on")
        .filter_map(Value::new)
        .map(|name| Dependency {
            name,
            options: None,
        });
    mapping.chain(list)
}

/// `extends`: the service whose definition is taken over.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Extends<'a> {
    service: Option<Value<'a>>,
    file: Option<Value<'a>>,
}

impl<'a> Extends<'a> {
    pub(crate) fn new(node: Node<'a>) -> Option<Self> {
        let node = node.resolve();
        if node.kind() == Kind::Mapping {
            let found = Self {
                service: value(node, "service"),
                file: value(node, "file"),
            };
            (found.service.is_some() || found.file.is_some()).then_some(found)
        } else {
            Some(Self {
                service: Some(Value::new(node)?),
                file: None,
            })
        }
    }

    /// The name of the service.
    pub fn service(self) -> Option<Value<'a>> {
        self.service
    }

    /// The file it is defined in; this one if not written.
    pub fn file(self) -> Option<Value<'a>> {
        self.file
    }
}

/// By which key a service refers to another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ReferenceKind {
    /// `depends_on`.
    DependsOn,
    /// `links`.
    Links,
    /// `volumes_from`.
    VolumesFrom,
    /// `network_mode: service:x`, and `ipc`, `pid`, `uts`, `cgroup` likewise.
    Namespace(&'static str),
    /// `extends` within the file.
    Extends,
    /// `build.additional_contexts` with `service:x`.
    BuildContext,
}

impl ReferenceKind {
    /// The key of the service.
    pub const fn key(self) -> &'static str {
        match self {
            Self::DependsOn => "depends_on",
            Self::Links => "links",
            Self::VolumesFrom => "volumes_from",
            Self::Namespace(key) => key,
            Self::Extends => "extends",
            Self::BuildContext => "build.additional_contexts",
        }
    }
}

/// A reference from one service to another of the same file.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ServiceReference<'a> {
    /// By which key.
    pub kind: ReferenceKind,
    /// The name of the service referred to.
    pub name: Value<'a>,
    /// Whether Compose goes on without it.
    pub optional: bool,
}

/// Every reference of a service to another by name.
pub(crate) fn references(service: Node<'_>) -> Vec<ServiceReference<'_>> {
    let mut found = Vec::new();
    let mut add = |kind, name| {
        found.push(ServiceReference {
            kind,
            name,
            optional: false,
        });
    };
    for link in items(service, "links").filter_map(Value::new) {
        add(ReferenceKind::Links, before_colon(link));
    }
    for from in items(service, "volumes_from").filter_map(Value::new) {
        if !from.text().starts_with("container:") {
            add(ReferenceKind::VolumesFrom, before_colon(from));
        }
    }
    for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        if let Some(name) = value(service, key).and_then(of_service) {
            add(ReferenceKind::Namespace(key), name);
        }
    }
    if let Some(extends) = service.get("extends").and_then(Extends::new)
        && let (Some(name), None) = (extends.service(), extends.file())
    {
        add(ReferenceKind::Extends, name);
    }
    if let Some(build) = service.get("build") {
        for context in crate::environment::pairs(build, "additional_contexts") {
            if let Some(name) = context.value().and_then(of_service) {
                add(ReferenceKind::BuildContext, name);
            }
        }
    }
    found.extend(dependencies(service).map(|dependency| ServiceReference {
        kind: ReferenceKind::DependsOn,
        name: dependency.name_value(),
        optional: !dependency.required(),
    }));
    found
}

/// The name in `name:alias`.
fn before_colon(value: Value<'_>) -> Value<'_> {
    match value.text().find(':') {
        // A colon within `${…}` splits nothing.
        Some(at) if !value.text()[..at].contains('$') => value.part(0, at),
        _ => value,
    }
}

/// The name in `service:name`.
fn of_service(value: Value<'_>) -> Option<Value<'_>> {
    let text = value.text();
    let name = text.strip_prefix("service:")?;
    Some(value.part(text.len() - name.len(), text.len()))
}
