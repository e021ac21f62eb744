//! Filling `charts/`: everything is fetched first, then moved, and only then what is outdated is
//! removed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use plimsoll_helm::chart::{Dependency, Loaded};
use plimsoll_helm::package::{Options, package};
use plimsoll_helm::semver::Version;

use super::super::net::{Archive, Downloader, Provenance, is_oci};
use super::load;
use super::resolve::{Resolver, Wanted, constraint, is_file, local_path};
use crate::failure::Failure;

/// Brings the chosen charts into `charts/`. The version of a chart in a folder is the one that it
/// has now.
pub(super) fn into_charts(
    resolver: &mut Resolver<'_>,
    chosen: &mut [Wanted],
    building: bool,
) -> Result<(), Failure> {
    let chart = resolver.args.chart.clone();
    let charts = chart.join("charts");
    match fs::metadata(&charts) {
        Ok(found) if !found.is_dir() => {
            let shown = charts.display().to_string();
            return Err(Failure::user(format!("{shown:?} is not a directory")));
        }
        Ok(_) => {}
        Err(_) => fs::create_dir_all(&charts).map_err(|error| failed(&charts, &error))?,
    }
    resolver.say(&format!("Saving {} charts\n", chosen.len()))?;
    let part = Part(chart.join(format!("tmpcharts-{}", std::process::id())));
    fs::create_dir_all(&part.0).map_err(|error| failed(&part.0, &error))?;
    // Only what is signed needs keys.
    let mut keyring = None;
    let provenance = match (resolver.args.verify, building) {
        (false, _) => Provenance::Ignored,
        (true, true) => Provenance::IfPossible,
        (true, false) => Provenance::Required,
    };
    let mut fetched = BTreeSet::new();
    for wanted in chosen.iter_mut() {
        let dependency = &mut wanted.dependency;
        let Dependency {
            name, repository, ..
        } = &*dependency;
        if repository.is_empty() {
            resolver.say(&format!(
                "Dependency {name} did not declare a repository. Assuming it exists in the charts directory\n"
            ))?;
            check_local(&charts, dependency)?;
            continue;
        }
        if is_file(repository) {
            dependency.version = pack(&chart, dependency, &part.0)?;
            continue;
        }
        let place = (repository.clone(), name.clone(), dependency.version.clone());
        if !fetched.insert(place) {
            resolver.say(&format!(
                "Already downloaded {name} from repo {repository}\n"
            ))?;
            continue;
        }
        resolver.say(&format!("Downloading {name} from repo {repository}\n"))?;
        let archive = download(resolver, dependency, provenance)?;
        if let (true, Some(signed)) = (resolver.args.verify, &archive.provenance) {
            let keys = match keyring.take() {
                Some(keys) => keys,
                None => resolver.args.keyring.read()?,
            };
            let keys = keyring.insert(keys);
            keys.verify(&archive.bytes, signed, &archive.file_name)?;
        }
        resolver.say(&archive.said)?;
        archive.save(&part.0)?;
    }
    move_charts(resolver, chosen, &part.0, &charts)
}

/// A folder that is gone in the end, whatever happens.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn download(
    resolver: &mut Resolver<'_>,
    dependency: &Dependency,
    provenance: Provenance,
) -> Result<Archive, Failure> {
    let Dependency {
        name,
        repository,
        version,
        ..
    } = dependency;
    let entry = if is_oci(repository) {
        None
    } else {
        Some(resolver.entry(dependency)?)
    };
    let downloader = Downloader {
        homes: &resolver.homes,
        args: &resolver.args.server,
        pass_credentials: false,
        provenance,
        terminal: resolver.terminal,
    };
    let done = match &entry {
        None => downloader.download(&format!("{repository}/{name}"), version),
        Some((owner, entry)) => downloader.entry(owner, entry),
    };
    done.map_err(|failure| {
        let message = format!("could not download {name}: {}", failure.message);
        failure.saying(message)
    })
}

/// A chart that has to be in `charts/` already.
fn check_local(charts: &Path, dependency: &Dependency) -> Result<(), Failure> {
    let Dependency { name, version, .. } = dependency;
    let path = charts.join(name);
    let found = load(&path).map_err(|failure| {
        let shown = path.display();
        let message = format!("unable to load chart '{shown}': {}", failure.message);
        failure.saying(message)
    })?;
    let own = &found.chart.metadata.version;
    let fits = constraint(name, version)?;
    if Version::parse(own).is_ok_and(|own| fits.check(&own)) {
        return Ok(());
    }
    Err(Failure::user(format!(
        "dependency {name} at version {own} does not satisfy the constraint {version}"
    )))
}

/// Packs a chart of a folder and gives its version.
fn pack(chart: &Path, dependency: &Dependency, part: &Path) -> Result<String, Failure> {
    let Dependency {
        name,
        version,
        repository,
        ..
    } = dependency;
    let found = load(&local_path(repository, chart)?)?;
    let own = found.chart.metadata.version.clone();
    let fits = constraint(name, version)?;
    if !Version::parse(&own).is_ok_and(|own| fits.check(&own)) {
        return Err(Failure::user(format!(
            "can't get a valid version for dependency {name}"
        )));
    }
    let options = Options {
        time: super::super::package::time()?,
        ..Options::default()
    };
    let packed = package(&found, &options).map_err(|error| Failure::user(error.to_string()))?;
    super::super::net::write_at_once(&part.join(&packed.file_name), &packed.bytes, false)?;
    Ok(own)
}

/// Moves what was fetched, and then removes the archives of charts that are not wanted any more.
fn move_charts(
    resolver: &Resolver<'_>,
    chosen: &[Wanted],
    from: &Path,
    charts: &Path,
) -> Result<(), Failure> {
    let is_local = |name: &str| {
        let mut local = chosen.iter().map(|one| &one.dependency);
        local.any(|dependency| dependency.repository.is_empty() && dependency.name == name)
    };
    let before = files(charts)?;
    let mut moved = BTreeSet::new();
    for path in files(from)? {
        let name = path.file_name().unwrap_or_default().to_owned();
        moved.insert(name.clone());
        let is_signature = path.extension().is_some_and(|end| end == "prov");
        if !is_signature && let Err(reason) = chart_name(&path) {
            let shown = path.display();
            resolver.say(&format!(
                "Could not verify {shown} for moving: {reason} (Skipping)\n"
            ))?;
            continue;
        }
        let target = charts.join(name);
        fs::rename(&path, &target).map_err(|error| failed(&target, &error))?;
    }
    resolver.say("Deleting outdated charts\n")?;
    for path in before {
        if path.file_name().is_some_and(|name| moved.contains(name)) {
            continue;
        }
        let shown = path.display();
        match chart_name(&path) {
            Err(reason) => {
                resolver.say(&format!(
                    "Could not verify {shown} for deletion: {reason} (Skipping)\n"
                ))?;
            }
            Ok(name) if is_local(&name) => {}
            Ok(_) => fs::remove_file(&path).map_err(|error| failed(&path, &error))?,
        }
    }
    Ok(())
}

/// The name of a packed chart, or why it is none.
fn chart_name(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let loaded = Loaded::from_archive(&bytes).map_err(|error| error.to_string())?;
    Ok(loaded.chart.name().to_owned())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut files: Vec<PathBuf> = paths.filter(|path| !path.is_dir()).collect();
    files.sort();
    Ok(files)
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::user(format!("cannot write `{}`: {error}", path.display()))
}
