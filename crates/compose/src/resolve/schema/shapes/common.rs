//! Shapes that many keys share.

use super::{Keys, Object, Shape, Type, closed, is_lower_word, is_some, open, requiring};

pub(super) const TEXT: Shape = Shape::Types(&[Type::Text]);
pub(super) const BOOL: Shape = Shape::Types(&[Type::Bool]);
pub(super) const INTEGER: Shape = Shape::Types(&[Type::Integer]);
pub(super) const BOOL_TEXT: Shape = Shape::Types(&[Type::Bool, Type::Text]);
pub(super) const NUMBER_TEXT: Shape = Shape::Types(&[Type::Number, Type::Text]);
pub(super) const INTEGER_TEXT: Shape = Shape::Types(&[Type::Integer, Type::Text]);
pub(super) const TEXTS: Shape = Shape::List(&TEXT, false);
pub(super) const UNIQUE_TEXTS: Shape = Shape::List(&TEXT, true);
pub(super) const UNIQUE_NUMBER_TEXTS: Shape = Shape::List(&NUMBER_TEXT, true);
pub(super) const TEXT_OR_LIST: Shape = Shape::Or(&[TEXT, UNIQUE_TEXTS]);
pub(super) const PAIR_VALUE: Shape =
    Shape::Types(&[Type::Text, Type::Number, Type::Bool, Type::Null]);
pub(super) const PAIRS: Shape = Shape::Or(&[
    Shape::Map(&Object {
        others: Keys::Fitting(is_some, &PAIR_VALUE, true),
        ..closed(&[])
    }),
    UNIQUE_TEXTS,
]);
pub(super) const OPTIONS: Shape = Shape::Map(&Object {
    others: Keys::Fitting(is_some, &NUMBER_TEXT, false),
    ..closed(&[])
});
pub(super) const COMMAND: Shape = Shape::Or(&[Shape::Types(&[Type::Null]), TEXT, TEXTS]);
pub(super) const EXTRA_HOSTS: Shape = Shape::Or(&[
    Shape::Map(&Object {
        others: Keys::Fitting(is_some, &Shape::Or(&[TEXT, TEXTS]), true),
        ..closed(&[])
    }),
    UNIQUE_TEXTS,
]);
pub(super) const ULIMITS: Shape = Shape::Map(&Object {
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
pub(super) const GRANTS: Shape = Shape::List(
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
pub(super) const DEVICE_REQUEST: &[(&str, Shape)] = &[
    ("capabilities", UNIQUE_TEXTS),
    ("count", INTEGER_TEXT),
    ("device_ids", UNIQUE_TEXTS),
    ("driver", TEXT),
    ("options", PAIRS),
];
pub(super) const EXTERNAL: Shape = Shape::Or(&[BOOL_TEXT, Shape::Map(&open(&[&[("name", TEXT)]]))]);
/// `external` of secrets and configs, where further keys are let pass.
pub(super) const LAX_EXTERNAL: Shape = Shape::Or(&[
    BOOL_TEXT,
    Shape::Map(&Object {
        others: Keys::Any,
        ..closed(&[&[("name", TEXT)]])
    }),
]);
pub(super) const BLKIO_LIMITS: Shape = Shape::List(
    &Shape::Map(&closed(&[&[("path", TEXT), ("rate", INTEGER_TEXT)]])),
    false,
);
pub(super) const ENV_FILE: Shape = Shape::Or(&[
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
pub(super) const VOLUME: Shape = Shape::Or(&[
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
pub(super) const NETWORK_USE: Shape = Shape::Or(&[
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
pub(super) const MODEL_USE: Shape = Shape::Or(&[
    Shape::Types(&[Type::Null]),
    Shape::Map(&open(&[&[("endpoint_var", TEXT), ("model_var", TEXT)]])),
]);
