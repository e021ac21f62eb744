//! What client-go answered to tests/oracles/jsonpath/cases.json.

use serde::Deserialize;

use super::{EvaluationError, Template};
use crate::values::{Item, read_document};

#[derive(Deserialize)]
struct Cases {
    values: Vec<String>,
    cases: Vec<(usize, String)>,
}

#[derive(Deserialize)]
struct Answer {
    /// What was printed.
    o: Option<String>,
    /// Why the text is no template.
    p: Option<String>,
    /// Why it gives nothing; the words are ours.
    e: Option<String>,
}

fn values(text: &str) -> Item {
    read_document(text.as_bytes()).expect("YAML")
}

#[test]
fn answers_are_those_of_the_reference() {
    let cases = include_str!("../../../../tests/oracles/jsonpath/cases.json");
    let answers = include_str!("../../../../tests/oracles/jsonpath/answers.json");
    let cases: Cases = serde_json::from_str(cases).expect("cases");
    let answers: Vec<Answer> = serde_json::from_str(answers).expect("answers");
    assert_eq!(cases.cases.len(), answers.len());
    let documents: Vec<Item> = cases.values.iter().map(|text| values(text)).collect();
    for ((number, text), answer) in cases.cases.iter().zip(&answers) {
        let template = match Template::parse(text) {
            Ok(template) => template,
            Err(error) => {
                assert_eq!(Some(error.to_string()), answer.p, "{text}");
                continue;
            }
        };
        match template.print(&documents[*number].data) {
            Ok(printed) => {
                let printed = String::from_utf8_lossy(&printed).into_owned();
                assert_eq!(Some(printed), answer.o, "{text}");
            }
            Err(error) => assert!(answer.e.is_some(), "{text}: {error}"),
        }
    }
}

#[test]
fn what_a_template_costs_is_bounded() {
    let long = values(&format!("l: [{}]", "1,".repeat(2_000)));
    let refused = |text: &str| {
        let printed = Template::parse(text).expect(text).print(&long.data);
        printed.err() == Some(EvaluationError::TooMuch)
    };
    assert!(!refused("{.l[*]}{range .l[*]}{@}{end}"));
    assert!(refused(&format!("{{.l[{}*]}}", "*,".repeat(2_000))));
    for deep in [
        "[?(@.a".repeat(1_000),
        format!("{}{}", "[?(@".repeat(40), ")]".repeat(40)),
    ] {
        assert!(Template::parse(&format!("{{.l{deep}}}")).is_err());
    }
}
