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

fn compare(tracing: bool) {
    let oracle = Oracle::read();
    let cases = oracle.cases();
    let mut wrong = Vec::new();
    for case in &cases {
        let data = data::build(&oracle.cases["data"]);
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
    assert!(cases.len() > 20_000, "only {} cases", cases.len());
}

#[test]
fn all_answers_agree() {
    compare(false);
}

#[test]
fn all_answers_agree_with_tracing() {
    compare(true);
}
