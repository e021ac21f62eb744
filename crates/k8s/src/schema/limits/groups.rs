//! Limits of the kinds outside the core group.

use super::{Form, Limit, NOT_NEGATIVE, PORT, POSITIVE, PROTOCOL, Row};
use Limit::{CountOrPart, CountOrPercent, OneOf, PortOrName, Within};

const fn form(form: Form) -> Limit {
    Limit::Form(form)
}

const OPERATIONS: Limit = OneOf(&["*", "CREATE", "UPDATE", "DELETE", "CONNECT"]);
const SCOPE: Limit = OneOf(&["*", "Cluster", "Namespaced"]);
const FAILURE: Limit = OneOf(&["Ignore", "Fail"]);
const MATCH: Limit = OneOf(&["Exact", "Equivalent"]);
const KEEP: Limit = OneOf(&["Retain", "Delete"]);

pub(super) static ROWS: &[(&str, &[Row])] = &[
    (
        "apps.v1.DeploymentSpec",
        &[
            ("replicas", NOT_NEGATIVE),
            ("minReadySeconds", NOT_NEGATIVE),
            ("revisionHistoryLimit", NOT_NEGATIVE),
            ("progressDeadlineSeconds", NOT_NEGATIVE),
        ],
    ),
    (
        "apps.v1.DeploymentStrategy",
        &[("type", OneOf(&["RollingUpdate", "Recreate"]))],
    ),
    (
        "apps.v1.RollingUpdateDeployment",
        &[
            ("maxSurge", CountOrPercent),
            ("maxUnavailable", CountOrPart),
        ],
    ),
    (
        "apps.v1.ReplicaSetSpec",
        &[
            ("replicas", NOT_NEGATIVE),
            ("minReadySeconds", NOT_NEGATIVE),
        ],
    ),
    (
        "apps.v1.StatefulSetSpec",
        &[
            ("replicas", NOT_NEGATIVE),
            ("minReadySeconds", NOT_NEGATIVE),
            ("revisionHistoryLimit", NOT_NEGATIVE),
            ("podManagementPolicy", OneOf(&["OrderedReady", "Parallel"])),
        ],
    ),
    (
        "apps.v1.StatefulSetUpdateStrategy",
        &[("type", OneOf(&["RollingUpdate", "OnDelete"]))],
    ),
    (
        "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
        &[("whenDeleted", KEEP), ("whenScaled", KEEP)],
    ),
    (
        "apps.v1.DaemonSetSpec",
        &[
            ("minReadySeconds", NOT_NEGATIVE),
            ("revisionHistoryLimit", NOT_NEGATIVE),
        ],
    ),
    (
        "apps.v1.DaemonSetUpdateStrategy",
        &[("type", OneOf(&["RollingUpdate", "OnDelete"]))],
    ),
    (
        "apps.v1.RollingUpdateDaemonSet",
        &[
            ("maxSurge", CountOrPercent),
            ("maxUnavailable", CountOrPart),
        ],
    ),
    (
        "batch.v1.JobSpec",
        &[
            ("parallelism", NOT_NEGATIVE),
            ("completions", NOT_NEGATIVE),
            ("backoffLimit", NOT_NEGATIVE),
            ("activeDeadlineSeconds", NOT_NEGATIVE),
            ("ttlSecondsAfterFinished", NOT_NEGATIVE),
            ("completionMode", OneOf(&["NonIndexed", "Indexed"])),
            (
                "podReplacementPolicy",
                OneOf(&["TerminatingOrFailed", "Failed"]),
            ),
        ],
    ),
    (
        "batch.v1.PodFailurePolicyRule",
        &[(
            "action",
            OneOf(&["FailJob", "FailIndex", "Ignore", "Count"]),
        )],
    ),
    (
        "batch.v1.PodFailurePolicyOnExitCodesRequirement",
        &[("operator", OneOf(&["In", "NotIn"]))],
    ),
    (
        "batch.v1.CronJobSpec",
        &[
            ("schedule", form(Form::Cron)),
            ("timeZone", form(Form::TimeZone)),
            ("concurrencyPolicy", OneOf(&["Allow", "Forbid", "Replace"])),
            ("startingDeadlineSeconds", NOT_NEGATIVE),
            ("successfulJobsHistoryLimit", NOT_NEGATIVE),
            ("failedJobsHistoryLimit", NOT_NEGATIVE),
        ],
    ),
    (
        "autoscaling.v1.HorizontalPodAutoscalerSpec",
        &[
            ("minReplicas", NOT_NEGATIVE),
            ("maxReplicas", POSITIVE),
            ("targetCPUUtilizationPercentage", POSITIVE),
        ],
    ),
    (
        "autoscaling.v2.HorizontalPodAutoscalerSpec",
        &[("minReplicas", NOT_NEGATIVE), ("maxReplicas", POSITIVE)],
    ),
    ("autoscaling.v1.CrossVersionObjectReference", REFERENCE),
    ("autoscaling.v2.CrossVersionObjectReference", REFERENCE),
    (
        "autoscaling.v2.MetricSpec",
        &[(
            "type",
            OneOf(&[
                "Resource",
                "ContainerResource",
                "Pods",
                "Object",
                "External",
            ]),
        )],
    ),
    (
        "autoscaling.v2.MetricTarget",
        &[
            ("type", OneOf(&["Utilization", "Value", "AverageValue"])),
            ("averageUtilization", POSITIVE),
        ],
    ),
    (
        "autoscaling.v2.HPAScalingRules",
        &[
            ("selectPolicy", OneOf(&["Max", "Min", "Disabled"])),
            ("stabilizationWindowSeconds", Within(0, 3_600)),
        ],
    ),
    (
        "autoscaling.v2.HPAScalingPolicy",
        &[
            ("type", OneOf(&["Pods", "Percent"])),
            ("value", POSITIVE),
            ("periodSeconds", Within(1, 1_800)),
        ],
    ),
    (
        "policy.v1.PodDisruptionBudgetSpec",
        &[
            ("minAvailable", CountOrPart),
            ("maxUnavailable", CountOrPart),
            (
                "unhealthyPodEvictionPolicy",
                OneOf(&["IfHealthyBudget", "AlwaysAllow"]),
            ),
        ],
    ),
    (
        "networking.v1.HTTPIngressPath",
        &[(
            "pathType",
            OneOf(&["Exact", "Prefix", "ImplementationSpecific"]),
        )],
    ),
    ("networking.v1.IngressRule", &[("host", form(Form::Host))]),
    ("networking.v1.IngressTLS", &[("hosts", form(Form::Host))]),
    (
        "networking.v1.IngressServiceBackend",
        &[("name", form(Form::ServiceName))],
    ),
    (
        "networking.v1.ServiceBackendPort",
        &[("number", PORT), ("name", form(Form::PortName))],
    ),
    (
        "networking.v1.NetworkPolicySpec",
        &[("policyTypes", OneOf(&["Ingress", "Egress"]))],
    ),
    (
        "networking.v1.NetworkPolicyPort",
        &[
            ("port", PortOrName),
            ("endPort", PORT),
            ("protocol", PROTOCOL),
        ],
    ),
    (
        "networking.v1.IPBlock",
        &[("cidr", form(Form::Cidr)), ("except", form(Form::Cidr))],
    ),
    (
        "rbac.v1.Subject",
        &[("kind", OneOf(&["ServiceAccount", "User", "Group"]))],
    ),
    (
        "storage.v1.StorageClass",
        &[
            ("reclaimPolicy", KEEP),
            (
                "volumeBindingMode",
                OneOf(&["Immediate", "WaitForFirstConsumer"]),
            ),
        ],
    ),
    (
        "storage.v1.CSIDriverSpec",
        &[(
            "fsGroupPolicy",
            OneOf(&["ReadWriteOnceWithFSType", "File", "None"]),
        )],
    ),
    (
        "scheduling.v1.PriorityClass",
        &[(
            "preemptionPolicy",
            OneOf(&["PreemptLowerPriority", "Never"]),
        )],
    ),
    ("admissionregistration.v1.MutatingWebhook", MUTATING_WEBHOOK),
    ("admissionregistration.v1.ValidatingWebhook", WEBHOOK),
    (
        "admissionregistration.v1.RuleWithOperations",
        &[("operations", OPERATIONS), ("scope", SCOPE)],
    ),
    (
        "admissionregistration.v1.ValidatingAdmissionPolicySpec",
        &[("failurePolicy", FAILURE)],
    ),
    (
        "apiextensions.v1.CustomResourceDefinitionSpec",
        &[("scope", OneOf(&["Cluster", "Namespaced"]))],
    ),
    (
        "apiextensions.v1.CustomResourceConversion",
        &[("strategy", OneOf(&["None", "Webhook"]))],
    ),
    (
        "apiextensions.v1.JSONSchemaProps",
        &[(
            "type",
            OneOf(&[
                "", "array", "boolean", "integer", "number", "object", "string",
            ]),
        )],
    ),
    (
        "discovery.v1.EndpointSlice",
        &[("addressType", OneOf(&["IPv4", "IPv6", "FQDN"]))],
    ),
    ("discovery.v1.EndpointPort", &[("protocol", PROTOCOL)]),
    (
        "coordination.v1.LeaseSpec",
        &[
            ("leaseDurationSeconds", POSITIVE),
            ("leaseTransitions", NOT_NEGATIVE),
        ],
    ),
];

const REFERENCE: &[Row] = &[
    ("kind", form(Form::NotEmpty)),
    ("name", form(Form::NotEmpty)),
];

const WEBHOOK: &[Row] = &[
    ("failurePolicy", FAILURE),
    ("matchPolicy", MATCH),
    ("sideEffects", OneOf(&["None", "NoneOnDryRun"])),
    ("timeoutSeconds", Within(1, 30)),
];

const MUTATING_WEBHOOK: &[Row] = &[
    WEBHOOK[0],
    WEBHOOK[1],
    WEBHOOK[2],
    WEBHOOK[3],
    ("reinvocationPolicy", OneOf(&["Never", "IfNeeded"])),
];
