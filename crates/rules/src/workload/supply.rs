//! What else in the set supplies to a workload: LimitRange defaults, autoscalers.

use plimsoll_k8s::{Object, Workload};
use plimsoll_project::ManifestUnit;
use plimsoll_source::FileId;
use plimsoll_yaml::Node;

use crate::Cx;

/// Whether a LimitRange of the set gives containers of this workload a default for `resource`
/// (`default` gives a limit, `defaultRequest` a request; a default limit is a request too).
pub(crate) fn limit_range_supplies(
    cx: &Cx<'_>,
    unit: &ManifestUnit,
    workload: Workload<'_>,
    resource: &str,
    keys: &[&str],
) -> bool {
    let namespace = workload.object().namespace();
    cx.peers(unit, "LimitRange").iter().any(|(_, object)| {
        object.is("", "LimitRange")
            && (object.namespace() == namespace || object.namespace().is_none())
            && object
                .spec()
                .and_then(|spec| spec.get("limits"))
                .into_iter()
                .flat_map(Node::items)
                .map(Node::resolve)
                .any(|limit| {
                    limit.get("type").and_then(Node::as_str).as_deref() == Some("Container")
                        && keys.iter().any(|key| limit.at(&[key, resource]).is_some())
                })
    })
}

/// Whether an autoscaler of the set (HPA, KEDA) owns the number of replicas.
pub(crate) fn is_autoscaled(cx: &Cx<'_>, unit: &ManifestUnit, workload: Workload<'_>) -> bool {
    scaled_by(cx.peers(unit, "HorizontalPodAutoscaler"), workload)
        || scaled_by(cx.peers(unit, "ScaledObject"), workload)
}

/// Whether a VerticalPodAutoscaler of the set owns the requests.
pub(crate) fn is_vertically_scaled(
    cx: &Cx<'_>,
    unit: &ManifestUnit,
    workload: Workload<'_>,
) -> bool {
    scaled_by(cx.peers(unit, "VerticalPodAutoscaler"), workload)
}

fn scaled_by(scalers: &[(FileId, Object<'_>)], workload: Workload<'_>) -> bool {
    if scalers.is_empty() {
        return false;
    }
    let kind = workload.object().kind();
    let Some(name) = workload.object().name() else {
        return false;
    };
    scalers.iter().any(|(_, object)| {
        let Some(spec) = object.spec() else {
            return false;
        };
        ["scaleTargetRef", "targetRef"].iter().any(|key| {
            spec.at(&[key, "name"]).and_then(Node::as_str).as_deref() == Some(&*name)
                && spec
                    .at(&[key, "kind"])
                    .and_then(Node::as_str)
                    // KEDA takes a Deployment where no kind is written.
                    .map_or(kind == "Deployment", |other| other == kind)
        })
    })
}
