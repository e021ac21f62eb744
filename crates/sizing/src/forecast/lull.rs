//! Whether a container has stopped doing what it did.
//!
//! A machine that ran a job every day and has done nothing since yesterday has probably stopped;
//! one that was idle for days before, and came back, has not. If `n` earlier days were busy and
//! none was quiet, and days were exchangeable, a quiet one would follow by chance in one of
//! `n + 2` cases (Laplace's rule of succession), two in a row in fewer. That chance is how much
//! the busy days still count.

/// By how much busy days must exceed the quiet ones.
const RATIOS: [f64; 3] = [2.0, 3.0, 5.0];
/// The least that busy days count, however long it has been quiet: in other weeks machines came back
/// to what they had done before more often than the days of one history tell.
const FLOOR: f64 = 0.35;

/// How likely what each day shows is to come again: the mean of looking at it in several ways.
/// `levels` holds quantiles of the days, and `nothing` what a container uses that does nothing.
pub(super) fn cpu(levels: &[Vec<Option<f64>>], nothing: f64) -> Vec<f64> {
    let count = levels.first().map_or(0, Vec::len);
    let mut sum = vec![0.0; count];
    let ways = (levels.len() * RATIOS.len()) as f64;
    for levels in levels {
        for ratio in RATIOS {
            let (chance, quiet) = ceased(levels, ratio, nothing);
            let busy = count - quiet;
            for (index, sum) in sum.iter_mut().enumerate() {
                *sum += if index < busy { chance } else { 1.0 } / ways;
            }
        }
    }
    for chance in &mut sum {
        *chance = chance.max(FLOOR);
    }
    sum
}

/// The chance that the levels before the last quiet days come again, and how many days are quiet;
/// the chance is 1 where nothing has ceased.
fn ceased(levels: &[Option<f64>], ratio: f64, nothing: f64) -> (f64, usize) {
    let count = levels.len();
    let mut least = (1.0, 0);
    let mut top: Option<f64> = None;
    for quiet in 1..count.saturating_sub(1) {
        if let Some(level) = levels[count - quiet] {
            top = Some(top.unwrap_or(0.0).max(level));
        }
        let Some(top) = top else { continue };
        let bar = ratio * top.max(nothing);
        let before: Vec<bool> = levels[..count - quiet]
            .iter()
            .flatten()
            .map(|level| *level <= bar)
            .collect();
        if before.len() < 2 {
            continue;
        }
        let (mut longest, mut run, mut calm) = (0, 0, 0);
        for is_calm in &before {
            run = if *is_calm { run + 1 } else { 0 };
            longest = longest.max(run);
            calm += usize::from(*is_calm);
        }
        // It has been quiet for as long before, and came back; or it was quiet as a rule.
        if longest >= quiet || calm * 2 >= before.len() {
            continue;
        }
        let chance = (longest..quiet).fold(1.0, |chance, more| {
            chance * (calm + 1 + more) as f64 / (before.len() + 2 + more) as f64
        });
        if chance < least.0 {
            least = (chance, quiet);
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::ceased;

    fn chance(levels: &[f64]) -> (f64, usize) {
        let levels: Vec<Option<f64>> = levels.iter().map(|level| Some(*level)).collect();
        ceased(&levels, 2.0, 0.01)
    }

    #[test]
    fn who_was_always_busy_and_is_quiet_has_stopped() {
        let (one, quiet) = chance(&[5.0, 6.0, 5.0, 7.0, 5.0, 6.0, 0.1]);
        assert_eq!(quiet, 1);
        assert!((one - 1.0 / 8.0).abs() < 1e-9, "{one}");
        let (two, quiet) = chance(&[5.0, 6.0, 5.0, 7.0, 5.0, 6.0, 0.1, 0.1]);
        assert_eq!(quiet, 2);
        assert!(two < one / 2.0);
    }

    #[test]
    fn who_was_quiet_before_and_came_back_has_not() {
        assert_eq!(chance(&[5.0, 0.1, 0.1, 6.0, 5.0, 0.1, 0.1]), (1.0, 0));
        assert_eq!(chance(&[5.0, 5.0, 5.0, 5.0, 4.0]), (1.0, 0));
        assert_eq!(chance(&[0.002, 0.002, 0.001, 0.0005]), (1.0, 0));
        assert_eq!(chance(&[5.0]), (1.0, 0));
        assert_eq!(ceased(&[], 2.0, 0.01), (1.0, 0));
        assert_eq!(
            ceased(&[Some(5.0), Some(5.0), None, None], 2.0, 0.01),
            (1.0, 0)
        );
    }
}
