//! HPAs as manifests write them, with the API server's defaults.

use plimsoll_hpa::spec::{Identifier, Reference, Target};
use plimsoll_hpa::{
    Behavior, Expression, Hpa, LabelSelector, Metric, Policy, Rules, Select, float_of,
};
use plimsoll_k8s::{Object, Quantity};
use plimsoll_yaml::{Kind, Node};

/// What an HPA asks for, in whichever version of `autoscaling` it is written.
///
/// # Errors
///
/// What it lacks, in one phrase.
pub fn hpa(object: Object<'_>) -> Result<Hpa, String> {
    let spec = object.spec().ok_or("there is no `spec`")?;
    let reference = spec.get("scaleTargetRef").map(Node::resolve);
    let reference = reference.ok_or("there is no `spec.scaleTargetRef`")?;
    let max = int(spec, "maxReplicas").ok_or("there is no `spec.maxReplicas`")?;
    let mut metrics: Vec<Metric> = Vec::new();
    for node in list(spec, "metrics") {
        metrics.push(metric(node));
    }
    if let Some(percent) = int(spec, "targetCPUUtilizationPercentage") {
        metrics.push(cpu(percent));
    }
    if metrics.is_empty() {
        // `SetDefaults_HorizontalPodAutoscaler`.
        metrics.push(cpu(80));
    }
    Ok(Hpa {
        namespace: text(object.namespace()).unwrap_or_else(|| "default".to_owned()),
        name: text(object.name()).unwrap_or_default(),
        generation: 1,
        target: self::reference(reference),
        min_replicas: int(spec, "minReplicas"),
        max_replicas: max,
        metrics,
        behavior: spec
            .present("behavior")
            .map(Node::resolve)
            .filter(|node| node.kind() == Kind::Mapping)
            .map(behavior),
    })
}

fn cpu(percent: i32) -> Metric {
    Metric::Resource {
        name: "cpu".to_owned(),
        target: Target::utilization(percent),
    }
}

pub(crate) fn text(value: Option<std::borrow::Cow<'_, str>>) -> Option<String> {
    value.map(std::borrow::Cow::into_owned)
}

pub(crate) fn string(node: Node<'_>, key: &str) -> Option<String> {
    text(node.get(key).map(Node::resolve).and_then(Node::as_str))
}

pub(crate) fn int(node: Node<'_>, key: &str) -> Option<i32> {
    let value = node.get(key).map(Node::resolve)?.as_int()?;
    i32::try_from(value).ok()
}

/// The items of a sequence; none where there is another thing.
pub(crate) fn list<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = Node<'a>> {
    let items = node.get(key).map(Node::resolve);
    let items = items.filter(|node| node.kind() == Kind::Sequence);
    items
        .into_iter()
        .flat_map(|node| node.items().map(Node::resolve))
}

/// A quantity's own text: numbers are written without quotes, too.
fn amount(node: Node<'_>, key: &str) -> Option<String> {
    text(node.get(key).map(Node::resolve)?.text())
}

fn quantity(node: Node<'_>, key: &str) -> Option<Quantity> {
    Quantity::parse(amount(node, key)?.trim()).ok()
}

fn reference(node: Node<'_>) -> Reference {
    Reference {
        api_version: string(node, "apiVersion").unwrap_or_default(),
        kind: string(node, "kind").unwrap_or_default(),
        name: string(node, "name").unwrap_or_default(),
    }
}

fn target(node: Option<Node<'_>>) -> Target {
    let Some(node) = node else {
        return Target::default();
    };
    Target {
        kind: string(node, "type").unwrap_or_default(),
        value: quantity(node, "value"),
        average_value: quantity(node, "averageValue"),
        average_utilization: int(node, "averageUtilization"),
    }
}

fn identifier(node: Option<Node<'_>>) -> Identifier {
    let Some(node) = node else {
        return Identifier::default();
    };
    Identifier {
        name: string(node, "name").unwrap_or_default(),
        selector: node.get("selector").map(Node::resolve).map(selector),
    }
}

fn selector(node: Node<'_>) -> LabelSelector {
    let labels = node.get("matchLabels").map(Node::resolve);
    let labels = labels.into_iter().flat_map(Node::entries);
    let expressions = list(node, "matchExpressions").map(|one| Expression {
        key: string(one, "key").unwrap_or_default(),
        operator: string(one, "operator").unwrap_or_default(),
        values: list(one, "values")
            .filter_map(|value| text(value.as_str()))
            .collect(),
    });
    LabelSelector {
        labels: labels
            .filter_map(|entry| {
                let value = entry.value.resolve().as_str()?;
                Some((entry.key.text()?.into_owned(), value.into_owned()))
            })
            .collect(),
        expressions: expressions.collect(),
    }
}

pub(crate) fn metric(node: Node<'_>) -> Metric {
    let kind = string(node, "type").unwrap_or_default();
    let inner = |key: &str| node.get(key).map(Node::resolve);
    match kind.as_str() {
        "Resource" => Metric::Resource {
            name: inner("resource")
                .and_then(|one| string(one, "name"))
                .unwrap_or_default(),
            target: target_of(inner("resource")),
        },
        "ContainerResource" => {
            let inner = inner("containerResource");
            let of = |key| inner.and_then(|one| string(one, key)).unwrap_or_default();
            Metric::ContainerResource {
                name: of("name"),
                container: of("container"),
                target: target_of(inner),
            }
        }
        "Pods" => Metric::Pods {
            metric: identifier(inner("pods").and_then(|one| one.get("metric"))),
            target: target_of(inner("pods")),
        },
        "Object" => {
            let inner = inner("object");
            let described = inner.and_then(|one| one.get("describedObject"));
            Metric::Object {
                object: described
                    .map(|one| reference(one.resolve()))
                    .unwrap_or_default(),
                metric: identifier(inner.and_then(|one| one.get("metric"))),
                target: target_of(inner),
            }
        }
        "External" => Metric::External {
            metric: identifier(inner("external").and_then(|one| one.get("metric"))),
            target: target_of(inner("external")),
        },
        _ => Metric::Unknown(kind),
    }
}

/// The target of a source; `autoscaling/v2beta1` writes its values beside the name.
fn target_of(source: Option<Node<'_>>) -> Target {
    let Some(source) = source else {
        return Target::default();
    };
    if let Some(node) = source.get("target").map(Node::resolve) {
        return target(Some(node));
    }
    if let Some(percent) = int(source, "targetAverageUtilization") {
        return Target::utilization(percent);
    }
    let average = quantity(source, "targetAverageValue").map(Target::average);
    average
        .or_else(|| quantity(source, "targetValue").map(Target::value))
        .unwrap_or_default()
}

pub(crate) fn behavior(node: Node<'_>) -> Behavior {
    let of = |key: &str, defaults: Rules| match node.get(key).map(Node::resolve) {
        Some(node) if node.kind() == Kind::Mapping => rules(node, defaults),
        _ => defaults,
    };
    Behavior {
        up: of("scaleUp", Rules::default_up()),
        down: of("scaleDown", Rules::default_down()),
    }
}

fn rules(node: Node<'_>, defaults: Rules) -> Rules {
    let policies: Vec<Policy> = list(node, "policies").filter_map(policy).collect();
    let select = match string(node, "selectPolicy").as_deref() {
        Some("Min") => Select::Min,
        Some("Disabled") => Select::Disabled,
        _ => Select::Max,
    };
    Rules {
        window_seconds: int(node, "stabilizationWindowSeconds").or(defaults.window_seconds),
        select,
        policies: if policies.is_empty() {
            defaults.policies
        } else {
            policies
        },
        tolerance: amount(node, "tolerance").and_then(|text| float_of(text.trim())),
    }
}

fn policy(node: Node<'_>) -> Option<Policy> {
    let (value, period) = (int(node, "value")?, int(node, "periodSeconds")?);
    match string(node, "type").as_deref() {
        Some("Percent") => Some(Policy::percent(value, period)),
        Some("Pods") => Some(Policy::pods(value, period)),
        _ => None,
    }
}
