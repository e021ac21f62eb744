//! `plimsoll chart dependency`: what `helm dependency` does.

mod fetched;
mod list;
mod resolve;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgAction, Args, Subcommand};
use plimsoll_helm::chart::Loaded;
use plimsoll_helm::repository::{Lock, legacy_digest, rfc3339};

use super::ignored::parse_bool;
use super::inputs;
use super::keyring::KeyringArgs;
use super::net::{HomeArgs, ServerArgs, read_repositories};
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

use resolve::{Resolver, Wanted};

/// Bring what a chart depends on into its charts/, as `helm dependency` does
#[derive(Args)]
pub(crate) struct DependencyArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bring what Chart.lock says into charts/; without a lock file like `update`
    Build(Box<UpdateArgs>),
    /// List what a chart depends on, and whether it is there
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Choose versions for what Chart.yaml wants, bring them into charts/ and write Chart.lock
    #[command(visible_alias = "up")]
    Update(Box<UpdateArgs>),
}

#[derive(Args)]
struct UpdateArgs {
    /// The chart's folder
    #[arg(default_value = ".")]
    chart: PathBuf,
    /// Do not fetch the indexes of repositories anew
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    skip_refresh: bool,
    /// Look at what is signed about the charts; `update` refuses what is not signed
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    verify: bool,
    #[command(flatten)]
    keyring: KeyringArgs,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    homes: HomeArgs,
    /// Whether nothing is said of how it goes.
    #[arg(skip)]
    quiet: bool,
}

/// The update that `--dependency-update` of other commands is: who asks, and with what.
pub(super) struct Updating {
    /// The chart's folder.
    pub(super) chart: PathBuf,
    pub(super) server: ServerArgs,
    pub(super) homes: HomeArgs,
    /// Whether nothing is said of how it goes.
    pub(super) quiet: bool,
}

impl Updating {
    /// Brings what the chart depends on into its `charts/`.
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), Failure> {
        let args = UpdateArgs {
            chart: self.chart,
            skip_refresh: false,
            verify: false,
            keyring: KeyringArgs::default(),
            server: self.server,
            homes: self.homes,
            quiet: self.quiet,
        };
        update(&args, &load(&args.chart)?, terminal)
    }
}

pub(crate) fn run(args: &DependencyArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::List(args) => list::run(args)?,
        Command::Update(args) => {
            args.server.check()?;
            update(args, &load(&args.chart)?, terminal)?;
        }
        Command::Build(args) => {
            args.server.check()?;
            build(args, terminal)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Loads the chart of a folder.
fn load(path: &Path) -> Result<Loaded, Failure> {
    let shown = path.display();
    match fs::metadata(path) {
        Err(error) => {
            let words = inputs::words(&error);
            Err(Failure::user(format!(
                "could not find {shown}: stat {shown}: {words}"
            )))
        }
        Ok(found) if !found.is_dir() => Err(Failure::user("only unpacked charts can be updated")),
        Ok(_) => inputs::load(&path.to_string_lossy())?,
    }
}

/// The lock file of a chart; charts of version 1 have another one.
fn lock(loaded: &Loaded) -> Result<Option<Lock>, Failure> {
    let name = lock_name(loaded);
    let file = loaded.chart.raw.iter().find(|file| &*file.name == name);
    let parsed = file.map(|file| Lock::parse(&file.data)).transpose();
    parsed.map_err(|error| Failure::user(format!("cannot load {name}: {error}")))
}

fn is_legacy(loaded: &Loaded) -> bool {
    loaded.chart.metadata.api_version == "v1"
}

fn lock_name(loaded: &Loaded) -> &'static str {
    if is_legacy(loaded) {
        "requirements.lock"
    } else {
        "Chart.lock"
    }
}

fn build(args: &UpdateArgs, terminal: &Terminal) -> Result<(), Failure> {
    let loaded = load(&args.chart)?;
    let Some(lock) = lock(&loaded)? else {
        return update(args, &loaded, terminal);
    };
    let mut wanted = loaded
        .chart
        .metadata
        .dependencies
        .as_deref()
        .unwrap_or_default()
        .to_vec();
    // Helm 2 made its digest of what is written, before names of repositories are replaced.
    let legacy = is_legacy(&loaded).then(|| legacy_digest(&wanted));
    let mut resolver = Resolver::new(args, terminal)?;
    resolver.name(&mut wanted)?;
    if Lock::digest_of(&wanted, &lock.dependencies) != lock.digest {
        match legacy {
            None => {
                return Err(Failure::user(
                    "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). Please update the dependencies with 'helm dependency update'",
                )
                .help("run `plimsoll chart dependency update`"));
            }
            Some(legacy) if legacy == lock.digest => {
                terminal.warn("the lock file has a digest of Helm 2");
            }
            Some(_) => {
                return Err(Failure::user(
                    "the lock file (requirements.lock) is out of sync with the dependencies file (requirements.yaml). Please update the dependencies",
                )
                .help("run `plimsoll chart dependency update`"));
            }
        }
    }
    resolver.check_known(&lock.dependencies)?;
    if !args.skip_refresh {
        resolver.refresh_known()?;
    }
    let mut chosen: Vec<Wanted> = lock
        .dependencies
        .into_iter()
        .map(Wanted::from_lock)
        .collect();
    fetched::into_charts(&mut resolver, &mut chosen, true)
}

fn update(args: &UpdateArgs, loaded: &Loaded, terminal: &Terminal) -> Result<(), Failure> {
    let Some(wanted) = &loaded.chart.metadata.dependencies else {
        return Ok(());
    };
    let mut wanted = wanted.to_vec();
    let mut resolver = Resolver::new(args, terminal)?;
    resolver.name(&mut wanted)?;
    if !args.skip_refresh {
        resolver.refresh_unmanaged(&wanted)?;
        resolver.refresh_known()?;
    }
    let mut chosen = resolver.choose(&wanted)?;
    fetched::into_charts(&mut resolver, &mut chosen, false)?;
    let chosen: Vec<_> = chosen.into_iter().map(|one| one.dependency).collect();
    let digest = Lock::digest_of(&wanted, &chosen);
    if lock(loaded)?.is_some_and(|old| old.digest == digest) {
        return Ok(());
    }
    let (seconds, nanoseconds) = inputs::now();
    let new = Lock {
        generated: rfc3339(seconds, nanoseconds),
        digest,
        dependencies: chosen,
    };
    write_lock(&args.chart.join(lock_name(loaded)), &new)
}

fn write_lock(path: &Path, lock: &Lock) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if let Ok(target) = fs::read_link(path) {
        let target = target.display().to_string();
        return Err(Failure::user(format!(
            "the {name} file is a symlink to {target:?}"
        )));
    }
    super::net::write_at_once(path, lock.to_yaml().as_bytes(), false)
}

/// Says something on standard output at once: what is done next may take long.
fn say(words: &str) -> Result<(), Failure> {
    terminal::print(words)
}

/// The repositories that are known by name.
fn known(homes: &super::net::Homes) -> Result<plimsoll_helm::repository::Repositories, Failure> {
    Ok(read_repositories(homes)?.unwrap_or_default())
}
