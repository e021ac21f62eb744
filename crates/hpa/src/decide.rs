//! One sync without texts: the branches of `reconcileAutoscaler`.

use crate::behavior::{Bounds, Verdict, normalize};
use crate::history::History;
use crate::time::Time;

/// What decides, besides the metrics.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Replicas, limits and behavior.
    pub bounds: Bounds<'a>,
    /// Whether the condition `ScaledToZero` is true (and the feature gate is on).
    pub scaled_to_zero: bool,
    /// Whether a metric is of type Object or External.
    pub can_wake: bool,
}

/// What one sync decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decision {
    /// The replicas.
    pub desired: i32,
    /// Whether the target is written to.
    pub rescale: bool,
    /// Why.
    pub cause: Cause,
}

/// Why a sync decides what it decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The target was scaled to zero by somebody else.
    Disabled,
    /// There were more than `maxReplicas`; metrics are not asked.
    AboveMax,
    /// There were fewer than `minReplicas`; metrics are not asked.
    BelowMin,
    /// The metrics.
    Metrics {
        /// What they propose.
        proposed: i32,
        /// What became of it.
        verdict: Verdict,
        /// Whether the number was raised to `minReplicas` in the end, coming from zero.
        raised: bool,
    },
}

/// Decides. `propose` is called where metrics matter, and gives the highest proposal; if it
/// fails, nothing is decided, and only the first sync is remembered.
pub fn decide<E>(
    history: &mut History,
    input: &Input<'_>,
    now: Time,
    propose: impl FnOnce() -> Result<i32, E>,
) -> Result<Decision, E> {
    let Bounds {
        current, min, max, ..
    } = input.bounds;
    history.begin(current, now);
    let outright = |desired, rescale, cause| {
        Ok(Decision {
            desired,
            rescale,
            cause,
        })
    };
    if current == 0 {
        let wakes = input.scaled_to_zero && (min != 0 || input.can_wake);
        if !wakes {
            return outright(0, false, Cause::Disabled);
        }
    } else if current > max {
        return outright(max, true, Cause::AboveMax);
    } else if current < min {
        return outright(min, true, Cause::BelowMin);
    }
    let proposed = propose()?.max(0);
    let verdict = normalize(history, &input.bounds, proposed, now);
    let mut desired = verdict.desired;
    let raised = current == 0 && min != 0 && input.scaled_to_zero && desired < min;
    if raised {
        desired = min;
    }
    let cause = Cause::Metrics {
        proposed,
        verdict,
        raised,
    };
    outright(desired, desired != current, cause)
}
