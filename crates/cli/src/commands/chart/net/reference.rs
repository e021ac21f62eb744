//! `oci://HOST/REPOSITORY[:TAG][@DIGEST]`, as Helm reads it.

use plimsoll_fetch::registry::{is_repository, is_tag};
use plimsoll_helm::repository::tag_of_version;

use crate::failure::Failure;

/// Whether a chart is named by its place in a registry.
pub(crate) fn is_oci(text: &str) -> bool {
    text.starts_with("oci://")
}

/// The place of a chart in a registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OciReference {
    /// The registry, with its port.
    pub(crate) host: String,
    /// The repository.
    pub(crate) repository: String,
    /// The tag as a version, with `+`.
    pub(crate) version: Option<String>,
    /// The digest.
    pub(crate) digest: Option<String>,
}

impl OciReference {
    /// Reads a reference with or without `oci://`.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let invalid = |what: &str| Failure::user(format!("invalid reference: {what}"));
        let rest = text.strip_prefix("oci://").unwrap_or(text);
        let (rest, digest) = match rest.rsplit_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (rest, None),
        };
        let (host, path) = rest
            .split_once('/')
            .ok_or_else(|| invalid("missing registry or repository"))?;
        let (repository, version) = match path.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => {
                (path, Some(tag).filter(|tag| !tag.is_empty()))
            }
            _ => (path, None),
        };
        let reference = Self {
            host: host.to_owned(),
            repository: repository.to_owned(),
            version: version.map(str::to_owned),
            digest,
        };
        if !is_repository(repository) {
            return Err(invalid(&format!("invalid repository {repository:?}")));
        }
        if let Some(tag) = reference.tag().filter(|tag| !is_tag(tag)) {
            return Err(invalid(&format!("invalid tag {tag:?}")));
        }
        Ok(reference)
    }

    /// The tag: a version without `+`.
    pub(crate) fn tag(&self) -> Option<String> {
        self.version.as_deref().map(tag_of_version)
    }

    /// What the registry is asked for.
    pub(crate) fn asked(&self) -> Option<String> {
        self.digest.clone().or_else(|| self.tag())
    }

    /// The reference as Helm shows it.
    pub(crate) fn shown(&self) -> String {
        let place = format!("{}/{}", self.host, self.repository);
        match (self.tag(), &self.digest) {
            (Some(tag), _) => format!("{place}:{tag}"),
            (None, Some(digest)) => format!("{place}@{digest}"),
            (None, None) => place,
        }
    }

    /// The name of the file that the chart is saved as.
    pub(crate) fn file_name(&self) -> String {
        let base = self.repository.rsplit('/').next().unwrap_or_default();
        match (&self.digest, &self.version) {
            (Some(digest), _) => {
                let (algorithm, hex) = digest.split_once(':').unwrap_or(("", digest));
                format!("{base}@{algorithm}-{hex}.tgz")
            }
            (None, version) => format!("{base}-{}.tgz", version.as_deref().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::OciReference;

    #[test]
    fn references_are_read_as_helm_reads_them() {
        let read = |text: &str| OciReference::parse(text).expect(text);
        let full = read("oci://r.example:5000/a/web:1.0.0+b");
        assert_eq!(
            (&*full.host, &*full.repository),
            ("r.example:5000", "a/web")
        );
        assert_eq!(full.tag().as_deref(), Some("1.0.0_b"));
        assert_eq!(full.shown(), "r.example:5000/a/web:1.0.0_b");
        assert_eq!(full.file_name(), "web-1.0.0+b.tgz");
        let digest = read("oci://r/web@sha256:00");
        assert_eq!(digest.asked().as_deref(), Some("sha256:00"));
        assert_eq!(digest.shown(), "r/web@sha256:00");
        assert_eq!(digest.file_name(), "web@sha256-00.tgz");
        assert_eq!(read("oci://r/web").asked(), None);
        for text in [
            "oci://r",
            "oci://r/",
            "oci://r/A",
            "oci://r/a/../b",
            "oci://r/web:a b",
        ] {
            assert!(OciReference::parse(text).is_err(), "{text}");
        }
    }
}
