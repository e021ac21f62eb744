//! The report for programs; described by `docs/schema/chart-lint.schema.json`.

use plimsoll_helm::lint::{Level, Message};
use plimsoll_source::LineIndex;
use serde::Serialize;

use super::{LintArgs, Linted, text};
use crate::failure::Failure;
use crate::terminal;

/// The version of the format; a change that a reader could stumble over raises it.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document {
    version: u32,
    charts: Vec<Chart>,
    failed: usize,
}

#[derive(Serialize)]
struct Chart {
    path: String,
    failed: bool,
    error: Option<String>,
    messages: Vec<Said>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    severity: &'static str,
    check: &'static str,
    /// What Helm says it is about.
    about: String,
    message: String,
    notes: Vec<String>,
    /// Whether Helm says it, too.
    helm: bool,
    #[serde(flatten)]
    at: Option<At>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct At {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

pub(super) fn write(args: &LintArgs, linted: &[Linted]) -> Result<(), Failure> {
    let charts = linted.iter().map(|chart| Chart {
        path: chart.path.clone(),
        failed: chart.fails(args.strict),
        error: chart.outcome.as_ref().err().cloned(),
        messages: chart
            .messages(true)
            .filter(|message| !(args.quiet && message.level == Level::Info))
            .map(said)
            .collect(),
    });
    let document = Document {
        version: VERSION,
        charts: charts.collect(),
        failed: linted
            .iter()
            .filter(|chart| chart.fails(args.strict))
            .count(),
    };
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Failure::internal(format!("cannot write JSON: {error}")))?;
    terminal::print(&format!("{text}\n"))
}

fn said(message: &Message) -> Said {
    let at = message.place.as_ref().map(|place| {
        let index = LineIndex::new(&place.text);
        let start = index.line_col(&place.text, place.range.start);
        let end = index.line_col(&place.text, place.range.end);
        At {
            file: place.path.to_string(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    });
    let (words, mut notes) = text::words(message);
    notes.extend(message.notes.iter().cloned());
    Said {
        severity: text::severity(message.level).name(),
        check: message.check,
        about: message.path.clone(),
        message: words,
        notes,
        helm: !message.beyond,
        at,
    }
}
