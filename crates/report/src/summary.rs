//! The last line of a report: how much was found, and what was left out.

use std::collections::BTreeMap;

use plimsoll_source::Severity;

use crate::Report;

/// Said when there were more files than are reviewed.
pub(crate) const TRUNCATED: &str =
    "there are more files than are reviewed at once: name folders to review";

/// The line, with each count of findings put through `paint`.
pub(crate) fn line(report: &Report<'_>, paint: impl Fn(Severity, String) -> String) -> String {
    let nothing = report.findings.is_empty() && report.suppressed.is_empty();
    if report.reviewed == 0 && nothing && report.not_reviewed.is_empty() {
        let kinds = "Dockerfile, .dockerignore, Compose file or Kubernetes manifest";
        return format!("nothing to review: no {kinds} was found");
    }
    let named = [
        (Severity::Error, ["error", "errors"]),
        (Severity::Warning, ["warning", "warnings"]),
        (Severity::Note, ["note", "notes"]),
    ];
    let mut parts = Vec::new();
    for (severity, called) in named {
        let count = report.count(severity);
        if count > 0 {
            parts.push(paint(severity, counted(count, called)));
        }
    }
    let new = report.compared.baseline.is_some() || report.compared.since.is_some();
    let mut line = match (parts.is_empty(), new) {
        (true, false) => "no findings".to_owned(),
        (true, true) => "no new findings".to_owned(),
        (false, false) => parts.join(", "),
        (false, true) => format!("new: {}", parts.join(", ")),
    };
    line.push_str(" in ");
    line.push_str(&counted(report.reviewed, ["file", "files"]));
    let mut add = |words: String| {
        line.push_str("; ");
        line.push_str(&words);
    };
    if let Some((revision, before)) = report.compared.since
        && before > 0
    {
        add(format!(
            "{before} there since before {}",
            crate::escape::one_line(revision)
        ));
    }
    if let Some(baseline) = report.compared.baseline {
        if baseline.known > 0 {
            add(format!("{} known from the baseline", baseline.known));
        }
        if baseline.gone > 0 {
            add(format!("{} of the baseline gone", baseline.gone));
        }
    }
    if !report.suppressed.is_empty() {
        add(format!("{} suppressed", report.suppressed.len()));
    }
    let mut left: BTreeMap<[&str; 2], usize> = BTreeMap::new();
    for file in report.not_reviewed {
        *left.entry(file.called).or_default() += 1;
    }
    if !left.is_empty() {
        let left: Vec<String> = left
            .into_iter()
            .map(|(called, count)| counted(count, called))
            .collect();
        add(format!("{} not reviewed", left.join(", ")));
    }
    line
}

/// `1 file`, `2 files`.
pub(crate) fn counted(count: usize, [one, several]: [&str; 2]) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}
