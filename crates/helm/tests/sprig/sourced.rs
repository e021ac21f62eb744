//! Data of which every part has a source, and changes of it.

use plimsoll_gotmpl::{HostId, List, Map, Trace, Traced, Type};
use serde_json::Value as Json;

/// A part of the data.
pub(crate) struct Path {
    /// Keys from the root on.
    pub(crate) keys: Vec<String>,
    /// The last key, which templates that read it contain.
    pub(crate) name: String,
    pub(crate) id: HostId,
    /// The sources of its parts: naming any of them is as good.
    pub(crate) parts: Vec<HostId>,
    /// For an entry that is not there: from which map, and the key.
    pub(crate) added: Option<(HostId, Vec<u8>)>,
}

/// Gives numbers to parts in the order in which they are met.
#[derive(Default)]
struct Numbers(u32);

impl Numbers {
    fn next(&mut self) -> HostId {
        self.0 += 1;
        HostId(self.0)
    }
}

fn is_plain(json: &Json) -> bool {
    match json {
        Json::Object(object) => !object.keys().any(|key| key.starts_with('$')),
        _ => true,
    }
}

/// The data with sources.
pub(crate) fn sourced(json: &Json) -> Traced {
    build(json, &mut Numbers::default())
}

fn build(json: &Json, numbers: &mut Numbers) -> Traced {
    let id = numbers.next();
    let trace = Trace::of(id);
    match json {
        Json::Array(list) => {
            let items = list.iter().map(|item| build(item, numbers)).collect();
            let list = List::new(Type::Any, items).with_shape(trace);
            Traced::new(list, Trace::NONE)
        }
        Json::Object(object) if is_plain(json) => {
            let map = Map::new().with_id(id).with_shape(trace);
            for (key, content) in object {
                map.insert(key.as_str(), build(content, numbers));
            }
            Traced::new(map, Trace::NONE)
        }
        _ => Traced::new(super::data::build(json), trace),
    }
}

/// All parts, and some that are not there.
pub(crate) fn paths(json: &Json) -> Vec<Path> {
    let mut all = Vec::new();
    visit(json, &mut Vec::new(), &mut Numbers::default(), &mut all);
    all
}

fn visit(
    json: &Json,
    keys: &mut Vec<String>,
    numbers: &mut Numbers,
    all: &mut Vec<Path>,
) -> Vec<HostId> {
    let id = numbers.next();
    let mut parts = Vec::new();
    let mut added = Vec::new();
    match json {
        Json::Array(list) => {
            for (index, item) in list.iter().enumerate() {
                keys.push(index.to_string());
                parts.extend(visit(item, keys, numbers, all));
                keys.pop();
            }
        }
        Json::Object(object) if is_plain(json) => {
            for (key, content) in object {
                keys.push(key.clone());
                parts.extend(visit(content, keys, numbers, all));
                keys.pop();
            }
            added = vec!["nope", "new", "deeper"];
        }
        _ => {}
    }
    for key in added {
        if json.get(key).is_none() {
            all.push(Path {
                keys: keys.iter().cloned().chain([key.to_owned()]).collect(),
                name: key.to_owned(),
                id,
                parts: Vec::new(),
                added: Some((id, key.as_bytes().to_vec())),
            });
        }
    }
    all.push(Path {
        keys: keys.clone(),
        name: keys.last().cloned().unwrap_or_default(),
        id,
        parts: parts.clone(),
        added: None,
    });
    parts.push(id);
    parts
}

/// The data with other values at a path, of the same type where a type matters.
pub(crate) fn variants(json: &Json, path: &Path) -> Vec<Json> {
    let replaced = |value: Json| {
        let mut copy = json.clone();
        let mut at = &mut copy;
        for key in &path.keys {
            at = match key.parse::<usize>() {
                Ok(index) if at.is_array() => &mut at[index],
                _ => &mut at[key.as_str()],
            };
        }
        *at = value;
        copy
    };
    if path.keys.is_empty() {
        return Vec::new();
    }
    if path.added.is_some() {
        return vec![replaced("added".into()), replaced(true.into())];
    }
    let mut old = json;
    for key in &path.keys {
        old = match key.parse::<usize>() {
            Ok(index) if old.is_array() => &old[index],
            _ => &old[key.as_str()],
        };
    }
    let values: Vec<Json> = match old {
        Json::Null => vec!["x".into()],
        Json::Bool(flag) => vec![(!flag).into()],
        Json::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            vec![(number + 1.0).into(), 0.into()]
        }
        Json::String(_) => vec!["changed".into(), "".into()],
        // Without parts its own source is all that is left.
        Json::Array(list) if !list.is_empty() => vec![Json::Array(Vec::new())],
        Json::Array(_) => vec![serde_json::json!(["x"])],
        Json::Object(object) => match object.iter().next() {
            None => vec![serde_json::json!({"x": 1})],
            Some((key, Json::String(_))) if key == "$int" => {
                vec![
                    serde_json::json!({"$int": "12"}),
                    serde_json::json!({"$int": "0"}),
                ]
            }
            Some((key, Json::Array(list))) if key == "$strings" => {
                let shorter = &list[1..];
                vec![
                    serde_json::json!({"$strings": shorter}),
                    serde_json::json!({"$strings": []}),
                ]
            }
            Some((key, Json::Array(_))) if key == "$ints" => {
                vec![serde_json::json!({"$ints": [7]})]
            }
            Some((key, _)) if key.starts_with('$') => Vec::new(),
            _ => vec![serde_json::json!({})],
        },
    };
    values.into_iter().map(replaced).collect()
}
