//! Manifests and indexes, read.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::RegistryError;

/// What is stored in a registry besides blobs.
#[derive(Clone, Debug)]
pub enum Document {
    /// One artifact.
    Manifest(Manifest),
    /// A list of manifests, such as one for each platform.
    Index(Index),
}

/// A manifest of OCI or Docker (schema 2).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// What kind of artifact it is, if the manifest says it apart from its configuration.
    pub artifact_type: Option<String>,
    /// Its configuration.
    pub config: Descriptor,
    /// Its layers.
    #[serde(default)]
    pub layers: Vec<Descriptor>,
    /// Notes on it.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// An index of OCI or a manifest list of Docker.
#[derive(Clone, Debug, Deserialize)]
pub struct Index {
    /// What is in it.
    #[serde(default)]
    pub manifests: Vec<Descriptor>,
}

/// What something in a registry is and how to know it again.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Its media type.
    pub media_type: String,
    /// Its digest, as it is written.
    pub digest: String,
    /// Its length in bytes.
    pub size: u64,
    /// Notes on it.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// What it runs on.
    pub platform: Option<Platform>,
}

/// What an image runs on.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Platform {
    /// The processor, such as `amd64`.
    pub architecture: String,
    /// The operating system, such as `linux`.
    pub os: String,
    /// A variant of the processor, such as `v7`.
    pub variant: Option<String>,
}

impl Document {
    /// Reads the bytes of a manifest or an index.
    pub fn parse(bytes: &[u8]) -> Result<Self, RegistryError> {
        #[derive(Deserialize)]
        struct Kind {
            manifests: Option<serde::de::IgnoredAny>,
        }
        let malformed = |error: serde_json::Error| RegistryError::Malformed {
            what: "the manifest",
            reason: error.to_string(),
        };
        let kind: Kind = serde_json::from_slice(bytes).map_err(malformed)?;
        if kind.manifests.is_some() {
            let index = serde_json::from_slice(bytes).map_err(malformed)?;
            Ok(Self::Index(index))
        } else {
            let manifest = serde_json::from_slice(bytes).map_err(malformed)?;
            Ok(Self::Manifest(manifest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn both_kinds_are_read() {
        let manifest = r#"{"schemaVersion":2,"config":{"mediaType":"c","digest":"sha256:00","size":2},
            "layers":[{"mediaType":"l","digest":"sha256:01","size":3,"urls":[]}],"annotations":{"a":"b"}}"#;
        let Ok(Document::Manifest(manifest)) = Document::parse(manifest.as_bytes()) else {
            panic!("a manifest");
        };
        assert_eq!(
            (manifest.layers[0].size, &*manifest.annotations["a"]),
            (3, "b")
        );
        let index = r#"{"manifests":[{"mediaType":"m","digest":"d","size":1,
            "platform":{"architecture":"arm","os":"linux","variant":"v7"}}]}"#;
        let Ok(Document::Index(index)) = Document::parse(index.as_bytes()) else {
            panic!("an index");
        };
        let platform = index.manifests[0].platform.as_ref().expect("a platform");
        assert_eq!(platform.variant.as_deref(), Some("v7"));
        for text in [
            "",
            "[]",
            "{}",
            r#"{"config":{"size":-1}}"#,
            &"[".repeat(10_000),
        ] {
            assert!(Document::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
