//! `cargo xtask yardstick`: recommenders on weeks that they have not seen. The work is done by an
//! example of the `sizing` crate; see there for the measure.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::workspace::{cargo, run as run_command};

/// Measures `plimsoll size` beside models of VPA and KRR on weeks that none of them has seen
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A folder of GWA-T-12 `rnd`, with a folder of CSV files for each month
    folder: PathBuf,
    /// A folder with the CPU series of the Numenta Anomaly Benchmark
    #[arg(long)]
    nab: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut months: Vec<PathBuf> = std::fs::read_dir(&args.folder)
        .with_context(|| format!("cannot read `{}`", args.folder.display()))?
        .map(|entry| Ok(std::path::absolute(entry?.path())?))
        .collect::<Result<_>>()?;
    months.retain(|path| path.is_dir());
    months.sort();
    let mut command = cargo();
    command.args([
        "run",
        "--release",
        "--quiet",
        "--package",
        "plimsoll-sizing",
    ]);
    command.args(["--example", "yardstick", "--"]);
    command.args(months);
    if let Some(nab) = &args.nab {
        command.arg("--nab").arg(std::path::absolute(nab)?);
    }
    run_command(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
