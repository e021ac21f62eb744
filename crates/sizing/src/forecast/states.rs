//! How often a container will be busy in the week to come, by how often it has changed before.
//!
//! Seen from one level, a container is busy on some days and quiet on others. Each day a quiet one
//! turns busy with some chance, and a busy one quiet with another. How large these chances are is
//! told by the changes that were seen and, before there are any, by what containers do as a rule:
//! most keep to what they do. From today's state follows how many of the coming days will be busy;
//! busy days of the past share that between them, whichever they are. So a job that comes back
//! every few days is not given up however long its last pause, and one that ran every day and has
//! stopped for longer than a weekend is.

/// By how much the busiest day exceeds the level from which a day counts as busy.
const RATIOS: [f64; 4] = [1.5, 2.0, 3.0, 5.0];
/// Chances of a change from one day to the next.
const CHANCES: [f64; 13] = [
    0.003, 0.01, 0.02, 0.04, 0.07, 0.11, 0.16, 0.23, 0.32, 0.44, 0.6, 0.8, 0.95,
];
/// How likely a chance `p` is before anything was seen: `p^RARE (1 - p)^STEADY`.
const RARE: f64 = -1.0;
/// The other exponent.
const STEADY: f64 = 5.0;
/// The days to come that are looked at.
const AHEAD: usize = 7;
/// The least share of days that is expected to be busy, where some were: what came back once in the
/// months of the yardstick came back more often than one history tells.
const LEAST: f64 = 0.035;
/// So many quiet days after at least so many busy ones are a weekend or a repair, and no change yet.
const WEEKEND: (usize, usize) = (2, 3);

/// How much each day counts, of days that count so much by their age: the mean of looking at them in
/// several ways. `levels` holds quantiles of the days, and `nothing` what a container uses that does
/// nothing. They add up to 1.
pub(super) fn weights(levels: &[Vec<Option<f64>>], by_age: &[f64], nothing: f64) -> Vec<f64> {
    let mut mean = vec![0.0; by_age.len()];
    let ways = (levels.len() * RATIOS.len()) as f64;
    for levels in levels {
        let top = levels
            .iter()
            .flatten()
            .fold(0.0_f64, |top, one| top.max(*one));
        for ratio in RATIOS {
            let bar = (top / ratio).max(nothing);
            let busy: Vec<Option<bool>> = levels
                .iter()
                .map(|level| level.map(|level| level > bar))
                .collect();
            for (mean, one) in mean.iter_mut().zip(shared_out(&busy, by_age)) {
                *mean += one / ways;
            }
        }
    }
    mean
}

/// The weights of days by one way of telling busy ones from quiet ones.
fn shared_out(busy: &[Option<bool>], by_age: &[f64]) -> Vec<f64> {
    let sum_of = |state: Option<bool>| -> f64 {
        let days = by_age.iter().zip(busy);
        days.filter(|(_, one)| state.is_none() || **one == state)
            .map(|(weight, _)| weight)
            .sum()
    };
    let (all, of_busy, of_quiet) = (sum_of(None), sum_of(Some(true)), sum_of(Some(false)));
    if of_busy <= 0.0 || of_quiet <= 0.0 {
        return by_age.iter().map(|weight| weight / all).collect();
    }
    let expected = expected(busy).max(LEAST);
    by_age
        .iter()
        .zip(busy)
        .map(|(weight, one)| match one {
            Some(true) => weight / of_busy * expected,
            Some(false) => weight / of_quiet * (1.0 - expected),
            None => 0.0,
        })
        .collect()
}

/// The share of the coming days that is expected to be busy.
fn expected(busy: &[Option<bool>]) -> f64 {
    let mut known: Vec<bool> = busy.iter().copied().flatten().collect();
    let quiet = known.iter().rev().take_while(|one| !**one).count();
    let before = known.iter().rev().skip(quiet);
    if quiet <= WEEKEND.0 && before.take_while(|one| **one).count() >= WEEKEND.1 {
        known.truncate(known.len() - quiet);
    }
    let count = |from: bool, to: bool| {
        let pairs = known.windows(2);
        pairs
            .filter(|pair| pair[0] == from && pair[1] == to)
            .count() as f64
    };
    let wakes = likelihoods(count(false, true), count(false, false));
    let rests = likelihoods(count(true, false), count(true, true));
    let now = if known.last() == Some(&true) {
        1.0
    } else {
        0.0
    };
    let mut sum = 0.0;
    for (wake, of_wake) in CHANCES.iter().zip(wakes) {
        for (rest, of_rest) in CHANCES.iter().zip(rests) {
            let mut share: f64 = now;
            let mut days = 0.0;
            for _ in 0..AHEAD {
                share = share * (1.0 - rest) + (1.0 - share) * wake;
                days += share;
            }
            sum += of_wake * of_rest * days / AHEAD as f64;
        }
    }
    sum
}

/// How likely each of the chances is after so many days on which it came true and so many on which
/// it did not.
fn likelihoods(came: f64, stayed: f64) -> [f64; CHANCES.len()] {
    let mut all = CHANCES.map(|chance| {
        ((came + RARE) * chance.ln() + (stayed + STEADY) * (1.0 - chance).ln()).exp()
    });
    let total: f64 = all.iter().sum();
    for one in &mut all {
        *one /= total;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{expected, weights};

    fn share(days: &str) -> f64 {
        let busy: Vec<Option<bool>> = days
            .chars()
            .map(|day| match day {
                'B' => Some(true),
                'q' => Some(false),
                _ => None,
            })
            .collect();
        expected(&busy)
    }

    #[test]
    fn who_changes_often_comes_back() {
        let stopped = share("BBBBBBBqqqqqqq");
        let returns = share("BBqqBBBqBBqqqq");
        assert!(stopped < 0.1, "{stopped}");
        assert!(returns > 0.2 && returns > 5.0 * stopped, "{returns}");
        assert!(share("BBBBBBBBBBBBqq") > 0.9);
        assert!(share("BBBBBBBBBBBqqq") < 0.5);
        assert!(share("qqqqqqqqqqqqBq") < 0.5);
        assert!(share("BBBBBBBBBBBBBB") > 0.9);
        assert!(share("qqqqqqqqqqqqqB") > 0.5);
    }

    #[test]
    fn days_without_measurements_tell_nothing() {
        let gaps = share("BB.BBqq.qqq");
        let whole = share("BBBBqqqqq");
        assert!((gaps - whole).abs() < 1e-9);
        assert!(share("").is_finite());
        assert!(share("..").is_finite());
    }

    #[test]
    fn weights_add_up_and_keep_some_of_what_was() {
        let days: Vec<Option<f64>> = [8.0; 6].into_iter().chain([0.1; 8]).map(Some).collect();
        let found = weights(&[days], &[1.0; 14], 0.008);
        let sum: f64 = found.iter().sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        let busy: f64 = found[..6].iter().sum();
        assert!((0.034..0.12).contains(&busy), "{busy}");
        let steady = weights(&[vec![Some(1.0); 4]], &[1.0, 1.0, 2.0, 4.0], 0.008);
        assert!((steady[3] - 0.5).abs() < 1e-9);
        assert!(weights(&[], &[], 0.008).is_empty());
    }
}
