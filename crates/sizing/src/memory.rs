//! How much memory to ask for and to allow.
//!
//! Request and limit are one number: memory that a node has promised twice is taken back by
//! killing. A limit is worth what it holds against what kills cost: of all limits that of the
//! least sum is taken.

use crate::cpu::{Raise, Rejected};
use crate::forecast::Outlook;
use crate::profile::Profile;
use crate::risk::{Chance, Numbers, Risk};
use crate::usage::Usage;

/// How far a day's peak wanders from one day to another, as the scale of Cauchy's distribution of
/// its logarithm: as the yardstick's machines do, taken together.
const WANDERING: f64 = 0.04;
/// Containers whose peaks have been steady wander less, and jump as those seldom: from so much
/// unsteadiness on, they are as all others.
const UNSTEADY_AS_ALL: f64 = 0.2;
/// The same where a limit is weighed: it must hold through what is rare.
const UNSTEADY_WEIGHED: f64 = 0.1;
/// The share of jumps for the steadiest.
const FEWEST_JUMPS: f64 = 0.05;
/// The scale of the steadiest, and how it grows with unsteadiness.
const STEADY: (f64, f64) = (0.005, 0.15);
/// How many limits are weighed.
const TRIED: usize = 240;
/// The least that is weighed, as a share of the largest peak.
const LOWEST: f64 = 0.02;
/// Whose largest day stands above the usual one has jumped, and may again: for each time by which
/// it does (as a logarithm) it may have so many peaks more.
const JUMPED: f64 = 12.0;
/// The most that is allowed, in peaks.
const MOST: f64 = 3.5;
/// What a container without any memory in use is taken to use, in bytes.
const NOTHING: f64 = 1024.0 * 1024.0;

/// What to ask for, and what comes of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Memory {
    /// The request, in bytes.
    pub request: f64,
    /// The limit, in bytes.
    pub limit: f64,
    /// The probability of at least one kill for want of memory in 30 days.
    pub killed: Chance,
    /// The same for one day.
    pub killed_daily: f64,
    /// The most that was seen, in bytes.
    pub peak: f64,
    /// The mean of what was seen, in bytes.
    pub mean: f64,
    /// Bytes that are asked for and expected to be idle, on average.
    pub idle: f64,
    /// Kills that were seen.
    pub kills: usize,
    /// Factors that raised the limit, with why.
    pub raised: Vec<(f64, Raise)>,
    /// Other numbers that could have been taken, with what they would have meant.
    pub rejected: Vec<Rejected>,
}

/// What to ask for; `None` where no memory was measured.
pub(crate) fn decide(
    usage: &Usage,
    outlook: &Outlook,
    risk: Risk,
    profile: Profile,
    widened: f64,
) -> Option<Memory> {
    let numbers = risk.numbers();
    let half_life = if profile.remembers() {
        f64::INFINITY
    } else {
        numbers.memory_half_life
    };
    let peaks = Peaks::of(outlook, half_life)?;
    let mut raised = Vec::new();
    let mut limit = peaks.cheapest(&numbers);
    let mut raise = |to: f64, why: Raise| {
        if to > limit {
            raised.push((to / limit, why));
            limit = to;
        }
        limit
    };
    let now = raise(0.0, Raise::Floor);
    let now = raise(now * widened, Raise::FewDays);
    let now = raise(now * outlook.memory_growth, Raise::Growth);
    raise(now + profile.native_memory(), Raise::Native);
    if let Some(needed) = needed_by_kills(usage, outlook) {
        raise(needed, Raise::Kills);
    }
    raise(profile.least_memory(), Raise::Floor);
    let limit = round(limit);
    let daily = peaks.said(limit / outlook.memory_growth);
    let measured = outlook
        .days
        .iter()
        .map(|day| f64::from(day.hours))
        .sum::<f64>()
        / 24.0;
    let peak = usage.memory_peak();
    let mean = usage.memory_mean();
    Some(Memory {
        request: limit,
        limit,
        killed: Chance::within(daily, measured, 30.0),
        killed_daily: daily,
        peak,
        mean,
        idle: (limit - mean).max(0.0),
        kills: usage.kills().len(),
        raised,
        rejected: rejected(&peaks, outlook, peak, mean),
    })
}

/// The probability of a kill within 30 days with a limit of so many bytes; `None` where no memory
/// was measured.
pub fn killed_within_month(outlook: &Outlook, risk: Risk, limit: f64) -> Option<Chance> {
    let peaks = Peaks::of(outlook, risk.numbers().memory_half_life)?;
    let daily = peaks.said(limit / outlook.memory_growth);
    let measured = outlook
        .days
        .iter()
        .map(|day| f64::from(day.hours))
        .sum::<f64>()
        / 24.0;
    Some(Chance::within(daily, measured, 30.0))
}

/// What the newest kills say is needed: once killed, a container gets more than it had, however
/// long ago that was.
fn needed_by_kills(usage: &Usage, outlook: &Outlook) -> Option<f64> {
    let kills = usage.kills();
    let most = kills
        .iter()
        .filter_map(|kill| kill.limit)
        .fold(0.0, f64::max);
    let seen = outlook
        .days
        .iter()
        .filter_map(|day| day.memory_peak)
        .fold(0.0, f64::max);
    (!kills.is_empty()).then(|| (most * 1.25).max(seen))
}

/// The largest peak of each day with how much it counts; shares add up to 1.
struct Peaks(Vec<(f64, f64)>);

impl Peaks {
    fn of(outlook: &Outlook, half_life: f64) -> Option<Self> {
        let weights = outlook.weights(half_life, &outlook.memory_alive);
        let mut peaks: Vec<(f64, f64)> = outlook
            .days
            .iter()
            .zip(weights)
            .filter_map(|(day, weight)| Some((day.memory_peak?.max(NOTHING), weight)))
            .collect();
        let total: f64 = peaks.iter().map(|(_, weight)| weight).sum();
        for (_, weight) in &mut peaks {
            *weight /= total.max(f64::MIN_POSITIVE);
        }
        (!peaks.is_empty()).then_some(Self(peaks))
    }

    fn largest(&self) -> f64 {
        self.0.iter().map(|(peak, _)| *peak).fold(0.0, f64::max)
    }

    /// How far the largest day stands above the usual one, as a logarithm.
    fn jumped(&self) -> f64 {
        let mut peaks: Vec<f64> = self.0.iter().map(|(peak, _)| *peak).collect();
        peaks.sort_by(f64::total_cmp);
        let middle = peaks.len() / 2;
        (peaks[peaks.len() - 1] / f64::midpoint(peaks[(peaks.len() - 1) / 2], peaks[middle])).ln()
    }

    /// How much peaks change from one day to the next, as the mean of the logarithm.
    fn unsteadiness(&self) -> f64 {
        let steps = self
            .0
            .windows(2)
            .map(|pair| (pair[1].0 / pair[0].0).ln().abs());
        let count = (self.0.len() - 1).max(1) as f64;
        steps.sum::<f64>() / count
    }

    /// The probability that the peak of a day lies above so many bytes, as it is told.
    fn said(&self, bytes: f64) -> f64 {
        self.mixed(bytes, UNSTEADY_AS_ALL, &|_| WANDERING)
    }

    /// The probability that the peak of a day lies above so many bytes: mostly it stays where it
    /// is, sometimes it jumps, the oftener the less steady days have been.
    fn mixed(&self, bytes: f64, as_all: f64, wandering: &dyn Fn(f64) -> f64) -> f64 {
        let unsteadiness = self.unsteadiness();
        let jumps = (unsteadiness / as_all).clamp(FEWEST_JUMPS, 1.0);
        let own = STEADY.0 + STEADY.1 * unsteadiness;
        let stays: f64 = self
            .0
            .iter()
            .map(|(peak, weight)| {
                // Student's distribution with two degrees of freedom.
                let at = (bytes / peak).ln() / own;
                weight * 0.5 * (1.0 - at / (2.0 + at * at).sqrt())
            })
            .sum();
        (1.0 - jumps) * stays + jumps * self.above(bytes, wandering)
    }

    /// The probability that the peak of a day lies above so many bytes, if peaks wander so far.
    fn above(&self, bytes: f64, wandering: &dyn Fn(f64) -> f64) -> f64 {
        let tail = |peak: f64| {
            let at = (bytes / peak).ln() / wandering(peak);
            0.5 - at.atan() / std::f64::consts::PI
        };
        self.0
            .iter()
            .map(|(peak, weight)| weight * tail(*peak))
            .sum()
    }

    /// The limit at which the memory that it holds and the kills that it costs are least together.
    fn cheapest(&self, numbers: &Numbers) -> f64 {
        let largest = self.largest();
        let margin = (numbers.memory_margin + JUMPED * self.jumped()).min(MOST);
        let top = largest * margin.max(numbers.memory_margin) + numbers.memory_extra;
        let bottom = if numbers.below_peak {
            largest * LOWEST
        } else {
            largest
        };
        let wandering = |peak: f64| numbers.wandering + numbers.small_wandering / peak;
        let step = (top / bottom).ln() / (TRIED - 1) as f64;
        let mut best = (f64::INFINITY, top);
        for index in 0..TRIED {
            let limit = bottom * (step * index as f64).exp();
            let cost = limit + numbers.kill_price * self.mixed(limit, UNSTEADY_WEIGHED, &wandering);
            if cost < best.0 {
                best = (cost, limit);
            }
        }
        best.1
    }
}

fn rejected(peaks: &Peaks, outlook: &Outlook, peak: f64, mean: f64) -> Vec<Rejected> {
    let mut of_days: Vec<f64> = peaks.0.iter().map(|(peak, _)| *peak).collect();
    of_days.sort_by(f64::total_cmp);
    let of = |what, limit: f64| {
        let daily = peaks.said(limit / outlook.memory_growth);
        Rejected {
            what,
            request: limit,
            risk: 1.0 - (1.0 - daily).powf(30.0),
            idle: (limit - mean).max(0.0),
        }
    };
    vec![
        of("median of the days' peaks", of_days[of_days.len() / 2]),
        of("largest peak", peak),
        of("largest peak and 15 %", peak * 1.15),
        of("twice the largest peak", peak * 2.0),
    ]
}

/// Up to whole MiB, from 256 MiB on to 8, from 4 GiB on to 64.
pub(crate) fn round(bytes: f64) -> f64 {
    let mib = bytes / (1024.0 * 1024.0);
    let step = match mib {
        _ if mib <= 256.0 => 1.0,
        _ if mib <= 4096.0 => 8.0,
        _ => 64.0,
    };
    ((mib - 1e-9) / step).ceil().max(1.0) * step * 1024.0 * 1024.0
}

#[cfg(test)]
mod tests {
    use super::{decide, killed_within_month, round};
    use crate::forecast::Outlook;
    use crate::profile::Profile;
    use crate::risk::Risk;
    use crate::usage::Usage;

    const MIB: f64 = 1024.0 * 1024.0;
    const BEGIN: f64 = 1_700_006_400.0;

    fn usage(peaks: &[f64]) -> Usage {
        let mut usage = Usage::new();
        for (day, peak) in peaks.iter().enumerate() {
            for hour in 0..24 {
                let at = BEGIN + (day * 24 + hour) as f64 * 3600.0;
                let share = if hour == 12 { 1.0 } else { 0.6 };
                usage.add_memory(at, peak * share * MIB);
            }
        }
        usage
    }

    fn limit(usage: &Usage, risk: Risk) -> f64 {
        let found = decide(usage, &Outlook::of(usage), risk, Profile::Service, 1.0);
        found.map_or(0.0, |memory| memory.limit / MIB)
    }

    #[test]
    fn a_limit_holds_the_peak_of_an_ordinary_container() {
        let usage = usage(&[300.0, 310.0, 305.0, 290.0, 300.0, 420.0, 300.0, 310.0]);
        for risk in Risk::ALL {
            let found = limit(&usage, risk);
            assert!((421.0..4.0 * 420.0).contains(&found), "{risk}: {found}");
        }
        assert!(limit(&usage, Risk::High) <= limit(&usage, Risk::Medium));
        assert!(limit(&usage, Risk::Medium) <= limit(&usage, Risk::Low));
    }

    #[test]
    fn a_steady_container_gets_little_room_and_a_large_one_less() {
        for (mib, most) in [(300.0, 1.6), (2000.0, 1.45), (16_000.0, 1.25)] {
            let days: Vec<f64> = (0..14_u8)
                .map(|day| mib + f64::from(day % 3) * mib / 200.0)
                .collect();
            let found = limit(&usage(&days), Risk::Medium);
            assert!((mib..mib * most).contains(&found), "{mib}: {found}");
        }
    }

    #[test]
    fn who_has_jumped_gets_room_to_jump_again() {
        let steady = limit(&usage(&[300.0; 14]), Risk::Medium);
        let mut days = [300.0; 14];
        days[5] = 420.0;
        let jumped = limit(&usage(&days), Risk::Medium);
        assert!(steady < 430.0, "{steady}");
        assert!(jumped > 3.0 * 420.0, "{jumped}");
        // What is tens of gigabytes costs too much for that.
        let large = limit(&usage(&days.map(|day| day * 100.0)), Risk::Medium);
        assert!(large < 1.3 * 42_000.0, "{large}");
    }

    #[test]
    fn kills_raise_it_and_growth_does() {
        let steady = usage(&[300.0; 10]);
        let mut killed = steady.clone();
        killed.add_kill(BEGIN + 9.0 * 86_400.0, Some(600.0 * MIB));
        assert!(limit(&killed, Risk::Medium) >= 750.0);
        let rising: Vec<f64> = (0..12).map(|day| 300.0 + 20.0 * f64::from(day)).collect();
        let found = limit(&usage(&rising), Risk::Medium);
        assert!(found > 640.0, "{found}");
    }

    #[test]
    fn less_is_more_dangerous() {
        let usage = usage(&[300.0, 310.0, 305.0, 290.0, 300.0, 420.0, 300.0, 310.0]);
        let outlook = Outlook::of(&usage);
        let mut last = 1.1;
        for mib in [100.0, 300.0, 400.0, 500.0, 1000.0] {
            let chance = killed_within_month(&outlook, Risk::Medium, mib * MIB);
            let expected = chance.map_or(2.0, |chance| chance.expected);
            assert!(expected < last, "{mib}: {expected}");
            last = expected;
        }
    }

    #[test]
    fn nothing_measured_is_nothing_said() {
        let empty = Usage::new();
        let outlook = Outlook::of(&empty);
        assert_eq!(
            decide(&empty, &outlook, Risk::Medium, Profile::Go, 1.0),
            None
        );
        assert_eq!(killed_within_month(&outlook, Risk::Low, 1e9), None);
    }

    #[test]
    fn numbers_are_round() {
        for (mib, rounded) in [(0.1, 1.0), (100.2, 101.0), (300.0, 304.0), (5000.0, 5056.0)] {
            assert!((round(mib * MIB) / MIB - rounded).abs() < 1e-9, "{mib}");
        }
    }
}
