//! The form of the generated table.

/// Types as bits.
pub(super) const NULL: u8 = 1;
pub(super) const BOOLEAN: u8 = 2;
pub(super) const INTEGER: u8 = 4;
pub(super) const NUMBER: u8 = 8;
pub(super) const STRING: u8 = 16;
pub(super) const ARRAY: u8 = 32;
pub(super) const OBJECT: u8 = 64;
pub(super) const ANY: u8 = 127;

/// What a value must be. Other schemas are named by their number in the table.
#[derive(Debug)]
pub(super) struct Schema {
    /// The types that it may have.
    pub(super) types: u8,
    /// The keys of a mapping, sorted.
    pub(super) properties: &'static [(&'static str, u16)],
    /// Whether keys that begin with `x-` are taken.
    pub(super) takes_extensions: bool,
    /// What other keys hold.
    pub(super) rest: Rest,
    /// What each item of a list is.
    pub(super) items: Option<u16>,
    /// Keys that must be there.
    pub(super) required: &'static [&'static str],
    /// The forms of which it must have one.
    pub(super) forms: &'static [u16],
    /// The strings that it may be, if not all.
    pub(super) values: &'static [&'static str],
    /// The least number.
    pub(super) least: Option<i64>,
    /// The greatest number.
    pub(super) most: Option<i64>,
    /// Whether the items of a list must differ.
    pub(super) is_set: bool,
    /// The form of a string.
    pub(super) form: Option<Form>,
}

/// What keys hold that are not named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rest {
    /// There can be none.
    Nothing,
    /// Whatever they like.
    Anything,
    /// This, under any name.
    Named(u16),
    /// This, under names of letters, digits, `.`, `_` and `-`; there can be no others.
    Words(u16),
    /// This, under names of lower-case letters; others hold what they like.
    Lower(u16),
}

/// The form of a string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// When an image is pulled.
    PullPolicy,
    /// The name of a container.
    ContainerName,
}

impl Form {
    pub(super) fn fits(self, text: &str) -> bool {
        match self {
            Self::PullPolicy => {
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
                ) || text.strip_prefix("every_").is_some_and(is_period)
            }
            // The pattern has no ends, so one fitting part is enough.
            Self::ContainerName => text
                .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')))
                .any(|part| {
                    let part = part.trim_start_matches(['_', '.', '-']);
                    part.len() > 1
                }),
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::PullPolicy => {
                "use one of `always`, `never`, `missing`, `build`, `refresh`, `daily`, `weekly`, or a period such as `every_12h`"
            }
            Self::ContainerName => {
                "use two or more letters, digits, `_`, `.` and `-`, a letter or digit first"
            }
        }
    }
}

/// Numbers with units, such as `1d12h`.
fn is_period(text: &str) -> bool {
    let mut digits = 0;
    let mut any = false;
    for c in text.chars() {
        match c {
            '0'..='9' => digits += 1,
            'w' | 'd' | 'h' | 'm' | 's' if digits > 0 => {
                digits = 0;
                any = true;
            }
            _ => return false,
        }
    }
    any && digits == 0
}
