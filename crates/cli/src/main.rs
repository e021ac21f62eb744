//! The `plimsoll` command: parses arguments, calls a library, prints, and chooses the exit code.
//!
//! Standard output carries what was asked for, standard error what went wrong. Exit codes: 0
//! clean, 1 findings or a refusal, 2 the user's mistake, 3 ours.

mod cluster;
mod commands;
mod credentials;
mod diff;
mod failure;
mod files;
mod findings;
mod git;
mod guard;
mod markdown;
mod names;
mod progress;
mod roots;
mod settings;
mod stdin;
mod terminal;

use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory, Parser, Subcommand};

use crate::failure::Failure;
use crate::terminal::Terminal;

/// Takes a service from its source tree to running safely on Kubernetes: writes and reviews
/// Dockerfiles, Compose files, manifests and Helm charts, and says how to mend them
#[derive(Parser)]
#[command(
    name = "plimsoll",
    version,
    disable_help_subcommand = true,
    max_term_width = 100
)]
struct Args {
    /// When to use colours; `auto` uses them on a terminal, unless NO_COLOR is set
    #[arg(
        long,
        global = true,
        alias = "colour",
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = false
    )]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(commands::check::CheckArgs),
    Links(commands::links::LinksArgs),
    Checklist(commands::checklist::ChecklistArgs),
    Init(Box<commands::init::InitArgs>),
    Secret(commands::secret::SecretArgs),
    Explain(commands::explain::ExplainArgs),
    Rules(commands::rules::RulesArgs),
    Compose(commands::compose::ComposeArgs),
    Chart(commands::chart::ChartArgs),
    Size(Box<commands::size::SizeArgs>),
    Autoscale(commands::autoscale::AutoscaleArgs),
    Fit(Box<commands::fit::FitArgs>),
    Completions(commands::completions::CompletionsArgs),
    #[command(hide = true)]
    Generate(commands::generate::GenerateArgs),
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help that nobody reads is no mistake; a usage error has its code either way.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let terminal = Terminal::new(args.color);
    guard::guarded(|| run(&args.command, &terminal)).unwrap_or_else(|failure| {
        terminal.complain(&failure);
        failure.code()
    })
}

fn run(command: &Command, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match command {
        Command::Check(args) => commands::check::run(args, terminal),
        Command::Links(args) => commands::links::run(args, terminal),
        Command::Checklist(args) => commands::checklist::run(args, terminal),
        Command::Secret(args) => commands::secret::run(args, terminal),
        Command::Init(args) => commands::init::run(args, terminal),
        Command::Explain(args) => commands::explain::run(args, terminal),
        Command::Rules(args) => commands::rules::run(args),
        Command::Compose(args) => commands::compose::run(args, terminal),
        Command::Chart(args) => commands::chart::run(args, terminal),
        Command::Size(args) => commands::size::run(args, terminal),
        Command::Autoscale(args) => commands::autoscale::run(args, terminal),
        Command::Fit(args) => commands::fit::run(args, terminal),
        Command::Completions(args) => commands::completions::run(args, Args::command()),
        Command::Generate(args) => commands::generate::run(args),
    }
}
