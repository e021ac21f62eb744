//! *Autoscaling*.

use plimsoll_k8s::Object;
use plimsoll_links::ObjectRef;
use plimsoll_yaml::Node;

use super::{Answer, Asked, evidence};
use crate::{Evidence, Line};

pub(super) fn lines(asked: &Asked<'_, '_>) -> Vec<Line> {
    let scalers: Vec<(ObjectRef, Object<'_>)> = asked
        .around("HorizontalPodAutoscaler")
        .into_iter()
        .chain(asked.around("ScaledObject"))
        .collect();
    let with = |answer: fn(&Asked<'_, '_>, &[(ObjectRef, Object<'_>)]) -> Answer| {
        if scalers.is_empty() {
            Answer::Nothing("no autoscaler scales it")
        } else {
            answer(asked, &scalers)
        }
    };
    vec![
        asked.line(
            "autoscaler-target",
            "the target exists",
            &["hpa-target-unknown"],
            with(targets),
        ),
        asked.line(
            "autoscaler-requests",
            "the requests it is reckoned from are set",
            &["hpa-without-requests"],
            with(requests),
        ),
        asked.line(
            "autoscaler-bounds",
            "bounds leave room",
            &["hpa-bounds"],
            with(bounds),
        ),
        asked.line(
            "no-fixed-replicas",
            "nothing else sets the number of replicas",
            &["hpa-fixed-replicas"],
            with(|_, _| Answer::shown(Vec::new())),
        ),
        asked.line(
            "metrics-source",
            "where the metrics come from",
            &[],
            with(metrics),
        ),
    ]
}

fn targets(asked: &Asked<'_, '_>, scalers: &[(ObjectRef, Object<'_>)]) -> Answer {
    let shown = scalers.iter().filter_map(|(reference, scaler)| {
        let target = scaler.spec()?.get("scaleTargetRef")?;
        let name = target.get("name")?;
        let text = format!("scales `{}`", name.text()?);
        Some(evidence(asked.place(*reference, name.range()), text))
    });
    Answer::shown(shown.collect())
}

fn requests(asked: &Asked<'_, '_>, scalers: &[(ObjectRef, Object<'_>)]) -> Answer {
    let mut resources = Vec::new();
    for (_, scaler) in scalers {
        for (name, share) in sources(*scaler).iter().filter_map(Source::share) {
            if share && !resources.contains(&name) {
                resources.push(name);
            }
        }
    }
    if resources.is_empty() {
        return Answer::Nothing("no metric is a share of a request");
    }
    let mut shown: Vec<Evidence> = Vec::new();
    for (reference, container) in asked.containers() {
        for name in &resources {
            if let Some(amount) = container.resources().effective_request(name) {
                let text = format!(
                    "`{}` requests {name} {}",
                    container.label(),
                    amount.node.text().unwrap_or_default()
                );
                shown.push(evidence(asked.place(reference, amount.node.range()), text));
            }
        }
    }
    Answer::shown(shown)
}

fn bounds(asked: &Asked<'_, '_>, scalers: &[(ObjectRef, Object<'_>)]) -> Answer {
    let shown = scalers.iter().filter_map(|(reference, scaler)| {
        let spec = scaler.spec()?;
        let (least, most) = if &*scaler.kind() == "ScaledObject" {
            ("minReplicaCount", "maxReplicaCount")
        } else {
            ("minReplicas", "maxReplicas")
        };
        let text = |key| spec.present(key).and_then(Node::text);
        let least_text = text(least).unwrap_or_else(|| {
            let default = if least == "minReplicas" { "1" } else { "0" };
            default.into()
        });
        let most_text = text(most).unwrap_or("100".into());
        let node = spec.get(most).or_else(|| spec.get(least));
        let range = node.map_or(scaler.head(), Node::range);
        let text = format!("{least_text} to {most_text} replicas");
        Some(evidence(asked.place(*reference, range), text))
    });
    Answer::shown(shown.collect())
}

fn metrics(asked: &Asked<'_, '_>, scalers: &[(ObjectRef, Object<'_>)]) -> Answer {
    let mut shown = Vec::new();
    let mut needs: Vec<&str> = Vec::new();
    for (reference, scaler) in scalers {
        let sources = sources(*scaler);
        if sources.is_empty() {
            let text = "no metric is written: 80 % of the CPU request by default";
            shown.push(evidence(asked.place(*reference, scaler.head()), text));
            needs.push(METRICS_SERVER);
        }
        for source in sources {
            let place = asked.place(*reference, source.node.range());
            shown.push(evidence(place, source.text));
            if !needs.contains(&source.needs) {
                needs.push(source.needs);
            }
        }
    }
    Answer::Is(
        format!("the cluster must have {}", needs.join(" and ")),
        shown,
    )
}

const METRICS_SERVER: &str = "metrics-server";

/// A metric that an autoscaler looks at.
struct Source<'a> {
    node: Node<'a>,
    text: String,
    /// What must run in the cluster for it.
    needs: &'static str,
    /// The resource, and whether the target is a share of its request.
    resource: Option<(String, bool)>,
}

impl Source<'_> {
    fn share(&self) -> Option<(String, bool)> {
        self.resource.clone()
    }
}

fn sources(scaler: Object<'_>) -> Vec<Source<'_>> {
    let mut found = Vec::new();
    let Some(spec) = scaler.spec() else {
        return found;
    };
    if let Some(node) = spec.present("targetCPUUtilizationPercentage") {
        found.push(Source {
            node,
            text: format!(
                "cpu at {} % of its request",
                node.text().unwrap_or_default()
            ),
            needs: METRICS_SERVER,
            resource: Some(("cpu".into(), true)),
        });
    }
    for metric in spec.get("metrics").into_iter().flat_map(Node::items) {
        let kind = metric.get("type").and_then(Node::text).unwrap_or_default();
        match &*kind {
            "Resource" | "ContainerResource" => {
                let key = if kind == "Resource" {
                    "resource"
                } else {
                    "containerResource"
                };
                let source = metric.get(key);
                let name = source
                    .and_then(|source| source.get("name"))
                    .and_then(Node::text);
                let name = name.unwrap_or_default().into_owned();
                let share = source.and_then(|source| {
                    source
                        .at(&["target", "averageUtilization"])
                        .or_else(|| source.present("targetAverageUtilization"))
                });
                let value = source.and_then(|source| {
                    source
                        .at(&["target", "averageValue"])
                        .or_else(|| source.present("targetAverageValue"))
                });
                let text = match (share, value) {
                    (Some(share), _) => {
                        format!(
                            "{name} at {} % of its request",
                            share.text().unwrap_or_default()
                        )
                    }
                    (None, Some(value)) => {
                        format!(
                            "{name} at {} for each pod",
                            value.text().unwrap_or_default()
                        )
                    }
                    (None, None) => name.clone(),
                };
                found.push(Source {
                    node: share.or(value).unwrap_or(metric),
                    text,
                    needs: METRICS_SERVER,
                    resource: Some((name, share.is_some())),
                });
            }
            "Pods" | "Object" | "External" => {
                let (key, needs) = match &*kind {
                    "Pods" => ("pods", "an adapter for custom metrics"),
                    "Object" => ("object", "an adapter for custom metrics"),
                    _ => ("external", "an adapter for external metrics"),
                };
                let name = metric.get(key).and_then(|source| {
                    source
                        .at(&["metric", "name"])
                        .or_else(|| source.get("metricName"))
                });
                let text = name.and_then(Node::text).unwrap_or_default();
                found.push(Source {
                    node: name.unwrap_or(metric),
                    text: format!("metric `{text}`"),
                    needs,
                    resource: None,
                });
            }
            _ => {}
        }
    }
    for trigger in spec.get("triggers").into_iter().flat_map(Node::items) {
        let kind = trigger.get("type").and_then(Node::text).unwrap_or_default();
        let of_pods = matches!(&*kind, "cpu" | "memory");
        let share = trigger
            .get("metricType")
            .or_else(|| trigger.at(&["metadata", "type"]))
            .and_then(Node::text)
            .is_none_or(|kind| kind == "Utilization");
        found.push(Source {
            node: trigger,
            text: format!("KEDA trigger `{kind}`"),
            needs: if of_pods {
                "KEDA and metrics-server"
            } else {
                "KEDA"
            },
            resource: of_pods.then(|| (kind.into_owned(), share)),
        });
    }
    found
}
