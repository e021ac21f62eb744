//! `plimsoll chart pull`: what `helm pull` does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgAction, Args};
use plimsoll_helm::repository::{IndexError, Repository};

use super::keyring::{Keyring, KeyringArgs};
use super::net::{
    Archive, Downloader, HomeArgs, Homes, Provenance, ServerArgs, is_oci, update_index,
};
use super::unpack;
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// Fetch a chart from a repository, a URL or a registry, as `helm pull` does
#[derive(Args)]
pub(crate) struct PullArgs {
    /// The charts: `REPOSITORY/CHART`, a URL, `oci://HOST/CHART`, or with `--repo` a name
    #[arg(value_name = "CHART", required = true)]
    charts: Vec<String>,
    /// The version, or a range such as `^2.0.0` [default: the newest]
    #[arg(
        long,
        value_name = "VERSION",
        default_value = "",
        hide_default_value = true
    )]
    version: String,
    /// Look for the chart in the repository at this URL
    #[arg(
        long,
        value_name = "URL",
        default_value = "",
        hide_default_value = true
    )]
    repo: String,
    /// Take pre-releases, too: `--version '>0.0.0-0'`
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    devel: bool,
    /// Unpack the chart
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
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
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    prov: bool,
    /// Refuse a chart that is not signed by a key of the keyring
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    verify: bool,
    #[command(flatten)]
    keyring: KeyringArgs,
    /// Tell every server on the way who asks
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    pass_credentials: bool,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    homes: HomeArgs,
}

pub(crate) fn run(args: &PullArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let homes = args.homes.homes();
    let keyring = args.verify.then(|| args.keyring.read()).transpose()?;
    for chart in &args.charts {
        let archive = fetch(args, &homes, chart, terminal)?;
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

fn fetch(
    args: &PullArgs,
    homes: &Homes,
    chart: &str,
    terminal: &Terminal,
) -> Result<Archive, Failure> {
    let version = match &*args.version {
        "" if args.devel => ">0.0.0-0",
        version => version,
    };
    let provenance = match (args.verify, args.prov) {
        (true, _) => Provenance::Required,
        (false, true) => Provenance::Fetched,
        (false, false) => Provenance::Ignored,
    };
    let downloader = Downloader {
        homes,
        args: &args.server,
        pass_credentials: args.pass_credentials,
        provenance,
        terminal,
    };
    if args.repo.is_empty() {
        return downloader.download(chart, version);
    }
    // A repository that is not known by name: its index is not kept.
    let repository = Repository {
        url: args.repo.clone(),
        username: args.server.username.clone(),
        password: args.server.password.clone(),
        ca_file: args.server.tls.ca_file.clone(),
        cert_file: args.server.tls.cert_file.clone(),
        key_file: args.server.tls.key_file.clone(),
        insecure: args.server.tls.insecure_skip_tls_verify,
        pass_credentials: args.pass_credentials,
        ..Repository::default()
    };
    let index = update_index(homes, &repository, None, terminal);
    let index = index.map_err(|failure| unreachable(&args.repo, failure))?;
    let found = index.get(chart, version).map_err(|error| {
        let which = if version.is_empty() {
            String::new()
        } else {
            format!(" version {version:?}")
        };
        let failure = format!(
            "chart {chart:?}{which} not found in {} repository",
            args.repo
        );
        match error {
            IndexError::Constraint(error) => Failure::user(error.to_string()),
            _ => Failure::user(failure),
        }
    })?;
    downloader.entry(&repository, found.entry)
}

/// What Helm says of a repository that is none.
pub(super) fn unreachable(url: &str, failure: Failure) -> Failure {
    let message = &failure.message;
    let message = format!(
        "looks like {url:?} is not a valid chart repository or cannot be reached: {message}"
    );
    failure.saying(message)
}

/// What is said of a chart that is signed.
fn verified(keyring: &Keyring, archive: &Archive) -> Result<String, Failure> {
    let provenance = archive.provenance.as_deref().unwrap_or_default();
    let verified = keyring.verify(&archive.bytes, provenance, &archive.file_name)?;
    let names = verified
        .names
        .iter()
        .map(|name| format!("Signed by: {name}\n"));
    let names: String = names.collect();
    Ok(format!(
        "{names}Using Key With Fingerprint: {}\nChart Hash Verified: {}\n",
        verified.fingerprint, verified.hash
    ))
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
