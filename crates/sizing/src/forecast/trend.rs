//! Whether a level rises from day to day.

use std::cmp::Ordering;

/// The days that are looked at.
const DAYS: usize = 14;
/// The fewest days that tell a trend.
const FEWEST: usize = 6;
/// Kendall's statistic, in standard deviations, from which a rise is no chance (one in 200).
const CERTAIN: f64 = 2.58;

/// By what a level will have grown in so many days if it goes on rising as it does: at least 1, at
/// most `most`. Rises that may be chance count as none (Mann-Kendall); the slope is the median of
/// all slopes between two days (Theil-Sen).
pub fn growth(levels: &[Option<f64>], days: f64, most: f64) -> f64 {
    let from = levels.len().saturating_sub(DAYS);
    let known: Vec<(f64, f64)> = levels[from..]
        .iter()
        .enumerate()
        .filter_map(|(index, level)| Some((index as f64, (*level)?)))
        .collect();
    if known.len() < FEWEST {
        return 1.0;
    }
    let mut slopes = Vec::new();
    let mut balance = 0.0;
    for (index, (at, level)) in known.iter().enumerate() {
        for (later, higher) in &known[index + 1..] {
            slopes.push((higher - level) / (later - at));
            balance += match higher.total_cmp(level) {
                Ordering::Greater => 1.0,
                Ordering::Less => -1.0,
                Ordering::Equal => 0.0,
            };
        }
    }
    let count = known.len() as f64;
    let deviation = (count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt();
    if (balance - 1.0) / deviation < CERTAIN {
        return 1.0;
    }
    slopes.sort_by(f64::total_cmp);
    let slope = slopes[slopes.len() / 2];
    let mut above: Vec<f64> = known.iter().map(|(at, level)| level - slope * at).collect();
    above.sort_by(f64::total_cmp);
    let now = above[above.len() / 2] + slope * (levels.len() - from) as f64;
    if now <= 0.0 {
        return 1.0;
    }
    ((now + slope * days) / now).clamp(1.0, most)
}

#[cfg(test)]
mod tests {
    use super::growth;

    fn of(levels: &[f64]) -> f64 {
        let levels: Vec<Option<f64>> = levels.iter().map(|level| Some(*level)).collect();
        growth(&levels, 7.0, 2.0)
    }

    fn none(levels: &[f64]) {
        let growth = of(levels);
        assert!((growth - 1.0).abs() < f64::EPSILON, "{growth}");
    }

    #[test]
    fn a_steady_rise_goes_on() {
        let rising: Vec<f64> = (0..14).map(|day| 100.0 + 10.0 * f64::from(day)).collect();
        let growth = of(&rising);
        assert!((growth - 310.0 / 240.0).abs() < 0.01, "{growth}");
    }

    #[test]
    fn chance_is_no_rise() {
        none(&[5.0, 4.0, 6.0, 5.5, 4.5, 6.0, 5.0, 5.2, 4.9, 5.1]);
        none(&[9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0]);
        none(&[1.0, 2.0, 3.0]);
        none(&[]);
        none(&[7.0; 14]);
    }
}
