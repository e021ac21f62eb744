//! KEDA's loop in a replay: when it looks, and what it sees.

use plimsoll_hpa::Time;

use crate::keda::{Drive, Keda, Memory, Poll, Request};

/// The loop of one ScaledObject, from the beginning of a replay.
pub(super) struct Loop<'a> {
    keda: &'a Keda,
    memory: Memory,
    /// How often it has looked.
    looked: u64,
}

impl<'a> Loop<'a> {
    pub(super) fn new(keda: &'a Keda) -> Self {
        Self {
            keda,
            memory: Memory {
                created: Time::seconds(0),
                last_active: None,
            },
            looked: 0,
        }
    }

    /// The times at which it looks in a step, in seconds after the beginning.
    pub(super) fn polls(&mut self, begun: f64, seconds: f64) -> impl Iterator<Item = f64> + use<> {
        let every = f64::from(self.keda.polling);
        let first = self.looked;
        let until = ((begun + seconds) / every).ceil().max(0.0) as u64;
        self.looked = until.max(first);
        (first..until).map(move |count| count as f64 * every)
    }

    /// One look, at a time of the replay and of the load.
    pub(super) fn poll(&mut self, at: f64, after: f64, load: f64, current: i32) -> Option<Request> {
        let poll = Poll {
            active: self.keda.is_active(load, after),
            // Triggers of the model do not fail.
            failed: false,
            current,
            now: Time::millis((at * 1000.0) as i64),
        };
        self.keda.request(&mut self.memory, &poll)
    }
}

impl Keda {
    /// Whether any trigger is active (`getScaledObjectState`).
    fn is_active(&self, load: f64, after: f64) -> bool {
        if self.is_of_pods() {
            return true;
        }
        self.triggers.iter().any(|trigger| match &trigger.drive {
            Drive::Load => load > trigger.above,
            Drive::Clock { spans, .. } if self.modifiers.is_none() => is_within(spans, after),
            Drive::Clock { .. } | Drive::Pods | Drive::Unknown => false,
        })
    }
}

/// Whether a time lies in one of the spans, which are in order.
pub(super) fn is_within(spans: &[(f64, f64)], at: f64) -> bool {
    let next = spans.partition_point(|(from, _)| *from <= at);
    next > 0 && at < spans[next - 1].1
}
