//! What a rule is.

use plimsoll_project::{IgnoreUnit, ManifestUnit};
use plimsoll_source::{Confidence, Severity};

use crate::cx::{
    ComposeInput, ContainerInput, Cx, DockerfileInput, ObjectInput, SuppressionInput, WorkloadInput,
};

/// How demanding a review is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum Strictness {
    /// Wrong, dangerous or wasteful beyond argument.
    #[default]
    Default,
    /// Good practice that reasonable teams skip.
    Pedantic,
    /// Policy that an organisation must choose.
    Auditor,
}

impl Strictness {
    /// The word used on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Pedantic => "pedantic",
            Self::Auditor => "auditor",
        }
    }
}

/// Whether a rule's findings carry a fix.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FixKind {
    /// Never.
    None,
    /// Where the mend is certain.
    Sometimes,
    /// Always.
    Always,
}

/// The name of the same rule in another tool, accepted in suppressions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Alias {
    /// `hadolint`, `buildkit`, `shellcheck`, `kube-linter`, `checkov`, `dclint`, `trivy`, …
    pub tool: &'static str,
    /// The other tool's id.
    pub id: &'static str,
}

/// One check of a rule, by the kind of input that it looks at.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Each Dockerfile.
    Dockerfile(fn(&mut Cx<'_>, &DockerfileInput<'_>)),
    /// Each `.dockerignore`.
    Ignore(fn(&mut Cx<'_>, &IgnoreUnit)),
    /// Each Compose file.
    Compose(fn(&mut Cx<'_>, &ComposeInput<'_>)),
    /// Each manifest file as YAML.
    Manifest(fn(&mut Cx<'_>, &ManifestUnit)),
    /// Each Kubernetes object.
    Object(fn(&mut Cx<'_>, &ObjectInput<'_>)),
    /// Each object that makes pods.
    Workload(fn(&mut Cx<'_>, &WorkloadInput<'_>)),
    /// Each container of a workload: init and sidecar containers too, see its role.
    Container(fn(&mut Cx<'_>, &ContainerInput<'_>)),
    /// The project as a whole, once.
    Project(fn(&mut Cx<'_>)),
    /// Each comment and annotation that allows findings, after all other checks.
    Suppression(fn(&mut Cx<'_>, &SuppressionInput<'_>)),
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// The name of the problem in kebab-case; reads well after "allow".
    pub id: &'static str,
    /// What it finds: one line without a final period.
    pub summary: &'static str,
    /// The version that brought it.
    pub since: &'static str,
    /// How bad a finding is, unless the finding says otherwise.
    pub severity: Severity,
    /// How sure it is, unless the finding says otherwise.
    pub confidence: Confidence,
    /// From which strictness on it speaks, unless the finding says otherwise.
    pub strictness: Strictness,
    /// Whether its findings carry a fix.
    pub fix: FixKind,
    /// Its names in other tools.
    pub aliases: &'static [Alias],
    /// Its checks.
    pub checks: &'static [Check],
}

/// A day of the Gregorian calendar, for rules that compare with tables of dates. The core has no
/// clock: the caller says what day it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

impl Date {
    /// A date written as `Date::new(2026, 11, 24)`.
    pub const fn new(year: u16, month: u8, day: u8) -> Self {
        Self { year, month, day }
    }

    /// The day that holds the given second since 1970-01-01 00:00 UTC.
    pub fn from_unix(seconds: u64) -> Self {
        // Days to civil date, after the well-known algorithm with years that begin in March.
        let days = seconds / 86_400 + 719_468;
        let era = days / 146_097;
        let of_era = days % 146_097;
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        Self::new(year as u16, month as u8, day as u8)
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// The rule called `id`.
pub fn find(id: &str) -> Option<&'static Rule> {
    crate::RULES.iter().copied().find(|rule| rule.id == id)
}

/// The manual of the rule called `id`: its page of `docs/rules/`, as Markdown.
pub fn page(id: &str) -> Option<&'static str> {
    let at = crate::pages::PAGES
        .binary_search_by_key(&id, |(id, _)| id)
        .ok()?;
    Some(crate::pages::PAGES[at].1)
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn seconds_become_days() {
        assert_eq!(Date::from_unix(0).to_string(), "1970-01-01");
        assert_eq!(Date::from_unix(951_782_400).to_string(), "2000-02-29");
        assert_eq!(Date::from_unix(1_795_478_399).to_string(), "2026-11-23");
        assert_eq!(Date::from_unix(4_107_542_400).to_string(), "2100-03-01");
    }
}
