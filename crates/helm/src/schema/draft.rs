//! The drafts of JSON Schema and in which they differ.

use crate::values::{Data, Item};

/// A draft. They are ordered by age.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Draft {
    D4,
    D6,
    D7,
    D2019,
    D2020,
}

/// Where a schema holds other schemas.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// It is one.
    Value,
    /// Each element of a list is one.
    Elements,
    /// Each entry of a mapping is one.
    Entries,
}

const SUBSCHEMAS: [(Draft, &str, Place); 23] = [
    (Draft::D4, "definitions", Place::Entries),
    (Draft::D4, "not", Place::Value),
    (Draft::D4, "allOf", Place::Elements),
    (Draft::D4, "anyOf", Place::Elements),
    (Draft::D4, "oneOf", Place::Elements),
    (Draft::D4, "properties", Place::Entries),
    (Draft::D4, "additionalProperties", Place::Value),
    (Draft::D4, "patternProperties", Place::Entries),
    (Draft::D4, "items", Place::Value),
    (Draft::D4, "items", Place::Elements),
    (Draft::D4, "additionalItems", Place::Value),
    (Draft::D4, "dependencies", Place::Entries),
    (Draft::D6, "propertyNames", Place::Value),
    (Draft::D6, "contains", Place::Value),
    (Draft::D7, "if", Place::Value),
    (Draft::D7, "then", Place::Value),
    (Draft::D7, "else", Place::Value),
    (Draft::D2019, "$defs", Place::Entries),
    (Draft::D2019, "dependentSchemas", Place::Entries),
    (Draft::D2019, "unevaluatedProperties", Place::Value),
    (Draft::D2019, "unevaluatedItems", Place::Value),
    (Draft::D2019, "contentSchema", Place::Value),
    (Draft::D2020, "prefixItems", Place::Elements),
];

impl Draft {
    pub(super) const LATEST: Draft = Draft::D2020;

    /// The draft that a `$schema` names.
    pub(super) fn of_url(url: &str) -> Option<Self> {
        let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
        if !fragment.is_empty() {
            return None;
        }
        let rest = url
            .strip_prefix("http://")
            .or_else(|| url.strip_prefix("https://"))
            .unwrap_or(url);
        match rest {
            "json-schema.org/schema" => Some(Draft::LATEST),
            "json-schema.org/draft/2020-12/schema" => Some(Draft::D2020),
            "json-schema.org/draft/2019-09/schema" => Some(Draft::D2019),
            "json-schema.org/draft-07/schema" => Some(Draft::D7),
            "json-schema.org/draft-06/schema" => Some(Draft::D6),
            "json-schema.org/draft-04/schema" => Some(Draft::D4),
            _ => None,
        }
    }

    /// The URL of its metaschema.
    pub(super) fn url(self) -> &'static str {
        match self {
            Draft::D4 => "http://json-schema.org/draft-04/schema",
            Draft::D6 => "http://json-schema.org/draft-06/schema",
            Draft::D7 => "http://json-schema.org/draft-07/schema",
            Draft::D2019 => "https://json-schema.org/draft/2019-09/schema",
            Draft::D2020 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// The keyword that names a schema.
    pub(super) fn id_keyword(self) -> &'static str {
        if self == Draft::D4 { "id" } else { "$id" }
    }

    /// The name of a schema, without its fragment; empty if it has none.
    pub(super) fn id(self, schema: &Item) -> &str {
        if self < Draft::D2019 && schema.data.get("$ref").is_some() {
            // Beside a `$ref` nothing else counts.
            return "";
        }
        let id = schema.data.get(self.id_keyword());
        let id = id.and_then(|item| item.data.as_str()).unwrap_or_default();
        id.split('#').next().unwrap_or_default()
    }

    /// The schemas right inside a schema: the rest of their pointers, and they themselves.
    pub(super) fn subschemas(self, schema: &Item) -> Vec<(String, &Item)> {
        let mut found = Vec::new();
        let Some(entries) = schema.data.as_map() else {
            return found;
        };
        // A schema has few keywords of the many; they are taken in the order of the table.
        let mut written: Vec<(usize, &Item)> = Vec::new();
        for (key, item) in entries {
            let places = SUBSCHEMAS.iter().enumerate();
            let places = places.filter(|(_, (draft, known, _))| *known == &**key && *draft <= self);
            written.extend(places.map(|(number, _)| (number, item)));
        }
        written.sort_by_key(|(number, _)| *number);
        for (number, item) in written {
            let (_, keyword, place) = SUBSCHEMAS[number];
            match (place, &item.data) {
                (Place::Value, _) => found.push((format!("/{keyword}"), item)),
                (Place::Elements, Data::List(items)) => {
                    for (index, item) in items.iter().enumerate() {
                        found.push((format!("/{keyword}/{index}"), item));
                    }
                }
                (Place::Entries, Data::Map(map)) => {
                    for (key, item) in map.iter() {
                        let key = super::pointer::escape(key);
                        found.push((format!("/{keyword}/{key}"), item));
                    }
                }
                _ => {}
            }
        }
        found
    }
}
