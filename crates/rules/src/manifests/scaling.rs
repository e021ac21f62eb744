//! Autoscalers and what they scale, as several rules ask for it.

use plimsoll_k8s::Object;
use plimsoll_links::{LinkKind, ObjectRef, Reference, Thing};
use plimsoll_project::{ManifestRole, ManifestUnit};
use plimsoll_source::Confidence;
use plimsoll_yaml::Node;

use crate::Cx;

/// A metric of an HPA that is relative to the requests of pods.
pub(crate) struct Utilization<'a> {
    /// `cpu` or `memory`.
    pub(crate) resource: String,
    /// The container it is about; `None` for whole pods.
    pub(crate) container: Option<String>,
    /// The percentage.
    pub(crate) percent: Option<i64>,
    /// Where the percentage stands, or the metric without one.
    pub(crate) node: Node<'a>,
}

/// The metrics of an HPA that are percentages of requests, in any of its versions.
pub(crate) fn utilizations(hpa: Object<'_>) -> Vec<Utilization<'_>> {
    let Some(spec) = hpa.spec() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let Some(node) = spec.present("targetCPUUtilizationPercentage") {
        found.push(Utilization {
            resource: "cpu".into(),
            container: None,
            percent: node.as_int(),
            node,
        });
    }
    for metric in spec.get("metrics").into_iter().flat_map(Node::items) {
        for key in ["resource", "containerResource"] {
            let Some(source) = metric.present(key) else {
                continue;
            };
            let resource = source
                .get("name")
                .and_then(Node::as_str)
                .unwrap_or_default();
            // `target.averageUtilization` since v2beta2, `targetAverageUtilization` before.
            let percent = source
                .at(&["target", "averageUtilization"])
                .or_else(|| source.present("targetAverageUtilization"));
            if let Some(node) = percent {
                found.push(Utilization {
                    resource: resource.into_owned(),
                    container: source
                        .get("container")
                        .and_then(Node::as_str)
                        .map(std::borrow::Cow::into_owned),
                    percent: node.as_int(),
                    node,
                });
            }
        }
    }
    found
}

/// Whether an object is a HorizontalPodAutoscaler of Kubernetes.
pub(crate) fn is_hpa(object: Object<'_>) -> bool {
    object.is("autoscaling", "HorizontalPodAutoscaler")
}

/// The reference of an autoscaler to what it scales.
pub(crate) fn target_of<'a>(cx: &Cx<'a>, scaler: ObjectRef) -> Option<&'a Reference<'a>> {
    cx.links
        .references()
        .of(scaler)
        .iter()
        .find(|reference| reference.kind == LinkKind::Scales)
}

/// The HPAs that scale the object of the check and are applied together with it.
pub(crate) fn scalers_of<'a>(cx: &Cx<'a>) -> Vec<(ObjectRef, Object<'a>)> {
    let links = cx.links;
    let mut found: Vec<_> = links
        .to(&Thing::Object(cx.this()))
        .filter(|link| link.kind == LinkKind::Scales && link.confidence == Confidence::High)
        .filter_map(|link| match links.thing(link.from) {
            Thing::Object(scaler) => Some((*scaler, links.objects().get(*scaler))),
            _ => None,
        })
        // A patch changes an autoscaler that is written elsewhere.
        .filter(|(scaler, object)| {
            is_hpa(*object) && unit_of(cx, *scaler).role != ManifestRole::Patch
        })
        .collect();
    found.sort_unstable_by_key(|(scaler, _)| *scaler);
    found
}

/// The manifest of an object.
pub(crate) fn unit_of<'a>(cx: &Cx<'a>, object: ObjectRef) -> &'a ManifestUnit {
    &cx.project.manifests[object.unit as usize]
}
