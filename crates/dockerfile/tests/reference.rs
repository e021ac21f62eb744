//! The parser agrees with BuildKit on our cases: whether a file is refused and where, every
//! instruction's words, and the result of every expansion.

#[path = "reference/compare.rs"]
mod compare;

#[test]
fn every_answer_of_the_reference_is_ours() {
    let own = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/oracles/dockerfile"
    );
    // Other cases, such as files of other people, with the answers to them.
    let other = std::env::var("PLIMSOLL_DOCKERFILE_ORACLE");
    let folder = other.as_deref().unwrap_or(own);
    let read = |name: &str| -> serde_json::Value {
        let text = std::fs::read_to_string(format!("{folder}/{name}")).expect("it is there");
        serde_json::from_str(&text).expect("it is JSON")
    };
    let (cases, answers) = (read("cases.json"), read("answers.json"));
    let count = |name: &str| cases[name].as_array().map_or(0, Vec::len);
    assert!(count("files") > 300 && (count("words") > 300 || other.is_ok()));
    let differences = compare::compare(&cases, &answers);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
