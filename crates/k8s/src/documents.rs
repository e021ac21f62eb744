//! What a YAML document is, as far as Kubernetes is concerned.

use plimsoll_yaml::{Document, Kind, Node, Tree};

use crate::view::{mapping, string};

/// What a document is, as far as Kubernetes is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DocumentClass {
    /// An object to apply to a cluster, custom resources included.
    Manifest,
    /// Such an object, but encrypted by SOPS: its values mean nothing.
    Encrypted,
    /// A `kustomization.yaml` (or component).
    Kustomization,
    /// A `Chart.yaml`.
    HelmChart,
    /// Configuration in the same shape for a tool or component that no cluster stores: a
    /// kubeconfig, kind, kubeadm, Skaffold, kustomize transformers, Backstage, …
    ToolConfig,
    /// It has the marks of an object but lacks `apiVersion` or `kind`.
    Incomplete,
    /// Something else, or nothing.
    Other,
}

/// Says what the document with this root is.
pub fn classify(root: Node<'_>) -> DocumentClass {
    let root = root.resolve();
    if root.kind() != Kind::Mapping {
        return DocumentClass::Other;
    }
    let api_version = string(root, "apiVersion").filter(|text| !text.is_empty());
    let kind = string(root, "kind").filter(|text| !text.is_empty());
    let group = |text: &str| {
        text.split_once('/')
            .map_or("", |(group, _)| group)
            .to_owned()
    };
    match (api_version, kind) {
        (Some(version), Some(kind)) => {
            let group = group(&version);
            if group == "kustomize.config.k8s.io" {
                DocumentClass::Kustomization
            } else if is_tool_config(&version, &group, &kind) {
                DocumentClass::ToolConfig
            } else if is_sops_encrypted(root) {
                DocumentClass::Encrypted
            } else {
                DocumentClass::Manifest
            }
        }
        (Some(version), None) => {
            let chart = matches!(&*version, "v1" | "v2")
                && root.get("name").is_some()
                && root.get("version").is_some();
            if chart {
                DocumentClass::HelmChart
            } else if is_tool_config(&version, &group(&version), "") {
                DocumentClass::ToolConfig
            } else if mapping(root, "metadata").is_some() {
                DocumentClass::Incomplete
            } else {
                DocumentClass::Other
            }
        }
        (None, Some(kind)) => {
            if matches!(&*kind, "Kustomization" | "Component") && has_kustomize_fields(root) {
                DocumentClass::Kustomization
            } else if mapping(root, "metadata").is_some() && is_builtin_kind(&kind) {
                DocumentClass::Incomplete
            } else {
                DocumentClass::Other
            }
        }
        (None, None) => DocumentClass::Other,
    }
}

/// Whether some document of the tree is an object to apply to a cluster.
pub fn looks_like_manifest(tree: &Tree) -> bool {
    tree.documents().filter_map(Document::root).any(|root| {
        matches!(
            classify(root),
            DocumentClass::Manifest | DocumentClass::Encrypted | DocumentClass::Incomplete
        )
    })
}

/// Whether SOPS has encrypted this document: a `sops` mapping at the top with its message
/// authentication code, or with a key that it is encrypted for.
pub fn is_sops_encrypted(root: Node<'_>) -> bool {
    mapping(root, "sops").is_some_and(|sops| {
        sops.get("mac").is_some()
            || string(sops, "lastmodified").is_some()
                && [
                    "kms", "gcp_kms", "azure_kv", "hc_vault", "age", "pgp", "version",
                ]
                .iter()
                .any(|key| sops.get(key).is_some())
    })
}

fn has_kustomize_fields(root: Node<'_>) -> bool {
    [
        "resources",
        "bases",
        "patches",
        "patchesStrategicMerge",
        "patchesJson6902",
        "components",
        "images",
        "namePrefix",
        "nameSuffix",
        "commonLabels",
        "configMapGenerator",
        "secretGenerator",
        "helmCharts",
    ]
    .iter()
    .any(|key| root.get(key).is_some())
}

/// Whether a group is one of those that the API server itself serves.
pub fn is_builtin_group(group: &str) -> bool {
    matches!(
        group,
        "" | "apps" | "batch" | "autoscaling" | "policy" | "extensions" | "events.k8s.io"
    ) || matches!(
        group,
        "admissionregistration.k8s.io"
            | "apiextensions.k8s.io"
            | "apiregistration.k8s.io"
            | "apidiscovery.k8s.io"
            | "authentication.k8s.io"
            | "authorization.k8s.io"
            | "certificates.k8s.io"
            | "coordination.k8s.io"
            | "discovery.k8s.io"
            | "flowcontrol.apiserver.k8s.io"
            | "internal.apiserver.k8s.io"
            | "networking.k8s.io"
            | "node.k8s.io"
            | "rbac.authorization.k8s.io"
            | "resource.k8s.io"
            | "scheduling.k8s.io"
            | "storage.k8s.io"
            | "storagemigration.k8s.io"
    )
}

/// Kinds whose name alone tells that a document was meant for a cluster.
fn is_builtin_kind(kind: &str) -> bool {
    matches!(
        kind,
        "ConfigMap"
            | "ClusterRole"
            | "ClusterRoleBinding"
            | "CronJob"
            | "CustomResourceDefinition"
            | "DaemonSet"
            | "Deployment"
            | "HorizontalPodAutoscaler"
            | "Ingress"
            | "Job"
            | "LimitRange"
            | "Namespace"
            | "NetworkPolicy"
            | "PersistentVolume"
            | "PersistentVolumeClaim"
            | "Pod"
            | "PodDisruptionBudget"
            | "ReplicaSet"
            | "ReplicationController"
            | "ResourceQuota"
            | "Role"
            | "RoleBinding"
            | "Secret"
            | "Service"
            | "ServiceAccount"
            | "StatefulSet"
            | "StorageClass"
    )
}

/// Whether this is configuration that is read from a file by its tool and never stored in a
/// cluster. Unknown groups are custom resources, not tools.
fn is_tool_config(version: &str, group: &str, kind: &str) -> bool {
    if version == "builtin" {
        // Kustomize's own generators and transformers.
        return true;
    }
    if group.is_empty() {
        return matches!(
            (version, kind),
            // kubeconfig, and the scheduler's and audit's former forms
            ("v1", "Config" | "Policy")
        ) || version.starts_with("v1") && kind == "ClusterConfiguration";
    }
    if group.ends_with(".config.k8s.io") {
        // kubelet, kubeproxy, kubescheduler, apiserver, kubecontrollermanager, image policy, …
        return true;
    }
    matches!(
        group,
        "skaffold"
            | "kind.x-k8s.io"
            | "kind.sigs.k8s.io"
            | "k3d.io"
            | "kubeadm.k8s.io"
            | "audit.k8s.io"
            | "client.authentication.k8s.io"
            | "apiserver.k8s.io"
            | "config.k8s.io"
            | "config.kubernetes.io"
            | "fn.kpt.dev"
            | "kpt.dev"
            | "krew.googlecontainertools.github.com"
            | "eksctl.io"
            | "backstage.io"
            | "score.dev"
            | "tilt.dev"
            | "ctlptl.dev"
            | "werf.io"
            | "minikube.sigs.k8s.io"
            | "k0sctl.k0sproject.io"
            | "launchpad.mirantis.com"
            | "kuttl.dev"
            | "chainsaw.kyverno.io"
            | "cli.kyverno.io"
            | "conftest.dev"
            | "testgrid.k8s.io"
            | "prow.k8s.io/config"
            | "clusterctl.cluster.x-k8s.io"
            | "devspace.sh"
            | "garden.io"
            | "okteto.dev"
            | "dapr.io/run"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_yaml::{Dialect, parse};

    fn class(text: &str) -> DocumentClass {
        let tree = parse(text, Dialect::GoV2);
        let root = tree.documents().next().and_then(Document::root);
        root.map_or(DocumentClass::Other, classify)
    }

    #[test]
    fn objects_are_told_from_other_files_in_their_shape() {
        use DocumentClass::*;
        let cases = [
            ("apiVersion: v1\nkind: Pod\n", Manifest),
            (
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n",
                Manifest,
            ),
            (
                "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": []}",
                Manifest,
            ),
            (
                "apiVersion: cert-manager.io/v1\nkind: Certificate\n",
                Manifest,
            ),
            ("apiVersion: acme.example/v1\nkind: Anything\n", Manifest),
            (
                "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n",
                Manifest,
            ),
            (
                "apiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster\n",
                Manifest,
            ),
            (
                "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
                Kustomization,
            ),
            (
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
                Kustomization,
            ),
            ("kind: Kustomization\nresources: [a.yaml]\n", Kustomization),
            ("apiVersion: v2\nname: chart\nversion: 1.0.0\n", HelmChart),
            ("apiVersion: skaffold/v4beta1\nkind: Config\n", ToolConfig),
            (
                "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n",
                ToolConfig,
            ),
            ("apiVersion: v1\nkind: Config\nclusters: []\n", ToolConfig),
            ("apiVersion: builtin\nkind: PatchTransformer\n", ToolConfig),
            (
                "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n",
                ToolConfig,
            ),
            (
                "apiVersion: backstage.io/v1alpha1\nkind: Component\n",
                ToolConfig,
            ),
            (
                "kind: Deployment\nmetadata: {name: a}\nspec: {}\n",
                Incomplete,
            ),
            ("apiVersion: apps/v1\nmetadata: {name: a}\n", Incomplete),
            ("kind: pipeline\nname: default\n", Other),
            ("services: {web: {image: a}}\n", Other),
            ("apiVersion: 1\nkind: Pod\n", Other),
            ("- a\n- b\n", Other),
            ("text\n", Other),
            ("", Other),
        ];
        for (text, expected) in cases {
            assert_eq!(class(text), expected, "{text}");
        }
    }

    #[test]
    fn sops_is_known_by_its_metadata() {
        let encrypted = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n\
            data: {key: \"ENC[AES256_GCM,data:abc=,type:str]\"}\n\
            sops: {mac: \"ENC[AES256_GCM,data:x]\", lastmodified: \"2026-01-01T00:00:00Z\"}\n";
        assert_eq!(class(encrypted), DocumentClass::Encrypted);
        let tree = parse(encrypted, Dialect::GoV2);
        assert!(crate::objects(&tree).is_empty());
        assert_eq!(crate::encrypted_objects(&tree).len(), 1);
        assert!(looks_like_manifest(&tree));
        let plain = "apiVersion: v1\nkind: ConfigMap\nsops: {note: text}\n";
        assert_eq!(class(plain), DocumentClass::Manifest);
    }
}
