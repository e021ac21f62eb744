//! The versions of Kubernetes that the tables hold.

use std::fmt;
use std::str::FromStr;

use super::table::Mask;

/// A minor version of Kubernetes that the tables hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct KubeVersion(u32);

/// The first minor version in the tables.
const FIRST: u32 = 28;
/// The last one.
const LAST: u32 = 37;

/// Why a text is none of these versions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KubeVersionError {
    /// It is no version of Kubernetes.
    Form(String),
    /// The tables do not hold it.
    Unknown(String),
}

impl fmt::Display for KubeVersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(text) => write!(f, "`{text}` is no version of Kubernetes"),
            Self::Unknown(text) => write!(
                f,
                "the schemas of Kubernetes `{text}` are not known, only those of 1.{FIRST} to 1.{LAST}"
            ),
        }
    }
}

impl std::error::Error for KubeVersionError {}

impl KubeVersion {
    /// The newest version.
    pub const NEWEST: Self = Self(LAST);

    /// All versions, oldest first.
    pub fn all() -> impl Iterator<Item = Self> {
        (FIRST..=LAST).map(Self)
    }

    /// The number after `1.`.
    pub const fn minor(self) -> u32 {
        self.0
    }

    pub(super) const fn bit(self) -> Mask {
        1 << (self.0 - FIRST)
    }
}

impl fmt::Display for KubeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

impl FromStr for KubeVersion {
    type Err = KubeVersionError;

    /// Reads `1.34`, `v1.34` and `1.34.2`; the patch release changes no schema.
    fn from_str(text: &str) -> Result<Self, KubeVersionError> {
        let form = || KubeVersionError::Form(text.to_owned());
        let bare = text.strip_prefix('v').unwrap_or(text);
        let mut parts = bare.split('.');
        let major: u32 = parts
            .next()
            .and_then(|part| part.parse().ok())
            .ok_or_else(form)?;
        let minor: u32 = parts
            .next()
            .and_then(|part| part.parse().ok())
            .ok_or_else(form)?;
        if let Some(patch) = parts.next()
            && !patch.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err(form());
        }
        if major != 1 || !(FIRST..=LAST).contains(&minor) {
            return Err(KubeVersionError::Unknown(text.to_owned()));
        }
        Ok(Self(minor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::table::table;

    #[test]
    fn versions_are_read_in_their_forms() {
        for text in ["1.34", "v1.34", "1.34.2", "v1.34.2-eks-1"] {
            assert_eq!(text.parse(), Ok(KubeVersion(34)), "{text}");
        }
        for text in ["", "1", "x", "1.x", "1.34.x"] {
            let error = text.parse::<KubeVersion>().expect_err(text);
            assert!(matches!(error, KubeVersionError::Form(_)), "{text}");
        }
        for text in ["1.27", "1.38", "2.30"] {
            let error = text.parse::<KubeVersion>().expect_err(text);
            assert!(matches!(error, KubeVersionError::Unknown(_)), "{text}");
        }
    }

    #[test]
    fn the_versions_are_those_of_the_table() {
        let table = table();
        assert_eq!(table.first, FIRST);
        assert_eq!(table.first + table.versions - 1, LAST);
    }
}
