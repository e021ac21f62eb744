//! Autoscalers and what they scale, as several rules ask for it.

use plimsoll_k8s::{Object, Workload};
use plimsoll_links::{Definition, LinkKind, ObjectRef, Reference, Resolution};
use plimsoll_project::ManifestUnit;
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

/// What an autoscaler scales, where that is applied together with it.
pub(crate) fn scaled<'a>(cx: &Cx<'a>, scaler: ObjectRef) -> Vec<(ObjectRef, Workload<'a>)> {
    let Some(reference) = target_of(cx, scaler) else {
        return Vec::new();
    };
    let objects = cx.links.objects();
    let found: Vec<&Definition<'a>> = match objects.resolve(reference) {
        Resolution::Found(distance, found) if distance.is_certain() => found,
        _ => Vec::new(),
    };
    found
        .into_iter()
        .filter_map(|definition| definition.object)
        .filter_map(|object| Some((object, Workload::new(objects.get(object))?)))
        .collect()
}

/// The HPAs that scale the object of the check and are applied together with it.
pub(crate) fn scalers_of<'a>(cx: &Cx<'a>) -> Vec<(ObjectRef, Object<'a>)> {
    let this = cx.this();
    let objects = cx.links.objects();
    let hpas = objects
        .of_kind("HorizontalPodAutoscaler")
        .filter_map(|hpa| hpa.object);
    hpas.filter(|hpa| scaled(cx, *hpa).iter().any(|(object, _)| *object == this))
        .map(|hpa| (hpa, objects.get(hpa)))
        .filter(|(_, object)| is_hpa(*object))
        .collect()
}

/// The manifest of an object.
pub(crate) fn unit_of<'a>(cx: &Cx<'a>, object: ObjectRef) -> &'a ManifestUnit {
    &cx.project.manifests[object.unit as usize]
}
