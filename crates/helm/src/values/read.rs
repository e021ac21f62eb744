//! Values from YAML, as `sigs.k8s.io/yaml` decodes it: YAML 1.1 to JSON, numbers to `float64`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use plimsoll_source::TextRange;
use plimsoll_yaml::Dialect;
use plimsoll_yaml::go::{self, GoNode, GoValue};

use super::data::{Data, Item, Key};
use super::merge::merge_maps;
use super::sources::{Source, SourceFile, SourceId, Sources, Step};
use crate::functions::float;

/// A text is no YAML, or has no JSON. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ReadError {
    /// What is wrong, in the reference's words.
    pub message: String,
    /// Where in the text.
    pub range: TextRange,
    /// What is wrong and what to do about it, in our words.
    pub advice: Option<Box<(String, Option<String>)>>,
}

impl ReadError {
    pub(crate) fn new(message: impl Into<String>, range: TextRange) -> Self {
        Self {
            message: message.into(),
            range,
            advice: None,
        }
    }
}

/// Reads the first document of a text (`yaml.Unmarshal` into an `interface{}`); null if there
/// is none.
pub fn read_document(text: &[u8]) -> Result<Item, ReadError> {
    Reader::new(None).document(text, 0)
}

/// The same with integers kept as integers: what a struct's field of type `string` makes of a
/// number is told by how it was written.
pub fn read_plain(text: &[u8]) -> Result<Item, ReadError> {
    let mut reader = Reader::new(None);
    reader.keeps_integers = true;
    reader.document(text, 0)
}

/// Reads the first document of a file with the places of all values.
pub(crate) fn read_item(
    file: SourceFile,
    bytes: &[u8],
    sources: &mut Sources,
) -> Result<Item, ReadError> {
    let number = sources.add_file(file);
    Reader::new(Some((sources, number))).document(bytes, 0)
}

/// What a decoded document is, with integers kept as integers.
pub(crate) fn item_of(node: &GoNode<'_>) -> Result<Item, ReadError> {
    let mut reader = Reader::new(None);
    reader.keeps_integers = true;
    reader.item(node, SourceId::NONE, Step::Root)
}

/// Reads a values file: documents that are laid over each other (`loader.LoadValues`). The
/// places of all values are put into `sources`.
pub fn read_values(
    file: SourceFile,
    bytes: &[u8],
    sources: &mut Sources,
) -> Result<Item, ReadError> {
    let file = SourceFile {
        // What makes sense of bytes that are no text takes much longer.
        text: std::str::from_utf8(bytes).map_or_else(
            |_| String::from_utf8_lossy(bytes).into(),
            |text| text.into(),
        ),
        ..file
    };
    let number = sources.add_file(file);
    let mut values: Option<Item> = None;
    for (start, document) in documents(&ended(bytes)) {
        let mut reader = Reader::new(Some((&mut *sources, number)));
        reader.end = bytes.len();
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

/// The text with a line break behind its last line, as the reader of lines gives it: a block scalar
/// there ends with one.
fn ended(bytes: &[u8]) -> Cow<'_, [u8]> {
    match bytes.last() {
        None | Some(b'\n') => Cow::Borrowed(bytes),
        Some(_) => Cow::Owned([bytes, b"\n"].concat()),
    }
}

/// The parts of a text between lines that hold `---` and nothing else (`YAMLReader` of
/// apimachinery), each with where it starts.
fn documents(text: &[u8]) -> Vec<(usize, &[u8])> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end + 1);
        let line = &text[at..end];
        let rest = line.strip_prefix(b"---");
        let separates =
            rest.is_some_and(|rest| String::from_utf8_lossy(rest).trim_end().is_empty());
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

/// Decodes the first document of a text.
pub(crate) fn decode(text: &[u8]) -> Result<Option<GoNode<'_>>, ReadError> {
    placed(text, go::decode(text))
}

/// Decodes the first document of a text, which must have a JSON; of a mapping, fields that are
/// not wanted may be left out.
pub(crate) fn decode_fields<'t>(
    text: &'t str,
    wanted: impl Fn(&GoNode<'t>) -> bool,
) -> Result<Option<GoNode<'t>>, ReadError> {
    let root = placed(text.as_bytes(), go::decode_fields(text, wanted))?;
    if let Some(root) = &root {
        check_json(root)?;
    }
    Ok(root)
}

/// What was decoded, or what is wrong and where.
fn placed<'t>(
    text: &'t [u8],
    decoded: Result<Option<GoNode<'t>>, go::GoError>,
) -> Result<Option<GoNode<'t>>, ReadError> {
    decoded.map_err(|error| {
        let mut found = ReadError::new(
            format!("error converting YAML to JSON: {error}"),
            TextRange::default(),
        );
        // The reader that goes on after errors knows better where they are.
        if let Ok(text) = std::str::from_utf8(text)
            && let Some(error) = plimsoll_yaml::parse(text, Dialect::GoV2).errors().first()
        {
            found.range = error.range;
            found.advice = Some(Box::new((error.message.clone(), error.help.clone())));
        }
        found
    })
}

/// Makes values of nodes.
struct Reader<'s> {
    sources: Option<(&'s mut Sources, u32)>,
    /// Where the document starts in its file.
    base: usize,
    /// Where the file ends: what was put behind it is no place.
    end: usize,
    keeps_integers: bool,
}

impl<'s> Reader<'s> {
    fn new(sources: Option<(&'s mut Sources, u32)>) -> Self {
        Self {
            sources,
            base: 0,
            end: usize::MAX,
            keeps_integers: false,
        }
    }

    fn document(&mut self, text: &[u8], base: usize) -> Result<Item, ReadError> {
        self.base = base;
        match decode(text)? {
            Some(root) => self.item(&root, SourceId::NONE, Step::Root),
            None => Ok(Data::Null.into()),
        }
    }

    fn range(&self, range: &Range<usize>) -> TextRange {
        let at = |offset: usize| (self.base + offset).min(self.end);
        TextRange::at(at(range.start), at(range.end))
    }

    fn source(&mut self, range: TextRange, parent: SourceId, step: Step) -> SourceId {
        match &mut self.sources {
            None => SourceId::NONE,
            Some((sources, file)) => sources.add(Source {
                file: *file,
                range,
                parent,
                step,
            }),
        }
    }

    /// Recursion is as deep as values are nested, which the decoder bounds.
    fn item(&mut self, node: &GoNode<'_>, parent: SourceId, step: Step) -> Result<Item, ReadError> {
        let range = self.range(&node.range);
        let source = self.source(range, parent, step);
        let data = match &node.value {
            GoValue::Null => Data::Null,
            GoValue::Bool(value) => Data::Bool(*value),
            GoValue::Int(value) if self.keeps_integers => Data::Int(*value),
            GoValue::Int(value) => Data::Float(*value as f64),
            GoValue::UInt(value) => Data::Float(*value as f64),
            GoValue::Float(value) => Data::Float(finite(*value, range)?),
            GoValue::Str(text) => Data::str(text.as_bytes()),
            GoValue::Seq(items) => {
                let items = items.iter().zip(0..);
                let items = items.map(|(item, index)| self.item(item, source, Step::Index(index)));
                Data::List(Arc::new(items.collect::<Result<_, _>>()?))
            }
            GoValue::Map(entries) => {
                let mut map = BTreeMap::new();
                for (key, value) in entries {
                    let step = Step::Key(self.range(&key.range));
                    let key = key_of(key, value)?;
                    map.insert(key, self.item(value, source, step)?);
                }
                Data::Map(Arc::new(map))
            }
        };
        Ok(Item::new(data, source))
    }
}

/// A number that JSON has.
fn finite(value: f64, range: TextRange) -> Result<f64, ReadError> {
    if value.is_finite() {
        return Ok(value);
    }
    let text = float::general(value);
    let message = format!("error converting YAML to JSON: json: unsupported value: {text}");
    Err(ReadError::new(message, range))
}

/// The key of an entry as JSON has it (`convertToJSONableObject`).
pub(crate) fn key_of(key: &GoNode<'_>, value: &GoNode<'_>) -> Result<Key, ReadError> {
    let unsupported = |kind: &str, key: &str, range: &Range<usize>| {
        let value = match value.value {
            GoValue::Null => "<nil>".into(),
            _ => go::syntax(&value.value),
        };
        ReadError::new(
            format!(
                "error converting YAML to JSON: unsupported map key of type: {kind}, key: {key}, value: {value}"
            ),
            TextRange::at(range.start, range.end),
        )
    };
    Ok(match &key.value {
        GoValue::Str(text) => text.as_ref().into(),
        GoValue::Bool(true) => "true".into(),
        GoValue::Bool(false) => "false".into(),
        GoValue::Int(value) => value.to_string().into(),
        GoValue::Float(value) => match float::general_32(*value).as_str() {
            "+Inf" => ".inf".into(),
            "-Inf" => "-.inf".into(),
            "NaN" => ".nan".into(),
            finite => finite.into(),
        },
        GoValue::UInt(value) => {
            return Err(unsupported("uint64", &format!("{value:#x}"), &key.range));
        }
        GoValue::Null | GoValue::Seq(_) | GoValue::Map(_) => {
            return Err(unsupported("%!s(<nil>)", "<nil>", &key.range));
        }
    })
}

/// Checks that a value has a JSON. Recursion is as deep as values are nested, which the decoder
/// bounds.
pub(crate) fn check_json(node: &GoNode<'_>) -> Result<(), ReadError> {
    match &node.value {
        GoValue::Float(value) => {
            finite(*value, TextRange::at(node.range.start, node.range.end)).map(|_| ())
        }
        GoValue::Seq(items) => items.iter().try_for_each(check_json),
        GoValue::Map(entries) => entries.iter().try_for_each(|(key, value)| {
            if !matches!(key.value, GoValue::Str(_)) {
                key_of(key, value)?;
            }
            check_json(value)
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Result<Item, ReadError>, Sources) {
        let mut sources = Sources::default();
        let file = SourceFile {
            name: "values.yaml".into(),
            text: "".into(),
            below: [].into(),
        };
        let values = read_values(file, text.as_bytes(), &mut sources);
        (values, sources)
    }

    #[test]
    fn the_last_line_ends_as_every_other() {
        for (text, wanted) in [
            ("a: |\n  x", "x\n"),
            ("a: |\n  x\n", "x\n"),
            ("a: |-\n  x", "x"),
            ("b: 1\n---\na: |+\n  x", "x\n"),
            ("a: x", "x"),
        ] {
            let (values, sources) = read(text);
            let item = values.expect("it is YAML");
            let found = item.data.get("a").expect("it is there");
            assert_eq!(found.data, Data::str(wanted), "{text:?}");
            let place = sources.get(found.source).expect("it has a place");
            assert!(place.range.end as usize <= text.len(), "{text:?}");
        }
        // So does the line that an error names.
        let (values, _) = read("a: \"x");
        let error = values.expect_err("it has no end");
        assert!(
            error
                .message
                .ends_with("yaml: line 2: found unexpected end of stream"),
            "{}",
            error.message
        );
    }
}
