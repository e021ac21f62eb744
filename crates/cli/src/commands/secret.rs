//! `plimsoll secret`.

mod scan;
mod seal;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Failure;
use crate::terminal::Terminal;

/// Find secrets that stand in the open, and seal them
#[derive(clap::Args)]
pub(crate) struct SecretArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Scan(scan::ScanArgs),
    Seal(Box<seal::SealArgs>),
}

pub(crate) fn run(args: &SecretArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Scan(args) => scan::run(args, terminal),
        Command::Seal(args) => seal::run(args, terminal),
    }
}
