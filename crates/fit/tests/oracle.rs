//! Comparison with kube-scheduler's own plugins: `tests/oracles/fit`.

#![expect(
    clippy::unwrap_used,
    reason = "a file of the oracle that cannot be read fails the test"
)]

use std::path::Path;

use plimsoll_fit::{Inventory, Load, Node, Plugin, Pod, Scheduler, TemplateId};
use plimsoll_k8s::Object;
use plimsoll_yaml::{Dialect, Document, parse};
use serde_json::{Value, json};

/// A file of the oracle; answers to other cases of the same form can be compared by naming
/// their folder in `PLIMSOLL_FIT_ORACLE`.
fn read(name: &str) -> Vec<Value> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracles/fit");
    let folder = std::env::var_os("PLIMSOLL_FIT_ORACLE").map_or(ours, Into::into);
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Hands over the object that JSON describes, with its kind.
fn with<T>(version: &str, kind: &str, value: &Value, take: impl FnOnce(Object<'_>) -> T) -> T {
    let mut whole = value.clone();
    whole["apiVersion"] = version.into();
    whole["kind"] = kind.into();
    let tree = parse(whole.to_string(), Dialect::GoV2);
    let root = tree.documents().next().and_then(Document::root).unwrap();
    take(Object::new(root).unwrap())
}

fn list(case: &Value, key: &str) -> Vec<Value> {
    case[key].as_array().cloned().unwrap_or_default()
}

fn inventory(case: &Value) -> Inventory {
    let mut inventory = Inventory::default();
    let kinds = [
        ("namespaces", "v1", "Namespace"),
        ("services", "v1", "Service"),
        ("replicaSets", "apps/v1", "ReplicaSet"),
        ("statefulSets", "apps/v1", "StatefulSet"),
        ("replicationControllers", "v1", "ReplicationController"),
    ];
    for (key, version, kind) in kinds {
        for one in list(case, key) {
            with(version, kind, &one, |object| inventory.add(object));
        }
    }
    inventory
}

/// What is said of one pod, in the form of the recorded answer.
fn answer(scheduler: &mut Scheduler, load: &mut Load, id: TemplateId) -> Value {
    let sight = scheduler.look(load, id);
    let reasons: Vec<Value> = sight
        .reasons
        .iter()
        .map(|reason| match reason {
            Some(reason) => {
                let mut words = reason.words();
                words.sort();
                json!(words)
            }
            None => Value::Null,
        })
        .collect();
    if sight.fits.is_empty() {
        let message = sight.refusal(load.nodes()).to_string();
        let reasons = if sight.before.is_some() {
            Value::Null
        } else {
            json!(reasons)
        };
        return json!({"message": message, "reasons": reasons});
    }
    let scored = scheduler.score(load, id, &sight.fits);
    let spoke = |plugin: Plugin| scored[0].0[plugin as usize].is_some();
    let plugins: Vec<&str> = Plugin::ALL
        .into_iter()
        .filter(|plugin| spoke(*plugin))
        .map(Plugin::name)
        .collect();
    let scores: Vec<Vec<i64>> = scored
        .iter()
        .map(|one| one.0.iter().copied().flatten().collect())
        .collect();
    let chosen = scheduler.choose(load, id).unwrap();
    scheduler.put(load, chosen, id);
    json!({
        "reasons": reasons,
        "plugins": plugins,
        "scores": scores,
        "chosen": scheduler.nodes()[chosen].name,
    })
}

#[test]
fn clusters_agree() {
    let (cases, answers) = (read("cases.json"), read("answers.json"));
    assert_eq!(cases.len(), answers.len());
    assert!(cases.len() >= 500);
    for (number, (case, expected)) in cases.iter().zip(&answers).enumerate() {
        let inventory = inventory(case);
        let nodes: Vec<Node> = list(case, "nodes")
            .iter()
            .map(|node| with("v1", "Node", node, Node::of).unwrap())
            .collect();
        let mut scheduler = Scheduler::new(nodes, inventory.namespaces.clone());
        let pod = |value: &Value| with("v1", "Pod", value, |one| Pod::of(one, &inventory)).unwrap();
        let mut load = scheduler.empty();
        for running in list(case, "running") {
            let pod = pod(&running);
            let node = scheduler
                .nodes()
                .iter()
                .position(|node| Some(&node.name) == pod.node.as_ref());
            let id = scheduler.template(pod.template);
            scheduler.put(&mut load, node.unwrap(), id);
        }
        let mut expected = expected.as_array().unwrap().iter();
        for (at, pending) in list(case, "pending").iter().enumerate() {
            let mut pod = pod(&pending["pod"]);
            pod.template.node_name = pod.node.take();
            let id = scheduler.template(pod.template);
            for copy in 0..pending["copies"].as_u64().unwrap() {
                let found = answer(&mut scheduler, &mut load, id);
                let expected = expected.next().unwrap();
                assert_eq!(
                    &found, expected,
                    "cluster {number}, pod {at}, copy {copy}: {case}"
                );
            }
        }
        assert!(expected.next().is_none());
    }
}
