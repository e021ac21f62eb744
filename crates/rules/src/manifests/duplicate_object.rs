//! # What it does
//! Finds objects that are written twice among those that are applied together: in one file, or
//! among the resources of one kustomization.
//!
//! # Why it matters
//! `kubectl apply` takes both, one after the other, and the last one wins, silently. `kustomize
//! build` refuses them. Somebody edits the one that counts for nothing.
//!
//! The same object in two overlays, in two folders or in two files that are variants of each
//! other is no duplicate: nobody applies both.
//!
//! # Example
//! ```yaml bad
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! data: {LOG_LEVEL: INFO}
//! ---
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! data: {LOG_LEVEL: DEBUG}
//! ```
//! ```yaml good
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! data: {LOG_LEVEL: INFO}
//! ---
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments-debug}
//! data: {LOG_LEVEL: DEBUG}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>

use plimsoll_k8s::Object;
use plimsoll_links::ObjectRef;
use plimsoll_project::ManifestRole;
use plimsoll_project::kustomize::Kinship;
use plimsoll_source::{Confidence, FileId, Place, Severity};

use crate::{Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "duplicate-object",
    summary: "one object is written twice",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let ObjectInput { unit, object } = *input;
    let generated = object
        .metadata()
        .is_some_and(|metadata| metadata.present("name").is_none());
    let Some(name) = object.name().filter(|name| !name.contains(['$', '{'])) else {
        return;
    };
    if unit.role == ManifestRole::Patch || generated || is_partial(object) {
        return;
    }
    let this = cx.this();
    let first = earlier(cx, this, unit.file, object, &name);
    let Some((other, certain)) = first else {
        return;
    };
    let objects = cx.links.objects();
    let place = Place::new(objects.file(other), objects.get(other).head());
    let kind = object.kind();
    let times = times(cx, unit.file, object, &name);
    let name_range = object
        .name_node()
        .map_or(object.head(), |node| node.range());
    let draft = cx.report(name_range, format!("{kind} `{name}` is written {times}"));
    draft.related(place, "here for the first time");
    if certain == Certainty::Kustomize {
        draft.note("`kustomize build` refuses an object that it has already");
    } else {
        draft.note("the last one wins, and nobody is told");
    }
    draft.help(if times == "twice" {
        "remove one of them, or give it another name"
    } else {
        "keep one of them, or give each a name of its own"
    });
}

/// Whether it is a part of a workload, to be laid over it: without a selector none is accepted.
fn is_partial(object: Object<'_>) -> bool {
    let selects = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];
    object.group() == "apps"
        && selects.contains(&&*object.kind())
        && object
            .spec()
            .is_none_or(|spec| spec.present("selector").is_none())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Certainty {
    File,
    Kustomize,
}

/// The first object of the same name that is applied with this one and stands before it.
fn earlier(
    cx: &Cx<'_>,
    this: ObjectRef,
    file: FileId,
    object: Object<'_>,
    name: &str,
) -> Option<(ObjectRef, Certainty)> {
    let objects = cx.links.objects();
    let kind = object.kind();
    objects
        .named(&kind, name)
        .filter_map(|definition| definition.object)
        .filter(|other| *other < this)
        .find_map(|other| {
            let found = objects.get(other);
            let same = found.name().as_deref() == Some(name)
                && found.kind() == kind
                && found.group() == object.group()
                && found.namespace() == object.namespace();
            let certainty = match objects.file(other) {
                other if other == file => Certainty::File,
                other => match cx.project.overlays.kinship(other, file) {
                    // Kustomize tells objects apart by their version, too.
                    Some(Kinship::Same) if found.api_version() == object.api_version() => {
                        Certainty::Kustomize
                    }
                    _ => return None,
                },
            };
            same.then_some((other, certainty))
        })
}

/// How often a file has the object, in words.
fn times(cx: &Cx<'_>, file: FileId, object: Object<'_>, name: &str) -> String {
    let objects = cx.links.objects();
    let kind = object.kind();
    let same = objects
        .named(&kind, name)
        .filter_map(|definition| definition.object)
        .filter(|&other| objects.file(other) == file)
        .filter(|&other| {
            let other = objects.get(other);
            other.group() == object.group() && other.namespace() == object.namespace()
        });
    match same.count() {
        0..=2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn config(name: &str) -> String {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n")
    }

    #[test]
    fn objects_written_twice_are_found() {
        on(&RULE)
            .manifest(&format!("{}---\n{}", config("a"), config("a")))
            .flags(&["7: a"])
            .says(&["ConfigMap `a` is written twice"]);
        on(&RULE)
            .manifest(&[config("a"), config("a"), config("a")].join("---\n"))
            .says(&[
                "ConfigMap `a` is written 3 times",
                "ConfigMap `a` is written 3 times",
            ]);
        on(&RULE)
            .manifest(&format!(
                "{}---\n{}---\n{}",
                config("a"),
                config("b"),
                config("a")
            ))
            .flags(&["11: a"]);
        on(&RULE)
            .files(&format!(
                "//- /kustomization.yaml\nresources: [a.yaml, b.yaml]\n//- /a.yaml\n{}//- /b.yaml\n{}",
                config("a"),
                config("a")
            ))
            .flags(&["b.yaml:3: a"]);
    }

    #[test]
    fn variants_are_left_alone() {
        on(&RULE)
            .manifest(&format!("{}---\n{}", config("a"), config("b")))
            .clean();
        on(&RULE)
            .manifest(&format!(
                "{}---\n{}",
                config("a"),
                config("a, namespace: other")
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /dev.yaml\n{}//- /prod.yaml\n{}",
                config("a"),
                config("a")
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /base/kustomization.yaml\nresources: [x.yaml]\n//- /base/x.yaml\n{}\
                 //- /dev/kustomization.yaml\nresources: [../base, a.yaml]\n//- /dev/a.yaml\n{}\
                 //- /prod/kustomization.yaml\nresources: [../base, a.yaml]\n//- /prod/a.yaml\n{}",
                config("x"),
                config("a"),
                config("a")
            ))
            .clean();
        // Parts for two containers of what is written elsewhere.
        let part = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: \
                    {containers: [{name: b, image: c}]}}}\n";
        on(&RULE).manifest(&format!("{part}---\n{part}")).clean();
        let whole = part.replace(
            "spec: {template",
            "spec: {selector: {matchLabels: {a: b}}, template",
        );
        on(&RULE)
            .manifest(&format!("{whole}---\n{whole}"))
            .says(&["Deployment `a` is written twice"]);
        // Kustomize takes one object in two versions.
        on(&RULE)
            .files(&format!(
                "//- /kustomization.yaml\nresources: [a.yaml, b.yaml]\n//- /a.yaml\n{}//- /b.yaml\n{}",
                config("a").replace("v1", "acme.io/v1alpha1"),
                config("a").replace("v1", "acme.io/v1beta1")
            ))
            .clean();
        on(&RULE)
            .manifest("apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-}\n")
            .clean();
    }
}
