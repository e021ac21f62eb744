//! An explanation for people, and for a pull request or an issue.

use std::fmt::Write;

use plimsoll_autoscale::dump::Dump;
use plimsoll_autoscale::explain::{Explanation, condition_words, event_words};

use super::parts::{self, clock};

/// The most events that are shown, the newest ones.
const MOST_EVENTS: usize = 10;

pub(super) fn text(dump: &Dump, explained: &Explanation) -> String {
    let mut out = parts::heading(dump, explained);
    let _ = writeln!(out, ", at {}", clock(explained.now));
    for words in parts::why(dump, explained) {
        let _ = writeln!(out, "  {words}");
    }
    out.push('\n');
    let rows = parts::rows(dump, explained);
    let wide = |of: fn(&parts::Row) -> &str, head: &str| {
        let widths = rows.iter().map(|row| of(row).chars().count());
        widths.chain([head.len()]).max().unwrap_or(0)
    };
    let name = wide(|row| &row.name, "metric");
    let value = wide(|row| &row.value, "now");
    let target = wide(|row| &row.target, "target");
    let ratio = wide(|row| &row.ratio, "ratio");
    let mut line = |cells: [&str; 5]| {
        let [first, now, wanted, over, last] = cells;
        let _ = writeln!(
            out,
            "{first:<name$}  {now:>value$}  {wanted:>target$}  {over:>ratio$}  {last}"
        );
    };
    line(["metric", "now", "target", "ratio", "proposes"]);
    for row in &rows {
        line([
            &row.name,
            &row.value,
            &row.target,
            &row.ratio,
            &row.proposes,
        ]);
    }
    for words in parts::remarks(dump, explained) {
        let _ = writeln!(out, "  {words}");
    }
    for (title, up) in [("up", true), ("down", false)] {
        let _ = writeln!(out, "\nto go {title}");
        for words in parts::moves(dump, explained, up) {
            let _ = writeln!(out, "  {words}");
        }
    }
    if !dump.written.conditions.is_empty() {
        out.push_str("\nconditions\n");
    }
    for one in &dump.written.conditions {
        let since = one
            .since
            .map_or(String::new(), |at| format!(" since {}", clock(at)));
        let words = condition_words(one);
        let colon = if words.is_empty() { "" } else { ": " };
        let _ = writeln!(
            out,
            "  {} {} {}{since}{colon}{words}",
            one.kind, one.status, one.reason
        );
    }
    if !dump.events.is_empty() {
        out.push_str("\nevents\n");
    }
    let first = dump.events.len().saturating_sub(MOST_EVENTS);
    for event in &dump.events[first..] {
        let words = event_words(&event.reason);
        let open = if words.is_empty() { "" } else { "; " };
        let times = if event.count > 1 {
            format!(", {} times", event.count)
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "  {} {}{times}: {}{open}{words}",
            clock(event.at),
            event.reason,
            event.message
        );
    }
    out
}

pub(super) fn markdown(dump: &Dump, explained: &Explanation) -> String {
    let mut out = format!("## {}\n\n", cell(&parts::heading(dump, explained)));
    let _ = writeln!(out, "At {}:\n", clock(explained.now));
    for words in parts::why(dump, explained) {
        let _ = writeln!(out, "- {}", cell(&words));
    }
    out.push_str(
        "\n| metric | now | target | ratio | proposes |\n| --- | --- | --- | --- | --- |\n",
    );
    for row in parts::rows(dump, explained) {
        let cells = [row.name, row.value, row.target, row.ratio, row.proposes];
        let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out.push('\n');
    for words in parts::remarks(dump, explained) {
        let _ = writeln!(out, "- {}", cell(&words));
    }
    for (title, up) in [("up", true), ("down", false)] {
        let _ = writeln!(out, "\n### To go {title}\n");
        for words in parts::moves(dump, explained, up) {
            let _ = writeln!(out, "- {}", cell(&words));
        }
    }
    if !dump.written.conditions.is_empty() {
        out.push_str("\n### Conditions\n\n| condition | status | reason | meaning |\n| --- | --- | --- | --- |\n");
    }
    for one in &dump.written.conditions {
        let cells = [&*one.kind, &*one.status, &*one.reason, condition_words(one)];
        let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    if !dump.events.is_empty() {
        out.push_str("\n### Events\n\n");
    }
    let first = dump.events.len().saturating_sub(MOST_EVENTS);
    for event in &dump.events[first..] {
        let (reason, message) = (cell(&event.reason), cell(&event.message));
        let _ = writeln!(out, "- {} {reason}: {message}", clock(event.at));
    }
    out
}

/// A text that can stand in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
