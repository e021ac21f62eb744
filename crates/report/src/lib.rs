//! Findings as text for people and as JSON for programs.
//!
//! This crate knows files, places and findings, and not what any rule means. It writes strings:
//! whether colours are wanted and how wide the terminal is, the caller says. Text of reviewed
//! files is untrusted, and nothing in it can steer a terminal (see [`escape`]).
//!
//! The text report is rendered here rather than by annotate-snippets: that walks the whole
//! source for every finding (2,000 findings in a file of 2,000 lines took 110 ms, one finding in
//! a line of 400 kB took 2 ms), shows one heading for each block, and leaves the C1 control
//! characters as they are.

pub mod escape;
mod frame;
mod json;
mod line;
mod locate;
mod mask;
mod style;
mod suggestion;
mod text;

use plimsoll_source::{Files, Finding, Severity};

pub use json::json;
pub use text::{TextOptions, text};

/// What a review found, ready to be shown.
#[derive(Debug)]
pub struct Report<'a> {
    /// The folder that paths are relative to.
    pub root: &'a str,
    /// All texts.
    pub files: &'a Files,
    /// The findings, by path, then place.
    pub findings: &'a [Finding],
    /// How many files were reviewed.
    pub reviewed: usize,
    /// Files recognised and left alone.
    pub not_reviewed: &'a [NotReviewed],
    /// Whether there were more files than are reviewed at once.
    pub truncated: bool,
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
