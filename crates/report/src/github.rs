//! The report as workflow commands of GitHub Actions, which become annotations of the changed
//! files.
//!
//! The runner takes ten annotations of each level from a step and drops the others without a
//! word, so only the first ten of each level are commands, the worst first; the others are
//! listed in a group of the log. Commands and their escapes are described in GitHub's "Workflow
//! commands", and in the runner's `ActionCommand`.

use std::io::{self, Write};

use plimsoll_source::{Finding, Severity};

use crate::locate::Locator;
use crate::{Report, escape, summary};

/// The annotations of one level that a step may have.
const MOST: usize = 10;

/// Writes the report as workflow commands.
pub fn github(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut locator = Locator::new(report.files);
    let mut further: Vec<&Finding> = Vec::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let of_level = |finding: &&Finding| finding.severity == severity;
        for (number, finding) in report.findings.iter().filter(of_level).enumerate() {
            if number < MOST {
                out.write_all(command(report, &mut locator, finding).as_bytes())?;
            } else {
                further.push(finding);
            }
        }
    }
    if !further.is_empty() {
        let called = ["further finding", "further findings"];
        let count = summary::counted(further.len(), called);
        writeln!(out, "::group::{count}")?;
        for finding in further {
            let at = locator.ends(finding.origin.place).0;
            let path = &report.files.get(finding.origin.place.file).path;
            let (severity, rule) = (finding.severity.name(), finding.rule);
            let message = &finding.message;
            let line = format!(
                "{path}:{}:{}: {severity}[{rule}]: {message}",
                at.line, at.column
            );
            writeln!(out, "{}", plain(&line))?;
        }
        writeln!(out, "::endgroup::")?;
    }
    writeln!(out, "{}", plain(&summary::line(report, |_, words| words)))
}

fn command(report: &Report<'_>, locator: &mut Locator<'_>, finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let (start, end) = locator.ends(finding.origin.place);
    let path = &report.files.get(finding.origin.place.file).path;
    // Columns are only understood within one line.
    let columns = if start.line == end.line {
        format!(",col={},endColumn={}", start.column, end.column)
    } else {
        String::new()
    };
    let mut message = finding.message.clone();
    for note in &finding.notes {
        message.push('\n');
        message.push_str(note);
    }
    if let Some(help) = &finding.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    format!(
        "::{level} file={},line={},endLine={}{columns},title={}::{}\n",
        property(path),
        start.line,
        end.line,
        property(finding.rule),
        data(&message),
    )
}

/// A text as the data of a command.
fn data(text: &str) -> String {
    escape::lines(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A text as a property of a command.
fn property(text: &str) -> String {
    let text = escape::one_line(text);
    data(&text).replace(':', "%3A").replace(',', "%2C")
}

/// A line of the log that is no command, in the old form `##[…]` neither.
fn plain(text: &str) -> String {
    let text = escape::one_line(text).replace("##[", "# #[");
    if text.trim_start().starts_with("::") {
        format!("./{}", text.trim_start())
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{data, plain, property};

    #[test]
    fn untrusted_text_is_no_command() {
        assert_eq!(data("100%\n::error::x"), "100%25%0A::error::x");
        assert_eq!(property("a,b:c%\n"), "a%2Cb%3Ac%25\u{240a}");
        assert_eq!(plain(" ::error::x"), "./::error::x");
        assert_eq!(plain("a ##[error]x\n::b"), "a # #[error]x\u{240a}::b");
    }
}
