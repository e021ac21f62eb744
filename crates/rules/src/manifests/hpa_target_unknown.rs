//! # What it does
//! Finds HorizontalPodAutoscalers (and vertical ones, and KEDA's ScaledObjects) that name a
//! workload which is not there, although the one that is meant is: under a name that differs by
//! a slip, under another kind, or under the autoscaler's own name. What stands in the same file
//! comes first; where several files of a folder define the same workload, as cases of tests do,
//! each is taken by itself.
//!
//! # Why it matters
//! The autoscaler is accepted and says `FailedGetScale` for ever. The workload keeps the number
//! of replicas that it has.
//!
//! # Example
//! ```yaml bad
//! apiVersion: autoscaling/v2
//! kind: HorizontalPodAutoscaler
//! metadata: {name: payments}
//! spec:
//!   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: payment}
//!   maxReplicas: 10
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ```
//! ```yaml fixed
//! apiVersion: autoscaling/v2
//! kind: HorizontalPodAutoscaler
//! metadata: {name: payments}
//! spec:
//!   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: payments}
//!   maxReplicas: 10
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ```
//!
//! # Fix safety
//! Given where one name is near enough to be the one meant.
//!
//! # References
//! - <https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/>

use std::collections::BTreeMap;

use plimsoll_k8s::Workload;
use plimsoll_links::{Resolution, Target};
use plimsoll_project::ManifestRole;
use plimsoll_source::files::parent;
use plimsoll_source::{Confidence, Edit, FileId, Fix, Place, Safety, Severity};

use super::reach::{is_open, pods_around, slip_of};
use super::scaling::target_of;
use crate::{Alias, Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "hpa-target-unknown",
    summary: "an autoscaler scales a workload that is not there",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "dangling-horizontalpodautoscaler",
        },
        Alias {
            tool: "kube-score",
            id: "horizontalpodautoscaler-has-target",
        },
    ],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let unit = input.unit;
    if unit.role == ManifestRole::Patch {
        return;
    }
    let Some(reference) = target_of(cx, cx.this()) else {
        return;
    };
    let Target::Named { kind, name, .. } = &reference.target else {
        return;
    };
    let objects = cx.links.objects();
    let there = matches!(objects.resolve(reference), Resolution::Found(..));
    if there || objects.named(kind, name).next().is_some() || is_open(cx, unit.file) {
        return;
    }
    let alone = is_collection(cx, unit.file);
    let space = input.object.namespace();
    let mut around: Vec<(String, String, Place)> = pods_around(cx, unit.file)
        .into_iter()
        .filter(|pods| !alone || pods.file == unit.file)
        .filter_map(|pods| {
            let object = objects.get(pods.object);
            let scales = Workload::new(object)?.kind().has_replicas();
            let place = Place::new(pods.file, object.head());
            let name = object.name()?.into_owned();
            let meets = match (&space, object.namespace()) {
                (Some(one), Some(two)) => *one == two,
                _ => true,
            };
            (scales && meets).then(|| (object.kind().into_owned(), name, place))
        })
        .collect();
    // A kustomization may give the workload its name.
    let is_given = |other: &str| {
        let (before, after) = (format!("{other}-"), format!("-{other}"));
        name.starts_with(&before) || name.ends_with(&after)
    };
    if cx.project.overlays.is_member(unit.file)
        && around.iter().any(|one| one.0 == *kind && is_given(&one.1))
    {
        return;
    }
    // What stands in the same file is what is meant.
    around.sort_by_key(|(.., place)| place.file != unit.file);
    let own = input.object.name().unwrap_or_default();
    let same_kind = || around.iter().filter(|(other, ..)| other == kind);
    let near = slip_of(name, same_kind().map(|(_, name, _)| name.as_str()));
    let other_kind = around.iter().find(|(_, other, _)| other == name);
    let namesake = same_kind().find(|(_, other, _)| *other == *own);
    let (scaler, field) = (input.object.kind(), reference.field);
    let message = format!("{scaler} `{own}` scales {kind} `{name}`, which is not there");
    if let Some((found, _, place)) = other_kind {
        let (found, place) = (found.clone(), *place);
        cx.report(reference.range, message)
            .note("it gets no scale of what does not exist, and changes nothing")
            .related(place, format!("`{name}` is a {found}"))
            .help(format!("write `kind: {found}` in `{field}`"));
        return;
    }
    let meant = near
        .and_then(|near| same_kind().find(|(_, name, _)| name == near))
        .or(namesake);
    let Some((_, name, place)) = meant else {
        return;
    };
    let (name, place) = (name.clone(), *place);
    cx.report(reference.range, message)
        .note("it gets no scale of what does not exist, and changes nothing")
        .related(place, format!("there is a `{name}`"))
        .help(format!("write `{name}`"))
        .fix(
            Fix::new(format!("write `{name}`"), Safety::Unsafe)
                .edit(unit.file, Edit::replace(reference.range, name)),
        );
}

/// Whether the files beside one are each applied by itself, as cases of tests and examples are:
/// several of them define the same workload.
fn is_collection(cx: &Cx<'_>, file: FileId) -> bool {
    if cx.project.overlays.is_member(file) {
        return false;
    }
    let dir = parent(cx.project.path(file));
    let objects = cx.links.objects();
    let mut seen: BTreeMap<(&str, &str, Option<&str>), FileId> = BTreeMap::new();
    ["Deployment", "StatefulSet"].iter().any(|kind| {
        objects
            .of_kind(kind)
            .filter(|definition| parent(cx.project.path(definition.file)) == dir)
            .any(|definition| {
                let space = definition.namespace.as_deref();
                let first = *seen
                    .entry((*kind, &*definition.name, space))
                    .or_insert(definition.file);
                first != definition.file
            })
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::deployment;

    fn hpa(kind: &str, name: &str) -> String {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec:\n  \
             scaleTargetRef: {{apiVersion: apps/v1, kind: {kind}, name: {name}}}\n  maxReplicas: 5\n---\n"
        )
    }

    fn both(kind: &str, name: &str) -> String {
        hpa(kind, name) + &deployment("")
    }

    #[test]
    fn templates_that_were_left_out_may_be_what_is_scaled() {
        let chart = |worker: &str| {
            format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{{name: d, version: 1.0.0, repository: 'https://charts.example.com'}}]\n//- /c/templates/server.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: c-server}}\nspec: {{selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: a, image: a:1}}]}}}}}}\n//- /c/templates/hpa.yaml\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: c-server}}\nspec: {{scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: c-worker}}, maxReplicas: 3}}\n{worker}"
            )
        };
        let worker = "//- /c/templates/worker.yaml\nkind: Deployment\nmetadata: {name: c-worker, x: '{{ include \"d.x\" . }}'}\n";
        on(&RULE).files(&chart(worker)).clean();
        let whole = chart("").replace("dependencies:", "keywords:").replace(
            "[{name: d, version: 1.0.0, repository: 'https://charts.example.com'}]",
            "[a]",
        );
        assert_eq!(on(&RULE).files(&whole).findings.len(), 1);
    }

    #[test]
    fn targets_that_are_not_there_are_found() {
        on(&RULE)
            .manifest(&both("Deployment", "wbe"))
            .flags(&["5: wbe"])
            .fixed(&both("Deployment", "web"));
        // The autoscaler's own name tells which is meant.
        on(&RULE)
            .manifest(&both("Deployment", "frontend"))
            .flags(&["5: frontend"]);
        on(&RULE)
            .manifest(&both("StatefulSet", "web"))
            .flags(&["5: web"])
            .says(&["HorizontalPodAutoscaler `web` scales StatefulSet `web`, which is not there"]);
        on(&RULE)
            .manifest(
                &(both("Deployment", "wbe")
                    .replace("autoscaling/v2", "keda.sh/v1alpha1")
                    .replace("HorizontalPodAutoscaler", "ScaledObject")),
            )
            .flags(&["5: wbe"]);
    }

    #[test]
    fn files_that_are_each_applied_by_itself_prove_nothing() {
        let files = |other: &str| {
            on(&RULE).files(&format!(
                "//- /t/hpa.yaml\n{}//- /t/one.yaml\n{}{other}",
                hpa("Deployment", "frontend"),
                deployment("")
            ))
        };
        files("").flags(&["t/hpa.yaml:5: frontend"]);
        files(&format!("//- /t/two.yaml\n{}", deployment(""))).clean();
        // What is meant is in the file of the autoscaler, whatever else is there.
        let case = on(&RULE)
            .files(&format!(
                "//- /t/b.yaml\n{}//- /t/a.yaml\n{}",
                both("Deployment", "frontend"),
                deployment("")
            ))
            .flags(&["t/b.yaml:5: frontend"]);
        let related = case.findings[0].related[0].place.file;
        assert_eq!(related, case.findings[0].origin.place.file);
        // A workload of another namespace is another one.
        on(&RULE)
            .manifest(
                &both("Deployment", "frontend")
                    .replace(
                        "metadata: {name: web}\nspec:\n  scale",
                        "metadata: {name: web, namespace: a}\nspec:\n  scale",
                    )
                    .replace(
                        "kind: Deployment\nmetadata: {name: web}",
                        "kind: Deployment\nmetadata: {name: web, namespace: b}",
                    ),
            )
            .clean();
    }

    #[test]
    fn targets_elsewhere_are_left_alone() {
        on(&RULE).manifest(&both("Deployment", "web")).clean();
        on(&RULE).manifest(&hpa("Deployment", "wbe")).clean();
        on(&RULE)
            .manifest(&both("Deployment", "worker").replace(
                "{name: web}\nspec:\n  scale",
                "{name: worker}\nspec:\n  scale",
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /a/hpa.yaml\n{}//- /a/web.yaml\n{}//- /b/api.yaml\n{}",
                hpa("Deployment", "api"),
                deployment(""),
                deployment("").replace("{name: web}\nspec", "{name: api}\nspec")
            ))
            .clean();
    }

    #[test]
    fn a_kustomization_may_give_the_name() {
        let files = |name: &str| {
            format!(
                "//- /base/kustomization.yaml\nresources: [web.yaml]\n//- /base/web.yaml\n{}//- /prod/kustomization.yaml\nresources: [../base, hpa.yaml]\nnamePrefix: prod-\n//- /prod/hpa.yaml\n{}",
                deployment(""),
                hpa("Deployment", name)
            )
        };
        on(&RULE).files(&files("prod-web")).clean();
    }
}
