//! The cases and answers as they are on disk.

use std::collections::BTreeMap;

use serde_json::Value as Json;

#[derive(Clone, PartialEq)]
pub(crate) enum Answer {
    Output(Vec<u8>),
    Error(String),
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Answer::Output(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => write!(f, "{text:?}"),
                Err(_) => write!(f, "bytes {bytes:?}"),
            },
            Answer::Error(text) => write!(f, "error {text:?}"),
        }
    }
}

impl Answer {
    fn read(json: &Json) -> Self {
        if let Some(text) = json["o"].as_str() {
            Answer::Output(text.into())
        } else if let Some(text) = json["b"].as_str() {
            Answer::Output(super::data::base64(text))
        } else {
            Answer::Error(json["e"].as_str().expect("an answer").to_owned())
        }
    }
}

pub(crate) struct Oracle {
    pub(crate) cases: Json,
    pub(crate) answers: Json,
}

/// A case with its placeholders replaced, and the answer that is expected.
pub(crate) struct Case {
    pub(crate) group: String,
    pub(crate) text: String,
    pub(crate) expected: Answer,
}

impl Oracle {
    pub(crate) fn read() -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracles/sprig/");
        let read = |name: &str| -> Json {
            let text = std::fs::read_to_string(format!("{folder}{name}")).expect("committed");
            serde_json::from_str(&text).expect("JSON")
        };
        Self {
            cases: read("cases.json"),
            answers: read("answers.json"),
        }
    }

    pub(crate) fn cases(&self) -> Vec<Case> {
        let mut all = Vec::new();
        for group in self.cases["groups"].as_array().expect("groups") {
            let name = group["name"].as_str().expect("a name");
            let cases = group["cases"].as_array().expect("cases");
            let texts = cases.iter().flat_map(|case| self.expand(case));
            let mut answers = self.answers[name].as_array().expect("answers").iter();
            for text in texts {
                all.push(Case {
                    group: name.to_owned(),
                    text,
                    expected: Answer::read(answers.next().expect("an answer for each case")),
                });
            }
            assert!(answers.next().is_none(), "a case for each answer of {name}");
        }
        all
    }

    /// Replaces the placeholders in all combinations.
    fn expand(&self, case: &Json) -> Vec<String> {
        let text = case["t"].as_str().expect("a text");
        let mut texts = vec![text.to_owned()];
        let none = serde_json::Map::new();
        let with: BTreeMap<_, _> = case["with"].as_object().unwrap_or(&none).iter().collect();
        for (name, alternatives) in with {
            let place = format!("@{name}@");
            let mut values = Vec::new();
            for one in alternatives.as_array().expect("alternatives") {
                let one = one.as_str().expect("a text");
                match one.strip_prefix('@') {
                    Some(pool) => {
                        let pool = self.cases["pools"][pool].as_array().expect("a pool");
                        values.extend(pool.iter().map(|value| value.as_str().expect("a text")));
                    }
                    None => values.push(one),
                }
            }
            texts = texts
                .iter()
                .flat_map(|text| values.iter().map(|value| text.replace(&place, value)))
                .collect();
        }
        texts
    }
}
