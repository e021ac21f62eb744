//! # What it does
//! Finds hooks whose name is another one with every release or version, and that nothing
//! deletes.
//!
//! # Why it matters
//! Helm does not count hooks among the objects of a release: neither an upgrade nor
//! `helm uninstall` removes them. Unless a delete policy says otherwise, a hook is deleted only
//! when one of the same name is made. With a name that varies there never is one: the cluster
//! fills up with finished Jobs, their pods, and the Secrets and accounts made for them.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/migrate.yaml
//! apiVersion: batch/v1
//! kind: Job
//! metadata:
//!   name: migrate-{{ .Release.Revision }}
//!   annotations: {helm.sh/hook: pre-upgrade}
//! spec:
//!   template:
//!     spec:
//!       restartPolicy: Never
//!       containers: [{name: migrate, image: ghcr.io/acme/payments:1.4.0}]
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/migrate.yaml
//! apiVersion: batch/v1
//! kind: Job
//! metadata:
//!   name: migrate
//!   annotations: {helm.sh/hook: pre-upgrade}
//! spec:
//!   template:
//!     spec:
//!       restartPolicy: Never
//!       containers: [{name: migrate, image: ghcr.io/acme/payments:1.4.0}]
//! ```
//!
//! # References
//! - <https://helm.sh/docs/topics/charts_hooks/#hook-deletion-policies>

use plimsoll_source::{Confidence, Severity};

use super::given::{CHANGING, behind, changing};
use crate::{Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "hook-objects-pile-up",
    summary: "hooks of a chart have a new name each time, and nothing deletes them",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let object = input.object;
    let annotations = object.annotations();
    if !annotations.contains("helm.sh/hook") {
        return;
    }
    let policy = annotations.get("helm.sh/hook-delete-policy");
    if policy.is_some_and(|policy| policy.contains("hook-succeeded")) {
        return;
    }
    let expires = object
        .spec()
        .and_then(|spec| spec.get("ttlSecondsAfterFinished"));
    let (Some(name), None) = (object.name_node(), expires) else {
        return;
    };
    if deletes_jobs(object) {
        return;
    }
    let Some(behind) = behind(cx, cx.place(name.range())) else {
        return;
    };
    let marks = behind.marks();
    if !marks.has(CHANGING) {
        return;
    }
    let what = changing(marks);
    let kind = object.kind();
    cx.report(
        name.range(),
        format!("nothing deletes this {kind}: it is a hook, and {what} is in its name"),
    )
    .note("an upgrade and `helm uninstall` leave hooks behind; only one of the same name replaces them")
    .help("leave what varies out of the name, or set `helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded`");
}

/// Whether the pods delete Jobs themselves, by their command lines.
fn deletes_jobs(object: plimsoll_k8s::Object<'_>) -> bool {
    let source = object.node().source();
    source.contains("kubectl delete job") || source.contains("delete jobs")
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::chart::given::tests::chart;
    use crate::testing::on;

    fn job(name: &str, annotations: &str, spec: &str) -> String {
        chart(
            "{}",
            &format!(
                "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {name}\n  annotations:\n{annotations}spec:\n{spec}  template:\n    spec:\n      restartPolicy: Never\n      containers: [{{name: a, image: a:1}}]\n"
            ),
        )
    }

    const HOOK: &str = "    helm.sh/hook: post-install,post-upgrade\n";

    #[test]
    fn jobs_that_delete_older_ones_are_left_alone() {
        let files = job("a-{{ .Release.Revision }}", HOOK, "");
        let deletes = files.replace(
            "image: a:1}",
            "image: a:1, command: [sh, -c, \"kubectl delete job -l a=b\"]}",
        );
        on(&RULE).files(&deletes).clean();
    }

    #[test]
    fn names_that_vary_are_found() {
        on(&RULE)
            .files(&job("a-{{ .Release.Revision }}", HOOK, ""))
            .flags(&["c/templates/a.yaml:4: a-{{ .Release.Revision }}"])
            .says(&["nothing deletes this Job: it is a hook, and the revision of the release is in its name"]);
        on(&RULE)
            .files(&job("a-{{ randAlphaNum 5 | lower }}", HOOK, ""))
            .flags(&["c/templates/a.yaml:4: a-{{ randAlphaNum 5 | lower"])
            .loud_by_default();
        on(&RULE)
            .files(&job("a-{{ now | date \"20060102\" }}", HOOK, ""))
            .flags(&["c/templates/a.yaml:4: a-{{ now | date \"20060102\" }}"]);
        let policy = format!("{HOOK}    helm.sh/hook-delete-policy: before-hook-creation\n");
        on(&RULE)
            .files(&job(
                "a-{{ .Chart.Version | replace \".\" \"-\" }}",
                &policy,
                "",
            ))
            .loud_by_default();
    }

    #[test]
    fn hooks_that_go_are_clean() {
        on(&RULE)
            .files(&job("a-{{ .Release.Name }}", HOOK, ""))
            .clean();
        let policy = format!("{HOOK}    helm.sh/hook-delete-policy: hook-succeeded\n");
        on(&RULE)
            .files(&job("a-{{ .Release.Revision }}", &policy, ""))
            .clean();
        on(&RULE)
            .files(&job(
                "a-{{ .Release.Revision }}",
                HOOK,
                "  ttlSecondsAfterFinished: 60\n",
            ))
            .clean();
        on(&RULE)
            .files(&job("a-{{ .Release.Revision }}", "    a: b\n", ""))
            .clean();
    }
}
