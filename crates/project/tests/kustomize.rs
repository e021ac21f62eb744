//! What kustomizations set, against what Kustomize itself changes (`tests/oracles/kustomize`).

use std::sync::Arc;

use plimsoll_project::{Options, Project};
use plimsoll_source::MemoryTree;
use serde_json::Value;

fn read(name: &str) -> Vec<Value> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/oracles/kustomize/"
    );
    let bytes = std::fs::read(format!("{folder}{name}")).expect("the file is committed");
    serde_json::from_slice(&bytes).expect("it is a JSON array")
}

fn load(case: &Value) -> Project {
    let mut tree = MemoryTree::new();
    for (path, text) in case["files"].as_object().expect("files by path") {
        tree.insert(path.as_str(), text.as_str().expect("text"));
    }
    Project::load(Arc::new(tree), &Options::default())
}

fn may_set(project: &Project, at: &Value, field: &str) -> bool {
    let text = |key: &str| at[key].as_str().expect("text");
    let file = project
        .files
        .by_path(text("file"))
        .expect("the file is a manifest");
    let path: Vec<&str> = field.split(' ').collect();
    project
        .overlays
        .may_set(file, text("kind"), text("name"), &path)
}

/// Whether one of two fields leads to or through the other.
fn overlap(a: &str, b: &str) -> bool {
    a.split(' ').zip(b.split(' ')).all(|(a, b)| a == b)
}

#[test]
fn every_change_that_kustomize_makes_is_expected() {
    let mut compared = 0;
    for (case, answer) in read("cases.json").iter().zip(read("answers.json")) {
        assert_eq!(case["name"], answer["name"]);
        let project = load(case);
        for change in answer["changes"].as_array().expect("a list") {
            for field in change["fields"].as_array().expect("a list") {
                let field = field.as_str().expect("text");
                assert!(
                    may_set(&project, change, field),
                    "{}: {change}: {field}",
                    case["name"]
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 80, "only {compared} changes compared");
}

#[test]
fn what_kustomize_leaves_alone_is_known_to_be_left_alone() {
    let mut compared = 0;
    for (case, answer) in read("cases.json").iter().zip(read("answers.json")) {
        let project = load(case);
        let changes = answer["changes"].as_array().expect("a list");
        for at in case["untouched"].as_array().expect("a list") {
            let field = at["path"].as_str().expect("text");
            let changed = changes.iter().any(|change| {
                ["file", "kind", "name"]
                    .iter()
                    .all(|key| change[key] == at[key])
                    && change["fields"]
                        .as_array()
                        .expect("a list")
                        .iter()
                        .any(|one| overlap(one.as_str().expect("text"), field))
            });
            assert!(!changed, "{}: the case is wrong about {at}", case["name"]);
            assert!(!may_set(&project, at, field), "{}: {at}", case["name"]);
            compared += 1;
        }
    }
    assert!(compared > 50, "only {compared} fields compared");
}
