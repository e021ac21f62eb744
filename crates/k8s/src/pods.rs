//! The spec of a pod.

use std::borrow::Cow;

use plimsoll_yaml::{Kind, Node};

use crate::containers::{Container, Role};
use crate::labels::Labels;
use crate::resources::Resources;
use crate::security::SecurityContext;
use crate::view::{
    Setting, boolean, boolean_or, integer_or, listed, mapping, mappings, string, string_node,
    string_or,
};
use crate::volumes::Volume;

/// The spec of a pod, wherever it is embedded.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PodSpec<'a> {
    node: Node<'a>,
}

impl<'a> PodSpec<'a> {
    /// The view of a mapping.
    pub fn new(node: Node<'a>) -> Option<Self> {
        let node = node.resolve();
        (node.kind() == Kind::Mapping).then_some(Self { node })
    }

    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// `containers`.
    pub fn containers(self) -> impl Iterator<Item = Container<'a>> {
        self.listed("containers", Role::App)
    }

    /// `initContainers`, sidecars among them (see [`Container::role`]).
    pub fn init_containers(self) -> impl Iterator<Item = Container<'a>> {
        listed(self.node, "initContainers").map(move |node| {
            let sidecar = string(node, "restartPolicy").is_some_and(|policy| policy == "Always");
            Container::new(node, self, if sidecar { Role::Sidecar } else { Role::Init })
        })
    }

    /// `ephemeralContainers`.
    pub fn ephemeral_containers(self) -> impl Iterator<Item = Container<'a>> {
        self.listed("ephemeralContainers", Role::Ephemeral)
    }

    /// All containers: init containers first, then the others, in the order written.
    pub fn all_containers(self) -> impl Iterator<Item = Container<'a>> {
        self.init_containers()
            .chain(self.containers())
            .chain(self.ephemeral_containers())
    }

    /// The containers that run for as long as the pod does: sidecars and `containers`.
    pub fn running_containers(self) -> impl Iterator<Item = Container<'a>> {
        self.all_containers()
            .filter(|container| container.role().keeps_running())
    }

    fn listed(self, key: &'static str, role: Role) -> impl Iterator<Item = Container<'a>> {
        listed(self.node, key).map(move |node| Container::new(node, self, role))
    }

    /// `volumes`.
    pub fn volumes(self) -> impl Iterator<Item = Volume<'a>> {
        listed(self.node, "volumes").map(Volume::new)
    }

    /// The volume with this name.
    pub fn volume(self, name: &str) -> Option<Volume<'a>> {
        self.volumes()
            .find(|volume| volume.name().is_some_and(|text| text == name))
    }

    /// The pod's security context.
    pub fn security_context(self) -> SecurityContext<'a> {
        SecurityContext::new(self.node.get("securityContext"))
    }

    /// Pod-level requests and limits (Kubernetes 1.34 and newer use them by default).
    pub fn resources(self) -> Resources<'a> {
        Resources::new(self.node.get("resources"))
    }

    /// `serviceAccountName`, or the old `serviceAccount`.
    pub fn service_account(self) -> Option<Node<'a>> {
        let named = |key| {
            string_node(self.node, key)
                .filter(|node| node.as_str().is_some_and(|text| !text.is_empty()))
        };
        named("serviceAccountName").or_else(|| named("serviceAccount"))
    }

    /// `automountServiceAccountToken` as written.
    pub fn automount_service_account_token(self) -> Option<(bool, Node<'a>)> {
        boolean(self.node, "automountServiceAccountToken")
    }

    /// `hostNetwork`.
    pub fn host_network(self) -> Setting<'a, bool> {
        boolean_or(self.node, "hostNetwork", false)
    }

    /// `hostPID`.
    pub fn host_pid(self) -> Setting<'a, bool> {
        boolean_or(self.node, "hostPID", false)
    }

    /// `hostIPC`.
    pub fn host_ipc(self) -> Setting<'a, bool> {
        boolean_or(self.node, "hostIPC", false)
    }

    /// `hostUsers`, true by default.
    pub fn host_users(self) -> Setting<'a, bool> {
        boolean_or(self.node, "hostUsers", true)
    }

    /// `shareProcessNamespace`.
    pub fn share_process_namespace(self) -> Setting<'a, bool> {
        boolean_or(self.node, "shareProcessNamespace", false)
    }

    /// Seconds between the stop signal and the kill, 30 by default; below 0 means 1.
    pub fn termination_grace_period_seconds(self) -> Setting<'a, i64> {
        let written = integer_or(self.node, "terminationGracePeriodSeconds", 30);
        if written.value < 0 {
            Setting {
                value: 1,
                ..written
            }
        } else {
            written
        }
    }

    /// `Always`, `OnFailure` or `Never`; `Always` by default.
    pub fn restart_policy(self) -> Setting<'a, Cow<'a, str>> {
        string_or(self.node, "restartPolicy", "Always")
    }

    /// `priorityClassName` as written.
    pub fn priority_class(self) -> Option<Node<'a>> {
        string_node(self.node, "priorityClassName")
    }

    /// `nodeSelector`.
    pub fn node_selector(self) -> Labels<'a> {
        Labels::new(self.node.get("nodeSelector"))
    }

    /// `affinity`.
    pub fn affinity(self) -> Option<Node<'a>> {
        mapping(self.node, "affinity")
    }

    /// `topologySpreadConstraints`.
    pub fn topology_spread_constraints(self) -> impl Iterator<Item = Node<'a>> {
        mappings(self.node, "topologySpreadConstraints")
    }

    /// The names of `imagePullSecrets`.
    pub fn image_pull_secrets(self) -> impl Iterator<Item = Node<'a>> {
        mappings(self.node, "imagePullSecrets").filter_map(|node| string_node(node, "name"))
    }

    /// Whether `os.name` says Windows, which is what the API server goes by.
    pub fn says_windows(self) -> bool {
        let os = mapping(self.node, "os").and_then(|node| string(node, "name"));
        os.is_some_and(|name| name == "windows")
    }

    /// Whether it is meant for Windows nodes, where the Linux security fields mean nothing.
    pub fn is_windows(self) -> bool {
        self.says_windows()
            || ["kubernetes.io/os", "beta.kubernetes.io/os"]
                .iter()
                .any(|key| {
                    self.node_selector()
                        .get(key)
                        .is_some_and(|name| name == "windows")
                })
            || self.runs_as_host_process()
    }

    /// Whether it, or one of its containers, runs as a process of its Windows node.
    pub fn runs_as_host_process(self) -> bool {
        let own = self
            .all_containers()
            .map(|container| container.security_context().host_process());
        own.chain([self.security_context().host_process()])
            .flatten()
            .any(|(on, _)| on)
    }
}
