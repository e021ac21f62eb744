//! Reads the schemas of all versions and lays them over each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// One bit for each version, the oldest the lowest.
pub(super) type Mask = u16;

/// The definitions of all versions.
#[derive(Default)]
pub(super) struct Merged {
    /// Minor versions, oldest first.
    pub(super) minors: Vec<u32>,
    /// By short name.
    pub(super) definitions: BTreeMap<String, Definition>,
    /// (group, kind, version) to the definition's short name and the versions that have it.
    pub(super) kinds: BTreeMap<(String, String, String), (String, Mask)>,
}

#[derive(Default)]
pub(super) struct Definition {
    /// The versions in which other fields than these are refused.
    pub(super) closed: Mask,
    /// Field variants by name; their masks do not overlap.
    pub(super) fields: BTreeMap<String, Vec<Field>>,
    pub(super) description: String,
}

pub(super) struct Field {
    pub(super) present: Mask,
    pub(super) required: Mask,
    pub(super) shape: Shape,
    pub(super) description: String,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    pub(super) holder: Holder,
    pub(super) base: Base,
    /// `x-kubernetes-list-map-keys` of a list that is a map, `*` for a set.
    pub(super) keys: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    One,
    List,
    Map,
    MapOfLists,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Base {
    Any,
    Text,
    Bool,
    Int32,
    Int64,
    Number,
    Bytes,
    Time,
    IntOrString,
    Quantity,
    Object,
    Definition(String),
}

/// Lays the versions over each other.
pub(super) fn merge(folder: &Path, minors: RangeInclusive<u32>) -> Result<Merged> {
    let mut merged = Merged::default();
    for (n, minor) in minors.enumerate() {
        merged.minors.push(minor);
        let path = folder.join(format!("v1.{minor}.0-local-strict/_definitions.json"));
        let text = fs::read_to_string(&path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        let document: Value = serde_json::from_str(&text)?;
        let definitions = document["$defs"]
            .as_object()
            .or_else(|| document["definitions"].as_object())
            .context("no `$defs`")?;
        let mut queue: Vec<&str> = Vec::new();
        for (name, schema) in definitions {
            for (group, version, kind) in objects(schema) {
                queue.push(name);
                let entry = merged
                    .kinds
                    .entry((group, kind, version))
                    .or_insert_with(|| (short(name), 0));
                entry.1 |= 1 << n;
            }
        }
        let mut seen: BTreeSet<&str> = queue.iter().copied().collect();
        while let Some(name) = queue.pop() {
            let schema = definitions
                .get(name)
                .with_context(|| format!("no `{name}`"))?;
            merged.add(&short(name), schema, 1 << n)?;
            for next in references(schema) {
                let (next, _) = definitions
                    .get_key_value(next)
                    .with_context(|| format!("no `{next}`"))?;
                if builtin(next).is_none() && seen.insert(next) {
                    queue.push(next);
                }
            }
        }
    }
    Ok(merged)
}

/// The kinds that this is the schema of, if it is an object that can be stored.
fn objects(schema: &Value) -> Vec<(String, String, String)> {
    let properties = &schema["properties"];
    if !["apiVersion", "kind", "metadata"]
        .iter()
        .all(|key| properties.get(key).is_some())
        || properties.get("code").is_some()
    {
        return Vec::new();
    }
    let kinds = schema["x-kubernetes-group-version-kind"].as_array();
    let word = |kind: &Value, key: &str| kind[key].as_str().unwrap_or_default().to_owned();
    kinds
        .into_iter()
        .flatten()
        .map(|kind| {
            (
                word(kind, "group"),
                word(kind, "version"),
                word(kind, "kind"),
            )
        })
        .collect()
}

impl Merged {
    fn add(&mut self, name: &str, schema: &Value, bit: Mask) -> Result<()> {
        let definition = self.definitions.entry(name.to_owned()).or_default();
        if schema["additionalProperties"] == Value::Bool(false) {
            definition.closed |= bit;
        }
        // The newest description wins.
        definition.description = schema["description"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let required: BTreeSet<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let shape = shape(property).with_context(|| format!("`{name}.{field}`"))?;
            let description = property["description"].as_str().unwrap_or_default();
            let needed = if required.contains(field.as_str()) {
                bit
            } else {
                0
            };
            let variants = definition.fields.entry(field.clone()).or_default();
            match variants.iter_mut().find(|variant| variant.shape == shape) {
                Some(variant) => {
                    variant.present |= bit;
                    variant.required |= needed;
                    description.clone_into(&mut variant.description);
                }
                None => variants.push(Field {
                    present: bit,
                    required: needed,
                    shape,
                    description: description.to_owned(),
                }),
            }
        }
        Ok(())
    }
}

fn shape(property: &Value) -> Result<Shape> {
    let kind = type_of(property);
    let keys = match property["x-kubernetes-list-type"].as_str() {
        Some("map") => property["x-kubernetes-list-map-keys"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|key| key.as_str().map(str::to_owned))
            .collect(),
        Some("set") => vec!["*".to_owned()],
        _ => Vec::new(),
    };
    let (holder, base) = match kind {
        Some("array") => (Holder::List, base(&property["items"])?),
        Some("object") if property["additionalProperties"].is_object() => {
            let values = &property["additionalProperties"];
            if type_of(values) == Some("array") {
                (Holder::MapOfLists, base(&values["items"])?)
            } else {
                (Holder::Map, base(values)?)
            }
        }
        _ => (Holder::One, base(property)?),
    };
    Ok(Shape { holder, base, keys })
}

fn base(schema: &Value) -> Result<Base> {
    if let Some(name) = reference(schema) {
        return Ok(builtin(name).unwrap_or_else(|| Base::Definition(short(name))));
    }
    let format = schema["format"].as_str();
    Ok(match (type_of(schema), format) {
        (Some("string"), Some("byte")) => Base::Bytes,
        (Some("string"), Some("date-time")) => Base::Time,
        (Some("string"), None) => Base::Text,
        (Some("boolean"), None) => Base::Bool,
        (Some("integer"), Some("int32")) => Base::Int32,
        (Some("integer"), Some("int64") | None) => Base::Int64,
        (Some("number"), _) => Base::Number,
        (Some("object"), None) => Base::Object,
        (None, None) => Base::Any,
        other => bail!("the type {other:?} is not known"),
    })
}

/// The one type besides null.
fn type_of(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(name) => Some(name),
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|n| *n != "null"),
        _ => None,
    }
}

/// Definitions that are no structures, as the Go types behind them are read.
fn builtin(name: &str) -> Option<Base> {
    let (_, last) = name.rsplit_once('.')?;
    let in_package = |package: &str| name.contains(package);
    Some(match last {
        "Quantity" if in_package("api.resource") => Base::Quantity,
        "IntOrString" if in_package("util.intstr") => Base::IntOrString,
        "Time" | "MicroTime" if in_package("apis.meta") => Base::Time,
        "FieldsV1" if in_package("apis.meta") => Base::Object,
        "RawExtension" if in_package("pkg.runtime") => Base::Object,
        "JSON"
        | "JSONSchemaPropsOrArray"
        | "JSONSchemaPropsOrBool"
        | "JSONSchemaPropsOrStringArray"
            if in_package("apiextensions") =>
        {
            Base::Any
        }
        _ => return None,
    })
}

fn reference(schema: &Value) -> Option<&str> {
    let path = schema["$ref"].as_str()?;
    path.rsplit_once('/').map(|(_, name)| name)
}

fn references(schema: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    for property in schema["properties"].as_object().into_iter().flatten() {
        let property = property.1;
        for place in [
            property,
            &property["items"],
            &property["additionalProperties"],
        ] {
            found.extend(reference(place));
        }
    }
    found
}

/// `io.k8s.api.core.v1.Container` as `core.v1.Container`.
fn short(name: &str) -> String {
    let parts: Vec<&str> = name.rsplitn(4, '.').collect();
    match parts.as_slice() {
        [kind, version, group, _] => format!("{group}.{version}.{kind}"),
        _ => name.to_owned(),
    }
}
