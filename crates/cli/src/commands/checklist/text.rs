//! The checklist for people.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use plimsoll_checklist::{Line, Section, Status};
use plimsoll_report::escape;

use super::{NO_SERVICE, View, tally};
use crate::terminal::Terminal;

/// The most places of a passed line; a failed one shows all.
const MOST_PASSED: usize = 3;

pub(super) fn text(view: &View<'_>, terminal: &Terminal) -> String {
    let style = |style: Style| if terminal.color { style } else { Style::new() };
    let styles = Styles {
        bold: style(Style::new().bold()),
        dim: style(Style::new().dimmed()),
        good: style(AnsiColor::Green.on_default()),
        bad: style(AnsiColor::Red.on_default().bold()),
    };
    let Styles { bold, dim, .. } = styles;
    if view.services.is_empty() {
        return format!("{NO_SERVICE}\n");
    }
    let mut out = String::new();
    for service in view.services {
        if !out.is_empty() {
            out.push('\n');
        }
        let name = escape::one_line(&service.name);
        let _ = writeln!(out, "{bold}{name}{bold:#}  {dim}{}{dim:#}", tally(service));
        for (label, place) in &service.parts {
            let place = place.map(|place| view.shown(place)).unwrap_or_default();
            let label = escape::one_line(label);
            let _ = writeln!(out, "  {label}  {dim}{}{dim:#}", escape::one_line(&place));
        }
        for section in &service.sections {
            let _ = write!(out, "\n{bold}{}{bold:#}", section.title);
            if let Some(why) = nothing_in(section) {
                let _ = writeln!(out, "  {dim}not applicable: {why}{dim:#}");
                continue;
            }
            out.push('\n');
            for line in &section.lines {
                self::line(&mut out, view, &styles, line);
            }
        }
    }
    out
}

/// Why no line of a section applies, if that is one reason.
fn nothing_in(section: &Section) -> Option<&str> {
    let why = section.lines.first()?.summary.as_str();
    let same = |line: &Line| line.status == Status::NotApplicable && line.summary == why;
    section.lines.iter().all(same).then_some(why)
}

struct Styles {
    bold: Style,
    dim: Style,
    good: Style,
    bad: Style,
}

fn line(out: &mut String, view: &View<'_>, styles: &Styles, line: &Line) {
    let (style, mark) = match line.status {
        Status::Pass => (styles.good, "pass"),
        Status::Fail => (styles.bad, "FAIL"),
        Status::NotApplicable => (styles.dim, "n/a "),
    };
    let dim = styles.dim;
    let _ = write!(out, "  {style}{mark}{style:#}  {}", line.title);
    if !line.summary.is_empty() {
        let _ = write!(out, ": {}", escape::one_line(&line.summary));
    }
    out.push('\n');
    let most = match line.status {
        Status::Fail => usize::MAX,
        _ => MOST_PASSED,
    };
    for evidence in line.evidence.iter().take(most) {
        let place = view.shown(evidence.place);
        let rule = evidence
            .rule
            .map(|rule| format!(" [{rule}]"))
            .unwrap_or_default();
        let _ = writeln!(
            out,
            "        {dim}{}{dim:#} {}{dim}{rule}{dim:#}",
            escape::one_line(&place),
            escape::one_line(&evidence.text)
        );
    }
    let more = line.evidence.len().saturating_sub(most);
    if more > 0 {
        let _ = writeln!(out, "        {dim}and {more} more{dim:#}");
    }
}
