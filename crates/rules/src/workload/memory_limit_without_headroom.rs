//! # What it does
//! Finds memory limits equal to the request, of a JVM or Node process unless its heap is bounded
//! below the limit.
//!
//! # Why it matters
//! Two pieces of advice seem to disagree: "make requests equal limits for critical services" and
//! "leave headroom above the request". What decides is the limit against the **peak** use, not
//! against the request: the kernel kills at the limit and knows no request. A limit equal to a
//! request that was sized by average use kills on the first spike of the garbage collector. A
//! limit equal to a request that was sized by the peak is safe, costs the headroom on every
//! replica, and makes the pod Guaranteed if CPU is treated alike. The QoS class is no input to
//! the kubelet's eviction ranking: that is use above request first, then priority, then by how
//! much. Guaranteed pods fare well because they cannot use more than they requested.
//!
//! # Example
//! ```yaml bad
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           command: ["java", "-jar", "/app.jar"]
//!           resources:
//!             requests: {cpu: 100m, memory: 512Mi}
//!             limits: {memory: 512Mi}
//! ```
//! ```yaml good
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           command: ["java", "-Xmx320m", "-jar", "/app.jar"]
//!           resources:
//!             requests: {cpu: 100m, memory: 512Mi}
//!             limits: {memory: 640Mi}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/>
//! - <https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/>

use plimsoll_k8s::{Container, Quantity, Role};
use plimsoll_source::{Confidence, Severity};
use plimsoll_yaml::Node;

use crate::{Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "memory-limit-without-headroom",
    summary: "the memory limit equals the request",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Container(check)],
};

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let container = input.container;
    if !matches!(container.role(), Role::App | Role::Sidecar) {
        return;
    }
    let resources = container.resources();
    // A limit alone is the request too; that pod was sized by its peak on purpose.
    let (Some(request), Some(limit)) = (resources.request("memory"), resources.limit("memory"))
    else {
        return;
    };
    let (Some(least), Some(most)) = (request.value(), limit.value()) else {
        return;
    };
    if least != most {
        return;
    }
    let runtime = runtime(container);
    let spiky = runtime.filter(|runtime| !is_bounded(container, *runtime));
    if runtime.is_some() && spiky.is_none() {
        return;
    }
    let place = cx.place(request.node.range());
    let draft = cx
        .report(
            limit.node.range(),
            format!(
                "the memory limit of `{}` is all that it requests: {}",
                container.label(),
                limit.node.text().unwrap_or_default()
            ),
        )
        .related(place, "the request")
        .group("resources");
    match spiky {
        Some(runtime) => {
            draft
                .note(format!(
                    "{} grows its heap in spikes, and the kernel kills at the limit",
                    runtime.name()
                ))
                .help(format!(
                    "raise the limit by a quarter, or bound the heap {}",
                    runtime.bound(most)
                ));
            if matches!(runtime, Runtime::Jvm) {
                draft.note(
                    "a JVM that sees the limit takes a quarter of it for its heap and needs more \
                     beside it; Java 8 before 8u372 and 11 before 11.0.16 see no limit of cgroup \
                     v2 and take a quarter of the node",
                );
            }
        }
        None => {
            draft
                .note(
                    "the kernel kills at the limit, which must lie above the peak: one that is sized by \
                     usual use does not",
                )
                .help(
                    "raise the limit above the largest use you have seen; if both are sized by that, \
                     allow this finding",
                );
        }
    }
}

#[derive(Clone, Copy)]
enum Runtime {
    Jvm,
    Node,
}

impl Runtime {
    fn name(self) -> &'static str {
        match self {
            Self::Jvm => "a JVM",
            Self::Node => "Node.js",
        }
    }

    /// How the heap is bounded below a limit in bytes. Not by a percentage for a JVM: one above the
    /// default of 25 raises the heap, and a release that does not see the limit counts the node's.
    fn bound(self, limit: Quantity) -> String {
        let half = limit.value() / 2 / (1024 * 1024);
        match self {
            Self::Jvm if half > 0 => {
                format!("with `-Xmx`, at half of the limit (`-Xmx{half}m`) at most")
            }
            Self::Jvm => "with `-Xmx`".to_owned(),
            Self::Node => "with `NODE_OPTIONS=--max-old-space-size=…`".to_owned(),
        }
    }
}

fn runtime(container: Container<'_>) -> Option<Runtime> {
    let first = container
        .command()
        .into_iter()
        .chain(container.args())
        .next();
    let program = first
        .and_then(Node::as_str)
        .unwrap_or_default()
        .into_owned();
    let program = program.rsplit('/').next().unwrap_or("").to_owned();
    let image = container
        .image()
        .and_then(Node::as_str)
        .unwrap_or_default()
        .into_owned();
    let name = image
        .split([':', '@'])
        .next()
        .unwrap_or("")
        .rsplit('/')
        .next()
        .unwrap_or("");
    const JVM_IMAGES: &[&str] = &[
        "openjdk",
        "eclipse-temurin",
        "amazoncorretto",
        "tomcat",
        "jetty",
        "elasticsearch",
        "opensearch",
        "kafka",
        "cassandra",
        "solr",
        "neo4j",
        "keycloak",
        "jenkins",
        "sonarqube",
        "logstash",
        "zookeeper",
        "wildfly",
    ];
    if program == "java" || JVM_IMAGES.contains(&name) {
        return Some(Runtime::Jvm);
    }
    let jvm_env = [
        "JAVA_OPTS",
        "JAVA_TOOL_OPTIONS",
        "JDK_JAVA_OPTIONS",
        "JVM_OPTS",
    ];
    if jvm_env.iter().any(|name| container.env_var(name).is_some()) {
        return Some(Runtime::Jvm);
    }
    let node = matches!(program.as_str(), "node" | "npm" | "yarn" | "pnpm") || name == "node";
    node.then_some(Runtime::Node)
}

/// Whether something bounds the heap: a flag in the command line or in the environment.
fn is_bounded(container: Container<'_>, runtime: Runtime) -> bool {
    let marks: &[&str] = match runtime {
        Runtime::Jvm => &["-Xmx", "MaxRAMPercentage", "-XX:MaxHeapSize", "-XX:MaxRAM"],
        Runtime::Node => &["--max-old-space-size", "--max_old_space_size"],
    };
    let heap_env = [
        "ES_JAVA_OPTS",
        "KAFKA_HEAP_OPTS",
        "MAX_HEAP_SIZE",
        "LS_HEAP_SIZE",
    ];
    // Start scripts of images have names of their own for it: `INITIAL_HEAP`, `SONAR_HEAP_MAX`.
    let is_heap = |name: &str| name.split('_').any(|word| word == "HEAP" || word == "XMX");
    heap_env.iter().any(|name| container.env_var(name).is_some())
        || container.env().any(|variable| {
            let name = variable.name();
            matches!(runtime, Runtime::Jvm) && name.is_some_and(|name| is_heap(&name))
        })
        || container
            .command()
            .into_iter()
            .chain(container.args())
            .chain(container.env().filter_map(plimsoll_k8s::EnvVar::value))
            .filter_map(Node::text)
            .any(|text| marks.iter().any(|mark| text.contains(mark)))
        // Options that come from elsewhere may hold the bound.
        || ["JAVA_OPTS", "JAVA_TOOL_OPTIONS", "NODE_OPTIONS"].iter().any(|name| {
            container.env_var(name).is_some_and(|variable| variable.source().is_some())
        })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::Strictness;
    use crate::testing::{Case, on};
    use crate::workload::requests::tests::deployment;

    const EQUAL: &str = "resources: {requests: {memory: 1Gi}, limits: {memory: 1024Mi}}";

    #[track_caller]
    fn with(extra: &str) -> Case {
        on(&RULE).manifest(&deployment(&format!("{EQUAL}\n        {extra}")))
    }

    #[test]
    fn equal_limits_are_found() {
        on(&RULE)
            .manifest(&deployment(EQUAL))
            .flags(&["12: 1024Mi"]);
        let java = with("command: [java, -jar, a.jar]").flags(&["12: 1024Mi"]);
        assert!(java.findings[0].notes[0].contains("JVM"));
        let help = java.findings[0].help.as_deref().unwrap();
        assert!(
            help.contains("-Xmx512m") && !help.contains("RAMPercentage"),
            "{help}"
        );
        let node = with("args: [node, a.js]").flags(&["12: 1024Mi"]);
        assert!(node.findings[0].notes[0].contains("Node"));
        assert_eq!(RULE.strictness, Strictness::Pedantic);
    }

    #[test]
    fn headroom_and_bounded_heaps_are_left_alone() {
        with("command: [java, -Xmx512m, -jar, a.jar]").clean();
        with("env: [{name: MAX_HEAP, value: 4096m}]\n        command: [java]").clean();
        with("env: [{name: JAVA_TOOL_OPTIONS, value: \"-XX:MaxRAMPercentage=60\"}]").clean();
        with("env: [{name: NODE_OPTIONS, value: \"--max-old-space-size=700\"}]\n        command: [node]")
            .clean();
        on(&RULE)
            .manifest(&deployment(
                "resources: {requests: {memory: 1Gi}, limits: {memory: 2Gi}}",
            ))
            .clean();
        on(&RULE)
            .manifest(&deployment("resources: {limits: {memory: 1Gi}}"))
            .clean();
    }
}
