//! `Chart.lock`: which versions of dependencies were chosen, and of what
//! (`internal/resolver` of Helm).

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::oci::Json;
use crate::chart::{Dependency, Metadata};
use crate::values::{Data, Item, ReadError, read_plain};

/// A lock file.
#[derive(Clone, Debug, Default)]
pub struct Lock {
    /// When it was made, as it is written.
    pub generated: String,
    /// What [`Lock::digest_of`] gave for the dependencies wanted and chosen.
    pub digest: String,
    /// What was chosen.
    pub dependencies: Vec<Dependency>,
}

impl Lock {
    /// Reads a lock file.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        let item = read_plain(bytes)?;
        let text = |name: &str| {
            let found = item.data.get(name).and_then(|item| item.data.as_str());
            found.unwrap_or_default().to_owned()
        };
        // Dependencies are written as in `Chart.yaml`.
        let dependencies = item.data.get("dependencies").cloned().unwrap_or_default();
        let only = BTreeMap::from([("dependencies".into(), dependencies)]);
        let mut metadata = Metadata::default();
        metadata.decode(&Item::from(Data::Map(only.into())))?;
        Ok(Self {
            generated: text("generated"),
            digest: text("digest"),
            dependencies: metadata.dependencies.unwrap_or_default().to_vec(),
        })
    }

    /// The digest of what is wanted and what was chosen (`HashReq`).
    pub fn digest_of(wanted: &[Dependency], chosen: &[Dependency]) -> String {
        let mut json = Json::default();
        json.open('[');
        for all in [wanted, chosen] {
            json.item();
            json.dependencies(all);
        }
        json.close(']');
        sha256(&json.finish())
    }

    /// The file as Helm writes it.
    pub fn to_yaml(&self) -> String {
        crate::show::lock(Some(&self.dependencies), &self.digest, &self.generated)
    }
}

/// The digest that Helm 2 wrote (`HashV2Req`).
pub fn legacy_digest(wanted: &[Dependency]) -> String {
    let mut json = Json::default();
    json.open('{');
    json.key("dependencies");
    json.dependencies(wanted);
    json.close('}');
    sha256(&json.finish())
}

fn sha256(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::{Dependency, Lock};

    /// The digest was given by helm 4.3.1.
    #[test]
    fn the_digest_is_helms() {
        let text = "dependencies:\n- name: web\n  repository: https://charts.example/a&b\n  version: 1.2.3\n\
                    digest: x\ngenerated: \"2026-01-02T03:04:05.6Z\"\n";
        let lock = Lock::parse(text.as_bytes()).expect("a lock");
        assert_eq!(lock.to_yaml(), text);
        let wanted = Dependency {
            version: ">=1 <2".into(),
            alias: "w".into(),
            tags: vec!["t".into()],
            ..lock.dependencies[0].clone()
        };
        let digest = Lock::digest_of(&[wanted], &lock.dependencies);
        assert_eq!(
            digest,
            "sha256:985420d481766b263ff7a6ff39b1819257d7f6169731dcc84125e3bafed0aa7e"
        );
    }
}
