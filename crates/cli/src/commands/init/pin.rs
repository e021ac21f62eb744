//! `plimsoll init --pin`: digests of images, asked for at their registries. Nothing else of `init`
//! talks to a server.

use std::path::PathBuf;

use plimsoll_fetch::credentials::Credentials;
use plimsoll_fetch::registry::{Document, Registry, RegistryError};
use plimsoll_fetch::{Client, FetchErrorKind, Proxies, Scheme, Settings, TlsError};
use plimsoll_oci::Reference;
use plimsoll_scaffold::model::Evidence;
use plimsoll_scaffold::pins::{self, Digests, Pinning};

use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// What manifests are understood. With these, registries give the index of all platforms where
/// there is one.
const ACCEPTED: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// What is done with digests.
#[derive(clap::Args)]
#[command(next_help_heading = "Digests of images")]
pub(super) struct PinArgs {
    /// Ask the registries what the images of others are now, and write their digests behind the tags
    #[arg(long)]
    pub(super) pin: bool,
    /// Take digests away again
    #[arg(long, conflicts_with = "pin")]
    unpin: bool,
    /// With `--pin`: ask this server instead, such as `docker.io=https://mirror.example.com/hub`;
    /// without a registry before `=` for images of Docker Hub
    #[arg(long = "mirror", value_name = "[REGISTRY=]URL", requires = "pin")]
    mirrors: Vec<String>,
}

/// A server that is asked instead of a registry.
struct Mirror {
    /// The registry's domain.
    registry: String,
    scheme: Scheme,
    host: String,
    /// What stands before the names of its repositories, with `/` at the end; empty for nothing.
    prefix: String,
}

impl PinArgs {
    /// Digests for what is written of something that exists: of `images`, those that are asked for,
    /// or those that stand in files. The second says which images have none although others do.
    pub(super) fn digests<'t>(
        &self,
        images: &[String],
        texts: impl Iterator<Item = (&'t str, &'t str)>,
        terminal: &Terminal,
    ) -> Result<(Digests, Vec<String>), Failure> {
        let images: Vec<String> = images
            .iter()
            .filter(|image| !image.contains('@'))
            .cloned()
            .collect();
        let asked: Vec<String> = images
            .iter()
            .filter(|image| pins::can_be_pinned(image))
            .cloned()
            .collect();
        let digests = match self.pinning(&asked, terminal)? {
            Pinning::New(digests, _) => digests,
            Pinning::Drop => Digests::new(),
            Pinning::Keep => pins::standing(texts),
        };
        let is_known = |image: &String| digests.contains_key(image);
        let mut unpinned = images;
        if unpinned.iter().any(is_known) {
            unpinned.retain(|image| !is_known(image));
        } else {
            unpinned.clear();
        }
        Ok((digests, unpinned))
    }

    /// What is to be done with the digests of `images`.
    pub(super) fn pinning(
        &self,
        images: &[String],
        terminal: &Terminal,
    ) -> Result<Pinning, Failure> {
        if !self.pin {
            return Ok(if self.unpin {
                Pinning::Drop
            } else {
                Pinning::Keep
            });
        }
        let mirrors: Result<Vec<Mirror>, Failure> =
            self.mirrors.iter().map(|text| mirror(text)).collect();
        let asker = Asker::new(mirrors?)?;
        let mut digests = Digests::new();
        for image in images {
            if terminal.progress {
                terminal::progress(&format!("asking for {image}"));
            }
            let digest = asker.digest(image, terminal);
            if terminal.progress {
                terminal::progress("");
            }
            digests.insert(image.clone(), digest?);
        }
        let says = "`--pin`: the digest that the registry gave for the tag";
        Ok(Pinning::New(digests, Evidence::table(says)))
    }
}

/// Who asks registries.
struct Asker {
    client: Client,
    logins: Credentials,
    mirrors: Vec<Mirror>,
}

impl Asker {
    fn new(mirrors: Vec<Mirror>) -> Result<Self, Failure> {
        let folder = std::env::var_os("DOCKER_CONFIG").filter(|folder| !folder.is_empty());
        let folder = folder.map(PathBuf::from);
        let folder = folder.or_else(|| Some(std::env::home_dir()?.join(".docker")));
        let logins = Credentials::read(folder.map(|folder| folder.join("config.json")))
            .map_err(|error| Failure::user(error.to_string()))?;
        let client = Client::new(Settings {
            user_agent: concat!("plimsoll/", env!("CARGO_PKG_VERSION")).into(),
            proxies: Proxies::from_env(|name| std::env::var(name).ok()),
            ..Settings::default()
        });
        Ok(Self {
            client,
            logins,
            mirrors,
        })
    }

    /// The digest that an image has now: that of the index, which holds for every platform.
    fn digest(&self, image: &str, terminal: &Terminal) -> Result<String, Failure> {
        let reference = Reference::parse(image).map_err(|error| {
            Failure::internal(format!("`{image}` is no reference of an image: {error}"))
        })?;
        let registry = reference.domain();
        let mirror = self.mirrors.iter().find(|one| one.registry == registry);
        let host = mirror.map_or(registry, |mirror| mirror.host.as_str());
        let prefix = mirror.map_or("", |mirror| mirror.prefix.as_str());
        let repository = format!("{prefix}{}", reference.repository());
        let scheme = mirror.map_or(Scheme::Https, |mirror| mirror.scheme);
        let tag = reference.tag().unwrap_or("latest");
        let asked = || -> Result<_, RegistryError> {
            let registry = Registry::new(&self.client, host, scheme, &self.logins)?;
            let stored = registry.repository(&repository)?.manifest(tag, &ACCEPTED)?;
            let document = Document::parse(&stored.bytes)?;
            Ok((stored.digest, matches!(document, Document::Index(_))))
        };
        let (digest, is_index) = asked().map_err(|error| failure(&error, image, host))?;
        if !digest.as_str().starts_with("sha256:") {
            let message = format!(
                "cannot pin `{image}`: `{host}` names it by `{}` and not by SHA-256",
                digest.algorithm()
            );
            return Err(Failure::user(message).help(HELP));
        }
        if !is_index {
            terminal.warn(&format!(
                "`{image}` is made for one platform at `{host}`: its digest holds for no other"
            ));
        }
        Ok(digest.to_string())
    }
}

const HELP: &str = "leave out `--pin`, or name another server with `--mirror`; nothing is written";

/// What is said of an image whose digest could not be had.
fn failure(error: &RegistryError, image: &str, host: &str) -> Failure {
    let help = match error {
        RegistryError::NoLogin(_) | RegistryError::BadLogin { .. } => {
            format!("log in with `docker login {host}`, or {HELP}")
        }
        RegistryError::Refused { status: 429, .. } => {
            format!("wait, or log in with `docker login {host}`: who is known may ask more often")
        }
        RegistryError::Fetch(error) => match &error.kind {
            FetchErrorKind::Certificate { .. } | FetchErrorKind::Setup(TlsError::NoRoots) => {
                format!("name the file of certificate authorities in SSL_CERT_FILE, or {HELP}")
            }
            _ => format!("see to the connection to `{host}`, or {HELP}"),
        },
        _ => HELP.to_owned(),
    };
    Failure::user(format!(
        "cannot look up the digest of `{image}` at `{host}`: {error}"
    ))
    .help(help)
}

/// Reads `[REGISTRY=]URL`.
fn mirror(text: &str) -> Result<Mirror, Failure> {
    let (registry, url) = match text.split_once('=') {
        Some((registry, url)) => (registry, url),
        None => ("docker.io", text),
    };
    let (scheme, rest) = match url.split_once("://") {
        Some(("http", rest)) => (Scheme::Http, rest),
        Some(("https", rest)) => (Scheme::Https, rest),
        Some(_) => (Scheme::Https, ""),
        None => (Scheme::Https, url),
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.trim_matches('/');
    if registry.is_empty() || host.is_empty() || host.contains(['@', '?', '#']) {
        return Err(Failure::user(format!("`--mirror` is no server: `{text}`"))
            .help("write `https://HOST/PATH`, or `REGISTRY=https://HOST/PATH`"));
    }
    Ok(Mirror {
        registry: registry.to_owned(),
        scheme,
        host: host.to_owned(),
        prefix: if path.is_empty() {
            String::new()
        } else {
            format!("{path}/")
        },
    })
}

#[cfg(test)]
mod tests {
    use super::mirror;

    #[test]
    fn mirrors_are_read() {
        let read = |text: &str| {
            let mirror = mirror(text).ok()?;
            Some((mirror.registry, mirror.host, mirror.prefix))
        };
        let all = |a: &str, b: &str, c: &str| Some((a.to_owned(), b.to_owned(), c.to_owned()));
        assert_eq!(
            read("http://127.0.0.1:5000"),
            all("docker.io", "127.0.0.1:5000", "")
        );
        assert_eq!(
            read("ghcr.io=https://m.example/a/b/"),
            all("ghcr.io", "m.example", "a/b/")
        );
        assert_eq!(read("m.example/hub"), all("docker.io", "m.example", "hub/"));
        for text in ["", "=m", "ftp://m", "a=", "https://ann@m", "https:///a"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
