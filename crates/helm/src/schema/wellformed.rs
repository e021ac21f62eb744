//! Whether a schema is one: what the metaschemas of the drafts ask of keywords.
//!
//! The library checks with the metaschemas themselves and prints where in them it failed; here
//! the place in the schema and what is wrong with it are the same, the way there is not.

use super::draft::Draft;
use super::formats::Format;
use super::node::type_name;
use super::quoted;
use crate::values::{Data, Item};

/// What is wrong with a schema.
pub(super) struct Found {
    /// The keyword, as a pointer.
    pub(super) pointer: String,
    pub(super) message: String,
    /// What that comes from.
    pub(super) behind: Vec<Behind>,
}

/// A line below one that says what is wrong.
pub(super) struct Behind {
    /// How much deeper than the first of them.
    pub(super) depth: usize,
    /// Where, as a pointer; the name of a property has no place.
    pub(super) pointer: Option<String>,
    pub(super) message: String,
}

/// What a keyword's value must be.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Bool,
    Number,
    /// A number above 0.
    Positive,
    /// A whole number from 0 on.
    Count,
    List,
    /// A list that is not empty.
    NonEmptyList,
    /// A list of different texts.
    Texts,
    Map,
    /// A schema.
    Schema,
    /// A schema, or a list of them.
    Items,
    Types,
}

const KEYWORDS: [(Draft, &str, Shape); 48] = [
    (Draft::D4, "$ref", Shape::Text),
    (Draft::D4, "$schema", Shape::Text),
    (Draft::D4, "title", Shape::Text),
    (Draft::D4, "description", Shape::Text),
    (Draft::D4, "format", Shape::Text),
    (Draft::D4, "pattern", Shape::Text),
    (Draft::D6, "$id", Shape::Text),
    (Draft::D7, "$comment", Shape::Text),
    (Draft::D7, "contentEncoding", Shape::Text),
    (Draft::D7, "contentMediaType", Shape::Text),
    (Draft::D2019, "$anchor", Shape::Text),
    (Draft::D2020, "$dynamicRef", Shape::Text),
    (Draft::D2020, "$dynamicAnchor", Shape::Text),
    (Draft::D4, "uniqueItems", Shape::Bool),
    (Draft::D7, "readOnly", Shape::Bool),
    (Draft::D7, "writeOnly", Shape::Bool),
    (Draft::D2019, "deprecated", Shape::Bool),
    (Draft::D4, "multipleOf", Shape::Positive),
    (Draft::D4, "maximum", Shape::Number),
    (Draft::D4, "minimum", Shape::Number),
    (Draft::D6, "exclusiveMaximum", Shape::Number),
    (Draft::D6, "exclusiveMinimum", Shape::Number),
    (Draft::D4, "maxLength", Shape::Count),
    (Draft::D4, "minLength", Shape::Count),
    (Draft::D4, "maxItems", Shape::Count),
    (Draft::D4, "minItems", Shape::Count),
    (Draft::D4, "maxProperties", Shape::Count),
    (Draft::D4, "minProperties", Shape::Count),
    (Draft::D2019, "maxContains", Shape::Count),
    (Draft::D2019, "minContains", Shape::Count),
    (Draft::D4, "required", Shape::Texts),
    (Draft::D6, "enum", Shape::List),
    (Draft::D6, "examples", Shape::List),
    (Draft::D4, "allOf", Shape::NonEmptyList),
    (Draft::D4, "anyOf", Shape::NonEmptyList),
    (Draft::D4, "oneOf", Shape::NonEmptyList),
    (Draft::D2020, "prefixItems", Shape::NonEmptyList),
    (Draft::D4, "definitions", Shape::Map),
    (Draft::D4, "properties", Shape::Map),
    (Draft::D4, "patternProperties", Shape::Map),
    (Draft::D4, "dependencies", Shape::Map),
    (Draft::D2019, "$defs", Shape::Map),
    (Draft::D2019, "dependentSchemas", Shape::Map),
    (Draft::D2019, "dependentRequired", Shape::Map),
    (Draft::D4, "not", Shape::Schema),
    (Draft::D4, "additionalProperties", Shape::Schema),
    (Draft::D4, "items", Shape::Items),
    (Draft::D4, "type", Shape::Types),
];

/// The first thing that is wrong with a schema itself; those inside it are looked at for
/// themselves.
pub(super) fn check(item: &Item, draft: Draft) -> Option<Found> {
    let entries = match &item.data {
        Data::Map(entries) => entries,
        // `additionalProperties: true` is no schema in draft 4, but its place is walked.
        Data::Bool(_) => return None,
        // `items` and `dependencies` may hold lists where schemas are looked for.
        Data::List(_) => return None,
        other => {
            let wanted = if draft > Draft::D4 {
                "boolean or object"
            } else {
                "object"
            };
            return Some(Found {
                pointer: String::new(),
                message: format!("got {}, want {wanted}", type_name(other)),
                behind: Vec::new(),
            });
        }
    };
    // A schema has few keywords of the many.
    let wrong = entries.iter().filter_map(|(key, value)| {
        let number = KEYWORDS.iter().position(|(_, known, _)| *known == &**key)?;
        let (since, _, shape) = KEYWORDS[number];
        let message = if since <= draft {
            shape.mismatch(&value.data, draft)?
        } else {
            return None;
        };
        Some((number, message))
    });
    let found = wrong.min_by_key(|(number, _)| *number);
    let found = found.map(|(number, message)| {
        let (_, keyword, shape) = KEYWORDS[number];
        let behind = match (shape, entries.get(keyword)) {
            (Shape::Types, Some(value)) => types_behind(&value.data),
            _ => Vec::new(),
        };
        Found {
            pointer: format!("/{keyword}"),
            message,
            behind,
        }
    });
    found.or_else(|| expressions(item))
}

/// Regular expressions and references are checked as formats are.
fn expressions(item: &Item) -> Option<Found> {
    for (keyword, format) in [
        ("pattern", Format::Regex),
        ("$ref", Format::UriReference),
        ("$id", Format::UriReference),
    ] {
        let text = item.data.get(keyword).and_then(|item| item.data.as_str());
        let wrong = text.and_then(|text| Some((text, format.mismatch(text)?)));
        if let Some((text, why)) = wrong {
            return Some(Found {
                pointer: format!("/{keyword}"),
                message: format!("{} is not valid {}: {why}", quoted(text), format.name()),
                behind: Vec::new(),
            });
        }
    }
    let properties = item.data.get("patternProperties")?.data.as_map()?;
    properties.keys().find_map(|name| {
        let why = Format::Regex.mismatch(name)?;
        Some(Found {
            pointer: "/patternProperties".to_owned(),
            message: format!("invalid propertyName {}", quoted(name)),
            behind: vec![Behind {
                depth: 0,
                pointer: None,
                message: format!("{} is not valid regex: {why}", quoted(name)),
            }],
        })
    })
}

impl Shape {
    fn mismatch(self, data: &Data, draft: Draft) -> Option<String> {
        let wanted = match (self, data) {
            (Shape::Text, Data::Str(_))
            | (Shape::Bool, Data::Bool(_))
            | (Shape::Number, Data::Float(_))
            | (Shape::List, Data::List(_))
            | (Shape::Map, Data::Map(_))
            | (Shape::Schema, Data::Map(_) | Data::Bool(_)) => return None,
            (Shape::Items, Data::Map(_)) => return None,
            (Shape::Items, Data::List(_)) if draft < Draft::D2020 => return None,
            (Shape::Items, Data::Bool(_)) if draft > Draft::D4 => return None,
            (Shape::Positive, Data::Float(number)) if *number > 0.0 => return None,
            (Shape::Positive, Data::Float(number)) => {
                return Some(format!("exclusiveMinimum: got {number}, want 0"));
            }
            (Shape::Count, Data::Float(number)) if number.fract() == 0.0 => {
                return (*number < 0.0).then(|| format!("minimum: got {number}, want 0"));
            }
            (Shape::NonEmptyList, Data::List(items)) => {
                return items
                    .is_empty()
                    .then(|| "minItems: got 0, want 1".to_owned());
            }
            (Shape::Texts, Data::List(items)) => {
                let odd = items.iter().find(|item| item.data.as_str().is_none())?;
                return Some(format!("got {}, want string", type_name(&odd.data)));
            }
            (Shape::Types, data) => return types_mismatch(data),
            (Shape::Text, _) => "string",
            (Shape::Bool, _) => "boolean",
            (Shape::Number | Shape::Positive, _) => "number",
            (Shape::Count, _) => "integer",
            (Shape::List | Shape::NonEmptyList | Shape::Texts, _) => "array",
            (Shape::Map, _) => "object",
            (Shape::Schema | Shape::Items, _) => "boolean or object",
        };
        Some(format!("got {}, want {wanted}", type_name(data)))
    }
}

fn types_mismatch(data: &Data) -> Option<String> {
    let is_sound = match data {
        Data::List(_) => types_wrong(data).is_empty(),
        other => is_type(other),
    };
    (!is_sound).then(|| "'anyOf' failed".to_owned())
}

fn is_type(data: &Data) -> bool {
    let name = data.as_str().unwrap_or_default();
    let mut types = super::node::Types::default();
    types.add(name);
    !types.is_empty()
}

const NO_TYPE: &str =
    "value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'";

/// Why a value is no list of types: pointers behind `type`, and words.
fn types_wrong(data: &Data) -> Vec<(String, String)> {
    let Data::List(items) = data else {
        let words = format!("got {}, want array", type_name(data));
        return vec![(String::new(), words)];
    };
    if items.is_empty() {
        return vec![(String::new(), "minItems: got 0, want 1".to_owned())];
    }
    // Each is compared with all before it, so not all of a list without end.
    let pairs =
        (0..items.len().min(1_000)).flat_map(|later| (0..later).map(move |first| (first, later)));
    let mut equal = pairs.filter(|(first, later)| items[*first].data == items[*later].data);
    let twice = equal.next().map(|(first, later)| {
        let words = format!("items at {first} and {later} are equal");
        (String::new(), words)
    });
    let odd = items.iter().enumerate();
    let odd = odd.filter(|(_, item)| !is_type(&item.data));
    let odd = odd.map(|(number, _)| (format!("/{number}"), NO_TYPE.to_owned()));
    twice.into_iter().chain(odd).collect()
}

/// A type is one of the names, or a list of them: why it is neither.
fn types_behind(data: &Data) -> Vec<Behind> {
    let behind = |depth, inner: &str, message: String| Behind {
        depth,
        pointer: Some(format!("/type{inner}")),
        message,
    };
    let mut lines = vec![behind(0, "", NO_TYPE.to_owned())];
    let wrong = types_wrong(data);
    let several = wrong.len() > 1;
    if several {
        lines.push(behind(0, "", "validation failed".to_owned()));
    }
    let depth = usize::from(several);
    let wrong = wrong.into_iter();
    lines.extend(wrong.map(|(inner, message)| behind(depth, &inner, message)));
    lines
}
