//! Versions of the API that were, or will be, removed, and what took their place.
//!
//! After the lifecycle marks in Kubernetes' `k8s.io/api` and its deprecation guide. What the
//! marks do not name is taken from the tables: a version that newer tables lack was removed.

use super::table::{Mask, table};

/// The life of a kind in one version of its group. Numbers are minor versions of Kubernetes 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lifecycle {
    /// Since when the API server warns.
    pub deprecated: u32,
    /// Since when it is gone, or is planned to be.
    pub removed: Option<u32>,
    /// `apiVersion` and `kind` of what took its place.
    pub replacement: Option<String>,
    /// What else changes with the replacement.
    pub hint: Option<&'static str>,
}

/// (group, version, kinds, deprecated, removed, replacement's `apiVersion`)
type Row = (
    &'static str,
    &'static str,
    &'static [&'static str],
    u32,
    u32,
    &'static str,
);

/// Not planned to be removed.
const NEVER: u32 = 0;
const ADMISSION: &str = "admissionregistration.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
const FLOW: &str = "flowcontrol.apiserver.k8s.io";
const NETWORKING: &str = "networking.k8s.io";
const STORAGE: &str = "storage.k8s.io";
const RESOURCE: &str = "resource.k8s.io";
const WEBHOOKS: &[&str] = &[
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];
const VALIDATING_POLICIES: &[&str] = &[
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];
const MUTATING_POLICIES: &[&str] = &["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"];
const ROLES: &[&str] = &["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"];
const FLOWS: &[&str] = &["FlowSchema", "PriorityLevelConfiguration"];
const CLAIMS: &[&str] = &[
    "DeviceClass",
    "ResourceClaim",
    "ResourceClaimTemplate",
    "ResourceSlice",
];

static ROWS: &[Row] = &[
    (
        "",
        "v1",
        &["Endpoints"],
        33,
        NEVER,
        "discovery.k8s.io/v1 EndpointSlice",
    ),
    ("", "v1", &["ComponentStatus"], 19, NEVER, ""),
    (
        "extensions",
        "v1beta1",
        &["Deployment", "DaemonSet", "ReplicaSet"],
        8,
        16,
        "apps/v1",
    ),
    (
        "extensions",
        "v1beta1",
        &["NetworkPolicy"],
        9,
        16,
        "networking.k8s.io/v1",
    ),
    ("extensions", "v1beta1", &["PodSecurityPolicy"], 10, 16, ""),
    (
        "extensions",
        "v1beta1",
        &["Ingress"],
        14,
        22,
        "networking.k8s.io/v1",
    ),
    (
        "apps",
        "v1beta1",
        &["Deployment", "StatefulSet", "ControllerRevision"],
        8,
        16,
        "apps/v1",
    ),
    (
        "apps",
        "v1beta2",
        &[
            "Deployment",
            "StatefulSet",
            "DaemonSet",
            "ReplicaSet",
            "ControllerRevision",
        ],
        9,
        16,
        "apps/v1",
    ),
    ("batch", "v2alpha1", &["CronJob"], 8, 21, "batch/v1"),
    ("batch", "v1beta1", &["CronJob"], 21, 25, "batch/v1"),
    (
        "autoscaling",
        "v2beta1",
        &["HorizontalPodAutoscaler"],
        22,
        25,
        "autoscaling/v2",
    ),
    (
        "autoscaling",
        "v2beta2",
        &["HorizontalPodAutoscaler"],
        23,
        26,
        "autoscaling/v2",
    ),
    (
        "policy",
        "v1beta1",
        &["PodDisruptionBudget"],
        21,
        25,
        "policy/v1",
    ),
    ("policy", "v1beta1", &["PodSecurityPolicy"], 21, 25, ""),
    ("policy", "v1beta1", &["Eviction"], 22, 25, "policy/v1"),
    (
        NETWORKING,
        "v1beta1",
        &["Ingress", "IngressClass"],
        19,
        22,
        "networking.k8s.io/v1",
    ),
    (
        NETWORKING,
        "v1beta1",
        &["IPAddress", "ServiceCIDR"],
        34,
        37,
        "networking.k8s.io/v1",
    ),
    (NETWORKING, "v1alpha1", &["ClusterCIDR"], 28, 29, ""),
    (
        ADMISSION,
        "v1beta1",
        WEBHOOKS,
        16,
        22,
        "admissionregistration.k8s.io/v1",
    ),
    (
        ADMISSION,
        "v1beta1",
        VALIDATING_POLICIES,
        31,
        34,
        "admissionregistration.k8s.io/v1",
    ),
    (
        ADMISSION,
        "v1alpha1",
        VALIDATING_POLICIES,
        29,
        32,
        "admissionregistration.k8s.io/v1",
    ),
    (
        ADMISSION,
        "v1beta1",
        MUTATING_POLICIES,
        37,
        40,
        "admissionregistration.k8s.io/v1",
    ),
    (
        ADMISSION,
        "v1alpha1",
        MUTATING_POLICIES,
        35,
        38,
        "admissionregistration.k8s.io/v1",
    ),
    (
        "apiextensions.k8s.io",
        "v1beta1",
        &["CustomResourceDefinition"],
        16,
        22,
        "apiextensions.k8s.io/v1",
    ),
    (
        "apiregistration.k8s.io",
        "v1beta1",
        &["APIService"],
        19,
        22,
        "apiregistration.k8s.io/v1",
    ),
    (
        "authentication.k8s.io",
        "v1beta1",
        &["TokenReview"],
        19,
        22,
        "authentication.k8s.io/v1",
    ),
    (
        "authorization.k8s.io",
        "v1beta1",
        &[
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ],
        19,
        22,
        "authorization.k8s.io/v1",
    ),
    (
        "certificates.k8s.io",
        "v1beta1",
        &["CertificateSigningRequest"],
        19,
        22,
        "certificates.k8s.io/v1",
    ),
    (
        "certificates.k8s.io",
        "v1beta1",
        &["ClusterTrustBundle"],
        37,
        40,
        "certificates.k8s.io/v1",
    ),
    (
        "coordination.k8s.io",
        "v1beta1",
        &["Lease"],
        19,
        22,
        "coordination.k8s.io/v1",
    ),
    (
        "coordination.k8s.io",
        "v1beta1",
        &["LeaseCandidate"],
        36,
        39,
        "",
    ),
    (
        "coordination.k8s.io",
        "v1alpha2",
        &["LeaseCandidate"],
        35,
        38,
        "coordination.k8s.io/v1beta1",
    ),
    (
        "discovery.k8s.io",
        "v1beta1",
        &["EndpointSlice"],
        21,
        25,
        "discovery.k8s.io/v1",
    ),
    (
        "events.k8s.io",
        "v1beta1",
        &["Event"],
        22,
        25,
        "events.k8s.io/v1",
    ),
    (
        FLOW,
        "v1alpha1",
        FLOWS,
        20,
        24,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    (
        FLOW,
        "v1beta1",
        FLOWS,
        23,
        26,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    (
        FLOW,
        "v1beta2",
        FLOWS,
        26,
        29,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    (
        FLOW,
        "v1beta3",
        FLOWS,
        29,
        32,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    (
        "node.k8s.io",
        "v1alpha1",
        &["RuntimeClass"],
        22,
        24,
        "node.k8s.io/v1",
    ),
    (
        "node.k8s.io",
        "v1beta1",
        &["RuntimeClass"],
        22,
        25,
        "node.k8s.io/v1",
    ),
    (
        RBAC,
        "v1alpha1",
        ROLES,
        17,
        23,
        "rbac.authorization.k8s.io/v1",
    ),
    (
        RBAC,
        "v1beta1",
        ROLES,
        17,
        22,
        "rbac.authorization.k8s.io/v1",
    ),
    (RESOURCE, "v1beta1", CLAIMS, 35, 38, "resource.k8s.io/v1"),
    (RESOURCE, "v1beta2", CLAIMS, 36, 39, "resource.k8s.io/v1"),
    (
        RESOURCE,
        "v1alpha3",
        &["DeviceTaintRule"],
        36,
        39,
        "resource.k8s.io/v1beta2",
    ),
    (
        "scheduling.k8s.io",
        "v1alpha1",
        &["PriorityClass"],
        14,
        23,
        "scheduling.k8s.io/v1",
    ),
    (
        "scheduling.k8s.io",
        "v1beta1",
        &["PriorityClass"],
        14,
        22,
        "scheduling.k8s.io/v1",
    ),
    ("settings.k8s.io", "v1alpha1", &["PodPreset"], 19, 20, ""),
    (
        "auditregistration.k8s.io",
        "v1alpha1",
        &["AuditSink"],
        18,
        19,
        "",
    ),
    (
        STORAGE,
        "v1alpha1",
        &["VolumeAttachment"],
        21,
        24,
        "storage.k8s.io/v1",
    ),
    (
        STORAGE,
        "v1alpha1",
        &["CSIStorageCapacity"],
        21,
        24,
        "storage.k8s.io/v1",
    ),
    (
        STORAGE,
        "v1beta1",
        &["CSIDriver", "StorageClass", "VolumeAttachment"],
        19,
        22,
        "storage.k8s.io/v1",
    ),
    (
        STORAGE,
        "v1beta1",
        &["CSINode"],
        17,
        22,
        "storage.k8s.io/v1",
    ),
    (
        STORAGE,
        "v1beta1",
        &["CSIStorageCapacity"],
        24,
        27,
        "storage.k8s.io/v1",
    ),
    (
        STORAGE,
        "v1alpha1",
        &["VolumeAttributesClass"],
        32,
        35,
        "storage.k8s.io/v1",
    ),
    (
        STORAGE,
        "v1beta1",
        &["VolumeAttributesClass"],
        34,
        37,
        "storage.k8s.io/v1",
    ),
];

/// What changes with the replacement, besides `apiVersion`.
fn hint(group: &str, kind: &str) -> Option<&'static str> {
    Some(match (group, kind) {
        ("extensions" | NETWORKING, "Ingress") => {
            "each path then needs `pathType`, and its backend `service.name` and `service.port`"
        }
        ("extensions" | "apps", "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet") => {
            "it then needs `spec.selector`"
        }
        ("autoscaling", "HorizontalPodAutoscaler") => {
            "each metric then needs a `target` with its `type`"
        }
        ("apiextensions.k8s.io", _) => "each version then needs its own `schema`",
        (ADMISSION, "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration") => {
            "each webhook then needs `sideEffects` and `admissionReviewVersions`"
        }
        (_, "PodSecurityPolicy") => {
            "label the namespace for Pod Security Admission instead (`pod-security.kubernetes.io/enforce`)"
        }
        _ => return None,
    })
}

/// What is known of a kind whose version was, or will be, removed or is deprecated.
pub fn lifecycle(group: &str, version: &str, kind: &str) -> Option<Lifecycle> {
    let row = ROWS
        .iter()
        .find(|row| row.0 == group && row.1 == version && row.2.contains(&kind));
    let Some(&(_, _, _, deprecated, removed, replacement)) = row else {
        return from_tables(group, version, kind);
    };
    let replacement = (!replacement.is_empty()).then(|| {
        if replacement.contains(' ') {
            replacement.to_owned()
        } else {
            format!("{replacement} {kind}")
        }
    });
    Some(Lifecycle {
        deprecated,
        removed: (removed != NEVER).then_some(removed),
        replacement,
        hint: hint(group, kind),
    })
}

/// A version that the newest table lacks.
fn from_tables(group: &str, version: &str, kind: &str) -> Option<Lifecycle> {
    let table = table();
    let known = table.kind(group, version, kind)?;
    let newest: Mask = 1 << (table.versions - 1);
    if known.present & newest != 0 {
        return None;
    }
    let removed = table.first + Mask::BITS - known.present.leading_zeros();
    let mut served: Vec<&str> = table
        .kinds_of(group)
        .iter()
        .filter(|other| table.kind_name(other) == kind && other.present & newest != 0)
        .map(|other| table.kind_version(other))
        .collect();
    served.sort_by_key(|version| (version.contains("alpha"), version.contains("beta")));
    Some(Lifecycle {
        deprecated: removed,
        removed: Some(removed),
        replacement: served
            .first()
            .map(|version| format!("{group}/{version} {kind}")),
        hint: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_versions_are_known() {
        let life = lifecycle("autoscaling", "v2beta2", "HorizontalPodAutoscaler").expect("known");
        assert_eq!((life.deprecated, life.removed), (23, Some(26)));
        assert_eq!(
            life.replacement.as_deref(),
            Some("autoscaling/v2 HorizontalPodAutoscaler")
        );
        let life = lifecycle("resource.k8s.io", "v1alpha2", "ResourceClaim").expect("known");
        assert_eq!(life.removed, Some(31));
        assert_eq!(
            life.replacement.as_deref(),
            Some("resource.k8s.io/v1 ResourceClaim")
        );
        assert_eq!(lifecycle("apps", "v1", "Deployment"), None);
        assert_eq!(lifecycle("example.com", "v1beta1", "Deployment"), None);
    }

    #[test]
    fn the_rows_agree_with_the_tables() {
        let table = table();
        for row in ROWS {
            for kind in row.2 {
                let Some(known) = table.kind(row.0, row.1, kind) else {
                    assert!(row.4 == NEVER || row.4 <= table.first, "{row:?}");
                    continue;
                };
                if row.4 == NEVER {
                    continue;
                }
                let gone = table.first + Mask::BITS - known.present.leading_zeros();
                let is_newest = gone == table.first + table.versions;
                assert!(
                    gone == row.4 || is_newest && row.4 >= gone,
                    "{kind}: {row:?} {gone}"
                );
            }
        }
    }
}
