//! `plimsoll chart pull`: what `helm pull` does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgAction, Args};

use super::ignored::parse_bool;
use super::net::{Archive, Provenance, is_oci};
use super::source::{SourceArgs, verified};
use super::unpack;
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// Fetch a chart from a repository, a URL or a registry, as `helm pull` does
#[derive(Args)]
pub(crate) struct PullArgs {
    /// The charts: `REPOSITORY/CHART`, a URL, `oci://HOST/CHART`, or with `--repo` a name
    #[arg(value_name = "CHART", required = true)]
    charts: Vec<String>,
    /// Unpack the chart
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    untar: bool,
    /// With `--untar`: the folder to unpack into, below `--destination` [default: .]
    #[arg(
        long,
        value_name = "DIR",
        default_value = ".",
        hide_default_value = true
    )]
    untardir: PathBuf,
    /// The folder to write into [default: .]
    #[arg(
        long,
        short,
        value_name = "DIR",
        default_value = ".",
        hide_default_value = true
    )]
    destination: PathBuf,
    /// Fetch what is signed about the chart, too, without looking at it
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    prov: bool,
    #[command(flatten)]
    source: SourceArgs,
}

pub(crate) fn run(args: &PullArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let source = &args.source;
    source.server.check()?;
    let homes = source.homes.homes();
    let keyring = source.keyring()?;
    let provenance = match (&keyring, args.prov) {
        (Some(_), _) => Provenance::Required,
        (None, true) => Provenance::Fetched,
        (None, false) => Provenance::Ignored,
    };
    for chart in &args.charts {
        let archive = source.fetch(&homes, chart, provenance, terminal)?;
        let mut said = archive.said.clone();
        if let Some(keyring) = &keyring {
            said.push_str(&verified(keyring, &archive)?);
        }
        if args.untar {
            unpacked(args, chart, &archive)?;
        } else {
            archive.save(&args.destination)?;
        }
        terminal::print(&said)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn unpacked(args: &PullArgs, chart: &str, archive: &Archive) -> Result<(), Failure> {
    let folder = args.destination.join(&args.untardir);
    // Helm looks whether something has the name that was asked for.
    let asked = chart.rsplit('/').next().unwrap_or_default();
    let asked = if is_oci(chart) {
        asked.split([':', '@']).next().unwrap_or_default()
    } else {
        asked
    };
    let taken = folder.join(asked);
    if !asked.is_empty() && fs::symlink_metadata(&taken).is_ok() {
        let shown = shown(&taken);
        return Err(Failure::user(format!(
            "failed to untar: a file or directory with the name {shown} already exists"
        )));
    }
    unpack::into(&folder, &archive.bytes)
}

/// A path without the `.` that it may begin with.
fn shown(path: &Path) -> String {
    let parts: PathBuf = path
        .components()
        .filter(|part| part.as_os_str() != ".")
        .collect();
    parts.display().to_string()
}
