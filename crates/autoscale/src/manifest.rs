//! HPAs as manifests write them, with the API server's defaults, and the pods of their targets.

use std::fmt::Write;

use plimsoll_hpa::spec::{Identifier, Reference, Target};
use plimsoll_hpa::{
    Behavior, Expression, Hpa, LabelSelector, Metric, Policy, PolicyKind, Rules, Select, float_of,
};
use plimsoll_k8s::{Object, Quantity, Workload};
use plimsoll_yaml::{Kind, Node, Tree};

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

fn text(value: Option<std::borrow::Cow<'_, str>>) -> Option<String> {
    value.map(std::borrow::Cow::into_owned)
}

fn string(node: Node<'_>, key: &str) -> Option<String> {
    text(node.get(key).map(Node::resolve).and_then(Node::as_str))
}

fn int(node: Node<'_>, key: &str) -> Option<i32> {
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

fn metric(node: Node<'_>) -> Metric {
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

fn behavior(node: Node<'_>) -> Behavior {
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

/// An HPA among manifests, with what is known of its target.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// What it asks for.
    pub hpa: Hpa,
    /// Which of the trees it stands in.
    pub tree: usize,
    /// Where it stands there.
    pub object: Object<'a>,
    /// What its target says about its pods.
    pub facts: PodFacts,
}

/// Why no HPA was found.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FindError {
    /// There is none.
    #[error("there is no HorizontalPodAutoscaler")]
    Nothing,
    /// There are several, and none was named.
    #[error("there are several HorizontalPodAutoscalers: {0}")]
    Several(String),
    /// There is none of that name.
    #[error("there is no HorizontalPodAutoscaler `{name}`; there are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// It lacks something.
    #[error("the HorizontalPodAutoscaler `{name}` cannot be replayed: {lacks}")]
    Broken {
        /// Its name.
        name: String,
        /// What.
        lacks: String,
    },
}

/// Finds the HPA called `name`, or the only one.
///
/// # Errors
///
/// See [`FindError`].
pub fn find<'a>(
    trees: impl Iterator<Item = &'a Tree> + Clone,
    name: Option<&str>,
) -> Result<Found<'a>, FindError> {
    let all = trees.clone().enumerate().flat_map(|(tree, text)| {
        let objects = plimsoll_k8s::objects(text).into_iter();
        objects.map(move |object| (tree, object))
    });
    let hpas: Vec<(usize, Object<'a>)> = all
        .filter(|(_, object)| object.is("autoscaling", "HorizontalPodAutoscaler"))
        .collect();
    let named = |object: &Object<'_>| text(object.name()).unwrap_or_default();
    let known = || {
        let names: Vec<String> = hpas
            .iter()
            .map(|(_, object)| format!("`{}`", named(object)))
            .collect();
        names.join(", ")
    };
    let mut chosen = hpas
        .iter()
        .filter(|(_, object)| name.is_none_or(|name| named(object) == name));
    let (tree, object) = match (chosen.next(), chosen.next(), name) {
        (Some(one), None, _) => *one,
        (Some(_), Some(_), _) => return Err(FindError::Several(known())),
        (None, _, Some(name)) if !hpas.is_empty() => {
            return Err(FindError::Unknown {
                name: name.to_owned(),
                known: known(),
            });
        }
        (None, ..) => return Err(FindError::Nothing),
    };
    let hpa = hpa(object).map_err(|lacks| FindError::Broken {
        name: named(&object),
        lacks,
    })?;
    let container = hpa.metrics.iter().find_map(|metric| match metric {
        Metric::ContainerResource { container, .. } => Some(container.clone()),
        _ => None,
    });
    let facts = trees
        .flat_map(plimsoll_k8s::objects)
        .filter(|object| {
            object.kind() == hpa.target.kind
                && object.name().as_deref() == Some(hpa.target.name.as_str())
        })
        .find_map(Workload::new)
        .map(|workload| pod_facts(workload, &container.unwrap_or_default()));
    Ok(Found {
        hpa,
        tree,
        object,
        facts: facts.unwrap_or_default(),
    })
}

/// Sets the target of CPU utilization, in percent, whatever the metrics were before.
pub fn set_cpu_target(hpa: &mut Hpa, percent: i32) {
    let utilization = |metric: &mut Metric| match metric {
        Metric::Resource { name, target } | Metric::ContainerResource { name, target, .. }
            if name == "cpu" =>
        {
            *target = Target::utilization(percent);
            true
        }
        _ => false,
    };
    let mut any = false;
    for metric in &mut hpa.metrics {
        any |= utilization(metric);
    }
    if !any {
        hpa.metrics = vec![cpu(percent)];
    }
}

/// The range, the metrics and the behavior of an HPA as a merge patch in YAML. Metrics that are
/// not of CPU are not searched, so the list of metrics is only in it where CPU is the only one.
pub fn patch(hpa: &Hpa) -> String {
    let mut out = format!(
        "spec:\n  minReplicas: {}\n  maxReplicas: {}\n",
        hpa.min(),
        hpa.max_replicas
    );
    if let [metric] = hpa.metrics.as_slice() {
        let (kind, source, name, container, target) = match metric {
            Metric::Resource { name, target } => ("Resource", "resource", name, None, target),
            Metric::ContainerResource {
                name,
                container,
                target,
            } => (
                "ContainerResource",
                "containerResource",
                name,
                Some(container),
                target,
            ),
            _ => return out + &behavior_patch(hpa),
        };
        if let Some(percent) = target.average_utilization {
            let container =
                container.map_or(String::new(), |name| format!("        container: {name}\n"));
            let _ = writeln!(
                out,
                "  metrics:\n    - type: {kind}\n      {source}:\n        name: {name}\n{container}        \
                 target:\n          type: Utilization\n          averageUtilization: {percent}"
            );
        }
    }
    out + &behavior_patch(hpa)
}

fn behavior_patch(hpa: &Hpa) -> String {
    let Some(behavior) = &hpa.behavior else {
        return String::new();
    };
    let mut out = "  behavior:\n".to_owned();
    for (name, rules) in [("scaleUp", &behavior.up), ("scaleDown", &behavior.down)] {
        let _ = writeln!(out, "    {name}:");
        if let Some(seconds) = rules.window_seconds {
            let _ = writeln!(out, "      stabilizationWindowSeconds: {seconds}");
        }
        if let Some(tolerance) = rules.tolerance {
            // A tolerance needs Kubernetes 1.33, with its feature gate before 1.35.
            let _ = writeln!(out, "      tolerance: \"{tolerance}\"");
        }
        let select = match rules.select {
            Select::Max => "Max",
            Select::Min => "Min",
            Select::Disabled => "Disabled",
        };
        let _ = writeln!(out, "      selectPolicy: {select}\n      policies:");
        for policy in &rules.policies {
            let kind = match policy.kind {
                PolicyKind::Pods => "Pods",
                PolicyKind::Percent => "Percent",
            };
            let (value, period) = (policy.value, policy.period_seconds);
            let _ = writeln!(
                out,
                "        - {{type: {kind}, value: {value}, periodSeconds: {period}}}"
            );
        }
    }
    out
}

/// What the target of an HPA says about its pods.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PodFacts {
    /// The CPU request, in thousandths of a core; of the container that the HPA names, if it
    /// names one.
    pub cpu_request: Option<i64>,
    /// The CPU limit, likewise; none if a container has none.
    pub cpu_limit: Option<i64>,
    /// When the readiness probe first says yes, at the earliest, in seconds.
    pub probe_delay: Option<i64>,
}

/// The facts of a workload's pod template. `container` is empty for the whole pod.
pub fn pod_facts(workload: Workload<'_>, container: &str) -> PodFacts {
    let Some(pod) = workload.pod() else {
        return PodFacts::default();
    };
    let mut facts = PodFacts {
        cpu_request: Some(0),
        cpu_limit: Some(0),
        probe_delay: None,
    };
    let add = |sum: Option<i64>, more: Option<Quantity>| Some(sum? + more?.milli_value());
    let sidecars = pod
        .init_containers()
        .filter(|one| one.role().keeps_running());
    for one in pod.containers().chain(sidecars) {
        if !container.is_empty() && one.name().as_deref() != Some(container) {
            continue;
        }
        let resources = one.resources();
        let value = |amount: Option<plimsoll_k8s::Amount<'_>>| amount.and_then(|one| one.value());
        facts.cpu_request = add(facts.cpu_request, value(resources.effective_request("cpu")));
        facts.cpu_limit = add(facts.cpu_limit, value(resources.limit("cpu")));
        let probe = one.readiness_probe().map(|probe| probe.node());
        let delay = probe.and_then(|probe| int(probe, "initialDelaySeconds"));
        facts.probe_delay = facts.probe_delay.max(delay.map(i64::from));
    }
    let known = |sum: Option<i64>| sum.filter(|sum| *sum > 0);
    facts.cpu_request = known(facts.cpu_request);
    facts.cpu_limit = known(facts.cpu_limit);
    facts
}

#[cfg(test)]
mod tests {
    use plimsoll_hpa::{Metric, PolicyKind, Select};
    use plimsoll_yaml::{Dialect, parse};

    use super::{FindError, find, patch};

    const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      initContainers:
        - {name: mesh, restartPolicy: Always, resources: {requests: {cpu: 50m}, limits: {cpu: 100m}}}
      containers:
        - {name: app, resources: {limits: {cpu: 500m}}, readinessProbe: {initialDelaySeconds: 7}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 2
  maxReplicas: 9
  behavior:
    scaleDown: {selectPolicy: Min, tolerance: 0.05, policies: [{type: Percent, value: 10, periodSeconds: 60}]}
";

    #[test]
    fn an_hpa_has_the_servers_defaults() {
        let tree = parse(SHOP, Dialect::GoV2);
        let found = find([&tree].into_iter(), None).unwrap();
        let hpa = &found.hpa;
        assert_eq!(
            (hpa.min(), hpa.max_replicas, &*hpa.namespace),
            (2, 9, "web")
        );
        let [Metric::Resource { name, target }] = hpa.metrics.as_slice() else {
            panic!("{:?}", hpa.metrics);
        };
        assert_eq!((&**name, target.average_utilization), ("cpu", Some(80)));
        let behavior = hpa.behavior.as_ref().unwrap();
        assert_eq!(behavior.up.policies.len(), 2);
        assert_eq!(behavior.up.window_seconds, Some(0));
        assert_eq!(behavior.down.window_seconds, None);
        assert_eq!(behavior.down.select, Select::Min);
        assert_eq!(behavior.down.tolerance, Some(0.05));
        assert_eq!(behavior.down.policies[0].kind, PolicyKind::Percent);
        // A request that is not written is the limit.
        assert_eq!(found.facts.cpu_request, Some(550));
        assert_eq!(found.facts.cpu_limit, Some(600));
        assert_eq!(found.facts.probe_delay, Some(7));
    }

    #[test]
    fn older_versions_are_read() {
        let text = "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: \
                    {scaleTargetRef: {kind: Deployment, name: a}, maxReplicas: 3, targetCPUUtilizationPercentage: 55}\n";
        let tree = parse(text, Dialect::GoV2);
        let hpa = find([&tree].into_iter(), Some("a")).unwrap().hpa;
        let Metric::Resource { target, .. } = &hpa.metrics[0] else {
            panic!("{:?}", hpa.metrics);
        };
        assert_eq!((target.average_utilization, hpa.behavior), (Some(55), None));
    }

    #[test]
    fn what_is_not_found_is_said() {
        let two = SHOP.to_owned() + "---\n" + &SHOP.replace("name: shop, n", "name: other, n");
        let tree = parse(two, Dialect::GoV2);
        let error = |name| find([&tree].into_iter(), name).unwrap_err();
        assert_eq!(
            error(None).to_string(),
            "there are several HorizontalPodAutoscalers: `shop`, `other`"
        );
        assert!(
            error(Some("x"))
                .to_string()
                .ends_with("there are `shop`, `other`")
        );
        let empty = parse("a: 1", Dialect::GoV2);
        let error = find([&empty].into_iter(), None).unwrap_err();
        assert_eq!(error, FindError::Nothing);
    }

    #[test]
    fn a_patch_says_what_the_hpa_says() {
        let tree = parse(SHOP, Dialect::GoV2);
        let hpa = find([&tree].into_iter(), None).unwrap().hpa;
        let head = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n";
        let target = "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}\n";
        let whole = format!(
            "{head}metadata: {{name: shop, namespace: web}}\n{}{target}",
            patch(&hpa)
        );
        let again = parse(whole, Dialect::GoV2);
        assert_eq!(find([&again].into_iter(), None).unwrap().hpa, hpa);
    }
}
