//! Packed charts, wherever they come from (`ChartDownloader` of Helm).

use std::fs;
use std::path::Path;

use plimsoll_fetch::registry::sha256;
use plimsoll_fetch::{Request, Url};
use plimsoll_helm::repository::{IndexEntry, Repository, resolve_url, same_url};

use super::homes::Homes;
use super::oci::{Oci, Part, pulled};
use super::reference::{OciReference, is_oci};
use super::repositories::{cached_index, mentions, read_repositories, tls_of};
use super::servers::{ServerArgs, client, fetch_failure, login};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// The most bytes of a packed chart.
pub(super) const MAX_ARCHIVE: u64 = 100 * 1024 * 1024;
/// The most bytes of a signed statement.
const MAX_PROVENANCE: u64 = 1024 * 1024;

/// What is to be done about signed statements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Provenance {
    /// Nothing.
    Ignored,
    /// It is fetched if it is there, and must hold then.
    IfPossible,
    /// It must be there and hold.
    Required,
    /// It is fetched if it is there.
    Fetched,
}

/// A packed chart.
pub(crate) struct Archive {
    /// The name of its file.
    pub(crate) file_name: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// The signed statement about it.
    pub(crate) provenance: Option<Vec<u8>>,
    /// What is to be printed about it.
    pub(crate) said: String,
}

/// Fetches charts.
pub(crate) struct Downloader<'a> {
    pub(crate) homes: &'a Homes,
    pub(crate) args: &'a ServerArgs,
    /// Every server on the way learns who asks.
    pub(crate) pass_credentials: bool,
    pub(crate) provenance: Provenance,
    pub(crate) terminal: &'a Terminal,
}

/// A chart on a web server.
struct Place {
    url: String,
    /// The repository that it belongs to, if it is known.
    repository: Option<Repository>,
    /// The SHA-256 of the archive, if the index tells it.
    digest: Option<String>,
}

impl Downloader<'_> {
    /// Fetches a chart by its name in a repository, by its URL, or from a registry.
    pub(crate) fn download(&self, reference: &str, version: &str) -> Result<Archive, Failure> {
        if is_oci(reference) {
            let oci = Oci::new(self.homes, self.args)?;
            return self.of_registry(&oci, &oci.resolve(reference, version)?);
        }
        let place = if reference.contains("://") {
            self.owned(reference)?
        } else {
            self.named(reference, version)?
        };
        self.of_web(&place)
    }

    /// Fetches an entry of a repository's index.
    pub(crate) fn entry(
        &self,
        repository: &Repository,
        entry: &IndexEntry,
    ) -> Result<Archive, Failure> {
        let url = entry
            .urls
            .first()
            .and_then(|url| resolve_url(&repository.url, url));
        let url = url.ok_or_else(|| {
            let chart = &entry.metadata.name;
            Failure::user(format!("chart \"{chart}\" has no downloadable URLs"))
        })?;
        // An index may say that its charts lie in a registry.
        if is_oci(&url) {
            return self.download(&url, "");
        }
        self.of_web(&Place {
            url,
            repository: Some(repository.clone()),
            digest: entry.sha256().map(str::to_ascii_lowercase),
        })
    }

    /// A URL may belong to a repository whose login it needs.
    fn owned(&self, url: &str) -> Result<Place, Failure> {
        let known = read_repositories(self.homes)?.unwrap_or_default();
        let owner = known.all.into_iter().find(|repository| {
            mentions(&self.homes.index(&repository.name), url)
                && cached_index(self.homes, &repository.name, self.terminal).is_ok_and(|index| {
                    let mut urls = index
                        .entries
                        .values()
                        .flatten()
                        .flat_map(|entry| &entry.urls);
                    urls.any(|known| same_url(url, known))
                })
        });
        Ok(Place {
            url: url.to_owned(),
            repository: owner,
            digest: None,
        })
    }

    /// `REPOSITORY/CHART`
    fn named(&self, reference: &str, version: &str) -> Result<Place, Failure> {
        let Some((name, chart)) = reference.split_once('/') else {
            return Err(Failure::user(format!(
                "non-absolute URLs should be in form of repo_name/path_to_chart, got: {reference}"
            ))
            .help("name a folder or a packed chart that is there, `REPOSITORY/CHART`, a URL or `oci://HOST/CHART`; or look for a name with `--repo URL`"));
        };
        let known = read_repositories(self.homes)?.unwrap_or_default();
        let repository = known.get(name).ok_or_else(|| {
            Failure::user(format!("repo {name} not found"))
                .help(format!("add it with `plimsoll chart repo add {name} URL`"))
        })?;
        if repository.url.is_empty() {
            return Err(Failure::user(format!("no URL found for repository {name}")));
        }
        let index = cached_index(self.homes, name, self.terminal)?;
        let found = index.get(chart, version).map_err(|error| {
            Failure::user(format!(
                "chart {chart:?} matching {version} not found in {name} index. (try 'helm repo update'): {error}"
            ))
            .help("run `plimsoll chart repo update` if it should be there")
        })?;
        if found.is_another {
            let selected = &found.entry.metadata.version;
            self.terminal.warn(&format!(
                "`{chart}` has no version {version}; the nearest one is taken: {selected}"
            ));
        }
        let url = found.entry.urls.first();
        let url = url.ok_or_else(|| {
            Failure::user(format!("chart {reference:?} has no downloadable URLs"))
        })?;
        let url = resolve_url(&repository.url, url);
        Ok(Place {
            url: url
                .ok_or_else(|| Failure::user(format!("invalid chart URL format: {reference}")))?,
            repository: Some(repository.clone()),
            digest: found.entry.sha256().map(str::to_ascii_lowercase),
        })
    }

    fn of_web(&self, place: &Place) -> Result<Archive, Failure> {
        if is_oci(&place.url) {
            return self.download(&place.url, "");
        }
        if let Some((scheme, _)) = place.url.split_once("://")
            && !matches!(scheme, "http" | "https")
        {
            return Err(Failure::user(format!("scheme {scheme:?} not supported")));
        }
        let url = Url::parse(&place.url).map_err(|error| {
            Failure::user(format!("invalid chart URL format: {}: {error}", place.url))
        })?;
        let mut files = self.args.tls.clone();
        let mut asking = self.args.login();
        let mut for_all = self.pass_credentials;
        let mut base = Some(url.clone());
        if let Some(repository) = &place.repository {
            let own = tls_of(repository);
            if own.is_set() || !own.cert_file.is_empty() || !own.key_file.is_empty() {
                files = own;
            }
            if let Some(own) = login(&repository.username, &repository.password) {
                asking = Some(own);
                for_all = repository.pass_credentials;
            }
            base = Url::parse(&repository.url).ok();
        }
        // Whom a login is for is the repository; its charts may lie elsewhere.
        let is_home = base.is_some_and(|base| base.same_origin(&url));
        let client = client(&files, None)?;
        let request = |url: Url| {
            let mut request =
                Request::get(url).header("accept", "application/gzip,application/octet-stream");
            request.login = asking.clone().filter(|_| is_home || for_all);
            request.login_for_all = for_all;
            request
        };
        let cached = place
            .digest
            .as_deref()
            .and_then(|digest| self.cached(digest, ".chart"));
        let bytes = match cached {
            Some(bytes) => bytes,
            None => client
                .bytes(&request(url.clone()), MAX_ARCHIVE)
                .map_err(|error| fetch_failure(&error))?,
        };
        if let Some(digest) = &place.digest
            && sha256(&bytes).hex() != digest
        {
            self.terminal.warn(&format!(
                "the archive at {url} has another digest than the index of its repository says"
            ));
        }
        let file_name = url.path().rsplit('/').next().unwrap_or_default().to_owned();
        let file_name = percent_decoded(&file_name);
        let fetched = |url: &str| {
            let url = Url::parse(url).map_err(|error| error.to_string())?;
            client
                .bytes(&request(url), MAX_PROVENANCE)
                .map_err(|error| error.to_string())
        };
        let provenance =
            self.provenance_of(&place.url, || fetched(&format!("{}.prov", place.url)))?;
        Ok(Archive {
            file_name,
            bytes,
            provenance,
            said: String::new(),
        })
    }

    fn of_registry(&self, oci: &Oci, reference: &OciReference) -> Result<Archive, Failure> {
        let (bytes, digest) = oci.pull(reference, Part::Chart, self.terminal)?;
        let shown = reference.shown();
        let said = pulled("Pulled", &shown, &digest);
        let mut all_said = said.clone();
        let provenance = self.provenance_of(&format!("oci://{shown}"), || {
            let pulled = oci.pull(reference, Part::Provenance, self.terminal);
            let (bytes, _) = pulled.map_err(|failure| failure.message)?;
            all_said.push_str(&said);
            Ok(bytes)
        })?;
        Ok(Archive {
            file_name: reference.file_name(),
            bytes,
            provenance,
            said: all_said,
        })
    }

    fn provenance_of(
        &self,
        place: &str,
        fetch: impl FnOnce() -> Result<Vec<u8>, String>,
    ) -> Result<Option<Vec<u8>>, Failure> {
        if self.provenance == Provenance::Ignored {
            return Ok(None);
        }
        match fetch() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(reason) if self.provenance == Provenance::Required => Err(Failure::user(format!(
                "failed to fetch provenance \"{place}.prov\""
            ))
            .help(format!("the chart has to be signed: {reason}"))),
            Err(reason) => {
                self.terminal
                    .warn(&format!("Verification not found for {place}: {reason}"));
                Ok(None)
            }
        }
    }

    /// What Helm kept under a digest, if it still has it.
    fn cached(&self, digest: &str, kind: &str) -> Option<Vec<u8>> {
        let folder = self.homes.content_cache.join(digest.get(..2)?);
        let bytes = fs::read(folder.join(format!("{digest}{kind}"))).ok()?;
        (sha256(&bytes).hex() == digest).then_some(bytes)
    }
}

impl Archive {
    /// Writes it, and what was signed about it, into a folder.
    pub(crate) fn save(&self, folder: &Path) -> Result<(), Failure> {
        if self.file_name.is_empty() || self.file_name.contains(['/', '\\']) {
            let name = &self.file_name;
            return Err(Failure::user(format!("`{name}` is no name for a file")));
        }
        let path = folder.join(&self.file_name);
        super::write_at_once(&path, &self.bytes, false)?;
        if let Some(provenance) = &self.provenance {
            let path = folder.join(format!("{}.prov", self.file_name));
            super::write_at_once(&path, provenance, false)?;
        }
        Ok(())
    }
}

fn percent_decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match decoded.filter(|_| byte == b'%') {
            Some(decoded) => {
                out.push(decoded);
                rest = &after[2..];
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}
