//! Workloads: strategies, restart policies, Jobs.

use plimsoll_yaml::Node;

use super::super::placeholders::is_placeholder;
use super::super::problem::ProblemKind;
use super::super::walk::{Place, Walk};
use super::{Relation, needed, text};

pub(super) static ROWS: &[(&str, Relation)] = &[
    ("apps.v1.DeploymentSpec", deployment),
    ("apps.v1.DeploymentStrategy", strategy),
    ("apps.v1.RollingUpdateDeployment", rolling),
    ("apps.v1.StatefulSetSpec", stateful),
    ("apps.v1.DaemonSetSpec", always),
    ("apps.v1.ReplicaSetSpec", always),
    ("core.v1.ReplicationControllerSpec", always),
    ("batch.v1.JobSpec", job),
];

fn deployment<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    always(walk, place);
    let number = |name: &str| place.node.present(name).and_then(Node::as_int);
    let Some(deadline) = place.node.present("progressDeadlineSeconds") else {
        return;
    };
    let ready = number("minReadySeconds").unwrap_or(0);
    if deadline
        .as_int()
        .is_some_and(|deadline| deadline >= 0 && deadline <= ready)
    {
        walk.report(
            ProblemKind::Value,
            deadline.range(),
            format!(
                "`progressDeadlineSeconds` must be more than `minReadySeconds`, which is {ready}"
            ),
        );
    }
}

fn strategy<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    if text(place.node, "type").as_deref() == Some("Recreate")
        && let Some(entry) = place
            .node
            .entry("rollingUpdate")
            .filter(|e| !e.value.is_null())
    {
        walk.report(
            ProblemKind::Conflict,
            entry.key.range(),
            "`rollingUpdate` cannot stand beside `type: Recreate`",
        )
        .help("remove `rollingUpdate`");
    }
}

fn rolling<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let is_zero = |name: &str| {
        place
            .node
            .present(name)
            .is_some_and(|node| node.as_int() == Some(0) || matches!(node.str(), Some("0" | "0%")))
    };
    if is_zero("maxSurge")
        && is_zero("maxUnavailable")
        && let Some(entry) = place.node.entry("maxUnavailable")
    {
        walk.report(
            ProblemKind::Conflict,
            entry.key.range(),
            "`maxSurge` and `maxUnavailable` cannot both be 0",
        )
        .note("no pod could be replaced");
    }
}

/// Pods of workloads that never end are always restarted.
fn always<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let Some(policy) = place.node.at(&["template", "spec", "restartPolicy"]) else {
        return;
    };
    let Some(written) = policy.as_str() else {
        return;
    };
    if matches!(&*written, "OnFailure" | "Never") {
        walk.report(
            ProblemKind::Value,
            policy.range(),
            format!("`restartPolicy` cannot be `{written}` here"),
        )
        .note("pods that a controller keeps running are always restarted")
        .help("remove it; Jobs and single Pods can have another one");
    }
}

fn stateful<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    always(walk, place);
    for claim in place
        .node
        .get("volumeClaimTemplates")
        .into_iter()
        .flat_map(Node::items)
    {
        let claim = claim.resolve();
        let Some(metadata) = claim
            .entry("metadata")
            .filter(|entry| !entry.value.is_null())
        else {
            continue;
        };
        let node = metadata.value.resolve();
        let head = metadata.key.range();
        walk.path.extend(["volumeClaimTemplates", "metadata"]);
        needed(
            walk,
            Place {
                node,
                head,
                ..place
            },
            "name",
            "the volume is called after it",
        );
        walk.path.truncate(walk.path.len() - 2);
    }
}

fn job<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let Some(pod) = place.node.at(&["template", "spec"]) else {
        return;
    };
    let policy = pod
        .entry("restartPolicy")
        .filter(|entry| !entry.value.is_null());
    match policy {
        None => {
            if !walk.settings.whole {
                return;
            }
            let head = place
                .node
                .at(&["template"])
                .and_then(|template| template.entry("spec"))
                .map_or(place.head, |entry| entry.key.range());
            walk.path.extend(["template", "spec"]);
            let place = Place {
                node: pod,
                head,
                ..place
            };
            if let Some(problem) = needed(
                walk,
                place,
                "restartPolicy",
                "the default `Always` is refused: a Job's pods must be able to end",
            ) {
                problem.help("add `restartPolicy: Never` or `restartPolicy: OnFailure`");
            }
            walk.path.truncate(walk.path.len() - 2);
        }
        Some(entry) if entry.value.str() == Some("Always") => {
            walk.report(
                ProblemKind::Value,
                entry.value.range(),
                "`restartPolicy` cannot be `Always` in a Job",
            )
            .note("a Job's pods must be able to end")
            .help("write `Never` or `OnFailure`");
        }
        Some(_) => {}
    }
    if let Some(selector) = place.node.entry("selector").filter(|e| !e.value.is_null())
        && place.node.present("manualSelector").and_then(Node::as_bool) != Some(true)
        && walk.settings.whole
        && !selector.value.str().is_some_and(is_placeholder)
        // An empty one is filled in.
        && selector.value.entries().next().is_some()
    {
        walk.report(
            ProblemKind::Conflict,
            selector.key.range(),
            "a Job's `selector` is made by the API server",
        )
        .help("remove it, or add `manualSelector: true`");
    }
}
