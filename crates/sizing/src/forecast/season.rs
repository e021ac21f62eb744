//! Whether weeks resemble each other.

use crate::usage::{Hour, Usage};

/// Hours in a week.
const WEEK: usize = 168;
/// A week must be told by the one before so much better than a day by the one before.
const BETTER: f64 = 0.6;
/// The hours of the last week that must have been measured along with the same ones a week and a
/// day before.
const ENOUGH: usize = 120;

/// The days that an hour of the week to come is the mean of, where weeks do not resemble each
/// other.
const DAYS: usize = 7;

/// What the hours of the week to come are expected to use, in cores, each with the time that it
/// begins at: as the same hour a week before where weeks resemble each other, else as the mean of
/// that hour on the last days; from there it grows so that `growth` is reached in the middle of the
/// week. Hours of which nothing is known are left out.
pub fn hours_to_come(usage: &Usage, weekly: bool, growth: f64) -> Vec<(f64, f64)> {
    let mean = |hour: &Hour| (hour.cpu_samples > 0).then_some(f64::from(hour.cpu_mean));
    to_come(usage, weekly, 2.0 * (growth - 1.0), mean)
}

/// The same for memory, in bytes; `growth` is reached at the end of the week.
pub fn memory_to_come(usage: &Usage, weekly: bool, growth: f64) -> Vec<(f64, f64)> {
    let mean = |hour: &Hour| (hour.memory_samples > 0).then_some(f64::from(hour.memory_mean));
    to_come(usage, weekly, growth - 1.0, mean)
}

fn to_come(
    usage: &Usage,
    weekly: bool,
    rise: f64,
    mean: impl Fn(&Hour) -> Option<f64>,
) -> Vec<(f64, f64)> {
    let hours: Vec<(f64, Option<f64>)> = usage.hours().map(|(at, hour)| (at, mean(hour))).collect();
    let Some(last) = hours.iter().rposition(|(_, mean)| mean.is_some()) else {
        return Vec::new();
    };
    let before = |at: usize| hours.get(at).and_then(|(_, mean)| *mean);
    let expected = |ahead: usize| -> Option<f64> {
        if weekly {
            return before((last + ahead).checked_sub(WEEK)?);
        }
        let same = (1..=DAYS).filter_map(|day| {
            let back = day * 24 - (ahead - 1) % 24;
            before((last + 1).checked_sub(back)?)
        });
        let (sum, count) = same.fold((0.0, 0.0), |(sum, count), mean| (sum + mean, count + 1.0));
        (count > 0.0).then(|| sum / count)
    };
    let begin = hours[last].0;
    (1..=WEEK)
        .filter_map(|ahead| {
            let grown = 1.0 + rise * ahead as f64 / WEEK as f64;
            Some((begin + ahead as f64 * 3600.0, expected(ahead)? * grown))
        })
        .collect()
}

/// Whether the last week's hours are told much better by the same hours of the week before than
/// by those of the day before. Takes two weeks of measurements.
pub fn is_weekly(usage: &Usage) -> bool {
    let means: Vec<Option<f64>> = usage
        .hours()
        .map(|(_, hour)| (hour.cpu_samples > 0).then_some(f64::from(hour.cpu_mean)))
        .collect();
    // What lies behind the last sample is no part of it.
    let end = means
        .iter()
        .rposition(Option::is_some)
        .map_or(0, |at| at + 1);
    let Some(begin) = end.checked_sub(WEEK).filter(|begin| *begin + 2 >= WEEK) else {
        return false;
    };
    let (mut by_week, mut by_day, mut count) = (0.0, 0.0, 0);
    for at in begin..end {
        let (Some(before), Some(week)) = (at.checked_sub(24), at.checked_sub(WEEK)) else {
            continue;
        };
        if let (Some(now), Some(before), Some(week)) = (means[at], means[before], means[week]) {
            by_week += (now - week).abs();
            by_day += (now - before).abs();
            count += 1;
        }
    }
    count >= ENOUGH && by_week < BETTER * by_day
}

#[cfg(test)]
mod tests {
    use super::{hours_to_come, is_weekly, memory_to_come};
    use crate::usage::Usage;

    fn usage(days: u32, level: impl Fn(u32, u32) -> f64) -> Usage {
        let mut usage = Usage::new();
        for hour in 0..days * 24 {
            let at = 1_700_006_400.0 + f64::from(hour) * 3600.0;
            usage.add_cpu(at, level(hour / 24, hour % 24));
        }
        usage
    }

    #[test]
    fn weekends_make_a_week() {
        let office = |day: u32, hour: u32| {
            let busy = day % 7 < 5 && (8..18).contains(&hour);
            if busy { 2.0 } else { 0.1 }
        };
        assert!(is_weekly(&usage(14, office)));
        assert!(!is_weekly(&usage(9, office)));
        let daily = |_: u32, hour: u32| if hour < 8 { 0.1 } else { 1.0 };
        assert!(!is_weekly(&usage(14, daily)));
        assert!(!is_weekly(&Usage::new()));
    }

    #[test]
    fn hours_come_again() {
        let daily = |_: u32, hour: u32| if hour < 8 { 0.1 } else { 1.0 };
        let usage = usage(14, daily);
        let coming = hours_to_come(&usage, false, 1.0);
        assert_eq!(coming.len(), 168);
        assert!(coming[0].0 > usage.last());
        for (index, (_, cores)) in coming.iter().enumerate() {
            let expected = daily(0, index as u32 % 24);
            assert!((cores - expected).abs() < 1e-3, "{index}: {cores}");
        }
        assert_eq!(hours_to_come(&usage, true, 1.0).len(), 168);
        assert!(hours_to_come(&Usage::new(), true, 1.0).is_empty());
    }

    #[test]
    fn what_grows_goes_on_growing() {
        let mut usage = usage(14, |_, _| 1.0);
        for hour in 0..14 * 24 {
            usage.add_memory(1_700_006_400.0 + f64::from(hour) * 3600.0, 1e9);
        }
        let cores = hours_to_come(&usage, false, 1.1);
        assert!((cores[83].1 - 1.1).abs() < 1e-3, "{:?}", cores[83]);
        let bytes = memory_to_come(&usage, false, 1.5);
        assert!((bytes[167].1 - 1.5e9).abs() < 1e6, "{:?}", bytes[167]);
        assert!(memory_to_come(&Usage::new(), false, 1.5).is_empty());
    }
}
