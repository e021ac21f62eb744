//! Where a chart is taken from: the disk, a repository, a URL or a registry, as Helm finds it
//! (`ChartPathOptions.LocateChart`).

use std::fs;
use std::path::Path;

use clap::{ArgAction, Args};
use plimsoll_helm::chart::Loaded;
use plimsoll_helm::repository::{IndexError, Repository};

use super::ignored::parse_bool;
use super::inputs;
use super::keyring::{Keyring, KeyringArgs};
use super::net::{
    Archive, Downloader, HomeArgs, Homes, Provenance, ServerArgs, index_url, update_index,
};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Helm's flags for where a chart comes from.
#[derive(Args, Default)]
pub(super) struct SourceArgs {
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
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    devel: bool,
    /// Refuse a chart that is not signed by a key of the keyring
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    verify: bool,
    #[command(flatten)]
    keyring: KeyringArgs,
    /// Tell every server on the way who asks
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    pass_credentials: bool,
    #[command(flatten)]
    pub(super) server: ServerArgs,
    #[command(flatten)]
    pub(super) homes: HomeArgs,
}

/// A chart that was found.
pub(super) enum Found {
    /// It lies on disk, as it was named.
    Here(String),
    /// It was fetched, and has been verified if that was wanted.
    Fetched(Archive),
}

impl SourceArgs {
    /// Finds a chart that may lie on disk or elsewhere. No server is asked for one that is there.
    pub(super) fn find(&self, chart: &str, terminal: &Terminal) -> Result<Found, Failure> {
        let chart = chart.trim();
        if self.repo.is_empty() {
            if fs::metadata(chart).is_ok() {
                if self.verify {
                    let full = std::path::absolute(chart).unwrap_or_else(|_| chart.into());
                    verify_file(&full, &self.keyring)?;
                }
                return Ok(Found::Here(chart.to_owned()));
            }
            if Path::new(chart).is_absolute() || chart.starts_with('.') {
                return Err(Failure::user(format!("path {chart:?} not found")));
            }
        }
        let keyring = self.keyring()?;
        let wanted = match keyring {
            Some(_) => Provenance::Required,
            None => Provenance::Ignored,
        };
        let archive = self.fetch(&self.homes.homes(), chart, wanted, terminal)?;
        if let Some(keyring) = &keyring {
            verified(keyring, &archive)?;
        }
        // What was asked for goes to standard output, and nothing else.
        if !archive.said.is_empty() {
            terminal.note(archive.said.trim_end());
        }
        Ok(Found::Fetched(archive))
    }

    /// The keys that are trusted, if charts are to be verified.
    pub(super) fn keyring(&self) -> Result<Option<Keyring>, Failure> {
        self.verify.then(|| self.keyring.read()).transpose()
    }

    /// Fetches a chart that is not on disk.
    pub(super) fn fetch(
        &self,
        homes: &Homes,
        chart: &str,
        provenance: Provenance,
        terminal: &Terminal,
    ) -> Result<Archive, Failure> {
        let version = match self.version.trim() {
            "" if self.devel => ">0.0.0-0",
            version => version,
        };
        let downloader = Downloader {
            homes,
            args: &self.server,
            pass_credentials: self.pass_credentials,
            provenance,
            terminal,
        };
        if self.repo.is_empty() {
            return downloader.download(chart, version);
        }
        // A repository that is not known by name: its index is not kept.
        let repository = self.repository();
        index_url(&self.repo)?;
        let index = update_index(homes, &repository, None, terminal);
        let index = index.map_err(|failure| unreachable(&self.repo, failure))?;
        let found = index.get(chart, version).map_err(|error| {
            let which = if version.is_empty() {
                String::new()
            } else {
                format!(" version {version:?}")
            };
            let failure = format!(
                "chart {chart:?}{which} not found in {} repository",
                self.repo
            );
            match error {
                IndexError::Constraint(error) => Failure::user(error.to_string()),
                _ => Failure::user(failure),
            }
        })?;
        downloader.entry(&repository, found.entry)
    }

    /// The repository of `--repo`.
    fn repository(&self) -> Repository {
        let ServerArgs {
            username,
            password,
            tls,
            ..
        } = self.server.clone();
        Repository {
            url: self.repo.clone(),
            username,
            password,
            ca_file: tls.ca_file,
            cert_file: tls.cert_file,
            key_file: tls.key_file,
            insecure: tls.insecure_skip_tls_verify,
            pass_credentials: self.pass_credentials,
            ..Repository::default()
        }
    }
}

impl Found {
    /// Loads the chart. The outer failure says that there is none, the inner one that it cannot
    /// be loaded.
    pub(super) fn load(&self) -> Result<Result<Loaded, Failure>, Failure> {
        match self {
            Self::Here(path) => inputs::load(path),
            Self::Fetched(archive) => Ok(inputs::unpacked(&archive.file_name, &archive.bytes)),
        }
    }

    /// The same, where files that the render may do without are not read ([`Loaded::failure`]);
    /// links in a folder may lead to anything below `links`.
    pub(super) fn load_at_need(
        &self,
        links: Option<&Path>,
    ) -> Result<Result<Loaded, Failure>, Failure> {
        match self {
            Self::Here(path) => inputs::load_at_need(path, links),
            Self::Fetched(_) => self.load(),
        }
    }

    /// The chart's path on disk; empty if it has none.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Here(path) => path,
            Self::Fetched(_) => "",
        }
    }
}

/// What Helm says of a repository that is none.
pub(super) fn unreachable(url: &str, failure: Failure) -> Failure {
    let message = &failure.message;
    let message = format!(
        "looks like {url:?} is not a valid chart repository or cannot be reached: {message}"
    );
    failure.saying(message)
}

/// Checks what is signed about a chart that was fetched, and gives what Helm says of it.
pub(super) fn verified(keyring: &Keyring, archive: &Archive) -> Result<String, Failure> {
    let provenance = archive.provenance.as_deref().unwrap_or_default();
    keyring.verify(&archive.bytes, provenance, &archive.file_name)
}

/// Checks what is signed about a packed chart in the file beside it that ends with `.prov`, and
/// gives what Helm says of it (`downloader.VerifyChart`).
pub(super) fn verify_file(full: &Path, keyring: &KeyringArgs) -> Result<String, Failure> {
    let shown = full.display();
    let unreadable = |what: &str, error: &std::io::Error| {
        let words = inputs::words(error);
        Failure::user(format!("{what} {shown}: {words}"))
    };
    let found = fs::metadata(full).map_err(|error| unreadable("stat", &error))?;
    if found.is_dir() {
        return Err(Failure::user("unpacked charts cannot be verified")
            .help("name a packed chart, with its `.prov` beside it"));
    }
    let is_packed = full
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("tgz"));
    if !is_packed {
        return Err(Failure::user("chart must be a tgz file"));
    }
    let signed = format!("{shown}.prov");
    let read = |path: &Path| {
        inputs::read_file(path).map_err(|error| {
            let words = inputs::words(&error);
            Failure::user(format!(
                "could not load provenance file {signed}: stat {signed}: {words}"
            ))
            .help("fetch it with `plimsoll chart pull --prov`, or make it with `plimsoll chart package --sign`")
        })
    };
    let provenance = read(Path::new(&signed))?;
    let keyring = keyring.read()?;
    let archive = inputs::read_file(full)
        .map_err(|error| unreadable("failed to read chart archive", &error))?;
    let name = full.file_name().unwrap_or_default().to_string_lossy();
    keyring.verify(&archive, &provenance, &name)
}
