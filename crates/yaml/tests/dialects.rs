//! Both dialects against their references, whose answers are committed under `tests/oracles`.

mod typed;

use plimsoll_yaml::{Dialect, parse};
use serde_json::Value;

const GO_V2: &str = include_str!("../../../tests/oracles/yaml-v2/answers.json");
const CORE: &str = include_str!("../../../tests/oracles/yaml-v4/answers.json");

/// Texts that are read otherwise than by the reference, and why.
const KNOWN: [(Dialect, &str, &str); 9] = [
    (
        Dialect::GoV2,
        "x: &x {1: a}\ny: {<<: *x, '1': b}\n",
        "keys are compared as texts",
    ),
    (
        Dialect::GoV2,
        "{\"a\"\n: 1}\n",
        "kubectl reads JSON with a JSON decoder",
    ),
    (
        Dialect::GoV2,
        "[?x]\n",
        "it means a mapping there, which nobody means",
    ),
    (
        Dialect::GoV2,
        "{?x: 1}\n",
        "it means the key `x` there, which nobody means",
    ),
    (
        Dialect::GoV2,
        "a: 1\u{85}b: 2\n",
        "U+0085 is no line break here",
    ),
    (
        Dialect::Core,
        "a: 1\u{85}b: 2\n",
        "U+0085 is no line break here",
    ),
    (
        Dialect::Core,
        "a: &a [{x: 1}]\nb: {<<: *a}\n",
        "compose-go puts the list in the alias's place before it decodes",
    ),
    (
        Dialect::Core,
        "--- &x a\n--- *x\n",
        "anchors end with their document",
    ),
    (
        Dialect::Core,
        "a: \u{7f}\n",
        "control characters are refused",
    ),
];

fn is_known(dialect: Dialect, text: &str) -> bool {
    let control = dialect == Dialect::Core && text == "a: \u{80}\n";
    control
        || KNOWN
            .iter()
            .any(|(known, case, _)| *known == dialect && *case == text)
}

/// The reference hands a point in time to compose-go as such, which then wants a string; here
/// it is one from the start.
fn is_time(value: &str, ours: &str) -> bool {
    value.starts_with('d') && ours.starts_with('"')
}

/// The answers of the reference; those to other cases can be compared by naming the folder in which
/// `yaml-v2` and `yaml-v4` lie.
fn answers(dialect: Dialect) -> Value {
    let (committed, name) = match dialect {
        Dialect::GoV2 => (GO_V2, "yaml-v2"),
        Dialect::Core => (CORE, "yaml-v4"),
    };
    let other = std::env::var("PLIMSOLL_YAML_ORACLE").ok().map(|folder| {
        std::fs::read_to_string(format!("{folder}/{name}/answers.json")).expect("it is there")
    });
    serde_json::from_str(other.as_deref().unwrap_or(committed)).expect("JSON")
}

fn compare(dialect: Dialect, list: &str, at_least: usize) {
    let answers = answers(dialect);
    let cases = answers[list].as_array().expect("a list");
    assert!(cases.len() >= at_least);
    let mut different = Vec::new();
    for case in cases {
        let text = case["text"].as_str().expect("a text");
        let tree = parse(text, dialect);
        let ours = typed::encode(&tree);
        let theirs = case["value"].as_str().unwrap_or("");
        let difference = match (tree.errors().first(), case["error"].as_str()) {
            (None, Some(error)) => format!("refused there ({error}), read here as {ours}"),
            (Some(error), None) => {
                format!("read there as {theirs}, refused here: {}", error.message)
            }
            (None, None) if ours != theirs && !is_time(theirs, &ours) => {
                format!("{theirs} there, {ours} here")
            }
            _ => {
                assert!(
                    !is_known(dialect, text),
                    "{text:?} is no difference any more"
                );
                continue;
            }
        };
        if !is_known(dialect, text) {
            different.push(format!("{text:?}: {difference}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn scalars_are_typed_as_go_v2_types_them() {
    compare(Dialect::GoV2, "scalars", 300);
}

#[test]
fn scalars_are_typed_as_compose_types_them() {
    compare(Dialect::Core, "scalars", 300);
}

#[test]
fn documents_are_read_as_go_v2_reads_them() {
    compare(Dialect::GoV2, "documents", 500);
}

#[test]
fn documents_are_read_as_compose_reads_them() {
    compare(Dialect::Core, "documents", 500);
}
