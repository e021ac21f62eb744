//! Charts in registries.

use std::fmt::Write as _;

use plimsoll_fetch::credentials::Credentials;
use plimsoll_fetch::registry::{
    Descriptor, Document, Logins, Manifest, Registry, RegistryError, Repository, Stored,
};
use plimsoll_fetch::{Client, Scheme};
use plimsoll_helm::repository::{
    CHART_LAYER, CONFIG, LEGACY_CHART_LAYER, MANIFEST, PROVENANCE_LAYER, newest_tag,
    versions_of_tags,
};
use plimsoll_helm::semver::Version;

use super::archive::MAX_ARCHIVE;
use super::homes::Homes;
use super::reference::OciReference;
use super::servers::{ServerArgs, client, registry_failure};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// What manifests a chart may have.
const ACCEPTED: [&str; 4] = [
    MANIFEST,
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];
/// Manifests of an index that are looked at.
const MAX_MANIFESTS: usize = 32;
/// The most bytes of a signed statement.
const MAX_PROVENANCE: u64 = 1024 * 1024;

/// How Helm explains tags with an underscore.
const UNDERSCORE: &str = "\
OCI artifact references (e.g. tags) do not support the plus sign (+). To support
storing semantic versions, Helm adopts the convention of changing plus (+) to
an underscore (_) in chart version tags when pushing to a registry and back to
a plus (+) when pulling from a registry.";

/// Registries, with the client and the logins for them.
pub(crate) struct Oci {
    client: Client,
    logins: Box<dyn Logins>,
    scheme: Scheme,
}

/// Which parts of a chart are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The packed chart.
    Chart,
    /// The signed statement.
    Provenance,
}

impl Oci {
    pub(crate) fn new(homes: &Homes, args: &ServerArgs) -> Result<Self, Failure> {
        let logins: Box<dyn Logins> = match args.login() {
            Some(login) => Box::new(login),
            None => Box::new(credentials(homes)?),
        };
        Ok(Self {
            client: client(&args.tls, None)?,
            logins,
            scheme: if args.is_plain() {
                Scheme::Http
            } else {
                Scheme::Https
            },
        })
    }

    pub(crate) fn registry(&self, host: &str) -> Result<Registry<'_>, Failure> {
        Registry::new(&self.client, host, self.scheme, &*self.logins)
            .map_err(|error| registry_failure(&error))
    }

    /// The versions of a chart, the newest first.
    pub(crate) fn versions(&self, reference: &OciReference) -> Result<Vec<String>, Failure> {
        self.with(reference, |repository| {
            Ok(versions_of_tags(&repository.tags()?))
        })
    }

    /// The reference with the version that is wanted (`ValidateReference`).
    pub(crate) fn resolve(&self, text: &str, version: &str) -> Result<OciReference, Failure> {
        let mut reference = OciReference::parse(text)?;
        let tag = reference.version.clone().unwrap_or_default();
        if !version.is_empty() && !tag.is_empty() && version != tag {
            return Err(Failure::user(format!(
                "chart reference and version mismatch: {version} is not {tag}"
            )));
        }
        let wanted = if version.is_empty() {
            tag
        } else {
            version.to_owned()
        };
        if let Some(digest) = reference.digest.clone() {
            reference.version = None;
            if !wanted.is_empty() {
                let tagged = OciReference {
                    version: Some(wanted),
                    digest: None,
                    ..reference.clone()
                };
                self.check_tag(&tagged, &digest)?;
            }
            return Ok(reference);
        }
        if Version::parse(&wanted).is_err() {
            let versions = self.versions(&reference)?;
            if versions.is_empty() {
                return Err(Failure::user(format!(
                    "unable to locate any tags in provided repository: {text}"
                )));
            }
            let newest = newest_tag(&versions, &wanted);
            let newest = newest.map_err(|error| Failure::user(error.to_string()))?;
            let newest = newest.ok_or_else(|| {
                Failure::user(format!(
                    "could not locate a version matching provided version string {wanted}"
                ))
            })?;
            reference.version = Some(newest.to_owned());
        } else {
            reference.version = Some(wanted);
        }
        Ok(reference)
    }

    /// A digest that is named together with a tag has to be the tag's.
    fn check_tag(&self, tagged: &OciReference, digest: &str) -> Result<(), Failure> {
        let tag = tagged.tag().unwrap_or_default();
        let found = self.with(tagged, |repository| repository.resolve(&tag, &ACCEPTED));
        match found {
            Ok(Some(found)) if found.as_str() != digest => Err(Failure::user(format!(
                "chart reference digest mismatch: {found} is not {digest}"
            ))),
            // What has a digest need not have a tag.
            _ => Ok(()),
        }
    }

    /// Fetches a part of a chart, and gives the digest of the manifest with it.
    pub(crate) fn pull(
        &self,
        reference: &OciReference,
        part: Part,
        terminal: &Terminal,
    ) -> Result<(Vec<u8>, String), Failure> {
        let asked = reference.asked().unwrap_or_else(|| "latest".to_owned());
        let (stored, manifest) =
            self.with(reference, |repository| chart_manifest(repository, &asked))?;
        let Some(manifest) = manifest else {
            return Err(Failure::user(format!(
                "could not load config with mediatype {CONFIG}"
            )));
        };
        let of = |kind: &str| {
            manifest
                .layers
                .iter()
                .find(|layer| layer.media_type == kind)
        };
        let (wanted, most, layer) = match part {
            Part::Chart => (CHART_LAYER, MAX_ARCHIVE, of(CHART_LAYER)),
            Part::Provenance => (PROVENANCE_LAYER, MAX_PROVENANCE, of(PROVENANCE_LAYER)),
        };
        let legacy = || {
            let layer = (part == Part::Chart)
                .then(|| of(LEGACY_CHART_LAYER))
                .flatten()?;
            terminal.warn(&format!(
                "chart media type {LEGACY_CHART_LAYER} is deprecated"
            ));
            Some(layer)
        };
        let layer: Option<&Descriptor> = layer.or_else(legacy);
        let layer = layer.ok_or_else(|| {
            Failure::user(format!(
                "manifest does not contain a layer with mediatype {wanted}"
            ))
        })?;
        let bytes = self.with(reference, |repository| repository.blob(layer, most))?;
        Ok((bytes, stored.digest.to_string()))
    }

    pub(crate) fn with<T>(
        &self,
        reference: &OciReference,
        act: impl FnOnce(&Repository<'_>) -> Result<T, RegistryError>,
    ) -> Result<T, Failure> {
        let registry = self.registry(&reference.host)?;
        let repository = registry.repository(&reference.repository);
        let done = repository.and_then(|repository| act(&repository));
        done.map_err(|error| registry_failure(&error))
    }
}

/// The manifest of a chart, which may stand in an index; `None` if there is none.
fn chart_manifest(
    repository: &Repository<'_>,
    asked: &str,
) -> Result<(Stored, Option<Manifest>), RegistryError> {
    let is_chart = |manifest: &Manifest| manifest.config.media_type == CONFIG;
    let stored = repository.manifest(asked, &ACCEPTED)?;
    let index = match Document::parse(&stored.bytes)? {
        Document::Manifest(manifest) => {
            return Ok((stored, Some(manifest).filter(is_chart)));
        }
        Document::Index(index) => index,
    };
    for entry in index.manifests.iter().take(MAX_MANIFESTS) {
        let inner = repository.manifest(&entry.digest, &ACCEPTED)?;
        if let Document::Manifest(manifest) = Document::parse(&inner.bytes)?
            && is_chart(&manifest)
        {
            return Ok((stored, Some(manifest)));
        }
    }
    Ok((stored, None))
}

/// The logins of Helm's file, and after that of Docker's.
pub(crate) fn credentials(homes: &Homes) -> Result<Credentials, Failure> {
    let files = [
        Some(homes.registry_config.clone()),
        homes.docker_config.clone(),
    ];
    Credentials::read(files.into_iter().flatten()).map_err(|error| Failure::user(error.to_string()))
}

/// What Helm prints of a chart that was pulled or pushed.
pub(crate) fn pulled(verb: &str, reference: &str, digest: &str) -> String {
    let mut said = format!("{verb}: {reference}\nDigest: {digest}\n");
    if reference.contains('_') {
        let _ = write!(
            said,
            "{reference} contains an underscore.\n\n{UNDERSCORE}\n"
        );
    }
    said
}
