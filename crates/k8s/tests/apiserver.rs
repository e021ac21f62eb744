//! Our verdicts against those of a real API server: see `tests/oracles/apiserver`.

use plimsoll_k8s::schema::{self, KubeVersion, Settings};
use plimsoll_k8s::{DocumentClass, classify, objects};
use plimsoll_yaml::{Dialect, Document, parse};
use serde_json::Value;

/// Where we differ, and why.
const DIFFERENT: &[(&str, &str)] = &[
    (
        "range: no name",
        "a dry run takes it, and no object can be stored without a name",
    ),
    (
        "deployment: labels of another",
        "the rule `selector-mismatch` tells of it",
    ),
    ("secret: docker not JSON", "what a Secret holds is not read"),
    (
        "yaml: a key twice",
        "kubectl drops the first without a word; kustomize refuses the file, and we warn",
    ),
];

#[test]
fn verdicts_are_those_of_the_api_server() {
    let text = include_str!("../../../tests/oracles/apiserver/answers.json");
    let answers: Value = serde_json::from_str(text).expect("JSON");
    let version: KubeVersion = answers["server"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .expect("a version we know");
    let mut wrong = Vec::new();
    let mut stale: Vec<&str> = DIFFERENT.iter().map(|(name, _)| *name).collect();
    for case in answers["cases"].as_array().expect("cases") {
        let word = |key: &str| case[key].as_str().expect("a string");
        let manifest = word("manifest");
        let is_refused = word("verdict") == "refused";
        let is_warned = !case["warnings"].as_array().expect("a list").is_empty();
        let (refused, warned, said) = verdict(manifest, version);
        let agrees = refused == is_refused && (is_refused || !warned || is_warned);
        if let Some(at) = stale.iter().position(|name| *name == word("name")) {
            stale.swap_remove(at);
            assert!(
                !agrees,
                "`{}` agrees and is listed as different",
                word("name")
            );
            continue;
        }
        if !agrees {
            wrong.push(format!(
                "{}: {} {}{:?}\n    ours: {said:?}\n    {}\n",
                word("name"),
                word("verdict"),
                word("error"),
                case["warnings"],
                manifest.chars().take(400).collect::<String>()
            ));
        }
    }
    assert!(
        stale.is_empty(),
        "listed as different and not there: {stale:?}"
    );
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.concat()
    );
}

/// Whether we call it an error, whether a warning, and what we say.
fn verdict(manifest: &str, version: KubeVersion) -> (bool, bool, Vec<String>) {
    let tree = parse(manifest, Dialect::GoV2);
    let settings = Settings {
        version,
        whole: true,
    };
    let (mut refused, mut warned, mut said) = (!tree.errors().is_empty(), false, Vec::new());
    let mut roots = tree.documents().filter_map(Document::root);
    if roots.any(|root| classify(root) == DocumentClass::Incomplete) {
        refused = true;
    }
    for object in objects(&tree) {
        for problem in schema::check(object, settings) {
            refused |= !problem.is_warning;
            warned |= problem.is_warning;
            said.push(problem.message);
        }
        let life = schema::lifecycle(&object.group(), &object.version(), &object.kind());
        if let Some(life) = life {
            let is_gone = life
                .removed
                .is_some_and(|removed| removed <= version.minor());
            refused |= is_gone;
            warned |= !is_gone && life.deprecated <= version.minor();
        }
    }
    (refused, warned, said)
}
