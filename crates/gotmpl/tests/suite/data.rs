//! Values as the descriptions of the cases say, and the types of the oracle's own.

use std::any::Any;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use plimsoll_gotmpl::value::{FuncValue, IntType, UintType};
use plimsoll_gotmpl::{
    Arguments, CallError, Class, Function, List, Map, Object, Reply, Signature, Str, Trace, Traced,
    Type, Value,
};
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

fn texts(json: &Json) -> Vec<Traced> {
    let list = json.as_array().expect("a list");
    list.iter().map(|item| text(item).into()).collect()
}

fn special(key: &str, content: &Json) -> Value {
    let number = || text(content).parse().expect("a number");
    let unsigned = || text(content).parse().expect("a number");
    let list = || content.as_array().expect("a list");
    let int = |json: &Json| json.as_f64().expect("a number") as i64;
    match key {
        "$int" => Value::Int(number(), IntType::Int),
        "$int8" => Value::Int(number(), IntType::Int8),
        "$int16" => Value::Int(number(), IntType::Int16),
        "$int32" => Value::Int(number(), IntType::Int32),
        "$int64" => Value::Int(number(), IntType::Int64),
        "$uint" => Value::Uint(unsigned(), UintType::Uint),
        "$uint8" => Value::Uint(unsigned(), UintType::Uint8),
        "$uint16" => Value::Uint(unsigned(), UintType::Uint16),
        "$uint32" => Value::Uint(unsigned(), UintType::Uint32),
        "$uint64" => Value::Uint(unsigned(), UintType::Uint64),
        "$float" => Value::Float(match text(content) {
            "NaN" => f64::NAN,
            "+Inf" => f64::INFINITY,
            "-Inf" => f64::NEG_INFINITY,
            _ => -0.0,
        }),
        "$complex" => {
            let part = |n: usize| list()[n].as_f64().expect("a float");
            Value::Complex(Rc::new((part(0), part(1))))
        }
        "$duration" => Value::Duration(number()),
        "$bytes" => Value::Bytes(Str::new(base64(text(content)))),
        "$raw" => Value::Str(Str::new(base64(text(content)))),
        "$strings" => Value::strings(texts(content)),
        "$ints" => {
            let ints = list().iter().map(|item| Value::int(int(item)).into());
            List::new(Type::INT, ints.collect()).into()
        }
        "$maps" => {
            let maps = list()
                .iter()
                .map(|item| entries_into(Map::new(), item).into());
            List::new(Type::any_map(), maps.collect()).into()
        }
        "$stringmap" => entries_into(Map::typed(Type::String), content).into(),
        "$intmap" => {
            let map = Map::typed(Type::INT);
            for (key, item) in content.as_object().expect("an object") {
                map.insert(key.as_str(), Value::int(int(item)));
            }
            map.into()
        }
        "$nil" => match text(content) {
            "map" => Map::nil(Type::Any).into(),
            "stringmap" => Map::nil(Type::String).into(),
            "list" => List::nil(Type::Any).into(),
            _ => List::nil(Type::String).into(),
        },
        "$capacity" => {
            let items = list()[0].as_array().expect("a list");
            let items: Vec<Traced> = items.iter().map(|item| build(item).into()).collect();
            let len = int(&list()[1]) as usize;
            List::with_capacity(Type::Any, items, len).into()
        }
        "$values" => entries_into(Map::classed(Type::Any, values_class()), content).into(),
        "$names" => List::new(Type::String, texts(content))
            .with_class(names_class())
            .into(),
        "$thing" => Value::object(Thing::read(content)),
        "$version" => {
            let part = |n: usize| text(&list()[n]).to_owned();
            Value::object(Version(part(0), part(1)))
        }
        "$func" => function_value(text(content)),
        _ => panic!("unknown type {key}"),
    }
}

fn values_class() -> Arc<Class> {
    let class = Class::new("main.Values")
        .method("Keys", Signature::new([]), |call, _| {
            let receiver = call.receiver();
            let map = std::slice::from_ref(&receiver).map(0)?.len();
            Ok(Value::int(map as i64).into())
        })
        .method("Path", Signature::new([Type::String]), |call, arguments| {
            let receiver = call.receiver();
            let key = arguments.str(0)?;
            match call.get(&receiver, key.bytes()) {
                Some(entry) => Ok(entry.into()),
                None => Err(format!("{:?} is not a value", key.text()).into()),
            }
        });
    Arc::new(class)
}

fn names_class() -> Arc<Class> {
    let class = Class::new("main.Names").method(
        "Has",
        Signature::new([Type::String]),
        |call, arguments| {
            let name = arguments.str(0)?.clone();
            let receiver = call.receiver();
            let list = std::slice::from_ref(&receiver).list(0)?.clone();
            let has = |item: &Traced| matches!(&item.value, Value::Str(text) if *text == name);
            Ok(list.items().iter().any(has).into())
        },
    );
    Arc::new(class)
}

/// The struct with fields and methods.
#[derive(Clone)]
pub(crate) struct Thing {
    pub(crate) name: String,
    pub(crate) count: i64,
    pub(crate) tags: Option<Vec<Traced>>,
    pub(crate) any: Value,
    pub(crate) inner: Option<Rc<Thing>>,
}

impl Thing {
    fn read(json: &Json) -> Self {
        Self {
            name: text(&json["name"]).to_owned(),
            count: json["count"].as_f64().expect("a number") as i64,
            tags: json.get("tags").map(texts),
            any: build(&json["any"]),
            inner: json.get("inner").map(|inner| Rc::new(Self::read(inner))),
        }
    }
}

/// A nil pointer to a thing.
struct NoThing;

impl Object for NoThing {
    fn type_name(&self) -> &'static str {
        "*main.Thing"
    }

    fn field(&self, _: &str) -> Option<Traced> {
        None
    }

    fn class(&self) -> Option<&Class> {
        static CLASS: OnceLock<Class> = OnceLock::new();
        Some(CLASS.get_or_init(|| {
            Class::new("main.Thing").method("Hello", Signature::new([]), |_, _| {
                Err("runtime error: invalid memory address or nil pointer dereference".into())
            })
        }))
    }

    fn is_nil(&self) -> bool {
        true
    }

    fn has_field(&self, name: &str) -> bool {
        ["Name", "Count", "Tags", "Any", "Inner"].contains(&name)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for Thing {
    fn type_name(&self) -> &'static str {
        "*main.Thing"
    }

    fn field(&self, name: &str) -> Option<Traced> {
        let fields = self.fields();
        let found = fields.into_iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    fn fields(&self) -> Vec<(String, Traced)> {
        let inner = match &self.inner {
            Some(inner) => Value::object((**inner).clone()),
            None => Value::object(NoThing),
        };
        let tags = match &self.tags {
            Some(tags) => Value::strings(tags.clone()),
            None => List::nil(Type::String).into(),
        };
        vec![
            ("Name".into(), self.name.as_str().into()),
            ("Count".into(), Value::int(self.count).into()),
            ("Tags".into(), tags.into()),
            (
                "Any".into(),
                Traced::in_interface(self.any.clone(), Trace::NONE),
            ),
            ("Inner".into(), inner.into()),
        ]
    }

    fn class(&self) -> Option<&Class> {
        static CLASS: OnceLock<Class> = OnceLock::new();
        Some(CLASS.get_or_init(thing_class))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        // The cases compare a thing only with itself.
        other.as_any().is::<Thing>()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn own(call: &plimsoll_gotmpl::Call<'_>) -> Thing {
    match call.receiver().value {
        Value::Object(object) => object
            .as_any()
            .downcast_ref::<Thing>()
            .expect("a thing")
            .clone(),
        _ => panic!("no thing"),
    }
}

fn thing_class() -> Class {
    Class::new("main.Thing")
        .method("Hello", Signature::new([]), |call, _| {
            Ok(format!("hello {}", own(call).name).into())
        })
        .method(
            "Greet",
            Signature::new([Type::String]),
            |call, arguments| {
                let who = arguments.str(0)?.text().into_owned();
                Ok(format!("{} greets {who}", own(call).name).into())
            },
        )
        .method(
            "Add",
            Signature::variadic([Type::INT], Type::INT),
            |_, arguments| Ok(Value::int(sum(arguments)?).into()),
        )
        .method("Fail", Signature::new([Type::String]), |_, arguments| {
            Err(format!("thing failed: {}", arguments.str(0)?.text()).into())
        })
        .method("Nothing", Signature::new([]), |_, _| Ok(Value::Nil.into()))
        .method("Ratio", Signature::new([Type::Float64]), |_, arguments| {
            Ok((arguments.float(0)? / 2.0).into())
        })
}

pub(crate) fn sum(arguments: &[Traced]) -> Result<i64, CallError> {
    (0..arguments.len()).try_fold(0_i64, |total, index| {
        Ok(arguments.int(index)?.wrapping_add(total))
    })
}

/// The struct that prints itself.
struct Version(String, String);

impl Object for Version {
    fn type_name(&self) -> &'static str {
        "main.Version"
    }

    fn field(&self, name: &str) -> Option<Traced> {
        match name {
            "Major" => Some(self.0.as_str().into()),
            "Minor" => Some(self.1.as_str().into()),
            _ => None,
        }
    }

    fn fields(&self) -> Vec<(String, Traced)> {
        vec![
            ("Major".into(), self.0.as_str().into()),
            ("Minor".into(), self.1.as_str().into()),
        ]
    }

    fn class(&self) -> Option<&Class> {
        static CLASS: OnceLock<Class> = OnceLock::new();
        Some(CLASS.get_or_init(|| {
            Class::new("main.Version").method("String", Signature::new([]), |call, _| {
                match call.receiver().value {
                    Value::Object(object) => Ok(object.text().expect("a text").into()),
                    _ => Err("no version".into()),
                }
            })
        }))
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(format!("v{}.{}", self.0, self.1).into_bytes())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        let other = other.as_any().downcast_ref::<Version>();
        other.is_some_and(|other| self.0 == other.0 && self.1 == other.1)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn function_value(name: &str) -> Value {
    let (type_name, function) = match name {
        "add" => (
            "func(int, int) int",
            Function::new(Signature::new([Type::INT, Type::INT]), |_, arguments| {
                Ok(Value::int(sum(arguments)?).into())
            }),
        ),
        "concat" => (
            "func(string, ...string) string",
            Function::new(
                Signature::variadic([Type::String], Type::String),
                |_, arguments| {
                    let mut all = Vec::new();
                    for index in 0..arguments.len() {
                        all.extend_from_slice(arguments.str(index)?.bytes());
                    }
                    Ok(all.into())
                },
            ),
        ),
        "fails" => (
            "func() (string, error)",
            Function::new(Signature::new([]), |_, _| Err("it fails".into())),
        ),
        "wide" => (
            "func(int64) int64",
            Function::new(Signature::new([Type::INT64]), |_, arguments| {
                Ok(Reply::Traced(arguments.at(0)?.clone()))
            }),
        ),
        _ => panic!("unknown function {name}"),
    };
    Value::Func(Rc::new(FuncValue {
        type_name: type_name.into(),
        function: Arc::new(function),
    }))
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
