//! The Pod Security Standards as the admission controller checks them
//! (`tests/oracles/podsecurity`).

use plimsoll_k8s::pod_security::violations;
use plimsoll_k8s::{Object, Workload};
use plimsoll_yaml::{Dialect, Document, parse};
use serde_json::Value;

fn oracle(file: &str) -> Vec<Value> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/oracles/podsecurity/"
    );
    let text = std::fs::read_to_string(format!("{folder}{file}")).expect("committed");
    serde_json::from_str(&text).expect("a list")
}

#[test]
fn pods_fail_the_checks_that_the_controller_lets_them_fail() {
    let (cases, answers) = (oracle("cases.json"), oracle("answers.json"));
    assert!(cases.len() == answers.len() && cases.len() >= 1000);
    let mut all = 0;
    for (case, answer) in cases.iter().zip(&answers) {
        let text = case.to_string();
        let tree = parse(text.as_str(), Dialect::GoV2);
        let root = tree.documents().next().and_then(Document::root);
        let workload = root.and_then(Object::new).and_then(Workload::new);
        let workload = workload.expect("a Pod");
        let pod = workload.pod().expect("with a spec");
        let annotations = workload.object().annotations();
        let mut found: Vec<&str> = violations(pod, annotations)
            .iter()
            .map(|violation| violation.control)
            .collect();
        found.sort_unstable();
        found.dedup();
        let expected: Vec<&str> = answer
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(found, expected, "{text}");
        all += expected.len();
    }
    // The cases are of use only as long as pods fail.
    assert!(all > 3000, "{all}");
}
