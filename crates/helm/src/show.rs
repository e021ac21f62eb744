//! What a chart says of itself: `helm show`.

use plimsoll_gotmpl::{Str, Traced};
use plimsoll_yaml::emit::{Emitter, Flavor};

use crate::chart::{Chart, Dependency, File, Loaded, Maintainer, Metadata};
use crate::functions::sort_as_yaml;
use crate::values::{Data, Item};

/// A part of a chart to show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// All of the others.
    All,
    /// `Chart.yaml`, as it was read.
    Chart,
    /// `values.yaml`, as it is written.
    Values,
    /// The README.
    Readme,
    /// The files of `crds/`, also those of charts in it.
    Crds,
}

/// The bytes that `helm show` prints.
pub fn show(loaded: &Loaded, part: Part) -> Vec<u8> {
    let chart = &loaded.chart;
    let mut out = Vec::new();
    let all = part == Part::All;
    if all || part == Part::Chart {
        out.extend_from_slice(metadata(&chart.metadata).as_bytes());
        out.push(b'\n');
    }
    if all || part == Part::Values {
        for file in chart.raw.iter().filter(|file| &*file.name == "values.yaml") {
            section(&mut out, all, file);
        }
    }
    if all || part == Part::Readme {
        let is_readme = |file: &&File| {
            let mut names = ["readme.md", "readme.txt", "readme"].iter();
            names.any(|name| file.name.eq_ignore_ascii_case(name))
        };
        if let Some(file) = chart.files.iter().find(is_readme) {
            section(&mut out, all, file);
        }
    }
    if all || part == Part::Crds {
        crds(chart, &mut out);
    }
    out
}

fn section(out: &mut Vec<u8>, separated: bool, file: &File) {
    if separated {
        out.extend_from_slice(b"---\n");
    }
    out.extend_from_slice(&file.data);
    out.push(b'\n');
}

/// Recursion is as deep as charts are nested, which loading bounds.
fn crds(chart: &Chart, out: &mut Vec<u8>) {
    for file in &chart.files {
        let end = file.name.rsplit_once('.').map_or("", |(_, end)| end);
        let is_manifest = ["yaml", "yml", "json"]
            .iter()
            .any(|known| end.eq_ignore_ascii_case(known));
        if file.name.starts_with("crds/") && is_manifest {
            section(out, !file.data.starts_with(b"---"), file);
        }
    }
    for chart in &chart.dependencies {
        crds(chart, out);
    }
}

/// `Chart.lock` as sigs.k8s.io/yaml writes it.
pub(crate) fn lock(dependencies: Option<&[Dependency]>, digest: &str, generated: &str) -> String {
    let mut yaml = Yaml(Emitter::new(Flavor::V2, usize::MAX / 2));
    yaml.0.start_mapping(false);
    yaml.0.key("dependencies");
    match dependencies {
        None => {
            yaml.0.plain("null");
        }
        Some(all) => {
            yaml.0.start_sequence(all.is_empty());
            all.iter()
                .for_each(|dependency| yaml.dependency(dependency));
            yaml.0.end();
        }
    }
    yaml.0.key("digest");
    yaml.0.string(digest);
    yaml.0.key("generated");
    yaml.0.string(generated);
    yaml.0.end();
    yaml.0.finish()
}

/// `Chart.yaml` as sigs.k8s.io/yaml writes what was read of it: known fields, sorted, without
/// empty ones.
pub(crate) fn metadata(metadata: &Metadata) -> String {
    let mut yaml = Yaml(Emitter::new(Flavor::V2, usize::MAX / 2));
    yaml.0.start_mapping(false);
    yaml.metadata_fields(metadata, &[], &|_, _| {});
    yaml.0.end();
    yaml.0.finish()
}

/// The digest of a file as Helm signs for it.
pub(crate) fn sums(file_name: &str, digest: &str) -> String {
    let mut yaml = Yaml(Emitter::new(Flavor::V2, usize::MAX / 2));
    yaml.0.start_mapping(false);
    yaml.named_texts("files", &[(file_name.to_owned(), digest.to_owned())]);
    yaml.0.end();
    yaml.0.finish()
}

/// The fields of `Chart.yaml` in the order in which they are written.
const FIELDS: [&str; 17] = [
    "annotations",
    "apiVersion",
    "appVersion",
    "condition",
    "dependencies",
    "deprecated",
    "description",
    "home",
    "icon",
    "keywords",
    "kubeVersion",
    "maintainers",
    "name",
    "sources",
    "tags",
    "type",
    "version",
];

/// Keys in the order in which go-yaml writes them.
pub(crate) fn yaml_order<'n>(names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let names: Vec<&str> = names.collect();
    let numbered = names.iter().enumerate();
    let mut order: Vec<(Str, Traced)> = numbered
        .map(|(index, name)| (Str::from(*name), Traced::from(index as f64)))
        .collect();
    sort_as_yaml(&mut order);
    let indexes = order
        .into_iter()
        .filter_map(|(_, index)| match index.value {
            plimsoll_gotmpl::Value::Float(index) => Some(index as usize),
            _ => None,
        });
    indexes.map(|index| names[index]).collect()
}

pub(crate) struct Yaml(pub(crate) Emitter);

impl Yaml {
    /// The fields of `Chart.yaml`, and among them in their order others, which `own` writes.
    pub(crate) fn metadata_fields(
        &mut self,
        metadata: &Metadata,
        others: &[&str],
        own: &dyn Fn(&mut Self, &str),
    ) {
        let mut others = others.iter().peekable();
        for field in FIELDS {
            while let Some(other) = others.next_if(|other| **other < field) {
                own(self, other);
            }
            self.metadata_field(metadata, field);
        }
        others.for_each(|other| own(self, other));
    }

    fn metadata_field(&mut self, metadata: &Metadata, field: &str) {
        match field {
            "annotations" => {
                let annotations = metadata.annotations.as_deref();
                self.named_texts(field, annotations.unwrap_or_default());
            }
            "apiVersion" => self.text(field, &metadata.api_version),
            "appVersion" => self.text(field, &metadata.app_version),
            "condition" => self.text(field, &metadata.condition),
            "dependencies" => {
                let all = metadata.dependencies.as_deref().unwrap_or_default();
                if !all.is_empty() {
                    self.0.key(field);
                    self.dependencies(all);
                }
            }
            "deprecated" => self.flag(field, metadata.deprecated),
            "description" => self.text(field, &metadata.description),
            "home" => self.text(field, &metadata.home),
            "icon" => self.text(field, &metadata.icon),
            "keywords" => self.texts(field, &metadata.keywords),
            "kubeVersion" => self.text(field, &metadata.kube_version),
            "maintainers" if !metadata.maintainers.is_empty() => {
                self.0.key(field);
                self.0.start_sequence(false);
                let all = metadata.maintainers.iter();
                all.for_each(|one| self.maintainer(one));
                self.0.end();
            }
            "name" => self.text(field, &metadata.name),
            "sources" => self.texts(field, &metadata.sources),
            "tags" => self.text(field, &metadata.tags),
            "type" => self.text(field, &metadata.kind),
            "version" => self.text(field, &metadata.version),
            _ => {}
        }
    }

    /// A mapping of texts; none if it is empty.
    pub(crate) fn named_texts(&mut self, key: &str, texts: &[(String, String)]) {
        if !texts.is_empty() {
            self.0.key(key);
            let entries = texts.iter();
            self.entries(entries.map(|(key, value)| (key.as_str(), Data::str(value))));
        }
    }

    /// A list of dependencies.
    pub(crate) fn dependencies(&mut self, all: &[Dependency]) {
        self.0.start_sequence(all.is_empty());
        all.iter()
            .for_each(|dependency| self.dependency(dependency));
        self.0.end();
    }

    pub(crate) fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.0.key(key);
            self.0.string(text);
        }
    }

    pub(crate) fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.0.key(key);
            self.0.plain("true");
        }
    }

    pub(crate) fn texts(&mut self, key: &str, texts: &[String]) {
        if texts.is_empty() {
            return;
        }
        self.0.key(key);
        self.0.start_sequence(false);
        for text in texts {
            self.0.string(text);
        }
        self.0.end();
    }

    fn maintainer(&mut self, maintainer: &Maintainer) {
        if maintainer.is_null {
            self.0.plain("null");
            return;
        }
        let fields = [&maintainer.email, &maintainer.name, &maintainer.url];
        self.0
            .start_mapping(fields.iter().all(|field| field.is_empty()));
        self.text("email", &maintainer.email);
        self.text("name", &maintainer.name);
        self.text("url", &maintainer.url);
        self.0.end();
    }

    fn dependency(&mut self, dependency: &Dependency) {
        if dependency.is_null {
            self.0.plain("null");
            return;
        }
        self.0.start_mapping(false);
        self.text("alias", &dependency.alias);
        self.text("condition", &dependency.condition);
        self.flag("enabled", dependency.enabled);
        if !dependency.import_values.is_empty() {
            self.0.key("import-values");
            self.list(&dependency.import_values);
        }
        // These two are written even if they are empty.
        self.0.key("name");
        self.0.string(&dependency.name);
        self.0.key("repository");
        self.0.string(&dependency.repository);
        self.texts("tags", &dependency.tags);
        self.text("version", &dependency.version);
        self.0.end();
    }

    fn list(&mut self, items: &[Item]) {
        self.0.start_sequence(items.is_empty());
        items.iter().for_each(|item| self.value(&item.data));
        self.0.end();
    }

    fn entries<'a>(&mut self, entries: impl Iterator<Item = (&'a str, Data)>) {
        let entries: std::collections::HashMap<&str, Data> = entries.collect();
        self.0.start_mapping(entries.is_empty());
        for key in yaml_order(entries.keys().copied()) {
            self.0.key(key);
            self.value(&entries[key]);
        }
        self.0.end();
    }

    /// Recursion is as deep as values are nested, which reading bounds.
    fn value(&mut self, data: &Data) {
        match data {
            Data::Null => {
                self.0.plain("null");
            }
            Data::Bool(value) => {
                self.0.plain(if *value { "true" } else { "false" });
            }
            Data::Int(value) => {
                self.0.plain(&value.to_string());
            }
            Data::Float(value) => {
                self.0.plain(&plimsoll_gotmpl::text_of(&(*value).into()));
            }
            Data::Str(bytes) => {
                self.0.string(&String::from_utf8_lossy(bytes));
            }
            Data::List(items) => self.list(items),
            Data::Map(map) => {
                self.entries(map.iter().map(|(key, item)| (&**key, item.data.clone())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, show};
    use crate::chart::Loaded;
    use plimsoll_source::files::MemoryTree;

    fn shown(part: Part) -> String {
        let mut tree = MemoryTree::new();
        let chart = "version: \"1.10\"\nname: a\napiVersion: v2\nunknown: 1\nannotations:\n  b/x: \"1\"\n  b10: y\n  \
                     b9: y\nkeywords: [k]\ndependencies:\n  - name: d\n    version: 1.x\n    repository: \"\"\n";
        tree.insert("c/Chart.yaml", chart);
        tree.insert("c/values.yaml", "# all\na: 1\n");
        tree.insert("c/ReadMe.md", "# A\n");
        tree.insert("c/crds/a.yaml", "kind: A\n");
        tree.insert("c/crds/b.txt", "kind: B\n");
        tree.insert(
            "c/charts/d/Chart.yaml",
            "name: d\nversion: 1.0.0\napiVersion: v2\n",
        );
        tree.insert("c/charts/d/crds/d.json", "---\n{}\n");
        let loaded = Loaded::from_folder(&tree, "c", "c").expect("sound");
        String::from_utf8(show(&loaded, part)).expect("UTF-8")
    }

    #[test]
    fn parts_are_shown_as_helm_shows_them() {
        let chart = "annotations:\n  b/x: \"1\"\n  b9: \"true\"\n  b10: \"true\"\napiVersion: v2\ndependencies:\n- name: d\n  \
                     repository: \"\"\n  version: 1.x\nkeywords:\n- k\nname: a\nversion: \"1.10\"\n\n";
        let values = "# all\na: 1\n\n";
        let readme = "# A\n\n";
        let crds = "---\nkind: A\n\n---\n{}\n\n";
        assert_eq!(shown(Part::Chart), chart);
        assert_eq!(shown(Part::Values), values);
        assert_eq!(shown(Part::Readme), readme);
        assert_eq!(shown(Part::Crds), crds);
        assert_eq!(
            shown(Part::All),
            format!("{chart}---\n{values}---\n{readme}{crds}")
        );
    }
}
