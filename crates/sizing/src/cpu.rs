//! How much CPU to ask for.

use crate::forecast::Outlook;
use crate::profile::Profile;
use crate::risk::{Recall, Risk};
use crate::usage::Usage;
use crate::usage::buckets::Dense;

/// Containers that need less CPU than this, in cores, are given more of what they need: it costs
/// next to nothing.
const SMALL: f64 = 0.05;
/// So many cores more, for those.
const SMALL_EXTRA: f64 = 0.001;
/// What programs that run now and then are sized by.
const EVERYTHING: Recall = Recall {
    half_life: f64::INFINITY,
    heeds_lulls: true,
};
/// The kernel's period is 100 ms and a quota at least 1 ms.
const LEAST_LIMIT: f64 = 0.01;

/// What to ask for, and what comes of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Cpu {
    /// The request, in cores.
    pub request: f64,
    /// The limit, in cores, where one is wanted.
    pub limit: Option<f64>,
    /// What becomes of it.
    pub outcome: Outcome,
    /// The most that was seen, in cores.
    pub peak: f64,
    /// The mean of what was seen, in cores.
    pub mean: f64,
    /// What the coming week is expected to use, as quantiles in cores: half, 75, 90, 95, 98 and
    /// 99 hundredths of the time lie below.
    pub to_come: [(f64, f64); 6],
    /// Factors that raised the request, with why.
    pub raised: Vec<(f64, Raise)>,
    /// Other numbers that could have been taken, with what they would have meant.
    pub rejected: Vec<Rejected>,
}

/// What becomes of a request and a limit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Outcome {
    /// The share of the demand that is expected to exceed the request.
    pub uncovered: f64,
    /// The share of the time in which demand is expected to exceed the request.
    pub exceeded: f64,
    /// Cores that are asked for and expected to be idle, on average.
    pub idle: f64,
    /// With a limit, at least this share of the kernel's periods is throttled: samples are means,
    /// and bursts within them are not seen.
    pub throttled: Option<f64>,
}

/// Why a number was raised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Raise {
    /// Too little was measured to know the peaks.
    FewDays,
    /// The level rises from day to day.
    Growth,
    /// A runtime asks for memory that peaks may not show.
    Native,
    /// The least that is ever given.
    Floor,
    /// It was killed for want of memory.
    Kills,
    /// An autoscaler lets a pod use that much before it adds another.
    Scaler,
}

/// A number that was not taken.
#[derive(Clone, PartialEq, Debug)]
pub struct Rejected {
    /// What it is.
    pub what: &'static str,
    /// The request, in cores or bytes.
    pub request: f64,
    /// The share of the demand for CPU that would exceed it, or the probability of a kill in a
    /// month.
    pub risk: f64,
    /// Cores or bytes that would be idle on average.
    pub idle: f64,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    pub(crate) risk: Risk,
    pub(crate) profile: Profile,
    /// A limit is wanted: so many times the request, and no less than the peak.
    pub(crate) limit_ratio: Option<f64>,
    /// By how much short data widen it.
    pub(crate) widened: f64,
}

/// What to ask for; `None` where no CPU was measured.
pub(crate) fn decide(usage: &Usage, outlook: &Outlook, ask: Ask) -> Option<Cpu> {
    let (samples, _) = usage.samples();
    if samples == 0 {
        return None;
    }
    let numbers = ask.risk.numbers();
    let (memories, by_state) = if ask.profile.remembers() {
        (&[EVERYTHING][..], 0.0)
    } else {
        (numbers.cpu_memories, numbers.cpu_by_state)
    };
    let past = Past {
        memories: memories.iter().map(|recall| outlook.cpu(*recall)).collect(),
        states: outlook.cpu_by_state(),
        by_state,
    };
    let to_come = outlook.cpu_to_come();
    let mut request = past.band(numbers.shares(outlook.alternates));
    let mut raised = Vec::new();
    if ask.widened > 1.0 {
        raised.push((ask.widened, Raise::FewDays));
        request *= ask.widened;
    }
    if outlook.cpu_growth > 1.0 {
        raised.push((outlook.cpu_growth, Raise::Growth));
        request *= outlook.cpu_growth;
    }
    if request < SMALL {
        let most = past.band(&[numbers.cpu_small_share]).max(request);
        request = (most + SMALL_EXTRA).min(SMALL).max(request);
    }
    let floor = ask.profile.least_cpu();
    if request < floor {
        raised.push((floor / request.max(1e-4), Raise::Floor));
        request = floor;
    }
    let request = round(request);
    let peak = usage.cpu_peak();
    let limit = ask
        .limit_ratio
        .map(|ratio| round((request * ratio).max(peak).max(LEAST_LIMIT)));
    let all = usage.cpu();
    let quantiles = [0.5, 0.75, 0.9, 0.95, 0.98, 0.99];
    Some(Cpu {
        request,
        limit,
        outcome: outcome(&to_come, request, limit),
        peak,
        mean: all.mean(),
        to_come: quantiles.map(|share| (share, to_come.quantile(share) * outlook.cpu_growth)),
        raised,
        rejected: rejected(&all, &to_come, peak),
    })
}

/// The past as several see it.
struct Past {
    memories: Vec<Dense>,
    states: Dense,
    /// The share of the states.
    by_state: f64,
}

impl Past {
    /// The mean of some quantiles: memories by their mean, and that and the states by the geometric
    /// mean. Where one of them has given up what a container did, it counts for less than half then.
    fn band(&self, shares: &[f64]) -> f64 {
        let mean = |of: &Dense| {
            let sum: f64 = shares.iter().map(|share| of.quantile(*share)).sum();
            sum / shares.len() as f64
        };
        let remembered = self.memories.iter().map(mean).sum::<f64>() / self.memories.len() as f64;
        remembered.powf(1.0 - self.by_state) * mean(&self.states).powf(self.by_state)
    }
}

/// What becomes of a request and a limit if the future is as expected.
pub fn outcome(to_come: &Dense, request: f64, limit: Option<f64>) -> Outcome {
    let mean = to_come.mean();
    let uncovered = to_come.uncovered(request);
    Outcome {
        uncovered,
        exceeded: to_come.above(request),
        idle: (request - mean * (1.0 - uncovered)).max(0.0),
        throttled: limit.map(|limit| to_come.above(limit * NEAR_LIMIT)),
    }
}

/// A mean this near to the limit has been throttled: what is cut off at the limit seldom shows
/// exactly as much.
const NEAR_LIMIT: f64 = 0.97;

fn rejected(all: &Dense, to_come: &Dense, peak: f64) -> Vec<Rejected> {
    let of = |what, request: f64| {
        let outcome = outcome(to_come, request, None);
        Rejected {
            what,
            request,
            risk: outcome.uncovered,
            idle: outcome.idle,
        }
    };
    vec![
        of("mean of all that was seen", all.mean()),
        of("90th percentile of all that was seen", all.quantile(0.9)),
        of("95th percentile of all that was seen", all.quantile(0.95)),
        of("99th percentile of all that was seen", all.quantile(0.99)),
        of("largest peak", peak),
    ]
}

/// Up to whole millicores, and from a tenth of a core on to two digits and a half.
pub(crate) fn round(cores: f64) -> f64 {
    let milli = (cores * 1000.0 - 1e-6).max(0.0);
    let step = match milli {
        _ if milli <= 100.0 => 1.0,
        _ if milli <= 1000.0 => 5.0,
        _ if milli <= 10_000.0 => 50.0,
        _ => 500.0,
    };
    (milli / step).ceil() * step / 1000.0
}

#[cfg(test)]
mod tests {
    use super::{Ask, decide, round};
    use crate::forecast::Outlook;
    use crate::profile::Profile;
    use crate::risk::Risk;
    use crate::usage::Usage;

    fn usage(days: u32, level: impl Fn(u32) -> f64) -> Usage {
        let mut usage = Usage::new();
        for step in 0..days * 288 {
            let at = 1_700_006_400.0 + f64::from(step) * 300.0;
            usage.add_cpu(at, level(step));
        }
        usage
    }

    fn ask(risk: Risk) -> Ask {
        Ask {
            risk,
            profile: Profile::Service,
            limit_ratio: None,
            widened: 1.0,
        }
    }

    fn request(usage: &Usage, risk: Risk) -> f64 {
        let outlook = Outlook::of(usage);
        decide(usage, &outlook, ask(risk)).map_or(0.0, |cpu| cpu.request)
    }

    #[test]
    fn more_demand_never_means_a_smaller_request() {
        let low = usage(14, |step| 0.2 + f64::from(step % 37) / 50.0);
        let high = usage(14, |step| 0.25 + f64::from(step % 37) / 40.0);
        for risk in Risk::ALL {
            assert!(request(&low, risk) <= request(&high, risk), "{risk}");
        }
        assert!(request(&low, Risk::High) <= request(&low, Risk::Medium));
        assert!(request(&low, Risk::Medium) <= request(&low, Risk::Low));
    }

    #[test]
    fn a_steady_container_gets_what_it_uses_and_little_more() {
        let steady = usage(14, |_| 0.5);
        let found = request(&steady, Risk::Medium);
        assert!((0.5..0.53).contains(&found), "{found}");
    }

    #[test]
    fn what_was_said_of_the_demand_adds_up() {
        let daily = usage(14, |step| if step % 288 < 12 { 4.0 } else { 0.5 });
        let outlook = Outlook::of(&daily);
        let cpu = decide(&daily, &outlook, ask(Risk::Medium)).expect("CPU was measured");
        assert!((cpu.mean - 0.646).abs() < 0.02, "{}", cpu.mean);
        assert!(cpu.outcome.exceeded < 0.07);
        assert!(cpu.rejected[2].request <= cpu.rejected[3].request);
        assert_eq!(decide(&Usage::new(), &outlook, ask(Risk::Low)), None);
    }

    #[test]
    fn a_limit_covers_the_peak_and_says_what_it_throttles() {
        let daily = usage(14, |step| if step % 288 < 12 { 4.0 } else { 0.5 });
        let outlook = Outlook::of(&daily);
        let wanted = Ask {
            limit_ratio: Some(2.0),
            ..ask(Risk::Medium)
        };
        let cpu = decide(&daily, &outlook, wanted).expect("CPU was measured");
        assert!(cpu.limit.is_some_and(|limit| limit >= 4.0));
        assert!(cpu.outcome.throttled.is_some_and(|share| share < 0.06));
    }

    #[test]
    fn numbers_are_round() {
        for (cores, rounded) in [
            (0.0123, 0.013),
            (0.1, 0.1),
            (0.1011, 0.105),
            (2.31, 2.35),
            (12.1, 12.5),
        ] {
            assert!((round(cores) - rounded).abs() < 1e-9, "{cores}");
        }
    }
}
