//! How settings are weighed against those that they would replace.
//!
//! One bad hour can decide a sum over days, and the days to come need not have it. So a load is cut
//! into parts, and settings are held against the better of the given ones on every stretch of
//! successive parts: what they cost on the mean stretch counts, and how much more on the worst. Who
//! is cheap throughout and much dearer somewhere is passed over for one that is never much dearer.

/// How many parts a load is cut into.
pub(super) const PARTS: usize = 12;
/// The lengths of stretches, in parts.
const LENGTHS: [usize; 5] = [1, 2, 3, 6, PARTS];
/// Scores below this share of the whole's are not told apart: what costs next to nothing may cost
/// twice that.
const NOTHING: f64 = 1e-4;

/// Knows what the given settings cost.
pub(super) struct Judge {
    /// The least that one of them costs on each stretch.
    bars: Vec<f64>,
    nothing: f64,
}

impl Judge {
    /// Of settings that are given, by what each costs on each part.
    pub(super) fn new(given: &[Vec<f64>]) -> Self {
        let mut bars: Vec<f64> = Vec::new();
        for one in given {
            let costs = stretches(one);
            bars.resize(costs.len(), f64::INFINITY);
            for (bar, cost) in bars.iter_mut().zip(costs) {
                *bar = bar.min(cost);
            }
        }
        let whole = bars.last().copied().unwrap_or(0.0);
        Self {
            bars,
            nothing: whole * NOTHING + f64::MIN_POSITIVE,
        }
    }

    /// What settings are worth by what they cost on each part: 1 for as much as the better of the
    /// given ones on every stretch, and less for better ones.
    pub(super) fn weigh(&self, parts: &[f64]) -> f64 {
        let (mut sum, mut count, mut worst) = (0.0, 0.0, 1.0_f64);
        for (cost, bar) in stretches(parts).iter().zip(&self.bars) {
            let ratio = (cost + self.nothing) / (bar + self.nothing);
            sum += ratio;
            count += 1.0;
            worst = worst.max(ratio);
        }
        sum / f64::max(count, 1.0) + worst - 1.0
    }
}

/// The sums over stretches; the last is the whole.
fn stretches(parts: &[f64]) -> Vec<f64> {
    let lengths = LENGTHS.iter().filter(|length| **length < parts.len());
    let mut sums: Vec<f64> = lengths
        .flat_map(|length| parts.windows(*length))
        .map(|stretch| stretch.iter().sum())
        .collect();
    sums.push(parts.iter().sum());
    sums
}

#[cfg(test)]
mod tests {
    use super::{Judge, stretches};

    #[test]
    fn stretches_end_with_the_whole() {
        assert_eq!(stretches(&[1.0, 2.0, 3.0]), [1.0, 2.0, 3.0, 3.0, 5.0, 6.0]);
        assert_eq!(stretches(&[4.0]), [4.0]);
        assert_eq!(stretches(&[]), [0.0]);
        assert_eq!(stretches(&[1.0; 12]).len(), 12 + 11 + 10 + 7 + 1);
    }

    #[test]
    fn one_bad_hour_does_not_decide() {
        // Much is lost in one part with one replica, and nothing with two.
        let mut one = vec![1.0; 12];
        one[0] = 20.0;
        let two = vec![2.0; 12];
        let judge = Judge::new(&[one.clone(), vec![3.0; 12]]);
        assert!(two.iter().sum::<f64>() < one.iter().sum::<f64>());
        assert!(judge.weigh(&one) > 1.0);
        // Beside one that is good at both, neither is taken.
        let mut both = vec![1.0; 12];
        both[0] = 3.0;
        assert!(judge.weigh(&both) < judge.weigh(&two));
        assert!(judge.weigh(&both) < judge.weigh(&one));
    }

    #[test]
    fn who_costs_the_same_is_worth_one() {
        let given = vec![vec![2.0, 3.0, 4.0], vec![3.0, 3.5, 5.0]];
        let judge = Judge::new(&given);
        assert!((judge.weigh(&given[0]) - 1.0).abs() < 1e-9);
        assert!(judge.weigh(&given[1]) > 1.0);
        assert!(judge.weigh(&[1.0, 2.0, 3.0]) < 1.0);
        let nothing = Judge::new(&[vec![0.0, 0.0]]);
        assert!((nothing.weigh(&[0.0, 0.0]) - 1.0).abs() < 1e-9);
        assert!(Judge::new(&[]).weigh(&[1.0]).is_finite());
    }
}
