//! How much risk is taken, and what is said of it.

use std::fmt;

/// How much risk is taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Risk {
    /// Little: what was seen in the last weeks is covered, and more.
    Low,
    /// About a twentieth of all CPU demand exceeds requests; memory is held against peaks as far
    /// as it is worth it.
    #[default]
    Medium,
    /// Much: for work that can wait and be done again.
    High,
}

/// How CPU is remembered.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Recall {
    /// Half of the CPU seen so many days ago counts for as much as today's.
    pub half_life: f64,
    /// Whether days count less whose work seems to have ceased since.
    pub heeds_lulls: bool,
}

impl Recall {
    /// Half is forgotten in a week.
    const WEEK: Self = Self {
        half_life: 7.0,
        heeds_lulls: true,
    };

    /// Half is forgotten in a day.
    const DAY: Self = Self {
        half_life: 1.0,
        heeds_lulls: true,
    };

    /// Every day counts the same, whatever has come since.
    const ALL: Self = Self {
        half_life: f64::INFINITY,
        heeds_lulls: false,
    };
}

/// The numbers behind a risk.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Numbers {
    /// The request for CPU is the mean of these quantiles of what was used. One quantile alone
    /// decides between all and nothing for jobs that run a twentieth of the time.
    pub cpu_shares: &'static [f64],
    /// The same for containers whose days are alike: they wander, but do not leave out what they do.
    pub cpu_steady_shares: &'static [f64],
    /// Memories of CPU, each with quantiles of its own; the request is their mean. Nobody knows
    /// beforehand whether a container goes on as yesterday or as it always did; between the two lies
    /// less that is idle, and less that is not covered, than either costs where it is wrong.
    pub cpu_memories: &'static [Recall],
    /// How much the same quantiles count of the past by how often a container has changed between
    /// busy and quiet days; the rest is what the memories say. Where the two disagree, one of them
    /// is far off, and nobody knows which: the request is their geometric mean.
    pub cpu_by_state: f64,
    /// The quantile of what was used for containers that need next to nothing.
    pub cpu_small_share: f64,
    /// Half of a peak of memory so many days ago counts for as much as today's.
    pub memory_half_life: f64,
    /// How far peaks of memory are taken to wander when a limit is weighed: the scale of the
    /// logarithm.
    pub wandering: f64,
    /// What small containers wander beyond that, in bytes: for them, room costs little.
    pub small_wandering: f64,
    /// What a kill a day is worth, in bytes of memory that could be spared.
    pub kill_price: f64,
    /// The limit of memory is at most so many times the largest peak, for a container whose
    /// peaks are equal every day.
    pub memory_margin: f64,
    /// So many bytes more than that at most.
    pub memory_extra: f64,
    /// Whether the limit of memory may lie below a peak that was seen, where sparing it is worth
    /// more than the kills that it costs.
    pub below_peak: bool,
}

const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = 1024.0 * MIB;

impl Numbers {
    /// The quantiles of CPU for a container, by whether its days differ as busy ones and quiet ones do.
    pub const fn shares(&self, alternates: bool) -> &'static [f64] {
        if alternates {
            self.cpu_shares
        } else {
            self.cpu_steady_shares
        }
    }
}

impl Risk {
    /// All of them, from the least.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The numbers behind it.
    pub const fn numbers(self) -> Numbers {
        match self {
            Self::Low => Numbers {
                cpu_shares: &[0.98, 0.985, 0.99, 0.995, 0.999],
                cpu_steady_shares: &[0.98, 0.985, 0.99, 0.995, 0.999],
                cpu_memories: &[Recall::WEEK],
                cpu_by_state: 0.0,
                cpu_small_share: 0.998,
                memory_half_life: 14.0,
                wandering: 0.07,
                small_wandering: 102.0 * MIB,
                kill_price: 600.0 * GIB,
                memory_margin: 1.3,
                memory_extra: 128.0 * MIB,
                below_peak: false,
            },
            Self::Medium => Numbers {
                cpu_shares: &[0.94, 0.95, 0.96, 0.97, 0.98],
                cpu_steady_shares: &[0.93, 0.94, 0.95, 0.96, 0.97],
                cpu_memories: &[Recall::DAY, Recall::ALL],
                cpu_by_state: 0.5,
                cpu_small_share: 0.97,
                memory_half_life: 3.5,
                wandering: 0.05,
                small_wandering: 102.0 * MIB,
                kill_price: 55.0 * GIB,
                memory_margin: 1.2,
                memory_extra: 64.0 * MIB,
                below_peak: true,
            },
            Self::High => Numbers {
                cpu_shares: &[0.86, 0.88, 0.90, 0.92, 0.94],
                cpu_steady_shares: &[0.86, 0.88, 0.90, 0.92, 0.94],
                cpu_memories: &[Recall::DAY],
                cpu_by_state: 0.0,
                cpu_small_share: 0.95,
                memory_half_life: 3.5,
                wandering: 0.04,
                small_wandering: 20.0 * MIB,
                kill_price: 20.0 * GIB,
                memory_margin: 1.1,
                memory_extra: 32.0 * MIB,
                below_peak: true,
            },
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A probability, and between which two it lies with a confidence of 90 %.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Chance {
    /// The probability.
    pub expected: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Chance {
    /// The chance that what happens with this probability a day, as far as so many days can tell,
    /// happens at least once in so many days (Wilson's interval for the daily probability).
    pub fn within(daily: f64, measured: f64, days: f64) -> Self {
        // The quantile of the normal distribution for 5 % on either side.
        const Z: f64 = 1.645;
        let n = measured.max(0.25);
        let middle = (daily + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half = Z / (1.0 + Z * Z / n)
            * (daily * (1.0 - daily) / n + Z * Z / (4.0 * n * n))
                .max(0.0)
                .sqrt();
        let once = |daily: f64| 1.0 - (1.0 - daily.clamp(0.0, 1.0)).powf(days);
        let expected = once(daily);
        Self {
            expected,
            low: once(middle - half).min(expected),
            high: once(middle + half).max(expected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Chance, Risk};

    #[test]
    fn a_chance_lies_between_its_ends_and_more_days_tell_more() {
        let few = Chance::within(0.01, 2.0, 30.0);
        let many = Chance::within(0.01, 60.0, 30.0);
        for chance in [
            few,
            many,
            Chance::within(0.0, 14.0, 30.0),
            Chance::within(1.0, 1.0, 30.0),
        ] {
            assert!(
                chance.low <= chance.expected && chance.expected <= chance.high,
                "{chance:?}"
            );
            assert!(chance.low >= 0.0 && chance.high <= 1.0);
        }
        assert!(few.high - few.low > many.high - many.low);
        assert!((many.expected - 0.26).abs() < 0.01);
    }

    #[test]
    fn numbers_follow_the_dial() {
        let all = Risk::ALL.map(Risk::numbers);
        for pair in all.windows(2) {
            let mean = |shares: &[f64]| shares.iter().sum::<f64>() / shares.len() as f64;
            assert!(mean(pair[0].cpu_shares) > mean(pair[1].cpu_shares));
            assert!(mean(pair[0].cpu_steady_shares) > mean(pair[1].cpu_steady_shares));
            assert!(pair[0].kill_price > pair[1].kill_price);
            assert!(pair[0].memory_margin >= pair[1].memory_margin);
        }
    }
}
