//! A sync taken apart: what each metric proposes and where it would propose otherwise.
//!
//! Nothing is computed here that a sync does not compute: proposals come from the function that a
//! sync asks, and thresholds are found by asking it again with other samples.

use crate::Flags;
use crate::behavior::{down_limit, up_limit};
use crate::calculator::{Proposal, Tolerances};
use crate::compute::{Context, one, tolerances};
use crate::groups::{Groups, groups};
use crate::history::{Change, History};
use crate::pods::{Phase, Pod};
use crate::propose::Question;
use crate::reconcile::{ScaleRead, Seen};
use crate::samples::{Metrics, Samples};
use crate::spec::{Hpa, Identifier, Metric, Reference, Rules, Select};
use crate::status::MetricStatus;
use crate::time::{Span, Time};

/// What one metric says in a sync.
#[derive(Clone, PartialEq, Debug)]
pub struct Account {
    /// Its place among the metrics of the HPA.
    pub index: usize,
    /// How the pods count for it; `None` where it looks at no pods.
    pub counted: Option<Counted>,
    /// What it proposes.
    pub answer: Result<Answer, Refusal>,
}

/// What a metric proposes.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// The replicas, with the ratios that led to them.
    pub proposal: Proposal,
    /// What the controller calls the metric.
    pub name: String,
    /// Its value as the status shows it.
    pub status: MetricStatus,
}

/// Why a metric proposes nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The reason of the event.
    pub reason: &'static str,
    /// Its message.
    pub message: String,
}

/// How pods count, by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counted {
    /// How many count as they are.
    pub ready: usize,
    /// Whose sample is put aside.
    pub unready: Vec<String>,
    /// Who has none.
    pub missing: Vec<String>,
    /// Who is going or gone.
    pub ignored: Vec<String>,
}

impl Counted {
    fn of(groups: &Groups<'_>) -> Self {
        let names = |set: &std::collections::BTreeSet<&str>| {
            set.iter().map(|name| (*name).to_owned()).collect()
        };
        Self {
            ready: groups.ready,
            unready: names(&groups.unready),
            missing: names(&groups.missing),
            ignored: names(&groups.ignored),
        }
    }
}

/// A sync to be taken apart.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The controller's flags.
    pub flags: &'a Flags,
    /// The HPA.
    pub hpa: &'a Hpa,
    /// What the controller finds.
    pub seen: Seen<'a>,
    /// Now.
    pub now: Time,
}

impl<'a> Subject<'a> {
    /// What each metric says; nothing where the scale cannot be read.
    pub fn accounts(&self) -> Vec<Account> {
        let Some(cx) = self.context(self.seen.metrics) else {
            return Vec::new();
        };
        let metrics = self.hpa.metrics.iter().enumerate();
        metrics
            .map(|(index, metric)| Account {
                index,
                counted: self.counted(metric),
                answer: answer(&cx, metric),
            })
            .collect()
    }

    /// The tolerances that hold.
    pub fn tolerances(&self) -> Tolerances {
        tolerances(self.hpa, self.flags)
    }

    fn context<'m>(&self, metrics: &'m dyn Metrics) -> Option<Context<'m>>
    where
        'a: 'm,
    {
        let ScaleRead::Read(scale) = self.seen.scale else {
            return None;
        };
        Some(Context {
            hpa: self.hpa,
            question: Question {
                current: scale.spec_replicas,
                tolerances: self.tolerances(),
                flags: self.flags,
                pods: self.seen.pods,
                now: self.now,
            },
            status_replicas: scale.status_replicas,
            metrics,
        })
    }

    fn counted(&self, metric: &Metric) -> Option<Counted> {
        let (samples, resource) = match metric {
            Metric::Resource { name, .. } => (self.seen.metrics.resource(name, ""), name.as_str()),
            Metric::ContainerResource {
                name, container, ..
            } => (self.seen.metrics.resource(name, container), name.as_str()),
            Metric::Pods { metric, .. } => (self.seen.metrics.pods(metric), ""),
            Metric::Object { target, .. } | Metric::External { target, .. } => {
                // A target for the whole is multiplied with the pods that run and are ready.
                let whole = target.average_value.is_none() && target.value.is_some();
                return whole.then(|| self.running());
            }
            Metric::Unknown(_) => return None,
        };
        let samples = samples.unwrap_or_default();
        let (pods, flags) = (self.seen.pods, self.flags);
        Some(Counted::of(&groups(
            pods, &samples, resource, flags, self.now,
        )))
    }

    fn running(&self) -> Counted {
        let ready = |pod: &&Pod| pod.phase == Phase::Running && pod.is_ready();
        let (ready, others): (Vec<&Pod>, Vec<&Pod>) = self.seen.pods.iter().partition(ready);
        Counted {
            ready: ready.len(),
            unready: others.iter().map(|pod| pod.name.clone()).collect(),
            ..Counted::default()
        }
    }

    /// The least value at which a metric proposes more replicas than there are, and what it then
    /// proposes; `None` where no value does.
    pub fn upwards(&self, index: usize) -> Option<Answer> {
        self.threshold(index, |proposed, current| proposed > current, true)
    }

    /// The highest value at which it proposes fewer.
    pub fn downwards(&self, index: usize) -> Option<Answer> {
        self.threshold(index, |proposed, current| proposed < current, false)
    }

    fn threshold(&self, index: usize, moves: fn(i32, i32) -> bool, up: bool) -> Option<Answer> {
        let metric = self.hpa.metrics.get(index)?;
        let current = match self.seen.scale {
            ScaleRead::Read(scale) => scale.spec_replicas,
            _ => return None,
        };
        let asked = |factor: f64| -> Option<Answer> {
            let scaled = Scaled {
                inner: self.seen.metrics,
                factor,
                floor: up,
            };
            let found = answer(&self.context(&scaled)?, metric).ok()?;
            moves(found.proposal.replicas, current).then_some(found)
        };
        if let Some(now) = asked(1.0) {
            return Some(now);
        }
        let (mut stays, mut goes) = (1.0, if up { 2.0 } else { 0.0 });
        let mut found = asked(goes);
        while up && found.is_none() && goes < MOST {
            (stays, goes) = (goes, goes * 2.0);
            found = asked(goes);
        }
        found.as_ref()?;
        for _ in 0..STEPS {
            let middle = f64::midpoint(stays, goes);
            match asked(middle) {
                Some(nearer) => (goes, found) = (middle, Some(nearer)),
                None => stays = middle,
            }
        }
        found
    }

    /// How far the policies and the range let the number go now, and when they let it go further.
    pub fn reach(&self, history: &History) -> Option<Reach> {
        let ScaleRead::Read(scale) = self.seen.scale else {
            return None;
        };
        let current = scale.spec_replicas;
        let (min, max) = (self.hpa.min(), self.hpa.max_replicas);
        let Some(behavior) = &self.hpa.behavior else {
            let most = i32::try_from((2 * i64::from(current)).max(4)).unwrap_or(i32::MAX);
            return Some(Reach {
                up: Bound::plain(most.min(max)),
                down: Bound::plain(min.min(current)),
            });
        };
        let (most, upper) = up_limit(current, history, &behavior.up, self.now);
        let (least, lower) = down_limit(current, history, &behavior.down, self.now);
        let bound = |replicas: i32, policy: Option<usize>, rules: &Rules| Bound {
            replicas,
            policy,
            disabled: rules.select == Select::Disabled,
            frees: self.frees(history, rules),
        };
        Some(Reach {
            up: bound(most.max(current).min(max), upper, &behavior.up),
            down: bound(
                least.min(current).max(min.min(current)),
                lower,
                &behavior.down,
            ),
        })
    }

    /// When the first change leaves the period of a policy.
    fn frees(&self, history: &History, rules: &Rules) -> Option<Time> {
        let (ups, downs) = history.changes();
        let ends = |change: &Change| {
            let periods = rules.policies.iter().map(|policy| policy.period_seconds);
            let ends = periods.map(|period| change.at.plus(Span::seconds(period.into())));
            ends.filter(|end| *end > self.now).min()
        };
        ups.iter().chain(downs).filter_map(ends).min()
    }

    /// How long a recommendation holds the number: upwards and downwards.
    pub fn windows(&self) -> (Span, Span) {
        let of = |seconds: Option<i32>| seconds.map(|one| Span::seconds(one.into()));
        let flag = self.flags.downscale_stabilization;
        match &self.hpa.behavior {
            None => (Span::seconds(0), flag),
            Some(behavior) => (
                of(behavior.up.window_seconds).unwrap_or_default(),
                of(behavior.down.window_seconds).unwrap_or(flag),
            ),
        }
    }
}

/// How far the number may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    /// The most replicas after the next sync.
    pub up: Bound,
    /// The fewest.
    pub down: Bound,
}

/// One end of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bound {
    /// The replicas.
    pub replicas: i32,
    /// The policy that decides among those of its direction.
    pub policy: Option<usize>,
    /// Whether `selectPolicy: Disabled` stands in the way.
    pub disabled: bool,
    /// When a change that is known leaves the period of a policy.
    pub frees: Option<Time>,
}

impl Bound {
    const fn plain(replicas: i32) -> Self {
        Self {
            replicas,
            policy: None,
            disabled: false,
            frees: None,
        }
    }
}

/// How far samples are raised, and how often the span between two is halved.
const MOST: f64 = (1_u64 << 50) as f64;
const STEPS: usize = 60;

fn answer(cx: &Context<'_>, metric: &Metric) -> Result<Answer, Refusal> {
    match one(cx, metric) {
        Ok(found) => Ok(Answer {
            proposal: found.proposal,
            name: found.name,
            status: found.status,
        }),
        Err(failure) => Err(Refusal {
            reason: failure.reason,
            message: failure.message,
        }),
    }
}

/// The same metrics, so many times as high.
struct Scaled<'a> {
    inner: &'a dyn Metrics,
    factor: f64,
    /// What is zero becomes the factor: it would stay zero else.
    floor: bool,
}

impl Scaled<'_> {
    fn scale(&self, value: i64) -> i64 {
        let value = value as f64 * self.factor;
        let value = if value == 0.0 && self.floor && self.factor > 1.0 {
            self.factor
        } else {
            value
        };
        // Far below where sums of them would wrap.
        value.clamp(-1e15, 1e15).round() as i64
    }

    fn samples(&self, samples: Result<Samples, String>) -> Result<Samples, String> {
        let mut samples = samples?;
        for sample in samples.values_mut() {
            sample.value = self.scale(sample.value);
        }
        Ok(samples)
    }
}

impl Metrics for Scaled<'_> {
    fn resource(&self, resource: &str, container: &str) -> Result<Samples, String> {
        self.samples(self.inner.resource(resource, container))
    }

    fn pods(&self, metric: &Identifier) -> Result<Samples, String> {
        self.samples(self.inner.pods(metric))
    }

    fn object(&self, object: &Reference, metric: &Identifier) -> Result<i64, String> {
        Ok(self.scale(self.inner.object(object, metric)?))
    }

    fn external(&self, metric: &Identifier) -> Result<Vec<i64>, String> {
        let series = self.inner.external(metric)?;
        Ok(series.into_iter().map(|value| self.scale(value)).collect())
    }
}
