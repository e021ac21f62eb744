//! How a proposal is stabilized and limited: the second half of `horizontal.go`.

use crate::history::{Change, History, changed_within, store};
use crate::numbers::int32;
use crate::spec::{Behavior, PolicyKind, Rules, Select};
use crate::time::{Span, Time};

/// What a proposal is held against.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// The replicas of now.
    pub current: i32,
    /// `spec.minReplicas`.
    pub min: i32,
    /// `spec.maxReplicas`.
    pub max: i32,
    /// `spec.behavior`; without it, the controller's older path is taken.
    pub behavior: Option<&'a Behavior>,
    /// The controller's flag for a missing `stabilizationWindowSeconds` downwards.
    pub downscale_stabilization: Span,
}

/// What became of a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// The replicas after all.
    pub desired: i32,
    /// The replicas after stabilization, before limits.
    pub stabilized: i32,
    /// Whether earlier recommendations held the proposal back.
    pub held: Option<Held>,
    /// Which limit was met; [`Limit::None`] where the number is within range.
    pub limit: Limit,
}

/// Which way earlier recommendations held a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Held {
    /// `ScaleUpStabilized`.
    Up,
    /// `ScaleDownStabilized`.
    Down,
}

/// What limits a number of replicas.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Limit {
    /// Nothing: `DesiredWithinRange`.
    None,
    /// `TooFewReplicas`.
    Min,
    /// `TooManyReplicas`.
    Max,
    /// `ScaleUpLimit`: a policy (its index), or none where the older path's own limit or
    /// `selectPolicy: Disabled` holds.
    Up(Option<usize>),
    /// `ScaleDownLimit`, likewise.
    Down(Option<usize>),
}

impl Held {
    /// The reason in the condition `AbleToScale`.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Up => "ScaleUpStabilized",
            Self::Down => "ScaleDownStabilized",
        }
    }

    /// The message there.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Up => {
                "recent recommendations were lower than current one, applying the lowest recent recommendation"
            }
            Self::Down => {
                "recent recommendations were higher than current one, applying the highest recent recommendation"
            }
        }
    }
}

impl Limit {
    /// The reason in the condition `ScalingLimited`.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::None => "DesiredWithinRange",
            Self::Min => "TooFewReplicas",
            Self::Max => "TooManyReplicas",
            Self::Up(_) => "ScaleUpLimit",
            Self::Down(_) => "ScaleDownLimit",
        }
    }

    /// The message there.
    pub const fn message(self) -> &'static str {
        match self {
            Self::None => "the desired count is within the acceptable range",
            Self::Min => "the desired replica count is less than the minimum replica count",
            Self::Max => "the desired replica count is more than the maximum replica count",
            Self::Up(_) => {
                "the desired replica count is increasing faster than the maximum scale rate"
            }
            Self::Down(_) => {
                "the desired replica count is decreasing faster than the maximum scale rate"
            }
        }
    }
}

/// Stabilizes and limits a proposal, and remembers it (`normalizeDesiredReplicas` and
/// `normalizeDesiredReplicasWithBehaviors`).
pub fn normalize(history: &mut History, bounds: &Bounds<'_>, proposed: i32, now: Time) -> Verdict {
    let Some(behavior) = bounds.behavior else {
        let stabilized = stabilize_plainly(history, bounds.downscale_stabilization, proposed, now);
        let (desired, limit) = limit_plainly(bounds, stabilized);
        return Verdict {
            desired,
            stabilized,
            held: (stabilized != proposed).then_some(Held::Down),
            limit,
        };
    };
    let stabilized = stabilize(history, bounds, behavior, proposed, now);
    let way = if proposed >= bounds.current {
        Held::Up
    } else {
        Held::Down
    };
    let (desired, limit) = limit(history, bounds, behavior, stabilized, now);
    Verdict {
        desired,
        stabilized,
        held: (stabilized != proposed).then_some(way),
        limit,
    }
}

/// Remembers a change that was made (`storeScaleEvent`). Without a behavior nothing asks for it.
pub fn remember(history: &mut History, behavior: Option<&Behavior>, from: i32, to: i32, now: Time) {
    let Some(behavior) = behavior else { return };
    if to > from {
        let change = Change::new(to.wrapping_sub(from), now);
        store(&mut history.ups, behavior.up.longest_period(), change);
    } else {
        let change = Change::new(from.wrapping_sub(to), now);
        store(&mut history.downs, behavior.down.longest_period(), change);
    }
}

/// `stabilizeRecommendation`: the highest of the window.
fn stabilize_plainly(history: &mut History, window: Span, proposed: i32, now: Time) -> i32 {
    let cutoff = now.minus(window);
    let mut highest = proposed;
    let mut slot = None;
    for (index, (at, value)) in history
        .times
        .iter()
        .zip(&history.recommendations)
        .enumerate()
    {
        if *at < cutoff {
            slot = Some(index);
        } else {
            highest = highest.max(*value);
        }
    }
    history.recommend(slot, proposed, now);
    highest
}

/// `stabilizeRecommendationWithBehaviors`: the number of now, moved into what the windows allow.
fn stabilize(
    history: &mut History,
    bounds: &Bounds<'_>,
    behavior: &Behavior,
    proposed: i32,
    now: Time,
) -> i32 {
    let cutoff = |seconds: i32| now.minus(Span::seconds(seconds.into()));
    let up_cutoff = cutoff(behavior.up.window_seconds.unwrap_or(0));
    let flag = bounds.downscale_stabilization.as_seconds() as i32;
    let down_cutoff = cutoff(behavior.down.window_seconds.unwrap_or(flag));
    let older = up_cutoff.min(down_cutoff);
    let (mut lowest, mut highest) = (proposed, proposed);
    let mut slot = None;
    for (index, (at, value)) in history
        .times
        .iter()
        .zip(&history.recommendations)
        .enumerate()
    {
        if *at > up_cutoff {
            lowest = lowest.min(*value);
        }
        if *at > down_cutoff {
            highest = highest.max(*value);
        }
        if *at < older {
            slot = Some(index);
        }
    }
    history.recommend(slot, proposed, now);
    bounds.current.max(lowest).min(highest)
}

/// `convertDesiredReplicasWithRules`: without a behavior, at most twice as many, or four.
fn limit_plainly(bounds: &Bounds<'_>, desired: i32) -> (i32, Limit) {
    let rate = int32((2.0 * f64::from(bounds.current)).max(4.0));
    let (most, limit) = if bounds.max > rate {
        (rate, Limit::Up(None))
    } else {
        (bounds.max, Limit::Max)
    };
    if desired < bounds.min {
        (bounds.min, Limit::Min)
    } else if desired > most {
        (most, limit)
    } else {
        (desired, Limit::None)
    }
}

/// `convertDesiredReplicasWithBehaviorRate`.
fn limit(
    history: &History,
    bounds: &Bounds<'_>,
    behavior: &Behavior,
    desired: i32,
    now: Time,
) -> (i32, Limit) {
    let current = bounds.current;
    if desired > current {
        let (rate, policy) = up_limit(current, history, &behavior.up, now);
        let rate = rate.max(current);
        let (most, limit) = if bounds.max > rate {
            (rate, Limit::Up(policy))
        } else {
            (bounds.max, Limit::Max)
        };
        if desired > most {
            return (most, limit);
        }
    } else if desired < current {
        let (rate, policy) = down_limit(current, history, &behavior.down, now);
        let rate = rate.min(current);
        let (least, limit) = if bounds.min < rate {
            (rate, Limit::Down(policy))
        } else {
            (bounds.min, Limit::Min)
        };
        if desired < least {
            return (least, limit);
        }
    }
    (desired, Limit::None)
}

/// The replicas at the start of a policy's period: changes in both directions are undone.
fn period_start(current: i32, history: &History, period: i32, now: Time) -> i32 {
    let added = changed_within(&history.ups, period, now);
    let removed = changed_within(&history.downs, period, now);
    current.wrapping_sub(added).wrapping_add(removed)
}

/// `calculateScaleUpLimitWithScalingRules`, with the policy that decided.
pub fn up_limit(current: i32, history: &History, rules: &Rules, now: Time) -> (i32, Option<usize>) {
    let smallest = match rules.select {
        Select::Disabled => return (current, None),
        Select::Min => true,
        Select::Max => false,
    };
    let mut result = if smallest { i32::MAX } else { i32::MIN };
    let mut decided = None;
    for (index, policy) in rules.policies.iter().enumerate() {
        let start = period_start(current, history, policy.period_seconds, now);
        let proposed = match policy.kind {
            PolicyKind::Pods => start.wrapping_add(policy.value),
            // Rounded up: a small percentage of few replicas must still be able to add one.
            PolicyKind::Percent => {
                int32((f64::from(start) * (1.0 + f64::from(policy.value) / 100.0)).ceil())
            }
        };
        let better = if smallest {
            proposed < result
        } else {
            proposed > result
        };
        if better {
            (result, decided) = (proposed, Some(index));
        }
    }
    (result, decided)
}

/// `calculateScaleDownLimitWithBehaviors`, with the policy that decided.
pub fn down_limit(
    current: i32,
    history: &History,
    rules: &Rules,
    now: Time,
) -> (i32, Option<usize>) {
    let smallest = match rules.select {
        Select::Disabled => return (current, None),
        Select::Min => true,
        Select::Max => false,
    };
    let mut result = if smallest { i32::MIN } else { i32::MAX };
    let mut decided = None;
    for (index, policy) in rules.policies.iter().enumerate() {
        let start = period_start(current, history, policy.period_seconds, now);
        let proposed = match policy.kind {
            PolicyKind::Pods => start.wrapping_sub(policy.value),
            PolicyKind::Percent => {
                int32(f64::from(start) * (1.0 - f64::from(policy.value) / 100.0))
            }
        };
        let better = if smallest {
            proposed > result
        } else {
            proposed < result
        };
        if better {
            (result, decided) = (proposed, Some(index));
        }
    }
    (result, decided)
}
