//! The report for programs. The format is described by `docs/schema/check.schema.json`.

use plimsoll_source::{Files, Finding, Fix, Place, Severity};
use serde::Serialize;

use crate::locate::Locator;
use crate::{Report, docs, escape};

/// The version of the format; a change that a reader could stumble over raises it.
const VERSION: u32 = 1;

/// Writes the report as JSON, ending in a line break.
pub fn json(report: &Report<'_>) -> String {
    let mut locator = Locator::new(report.files);
    let findings = report.findings.iter();
    let document = Document {
        version: VERSION,
        root: report.root,
        findings: findings
            .map(|finding| found(report.files, &mut locator, finding))
            .collect(),
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
        },
    };
    let mut text = serde_json::to_string_pretty(&document)
        .expect("a tree of strings and numbers can always be written");
    text.push('\n');
    escape::json(text)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    root: &'a str,
    findings: Vec<Found<'a>>,
    summary: Summary<'a>,
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
    fingerprint: &'a str,
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
}

#[derive(Serialize)]
struct Skipped<'a> {
    file: &'a str,
    reason: &'a str,
}

fn found<'a>(files: &'a Files, locator: &mut Locator<'a>, finding: &'a Finding) -> Found<'a> {
    Found {
        rule: finding.rule,
        severity: finding.severity.name(),
        confidence: finding.confidence.name(),
        message: &finding.message,
        help: finding.help.as_deref(),
        docs: docs(finding.rule),
        at: at(files, locator, finding.origin.place),
        object: finding.object.as_deref(),
        fingerprint: &finding.fingerprint,
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
