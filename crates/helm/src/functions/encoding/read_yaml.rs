//! YAML as sigs.k8s.io/yaml reads it: by way of JSON, so that every number is a float.

use plimsoll_gotmpl::{Call, List, Map, Str, Trace, Traced, Type, Value};
use plimsoll_yaml::{Dialect, Document, Kind, Node, Scalar, Tree};

use super::read::{self, Decoded, Read, Source, Target};
use super::{Failure, MAX_DEPTH, float};

/// What a node is charged.
const NODE: usize = 32;

/// Decodes the first document of a text.
pub(super) fn read(call: &mut Call<'_>, text: &Traced, target: Target) -> Read {
    let source = Source::new(call, text)?;
    let valid = std::str::from_utf8(source.bytes())
        .map_err(|_| converting("yaml: invalid leading UTF-8 octet"))?;
    call.charge_bytes(valid.len())?;
    let tree = plimsoll_yaml::parse(valid, Dialect::GoV2);
    let document = tree.documents().next();
    if let Some(error) = first_error(&tree, document) {
        return Err(error);
    }
    let mut value = match document.and_then(Document::root) {
        Some(root) => {
            let mut reader = Reader {
                call,
                source: &source,
                depth: 0,
                decoded: 0,
                aliased: 0,
                in_alias: 0,
            };
            reader.value(root)?
        }
        None => Traced::default(),
    };
    value.trace = call.union(value.trace, source.whole);
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

fn first_error(tree: &Tree, document: Option<Document<'_>>) -> Option<Failure> {
    let error = tree.errors().first()?;
    let end = document.map_or(u32::MAX, |document| document.range().end);
    let line = tree.text()[..error.range.start as usize]
        .matches('\n')
        .count()
        + 1;
    (error.range.start <= end).then(|| converting(&format!("yaml: line {line}: {}", error.message)))
}

struct Reader<'r, 'a> {
    call: &'r mut Call<'a>,
    source: &'r Source<'r>,
    depth: usize,
    /// Nodes decoded, and how many of them through aliases: the reference refuses a document
    /// that is made of aliases.
    decoded: u32,
    aliased: u32,
    in_alias: u32,
}

impl Reader<'_, '_> {
    fn value(&mut self, node: Node<'_>) -> Result<Traced, Failure> {
        self.count()?;
        let range = node.range().as_usize();
        match node.kind() {
            Kind::Alias => {
                let meant = node.resolve();
                if meant == node {
                    return Err(converting("yaml: unknown anchor referenced"));
                }
                self.in_alias += 1;
                self.enter()?;
                let value = self.value(meant);
                self.depth -= 1;
                self.in_alias -= 1;
                value
            }
            Kind::Scalar => self.scalar(node),
            Kind::Sequence => {
                self.enter()?;
                let items: Result<Vec<_>, _> = node.items().map(|item| self.value(item)).collect();
                self.depth -= 1;
                let shape = self.source.shape(self.call, range);
                let list = List::new(Type::Any, items?).with_shape(shape);
                Ok(Traced::new(list, Trace::NONE))
            }
            Kind::Mapping => {
                self.enter()?;
                let map = Map::new();
                for entry in node.merged_entries() {
                    let key = self.key(entry.key.resolve())?;
                    let value = self.value(entry.value)?;
                    map.insert(key, value);
                }
                self.depth -= 1;
                let shape = self.source.shape(self.call, range);
                Ok(Traced::new(map.with_shape(shape), Trace::NONE))
            }
        }
    }

    fn enter(&mut self) -> Result<(), Failure> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Failure::Limit(
                format!("the YAML is nested more than {MAX_DEPTH} levels deep").into(),
            ));
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), Failure> {
        self.call.charge_bytes(NODE)?;
        self.decoded += 1;
        self.aliased += u32::from(self.in_alias > 0);
        let ratio = f64::from(self.aliased) / f64::from(self.decoded);
        if self.aliased > 100 && self.decoded > 1000 && ratio > allowed_ratio(self.decoded) {
            return Err(converting("yaml: document contains excessive aliasing"));
        }
        Ok(())
    }

    fn scalar(&mut self, node: Node<'_>) -> Result<Traced, Failure> {
        let range = node.range().as_usize();
        let value = match node.scalar() {
            None | Some(Scalar::Null) => Value::Nil,
            Some(Scalar::Bool(value)) => Value::Bool(value),
            Some(Scalar::Int(value)) => Value::Float(value as f64),
            Some(Scalar::UInt(value)) => Value::Float(value as f64),
            Some(Scalar::Float(value)) if !value.is_finite() => {
                let text = float::general(value);
                return Err(converting(&format!("json: unsupported value: {text}")));
            }
            Some(Scalar::Float(value)) => Value::Float(value),
            Some(Scalar::Str(text)) => return Ok(self.text(node, &text)?),
        };
        let trace = self.source.trace(self.call, range);
        Ok(Traced::new(value, trace))
    }

    /// A string, with its parts if it stands in the text as it is.
    fn text(&mut self, node: Node<'_>, text: &str) -> Result<Traced, plimsoll_gotmpl::CallError> {
        let range = node.range().as_usize();
        for inner in [range.clone(), range.start + 1..range.end.saturating_sub(1)] {
            if inner.start <= inner.end
                && self.source.bytes().get(inner.clone()) == Some(text.as_bytes())
            {
                return self.source.part(self.call, inner);
            }
        }
        self.call.charge_bytes(text.len())?;
        Ok(self.source.decoded(self.call, text, range))
    }

    fn key(&mut self, node: Node<'_>) -> Result<Str, Failure> {
        self.count()?;
        Ok(match node.scalar() {
            Some(Scalar::Str(text)) => match self.text(node, &text)?.value {
                Value::Str(key) => key,
                _ => Str::from(""),
            },
            Some(Scalar::Bool(value)) => value.to_string().into(),
            Some(Scalar::Int(value)) => value.to_string().into(),
            Some(Scalar::Float(value)) => match float::general_32(value).as_str() {
                "+Inf" => ".inf".into(),
                "-Inf" => "-.inf".into(),
                "NaN" => ".nan".into(),
                finite => finite.into(),
            },
            Some(Scalar::UInt(value)) => {
                return Err(converting(&format!(
                    "unsupported map key of type: uint64, key: {value:#x}, value: "
                )));
            }
            Some(Scalar::Null) | None => {
                return Err(converting(
                    "unsupported map key of type: %!s(<nil>), key: <nil>, value: ",
                ));
            }
        })
    }
}

/// How much of a document may come from aliases.
fn allowed_ratio(decoded: u32) -> f64 {
    const LOW: u32 = 400_000;
    const HIGH: u32 = 4_000_000;
    match decoded {
        0..=LOW => 0.99,
        HIGH.. => 0.10,
        _ => 0.99 - 0.89 * (f64::from(decoded - LOW) / f64::from(HIGH - LOW)),
    }
}
