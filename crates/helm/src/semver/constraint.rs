//! Constraints: `>=1.2 <2 || ~3.1`, wildcards and hyphen ranges.

use std::fmt;

use plimsoll_gotmpl::quote;

use super::check::{Mismatch, Operator};
use super::scan::{Numbers, Parts, space, version};
use super::version::Version;

/// Longer texts are no constraints.
const MAX_BYTES: usize = 512;

/// More alternatives are refused.
const MAX_GROUPS: usize = 32;

/// What a version must be like: one of several groups of conditions.
#[derive(Clone, Debug)]
pub struct Constraint {
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    conditions: Vec<Condition>,
    /// Whether one of them names a pre-release: only then can a pre-release satisfy the group.
    has_pre: bool,
}

/// One operator with a version.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) operator: Operator,
    /// The version; 0 where a number is missing or a wildcard.
    pub(super) version: Version,
    /// The version as it is written.
    pub(super) written: String,
    /// Whether a number is missing or a wildcard; and if the major one is there, which.
    pub(super) dirty: bool,
    pub(super) minor_dirty: bool,
    pub(super) patch_dirty: bool,
}

/// Why a text is no constraint. The words are the library's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConstraintError {
    /// It is too long to be one.
    #[error("constraint string is too long (max {MAX_BYTES} bytes)")]
    TooLong,
    /// It has too many alternatives.
    #[error("too many constraint groups (max {MAX_GROUPS})")]
    TooManyGroups,
    /// An alternative does not have the form.
    #[error("improper constraint: {}", quote(.0.as_bytes()))]
    Improper(String),
    /// A version in it cannot be read.
    #[error("constraint parser error")]
    Version,
}

impl Constraint {
    /// Reads a constraint (`NewConstraint`).
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        if text.len() > MAX_BYTES {
            return Err(ConstraintError::TooLong);
        }
        let text = without_ranges(text);
        let alternatives: Vec<&str> = text.split("||").collect();
        if alternatives.len() > MAX_GROUPS {
            return Err(ConstraintError::TooManyGroups);
        }
        let groups = alternatives.into_iter().map(group);
        Ok(Self {
            groups: groups.collect::<Result<_, _>>()?,
        })
    }

    /// Whether a version satisfies it (`Check`).
    pub fn check(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            let mut conditions = group.conditions.iter();
            conditions.all(|condition| condition.check(version, group.has_pre).is_ok())
        })
    }

    /// The reasons why a version does not satisfy it, for all groups (`Validate`).
    pub fn validate(&self, version: &Version) -> Result<(), Vec<Mismatch>> {
        let mut reasons = Vec::new();
        let mut said_pre = false;
        for group in &self.groups {
            let before = reasons.len();
            let mut passes = true;
            for condition in &group.conditions {
                if let Err(reason) = condition.check(version, group.has_pre) {
                    passes = false;
                    // That it is a pre-release is said once.
                    let pre = !group.has_pre && !version.pre.is_empty();
                    if !(pre && std::mem::replace(&mut said_pre, true)) {
                        reasons.push(reason);
                    }
                }
            }
            if passes {
                debug_assert_eq!(before, reasons.len());
                return Ok(());
            }
        }
        Err(reasons)
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, group) in self.groups.iter().enumerate() {
            if number > 0 {
                f.write_str(" || ")?;
            }
            for (number, condition) in group.conditions.iter().enumerate() {
                if number > 0 {
                    f.write_str(" ")?;
                }
                write!(f, "{}{}", condition.operator.written(), condition.written)?;
            }
        }
        Ok(())
    }
}

fn group(text: &str) -> Result<Group, ConstraintError> {
    let improper = || ConstraintError::Improper(text.to_owned());
    let mut conditions = Vec::new();
    let mut at = space(text);
    loop {
        let (operator, length) = Operator::at(&text[at..]);
        at += length;
        at += space(&text[at..]);
        let parts = version(&text[at..], Numbers::Wild).ok_or_else(improper)?;
        at += parts.text.len();
        conditions.push((operator, parts));
        let blank = space(&text[at..]);
        at += blank;
        if at == text.len() {
            break;
        }
        // What follows is set off by white space or by one comma.
        if text[at..].starts_with(',') {
            at += 1;
            at += space(&text[at..]);
        } else if blank == 0 {
            return Err(improper());
        }
    }
    let conditions: Vec<Condition> = conditions
        .into_iter()
        .map(|(operator, parts)| condition(operator, parts))
        .collect::<Result<_, _>>()?;
    Ok(Group {
        has_pre: conditions.iter().any(|one| !one.version.pre.is_empty()),
        conditions,
    })
}

fn condition(operator: Operator, parts: Parts<'_>) -> Result<Condition, ConstraintError> {
    let is_any = |part: &str| matches!(part, "" | "x" | "X" | "*");
    let (mut dirty, mut minor_dirty, mut patch_dirty) = (true, false, false);
    let pre = if parts.pre.is_empty() {
        String::new()
    } else {
        format!("-{}", parts.pre)
    };
    let text = if is_any(parts.major) {
        format!("0.0.0{pre}")
    } else if is_any(parts.minor) {
        minor_dirty = true;
        format!("{}.0.0{pre}", parts.major)
    } else if is_any(parts.patch) {
        patch_dirty = true;
        format!("{}.{}.0{pre}", parts.major, parts.minor)
    } else {
        dirty = false;
        parts.text.to_owned()
    };
    Ok(Condition {
        operator,
        version: Version::parse(&text).map_err(|_| ConstraintError::Version)?,
        written: parts.text.to_owned(),
        dirty,
        minor_dirty,
        patch_dirty,
    })
}

/// `1.2 - 3.4` is `>= 1.2, <= 3.4 `, as the library rewrites it.
fn without_ranges(text: &str) -> String {
    let mut out = text.to_owned();
    let mut at = 0;
    while at < text.len() {
        let Some((range, low, high)) = range_at(text, at) else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        let rewritten = format!(">= {low}, <= {high} ");
        out = out.replacen(range, &rewritten, 1);
        at += range.len();
    }
    out
}

/// A hyphen range with the white space around it at an offset.
fn range_at(text: &str, from: usize) -> Option<(&str, &str, &str)> {
    let mut at = from + space(&text[from..]);
    let low = version(&text[at..], Numbers::Wild)?.text;
    at += low.len();
    let before = space(&text[at..]);
    at += before;
    let after = space(text[at..].strip_prefix('-')?);
    at += 1 + after;
    if before == 0 || after == 0 {
        return None;
    }
    let high = version(&text[at..], Numbers::Wild)?.text;
    at += high.len();
    at += space(&text[at..]);
    Some((&text[from..at], low, high))
}
