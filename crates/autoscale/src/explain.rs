//! Why an HPA is at its number, and what it would take to move it.
//!
//! Every number is the controller's own, by [`plimsoll_hpa`]. What a dump lacks is what the
//! controller keeps in its memory: earlier recommendations and changes. Changes are told from
//! events; whether recommendations hold the number, from the condition `AbleToScale`.

mod words;

use plimsoll_hpa::calculator::Tolerances;
use plimsoll_hpa::explain::Subject;
use plimsoll_hpa::history::Change;
use plimsoll_hpa::status::{Condition, ConditionKind, Status};
use plimsoll_hpa::{Flags, History, Outcome, ScaleRead, Seen, Span, Time, reconcile};

use crate::dump::{Dump, Event};

pub use plimsoll_hpa::explain::{Account, Answer, Bound, Counted, Reach};
pub use words::{condition_words, event_words, metric_name, moved_words};

/// An HPA explained.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The time that it is explained for.
    pub now: Time,
    /// `spec.replicas` of the target.
    pub current: i32,
    /// What a sync at that time does.
    pub outcome: Outcome,
    /// What it would say in the conditions.
    pub conditions: Vec<Condition>,
    /// What each metric says.
    pub accounts: Vec<Threshold>,
    /// The tolerances.
    pub tolerances: Tolerances,
    /// How far the number can go at once.
    pub reach: Option<Reach>,
    /// How long a recommendation holds the number, upwards and downwards.
    pub windows: (Span, Span),
    /// Whether the status says that earlier recommendations hold the number.
    pub held: bool,
    /// Changes of the last hour that are known from events.
    pub changes: Vec<(i32, Time)>,
}

/// A metric, and where it would propose otherwise.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// What it says.
    pub account: Account,
    /// The least value at which it proposes more, unless it does.
    pub up: Option<Answer>,
    /// The highest value at which it proposes fewer, unless it does.
    pub down: Option<Answer>,
}

/// Explains what a dump shows at a time; where none is given, at the newest that is written.
/// `None` where no time is known at all.
pub fn explain(dump: &mut Dump, flags: &Flags, at: Option<Time>) -> Option<Explanation> {
    let now = at.or(dump.newest)?;
    dump.metrics.set_now(now);
    let current = match &dump.scale {
        ScaleRead::Read(scale) => scale.spec_replicas,
        _ => return None,
    };
    let seen = Seen {
        scale: &dump.scale,
        pods: &dump.pods,
        metrics: &dump.metrics,
        update: Ok(()),
    };
    let subject = Subject {
        flags,
        hpa: &dump.hpa,
        seen,
        now,
    };
    let changes = changes(&dump.events);
    let held = held(dump);
    let mut history = history(dump, current, &changes, held, now);
    let accounts = subject.accounts();
    let thresholds = accounts.into_iter().map(|account| {
        let now = account
            .answer
            .as_ref()
            .map(|answer| answer.proposal.replicas);
        let (up, down) = match now {
            Ok(now) => (
                (now <= current).then(|| subject.upwards(account.index)),
                (now >= current).then(|| subject.downwards(account.index)),
            ),
            Err(_) => (None, None),
        };
        Threshold {
            up: up.flatten(),
            down: down.flatten(),
            account,
        }
    });
    let accounts: Vec<Threshold> = thresholds.collect();
    let reach = subject.reach(&history);
    let mut status = status(dump);
    let outcome = reconcile(flags, &dump.hpa, &mut history, &mut status, &seen, now);
    Some(Explanation {
        now,
        current,
        outcome,
        conditions: status.conditions,
        accounts,
        tolerances: subject.tolerances(),
        reach,
        windows: subject.windows(),
        held,
        changes,
    })
}

/// The sizes that events tell, with their times.
fn sizes(events: &[Event]) -> impl Iterator<Item = (i32, Time)> {
    events
        .iter()
        .filter(|event| event.reason == "SuccessfulRescale")
        .filter_map(|event| {
            let (size, _) = event.message.strip_prefix("New size: ")?.split_once(';')?;
            Some((size.trim().parse().ok()?, event.at))
        })
}

/// By how many the number changed, and when: between two sizes that are told.
fn changes(events: &[Event]) -> Vec<(i32, Time)> {
    let sizes: Vec<(i32, Time)> = sizes(events).collect();
    let pairs = sizes.windows(2);
    pairs
        .map(|pair| (pair[1].0.saturating_sub(pair[0].0), pair[1].1))
        .filter(|(by, _)| *by != 0)
        .collect()
}

fn held(dump: &Dump) -> bool {
    let able = dump.written.condition("AbleToScale");
    able.is_some_and(|one| matches!(&*one.reason, "ScaleDownStabilized" | "ScaleUpStabilized"))
}

fn history(dump: &Dump, current: i32, changes: &[(i32, Time)], held: bool, now: Time) -> History {
    // A recommendation older than all windows keeps the controller from taking this for its first
    // sync.
    let mut recommendations = vec![(current, Time::PAST)];
    if held {
        let desired = dump.written.desired_replicas.unwrap_or(current);
        recommendations.push((desired, now));
    }
    let of = |up: bool| -> Vec<Change> {
        let ours = changes.iter().filter(|(by, _)| (*by > 0) == up);
        ours.map(|(by, at)| Change::new(by.abs(), *at)).collect()
    };
    History::of(&recommendations, of(true), of(false))
}

/// The status that a sync reads: whether the controller took the target to zero.
fn status(dump: &Dump) -> Status {
    let written = &dump.written;
    let zero = written.condition("ScaledToZero");
    Status {
        last_scale_time: written.last_scale_time,
        desired_replicas: written.desired_replicas.unwrap_or(0),
        conditions: zero
            .map(|one| Condition {
                kind: ConditionKind::ScaledToZero,
                status: one.status == "True",
                since: one.since.unwrap_or(Time::PAST),
                reason: "ScaledToZero",
                message: one.message.clone(),
            })
            .into_iter()
            .collect(),
        ..Status::default()
    }
}

#[cfg(test)]
mod tests;
