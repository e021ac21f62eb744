//! What the tree cannot say and whoever deploys has to: names, places, the keeping of secrets.

use crate::existing::Existing;
use crate::model::{Certainty, Evidence, Known};
use crate::pins::Digests;

/// How secrets reach the cluster.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Secrets {
    /// A Secret that somebody makes; the manifests refer to it.
    #[default]
    Reference,
    /// A SealedSecret, which only the cluster can open.
    Sealed,
    /// An ExternalSecret of external-secrets.
    External,
    /// A VaultStaticSecret of the Vault secrets operator.
    Vault,
}

/// What is wished for. What is absent is filled in with a placeholder that says so.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wishes {
    /// The name of the whole, a DNS-1123 label: the Compose project, the namespace.
    pub project: String,
    /// Registry and path in front of the images' names, such as `ghcr.io/example`.
    pub registry: Option<String>,
    /// The images' tag, which is the charts' appVersion.
    pub tag: Option<String>,
    /// The domain below which services are reached; a service is `NAME.DOMAIN`, or the domain
    /// itself where there is one service only.
    pub host: Option<String>,
    /// How secrets reach the cluster.
    pub secrets: Secrets,
    /// Whether manifests are a Kustomize base with overlays.
    pub kustomize: bool,
    /// Digests of images of others, by name and tag; what is written of a Compose project or of
    /// manifests names images with them.
    pub digests: Digests,
    /// Dockerfiles that somebody else wrote: they stay, and what they say counts.
    pub existing: Vec<Existing>,
}

impl Wishes {
    /// What a Dockerfile of somebody else says.
    pub(crate) fn existing(&self, dockerfile: &str) -> Option<&Existing> {
        let mut existing = self.existing.iter();
        existing.find(|existing| existing.dockerfile == dockerfile)
    }

    /// An image of somebody else's with the digest that is known of it.
    pub(crate) fn pinned(&self, image: &str) -> String {
        match self.digests.get(image) {
            Some(digest) if !image.contains('@') => format!("{image}@{digest}"),
            _ => image.to_owned(),
        }
    }

    /// The repository of an image with its registry.
    pub(crate) fn repository(&self, image: &str) -> Known<String> {
        match &self.registry {
            Some(registry) => Known::told(
                format!("{}/{image}", registry.trim_end_matches('/')),
                Evidence::table("the registry was said"),
            ),
            None => Known::assumed(
                format!("registry.example.com/{image}"),
                "the registry is not known: a placeholder",
            ),
        }
    }

    /// The tag of the images.
    pub(crate) fn tag(&self) -> Known<String> {
        match &self.tag {
            Some(tag) => Known::told(tag.clone(), Evidence::table("the tag was said")),
            None => Known::assumed(
                "0.1.0".to_owned(),
                "the tag is not known: a placeholder, for whoever releases sets it",
            ),
        }
    }

    /// The host name of a service.
    pub(crate) fn host(&self, service: &str, is_alone: bool) -> Known<String> {
        match &self.host {
            Some(host) if is_alone => {
                Known::told(host.clone(), Evidence::table("the host was said"))
            }
            Some(host) => Known::told(
                format!("{service}.{host}"),
                Evidence::table("the domain was said"),
            ),
            None => Known::assumed(
                format!("{service}.example.com"),
                "the host is not known: a placeholder",
            ),
        }
    }
}

/// What people should be told of a value that is a placeholder; nothing for one that is known.
pub(crate) fn placeholder<T>(known: &Known<T>, flag: &str) -> Option<String> {
    (known.certainty == Certainty::Assumed)
        .then(|| format!("Not known here: replace it, or say it with `{flag}`."))
}
