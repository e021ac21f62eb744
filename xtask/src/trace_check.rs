//! `cargo xtask trace-check`: the traces of every chart below folders, held against what happens
//! when values change. The work is done by an example of the `helm` crate, which renders in one
//! process; see there for the properties.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::{cargo, run as run_command};

/// Holds the traces of every chart below folders against what happens when values change
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folders
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Lines to look at, of each chart
    #[arg(long, default_value_t = 400)]
    lines: usize,
    /// Keys to try, of each chart
    #[arg(long, default_value_t = 40)]
    keys: usize,
    /// Print this many lines with their traces, for a reader to judge
    #[arg(long, default_value_t = 0)]
    sample: usize,
    /// The start of the random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only charts whose path holds this
    #[arg(long, value_name = "SUBSTRING")]
    only: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut command = cargo();
    command.args(["run", "--release", "--quiet", "--package", "plimsoll-helm"]);
    command.args(["--example", "trace_check", "--"]);
    for (name, value) in [
        ("--lines", args.lines.to_string()),
        ("--keys", args.keys.to_string()),
        ("--sample", args.sample.to_string()),
        ("--seed", args.seed.to_string()),
    ] {
        command.args([name, &value]);
    }
    if let Some(only) = &args.only {
        command.args(["--only", only]);
    }
    for folder in &args.folders {
        command.arg(std::path::absolute(folder)?);
    }
    run_command(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
