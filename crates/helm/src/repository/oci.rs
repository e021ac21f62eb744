//! Charts in OCI registries: what is written, and which tag is which version
//! (`pkg/registry` of Helm).

use crate::chart::{Dependency, Maintainer, Metadata};
use crate::functions::{float, write_json_string};
use crate::semver::{Constraint, ConstraintError, Version};
use crate::values::{Data, Item};

/// The media type of a chart's manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of what `Chart.yaml` says.
pub const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// The media type of a packed chart.
pub const CHART_LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
/// What it was before.
pub const LEGACY_CHART_LAYER: &str = "application/tar+gzip";
/// The media type of a signed statement about a packed chart.
pub const PROVENANCE_LAYER: &str = "application/vnd.cncf.helm.chart.provenance.v1.prov";

/// What is pushed of a chart besides the archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pushed {
    /// What `Chart.yaml` says, as JSON.
    pub config: String,
}

impl Pushed {
    /// Of a loaded chart.
    pub fn new(metadata: &Metadata) -> Self {
        let mut json = Json::default();
        json.open('{');
        json.metadata_fields(metadata);
        json.close('}');
        Self {
            config: json.finish(),
        }
    }

    /// The manifest, byte for byte Helm's. `config` is the digest of the configuration; `layers`
    /// are media types, digests and lengths; `created` is when the archive was written.
    pub fn manifest(
        &self,
        metadata: &Metadata,
        config: &str,
        mut layers: Vec<(&str, String, u64)>,
        created: &str,
    ) -> String {
        layers.sort_by(|one, other| one.1.cmp(&other.1));
        let mut json = Json::default();
        let descriptor = |json: &mut Json, kind: &str, digest: &str, size: u64| {
            json.open('{');
            json.text("mediaType", kind);
            json.text("digest", digest);
            json.key("size");
            json.out.push_str(&size.to_string());
            json.close('}');
        };
        json.open('{');
        json.key("schemaVersion");
        json.out.push('2');
        json.key("config");
        descriptor(&mut json, CONFIG, config, self.config.len() as u64);
        json.key("layers");
        json.open('[');
        for (kind, digest, size) in &layers {
            json.item();
            descriptor(&mut json, kind, digest, *size);
        }
        json.close(']');
        json.named_texts("annotations", &annotations(metadata, created));
        json.close('}');
        json.finish()
    }
}

/// The annotations of a chart's manifest, sorted: what `Chart.yaml` says in the words of OCI, and
/// its own annotations, which may change all but the title and the version.
fn annotations(metadata: &Metadata, created: &str) -> Vec<(String, String)> {
    const PREFIX: &str = "org.opencontainers.image.";
    let maintainers: Vec<String> = metadata.maintainers.iter().map(author).collect();
    let known = [
        ("description", metadata.description.clone()),
        ("title", metadata.name.clone()),
        ("version", metadata.version.clone()),
        ("url", metadata.home.clone()),
        ("created", created.to_owned()),
        (
            "source",
            metadata.sources.first().cloned().unwrap_or_default(),
        ),
        ("authors", maintainers.join(", ")),
    ];
    let known = known
        .into_iter()
        .filter(|(_, value)| !value.trim().is_empty());
    let mut all: std::collections::BTreeMap<String, String> = known
        .map(|(name, value)| (format!("{PREFIX}{name}"), value))
        .collect();
    for (name, value) in metadata.annotations.iter().flatten() {
        let is_fixed = matches!(name.strip_prefix(PREFIX), Some("title" | "version"));
        if !is_fixed {
            all.insert(name.clone(), value.clone());
        }
    }
    all.into_iter().collect()
}

fn author(maintainer: &Maintainer) -> String {
    if maintainer.email.is_empty() {
        maintainer.name.clone()
    } else {
        format!("{} ({})", maintainer.name, maintainer.email)
    }
}

/// The tag of a version: tags have no `+`.
pub fn tag_of_version(version: &str) -> String {
    version.replace('+', "_")
}

/// The versions that tags are, the newest first; tags that are no versions are left out.
pub fn versions_of_tags(tags: &[String]) -> Vec<String> {
    let versions = tags
        .iter()
        .map(|tag| Version::parse_strict(&tag.replace('_', "+")));
    let mut versions: Vec<Version> = versions.filter_map(Result::ok).collect();
    versions.sort_by(|one, other| other.compare(one));
    versions.iter().map(ToString::to_string).collect()
}

/// The version that is asked for, of versions with the newest first; `None` if there is none
/// (`GetTagMatchingVersionOrConstraint`).
pub fn newest_tag<'t>(
    versions: &'t [String],
    wanted: &str,
) -> Result<Option<&'t str>, ConstraintError> {
    if let Some(exact) = versions.iter().find(|version| *version == wanted) {
        return Ok(Some(exact));
    }
    let constraint = Constraint::parse(if wanted.is_empty() { "*" } else { wanted })?;
    let fits =
        |version: &&String| Version::parse(version).is_ok_and(|version| constraint.check(&version));
    Ok(versions.iter().find(fits).map(String::as_str))
}

/// Writes JSON as encoding/json does.
#[derive(Default)]
pub(super) struct Json {
    pub(super) out: String,
    depth: usize,
    indented: bool,
    /// Whether something stands before in the innermost object or list.
    begun: bool,
}

impl Json {
    /// With two spaces for each level.
    pub(super) fn indented() -> Self {
        Self {
            indented: true,
            ..Self::default()
        }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    pub(super) fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.depth += 1;
        self.begun = false;
    }

    pub(super) fn close(&mut self, bracket: char) {
        self.depth -= 1;
        if self.begun {
            self.line();
        }
        self.out.push(bracket);
        self.begun = true;
    }

    fn line(&mut self) {
        if self.indented {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    /// Before each element of a list.
    pub(super) fn item(&mut self) {
        if self.begun {
            self.out.push(',');
        }
        self.line();
        self.begun = true;
    }

    pub(super) fn key(&mut self, name: &str) {
        self.item();
        write_json_string(&mut self.out, name);
        self.out.push_str(if self.indented { ": " } else { ":" });
    }

    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.key(name);
        write_json_string(&mut self.out, text);
    }

    pub(super) fn some_text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.text(name, text);
        }
    }

    pub(super) fn flag(&mut self, name: &str, value: bool) {
        if value {
            self.key(name);
            self.out.push_str("true");
        }
    }

    pub(super) fn texts(&mut self, name: &str, texts: &[String]) {
        if !texts.is_empty() {
            self.texts_always(name, texts);
        }
    }

    pub(super) fn texts_always(&mut self, name: &str, texts: &[String]) {
        self.key(name);
        self.open('[');
        for text in texts {
            self.item();
            write_json_string(&mut self.out, text);
        }
        self.close(']');
    }

    pub(super) fn named_texts(&mut self, name: &str, texts: &[(String, String)]) {
        if texts.is_empty() {
            return;
        }
        self.key(name);
        self.open('{');
        for (name, text) in texts {
            self.text(name, text);
        }
        self.close('}');
    }

    /// The fields of `Metadata` in Helm's order.
    pub(super) fn metadata_fields(&mut self, metadata: &Metadata) {
        self.some_text("name", &metadata.name);
        self.some_text("home", &metadata.home);
        self.texts("sources", &metadata.sources);
        self.some_text("version", &metadata.version);
        self.some_text("description", &metadata.description);
        self.texts("keywords", &metadata.keywords);
        if !metadata.maintainers.is_empty() {
            self.key("maintainers");
            self.open('[');
            for maintainer in &metadata.maintainers {
                self.item();
                self.open('{');
                self.some_text("name", &maintainer.name);
                self.some_text("email", &maintainer.email);
                self.some_text("url", &maintainer.url);
                self.close('}');
            }
            self.close(']');
        }
        self.some_text("icon", &metadata.icon);
        self.some_text("apiVersion", &metadata.api_version);
        self.some_text("condition", &metadata.condition);
        self.some_text("tags", &metadata.tags);
        self.some_text("appVersion", &metadata.app_version);
        self.flag("deprecated", metadata.deprecated);
        self.named_texts(
            "annotations",
            metadata.annotations.as_deref().unwrap_or_default(),
        );
        self.some_text("kubeVersion", &metadata.kube_version);
        let dependencies = metadata.dependencies.as_deref().unwrap_or_default();
        if !dependencies.is_empty() {
            self.key("dependencies");
            self.dependencies(dependencies);
        }
        self.some_text("type", &metadata.kind);
    }

    pub(super) fn dependencies(&mut self, all: &[Dependency]) {
        self.open('[');
        for dependency in all {
            self.item();
            self.open('{');
            self.text("name", &dependency.name);
            self.some_text("version", &dependency.version);
            self.text("repository", &dependency.repository);
            self.some_text("condition", &dependency.condition);
            self.texts("tags", &dependency.tags);
            self.flag("enabled", dependency.enabled);
            if !dependency.import_values.is_empty() {
                self.key("import-values");
                self.list(&dependency.import_values);
            }
            self.some_text("alias", &dependency.alias);
            self.close('}');
        }
        self.close(']');
    }

    fn list(&mut self, items: &[Item]) {
        self.open('[');
        for item in items {
            self.item();
            self.value(&item.data);
        }
        self.close(']');
    }

    /// Recursion is as deep as values are nested, which reading bounds.
    fn value(&mut self, data: &Data) {
        match data {
            Data::Null => self.out.push_str("null"),
            Data::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Data::Int(value) => self.out.push_str(&value.to_string()),
            Data::Float(value) => self.out.push_str(&float::json(*value)),
            Data::Str(text) => write_json_string(&mut self.out, &String::from_utf8_lossy(text)),
            Data::List(items) => self.list(items),
            Data::Map(entries) => {
                self.open('{');
                for (key, item) in entries.iter() {
                    self.key(key);
                    self.value(&item.data);
                }
                self.close('}');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{newest_tag, tag_of_version, versions_of_tags};

    #[test]
    fn tags_are_versions() {
        let tags =
            ["1.0.0", "v2.0.0", "latest", "1.10.0_b", "2.0.0-rc.1", "1.2"].map(str::to_owned);
        let versions = versions_of_tags(&tags);
        assert_eq!(versions, ["2.0.0-rc.1", "1.10.0+b", "1.0.0"]);
        let newest = |wanted: &str| newest_tag(&versions, wanted).expect("a range");
        assert_eq!(newest(""), Some("1.10.0+b"));
        assert_eq!(newest(">0.0.0-0"), Some("2.0.0-rc.1"));
        assert_eq!(newest("~1.0"), Some("1.0.0"));
        assert_eq!(newest("3.x"), None);
        assert!(newest_tag(&versions, "x y").is_err());
        assert_eq!(tag_of_version("1.0.0+a.b"), "1.0.0_a.b");
    }
}
