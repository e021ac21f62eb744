//! The report for people: the lines that are meant, in the manner of a review.

use std::collections::HashMap;

use plimsoll_helm::lint::{Level, Message};
use plimsoll_report::{Compared, Report, TextOptions};
use plimsoll_source::{
    Confidence, FileId, Files, Finding, Fingerprint, Origin, Place, Severity, SourceFile, TextRange,
};

use super::{LintArgs, Linted};
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

pub(super) fn write(
    args: &LintArgs,
    linted: &[Linted],
    terminal: &Terminal,
) -> Result<(), Failure> {
    let mut files = Files::default();
    let mut known = HashMap::new();
    let mut findings = Vec::new();
    for chart in linted {
        if let Err(error) = &chart.outcome {
            let path = format!("{}/Chart.yaml", chart.path);
            let file = file(&mut files, &mut known, path, "");
            let place = Place {
                file,
                range: TextRange::default(),
            };
            findings.push(finding("chart-load", Severity::Error, error, place, &[]));
        }
        // Helm's checks load the chart anew, and each says why it cannot.
        let mut unloadable = false;
        for message in chart.messages(true) {
            if args.quiet && message.level == Level::Info {
                continue;
            }
            if message.check == "chart-load" && std::mem::replace(&mut unloadable, true) {
                continue;
            }
            let (path, text, range) = match &message.place {
                Some(place) => (&*place.path, &*place.text, place.range),
                None => ("Chart.yaml", "", TextRange::default()),
            };
            let path = format!("{}/{path}", chart.path.trim_end_matches('/'));
            let path = path.strip_prefix("./").unwrap_or(&path).to_owned();
            let file = file(&mut files, &mut known, path, text);
            let (words, mut notes) = words(message);
            notes.extend(message.notes.iter().cloned());
            let place = Place { file, range };
            findings.push(finding(
                message.check,
                severity(message.level),
                &words,
                place,
                &notes,
            ));
        }
    }
    let report = Report {
        manual: None,
        root: ".",
        files: &files,
        findings: &findings,
        suppressed: &[],
        shows_suppressed: false,
        compared: Compared::default(),
        reviewed: linted.iter().map(|chart| chart.files).sum(),
        not_reviewed: &[],
        unreadable: &[],
        truncated: false,
    };
    let options = TextOptions {
        color: terminal.color,
        width: terminal.width,
        shown: &|path| path.to_owned(),
    };
    terminal::print_with(|out| plimsoll_report::text(&report, &options, out))?;
    let failed = linted.iter().filter(|chart| chart.fails(args.strict));
    let failed = failed.count();
    let charts = if linted.len() == 1 { "chart" } else { "charts" };
    terminal::print(&format!("{} {charts}, {failed} failed\n", linted.len()))
}

pub(super) fn severity(level: Level) -> Severity {
    match level {
        Level::Info => Severity::Note,
        Level::Warning => Severity::Warning,
        Level::Error => Severity::Error,
    }
}

fn file(
    files: &mut Files,
    known: &mut HashMap<String, FileId>,
    path: String,
    text: &str,
) -> FileId {
    if let Some(known) = known.get(&path) {
        return *known;
    }
    let id = files.add(SourceFile::written(path.as_str(), text));
    known.insert(path, id);
    id
}

/// Helm's words in one line, and what does not fit in it.
pub(super) fn words(message: &Message) -> (String, Vec<String>) {
    let text = message.text.replace("\n\t", ": ");
    let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.retain(|line| !line.is_empty());
    if message.check == "chart-templates" && message.place.is_some() {
        // The place and the calls are told otherwise.
        let last = lines.pop().unwrap_or_default();
        let words = ["parse error at (", "execution error at ("]
            .iter()
            .find_map(|start| last.strip_prefix(start)?.split_once("): "))
            .or_else(|| last.strip_prefix("template: ")?.split_once(">: "))
            .map_or(last, |(_, words)| words);
        return (words.to_owned(), Vec::new());
    }
    let mut lines = lines.into_iter();
    let first = lines.next().unwrap_or_default().to_owned();
    (first, lines.map(str::to_owned).collect())
}

fn finding(
    rule: &'static str,
    severity: Severity,
    message: &str,
    place: Place,
    notes: &[String],
) -> Finding {
    Finding {
        rule,
        severity,
        confidence: Confidence::High,
        message: message.to_owned(),
        label: None,
        origin: Origin::written(place),
        generated: None,
        related: Vec::new(),
        notes: notes.iter().cloned().map(Into::into).collect(),
        help: None,
        object: None,
        subject: "".into(),
        group: None,
        fix: None,
        secrets: Vec::new(),
        fingerprint: Fingerprint::default(),
    }
}
