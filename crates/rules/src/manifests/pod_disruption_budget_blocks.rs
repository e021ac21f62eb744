//! # What it does
//! Finds PodDisruptionBudgets that never allow a pod to be evicted: `maxUnavailable: 0`, or a
//! `minAvailable` of all the pods there are.
//!
//! # Why it matters
//! A node with such a pod cannot be drained. The upgrade of the cluster stops there, waits, and
//! fails or goes on by force, depending on who runs it.
//!
//! A percentage of `minAvailable` is rounded up and one of `maxUnavailable` is rounded up as
//! well, so that 1 % of three pods allows one to go, and 80 % of four allows none. Where an
//! autoscaler decides, the budget is held against the least number that it keeps.
//!
//! A budget guards pods of its own namespace. Where either the budget or the pods name one and
//! the other does not, that is what is reported: applied to another namespace it guards nothing.
//!
//! Pedantic where the budget guards a lone pod, or says `maxUnavailable: 0`, and a comment of its
//! file says that the pod is meant to stay (a singleton, a drain that is to be blocked, a primary
//! that is not to be disrupted).
//!
//! # Example
//! ```yaml bad
//! apiVersion: policy/v1
//! kind: PodDisruptionBudget
//! metadata: {name: payments}
//! spec:
//!   minAvailable: 2
//!   selector: {matchLabels: {app: payments}}
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   replicas: 2
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ```
//! ```yaml good
//! apiVersion: policy/v1
//! kind: PodDisruptionBudget
//! metadata: {name: payments}
//! spec:
//!   maxUnavailable: 1
//!   selector: {matchLabels: {app: payments}}
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   replicas: 2
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/tasks/run-application/configure-pdb/#specifying-a-poddisruptionbudget>

use std::borrow::Cow;

use plimsoll_k8s::{IntOrPercent, Object, Workload};
use plimsoll_links::{LinkKind, ObjectRef, Thing};
use plimsoll_project::ManifestRole;
use plimsoll_source::{Confidence, Place, Severity};
use plimsoll_yaml::Node;

use super::scaling::{is_hpa, unit_of};
use crate::{Alias, Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "pod-disruption-budget-blocks",
    summary: "a PodDisruptionBudget never lets a pod go",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "pdb-max-unavailable",
        },
        Alias {
            tool: "kube-linter",
            id: "pdb-min-available",
        },
    ],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let ObjectInput { unit, object } = *input;
    if !object.is("policy", "PodDisruptionBudget") || unit.role == ManifestRole::Patch {
        return;
    }
    let Some(spec) = object.spec() else { return };
    // Without a selector it guards no pods, and blocks none.
    if spec.present("selector").is_none() {
        return;
    }
    let fixed = |key: &str| cx.reports_missing(unit, object, &["spec", key]);
    if let Some(node) = spec.present("maxUnavailable") {
        let none = matches!(
            IntOrPercent::new(node),
            Some(IntOrPercent::Count(0) | IntOrPercent::Percent(0))
        );
        if none && fixed("maxUnavailable") {
            let is_meant = says_it_is_meant(cx, input);
            let draft = cx.report(
                node.range(),
                "no pod may ever be evicted: `maxUnavailable` is 0",
            );
            draft
                .note("a node with one of these pods cannot be drained")
                .help("allow one: `maxUnavailable: 1`");
            if is_meant {
                draft.strictness(Strictness::Pedantic);
            }
        }
        return;
    }
    let Some(node) = spec.present("minAvailable") else {
        return;
    };
    let Some(least) = IntOrPercent::new(node).filter(|_| fixed("minAvailable")) else {
        return;
    };
    if matches!(least, IntOrPercent::Percent(percent) if percent >= 100) {
        cx.report(
            node.range(),
            "no pod may ever be evicted: all must be available",
        )
        .note("a node with one of these pods cannot be drained")
        .help("allow one to go: `maxUnavailable: 1`");
        return;
    }
    let Some(guarded) = guarded(cx) else {
        return;
    };
    let pods = guarded.pods;
    if pods == 0 || least.scaled_up(pods) < pods {
        return;
    }
    let must = format!("{least} of {pods} must be available");
    let at_least = match guarded.most {
        Some(most) if most >= enough(least) => format!("at the autoscaler's minimum of {pods}"),
        _ => "ever".to_owned(),
    };
    let help = help(least, &guarded);
    let namespaces = namespaces(cx, input, &guarded);
    let message = match &namespaces {
        Some(apart) => apart.message.clone(),
        None if at_least == "ever" => format!("no pod may ever be evicted: {must}"),
        None => format!("no pod may be evicted {at_least}: {must}"),
    };
    let is_meant = pods == 1 && says_it_is_meant(cx, input);
    let draft = cx.report(node.range(), message);
    draft.related(guarded.place, format!("so many pods: {pods}"));
    if is_meant {
        draft.strictness(Strictness::Pedantic);
    }
    match namespaces {
        Some(Apart {
            namespace, both, ..
        }) => {
            draft
                .confidence(Confidence::Medium)
                .note(format!(
                    "applied to another namespace it guards nothing; together with its pods it \
                     lets none be evicted {at_least}: {must}"
                ))
                .help(format!("write {namespace}{both}, and {help}"));
        }
        None => {
            draft
                .note("a node with one of these pods cannot be drained")
                .help(help);
        }
    }
}

/// Whether a comment of the file that the budget is written in says that the one pod is to stay.
fn says_it_is_meant(cx: &Cx<'_>, input: &ObjectInput<'_>) -> bool {
    let files = &cx.project.files;
    let place = Place::new(input.unit.file, input.object.head());
    let text = &files.get(files.origin(place).place.file).text;
    let comments = text
        .lines()
        .filter(|line| line.trim_start().starts_with('#'));
    let lower = comments
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .join("\n");
    let of_it = ["evict", "drain", "disruption", "pdb", "驱逐"];
    let meant = [
        "block",
        "deliberate",
        "do not disrupt",
        "do not evict",
        "don't disrupt",
        "don't evict",
        "intention",
        "never disrupt",
        "never evict",
        "not be disrupted",
        "not be evicted",
        "on purpose",
        "single replica",
        "single-replica",
        "singleton",
        "单副本",
        "禁止",
    ];
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    has(&of_it) && has(&meant)
}

/// The least number of pods of which one may go.
fn enough(least: IntOrPercent) -> i64 {
    match least {
        IntOrPercent::Count(count) => count.saturating_add(1),
        // n pods leave one over where `n × (100 - p) ≥ 100`.
        IntOrPercent::Percent(percent) if percent < 100 => {
            let spare = 100 - percent.max(0);
            (100 + spare - 1) / spare
        }
        IntOrPercent::Percent(_) => i64::MAX,
    }
}

fn help(least: IntOrPercent, guarded: &Guarded<'_>) -> String {
    if guarded.pods > 1 {
        return "allow one to go: `maxUnavailable: 1`".to_owned();
    }
    // With one pod any budget either blocks or does nothing.
    let two = match guarded.most {
        Some(..2) => "raise `maxReplicas` and set `minReplicas: 2`",
        Some(_) => "set `minReplicas: 2`",
        None => "run a second replica",
    };
    match enough(least) {
        2 => format!("{two}, or remove the budget"),
        more => format!(
            "{two} and write `maxUnavailable: 1` ({least} leaves one over from {more} pods on), or \
             remove the budget"
        ),
    }
}

/// A budget and its pods, of which one names a namespace and the other does not.
struct Apart {
    message: String,
    namespace: String,
    /// Where it is missing, for the advice.
    both: &'static str,
}

fn namespaces(cx: &Cx<'_>, input: &ObjectInput<'_>, guarded: &Guarded<'_>) -> Option<Apart> {
    let ObjectInput { unit, object } = *input;
    let path = ["metadata", "namespace"];
    let other = unit_of(cx, guarded.workload);
    let open = !cx.reports_missing(unit, object, &path)
        || !cx.reports_missing(other, guarded.object, &path);
    let name = object.name().unwrap_or_default();
    // In a chart a value may say it, which the template that is missing it is to read, too.
    let written = |file, of: Object<'_>, name: &str| {
        let place = of
            .namespace_node()
            .map(|node| Place::new(file, node.range()));
        let origin = place.map(|place| cx.project.files.origin(place));
        match origin {
            Some(origin) if !origin.values.is_empty() => {
                format!("its namespace, `{name}` here, as they do")
            }
            _ => format!("`namespace: {name}`"),
        }
    };
    match (named(object), named(guarded.object)) {
        (None, Some(theirs)) if !open => Some(Apart {
            message: format!(
                "PodDisruptionBudget `{name}` names no namespace, and its pods are in `{theirs}`"
            ),
            namespace: written(other.file, guarded.object, &theirs),
            both: "",
        }),
        (Some(own), None) if !open => Some(Apart {
            message: format!(
                "PodDisruptionBudget `{name}` is in `{own}`, and its pods name no namespace"
            ),
            namespace: written(unit.file, object, &own),
            both: " where the pods are made",
        }),
        _ => None,
    }
}

/// The namespace that an object names. What names none is mostly applied to `default`.
fn named(object: Object<'_>) -> Option<Cow<'_, str>> {
    object.namespace().filter(|name| name != "default")
}

/// What a budget guards.
struct Guarded<'a> {
    /// How many pods there are, at least.
    pods: i64,
    /// What says so.
    place: Place,
    /// How many an autoscaler makes at most; `None` where none is at work.
    most: Option<i64>,
    /// What makes the pods.
    workload: ObjectRef,
    object: Object<'a>,
}

/// How many pods the budget guards, with the place that says so. `None` where that is not known:
/// several workloads, other sets, an autoscaler of another kind, kinds that do not count.
fn guarded<'a>(cx: &Cx<'a>) -> Option<Guarded<'a>> {
    let this = Thing::Object(cx.this());
    let mut links = cx
        .links
        .from(&this)
        .filter(|link| link.kind == LinkKind::Guards);
    let link = links.next()?;
    if links.next().is_some() || link.confidence != Confidence::High {
        return None;
    }
    let Thing::Object(reference) = *cx.links.thing(link.to) else {
        return None;
    };
    let objects = cx.links.objects();
    let object = objects.get(reference);
    let workload = Workload::new(object)?;
    let unit = unit_of(cx, reference);
    let scalers: Vec<_> = cx
        .links
        .to(&Thing::Object(reference))
        .filter(|link| link.kind == LinkKind::Scales)
        .collect();
    match scalers[..] {
        [] => {
            let replicas = workload.replicas()?;
            if !cx.reports_missing(unit, object, &["spec", "replicas"]) {
                return None;
            }
            let range = replicas.range_or(object.head());
            Some(Guarded {
                pods: replicas.value,
                place: Place::new(unit.file, range),
                most: None,
                workload: reference,
                object,
            })
        }
        // The budget must hold for the least number that the autoscaler keeps.
        [link] => {
            let Thing::Object(scaler) = *cx.links.thing(link.from) else {
                return None;
            };
            let hpa = objects.get(scaler);
            let unit = unit_of(cx, scaler);
            if !is_hpa(hpa) || !cx.reports_missing(unit, hpa, &["spec", "minReplicas"]) {
                return None;
            }
            let least = hpa.spec()?.present("minReplicas");
            let pods = least.map_or(Some(1), Node::as_int)?;
            let range = least.map_or(hpa.head(), Node::range);
            let most = hpa.spec()?.present("maxReplicas");
            Some(Guarded {
                pods,
                place: Place::new(unit.file, range),
                most: Some(most.and_then(Node::as_int).unwrap_or(pods)),
                workload: reference,
                object,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::deployment;

    fn budget(bound: &str) -> String {
        format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: web}}\nspec:\n  {bound}\n  selector: {{matchLabels: {{app: web}}}}\n---\n"
        )
    }

    fn both(bound: &str, replicas: u32) -> String {
        budget(bound)
            + &deployment("").replace(
                "spec:\n  selector",
                &format!("spec:\n  replicas: {replicas}\n  selector"),
            )
    }

    const HPA: &str = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {minReplicas: 2, maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n";

    #[test]
    fn budgets_without_a_selector_guard_nothing() {
        let without =
            budget("maxUnavailable: 0").replace("  selector: {matchLabels: {app: web}}\n", "");
        on(&RULE).manifest(&without).clean();
    }

    #[test]
    fn budgets_that_let_nobody_go_are_found() {
        on(&RULE)
            .manifest(&budget("maxUnavailable: 0"))
            .flags(&["5: 0"]);
        on(&RULE)
            .manifest(&budget("maxUnavailable: 0%"))
            .flags(&["5: 0%"]);
        on(&RULE)
            .manifest(&budget("minAvailable: 100%"))
            .flags(&["5: 100%"]);
        on(&RULE)
            .manifest(&both("minAvailable: 3", 3))
            .flags(&["5: 3"]);
        on(&RULE)
            .manifest(&both("minAvailable: 1", 1))
            .flags(&["5: 1"])
            .says(&["no pod may ever be evicted: 1 of 1 must be available"]);
        // 90 % of three is rounded up to three.
        on(&RULE)
            .manifest(&both("minAvailable: 90%", 3))
            .flags(&["5: 90%"]);
        on(&RULE)
            .manifest(&(budget("minAvailable: 2") + &deployment("") + HPA))
            .flags(&["5: 2"]);
    }

    #[track_caller]
    fn told(text: &str, message: &str, help: &str) {
        let case = on(&RULE).manifest(text);
        let [finding] = &case.findings[..] else {
            panic!("{:#?}", case.findings);
        };
        assert_eq!(finding.message, message);
        assert_eq!(finding.help.as_deref(), Some(help));
    }

    #[test]
    fn the_advice_leaves_one_over() {
        told(
            &both("minAvailable: 80%", 1),
            "no pod may ever be evicted: 80% of 1 must be available",
            "run a second replica and write `maxUnavailable: 1` (80% leaves one over from 5 pods \
             on), or remove the budget",
        );
        told(
            &both("minAvailable: 50%", 1),
            "no pod may ever be evicted: 50% of 1 must be available",
            "run a second replica, or remove the budget",
        );
        let hpa = HPA.replace("minReplicas: 2", "minReplicas: 1");
        told(
            &(budget("minAvailable: 80%") + &deployment("") + &hpa),
            "no pod may be evicted at the autoscaler's minimum of 1: 80% of 1 must be available",
            "set `minReplicas: 2` and write `maxUnavailable: 1` (80% leaves one over from 5 pods \
             on), or remove the budget",
        );
        let one = hpa.replace("maxReplicas: 5", "maxReplicas: 1");
        told(
            &(budget("minAvailable: 1") + &deployment("") + &one),
            "no pod may ever be evicted: 1 of 1 must be available",
            "raise `maxReplicas` and set `minReplicas: 2`, or remove the budget",
        );
        // Five pods are not enough for this one.
        told(
            &(budget("minAvailable: 90%") + &deployment("") + HPA),
            "no pod may ever be evicted: 90% of 2 must be available",
            "allow one to go: `maxUnavailable: 1`",
        );
    }

    #[test]
    fn a_namespace_that_one_of_them_lacks_is_told() {
        let in_space =
            |text: &str| text.replace("{name: web}", "{name: web, namespace: kube-system}");
        let pods = both("", 1).split("---\n").nth(1).unwrap().to_owned();
        let bound = "minAvailable: 1";
        told(
            &(budget(bound) + &in_space(&pods)),
            "PodDisruptionBudget `web` names no namespace, and its pods are in `kube-system`",
            "write `namespace: kube-system`, and run a second replica, or remove the budget",
        );
        told(
            &(in_space(&budget(bound)) + &pods),
            "PodDisruptionBudget `web` is in `kube-system`, and its pods name no namespace",
            "write `namespace: kube-system` where the pods are made, and run a second replica, or \
             remove the budget",
        );
        let blocks = "no pod may ever be evicted: 1 of 1 must be available";
        let second = "run a second replica, or remove the budget";
        told(&in_space(&(budget(bound) + &pods)), blocks, second);
        let default = pods.replace("{name: web}", "{name: web, namespace: default}");
        told(&(budget(bound) + &default), blocks, second);
    }

    #[test]
    fn a_namespace_that_a_value_says_is_read_again() {
        let pods = both("", 1).split("---\n").nth(1).unwrap().to_owned();
        let pods = pods.replace(
            "{name: web}",
            "{name: web, namespace: \"{{ .Values.space }}\"}",
        );
        let case = on(&RULE).files(&format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\nspace: kube-system\n\
             //- /c/templates/a.yaml\n{}{pods}",
            budget("minAvailable: 1")
        ));
        let help = case.findings[0].help.clone().unwrap_or_default();
        assert!(
            help.starts_with("write its namespace, `kube-system` here, as they do"),
            "{help}"
        );
    }

    #[test]
    fn a_lone_pod_that_is_to_stay_is_left_to_pedantic_reviews() {
        let said = |comment: &str, replicas| {
            on(&RULE).manifest(&format!("{comment}\n{}", both("minAvailable: 1", replicas)))
        };
        said("# one intentional singleton: the PDB keeps drains away", 1).quiet_by_default();
        said("# 单副本时阻止节点驱逐导致中断", 1).quiet_by_default();
        said("# the PDB keeps the service up while nodes are drained", 1).loud_by_default();
        said("# a singleton", 1).loud_by_default();
        said("# PodDisruptionBudget — do not disrupt the primary", 1).quiet_by_default();
        said("# Pods must not be evicted", 1).quiet_by_default();
        let none = |comment: &str| {
            on(&RULE).manifest(&format!(
                "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: a}}\nspec:\n  {comment}\n  maxUnavailable: 0\n  selector: {{matchLabels: {{app: a}}}}\n"
            ))
        };
        none("# 只有 1 副本，禁止在维护期间驱逐").quiet_by_default();
        none("# keep it").loud_by_default();
        said("# keeps the service undisturbed while nodes are drained", 1).loud_by_default();
    }

    #[test]
    fn budgets_with_room_are_left_alone() {
        on(&RULE).manifest(&budget("maxUnavailable: 1")).clean();
        on(&RULE).manifest(&both("maxUnavailable: 1%", 3)).clean();
        on(&RULE).manifest(&both("minAvailable: 2", 3)).clean();
        on(&RULE).manifest(&both("minAvailable: 50%", 3)).clean();
        on(&RULE).manifest(&both("minAvailable: 1", 0)).clean();
        on(&RULE).manifest(&budget("minAvailable: 3")).clean();
        on(&RULE)
            .manifest(&(budget("minAvailable: 1") + &deployment("") + HPA))
            .clean();
    }
}
