//! Pods and their volumes.

use std::collections::HashMap;

use plimsoll_source::TextRange;
use plimsoll_source::nearest::nearest;
use plimsoll_yaml::{Kind, Node};

use super::super::placeholders::is_placeholder;
use super::super::problem::ProblemKind;
use super::super::walk::{Place, Walk, rename};
use super::{Relation, at_most_one, given, needed, text};

pub(super) static ROWS: &[(&str, Relation)] = &[
    ("core.v1.PodSpec", pod),
    ("core.v1.Volume", volume),
    ("core.v1.VolumeProjection", projection),
    ("core.v1.Toleration", toleration),
    ("meta.v1.LabelSelectorRequirement", requirement),
    ("core.v1.NodeSelectorRequirement", requirement),
];

fn pod<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    names_across(walk, place);
    mounts(walk, place);
    host_network(walk, place);
    if text(place.node, "dnsPolicy").as_deref() == Some("None") {
        needed(
            walk,
            place,
            "dnsConfig",
            "with `dnsPolicy: None` nothing else says what to ask",
        );
    }
}

/// A container and an init container cannot share a name.
fn names_across<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let mut names: HashMap<&str, TextRange> = HashMap::new();
    for name in containers(place.node, "containers").filter_map(|node| node.present("name")) {
        if let Some(text) = name.str() {
            names.entry(text).or_insert(name.range());
        }
    }
    for name in containers(place.node, "initContainers").filter_map(|node| node.present("name")) {
        let Some(text) = name.str().filter(|text| !is_placeholder(text)) else {
            continue;
        };
        if let Some(first) = names.get(text) {
            walk.report(
                ProblemKind::Duplicate,
                name.range(),
                format!("a container and an init container are called `{text}`"),
            )
            .related(*first, "the container")
            .help("rename one");
        }
    }
}

fn containers<'a>(pod: Node<'a>, list: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    pod.get(list)
        .into_iter()
        .flat_map(Node::items)
        .map(Node::resolve)
        .filter(|node| node.kind() == Kind::Mapping)
        .take(512)
}

/// Mounts of volumes that the pod does not have.
fn mounts<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    if !walk.settings.whole {
        return;
    }
    let listed = |list: &str| -> Vec<&'a str> {
        let items = place.node.get(list).into_iter().flat_map(Node::items);
        items
            .filter_map(|item| item.resolve().present("name")?.str())
            .collect()
    };
    let mut known = listed("volumes");
    // Templates for claims belong to the StatefulSet: that they stand here is told where they do.
    let misplaced = place.node.get("volumeClaimTemplates");
    let misplaced = misplaced.into_iter().flat_map(Node::items);
    known.extend(misplaced.filter_map(|claim| claim.resolve().at(&["metadata", "name"])?.str()));
    known.extend(walk.extra_volumes.iter().copied());
    if known.iter().any(|name| is_placeholder(name)) {
        return;
    }
    known.sort_unstable();
    let lists = ["initContainers", "containers"];
    for container in lists.iter().flat_map(|list| containers(place.node, list)) {
        for (list, what) in [("volumeMounts", "mount"), ("volumeDevices", "device")] {
            let mounts = container
                .get(list)
                .into_iter()
                .flat_map(Node::items)
                .take(512);
            for mount in mounts.map(Node::resolve) {
                let Some(name) = mount.present("name") else {
                    continue;
                };
                let Some(text) = name.str().filter(|text| !text.is_empty()) else {
                    continue;
                };
                if known.binary_search(&text).is_ok() || is_placeholder(text) {
                    continue;
                }
                let near = nearest(text, known.iter().copied());
                walk.path.push("volumes");
                let problem = walk.report(
                    ProblemKind::Missing,
                    name.range(),
                    format!("the pod has no volume `{text}` for this {what}"),
                );
                match near {
                    Some(near) => {
                        problem.help(format!("write `{near}`, or add the volume"));
                        rename(problem, name, near);
                        if let Some(mend) = &mut problem.mend {
                            mend.title = format!("write `{near}`");
                        }
                    }
                    None => {
                        problem.help("add it under `volumes` of the pod");
                    }
                }
                walk.path.pop();
            }
        }
    }
}

/// On the host's network a container's port is the host's.
fn host_network<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    if place.node.present("hostNetwork").and_then(Node::as_bool) != Some(true) {
        return;
    }
    for container in containers(place.node, "containers") {
        for port in container
            .get("ports")
            .into_iter()
            .flat_map(Node::items)
            .take(512)
        {
            let port = port.resolve();
            let (Some(inner), Some(outer)) =
                (port.present("containerPort"), port.present("hostPort"))
            else {
                continue;
            };
            let (Some(inside), Some(outside)) = (inner.as_int(), outer.as_int()) else {
                continue;
            };
            if outside != 0 && inside != outside {
                walk.report(
                    ProblemKind::Conflict,
                    outer.range(),
                    format!("`hostPort` must be {inside} too: the pod is on the host's network"),
                )
                .related(inner.range(), "the container's port")
                .help("remove `hostPort`");
            }
        }
    }
}

/// Every field of a volume but its name is a source.
fn volume<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let table = walk.table;
    let sources: Vec<&'static str> = table
        .fields_of(place.definition)
        .iter()
        .filter(|field| field.present & walk.bit != 0)
        .map(|field| table.field_name(field))
        .filter(|name| *name != "name")
        .collect();
    at_most_one(walk, place, &sources, "a volume has one source");
}

fn projection<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let names = &[
        "secret",
        "configMap",
        "downwardAPI",
        "serviceAccountToken",
        "clusterTrustBundle",
        "podCertificate",
    ];
    // Unlike other lists, each item may hold one of these only.
    if given(place.node, names).len() > 1 {
        at_most_one(walk, place, names, "each item of `sources` has one source");
    }
}

fn toleration<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let operator = text(place.node, "operator");
    let key = text(place.node, "key");
    let value = place
        .node
        .entry("value")
        .filter(|entry| entry.value.str().is_some_and(|text| !text.is_empty()));
    if operator.as_deref() == Some("Exists")
        && let Some(value) = value
    {
        walk.report(
            ProblemKind::Conflict,
            value.key.range(),
            "`operator: Exists` takes no `value`",
        )
        .help("remove `value`, or write `operator: Equal`");
    }
    if key.is_none_or(|key| key.is_empty())
        && matches!(operator.as_deref(), None | Some("Equal" | ""))
        && walk.settings.whole
    {
        needed(
            walk,
            place,
            "key",
            "only `operator: Exists` goes without a key",
        );
    }
    if let Some(seconds) = place
        .node
        .entry("tolerationSeconds")
        .filter(|e| !e.value.is_null())
        && text(place.node, "effect").as_deref() != Some("NoExecute")
        && walk.settings.whole
    {
        walk.report(
            ProblemKind::Conflict,
            seconds.key.range(),
            "`tolerationSeconds` goes only with `effect: NoExecute`",
        );
    }
}

fn requirement<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let operator = text(place.node, "operator");
    let values = place.node.entry("values");
    let count = values.map_or(0, |entry| entry.value.len());
    match operator.as_deref() {
        Some("Exists" | "DoesNotExist") if count > 0 => {
            let Some(values) = values else { return };
            let operator = operator.unwrap_or_default();
            walk.report(
                ProblemKind::Conflict,
                values.key.range(),
                format!("`operator: {operator}` takes no `values`"),
            )
            .help("remove `values`, or write `operator: In`");
        }
        Some("In" | "NotIn") if count == 0 => {
            needed_values(walk, place);
        }
        Some("Gt" | "Lt") if count != 1 && walk.settings.whole => {
            needed_values(walk, place);
        }
        _ => {}
    }
}

fn needed_values<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    if !walk.settings.whole {
        return;
    }
    let range = super::required::at(place, "values");
    let operator = text(place.node, "operator").unwrap_or_default();
    let message = if matches!(&*operator, "Gt" | "Lt") {
        format!("`operator: {operator}` needs exactly one of `values`")
    } else {
        format!("`operator: {operator}` needs `values`")
    };
    walk.report(ProblemKind::Missing, range, message);
}
