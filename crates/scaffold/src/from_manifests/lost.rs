//! What is said of keys that a Compose file has no counterpart for, and what means nothing outside of a
//! cluster.

/// What is lost, and what to do.
type Words = (&'static str, &'static str);

/// Of what nothing is known.
pub(super) const UNKNOWN: Words = (
    "a Compose file has no counterpart",
    "see whether the service does without it on one machine",
);

/// Of what a claim asks for.
pub(super) const STORAGE: Words = (
    "a volume of this machine has no class, no bound and one machine that mounts it",
    "nothing, on one machine",
);

/// Names of keys, in whatever they stand.
const KEYS: &[(&[&str], Words)] = &[
    (
        &["replicas", "parallelism", "completions"],
        (
            "there is one container, which publishes its port",
            "start more with `docker compose up --scale`, without published ports",
        ),
    ),
    (
        &[
            "strategy",
            "updateStrategy",
            "minReadySeconds",
            "revisionHistoryLimit",
            "progressDeadlineSeconds",
            "podManagementPolicy",
            "persistentVolumeClaimRetentionPolicy",
            "paused",
        ],
        (
            "how a rollout goes is the cluster's: Compose replaces a container at once",
            "nothing, on one machine",
        ),
    ),
    (
        &[
            "affinity",
            "nodeSelector",
            "nodeName",
            "tolerations",
            "topologySpreadConstraints",
            "priorityClassName",
            "schedulerName",
            "runtimeClassName",
            "preemptionPolicy",
        ],
        (
            "where pods run is the scheduler's: here is one machine",
            "nothing, on one machine",
        ),
    ),
    (
        &["serviceAccountName", "serviceAccount"],
        (
            "there is no API of Kubernetes to log in to",
            "if the program calls it, mount a kubeconfig in compose.override.yaml",
        ),
    ),
    (
        &["imagePullSecrets"],
        (
            "images are pulled with the logins of this machine",
            "log in with `docker login`",
        ),
    ),
    (
        &["annotations"],
        (
            "annotations speak to controllers of a cluster",
            "nothing, unless one of them changed how the program runs",
        ),
    ),
    (
        &["requests"],
        (
            "nothing is reserved on one machine",
            "nothing, on one machine",
        ),
    ),
    (
        &["lifecycle"],
        (
            "nothing is run before a stop or after a start",
            "if the program needs it, add `pre_stop` or `post_start` in compose.override.yaml",
        ),
    ),
    (
        &["livenessProbe"],
        (
            "Compose restarts nothing that is unhealthy, and a container has one health check: the readiness probe's",
            "nothing, unless the two ask for different things",
        ),
    ),
    (
        &["grpc"],
        (
            "nothing in a container can be counted on to ask gRPC for its health",
            "add a `healthcheck` with a program of the image in compose.override.yaml",
        ),
    ),
    (
        &["fsGroup", "fsGroupChangePolicy", "supplementalGroups"],
        (
            "a volume belongs to whom the folder in the image belongs to",
            "if the program cannot write there, change the owner once: `docker compose run --rm --user 0 SERVICE chown …`",
        ),
    ),
    (
        &[
            "schedule",
            "concurrencyPolicy",
            "startingDeadlineSeconds",
            "timeZone",
            "suspend",
        ],
        (
            "Compose starts nothing at times",
            "run it with `docker compose run --rm SERVICE`",
        ),
    ),
    (
        &[
            "backoffLimit",
            "activeDeadlineSeconds",
            "ttlSecondsAfterFinished",
            "successfulJobsHistoryLimit",
            "failedJobsHistoryLimit",
            "completionMode",
            "podFailurePolicy",
            "backoffLimitPerIndex",
            "maxFailedIndexes",
            "podReplacementPolicy",
        ],
        (
            "a container that has ended is not started again and not kept track of",
            "nothing: its exit code tells",
        ),
    ),
    (
        &["hostPath"],
        (
            "a folder of a node is not the one of this machine",
            "mount the folder that is meant in compose.override.yaml",
        ),
    ),
    (
        &["nfs", "csi", "iscsi", "cephfs", "ephemeral", "image"],
        (
            "only the cluster can mount this",
            "mount what stands in for it in compose.override.yaml",
        ),
    ),
    (
        &["resourceFieldRef", "fieldRef", "downwardAPI"],
        (
            "a container knows nothing of a pod",
            "set the variable in compose.override.yaml if the program needs it",
        ),
    ),
    (
        &[
            "serviceAccountToken",
            "clusterTrustBundle",
            "podCertificate",
        ],
        (
            "there is no API of Kubernetes that would give it",
            "mount what stands in for it in compose.override.yaml",
        ),
    ),
    (
        &[
            "seLinuxOptions",
            "appArmorProfile",
            "seccompProfile",
            "procMount",
            "windowsOptions",
        ],
        (
            "the engine's own profile applies",
            "set `security_opt` in compose.override.yaml where another is meant",
        ),
    ),
    (
        &["runAsNonRoot"],
        (
            "Compose does not refuse an image whose user is root",
            "name a numeric `runAsUser`, which is carried over",
        ),
    ),
    (
        &["dnsPolicy", "dnsConfig"],
        (
            "names are looked up as the engine does",
            "set `dns` in compose.override.yaml where that is not enough",
        ),
    ),
    (
        &[
            "sessionAffinity",
            "externalTrafficPolicy",
            "internalTrafficPolicy",
            "trafficDistribution",
            "loadBalancerSourceRanges",
            "loadBalancerClass",
            "nodePort",
            "externalIPs",
        ],
        (
            "no one stands between callers and the one container",
            "nothing, on one machine",
        ),
    ),
];

/// The words for a key; nothing where what stands below it tells more.
pub(super) fn of(keys: &[String]) -> Option<Words> {
    let last = keys.last()?;
    if last == "spec" && keys.iter().any(|key| key == "volumeClaimTemplates") {
        return Some(STORAGE);
    }
    let found = KEYS
        .iter()
        .find(|(names, _)| names.contains(&last.as_str()));
    found.map(|(_, words)| *words)
}

/// What tells objects apart in a cluster, and what is as Compose has it anyway.
pub(super) fn is_silent(keys: &[String]) -> bool {
    let Some(last) = keys.last() else {
        return false;
    };
    match last.as_str() {
        "apiVersion" | "kind" | "status" => keys.len() == 1,
        "labels" | "creationTimestamp" | "name" | "namespace" | "generateName" => {
            keys.len() > 1 && keys[keys.len() - 2] == "metadata"
        }
        "selector" => keys.len() == 2,
        "serviceName" | "manualSelector" => true,
        "imagePullPolicy" | "terminationMessagePath" | "terminationMessagePolicy" => true,
        "automountServiceAccountToken" | "enableServiceLinks" | "restartPolicy" => true,
        _ => false,
    }
}

/// The words for an object as a whole, by its kind.
pub(super) fn of_kind(kind: &str) -> Words {
    match kind {
        "Ingress" | "HTTPRoute" | "IngressRoute" | "VirtualService" | "Gateway" | "GRPCRoute" => (
            "there is no router in front: the port behind it is published on 127.0.0.1",
            "call the port; add a proxy in compose.override.yaml if paths or hosts matter",
        ),
        "HorizontalPodAutoscaler"
        | "ScaledObject"
        | "VerticalPodAutoscaler"
        | "PodDisruptionBudget" => (
            "there is one container of each, which nothing scales or moves",
            "nothing, on one machine",
        ),
        "NetworkPolicy" => (
            "services of one Compose project reach each other",
            "nothing, on one machine",
        ),
        "ServiceAccount" | "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" => (
            "there is no API of Kubernetes",
            "if a program calls it, mount a kubeconfig in compose.override.yaml",
        ),
        "Namespace" | "ResourceQuota" | "LimitRange" | "PriorityClass" | "StorageClass"
        | "PersistentVolume" => ("it is about the cluster", "nothing, on one machine"),
        "ServiceMonitor" | "PodMonitor" | "PrometheusRule" => (
            "nothing watches services here",
            "run Prometheus beside them if that is to be tried",
        ),
        "SealedSecret" | "ExternalSecret" | "VaultStaticSecret" | "SecretProviderClass" => (
            "nothing opens it here: variables of its Secret are keys of `.env`",
            "fill in `.env`, for which `.env.example` is the form",
        ),
        _ => (
            "Compose knows no such object",
            "see whether the services do without it, or run what stands in for it",
        ),
    }
}
