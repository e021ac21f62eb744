//! The JSON schema of `plimsoll.toml`, for editors.

use plimsoll_project::config::schema::{Key, Shape, TOP};
use plimsoll_rules::RULES;
use serde_json::{Map, Value, json};

/// The schema as text.
pub(super) fn schema() -> String {
    let mut value = table(TOP);
    value["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    value["title"] = "plimsoll.toml".into();
    let mut names: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    let aliases = RULES.iter().flat_map(|rule| rule.aliases);
    names.extend(aliases.map(|alias| alias.id));
    names.sort_unstable();
    names.dedup();
    value["$defs"] = json!({
        "rule": {
            "description": "A rule, by its id or by the name that another tool has for it; the case of the latter does not matter.",
            "anyOf": [{ "enum": names }, { "type": "string" }],
        }
    });
    format!("{value:#}\n")
}

fn table(keys: &[Key]) -> Value {
    let mut properties = Map::new();
    for key in keys {
        if !matches!(key.shape, Shape::Reserved(_)) {
            let mut value = shape(&key.shape);
            value["description"] = plain(key.doc).into();
            properties.insert(key.name.to_owned(), value);
        }
    }
    let required: Vec<&str> = keys
        .iter()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    let mut table = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    if !required.is_empty() {
        table["required"] = required.into();
    }
    table
}

fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::Table(keys) => table(keys),
        Shape::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
        Shape::ByRule(keys) => json!({
            "type": "object",
            "propertyNames": { "$ref": "#/$defs/rule" },
            "additionalProperties": table(keys),
        }),
        Shape::Word(words) => {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            json!({ "enum": words })
        }
        Shape::RuleNames => json!({
            "type": "array",
            "items": { "$ref": "#/$defs/rule" },
        }),
        Shape::Patterns => json!({
            "type": "array",
            "minItems": 1,
            "items": { "type": "string" },
        }),
        Shape::KubeVersion => {
            json!({ "type": "string", "pattern": r"^v?1\.[0-9]+(\.[0-9]+)?$" })
        }
        Shape::Text => json!({ "type": "string", "minLength": 1 }),
        Shape::Port => json!({ "type": "integer", "minimum": 0, "maximum": 65535 }),
        Shape::Texts => json!({
            "type": "array",
            "minItems": 1,
            "items": { "type": "string", "minLength": 1 },
        }),
        Shape::Reserved(_) => json!(false),
    }
}

/// A description without the marks of Markdown.
fn plain(doc: &str) -> String {
    doc.replace('`', "")
}
