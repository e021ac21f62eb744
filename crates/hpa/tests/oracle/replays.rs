//! Whole replays, step by step.

use std::fmt::Write;

use plimsoll_hpa::decide::Cause;
use plimsoll_hpa::explain::Subject;
use plimsoll_hpa::status::Status;
use plimsoll_hpa::{History, Outcome, ScaleRead, Seen, Time, reconcile};
use serde_json::Value;

use crate::calculations::nameless;
use crate::world::World;

/// What the controller did in a replay.
pub(crate) struct Expected {
    replicas: Vec<i64>,
    conditions: Vec<String>,
    hashes: Vec<String>,
}

fn runs(text: &str) -> Vec<i64> {
    let mut numbers = Vec::new();
    for run in text.split(' ') {
        let (value, times) = run.split_once('*').unwrap();
        let times: usize = times.parse().unwrap();
        numbers.extend(std::iter::repeat_n(value.parse::<i64>().unwrap(), times));
    }
    numbers
}

impl Expected {
    pub(crate) fn read(value: &Value, conditions: &[Value]) -> Self {
        let hashes = value[2].as_str().unwrap();
        let text = |index: i64| conditions[index as usize].as_str().unwrap().to_owned();
        Self {
            replicas: runs(value[0].as_str().unwrap()),
            conditions: runs(value[1].as_str().unwrap())
                .into_iter()
                .map(text)
                .collect(),
            hashes: (0..hashes.len() / 4)
                .map(|step| hashes[4 * step..4 * step + 4].to_owned())
                .collect(),
        }
    }
}

pub(crate) fn compare(seed: u64, steps: usize, expected: &Expected) {
    let mut world = World::new(seed);
    let mut history = History::default();
    let mut status = Status::default();
    assert_eq!(expected.hashes.len(), steps);
    for step in 0..steps {
        world.advance(step);
        let pods = world.pods();
        let scale = world.scale();
        let update = world.put_error.as_deref().map_or(Ok(()), Err);
        let seen = Seen {
            scale: &scale,
            pods: &pods,
            metrics: &world,
            update,
        };
        let now = Time::millis(world.now);
        let (hpa, flags) = (&world.hpa, &world.flags);
        let outcome = reconcile(flags, hpa, &mut history, &mut status, &seen, now);
        let subject = Subject {
            flags,
            hpa,
            seen,
            now,
        };
        accounts_for(&subject, &outcome, step % 250 == 7);
        if let Some(replicas) = outcome.rescaled {
            world.replicas = replicas;
        }
        let said = said(&status, &outcome);
        let at = format!("seed {seed}, step {step}, load {}:\n{said}", world.load);
        assert_eq!(i64::from(world.replicas), expected.replicas[step], "{at}");
        assert_eq!(short(&status), expected.conditions[step], "{at}");
        assert_eq!(hash(&said), expected.hashes[step], "{at}");
        world.sleep();
    }
}

/// The accounts of the metrics lead to the number that the sync came to, and thresholds are where
/// a metric begins to propose another.
fn accounts_for(subject: &Subject<'_>, outcome: &Outcome, thresholds: bool) {
    let Some(Cause::Metrics { proposed, .. }) = outcome.decision.map(|one| one.cause) else {
        return;
    };
    let ScaleRead::Read(scale) = subject.seen.scale else {
        return;
    };
    let accounts = subject.accounts();
    let answers = accounts.iter().filter_map(|one| one.answer.as_ref().ok());
    // `computeReplicasForMetrics`: a proposal of none gives way to any other.
    let highest = answers.fold(0, |highest, one| {
        let replicas = one.proposal.replicas;
        if highest == 0 || replicas > highest {
            replicas
        } else {
            highest
        }
    });
    assert_eq!(highest.max(0), proposed, "{accounts:?}");
    for account in &accounts {
        let Ok(answer) = &account.answer else {
            continue;
        };
        let now = answer.proposal.replicas;
        if !thresholds {
            continue;
        }
        let current = scale.spec_replicas;
        if let Some(up) = subject.upwards(account.index) {
            assert!(up.proposal.replicas > current);
            assert!(now > current || up.proposal.ratio >= answer.proposal.ratio);
        }
        if let Some(down) = subject.downwards(account.index) {
            assert!(down.proposal.replicas < current);
            assert!(now < current || down.proposal.ratio <= answer.proposal.ratio);
        }
    }
}

fn short(status: &Status) -> String {
    let one = |c: &plimsoll_hpa::status::Condition| {
        format!("{}={} {}", c.kind.name(), truth(c.status), c.reason)
    };
    let all: Vec<String> = status.conditions.iter().map(one).collect();
    all.join("; ")
}

fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// Everything that the controller says in a step, as the oracle writes it.
fn said(status: &Status, outcome: &Outcome) -> String {
    let mut all = String::new();
    let millis = |at: Time| (at.since(Time::seconds(0)).as_seconds_f64() * 1000.0).round() as i64;
    for one in &status.conditions {
        let _ = writeln!(
            all,
            "C {} {} {} {} {}",
            one.kind.name(),
            truth(one.status),
            one.reason,
            millis(one.since),
            one.message
        );
    }
    for one in &status.current_metrics {
        let Some(one) = one else {
            all += "M - - -\n";
            continue;
        };
        let shown = |value: Option<i64>| {
            value.map_or("-".to_owned(), |milli| one.quantity(milli).to_string())
        };
        let percent = one.average_utilization;
        let percent = percent.map_or("-".to_owned(), |percent| percent.to_string());
        let _ = writeln!(
            all,
            "M {percent} {} {}",
            shown(one.average_value),
            shown(one.value)
        );
    }
    for one in &outcome.events {
        let kind = if one.warning { "Warning" } else { "Normal" };
        let _ = writeln!(all, "E {kind} {} {}", one.reason, one.message);
    }
    let scaled = status.last_scale_time;
    let scaled = scaled.map_or("-".to_owned(), |at| millis(at).to_string());
    let _ = writeln!(
        all,
        "R {} {} {scaled} {}",
        status.current_replicas,
        status.desired_replicas,
        status.observed_generation.unwrap_or(0)
    );
    if let Some(error) = &outcome.error {
        let _ = writeln!(all, "X {error}");
    }
    nameless(&all)
}

fn hash(text: &str) -> String {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{:04x}", hash & 0xffff)
}
