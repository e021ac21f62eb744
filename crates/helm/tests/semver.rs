//! Versions and constraints against the library's answers in `tests/oracles/semver`.

use std::cmp::Ordering;

use plimsoll_helm::semver::{Constraint, Version};
use serde_json::Value;

fn answers() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/oracles/semver/answers.json"
    );
    let text = std::fs::read_to_string(path).expect("committed");
    serde_json::from_str(&text).expect("written by the oracle")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn asked(answers: &Value) -> Vec<Version> {
    let texts = list(answers, "asked").iter();
    let versions = texts.map(|text| Version::parse(text.as_str().expect("a text")));
    versions
        .map(|version| version.expect("a version"))
        .collect()
}

#[test]
fn versions_are_read_compared_and_counted_up_as_the_library_does() {
    let answers = answers();
    let asked = asked(&answers);
    let cases = list(&answers, "versions");
    assert!(cases.len() > 60);
    for case in cases {
        let written = text(case, "text");
        let strict = Version::parse_strict(written)
            .map_or_else(|error| error.to_string(), |_| String::new());
        assert_eq!(strict, text(case, "strict"), "strict {written:?}");
        let version = match Version::parse(written) {
            Err(error) => {
                assert_eq!(error.to_string(), text(case, "error"), "{written:?}");
                continue;
            }
            Ok(version) => version,
        };
        assert_eq!(text(case, "error"), "", "{written:?}");
        assert_eq!(version.to_string(), text(case, "shown"));
        let parts = serde_json::json!([
            version.major,
            version.minor,
            version.patch,
            version.pre,
            version.metadata,
            version.original
        ]);
        assert_eq!(parts, case["parts"]);
        for (other, order) in asked.iter().zip(list(case, "order")) {
            let ours = match version.compare(other) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            };
            assert_eq!(Some(ours), order.as_i64(), "{written} with {other}");
        }
        let next = [
            version.next_major(),
            version.next_minor(),
            version.next_patch(),
        ];
        for (ours, theirs) in next.into_iter().zip(list(case, "next")) {
            let ours = ours.map_or_else(|| "panic".to_owned(), |version| version.original);
            assert_eq!(Some(ours.as_str()), theirs.as_str(), "after {written}");
        }
    }
}

#[test]
fn constraints_hold_and_fail_for_the_reasons_of_the_library() {
    let answers = answers();
    let asked = asked(&answers);
    let cases = list(&answers, "constraints");
    assert!(cases.len() > 400);
    for (number, case) in cases.iter().enumerate() {
        let written = text(case, "text");
        let constraint = match Constraint::parse(written) {
            Err(error) => {
                assert_eq!(error.to_string(), text(case, "error"), "{written:?}");
                continue;
            }
            Ok(constraint) => constraint,
        };
        assert_eq!(text(case, "error"), "", "{written:?}");
        assert_eq!(constraint.to_string(), text(case, "shown"));
        let letter = |version| if constraint.check(version) { 'y' } else { 'n' };
        let ours: String = asked.iter().map(letter).collect();
        assert_eq!(ours, text(case, "check"), "{written:?}");
        let fifth = asked
            .iter()
            .enumerate()
            .filter(|(index, _)| (number + index) % 5 == 0);
        assert_eq!(fifth.clone().count(), list(case, "reasons").len());
        for ((_, version), theirs) in fifth.zip(list(case, "reasons")) {
            let reasons = constraint.validate(version).err().unwrap_or_default();
            let ours: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            assert_eq!(serde_json::json!(ours), *theirs, "{written:?} on {version}");
        }
    }
}
