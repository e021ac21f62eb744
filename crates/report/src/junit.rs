//! The report as JUnit XML: a suite for each file, a failed case for each finding.
//!
//! There is no one schema; this is the form that Jenkins, GitLab and others agree on. A review
//! without findings has one case that passed, since a report without any counts as a mistake.

use std::fmt::Write as _;
use std::io::{self, Write};

use plimsoll_source::{FileId, Finding};

use crate::locate::Locator;
use crate::{Report, escape};

/// Writes the report as JUnit XML.
pub fn junit(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let count = report.findings.len();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let tests = count.max(1);
    writeln!(
        out,
        "<testsuites name=\"plimsoll\" tests=\"{tests}\" failures=\"{count}\">"
    )?;
    if count == 0 {
        writeln!(
            out,
            "  <testsuite name=\"plimsoll\" tests=\"1\" failures=\"0\">"
        )?;
        writeln!(
            out,
            "    <testcase classname=\"plimsoll\" name=\"no findings\"/>"
        )?;
        writeln!(out, "  </testsuite>")?;
    }
    let mut locator = Locator::new(report.files);
    let file = |finding: &Finding| finding.origin.place.file;
    for findings in report.findings.chunk_by(|a, b| file(a) == file(b)) {
        suite(report, &mut locator, file(&findings[0]), findings, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn suite(
    report: &Report<'_>,
    locator: &mut Locator<'_>,
    file: FileId,
    findings: &[Finding],
    out: &mut dyn Write,
) -> io::Result<()> {
    let path = attribute(&report.files.get(file).path);
    let count = findings.len();
    writeln!(
        out,
        "  <testsuite name=\"{path}\" tests=\"{count}\" failures=\"{count}\">"
    )?;
    for finding in findings {
        let at = locator.ends(finding.origin.place).0;
        let (rule, severity) = (finding.rule, finding.severity.name());
        let mut body = format!("{}:{}:{}", report.files.get(file).path, at.line, at.column);
        for note in &finding.notes {
            let _ = write!(body, "\n{note}");
        }
        if let Some(help) = &finding.help {
            let _ = write!(body, "\nhelp: {help}");
        }
        let name = format!("{rule} at {}:{}", at.line, at.column);
        writeln!(
            out,
            "    <testcase classname=\"{path}\" name=\"{name}\" file=\"{path}\" line=\"{}\">",
            at.line
        )?;
        writeln!(
            out,
            "      <failure type=\"{severity}\" message=\"{}\">{}</failure>",
            attribute(&finding.message),
            content(&body)
        )?;
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}

/// A text between tags. Characters that XML 1.0 has no place for are among those that steer a
/// terminal.
fn content(text: &str) -> String {
    let text = escape::lines(text);
    let text: String = text.chars().map(allowed).collect();
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A text in quotes.
fn attribute(text: &str) -> String {
    content(&escape::one_line(text))
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}

/// U+FFFE and U+FFFF are characters of Unicode and not of XML.
const fn allowed(c: char) -> char {
    match c {
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::{attribute, content};

    #[test]
    fn untrusted_text_closes_nothing() {
        assert_eq!(
            attribute("a\"><x a='&\u{1b}\n"),
            "a&quot;&gt;&lt;x a=&apos;&amp;\u{241b}\u{240a}"
        );
        assert_eq!(content("]]>\n\u{ffff}"), "]]&gt;\n\u{fffd}");
    }
}
