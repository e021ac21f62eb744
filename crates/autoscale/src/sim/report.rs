//! What a replay tells.

use plimsoll_hpa::Policy;
use plimsoll_hpa::decide::{Cause, Decision};

use super::{Detail, Scene, Subject, words};
use crate::keda::{self, Request};

/// What a replay told.
#[derive(Clone, PartialEq, Debug)]
pub struct Report {
    /// The seconds of a step.
    pub sync: f64,
    /// How many steps.
    pub steps: usize,
    /// The load of all steps, in units times seconds.
    pub offered: f64,
    /// What was served, likewise.
    pub served: f64,
    /// What was served after waiting, likewise.
    pub delayed: f64,
    /// What was lost, likewise.
    pub lost: f64,
    /// The seconds of steps in which something was lost.
    pub lossy_seconds: f64,
    /// Hours of replicas.
    pub replica_hours: f64,
    /// What they cost.
    pub cost: f64,
    /// The most replicas.
    pub most: i32,
    /// The fewest.
    pub fewest: i32,
    /// Changes upwards.
    pub ups: usize,
    /// Changes downwards.
    pub downs: usize,
    /// Changes that undid one of the last ten minutes.
    pub flaps: usize,
    /// How many syncs each thing held, in the order of [`HoldKind::ALL`].
    pub held: [usize; HoldKind::ALL.len()],
    /// Every step, if they were asked for.
    pub samples: Vec<Sample>,
    /// Every change, if steps were asked for.
    pub moves: Vec<Move>,
    detail: Detail,
    price: f64,
    capacity: f64,
    last: Option<(usize, bool)>,
}

/// A step.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sample {
    /// The load.
    pub load: f64,
    /// Pods that served.
    pub ready: i32,
    /// Replicas that were asked for.
    pub replicas: i32,
    /// What was served, in units times seconds.
    pub served: f64,
    /// What was served after waiting.
    pub delayed: f64,
    /// What was lost.
    pub lost: f64,
    /// The utilization that the controller saw, in percent of the request.
    pub utilization: f64,
}

/// A change of the number of replicas.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Move {
    /// The step after which it was made.
    pub step: usize,
    /// From how many.
    pub from: i32,
    /// To how many.
    pub to: i32,
    /// How many the metrics proposed; the same as `to` where they were not asked.
    pub proposed: i32,
    /// What held it.
    pub hold: Hold,
}

/// What held a decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// What kind of thing.
    pub kind: HoldKind,
    /// Which policy, where it was one.
    pub policy: Option<Policy>,
}

/// The kinds of what holds decisions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HoldKind {
    /// Nothing: the metrics had their way.
    None,
    /// The stabilization window of `scaleUp`.
    UpWindow,
    /// The stabilization window of `scaleDown`.
    DownWindow,
    /// A policy of `scaleUp`.
    UpPolicy,
    /// A policy of `scaleDown`.
    DownPolicy,
    /// `selectPolicy: Disabled` of `scaleUp`.
    UpDisabled,
    /// `selectPolicy: Disabled` of `scaleDown`.
    DownDisabled,
    /// Without `behavior`: at most twice as many, or four.
    UpDoubling,
    /// `maxReplicas`.
    Max,
    /// `minReplicas`.
    Min,
    /// There were more than `maxReplicas`.
    AboveMax,
    /// There were fewer than `minReplicas`.
    BelowMin,
    /// The target was at zero.
    Disabled,
    /// KEDA: a trigger was active.
    Activated,
    /// KEDA: no trigger had been active for the cooldown period.
    Cooled,
    /// KEDA: there were fewer than `minReplicaCount`.
    Raised,
}

impl HoldKind {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::None,
        Self::UpWindow,
        Self::DownWindow,
        Self::UpPolicy,
        Self::DownPolicy,
        Self::UpDisabled,
        Self::DownDisabled,
        Self::UpDoubling,
        Self::Max,
        Self::Min,
        Self::AboveMax,
        Self::BelowMin,
        Self::Disabled,
        Self::Activated,
        Self::Cooled,
        Self::Raised,
    ];

    /// The words for it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "not limited",
            Self::UpWindow => "held by the scale-up window",
            Self::DownWindow => "held by the scale-down window",
            Self::UpPolicy => "limited by a scale-up policy",
            Self::DownPolicy => "limited by a scale-down policy",
            Self::UpDisabled => "scaling up is disabled",
            Self::DownDisabled => "scaling down is disabled",
            Self::UpDoubling => "limited to twice as many",
            Self::Max => "limited by maxReplicas",
            Self::Min => "limited by minReplicas",
            Self::AboveMax => "above maxReplicas",
            Self::BelowMin => "below minReplicas",
            Self::Disabled => "disabled at zero",
            Self::Activated => "activated by KEDA",
            Self::Cooled => "cooled down by KEDA",
            Self::Raised => "raised to minReplicaCount by KEDA",
        }
    }
}

impl Hold {
    pub(super) fn new(kind: HoldKind, policy: Option<Policy>) -> Self {
        Self { kind, policy }
    }
}

impl std::fmt::Display for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.policy {
            Some(policy) => write!(f, "limited by policy {policy}"),
            None => f.write_str(self.kind.words()),
        }
    }
}

/// Two changes in opposite directions within so many seconds are a flap.
const FLAP: f64 = 600.0;

impl Report {
    pub(super) fn new(scene: &Scene, detail: Detail, steps: usize) -> Self {
        let room = if detail == Detail::Steps { steps } else { 0 };
        Self {
            sync: scene.sync,
            steps: 0,
            offered: 0.0,
            served: 0.0,
            delayed: 0.0,
            lost: 0.0,
            lossy_seconds: 0.0,
            replica_hours: 0.0,
            cost: 0.0,
            most: 0,
            fewest: i32::MAX,
            ups: 0,
            downs: 0,
            flaps: 0,
            held: [0; HoldKind::ALL.len()],
            samples: Vec::with_capacity(room),
            moves: Vec::new(),
            detail,
            price: scene.price,
            capacity: scene.pod_capacity,
            last: None,
        }
    }

    pub(super) fn step(&mut self, sample: &Sample) {
        self.steps += 1;
        self.offered += sample.load * self.sync;
        self.served += sample.served;
        self.delayed += sample.delayed;
        self.lost += sample.lost;
        // Less than a thousandth of the load is what rounding leaves.
        if sample.lost > sample.load * self.sync * 1e-3 {
            self.lossy_seconds += self.sync;
        }
        self.replica_hours += f64::from(sample.replicas) * self.sync / 3600.0;
        self.most = self.most.max(sample.replicas);
        self.fewest = self.fewest.min(sample.replicas);
        if self.detail == Detail::Steps {
            self.samples.push(*sample);
        }
    }

    pub(super) fn decision(
        &mut self,
        subject: &Subject,
        step: usize,
        current: i32,
        decision: Decision,
    ) {
        let hold = words(subject, decision.cause);
        self.held[hold.kind as usize] += 1;
        if !decision.rescale {
            return;
        }
        self.change(Move {
            step,
            from: current,
            to: decision.desired,
            proposed: match decision.cause {
                Cause::Metrics { proposed, .. } => proposed,
                _ => decision.desired,
            },
            hold,
        });
    }

    /// A number that KEDA's loop set.
    pub(super) fn request(&mut self, step: usize, current: i32, request: Request) {
        let kind = match request.cause {
            keda::Cause::Activated => HoldKind::Activated,
            keda::Cause::Cooled => HoldKind::Cooled,
            keda::Cause::BelowMin => HoldKind::Raised,
        };
        self.held[kind as usize] += 1;
        self.change(Move {
            step,
            from: current,
            to: request.replicas,
            proposed: request.replicas,
            hold: Hold::new(kind, None),
        });
    }

    fn change(&mut self, change: Move) {
        let Move { step, from, to, .. } = change;
        if from == to {
            return;
        }
        let up = to > from;
        if up {
            self.ups += 1;
        } else {
            self.downs += 1;
        }
        let recent = |at: usize| (step - at) as f64 * self.sync <= FLAP;
        if self
            .last
            .is_some_and(|(at, before)| before != up && recent(at))
        {
            self.flaps += 1;
        }
        self.last = Some((step, up));
        if self.detail == Detail::Steps {
            self.moves.push(change);
        }
    }

    pub(super) fn finish(mut self) -> Self {
        self.cost = self.replica_hours * self.price;
        self.fewest = self.fewest.min(self.most);
        self
    }

    /// The share of the load that was lost.
    pub fn lost_share(&self) -> f64 {
        share(self.lost, self.offered)
    }

    /// The share of the load that came late.
    pub fn delayed_share(&self) -> f64 {
        share(self.delayed, self.offered)
    }

    /// The share of the pods' capacity that was used.
    pub fn used_share(&self) -> f64 {
        share(self.served, self.replica_hours * 3600.0 * self.capacity)
    }

    /// Work that was lost, in hours of a pod.
    pub fn lost_hours(&self) -> f64 {
        self.lost / self.capacity / 3600.0
    }

    /// Work that came late, in hours of a pod.
    pub fn delayed_hours(&self) -> f64 {
        self.delayed / self.capacity / 3600.0
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
