//! A registry as the OCI distribution specification describes it, v1.1: manifests, blobs and
//! tags of repositories, for images and for anything else.

mod access;
mod blob;
mod challenge;
mod document;
mod error;
mod name;
mod tags;
mod token;
mod upload;

use std::time::Duration;

use plimsoll_oci::Digest;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::client::{Client, Method, Request, Response};
use crate::error::FetchErrorKind;
use crate::url::{Scheme, Url};

pub use access::{Logins, NoLogins};
pub use challenge::{Challenge, challenges};
pub use document::{Descriptor, Document, Index, Manifest, Platform};
pub use error::RegistryError;
pub use name::{is_repository, is_tag};
pub use upload::Upload;

use access::{Access, Scope};

/// The most bytes of a manifest (the specification recommends to accept 4 MiB).
pub const MAX_MANIFEST: u64 = 4 * 1024 * 1024;
/// The most bytes of other answers.
const MAX_ANSWER: u64 = 16 * 1024 * 1024;
/// A transfer may take a minute, and longer the more there is to transfer.
const SLOWEST: u64 = 64 * 1024;

/// A registry, by its host and port.
pub struct Registry<'c> {
    client: &'c Client,
    base: Url,
    access: Access<'c>,
}

/// A manifest as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// What the registry calls it.
    pub media_type: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl<'c> Registry<'c> {
    /// A registry that is not asked anything yet. `host` may have a port; `docker.io` is known
    /// to be served by another host. Who asks is looked up in `logins` when the registry wants
    /// to know.
    pub fn new(
        client: &'c Client,
        host: &str,
        scheme: Scheme,
        logins: &'c dyn Logins,
    ) -> Result<Self, RegistryError> {
        let served = if host == "docker.io" {
            "registry-1.docker.io"
        } else {
            host
        };
        let prefix = match scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        let malformed = || RegistryError::Host(host.to_owned());
        let base = Url::parse(&format!("{prefix}://{served}/v2/")).map_err(|_| malformed())?;
        if base.login().is_some() || base.path() != "/v2/" {
            return Err(malformed());
        }
        Ok(Self {
            client,
            access: Access::new(host, logins),
            base,
        })
    }

    /// Asks whether the registry is there and lets us in.
    pub fn ping(&self) -> Result<(), RegistryError> {
        let response = self.send(Request::get(self.base.clone()), &Scope::default())?;
        match response.status {
            200 => Ok(()),
            _ => Err(self.refused("be asked", response)),
        }
    }

    /// One of its repositories.
    pub fn repository(&self, name: &str) -> Result<Repository<'_>, RegistryError> {
        if !is_repository(name) {
            return Err(RegistryError::Repository(name.to_owned()));
        }
        Ok(Repository {
            registry: self,
            name: name.to_owned(),
        })
    }

    fn send(&self, request: Request<'_>, scope: &Scope) -> Result<Response, RegistryError> {
        self.access.send(self.client, &self.base, request, scope)
    }

    /// The error that an answer is.
    fn refused(&self, doing: &'static str, response: Response) -> RegistryError {
        error::refused(self.base.host_with_port(), doing, response)
    }
}

/// A repository of a registry.
pub struct Repository<'r> {
    registry: &'r Registry<'r>,
    name: String,
}

impl Repository<'_> {
    /// Its name, without the registry's.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn url(&self, rest: &str) -> Result<Url, RegistryError> {
        let path = format!("{}/{rest}", self.name);
        let joined = self.registry.base.join(&path);
        joined.map_err(|_| RegistryError::Repository(self.name.clone()))
    }

    fn pull(&self) -> Scope {
        Scope::default().with(&self.name, "pull")
    }

    fn push(&self) -> Scope {
        Scope::default().with(&self.name, "pull,push")
    }

    /// Gets a manifest by a tag or a digest. `accepted` are the media types that are understood.
    pub fn manifest(&self, reference: &str, accepted: &[&str]) -> Result<Stored, RegistryError> {
        let digest = self.check_reference(reference)?;
        let url = self.url(&format!("manifests/{reference}"))?;
        let request = Request::get(url).header("accept", accepted.join(", "));
        let response = self.registry.send(request, &self.pull())?;
        match response.status {
            200 => {}
            404 => return Err(self.missing(reference)),
            _ => return Err(self.registry.refused("give the manifest", response)),
        }
        let media_type = response.header("content-type").unwrap_or_default();
        let media_type = media_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned();
        let claimed = response.header("docker-content-digest").map(str::to_owned);
        let bytes = response.bytes(MAX_MANIFEST)?;
        // What was asked for by its digest is checked; of a tag the registry's word is checked.
        let claimed = claimed.and_then(|claimed| Digest::parse(&claimed).ok());
        if let Some(expected) = digest.as_ref().or(claimed.as_ref()) {
            check(expected, &bytes)?;
        }
        let digest = digest.or(claimed).unwrap_or_else(|| sha256(&bytes));
        Ok(Stored {
            media_type,
            digest,
            bytes,
        })
    }

    /// The digest that a tag has now; `None` if there is no such manifest.
    pub fn resolve(
        &self,
        reference: &str,
        accepted: &[&str],
    ) -> Result<Option<Digest>, RegistryError> {
        self.check_reference(reference)?;
        let url = self.url(&format!("manifests/{reference}"))?;
        let request = Request::new(Method::Head, url).header("accept", accepted.join(", "));
        let response = self.registry.send(request, &self.pull())?;
        match response.status {
            200 => {}
            404 => return Ok(None),
            _ => return Err(self.registry.refused("look up the manifest", response)),
        }
        let digest = response.header("docker-content-digest");
        match digest.and_then(|digest| Digest::parse(digest).ok()) {
            Some(digest) => Ok(Some(digest)),
            // The header is optional.
            None => Ok(Some(self.manifest(reference, accepted)?.digest)),
        }
    }

    /// Puts a manifest under a tag or its digest. What it refers to must be there.
    pub fn put_manifest(
        &self,
        reference: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Digest, RegistryError> {
        self.check_reference(reference)?;
        let url = self.url(&format!("manifests/{reference}"))?;
        let request = Request::new(Method::Put, url).header("content-type", media_type);
        let response = self.registry.send(request.content(&bytes), &self.push())?;
        if response.status != 201 {
            return Err(self.registry.refused("take the manifest", response));
        }
        let own = sha256(bytes);
        let claimed = response.header("docker-content-digest");
        match claimed.and_then(|claimed| Digest::parse(claimed).ok()) {
            Some(claimed) if claimed.algorithm() == "sha256" && claimed != own => {
                Err(RegistryError::Digest {
                    expected: own,
                    found: claimed,
                })
            }
            _ => Ok(own),
        }
    }

    fn check_reference(&self, reference: &str) -> Result<Option<Digest>, RegistryError> {
        if let Ok(digest) = Digest::parse(reference) {
            return Ok(Some(digest));
        }
        if is_tag(reference) {
            return Ok(None);
        }
        Err(RegistryError::Reference(reference.to_owned()))
    }

    fn missing(&self, reference: &str) -> RegistryError {
        let sign = if reference.contains(':') { '@' } else { ':' };
        let host = self.registry.access.host();
        RegistryError::Missing(format!("{host}/{}{sign}{reference}", self.name))
    }
}

/// How long a transfer of so many bytes may take.
fn time_for(bytes: u64) -> Duration {
    Duration::from_secs(60 + bytes / SLOWEST)
}

/// Whether bytes have a digest.
fn check(expected: &Digest, bytes: &[u8]) -> Result<(), RegistryError> {
    let mut hasher = Hasher::of(expected);
    hasher.update(bytes);
    hasher.check(expected)
}

/// The digest of bytes as registries use it.
pub fn sha256(bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::Sha256(Sha256::new());
    hasher.update(bytes);
    hasher.finish()
}

/// One of the algorithms that digests name.
enum Hasher {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    fn of(digest: &Digest) -> Self {
        match digest.algorithm() {
            "sha384" => Self::Sha384(Sha384::new()),
            "sha512" => Self::Sha512(Sha512::new()),
            _ => Self::Sha256(Sha256::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha384(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    fn finish(self) -> Digest {
        let (algorithm, bytes) = match self {
            Self::Sha256(hasher) => ("sha256", hasher.finalize().to_vec()),
            Self::Sha384(hasher) => ("sha384", hasher.finalize().to_vec()),
            Self::Sha512(hasher) => ("sha512", hasher.finalize().to_vec()),
        };
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Digest::parse(&format!("{algorithm}:{hex}")).expect("an algorithm with all its digits")
    }

    fn check(self, expected: &Digest) -> Result<(), RegistryError> {
        let found = self.finish();
        if &found == expected {
            return Ok(());
        }
        Err(RegistryError::Digest {
            expected: expected.clone(),
            found,
        })
    }
}

/// Whether an error is that somebody wants more than was agreed on.
fn is_too_large(kind: &FetchErrorKind) -> bool {
    matches!(kind, FetchErrorKind::TooLarge(_))
}
