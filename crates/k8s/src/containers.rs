//! Containers of a pod.

use std::borrow::Cow;

use plimsoll_source::TextRange;
use plimsoll_yaml::Node;

use crate::int_or_string::IntOrString;
use crate::pods::PodSpec;
use crate::probes::{Handler, Probe, ProbeRole};
use crate::resources::Resources;
use crate::security::{Effective, SeccompProfile, SecurityContext, effective};
use crate::view::{
    Setting, boolean_or, head, integer, listed, mapping, mappings, string, string_node, string_or,
    strings,
};

/// What part a container plays in its pod.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// One of `containers`.
    App,
    /// One of `initContainers` that runs to its end before the next.
    Init,
    /// One of `initContainers` with `restartPolicy: Always`: it keeps running.
    Sidecar,
    /// One of `ephemeralContainers`.
    Ephemeral,
}

impl Role {
    /// Whether it runs for as long as the pod does.
    pub const fn keeps_running(self) -> bool {
        matches!(self, Self::App | Self::Sidecar)
    }
}

/// A container.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Container<'a> {
    node: Node<'a>,
    pod: PodSpec<'a>,
    role: Role,
}

impl<'a> Container<'a> {
    /// The view of a mapping in the given pod.
    pub fn new(node: Node<'a>, pod: PodSpec<'a>, role: Role) -> Self {
        Self {
            node: node.resolve(),
            pod,
            role,
        }
    }

    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// The pod that it belongs to.
    pub fn pod(self) -> PodSpec<'a> {
        self.pod
    }

    /// Its part in the pod.
    pub fn role(self) -> Role {
        self.role
    }

    /// Its name.
    pub fn name(self) -> Option<Cow<'a, str>> {
        string(self.node, "name")
    }

    /// The name for a message: the name, or `#2` for the second container without one.
    pub fn label(self) -> Cow<'a, str> {
        self.name()
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| {
                Cow::Owned(format!(
                    "#{}",
                    self.node.index().map_or(1, |index| index + 1)
                ))
            })
    }

    /// The `name:` entry (or the `image:` entry, or the first key): where something missing in
    /// the container is reported.
    pub fn head(self) -> TextRange {
        head(self.node, &["name", "image"])
    }

    /// The image, if it is a string that is not empty.
    pub fn image(self) -> Option<Node<'a>> {
        string_node(self.node, "image")
            .filter(|node| node.as_str().is_some_and(|text| !text.is_empty()))
    }

    /// Whether it has a key for its image, whatever its value. One without is part of a patch:
    /// the API server refuses it.
    pub fn names_image(self) -> bool {
        self.node.get("image").is_some()
    }

    /// `imagePullPolicy` as written.
    pub fn image_pull_policy(self) -> Option<Node<'a>> {
        string_node(self.node, "imagePullPolicy")
    }

    /// The words of `command`, which replaces the image's ENTRYPOINT.
    pub fn command(self) -> Vec<Node<'a>> {
        strings(self.node, "command").collect()
    }

    /// The words of `args`, which replace the image's CMD.
    pub fn args(self) -> Vec<Node<'a>> {
        strings(self.node, "args").collect()
    }

    /// `workingDir` as written.
    pub fn working_dir(self) -> Option<Node<'a>> {
        string_node(self.node, "workingDir")
    }

    /// Its ports.
    pub fn ports(self) -> impl Iterator<Item = ContainerPort<'a>> {
        listed(self.node, "ports").map(|node| ContainerPort { node })
    }

    /// The port that a probe, hook or Service means: by name among the named ports, by number
    /// among those with that `containerPort`. A number needs no declared port to work; `None`
    /// then only says that it is not declared.
    pub fn find_port(self, port: &IntOrString<'_>) -> Option<ContainerPort<'a>> {
        match port.number() {
            Some(number) => self
                .ports()
                .find(|p| p.container_port().is_some_and(|(n, _)| n == number)),
            None => self
                .ports()
                .find(|p| p.name().is_some_and(|name| name == port.text())),
        }
    }

    /// Its `env`.
    pub fn env(self) -> impl Iterator<Item = EnvVar<'a>> {
        mappings(self.node, "env").map(|node| EnvVar { node })
    }

    /// The last `env` entry with this name, which is the one in force.
    pub fn env_var(self, name: &str) -> Option<EnvVar<'a>> {
        self.env()
            .filter(|var| var.name().is_some_and(|text| text == name))
            .last()
    }

    /// Its `envFrom`.
    pub fn env_from(self) -> impl Iterator<Item = EnvFrom<'a>> {
        mappings(self.node, "envFrom").map(|node| EnvFrom { node })
    }

    /// Its `volumeMounts`.
    pub fn volume_mounts(self) -> impl Iterator<Item = VolumeMount<'a>> {
        listed(self.node, "volumeMounts").map(|node| VolumeMount { node })
    }

    /// Its `volumeDevices`.
    pub fn volume_devices(self) -> impl Iterator<Item = Node<'a>> {
        mappings(self.node, "volumeDevices")
    }

    /// One of its probes. A null probe is none.
    pub fn probe(self, role: ProbeRole) -> Option<Probe<'a>> {
        mapping(self.node, role.field()).map(|node| Probe::new(node, role))
    }

    /// Its `livenessProbe`.
    pub fn liveness_probe(self) -> Option<Probe<'a>> {
        self.probe(ProbeRole::Liveness)
    }

    /// Its `readinessProbe`.
    pub fn readiness_probe(self) -> Option<Probe<'a>> {
        self.probe(ProbeRole::Readiness)
    }

    /// Its `startupProbe`.
    pub fn startup_probe(self) -> Option<Probe<'a>> {
        self.probe(ProbeRole::Startup)
    }

    /// All probes that it has.
    pub fn probes(self) -> impl Iterator<Item = Probe<'a>> {
        ProbeRole::ALL
            .into_iter()
            .filter_map(move |role| self.probe(role))
    }

    /// `lifecycle.preStop`.
    pub fn pre_stop(self) -> Option<Handler<'a>> {
        Handler::of(mapping(mapping(self.node, "lifecycle")?, "preStop")?)
    }

    /// `lifecycle.postStart`.
    pub fn post_start(self) -> Option<Handler<'a>> {
        Handler::of(mapping(mapping(self.node, "lifecycle")?, "postStart")?)
    }

    /// Its requests and limits.
    pub fn resources(self) -> Resources<'a> {
        Resources::new(self.node.get("resources"))
    }

    /// Its own security context, without the pod's.
    pub fn security_context(self) -> SecurityContext<'a> {
        SecurityContext::new(self.node.get("securityContext"))
    }

    /// `runAsNonRoot` in force.
    pub fn run_as_non_root(self) -> Option<Effective<'a, bool>> {
        let pod = self.pod.security_context();
        effective(
            self.security_context().run_as_non_root(),
            pod.run_as_non_root(),
        )
    }

    /// `runAsUser` in force.
    pub fn run_as_user(self) -> Option<Effective<'a, i64>> {
        let pod = self.pod.security_context();
        effective(self.security_context().run_as_user(), pod.run_as_user())
    }

    /// `runAsGroup` in force.
    pub fn run_as_group(self) -> Option<Effective<'a, i64>> {
        let pod = self.pod.security_context();
        effective(self.security_context().run_as_group(), pod.run_as_group())
    }

    /// `seccompProfile` in force. A privileged container runs unconfined whatever it says.
    pub fn seccomp_profile(self) -> Option<Effective<'a, SeccompProfile<'a>>> {
        let of = |context: SecurityContext<'a>| {
            context
                .seccomp_profile()
                .map(|profile| (profile, profile.node))
        };
        effective(of(self.security_context()), of(self.pod.security_context()))
    }

    /// Whether `privileged: true` is written.
    pub fn is_privileged(self) -> bool {
        self.security_context()
            .privileged()
            .is_some_and(|(value, _)| value)
    }

    /// `stdin` and `tty` set together mark a container for people, not for serving.
    pub fn is_interactive(self) -> bool {
        boolean_or(self.node, "tty", false).value && boolean_or(self.node, "stdin", false).value
    }
}

/// One entry of a container's `ports`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ContainerPort<'a> {
    node: Node<'a>,
}

impl<'a> ContainerPort<'a> {
    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// Its name.
    pub fn name(self) -> Option<Cow<'a, str>> {
        string(self.node, "name").filter(|text| !text.is_empty())
    }

    /// The node of its name.
    pub fn name_node(self) -> Option<Node<'a>> {
        string_node(self.node, "name")
    }

    /// Its number, with the node.
    pub fn container_port(self) -> Option<(i64, Node<'a>)> {
        integer(self.node, "containerPort")
    }

    /// The port of the node that it takes, with the YAML node. 0 is none.
    pub fn host_port(self) -> Option<(i64, Node<'a>)> {
        integer(self.node, "hostPort").filter(|(port, _)| *port != 0)
    }

    /// Its protocol, `TCP` by default.
    pub fn protocol(self) -> Setting<'a, Cow<'a, str>> {
        string_or(self.node, "protocol", "TCP")
    }
}

/// One entry of a container's `env`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EnvVar<'a> {
    node: Node<'a>,
}

/// Where a variable's value comes from, with the mapping that says so.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum EnvSource<'a> {
    /// A key of a ConfigMap.
    ConfigMapKey(Node<'a>),
    /// A key of a Secret.
    SecretKey(Node<'a>),
    /// A field of the pod.
    Field(Node<'a>),
    /// A request or limit of a container.
    ResourceField(Node<'a>),
    /// A key of a file in a volume.
    FileKey(Node<'a>),
}

impl<'a> EnvVar<'a> {
    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// Its name.
    pub fn name(self) -> Option<Cow<'a, str>> {
        string(self.node, "name")
    }

    /// The node of its name.
    pub fn name_node(self) -> Option<Node<'a>> {
        string_node(self.node, "name")
    }

    /// The value as written, of any scalar type: numbers and booleans are refused by the API
    /// server but are still where the value stands. `None` for null and `valueFrom`.
    pub fn value(self) -> Option<Node<'a>> {
        self.node
            .present("value")
            .filter(|node| node.scalar().is_some())
    }

    /// Where the value comes from instead.
    pub fn source(self) -> Option<EnvSource<'a>> {
        let from = mapping(self.node, "valueFrom")?;
        let of = |key| mapping(from, key);
        None.or_else(|| of("configMapKeyRef").map(EnvSource::ConfigMapKey))
            .or_else(|| of("secretKeyRef").map(EnvSource::SecretKey))
            .or_else(|| of("fieldRef").map(EnvSource::Field))
            .or_else(|| of("resourceFieldRef").map(EnvSource::ResourceField))
            .or_else(|| of("fileKeyRef").map(EnvSource::FileKey))
    }

    /// Name, key and whether it may be absent, of a ConfigMap or Secret reference.
    pub fn reference(self) -> Option<KeyReference<'a>> {
        match self.source()? {
            EnvSource::ConfigMapKey(node) => KeyReference::new(node, "ConfigMap"),
            EnvSource::SecretKey(node) => KeyReference::new(node, "Secret"),
            _ => None,
        }
    }
}

/// A reference to a ConfigMap or Secret, or one key of it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct KeyReference<'a> {
    /// `ConfigMap` or `Secret`.
    pub kind: &'static str,
    /// The object's name.
    pub name: Node<'a>,
    /// The key, where one is named.
    pub key: Option<Node<'a>>,
    /// Whether the pod starts without it.
    pub optional: bool,
}

impl<'a> KeyReference<'a> {
    fn new(node: Node<'a>, kind: &'static str) -> Option<Self> {
        Some(Self {
            kind,
            name: string_node(node, "name")?,
            key: string_node(node, "key"),
            optional: boolean_or(node, "optional", false).value,
        })
    }
}

/// One entry of a container's `envFrom`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EnvFrom<'a> {
    node: Node<'a>,
}

impl<'a> EnvFrom<'a> {
    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// What is put before each key.
    pub fn prefix(self) -> Option<Cow<'a, str>> {
        string(self.node, "prefix").filter(|text| !text.is_empty())
    }

    /// The ConfigMap or Secret.
    pub fn reference(self) -> Option<KeyReference<'a>> {
        let of = |key, kind| mapping(self.node, key).and_then(|n| KeyReference::new(n, kind));
        of("configMapRef", "ConfigMap").or_else(|| of("secretRef", "Secret"))
    }
}

/// One entry of a container's `volumeMounts`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct VolumeMount<'a> {
    node: Node<'a>,
}

impl<'a> VolumeMount<'a> {
    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// The volume's name.
    pub fn name(self) -> Option<Cow<'a, str>> {
        string(self.node, "name")
    }

    /// The node of the volume's name.
    pub fn name_node(self) -> Option<Node<'a>> {
        string_node(self.node, "name")
    }

    /// Where it is mounted.
    pub fn mount_path(self) -> Option<Node<'a>> {
        string_node(self.node, "mountPath")
    }

    /// The part of the volume that is mounted, if not all.
    pub fn sub_path(self) -> Option<Node<'a>> {
        string_node(self.node, "subPath")
    }

    /// Whether it cannot be written, false by default.
    pub fn read_only(self) -> Setting<'a, bool> {
        boolean_or(self.node, "readOnly", false)
    }
}
