//! YAML as sigs.k8s.io/yaml reads it: by way of JSON, so that every number is a float.

use std::borrow::Cow;
use std::ops::Range;

use plimsoll_gotmpl::{Call, List, Map, Str, Traced, Type, Value};
use plimsoll_yaml::go::{self, GoNode, GoValue};

use super::read::{self, Decoded, Read, Source, Target};
use super::{Failure, enclosed, float};

/// What a node is charged.
const NODE: usize = 32;

/// Decodes the first document of a text.
pub(super) fn read(call: &mut Call<'_>, text: &Traced, target: Target) -> Read {
    let mut source = Source::maybe_encoded(call, text)?;
    call.charge_bytes(source.bytes().len())?;
    let decoded = go::decode(source.bytes()).map_err(|error| {
        if error.is_limit() {
            Failure::Limit(error.to_string().into())
        } else {
            converting(&error.to_string())
        }
    })?;
    if let Some(node) = &decoded {
        let parts = source.parts(call);
        let enclosed = enclosed::find(source.bytes(), node, &parts);
        source.enclose(call, &enclosed);
    }
    let mut reader = Reader {
        call,
        source: &source,
        not_finite: false,
    };
    let mut value = match decoded {
        Some(node) => reader.value(node)?,
        None => Traced::default(),
    };
    if reader.not_finite
        && let Some(number) = not_finite(&value.value)
    {
        let text = float::general(number);
        return Err(converting(&format!("json: unsupported value: {text}")));
    }
    if matches!(value.value, Value::Nil) {
        // A `null` leaves the target as it was, which is empty and not nil.
        value.value = match target {
            Target::Map => Map::new().into(),
            Target::List => Value::list(Vec::new()),
            Target::Any => Value::Nil,
        };
    }
    value.trace = match value.value {
        // What is in the outermost one says by itself why it is there.
        Value::List(_) | Value::Map(_) => source.whole,
        _ => call.union(value.trace, source.whole),
    };
    let Decoded { value, error } = read::fitted(value, target);
    let while_decoding = |text| format!("error unmarshaling JSON: while decoding JSON: {text}");
    Ok(Decoded {
        value,
        error: error.map(while_decoding),
    })
}

fn converting(text: &str) -> Failure {
    Failure::Reference(format!("error converting YAML to JSON: {text}"))
}

/// The first number, in the order of JSON, that JSON lacks. What was read nests no deeper than
/// the decoder allows.
fn not_finite(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) if !number.is_finite() => Some(*number),
        Value::List(list) => list.items().iter().find_map(|item| not_finite(&item.value)),
        Value::Map(map) => {
            let mut entries = map.entries().into_iter();
            entries.find_map(|(_, entry)| not_finite(&entry.value))
        }
        _ => None,
    }
}

struct Reader<'r, 'a> {
    call: &'r mut Call<'a>,
    source: &'r Source<'r>,
    /// Whether there was a number that JSON lacks.
    not_finite: bool,
}

impl Reader<'_, '_> {
    /// A value as JSON would have it. What the decoder let through nests no deeper than it
    /// allows.
    fn value(&mut self, node: GoNode<'_>) -> Result<Traced, Failure> {
        self.call.charge_bytes(NODE)?;
        let value = match node.value {
            GoValue::Null => Value::Nil,
            GoValue::Bool(value) => Value::Bool(value),
            GoValue::Int(value) => Value::Float(value as f64),
            GoValue::UInt(value) => Value::Float(value as f64),
            GoValue::Float(value) => {
                self.not_finite |= !value.is_finite();
                Value::Float(value)
            }
            GoValue::Str(text) => return self.text(text, node.range),
            GoValue::Seq(items) => {
                let items: Result<Vec<_>, _> =
                    items.into_iter().map(|item| self.value(item)).collect();
                let shape = self.source.shape(self.call, node.range.clone());
                let by = self.source.alone(&node.range, shape);
                // Where an element stands is up to those before it.
                let mut items = items?;
                if !by.is_none() {
                    items = self.present(items);
                }
                let list = List::new(Type::Any, items).with_shape(shape);
                return Ok(Traced::new(list.with_order(by), by));
            }
            GoValue::Map(entries) => {
                let map = Map::new();
                for (key, entry) in entries {
                    let key = self.key(key, &entry)?;
                    let entry = self.value(entry)?;
                    map.insert(key, entry);
                }
                let shape = self.source.shape(self.call, node.range.clone());
                let by = self.source.alone(&node.range, shape);
                return Ok(Traced::new(map.with_shape(shape), by));
            }
        };
        let trace = self.source.trace(self.call, node.range);
        Ok(Traced::new(value, trace))
    }

    /// A string, with its parts if it stands in the text as it is.
    /// The elements of a list, with what decided that their parts of the text are there.
    fn present(&mut self, mut items: Vec<Traced>) -> Vec<Traced> {
        for item in &mut items {
            let own = self.call.trace_of(item);
            let why = self.call.deciders(own);
            item.trace = self.call.union(item.trace, why);
        }
        items
    }

    fn text(&mut self, text: Cow<'_, str>, range: Range<usize>) -> Result<Traced, Failure> {
        self.call.charge_bytes(text.len())?;
        match text {
            Cow::Borrowed(text) => {
                // Between its quotes, if it has some.
                let start = range.start + usize::from(range.len() > text.len());
                Ok(self.source.part(self.call, start..start + text.len())?)
            }
            Cow::Owned(text) => Ok(self.source.decoded(self.call, text, range)),
        }
    }

    fn key(&mut self, key: GoNode<'_>, entry: &GoNode<'_>) -> Result<Str, Failure> {
        let unsupported = |kind: &str, key: &str| {
            let value = match entry.value {
                GoValue::Null => "<nil>".into(),
                _ => go::syntax(&entry.value),
            };
            converting(&format!(
                "unsupported map key of type: {kind}, key: {key}, value: {value}"
            ))
        };
        let text = match key.value {
            GoValue::Str(text) => {
                return Ok(match self.text(text, key.range)?.value {
                    Value::Str(key) => key,
                    _ => Str::from(""),
                });
            }
            GoValue::Bool(value) => value.to_string(),
            GoValue::Int(value) => value.to_string(),
            GoValue::Float(value) => match float::general_32(value).as_str() {
                "+Inf" => ".inf".into(),
                "-Inf" => "-.inf".into(),
                "NaN" => ".nan".into(),
                finite => finite.into(),
            },
            GoValue::UInt(value) => return Err(unsupported("uint64", &format!("{value:#x}"))),
            GoValue::Null | GoValue::Seq(_) | GoValue::Map(_) => {
                return Err(unsupported("%!s(<nil>)", "<nil>"));
            }
        };
        Ok(self.source.decoded_key(self.call, text, key.range)?)
    }
}
