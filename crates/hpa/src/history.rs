//! What the controller remembers of an HPA between syncs.

use crate::time::{Span, Time};

/// Earlier recommendations and changes. A new one takes the place of the last that is too old to
/// matter, as in the controller; so what is kept stays as long as the longest window.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct History {
    /// Recommendations before any limit. Times and values apart: every sync reads them all.
    pub(crate) times: Vec<Time>,
    pub(crate) recommendations: Vec<i32>,
    pub(crate) ups: Vec<Change>,
    pub(crate) downs: Vec<Change>,
}

/// A change of the number of replicas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    /// By how many, without a sign.
    pub replicas: i32,
    /// When.
    pub at: Time,
    /// Whether no policy looks back so far.
    outdated: bool,
}

impl Change {
    /// A change by so many replicas.
    pub const fn new(replicas: i32, at: Time) -> Self {
        Self {
            replicas,
            at,
            outdated: false,
        }
    }
}

impl History {
    /// A history of these recommendations and changes.
    pub fn of(recommendations: &[(i32, Time)], ups: Vec<Change>, downs: Vec<Change>) -> Self {
        Self {
            times: recommendations.iter().map(|(_, at)| *at).collect(),
            recommendations: recommendations.iter().map(|(value, _)| *value).collect(),
            ups,
            downs,
        }
    }

    /// The recommendations, in the controller's order.
    pub fn recommendations(&self) -> impl Iterator<Item = (i32, Time)> {
        let times = self.times.iter().copied();
        self.recommendations.iter().copied().zip(times)
    }

    /// The changes upwards and downwards, in the controller's order.
    pub fn changes(&self) -> (&[Change], &[Change]) {
        (&self.ups, &self.downs)
    }

    /// The first sync of an HPA remembers the number it finds (`recordInitialRecommendation`).
    pub(crate) fn begin(&mut self, current: i32, now: Time) {
        if self.times.is_empty() {
            self.recommend(None, current, now);
        }
    }

    pub(crate) fn recommend(&mut self, slot: Option<usize>, value: i32, now: Time) {
        match slot {
            Some(slot) => {
                self.times[slot] = now;
                self.recommendations[slot] = value;
            }
            None => {
                self.times.push(now);
                self.recommendations.push(value);
            }
        }
    }
}

/// The sum of the changes within the last `period` seconds (`getReplicasChangePerPeriod`).
pub(crate) fn changed_within(changes: &[Change], period: i32, now: Time) -> i32 {
    let cutoff = now.minus(Span::seconds(period.into()));
    let recent = changes.iter().filter(|change| change.at > cutoff);
    recent.fold(0, |sum, change| sum.wrapping_add(change.replicas))
}

/// Remembers a change; the last one that no policy sees any more makes room
/// (`markScaleEventsOutdated` and `storeScaleEvent`).
pub(crate) fn store(changes: &mut Vec<Change>, longest_period: i32, change: Change) {
    let cutoff = change.at.minus(Span::seconds(longest_period.into()));
    let mut slot = None;
    for (index, old) in changes.iter_mut().enumerate() {
        old.outdated |= old.at < cutoff;
        if old.outdated {
            slot = Some(index);
        }
    }
    match slot {
        Some(slot) => changes[slot] = change,
        None => changes.push(change),
    }
}
