//! Reading an index as strictly as Helm does.

use std::collections::{BTreeMap, HashSet};

use plimsoll_source::TextRange;
use plimsoll_yaml::go::{GoNode, GoValue};

use super::super::time;
use super::{Index, IndexEntry, IndexError, MAX_BYTES};
use crate::chart::Metadata;
use crate::json;
use crate::values::{Data, Item, ReadError, SourceId, Sources, Step, decode, item_of, json_kind};

/// What an index, an entry, a maintainer and a dependency have.
const INDEX: &[&str] = &[
    "serverInfo",
    "apiVersion",
    "generated",
    "entries",
    "publicKeys",
    "annotations",
];
const ENTRY: &[&str] = &[
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
    "urls",
    "created",
    "removed",
    "digest",
    "checksum",
    "engine",
    "tillerVersion",
    "url",
];
const MAINTAINER: &[&str] = &["name", "email", "url"];
const DEPENDENCY: &[&str] = &[
    "name",
    "version",
    "repository",
    "condition",
    "tags",
    "enabled",
    "import-values",
    "alias",
];
/// Keys that are there twice, at most so many of them.
const MAX_TWICE: usize = 20;

impl Index {
    /// Reads an index, and gives what Helm would warn of: entries that are left out.
    pub fn parse(bytes: &[u8]) -> Result<(Self, Vec<String>), IndexError> {
        if bytes.is_empty() {
            return Err(IndexError::Empty);
        }
        if bytes.len() > MAX_BYTES {
            return Err(IndexError::TooLarge);
        }
        let (item, is_strict) = match as_json(bytes) {
            Some(item) => (item, false),
            None => (as_yaml(bytes)?, true),
        };
        let mut reader = Reader {
            is_strict,
            skipped: Vec::new(),
        };
        let mut index = reader.index(&item)?;
        index.sort();
        Ok((index, reader.skipped))
    }
}

fn as_json(bytes: &[u8]) -> Option<Item> {
    let text = std::str::from_utf8(bytes).ok()?;
    let start = text.len() - text.trim_start_matches([' ', '\t', '\r', '\n']).len();
    if !text[start..].starts_with('{') {
        return None;
    }
    let mut sources = Sources::default();
    let mut reader = json::Reader::new(text, 0, &mut sources);
    reader.whole(start, SourceId::NONE, Step::Root).ok()
}

fn as_yaml(bytes: &[u8]) -> Result<Item, ReadError> {
    let Some(root) = decode(bytes)? else {
        return Ok(Data::Null.into());
    };
    let mut twice = Vec::new();
    keys_twice(&root, bytes, &mut twice);
    if !twice.is_empty() {
        let lines = twice.join("\n  ");
        let message = format!("error converting YAML to JSON: yaml: unmarshal errors:\n  {lines}");
        return Err(ReadError::new(message, TextRange::default()));
    }
    item_of(&root)
}

/// Recursion is as deep as values are nested, which the decoder bounds.
fn keys_twice(node: &GoNode<'_>, bytes: &[u8], found: &mut Vec<String>) {
    match &node.value {
        GoValue::Seq(items) => items.iter().for_each(|item| keys_twice(item, bytes, found)),
        GoValue::Map(entries) => {
            let mut seen = HashSet::with_capacity(entries.len());
            for (key, value) in entries {
                let name = match &key.value {
                    GoValue::Str(text) => text.to_string(),
                    other => format!("{other:?}"),
                };
                if !seen.insert(name.clone()) && found.len() < MAX_TWICE {
                    let before = &bytes[..node.range.start.min(bytes.len())];
                    let line = memchr::memchr_iter(b'\n', before).count() + 1;
                    let name = plimsoll_gotmpl::quote(name.as_bytes());
                    found.push(format!("line {line}: key {name} already set in map"));
                }
                keys_twice(value, bytes, found);
            }
        }
        _ => {}
    }
}

struct Reader {
    is_strict: bool,
    skipped: Vec<String>,
}

impl Reader {
    fn index(&mut self, item: &Item) -> Result<Index, IndexError> {
        let fields = map(item, "Go value of type repo.IndexFile")?;
        self.check(fields, INDEX)?;
        let mut index = Index::default();
        let mut api_version = String::new();
        for (key, item) in fields {
            match &*key.to_lowercase() {
                "apiversion" => api_version = text(item, "apiVersion")?,
                "generated" => index.generated = moment(item)?,
                "publickeys" => index.public_keys = texts(item, "publicKeys")?,
                "annotations" => {
                    for (key, item) in map(item, "Go struct field .annotations")? {
                        index
                            .annotations
                            .push((key.to_string(), text(item, "annotations")?));
                    }
                }
                "entries" => {
                    for (name, item) in map(item, "Go struct field .entries")? {
                        let versions = self.versions(name, item)?;
                        index.entries.insert(name.to_string(), versions);
                    }
                }
                _ => {}
            }
        }
        if api_version.is_empty() {
            return Err(IndexError::NoApiVersion);
        }
        Ok(index)
    }

    fn versions(&mut self, name: &str, item: &Item) -> Result<Vec<IndexEntry>, IndexError> {
        let mut versions = Vec::new();
        for item in list(item, "entries")? {
            let skip =
                |reason: &str| format!("an entry of `{name}` in the index is left out: {reason}");
            if item.data.is_null() {
                self.skipped.push(skip("it is empty"));
                continue;
            }
            let mut entry = self.entry(item)?;
            match entry.metadata.validate() {
                // Some servers drop the aliases.
                Ok(()) | Err(crate::chart::MetadataError::Twice(_)) => versions.push(entry),
                Err(error) => self.skipped.push(skip(&error.to_string())),
            }
        }
        Ok(versions)
    }

    fn entry(&self, item: &Item) -> Result<IndexEntry, IndexError> {
        let fields = map(item, "Go value of type repo.ChartVersion")?;
        self.check(fields, ENTRY)?;
        for (key, known) in [("maintainers", MAINTAINER), ("dependencies", DEPENDENCY)] {
            let items = fields.get(key).and_then(|item| item.data.as_list());
            for fields in items
                .unwrap_or_default()
                .iter()
                .filter_map(|item| item.data.as_map())
            {
                self.check(fields, known)?;
            }
        }
        let mut entry = IndexEntry::default();
        entry.metadata.decode(item)?;
        if entry.metadata.api_version.is_empty() {
            entry.metadata.api_version = "v1".into();
        }
        for (key, item) in fields {
            match &*key.to_lowercase() {
                "urls" => entry.urls = texts(item, "urls")?,
                "created" => entry.created = moment(item)?,
                "removed" => entry.removed = item.data == Data::Bool(true),
                "digest" => entry.digest = text(item, "digest")?,
                _ => {}
            }
        }
        Ok(entry)
    }

    fn check(
        &self,
        fields: &BTreeMap<crate::values::Key, Item>,
        known: &[&str],
    ) -> Result<(), ReadError> {
        let is_known = |key: &str| known.iter().any(|name| name.eq_ignore_ascii_case(key));
        match fields.keys().find(|key| self.is_strict && !is_known(key)) {
            None => Ok(()),
            Some(key) => {
                let name = plimsoll_gotmpl::quote(key.as_bytes());
                Err(wrong(&format!("json: unknown field {name}")))
            }
        }
    }
}

fn wrong(words: &str) -> ReadError {
    let message = format!("error unmarshaling JSON: while decoding JSON: {words}");
    ReadError::new(message, TextRange::default())
}

fn mismatch(item: &Item, wanted: &str) -> ReadError {
    let kind = json_kind(&item.data);
    wrong(&format!("json: cannot unmarshal {kind} into {wanted}"))
}

fn map<'i>(
    item: &'i Item,
    wanted: &str,
) -> Result<&'i BTreeMap<crate::values::Key, Item>, ReadError> {
    static EMPTY: BTreeMap<crate::values::Key, Item> = BTreeMap::new();
    match &item.data {
        Data::Map(map) => Ok(map),
        Data::Null => Ok(&EMPTY),
        _ => Err(mismatch(item, wanted)),
    }
}

fn list<'i>(item: &'i Item, name: &str) -> Result<&'i [Item], ReadError> {
    match &item.data {
        Data::List(items) => Ok(items),
        Data::Null => Ok(&[]),
        _ => Err(mismatch(item, &format!("Go struct field .{name}"))),
    }
}

/// A text; `sigs.k8s.io/yaml` makes texts of numbers where texts are wanted.
fn text(item: &Item, name: &str) -> Result<String, ReadError> {
    let mut metadata = Metadata::default();
    let wrapped = BTreeMap::from([("description".into(), item.clone())]);
    let wrapped = Item::from(Data::Map(wrapped.into()));
    let decoded = metadata.decode(&wrapped);
    decoded.map_err(|_| mismatch(item, &format!("Go struct field .{name} of type string")))?;
    Ok(metadata.description)
}

fn texts(item: &Item, name: &str) -> Result<Vec<String>, ReadError> {
    list(item, name)?
        .iter()
        .map(|item| text(item, name))
        .collect()
}

fn moment(item: &Item) -> Result<String, ReadError> {
    if item.data.is_null() {
        return Ok(String::new());
    }
    let written = item.data.as_str().unwrap_or_default();
    time::again(written).ok_or_else(|| {
        let shown = plimsoll_gotmpl::quote(written.as_bytes());
        wrong(&format!(
            "parsing time {shown} as \"2006-01-02T15:04:05Z07:00\": cannot parse {shown}"
        ))
    })
}
