//! `plimsoll chart show`: what `helm show` prints.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use plimsoll_helm::show::{Part, show};

use super::inputs;
use crate::failure::Failure;
use crate::terminal;

/// Show what a chart says of itself, as `helm show` does
#[derive(Args)]
pub(crate) struct ShowArgs {
    /// What to show
    part: ShownPart,
    /// The chart: a folder or a packed chart
    chart: String,
    #[arg(long, hide = true)]
    devel: bool,
    #[arg(long, hide = true, value_name = "VERSION")]
    version: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ShownPart {
    /// Everything, one after the other
    All,
    /// Chart.yaml, as it was read
    Chart,
    /// values.yaml, as it is written
    Values,
    /// The README
    Readme,
    /// The definitions in crds/
    Crds,
}

pub(crate) fn run(args: &ShowArgs) -> Result<ExitCode, Failure> {
    let loaded = inputs::load(&args.chart)??;
    let part = match args.part {
        ShownPart::All => Part::All,
        ShownPart::Chart => Part::Chart,
        ShownPart::Values => Part::Values,
        ShownPart::Readme => Part::Readme,
        ShownPart::Crds => Part::Crds,
    };
    let shown = show(&loaded, part);
    terminal::print_with(|out| out.write_all(&shown))?;
    Ok(ExitCode::SUCCESS)
}
