//! Findings as text for people, as JSON for programs, and in the formats of those who show
//! findings where code is reviewed: SARIF, workflow commands of GitHub, Code Quality of GitLab,
//! JUnit and Markdown.
//!
//! This crate knows files, places and findings, and not what any rule means. It writes strings:
//! whether colours are wanted and how wide the terminal is, the caller says. Text of reviewed
//! files is untrusted: nothing in it can steer a terminal (see [`escape`]), and each format
//! escapes it by its own rules.
//!
//! The text report is rendered here rather than by annotate-snippets: that walks the whole
//! source for every finding (2,000 findings in a file of 2,000 lines took 110 ms, one finding in
//! a line of 400 kB took 2 ms), shows one heading for each block, and leaves the C1 control
//! characters as they are.

pub mod baseline;
pub mod escape;
mod frame;
mod github;
mod gitlab;
mod harmless;
mod json;
mod junit;
mod line;
mod locate;
mod markdown;
mod mask;
mod problems;
mod sarif;
mod style;
mod suggestion;
mod summary;
mod text;

use plimsoll_source::{Files, Finding, Severity, Suppressed};

pub use github::github;
pub use gitlab::gitlab;
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use problems::{Problem, problems};
pub use sarif::{RuleInfo, Tool, sarif};
pub use text::{TextOptions, text};

/// What a review found, ready to be shown.
#[derive(Debug)]
pub struct Report<'a> {
    /// The folder that paths are relative to.
    pub root: &'a str,
    /// All texts.
    pub files: &'a Files,
    /// The page on the findings, where they are of no rule that has one of its own; relative to the
    /// top of Plimsoll's repository.
    pub manual: Option<&'a str>,
    /// The findings, by path, then place.
    pub findings: &'a [Finding],
    /// Those that something in the files allows.
    pub suppressed: &'a [Suppressed],
    /// Whether these are to be shown, too.
    pub shows_suppressed: bool,
    /// What findings were compared with, to show only the new ones.
    pub compared: Compared<'a>,
    /// How many files were reviewed.
    pub reviewed: usize,
    /// Files recognised and left alone.
    pub not_reviewed: &'a [NotReviewed],
    /// Files that could not be read: path and reason.
    pub unreadable: &'a [(String, String)],
    /// Whether there were more files than are reviewed at once.
    pub truncated: bool,
}

/// What findings were compared with, and how many were left out for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Compared<'a> {
    /// A baseline: how many findings it knows, and how many of it are gone.
    pub baseline: Option<Known>,
    /// A revision: its name as given, and how many findings were there before.
    pub since: Option<(&'a str, usize)>,
}

/// What became of the findings of a baseline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// Findings that it knows.
    pub known: usize,
    /// Findings in it that are there no more.
    pub gone: usize,
}

/// A file recognised and left alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotReviewed {
    /// Path relative to the root.
    pub path: String,
    /// Why, as a stable word for programs.
    pub reason: &'static str,
    /// What such a file is called, one and several: `["chart template", "chart templates"]`.
    pub called: [&'static str; 2],
}

impl Report<'_> {
    /// The number of findings of one severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

/// Where the manual of a rule is, relative to the top of Plimsoll's repository.
pub fn docs(rule: &str) -> String {
    format!("docs/rules/{rule}.md")
}
