//! Workloads that are meant as patches and that nothing applies as such: an object of `replicas`
//! and the like, without selector and pod template, in the folder of a kustomization or beside
//! others of its sort, whose workloads other files define.

use plimsoll_k8s::{Object, objects};
use plimsoll_project::{ManifestRole, ManifestUnit};
use plimsoll_source::EntryKind;
use plimsoll_source::files::{join, parent};
use plimsoll_yaml::{Kind, Node};

use crate::Cx;

const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Whether what `path` lacks is told in another way: the object is meant as a patch of a workload
/// that stands elsewhere. One finding speaks for all of a file.
pub(super) fn is_told(
    cx: &mut Cx<'_>,
    unit: &ManifestUnit,
    object: Object<'_>,
    path: &[&str],
) -> bool {
    let lacking = match path {
        ["spec", "selector"] => "selector",
        ["spec", "template", ..] => "template",
        _ => return false,
    };
    if unit.role != ManifestRole::Whole || !is_part(object) {
        return false;
    }
    let mut parts = objects(&unit.tree);
    parts.retain(|object| is_part(*object));
    let in_overlay = is_of_an_overlay(cx, unit);
    let is_meant =
        in_overlay || parts.len() > 1 && parts.iter().all(|part| is_defined(cx, unit, *part));
    let start = |object: &Object<'_>| object.node().full_range().start;
    if is_meant && lacking == "selector" && parts.first().map(start) == Some(start(&object)) {
        let kind = object.kind();
        let help = if in_overlay {
            "list the file under `patches` of the kustomization (a number of pods alone under \
             `replicas`), or remove it"
        } else {
            "list the file under `patches` of a kustomization, say it with `kubectl scale` or \
             `kubectl patch`, or remove it"
        };
        let message = match parts.len() {
            1 => format!("this {kind} is only a part of one: a patch that nothing applies as such"),
            n => format!(
                "these {n} workloads are only parts of some: patches that nothing applies as such"
            ),
        };
        cx.report(object.head(), message)
            .note("without `selector` and `template` the API server refuses it")
            .help(help);
    }
    is_meant
}

/// Whether it is a workload of which only a part is said: no selector, and no template or one whose
/// containers have no images.
fn is_part(object: Object<'_>) -> bool {
    let is_workload = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"]
        .iter()
        .any(|kind| object.is("apps", kind));
    is_workload
        && object.spec().is_some_and(|spec| {
            spec.kind() == Kind::Mapping
                && !spec.is_empty()
                && ["selector", "<<"].iter().all(|key| spec.get(key).is_none())
                && spec.get("template").is_none_or(is_without_images)
        })
}

/// Whether a pod template has containers and none of them an image.
fn is_without_images(template: Node<'_>) -> bool {
    let containers = template.at(&["spec", "containers"]).into_iter();
    let mut containers = containers.flat_map(Node::items).peekable();
    containers.peek().is_some() && containers.all(|one| one.get("image").is_none())
}

/// Whether a kustomization stands beside the file, or the path says that it is of an overlay.
fn is_of_an_overlay(cx: &Cx<'_>, unit: &ManifestUnit) -> bool {
    let dir = parent(cx.project.path(unit.file));
    let there = |name: &str| {
        let path = join(dir, name);
        path.is_some_and(|path| cx.project.tree.kind(&path) == Some(EntryKind::File))
    };
    dir.split('/').any(|part| part == "overlays") || KUSTOMIZATIONS.iter().any(|name| there(name))
}

/// Whether another file defines the workload in full.
fn is_defined(cx: &Cx<'_>, unit: &ManifestUnit, part: Object<'_>) -> bool {
    let peers = cx.peers(unit, &part.kind());
    peers.iter().any(|(file, other)| {
        *file != unit.file
            && other.name() == part.name()
            && other
                .spec()
                .is_some_and(|spec| spec.present("template").is_some())
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::on;
    use crate::workload::schema::RULE;

    fn part(name: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{replicas: 0}}\n"
        )
    }

    fn whole(name: &str) -> String {
        part(name).replace(
            "replicas: 0",
            "selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, \
             spec: {containers: [{name: a, image: 'a:1'}]}}",
        )
    }

    #[test]
    fn a_part_of_a_workload_in_an_overlay_is_a_patch() {
        let says = ["this Deployment is only a part of one: a patch that nothing applies as such"];
        let a = part("a");
        let lone = on(&RULE).files(&format!("//- /k8s/overlays/dev/replicas.yaml\n{a}"));
        lone.says(&says);
        let beside = format!("//- /kustomization.yaml\nresources: [../base]\n//- /a.yaml\n{a}");
        on(&RULE).files(&beside).says(&says);
        let deep = a.replace(
            "replicas: 0",
            "template: {spec: {containers: [{name: a, resources: {}}]}}",
        );
        let lone = on(&RULE).files(&format!("//- /k8s/overlays/dev/mounts.yaml\n{deep}"));
        lone.says(&says);
        // Nobody knows what it is meant for.
        let lone = on(&RULE).files(&format!("//- /k8s/replicas.yaml\n{a}"));
        lone.says(&["`spec` lacks `selector`", "`spec` lacks `template`"]);
        // A whole one that forgot its selector.
        let text = whole("a").replace("selector: {matchLabels: {a: b}}, ", "");
        let case = on(&RULE).files(&format!("//- /k8s/overlays/dev/a.yaml\n{text}"));
        case.says(&["`spec` lacks `selector`"]);
    }

    #[test]
    fn several_parts_of_workloads_of_other_files_are_one_patch() {
        let with = |parts: &str| {
            let (a, b) = (whole("a"), whole("b"));
            on(&RULE).files(&format!(
                "//- /k8s/all.yaml\n{a}---\n{b}//- /k8s/none.yaml\n{parts}"
            ))
        };
        let (a, b) = (part("a"), part("b"));
        with(&format!("{a}---\n{b}"))
            .flags(&["k8s/none.yaml:2: kind: Deployment"])
            .says(&[
                "these 2 workloads are only parts of some: patches that nothing applies as such",
            ]);
        assert_eq!(with(&a).findings.len(), 2);
        assert_eq!(with(&format!("{a}---\n{}", part("c"))).findings.len(), 4);
    }
}
