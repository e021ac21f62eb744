//! `Chart.yaml`, decoded and checked as Helm does it (`chart/v2/metadata.go`).

use std::collections::BTreeSet;
use std::sync::Arc;

use plimsoll_source::TextRange;

use crate::semver::Version;
use crate::values::{Data, Item, ReadError, json_kind};

/// What `Chart.yaml` says.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields of the file format, by their names")]
pub struct Metadata {
    pub name: String,
    pub home: String,
    pub sources: Vec<String>,
    pub version: String,
    pub description: String,
    pub keywords: Vec<String>,
    pub maintainers: Vec<Maintainer>,
    pub icon: String,
    pub api_version: String,
    pub condition: String,
    pub tags: String,
    pub app_version: String,
    pub deprecated: bool,
    /// `None` if the file has no annotations.
    pub annotations: Option<Vec<(String, String)>>,
    pub kube_version: String,
    /// `None` if the file has no list of dependencies.
    pub dependencies: Option<Arc<[Dependency]>>,
    /// `type`
    pub kind: String,
}

/// Who maintains a chart.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields of the file format, by their names")]
pub struct Maintainer {
    pub name: String,
    pub email: String,
    pub url: String,
    /// Whether it is `null` in the file.
    pub is_null: bool,
}

/// A chart that a chart depends on.
#[derive(Clone, PartialEq, Debug, Default)]
#[expect(missing_docs, reason = "the fields of the file format, by their names")]
pub struct Dependency {
    pub name: String,
    pub version: String,
    pub repository: String,
    pub condition: String,
    pub tags: Vec<String>,
    pub enabled: bool,
    pub import_values: Vec<Item>,
    pub alias: String,
    /// Whether it is `null` in the file.
    pub is_null: bool,
}

impl Dependency {
    /// The name that it has instead of the chart's own.
    pub fn alias(&self) -> Option<&str> {
        (!self.alias.is_empty()).then_some(&*self.alias)
    }
}

/// `Chart.yaml` says something impossible. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum MetadataError {
    #[error("chart.metadata.name is required")]
    NoName,
    #[error("chart.metadata.name {} is not allowed", quoted(.0))]
    NameNotAllowed(String),
    #[error("chart.metadata.name {} is invalid", quoted(.0))]
    InvalidName(String),
    #[error("chart.metadata.version is required")]
    NoVersion,
    #[error("chart.metadata.version {} is invalid", quoted(.0))]
    InvalidVersion(String),
    #[error("chart.metadata.type must be application or library")]
    Type,
    #[error("maintainers must not contain empty or null nodes")]
    NullMaintainer,
    #[error("dependencies must not contain empty or null nodes")]
    NullDependency,
    #[error("dependency {} has disallowed characters in the alias", quoted(.0))]
    Alias(String),
    #[error("more than one dependency with name or alias {}", quoted(.0))]
    Twice(String),
}

fn quoted(text: &str) -> String {
    plimsoll_gotmpl::quote(text.as_bytes())
}

impl Metadata {
    /// Lays what a document says over what is known, as Go decodes JSON into a struct.
    pub(crate) fn decode(&mut self, document: &Item) -> Result<(), ReadError> {
        let fields = match &document.data {
            Data::Map(fields) => fields,
            Data::Null => return Ok(()),
            other => return Err(mismatch(other, "Go value of type v2.Metadata")),
        };
        for (key, item) in fields.iter() {
            let at = Path(&[]);
            match &*key.to_lowercase() {
                "name" => string(&mut self.name, item, &at, "name")?,
                "home" => string(&mut self.home, item, &at, "home")?,
                "sources" => strings(&mut self.sources, item, &at, "sources")?,
                "version" => string(&mut self.version, item, &at, "version")?,
                "description" => string(&mut self.description, item, &at, "description")?,
                "keywords" => strings(&mut self.keywords, item, &at, "keywords")?,
                "icon" => string(&mut self.icon, item, &at, "icon")?,
                "apiversion" => string(&mut self.api_version, item, &at, "apiVersion")?,
                "condition" => string(&mut self.condition, item, &at, "condition")?,
                "tags" => string(&mut self.tags, item, &at, "tags")?,
                "appversion" => string(&mut self.app_version, item, &at, "appVersion")?,
                "deprecated" => boolean(&mut self.deprecated, item, &at, "deprecated")?,
                "kubeversion" => string(&mut self.kube_version, item, &at, "kubeVersion")?,
                "type" => string(&mut self.kind, item, &at, "type")?,
                "annotations" => self.annotations(item)?,
                "maintainers" => {
                    let items = list(item, &at, "maintainers", "[]*v2.Maintainer")?;
                    let decoded = items
                        .iter()
                        .enumerate()
                        .map(|(index, item)| maintainer(item, index));
                    self.maintainers = decoded.collect::<Result<_, _>>()?;
                }
                "dependencies" => {
                    if item.data.is_null() {
                        self.dependencies = None;
                        continue;
                    }
                    let items = list(item, &at, "dependencies", "[]*v2.Dependency")?;
                    let decoded = items
                        .iter()
                        .enumerate()
                        .map(|(index, item)| dependency(item, index));
                    self.dependencies = Some(decoded.collect::<Result<Vec<_>, _>>()?.into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn annotations(&mut self, item: &Item) -> Result<(), ReadError> {
        let entries = match &item.data {
            Data::Map(entries) => entries,
            Data::Null => {
                self.annotations = None;
                return Ok(());
            }
            other => return Err(field(other, &Path(&[]), "annotations", "map[string]string")),
        };
        let known = self.annotations.get_or_insert_default();
        for (key, item) in entries.iter() {
            let mut text = String::new();
            let name = format!("annotations.{key}");
            string(&mut text, item, &Path(&[]), &name)?;
            known.retain(|(known, _)| **known != **key);
            known.push((key.to_string(), text));
        }
        known.sort();
        Ok(())
    }

    /// Checks what it says and tidies its texts (`Metadata.Validate`).
    pub(crate) fn validate(&mut self) -> Result<(), MetadataError> {
        for text in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ] {
            tidy(text);
        }
        self.sources.iter_mut().for_each(tidy);
        self.keywords.iter_mut().for_each(tidy);
        let name = &self.name;
        if name.is_empty() {
            return Err(MetadataError::NoName);
        }
        if name == "." || name == ".." {
            return Err(MetadataError::NameNotAllowed(name.clone()));
        }
        if name.contains('/') {
            return Err(MetadataError::InvalidName(name.clone()));
        }
        if self.version.is_empty() {
            return Err(MetadataError::NoVersion);
        }
        if Version::parse(&self.version).is_err() {
            return Err(MetadataError::InvalidVersion(self.version.clone()));
        }
        if !matches!(&*self.kind, "" | "application" | "library") {
            return Err(MetadataError::Type);
        }
        for maintainer in &mut self.maintainers {
            if maintainer.is_null {
                return Err(MetadataError::NullMaintainer);
            }
            tidy(&mut maintainer.name);
            tidy(&mut maintainer.email);
            tidy(&mut maintainer.url);
        }
        let Some(dependencies) = &self.dependencies else {
            return Ok(());
        };
        let mut tidied = dependencies.to_vec();
        let mut names = BTreeSet::new();
        for dependency in &mut tidied {
            if dependency.is_null {
                return Err(MetadataError::NullDependency);
            }
            tidy(&mut dependency.name);
            tidy(&mut dependency.version);
            tidy(&mut dependency.repository);
            tidy(&mut dependency.condition);
            dependency.tags.iter_mut().for_each(tidy);
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if !dependency.alias.chars().all(plain) {
                return Err(MetadataError::Alias(dependency.name.clone()));
            }
            let name = dependency.alias().unwrap_or(&dependency.name);
            if !names.insert(name.to_owned()) {
                return Err(MetadataError::Twice(name.to_owned()));
            }
        }
        self.dependencies = Some(tidied.into());
        Ok(())
    }
}

/// Makes every white space a space and drops what cannot be printed.
fn tidy(text: &mut String) {
    let plain = |c: char| c == ' ' || c.is_ascii_graphic();
    if text.chars().all(plain) {
        return;
    }
    *text = text
        .chars()
        .filter_map(|c| {
            if c.is_whitespace() {
                Some(' ')
            } else {
                plimsoll_gotmpl::unicode::is_printable(u32::from(c)).then_some(c)
            }
        })
        .collect();
}

fn maintainer(item: &Item, index: usize) -> Result<Maintainer, ReadError> {
    let mut decoded = Maintainer::default();
    let path = format!("maintainers.{index}");
    let fields = match &item.data {
        Data::Map(fields) => fields,
        Data::Null => {
            decoded.is_null = true;
            return Ok(decoded);
        }
        other => return Err(element(other, &path, "v2.Maintainer")),
    };
    let at = Path(&[&path]);
    for (key, item) in fields.iter() {
        match &*key.to_lowercase() {
            "name" => string(&mut decoded.name, item, &at, "name")?,
            "email" => string(&mut decoded.email, item, &at, "email")?,
            "url" => string(&mut decoded.url, item, &at, "url")?,
            _ => {}
        }
    }
    Ok(decoded)
}

fn dependency(item: &Item, index: usize) -> Result<Dependency, ReadError> {
    let mut decoded = Dependency::default();
    let path = format!("dependencies.{index}");
    let fields = match &item.data {
        Data::Map(fields) => fields,
        Data::Null => {
            decoded.is_null = true;
            return Ok(decoded);
        }
        other => return Err(element(other, &path, "v2.Dependency")),
    };
    let at = Path(&[&path]);
    for (key, item) in fields.iter() {
        match &*key.to_lowercase() {
            "name" => string(&mut decoded.name, item, &at, "name")?,
            "version" => string(&mut decoded.version, item, &at, "version")?,
            "repository" => string(&mut decoded.repository, item, &at, "repository")?,
            "condition" => string(&mut decoded.condition, item, &at, "condition")?,
            "tags" => strings(&mut decoded.tags, item, &at, "tags")?,
            "enabled" => boolean(&mut decoded.enabled, item, &at, "enabled")?,
            "import-values" => {
                let items = list(item, &at, "import-values", "[]interface {}")?;
                decoded.import_values = items.iter().map(floats).collect();
            }
            "alias" => string(&mut decoded.alias, item, &at, "alias")?,
            _ => {}
        }
    }
    Ok(decoded)
}

/// Numbers as JSON has them. Recursion is as deep as values are nested, which reading bounds.
fn floats(item: &Item) -> Item {
    let data = match &item.data {
        Data::Int(value) => Data::Float(*value as f64),
        Data::List(items) => Data::List(Arc::new(items.iter().map(floats).collect())),
        Data::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, item)| (key.clone(), floats(item)));
            Data::Map(Arc::new(entries.collect()))
        }
        other => other.clone(),
    };
    Item::new(data, item.source)
}

/// What a lock file says.
#[derive(Debug, Default)]
pub(crate) struct Lock {
    pub(crate) generated: String,
    pub(crate) digest: String,
    /// `None` if it has no list of them.
    pub(crate) dependencies: Option<Vec<Dependency>>,
}

/// Reads a lock file.
pub(crate) fn decode_lock(document: &Item) -> Result<Lock, ReadError> {
    let mut lock = Lock::default();
    let fields = match &document.data {
        Data::Map(fields) => fields,
        Data::Null => return Ok(lock),
        other => return Err(mismatch(other, "Go value of type v2.Lock")),
    };
    for (key, item) in fields.iter() {
        let at = Path(&[]);
        match &*key.to_lowercase() {
            "digest" => string(&mut lock.digest, item, &at, "digest")?,
            "generated" => {
                time(item)?;
                lock.generated = text_of(&item.data).unwrap_or_default();
            }
            "dependencies" if !item.data.is_null() => {
                let items = list(item, &at, "dependencies", "[]*v2.Dependency")?;
                let decoded = items.iter().enumerate();
                let decoded = decoded.map(|(index, item)| dependency(item, index));
                lock.dependencies = Some(decoded.collect::<Result<_, _>>()?);
            }
            _ => {}
        }
    }
    Ok(lock)
}

/// Checks a time as Go reads RFC 3339.
fn time(item: &Item) -> Result<(), ReadError> {
    let text = match &item.data {
        Data::Str(text) => String::from_utf8_lossy(text).into_owned(),
        Data::Null => return Ok(()),
        _ => return Err(decoding("Time.UnmarshalJSON: input is not a JSON string")),
    };
    let digits = |range: std::ops::Range<usize>| {
        text.as_bytes()
            .get(range)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    if digits(0..4) && digits(5..7) && digits(8..10) && digits(11..13) {
        return Ok(());
    }
    let shown = quoted(&text);
    let rest = if digits(0..4) {
        quoted(&text[4..])
    } else {
        shown.clone()
    };
    let wanted = if digits(0..4) { "-" } else { "2006" };
    Err(decoding(&format!(
        "parsing time {shown} as \"2006-01-02T15:04:05Z07:00\": cannot parse {rest} as \"{wanted}\""
    )))
}

/// Where in the document something stands.
struct Path<'p>(&'p [&'p str]);

impl Path<'_> {
    fn to(&self, field: &str) -> String {
        let mut path = String::new();
        for part in self.0.iter().chain([&field]) {
            path.push('.');
            path.push_str(part);
        }
        path
    }
}

fn decoding(words: &str) -> ReadError {
    ReadError::new(
        format!("error unmarshaling JSON: while decoding JSON: {words}"),
        TextRange::default(),
    )
}

/// A value that does not fit a Go type.
pub(super) fn mismatch(found: &Data, wanted: &str) -> ReadError {
    let kind = json_kind(found);
    decoding(&format!("json: cannot unmarshal {kind} into {wanted}"))
}

fn field(found: &Data, at: &Path<'_>, name: &str, wanted: &str) -> ReadError {
    let path = at.to(name);
    mismatch(found, &format!("Go struct field {path} of type {wanted}"))
}

fn element(found: &Data, path: &str, wanted: &str) -> ReadError {
    mismatch(found, &format!(".{path} of type {wanted}"))
}

/// A scalar as a field of type `string` gets it (`sigs.k8s.io/yaml` makes texts of numbers).
fn text_of(data: &Data) -> Option<String> {
    Some(match data {
        Data::Str(text) => String::from_utf8_lossy(text).into_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Int(value) => value.to_string(),
        Data::Float(value) => plimsoll_gotmpl::text_of(&(*value).into()),
        Data::Null | Data::List(_) | Data::Map(_) => return None,
    })
}

fn string(target: &mut String, item: &Item, at: &Path<'_>, name: &str) -> Result<(), ReadError> {
    match text_of(&item.data) {
        Some(text) => *target = text,
        None if item.data.is_null() => {}
        None => return Err(field(&item.data, at, name, "string")),
    }
    Ok(())
}

fn boolean(target: &mut bool, item: &Item, at: &Path<'_>, name: &str) -> Result<(), ReadError> {
    match item.data {
        Data::Bool(value) => *target = value,
        Data::Null => {}
        _ => return Err(field(&item.data, at, name, "bool")),
    }
    Ok(())
}

fn list<'i>(
    item: &'i Item,
    at: &Path<'_>,
    name: &str,
    wanted: &str,
) -> Result<&'i [Item], ReadError> {
    match &item.data {
        Data::List(items) => Ok(items),
        Data::Null => Ok(&[]),
        other => Err(field(other, at, name, wanted)),
    }
}

fn strings(
    target: &mut Vec<String>,
    item: &Item,
    at: &Path<'_>,
    name: &str,
) -> Result<(), ReadError> {
    let items = list(item, at, name, "[]string")?;
    target.clear();
    for (index, item) in items.iter().enumerate() {
        match text_of(&item.data) {
            Some(text) => target.push(text),
            None if item.data.is_null() => target.push(String::new()),
            None => {
                let path = format!("{}.{index}", at.to(name));
                return Err(element(&item.data, &path[1..], "string"));
            }
        }
    }
    Ok(())
}
