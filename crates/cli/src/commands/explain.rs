//! `plimsoll explain`.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::markdown;
use crate::names;
use crate::terminal::{self, Terminal};

/// Show the manual of a rule
///
/// What it finds, why it matters, a bad and a good example, and references.
#[derive(clap::Args)]
pub(crate) struct ExplainArgs {
    /// The rule's id, or its name in another tool (DL3006)
    #[arg(value_name = "RULE")]
    rule: String,
}

pub(crate) fn run(args: &ExplainArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let mut text = String::new();
    for rule in names::rules(args.rule.trim())? {
        let page = plimsoll_rules::page(rule.id)
            .ok_or_else(|| Failure::internal(format!("the rule `{}` has no page", rule.id)))?;
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&markdown::render(page, terminal.color, terminal.width));
    }
    terminal::print(&text)?;
    Ok(ExitCode::SUCCESS)
}
