//! Comparison with the controller itself: `tests/oracles/hpa`.

#![expect(
    clippy::unwrap_used,
    reason = "a file of the oracle that cannot be read fails the test"
)]

#[path = "oracle/calculations.rs"]
mod calculations;
#[path = "oracle/replays.rs"]
mod replays;
#[path = "oracle/rules.rs"]
mod rules;
#[path = "oracle/world.rs"]
mod world;

use std::path::Path;

use plimsoll_hpa::float_of;
use serde_json::Value;

/// A file of the oracle; answers to other cases of the same form can be compared by naming
/// their folder in `PLIMSOLL_HPA_ORACLE`.
fn read(name: &str) -> Value {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracles/hpa");
    let folder = std::env::var_os("PLIMSOLL_HPA_ORACLE").map_or(ours, Into::into);
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Pairs of cases and answers of one kind.
fn pairs(kind: &str) -> Vec<(Value, Value)> {
    let take = |name: &str| match read(name)[kind].take() {
        Value::Array(items) => items,
        other => panic!("{kind}: {other}"),
    };
    let (cases, answers) = (take("cases.json"), take("answers.json"));
    assert_eq!(cases.len(), answers.len());
    cases.into_iter().zip(answers).collect()
}

#[test]
fn the_calculator_agrees() {
    let pairs = pairs("calculator");
    for (index, (case, expected)) in pairs.iter().enumerate() {
        assert_eq!(
            &calculations::answer(case),
            expected,
            "case {index}: {case}"
        );
    }
    assert!(pairs.len() >= 1_000);
}

#[test]
fn behaviors_agree() {
    let pairs = pairs("behavior");
    for (index, (case, expected)) in pairs.iter().enumerate() {
        assert_eq!(&rules::answer(case), expected, "case {index}: {case}");
    }
    assert!(pairs.len() >= 500);
}

#[test]
fn floats_agree() {
    for (text, expected) in pairs("floats") {
        // Text, because a reader of JSON may round.
        let expected: f64 = expected.as_str().unwrap().parse().unwrap();
        let float = float_of(text.as_str().unwrap());
        assert_eq!(float, Some(expected), "{text}");
    }
}

#[test]
fn replays_agree() {
    let answers = read("answers.json");
    let cases = read("cases.json");
    let wanted = &cases["replays"];
    let first = wanted["first"].as_u64().unwrap();
    let steps = wanted["steps"].as_u64().unwrap();
    let conditions = answers["conditions"].as_array().unwrap();
    let recorded = answers["replays"].as_array().unwrap();
    assert_eq!(recorded.len() as u64, wanted["count"].as_u64().unwrap());
    let run = |part: usize| {
        for (index, expected) in recorded.iter().enumerate().skip(part).step_by(2) {
            let seed = first + index as u64;
            let expected = replays::Expected::read(expected, conditions);
            replays::compare(seed, steps as usize, &expected);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| run(0));
        run(1);
    });
}
