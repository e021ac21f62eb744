//! The shapes of the Compose specification.

/// What a value may be.
pub(super) enum Shape {
    /// Anything.
    Any,
    /// A value of one of these types.
    Types(&'static [Type]),
    /// One of these strings.
    Words(&'static [&'static str]),
    /// A string that fits, and what it should be in words.
    Text(fn(&str) -> bool, &'static str),
    /// A whole number within bounds.
    Between(f64, f64),
    /// A list of these, and whether each may come once only.
    List(&'static Shape, bool),
    /// A mapping.
    Map(&'static Object),
    /// One of these, which differ in kind.
    Or(&'static [Shape]),
}

/// A type of JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Number,
    Integer,
    Bool,
    Null,
    Mapping,
}

impl Type {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Number => "a number",
            Self::Integer => "a whole number",
            Self::Bool => "a boolean",
            Self::Null => "nothing",
            Self::Mapping => "a mapping",
        }
    }
}

/// What may be in a mapping.
pub(super) struct Object {
    /// Groups of known keys, each sorted.
    pub(super) properties: &'static [&'static [(&'static str, Shape)]],
    /// What further keys there may be.
    pub(super) others: Keys,
    /// Whether keys that begin with `x-` are left alone.
    pub(super) extensions: bool,
    /// Keys that must be there.
    pub(super) required: &'static [&'static str],
    /// Keys of which one must be there.
    pub(super) any_of: Option<&'static [&'static str]>,
}

/// Keys without a meaning of their own.
pub(super) enum Keys {
    /// None.
    None,
    /// All of them, with anything in them.
    Any,
    /// Those that fit, each with this shape; whether all others are refused.
    Fitting(fn(&str) -> bool, &'static Shape, bool),
}

impl Object {
    /// The shape of the value under a known key.
    pub(super) fn property(&self, key: &str) -> Option<&'static Shape> {
        self.properties.iter().find_map(|group| {
            let at = group.binary_search_by_key(&key, |(name, _)| name).ok()?;
            Some(&group[at].1)
        })
    }

    /// The known keys.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.properties
            .iter()
            .flat_map(|group| group.iter())
            .map(|(name, _)| *name)
    }
}

/// A mapping with these keys, and `x-` keys.
const fn open(properties: &'static [&'static [(&'static str, Shape)]]) -> Object {
    Object {
        properties,
        others: Keys::None,
        extensions: true,
        required: &[],
        any_of: None,
    }
}

/// A mapping with these keys only.
const fn closed(properties: &'static [&'static [(&'static str, Shape)]]) -> Object {
    Object {
        extensions: false,
        ..open(properties)
    }
}

/// A mapping with names of the user's own.
const fn named(shape: &'static Shape) -> Object {
    Object {
        properties: &[],
        others: Keys::Fitting(is_name, shape, true),
        extensions: false,
        required: &[],
        any_of: None,
    }
}

const fn requiring(object: Object, required: &'static [&'static str]) -> Object {
    Object { required, ..object }
}

fn is_name(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

fn is_some(key: &str) -> bool {
    // A dot of a pattern does not match a line break.
    key.chars().any(|c| c != '\n')
}

fn is_lower_word(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase())
}

fn is_container_name(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| {
        pair[0].is_ascii_alphanumeric()
            && (pair[1].is_ascii_alphanumeric() || matches!(pair[1], b'_' | b'.' | b'-'))
    })
}

fn is_pull_policy(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix("every_") {
        let mut digits = 0;
        let mut whole = false;
        for byte in rest.bytes() {
            match byte {
                b'0'..=b'9' => {
                    digits += 1;
                    whole = false;
                }
                b'w' | b'd' | b'h' | b'm' | b's' if digits > 0 => {
                    digits = 0;
                    whole = true;
                }
                _ => return false,
            }
        }
        return whole;
    }
    matches!(
        text,
        "always"
            | "never"
            | "build"
            | "if_not_present"
            | "missing"
            | "refresh"
            | "daily"
            | "weekly"
    )
}

const TEXT: Shape = Shape::Types(&[Type::Text]);
const BOOL: Shape = Shape::Types(&[Type::Bool]);
const INTEGER: Shape = Shape::Types(&[Type::Integer]);
const BOOL_TEXT: Shape = Shape::Types(&[Type::Bool, Type::Text]);
const NUMBER_TEXT: Shape = Shape::Types(&[Type::Number, Type::Text]);
const INTEGER_TEXT: Shape = Shape::Types(&[Type::Integer, Type::Text]);
const TEXTS: Shape = Shape::List(&TEXT, false);
const UNIQUE_TEXTS: Shape = Shape::List(&TEXT, true);
const UNIQUE_NUMBER_TEXTS: Shape = Shape::List(&NUMBER_TEXT, true);
const TEXT_OR_LIST: Shape = Shape::Or(&[TEXT, UNIQUE_TEXTS]);
const PAIR_VALUE: Shape = Shape::Types(&[Type::Text, Type::Number, Type::Bool, Type::Null]);
const PAIRS: Shape = Shape::Or(&[
    Shape::Map(&Object {
        others: Keys::Fitting(is_some, &PAIR_VALUE, true),
        ..closed(&[])
    }),
    UNIQUE_TEXTS,
]);
const OPTIONS: Shape = Shape::Map(&Object {
    others: Keys::Fitting(is_some, &NUMBER_TEXT, false),
    ..closed(&[])
});
const COMMAND: Shape = Shape::Or(&[Shape::Types(&[Type::Null]), TEXT, TEXTS]);
const EXTRA_HOSTS: Shape = Shape::Or(&[
    Shape::Map(&Object {
        others: Keys::Fitting(is_some, &Shape::Or(&[TEXT, TEXTS]), true),
        ..closed(&[])
    }),
    UNIQUE_TEXTS,
]);
const ULIMITS: Shape = Shape::Map(&Object {
    others: Keys::Fitting(
        is_lower_word,
        &Shape::Or(&[
            INTEGER_TEXT,
            Shape::Map(&requiring(
                open(&[&[("hard", INTEGER_TEXT), ("soft", INTEGER_TEXT)]]),
                &["soft", "hard"],
            )),
        ]),
        false,
    ),
    ..closed(&[])
});
const GRANTS: Shape = Shape::List(
    &Shape::Or(&[
        TEXT,
        Shape::Map(&open(&[&[
            ("gid", TEXT),
            ("mode", NUMBER_TEXT),
            ("source", TEXT),
            ("target", TEXT),
            ("uid", TEXT),
        ]])),
    ]),
    false,
);
const DEVICE_REQUEST: &[(&str, Shape)] = &[
    ("capabilities", UNIQUE_TEXTS),
    ("count", INTEGER_TEXT),
    ("device_ids", UNIQUE_TEXTS),
    ("driver", TEXT),
    ("options", PAIRS),
];
const EXTERNAL: Shape = Shape::Or(&[BOOL_TEXT, Shape::Map(&open(&[&[("name", TEXT)]]))]);
/// `external` of secrets and configs, where further keys are let pass.
const LAX_EXTERNAL: Shape = Shape::Or(&[
    BOOL_TEXT,
    Shape::Map(&Object {
        others: Keys::Any,
        ..closed(&[&[("name", TEXT)]])
    }),
]);
const BLKIO_LIMITS: Shape = Shape::List(
    &Shape::Map(&closed(&[&[("path", TEXT), ("rate", INTEGER_TEXT)]])),
    false,
);
const ENV_FILE: Shape = Shape::Or(&[
    TEXT,
    Shape::List(
        &Shape::Or(&[
            TEXT,
            Shape::Map(&requiring(
                closed(&[&[("format", TEXT), ("path", TEXT), ("required", BOOL_TEXT)]]),
                &["path"],
            )),
        ]),
        false,
    ),
]);
const VOLUME: Shape = Shape::Or(&[
    TEXT,
    Shape::Map(&requiring(
        open(&[&[
            (
                "bind",
                Shape::Map(&open(&[&[
                    ("create_host_path", BOOL_TEXT),
                    ("propagation", TEXT),
                    (
                        "recursive",
                        Shape::Words(&["enabled", "disabled", "writable", "readonly"]),
                    ),
                    ("selinux", Shape::Words(&["z", "Z"])),
                ]])),
            ),
            ("consistency", TEXT),
            ("image", Shape::Map(&open(&[&[("subpath", TEXT)]]))),
            ("read_only", BOOL_TEXT),
            ("source", TEXT),
            ("target", TEXT),
            (
                "tmpfs",
                Shape::Map(&open(&[&[
                    ("mode", NUMBER_TEXT),
                    (
                        "size",
                        Shape::Or(&[Shape::Between(0.0, f64::INFINITY), TEXT]),
                    ),
                ]])),
            ),
            (
                "type",
                Shape::Words(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"]),
            ),
            (
                "volume",
                Shape::Map(&open(&[&[
                    ("labels", PAIRS),
                    ("nocopy", BOOL_TEXT),
                    ("subpath", TEXT),
                ]])),
            ),
        ]]),
        &["type"],
    )),
]);
const NETWORK_USE: Shape = Shape::Or(&[
    Shape::Types(&[Type::Null]),
    Shape::Map(&open(&[&[
        ("aliases", UNIQUE_TEXTS),
        ("driver_opts", OPTIONS),
        ("gw_priority", Shape::Types(&[Type::Number])),
        ("interface_name", TEXT),
        ("ipv4_address", TEXT),
        ("ipv6_address", TEXT),
        ("link_local_ips", UNIQUE_TEXTS),
        ("mac_address", TEXT),
        ("priority", Shape::Types(&[Type::Number])),
    ]])),
]);
const MODEL_USE: Shape = Shape::Or(&[
    Shape::Types(&[Type::Null]),
    Shape::Map(&open(&[&[("endpoint_var", TEXT), ("model_var", TEXT)]])),
]);

/// What anything has that declares a container.
const CONTAINER: &[(&str, Shape)] = &[
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

const DEPENDENCY: Shape = Shape::Map(&requiring(
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
const WORKLOAD: &[(&str, Shape)] = &[
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

const HOOK: Shape = Shape::Map(&requiring(
    open(&[&[
        ("command", COMMAND),
        ("environment", PAIRS),
        ("privileged", BOOL_TEXT),
        ("user", TEXT),
        ("working_dir", TEXT),
    ]]),
    &["command"],
));

const UPDATE: Shape = Shape::Map(&open(&[&[
    ("delay", TEXT),
    ("failure_action", TEXT),
    ("max_failure_ratio", NUMBER_TEXT),
    ("monitor", TEXT),
    ("order", Shape::Words(&["start-first", "stop-first"])),
    ("parallelism", INTEGER_TEXT),
]]));

const DEPLOY: Shape = Shape::Or(&[
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

const DEVELOP: Shape = Shape::Or(&[
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

const PROVIDER_VALUE: Shape = Shape::Types(&[Type::Text, Type::Number, Type::Bool]);

/// What only services have.
const SERVICE_ONLY: &[(&str, Shape)] = &[
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

const SERVICE: Shape = Shape::Map(&open(&[CONTAINER, WORKLOAD, SERVICE_ONLY]));

const JOB: Shape = Shape::Map(&requiring(
    open(&[
        CONTAINER,
        WORKLOAD,
        &[
            ("profiles", UNIQUE_TEXTS),
            (
                "triggers",
                Shape::Map(&Object {
                    any_of: Some(&["manual", "schedule"]),
                    ..open(&[&[
                        ("manual", BOOL_TEXT),
                        (
                            "schedule",
                            Shape::List(
                                &Shape::Or(&[
                                    TEXT,
                                    Shape::Map(&requiring(
                                        open(&[&[
                                            ("concurrency", Shape::Words(&["forbid", "queue"])),
                                            ("cron", TEXT),
                                            ("missed_fires", Shape::Words(&["one", "skip"])),
                                            ("timezone", TEXT),
                                        ]]),
                                        &["cron"],
                                    )),
                                ]),
                                false,
                            ),
                        ),
                    ]])
                }),
            ),
        ],
    ]),
    &["triggers"],
));

const TEXT_VALUES: Object = Object {
    others: Keys::Fitting(is_some, &TEXT, true),
    ..closed(&[])
};

const NETWORK: Shape = Shape::Or(&[
    Shape::Types(&[Type::Null]),
    Shape::Map(&open(&[&[
        ("attachable", BOOL_TEXT),
        ("driver", TEXT),
        ("driver_opts", OPTIONS),
        ("enable_ipv4", BOOL_TEXT),
        ("enable_ipv6", BOOL_TEXT),
        ("external", EXTERNAL),
        ("internal", BOOL_TEXT),
        (
            "ipam",
            Shape::Map(&open(&[&[
                (
                    "config",
                    Shape::List(
                        &Shape::Map(&open(&[&[
                            ("aux_addresses", Shape::Map(&TEXT_VALUES)),
                            ("gateway", TEXT),
                            ("ip_range", TEXT),
                            ("subnet", TEXT),
                        ]])),
                        false,
                    ),
                ),
                ("driver", TEXT),
                ("options", Shape::Map(&TEXT_VALUES)),
            ]])),
        ),
        ("labels", PAIRS),
        ("name", TEXT),
    ]])),
]);

const VOLUME_RESOURCE: Shape = Shape::Or(&[
    Shape::Types(&[Type::Null]),
    Shape::Map(&open(&[&[
        ("driver", TEXT),
        ("driver_opts", OPTIONS),
        ("external", EXTERNAL),
        ("labels", PAIRS),
        ("name", TEXT),
    ]])),
]);

const SECRET: Shape = Shape::Map(&open(&[&[
    ("driver", TEXT),
    ("driver_opts", OPTIONS),
    ("environment", TEXT),
    ("external", LAX_EXTERNAL),
    ("file", TEXT),
    ("labels", PAIRS),
    ("name", TEXT),
    ("template_driver", TEXT),
]]));

const CONFIG: Shape = Shape::Map(&open(&[&[
    ("content", TEXT),
    ("environment", TEXT),
    ("external", LAX_EXTERNAL),
    ("file", TEXT),
    ("labels", PAIRS),
    ("name", TEXT),
    ("template_driver", TEXT),
]]));

const MODEL_RESOURCE: Shape = Shape::Map(&requiring(
    open(&[&[
        ("context_size", INTEGER),
        ("model", TEXT),
        ("name", TEXT),
        ("runtime_flags", TEXTS),
    ]]),
    &["model"],
));

/// A whole model.
pub(super) static MODEL: Shape = Shape::Map(&open(&[&[
    ("configs", Shape::Map(&named(&CONFIG))),
    ("include", Shape::List(&Shape::Any, false)),
    ("jobs", Shape::Map(&named(&JOB))),
    ("models", Shape::Map(&named(&MODEL_RESOURCE))),
    ("name", TEXT),
    ("networks", Shape::Map(&named(&NETWORK))),
    ("secrets", Shape::Map(&named(&SECRET))),
    ("services", Shape::Map(&named(&SERVICE))),
    ("version", TEXT),
    ("volumes", Shape::Map(&named(&VOLUME_RESOURCE))),
]]));

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(shape: &Shape, path: &str) {
        match shape {
            Shape::List(each, _) => sorted(each, path),
            Shape::Or(shapes) => shapes.iter().for_each(|shape| sorted(shape, path)),
            Shape::Map(object) => {
                for group in object.properties {
                    assert!(group.is_sorted_by_key(|(name, _)| name), "{path}");
                    for (name, shape) in *group {
                        sorted(shape, &format!("{path}.{name}"));
                    }
                }
                if let Keys::Fitting(_, shape, _) = &object.others {
                    sorted(shape, &format!("{path}.*"));
                }
            }
            _ => {}
        }
    }

    #[test]
    fn every_table_is_sorted_so_that_keys_are_found() {
        sorted(&MODEL, "");
    }

    #[test]
    fn words_with_a_pattern() {
        for (text, fits) in [
            ("always", true),
            ("every_12h", true),
            ("every_1d12h", true),
            ("every_", false),
            ("every_12", false),
            ("sometimes", false),
        ] {
            assert_eq!(is_pull_policy(text), fits, "{text}");
        }
        assert!(is_container_name("ab") && !is_container_name("a") && !is_container_name("é"));
    }
}
