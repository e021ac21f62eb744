//! What the next week will ask for, judged by the weeks that were measured.
//!
//! A day of the past counts by four things: how long ago it was, whether what it shows has since
//! ceased ([`lull`]), how often the container has changed between busy and quiet ([`states`]), and
//! whether weeks resemble each other more than days do ([`is_weekly`]).
//! How each is done is weighed in `docs/design/sizing-yardstick.md`.

mod lull;
mod season;
mod states;
mod trend;

use crate::risk::{Numbers, Recall};
use crate::usage::buckets::{Dense, RATIO};
use crate::usage::{Day, Usage};

pub use season::{hours_to_come, is_weekly, memory_to_come};
pub use trend::growth;

/// Half of what was seen so many days ago counts for as much as what was seen today; for what is
/// said of the week to come. What is asked for follows faster ([`crate::risk::Numbers`]).
const OUTLOOK_HALF_LIFE: f64 = 3.0;
/// How far a level wanders within a week, as a share of itself: the scale of the spread below.
const WANDERING: f64 = 0.05;
/// Buckets on either side that the spread reaches.
const REACH: i32 = 120;
/// The most by which CPU is taken to grow: rises of days seldom go on for a week.
const MOST_GROWTH: f64 = 1.2;
/// The quantiles of a day's CPU at which lulls are looked at.
const LULL_SHARES: [f64; 3] = [0.8, 0.9, 0.97];
/// The same for states: work of hours, and work of less than one.
const STATE_SHARES: [f64; 2] = [0.85, 0.98];
/// Among busy days, and among quiet ones, half of what was seen so many days ago counts for as much as
/// what was seen today.
const STATE_HALF_LIFE: f64 = 1.5;
/// A container whose busiest day exceeds its quietest by more alternates: what looks like growth is
/// how its work falls.
const ALTERNATING: f64 = 5.0;
/// With fewer days nobody knows whether it does, and it is taken to.
const FEWEST_DAYS: usize = 4;
/// What a container uses that does nothing, in cores: below it, nothing is busy.
const NOTHING: f64 = 0.008;
/// Where the weights of days differ by more, in sum, states say something.
const MUCH: f64 = 0.1;
/// How much a day of an earlier week counts where weeks resemble each other.
const EARLIER_WEEK: f64 = 0.25;

/// The days of a container, and how much each counts.
#[derive(Clone, PartialEq, Debug)]
pub struct Outlook {
    /// The days, the oldest first.
    pub days: Vec<Day>,
    /// How likely what each day shows is to come again, from 0 to 1.
    pub alive: Vec<f64>,
    /// How much the CPU of each day counts by how often the container has changed between busy
    /// and quiet days.
    pub by_state: Vec<f64>,
    /// Whether that says much else than the days' age.
    pub changes: bool,
    /// Whether busy days exceed quiet ones many times, or too few are known to tell.
    pub alternates: bool,
    /// The same as `alive` for memory.
    pub memory_alive: Vec<f64>,
    /// Whether weeks resemble each other more than days do.
    pub weekly: bool,
    /// By what the level of CPU will have grown in the middle of the coming week; 1 for a level
    /// that does not rise.
    pub cpu_growth: f64,
    /// By what the peak of memory will have grown at the end of the coming week.
    pub memory_growth: f64,
}

impl Outlook {
    /// The outlook of a container.
    pub fn of(usage: &Usage) -> Self {
        let days = usage.days_back();
        let peaks: Vec<Option<f64>> = days.iter().map(|day| day.memory_peak).collect();
        let levels =
            |share| -> Vec<Option<f64>> { days.iter().map(|day| level(day, share)).collect() };
        let alternates = alternates(&levels(0.95));
        let states = STATE_SHARES.map(levels);
        let mut outlook = Self {
            alive: lull::cpu(&LULL_SHARES.map(levels), NOTHING),
            by_state: Vec::new(),
            changes: false,
            alternates,
            memory_alive: vec![1.0; days.len()],
            weekly: is_weekly(usage),
            cpu_growth: if alternates {
                1.0
            } else {
                growth(&levels(0.9), 3.5, MOST_GROWTH)
            },
            memory_growth: growth(&peaks, 7.0, 2.0),
            days,
        };
        let by_age = outlook.weights(STATE_HALF_LIFE, &outlook.memory_alive);
        let total: f64 = by_age.iter().sum();
        let by_age: Vec<f64> = by_age.iter().map(|weight| weight / total).collect();
        if outlook.weekly {
            // The days of a week are no matter of chance.
            outlook.by_state = by_age;
        } else {
            outlook.by_state = states::weights(&states, &by_age, NOTHING);
            let pairs = outlook.by_state.iter().zip(&by_age);
            outlook.changes = pairs.map(|(own, age)| (own - age).abs()).sum::<f64>() > MUCH;
        }
        outlook
    }

    /// CPU of the past, as it counts by [`Self::by_state`].
    pub fn cpu_by_state(&self) -> Dense {
        let mut all = Dense::default();
        for (day, weight) in self.days.iter().zip(&self.by_state) {
            all.add(&day.cpu, *weight);
        }
        all
    }

    /// How much each day counts if half is forgotten in so many days. The newest day is half a
    /// day old.
    pub fn weights(&self, half_life: f64, alive: &[f64]) -> Vec<f64> {
        let count = self.days.len();
        (0..count)
            .map(|index| {
                let age = (count - index) as f64 - 0.5;
                let recent = if self.weekly {
                    if age < 7.0 { 1.0 } else { EARLIER_WEEK }
                } else {
                    0.5_f64.powf(age / half_life)
                };
                recent * alive.get(index).copied().unwrap_or(1.0)
            })
            .collect()
    }

    /// How much the CPU of each day counts for a memory.
    fn recalled(&self, recall: Recall) -> Vec<f64> {
        let alive: &[f64] = if recall.heeds_lulls { &self.alive } else { &[] };
        self.weights(recall.half_life, alive)
    }

    /// CPU of the past, with what counts less of less weight.
    pub fn cpu(&self, recall: Recall) -> Dense {
        let mut all = Dense::default();
        for (day, weight) in self.days.iter().zip(self.recalled(recall)) {
            all.add(&day.cpu, weight);
        }
        all
    }

    /// CPU of the past, as all that a request is made of sees it together: memories, each counting
    /// the same, and states.
    pub fn cpu_of_all(&self, numbers: &Numbers) -> Dense {
        let mut mean: Vec<f64> = self
            .by_state
            .iter()
            .map(|weight| weight * numbers.cpu_by_state)
            .collect();
        let each = (1.0 - numbers.cpu_by_state) / numbers.cpu_memories.len().max(1) as f64;
        for recall in numbers.cpu_memories {
            let weights = self.recalled(*recall);
            let total: f64 = weights.iter().sum();
            for (mean, weight) in mean.iter_mut().zip(weights) {
                *mean += each * weight / total.max(f64::MIN_POSITIVE);
            }
        }
        let mut all = Dense::default();
        for (day, weight) in self.days.iter().zip(mean) {
            all.add(&day.cpu, weight);
        }
        all
    }

    /// CPU of the week to come: the past, and how far levels wander. Its quantiles are what they
    /// say: the yardstick measures how often they are exceeded.
    pub fn cpu_to_come(&self) -> Dense {
        // A lull that may be over counts more here than in what is asked for.
        let alive: Vec<f64> = self.alive.iter().map(|alive| alive.sqrt()).collect();
        let mut all = Dense::default();
        for (day, weight) in self
            .days
            .iter()
            .zip(self.weights(OUTLOOK_HALF_LIFE, &alive))
        {
            all.add(&day.cpu, weight);
        }
        all.spread(&wandering())
    }
}

/// Whether the busiest day exceeds the quietest many times, and does something; or too few days are
/// known to tell.
fn alternates(levels: &[Option<f64>]) -> bool {
    let known = || levels.iter().flatten();
    if known().count() < FEWEST_DAYS {
        return true;
    }
    let busiest = known().fold(0.0_f64, |most, level| most.max(*level));
    let quietest = known().fold(f64::INFINITY, |least, level| least.min(*level));
    busiest > ALTERNATING * quietest.max(NOTHING)
}

/// The level of a day's CPU: a quantile; `None` where too little was measured to tell.
fn level(day: &Day, share: f64) -> Option<f64> {
    let few = day.cpu.total() < 12 || day.hours < 2;
    (!few).then(|| {
        let mut all = Dense::default();
        all.add(&day.cpu, 1.0);
        all.quantile(share)
    })
}

/// Student's distribution with two degrees of freedom, in buckets: levels mostly stay, and
/// sometimes jump.
fn wandering() -> Vec<f64> {
    let density = |steps: i32| {
        let at = f64::from(steps) * RATIO.ln() / WANDERING;
        (1.0 + at * at / 2.0).powf(-1.5)
    };
    let all: Vec<f64> = (-REACH..=REACH).map(density).collect();
    let total: f64 = all.iter().sum();
    all.into_iter().map(|share| share / total).collect()
}

#[cfg(test)]
mod tests {
    use super::{Outlook, alternates};
    use crate::risk::{Recall, Risk};
    use crate::usage::Usage;

    /// Days that use so much for so many of their 24 hours, and nothing else.
    fn usage(days: &[f64], hours: u32) -> Usage {
        let mut usage = Usage::new();
        for (day, cores) in days.iter().enumerate() {
            for step in 0..288 {
                let at = 1_700_006_400.0 + (day * 288 + step) as f64 * 300.0;
                let busy = step < 12 * hours as usize;
                usage.add_cpu(at, if busy { *cores } else { 0.001 });
            }
        }
        usage
    }

    #[test]
    fn growth_is_told_of_who_works_every_day() {
        let rising: Vec<f64> = (0..14).map(|day| 1.0 + 0.1 * f64::from(day)).collect();
        let steady = Outlook::of(&usage(&rising, 24));
        assert!(!steady.alternates && steady.cpu_growth > 1.1);
        // It began, a little more each day: that it goes on beyond its peak is not told by that.
        let begun: Vec<f64> = (0..14_i32).map(|day| 0.01 * 1.6_f64.powi(day)).collect();
        let alternating = Outlook::of(&usage(&begun, 24));
        assert!(alternating.alternates);
        assert!((alternating.cpu_growth - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn who_does_nothing_does_not_alternate() {
        let of = |last: [f64; 2]| {
            let mut days = vec![Some(1.0), None, Some(1.0)];
            days.extend(last.map(Some));
            alternates(&days)
        };
        assert!(!of([1.0, 4.9]));
        assert!(of([1.0, 5.1]));
        assert!(of([0.01, 1.0]));
        assert!(!alternates(&[
            Some(0.001),
            Some(0.002),
            Some(0.03),
            Some(0.001)
        ]));
        assert!(alternates(&[
            Some(0.001),
            Some(0.002),
            Some(0.05),
            Some(0.001)
        ]));
        // Three days tell nothing.
        assert!(alternates(&[Some(1.0), Some(1.0), Some(1.0), None]));
        assert!(alternates(&[]));
    }

    #[test]
    fn one_memory_gives_up_what_has_ceased_and_the_other_does_not() {
        let mut days = vec![4.0; 9];
        days.extend([0.01; 5]);
        let outlook = Outlook::of(&usage(&days, 24));
        let memories = Risk::Medium.numbers().cpu_memories;
        let (day, all) = (&memories[0], &memories[1]);
        assert!(outlook.cpu(*day).quantile(0.95) < 0.02);
        let share = outlook.cpu(*all).above(1.0);
        assert!((share - 9.0 / 14.0).abs() < 0.01, "{share}");
        let heeding = Recall {
            heeds_lulls: true,
            ..*all
        };
        assert!(outlook.cpu(heeding).above(1.0) < share - 0.1);
    }

    #[test]
    fn what_is_seen_together_is_a_whole() {
        let outlook = Outlook::of(&usage(&[2.0, 2.0, 0.01, 2.0, 0.01], 6));
        for risk in Risk::ALL {
            let all = outlook.cpu_of_all(&risk.numbers());
            // Weights of days add up to one, and each day has 288 samples.
            assert!((all.total() - 288.0).abs() < 1e-6, "{}", all.total());
        }
    }
}
