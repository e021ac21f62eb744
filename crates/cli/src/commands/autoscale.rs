//! `plimsoll autoscale`.

mod explain;
mod html;
mod inputs;
mod json;
mod plot;
mod simulate;
mod text;
mod tune;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Failure;
use crate::terminal::Terminal;

/// See what an autoscaler would have done, and why it does what it does
#[derive(clap::Args)]
pub(crate) struct AutoscaleArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Explain(explain::ExplainArgs),
    Simulate(simulate::SimulateArgs),
    Tune(tune::TuneArgs),
}

pub(crate) fn run(args: &AutoscaleArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Explain(args) => explain::run(args, terminal),
        Command::Simulate(args) => simulate::run(args, terminal),
        Command::Tune(args) => tune::run(args, terminal),
    }
}
