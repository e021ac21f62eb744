//! What is sent of a context, against the reference's answers in `tests/oracles/transfer`.

use plimsoll_dockerfile::ignore::{self, WalkLimits};
use plimsoll_dockerfile::transfer::transfer;
use plimsoll_dockerfile::{Build, parse};
use plimsoll_source::MemoryTree;
use serde_json::Value;

fn texts(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn the_files_that_the_reference_sends_are_sent() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/oracles/transfer/answers.json"
    );
    let text = std::fs::read_to_string(path).expect("committed");
    let answers: Value = serde_json::from_str(&text).expect("written by the oracle");
    let mut tree = MemoryTree::new();
    for file in texts(&answers["files"]) {
        tree.insert(file, "x");
    }
    let builds = answers["builds"].as_array().expect("a list");
    assert!(builds.len() >= 100);
    let mut wrong = Vec::new();
    for case in builds {
        let dockerfile = case["dockerfile"].as_str().expect("given");
        let ignored = case["ignore"].as_str().expect("given");
        let build = Build::new(parse(dockerfile));
        let ignore = ignore::parse(ignored);
        let context = ignore::walk(&tree, "", Some(&ignore), WalkLimits::default());
        let sent: Vec<_> = transfer(&build, &context)
            .into_iter()
            .map(|file| file.path.as_str())
            .collect();
        let theirs = texts(&case["sent"]);
        if sent != theirs {
            wrong.push(format!(
                "{dockerfile}---\n{ignored}\n  ours   {sent:?}\n  theirs {theirs:?}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
