//! What fromYaml, fromJson, fromToml and their kin make of texts, compared with the recorded
//! answers of the libraries that Helm uses (`tests/oracles/decoding`), errors included: every
//! case must agree, with and without traces.

#[path = "decode/change.rs"]
mod change;
#[path = "emit/render.rs"]
mod render;

use std::collections::BTreeMap;

use change::Format;
use plimsoll_gotmpl::Value;
use render::Renderer;

const CASES: &str = include_str!("../../../tests/oracles/decoding/cases.json");
const ANSWERS: &str = include_str!("../../../tests/oracles/decoding/answers.json");

#[derive(serde::Deserialize)]
struct Answers {
    texts: Vec<Vec<String>>,
    made: Vec<String>,
}

/// FNV-1a, folded to 32 bits.
fn hash(bytes: &[u8]) -> String {
    let sum = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{:08x}", sum as u32 ^ (sum >> 32) as u32)
}

/// What the function gives, as JSON, or its error.
fn ask(renderer: &Renderer, function: &str, text: &[u8]) -> Vec<u8> {
    match renderer.call(
        &format!("{function} | mustToJson"),
        Value::from(text.to_vec()),
    ) {
        Ok(json) => json,
        Err(error) => {
            let (_, error) = error.split_once("error calling ").expect("of a call");
            let (_, error) = error.split_once(": ").expect("a text");
            error.as_bytes().to_vec()
        }
    }
}

fn agree(format: &str, functions: &[&str]) {
    let cases: BTreeMap<String, Format> = serde_json::from_str(CASES).expect("cases");
    let answers: BTreeMap<String, Answers> = serde_json::from_str(ANSWERS).expect("answers");
    let (cases, answers) = (&cases[format], &answers[format]);
    let renderers = [Renderer::new(false), Renderer::new(true)];
    let mut wrong = Vec::new();
    for (text, wanted) in cases.texts().iter().zip(&answers.texts) {
        for (function, wanted) in functions.iter().zip(wanted) {
            for renderer in &renderers {
                let given = ask(renderer, function, text);
                if given != wanted.as_bytes() {
                    let given = String::from_utf8_lossy(&given);
                    let text = String::from_utf8_lossy(text);
                    wrong.push(format!(
                        "{function} of {text:?}:\n  {given}\nand not\n  {wanted}"
                    ));
                }
            }
        }
    }
    assert_eq!(answers.made.len(), cases.count);
    for (number, answer) in answers.made.iter().enumerate() {
        let text = cases.changed(number as u64);
        for (n, function) in functions.iter().enumerate() {
            let wanted = &answer[n * 8..n * 8 + 8];
            let renderer = &renderers[number % 2];
            let given = ask(renderer, function, &text);
            if wanted != "--------" && hash(&given) != wanted {
                let given = String::from_utf8_lossy(&given);
                let text = String::from_utf8_lossy(&text);
                wrong.push(format!("case {number}, {function} of {text:?}:\n  {given}"));
            }
        }
    }
    let shown: Vec<String> = wrong.iter().take(30).cloned().collect();
    assert!(
        wrong.is_empty(),
        "{} answers differ\n{}",
        wrong.len(),
        shown.join("\n")
    );
}

#[test]
fn yaml_is_read_as_by_the_reference() {
    agree("yaml", &["fromYaml", "fromYamlArray"]);
}

#[test]
fn json_is_read_as_by_the_reference() {
    agree("json", &["fromJson", "fromJsonArray", "mustFromJson"]);
}

#[test]
fn toml_is_read_as_by_the_reference() {
    agree("toml", &["fromToml"]);
}
