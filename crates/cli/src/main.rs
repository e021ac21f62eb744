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
mod spoiled;
mod stdin;
mod terminal;

use std::ffi::OsString;
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

/// `plimsoll chart template` alone. To learn the arguments of all commands takes as long as to render
/// a small chart, and scripts render many.
#[derive(Parser)]
#[command(name = "plimsoll", disable_help_subcommand = true)]
struct Quick {
    #[arg(long, global = true, alias = "colour", default_value = "auto")]
    color: ColorChoice,
    #[command(subcommand)]
    command: QuickCommand,
}

#[derive(Subcommand)]
enum QuickCommand {
    Chart(commands::chart::OnlyTemplate),
}

impl Quick {
    /// What the words say, if this is all that they say: whatever else they are, [`Args`] tells.
    fn of(words: &[OsString]) -> Option<Args> {
        let [_, chart, template, ..] = words else {
            return None;
        };
        if chart != "chart" || template != "template" {
            return None;
        }
        let Self { color, command } = Self::try_parse_from(words).ok()?;
        let QuickCommand::Chart(chart) = command;
        let command = Command::Chart(chart.into());
        Some(Args { color, command })
    }
}

/// Renders make and free many small things.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let args = Quick::of(&words).map_or_else(|| Args::try_parse_from(words), Ok);
    let args = match args {
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

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{Args, ColorChoice, Command, Parser, Quick};

    #[test]
    fn a_quick_look_is_enough_for_a_render_and_for_nothing_else() {
        let quick = |text: &str| {
            let words: Vec<OsString> = text.split(' ').map(OsString::from).collect();
            let args = Quick::of(&words)?;
            // Whoever reads all commands must read the same.
            assert!(Args::try_parse_from(&words).is_ok(), "{text}");
            assert!(matches!(args.command, Command::Chart(_)), "{text}");
            Some(args.color)
        };
        for text in [
            "p chart template rel . --namespace=ns -f a.yaml --set a=b --debug --debug",
            "p chart template rel . --each a --each b --kube-context c --links-below d",
            "p chart template rel .",
        ] {
            assert_eq!(quick(text), Some(ColorChoice::Auto), "{text}");
        }
        let colored = "p chart template rel . --color never";
        assert_eq!(quick(colored), Some(ColorChoice::Never));
        for text in [
            "p chart",
            "p chart template",
            "p chart template --help",
            "p chart template rel . --no-such-flag",
            "p chart lint .",
            "p --color never chart template rel .",
            "p check",
        ] {
            assert_eq!(quick(text), None, "{text}");
        }
    }
}
