//! `repositories.yaml` and the cached indexes.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::Duration;

use plimsoll_fetch::{Client, Request, Url};
use plimsoll_helm::repository::{Index, Repositories, Repository, resolve_url};

use super::homes::{Homes, write_at_once};
use super::servers::{TlsFiles, client, fetch_failure, login};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// The most bytes of an index.
const MAX_INDEX: u64 = 64 * 1024 * 1024;
/// The most bytes of the file of repositories.
const MAX_LIST: u64 = 16 * 1024 * 1024;

/// Reads the file of repositories; `None` if there is none.
pub(crate) fn read_repositories(homes: &Homes) -> Result<Option<Repositories>, Failure> {
    let path = &homes.repository_config;
    let bytes = match read(path, MAX_LIST) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let words = format!(
                "couldn't load repositories file ({}): {error}",
                path.display()
            );
            return Err(Failure::user(words));
        }
    };
    let parsed = Repositories::parse(&bytes);
    parsed
        .map(Some)
        .map_err(|error| Failure::user(format!("failed loading file: {}: {error}", path.display())))
}

/// Writes the file of repositories. It may hold passwords.
pub(crate) fn write_repositories(homes: &Homes, file: &Repositories) -> Result<(), Failure> {
    write_at_once(&homes.repository_config, file.to_yaml().as_bytes(), true)
}

/// Keeps others from changing the file of repositories, Helm too, until it is dropped.
pub(crate) struct Held(#[expect(dead_code, reason = "closing the file ends the lock")] fs::File);

/// Waits for up to half a minute until nobody else changes the file of repositories.
pub(crate) fn lock_repositories(homes: &Homes) -> Result<Held, Failure> {
    let path = homes.repository_config.with_extension("lock");
    let fail =
        |error: std::io::Error| Failure::user(format!("cannot lock `{}`: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fail)?;
    }
    let mut options = fs::OpenOptions::new();
    let file = options.read(true).write(true).create(true).truncate(false);
    let file = file.open(&path).map_err(fail)?;
    for _ in 0..300 {
        match file.try_lock() {
            Ok(()) => return Ok(Held(file)),
            Err(fs::TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(100)),
            Err(fs::TryLockError::Error(error)) => return Err(fail(error)),
        }
    }
    Err(fail(ErrorKind::TimedOut.into()))
}

/// The URL of a repository's index.
pub(crate) fn index_url(repository: &str) -> Result<Url, Failure> {
    let scheme = repository.split("://").next().unwrap_or_default();
    if scheme.is_empty() {
        return Err(Failure::user(format!(
            "invalid chart URL format: {repository}"
        )));
    }
    if !repository.starts_with("http://") && !repository.starts_with("https://") {
        return Err(Failure::user(format!(
            "could not find protocol handler for: {scheme}"
        )));
    }
    let malformed = || Failure::user("invalid chart URL format".to_owned());
    let index = resolve_url(repository, "index.yaml").ok_or_else(malformed)?;
    Url::parse(&index).map_err(|error| Failure::user(format!("invalid chart URL format: {error}")))
}

/// Fetches the index of a repository and keeps it. `warn` says what is left out.
pub(crate) fn update_index(
    homes: &Homes,
    repository: &Repository,
    timeout: Option<Duration>,
    terminal: &Terminal,
) -> Result<Index, Failure> {
    let client = client(&tls_of(repository), timeout)?;
    let bytes = fetch_index(&client, repository)?;
    let (index, left_out) =
        Index::parse(&bytes).map_err(|error| Failure::user(error.to_string()))?;
    left_out.iter().for_each(|words| terminal.warn(words));
    if !repository.name.is_empty() {
        let names: String = index
            .entries
            .keys()
            .map(|name| format!("{name}\n"))
            .collect();
        write_at_once(&homes.charts(&repository.name), names.as_bytes(), false)?;
        write_at_once(&homes.index(&repository.name), &bytes, false)?;
    }
    Ok(index)
}

fn fetch_index(client: &Client, repository: &Repository) -> Result<Vec<u8>, Failure> {
    let mut request = Request::get(index_url(&repository.url)?);
    request.login = login(&repository.username, &repository.password);
    request.login_for_all = repository.pass_credentials;
    client
        .bytes(&request, MAX_INDEX)
        .map_err(|error| fetch_failure(&error))
}

/// The TLS files of a repository.
pub(crate) fn tls_of(repository: &Repository) -> TlsFiles {
    TlsFiles {
        ca_file: repository.ca_file.clone(),
        cert_file: repository.cert_file.clone(),
        key_file: repository.key_file.clone(),
        insecure_skip_tls_verify: repository.insecure,
    }
}

/// The index that was kept of a repository.
pub(crate) fn cached_index(
    homes: &Homes,
    name: &str,
    terminal: &Terminal,
) -> Result<Index, Failure> {
    let path = homes.index(name);
    let shown = path.display();
    let bytes = read(&path, MAX_INDEX).map_err(|error| {
        let words = super::super::inputs::words(&error);
        Failure::user(format!(
            "no cached repo found. (try 'helm repo update'): open {shown}: {words}"
        ))
        .help("run `plimsoll chart repo update`")
    })?;
    let parsed = Index::parse(&bytes);
    let (index, left_out) =
        parsed.map_err(|error| Failure::user(format!("error loading {shown}: {error}")))?;
    left_out.iter().for_each(|words| terminal.warn(words));
    Ok(index)
}

/// Removes what was kept of a repository.
pub(crate) fn remove_cached(homes: &Homes, name: &str) -> Result<(), Failure> {
    let _ = fs::remove_file(homes.charts(name));
    let index = homes.index(name);
    match fs::remove_file(&index) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::user(format!(
            "can't remove index file {}: {error}",
            index.display()
        ))),
        _ => Ok(()),
    }
}

/// Whether a cached index names a URL, found without reading all of it as YAML.
pub(super) fn mentions(path: &Path, url: &str) -> bool {
    let last = url.rsplit('/').next().unwrap_or(url);
    read(path, MAX_INDEX).is_ok_and(|bytes| {
        let last = last.as_bytes();
        !last.is_empty() && bytes.windows(last.len()).any(|window| window == last)
    })
}

fn read(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(most + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(std::io::Error::other(format!(
            "it has more than {most} bytes"
        )));
    }
    Ok(bytes)
}
