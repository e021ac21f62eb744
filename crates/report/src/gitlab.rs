//! The report as GitLab's Code Quality artifact.
//!
//! The format is GitLab's subset of Code Climate's: "Code Quality report format" in its manual.

use std::collections::BTreeMap;
use std::io::{self, Write};

use plimsoll_source::{Fingerprint, Severity};
use serde::Serialize;

use crate::locate::Locator;
use crate::{Report, harmless};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// Writes the report as a Code Quality document.
pub fn gitlab(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut locator = Locator::new(report.files);
    // Two issues with one fingerprint are one to GitLab.
    let mut seen: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    let issues: Vec<Issue<'_>> = report
        .findings
        .iter()
        .map(|finding| {
            let (start, end) = locator.ends(finding.origin.place);
            let count = seen.entry(finding.fingerprint).or_default();
            *count += 1;
            let fingerprint = match *count {
                1 => finding.fingerprint.to_string(),
                count => format!("{}-{count}", finding.fingerprint),
            };
            let description = match &finding.help {
                Some(help) => format!("{}; {help}", finding.message),
                None => finding.message.clone(),
            };
            Issue {
                description,
                check_name: finding.rule,
                fingerprint,
                severity: match finding.severity {
                    Severity::Error => "critical",
                    Severity::Warning => "major",
                    Severity::Note => "info",
                },
                location: Location {
                    path: &report.files.get(finding.origin.place.file).path,
                    lines: Lines {
                        begin: start.line,
                        end: end.line,
                    },
                },
            }
        })
        .collect();
    harmless::write(&issues, out)
}
