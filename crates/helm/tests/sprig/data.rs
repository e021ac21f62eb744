//! Values as the descriptions of the cases say.

use std::sync::Arc;

use plimsoll_gotmpl::value::{IntType, UintType};
use plimsoll_gotmpl::{Class, List, Map, Str, Traced, Type, Value};
use serde_json::Value as Json;

/// The value that a description stands for.
pub(crate) fn build(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Float(number.as_f64().expect("a float")),
        Json::String(text) => text.as_str().into(),
        Json::Array(list) => Value::list(list.iter().map(|item| build(item).into()).collect()),
        Json::Object(object) => {
            let mut entries = object.iter();
            if let (Some((key, content)), None) = (entries.next(), entries.next())
                && key.starts_with('$')
            {
                return special(key, content);
            }
            entries_into(Map::new(), json).into()
        }
    }
}

fn entries_into(map: Map, json: &Json) -> Map {
    for (key, content) in json.as_object().expect("an object") {
        map.insert(key.as_str(), build(content));
    }
    map
}

fn text(json: &Json) -> &str {
    json.as_str().expect("a text")
}

fn special(key: &str, content: &Json) -> Value {
    let number = || text(content).parse().expect("a number");
    let unsigned = || text(content).parse().expect("a number");
    let list = || content.as_array().expect("a list");
    let int = |json: &Json| json.as_f64().expect("a number") as i64;
    match key {
        "$int" => Value::int(number()),
        "$int32" => Value::Int(number(), IntType::Int32),
        "$int64" => Value::int64(number()),
        "$uint8" => Value::Uint(unsigned(), UintType::Uint8),
        "$uint64" => Value::Uint(unsigned(), UintType::Uint64),
        "$float" => Value::Float(match text(content) {
            "NaN" => f64::NAN,
            "+Inf" => f64::INFINITY,
            "-Inf" => f64::NEG_INFINITY,
            _ => -0.0,
        }),
        "$duration" => Value::Duration(number()),
        "$time" => {
            let nanoseconds: i64 = text(&list()[0]).parse().expect("a number");
            plimsoll_helm::functions::time(nanoseconds, text(&list()[1])).expect("a zone")
        }
        "$bytes" => Value::Bytes(Str::new(base64(text(content)))),
        "$raw" => Value::Str(Str::new(base64(text(content)))),
        "$strings" => {
            let texts = list().iter().map(|item| text(item).into());
            Value::strings(texts.collect())
        }
        "$ints" => {
            let ints = list().iter().map(|item| Value::int(int(item)).into());
            List::new(Type::INT, ints.collect()).into()
        }
        "$stringmap" => entries_into(Map::typed(Type::String), content).into(),
        "$nil" => match text(content) {
            "map" => Map::nil(Type::Any).into(),
            "list" => List::nil(Type::Any).into(),
            _ => List::nil(Type::String).into(),
        },
        "$capacity" => {
            let items = list()[0].as_array().expect("a list");
            let items: Vec<Traced> = items.iter().map(|item| build(item).into()).collect();
            let len = int(&list()[1]) as usize;
            List::with_capacity(Type::Any, items, len).into()
        }
        "$values" => {
            let class = Arc::new(Class::new("main.Values"));
            entries_into(Map::classed(Type::Any, class), content).into()
        }
        _ => panic!("unknown type {key}"),
    }
}

pub(crate) fn base64(text: &str) -> Vec<u8> {
    let mut bits = 0_u32;
    let mut count = 0;
    let mut out = Vec::new();
    for byte in text.bytes().filter(|&byte| byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}
