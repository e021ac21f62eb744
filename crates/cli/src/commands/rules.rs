//! `plimsoll rules`.

use std::process::ExitCode;

use clap::ValueEnum;
use plimsoll_rules::{Check, FixKind, RULES, Rule};
use serde::Serialize;

use crate::failure::Failure;
use crate::terminal;

/// List all rules
#[derive(clap::Args)]
pub(crate) struct RulesArgs {
    /// How to write the list
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

pub(crate) fn run(args: &RulesArgs) -> Result<ExitCode, Failure> {
    let text = match args.format {
        Format::Text => text(),
        Format::Json => json()?,
    };
    terminal::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn text() -> String {
    let widest = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let line = |rule: &&Rule| {
        let (severity, strictness) = (rule.severity.name(), rule.strictness.name());
        format!(
            "{:<widest$}  {severity:<7}  {strictness:<8}  {}\n",
            rule.id, rule.summary
        )
    };
    RULES.iter().map(line).collect()
}

fn json() -> Result<String, Failure> {
    let rules = RULES.iter().map(|rule| described(rule)).collect();
    let text = serde_json::to_string_pretty(&Document { version: 1, rules })
        .map_err(|error| Failure::internal(error.to_string()))?;
    Ok(text + "\n")
}

#[derive(Serialize)]
struct Document {
    version: u32,
    rules: Vec<Described>,
}

#[derive(Serialize)]
struct Described {
    id: &'static str,
    summary: &'static str,
    severity: &'static str,
    confidence: &'static str,
    strictness: &'static str,
    fix: &'static str,
    since: &'static str,
    docs: String,
    inputs: Vec<&'static str>,
    aliases: Vec<Name>,
}

#[derive(Serialize)]
struct Name {
    tool: &'static str,
    id: &'static str,
}

fn described(rule: &Rule) -> Described {
    let mut inputs: Vec<&str> = Vec::new();
    for check in rule.checks {
        let input = input(check);
        if !inputs.contains(&input) {
            inputs.push(input);
        }
    }
    Described {
        id: rule.id,
        summary: rule.summary,
        severity: rule.severity.name(),
        confidence: rule.confidence.name(),
        strictness: rule.strictness.name(),
        fix: match rule.fix {
            FixKind::None => "none",
            FixKind::Sometimes => "sometimes",
            FixKind::Always => "always",
        },
        since: rule.since,
        docs: plimsoll_report::docs(rule.id),
        inputs,
        aliases: rule
            .aliases
            .iter()
            .map(|a| Name {
                tool: a.tool,
                id: a.id,
            })
            .collect(),
    }
}

fn input(check: &Check) -> &'static str {
    match check {
        Check::Dockerfile(_) => "dockerfile",
        Check::Ignore(_) => "dockerignore",
        Check::Compose(_) => "compose",
        Check::Manifest(_) | Check::Object(_) | Check::Workload(_) | Check::Container(_) => {
            "kubernetes"
        }
        Check::Project(_) => "project",
        Check::Suppression(_) => "suppression",
    }
}
