//! The types of the reference's model: which fields there are, in which order they are printed,
//! what they hold and when they are left out.
//!
//! They follow compose-go's `types` package, whose order of fields the printed YAML has.

/// What a field holds.
#[derive(Clone, Copy)]
pub(in crate::resolve) enum Ty {
    /// A string.
    Text,
    /// A boolean.
    Bool,
    /// A boolean that is left out when it is true.
    OptOut,
    /// A whole number.
    Int,
    /// A whole number of at most this many bits, not negative.
    Uint(u32),
    /// A number of single precision.
    Single,
    /// A size, printed as a string of bytes.
    Bytes,
    /// A duration, printed as Go prints one.
    Duration,
    /// A share of processors.
    Cpus,
    /// Permissions, printed as an octal string.
    FileMode,
    /// A number of devices, -1 for all.
    DeviceCount,
    /// Words of a command line.
    Command,
    /// The test of a health check.
    Test,
    /// A string or a list of them.
    TextOrList,
    /// A string or a list of strings and numbers.
    TextOrNumberList,
    /// A list.
    List(&'static Ty),
    /// A mapping with names of the user's own; whether its values may be null.
    Map(&'static Ty, bool),
    /// A mapping with these fields.
    Struct(&'static Struct),
    /// Pairs of strings.
    Pairs,
    /// Pairs of strings, some without a value.
    Environment,
    /// Options whose values are lists of strings.
    MultiOptions,
    /// Hosts with their addresses.
    Hosts,
    /// Keys for the build, printed as strings.
    Ssh,
    /// A limit, one number or two.
    Ulimit,
    /// A mapping of strings.
    TextMap,
}

/// When a printer leaves a field out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::resolve) enum Omit {
    /// When it is empty, false or zero.
    Empty,
    /// Never.
    Never,
    /// Always.
    Always,
}

/// One field.
pub(in crate::resolve) struct Field {
    /// The key.
    pub(in crate::resolve) key: &'static str,
    pub(in crate::resolve) ty: Ty,
    /// Whether zero is a value and only nothing is nothing.
    pub(in crate::resolve) pointer: bool,
    pub(in crate::resolve) yaml: Omit,
    pub(in crate::resolve) json: Omit,
    /// The key in JSON, where it is another.
    pub(in crate::resolve) json_key: &'static str,
}

/// A mapping with known fields.
pub(in crate::resolve) struct Struct {
    /// Groups of fields, in the order in which they are printed.
    pub(in crate::resolve) fields: &'static [&'static [Field]],
    /// Whether `x-` keys are kept.
    pub(in crate::resolve) extensions: bool,
}

impl Struct {
    pub(in crate::resolve) fn fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().flat_map(|group| group.iter())
    }
}

/// The key under which `x-` keys lie after they are taken out of their mapping.
pub(in crate::resolve) const EXTENSIONS: &str = "#extensions";

const fn field(key: &'static str, ty: Ty) -> Field {
    Field {
        key,
        ty,
        pointer: false,
        yaml: Omit::Empty,
        json: Omit::Empty,
        json_key: key,
    }
}

const fn pointer(key: &'static str, ty: Ty) -> Field {
    Field {
        pointer: true,
        ..field(key, ty)
    }
}

const fn always(key: &'static str, ty: Ty) -> Field {
    Field {
        yaml: Omit::Never,
        json: Omit::Never,
        ..field(key, ty)
    }
}

/// Left out of YAML when empty, `null` in JSON.
const fn shown_in_json(key: &'static str, ty: Ty) -> Field {
    Field {
        json: Omit::Never,
        ..field(key, ty)
    }
}

/// A field without names of its own for JSON.
const fn capital(key: &'static str, json_key: &'static str, ty: Ty) -> Field {
    Field {
        json_key,
        ..always(key, ty)
    }
}

const fn of(fields: &'static [&'static [Field]]) -> Struct {
    Struct {
        fields,
        extensions: true,
    }
}

const fn without_extensions(fields: &'static [&'static [Field]]) -> Struct {
    Struct {
        fields,
        extensions: false,
    }
}

const TEXTS: Ty = Ty::List(&Ty::Text);

const THROTTLES: Ty = Ty::List(&Ty::Struct(&of(&[&[
    capital("path", "Path", Ty::Text),
    capital("rate", "Rate", Ty::Bytes),
]])));

const BLKIO: Struct = of(&[&[
    field("weight", Ty::Uint(16)),
    field(
        "weight_device",
        Ty::List(&Ty::Struct(&of(&[&[
            capital("path", "Path", Ty::Text),
            capital("weight", "Weight", Ty::Uint(16)),
        ]]))),
    ),
    field("device_read_bps", THROTTLES),
    field("device_read_iops", THROTTLES),
    field("device_write_bps", THROTTLES),
    field("device_write_iops", THROTTLES),
]]);

const GRANTS: Ty = Ty::List(&Ty::Struct(&of(&[&[
    field("source", Ty::Text),
    field("target", Ty::Text),
    field("uid", Ty::Text),
    field("gid", Ty::Text),
    pointer("mode", Ty::FileMode),
]])));

const DEVICE_REQUESTS: Ty = Ty::List(&Ty::Struct(&without_extensions(&[&[
    field("capabilities", TEXTS),
    field("driver", Ty::Text),
    field("count", Ty::DeviceCount),
    field("device_ids", TEXTS),
    field("options", Ty::Pairs),
]])));

const NETWORK_USE: Struct = of(&[&[
    field("aliases", TEXTS),
    field("driver_opts", Ty::Pairs),
    field("gw_priority", Ty::Int),
    field("interface_name", Ty::Text),
    field("ipv4_address", Ty::Text),
    field("ipv6_address", Ty::Text),
    field("link_local_ips", TEXTS),
    field("mac_address", Ty::Text),
    field("priority", Ty::Int),
]]);

const VOLUME_USE: Struct = of(&[&[
    field("type", Ty::Text),
    field("source", Ty::Text),
    field("target", Ty::Text),
    field("read_only", Ty::Bool),
    field("consistency", Ty::Text),
    pointer(
        "bind",
        Ty::Struct(&of(&[&[
            field("selinux", Ty::Text),
            field("propagation", Ty::Text),
            field("create_host_path", Ty::OptOut),
            field("recursive", Ty::Text),
        ]])),
    ),
    pointer(
        "volume",
        Ty::Struct(&of(&[&[
            field("labels", Ty::Pairs),
            field("nocopy", Ty::Bool),
            field("subpath", Ty::Text),
        ]])),
    ),
    pointer(
        "tmpfs",
        Ty::Struct(&of(&[&[
            field("size", Ty::Bytes),
            field("mode", Ty::Uint(32)),
        ]])),
    ),
    pointer("image", Ty::Struct(&of(&[&[field("subpath", Ty::Text)]]))),
]]);

const ENV_FILES: Ty = Ty::List(&Ty::Struct(&without_extensions(&[&[
    field("path", Ty::Text),
    field("required", Ty::OptOut),
    field("format", Ty::Text),
]])));

const CONTAINER: &[Field] = &[
    field("annotations", Ty::Pairs),
    pointer("blkio_config", Ty::Struct(&BLKIO)),
    field("cap_add", TEXTS),
    field("cap_drop", TEXTS),
    field("cgroup_parent", Ty::Text),
    field("cgroup", Ty::Text),
    field("cpu_count", Ty::Int),
    field("cpu_percent", Ty::Single),
    field("cpu_period", Ty::Int),
    field("cpu_quota", Ty::Int),
    field("cpu_rt_period", Ty::Int),
    field("cpu_rt_runtime", Ty::Int),
    field("cpus", Ty::Single),
    field("cpuset", Ty::Text),
    field("cpu_shares", Ty::Int),
    shown_in_json("command", Ty::Command),
    field("configs", GRANTS),
    pointer(
        "credential_spec",
        Ty::Struct(&of(&[&[
            field("config", Ty::Text),
            field("file", Ty::Text),
            field("registry", Ty::Text),
        ]])),
    ),
    field("device_cgroup_rules", TEXTS),
    field(
        "devices",
        Ty::List(&Ty::Struct(&of(&[&[
            field("source", Ty::Text),
            field("target", Ty::Text),
            field("permissions", Ty::Text),
        ]]))),
    ),
    field("dns", Ty::TextOrList),
    field("dns_opt", TEXTS),
    field("dns_search", Ty::TextOrList),
    field("domainname", Ty::Text),
    shown_in_json("entrypoint", Ty::Command),
    field("environment", Ty::Environment),
    field("env_file", ENV_FILES),
    field("extra_hosts", Ty::Hosts),
    field("group_add", TEXTS),
    field("gpus", DEVICE_REQUESTS),
    field("hostname", Ty::Text),
    field("image", Ty::Text),
    pointer("init", Ty::Bool),
    field("ipc", Ty::Text),
    field("isolation", Ty::Text),
    field("labels", Ty::Pairs),
    field("label_file", TEXTS),
    pointer(
        "logging",
        Ty::Struct(&of(&[&[
            field("driver", Ty::Text),
            field("options", Ty::Pairs),
        ]])),
    ),
    field("log_driver", Ty::Text),
    field("log_opt", Ty::TextMap),
    field("mem_limit", Ty::Bytes),
    field("mem_reservation", Ty::Bytes),
    field("memswap_limit", Ty::Bytes),
    field("mem_swappiness", Ty::Bytes),
    field("mac_address", Ty::Text),
    field(
        "models",
        Ty::Map(
            &Ty::Struct(&of(&[&[
                field("endpoint_var", Ty::Text),
                field("model_var", Ty::Text),
            ]])),
            true,
        ),
    ),
    field("network_mode", Ty::Text),
    field("networks", Ty::Map(&Ty::Struct(&NETWORK_USE), true)),
    field("oom_kill_disable", Ty::Bool),
    field("oom_score_adj", Ty::Int),
    field("pid", Ty::Text),
    field("pids_limit", Ty::Int),
    field("platform", Ty::Text),
    field("privileged", Ty::Bool),
    field("pull_policy", Ty::Text),
    field("pull_refresh_after", Ty::Text),
    field("read_only", Ty::Bool),
    field("runtime", Ty::Text),
    field("secrets", GRANTS),
    field("security_opt", TEXTS),
    field("shm_size", Ty::Bytes),
    pointer("stop_grace_period", Ty::Duration),
    field("stop_signal", Ty::Text),
    field("storage_opt", Ty::TextMap),
    field("sysctls", Ty::Pairs),
    field("tmpfs", Ty::TextOrList),
    field("ulimits", Ty::Map(&Ty::Ulimit, true)),
    field("use_api_socket", Ty::Bool),
    field("user", Ty::Text),
    field("userns_mode", Ty::Text),
    field("uts", Ty::Text),
    field("volume_driver", Ty::Text),
    field("volumes", Ty::List(&Ty::Struct(&VOLUME_USE))),
    field("volumes_from", TEXTS),
    field("working_dir", Ty::Text),
];

const BUILD: Struct = of(&[&[
    field("context", Ty::Text),
    field("dockerfile", Ty::Text),
    field("dockerfile_inline", Ty::Text),
    field("entitlements", TEXTS),
    field("args", Ty::Environment),
    field("provenance", Ty::Text),
    field("sbom", Ty::Text),
    field("ssh", Ty::Ssh),
    field("labels", Ty::Pairs),
    field("cache_from", Ty::TextOrList),
    field("cache_to", Ty::TextOrList),
    field("no_cache", Ty::Bool),
    field("no_cache_filter", Ty::TextOrList),
    field("additional_contexts", Ty::Pairs),
    field("pull", Ty::Bool),
    field("extra_hosts", Ty::Hosts),
    field("isolation", Ty::Text),
    field("network", Ty::Text),
    field("target", Ty::Text),
    field("secrets", GRANTS),
    field("shm_size", Ty::Bytes),
    field("tags", Ty::TextOrList),
    field("ulimits", Ty::Map(&Ty::Ulimit, true)),
    field("platforms", Ty::TextOrList),
    field("privileged", Ty::Bool),
]]);

const HEALTHCHECK: Struct = of(&[&[
    field("test", Ty::Test),
    pointer("timeout", Ty::Duration),
    pointer("interval", Ty::Duration),
    pointer("retries", Ty::Uint(64)),
    pointer("start_period", Ty::Duration),
    pointer("start_interval", Ty::Duration),
    field("disable", Ty::Bool),
]]);

const WORKLOAD: &[Field] = &[
    pointer("build", Ty::Struct(&BUILD)),
    field(
        "depends_on",
        Ty::Map(
            &Ty::Struct(&of(&[&[
                field("condition", Ty::Text),
                field("restart", Ty::Bool),
                always("required", Ty::Bool),
            ]])),
            false,
        ),
    ),
    field("dockerfile", Ty::Text),
    field("expose", Ty::TextOrNumberList),
    pointer("healthcheck", Ty::Struct(&HEALTHCHECK)),
    field(
        "ports",
        Ty::List(&Ty::Struct(&of(&[&[
            field("name", Ty::Text),
            field("mode", Ty::Text),
            field("host_ip", Ty::Text),
            field("target", Ty::Uint(32)),
            field("published", Ty::Text),
            field("protocol", Ty::Text),
            field("app_protocol", Ty::Text),
        ]]))),
    ),
    field("stdin_open", Ty::Bool),
    field("tty", Ty::Bool),
];

const UPDATE: Struct = of(&[&[
    pointer("parallelism", Ty::Uint(64)),
    field("delay", Ty::Duration),
    field("failure_action", Ty::Text),
    field("monitor", Ty::Duration),
    field("max_failure_ratio", Ty::Single),
    field("order", Ty::Text),
]]);

const RESOURCE: Struct = of(&[&[
    field("cpus", Ty::Cpus),
    field("memory", Ty::Bytes),
    field("pids", Ty::Int),
    field("devices", DEVICE_REQUESTS),
    field(
        "generic_resources",
        Ty::List(&Ty::Struct(&of(&[&[pointer(
            "discrete_resource_spec",
            Ty::Struct(&of(&[&[
                always("kind", Ty::Text),
                always("value", Ty::Int),
            ]])),
        )]]))),
    ),
]]);

const DEPLOY: Struct = of(&[&[
    field("mode", Ty::Text),
    pointer("replicas", Ty::Int),
    field("labels", Ty::Pairs),
    pointer("update_config", Ty::Struct(&UPDATE)),
    pointer("rollback_config", Ty::Struct(&UPDATE)),
    field(
        "resources",
        Ty::Struct(&of(&[&[
            pointer("limits", Ty::Struct(&RESOURCE)),
            pointer("reservations", Ty::Struct(&RESOURCE)),
        ]])),
    ),
    pointer(
        "restart_policy",
        Ty::Struct(&of(&[&[
            field("condition", Ty::Text),
            pointer("delay", Ty::Duration),
            pointer("max_attempts", Ty::Uint(64)),
            pointer("window", Ty::Duration),
        ]])),
    ),
    field(
        "placement",
        Ty::Struct(&of(&[&[
            field("constraints", TEXTS),
            field(
                "preferences",
                Ty::List(&Ty::Struct(&of(&[&[field("spread", Ty::Text)]]))),
            ),
            field("max_replicas_per_node", Ty::Uint(64)),
        ]])),
    ),
    field("endpoint_mode", Ty::Text),
]]);

const HOOK: Struct = of(&[&[
    shown_in_json("command", Ty::Command),
    field("user", Ty::Text),
    field("privileged", Ty::Bool),
    field("working_dir", Ty::Text),
    field("environment", Ty::Environment),
]]);

const DEVELOP: Struct = of(&[&[field(
    "watch",
    Ty::List(&Ty::Struct(&of(&[&[
        always("path", Ty::Text),
        always("action", Ty::Text),
        field("target", Ty::Text),
        field("exec", Ty::Struct(&HOOK)),
        field("include", TEXTS),
        field("ignore", TEXTS),
        field("initial_sync", Ty::Bool),
    ]]))),
)]]);

/// What only services have.
const SERVICE_ONLY: &[Field] = &[
    field("profiles", TEXTS),
    pointer("deploy", Ty::Struct(&DEPLOY)),
    pointer("develop", Ty::Struct(&DEVELOP)),
    field("restart", Ty::Text),
    pointer("scale", Ty::Int),
    pointer("attach", Ty::Bool),
    field("container_name", Ty::Text),
    pointer(
        "provider",
        Ty::Struct(&of(&[&[
            field("type", Ty::Text),
            field("options", Ty::MultiOptions),
        ]])),
    ),
    pointer(
        "extends",
        Ty::Struct(&without_extensions(&[&[
            field("file", Ty::Text),
            field("service", Ty::Text),
        ]])),
    ),
    field("external_links", TEXTS),
    field("links", TEXTS),
    field("net", Ty::Text),
    field(
        "pre_start",
        Ty::List(&Ty::Struct(&of(&[
            CONTAINER,
            &[field("per_replica", Ty::Bool)],
        ]))),
    ),
    field("post_start", Ty::List(&Ty::Struct(&HOOK))),
    field("pre_stop", Ty::List(&Ty::Struct(&HOOK))),
];

const SERVICE: Struct = of(&[SERVICE_ONLY, CONTAINER, WORKLOAD]);

const JOB: Struct = of(&[
    &[
        // The reference puts the key there, and forgets to take it out of its YAML.
        Field {
            json: Omit::Always,
            ..field("name", Ty::Text)
        },
        field("profiles", TEXTS),
        pointer(
            "triggers",
            Ty::Struct(&of(&[&[
                pointer("manual", Ty::Bool),
                field(
                    "schedule",
                    Ty::List(&Ty::Struct(&of(&[&[
                        field("cron", Ty::Text),
                        field("timezone", Ty::Text),
                        field("concurrency", Ty::Text),
                        field("missed_fires", Ty::Text),
                    ]]))),
                ),
            ]])),
        ),
    ],
    CONTAINER,
    WORKLOAD,
]);

const NETWORK: Struct = of(&[&[
    field("name", Ty::Text),
    field("driver", Ty::Text),
    field("driver_opts", Ty::Pairs),
    field(
        "ipam",
        Ty::Struct(&of(&[&[
            field("driver", Ty::Text),
            field(
                "config",
                Ty::List(&Ty::Struct(&without_extensions(&[&[
                    field("subnet", Ty::Text),
                    field("gateway", Ty::Text),
                    field("ip_range", Ty::Text),
                    field("aux_addresses", Ty::Pairs),
                ]]))),
            ),
            field("options", Ty::Pairs),
        ]])),
    ),
    field("external", Ty::Bool),
    field("internal", Ty::Bool),
    field("attachable", Ty::Bool),
    field("labels", Ty::Pairs),
    pointer("enable_ipv4", Ty::Bool),
    pointer("enable_ipv6", Ty::Bool),
]]);

const VOLUME: Struct = of(&[&[
    field("name", Ty::Text),
    field("driver", Ty::Text),
    field("driver_opts", Ty::Pairs),
    field("external", Ty::Bool),
    field("labels", Ty::Pairs),
]]);

const FILE_OBJECT: Struct = of(&[&[
    field("name", Ty::Text),
    field("file", Ty::Text),
    field("environment", Ty::Text),
    field("content", Ty::Text),
    field("external", Ty::Bool),
    field("labels", Ty::Pairs),
    field("driver", Ty::Text),
    field("driver_opts", Ty::TextMap),
    field("template_driver", Ty::Text),
]]);

const MODEL: Struct = of(&[&[
    field("name", Ty::Text),
    field("model", Ty::Text),
    field("context_size", Ty::Int),
    field("runtime_flags", TEXTS),
]]);

/// A whole project.
pub(in crate::resolve) static PROJECT: Struct = of(&[&[
    field("name", Ty::Text),
    always("services", Ty::Map(&Ty::Struct(&SERVICE), false)),
    field("jobs", Ty::Map(&Ty::Struct(&JOB), false)),
    field("networks", Ty::Map(&Ty::Struct(&NETWORK), false)),
    field("volumes", Ty::Map(&Ty::Struct(&VOLUME), false)),
    field("secrets", Ty::Map(&Ty::Struct(&FILE_OBJECT), false)),
    field("configs", Ty::Map(&Ty::Struct(&FILE_OBJECT), false)),
    Field {
        json: Omit::Always,
        ..field("models", Ty::Map(&Ty::Struct(&MODEL), false))
    },
]]);
