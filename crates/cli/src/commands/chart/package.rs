//! `plimsoll chart package`: charts into archives.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgAction, Args};
use plimsoll_helm::package::{Options, package};

use super::dependency::Updating;
use super::ignored::parse_bool;
use super::inputs;
use super::net::{HomeArgs, ServerArgs};
use super::sign::{SignArgs, sign};
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// Pack charts into archives, as `helm package` does
///
/// Two archives of one chart are equal to the byte: every file in it has the time that
/// SOURCE_DATE_EPOCH says, or 1980.
#[derive(Args)]
pub(crate) struct PackageArgs {
    /// Folders of charts
    #[arg(value_name = "CHART", required = true)]
    charts: Vec<String>,
    /// The chart's version instead of the one in Chart.yaml
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// The appVersion instead of the one in Chart.yaml
    #[arg(long, value_name = "VERSION")]
    app_version: Option<String>,
    /// The folder to write to
    #[arg(long, short, value_name = "DIR", default_value = ".")]
    destination: String,
    #[command(flatten)]
    sign: SignArgs,
    /// Bring what charts depend on into their charts/ before, as `dependency update` does
    #[arg(long, short = 'u', value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    dependency_update: bool,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    homes: HomeArgs,
}

/// Midnight of the first day that every format of archives can say, in seconds since 1970.
const EARLIEST: u64 = 315_532_800;

/// The time that files in archives have.
pub(super) fn time() -> Result<u64, Failure> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) if !text.is_empty() => text.parse().map_err(|_| {
            Failure::user(format!(
                "SOURCE_DATE_EPOCH is `{text}`, and no whole number"
            ))
            .help("set it to seconds since 1970, or not at all")
        }),
        _ => Ok(EARLIEST),
    }
}

pub(crate) fn run(args: &PackageArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    args.server.check()?;
    let keys = args.sign.keys()?;
    let signer = keys.as_ref().map(|keys| args.sign.unlocked(keys));
    let signer = signer.transpose()?;
    let options = Options {
        version: args.version.clone(),
        app_version: args.app_version.clone(),
        time: time()?,
    };
    let folder = if args.destination == "." {
        std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."))
    } else {
        PathBuf::from(&args.destination)
    };
    for chart in &args.charts {
        if let Err(error) = fs::metadata(chart) {
            let words = inputs::words(&error);
            return Err(
                Failure::user(format!("stat {chart}: {words}")).help("name the folder of a chart")
            );
        }
        if fs::metadata(chart).is_ok_and(|meta| !meta.is_dir()) {
            return Err(
                Failure::user(format!("`{chart}` is no folder")).help("name the folder of a chart")
            );
        }
        if args.dependency_update {
            let updating = Updating {
                chart: PathBuf::from(chart),
                server: args.server.clone(),
                homes: args.homes.clone(),
                quiet: true,
            };
            updating.run(terminal)?;
        }
        let loaded = inputs::load(chart)??;
        for warning in &loaded.warnings {
            terminal.warn(warning);
        }
        let packed = package(&loaded, &options);
        let packed = packed.map_err(|error| Failure::user(error.to_string()))?;
        let path = save(&folder, &packed.file_name, &packed.bytes)?;
        if let Some(signer) = &signer {
            // What is signed for is what the archive says, with a version that was given.
            let packed_chart = inputs::unpacked(&packed.file_name, &packed.bytes)?;
            sign(signer, &path, &packed.bytes, &packed_chart.chart.metadata)?;
        }
        let shown = path.display();
        terminal::print(&format!(
            "Successfully packaged chart and saved it to: {shown}\n"
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn save(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
    if fs::metadata(folder).is_ok_and(|meta| !meta.is_dir()) {
        let shown = folder.display();
        return Err(Failure::user(format!(
            "failed to save: is not a directory: {shown}"
        )));
    }
    fs::create_dir_all(folder).map_err(|error| {
        let shown = folder.display();
        Failure::user(format!("cannot make the folder `{shown}`: {error}"))
    })?;
    let path = folder.join(name);
    crate::files::write(&path, |out| out.write_all(bytes))?;
    Ok(path)
}
