//! The report as Markdown, for the summary of a job or a comment on a change.
//!
//! The most severe findings come first, and the document ends before the limit of a comment
//! (65,536 characters) with the number of those left out. What stands between backticks in a
//! message may come from a reviewed file; it stays in a code span, everything else is escaped, so
//! that a file can bring in no heading, link, picture, mention or HTML.

use std::cmp::Reverse;
use std::io::{self, Write};

use plimsoll_source::{Finding, Severity};

use crate::locate::Locator;
use crate::{Report, escape, summary};

/// The most bytes of the table.
const MOST_BYTES: usize = 60_000;

/// Writes the report as Markdown.
pub fn markdown(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let line = summary::line(report, |_, words| words);
    writeln!(out, "### Plimsoll: {}\n", prose(&line))?;
    let mut locator = Locator::new(report.files);
    let mut rows = Rows::default();
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| Reverse(finding.severity));
    for finding in findings {
        rows.add(&row(report, &mut locator, finding, None));
    }
    if report.shows_suppressed {
        for one in report.suppressed {
            let why = one.reason.as_deref().unwrap_or("no reason is given");
            rows.add(&row(report, &mut locator, &one.finding, Some(why)));
        }
    }
    rows.write(out)?;
    if report.truncated {
        writeln!(out, "\n{}", prose(summary::TRUNCATED))?;
    }
    Ok(())
}

#[derive(Default)]
struct Rows {
    text: String,
    left_out: usize,
}

impl Rows {
    fn add(&mut self, row: &str) {
        if self.text.len() + row.len() > MOST_BYTES || self.left_out > 0 {
            self.left_out += 1;
        } else {
            self.text.push_str(row);
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.text.is_empty() {
            writeln!(out, "| | where | what | rule |\n| --- | --- | --- | --- |")?;
            out.write_all(self.text.as_bytes())?;
        }
        if self.left_out > 0 {
            let called = ["finding is", "findings are"];
            let count = summary::counted(self.left_out, called);
            writeln!(out, "\n{count} not listed here.")?;
        }
        Ok(())
    }
}

fn row(
    report: &Report<'_>,
    locator: &mut Locator<'_>,
    finding: &Finding,
    allowed: Option<&str>,
) -> String {
    let place = finding.origin.place;
    let at = locator.ends(place).0;
    let path = &report.files.get(place.file).path;
    let sign = match finding.severity {
        Severity::Error => "**error**",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let mut what = phrase(&finding.message);
    if let Some(help) = &finding.help {
        what.push_str("<br>help: ");
        what.push_str(&phrase(help));
    }
    if let Some(reason) = allowed {
        what.push_str("<br>allowed: ");
        what.push_str(&prose(reason));
    }
    let place = code(&format!("{path}:{}", at.line));
    format!("| {sign} | {place} | {what} | {} |\n", code(finding.rule))
}

/// A message of ours, with what stands between backticks as code.
fn phrase(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // An odd backtick is one of the file's: nothing tells which.
    if parts.len().is_multiple_of(2) {
        return prose(text);
    }
    let part = |(number, part): (usize, &&str)| match number % 2 {
        0 => prose(part),
        _ => code(part),
    };
    parts.iter().enumerate().map(part).collect()
}

/// A text as a code span of a table.
fn code(text: &str) -> String {
    let text = escape::one_line(text).replace('`', "'");
    if text.trim().is_empty() {
        return prose(&text);
    }
    // A table's bar is seen before the span.
    format!("`{}`", text.replace('|', "\\|"))
}

/// A text in which nothing is markup. Mentions and references of issues are seen in the text
/// that is left when everything else is resolved, so they are parted by an empty comment.
fn prose(text: &str) -> String {
    let text = escape::one_line(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' | '#' => {
                out.push(c);
                out.push_str("<!-- -->");
            }
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' => {
                out.push('\\');
                out.push(c);
            }
            // A bare address becomes a link at its colon.
            ':' => out.push_str("&#58;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{code, phrase, prose};

    #[test]
    fn untrusted_text_is_no_markup() {
        assert_eq!(
            prose("<img src=x> [a](b) @all #1 *x* https://x"),
            "&lt;img src=x&gt; \\[a\\]\\(b\\) @<!-- -->all #<!-- -->1 \\*x\\* https&#58;//x"
        );
        assert_eq!(code("a`|<b>\n"), "`a'\\|<b>\u{240a}`");
        assert_eq!(code(" "), " ");
        assert_eq!(
            phrase("image `a|b` has *no* tag"),
            "image `a\\|b` has \\*no\\* tag"
        );
        assert_eq!(phrase("odd ` one"), "odd \\` one");
    }
}
