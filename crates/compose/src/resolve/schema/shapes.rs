//! The shapes of the Compose specification.

mod common;
mod container;

use common::{
    BOOL_TEXT, EXTERNAL, INTEGER, LAX_EXTERNAL, OPTIONS, PAIRS, TEXT, TEXTS, UNIQUE_TEXTS,
};
use container::{CONTAINER, SERVICE_ONLY, WORKLOAD};

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
