//! A load replayed through the controller over a model of pods and nodes.
//!
//! The model, step by step of one sync period:
//! 1. Pods that have started become ready; nodes that were asked for arrive.
//! 2. The load of the step meets the ready pods, shared out evenly. What they cannot serve waits
//!    as long as callers wait, and is lost after that.
//! 3. Metrics are means over a window that ended some time ago, as metrics-server gives them.
//! 4. KEDA looks at its triggers as often as its interval says, and goes from no replicas to some
//!    and back.
//! 5. The controller decides, and the pods of the target follow: new ones are pending until they
//!    have room on a node and have started; of those that go, the youngest go first.
//!
//! Pods that serve are alike, so the model keeps counts of them and not a list; a sync costs
//! well under a microsecond however many pods there are.

mod loops;
mod pods;
mod report;
mod subject;

use plimsoll_hpa::behavior::{Bounds, remember};
use plimsoll_hpa::calculator::{
    Alike, NoProposal, Proposal, Usage, average, external_per_pod, utilization, whole,
};
use plimsoll_hpa::decide::{Cause, Decision, Input, decide};
use plimsoll_hpa::{Flags, History, Span, Time};

use crate::keda::Paused;

use loops::Loop;
use pods::Pods;
pub use report::{Hold, HoldKind, Move, Report, Sample};
pub use subject::Subject;
use subject::{Goal, Source};

/// What a replay is about, besides the load and the autoscaler.
#[derive(Clone, PartialEq, Debug)]
pub struct Scene {
    /// How much load one ready pod can serve, in units of the load.
    pub pod_capacity: f64,
    /// The CPU that a pod uses when it serves so much, in percent of its request.
    pub full_utilization: f64,
    /// The replicas at the beginning; as many as the first load needs where absent.
    pub replicas: Option<i32>,
    /// From the sync that creates a pod until it is ready, in seconds, given room on a node.
    pub start_up: f64,
    /// How long pods without room wait for a node, in seconds.
    pub node_delay: f64,
    /// How many pods a node holds; with 0 there is always room.
    pub pods_per_node: i32,
    /// Pods for which there is room at the beginning beyond the first.
    pub spare_pods: i32,
    /// How old the newest sample is, in seconds.
    pub metric_lag: f64,
    /// The window that a sample is a mean over, in seconds.
    pub metric_window: f64,
    /// How long callers wait before they give up, in seconds.
    pub patience: f64,
    /// The seconds between syncs.
    pub sync: f64,
    /// How many seconds after the load's first point the replay begins; triggers of type `cron`
    /// ask.
    pub start: f64,
    /// The price of a pod for an hour.
    pub price: f64,
    /// The controller's flags.
    pub flags: Flags,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            pod_capacity: 1.0,
            full_utilization: 100.0,
            replicas: None,
            start_up: 30.0,
            node_delay: 90.0,
            pods_per_node: 0,
            spare_pods: 0,
            metric_lag: 15.0,
            metric_window: 30.0,
            patience: 10.0,
            sync: 15.0,
            start: 0.0,
            price: 0.0,
            flags: Flags::default(),
        }
    }
}

/// The request of every pod in the model, in thousandths of a core, unless the HPA's target is an
/// amount of CPU: utilization does not depend on it.
const REQUEST: i64 = 1_000_000;

/// What is kept of a replay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// The sums alone.
    Sums,
    /// Every step and every decision, too.
    Steps,
}

/// Replays loads, one for each sync, each the mean of its step.
pub fn simulate(subject: &Subject, scene: &Scene, loads: &[f64], detail: Detail) -> Report {
    let mut replay = Replay::new(subject, scene, loads, detail);
    for (index, load) in loads.iter().enumerate() {
        replay.step(index, *load);
    }
    replay.report.finish()
}

/// The same, with a report for each of so many parts of equal length, the last of which may be
/// shorter. Pods and memories go on from one part to the next.
pub fn simulate_parts(
    subject: &Subject,
    scene: &Scene,
    loads: &[f64],
    parts: usize,
) -> Vec<Report> {
    let mut replay = Replay::new(subject, scene, loads, Detail::Sums);
    let length = loads.len().div_ceil(parts.max(1)).max(1);
    let mut reports = Vec::with_capacity(parts);
    for (index, load) in loads.iter().enumerate() {
        replay.step(index, *load);
        if (index + 1) % length == 0 || index + 1 == loads.len() {
            let fresh = Report::new(scene, Detail::Sums, 0);
            reports.push(std::mem::replace(&mut replay.report, fresh).finish());
        }
    }
    reports
}

struct Replay<'a> {
    subject: &'a Subject,
    scene: &'a Scene,
    pods: Pods,
    history: History,
    /// What each ready pod used (its share of its capacity) and the whole load, of the last
    /// steps; a ring.
    seen: Vec<(f64, f64)>,
    window: usize,
    lag: usize,
    waiting: f64,
    zero: bool,
    keda: Option<Loop<'a>>,
    report: Report,
}

impl<'a> Replay<'a> {
    fn new(subject: &'a Subject, scene: &'a Scene, loads: &[f64], detail: Detail) -> Self {
        let first = loads.first().copied().unwrap_or(0.0);
        let needed = (first / scene.pod_capacity.max(f64::MIN_POSITIVE)).ceil();
        let needed = (needed.min(1e6) as i32).max(1);
        let replicas = scene.replicas.unwrap_or(needed);
        let least = subject.least.min(subject.max);
        let replicas = replicas.clamp(least, subject.max.max(1));
        let replicas = match subject.paused {
            Paused::At(count) => count,
            Paused::Here | Paused::Not => replicas,
        };
        let steps = |seconds: f64| (seconds / scene.sync).round().clamp(0.0, 10_000.0) as usize;
        let (window, lag) = (steps(scene.metric_window).max(1), steps(scene.metric_lag));
        Self {
            subject,
            scene,
            pods: Pods::new(scene, replicas),
            history: History::default(),
            seen: vec![(0.0, 0.0); window + lag],
            window,
            lag,
            waiting: 0.0,
            // Of a target that KEDA took to zero, the controller keeps its hands off.
            zero: replicas == 0 && subject.keda.is_none(),
            keda: subject.keda.as_ref().map(Loop::new),
            report: Report::new(scene, detail, loads.len()),
        }
    }

    fn step(&mut self, index: usize, load: f64) {
        let scene = self.scene;
        let begun = index as f64 * scene.sync;
        self.pods.advance(begun);
        let ready = self.pods.ready();
        let capacity = f64::from(ready) * scene.pod_capacity;
        let arriving = load * scene.sync;
        let able = capacity * scene.sync;
        let from_wait = self.waiting.min(able);
        let served_new = arriving.min(able - from_wait);
        let left = self.waiting - from_wait + arriving - served_new;
        // Callers wait as long as their patience lasts: no more than arrives in that time.
        let kept = left.min(load * scene.patience);
        self.waiting = kept;
        let served = from_wait + served_new;
        let share = if able > 0.0 { served / able } else { 0.0 };
        let slots = self.seen.len();
        self.seen[index % slots] = (share, load);

        self.look(index, begun);
        let replicas = self.pods.wanted();
        // The sync comes at the end of the step that it has seen.
        let now = Time::millis(((begun + scene.sync) * 1000.0) as i64);
        let (decision, utilization) = self.decide(index, replicas, begun + scene.sync, now);
        self.report.step(&Sample {
            load,
            ready,
            replicas,
            served,
            delayed: from_wait,
            lost: left - kept,
            utilization,
        });
        if self.subject.paused != Paused::Not {
            return;
        }
        let Some(decision) = decision else { return };
        self.report
            .decision(self.subject, index, replicas, decision);
        if decision.rescale {
            let behavior = self.subject.behavior.as_ref();
            remember(&mut self.history, behavior, replicas, decision.desired, now);
            self.zero = decision.desired == 0;
            self.pods.follow(decision.desired, begun + scene.sync);
        }
    }

    /// KEDA looks at the triggers, once for each of its intervals that begins in this step.
    fn look(&mut self, index: usize, begun: f64) {
        let Some(keda) = &mut self.keda else { return };
        let seen = self.seen[index % self.seen.len()];
        let polls = keda.polls(begun, self.scene.sync);
        for at in polls {
            let current = self.pods.wanted();
            let load = match mean(&self.seen, index, self.lag, self.window) {
                Some((_, load)) => load,
                None => seen.1,
            };
            if let Some(request) = keda.poll(at, self.scene.start + at, load, current) {
                self.report.request(index, current, request);
                self.pods.follow(request.replicas, at);
            }
        }
    }

    /// The mean of the window that the newest sample covers.
    fn window(&self, index: usize) -> Option<(f64, f64)> {
        mean(&self.seen, index, self.lag, self.window)
    }

    fn decide(
        &mut self,
        index: usize,
        current: i32,
        seconds: f64,
        now: Time,
    ) -> (Option<Decision>, f64) {
        let subject = self.subject;
        let input = Input {
            bounds: Bounds {
                current,
                min: subject.min,
                max: subject.max,
                behavior: subject.behavior.as_ref(),
                downscale_stabilization: self.scene.flags.downscale_stabilization,
            },
            scaled_to_zero: self.zero,
            can_wake: subject.can_wake,
        };
        let seen = self.window(index);
        let groups = self.pods.groups(seconds);
        // Before the first sample there is only what happens.
        let (share, load) = seen.unwrap_or(self.seen[index % self.seen.len()]);
        let (scene, pods) = (self.scene, &self.pods);
        let decided = decide(&mut self.history, &input, now, || {
            if seen.is_none() {
                return Err(NoProposal::NoSamples);
            }
            let measured = Measured {
                subject,
                scene,
                share,
                load,
                after: scene.start + seconds,
                groups,
                current,
                ready: pods.ready(),
            };
            measured.propose()
        });
        (decided.ok(), share * scene.full_utilization)
    }
}

/// The mean of the steps that a window of samples covers, so many steps ago; `seen` is a ring.
fn mean(seen: &[(f64, f64)], index: usize, lag: usize, window: usize) -> Option<(f64, f64)> {
    let newest = index.checked_sub(lag)?;
    let from = newest.saturating_sub(window - 1);
    let slots = seen.len();
    let mut sum = (0.0, 0.0);
    for at in from..=newest {
        let (share, load) = seen[at % slots];
        sum = (sum.0 + share, sum.1 + load);
    }
    let count = (newest - from + 1) as f64;
    Some((sum.0 / count, sum.1 / count))
}

/// How the pods count for CPU, and how for other metrics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    /// With a sample that counts.
    counting: i64,
    /// Pending, unready, or ready for less than a window.
    fresh: i64,
}

struct Measured<'a> {
    subject: &'a Subject,
    scene: &'a Scene,
    share: f64,
    load: f64,
    /// Now, in seconds after the load's first point.
    after: f64,
    groups: Counted,
    current: i32,
    ready: i32,
}

impl Measured<'_> {
    fn propose(&self) -> Result<i32, NoProposal> {
        let mut highest = 0;
        let mut failure = None;
        let mut first = true;
        for goal in &self.subject.goals {
            match self.one(*goal) {
                Ok(proposal) => {
                    if first || highest == 0 || proposal.replicas > highest {
                        highest = proposal.replicas;
                    }
                    first = false;
                }
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            Some(error) if first || highest < self.current => Err(error),
            _ => Ok(highest),
        }
    }

    fn one(&self, goal: Goal) -> Result<Proposal, NoProposal> {
        let tolerances = self.subject.tolerances;
        let milli = |value: f64| (value * 1000.0).round().min(9e18) as i64;
        let utilized = self.share * self.scene.full_utilization / 100.0;
        match goal {
            Goal::Utilization(percent) => {
                let each = (utilized * REQUEST as f64).round() as i64;
                let fresh = self.fresh(REQUEST);
                let usage = self.usage(each, REQUEST, &fresh);
                utilization(self.current, percent, tolerances, &usage)
            }
            Goal::Cpu(target) => {
                let each = (utilized * self.subject.cpu_request as f64).round() as i64;
                let fresh = self.fresh(0);
                let usage = self.usage(each, 0, &fresh);
                average(self.current, target, tolerances, &usage)
            }
            Goal::PerPod(target) => {
                let each = milli(self.share * self.scene.pod_capacity);
                let fresh = self.fresh(0);
                let usage = self.usage(each, 0, &fresh);
                average(self.current, target, tolerances, &usage)
            }
            Goal::Shared(target, source) => {
                let series = [milli(self.value(source))];
                Ok(external_per_pod(self.current, &series, target, tolerances))
            }
            Goal::Whole(target, source) => {
                let value = milli(self.value(source));
                whole(self.current, value, target, tolerances, || {
                    Ok(i64::from(self.ready))
                })
            }
        }
    }

    fn value(&self, source: Source) -> f64 {
        match source {
            Source::Load => self.load,
            Source::Clock(at) => self.subject.asked(at, self.after),
        }
    }

    fn fresh(&self, request: i64) -> [Alike; 1] {
        [Alike {
            request,
            pods: self.groups.fresh,
        }]
    }

    fn usage<'u>(&self, each: i64, request: i64, fresh: &'u [Alike; 1]) -> Usage<'u> {
        let counting = self.groups.counting;
        Usage {
            ready: counting,
            sum: each.saturating_mul(counting),
            samples: counting,
            known: counting,
            requests: request * counting,
            unready: if self.groups.fresh > 0 { fresh } else { &[] },
            missing: &[],
        }
    }
}

/// A span as the model counts time.
fn seconds(span: Span) -> f64 {
    span.as_seconds_f64()
}

/// The words for what held a decision.
fn words(subject: &Subject, cause: Cause) -> Hold {
    use plimsoll_hpa::behavior::{Held, Limit};
    let verdict = match cause {
        Cause::Disabled => return Hold::new(HoldKind::Disabled, None),
        Cause::AboveMax => return Hold::new(HoldKind::AboveMax, None),
        Cause::BelowMin => return Hold::new(HoldKind::BelowMin, None),
        Cause::Metrics { verdict, .. } => verdict,
    };
    let policy = |up: bool, index: Option<usize>| match index {
        Some(index) => Hold::new(
            if up {
                HoldKind::UpPolicy
            } else {
                HoldKind::DownPolicy
            },
            subject.policy(up, index),
        ),
        None if subject.behavior.is_none() => Hold::new(HoldKind::UpDoubling, None),
        None => Hold::new(
            if up {
                HoldKind::UpDisabled
            } else {
                HoldKind::DownDisabled
            },
            None,
        ),
    };
    match verdict.limit {
        Limit::Up(index) => policy(true, index),
        Limit::Down(index) => policy(false, index),
        Limit::Max => Hold::new(HoldKind::Max, None),
        Limit::Min => Hold::new(HoldKind::Min, None),
        Limit::None => match verdict.held {
            Some(Held::Up) => Hold::new(HoldKind::UpWindow, None),
            Some(Held::Down) => Hold::new(HoldKind::DownWindow, None),
            None => Hold::new(HoldKind::None, None),
        },
    }
}

#[cfg(test)]
mod tests;
