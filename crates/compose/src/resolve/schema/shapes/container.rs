//! What services and jobs may say.

use super::common::{
    BLKIO_LIMITS, BOOL, BOOL_TEXT, COMMAND, DEVICE_REQUEST, ENV_FILE, EXTRA_HOSTS, GRANTS,
    INTEGER_TEXT, MODEL_USE, NETWORK_USE, NUMBER_TEXT, PAIRS, TEXT, TEXT_OR_LIST, TEXTS, ULIMITS,
    UNIQUE_NUMBER_TEXTS, UNIQUE_TEXTS, VOLUME,
};
use super::{
    Keys, Object, Shape, Type, closed, is_container_name, is_name, is_pull_policy, is_some, named,
    open, requiring,
};

/// What anything has that declares a container.
pub(super) const CONTAINER: &[(&str, Shape)] = &[
    ("annotations", PAIRS),
    (
        "blkio_config",
        Shape::Map(&closed(&[&[
            ("device_read_bps", BLKIO_LIMITS),
            ("device_read_iops", BLKIO_LIMITS),
            ("device_write_bps", BLKIO_LIMITS),
            ("device_write_iops", BLKIO_LIMITS),
            ("weight", INTEGER_TEXT),
            (
                "weight_device",
                Shape::List(
                    &Shape::Map(&closed(&[&[("path", TEXT), ("weight", INTEGER_TEXT)]])),
                    false,
                ),
            ),
        ]])),
    ),
    ("cap_add", UNIQUE_TEXTS),
    ("cap_drop", UNIQUE_TEXTS),
    ("cgroup", Shape::Words(&["host", "private"])),
    ("cgroup_parent", TEXT),
    ("command", COMMAND),
    ("configs", GRANTS),
    (
        "cpu_count",
        Shape::Or(&[TEXT, Shape::Between(0.0, f64::INFINITY)]),
    ),
    (
        "cpu_percent",
        Shape::Or(&[TEXT, Shape::Between(0.0, 100.0)]),
    ),
    ("cpu_period", NUMBER_TEXT),
    ("cpu_quota", NUMBER_TEXT),
    ("cpu_rt_period", NUMBER_TEXT),
    ("cpu_rt_runtime", NUMBER_TEXT),
    ("cpu_shares", NUMBER_TEXT),
    ("cpus", NUMBER_TEXT),
    ("cpuset", TEXT),
    (
        "credential_spec",
        Shape::Map(&open(&[&[
            ("config", TEXT),
            ("file", TEXT),
            ("registry", TEXT),
        ]])),
    ),
    ("device_cgroup_rules", UNIQUE_TEXTS),
    (
        "devices",
        Shape::List(
            &Shape::Or(&[
                TEXT,
                Shape::Map(&requiring(
                    open(&[&[("permissions", TEXT), ("source", TEXT), ("target", TEXT)]]),
                    &["source"],
                )),
            ]),
            false,
        ),
    ),
    ("dns", TEXT_OR_LIST),
    ("dns_opt", UNIQUE_TEXTS),
    ("dns_search", TEXT_OR_LIST),
    ("domainname", TEXT),
    ("entrypoint", COMMAND),
    ("env_file", ENV_FILE),
    ("environment", PAIRS),
    ("extra_hosts", EXTRA_HOSTS),
    (
        "gpus",
        Shape::Or(&[
            Shape::Words(&["all"]),
            Shape::List(
                &Shape::Map(&Object {
                    others: Keys::Any,
                    ..closed(&[DEVICE_REQUEST])
                }),
                false,
            ),
        ]),
    ),
    ("group_add", UNIQUE_NUMBER_TEXTS),
    ("hostname", TEXT),
    ("image", TEXT),
    ("init", BOOL_TEXT),
    ("ipc", TEXT),
    ("isolation", TEXT),
    ("label_file", Shape::Or(&[TEXT, TEXTS])),
    ("labels", PAIRS),
    (
        "logging",
        Shape::Map(&open(&[&[
            ("driver", TEXT),
            (
                "options",
                Shape::Map(&Object {
                    others: Keys::Fitting(
                        is_some,
                        &Shape::Types(&[Type::Text, Type::Number, Type::Null]),
                        false,
                    ),
                    ..closed(&[])
                }),
            ),
        ]])),
    ),
    ("mac_address", TEXT),
    ("mem_limit", NUMBER_TEXT),
    ("mem_reservation", INTEGER_TEXT),
    ("mem_swappiness", INTEGER_TEXT),
    ("memswap_limit", NUMBER_TEXT),
    (
        "models",
        Shape::Or(&[
            UNIQUE_TEXTS,
            Shape::Map(&Object {
                others: Keys::Fitting(is_name, &MODEL_USE, false),
                ..closed(&[])
            }),
        ]),
    ),
    ("network_mode", TEXT),
    (
        "networks",
        Shape::Or(&[UNIQUE_TEXTS, Shape::Map(&named(&NETWORK_USE))]),
    ),
    ("oom_kill_disable", BOOL_TEXT),
    (
        "oom_score_adj",
        Shape::Or(&[TEXT, Shape::Between(-1000.0, 1000.0)]),
    ),
    ("pid", Shape::Types(&[Type::Text, Type::Null])),
    ("pids_limit", NUMBER_TEXT),
    ("platform", TEXT),
    ("privileged", BOOL_TEXT),
    (
        "pull_policy",
        Shape::Text(
            is_pull_policy,
            "`always`, `never`, `missing`, `build`, `refresh`, `daily`, `weekly` or `every_12h`",
        ),
    ),
    ("pull_refresh_after", TEXT),
    ("read_only", BOOL_TEXT),
    ("runtime", TEXT),
    ("secrets", GRANTS),
    ("security_opt", UNIQUE_TEXTS),
    ("shm_size", NUMBER_TEXT),
    ("stop_grace_period", TEXT),
    ("stop_signal", TEXT),
    ("storage_opt", Shape::Types(&[Type::Mapping])),
    ("sysctls", PAIRS),
    ("tmpfs", TEXT_OR_LIST),
    ("ulimits", ULIMITS),
    ("use_api_socket", BOOL),
    ("user", TEXT),
    ("userns_mode", TEXT),
    ("uts", TEXT),
    ("volumes", Shape::List(&VOLUME, true)),
    ("volumes_from", UNIQUE_TEXTS),
    ("working_dir", TEXT),
];

pub(super) const DEPENDENCY: Shape = Shape::Map(&requiring(
    open(&[&[
        (
            "condition",
            Shape::Words(&[
                "service_started",
                "service_healthy",
                "service_completed_successfully",
            ]),
        ),
        ("required", BOOL),
        ("restart", BOOL_TEXT),
    ]]),
    &["condition"],
));

/// What services and jobs have besides.
pub(super) const WORKLOAD: &[(&str, Shape)] = &[
    (
        "build",
        Shape::Or(&[
            TEXT,
            Shape::Map(&open(&[&[
                ("additional_contexts", PAIRS),
                ("args", PAIRS),
                ("cache_from", TEXTS),
                ("cache_to", TEXTS),
                ("context", TEXT),
                ("dockerfile", TEXT),
                ("dockerfile_inline", TEXT),
                ("entitlements", TEXTS),
                ("extra_hosts", EXTRA_HOSTS),
                ("isolation", TEXT),
                ("labels", PAIRS),
                ("network", TEXT),
                ("no_cache", BOOL_TEXT),
                ("no_cache_filter", TEXT_OR_LIST),
                ("platforms", TEXTS),
                ("privileged", BOOL_TEXT),
                ("provenance", BOOL_TEXT),
                ("pull", BOOL_TEXT),
                ("sbom", BOOL_TEXT),
                ("secrets", GRANTS),
                ("shm_size", INTEGER_TEXT),
                ("ssh", PAIRS),
                ("tags", TEXTS),
                ("target", TEXT),
                ("ulimits", ULIMITS),
            ]])),
        ]),
    ),
    (
        "depends_on",
        Shape::Or(&[UNIQUE_TEXTS, Shape::Map(&named(&DEPENDENCY))]),
    ),
    ("expose", UNIQUE_NUMBER_TEXTS),
    (
        "healthcheck",
        Shape::Map(&open(&[&[
            ("disable", BOOL_TEXT),
            ("interval", TEXT),
            ("retries", NUMBER_TEXT),
            ("start_interval", TEXT),
            ("start_period", TEXT),
            ("test", Shape::Or(&[TEXT, TEXTS])),
            ("timeout", TEXT),
        ]])),
    ),
    (
        "ports",
        Shape::List(
            &Shape::Or(&[
                NUMBER_TEXT,
                Shape::Map(&open(&[&[
                    ("app_protocol", TEXT),
                    ("host_ip", TEXT),
                    ("mode", TEXT),
                    ("name", TEXT),
                    ("protocol", TEXT),
                    ("published", INTEGER_TEXT),
                    ("target", INTEGER_TEXT),
                ]])),
            ]),
            true,
        ),
    ),
    ("stdin_open", BOOL_TEXT),
    ("tty", BOOL_TEXT),
];

pub(super) const HOOK: Shape = Shape::Map(&requiring(
    open(&[&[
        ("command", COMMAND),
        ("environment", PAIRS),
        ("privileged", BOOL_TEXT),
        ("user", TEXT),
        ("working_dir", TEXT),
    ]]),
    &["command"],
));

pub(super) const UPDATE: Shape = Shape::Map(&open(&[&[
    ("delay", TEXT),
    ("failure_action", TEXT),
    ("max_failure_ratio", NUMBER_TEXT),
    ("monitor", TEXT),
    ("order", Shape::Words(&["start-first", "stop-first"])),
    ("parallelism", INTEGER_TEXT),
]]));

pub(super) const DEPLOY: Shape = Shape::Or(&[
    Shape::Types(&[Type::Null]),
    Shape::Map(&open(&[&[
        ("endpoint_mode", TEXT),
        ("labels", PAIRS),
        ("mode", TEXT),
        (
            "placement",
            Shape::Map(&open(&[&[
                ("constraints", TEXTS),
                ("max_replicas_per_node", INTEGER_TEXT),
                (
                    "preferences",
                    Shape::List(&Shape::Map(&open(&[&[("spread", TEXT)]])), false),
                ),
            ]])),
        ),
        ("replicas", INTEGER_TEXT),
        (
            "resources",
            Shape::Map(&open(&[&[
                (
                    "limits",
                    Shape::Map(&open(&[&[
                        ("cpus", NUMBER_TEXT),
                        ("memory", TEXT),
                        ("pids", INTEGER_TEXT),
                    ]])),
                ),
                (
                    "reservations",
                    Shape::Map(&open(&[&[
                        ("cpus", NUMBER_TEXT),
                        (
                            "devices",
                            Shape::List(
                                &Shape::Map(&requiring(open(&[DEVICE_REQUEST]), &["capabilities"])),
                                false,
                            ),
                        ),
                        (
                            "generic_resources",
                            Shape::List(
                                &Shape::Map(&open(&[&[(
                                    "discrete_resource_spec",
                                    Shape::Map(&open(&[&[("kind", TEXT), ("value", NUMBER_TEXT)]])),
                                )]])),
                                false,
                            ),
                        ),
                        ("memory", TEXT),
                    ]])),
                ),
            ]])),
        ),
        (
            "restart_policy",
            Shape::Map(&open(&[&[
                ("condition", TEXT),
                ("delay", TEXT),
                ("max_attempts", INTEGER_TEXT),
                ("window", TEXT),
            ]])),
        ),
        ("rollback_config", UPDATE),
        ("update_config", UPDATE),
    ]])),
]);

pub(super) const DEVELOP: Shape = Shape::Or(&[
    Shape::Types(&[Type::Null]),
    Shape::Map(&open(&[&[(
        "watch",
        Shape::List(
            &Shape::Map(&requiring(
                open(&[&[
                    (
                        "action",
                        Shape::Words(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"]),
                    ),
                    ("exec", HOOK),
                    ("ignore", TEXT_OR_LIST),
                    ("include", TEXT_OR_LIST),
                    ("initial_sync", BOOL),
                    ("path", TEXT),
                    ("target", TEXT),
                ]]),
                &["path", "action"],
            )),
            false,
        ),
    )]])),
]);

pub(super) const PROVIDER_VALUE: Shape = Shape::Types(&[Type::Text, Type::Number, Type::Bool]);

/// What only services have.
pub(super) const SERVICE_ONLY: &[(&str, Shape)] = &[
    ("attach", BOOL_TEXT),
    (
        "container_name",
        Shape::Text(
            is_container_name,
            "a name of at least two letters, digits, `_`, `.` or `-`",
        ),
    ),
    ("deploy", DEPLOY),
    ("develop", DEVELOP),
    (
        "extends",
        Shape::Or(&[
            TEXT,
            Shape::Map(&requiring(
                closed(&[&[("file", TEXT), ("service", TEXT)]]),
                &["service"],
            )),
        ]),
    ),
    ("external_links", UNIQUE_TEXTS),
    ("links", UNIQUE_TEXTS),
    ("post_start", Shape::List(&HOOK, false)),
    (
        "pre_start",
        Shape::List(
            &Shape::Map(&open(&[CONTAINER, &[("per_replica", BOOL_TEXT)]])),
            false,
        ),
    ),
    ("pre_stop", Shape::List(&HOOK, false)),
    ("profiles", UNIQUE_TEXTS),
    (
        "provider",
        Shape::Map(&requiring(
            open(&[&[
                (
                    "options",
                    Shape::Map(&Object {
                        others: Keys::Fitting(
                            is_some,
                            &Shape::Or(&[PROVIDER_VALUE, Shape::List(&PROVIDER_VALUE, false)]),
                            false,
                        ),
                        ..closed(&[])
                    }),
                ),
                ("type", TEXT),
            ]]),
            &["type"],
        )),
    ),
    ("restart", TEXT),
    ("scale", INTEGER_TEXT),
];
