//! Findings for whoever asked: the forms of a report, where it goes, and when it fails the run.

use std::io::{self, Write};
use std::path::Path;

use clap::ValueEnum;
use plimsoll_project::config::{self, Config};
use plimsoll_report::{Report, RuleInfo, TextOptions, Tool};
use plimsoll_rules::{Rule, Strictness};
use plimsoll_source::Severity;

use crate::failure::Failure;
use crate::files;
use crate::roots::{self, Roots};
use crate::terminal::{self, Terminal};

/// The forms of a report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For code scanning (SARIF 2.1.0)
    Sarif,
    /// Workflow commands of GitHub Actions, which annotate the changed files
    Github,
    /// Code Quality of GitLab
    Gitlab,
    /// JUnit XML, for whoever shows test results
    Junit,
    /// A table for a comment or the summary of a job
    Markdown,
}

/// From which severity on a finding fails the run.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum FailOn {
    /// Only errors
    Error,
    /// Errors and warnings
    Warning,
    /// Every finding
    Note,
    /// Nothing
    Never,
}

impl FailOn {
    /// What the flag says, or else the configuration.
    pub(crate) fn of(flag: Option<Self>, config: &Config) -> Self {
        match (flag, config.check.fail_on) {
            (Some(fail_on), _) => fail_on,
            (None, Some(config::FailOn::Severity(Severity::Error))) => Self::Error,
            (None, Some(config::FailOn::Severity(Severity::Note))) => Self::Note,
            (None, Some(config::FailOn::Never)) => Self::Never,
            (None, Some(config::FailOn::Severity(Severity::Warning)) | None) => Self::Warning,
        }
    }

    /// Whether a finding of this severity fails the run.
    pub(crate) fn includes(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Note => true,
            Self::Never => false,
        }
    }
}

/// How a report is wanted, and where.
pub(crate) struct Wanted<'a> {
    pub(crate) format: Format,
    /// The file that gets it in its format; whoever runs the command then reads the text.
    pub(crate) output: Option<&'a Path>,
    /// What is known of the rules that may have findings.
    pub(crate) rules: &'a [RuleInfo<'a>],
}

impl Wanted<'_> {
    /// Writes the report where it is wanted.
    pub(crate) fn write(
        &self,
        report: &Report<'_>,
        roots: &Roots,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let here = roots::here();
        let shown = |path: &str| roots.shown(&here, path);
        let options = TextOptions {
            color: terminal.color,
            width: terminal.width,
            shown: &shown,
        };
        let Some(path) = self.output else {
            return terminal::print_with(|out| self.form(report, &options, out));
        };
        let in_file = TextOptions {
            color: false,
            width: None,
            shown: &shown,
        };
        files::write(path, |out| self.form(report, &in_file, out))?;
        terminal::print_with(|out| plimsoll_report::text(report, &options, out))
    }

    fn form(
        &self,
        report: &Report<'_>,
        options: &TextOptions<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match self.format {
            Format::Text => plimsoll_report::text(report, options, out),
            Format::Json => plimsoll_report::json(report, out),
            Format::Sarif => {
                let tool = Tool {
                    version: env!("CARGO_PKG_VERSION"),
                    rules: self.rules,
                };
                plimsoll_report::sarif(report, &tool, out)
            }
            Format::Github => plimsoll_report::github(report, out),
            Format::Gitlab => plimsoll_report::gitlab(report, out),
            Format::Junit => plimsoll_report::junit(report, out),
            Format::Markdown => plimsoll_report::markdown(report, out),
        }
    }
}

/// What a report says of a rule.
pub(crate) fn info(rule: &'static Rule) -> RuleInfo<'static> {
    let aliases = rule.aliases.iter();
    RuleInfo {
        id: rule.id,
        summary: rule.summary,
        page: plimsoll_rules::page(rule.id).unwrap_or_default(),
        severity: rule.severity,
        confidence: rule.confidence,
        by_default: rule.strictness == Strictness::Default,
        strictness: rule.strictness.name(),
        elsewhere: aliases.map(|alias| (alias.tool, alias.id)).collect(),
    }
}
