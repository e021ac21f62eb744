//! `index.yaml`: what a repository has (`pkg/repo/v1/index.go`).

mod read;
mod write;

use std::collections::BTreeMap;

use crate::chart::{Metadata, MetadataError};
use crate::semver::{Constraint, ConstraintError, Version};
use crate::values::ReadError;

/// The most bytes of an index.
pub(super) const MAX_BYTES: usize = 64 * 1024 * 1024;

/// What a repository has.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// When it was made, as it is written.
    pub generated: String,
    /// The versions of each chart, the newest first.
    pub entries: BTreeMap<String, Vec<IndexEntry>>,
    /// The keys that charts are signed with.
    pub public_keys: Vec<String>,
    /// Notes for other programs.
    pub annotations: Vec<(String, String)>,
}

/// One version of a chart.
#[derive(Clone, Debug, Default)]
pub struct IndexEntry {
    /// What its `Chart.yaml` says.
    pub metadata: Metadata,
    /// Where it is; relative to the repository if it is no whole URL.
    pub urls: Vec<String>,
    /// When it was added, as it is written.
    pub created: String,
    /// Whether it is gone.
    pub removed: bool,
    /// The SHA-256 of the archive, perhaps with `sha256:` before it.
    pub digest: String,
}

/// A version that was looked for.
#[derive(Clone, Debug)]
pub struct Found<'i> {
    /// The version.
    pub entry: &'i IndexEntry,
    /// Whether another one was asked for, which is not there.
    pub is_another: bool,
}

/// An index that cannot be used, or a chart that is not in it. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IndexError {
    /// There is nothing in it.
    #[error("empty index.yaml file")]
    Empty,
    /// It is too large.
    #[error("the index has more than {MAX_BYTES} bytes")]
    TooLarge,
    /// It is no YAML, or not what it should be.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It does not say of which version it is.
    #[error("no API version specified")]
    NoApiVersion,
    /// There is no such chart.
    #[error("no chart name found")]
    NoChart,
    /// The chart has no version.
    #[error("no chart version found")]
    NoVersion,
    /// No version is the one that is asked for.
    #[error("no chart version found for {name}-{version}")]
    NoSuchVersion {
        /// The chart.
        name: String,
        /// What was asked for.
        version: String,
    },
    /// What is asked for is no version and no range.
    #[error(transparent)]
    Constraint(#[from] ConstraintError),
    /// A chart that says something impossible.
    #[error("validate failed for {file}: validation: {error}")]
    Chart {
        /// The archive.
        file: String,
        /// What is wrong.
        error: MetadataError,
    },
}

impl Index {
    /// The best version of a chart for a version or a range; the newest release without one
    /// (`IndexFile.Get`).
    pub fn get(&self, name: &str, version: &str) -> Result<Found<'_>, IndexError> {
        let versions = self.entries.get(name).ok_or(IndexError::NoChart)?;
        if versions.is_empty() {
            return Err(IndexError::NoVersion);
        }
        let constraint = Constraint::parse(if version.is_empty() { "*" } else { version })?;
        let exact = versions
            .iter()
            .find(|entry| entry.metadata.version == version);
        if let Some(entry) = exact.filter(|_| !version.is_empty()) {
            return Ok(Found {
                entry,
                is_another: false,
            });
        }
        let fits = |entry: &&IndexEntry| {
            let version = Version::parse(&entry.metadata.version);
            version.is_ok_and(|version| constraint.check(&version))
        };
        match versions.iter().find(fits) {
            Some(entry) => Ok(Found {
                entry,
                is_another: !version.is_empty() && !is_version_range(version),
            }),
            None => Err(IndexError::NoSuchVersion {
                name: name.to_owned(),
                version: version.to_owned(),
            }),
        }
    }

    /// Adds a packed chart (`IndexFile.MustAdd`). Unsorted until [`Index::sort`].
    pub fn add(
        &mut self,
        mut metadata: Metadata,
        file: &str,
        base: &str,
        added: (&str, &str),
    ) -> Result<(), IndexError> {
        if metadata.api_version.is_empty() {
            metadata.api_version = "v1".into();
        }
        metadata.validate().map_err(|error| IndexError::Chart {
            file: file.to_owned(),
            error,
        })?;
        let url = if base.is_empty() {
            file.to_owned()
        } else {
            super::join_url(base, file)
        };
        let (digest, created) = added;
        let versions = self.entries.entry(metadata.name.clone()).or_default();
        versions.push(IndexEntry {
            metadata,
            urls: vec![url],
            created: created.to_owned(),
            removed: false,
            digest: digest.to_owned(),
        });
        Ok(())
    }

    /// Takes over what another index has and this one has not (`IndexFile.Merge`).
    pub fn merge(&mut self, other: Self) {
        for entry in other.entries.into_values().flatten() {
            let metadata = &entry.metadata;
            if self.get(&metadata.name, &metadata.version).is_err() {
                let versions = self.entries.entry(metadata.name.clone()).or_default();
                versions.push(entry);
            }
        }
    }

    /// Puts the newest version of each chart first.
    pub fn sort(&mut self) {
        for versions in self.entries.values_mut() {
            let mut parsed: Vec<(Option<Version>, IndexEntry)> = versions
                .drain(..)
                .map(|entry| (Version::parse(&entry.metadata.version).ok(), entry))
                .collect();
            parsed.sort_by(|(one, _), (other, _)| match (one, other) {
                (Some(one), Some(other)) => other.compare(one),
                (one, other) => other.is_some().cmp(&one.is_some()),
            });
            versions.extend(parsed.into_iter().map(|(_, entry)| entry));
        }
    }
}

impl IndexEntry {
    /// The hexadecimal digits of its digest, if they are those of a SHA-256.
    pub fn sha256(&self) -> Option<&str> {
        let digits = self
            .digest
            .split_once(':')
            .map_or(&*self.digest, |(_, digits)| digits);
        let fits = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then_some(digits)
    }
}

/// Whether what a user asks for is a range and not one version.
pub fn is_version_range(text: &str) -> bool {
    if text.contains(['^', '~', '<', '>', '=', '!', '*'])
        || text.contains("||")
        || text.contains(" - ")
    {
        return true;
    }
    let core = text.split(['-', '+']).next().unwrap_or_default();
    core.contains(['x', 'X'])
}

#[cfg(test)]
mod tests {
    use super::{Index, IndexError, is_version_range};

    const TEXT: &str = "
apiVersion: v1
entries:
  web:
  - {apiVersion: v2, name: web, version: 1.0.0, urls: [web-1.0.0.tgz], digest: 'sha256:00'}
  - {apiVersion: v2, name: web, version: 1.10.0, urls: [web-1.10.0.tgz]}
  - {apiVersion: v2, name: web, version: 2.0.0-rc.1, urls: [web-2.0.0-rc.1.tgz]}
  - {apiVersion: v2, name: web, version: 1.9.0+b, urls: [web-1.9.0+b.tgz]}
  none: []
";

    fn index() -> Index {
        let (index, skipped) = Index::parse(TEXT.as_bytes()).expect("an index");
        assert!(skipped.is_empty(), "{skipped:?}");
        index
    }

    #[test]
    fn the_best_version_is_found() {
        let index = index();
        let get = |version: &str| {
            let found = index.get("web", version).expect(version);
            (found.entry.metadata.version.clone(), found.is_another)
        };
        for (wanted, found, is_another) in [
            ("", "1.10.0", false),
            ("1.9.0+b", "1.9.0+b", false),
            ("1.9.0", "1.9.0+b", true),
            ("^1", "1.10.0", false),
            ("1.x", "1.10.0", false),
            (">0.0.0-0", "2.0.0-rc.1", false),
            ("2.0.0-rc.1", "2.0.0-rc.1", false),
            ("<1.10", "1.9.0+b", false),
        ] {
            assert_eq!(get(wanted), (found.to_owned(), is_another), "{wanted}");
        }
        let error =
            |name: &str, version: &str| index.get(name, version).expect_err("none").to_string();
        assert_eq!(error("db", ""), "no chart name found");
        assert_eq!(error("none", ""), "no chart version found");
        assert_eq!(
            error("web", "3.0.0"),
            "no chart version found for web-3.0.0"
        );
        assert_eq!(error("web", "x y"), "improper constraint: \"x y\"");
        assert!(is_version_range("1.2 - 3") && !is_version_range("1.2.3-x"));
    }

    #[test]
    fn an_index_that_is_none_is_refused() {
        let error = |text: &str| Index::parse(text.as_bytes()).expect_err(text).to_string();
        assert_eq!(Index::parse(b"").err(), Some(IndexError::Empty));
        assert_eq!(error("entries: {}"), "no API version specified");
        assert_eq!(
            error("apiVersion: v1\nextra: 1\n"),
            "error unmarshaling JSON: while decoding JSON: json: unknown field \"extra\""
        );
        assert_eq!(
            error("apiVersion: v1\nentries:\n  a:\n  - {name: a, version: 1.0.0, color: red}\n"),
            "error unmarshaling JSON: while decoding JSON: json: unknown field \"color\""
        );
        assert!(
            error("apiVersion: v1\napiVersion: v1\n")
                .contains("key \"apiVersion\" already set in map")
        );
        assert!(error("<html>").contains("cannot unmarshal string"));
        // What is JSON is not read strictly.
        assert!(Index::parse(br#"{"apiVersion":"v1","extra":1,"entries":{}}"#).is_ok());
        assert_eq!(
            Index::parse(&vec![b' '; super::MAX_BYTES + 1]).err(),
            Some(IndexError::TooLarge)
        );
        let deep = format!("apiVersion: v1\nserverInfo: {}", "[".repeat(100_000));
        assert!(Index::parse(deep.as_bytes()).is_err());
    }

    #[test]
    fn entries_that_are_none_are_left_out() {
        let text = "apiVersion: v1\nentries:\n  web:\n  - null\n  - {name: ../x, version: 1.0.0}\n  - {name: web, version: latest}\n  - {name: web, version: 1.0.0}\n";
        let (index, skipped) = Index::parse(text.as_bytes()).expect("an index");
        assert_eq!((index.entries["web"].len(), skipped.len()), (1, 3));
        assert!(skipped[1].contains("\"../x\" is invalid"), "{skipped:?}");
        assert_eq!(index.entries["web"][0].metadata.api_version, "v1");
    }

    #[test]
    fn an_index_is_written_as_helm_writes_it() {
        let mut index = Index {
            generated: "2026-01-02T03:04:05Z".into(),
            ..Index::default()
        };
        let (other, _) = Index::parse(TEXT.as_bytes()).expect("an index");
        index.merge(other);
        index.entries.retain(|name, _| name == "web");
        index.sort();
        index.entries.get_mut("web").expect("there").truncate(2);
        let expected = "apiVersion: v1\nentries:\n  web:\n  - apiVersion: v2\n    created: \"0001-01-01T00:00:00Z\"\n    \
            name: web\n    urls:\n    - web-2.0.0-rc.1.tgz\n    version: 2.0.0-rc.1\n  - apiVersion: v2\n    \
            created: \"0001-01-01T00:00:00Z\"\n    name: web\n    urls:\n    - web-1.10.0.tgz\n    version: 1.10.0\n\
            generated: \"2026-01-02T03:04:05Z\"\n";
        assert_eq!(index.to_yaml(), expected);
        let again = Index::parse(index.to_yaml().as_bytes())
            .expect("an index")
            .0;
        assert_eq!(again.to_json(), index.to_json());
        assert!(
            index
                .to_json()
                .starts_with("{\n  \"apiVersion\": \"v1\",\n  \"generated\"")
        );
    }
}
