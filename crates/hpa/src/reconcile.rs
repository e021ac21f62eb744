//! One sync as the cluster sees it: `reconcileAutoscaler`.

use crate::Flags;
use crate::behavior::{Bounds, remember};
use crate::compute::{Computed, Context, compute, tolerances};
use crate::decide::{Cause, Decision, Input, decide};
use crate::history::History;
use crate::pods::Pod;
use crate::propose::Question;
use crate::samples::Metrics;
use crate::spec::Hpa;
use crate::status::{ConditionKind, Event, Status};
use crate::time::Time;

/// What the controller finds.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The scale of the target.
    pub scale: &'a ScaleRead,
    /// The pods that its selector chooses.
    pub pods: &'a [Pod],
    /// The metrics APIs.
    pub metrics: &'a dyn Metrics,
    /// What writing the scale answers.
    pub update: Result<(), &'a str>,
}

/// What reading the target's scale gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScaleRead {
    /// The scale.
    Read(Scale),
    /// `scaleTargetRef.apiVersion` is none; with what the parser says.
    InvalidVersion(String),
    /// No resource serves the target's kind; with what the mapper says.
    NoMapping(String),
    /// The scale cannot be read; with what the API server says.
    Failed(String),
}

/// A `Scale`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scale {
    /// `spec.replicas`.
    pub spec_replicas: i32,
    /// `status.replicas`.
    pub status_replicas: i32,
    /// What became of `status.selector`.
    pub selection: Selection,
}

/// What became of the selector of a target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// It chooses the pods.
    Pods,
    /// There is none.
    Missing,
    /// It cannot be read; with what the parser says.
    Unreadable(String),
    /// Another HPA has a target that chooses some of the pods.
    Ambiguous {
        /// The selector.
        selector: String,
        /// The HPAs, as `namespace/name`, in any order.
        hpas: Vec<String>,
    },
    /// The HPA was deleted meanwhile.
    Deleted,
}

/// What a sync did.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// The replicas written to the target, if it was written.
    pub rescaled: Option<i32>,
    /// The events sent, in order.
    pub events: Vec<Event>,
    /// The error that the controller logs.
    pub error: Option<String>,
    /// What its metrics call that error: `none`, `spec` or `internal`.
    pub error_kind: &'static str,
    /// Whether the status is another than before, and therefore written.
    pub status_changed: bool,
    /// What was decided; `None` where it came to no decision.
    pub decision: Option<Decision>,
    /// What the replicas change for, in the words of the event; may be empty.
    pub reason: String,
}

impl Outcome {
    /// What the controller's own metrics call it: `none`, `scale_up` or `scale_down`.
    pub fn action(&self, current: i32) -> &'static str {
        match self.rescaled {
            None => "none",
            Some(desired) if desired > current => "scale_up",
            Some(_) => "scale_down",
        }
    }
}

/// One sync. `status` is read (for the condition `ScaledToZero`, the time of the last change) and
/// written as the controller writes it.
pub fn reconcile(
    flags: &Flags,
    hpa: &Hpa,
    history: &mut History,
    status: &mut Status,
    seen: &Seen<'_>,
    now: Time,
) -> Outcome {
    let before = status.clone();
    let mut outcome = sync(flags, hpa, history, status, seen, now);
    outcome.status_changed = *status != before;
    outcome
}

fn sync(
    flags: &Flags,
    hpa: &Hpa,
    history: &mut History,
    status: &mut Status,
    seen: &Seen<'_>,
    now: Time,
) -> Outcome {
    let reference = format!("{}/{}/{}", hpa.target.kind, hpa.namespace, hpa.target.name);
    let scale = match read(seen.scale, status, &reference, now) {
        Ok(scale) => scale,
        Err(outcome) => return *outcome,
    };
    let current = scale.spec_replicas;
    let zero = flags.scale_to_zero
        && status
            .condition(ConditionKind::ScaledToZero)
            .is_some_and(|one| one.status);
    let input = Input {
        bounds: Bounds {
            current,
            min: hpa.min(),
            max: hpa.max_replicas,
            behavior: hpa.behavior.as_ref(),
            downscale_stabilization: flags.downscale_stabilization,
        },
        scaled_to_zero: zero,
        can_wake: hpa.can_wake(),
    };
    let mut computed = None;
    let decided = decide(history, &input, now, || {
        let found = select(hpa, scale, status, now).map(|()| {
            compute(&Context {
                hpa,
                question: Question {
                    current,
                    tolerances: tolerances(hpa, flags),
                    flags,
                    pods: seen.pods,
                    now,
                },
                status_replicas: scale.status_replicas,
                metrics: seen.metrics,
            })
        });
        found.and_then(|found| {
            let condition = &found.condition;
            let (kind, active) = (condition.kind, condition.status);
            status.set(now, kind, active, condition.reason, &*condition.message);
            let failed = found.replicas.is_none() && found.error.is_some();
            let replicas = found.replicas.unwrap_or(-1);
            let found = computed.insert(found);
            if failed {
                return Err(Stop::of(found));
            }
            Ok(replicas)
        })
    });
    let mut turn = Turn {
        flags,
        hpa,
        status,
        current,
        computed,
        now,
        reference,
    };
    match decided {
        Ok(decision) => turn.act(history, seen, decision),
        Err(stop) => turn.stop(stop),
    }
}

fn read<'a>(
    scale: &'a ScaleRead,
    status: &mut Status,
    reference: &str,
    now: Time,
) -> Result<&'a Scale, Box<Outcome>> {
    let (text, error, error_kind) = match scale {
        ScaleRead::Read(scale) => {
            let message = "the HPA controller was able to get the target's current scale";
            let able = ConditionKind::AbleToScale;
            status.set(now, able, true, "SucceededGetScale", message);
            return Ok(scale);
        }
        ScaleRead::InvalidVersion(text) => (
            text,
            format!("invalid API version in scale target reference: {text}"),
            "spec",
        ),
        ScaleRead::NoMapping(text) => (
            text,
            format!("unable to determine resource for scale target reference: {text}"),
            "internal",
        ),
        ScaleRead::Failed(text) => (
            text,
            format!("failed to query scale subresource for {reference}: {text}"),
            "internal",
        ),
    };
    status.set(
        now,
        ConditionKind::AbleToScale,
        false,
        "FailedGetScale",
        format!("the HPA controller was unable to get the target's current scale: {text}"),
    );
    Err(Box::new(Outcome {
        rescaled: None,
        events: vec![Event::warning("FailedGetScale", text)],
        error: Some(error),
        error_kind,
        status_changed: false,
        decision: None,
        reason: String::new(),
    }))
}

/// Why a sync ends early.
struct Stop {
    events: Vec<Event>,
    error: String,
    in_spec: bool,
}

impl Stop {
    fn of(computed: &mut Computed) -> Self {
        Self {
            events: std::mem::take(&mut computed.events),
            error: computed.error.clone().unwrap_or_default(),
            in_spec: computed.error_in_spec,
        }
    }
}

/// `validateAndParseSelector`.
fn select(hpa: &Hpa, scale: &Scale, status: &mut Status, now: Time) -> Result<(), Stop> {
    let mut refuse = |event: Option<(&'static str, &str)>,
                      condition: Option<(&'static str, &str)>,
                      error: &str| {
        if let Some((reason, message)) = condition {
            status.set(now, ConditionKind::ScalingActive, false, reason, message);
        }
        let event = event.map(|(reason, message)| Event::warning(reason, message));
        Err(Stop {
            events: event.into_iter().collect(),
            error: error.to_owned(),
            in_spec: false,
        })
    };
    match &scale.selection {
        Selection::Pods => Ok(()),
        Selection::Missing => refuse(
            Some(("SelectorRequired", "selector is required")),
            Some((
                "InvalidSelector",
                "the HPA target's scale is missing a selector",
            )),
            "selector is required",
        ),
        Selection::Unreadable(text) => {
            let error = format!(
                "couldn't convert selector into a corresponding internal selector object: {text}"
            );
            let said = Some(("InvalidSelector", &*error));
            refuse(said, said, &error)
        }
        Selection::Ambiguous { selector, hpas } => {
            let error = format!(
                "pods by selector {selector} are controlled by more than one HPA (e.g. [{}])",
                hpas.join(" ")
            );
            let said = Some(("AmbiguousSelector", &*error));
            refuse(said, said, &error)
        }
        Selection::Deleted => {
            let (namespace, name) = (&hpa.namespace, &hpa.name);
            let error = format!("HPA {namespace}/{name} was deleted during reconciliation");
            refuse(None, None, &error)
        }
    }
}

/// The rest of a sync, once it has come to a decision or not.
struct Turn<'a> {
    flags: &'a Flags,
    hpa: &'a Hpa,
    status: &'a mut Status,
    current: i32,
    computed: Option<Computed>,
    now: Time,
    reference: String,
}

impl Turn<'_> {
    fn stop(&mut self, stop: Stop) -> Outcome {
        self.settle(self.status.desired_replicas, false);
        let mut events = stop.events;
        events.push(Event::warning("FailedComputeMetricsReplicas", &*stop.error));
        Outcome {
            rescaled: None,
            events,
            error: Some(format!(
                "failed to compute desired number of replicas based on listed metrics for {}: {}",
                self.reference, stop.error
            )),
            error_kind: if stop.in_spec { "spec" } else { "internal" },
            status_changed: false,
            decision: None,
            reason: String::new(),
        }
    }

    fn act(&mut self, history: &mut History, seen: &Seen<'_>, decision: Decision) -> Outcome {
        let now = self.now;
        let reason = self.reason(decision);
        self.say(decision);
        let mut computed = self.computed.take();
        let mut outcome = Outcome {
            rescaled: None,
            events: computed
                .as_mut()
                .map(|found| std::mem::take(&mut found.events))
                .unwrap_or_default(),
            error: computed.as_ref().and_then(|found| found.error.clone()),
            error_kind: "none",
            status_changed: false,
            decision: Some(decision),
            reason,
        };
        if let Some(found) = computed.as_ref().filter(|found| found.error.is_some()) {
            outcome.error_kind = if found.error_in_spec {
                "spec"
            } else {
                "internal"
            };
        }
        self.computed = computed;
        let desired = decision.desired;
        if !decision.rescale {
            self.settle(self.current, false);
            return outcome;
        }
        let reason = &outcome.reason;
        if let Err(error) = seen.update {
            outcome.events.push(Event::warning(
                "FailedRescale",
                format!("New size: {desired}; reason: {reason}; error: {error}"),
            ));
            let message =
                format!("the HPA controller was unable to update the target scale: {error}");
            let able = ConditionKind::AbleToScale;
            self.status
                .set(now, able, false, "FailedUpdateScale", message);
            self.settle(self.status.desired_replicas, false);
            outcome.error = Some(format!("failed to rescale {}: {error}", self.reference));
            outcome.error_kind = "internal";
            return outcome;
        }
        self.status.set(
            now,
            ConditionKind::AbleToScale,
            true,
            "SucceededRescale",
            format!("the HPA controller was able to update the target scale to {desired}"),
        );
        outcome.events.push(Event {
            warning: false,
            reason: "SuccessfulRescale",
            message: format!("New size: {desired}; reason: {reason}"),
        });
        let behavior = self.hpa.behavior.as_ref();
        remember(history, behavior, self.current, desired, now);
        self.mark_zero(desired);
        outcome.rescaled = Some(desired);
        self.settle(desired, true);
        outcome
    }

    /// The conditions that a decision itself sets.
    fn say(&mut self, decision: Decision) {
        let now = self.now;
        match decision.cause {
            Cause::AboveMax | Cause::BelowMin => {}
            Cause::Disabled => {
                let message = "scaling is disabled since the replica count of the target is zero";
                let active = ConditionKind::ScalingActive;
                self.status
                    .set(now, active, false, "ScalingDisabled", message);
                if !self.flags.scale_to_zero {
                    self.status.unset(ConditionKind::ScaledToZero);
                }
            }
            Cause::Metrics { verdict, .. } => {
                let able = ConditionKind::AbleToScale;
                match verdict.held {
                    Some(held) => self
                        .status
                        .set(now, able, true, held.reason(), held.message()),
                    None => {
                        let message = "recommended size matches current size";
                        self.status
                            .set(now, able, true, "ReadyForNewScale", message);
                    }
                }
                let limited = verdict.desired != verdict.stabilized;
                let limit = verdict.limit;
                let kind = ConditionKind::ScalingLimited;
                self.status
                    .set(now, kind, limited, limit.reason(), limit.message());
            }
        }
    }

    /// The controller's word for why the number changes.
    fn reason(&self, decision: Decision) -> String {
        match decision.cause {
            Cause::Disabled => String::new(),
            Cause::AboveMax => "Current number of replicas above Spec.MaxReplicas".to_owned(),
            Cause::BelowMin => "Current number of replicas below Spec.MinReplicas".to_owned(),
            Cause::Metrics {
                proposed, raised, ..
            } => {
                if proposed > self.current {
                    let metric = self.computed.as_ref().map_or("", |found| &*found.metric);
                    format!("{metric} above target")
                } else if proposed < self.current {
                    "All metrics below target".to_owned()
                } else if raised {
                    "Current number of replicas below Spec.MinReplicas".to_owned()
                } else {
                    String::new()
                }
            }
        }
    }

    fn mark_zero(&mut self, desired: i32) {
        let kind = ConditionKind::ScaledToZero;
        if !self.flags.scale_to_zero {
            self.status.unset(kind);
        } else if self.current > 0 && desired == 0 && self.hpa.min() == 0 && self.hpa.can_wake() {
            let message = "the HPA controller scaled the workload to zero";
            self.status
                .set(self.now, kind, true, "ScaledToZero", message);
        } else {
            let message = "the HPA controller did not scale the workload to zero";
            self.status
                .set(self.now, kind, false, "NotScaledToZero", message);
        }
    }

    /// `setStatus`.
    fn settle(&mut self, desired: i32, rescaled: bool) {
        let status = &mut *self.status;
        status.current_replicas = self.current;
        status.desired_replicas = desired;
        status.observed_generation = Some(self.hpa.generation);
        status.current_metrics = self
            .computed
            .as_mut()
            .map(|found| std::mem::take(&mut found.statuses))
            .unwrap_or_default();
        if rescaled {
            status.last_scale_time = Some(self.now);
        }
    }
}
