//! Pods: what may run, with which environment, and where it may write.

use super::{Part, WEB, figures};
use crate::emit::{List, Map, Node, When};
use crate::model::{Evidence, Known};
use crate::plan::{LOW_PORTS, LOW_PORTS_WHY};
use crate::wiring::Wire;
use crate::wishes::{Secrets, placeholder};

/// What a pod is for.
pub(super) struct Role<'r> {
    /// The component, which is the name of its container unless it serves.
    pub(super) component: &'r str,
    /// The command, where it is not the image's.
    pub(super) command: Option<&'r Known<Vec<String>>>,
    /// Where a chart keeps its resources: `resources`, `workers.mail.resources`.
    pub(super) resources: String,
    /// Whether there may be several of it, which are to run on different nodes.
    pub(super) spreads: bool,
    /// Whether it ends.
    pub(super) ends: bool,
    /// Whether it runs before a chart's other objects are there.
    pub(super) comes_first: bool,
}

/// Seconds in which traffic goes on to a pod that is to end.
const DRAIN: u32 = 5;

impl Part<'_> {
    /// The specification of a pod.
    pub(super) fn pod(&self, role: &Role<'_>) -> Map {
        let serves = role.component == WEB && self.running.port.is_some();
        let mut pod = Map::new();
        if !role.comes_first {
            pod = pod.put("serviceAccountName", self.full_name(""));
        }
        let grace = &self.running.grace;
        let seconds = grace.value + if serves { DRAIN } else { 0 };
        pod = pod
            .put("automountServiceAccountToken", false)
            .put("enableServiceLinks", false)
            .put("terminationGracePeriodSeconds", seconds)
            .why(&grace.evidence);
        if role.ends {
            pod = pod.put("restartPolicy", "Never");
        }
        let user = [Evidence::table(
            "the user that the image is set to, above those of hosts",
        )];
        let mut security = Map::new()
            .put("runAsNonRoot", true)
            .put("runAsUser", self.running.user)
            .put("runAsGroup", self.running.group)
            .put("seccompProfile", Map::new().put("type", "RuntimeDefault"));
        if serves && self.running.needs_low_port() {
            let mut why = self.port_evidence();
            why.push(Evidence::table(LOW_PORTS_WHY));
            let low = Map::new()
                .put("name", LOW_PORTS)
                .put("value", Node::Quoted("0".to_owned()));
            security = security
                .put("sysctls", List::new().item(low))
                .note(
                    "It listens below 1024, which not every node allows to users other than root.",
                )
                .why(&why);
        }
        pod = pod.put("securityContext", security).why(&user);
        if role.spreads {
            pod = pod.put(
                "topologySpreadConstraints",
                spread(self.selector(role.component)),
            );
        }
        pod = pod.put("containers", List::new().item(self.container(role, serves)));
        if self.running.writable.is_empty() {
            pod
        } else {
            pod.put("volumes", self.volumes())
        }
    }

    fn container(&self, role: &Role<'_>, serves: bool) -> Map {
        let name = if role.component == WEB {
            self.name()
        } else {
            role.component
        };
        let mut container = Map::new().put("name", name);
        if !serves && !role.ends {
            container = container.note(
                "It listens on no port, so there is nothing to probe: a process that ends is restarted.",
            );
        }
        container = self.image(container);
        if let Some(command) = role.command {
            // `$(` would be taken for a variable of the pod.
            let words: Vec<String> = command
                .value
                .iter()
                .map(|word| word.replace("$(", "$$("))
                .collect();
            container = container
                .put("command", Node::Flow(words))
                .why(&command.evidence);
        }
        if let Some(port) = self.running.port.as_ref().filter(|_| serves) {
            let ports = Map::new()
                .put("name", "http")
                .put("containerPort", port.value);
            container = container
                .put("ports", List::new().item(ports))
                .why(&port.evidence);
        }
        container = self.environment(container, role.comes_first);
        container = self.resources(container, role);
        if serves {
            container = self.probes(container);
            let sleep = Map::new().put("sleep", Map::new().put("seconds", DRAIN));
            container = container
                .put("lifecycle", Map::new().put("preStop", sleep))
                .note("Until it is out of every list of endpoints, requests still come.");
        }
        container = container.put("securityContext", restricted());
        self.mounts(container)
    }

    fn image(&self, container: Map) -> Map {
        let repository = self.wishes.repository(&self.running.image);
        let tag = self.wishes.tag();
        let name = format!("{}:{}", repository.value, tag.value);
        let mut why = repository.evidence.clone();
        why.extend_from_slice(&tag.evidence);
        let container = container
            .put(
                "image",
                Node::from(name).or_expression(format!("include \"{}.image\" .", self.name())),
            )
            .why(&why);
        match placeholder(&repository, "--registry") {
            Some(note) => container.plain_note(note),
            None => container,
        }
    }

    fn environment(&self, container: Map, comes_first: bool) -> Map {
        let config = self.config();
        let mut container = container;
        if !comes_first {
            let reference =
                Map::new().put("configMapRef", Map::new().put("name", self.full_name("")));
            container = container.put("envFrom", List::new().item(reference));
            container = container.only(given_config(config.is_empty()));
        }
        let mut env = List::new();
        if comes_first && !config.is_empty() {
            env = env
                .lines(&[
                    "{{- range $name, $value := .Values.config }}",
                    "- name: {{ $name }}",
                    "  value: {{ $value | quote }}",
                    "{{- end }}",
                ])
                .note("A hook runs before the ConfigMap is there.");
            for entry in &config {
                env = env
                    .item(
                        Map::new()
                            .put("name", entry.wire.name())
                            .put("value", Node::Quoted(entry.value.clone())),
                    )
                    .only(When::Plain)
                    .why(entry.wire.evidence());
            }
        }
        for (number, wire) in self.secret_wires().enumerate() {
            env = env.item(self.secret_variable(wire)).why(wire.evidence());
            if number == 0 && self.wishes.secrets == Secrets::Reference {
                env = env
                    .note("The Secret is made outside of these files: nothing here holds a value.");
            }
        }
        if env.is_empty() {
            container
        } else {
            container.put("env", env)
        }
    }

    fn secret_variable(&self, wire: &Wire) -> Map {
        let mut key = Map::new()
            .put("name", self.secret_name())
            .put("key", wire.key());
        if !wire.variable.required && wire.variable.backing.is_none() {
            key = key.put("optional", true);
        }
        Map::new()
            .put("name", wire.name())
            .put("valueFrom", Map::new().put("secretKeyRef", key))
    }

    /// The name of the Secret.
    pub(super) fn secret_name(&self) -> Node {
        Node::from(self.name()).or_expression(".Values.secret")
    }

    fn resources(&self, container: Map, role: &Role<'_>) -> Map {
        let figures = figures(&self.service.stack);
        let says = format!(
            "Unmeasured: what {} starts with. Measure under load, then set both.",
            figures.runtime
        );
        let why = [Evidence::table(format!(
            "resources by runtime, unmeasured: {}",
            figures.runtime
        ))];
        let map = resources(figures);
        container
            .put(
                "resources",
                Node::from(map).or_splice(format!("toYaml .Values.{}", role.resources)),
            )
            .note(says)
            .why(&why)
    }

    fn mounts(&self, container: Map) -> Map {
        let mut mounts = List::new();
        for path in &self.running.writable {
            mounts = mounts
                .item(
                    Map::new()
                        .put("name", volume_name(&path.value))
                        .put("mountPath", path.value.as_str()),
                )
                .why(&path.evidence);
        }
        if mounts.is_empty() {
            container
        } else {
            container.put("volumeMounts", mounts)
        }
    }

    fn volumes(&self) -> List {
        let mut volumes = List::new();
        for path in &self.running.writable {
            let is_tmp = path.value == "/tmp";
            let size = if is_tmp { "64Mi" } else { "256Mi" };
            volumes = volumes
                .item(
                    Map::new()
                        .put("name", volume_name(&path.value))
                        .put("emptyDir", Map::new().put("sizeLimit", size)),
                )
                .why(&path.evidence);
            if !is_tmp {
                volumes = volumes.note(
                    "Lost with the pod: take a PersistentVolumeClaim or an object store if it has to outlive it.",
                );
            }
        }
        volumes
    }
}

/// Requests and limits as YAML.
pub(crate) fn resources(figures: super::Figures) -> Map {
    Map::new()
        .put(
            "requests",
            Map::new()
                .put("cpu", format!("{}m", figures.cpu))
                .put("memory", format!("{}Mi", figures.memory)),
        )
        .put(
            "limits",
            Map::new().put("memory", format!("{}Mi", figures.limit)),
        )
}

/// In a chart, values may add a ConfigMap where the code needs none, and take away the last entry.
pub(super) fn given_config(is_empty: bool) -> When {
    if is_empty {
        When::ChartIf(".Values.config".to_owned())
    } else {
        When::If(".Values.config".to_owned())
    }
}

/// Puts pods with these labels on several nodes where there are some, so that one that fails leaves
/// the others.
pub(crate) fn spread(labels: Map) -> List {
    List::new().item(
        Map::new()
            .put("maxSkew", 1u32)
            .put("topologyKey", "kubernetes.io/hostname")
            .put("whenUnsatisfiable", "ScheduleAnyway")
            .put("labelSelector", Map::new().put("matchLabels", labels)),
    )
}

/// What Pod Security's profile `restricted` asks of a container.
pub(crate) fn restricted() -> Map {
    Map::new()
        .put("readOnlyRootFilesystem", true)
        .put("allowPrivilegeEscalation", false)
        .put("capabilities", Map::new().put("drop", Node::flow(&["ALL"])))
}

fn volume_name(path: &str) -> String {
    let name: String = path
        .trim_matches('/')
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let name = name.trim_matches('-');
    let short: String = name.chars().take(50).collect();
    if short.is_empty() {
        "data".to_owned()
    } else {
        short.trim_matches('-').to_owned()
    }
}
