//! What no object of a cluster says: keys of a Compose file with what is lost and what to do.

/// What is lost, and what to do.
type Words = (&'static str, &'static str);

/// Said of a key that nobody thought of.
pub(super) const UNKNOWN: Words = (
    "nothing that is written says it",
    "see whether the cluster needs it, and say it there by hand",
);

/// What is said of a key as a whole, instead of every value below it.
pub(super) fn of(keys: &[String]) -> Option<Words> {
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    match &keys[..] {
        ["services", _, key] => find(SERVICE, key),
        ["services", _, "deploy", key] => find(DEPLOY, key),
        ["services", _, "deploy", "resources", "limits", "pids"] => find(SERVICE, "pids_limit"),
        [
            "services",
            _,
            "deploy",
            "resources",
            "reservations",
            "generic_resources",
        ] => Some((
            "kinds of resources that Swarm counts are not known to a cluster",
            "take a device plugin, and ask for what it offers in `resources.limits`",
        )),
        [
            "services",
            _,
            "deploy",
            "resources",
            "reservations",
            "devices",
        ] => find(SERVICE, "devices"),
        [
            "services",
            _,
            "deploy",
            "restart_policy",
            "delay" | "window",
        ] => Some((
            "the pauses between restarts are the cluster's: 10 s, and twice as long each time",
            "nothing",
        )),
        ["services", _, "deploy", "update_config", key] => find(UPDATE, key),
        [
            "services",
            _,
            "deploy",
            "placement",
            "constraints" | "preferences",
            _,
        ]
        | [
            "services",
            _,
            "deploy",
            "placement",
            "max_replicas_per_node",
        ] => Some((
            "where pods go is said otherwise in a cluster",
            "write node labels, `affinity` or `topologySpreadConstraints` by hand",
        )),
        ["services", _, "networks", _, key] => find(ATTACHMENT, key),
        ["networks", _, key] => find(NETWORK, key),
        ["volumes", _, key] => find(VOLUME, key),
        ["models", _] => Some((
            "a model that Compose runs beside the services has no counterpart",
            "run it as a service of its own, and give its address as a variable",
        )),
        ["jobs", _] => Some((
            "a job is not carried over",
            "write it as a service with `restart: \"no\"`, or as a CronJob by hand",
        )),
        _ => None,
    }
}

fn find(table: &[(&str, Words)], key: &str) -> Option<Words> {
    let row = table.iter().find(|(name, _)| *name == key)?;
    Some(row.1)
}

const KERNEL: &str = "nothing in a pod sets it; ask for nodes that are set up so";

const SERVICE: &[(&str, Words)] = &[
    (
        "attach",
        (
            "logs of pods are never attached",
            "read them with `kubectl logs`",
        ),
    ),
    (
        "blkio_config",
        (
            "pods have no limits of block I/O",
            "choose a storage class that is fast enough",
        ),
    ),
    ("cgroup", ("pods cannot choose their control group", KERNEL)),
    (
        "cgroup_parent",
        ("pods cannot choose their control group", KERNEL),
    ),
    ("cpu_count", ("it is for Windows", "say `cpus` in Compose")),
    (
        "cpu_percent",
        ("it is for Windows", "say `cpus` in Compose"),
    ),
    (
        "cpu_period",
        (
            "the period of the CPU quota is the cluster's",
            "say `cpus` in Compose",
        ),
    ),
    (
        "cpu_quota",
        (
            "the period of the CPU quota is the cluster's",
            "say `cpus` in Compose",
        ),
    ),
    (
        "cpu_rt_period",
        ("pods have no real-time scheduling", KERNEL),
    ),
    (
        "cpu_rt_runtime",
        ("pods have no real-time scheduling", KERNEL),
    ),
    (
        "cpu_shares",
        (
            "shares of the CPU follow from the request",
            "say `deploy.resources.reservations.cpus` in Compose",
        ),
    ),
    (
        "cpuset",
        (
            "pods cannot choose their cores",
            "ask for whole cores on nodes with the static CPU manager policy",
        ),
    ),
    (
        "credential_spec",
        (
            "accounts of Windows are not carried over",
            "set `windowsOptions` by hand",
        ),
    ),
    (
        "develop",
        (
            "it is for development, and a cluster runs what was built",
            "go on with Compose while developing",
        ),
    ),
    (
        "device_cgroup_rules",
        ("pods have no rules about devices", "take a device plugin"),
    ),
    (
        "devices",
        (
            "a device of the host does not come into a pod",
            "take a device plugin of the cluster, and ask for what it offers in `resources.limits`",
        ),
    ),
    (
        "external_links",
        (
            "containers outside of the project are not reached by a name",
            "make a Service of type ExternalName",
        ),
    ),
    (
        "init",
        (
            "a container's first process is the image's own: nothing reaps its orphans or hands signals on",
            "put `tini` into the image where the program starts others",
        ),
    ),
    ("isolation", ("it is for Windows", "take a runtime class")),
    (
        "label_file",
        (
            "labels are carried over from `labels` alone",
            "say them there",
        ),
    ),
    (
        "logging",
        (
            "the cluster's nodes keep what pods print",
            "let the cluster's collector take it, and see to it that the program prints to standard output",
        ),
    ),
    (
        "mac_address",
        (
            "the network of the cluster gives addresses",
            "do without a fixed address",
        ),
    ),
    (
        "mem_swappiness",
        ("pods do not choose how they are swapped", KERNEL),
    ),
    (
        "memswap_limit",
        ("pods do not choose how they are swapped", KERNEL),
    ),
    (
        "models",
        (
            "a model that Compose runs beside the services has no counterpart",
            "run it as a service of its own, and give its address as a variable",
        ),
    ),
    (
        "oom_kill_disable",
        (
            "what exceeds its memory is ended in a cluster",
            "set the limit so that it is enough",
        ),
    ),
    (
        "oom_score_adj",
        (
            "the cluster chooses it by requests and limits",
            "make both equal for what must go last",
        ),
    ),
    (
        "pids_limit",
        (
            "the nodes limit processes, not pods",
            "set `podPidsLimit` of the kubelet",
        ),
    ),
    (
        "provider",
        (
            "what a provider of Compose makes is not known here",
            "make it in the cluster by hand",
        ),
    ),
    (
        "runtime",
        (
            "names of runtimes are the cluster's own",
            "set `runtimeClassName` to a RuntimeClass of the cluster",
        ),
    ),
    (
        "storage_opt",
        (
            "the size of a container's own files is a limit of the cluster",
            "set `ephemeral-storage` in `resources.limits`",
        ),
    ),
    (
        "ulimits",
        (
            "pods take the limits of the container runtime",
            "set them there, or by `ulimit` in the image's entrypoint",
        ),
    ),
    (
        "use_api_socket",
        (
            "there is no socket of Docker in a cluster",
            "let the program use the Kubernetes API with a ServiceAccount, or leave it out",
        ),
    ),
    (
        "userns_mode",
        (
            "the user namespace is not carried over",
            "set `hostUsers` by hand",
        ),
    ),
    (
        "uts",
        (
            "pods do not share the host's name",
            "say `hostname` in Compose where a fixed one is needed",
        ),
    ),
    (
        "volumes_from",
        (
            "volumes of another container are not taken over",
            "name the volumes in both services",
        ),
    ),
    (
        "pre_start",
        (
            "what runs before the start is not carried over",
            "write it as an init container",
        ),
    ),
];

const DEPLOY: &[(&str, Words)] = &[
    (
        "endpoint_mode",
        (
            "a Service always has an address of its own",
            "set `clusterIP: None` where names must lead to pods",
        ),
    ),
    (
        "rollback_config",
        (
            "a Deployment does not go back by itself",
            "let whatever deploys go back when the rollout fails",
        ),
    ),
];

const UPDATE: &[(&str, Words)] = &[
    (
        "failure_action",
        (
            "a rollout that fails stands still, and nothing goes back by itself",
            "let whatever deploys go back",
        ),
    ),
    (
        "max_failure_ratio",
        (
            "a rollout stops at the first pod that does not become ready",
            "nothing",
        ),
    ),
    (
        "monitor",
        (
            "a new pod is watched by its probes",
            "set `minReadySeconds` by hand",
        ),
    ),
];

const ATTACHMENT: &[(&str, Words)] = &[
    (
        "ipv4_address",
        ("the cluster gives addresses", "call it by its name"),
    ),
    (
        "ipv6_address",
        ("the cluster gives addresses", "call it by its name"),
    ),
    (
        "link_local_ips",
        ("the cluster gives addresses", "call it by its name"),
    ),
    (
        "mac_address",
        ("the cluster gives addresses", "do without a fixed one"),
    ),
    ("priority", ("a pod has one network", "nothing")),
    ("gw_priority", ("a pod has one network", "nothing")),
    ("interface_name", ("a pod has one network", "nothing")),
    (
        "driver_opts",
        ("the network is the cluster's", "leave it to the cluster"),
    ),
];

const NETWORK: &[(&str, Words)] = &[
    (
        "driver",
        ("the network is the cluster's", "leave it to the cluster"),
    ),
    (
        "driver_opts",
        ("the network is the cluster's", "leave it to the cluster"),
    ),
    (
        "ipam",
        ("the cluster gives addresses", "do without fixed addresses"),
    ),
    (
        "attachable",
        ("pods reach Services without being attached", "nothing"),
    ),
    (
        "enable_ipv4",
        (
            "the cluster says which addresses there are",
            "set `ipFamilyPolicy` of the Services",
        ),
    ),
    (
        "enable_ipv6",
        (
            "the cluster says which addresses there are",
            "set `ipFamilyPolicy` of the Services",
        ),
    ),
    ("labels", ("a network is no object of its own", "nothing")),
    (
        "external",
        (
            "what else is on the network is not known here",
            "let it into the NetworkPolicies by hand",
        ),
    ),
];

const VOLUME: &[(&str, Words)] = &[
    (
        "driver",
        (
            "volumes are made by a storage class",
            "set `storageClassName` of the claim",
        ),
    ),
    (
        "driver_opts",
        (
            "volumes are made by a storage class",
            "make a PersistentVolume with the same server and path, and name it in the claim",
        ),
    ),
];
