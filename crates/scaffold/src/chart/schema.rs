//! `values.schema.json`: what a chart's values may be.

use serde_json::{Map as Object, Value as Json, json};

use super::values::{Kind, Value};
use crate::model::Evidence;
use crate::written::Written;

pub(crate) fn file(name: &str, values: &[Value], why: &[Evidence], folder: &str) -> Written {
    let mut schema = object(values);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!(format!("Values of the chart {name}"));
    // A chart that has this one as a dependency hands these down.
    schema["properties"]["global"] = json!({ "type": "object" });
    let text = serde_json::to_string_pretty(&schema).expect("a value of JSON can be written");
    let mut written = Written::new(format!("{folder}/values.schema.json"));
    written.push(text, why.to_vec());
    written
}

fn object(values: &[Value]) -> Json {
    let properties: Object<String, Json> = values
        .iter()
        .map(|value| (value.key.clone(), of(value)))
        .collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn of(value: &Value) -> Json {
    let mut schema = match &value.kind {
        Kind::Text(_, may_be_empty) if *may_be_empty => json!({ "type": "string" }),
        Kind::Text(..) => json!({ "type": "string", "minLength": 1 }),
        Kind::Number(_, least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::Switch(_) => json!({ "type": "boolean" }),
        Kind::Group(values) => object(values),
        Kind::Texts(_) => json!({
            "type": "object",
            "additionalProperties": { "type": ["string", "integer", "boolean"] },
        }),
        Kind::Resources(_) => {
            let quantities = json!({
                "type": "object",
                "additionalProperties": { "type": ["string", "number"] },
            });
            json!({
                "type": "object",
                "additionalProperties": false,
                "properties": { "requests": quantities, "limits": quantities },
            })
        }
    };
    schema["description"] = json!(value.says);
    schema
}
