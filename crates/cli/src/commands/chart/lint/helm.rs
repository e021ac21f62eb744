//! What `helm lint` prints.

use std::fmt::Write as _;
use std::process::ExitCode;

use plimsoll_helm::lint::Level;

use super::{LintArgs, Linted};
use crate::failure::Failure;
use crate::terminal;

pub(super) fn write(args: &LintArgs, linted: &[Linted]) -> Result<ExitCode, Failure> {
    let mut out = String::new();
    let (mut failed, mut noted) = (0, 0);
    for chart in linted {
        let fails = chart.fails(args.strict);
        failed += usize::from(fails);
        let notable = fails || chart.messages(false).any(|one| one.level > Level::Info);
        noted += usize::from(notable);
        if args.quiet && !notable {
            continue;
        }
        let _ = writeln!(out, "==> Linting {}", chart.path);
        if let Err(error) = &chart.outcome {
            let _ = writeln!(out, "Error {error}");
        }
        for message in chart.messages(false) {
            if !args.quiet || message.level > Level::Info {
                let _ = writeln!(out, "{message}");
            }
        }
        out.push('\n');
    }
    let summary = format!("{} chart(s) linted, {failed} chart(s) failed", linted.len());
    if failed == 0 && (!args.quiet || noted > 0) {
        out.push_str(&summary);
        out.push('\n');
    }
    terminal::print(&out)?;
    if failed > 0 {
        return Err(Failure::user(summary));
    }
    Ok(ExitCode::SUCCESS)
}
