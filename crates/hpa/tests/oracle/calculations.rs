//! The cases of the replica calculator, each as an HPA of one metric.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_hpa::calculator::{Tolerances, external_per_pod, object_per_pod};
use plimsoll_hpa::pods::{Amounts, Container, Phase, Pod, Ready, Requests};
use plimsoll_hpa::propose::{Question, Source, propose};
use plimsoll_hpa::samples::{Sample, Samples};
use plimsoll_hpa::{Flags, Span, Time};
use serde_json::{Value, json};

/// Times before now count backwards from here.
const NOW: i64 = 1_000_000_000;

fn ago(text: &str) -> Time {
    Time::millis(NOW - text.parse::<i64>().unwrap())
}

fn amounts(resource: &str, text: &str) -> Amounts {
    let known = !text.is_empty() && text != "-";
    let amount = known.then(|| (resource.to_owned(), text.parse().unwrap()));
    amount.into_iter().collect()
}

fn pod(index: usize, text: &str, resource: &str) -> Pod {
    let parts: Vec<&str> = text.split(';').collect();
    let state: Vec<&str> = parts[0].split(',').collect();
    let containers = |prefix: &str, texts: &str, restarts| -> Vec<Container> {
        if texts.is_empty() {
            return Vec::new();
        }
        let texts = texts.split(',').enumerate();
        texts
            .map(|(index, text)| Container {
                name: format!("{prefix}{index}"),
                restarts,
                requests: amounts(resource, text),
            })
            .collect()
    };
    let mut init_containers = containers("s", parts[2], true);
    init_containers.extend(containers("i", parts[3], false));
    Pod {
        name: format!("p{index}"),
        deleted: state[1] == "1",
        phase: match state[0] {
            "Running" => Phase::Running,
            "Pending" => Phase::Pending,
            "Failed" => Phase::Failed,
            "Succeeded" => Phase::Succeeded,
            _ => Phase::Unknown,
        },
        start: (!state[2].is_empty()).then(|| ago(state[2])),
        ready: (!state[3].is_empty()).then(|| Ready {
            status: match state[3] {
                "True" => Some(true),
                "False" => Some(false),
                _ => None,
            },
            since: ago(state[4]),
        }),
        requests: Arc::new(Requests {
            containers: containers("c", parts[1], false),
            init_containers,
            pod: amounts(resource, parts[4]),
            overhead: amounts(resource, parts[5]),
        }),
    }
}

fn samples(case: &Value) -> Samples {
    let texts = case["samples"].as_array().cloned().unwrap_or_default();
    let sample = |text: Value| {
        let text = text.as_str().unwrap().to_owned();
        let parts: Vec<&str> = text.split(',').collect();
        let sample = Sample {
            value: parts[1].parse().unwrap(),
            timestamp: ago(parts[2]),
            window: Span::millis(parts[3].parse().unwrap()),
        };
        (parts[0].to_owned(), sample)
    };
    texts.into_iter().map(sample).collect::<BTreeMap<_, _>>()
}

pub(crate) fn answer(case: &Value) -> Value {
    let int = |key: &str| case[key].as_i64().unwrap_or(0);
    let text = |key: &str| case[key].as_str().unwrap_or("");
    let resource = text("resource");
    let pods: Vec<Pod> = case["pods"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .enumerate()
        .map(|(index, text)| pod(index, text.as_str().unwrap(), resource))
        .collect();
    let flags = Flags {
        cpu_initialization_period: Span::millis(int("init")),
        initial_readiness_delay: Span::millis(int("delay")),
        ..Flags::default()
    };
    let tolerances = Tolerances {
        down: case["down"].as_f64().unwrap(),
        up: case["up"].as_f64().unwrap(),
    };
    let series: Vec<i64> = case["series"]
        .as_array()
        .map(|list| list.iter().map(|one| one.as_i64().unwrap()).collect())
        .unwrap_or_default();
    let error = text("error");
    let question = Question {
        current: int("current") as i32,
        tolerances,
        flags: &flags,
        pods: &pods,
        now: Time::millis(NOW),
    };
    let target = int("target");
    let failed = (!error.is_empty()).then(|| error.to_owned());
    let given = |prefix: &str| {
        let failed = failed.as_ref().map(|error| format!("{prefix}: {error}"));
        failed.map_or_else(|| Ok(samples(case)), Err)
    };
    let refused = |prefix: &str| {
        failed
            .as_ref()
            .map_or(Ok(()), |error| Err(format!("{prefix}: {error}")))
    };
    let status = int("status") as i32;
    let on_object = "unable to get metric qps on Ingress demo/main";
    let outside = "unable to get external metric demo/qps/nil";
    let of_resource = format!("unable to get metrics for resource {resource}");
    let found = match text("function") {
        "utilization" => given(&of_resource).and_then(|samples| {
            propose(
                &question,
                Source::Utilization {
                    samples,
                    target: target as i32,
                    resource,
                    container: text("container"),
                },
            )
        }),
        "raw" => given(&of_resource).and_then(|samples| {
            propose(
                &question,
                Source::Average {
                    samples,
                    target,
                    resource,
                },
            )
        }),
        "pods" => given("unable to get metric qps").and_then(|samples| {
            propose(
                &question,
                Source::Average {
                    samples,
                    target,
                    resource: "",
                },
            )
        }),
        "object" => refused(on_object).and_then(|()| {
            propose(
                &question,
                Source::Object {
                    usage: series[0],
                    target,
                },
            )
        }),
        "external" => refused(outside).and_then(|()| {
            propose(
                &question,
                Source::External {
                    series: &series,
                    target,
                },
            )
        }),
        "objectPerPod" => {
            refused(on_object).map(|()| object_per_pod(status, series[0], target, tolerances))
        }
        "externalPerPod" => {
            refused(outside).map(|()| external_per_pod(status, &series, target, tolerances))
        }
        other => panic!("{other}"),
    };
    match found {
        Ok(found) => json!([found.replicas, found.utilization, found.usage]),
        Err(error) => json!(nameless(&error)),
    }
}

/// Which of several pods an error names is up to the reference's maps.
pub(crate) fn nameless(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("Pod ") {
        let (before, after) = rest.split_at(at + 4);
        out.push_str(before);
        let name = after
            .strip_prefix("web-")
            .or_else(|| after.strip_prefix('p'));
        let digits = name.map(|name| name.trim_start_matches(|c: char| c.is_ascii_digit()));
        match (name, digits) {
            (Some(name), Some(tail)) if tail.len() < name.len() => {
                out.push('?');
                rest = tail;
            }
            _ => rest = after,
        }
    }
    out.push_str(rest);
    out
}
