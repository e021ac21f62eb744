//! Where Helm keeps its files, so that both programs see the same.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::Failure;

/// Helm's global flags that name its files.
#[derive(Args, Clone, Default)]
pub(crate) struct HomeArgs {
    /// The file of logins to registries [default: HELM_REGISTRY_CONFIG, or as Helm has it]
    #[arg(long, value_name = "FILE")]
    pub(crate) registry_config: Option<PathBuf>,
    /// The file of repositories [default: HELM_REPOSITORY_CONFIG, or as Helm has it]
    #[arg(long, value_name = "FILE")]
    pub(crate) repository_config: Option<PathBuf>,
    /// The folder of indexes of repositories [default: HELM_REPOSITORY_CACHE, or as Helm has it]
    #[arg(long, value_name = "DIR")]
    pub(crate) repository_cache: Option<PathBuf>,
    /// The folder of charts that were fetched [default: HELM_CONTENT_CACHE, or as Helm has it]
    #[arg(long, value_name = "DIR")]
    pub(crate) content_cache: Option<PathBuf>,
}

/// Helm's files.
pub(crate) struct Homes {
    /// Logins to registries.
    pub(crate) registry_config: PathBuf,
    /// Docker's logins, which are looked at after that.
    pub(crate) docker_config: Option<PathBuf>,
    /// Repositories.
    pub(crate) repository_config: PathBuf,
    /// Their indexes.
    pub(crate) repository_cache: PathBuf,
    /// Charts by their digests.
    pub(crate) content_cache: PathBuf,
}

impl HomeArgs {
    /// The files that are named by flags, by the environment, or by nothing.
    pub(crate) fn homes(&self) -> Homes {
        let named = |flag: &Option<PathBuf>, variable: &str, otherwise: PathBuf| {
            let flag = flag.clone();
            let set = flag.or_else(|| std::env::var_os(variable).map(PathBuf::from));
            set.unwrap_or(otherwise)
        };
        let config = base("HELM_CONFIG_HOME", "XDG_CONFIG_HOME", ".config");
        let cache = base("HELM_CACHE_HOME", "XDG_CACHE_HOME", ".cache");
        let docker = variable("DOCKER_CONFIG").map(PathBuf::from);
        let docker = docker.or_else(|| Some(home()?.join(".docker")));
        Homes {
            registry_config: named(
                &self.registry_config,
                "HELM_REGISTRY_CONFIG",
                config.join("registry/config.json"),
            ),
            docker_config: docker.map(|folder| folder.join("config.json")),
            repository_config: named(
                &self.repository_config,
                "HELM_REPOSITORY_CONFIG",
                config.join("repositories.yaml"),
            ),
            repository_cache: named(
                &self.repository_cache,
                "HELM_REPOSITORY_CACHE",
                cache.join("repository"),
            ),
            content_cache: named(
                &self.content_cache,
                "HELM_CONTENT_CACHE",
                cache.join("content"),
            ),
        }
    }
}

impl Homes {
    /// The cached index of a repository.
    pub(crate) fn index(&self, name: &str) -> PathBuf {
        self.repository_cache.join(format!("{name}-index.yaml"))
    }

    /// The cached names of the charts of a repository.
    pub(crate) fn charts(&self, name: &str) -> PathBuf {
        self.repository_cache.join(format!("{name}-charts.txt"))
    }
}

fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The user's folder.
pub(crate) fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|path| !path.as_os_str().is_empty())
}

fn base(own: &str, xdg: &str, otherwise: &str) -> PathBuf {
    if let Some(folder) = variable(own) {
        return folder.into();
    }
    let folder = variable(xdg).map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| home().unwrap_or_default().join(otherwise));
    folder.join("helm")
}

/// Replaces a file at once, so that nobody reads half of it. `private` is for the owner alone.
pub(crate) fn write_at_once(path: &Path, bytes: &[u8], private: bool) -> Result<(), Failure> {
    let fail = |error: std::io::Error| {
        Failure::user(format!("cannot write `{}`: {error}", path.display()))
    };
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder).map_err(fail)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(if private { 0o600 } else { 0o644 });
    }
    let written = options
        .open(&part)
        .and_then(|mut file| file.write_all(bytes));
    let moved = written.and_then(|()| fs::rename(&part, path));
    moved.map_err(|error| {
        let _ = fs::remove_file(&part);
        fail(error)
    })
}
