//! From rendered files to manifests and hooks (Helm's `release/v1/util`).

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use foldhash::HashMap;
use memchr::memmem;

use plimsoll_yaml::go::{GoNode, GoValue};

use super::order::{self, Order};
use super::text::RenderedText;
use crate::values::ReadError;

/// A document of a rendered file.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The template's name, with that of the chart.
    pub path: Arc<str>,
    /// The document, without white space before it.
    pub content: Content,
    /// Where it starts in the rendered file, in bytes.
    pub offset: u32,
    /// What it says of itself.
    pub head: Arc<Head>,
}

/// The text of a document: a part of a rendered file, which is kept for it.
#[derive(Clone)]
pub struct Content {
    file: Arc<RenderedText>,
    range: std::ops::Range<usize>,
}

impl std::ops::Deref for Content {
    type Target = str;

    fn deref(&self) -> &str {
        // It was a text when it was taken out of the file.
        let text = self
            .file
            .as_str()
            .and_then(|text| text.get(self.range.clone()));
        text.unwrap_or_default()
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", &**self)
    }
}

/// What Helm reads of a document.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata.name`
    pub name: String,
    /// `metadata.annotations`
    pub annotations: BTreeMap<String, String>,
}

/// A document that is run and not kept.
#[derive(Clone, Debug)]
pub struct Hook {
    /// The document.
    pub manifest: Manifest,
    /// When it is run.
    pub events: Vec<&'static str>,
    /// In which order, for those of one event.
    pub weight: i64,
}

impl Hook {
    /// Whether it is a test.
    pub fn is_test(&self) -> bool {
        self.events.contains(&"test")
    }
}

/// A document that cannot be read. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("YAML parse error on {path}: {error}")]
pub struct ManifestError {
    /// The template's name.
    pub path: Arc<str>,
    /// Where the document starts in the rendered file, in bytes.
    pub offset: u32,
    /// What is wrong.
    pub error: ReadError,
}

/// What the annotation of hooks may say, and the event that it means.
const EVENTS: [(&str, &str); 10] = [
    ("pre-install", "pre-install"),
    ("post-install", "post-install"),
    ("pre-delete", "pre-delete"),
    ("post-delete", "post-delete"),
    ("pre-upgrade", "pre-upgrade"),
    ("post-upgrade", "post-upgrade"),
    ("pre-rollback", "pre-rollback"),
    ("post-rollback", "post-rollback"),
    ("test", "test"),
    // Of Helm 2.
    ("test-success", "test"),
];

/// What files had in them when they were split last: most are the same again in the next render
/// of their chart.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashMap<Arc<str>, Split>>);

/// A file and the documents in it.
#[derive(Clone, Debug)]
struct Split {
    file: Arc<RenderedText>,
    documents: Arc<[Document]>,
}

/// Where a document stands in its file, and what it says of itself.
#[derive(Clone, Debug)]
struct Document {
    range: std::ops::Range<usize>,
    head: Arc<Head>,
}

impl Known {
    /// The documents of a file.
    fn documents(
        &self,
        path: &Arc<str>,
        file: &Arc<RenderedText>,
    ) -> Result<Arc<[Document]>, ManifestError> {
        let known = self.0.lock().ok().and_then(|all| all.get(path).cloned());
        if let Some(known) = known
            && known.file == *file
        {
            return Ok(known.documents);
        }
        let split = Split {
            file: file.clone(),
            documents: documents(path, file)?.into(),
        };
        let documents = split.documents.clone();
        if let Ok(mut all) = self.0.lock() {
            all.insert(path.clone(), split);
        }
        Ok(documents)
    }
}

/// The documents of a file; of one that is no UTF-8 there are none.
fn documents(path: &Arc<str>, file: &RenderedText) -> Result<Vec<Document>, ManifestError> {
    let text = file.as_str().unwrap_or_default();
    let document = |(start, content): (usize, &str)| {
        let head = head(content).map_err(|error| ManifestError {
            path: path.clone(),
            offset: start as u32,
            error,
        })?;
        Ok(Document {
            range: start..start + content.len(),
            head: Arc::new(head),
        })
    };
    split(text).into_iter().map(document).collect()
}

/// Splits files and sorts what is in them by kind (`SortManifests`). The files are sorted by
/// their names; of a file that is no UTF-8 nothing is taken.
pub fn sort<'f>(
    files: impl Iterator<Item = (&'f Arc<str>, &'f Arc<RenderedText>)>,
    order: Order,
) -> Result<(Vec<Manifest>, Vec<Hook>), ManifestError> {
    sort_known(files, order, &Known::default())
}

/// The same, with what is known of the files.
pub(crate) fn sort_known<'f>(
    files: impl Iterator<Item = (&'f Arc<str>, &'f Arc<RenderedText>)>,
    order: Order,
    known: &Known,
) -> Result<(Vec<Manifest>, Vec<Hook>), ManifestError> {
    let (mut manifests, mut hooks) = (Vec::new(), Vec::new());
    for (path, file) in files {
        if plimsoll_source::files::file_name(path).starts_with('_') {
            continue;
        }
        for document in &*known.documents(path, file)? {
            let manifest = Manifest {
                path: path.clone(),
                content: Content {
                    file: file.clone(),
                    range: document.range.clone(),
                },
                offset: document.range.start as u32,
                head: document.head.clone(),
            };
            match manifest.head.annotations.get("helm.sh/hook") {
                None => manifests.push(manifest),
                Some(names) => {
                    if let Some(events) = events(names) {
                        let weight = manifest.head.annotations.get("helm.sh/hook-weight");
                        let weight = weight.and_then(|text| atoi(text)).unwrap_or(0);
                        hooks.push(Hook {
                            manifest,
                            events,
                            weight,
                        });
                    }
                }
            }
        }
    }
    order::by_kind(&mut manifests, order, |manifest| &manifest.head.kind);
    order::by_kind(&mut hooks, order, |hook| &hook.manifest.head.kind);
    Ok((manifests, hooks))
}

/// The events of a hook; an unknown name makes it none.
fn events(names: &str) -> Option<Vec<&'static str>> {
    let event = |name: &str| {
        let name = name.trim().to_lowercase();
        let known = EVENTS.iter().find(|(known, _)| *known == name)?;
        Some(known.1)
    };
    names.split(',').map(event).collect()
}

/// Go's `strconv.Atoi`.
fn atoi(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// The documents of a text, each with where it starts (`SplitManifests`): a line that starts
/// with `---` separates, whatever follows on it.
pub fn split(text: &str) -> Vec<(usize, &str)> {
    static MARK: LazyLock<memmem::Finder<'_>> = LazyLock::new(|| memmem::Finder::new("\n---"));
    let mark = &*MARK;
    let mut found = Vec::new();
    let begin = text.len() - text.trim_start().len();
    let mut start = begin;
    let mut line = begin;
    let mut push = |from: usize, to: usize| {
        let piece = &text[from..to];
        let trimmed = piece.trim_start();
        if !trimmed.is_empty() {
            found.push((from + piece.len() - trimmed.len(), trimmed));
        }
    };
    loop {
        if text[line..].starts_with("---") {
            push(start, line);
            let rest = &text[line + 3..];
            start = text.len() - rest.trim_start_matches([' ', '\t']).len();
            line = start;
        }
        match mark.find(&text.as_bytes()[line..]) {
            Some(end) => line += end + 1,
            None => break,
        }
    }
    push(start, text.len());
    found
}

/// What a document says of itself (`yaml.Unmarshal` into `SimpleHead`).
fn head(content: &str) -> Result<Head, ReadError> {
    let mut head = Head::default();
    let Some(root) = crate::values::decode_fields(content, is_of_head)? else {
        return Ok(head);
    };
    let entries = match &root.value {
        GoValue::Map(entries) => entries,
        GoValue::Null => return Ok(head),
        _ => return Err(mismatch(&root, "Go value of type util.SimpleHead")),
    };
    for (key, value) in fields(entries) {
        match &*key {
            "apiversion" => text(&mut head.api_version, value, ".apiVersion")?,
            "kind" => text(&mut head.kind, value, ".kind")?,
            "metadata" => metadata(&mut head, value)?,
            _ => {}
        }
    }
    Ok(head)
}

/// Whether a field is one that is read of a document; upper and lower case are alike.
fn is_of_head(key: &GoNode<'_>) -> bool {
    let GoValue::Str(name) = &key.value else {
        return false;
    };
    let known = ["apiVersion", "kind", "metadata"];
    !name.is_ascii() || known.iter().any(|known| name.eq_ignore_ascii_case(known))
}

pub(crate) type Entries<'t> = [(GoNode<'t>, GoNode<'t>)];

fn metadata(head: &mut Head, node: &GoNode<'_>) -> Result<(), ReadError> {
    const WANTED: &str = "Go struct field .metadata of type struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }";
    let entries = match &node.value {
        GoValue::Map(entries) => entries,
        GoValue::Null => return Ok(()),
        _ => return Err(mismatch(node, WANTED)),
    };
    for (key, value) in fields(entries) {
        match &*key {
            "name" => text(&mut head.name, value, ".metadata.name")?,
            "annotations" => match &value.value {
                GoValue::Map(entries) => {
                    for (key, value) in entries {
                        let key = crate::values::key_of(key, value)?;
                        let mut found = String::new();
                        let path = format!(".metadata.annotations.{key}");
                        text(&mut found, value, &path)?;
                        head.annotations.insert(key.to_string(), found);
                    }
                }
                GoValue::Null => {}
                _ => {
                    let wanted = "Go struct field .metadata.annotations of type map[string]string";
                    return Err(mismatch(value, wanted));
                }
            },
            _ => {}
        }
    }
    Ok(())
}

/// The entries of a mapping in the order of their keys; each key in lower case, as names of
/// fields are compared.
pub(crate) fn fields<'n, 't>(entries: &'n Entries<'t>) -> Vec<(String, &'n GoNode<'t>)> {
    let mut found: Vec<(&str, &GoNode<'t>)> = entries
        .iter()
        .filter_map(|(key, value)| match &key.value {
            GoValue::Str(text) => Some((text.as_ref(), value)),
            _ => None,
        })
        .collect();
    found.sort_by_key(|(key, _)| *key);
    let lower = |(key, value): (&str, &'n GoNode<'t>)| (key.to_lowercase(), value);
    found.into_iter().map(lower).collect()
}

/// A scalar as a field of type `string` gets it.
pub(crate) fn text(target: &mut String, node: &GoNode<'_>, path: &str) -> Result<(), ReadError> {
    *target = match &node.value {
        GoValue::Null => return Ok(()),
        GoValue::Str(text) => text.as_ref().to_owned(),
        GoValue::Bool(value) => value.to_string(),
        GoValue::Int(value) => value.to_string(),
        GoValue::UInt(value) => value.to_string(),
        GoValue::Float(value) => crate::functions::float::general(*value),
        GoValue::Seq(_) | GoValue::Map(_) => {
            let wanted = format!("Go struct field {path} of type string");
            return Err(mismatch(node, &wanted));
        }
    };
    Ok(())
}

pub(crate) fn mismatch(node: &GoNode<'_>, wanted: &str) -> ReadError {
    let kind = match &node.value {
        GoValue::Map(_) => "object",
        GoValue::Seq(_) => "array",
        GoValue::Bool(_) => "bool",
        GoValue::Int(_) | GoValue::UInt(_) | GoValue::Float(_) => "number",
        GoValue::Null | GoValue::Str(_) => "string",
    };
    ReadError::new(
        format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into {wanted}"
        ),
        plimsoll_source::TextRange::at(node.range.start, node.range.end),
    )
}
