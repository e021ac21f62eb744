//! Budgets, autoscalers, volumes, roles, configuration.

use std::collections::HashMap;

use plimsoll_yaml::{Kind, Node};

use super::super::placeholders::is_placeholder;
use super::super::problem::ProblemKind;
use super::super::values;
use super::super::walk::{Place, Walk};
use super::{Relation, at_least_one, at_most_one, needed, text};

pub(super) static ROWS: &[(&str, Relation)] = &[
    ("policy.v1.PodDisruptionBudgetSpec", budget),
    ("autoscaling.v1.HorizontalPodAutoscalerSpec", bounds),
    ("autoscaling.v2.HorizontalPodAutoscalerSpec", bounds),
    ("autoscaling.v2.MetricSpec", metric),
    ("autoscaling.v2.MetricTarget", target),
    ("core.v1.PersistentVolumeClaimSpec", claim),
    ("core.v1.PersistentVolumeSpec", volume),
    ("core.v1.LimitRangeItem", limits),
    ("rbac.v1.Subject", subject),
    ("rbac.v1.RoleBinding", binding),
    ("rbac.v1.ClusterRoleBinding", cluster_binding),
    ("rbac.v1.PolicyRule", rule),
    ("rbac.v1.Role", role),
    ("scheduling.v1.PriorityClass", priority),
    ("core.v1.ConfigMap", config_map),
    ("core.v1.Secret", secret),
    ("apiextensions.v1.CustomResourceDefinitionSpec", definition),
    ("apiextensions.v1.CustomResourceDefinition", definition_name),
    ("admissionregistration.v1.WebhookClientConfig", client),
];

fn budget<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    at_most_one(
        walk,
        place,
        &["minAvailable", "maxUnavailable"],
        "a budget counts what stays or what goes",
    );
}

fn bounds<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    if let Some(least) = place.node.present("minReplicas")
        && least.as_int() == Some(0)
        && !has_outer_metric(place.node)
    {
        walk.report(ProblemKind::Value, least.range(), "`minReplicas` cannot be 0 here")
            .note("without pods there is nothing to measure; only `Object` and `External` metrics wake them");
    }
    let Some(most) = place.node.present("maxReplicas") else {
        return;
    };
    let least = place
        .node
        .present("minReplicas")
        .and_then(Node::as_int)
        .unwrap_or(1);
    if most.as_int().is_some_and(|most| (1..least).contains(&most)) {
        let most = most.as_int().unwrap_or_default();
        let Some(node) = place.node.present("minReplicas") else {
            return;
        };
        walk.report(
            ProblemKind::Value,
            node.range(),
            format!("`minReplicas` is more than `maxReplicas`, which is {most}"),
        );
    }
}

/// The sources of metrics, by their type.
const METRICS: &[(&str, &str)] = &[
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
    ("Pods", "pods"),
    ("Object", "object"),
    ("External", "external"),
];

/// Whether a metric is there that does not come from the pods themselves.
fn has_outer_metric(node: Node<'_>) -> bool {
    node.get("metrics")
        .into_iter()
        .flat_map(Node::items)
        .any(|metric| {
            matches!(
                metric.resolve().get("type").and_then(Node::str),
                Some("Object" | "External")
            )
        })
}

fn metric<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let Some(kind) = text(place.node, "type") else {
        return;
    };
    let Some((_, wanted)) = METRICS.iter().find(|(name, _)| *name == kind) else {
        return;
    };
    needed(
        walk,
        place,
        wanted,
        "the metric's `type` says that it is there",
    );
    for (_, other) in METRICS {
        if other != wanted
            && let Some(entry) = place.node.entry(other).filter(|e| !e.value.is_null())
        {
            walk.report(
                ProblemKind::Conflict,
                entry.key.range(),
                format!("`{other}` does not go with `type: {kind}`"),
            );
        }
    }
}

fn target<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let names = &["averageUtilization", "averageValue", "value"];
    at_least_one(walk, place, names, "a target is one of them");
    at_most_one(
        walk,
        place,
        &["averageUtilization", "averageValue"],
        "a target is one of them",
    );
}

fn claim<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let Some(resources) = place.node.entry("resources").filter(|e| !e.value.is_null()) else {
        return;
    };
    let requests = resources.value.resolve().present("requests");
    let size = requests.and_then(|requests| requests.present("storage"));
    if let Some(size) = size
        && size.str().is_some_and(|text| {
            crate::quantity::Quantity::parse(text.trim())
                .is_ok_and(|size| size == crate::quantity::Quantity::ZERO)
        })
    {
        walk.report(
            ProblemKind::Value,
            size.range(),
            "a claim cannot request no storage",
        );
    }
    if walk.settings.whole
        && resources.value.resolve().kind() == Kind::Mapping
        && requests.is_none_or(|requests| requests.present("storage").is_none())
    {
        walk.path.extend(["resources", "requests", "storage"]);
        walk.report(
            ProblemKind::Missing,
            resources.key.range(),
            "the claim does not say how much storage it requests",
        )
        .help("add `requests.storage`");
        walk.path.truncate(walk.path.len() - 3);
    }
}

/// An item of a LimitRange: what it may limit depends on what it is for.
fn limits<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    match text(place.node, "type").as_deref() {
        Some("PersistentVolumeClaim") => {
            let says = |name: &str| {
                let resources = place.node.present(name);
                resources.is_some_and(|resources| resources.present("storage").is_some())
            };
            if !walk.settings.whole || says("min") || says("max") {
                return;
            }
            let owner = walk.owner(place.node);
            walk.report(
                ProblemKind::Missing,
                place.head,
                format!("{owner} lacks `min.storage` or `max.storage`"),
            )
            .note("an item for claims must say how small or how large one may be")
            .help("add `max` with `storage`, the most that one claim may ask for");
        }
        // Other kinds of items are checked against names of any resource.
        Some("Container" | "Pod") | None => {
            for name in ["default", "defaultRequest"] {
                let Some(resources) = place.node.present(name) else {
                    continue;
                };
                walk.path.push(name);
                values::names_of_resources(walk, resources);
                walk.path.pop();
            }
        }
        Some(_) => {}
    }
}

fn volume<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    const NOT_SOURCES: &[&str] = &[
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    ];
    let table = walk.table;
    let sources: Vec<&'static str> = table
        .fields_of(place.definition)
        .iter()
        .filter(|field| field.present & walk.bit != 0)
        .map(|field| table.field_name(field))
        .filter(|name| !NOT_SOURCES.contains(name))
        .collect();
    at_most_one(walk, place, &sources, "a volume has one source");
    at_least_one(
        walk,
        place,
        &sources,
        "a source such as `hostPath`, `nfs` or `csi`",
    );
    if place.node.get("local").is_some() {
        needed(walk, place, "nodeAffinity", "a local volume is on one node");
    }
}

fn subject<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    match text(place.node, "kind").as_deref() {
        Some("ServiceAccount") => {
            if let Some(group) = place.node.present("apiGroup")
                && group.str().is_some_and(|group| !group.is_empty())
            {
                walk.report(
                    ProblemKind::Value,
                    group.range(),
                    "`apiGroup` of a ServiceAccount must be empty",
                )
                .help("remove `apiGroup`");
            }
        }
        Some("User" | "Group") => {
            if let Some(group) = place.node.present("apiGroup")
                && group.str().is_some_and(|group| {
                    !group.is_empty()
                        && group != "rbac.authorization.k8s.io"
                        && !is_placeholder(group)
                })
            {
                walk.report(
                    ProblemKind::Value,
                    group.range(),
                    "`apiGroup` of a user or group must be `rbac.authorization.k8s.io`",
                )
                .help("write `rbac.authorization.k8s.io`");
            }
        }
        _ => {}
    }
}

fn binding<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    role_kind(walk, place, &["Role", "ClusterRole"]);
}

fn cluster_binding<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    role_kind(walk, place, &["ClusterRole"]);
    for subject in place.node.get("subjects").into_iter().flat_map(Node::items) {
        let node = subject.resolve();
        if node.kind() != Kind::Mapping || text(node, "kind").as_deref() != Some("ServiceAccount") {
            continue;
        }
        let head = crate::view::head(node, &["name"]);
        walk.path.push("subjects");
        let place = Place {
            node,
            head,
            ..place
        };
        needed(
            walk,
            place,
            "namespace",
            "the binding itself has none to take it from",
        );
        walk.path.pop();
    }
}

/// The greatest priority that is not the system's own.
const MOST_PRIORITY: i64 = 1_000_000_000;

fn priority<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let Some(value) = place.node.present("value") else {
        return;
    };
    let name = place.node.at(&["metadata", "name"]).and_then(Node::str);
    let is_system = name.is_some_and(|name| name.starts_with("system-"));
    if value.as_int().is_some_and(|value| value > MOST_PRIORITY) && !is_system {
        walk.report(
            ProblemKind::Value,
            value.range(),
            format!("`value` cannot be more than {MOST_PRIORITY}"),
        )
        .note("higher priorities are for the cluster's own pods");
    }
}

/// URLs belong to no namespace.
fn role<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    for rule in place.node.get("rules").into_iter().flat_map(Node::items) {
        if let Some(entry) = rule
            .resolve()
            .entry("nonResourceURLs")
            .filter(|e| !e.value.is_null())
        {
            walk.report(
                ProblemKind::Conflict,
                entry.key.range(),
                "`nonResourceURLs` goes only into a ClusterRole",
            );
        }
    }
}

fn role_kind<'a>(walk: &mut Walk<'a>, place: Place<'a>, kinds: &[&str]) {
    let Some(role) = place.node.get("roleRef") else {
        return;
    };
    if let Some(kind) = role.present("kind")
        && kind
            .as_str()
            .is_some_and(|text| !kinds.contains(&&*text) && !is_placeholder(&text))
    {
        let written = kind.str().unwrap_or_default();
        walk.report(
            ProblemKind::Value,
            kind.range(),
            format!("`roleRef.kind` cannot be `{written}` here"),
        )
        .help(format!(
            "use {}",
            super::listed(kinds).replace(" and ", " or ")
        ));
    }
    if let Some(group) = role.present("apiGroup")
        && group.str().is_some_and(|text| {
            !text.is_empty() && text != "rbac.authorization.k8s.io" && !is_placeholder(text)
        })
    {
        walk.report(
            ProblemKind::Value,
            group.range(),
            "`roleRef.apiGroup` must be `rbac.authorization.k8s.io`",
        )
        .help("write `rbac.authorization.k8s.io`");
    }
}

fn rule<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let holds = |name: &str| super::required::holds(place.node, name);
    if holds("nonResourceURLs") {
        for name in ["resources", "apiGroups"] {
            if holds(name)
                && let Some(entry) = place.node.entry(name)
            {
                walk.report(
                    ProblemKind::Conflict,
                    entry.key.range(),
                    format!("`{name}` and `nonResourceURLs` exclude each other"),
                )
                .help("make two rules of it");
                return;
            }
        }
        return;
    }
    needed(
        walk,
        place,
        "resources",
        "a rule names resources or `nonResourceURLs`",
    );
    if place.node.present("apiGroups").is_none_or(Node::is_empty) {
        needed(
            walk,
            place,
            "apiGroups",
            "resources are told by their group; the core group is `\"\"`",
        );
    }
}

/// A key is text or bytes, not both.
fn config_map<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let (Some(data), Some(binary)) = (place.node.get("data"), place.node.get("binaryData")) else {
        return;
    };
    let texts: HashMap<&str, Node<'a>> = data
        .entries()
        .filter_map(|entry| Some((entry.key.str()?, entry.key)))
        .collect();
    for entry in binary.entries() {
        let Some(first) = entry.key.str().and_then(|key| texts.get(key)) else {
            continue;
        };
        let key = entry.key.str().unwrap_or_default();
        walk.report(
            ProblemKind::Duplicate,
            entry.key.range(),
            format!("`{key}` is in `data` and in `binaryData`"),
        )
        .related(first.range(), "the text is here");
    }
}

/// The keys that a Secret's type needs.
fn secret<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let needs: &[&str] = match text(place.node, "type").as_deref() {
        Some("kubernetes.io/tls") => &["tls.crt", "tls.key"],
        Some("kubernetes.io/dockerconfigjson") => &[".dockerconfigjson"],
        Some("kubernetes.io/dockercfg") => &[".dockercfg"],
        Some("kubernetes.io/ssh-auth") => &["ssh-privatekey"],
        Some("kubernetes.io/basic-auth") => &["username", "password"],
        _ => return,
    };
    if !walk.settings.whole {
        return;
    }
    let has = |key: &str| {
        ["data", "stringData"].iter().any(|field| {
            place
                .node
                .get(field)
                .is_some_and(|data| data.get(key).is_some())
        })
    };
    // One of them is enough for basic authentication.
    if needs.contains(&"username") && needs.iter().any(|key| has(key)) {
        return;
    }
    for key in needs {
        if !has(key) {
            let Some(entry) = place.node.entry("type") else {
                return;
            };
            let kind = text(place.node, "type").unwrap_or_default();
            walk.path.push("data");
            walk.report(
                ProblemKind::Missing,
                entry.value.range(),
                format!("a Secret of type `{kind}` needs the key `{key}`"),
            );
            walk.path.pop();
        }
    }
}

fn definition<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let Some(versions) = place.node.entry("versions") else {
        return;
    };
    let stored = versions
        .value
        .items()
        .filter(|version| {
            version.resolve().present("storage").and_then(Node::as_bool) == Some(true)
        })
        .count();
    if stored != 1 && walk.settings.whole && versions.value.resolve().kind() == Kind::Sequence {
        walk.report(
            ProblemKind::Conflict,
            versions.key.range(),
            format!("{stored} versions have `storage: true`, and one must"),
        );
    }
}

fn definition_name<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let node = place.node;
    let (Some(name), Some(plural), Some(group)) = (
        node.at(&["metadata", "name"]),
        node.at(&["spec", "names", "plural"]).and_then(Node::str),
        node.at(&["spec", "group"]).and_then(Node::str),
    ) else {
        return;
    };
    let wanted = format!("{plural}.{group}");
    if name
        .str()
        .is_some_and(|name| name != wanted && !is_placeholder(name))
        && !is_placeholder(&wanted)
    {
        walk.report(
            ProblemKind::Value,
            name.range(),
            format!("the definition must be called `{wanted}`"),
        )
        .note("its name is `spec.names.plural`, a dot and `spec.group`");
    }
}

fn client<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let names = &["url", "service"];
    at_most_one(walk, place, names, "a webhook is called in one way");
    at_least_one(walk, place, names, "a webhook is called in one way");
}
