//! Security contexts of pods and containers, and which of the two decides.

use std::borrow::Cow;

use plimsoll_yaml::{Kind, Node};

use crate::view::{boolean, integer, mapping, string_node, strings};

/// Where an effective value was written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Level {
    /// In the pod's security context.
    Pod,
    /// In the container's, which overrides the pod's.
    Container,
}

/// A value in force for a container, with its origin.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Effective<'a, T> {
    /// The value.
    pub value: T,
    /// The node that says so.
    pub node: Node<'a>,
    /// Whose security context it stands in.
    pub level: Level,
}

/// `seccompProfile`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SeccompProfile<'a> {
    /// The mapping.
    pub node: Node<'a>,
    /// The `type` node: `RuntimeDefault`, `Unconfined` or `Localhost`.
    pub kind: Option<Node<'a>>,
}

impl<'a> SeccompProfile<'a> {
    /// The text of `type`.
    pub fn kind_text(&self) -> Option<Cow<'a, str>> {
        self.kind?.as_str()
    }

    /// Whether it confines: `RuntimeDefault` or `Localhost`.
    pub fn confines(&self) -> bool {
        self.kind_text()
            .is_some_and(|text| matches!(&*text, "RuntimeDefault" | "Localhost"))
    }
}

/// A `securityContext` of a pod or of a container. An absent one is empty.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SecurityContext<'a> {
    node: Option<Node<'a>>,
}

impl<'a> SecurityContext<'a> {
    /// The view of a node; anything but a mapping is empty.
    pub fn new(node: Option<Node<'a>>) -> Self {
        Self {
            node: node
                .map(Node::resolve)
                .filter(|node| node.kind() == Kind::Mapping),
        }
    }

    /// The mapping, if there is one.
    pub fn node(self) -> Option<Node<'a>> {
        self.node
    }

    /// A boolean field with its node.
    pub fn boolean(self, key: &str) -> Option<(bool, Node<'a>)> {
        boolean(self.node?, key)
    }

    /// An integer field with its node.
    pub fn integer(self, key: &str) -> Option<(i64, Node<'a>)> {
        integer(self.node?, key)
    }

    /// `runAsNonRoot` as written here.
    pub fn run_as_non_root(self) -> Option<(bool, Node<'a>)> {
        self.boolean("runAsNonRoot")
    }

    /// `runAsUser` as written here.
    pub fn run_as_user(self) -> Option<(i64, Node<'a>)> {
        self.integer("runAsUser")
    }

    /// `runAsGroup` as written here.
    pub fn run_as_group(self) -> Option<(i64, Node<'a>)> {
        self.integer("runAsGroup")
    }

    /// `seccompProfile` as written here.
    pub fn seccomp_profile(self) -> Option<SeccompProfile<'a>> {
        let node = mapping(self.node?, "seccompProfile")?;
        Some(SeccompProfile {
            node,
            kind: string_node(node, "type"),
        })
    }

    /// `privileged`, containers only.
    pub fn privileged(self) -> Option<(bool, Node<'a>)> {
        self.boolean("privileged")
    }

    /// `allowPrivilegeEscalation`, containers only.
    pub fn allow_privilege_escalation(self) -> Option<(bool, Node<'a>)> {
        self.boolean("allowPrivilegeEscalation")
    }

    /// `readOnlyRootFilesystem`, containers only.
    pub fn read_only_root_filesystem(self) -> Option<(bool, Node<'a>)> {
        self.boolean("readOnlyRootFilesystem")
    }

    /// The `capabilities` mapping, containers only.
    pub fn capabilities(self) -> Option<Node<'a>> {
        mapping(self.node?, "capabilities")
    }

    /// The names in `capabilities.add`, as written (`CAP_` prefixes and lower case included).
    pub fn added_capabilities(self) -> impl Iterator<Item = Node<'a>> {
        self.capabilities()
            .into_iter()
            .flat_map(|node| strings(node, "add"))
    }

    /// The names in `capabilities.drop`, as written.
    pub fn dropped_capabilities(self) -> impl Iterator<Item = Node<'a>> {
        self.capabilities()
            .into_iter()
            .flat_map(|node| strings(node, "drop"))
    }

    /// Whether `capabilities.drop` has `ALL`.
    pub fn drops_all(self) -> bool {
        // Runtimes compare without regard to case; Pod Security wants capitals.
        self.dropped_capabilities().any(|node| {
            node.as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case("all"))
        })
    }

    /// `windowsOptions.hostProcess`.
    pub fn host_process(self) -> Option<(bool, Node<'a>)> {
        boolean(mapping(self.node?, "windowsOptions")?, "hostProcess")
    }
}

/// The container's value if it has one, else the pod's.
pub(crate) fn effective<'a, T>(
    container: Option<(T, Node<'a>)>,
    pod: Option<(T, Node<'a>)>,
) -> Option<Effective<'a, T>> {
    let at = |(value, node), level| Effective { value, node, level };
    container
        .map(|found| at(found, Level::Container))
        .or_else(|| pod.map(|found| at(found, Level::Pod)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PodSpec, Workload, objects};
    use plimsoll_yaml::{Dialect, parse};

    fn pod(text: &str, check: impl FnOnce(PodSpec<'_>)) {
        let tree = parse(
            format!("apiVersion: v1\nkind: Pod\nspec:\n{text}"),
            Dialect::GoV2,
        );
        check(
            Workload::new(objects(&tree)[0])
                .and_then(Workload::pod)
                .expect("a pod"),
        );
    }

    #[test]
    fn the_container_overrides_the_pod_field_by_field() {
        let text = "
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: a
    securityContext: {runAsUser: 0, capabilities: {drop: [all], add: [NET_BIND_SERVICE]}}
";
        pod(text, |pod| {
            let a = pod.containers().next().expect("one");
            let user = a.run_as_user().expect("set");
            assert_eq!((user.value, user.level), (0, Level::Container));
            let non_root = a.run_as_non_root().expect("set");
            assert_eq!((non_root.value, non_root.level), (true, Level::Pod));
            assert!(a.seccomp_profile().expect("set").value.confines());
            assert!(a.security_context().drops_all());
            assert_eq!(a.security_context().added_capabilities().count(), 1);
            assert_eq!(a.run_as_group(), None);
            assert!(!a.is_privileged());
        });
    }

    #[test]
    fn a_value_of_the_wrong_type_overrides_nothing() {
        let text = "
  securityContext: {runAsUser: 1000}
  containers: [{name: a, securityContext: {runAsUser: root, privileged: \"true\"}}]
";
        pod(text, |pod| {
            let a = pod.containers().next().expect("one");
            assert_eq!(a.run_as_user().map(|user| user.value), Some(1000));
            assert!(!a.is_privileged());
        });
    }
}
