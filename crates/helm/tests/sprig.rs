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
