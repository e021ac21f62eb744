//! Comparison with Kubernetes' own functions: `tests/oracles/sizing`.

#![expect(
    clippy::unwrap_used,
    reason = "a file of the oracle that cannot be read fails the test"
)]

use std::cmp::Ordering;
use std::path::Path;

use plimsoll_k8s::{PodSpec, Quantity};
use plimsoll_sizing::eviction::{Standing, rank};
use plimsoll_sizing::{Amounts, Pod, demand, oom, qos};
use plimsoll_yaml::{Dialect, Document, parse};
use serde_json::Value;

/// A file of the oracle; answers to other cases of the same form can be compared by naming
/// their folder in `PLIMSOLL_SIZING_ORACLE`.
fn read(name: &str) -> Value {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracles/sizing");
    let folder = std::env::var_os("PLIMSOLL_SIZING_ORACLE").map_or(ours, Into::into);
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The pod of a case, read as a manifest is.
fn pod(case: &Value) -> Pod {
    let tree = parse(case["spec"].to_string(), Dialect::GoV2);
    let root = tree.documents().next().and_then(Document::root).unwrap();
    let mut pod = Pod::of(PodSpec::new(root).unwrap());
    pod.is_static = matches!(case["source"].as_str(), Some("file" | "mirror"));
    pod
}

fn pods() -> (Vec<Pod>, Vec<Value>) {
    let cases = read("cases.json")["pods"].take();
    let cases = cases.as_array().unwrap().clone();
    (cases.iter().map(pod).collect(), cases)
}

/// What is said of one pod. Quantities are equal when their values are.
#[derive(PartialEq, Debug)]
struct Answer {
    qos: String,
    /// Pod-level requests and limits, then those in force.
    amounts: [Amounts; 4],
    node: [i64; 4],
    eviction: [Quantity; 2],
    critical: bool,
    oom: Vec<i64>,
}

impl Answer {
    fn ours(pod: &Pod, capacity: i64) -> Self {
        let place = demand::place(pod);
        Self {
            qos: qos::class(pod).name().to_owned(),
            amounts: [
                pod.resources.requests.clone(),
                pod.resources.limits.clone(),
                demand::requests(pod),
                demand::limits(pod),
            ],
            node: [
                place.milli_cpu,
                place.memory,
                place.scored_milli_cpu,
                place.scored_memory,
            ],
            eviction: ["memory", "cpu"].map(|name| demand::eviction_request(pod, name)),
            critical: pod.is_critical(),
            oom: pod
                .all_containers()
                .map(|container| oom::score_adjustment(pod, container, capacity))
                .collect(),
        }
    }

    fn recorded(answer: &Value) -> Self {
        let amounts = |key: &str| -> Amounts {
            let entries = answer[key].as_object().into_iter().flatten();
            entries
                .map(|(name, text)| (name.clone(), text.as_str().unwrap().parse().unwrap()))
                .collect()
        };
        Self {
            qos: answer["qos"].as_str().unwrap().to_owned(),
            amounts: ["podRequests", "podLimits", "requests", "limits"].map(amounts),
            node: [0, 1, 2, 3].map(|index| answer["node"][index].as_i64().unwrap()),
            eviction: [0, 1]
                .map(|index| answer["eviction"][index].as_str().unwrap().parse().unwrap()),
            critical: answer["critical"].as_bool().unwrap_or(false),
            oom: answer["oom"]
                .as_array()
                .unwrap()
                .iter()
                .map(|score| score.as_i64().unwrap())
                .collect(),
        }
    }
}

#[test]
fn pods_agree() {
    let (pods, cases) = pods();
    let answers = read("answers.json")["pods"].take();
    let answers = answers.as_array().unwrap();
    assert_eq!(pods.len(), answers.len());
    assert!(pods.len() >= 1_000);
    for (index, ((pod, case), expected)) in pods.iter().zip(&cases).zip(answers).enumerate() {
        let found = Answer::ours(pod, case["capacity"].as_i64().unwrap());
        assert_eq!(found, Answer::recorded(expected), "pod {index}: {case}");
    }
}

/// The oracle's order, with pods that it holds equal in the order of their numbers.
fn settled(text: &str) -> String {
    let groups = text.split(' ').map(|group| {
        let mut equals: Vec<usize> = group.split('=').map(|n| n.parse().unwrap()).collect();
        equals.sort_unstable();
        let equals: Vec<String> = equals.iter().map(usize::to_string).collect();
        equals.join("=")
    });
    groups.collect::<Vec<_>>().join(" ")
}

fn ranked(standings: &[Standing]) -> String {
    let order = rank(standings);
    let mut text = String::new();
    for (at, index) in order.iter().enumerate() {
        if at > 0 {
            let before = &standings[order[at - 1]];
            let equal = before.order(&standings[*index]) == Ordering::Equal;
            text.push(if equal { '=' } else { ' ' });
        }
        text += &index.to_string();
    }
    text
}

#[test]
fn eviction_agrees() {
    let (pods, _) = pods();
    let groups = read("cases.json")["pressure"].take();
    let groups = groups.as_array().unwrap();
    let answers = read("answers.json")["pressure"].take();
    let answers = answers.as_array().unwrap();
    assert_eq!(groups.len(), answers.len());
    assert!(groups.len() >= 400);
    for (group, expected) in groups.iter().zip(answers) {
        let members = group.as_str().unwrap();
        let standings: Vec<Standing> = members
            .split_whitespace()
            .map(|member| {
                let (index, usage) = member.split_once(':').unwrap();
                // -1 is a pod with statistics that lack the working set.
                let usage = (!usage.is_empty()).then(|| usage.parse().unwrap_or(0));
                Standing::new(&pods[index.parse::<usize>().unwrap()], usage)
            })
            .collect();
        let expected = settled(expected.as_str().unwrap());
        assert_eq!(ranked(&standings), expected, "{members}");
    }
}
