//! A version, read as loosely as `NewVersion` reads it.

use std::cmp::Ordering;
use std::fmt;

use super::scan::{Numbers, version};

/// Longer texts are no versions.
const MAX_BYTES: usize = 256;

/// A semantic version. Missing numbers are 0, a leading `v` is allowed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second number.
    pub minor: u64,
    /// The third number.
    pub patch: u64,
    /// What follows `-`, without it; empty if there is none.
    pub pre: String,
    /// What follows `+`, without it; empty if there is none.
    pub metadata: String,
    /// The text that it was read from.
    pub original: String,
}

/// Why a text is no version. The words are the library's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VersionError {
    /// It does not have the form.
    #[error("invalid semantic version")]
    Invalid,
    /// It is empty (only [`Version::parse_strict`] says so).
    #[error("version string empty")]
    Empty,
    /// It is too long to be one.
    #[error("version string is too long (max {MAX_BYTES} bytes)")]
    TooLong,
    /// A number does not fit into 64 bits.
    #[error(
        "error parsing version segment: strconv.ParseUint: parsing \"{0}\": value out of range"
    )]
    OutOfRange(String),
    /// The same, as [`Version::parse_strict`] says it.
    #[error("strconv.ParseUint: parsing \"{0}\": value out of range")]
    StrictOutOfRange(String),
    /// A number is missing (only [`Version::parse_strict`] says so).
    #[error("strconv.ParseUint: parsing \"\": invalid syntax")]
    NoNumber,
    /// A number holds something else (only [`Version::parse_strict`] says so).
    #[error("invalid characters in version")]
    InvalidCharacters,
    /// A number, also one of the pre-release, starts with 0.
    #[error("version segment starts with 0")]
    LeadingZero,
    /// The pre-release has not the form.
    #[error("invalid prerelease string")]
    Prerelease,
    /// The metadata has not the form (only [`Version::parse_strict`] says so).
    #[error("invalid metadata string")]
    Metadata,
}

impl Version {
    /// Reads a version (`NewVersion`): `v1`, `1.2` and `01.2` are versions.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        if text.len() > MAX_BYTES {
            return Err(VersionError::TooLong);
        }
        let parts = version(text, Numbers::Digits)
            .filter(|parts| parts.text.len() == text.len())
            .ok_or(VersionError::Invalid)?;
        let number = |part: &str| match part {
            "" => Ok(0),
            digits => digits
                .parse()
                .map_err(|_| VersionError::OutOfRange(digits.to_owned())),
        };
        let (major, minor, patch) = (
            number(parts.major)?,
            number(parts.minor)?,
            number(parts.patch)?,
        );
        check_pre(parts.pre)?;
        Ok(Self {
            major,
            minor,
            patch,
            pre: parts.pre.to_owned(),
            metadata: parts.metadata.to_owned(),
            original: text.to_owned(),
        })
    }

    /// Reads a version that is one by the letter of the specification (`StrictNewVersion`).
    pub fn parse_strict(text: &str) -> Result<Self, VersionError> {
        if text.is_empty() {
            return Err(VersionError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(VersionError::TooLong);
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(VersionError::Invalid);
        };
        let (rest, metadata) = rest
            .split_once('+')
            .map_or((rest, None), |(a, b)| (a, Some(b)));
        if let Some(metadata) = metadata {
            let is_sound = |part: &str| !part.is_empty() && part.bytes().all(is_letter);
            if !metadata.split('.').all(is_sound) {
                return Err(VersionError::Metadata);
            }
        }
        let (patch, pre) = rest
            .split_once('-')
            .map_or((rest, None), |(a, b)| (a, Some(b)));
        if let Some(pre) = pre {
            if pre.is_empty() {
                return Err(VersionError::Prerelease);
            }
            check_pre(pre)?;
        }
        for part in [major, minor, patch] {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(VersionError::InvalidCharacters);
            }
            if part.len() > 1 && part.starts_with('0') {
                return Err(VersionError::LeadingZero);
            }
        }
        let number = |part: &str| match part {
            "" => Err(VersionError::NoNumber),
            digits => digits
                .parse()
                .map_err(|_| VersionError::StrictOutOfRange(digits.to_owned())),
        };
        Ok(Self {
            major: number(major)?,
            minor: number(minor)?,
            patch: number(patch)?,
            pre: pre.unwrap_or_default().to_owned(),
            metadata: metadata.unwrap_or_default().to_owned(),
            original: text.to_owned(),
        })
    }

    /// By precedence: the metadata counts nothing (`Compare`).
    pub fn compare(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| {
            match (self.pre.is_empty(), other.pre.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_pre(&self.pre, &other.pre),
            }
        })
    }

    /// The next patch version (`IncPatch`); none at the end of the numbers.
    pub fn next_patch(&self) -> Option<Self> {
        let patch = if self.pre.is_empty() {
            self.patch.checked_add(1)?
        } else {
            self.patch
        };
        Some(self.with_numbers(self.major, self.minor, patch))
    }

    /// The next minor version (`IncMinor`); none at the end of the numbers.
    pub fn next_minor(&self) -> Option<Self> {
        Some(self.with_numbers(self.major, self.minor.checked_add(1)?, 0))
    }

    /// The next major version (`IncMajor`); none at the end of the numbers.
    pub fn next_major(&self) -> Option<Self> {
        Some(self.with_numbers(self.major.checked_add(1)?, 0, 0))
    }

    /// The same with another pre-release, or none (`SetPrerelease`).
    pub fn with_pre(&self, pre: &str) -> Result<Self, VersionError> {
        check_pre(pre)?;
        let mut next = self.clone();
        next.pre = pre.to_owned();
        next.original = self.original_of(&next);
        Ok(next)
    }

    /// The same with other metadata, or none (`SetMetadata`).
    pub fn with_metadata(&self, metadata: &str) -> Result<Self, VersionError> {
        let is_sound = |part: &str| !part.is_empty() && part.bytes().all(is_letter);
        if !metadata.is_empty() && !metadata.split('.').all(is_sound) {
            return Err(VersionError::Metadata);
        }
        let mut next = self.clone();
        next.metadata = metadata.to_owned();
        next.original = self.original_of(&next);
        Ok(next)
    }

    fn with_numbers(&self, major: u64, minor: u64, patch: u64) -> Self {
        let mut next = Self {
            major,
            minor,
            patch,
            pre: String::new(),
            metadata: String::new(),
            original: String::new(),
        };
        next.original = self.original_of(&next);
        next
    }

    fn original_of(&self, next: &Self) -> String {
        let prefix = if self.original.starts_with('v') {
            "v"
        } else {
            ""
        };
        format!("{prefix}{next}")
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// `validatePrerelease`, for a text that may be empty as a whole.
fn check_pre(pre: &str) -> Result<(), VersionError> {
    if pre.is_empty() {
        return Ok(());
    }
    for part in pre.split('.') {
        if part.is_empty() {
            return Err(VersionError::Prerelease);
        }
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            if part.len() > 1 && part.starts_with('0') {
                return Err(VersionError::LeadingZero);
            }
        } else if !part.bytes().all(is_letter) {
            return Err(VersionError::Prerelease);
        }
    }
    Ok(())
}

/// `comparePrerelease`, also for texts that are empty.
pub(super) fn compare_pre(one: &str, other: &str) -> Ordering {
    let mut ones = one.split('.');
    let mut others = other.split('.');
    loop {
        let (one, other) = (ones.next(), others.next());
        if one.is_none() && other.is_none() {
            return Ordering::Equal;
        }
        let order = compare_part(one.unwrap_or_default(), other.unwrap_or_default());
        if order.is_ne() {
            return order;
        }
    }
}

fn compare_part(one: &str, other: &str) -> Ordering {
    if one == other {
        return Ordering::Equal;
    }
    if one.is_empty() {
        return Ordering::Less;
    }
    if other.is_empty() {
        return Ordering::Greater;
    }
    // A number that does not fit is a word, as for the library.
    match (one.parse::<u64>().ok(), other.parse::<u64>().ok()) {
        (None, None) => one.cmp(other),
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        // Equal numbers are written differently only with leading zeros, which are refused.
        (Some(one), Some(other)) if one > other => Ordering::Greater,
        (Some(_), Some(_)) => Ordering::Less,
    }
}
