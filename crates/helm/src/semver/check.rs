//! Whether a version satisfies one condition, and if not, why.

use std::cmp::Ordering;
use std::fmt;

use plimsoll_gotmpl::quote;

use super::constraint::Condition;
use super::version::{Version, compare_pre};

/// What a condition asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operator {
    /// None is written: equal, or `~` if a number is missing.
    Plain,
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    /// `=>`
    EqualGreater,
    LessEqual,
    /// `=<`
    EqualLess,
    Tilde,
    /// `~>`
    TildeGreater,
    Caret,
}

impl Operator {
    const ALL: [Operator; 12] = [
        Operator::NotEqual,
        Operator::GreaterEqual,
        Operator::EqualGreater,
        Operator::LessEqual,
        Operator::EqualLess,
        Operator::TildeGreater,
        Operator::Equal,
        Operator::Greater,
        Operator::Less,
        Operator::Tilde,
        Operator::Caret,
        Operator::Plain,
    ];

    pub(super) fn written(self) -> &'static str {
        match self {
            Operator::Plain => "",
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Greater => ">",
            Operator::Less => "<",
            Operator::GreaterEqual => ">=",
            Operator::EqualGreater => "=>",
            Operator::LessEqual => "<=",
            Operator::EqualLess => "=<",
            Operator::Tilde => "~",
            Operator::TildeGreater => "~>",
            Operator::Caret => "^",
        }
    }

    /// The operator that a text starts with, and its length.
    pub(super) fn at(text: &str) -> (Self, usize) {
        let found = Self::ALL
            .into_iter()
            .find(|one| text.starts_with(one.written()));
        let operator = found.unwrap_or(Operator::Plain);
        (operator, operator.written().len())
    }
}

/// Why a version does not satisfy a condition. The words are the library's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    version: String,
    written: String,
    reason: Reason,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reason {
    Prerelease,
    IsEqual,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
    OtherMajor,
    OtherMajorMinor,
    OtherMinor,
    OtherMinorOfZero,
    NotEqual,
    NotEqualOfZero,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = quote(self.version.as_bytes());
        let written = quote(self.written.as_bytes());
        match self.reason {
            Reason::Prerelease => write!(
                f,
                "{version} is a prerelease version and the constraint is only looking for release versions"
            ),
            Reason::IsEqual => write!(f, "{version} is equal to {written}"),
            Reason::LessOrEqual => write!(f, "{version} is less than or equal to {written}"),
            Reason::GreaterOrEqual => write!(f, "{version} is greater than or equal to {written}"),
            Reason::Less => write!(f, "{version} is less than {written}"),
            Reason::Greater => write!(f, "{version} is greater than {written}"),
            Reason::OtherMajor => {
                write!(f, "{version} does not have same major version as {written}")
            }
            Reason::OtherMajorMinor => write!(
                f,
                "{version} does not have same major and minor version as {written}"
            ),
            Reason::OtherMinor => {
                write!(f, "{version} does not have same minor version as {written}")
            }
            Reason::OtherMinorOfZero => write!(
                f,
                "{version} does not have same minor version as {written}. Expected minor versions to match when constraint major version is 0"
            ),
            Reason::NotEqual => write!(f, "{version} is not equal to {written}"),
            Reason::NotEqualOfZero => write!(
                f,
                "{version} does not equal {written}. Expect version and constraint to equal when major and minor versions are 0"
            ),
        }
    }
}

impl std::error::Error for Mismatch {}

impl Condition {
    /// `with_pre`: whether pre-releases are looked at at all.
    pub(super) fn check(&self, version: &Version, with_pre: bool) -> Result<(), Mismatch> {
        let outcome = if !version.pre.is_empty() && !with_pre {
            Err(Reason::Prerelease)
        } else {
            match self.operator {
                Operator::Plain | Operator::Equal if self.dirty => self.tilde(version),
                Operator::Plain | Operator::Equal => {
                    holds(version.compare(&self.version).is_eq(), Reason::NotEqual)
                }
                Operator::NotEqual => self.not_equal(version),
                Operator::Greater => self.greater(version),
                Operator::Less => holds(
                    version.compare(&self.version).is_lt(),
                    Reason::GreaterOrEqual,
                ),
                Operator::GreaterEqual | Operator::EqualGreater => {
                    holds(version.compare(&self.version).is_ge(), Reason::Less)
                }
                Operator::LessEqual | Operator::EqualLess => self.less_equal(version),
                Operator::Tilde | Operator::TildeGreater => self.tilde(version),
                Operator::Caret => self.caret(version),
            }
        };
        outcome.map_err(|reason| Mismatch {
            version: version.to_string(),
            written: self.written.clone(),
            reason,
        })
    }

    fn not_equal(&self, version: &Version) -> Result<(), Reason> {
        if self.dirty {
            if self.version.major != version.major {
                return Ok(());
            }
            if self.minor_dirty {
                return Err(Reason::IsEqual);
            }
            if self.version.minor != version.minor {
                return Ok(());
            }
            if self.patch_dirty {
                let (one, other) = (&version.pre, &self.version.pre);
                let differs =
                    !(one.is_empty() && other.is_empty()) && compare_pre(one, other).is_ne();
                return holds(differs, Reason::IsEqual);
            }
            if self.version.patch != version.patch {
                return Ok(());
            }
        }
        holds(version.compare(&self.version).is_ne(), Reason::IsEqual)
    }

    fn greater(&self, version: &Version) -> Result<(), Reason> {
        let is_greater = version.compare(&self.version).is_gt();
        if !self.dirty {
            return holds(is_greater, Reason::LessOrEqual);
        }
        let passes = match version.major.cmp(&self.version.major) {
            Ordering::Greater => true,
            Ordering::Less => false,
            // 11.1 is not greater than 11.
            Ordering::Equal if self.minor_dirty => false,
            Ordering::Equal if self.patch_dirty => version.minor > self.version.minor,
            Ordering::Equal => is_greater,
        };
        holds(passes, Reason::LessOrEqual)
    }

    fn less_equal(&self, version: &Version) -> Result<(), Reason> {
        if !self.dirty {
            return holds(version.compare(&self.version).is_le(), Reason::Greater);
        }
        let above = version.major > self.version.major
            || (version.major == self.version.major
                && version.minor > self.version.minor
                && !self.minor_dirty);
        holds(!above, Reason::Greater)
    }

    fn tilde(&self, version: &Version) -> Result<(), Reason> {
        if version.compare(&self.version).is_lt() {
            return Err(Reason::Less);
        }
        let own = &self.version;
        let zero = own.major == 0 && own.minor == 0 && own.patch == 0;
        // `~0.0.0` and `~*` accept all.
        if zero && !self.minor_dirty && !self.patch_dirty {
            return Ok(());
        }
        if version.major != own.major {
            return Err(Reason::OtherMajor);
        }
        holds(
            version.minor == own.minor || self.minor_dirty,
            Reason::OtherMajorMinor,
        )
    }

    fn caret(&self, version: &Version) -> Result<(), Reason> {
        let own = &self.version;
        if version.compare(own).is_lt() {
            return Err(Reason::Less);
        }
        if own.major > 0 || self.minor_dirty {
            return holds(version.major == own.major, Reason::OtherMajor);
        }
        if version.major > 0 {
            return Err(Reason::OtherMajor);
        }
        if own.minor > 0 || self.patch_dirty {
            return holds(version.minor == own.minor, Reason::OtherMinorOfZero);
        }
        if version.minor > 0 {
            return Err(Reason::OtherMinor);
        }
        holds(own.patch == version.patch, Reason::NotEqualOfZero)
    }
}

fn holds(test: bool, otherwise: Reason) -> Result<(), Reason> {
    if test { Ok(()) } else { Err(otherwise) }
}
