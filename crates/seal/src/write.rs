//! Objects as text, their keys sorted as the tools of Kubernetes sort them.

use plimsoll_yaml::emit::{Emitter, Flavor};
use serde_json::Value;

/// More than any SealedSecret has.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// An object as a document of YAML, with its marker.
pub fn yaml(object: &Value) -> String {
    let mut emitter = Emitter::new(Flavor::V2, MAX_BYTES);
    node(&mut emitter, object);
    format!("---\n{}", emitter.finish())
}

/// An object as JSON.
pub fn json(object: &Value) -> String {
    // Maps of strings always have a form.
    let text = serde_json::to_string_pretty(object).unwrap_or_default();
    text + "\n"
}

fn node(emitter: &mut Emitter, value: &Value) {
    match value {
        Value::Object(map) => {
            emitter.start_mapping(map.is_empty());
            for (key, value) in map {
                emitter.key(key);
                node(emitter, value);
            }
            emitter.end();
        }
        Value::Array(list) => {
            emitter.start_sequence(list.is_empty());
            for item in list {
                node(emitter, item);
            }
            emitter.end();
        }
        Value::String(text) => {
            emitter.string(text);
        }
        other => {
            emitter.plain(&other.to_string());
        }
    }
}
