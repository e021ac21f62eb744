//! Checks of values against the library's answers in `tests/oracles/schema`.

use std::fmt::Write as _;

use plimsoll_helm::schema::{CompileError, Resolve, Schema};
use plimsoll_helm::values::{Data, Item, SourceFile, Sources, read_values};
use serde_json::Value;

fn read(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracles/schema/");
    let text = std::fs::read_to_string(format!("{folder}{name}")).expect("committed");
    serde_json::from_str(&text).expect("JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn item(json: &Value) -> Item {
    let data = match json {
        Value::Null => Data::Null,
        Value::Bool(value) => Data::Bool(*value),
        Value::Number(number) => Data::Float(number.as_f64().expect("a float")),
        Value::String(text) => Data::str(text),
        Value::Array(items) => Data::List(items.iter().map(item).collect::<Vec<_>>().into()),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| (key.as_str().into(), item(value)));
            Data::Map(entries.collect::<std::collections::BTreeMap<_, _>>().into())
        }
    };
    data.into()
}

/// The library prints what it finds in maps in any order.
fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[test]
fn values_break_schemas_as_the_library_says() {
    let (cases, answers) = (read("cases.json"), read("answers.json"));
    let mut wrong = Vec::new();
    let mut asked = 0;
    assert_eq!(list(&cases).len(), list(&answers).len());
    for (case, answer) in list(&cases).iter().zip(list(&answers)) {
        let (schema, answer) = (text(&case["schema"]), list(answer));
        let schema_text = schema;
        let schema = match Schema::compile(schema.as_bytes(), None) {
            Err(error) => {
                let ours = format!("!{error}");
                let theirs = answer.first().map_or("nothing", |answer| text(answer));
                if ours != theirs {
                    wrong.push(format!("{schema_text}\n  theirs: {theirs}\n  ours: {ours}"));
                }
                continue;
            }
            Ok(schema) => schema,
        };
        for (values, theirs) in list(&case["values"]).iter().zip(answer) {
            asked += 1;
            let parsed = item(&serde_json::from_str(text(values)).expect("JSON"));
            let ours = schema.validate(&parsed).err();
            let ours = ours.map_or_else(String::new, |violations| sorted(&violations.to_string()));
            let theirs = text(theirs);
            if ours != theirs {
                wrong.push(format!(
                    "{schema_text}\n{}\n  theirs: {theirs}\n  ours: {ours}",
                    text(values)
                ));
            }
        }
    }
    assert!(asked > 500);
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn violations_name_the_value_and_the_schema() {
    let schema = br#"{"properties": {"a": {"properties": {"b": {"type": "integer"}}}}}"#;
    let schema_text = std::str::from_utf8(schema).expect("UTF-8");
    let schema = Schema::compile(schema, None).expect("sound");
    let mut sources = Sources::default();
    let file = SourceFile {
        name: "values.yaml".into(),
        text: "".into(),
        below: [].into(),
    };
    let values = "a:\n  b: seven\n";
    let item = read_values(file, values.as_bytes(), &mut sources).expect("YAML");
    let violations = schema.validate(&item).expect_err("a text");
    let leaf = violations.violations[0].leaves()[0];
    let place = sources.get(leaf.source).expect("a place");
    assert_eq!(place.range.of(values), "seven");
    assert_eq!(sources.path(leaf.source), "a.b");
    assert_eq!(
        leaf.schema.expect("here").of(schema_text),
        r#"{"type": "integer"}"#
    );
}

#[test]
fn other_documents_are_asked_for_and_refused_without_an_answer() {
    struct Shelf;
    impl Resolve for Shelf {
        fn load(&self, url: &str) -> Result<Vec<u8>, String> {
            match url {
                "https://x.example/defs.json" => {
                    Ok(br#"{"definitions": {"a": {"type": "string"}}}"#.to_vec())
                }
                _ => Err("not here".to_owned()),
            }
        }
    }
    let schema = |file: &str| {
        format!("{{\"$ref\": \"https://x.example/{file}#/definitions/a\"}}").into_bytes()
    };
    let error = Schema::compile(&schema("defs.json"), None).expect_err("nobody to ask");
    assert!(
        matches!(&error, CompileError::Load { url, .. } if url == "https://x.example/defs.json")
    );
    let error = Schema::compile(&schema("other.json"), Some(&Shelf)).expect_err("not there");
    assert_eq!(
        error.to_string(),
        "failing loading \"https://x.example/other.json\": not here"
    );
    let found = Schema::compile(&schema("defs.json"), Some(&Shelf)).expect("there");
    let violations = found
        .validate(&Data::Bool(true).into())
        .expect_err("no text");
    assert_eq!(
        violations.without_headline(),
        "- at '': got boolean, want string"
    );
    assert!(Schema::compile(br#"{"$ref": "urn:some:thing"}"#, None).is_ok());
}

/// The lines are those of helm 4.3.1.
#[test]
fn what_is_no_type_is_told_as_far_down_as_the_library_tells_it() {
    const ONE_OF: &str =
        "value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'";
    for (types, lines) in [
        (r#""foo""#, &["- at '/type': got string, want array"][..]),
        ("3", &["- at '/type': got number, want array"]),
        ("[]", &["- at '/type': minItems: got 0, want 1"]),
        (
            r#"["string", "string"]"#,
            &["- at '/type': items at 0 and 1 are equal"],
        ),
        (r#"["string", 3]"#, &["- at '/type/1': ONE_OF"]),
        (
            r#"["foo", "foo", 3]"#,
            &[
                "- at '/type': validation failed",
                "  - at '/type': items at 0 and 1 are equal",
                "  - at '/type/0': ONE_OF",
                "  - at '/type/1': ONE_OF",
                "  - at '/type/2': ONE_OF",
            ],
        ),
    ] {
        let schema = format!("{{\"type\": {types}}}");
        let error = Schema::compile(schema.as_bytes(), None).expect_err("no type");
        let mut wanted = String::from(
            "- at '': 'allOf' failed\n  - at '/type': 'anyOf' failed\n    - at '/type': ONE_OF",
        );
        for line in lines {
            let _ = write!(wanted, "\n    {line}");
        }
        let error = error.to_string();
        let (_, found) = error.split_once('\n').expect("lines");
        assert_eq!(found, wanted.replace("ONE_OF", ONE_OF), "{types}");
    }
}

#[test]
fn hostile_schemas_end() {
    let deep = format!("{}true{}", "{\"not\":".repeat(5_000), "}".repeat(5_000));
    assert!(Schema::compile(deep.as_bytes(), None).is_err());
    let mut doubling = String::from("{\"$ref\": \"#/$defs/d0\", \"$defs\": {");
    for level in 0..40 {
        let next = level + 1;
        let text = format!(
            "\"d{level}\": {{\"allOf\": [{{\"$ref\": \"#/$defs/d{next}\"}}, {{\"$ref\": \"#/$defs/d{next}\"}}]}},"
        );
        doubling.push_str(&text);
    }
    doubling.push_str("\"d40\": {\"type\": \"boolean\"}}}");
    let schema = Schema::compile(doubling.as_bytes(), None).expect("sound");
    assert!(schema.validate(&Data::Bool(true).into()).is_err());
    let recursive =
        Schema::compile(br##"{"additionalProperties": {"$ref": "#"}}"##, None).expect("sound");
    let mut item: Item = Data::map().into();
    for _ in 0..900 {
        let entries = std::collections::BTreeMap::from([("a".into(), item)]);
        item = Data::Map(entries.into()).into();
    }
    assert!(recursive.validate(&item).is_err());
}
