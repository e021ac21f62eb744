//! The cases of what becomes of a proposal.

use plimsoll_hpa::behavior::{Bounds, normalize, remember};
use plimsoll_hpa::history::Change;
use plimsoll_hpa::{Behavior, History, Policy, Rules, Select, Span, Time};
use serde_json::{Value, json};

const NOW: i64 = 100_000_000;

fn rules(value: &Value) -> Rules {
    let int = |value: &Value| value.as_i64().unwrap() as i32;
    Rules {
        window_seconds: value["window"].as_i64().map(|window| window as i32),
        select: match value["select"].as_str().unwrap() {
            "Max" => Select::Max,
            "Min" => Select::Min,
            _ => Select::Disabled,
        },
        policies: value["policies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let make = if one["type"] == "Pods" {
                    Policy::pods
                } else {
                    Policy::percent
                };
                make(int(&one["value"]), int(&one["period"]))
            })
            .collect(),
        tolerance: None,
    }
}

fn aged(value: &Value) -> Vec<(i32, Time)> {
    let pair = |pair: &Value| {
        let (value, age) = (pair[0].as_i64().unwrap(), pair[1].as_i64().unwrap());
        (value as i32, Time::millis(NOW - age))
    };
    value.as_array().unwrap().iter().map(pair).collect()
}

pub(crate) fn answer(case: &Value) -> Value {
    let int = |key: &str| case[key].as_i64().unwrap();
    let changes = |key: &str| -> Vec<Change> {
        let pairs = aged(&case[key]);
        pairs.iter().map(|(n, at)| Change::new(*n, *at)).collect()
    };
    let mut history = History::of(&aged(&case["recent"]), changes("ups"), changes("downs"));
    let behavior = (!case["up"].is_null()).then(|| Behavior {
        up: rules(&case["up"]),
        down: rules(&case["down"]),
    });
    let now = Time::millis(NOW);
    let current = int("current") as i32;
    let bounds = Bounds {
        current,
        min: int("min") as i32,
        max: int("max") as i32,
        behavior: behavior.as_ref(),
        downscale_stabilization: Span::seconds(int("flag")),
    };
    let verdict = normalize(&mut history, &bounds, int("proposed") as i32, now);
    if verdict.desired != current {
        remember(
            &mut history,
            behavior.as_ref(),
            current,
            verdict.desired,
            now,
        );
    }
    let able = verdict
        .held
        .map_or("ReadyForNewScale", |held| held.reason());
    let limited = if verdict.desired == verdict.stabilized {
        "False"
    } else {
        "True"
    };
    let said = [
        format!("True {able}"),
        format!("{limited} {}", verdict.limit.reason()),
    ];
    let age = |at: Time| (now.since(at).as_seconds_f64() * 1000.0).round() as i64;
    let recent: Vec<_> = history
        .recommendations()
        .map(|(value, at)| json!([value, age(at)]))
        .collect();
    let (ups, downs) = history.changes();
    let list = |changes: &[Change]| -> Vec<Value> {
        let pair = |one: &Change| json!([one.replicas, age(one.at)]);
        changes.iter().map(pair).collect()
    };
    json!([verdict.desired, said, [recent, list(ups), list(downs)]])
}
