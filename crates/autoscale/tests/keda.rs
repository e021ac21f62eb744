//! KEDA's own loop, against recorded answers of its scale executor.

use plimsoll_autoscale::keda::{Keda, Memory, Poll, scaled};
use plimsoll_hpa::Time;
use plimsoll_yaml::{Dialect, parse};
use serde_json::Value;

fn recorded(name: &str) -> Vec<Value> {
    let root = std::env::var_os("PLIMSOLL_KEDA_ORACLE").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracles/keda"),
        Into::into,
    );
    let text = std::fs::read_to_string(root.join(name)).expect("it is committed");
    serde_json::from_str(&text).expect("it is JSON")
}

/// The ScaledObject of a case, as a manifest.
fn read(case: &Value) -> Keda {
    let keys = [
        ("min", "minReplicaCount"),
        ("idle", "idleReplicaCount"),
        ("cooldown", "cooldownPeriod"),
        ("initialCooldown", "initialCooldownPeriod"),
    ];
    let mut spec = serde_json::json!({
        "scaleTargetRef": {"name": "target"},
        "triggers": [{"type": "kafka", "metadata": {}}],
    });
    for (from, to) in keys {
        if !case[from].is_null() {
            spec[to] = case[from].clone();
        }
    }
    if !case["fallback"].is_null() {
        spec["fallback"] = serde_json::json!({"failureThreshold": 3, "replicas": case["fallback"]});
    }
    let object = serde_json::json!({
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "so", "annotations": case["annotations"]},
        "spec": spec,
    });
    let tree = parse(object.to_string(), Dialect::GoV2);
    scaled(plimsoll_k8s::objects(&tree)[0])
        .expect("KEDA takes it")
        .keda
}

#[test]
fn every_look_does_what_the_executor_does() {
    let (cases, answers) = (recorded("cases.json"), recorded("answers.json"));
    assert_eq!(cases.len(), answers.len());
    let (mut looks, mut changes) = (0, 0);
    for (number, (case, expected)) in cases.iter().zip(&answers).enumerate() {
        let keda = read(case);
        let mut replicas = i32::try_from(case["replicas"].as_i64().unwrap()).unwrap();
        let mut memory = Memory {
            created: Time::seconds(0),
            last_active: None,
        };
        let mut now = 0;
        let steps = case["steps"].as_array().unwrap();
        for (step, expected) in steps.iter().zip(expected.as_array().unwrap()) {
            let field = |at: usize| step[at].as_i64().unwrap();
            now += field(0);
            if field(1) >= 0 {
                replicas = i32::try_from(field(1)).unwrap();
            }
            let poll = Poll {
                active: field(2) == 1,
                failed: field(3) == 1,
                current: replicas,
                now: Time::seconds(now),
            };
            if let Some(request) = keda.request(&mut memory, &poll) {
                replicas = request.replicas;
                changes += 1;
            }
            let last = memory.last_active.map_or(-1, Time::as_seconds);
            let found = serde_json::json!([replicas, last]);
            assert_eq!(&found, expected, "case {number} at {now} s: {keda:?}");
            looks += 1;
        }
    }
    assert!(
        looks >= 10_000 && changes >= 1_000,
        "{looks} looks, {changes} changes"
    );
}
