//! Writing an index as Helm does: YAML with sorted keys, or JSON in the order of the fields.

use plimsoll_yaml::emit::{Emitter, Flavor};

use super::super::time::ZERO;
use super::{Index, IndexEntry};
use crate::repository::oci::Json;
use crate::show::Yaml;

fn moment(text: &str) -> &str {
    if text.is_empty() { ZERO } else { text }
}

impl Index {
    /// The index as `helm repo index` writes it.
    pub fn to_yaml(&self) -> String {
        let mut yaml = Yaml(Emitter::new(Flavor::V2, usize::MAX / 2));
        yaml.0.start_mapping(false);
        yaml.named_texts("annotations", &self.annotations);
        yaml.text("apiVersion", "v1");
        yaml.0.key("entries");
        yaml.0.start_mapping(self.entries.is_empty());
        for name in yaml_order(self.entries.keys()) {
            yaml.0.key(name);
            let versions = &self.entries[name];
            yaml.0.start_sequence(versions.is_empty());
            for entry in versions {
                self::entry(&mut yaml, entry);
            }
            yaml.0.end();
        }
        yaml.0.end();
        yaml.0.key("generated");
        yaml.0.string(moment(&self.generated));
        yaml.texts("publicKeys", &self.public_keys);
        yaml.0.end();
        yaml.0.finish()
    }

    /// The index as `helm repo index --json` writes it.
    pub fn to_json(&self) -> String {
        let mut json = Json::indented();
        json.open('{');
        json.text("apiVersion", "v1");
        json.text("generated", moment(&self.generated));
        json.key("entries");
        json.open('{');
        for (name, versions) in &self.entries {
            json.key(name);
            json.open('[');
            for entry in versions {
                json.item();
                json.open('{');
                json.metadata_fields(&entry.metadata);
                json.texts_always("urls", &entry.urls);
                json.text("created", moment(&entry.created));
                json.flag("removed", entry.removed);
                json.some_text("digest", &entry.digest);
                json.close('}');
            }
            json.close(']');
        }
        json.close('}');
        json.texts("publicKeys", &self.public_keys);
        json.named_texts("annotations", &self.annotations);
        json.close('}');
        json.finish()
    }
}

fn yaml_order<'n>(names: impl Iterator<Item = &'n String>) -> Vec<&'n str> {
    crate::show::yaml_order(names.map(String::as_str))
}

/// An entry: what `Chart.yaml` says and what the index adds, in the order of the keys.
fn entry(yaml: &mut Yaml, entry: &IndexEntry) {
    let own = |yaml: &mut Yaml, name: &str| match name {
        "created" => {
            yaml.0.key(name);
            yaml.0.string(moment(&entry.created));
        }
        "digest" => yaml.text(name, &entry.digest),
        "removed" => yaml.flag(name, entry.removed),
        _ => {
            yaml.0.key(name);
            yaml.0.start_sequence(entry.urls.is_empty());
            entry.urls.iter().for_each(|url| {
                yaml.0.string(url);
            });
            yaml.0.end();
        }
    };
    yaml.0.start_mapping(false);
    yaml.metadata_fields(
        &entry.metadata,
        &["created", "digest", "removed", "urls"],
        &own,
    );
    yaml.0.end();
}
