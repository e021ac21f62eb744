//! The settings of an autoscaler as a patch for kubectl.

use std::fmt::Write;

use plimsoll_hpa::spec::Identifier;
use plimsoll_hpa::{Hpa, Metric, PolicyKind, Select};

use crate::autoscaler::Autoscaler;
use crate::keda::Keda;

/// What `kubectl patch --type` must be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PatchKind {
    /// `merge`: of an HPA.
    Merge,
    /// `json`: of a ScaledObject, whose triggers are a list.
    Json,
}

/// The kind of patch that [`patch`] gives.
pub fn kind(autoscaler: &Autoscaler) -> PatchKind {
    match autoscaler.keda {
        Some(_) => PatchKind::Json,
        None => PatchKind::Merge,
    }
}

/// The range, the target and the behavior, in YAML. A list of several metrics is left out, since
/// a merge patch would replace it whole.
pub fn patch(autoscaler: &Autoscaler) -> String {
    match &autoscaler.keda {
        Some(keda) => of_scaled(&autoscaler.hpa, keda),
        None => of_hpa(&autoscaler.hpa),
    }
}

fn of_hpa(hpa: &Hpa) -> String {
    let mut out = format!(
        "spec:\n  minReplicas: {}\n  maxReplicas: {}\n",
        hpa.min(),
        hpa.max_replicas
    );
    if let [metric] = hpa.metrics.as_slice() {
        out += &metric_patch(metric).unwrap_or_default();
    }
    if hpa.behavior.is_some() {
        out += "  behavior:\n";
        out += &behavior(hpa, 4);
    }
    out
}

/// A metric whose target a search sets, as the only item of `metrics`.
fn metric_patch(metric: &Metric) -> Option<String> {
    let item = |kind: &str, source: &str, inner: String, target: String| {
        format!("  metrics:\n    - type: {kind}\n      {source}:\n{inner}        target:\n{target}")
    };
    let each = |value: plimsoll_k8s::Quantity| {
        format!("          type: AverageValue\n          averageValue: \"{value}\"\n")
    };
    match metric {
        Metric::Resource { name, target } | Metric::ContainerResource { name, target, .. } => {
            let percent = target.average_utilization?;
            let mut inner = format!("        name: {name}\n");
            let (kind, source) = match metric {
                Metric::ContainerResource { container, .. } => {
                    let _ = writeln!(inner, "        container: {container}");
                    ("ContainerResource", "containerResource")
                }
                _ => ("Resource", "resource"),
            };
            let target =
                format!("          type: Utilization\n          averageUtilization: {percent}\n");
            Some(item(kind, source, inner, target))
        }
        Metric::Pods { metric, target } => {
            let value = each(target.average_value?);
            Some(item("Pods", "pods", identifier(metric), value))
        }
        Metric::External { metric, target } => {
            let value = each(target.average_value?);
            Some(item("External", "external", identifier(metric), value))
        }
        Metric::Object {
            object,
            metric,
            target,
        } => {
            let (version, kind, name) = (&object.api_version, &object.kind, &object.name);
            let mut inner = format!(
                "        describedObject: {{apiVersion: {version}, kind: {kind}, name: {name}}}\n"
            );
            inner += &identifier(metric);
            Some(item("Object", "object", inner, each(target.average_value?)))
        }
        Metric::Unknown(_) => None,
    }
}

fn identifier(metric: &Identifier) -> String {
    let mut out = format!("        metric:\n          name: {}\n", metric.name);
    let Some(selector) = &metric.selector else {
        return out;
    };
    out += "          selector:\n";
    if !selector.labels.is_empty() {
        out += "            matchLabels:\n";
    }
    for (key, value) in &selector.labels {
        let _ = writeln!(out, "              {key}: {value:?}");
    }
    if !selector.expressions.is_empty() {
        out += "            matchExpressions:\n";
    }
    for one in &selector.expressions {
        let (key, operator, values) = (&one.key, &one.operator, &one.values);
        let _ = writeln!(
            out,
            "              - {{key: {key}, operator: {operator}, values: {values:?}}}"
        );
    }
    out
}

/// `spec.behavior` without its key, so many blanks to the right.
fn behavior(hpa: &Hpa, indent: usize) -> String {
    let Some(behavior) = &hpa.behavior else {
        return String::new();
    };
    let mut out = String::new();
    let left = " ".repeat(indent);
    for (name, rules) in [("scaleUp", &behavior.up), ("scaleDown", &behavior.down)] {
        let _ = writeln!(out, "{left}{name}:");
        if let Some(seconds) = rules.window_seconds {
            let _ = writeln!(out, "{left}  stabilizationWindowSeconds: {seconds}");
        }
        if let Some(tolerance) = rules.tolerance {
            // A tolerance needs Kubernetes 1.33, with its feature gate before 1.35.
            let _ = writeln!(out, "{left}  tolerance: \"{tolerance}\"");
        }
        let select = match rules.select {
            Select::Max => "Max",
            Select::Min => "Min",
            Select::Disabled => "Disabled",
        };
        let _ = writeln!(out, "{left}  selectPolicy: {select}\n{left}  policies:");
        for policy in &rules.policies {
            let kind = match policy.kind {
                PolicyKind::Pods => "Pods",
                PolicyKind::Percent => "Percent",
            };
            let (value, period) = (policy.value, policy.period_seconds);
            let _ = writeln!(
                out,
                "{left}    - {{type: {kind}, value: {value}, periodSeconds: {period}}}"
            );
        }
    }
    out
}

fn of_scaled(hpa: &Hpa, keda: &Keda) -> String {
    let mut out = String::new();
    let add = |out: &mut String, path: &str, value: String| {
        let _ = writeln!(out, "- {{op: add, path: /spec/{path}, value: {value}}}");
    };
    add(&mut out, "minReplicaCount", keda.min.to_string());
    add(&mut out, "maxReplicaCount", hpa.max_replicas.to_string());
    if keda.sleeps() {
        add(&mut out, "cooldownPeriod", keda.cooldown.to_string());
    }
    // The metrics are those of the triggers, in their order.
    for (metric, trigger) in hpa.metrics.iter().zip(&keda.triggers) {
        let (key, value) = match metric {
            // The composite metric stands in for all triggers.
            Metric::External { target, .. } if keda.modifiers.is_some() => {
                if let Some(value) = target.average_value {
                    let value = format!("\"{}\"", value.to_f64());
                    add(&mut out, "advanced/scalingModifiers/target", value);
                }
                continue;
            }
            Metric::Resource { target, .. } | Metric::ContainerResource { target, .. } => {
                let percent = target
                    .average_utilization
                    .map(|percent| percent.to_string());
                (Some("value"), percent)
            }
            Metric::External { target, .. } => {
                let value = target.average_value.map(|value| value.to_f64().to_string());
                (trigger.key, value)
            }
            _ => (None, None),
        };
        if let (Some(key), Some(value)) = (key, value) {
            let number = trigger.number;
            add(
                &mut out,
                &format!("triggers/{number}/metadata/{key}"),
                format!("\"{value}\""),
            );
        }
    }
    if hpa.behavior.is_some() {
        // What `add` names must have a parent.
        let (path, above): (_, &[&str]) = match keda.advanced {
            0 => ("advanced", &["horizontalPodAutoscalerConfig", "behavior"]),
            1 => ("advanced/horizontalPodAutoscalerConfig", &["behavior"]),
            _ => ("advanced/horizontalPodAutoscalerConfig/behavior", &[]),
        };
        let _ = writeln!(out, "- op: add\n  path: /spec/{path}\n  value:");
        let mut indent = 4;
        for key in above {
            let _ = writeln!(out, "{}{key}:", " ".repeat(indent));
            indent += 2;
        }
        out += &behavior(hpa, indent);
    }
    out
}
