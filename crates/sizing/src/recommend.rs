//! What a container should ask for and be allowed, with the reason and the risk of each number.

use std::fmt::Write as _;

use crate::cpu::{self, Ask, Cpu, Outcome, Raise};
use crate::forecast::Outlook;
use crate::memory::{self, Memory};
use crate::profile::Profile;
use crate::risk::{Chance, Risk};
use crate::usage::Usage;

/// The days from which nothing is widened.
const ENOUGH_DAYS: f64 = 14.0;
/// How much a container is given beyond what one day shows, as a share; with more days less.
const WIDENING: f64 = 0.6;
/// The most that is given for want of days.
const WIDEST: f64 = 2.5;
/// What takes less, in days, is a moment: a few samples of what runs now.
const MOMENT: f64 = 2.0 / 24.0;
/// The share of hours from which measurements count as whole.
const WHOLE: f64 = 0.9;

/// What is wanted of a recommendation.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Wish {
    /// How much risk is taken.
    pub risk: Risk,
    /// What kind of program it is.
    pub profile: Profile,
    /// A CPU limit of so many times the request; none where it is `None`.
    pub cpu_limit: Option<f64>,
}

/// What is set today, in cores and bytes.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Present {
    /// The CPU request.
    pub cpu_request: Option<f64>,
    /// The CPU limit.
    pub cpu_limit: Option<f64>,
    /// The memory request.
    pub memory_request: Option<f64>,
    /// The memory limit.
    pub memory_limit: Option<f64>,
}

/// What a container should have.
#[derive(Clone, PartialEq, Debug)]
pub struct Recommendation {
    /// CPU; `None` where none was measured.
    pub cpu: Option<Cpu>,
    /// Memory; `None` where none was measured.
    pub memory: Option<Memory>,
    /// What becomes of today's CPU request and limit.
    pub present_cpu: Option<Outcome>,
    /// The probability of a kill within 30 days with today's memory limit.
    pub present_killed: Option<Chance>,
    /// What the numbers rest on.
    pub data: Data,
    /// What the coming week rests on.
    pub outlook: Outlook,
}

/// What was measured.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Data {
    /// From the first sample to the last, in days.
    pub days: f64,
    /// The hours in which something was measured, in days.
    pub measured: f64,
    /// The share of hours in which something was measured.
    pub coverage: f64,
    /// Samples of CPU.
    pub cpu_samples: u64,
    /// Samples of memory.
    pub memory_samples: u64,
    /// By how much numbers are raised because little was measured; 1 for not at all.
    pub widened: f64,
    /// Restarts that were seen.
    pub restarts: u32,
}

impl Data {
    fn of(usage: &Usage) -> Self {
        let hours = usage
            .hours()
            .filter(|(_, hour)| hour.cpu_samples > 0 || hour.memory_samples > 0)
            .count() as f64;
        // Hours that are begun count as whole, but not where there is hardly more than one.
        let measured = if usage.days() < MOMENT {
            usage.days()
        } else {
            hours / 24.0
        };
        // With `n` days behind it the next one tops them all in one of `n + 1` cases.
        let short = (1.0 / measured.max(1.0 / 24.0) - 1.0 / ENOUGH_DAYS).max(0.0);
        // Crash after crash, peaks are those of starting up.
        let (cpu_samples, memory_samples) = usage.samples();
        Self {
            days: usage.days(),
            measured,
            coverage: usage.coverage().min(1.0),
            cpu_samples,
            memory_samples,
            widened: (1.0 + WIDENING * short).min(WIDEST),
            restarts: usage.restarts(),
        }
    }

    /// Whether parts are missing.
    pub fn has_gaps(&self) -> bool {
        self.coverage < WHOLE
    }

    /// Whether it is too short for what weeks bring.
    pub fn is_short(&self) -> bool {
        self.measured < ENOUGH_DAYS / 2.0
    }
}

/// What a container should have.
pub fn recommend(usage: &Usage, wish: Wish, present: Present) -> Recommendation {
    let mut outlook = Outlook::of(usage);
    // What remembers everything is told nothing by states.
    outlook.changes &= !wish.profile.remembers();
    let data = Data::of(usage);
    let ask = Ask {
        risk: wish.risk,
        profile: wish.profile,
        limit_ratio: wish.cpu_limit,
        widened: data.widened,
    };
    let cpu = cpu::decide(usage, &outlook, ask);
    let memory = memory::decide(usage, &outlook, wish.risk, wish.profile, data.widened);
    let present_cpu = (data.cpu_samples > 0)
        .then(|| {
            let request = present.cpu_request.or(present.cpu_limit)?;
            let to_come = outlook.cpu_to_come();
            Some(cpu::outcome(&to_come, request, present.cpu_limit))
        })
        .flatten();
    let present_killed = present
        .memory_limit
        .and_then(|limit| memory::killed_within_month(&outlook, wish.risk, limit));
    Recommendation {
        cpu,
        memory,
        present_cpu,
        present_killed,
        data,
        outlook,
    }
}

impl Recommendation {
    /// Why the CPU request is what it is, in one line.
    pub fn cpu_reason(&self, risk: Risk) -> Option<String> {
        let cpu = self.cpu.as_ref()?;
        let shares = risk.numbers().shares(self.outlook.alternates);
        let (from, to) = (shares.first()?, shares.last()?);
        let mut words = format!(
            "{} to {} percentile of {}",
            ordinal(*from),
            ordinal(*to),
            self.span()
        );
        if self.outlook.weekly {
            words.push_str(", the last week counting alike: weeks resemble each other");
        } else if self.outlook.alive.first().is_some_and(|alive| *alive < 0.5) {
            words.push_str(", most of it discounted: it has been quiet as never before");
        } else {
            words.push_str(", recent days first");
        }
        if self.outlook.changes && risk.numbers().cpu_by_state > 0.0 {
            words.push_str(", and by how often it has turned busy or quiet");
        }
        raises(&mut words, &cpu.raised);
        Some(words)
    }

    /// Why the memory limit is what it is, in one line.
    pub fn memory_reason(&self) -> Option<String> {
        let memory = self.memory.as_ref()?;
        let headroom = memory.limit / memory.peak.max(1.0) - 1.0;
        let mut words = if headroom >= 0.0 {
            format!(
                "largest peak of {} and {:.0} % of room",
                self.span(),
                headroom * 100.0
            )
        } else {
            format!(
                "{:.0} % below the largest peak of {}: holding all of it is worth more than the kills that it spares",
                -headroom * 100.0,
                self.span()
            )
        };
        raises(&mut words, &memory.raised);
        Some(words)
    }

    /// What is to be known of the measurements.
    pub fn data_notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.data.is_short() {
            let unknown = match self.data.measured {
                measured if measured < 1.0 => "and neither other hours nor other days are known",
                _ => "and weeks are unknown",
            };
            notes.push(format!(
                "only {} measured: numbers are widened by {:.0} %, {unknown}",
                days(self.data.measured),
                (self.data.widened - 1.0) * 100.0
            ));
        }
        if self.data.has_gaps() {
            notes.push(format!(
                "{:.0} % of the hours were not measured: what happened in them is unknown",
                (1.0 - self.data.coverage) * 100.0
            ));
        }
        if let Some(memory) = &self.memory
            && memory.kills > 0
        {
            notes.push(format!(
                "killed for want of memory {} in this span",
                times(memory.kills as u64)
            ));
        }
        if self.data.restarts > 0 {
            notes.push(format!(
                "restarted {} in this span",
                times(self.data.restarts.into())
            ));
        }
        notes
    }

    fn span(&self) -> String {
        days(self.data.days)
    }
}

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

fn days(days: f64) -> String {
    if days * 24.0 * 60.0 < 1.0 {
        "less than a minute".to_owned()
    } else if days < MOMENT {
        format!("{:.0} minutes", days * 24.0 * 60.0)
    } else if days < 2.0 {
        format!("{:.1} hours", days * 24.0)
    } else {
        format!("{days:.1} days")
    }
}

/// A share in hundredths, as `93rd`, or in thousandths, as `99.9th`.
fn ordinal(share: f64) -> String {
    let hundredths = format!("{:.1}", share * 100.0);
    let hundredths = hundredths.trim_end_matches(".0").to_owned();
    let ending = match hundredths.as_bytes() {
        [.., b'.' | b'1', _] => "th",
        [.., b'1'] => "st",
        [.., b'2'] => "nd",
        [.., b'3'] => "rd",
        _ => "th",
    };
    hundredths + ending
}

fn raises(words: &mut String, raised: &[(f64, Raise)]) {
    for (factor, why) in raised {
        let percent = (factor - 1.0) * 100.0;
        let _ = match why {
            Raise::FewDays => write!(words, "; {percent:.0} % more, for little was measured"),
            Raise::Growth => write!(words, "; {percent:.0} % more, for it rises from day to day"),
            Raise::Native => write!(
                words,
                "; {percent:.0} % more, for what its runtime takes at times"
            ),
            Raise::Kills => write!(words, "; {percent:.0} % more, for it was killed"),
            Raise::Scaler => write!(
                words,
                "; raised to what its autoscaler lets a pod use before it adds another"
            ),
            Raise::Floor => write!(words, "; raised to the least that is given"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Present, Wish, ordinal, recommend};
    use crate::risk::Risk;
    use crate::usage::Usage;

    const MIB: f64 = 1024.0 * 1024.0;

    fn usage(hours: u32, gap: std::ops::Range<u32>) -> Usage {
        let mut usage = Usage::new();
        for step in (0..hours * 12).filter(|step| !gap.contains(&(step / 12))) {
            let at = 1_700_006_400.0 + f64::from(step) * 300.0;
            usage.add_cpu(at, 0.2 + f64::from(step % 7) / 100.0);
            usage.add_memory(at, 200.0 * MIB);
        }
        usage
    }

    #[test]
    fn young_and_broken_data_widen_and_say_so() {
        let whole = recommend(&usage(14 * 24, 0..0), Wish::default(), Present::default());
        let young = recommend(&usage(6, 0..0), Wish::default(), Present::default());
        let broken = recommend(
            &usage(14 * 24, 24..300),
            Wish::default(),
            Present::default(),
        );
        let cpu = |one: &super::Recommendation| one.cpu.as_ref().map_or(0.0, |cpu| cpu.request);
        assert!(cpu(&young) > cpu(&whole) * 1.5);
        assert!(cpu(&broken) > cpu(&whole));
        assert!(whole.data_notes().is_empty(), "{:?}", whole.data_notes());
        assert!(young.data_notes()[0].starts_with("only 6.0 hours measured"));
        let mut moment = Usage::new();
        for step in 0..21 {
            moment.add_cpu(1_700_006_400.0 + f64::from(step) * 15.0, 0.2);
        }
        let moment = recommend(&moment, Wish::default(), Present::default());
        assert!(cpu(&moment) >= 0.2 * 2.5, "{}", cpu(&moment));
        assert_eq!(
            moment.data_notes()[0],
            "only 5 minutes measured: numbers are widened by 150 %, and neither other hours nor \
             other days are known"
        );
        assert!(
            broken
                .data_notes()
                .iter()
                .any(|note| note.contains("not measured"))
        );
    }

    #[test]
    fn percentiles_are_called_by_their_names() {
        for (share, name) in [
            (0.93, "93rd"),
            (0.92, "92nd"),
            (0.91, "91st"),
            (0.98, "98th"),
            (0.13, "13th"),
            (0.999, "99.9th"),
            (0.981, "98.1th"),
        ] {
            assert_eq!(ordinal(share), name);
        }
        let found = recommend(&usage(14 * 24, 0..0), Wish::default(), Present::default());
        let reason = found.cpu_reason(Risk::Medium).unwrap_or_default();
        assert!(
            reason.starts_with("93rd to 97th percentile of 14.0 days"),
            "{reason}"
        );
    }

    #[test]
    fn today_is_judged_too() {
        let present = Present {
            cpu_request: Some(0.1),
            cpu_limit: Some(0.2),
            memory_limit: Some(150.0 * MIB),
            ..Present::default()
        };
        let found = recommend(&usage(14 * 24, 0..0), Wish::default(), present);
        assert!(found.present_cpu.is_some_and(|one| one.uncovered > 0.4));
        let throttled = found.present_cpu.and_then(|one| one.throttled);
        assert!(throttled.is_some_and(|share| share > 0.5));
        assert!(
            found
                .present_killed
                .is_some_and(|chance| chance.expected > 0.9)
        );
        let reason = found.memory_reason().unwrap_or_default();
        assert!(reason.starts_with("largest peak of 14.0 days"), "{reason}");
        assert!(found.cpu_reason(Risk::Medium).is_some());
    }
}
