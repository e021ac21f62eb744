//! # What it does
//! Finds Deployments that run one pod: `replicas: 1`, or none written and no autoscaler in the
//! set.
//!
//! # Why it matters
//! Draining a node, a crash or an eviction is an outage for as long as the next pod takes to
//! start. Many services can live with that, and some must be alone: this rule is pedantic, and
//! silent for Deployments that are replaced by `Recreate` or hold a volume claim, whose pods only
//! wait (`sleep infinity`), or beside whose number (or the value that it comes from) a comment says
//! that there must be one.
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
//! ```
//! ```yaml good
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   replicas: 3
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/workloads/pods/disruptions/>

use plimsoll_k8s::rollout::StrategyKind;
use plimsoll_k8s::{PodSpec, VolumeKind, Workload, WorkloadKind};
use plimsoll_source::{Confidence, Severity, TextRange};
use plimsoll_yaml::Node;

use super::reasons::says_alone;
use super::supply::is_autoscaled;
use crate::{Alias, Check, Cx, FixKind, Rule, Strictness, WorkloadInput};

pub(crate) static RULE: Rule = Rule {
    id: "single-replica",
    summary: "a Deployment runs one pod",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "minimum-three-replicas",
        },
        Alias {
            tool: "kube-score",
            id: "deployment-replicas",
        },
    ],
    checks: &[Check::Workload(check)],
};

fn check(cx: &mut Cx<'_>, input: &WorkloadInput<'_>) {
    let WorkloadInput { unit, workload } = *input;
    if !matches!(
        workload.kind(),
        WorkloadKind::Deployment | WorkloadKind::ArgoRollout
    ) {
        return;
    }
    let Some(replicas) = workload.replicas() else {
        return;
    };
    if replicas.value != 1
        || is_singleton(workload)
        || !cx.reports_missing(unit, workload.object(), &["spec", "replicas"])
        || is_autoscaled(cx, unit, workload)
        || workload.pod().is_some_and(only_waits)
    {
        return;
    }
    let name = workload.object().name().unwrap_or_default().into_owned();
    let range = replicas.range_or(workload.object().missing_at(&["spec", "replicas"]));
    if is_meant(cx, range) {
        return;
    }
    cx.report(range, format!("`{name}` runs one pod"))
        .note("draining its node is an outage until the next pod is ready")
        .help(
            "if the program can run twice (it elects a leader, or keeps nothing of its own), set \
             `replicas` to at least 2 or let a HorizontalPodAutoscaler own the number",
        );
}

/// Whether a comment at the number, or at the value that it comes from, says that it must be one.
fn is_meant(cx: &Cx<'_>, range: TextRange) -> bool {
    let files = &cx.project.files;
    let origin = files.origin(cx.place(range));
    let values = origin.values.iter().filter_map(|value| value.place);
    std::iter::once(origin.place).chain(values).any(|place| {
        let text = &files.get(place.file).text;
        says_alone(text, place.range.start as usize)
    })
}

/// Whether all that the containers do is to be there, for somebody to look into.
fn only_waits(pod: PodSpec<'_>) -> bool {
    let mut containers = pod.containers().peekable();
    containers.peek().is_some()
        && containers.all(|container| {
            let words = container.command().into_iter().chain(container.args());
            let words: Vec<_> = words.filter_map(Node::as_str).collect();
            let command = words.join(" ");
            let command = command.trim().trim_matches([';', ' ']);
            let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
            let is_loop = |rest: &str| {
                let mut rest = rest.split([' ', ';']).filter(|word| !word.is_empty());
                rest.next() == Some("sleep") && rest.next().is_some_and(is_number)
            };
            command.ends_with("sleep infinity")
                || command.ends_with("tail -f /dev/null")
                || ["while true; do ", "while :; do "].iter().any(|head| {
                    let last = command.rsplit_once(head);
                    last.is_some_and(|(_, rest)| is_loop(rest) && rest.ends_with("done"))
                })
        })
}

/// Whether the workload is made to be alone.
pub(crate) fn is_singleton(workload: Workload<'_>) -> bool {
    let recreates = workload
        .strategy()
        .is_some_and(|strategy| strategy.kind.value == StrategyKind::Recreate);
    let claims = workload
        .pod()
        .into_iter()
        .flat_map(|pod| pod.volumes().collect::<Vec<_>>());
    recreates
        || claims
            .into_iter()
            .any(|volume| volume.kind() == VolumeKind::PersistentVolumeClaim)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::{deployment, pod};

    #[test]
    fn lone_pods_are_found() {
        on(&RULE).manifest(&deployment("")).flags(&["4: spec"]);
        let one = deployment("").replace("spec:\n  selector", "spec:\n  replicas: 1\n  selector");
        on(&RULE).manifest(&one).flags(&["5: 1"]);
        on(&RULE)
            .manifest(&deployment("").replace("name: web}\nspec", "name: api}\nspec"))
            .says(&["`api` runs one pod"]);
    }

    #[test]
    fn pods_that_only_wait_or_must_be_alone_are_left_alone() {
        let one = deployment("").replace("spec:\n  selector", "spec:\n  replicas: 1\n  selector");
        let beside = one.replace("replicas: 1", "replicas: 1 # must be 1: it writes a file");
        on(&RULE).manifest(&beside).clean();
        let above = one.replace("  replicas: 1", "  # Only one may poll.\n  replicas: 1");
        on(&RULE).manifest(&above).clean();
        let other = one.replace("  replicas: 1", "  # Pods of the web.\n  replicas: 1");
        on(&RULE).manifest(&other).flags(&["6: 1"]);
        let runs = |command: &str| deployment(&format!("command: {command}"));
        for waiting in [
            r#"["sleep", "infinity"]"#,
            r#"["sh", "-c", "echo look; while true; do sleep 100; done"]"#,
            "[tail, -f, /dev/null]",
        ] {
            on(&RULE).manifest(&runs(waiting)).clean();
        }
        for working in [
            r#"["sh", "-c", "while true; do sync; sleep 100; done"]"#,
            r#"["sleep-server"]"#,
        ] {
            on(&RULE).manifest(&runs(working)).flags(&["4: spec"]);
        }
    }

    #[test]
    fn several_pods_autoscalers_and_singletons_are_left_alone() {
        let three = deployment("").replace("spec:\n  selector", "spec:\n  replicas: 3\n  selector");
        on(&RULE).manifest(&three).clean();
        let hpa = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: w}\nspec:\n  \
                   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n";
        on(&RULE)
            .manifest(&format!("{}{hpa}", deployment("")))
            .clean();
        let alone =
            deployment("").replace("spec:\n  sel", "spec:\n  strategy: {type: Recreate}\n  sel");
        on(&RULE).manifest(&alone).clean();
        on(&RULE)
            .manifest(&pod(
                "volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]",
            ))
            .clean();
    }
}
