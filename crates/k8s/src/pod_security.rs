//! The Pod Security Standards: which of their levels a pod meets, and what keeps it from the
//! next.
//!
//! Follows the admission controller's own checks as of Kubernetes 1.36
//! (`k8s.io/pod-security-admission/policy`), each under the same id; `tests/oracles/podsecurity`
//! compares them. Values of the wrong type count as absent, as everywhere in this crate: the API
//! server refuses them before any policy sees them.

use plimsoll_yaml::Node;

use crate::containers::Container;
use crate::labels::Labels;
use crate::pods::PodSpec;
use crate::security::SecurityContext;
use crate::view::{boolean, items, mapping, mappings, string, string_node};
use crate::volumes::VolumeKind;

/// A level of the Pod Security Standards, from the most open to the strictest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum PodSecurityLevel {
    /// Everything is allowed.
    Privileged,
    /// Known ways out of the container are closed.
    Baseline,
    /// And the pod is hardened as far as is common.
    Restricted,
}

impl PodSecurityLevel {
    /// The word in the labels of namespaces (`pod-security.kubernetes.io/enforce`).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

/// Something that keeps a pod from a level.
#[derive(Clone, PartialEq, Debug)]
pub struct Violation<'a> {
    /// The level that it keeps the pod from.
    pub level: PodSecurityLevel,
    /// The id of the check in the admission controller.
    pub control: &'static str,
    /// The container it is about, by its label; `None` for the pod as a whole.
    pub container: Option<String>,
    /// The node that says what is not allowed; `None` where something is missing.
    pub node: Option<Node<'a>>,
    /// What is wrong: one lower-case phrase.
    pub message: String,
}

/// The level that a pod with these violations meets.
pub fn level(violations: &[Violation<'_>]) -> PodSecurityLevel {
    let keeps_from = |level| violations.iter().any(|one| one.level == level);
    if keeps_from(PodSecurityLevel::Baseline) {
        PodSecurityLevel::Privileged
    } else if keeps_from(PodSecurityLevel::Restricted) {
        PodSecurityLevel::Baseline
    } else {
        PodSecurityLevel::Restricted
    }
}

/// Everything that keeps pods with this spec and these annotations from the strictest level.
pub fn violations<'a>(pod: PodSpec<'a>, annotations: Labels<'a>) -> Vec<Violation<'a>> {
    let mut found = Found {
        violations: Vec::new(),
        in_user_namespace: boolean(pod.node(), "hostUsers").is_some_and(|(value, _)| !value),
        is_windows: pod.says_windows(),
    };
    found.pod(pod, annotations);
    for container in pod.all_containers() {
        found.container(pod, container);
    }
    found.violations
}

/// Capabilities that `baseline` lets a container add
/// (<https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline>).
pub const BASELINE_CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Kernel parameters that `baseline` lets a pod set, as every kubelet does.
pub const SAFE_SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

const ALLOWED_SELINUX_TYPES: &[&str] = &[
    "",
    "container_t",
    "container_init_t",
    "container_kvm_t",
    "container_engine_t",
];

/// What comes before a container's name in the annotations of AppArmor.
const APPARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

struct Found<'a> {
    violations: Vec<Violation<'a>>,
    /// Its root is nobody on the node, for which several checks make way since 1.35.
    in_user_namespace: bool,
    is_windows: bool,
}

impl<'a> Found<'a> {
    fn add(
        &mut self,
        level: PodSecurityLevel,
        control: &'static str,
        container: Option<Container<'a>>,
        node: Option<Node<'a>>,
        message: impl Into<String>,
    ) {
        self.violations.push(Violation {
            level,
            control,
            container: container.map(|container| container.label().into_owned()),
            node,
            message: message.into(),
        });
    }

    fn baseline(
        &mut self,
        control: &'static str,
        container: Option<Container<'a>>,
        node: Node<'a>,
        message: impl Into<String>,
    ) {
        let level = PodSecurityLevel::Baseline;
        self.add(level, control, container, Some(node), message);
    }

    fn restricted(
        &mut self,
        control: &'static str,
        container: Option<Container<'a>>,
        node: Option<Node<'a>>,
        message: impl Into<String>,
    ) {
        let level = PodSecurityLevel::Restricted;
        self.add(level, control, container, node, message);
    }

    fn pod(&mut self, pod: PodSpec<'a>, annotations: Labels<'a>) {
        for (field, setting) in [
            ("hostNetwork", pod.host_network()),
            ("hostPID", pod.host_pid()),
            ("hostIPC", pod.host_ipc()),
        ] {
            if let (true, Some(node)) = (setting.value, setting.node) {
                let message = format!("`{field}` shares a namespace of the node");
                self.baseline("hostNamespaces", None, node, message);
            }
        }
        let context = pod.security_context();
        if let Some(node) = context.node() {
            for sysctl in mappings(node, "sysctls") {
                let name = string(sysctl, "name").unwrap_or_default();
                if !SAFE_SYSCTLS.contains(&&*name) {
                    self.baseline("sysctls", None, sysctl, format!("the sysctl `{name}`"));
                }
            }
        }
        for volume in pod.volumes() {
            let (kind, node) = (volume.kind(), volume.node());
            if kind == VolumeKind::HostPath {
                let message = "a volume of type `hostPath`";
                self.baseline("hostPathVolumes", None, node, message);
            }
            // A volume without a source is an `emptyDir` to the API server, and none to a policy
            // that looks before it has been completed.
            let allowed = matches!(
                kind,
                VolumeKind::ConfigMap
                    | VolumeKind::Csi
                    | VolumeKind::DownwardApi
                    | VolumeKind::EmptyDir
                    | VolumeKind::Ephemeral
                    | VolumeKind::Image
                    | VolumeKind::PersistentVolumeClaim
                    | VolumeKind::Projected
                    | VolumeKind::Secret
            );
            if !allowed {
                let message = "a volume that is no ConfigMap, Secret, claim or scratch space";
                self.restricted("restrictedVolumes", None, Some(node), message);
            }
        }
        for (key, value) in annotations.nodes() {
            let text = value.text().unwrap_or_default();
            let names = key
                .text()
                .is_some_and(|key| key.starts_with(APPARMOR_ANNOTATION));
            let allowed =
                text.is_empty() || text == "runtime/default" || text.starts_with("localhost/");
            if names && !allowed {
                let message = format!("the AppArmor profile `{text}`");
                self.baseline("appArmorProfile", None, value, message);
            }
        }
        self.context(None, context);
        if let Some((0, node)) = context.run_as_user()
            && !self.in_user_namespace
        {
            self.restricted("runAsUser", None, Some(node), "the pod runs as user 0");
        }
        if let Some((false, node)) = context.run_as_non_root()
            && !self.in_user_namespace
        {
            let message = "`runAsNonRoot` is false for the pod";
            self.restricted("runAsNonRoot", None, Some(node), message);
        }
    }

    /// What pods and containers have in common.
    fn context(&mut self, container: Option<Container<'a>>, context: SecurityContext<'a>) {
        let Some(node) = context.node() else {
            return;
        };
        if let Some(options) = mapping(node, "seLinuxOptions") {
            let kind = string(options, "type").unwrap_or_default();
            if !ALLOWED_SELINUX_TYPES.contains(&&*kind) {
                let message = format!("the SELinux type `{kind}`");
                self.baseline("seLinuxOptions", container, options, message);
            }
            for key in ["user", "role"] {
                if string(options, key).is_some_and(|text| !text.is_empty()) {
                    let message = format!("an SELinux {key} of its own");
                    self.baseline("seLinuxOptions", container, options, message);
                }
            }
        }
        if let Some(profile) = mapping(node, "appArmorProfile") {
            let kind = string(profile, "type").unwrap_or_default();
            if !matches!(&*kind, "RuntimeDefault" | "Localhost") {
                let message = format!("the AppArmor profile type `{kind}`");
                self.baseline("appArmorProfile", container, profile, message);
            }
        }
        if let Some(profile) = context.seccomp_profile()
            && !profile.confines()
        {
            let kind = profile.kind_text().unwrap_or_default();
            let message = format!("the seccomp profile type `{kind}`");
            if container.is_none() && !self.is_windows {
                let node = Some(profile.node);
                self.restricted("seccompProfile_restricted", None, node, message.clone());
            }
            self.baseline("seccompProfile_baseline", container, profile.node, message);
        }
        if let Some(options) = mapping(node, "windowsOptions")
            && let Some((true, host)) = boolean(options, "hostProcess")
        {
            let message = "it is a process of the Windows node";
            self.baseline("windowsHostProcess", container, host, message);
        }
    }

    fn container(&mut self, pod: PodSpec<'a>, container: Container<'a>) {
        let this = Some(container);
        let context = container.security_context();
        let node = context.node();
        self.context(this, context);
        if let Some((true, privileged)) = context.privileged() {
            self.baseline("privileged", this, privileged, "it is privileged");
        }
        for port in container.ports() {
            if let Some((number, node)) = port.host_port() {
                let message = format!("it takes port {number} of the node");
                self.baseline("hostPorts", this, node, message);
            }
        }
        let probes = container.probes().filter_map(|probe| probe.handler());
        let hooks = [container.pre_stop(), container.post_start()];
        for handler in probes.chain(hooks.into_iter().flatten()) {
            if let Some(host) = handler.host() {
                let message = "a probe or hook connects to another host";
                self.baseline("hostProbesAndHostLifecycle", this, host, message);
            }
        }
        if let Some(mount) = node.and_then(|node| string_node(node, "procMount"))
            && mount.as_str().is_some_and(|text| text != "Default")
        {
            let message = "its `/proc` is not masked";
            if !self.in_user_namespace {
                self.baseline("procMount", this, mount, message);
            }
            self.restricted("procMount_restricted", this, Some(mount), message);
        }
        self.capabilities(container);
        self.users(pod, container);
        if self.is_windows {
            return;
        }
        match context.allow_privilege_escalation() {
            Some((false, _)) => {}
            Some((true, node)) => self.restricted(
                "allowPrivilegeEscalation",
                this,
                Some(node),
                "it may gain privileges",
            ),
            None => self.restricted(
                "allowPrivilegeEscalation",
                this,
                None,
                "it may gain privileges unless `allowPrivilegeEscalation` is false",
            ),
        }
    }

    fn capabilities(&mut self, container: Container<'a>) {
        let this = Some(container);
        let node = container
            .security_context()
            .node()
            .and_then(|node| mapping(node, "capabilities"));
        let listed = |key: &'static str| node.into_iter().flat_map(move |node| items(node, key));
        for added in listed("add") {
            let Some(name) = added.as_str() else { continue };
            if !BASELINE_CAPABILITIES.contains(&&*name) {
                let message = format!("it adds the capability `{name}`");
                self.baseline("capabilities_baseline", this, added, message);
            }
        }
        if self.is_windows {
            return;
        }
        let drops_all = listed("drop").any(|name| name.as_str().is_some_and(|name| name == "ALL"));
        if !drops_all {
            let message = "it does not drop all capabilities";
            self.restricted("capabilities_restricted", this, None, message);
        }
        for added in listed("add") {
            let Some(name) = added.as_str() else { continue };
            if name != "NET_BIND_SERVICE" {
                let message = format!("it adds the capability `{name}`");
                self.restricted("capabilities_restricted", this, Some(added), message);
            }
        }
    }

    /// Users and seccomp, which the pod may decide for all its containers.
    fn users(&mut self, pod: PodSpec<'a>, container: Container<'a>) {
        let this = Some(container);
        let (own, shared) = (container.security_context(), pod.security_context());
        if !self.in_user_namespace {
            match own.run_as_non_root() {
                Some((true, _)) => {}
                Some((false, node)) => {
                    let message = "its `runAsNonRoot` is false";
                    self.restricted("runAsNonRoot", this, Some(node), message);
                }
                None if shared.run_as_non_root().is_some_and(|(value, _)| value) => {}
                None => {
                    let message = "nothing keeps it from running as root";
                    self.restricted("runAsNonRoot", this, None, message);
                }
            }
            if let Some((0, node)) = own.run_as_user() {
                self.restricted("runAsUser", this, Some(node), "it runs as user 0");
            }
        }
        if self.is_windows {
            return;
        }
        let decided = own.seccomp_profile().or_else(|| shared.seccomp_profile());
        match decided {
            Some(profile) if profile.confines() => {}
            Some(profile) => {
                let message = "its seccomp profile does not confine it";
                self.restricted(
                    "seccompProfile_restricted",
                    this,
                    Some(profile.node),
                    message,
                );
            }
            None => {
                let message = "it has no seccomp profile";
                self.restricted("seccompProfile_restricted", this, None, message);
            }
        }
    }
}
