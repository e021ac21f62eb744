//! # What it does
//! Finds fields of a chart that cannot be changed and that an upgrade changes: selectors of
//! workloads, claims of a StatefulSet and pod templates of Jobs with the version of the chart or
//! of the application in them, with the revision of the release, or with what is random. Also
//! Services whose selector is another one after an upgrade.
//!
//! # Why it matters
//! The first upgrade is refused: `field is immutable`. Whoever installed the chart has to delete
//! the workload, with an outage. A Service whose selector changes with the version leaves all
//! running pods at once and has none until the new ones are ready.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/deployment.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector:
//!     matchLabels:
//!       app: payments
//!       chart: payments-{{ .Chart.Version }}
//!   template:
//!     metadata:
//!       labels:
//!         app: payments
//!         chart: payments-{{ .Chart.Version }}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/acme/payments:1.4.0}]
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/deployment.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector:
//!     matchLabels:
//!       app: payments
//!   template:
//!     metadata:
//!       labels:
//!         app: payments
//!         chart: payments-{{ .Chart.Version }}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/acme/payments:1.4.0}]
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates>
//! - <https://helm.sh/docs/chart_best_practices/labels/>

use plimsoll_k8s::{Workload, WorkloadKind};
use plimsoll_project::Given;
use plimsoll_source::{Confidence, Severity, TextRange};
use plimsoll_yaml::Node;

use super::given::{CHANGING, behind, changing};
use crate::{Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "selector-changes-on-upgrade",
    summary: "an upgrade of a chart changes a field that cannot be changed",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let object = input.object;
    if cx.project.generated(input.unit.file).is_none() {
        return;
    }
    // What is there only when it is installed is not changed.
    let head = behind(cx, cx.place(object.head()));
    if head.is_some_and(|head| head.marks().has(Given::Stage.branch())) {
        return;
    }
    // What is replaced as a whole is not changed.
    let named = object.name_node().and_then(|node| part(cx, node.range()));
    if named.is_some() {
        return;
    }
    if object.is("", "Service") {
        let selector = object.spec().and_then(|spec| spec.get("selector"));
        if let Some((range, by)) = selector.and_then(|node| in_scalars(cx, node)) {
            let message =
                format!("the Service selects other pods after an upgrade: {by} is in its selector");
            cx.report(range, message)
                .severity(Severity::Warning)
                .note("it leaves all running pods at once, and has none until the new ones are ready")
                .help("select by labels that stay as they are, such as `app.kubernetes.io/name` and `app.kubernetes.io/instance`");
        }
        return;
    }
    let Some(workload) = Workload::new(object) else {
        return;
    };
    let spec = object.spec();
    match workload.kind() {
        WorkloadKind::Job => {
            // A hook is deleted before it is made anew.
            let is_hook = object.annotations().contains("helm.sh/hook");
            let goes = spec.is_some_and(|spec| spec.get("ttlSecondsAfterFinished").is_some());
            // Argo CD deletes it and makes it anew.
            let options = object.annotations().get("argocd.argoproj.io/sync-options");
            let options = options.unwrap_or_default();
            let is_replaced = ["Force=true", "Replace=true"]
                .iter()
                .all(|option| options.split(',').any(|one| one.trim() == *option));
            let template = workload
                .template()
                .filter(|_| !is_hook && !goes && !is_replaced);
            if let Some((range, by)) = template.and_then(|one| in_scalars(cx, one.node())) {
                cx.report(range, format!("an upgrade changes the pod template of a Job: {by} is in it"))
                    .note("the template of a Job cannot be changed: the upgrade is refused")
                    .help("make the Job a hook, give it `ttlSecondsAfterFinished`, or put the same into its name");
            }
        }
        WorkloadKind::Deployment
        | WorkloadKind::StatefulSet
        | WorkloadKind::DaemonSet
        | WorkloadKind::ReplicaSet => {
            let selector = spec.and_then(|spec| spec.get("selector"));
            if let Some((range, by)) = selector.and_then(|node| in_scalars(cx, node)) {
                cx.report(range, format!("an upgrade changes the selector: {by} is in it"))
                    .note("the selector of a workload cannot be changed: the upgrade is refused")
                    .help("select by labels that stay as they are, such as `app.kubernetes.io/name` and `app.kubernetes.io/instance`");
            }
            for claim in workload.volume_claim_templates() {
                if let Some((range, by)) = in_scalars(cx, claim) {
                    cx.report(
                        range,
                        format!("an upgrade changes `volumeClaimTemplates`: {by} is in it"),
                    )
                    .note("the claims of a StatefulSet cannot be changed: the upgrade is refused")
                    .help("give the claims no labels, or only those that stay as they are");
                }
            }
        }
        _ => {}
    }
}

/// The first scalar below a node that changes, and with what.
fn in_scalars(cx: &Cx<'_>, node: Node<'_>) -> Option<(TextRange, &'static str)> {
    let (range, by) = part(cx, node.full_range())?;
    // The innermost entry that holds the place stands for it.
    let mut at = node.resolve();
    'down: loop {
        for entry in at.entries() {
            if entry.value.full_range().covers(range) {
                at = entry.value.resolve();
                continue 'down;
            }
        }
        for item in at.items() {
            if item.full_range().covers(range) {
                at = item.resolve();
                continue 'down;
            }
        }
        break;
    }
    let is_one = at.full_range().covers(range) && at != node;
    Some((if is_one { at.range() } else { range }, by))
}

/// The first part of a range that changes, and with what.
fn part(cx: &Cx<'_>, range: TextRange) -> Option<(TextRange, &'static str)> {
    let behind = behind(cx, cx.place(range))?;
    behind.parts().find_map(|(part, background)| {
        background
            .marks
            .has(CHANGING)
            .then(|| (part.output, changing(background.marks)))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::chart::given::tests::chart;
    use crate::testing::on;

    fn labels(selector: &str, label: &str) -> String {
        chart(
            "version: '1'",
            &format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector:\n    matchLabels:\n      app: web\n      v: {selector}\n  template:\n    metadata:\n      labels:\n        app: web\n        v: {label}\n    spec:\n      containers: [{{name: web, image: a:1}}]\n"
            ),
        )
    }

    fn set(labels: &str) -> String {
        chart(
            "{}",
            &format!(
                "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers: [{{name: web, image: a:1}}]\n  volumeClaimTemplates:\n    - metadata:\n        name: data\n{labels}      spec: {{accessModes: [ReadWriteOnce]}}\n"
            ),
        )
    }

    fn job(head: &str, more: &str) -> String {
        chart(
            "{}",
            &format!(
                "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: web{head}\nspec:\n{more}  template:\n    metadata:\n      labels:\n        helm.sh/chart: c-{{{{ .Chart.Version }}}}\n    spec:\n      restartPolicy: Never\n      containers: [{{name: web, image: a:1}}]\n"
            ),
        )
    }

    #[test]
    fn selectors_with_a_version_are_found() {
        on(&RULE)
            .files(&labels("c-{{ .Chart.Version }}", "c-{{ .Chart.Version }}"))
            .flags(&["c/templates/a.yaml:8: c-{{ .Chart.Version }}"])
            .says(&["an upgrade changes the selector: the version of the chart is in it"]);
        on(&RULE)
            .files(&labels(
                "r{{ .Release.Revision }}",
                "r{{ .Release.Revision }}",
            ))
            .says(&["an upgrade changes the selector: the revision of the release is in it"]);
        on(&RULE)
            .files(&labels("{{ randAlpha 5 }}", "x"))
            .says(&["an upgrade changes the selector: what is random is in it"]);
    }

    #[test]
    fn claims_and_jobs_with_a_version_are_found() {
        on(&RULE)
            .files(&set(
                "        labels:\n          chart: c-{{ .Chart.Version }}\n",
            ))
            .flags(&["c/templates/a.yaml:14: c-{{ .Chart.Version }}"]);
        on(&RULE)
            .files(&job("", ""))
            .flags(&["c/templates/a.yaml:9: c-{{ .Chart.Version }}"]);
    }

    #[test]
    fn services_with_a_version_are_found() {
        on(&RULE)
            .files(&chart("{}", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector:\n    version: \"{{ .Chart.AppVersion }}\"\n"))
            .says(&["the Service selects other pods after an upgrade: the version of the application is in its selector"]);
    }

    #[test]
    fn labels_beside_the_selector_are_clean() {
        on(&RULE)
            .files(&labels("{{ .Release.Name }}", "{{ .Chart.Version }}"))
            .clean();
        on(&RULE)
            .files(&labels("{{ .Values.version }}", "x"))
            .clean();
        on(&RULE)
            .files(&labels(
                "{{ if semverCompare \">1\" .Chart.Version }}a{{ end }}",
                "x",
            ))
            .clean();
        on(&RULE).files(&set("")).clean();
    }

    #[test]
    fn jobs_that_are_replaced_are_clean() {
        on(&RULE)
            .files(&job("-{{ .Release.Revision }}", ""))
            .clean();
        on(&RULE)
            .files(&job("\n  annotations: {helm.sh/hook: post-install}", ""))
            .clean();
        let synced = |options: &str| {
            let head =
                format!("\n  annotations: {{argocd.argoproj.io/sync-options: \"{options}\"}}");
            on(&RULE).files(&job(&head, ""))
        };
        synced("Replace=true,Force=true").clean();
        synced("Prune=false").loud_by_default();
        on(&RULE)
            .files(&job("", "  ttlSecondsAfterFinished: 600\n"))
            .clean();
        let at_install = job("", "").replace(
            "apiVersion: batch/v1",
            "{{ if .Release.IsInstall }}\napiVersion: batch/v1",
        );
        on(&RULE)
            .files(&format!("{at_install}{{{{ end }}}}\n"))
            .clean();
    }
}
