//! Values from YAML, as `sigs.k8s.io/yaml` decodes it: YAML 1.1 to JSON, numbers to `float64`.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_source::TextRange;
use plimsoll_yaml::{Dialect, Kind, Node, Scalar, Tree};

use super::data::{Data, Item, Key};
use super::merge::merge_maps;
use super::sources::{Source, SourceFile, SourceId, Sources, Step};

/// Values in values. Go's limit is 10,000.
const MAX_DEPTH: u32 = 1_000;

/// A text is no YAML, or has no JSON. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ReadError {
    /// What is wrong, in the reference's words.
    pub message: String,
    /// Where in the text.
    pub range: TextRange,
}

impl ReadError {
    fn new(message: impl Into<String>, range: TextRange) -> Self {
        Self {
            message: message.into(),
            range,
        }
    }
}

/// Reads the first document of a text (`yaml.Unmarshal` into an `interface{}`); null if there
/// is none.
pub fn read_document(text: &[u8]) -> Result<Item, ReadError> {
    let text = utf8(text)?;
    Reader::new(None).document(&text, 0)
}

/// The same with integers kept as integers: what a struct's field of type `string` makes of a
/// number is told by how it was written.
pub fn read_plain(text: &[u8]) -> Result<Item, ReadError> {
    let text = utf8(text)?;
    let mut reader = Reader::new(None);
    reader.keeps_integers = true;
    reader.document(&text, 0)
}

/// Reads a values file: documents that are laid over each other (`loader.LoadValues`). The
/// places of all values are put into `sources`.
pub fn read_values(
    file: SourceFile,
    bytes: &[u8],
    sources: &mut Sources,
) -> Result<Item, ReadError> {
    let text: Arc<str> = utf8(bytes)?.into();
    let file = SourceFile {
        text: text.clone(),
        ..file
    };
    let number = sources.add_file(file);
    let mut values: Option<Item> = None;
    for (start, document) in documents(&text) {
        let mut reader = Reader::new(Some((&mut *sources, number)));
        let item = reader.document(document, start).map_err(|mut error| {
            error.message = format!("cannot unmarshal yaml document: {}", error.message);
            error
        })?;
        let item = match item.data {
            Data::Map(_) => item,
            Data::Null => Item::new(Data::map(), item.source),
            other => {
                let kind = json_kind(&other);
                let message = format!(
                    "cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
                );
                return Err(ReadError::new(message, TextRange::at(start, start)));
            }
        };
        match &mut values {
            None => values = Some(item),
            Some(values) => merge_maps(values, item),
        }
    }
    Ok(values.unwrap_or_else(|| Data::map().into()))
}

/// What Go's JSON decoder calls a value.
pub(crate) fn json_kind(data: &Data) -> &'static str {
    match data {
        Data::Null => "null",
        Data::Bool(_) => "bool",
        Data::Int(_) | Data::Float(_) => "number",
        Data::Str(_) => "string",
        Data::List(_) => "array",
        Data::Map(_) => "object",
    }
}

fn utf8(bytes: &[u8]) -> Result<String, ReadError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let words = if error.error_len().is_none() {
            "incomplete UTF-8 octet sequence"
        } else {
            "invalid leading UTF-8 octet"
        };
        let message = format!("error converting YAML to JSON: yaml: {words}");
        ReadError::new(message, TextRange::at(at, at + 1))
    })?;
    Ok(text.to_owned())
}

/// The parts of a text between lines that hold `---` and nothing else (`YAMLReader` of
/// apimachinery), each with where it starts.
fn documents(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let rest = line.strip_prefix("---");
        let separates = rest.is_some_and(|rest| rest.trim_end().is_empty());
        if separates && at > start {
            found.push((start, &text[start..at]));
            start = at + line.len();
        }
        at += line.len();
    }
    if at > start {
        found.push((start, &text[start..at]));
    }
    found
}

/// The root of the first document, which is all that the reference reads, or its first error.
pub(crate) fn checked_root(tree: &Tree) -> Result<Option<Node<'_>>, ReadError> {
    let mut documents = tree.documents();
    let first = documents.next();
    // A document that is broken may seem to end early.
    let marker = documents.find_map(|document| document.marker());
    let end = marker.map_or(u32::MAX, |marker| marker.start);
    match tree.errors().first() {
        Some(error) if error.range.start < end => Err(syntax_error(tree, error)),
        _ => Ok(first.and_then(|document| document.root())),
    }
}

/// Checks that a document has a JSON, as far as it can lack one.
pub(crate) fn check_json(root: Node<'_>) -> Result<(), ReadError> {
    let text = root.source().to_ascii_lowercase();
    if text.contains(".inf") || text.contains(".nan") {
        Reader::new(None).item(root, SourceId::NONE, Step::Root, 0)?;
    }
    Ok(())
}

/// Makes values of nodes.
struct Reader<'s> {
    sources: Option<(&'s mut Sources, u32)>,
    /// Where the document starts in its file.
    base: usize,
    keeps_integers: bool,
}

impl<'s> Reader<'s> {
    fn new(sources: Option<(&'s mut Sources, u32)>) -> Self {
        Self {
            sources,
            base: 0,
            keeps_integers: false,
        }
    }

    fn document(&mut self, text: &str, base: usize) -> Result<Item, ReadError> {
        self.base = base;
        let tree = plimsoll_yaml::parse(text, Dialect::GoV2);
        match checked_root(&tree)? {
            Some(root) => self.item(root, SourceId::NONE, Step::Root, 0),
            None => Ok(Data::Null.into()),
        }
    }

    fn source(&mut self, node: Node<'_>, parent: SourceId, step: Step) -> SourceId {
        let base = self.base;
        let Some((sources, file)) = &mut self.sources else {
            return SourceId::NONE;
        };
        let range = node.full_range();
        let range = TextRange::at(base + range.start as usize, base + range.end as usize);
        sources.add(Source {
            file: *file,
            range,
            parent,
            step,
        })
    }

    fn item(
        &mut self,
        node: Node<'_>,
        parent: SourceId,
        step: Step,
        depth: u32,
    ) -> Result<Item, ReadError> {
        let node = node.resolve();
        if depth > MAX_DEPTH {
            return Err(ReadError::new(
                format!("error converting YAML to JSON: values are nested deeper than {MAX_DEPTH}"),
                node.range(),
            ));
        }
        let source = self.source(node, parent, step);
        let data = match node.kind() {
            Kind::Mapping => {
                let mut map = BTreeMap::new();
                for entry in node.merged_entries() {
                    let key = key_of(entry.key)?;
                    let range = entry.key.full_range();
                    let start = self.base + range.start as usize;
                    let range = TextRange::at(start, start + range.len() as usize);
                    let value = self.item(entry.value, source, Step::Key(range), depth + 1)?;
                    map.insert(key, value);
                }
                Data::Map(Arc::new(map))
            }
            Kind::Sequence => {
                let items = node.items().enumerate().map(|(index, item)| {
                    self.item(item, source, Step::Index(index as u32), depth + 1)
                });
                Data::List(Arc::new(items.collect::<Result<_, _>>()?))
            }
            Kind::Scalar | Kind::Alias => self.scalar(node)?,
        };
        Ok(Item::new(data, source))
    }

    fn scalar(&self, node: Node<'_>) -> Result<Data, ReadError> {
        Ok(match node.scalar().unwrap_or(Scalar::Null) {
            Scalar::Null => Data::Null,
            Scalar::Bool(value) => Data::Bool(value),
            Scalar::Int(value) if self.keeps_integers => Data::Int(value),
            Scalar::Int(value) => Data::Float(value as f64),
            Scalar::UInt(value) => Data::Float(value as f64),
            Scalar::Float(value) if value.is_finite() => Data::Float(value),
            Scalar::Float(value) => {
                let word = if value.is_nan() {
                    "NaN"
                } else if value > 0.0 {
                    "+Inf"
                } else {
                    "-Inf"
                };
                return Err(ReadError::new(
                    format!("error converting YAML to JSON: json: unsupported value: {word}"),
                    node.range(),
                ));
            }
            Scalar::Str(text) => Data::str(text.as_bytes()),
        })
    }
}

/// The key of an entry as JSON has it (`convertToJSONableObject`).
pub(crate) fn key_of(node: Node<'_>) -> Result<Key, ReadError> {
    Ok(match node.scalar() {
        Some(Scalar::Str(text)) => text.as_ref().into(),
        Some(Scalar::Bool(value)) => if value { "true" } else { "false" }.into(),
        Some(Scalar::Int(value)) => value.to_string().into(),
        Some(Scalar::UInt(value)) => value.to_string().into(),
        Some(Scalar::Float(value)) if value.is_nan() => ".nan".into(),
        Some(Scalar::Float(value)) if value.is_infinite() => {
            if value > 0.0 { ".inf" } else { "-.inf" }.into()
        }
        // Helm prints such keys with the precision of 32 bits.
        Some(Scalar::Float(value)) => crate::render::float32(value).into(),
        Some(Scalar::Null) | None => {
            return Err(ReadError::new(
                "error converting YAML to JSON: unsupported map key of type: <nil>",
                node.range(),
            ));
        }
    })
}

/// An error of the parser as go-yaml words it.
fn syntax_error(tree: &Tree, error: &plimsoll_yaml::SyntaxError) -> ReadError {
    let line = tree.text()[..(error.range.start as usize).min(tree.text().len())]
        .matches('\n')
        .count()
        + 1;
    ReadError::new(
        format!(
            "error converting YAML to JSON: yaml: line {line}: {}",
            error.message
        ),
        error.range,
    )
}
