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

use crate::risk::Numbers;
use crate::usage::buckets::{Dense, RATIO};
use crate::usage::{Day, Usage};

pub use season::{hours_to_come, is_weekly};
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
/// The quantiles of a day's CPU at which lulls and states are looked at.
const SHARES: [f64; 3] = [0.8, 0.9, 0.97];
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
        let levels: Vec<Option<f64>> = days.iter().map(|day| level(day, 0.9)).collect();
        let seen = SHARES.map(|share| days.iter().map(|day| level(day, share)).collect::<Vec<_>>());
        let mut outlook = Self {
            alive: lull::cpu(&seen, NOTHING),
            by_state: Vec::new(),
            changes: false,
            memory_alive: vec![1.0; days.len()],
            weekly: is_weekly(usage),
            cpu_growth: growth(&levels, 3.5, MOST_GROWTH),
            memory_growth: growth(&peaks, 7.0, 2.0),
            days,
        };
        let by_age = outlook.weights(OUTLOOK_HALF_LIFE, &outlook.memory_alive);
        let total: f64 = by_age.iter().sum();
        let by_age: Vec<f64> = by_age.iter().map(|weight| weight / total).collect();
        if outlook.weekly {
            // The days of a week are no matter of chance.
            outlook.by_state = by_age;
        } else {
            outlook.by_state = states::weights(&seen, &by_age, NOTHING);
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

    /// CPU of the past, with what counts less of less weight.
    pub fn cpu(&self, half_life: f64) -> Dense {
        let mut all = Dense::default();
        for (day, weight) in self.days.iter().zip(self.weights(half_life, &self.alive)) {
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
        let each = (1.0 - numbers.cpu_by_state) / numbers.cpu_half_lives.len().max(1) as f64;
        for half_life in numbers.cpu_half_lives {
            let weights = self.weights(*half_life, &self.alive);
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
