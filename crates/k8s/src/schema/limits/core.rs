//! Limits of pods, services, volumes and the other kinds of the core group.

use super::{Form, ID, Limit, MODE, NOT_NEGATIVE, PORT, POSITIVE, PROTOCOL, Row};
use Limit::{Amounts, Annotations, FileNames, Labels, OneOf, PortOrName, Within};

const fn form(form: Form) -> Limit {
    Limit::Form(form)
}

const ACCESS_MODES: Limit = OneOf(&[
    "ReadWriteOnce",
    "ReadOnlyMany",
    "ReadWriteMany",
    "ReadWriteOncePod",
]);
const VOLUME_MODE: Limit = OneOf(&["Filesystem", "Block"]);
const PROFILE: Limit = OneOf(&["RuntimeDefault", "Localhost", "Unconfined"]);
const HONOUR: Limit = OneOf(&["Honor", "Ignore"]);

pub(super) static ROWS: &[(&str, &[Row])] = &[
    (
        "meta.v1.ObjectMeta",
        &[
            ("namespace", form(Form::Label)),
            ("labels", Labels),
            ("annotations", Annotations),
        ],
    ),
    ("meta.v1.LabelSelector", &[("matchLabels", Labels)]),
    (
        "meta.v1.LabelSelectorRequirement",
        &[
            ("key", form(Form::QualifiedName)),
            (
                "operator",
                OneOf(&["In", "NotIn", "Exists", "DoesNotExist"]),
            ),
        ],
    ),
    (
        "core.v1.PodSpec",
        &[
            ("restartPolicy", OneOf(&["Always", "OnFailure", "Never"])),
            (
                "dnsPolicy",
                OneOf(&["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
            ),
            (
                "preemptionPolicy",
                OneOf(&["PreemptLowerPriority", "Never"]),
            ),
            ("activeDeadlineSeconds", POSITIVE),
            ("serviceAccountName", form(Form::Subdomain)),
            ("nodeName", form(Form::Subdomain)),
            ("hostname", form(Form::Label)),
            ("subdomain", form(Form::Label)),
            ("runtimeClassName", form(Form::Subdomain)),
            ("priorityClassName", form(Form::Subdomain)),
            ("nodeSelector", Labels),
            ("overhead", Amounts),
        ],
    ),
    (
        "core.v1.HostAlias",
        &[("ip", form(Form::Ip)), ("hostnames", form(Form::Subdomain))],
    ),
    ("core.v1.PodDNSConfig", &[("nameservers", form(Form::Ip))]),
    (
        "core.v1.PodSecurityContext",
        &[
            ("runAsUser", ID),
            ("runAsGroup", ID),
            ("fsGroup", ID),
            ("supplementalGroups", ID),
            ("fsGroupChangePolicy", OneOf(&["OnRootMismatch", "Always"])),
            ("supplementalGroupsPolicy", OneOf(&["Merge", "Strict"])),
        ],
    ),
    (
        "core.v1.SecurityContext",
        &[
            ("runAsUser", ID),
            ("runAsGroup", ID),
            ("procMount", OneOf(&["Default", "Unmasked"])),
        ],
    ),
    ("core.v1.SeccompProfile", &[("type", PROFILE)]),
    ("core.v1.AppArmorProfile", &[("type", PROFILE)]),
    ("core.v1.Container", CONTAINER),
    ("core.v1.EphemeralContainer", CONTAINER),
    (
        "core.v1.ContainerPort",
        &[
            ("name", form(Form::PortName)),
            ("containerPort", PORT),
            ("hostPort", Within(0, 65_535)),
            ("protocol", PROTOCOL),
        ],
    ),
    ("core.v1.EnvVar", &[("name", form(Form::EnvName))]),
    (
        "core.v1.ConfigMapKeySelector",
        &[("key", form(Form::FileName))],
    ),
    (
        "core.v1.SecretKeySelector",
        &[("key", form(Form::FileName))],
    ),
    (
        "core.v1.ResourceRequirements",
        &[("limits", Limit::Resources), ("requests", Limit::Resources)],
    ),
    (
        "core.v1.Probe",
        &[
            ("initialDelaySeconds", NOT_NEGATIVE),
            ("timeoutSeconds", NOT_NEGATIVE),
            ("periodSeconds", NOT_NEGATIVE),
            ("successThreshold", NOT_NEGATIVE),
            ("failureThreshold", NOT_NEGATIVE),
        ],
    ),
    (
        "core.v1.HTTPGetAction",
        &[("port", PortOrName), ("scheme", OneOf(&["HTTP", "HTTPS"]))],
    ),
    ("core.v1.TCPSocketAction", &[("port", PortOrName)]),
    ("core.v1.GRPCAction", &[("port", PORT)]),
    ("core.v1.HTTPHeader", &[("name", form(Form::HeaderName))]),
    (
        "core.v1.VolumeMount",
        &[
            ("mountPath", form(Form::NotEmpty)),
            ("subPath", form(Form::RelativePath)),
            ("subPathExpr", form(Form::RelativePath)),
            (
                "mountPropagation",
                OneOf(&["None", "HostToContainer", "Bidirectional"]),
            ),
            (
                "recursiveReadOnly",
                OneOf(&["Disabled", "IfPossible", "Enabled"]),
            ),
        ],
    ),
    ("core.v1.Volume", &[("name", form(Form::Label))]),
    ("core.v1.SecretVolumeSource", &[("defaultMode", MODE)]),
    ("core.v1.ConfigMapVolumeSource", &[("defaultMode", MODE)]),
    ("core.v1.ProjectedVolumeSource", &[("defaultMode", MODE)]),
    ("core.v1.DownwardAPIVolumeSource", &[("defaultMode", MODE)]),
    (
        "core.v1.DownwardAPIVolumeFile",
        &[("mode", MODE), ("path", form(Form::RelativePath))],
    ),
    (
        "core.v1.KeyToPath",
        &[
            ("key", form(Form::FileName)),
            ("path", form(Form::RelativePath)),
            ("mode", MODE),
        ],
    ),
    (
        "core.v1.HostPathVolumeSource",
        &[
            ("path", form(Form::PathWithoutUp)),
            (
                "type",
                OneOf(&[
                    "",
                    "DirectoryOrCreate",
                    "Directory",
                    "FileOrCreate",
                    "File",
                    "Socket",
                    "CharDevice",
                    "BlockDevice",
                ]),
            ),
        ],
    ),
    ("core.v1.EmptyDirVolumeSource", &[("sizeLimit", Amounts)]),
    (
        "core.v1.Toleration",
        &[
            ("operator", OneOf(&["Equal", "Exists", "Lt", "Gt"])),
            (
                "effect",
                OneOf(&["NoSchedule", "PreferNoSchedule", "NoExecute"]),
            ),
        ],
    ),
    (
        "core.v1.Taint",
        &[
            ("key", form(Form::QualifiedName)),
            ("value", form(Form::LabelValue)),
            (
                "effect",
                OneOf(&["NoSchedule", "PreferNoSchedule", "NoExecute"]),
            ),
        ],
    ),
    (
        "core.v1.NodeSelectorRequirement",
        &[(
            "operator",
            OneOf(&["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]),
        )],
    ),
    (
        "core.v1.PreferredSchedulingTerm",
        &[("weight", Within(1, 100))],
    ),
    (
        "core.v1.WeightedPodAffinityTerm",
        &[("weight", Within(1, 100))],
    ),
    (
        "core.v1.PodAffinityTerm",
        &[("topologyKey", form(Form::QualifiedName))],
    ),
    (
        "core.v1.TopologySpreadConstraint",
        &[
            ("maxSkew", POSITIVE),
            ("minDomains", POSITIVE),
            ("topologyKey", form(Form::QualifiedName)),
            (
                "whenUnsatisfiable",
                OneOf(&["DoNotSchedule", "ScheduleAnyway"]),
            ),
            ("nodeAffinityPolicy", HONOUR),
            ("nodeTaintsPolicy", HONOUR),
        ],
    ),
    (
        "core.v1.ServiceSpec",
        &[
            (
                "type",
                OneOf(&["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
            ),
            ("sessionAffinity", OneOf(&["None", "ClientIP"])),
            ("externalTrafficPolicy", OneOf(&["Cluster", "Local"])),
            ("internalTrafficPolicy", OneOf(&["Cluster", "Local"])),
            (
                "ipFamilyPolicy",
                OneOf(&["SingleStack", "PreferDualStack", "RequireDualStack"]),
            ),
            ("ipFamilies", OneOf(&["IPv4", "IPv6"])),
            ("clusterIP", form(Form::IpOrNone)),
            ("externalName", form(Form::DomainName)),
            ("externalIPs", form(Form::Ip)),
            ("selector", Labels),
        ],
    ),
    (
        "core.v1.ServicePort",
        &[
            ("name", form(Form::Label)),
            ("port", PORT),
            ("nodePort", Within(0, 65_535)),
            ("protocol", PROTOCOL),
            ("targetPort", PortOrName),
        ],
    ),
    (
        "core.v1.PersistentVolumeSpec",
        &[
            ("accessModes", ACCESS_MODES),
            (
                "persistentVolumeReclaimPolicy",
                OneOf(&["Retain", "Delete", "Recycle"]),
            ),
            ("volumeMode", VOLUME_MODE),
            ("capacity", Amounts),
            ("storageClassName", form(Form::Subdomain)),
        ],
    ),
    (
        "core.v1.PersistentVolumeClaimSpec",
        &[
            ("accessModes", ACCESS_MODES),
            ("volumeMode", VOLUME_MODE),
            ("storageClassName", form(Form::Subdomain)),
        ],
    ),
    (
        "core.v1.ConfigMap",
        &[("data", FileNames), ("binaryData", FileNames)],
    ),
    (
        "core.v1.Secret",
        &[("data", FileNames), ("stringData", FileNames)],
    ),
    (
        "core.v1.ReplicationControllerSpec",
        &[("replicas", NOT_NEGATIVE)],
    ),
    ("core.v1.ResourceQuotaSpec", &[("hard", Amounts)]),
    (
        "core.v1.LimitRangeItem",
        &[
            ("max", Amounts),
            ("min", Amounts),
            ("default", Amounts),
            ("defaultRequest", Amounts),
        ],
    ),
    (
        "core.v1.EndpointPort",
        &[("port", PORT), ("protocol", PROTOCOL)],
    ),
    ("core.v1.EndpointAddress", &[("ip", form(Form::Ip))]),
];

const CONTAINER: &[Row] = &[
    ("name", form(Form::Label)),
    (
        "imagePullPolicy",
        OneOf(&["Always", "IfNotPresent", "Never"]),
    ),
    (
        "terminationMessagePolicy",
        OneOf(&["File", "FallbackToLogsOnError"]),
    ),
    ("restartPolicy", OneOf(&["Always", "OnFailure", "Never"])),
];
