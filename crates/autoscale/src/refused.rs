//! What the API server refuses in an autoscaler, of what a replay would take for something else
//! (`ValidateHorizontalPodAutoscaler`).

use std::ops::Range;

use plimsoll_hpa::float_of;
use plimsoll_k8s::{Object, Quantity};
use plimsoll_yaml::{Kind, Node};

use crate::manifest::list;

/// What is refused, in one phrase, and where it stands in its file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    pub(crate) words: String,
    pub(crate) at: Range<u32>,
}

/// The longest window and the longest period of a policy, in seconds.
const LONGEST: (i64, i64) = (3600, 1800);

/// What an HPA or a ScaledObject may not say.
pub(crate) fn of(object: Object<'_>) -> Result<(), Refused> {
    let Some(spec) = object.spec() else {
        return Ok(());
    };
    if object.kind() == "ScaledObject" {
        for key in ["minReplicaCount", "maxReplicaCount", "idleReplicaCount"] {
            whole(spec, key, 0..=i64::from(i32::MAX))?;
        }
        for key in ["pollingInterval", "cooldownPeriod", "initialCooldownPeriod"] {
            whole(spec, key, 0..=i64::from(i32::MAX))?;
        }
        let own = spec.at(&["advanced", "horizontalPodAutoscalerConfig", "behavior"]);
        return own.map_or(Ok(()), behavior);
    }
    whole(spec, "minReplicas", 0..=i64::from(i32::MAX))?;
    whole(spec, "maxReplicas", 1..=i64::from(i32::MAX))?;
    let percents = 1..=i64::from(i32::MAX);
    whole(spec, "targetCPUUtilizationPercentage", percents)?;
    for node in list(spec, "metrics") {
        metric(node)?;
    }
    spec.present("behavior").map_or(Ok(()), behavior)
}

fn refuse<T>(node: Node<'_>, words: String) -> Result<T, Refused> {
    let range = node.range();
    Err(Refused {
        words,
        at: range.start..range.end,
    })
}

/// The value of a key, where it is there.
fn value<'a>(node: Node<'a>, key: &str) -> Option<Node<'a>> {
    let value = node.get(key).map(Node::resolve)?;
    (!value.is_null()).then_some(value)
}

fn shown(node: Node<'_>) -> String {
    let text = node.text().unwrap_or_default();
    text.chars().take(60).collect()
}

/// A whole number of a range, if the key is there.
fn whole(node: Node<'_>, key: &str, range: std::ops::RangeInclusive<i64>) -> Result<(), Refused> {
    let Some(value) = value(node, key) else {
        return Ok(());
    };
    match value.as_int() {
        Some(number) if range.contains(&number) => Ok(()),
        _ => refuse(
            value,
            format!(
                "`{key}` is `{}`; a whole number from {} to {} is expected",
                shown(value),
                range.start(),
                range.end()
            ),
        ),
    }
}

fn metric(node: Node<'_>) -> Result<(), Refused> {
    let kinds = [
        (
            "Resource",
            "resource",
            &["averageUtilization", "averageValue"][..],
        ),
        (
            "ContainerResource",
            "containerResource",
            &["averageUtilization", "averageValue"],
        ),
        ("Pods", "pods", &["averageValue"]),
        ("Object", "object", &["averageValue", "value"]),
        ("External", "external", &["averageValue", "value"]),
    ];
    let kind = node.get("type").map(Node::resolve).and_then(Node::text);
    let kind = kind.unwrap_or_default();
    let Some((_, key, allowed)) = kinds.into_iter().find(|(name, ..)| *name == kind) else {
        let known = kinds.map(|(name, ..)| format!("`{name}`")).join(", ");
        return refuse(
            node,
            format!("a metric's `type` is `{kind}`; there are {known}"),
        );
    };
    let Some(source) = value(node, key) else {
        return refuse(node, format!("a metric of type `{kind}` has no `{key}`"));
    };
    // Before `autoscaling/v2beta2` values stood beside the name.
    let Some(target) = value(source, "target") else {
        return Ok(());
    };
    let mut any = false;
    for name in ["averageUtilization", "averageValue", "value"] {
        let Some(amount) = value(target, name) else {
            continue;
        };
        if !allowed.contains(&name) {
            return refuse(
                amount,
                format!("the target of a metric of type `{kind}` has no `{name}`"),
            );
        }
        any = true;
        let text = amount.text().unwrap_or_default();
        let is_right = match name {
            "averageUtilization" => amount.as_int().is_some_and(|percent| percent > 0),
            _ => Quantity::parse(text.trim()).is_ok_and(|one| one.to_f64() > 0.0),
        };
        if !is_right {
            return refuse(
                amount,
                format!(
                    "`{name}` is `{}`; an amount above 0 is expected",
                    shown(amount)
                ),
            );
        }
    }
    if !any {
        let allowed: Vec<String> = allowed.iter().map(|name| format!("`{name}`")).collect();
        let words = format!(
            "the target of a metric of type `{kind}` says no amount: {} is expected",
            allowed.join(" or ")
        );
        return refuse(target, words);
    }
    Ok(())
}

fn behavior(node: Node<'_>) -> Result<(), Refused> {
    let node = node.resolve();
    for key in ["scaleUp", "scaleDown"] {
        let Some(rules) = value(node, key) else {
            continue;
        };
        if rules.kind() != Kind::Mapping {
            return refuse(rules, format!("`{key}` must be a mapping"));
        }
        whole(rules, "stabilizationWindowSeconds", 0..=LONGEST.0)?;
        one_of(rules, "selectPolicy", &["Max", "Min", "Disabled"])?;
        if let Some(tolerance) = value(rules, "tolerance") {
            let text = tolerance.text().unwrap_or_default();
            let share = float_of(text.trim());
            if !share.is_some_and(|share| share.is_finite() && share >= 0.0) {
                let words = format!(
                    "`tolerance` is `{}`; a share from 0 on is expected",
                    shown(tolerance)
                );
                return refuse(tolerance, words);
            }
        }
        for policy in list(rules, "policies") {
            for key in ["type", "value", "periodSeconds"] {
                if value(policy, key).is_none() {
                    return refuse(policy, format!("a policy has no `{key}`"));
                }
            }
            one_of(policy, "type", &["Pods", "Percent"])?;
            whole(policy, "value", 1..=i64::from(i32::MAX))?;
            whole(policy, "periodSeconds", 1..=LONGEST.1)?;
        }
    }
    Ok(())
}

fn one_of(node: Node<'_>, key: &str, known: &[&str]) -> Result<(), Refused> {
    let Some(value) = value(node, key) else {
        return Ok(());
    };
    let text = value.text().unwrap_or_default();
    if known.contains(&&*text) {
        return Ok(());
    }
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    refuse(
        value,
        format!(
            "`{key}` is `{}`; there are {}",
            shown(value),
            known.join(", ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use plimsoll_yaml::{Dialect, parse};

    use super::of;

    /// What is refused in an HPA with this in its `spec`, and the text that it stands at.
    fn refused(spec: &str) -> Option<(String, String)> {
        let text = format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: a}}\nspec:\n  {spec}\n"
        );
        let tree = parse(text.as_str(), Dialect::GoV2);
        let refused = of(plimsoll_k8s::objects(&tree)[0]).err()?;
        let at = refused.at.start as usize..refused.at.end as usize;
        Some((refused.words, text[at].to_owned()))
    }

    #[test]
    fn what_the_server_takes_is_taken() {
        for spec in [
            "maxReplicas: 3",
            "{minReplicas: 0, maxReplicas: 3, behavior: {scaleUp: null}}",
            "{metrics: [{type: External, external: {metric: {name: q}, target: {type: Value, value: 1500m}}}]}",
            "{metrics: [{type: Resource, resource: {name: cpu, targetAverageUtilization: 50}}]}",
            "{behavior: {scaleDown: {selectPolicy: Disabled, tolerance: 0.05, stabilizationWindowSeconds: 3600, \
             policies: [{type: Pods, value: 4, periodSeconds: 1800}]}}}",
        ] {
            assert_eq!(refused(spec), None, "{spec}");
        }
    }

    #[test]
    fn what_it_refuses_is_told_with_its_place() {
        for (spec, words, at) in [
            (
                "maxReplicas: many",
                "`maxReplicas` is `many`; a whole number from 1 to 2147483647 is expected",
                "many",
            ),
            (
                "{metrics: [{type: External, external: {target: {averageValue: '-20'}}}]}",
                "`averageValue` is `-20`; an amount above 0 is expected",
                "'-20'",
            ),
            (
                "{metrics: [{type: Pods, pods: {target: {type: Value, value: 5}}}]}",
                "the target of a metric of type `Pods` has no `value`",
                "5",
            ),
            (
                "{metrics: [{type: Resource, resource: {target: {type: Utilization}}}]}",
                "the target of a metric of type `Resource` says no amount: `averageUtilization` or \
                 `averageValue` is expected",
                "{type: Utilization}",
            ),
            (
                "{behavior: {scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 99999}]}}}",
                "`periodSeconds` is `99999`; a whole number from 1 to 1800 is expected",
                "99999",
            ),
            (
                "{behavior: {scaleUp: {policies: [{type: Nodes, value: 4, periodSeconds: 9}]}}}",
                "`type` is `Nodes`; there are `Pods`, `Percent`",
                "Nodes",
            ),
            (
                "{behavior: {scaleUp: {tolerance: much}}}",
                "`tolerance` is `much`; a share from 0 on is expected",
                "much",
            ),
        ] {
            let found = refused(spec);
            assert_eq!(found, Some((words.to_owned(), at.to_owned())), "{spec}");
        }
    }
}
