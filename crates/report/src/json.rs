//! The report for programs. The format is described by `docs/schema/check.schema.json`.

use std::io::{self, Write};

use plimsoll_source::{Files, Finding, Fix, Place, Severity};
use serde::{Serialize, Serializer};

use crate::locate::Locator;
use crate::{Report, docs, harmless};

/// The version of the format; a change that a reader could stumble over raises it.
const VERSION: u32 = 1;

/// Writes the report as JSON, ending in a line break.
pub fn json(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        version: VERSION,
        root: report.root,
        findings: Findings { report },
        suppressed: report.shows_suppressed.then_some(Suppressions { report }),
        summary: Summary {
            files: report.reviewed,
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            notes: report.count(Severity::Note),
            not_reviewed: report
                .not_reviewed
                .iter()
                .map(|file| Skipped {
                    file: &file.path,
                    reason: file.reason,
                })
                .collect(),
            truncated: report.truncated,
            suppressed: report.suppressed.len(),
            baseline: report.compared.baseline.map(|baseline| Baseline {
                known: baseline.known,
                gone: baseline.gone,
            }),
            since: report
                .compared
                .since
                .map(|(revision, before)| Since { revision, before }),
        },
    };
    harmless::write(&document, out)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    root: &'a str,
    findings: Findings<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<Suppressions<'a>>,
    summary: Summary<'a>,
}

/// The findings that are allowed.
struct Suppressions<'a> {
    report: &'a Report<'a>,
}

impl Serialize for Suppressions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let files = self.report.files;
        let mut locator = Locator::new(files);
        let suppressed = self.report.suppressed.iter();
        serializer.collect_seq(suppressed.map(|one| Allowed {
            found: found(self.report, &mut locator, &one.finding),
            suppression: By {
                at: at(files, &mut locator, one.place),
                reason: one.reason.as_deref(),
            },
        }))
    }
}

#[derive(Serialize)]
struct Allowed<'a> {
    #[serde(flatten)]
    found: Found<'a>,
    suppression: By<'a>,
}

#[derive(Serialize)]
struct By<'a> {
    #[serde(flatten)]
    at: At<'a>,
    reason: Option<&'a str>,
}

/// The findings, described one at a time while they are written.
struct Findings<'a> {
    report: &'a Report<'a>,
}

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut locator = Locator::new(self.report.files);
        let findings = self.report.findings.iter();
        serializer.collect_seq(findings.map(|finding| found(self.report, &mut locator, finding)))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    rule: &'a str,
    severity: &'a str,
    confidence: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    docs: String,
    #[serde(flatten)]
    at: At<'a>,
    object: Option<&'a str>,
    fingerprint: String,
    group: Option<&'a str>,
    related: Vec<Related<'a>>,
    fix: Option<Mend<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct At<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct Related<'a> {
    #[serde(flatten)]
    at: At<'a>,
    message: &'a str,
}

#[derive(Serialize)]
struct Mend<'a> {
    title: &'a str,
    safety: &'a str,
    edits: Vec<Replace<'a>>,
    create: Vec<Create<'a>>,
}

#[derive(Serialize)]
struct Replace<'a> {
    file: &'a str,
    start: u32,
    end: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct Create<'a> {
    file: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    files: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    not_reviewed: Vec<Skipped<'a>>,
    truncated: bool,
    suppressed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Baseline>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Since<'a>>,
}

#[derive(Serialize)]
struct Baseline {
    known: usize,
    gone: usize,
}

#[derive(Serialize)]
struct Since<'a> {
    revision: &'a str,
    before: usize,
}

#[derive(Serialize)]
struct Skipped<'a> {
    file: &'a str,
    reason: &'a str,
}

fn found<'a>(report: &'a Report<'a>, locator: &mut Locator<'a>, finding: &'a Finding) -> Found<'a> {
    let files = report.files;
    Found {
        rule: finding.rule,
        severity: finding.severity.name(),
        confidence: finding.confidence.name(),
        message: &finding.message,
        help: finding.help.as_deref(),
        docs: report
            .manual
            .map_or_else(|| docs(finding.rule), str::to_owned),
        at: at(files, locator, finding.origin.place),
        object: finding.object.as_deref(),
        fingerprint: finding.fingerprint.to_string(),
        group: finding.group.as_deref(),
        related: finding
            .related
            .iter()
            .map(|related| Related {
                at: at(files, locator, related.place),
                message: &related.message,
            })
            .collect(),
        fix: finding.fix.as_ref().map(|fix| mend(files, fix)),
    }
}

fn at<'a>(files: &'a Files, locator: &mut Locator<'a>, place: Place) -> At<'a> {
    let (start, end) = locator.ends(place);
    At {
        file: &files.get(place.file).path,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

fn mend<'a>(files: &'a Files, fix: &'a Fix) -> Mend<'a> {
    let replace = |edit: &'a plimsoll_source::FileEdit| Replace {
        file: &files.get(edit.file).path,
        start: edit.edit.range.start,
        end: edit.edit.range.end,
        text: &edit.edit.text,
    };
    Mend {
        title: &fix.title,
        safety: fix.safety.name(),
        edits: fix.change.edits.iter().map(replace).collect(),
        create: fix
            .change
            .create
            .iter()
            .map(|new| Create {
                file: &new.path,
                text: &new.text,
            })
            .collect(),
    }
}
