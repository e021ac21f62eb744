//! `plimsoll completions`.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap_complete::Shell;
use plimsoll_rules::RULES;

use crate::failure::Failure;
use crate::terminal;

/// Write a completion script for a shell
///
/// For bash: `plimsoll completions bash > ~/.local/share/bash-completion/completions/plimsoll`
#[derive(clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell to write it for
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, command: clap::Command) -> Result<ExitCode, Failure> {
    // Where a rule is expected, the shell offers their names; the parser itself also takes the
    // names of other tools.
    let named = |arg: clap::Arg| {
        arg.value_parser(PossibleValuesParser::new(RULES.iter().map(|rule| rule.id)))
    };
    let mut command = command
        .mut_subcommand("explain", |explain| explain.mut_arg("rule", named))
        .mut_subcommand("check", |check| {
            check.mut_arg("select", named).mut_arg("ignore", named)
        });
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "plimsoll", &mut script);
    terminal::print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
