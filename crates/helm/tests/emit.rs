//! What toYaml, toYamlPretty, toJson, toPrettyJson, toRawJson and toToml write, compared with the recorded answers
//! of the libraries that Helm uses (`tests/oracles/yamlemit`): every case must agree, byte for
//! byte, with and without traces.

#[path = "emit/generate.rs"]
mod generate;
#[path = "emit/render.rs"]
mod render;

use generate::{Generator, Input};
use plimsoll_gotmpl::{Map, Traced, Value};
use render::Renderer;

const CASES: &str = include_str!("../../../tests/oracles/yamlemit/cases.json");
const ANSWERS: &str = include_str!("../../../tests/oracles/yamlemit/answers.json");

const FUNCTIONS: [&str; 6] = [
    "toYaml",
    "toYamlPretty",
    "toJson",
    "toPrettyJson",
    "toRawJson",
    "toToml",
];

#[derive(serde::Deserialize)]
struct Answers {
    cases: Vec<String>,
    fixed: Vec<Texts>,
}

#[derive(serde::Deserialize)]
struct Texts {
    yaml: String,
    pretty: String,
    json: String,
    toml: String,
}

/// FNV-1a, folded to 32 bits.
fn hash(bytes: &[u8]) -> String {
    let sum = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{:08x}", sum as u32 ^ (sum >> 32) as u32)
}

fn agree(tracing: bool) {
    let input: Input = serde_json::from_str(CASES).expect("cases");
    let answers: Answers = serde_json::from_str(ANSWERS).expect("answers");
    assert!(answers.cases.len() >= 20_000);
    assert_eq!(answers.cases.len(), input.count);
    let renderer = Renderer::new(tracing);
    let mut wrong = Vec::new();
    for (number, answer) in answers.cases.iter().enumerate() {
        let value = Generator::new(number as u64, &input).value(0);
        for (n, function) in FUNCTIONS.iter().enumerate() {
            let wanted = &answer[n * 8..n * 8 + 8];
            let written = match renderer.call(function, value.clone()) {
                Ok(written) => written,
                Err(error) => {
                    let (_, text) = error
                        .split_once(&format!("{function}: "))
                        .expect("of the call");
                    text.as_bytes().to_vec()
                }
            };
            if wanted != "--------" && hash(&written) != wanted {
                let text = String::from_utf8_lossy(&written).into_owned();
                wrong.push(format!("case {number}, {function}:\n{text}"));
            }
        }
    }
    let shown: Vec<String> = wrong.iter().take(20).cloned().collect();
    assert!(
        wrong.is_empty(),
        "{} answers differ\n{}",
        wrong.len(),
        shown.join("\n-----\n")
    );
}

#[test]
fn generated_values_are_written_as_by_the_reference() {
    agree(false);
}

#[test]
fn tracing_changes_nothing() {
    agree(true);
}

#[test]
fn fixed_values_are_written_as_by_the_reference() {
    let input: Input = serde_json::from_str(CASES).expect("cases");
    let answers: Answers = serde_json::from_str(ANSWERS).expect("answers");
    let renderer = Renderer::new(true);
    assert_eq!(input.fixed.len(), answers.fixed.len());
    for (json, texts) in input.fixed.iter().zip(&answers.fixed) {
        let value = from_json(json);
        let text = |function| {
            let written = renderer.call(function, value.clone()).unwrap();
            String::from_utf8(written).unwrap()
        };
        assert_eq!(text("toYaml"), texts.yaml, "{json}");
        assert_eq!(text("toYamlPretty"), texts.pretty, "{json}");
        assert_eq!(text("toJson"), texts.json, "{json}");
        if !json.is_null() {
            assert_eq!(text("toToml"), texts.toml, "{json}");
        }
    }
}

/// A value as encoding/json decodes it.
fn from_json(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Float(number.as_f64().expect("a number")),
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => {
            Value::list(items.iter().map(|item| from_json(item).into()).collect())
        }
        serde_json::Value::Object(entries) => {
            let map = Map::new();
            for (key, entry) in entries {
                map.insert(key.as_str(), Traced::from(from_json(entry)));
            }
            map.into()
        }
    }
}
