//! Writing the report: to standard output, and into a file beside it.

use std::io::{self, Write};

use plimsoll_report::{Report, RuleInfo, TextOptions, Tool};
use plimsoll_rules::{RULES, Rule, Strictness};

use super::{CheckArgs, Format};
use crate::failure::Failure;
use crate::files;
use crate::roots::{self, Roots};
use crate::terminal::{self, Terminal};

/// Writes the report where it is wanted: with `--output` the file gets the format, and whoever
/// runs the command reads the text.
pub(super) fn write(
    args: &CheckArgs,
    report: &Report<'_>,
    roots: &Roots,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let here = roots::here();
    let shown = |path: &str| roots.shown(&here, path);
    let options = TextOptions {
        color: terminal.color,
        width: terminal.width,
        shown: &shown,
    };
    let Some(path) = &args.output else {
        return terminal::print_with(|out| form(args.format, report, &options, out));
    };
    let in_file = TextOptions {
        color: false,
        width: None,
        shown: &shown,
    };
    files::write(path, |out| form(args.format, report, &in_file, out))?;
    terminal::print_with(|out| plimsoll_report::text(report, &options, out))
}

fn form(
    format: Format,
    report: &Report<'_>,
    options: &TextOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Text => plimsoll_report::text(report, options, out),
        Format::Json => plimsoll_report::json(report, out),
        Format::Sarif => {
            let rules: Vec<RuleInfo<'_>> = RULES.iter().map(|rule| info(rule)).collect();
            let tool = Tool {
                version: env!("CARGO_PKG_VERSION"),
                rules: &rules,
            };
            plimsoll_report::sarif(report, &tool, out)
        }
        Format::Github => plimsoll_report::github(report, out),
        Format::Gitlab => plimsoll_report::gitlab(report, out),
        Format::Junit => plimsoll_report::junit(report, out),
        Format::Markdown => plimsoll_report::markdown(report, out),
    }
}

fn info(rule: &'static Rule) -> RuleInfo<'static> {
    let aliases = rule.aliases.iter();
    RuleInfo {
        id: rule.id,
        summary: rule.summary,
        page: plimsoll_rules::page(rule.id).unwrap_or_default(),
        severity: rule.severity,
        confidence: rule.confidence,
        by_default: rule.strictness == Strictness::Default,
        strictness: rule.strictness.name(),
        elsewhere: aliases.map(|alias| (alias.tool, alias.id)).collect(),
    }
}
