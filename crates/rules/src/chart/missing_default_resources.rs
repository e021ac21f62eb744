//! # What it does
//! Finds containers of a chart that have no resources unless the user sets a value for them:
//! `resources: {}` in `values.yaml`. It names that value, where `missing-memory-request` and its
//! kin could only name the container, and speaks for them.
//!
//! # Why it matters
//! Most people install a chart as it is. Without requests the scheduler counts the container as
//! needing nothing, and without a memory limit one leak takes the node's other pods with it.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! resources: {}
//! //- /chart/templates/deployment.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers:
//!         - name: payments
//!           image: ghcr.io/acme/payments:1.4.0
//!           resources:
//!             {{- toYaml .Values.resources | nindent 12 }}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! resources:
//!   requests: {cpu: 100m, memory: 128Mi}
//!   limits: {memory: 128Mi}
//! //- /chart/templates/deployment.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers:
//!         - name: payments
//!           image: ghcr.io/acme/payments:1.4.0
//!           resources:
//!             {{- toYaml .Values.resources | nindent 12 }}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/>

use plimsoll_k8s::{Role, WorkloadKind};
use plimsoll_source::{Confidence, Place, Severity, ValueOrigin, ValueRole};
use plimsoll_yaml::Node;

use super::given::behind;
use crate::{Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "missing-default-resources",
    summary: "a chart gives a container no resources by default",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Container(check)],
};

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let ContainerInput {
        unit,
        workload,
        container,
    } = *input;
    let is_meant = matches!(container.role(), Role::App | Role::Sidecar)
        && !(workload.is_scaled_to_zero() && workload.kind() != WorkloadKind::Job)
        && cx.project.generated(unit.file).is_some();
    let written = container.node().get("resources");
    let of_pod = container.pod().node().get("resources");
    if !is_meant || written.is_some_and(|node| !is_empty(node)) || of_pod.is_some() {
        return;
    }
    let supplied = ["LimitRange", "VerticalPodAutoscaler"];
    if supplied.iter().any(|kind| !cx.peers(unit, kind).is_empty()) {
        return;
    }
    let found = match written {
        // What stands there came from an empty value.
        Some(node) => {
            let behind = behind(cx, Place::new(unit.file, node.full_range()));
            behind.and_then(|behind| {
                let both = [ValueRole::Content, ValueRole::Branch];
                let mut values = both.into_iter().flat_map(|role| behind.values(role));
                values.find(|value| is_of_resources(value)).cloned()
            })
        }
        // It was left out, since a value is empty.
        None => {
            let map = cx.project.files.get(unit.file).origins.as_ref();
            let mut gaps = map
                .into_iter()
                .flat_map(|map| map.gaps(container.node().full_range()));
            gaps.find_map(|(_, background)| {
                let mut values = background.values.iter();
                values.find(|value| is_of_resources(value)).cloned()
            })
        }
    };
    let Some(value) = found else { return };
    let name = container.label().into_owned();
    let entry = container.node().entry("resources");
    let range = entry.map_or_else(|| container.head(), |entry| entry.key.range());
    let draft = cx.report(
        range,
        format!("`{name}` has no resources unless `{}` is set", value.path),
    );
    if let Some(place) = value.place {
        draft.related(place, format!("`{}` is empty", value.path));
    }
    draft
        .note("as installed by default it is counted as needing nothing, and may take what others need")
        .help(format!(
            "give `{}` requests for cpu and memory and a memory limit that suit a small installation",
            value.path
        ))
        .group("resources");
}

fn is_empty(node: Node<'_>) -> bool {
    node.is_null() || node.is_empty()
}

/// Whether a value is that of the resources, or of one of them.
fn is_of_resources(value: &ValueOrigin) -> bool {
    let path = value.path.to_lowercase();
    path.rsplit('.')
        .next()
        .is_some_and(|key| key.contains("resources"))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::chart::given::tests::deployment;
    use crate::testing::on;

    const TO_YAML: &str = "          image: a:1\n          resources:\n            {{- toYaml .Values.web.resources | nindent 12 }}\n";
    const WITH: &str = "          image: a:1\n          {{- with .Values.web.resources }}\n          resources:\n            {{- toYaml . | nindent 12 }}\n          {{- end }}\n";
    const SET: &str = "web:\n  resources:\n    requests: {cpu: 1}";

    #[test]
    fn empty_values_are_found() {
        let case = on(&RULE)
            .files(&deployment("web:\n  resources: {}", "", TO_YAML))
            .flags(&["c/templates/a.yaml:14: resources"])
            .says(&["`web` has no resources unless `web.resources` is set"])
            .loud_by_default();
        assert_eq!(case.findings[0].related.len(), 1);
        on(&RULE)
            .files(&deployment("web:\n  resources: {}", "", WITH))
            .says(&["`web` has no resources unless `web.resources` is set"]);
        on(&RULE)
            .files(&deployment("web: {}", "", WITH))
            .says(&["`web` has no resources unless `web.resources` is set"]);
        on(&RULE)
            .files(&deployment(
                "resources: {}",
                "",
                "          image: a:1\n          resources: {{ .Values.resources | toJson }}\n",
            ))
            .loud_by_default();
    }

    #[test]
    fn resources_of_values_are_clean() {
        on(&RULE).files(&deployment(SET, "", TO_YAML)).clean();
        on(&RULE).files(&deployment(SET, "", WITH)).clean();
    }

    #[test]
    fn containers_that_no_value_gives_any_are_for_others() {
        on(&RULE)
            .files(&deployment("{}", "", "          image: a:1\n"))
            .clean();
        on(&RULE)
            .files(&deployment(
                "{}",
                "",
                "          image: a:1\n          resources: {}\n",
            ))
            .clean();
    }
}
