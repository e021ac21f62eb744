//! Values as a host makes them: every part knows its source.

use plimsoll_gotmpl::{HostId, List, Map, Trace, Traced, Type, Value};
use serde_json::Value as Json;

/// The value of a JSON text; parts are numbered in the order in which they are met.
pub(crate) fn build(json: &Json, next: &mut u32) -> Traced {
    *next += 1;
    let id = HostId(*next);
    let trace = Trace::of(id);
    match json {
        Json::Null => Traced::new(Value::Nil, trace),
        Json::Bool(value) => Traced::new(*value, trace),
        Json::Number(number) => Traced::new(number.as_f64().unwrap_or_default(), trace),
        Json::String(text) => Traced::new(text.as_str(), trace),
        Json::Array(list) => {
            let items = list.iter().map(|item| build(item, next)).collect();
            List::new(Type::Any, items).with_shape(trace).into()
        }
        Json::Object(object) => {
            let map = Map::new().with_id(id).with_shape(trace);
            for (key, content) in object {
                map.insert(key.as_str(), build(content, next));
            }
            map.into()
        }
    }
}
