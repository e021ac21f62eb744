//! `--baseline` and `--write-baseline`.

use std::path::Path;

use plimsoll_project::Project;
use plimsoll_report::Known;
use plimsoll_report::baseline::{self, Baseline};
use plimsoll_rules::{Outcome, Selection, Strictness, find};
use plimsoll_source::{Finding, SourceFile};

use crate::failure::Failure;
use crate::files;
use crate::roots::Roots;
use crate::terminal;

/// Reads a baseline.
pub(super) fn read(path: &Path) -> Result<Baseline, Failure> {
    let text = files::read_text(path, baseline::MAX_BYTES)?;
    let file = SourceFile::written(path.to_string_lossy().into_owned(), text);
    Baseline::parse(&file).map_err(|problem| Failure::in_file(file, vec![problem]))
}

/// Takes out the findings that the baseline knows. `before` are those that were taken out
/// already.
pub(super) fn part(
    known: &Baseline,
    outcome: &mut Outcome,
    before: &[Finding],
    selection: &Selection,
    roots: &Roots,
) -> Known {
    let speaks = |id: &str| {
        find(id).is_some_and(|rule| {
            let selected = selection.select.contains(id);
            let all = selection.select.is_empty() && !selection.ignore.contains(id);
            selected || all && rule.strictness <= selection.strictness.max(Strictness::Default)
        })
    };
    let reached = |path: &str| {
        let below = |top: &String| match path.strip_prefix(&**top) {
            Some(rest) => rest.is_empty() || rest.starts_with('/'),
            None => false,
        };
        roots.paths.is_empty() || roots.paths.iter().any(below)
    };
    let also = outcome.suppressed.iter().map(|one| &one.finding);
    let also: Vec<&Finding> = also.chain(before).collect();
    known.part(&mut outcome.findings, also, |rule, path| {
        speaks(rule) && reached(path)
    })
}

/// Writes the findings as a baseline, and says so.
pub(super) fn write(path: &Path, project: &Project, findings: &[Finding]) -> Result<(), Failure> {
    files::write(path, |out| baseline::write(&project.files, findings, out))?;
    let count = findings.len();
    let called = if count == 1 { "finding" } else { "findings" };
    terminal::print(&format!("{count} {called} written to {}\n", path.display()))
}
