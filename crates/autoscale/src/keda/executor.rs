//! KEDA's own loop between zero and some replicas: `scaleExecutor.RequestScale` of KEDA 2.20.2.

use plimsoll_hpa::{Span, Time};

use super::{Keda, Paused};

/// What the loop remembers of a ScaledObject.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Memory {
    /// `metadata.creationTimestamp`.
    pub created: Time,
    /// `status.lastActiveTime`.
    pub last_active: Option<Time>,
}

/// What the loop finds when it looks at the triggers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Poll {
    /// Whether any trigger is active.
    pub active: bool,
    /// Whether any trigger failed.
    pub failed: bool,
    /// The replicas of the target.
    pub current: i32,
    /// Now.
    pub now: Time,
}

/// What the loop does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// The replicas that it sets.
    pub replicas: i32,
    /// Why.
    pub cause: Cause,
}

/// Why the loop sets a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cause {
    /// A trigger is active.
    Activated,
    /// None has been for the cooldown period.
    Cooled,
    /// There are fewer than `minReplicaCount`.
    BelowMin,
}

impl Keda {
    /// One look at the triggers; `None` leaves the number as it is.
    pub fn request(&self, memory: &mut Memory, poll: &Poll) -> Option<Request> {
        let &Poll {
            active,
            failed,
            current,
            now,
        } = poll;
        if self.paused != Paused::Not {
            return None;
        }
        if active || self.forced {
            if current == 0 || (self.idle.is_some() && current < self.min) {
                if self.pause_out {
                    return None;
                }
                memory.last_active = Some(now);
                return Some(Request {
                    replicas: self.first(),
                    cause: Cause::Activated,
                });
            }
            if !failed {
                memory.last_active = Some(now);
            }
            return None;
        }
        // What failed may be active: a fallback of none is the only one that lets go of replicas.
        if failed && self.fallback != Some(0) {
            return None;
        }
        let sleeps = self.idle.is_some_and(|idle| current > idle);
        if sleeps || (current > 0 && self.min == 0) {
            return self.cool(memory, now);
        }
        (self.idle.is_none() && current < self.min).then_some(Request {
            replicas: self.min,
            cause: Cause::BelowMin,
        })
    }

    /// The replicas that an active trigger begins with (`scaleFromZeroOrIdle`).
    pub fn first(&self) -> i32 {
        self.min.max(1)
    }

    /// `scaleToZeroOrIdle`.
    fn cool(&self, memory: &Memory, now: Time) -> Option<Request> {
        let over = |since: Time, period: i32| since.plus(Span::seconds(period.into())) < now;
        let cooled = match memory.last_active {
            None => over(memory.created, self.initial_cooldown),
            Some(last) => over(last, self.cooldown),
        };
        (cooled && !self.pause_in).then_some(Request {
            replicas: self.idle.unwrap_or(self.min),
            cause: Cause::Cooled,
        })
    }
}
