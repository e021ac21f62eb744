//! The cases and answers as they are on disk.

use std::collections::BTreeMap;

use serde_json::Value;

/// A case, its placeholders replaced.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) text: String,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) run: String,
    pub(crate) data: String,
    pub(crate) missing: String,
    pub(crate) delims: Vec<String>,
}

#[derive(Clone, PartialEq)]
pub(crate) enum Answer {
    Output(String),
    Bytes(Vec<u8>),
    Error(String),
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Answer::Output(text) => write!(f, "{text:?}"),
            Answer::Bytes(bytes) => write!(f, "bytes {:?}", String::from_utf8_lossy(bytes)),
            Answer::Error(text) => write!(f, "error {text:?}"),
        }
    }
}

impl Answer {
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Answer::Output(text),
            Err(error) => Answer::Bytes(error.into_bytes()),
        }
    }

    fn read(json: &Value) -> Self {
        if let Some(text) = json["o"].as_str() {
            Answer::Output(text.to_owned())
        } else if let Some(text) = json["b"].as_str() {
            Answer::Bytes(crate::data::base64(text))
        } else {
            Answer::Error(json["e"].as_str().expect("an answer").to_owned())
        }
    }

    /// With addresses replaced, as the oracle does: no two runs have them in common.
    pub(crate) fn masked(self) -> Self {
        match self {
            Answer::Output(text) => Answer::of(mask(text.as_bytes())),
            Answer::Bytes(bytes) => Answer::of(mask(&bytes)),
            Answer::Error(text) => match Answer::of(mask(text.as_bytes())) {
                Answer::Output(text) => Answer::Error(text),
                other => other,
            },
        }
    }
}

/// Replaces `0x` and 6 to 12 hexadecimal digits before the end of a word.
fn mask(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        if text[at] == b'0'
            && text
                .get(at + 1)
                .is_some_and(|b| b.eq_ignore_ascii_case(&b'x'))
        {
            let digits = text[at + 2..]
                .iter()
                .take_while(|b| b.is_ascii_hexdigit())
                .count();
            let after = text.get(at + 2 + digits);
            let ends = after.is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'_');
            if (6..=12).contains(&digits) && ends {
                out.extend_from_slice(b"0xADDRESS");
                at += 2 + digits;
                continue;
            }
        }
        out.push(text[at]);
        at += 1;
    }
    out
}

pub(crate) struct Oracle {
    pub(crate) data: BTreeMap<String, Value>,
    groups: Vec<Value>,
    answers: Value,
}

impl Oracle {
    pub(crate) fn read() -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracles/gotmpl/");
        let read = |name: &str| -> Value {
            let text = std::fs::read_to_string(format!("{folder}{name}")).expect("committed");
            serde_json::from_str(&text).expect("JSON")
        };
        let cases = read("cases.json");
        let data = cases["data"].as_object().expect("data").clone();
        Self {
            data: data.into_iter().collect(),
            groups: cases["groups"].as_array().expect("groups").clone(),
            answers: read("answers.json"),
        }
    }

    /// Every case with its group and answer; those made at random last.
    pub(crate) fn cases(&self) -> Vec<(String, Case, Answer)> {
        let mut all = Vec::new();
        for (group, answers) in self.groups.iter().zip(list(&self.answers["groups"])) {
            let mut answers = list(answers).iter();
            let name = group["name"].as_str().expect("a name");
            for case in list(&group["cases"]) {
                for case in expand(case) {
                    let answer = Answer::read(answers.next().expect("as many answers as cases"));
                    all.push((name.to_owned(), case, answer));
                }
            }
            assert!(
                answers.next().is_none(),
                "more answers than cases in {name}"
            );
        }
        let helpers = "{{ define \"helper\" }}<{{ . }}>{{ end }}\n{{- if . }}a: {{ include \"helper\" \"x\" }}{{ end -}}\n";
        for generated in list(&self.answers["generated"]) {
            let mut case = expand(generated).remove(0);
            case.files.insert("a.tpl".into(), helpers.into());
            all.push(("generated".into(), case, Answer::read(generated)));
        }
        all
    }
}

fn list(json: &Value) -> &Vec<Value> {
    json.as_array().expect("a list")
}

fn expand(json: &Value) -> Vec<Case> {
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    let files = json["files"].as_object().cloned().unwrap_or_default();
    let texts = |list: &Value| -> Vec<String> {
        let list = list.as_array().cloned().unwrap_or_default();
        let text = |text: Value| text.as_str().expect("a text").to_owned();
        list.into_iter().map(text).collect()
    };
    let case = Case {
        text: text("t"),
        files: files
            .into_iter()
            .map(|(name, text)| (name, text.as_str().expect("a text").to_owned()))
            .collect(),
        run: text("run"),
        data: text("d"),
        missing: text("k"),
        delims: texts(&json["l"]),
    };
    let mut cases = vec![case];
    let with: BTreeMap<String, Value> = json["with"]
        .as_object()
        .cloned()
        .unwrap_or_default()
        .into_iter()
        .collect();
    for (name, alternatives) in with {
        let place = format!("@{name}@");
        let mut next = Vec::new();
        for case in cases {
            for alternative in texts(&alternatives) {
                let mut case = case.clone();
                case.text = case.text.replace(&place, &alternative);
                case.data = case.data.replace(&place, &alternative);
                case.missing = case.missing.replace(&place, &alternative);
                for text in case.files.values_mut() {
                    *text = text.replace(&place, &alternative);
                }
                next.push(case);
            }
        }
        cases = next;
    }
    for case in &mut cases {
        if case.run.is_empty() {
            case.run = "main.tpl".into();
        }
        if case.data.is_empty() {
            case.data = "main".into();
        }
    }
    cases
}
