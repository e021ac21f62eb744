//! `explain`, `rules`, `completions` and the CLI reference.

use std::path::Path;

use crate::folder::{Folder, PLIMSOLL, valid};

// The generator's own module, so that the comparison cannot drift from what is generated.
#[path = "../../../../xtask/src/cli_reference.rs"]
mod cli_reference;

#[test]
fn the_cli_reference_is_fresh() {
    let fresh = cli_reference::reference(Path::new(PLIMSOLL)).expect("the binary runs");
    let committed = include_str!("../../../../docs/cli.md").replace("\r\n", "\n");
    assert!(
        fresh == committed,
        "docs/cli.md is stale; run `cargo xtask codegen`"
    );
}

#[test]
fn what_is_generated_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (part, path) in cli_reference::GENERATED {
        let fresh = cli_reference::generated(Path::new(PLIMSOLL), part).expect("the binary runs");
        let committed = std::fs::read_to_string(root.join(path)).expect("it is committed");
        assert!(
            fresh == committed.replace("\r\n", "\n"),
            "{path} is stale; run `cargo xtask codegen`"
        );
    }
}

#[test]
fn the_schema_of_the_configuration_is_a_schema() {
    let schema = include_str!("../../../../docs/schema/plimsoll.schema.json");
    let config = serde_json::json!({
        "check": {"strictness": "pedantic", "override": [{"paths": ["a/"]}]},
        "rules": {"DL3006": {"level": "off"}},
    });
    valid(&config.to_string(), schema);
    let schema = serde_json::from_str(schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for wrong in [
        serde_json::json!({"check": {"strictnes": "pedantic"}}),
        serde_json::json!({"check": {"strictness": "none"}}),
        serde_json::json!({"image": [{"name": "a"}]}),
        serde_json::json!({"chart": {}}),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}

#[test]
fn every_rule_is_listed_and_explained() {
    let folder = Folder::new();
    let answer = folder.run(&["rules", "--format", "json"]);
    assert_eq!(answer.quiet(), 0);
    let value: serde_json::Value = serde_json::from_str(&answer.stdout).expect("JSON");
    assert_eq!(value["version"], 1);
    let rules = value["rules"].as_array().expect("a list");
    assert!(!rules.is_empty());
    let list = folder.run(&["rules"]).stdout;
    for rule in rules {
        let id = rule["id"].as_str().expect("an id");
        assert!(list.contains(id), "`{id}` is not listed");
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let page = page.join(rule["docs"].as_str().expect("a path"));
        assert!(page.is_file(), "`{id}` has no page at {}", page.display());
        let answer = folder.run(&["explain", id]);
        assert_eq!(answer.quiet(), 0, "{id}");
        assert!(
            answer.stdout.starts_with(&format!("{id}\n\n")),
            "{}",
            answer.stdout
        );
        for heading in ["What it does", "Why it matters", "Example", "References"] {
            assert!(
                answer.stdout.contains(&format!("\n{heading}\n")),
                "`{id}`: no {heading}"
            );
        }
    }
}

#[test]
fn names_of_other_tools_are_explained_too() {
    let folder = Folder::new();
    assert!(
        folder
            .run(&["explain", "DL3006"])
            .stdout
            .starts_with("unpinned-base-image\n")
    );
}

#[test]
fn completions_offer_the_rules() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let answer = folder.run(&["completions", shell]);
        assert_eq!(answer.quiet(), 0, "{shell}");
        // The others complete no values of arguments.
        let values = matches!(shell, "bash" | "fish" | "zsh");
        let offered = if values {
            "unpinned-base-image"
        } else {
            "strictness"
        };
        assert!(answer.stdout.contains(offered), "{shell}");
    }
}
