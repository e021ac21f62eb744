//! The answers of sprig's functions, recorded by `tests/oracles/sprig`: every case must agree,
//! byte for byte.

#[path = "sprig/cases.rs"]
mod cases;
#[path = "sprig/data.rs"]
mod data;
#[path = "sprig/session.rs"]
mod session;

use cases::{Answer, Oracle};
use plimsoll_gotmpl::Traced;

fn ask(text: &str, data: plimsoll_gotmpl::Value, tracing: bool) -> Answer {
    let mut session = match session::session(text, tracing) {
        Ok(session) => session,
        Err(error) => return Answer::Error(error),
    };
    match session.render("main.tpl", Traced::from(data)) {
        Ok(output) => Answer::Output(output.bytes().to_vec()),
        Err(error) => Answer::Error(error.to_string()),
    }
}

/// The parts of the data that a text names.
fn data_for(all: &serde_json::Value, text: &str) -> plimsoll_gotmpl::Value {
    let all = all.as_object().expect("data").iter();
    let named = all.filter(|(key, _)| text.contains(&format!(".{key}")));
    let named = named
        .map(|(key, part)| (key.clone(), part.clone()))
        .collect();
    data::build(&serde_json::Value::Object(named))
}

/// Compares every case of which the number is divisible.
fn compare(tracing: bool, step: usize) {
    let oracle = Oracle::read();
    let cases = oracle.cases();
    let mut wrong = Vec::new();
    for case in cases.iter().step_by(step) {
        let data = data_for(&oracle.cases["data"], &case.text);
        let answer = ask(&case.text, data, tracing);
        if answer != case.expected {
            let (group, text, expected) = (&case.group, &case.text, &case.expected);
            wrong.push(format!(
                "{group}: {text}\n  Go: {expected:?}\n  we: {answer:?}"
            ));
        }
    }
    let shown = wrong.iter().take(40).cloned().collect::<Vec<_>>();
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        cases.len(),
        shown.join("\n")
    );
    assert!(cases.len() > 30_000, "only {} cases", cases.len());
}

#[test]
fn all_answers_agree_with_tracing() {
    compare(true, 1);
}

#[test]
fn answers_agree_without_tracing() {
    compare(false, 7);
}

/// Helm's own functions of durations, recorded by `tests/oracles/durations`.
#[test]
fn durations_agree() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/oracles/durations/"
    );
    let read = |name: &str| -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(format!("{folder}{name}")).expect("committed");
        serde_json::from_str(&text).expect("JSON")
    };
    let (cases, answers) = (read("cases.json"), read("answers.json"));
    assert_eq!(cases.len(), answers.len());
    for (case, expected) in cases.iter().zip(&answers) {
        let case = case.as_str().expect("a text");
        let text = format!("{{{{ $r := {case} }}}}{{{{ printf \"%T %v\" $r $r }}}}");
        match (
            ask(&text, plimsoll_gotmpl::Value::Nil, true),
            expected["o"].as_str(),
        ) {
            (Answer::Output(output), Some(expected)) => {
                assert_eq!(String::from_utf8_lossy(&output), expected, "{case}");
            }
            (Answer::Error(error), None) => {
                let expected = expected["e"].as_str().expect("an answer");
                assert!(error.ends_with(&format!(": {expected}")), "{case}: {error}");
            }
            (answer, _) => panic!("{case}: {answer:?}, expected {expected}"),
        }
    }
}

#[test]
fn every_function_is_there() {
    let oracle = Oracle::read();
    let functions = session::functions();
    // Helm leaves two out, and `fail` belongs to rendering, as it does in Helm.
    let elsewhere = ["env", "expandenv", "fail"];
    let names = oracle.answers["names"].as_array().expect("names").iter();
    let missing: Vec<&str> = names
        .filter_map(|name| name.as_str())
        .filter(|name| !elsewhere.contains(name) && functions.get(name).is_none())
        .collect();
    assert_eq!(missing, [""; 0]);
}

/// Cases of letters, for every character: runs of first, last and what is added.
#[test]
fn cases_of_all_characters_agree() {
    let oracle = Oracle::read();
    for name in ["upper", "lower"] {
        let mut expected = std::collections::BTreeMap::new();
        for run in oracle.answers[name].as_array().expect("runs") {
            let number = |index: usize| run[index].as_i64().expect("a number");
            for code in number(0)..=number(1) {
                expected.insert(code, code + number(2));
            }
        }
        let all: Vec<char> = ('\u{80}'..=char::MAX).collect();
        for chunk in all.chunks(4096) {
            let text: String = chunk.iter().collect();
            let data = plimsoll_gotmpl::Map::new();
            data.insert("t", text.as_str());
            let Answer::Output(output) = ask(&format!("{{{{ {name} .t }}}}"), data.into(), false)
            else {
                panic!("{name} fails");
            };
            let output = String::from_utf8(output).expect("UTF-8");
            for (character, changed) in chunk.iter().zip(output.chars()) {
                let code = i64::from(u32::from(*character));
                let wanted = expected.get(&code).copied().unwrap_or(code);
                assert_eq!(
                    i64::from(u32::from(changed)),
                    wanted,
                    "{name} of {character:?} {code:x}"
                );
            }
        }
    }
}
