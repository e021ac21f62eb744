//! Histograms with buckets of equal ratio: how often a container used so much CPU.
//!
//! Bucket 0 holds what is below a tenth of a millicore; each further one is two percent wider than
//! the one before it, up to 1,300 cores. Within a bucket, values count as spread evenly.

/// The lower end of bucket 1, in cores.
const LEAST: f64 = 1e-4;
/// The ratio of a bucket's ends.
pub const RATIO: f64 = 1.02;
/// How many buckets there are.
pub const BUCKETS: usize = 830;

/// The bucket that a value is in.
pub fn bucket(value: f64) -> usize {
    if value < LEAST {
        return 0;
    }
    let steps = (value / LEAST).ln() / RATIO.ln();
    (steps as usize + 1).min(BUCKETS - 1)
}

/// The lower end of a bucket.
pub fn lower(bucket: usize) -> f64 {
    match bucket {
        0 => 0.0,
        _ => LEAST * RATIO.powi(bucket as i32 - 1),
    }
}

/// The upper end of a bucket.
pub fn upper(bucket: usize) -> f64 {
    LEAST * RATIO.powi(bucket as i32)
}

/// A histogram that is counted in: the buckets in which something is, in rising order, and how many
/// samples each has.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Counts(Vec<(u16, u32)>);

impl Counts {
    /// Adds a sample.
    pub fn add(&mut self, value: f64) {
        self.add_many(bucket(value) as u16, 1);
    }

    fn add_many(&mut self, bucket: u16, count: u32) {
        match self.0.binary_search_by_key(&bucket, |(at, _)| *at) {
            Ok(at) => self.0[at].1 = self.0[at].1.saturating_add(count),
            Err(at) => self.0.insert(at, (bucket, count)),
        }
    }

    /// Adds the samples of a packed one.
    pub(crate) fn merge(&mut self, other: &Sparse) {
        for (bucket, count) in other.iter() {
            self.add_many(bucket, count);
        }
    }

    /// Whether nothing was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets what was counted and keeps the room for it.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The same in few bytes.
    pub fn packed(&self) -> Sparse {
        let mut bytes = Vec::with_capacity(2 * self.0.len());
        let mut before = 0;
        for (bucket, count) in &self.0 {
            push(&mut bytes, u32::from(bucket - before));
            push(&mut bytes, *count);
            before = *bucket;
        }
        Sparse(bytes.into_boxed_slice())
    }
}

/// A histogram to be kept. For each bucket in which something is there are two numbers, the
/// distance from the one before and how many samples it has, seven bits to a byte: mostly two
/// bytes. There is one for every few hours of every container.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sparse(Box<[u8]>);

impl Sparse {
    /// How many samples there are.
    pub fn total(&self) -> u64 {
        self.iter().map(|(_, count)| u64::from(count)).sum()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Buckets in rising order, and how many samples each has.
    fn iter(&self) -> impl Iterator<Item = (u16, u32)> {
        let mut rest = &*self.0;
        let mut bucket = 0;
        std::iter::from_fn(move || {
            let step = pull(&mut rest)?;
            bucket += step as u16;
            Some((bucket, pull(&mut rest)?))
        })
    }
}

/// Writes a number, the lowest seven bits first; the highest bit of a byte says that more follow.
fn push(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads what [`push`] wrote.
fn pull(rest: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in (0..32).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u32::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            break;
        }
    }
    Some(number)
}

/// A histogram of weights over all buckets.
#[derive(Clone, PartialEq, Debug)]
pub struct Dense(Vec<f64>);

impl Default for Dense {
    fn default() -> Self {
        Self(vec![0.0; BUCKETS])
    }
}

impl Dense {
    /// Adds a sparse one, each sample with a weight.
    pub fn add(&mut self, other: &Sparse, weight: f64) {
        for (bucket, count) in other.iter() {
            self.0[usize::from(bucket)] += f64::from(count) * weight;
        }
    }

    /// The weight of each bucket.
    pub fn weights(&self) -> &[f64] {
        &self.0
    }

    /// The sum of weights.
    pub fn total(&self) -> f64 {
        self.0.iter().sum()
    }

    /// The value that a share of the weight lies at or below; 0 where there is none.
    pub fn quantile(&self, share: f64) -> f64 {
        let wanted = share.clamp(0.0, 1.0) * self.total();
        let mut below = 0.0;
        let mut last = 0.0;
        for (bucket, weight) in self.0.iter().enumerate() {
            if *weight <= 0.0 {
                continue;
            }
            last = upper(bucket);
            if below + weight >= wanted {
                let inside = ((wanted - below) / weight).clamp(0.0, 1.0);
                return lower(bucket) + inside * (last - lower(bucket));
            }
            below += weight;
        }
        last
    }

    /// The share of the weight above a value.
    pub fn above(&self, value: f64) -> f64 {
        let total = self.total();
        if total <= 0.0 {
            return 0.0;
        }
        let at = bucket(value);
        let mut above: f64 = self.0[at + 1..].iter().sum();
        let width = upper(at) - lower(at);
        above += self.0[at] * ((upper(at) - value) / width).clamp(0.0, 1.0);
        above / total
    }

    /// The mean of the values.
    pub fn mean(&self) -> f64 {
        let total = self.total();
        if total <= 0.0 {
            return 0.0;
        }
        self.sum_by(f64::midpoint) / total
    }

    /// What lies above a value, as a share of all that is used: the mean of what exceeds it, over
    /// the mean.
    pub fn uncovered(&self, value: f64) -> f64 {
        let all = self.sum_by(f64::midpoint);
        if all <= 0.0 {
            return 0.0;
        }
        let over = self.sum_by(|low, high| {
            if value <= low {
                f64::midpoint(low, high) - value
            } else if value >= high {
                0.0
            } else {
                (high - value).powi(2) / (2.0 * (high - low))
            }
        });
        over / all
    }

    /// Spreads each bucket over its neighbours: `shares` holds the share for each distance in
    /// buckets, the middle one for none. What would leave the range stays in its outermost
    /// bucket, and what is in bucket 0 stays there.
    #[must_use]
    pub fn spread(&self, shares: &[f64]) -> Self {
        let middle = shares.len() / 2;
        let mut out = Self::default();
        out.0[0] = self.0[0];
        for (bucket, weight) in self.0.iter().enumerate().skip(1) {
            if *weight <= 0.0 {
                continue;
            }
            for (at, share) in shares.iter().enumerate() {
                let to = (bucket + at).saturating_sub(middle).clamp(1, BUCKETS - 1);
                out.0[to] += weight * share;
            }
        }
        out
    }

    fn sum_by(&self, of: impl Fn(f64, f64) -> f64) -> f64 {
        let filled = self
            .0
            .iter()
            .enumerate()
            .filter(|(_, weight)| **weight > 0.0);
        filled
            .map(|(bucket, weight)| weight * of(lower(bucket), upper(bucket)))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{BUCKETS, Counts, Dense, bucket, lower, upper};

    fn of(values: &[f64]) -> Dense {
        let mut counts = Counts::default();
        for value in values {
            counts.add(*value);
        }
        let mut dense = Dense::default();
        dense.add(&counts.packed(), 1.0);
        dense
    }

    #[test]
    fn nothing_is_lost_by_packing() {
        let mut counts = Counts::default();
        let last = (BUCKETS - 1) as u16;
        let all = [(0, 1), (1, 127), (2, 128), (131, 16_384), (last, u32::MAX)];
        for (bucket, count) in all {
            counts.add_many(bucket, count);
        }
        let packed = counts.packed();
        assert!(packed.iter().eq(all));
        let mut again = Counts::default();
        again.merge(&packed);
        assert_eq!(again, counts);
        assert!(Counts::default().packed().is_empty());
    }

    #[test]
    fn a_value_lies_in_its_bucket() {
        for value in [0.0, 5e-5, 1e-4, 0.001, 0.25, 1.0, 63.9, 1200.0] {
            let at = bucket(value);
            assert!(
                lower(at) <= value * 1.000_001 && value <= upper(at) * 1.000_001,
                "{value}"
            );
        }
        assert_eq!(bucket(1e9), super::BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_as_exact_as_buckets_are_wide() {
        let values: Vec<f64> = (1..=1000).map(|n| f64::from(n) / 1000.0).collect();
        let dense = of(&values);
        for share in [0.1, 0.5, 0.9, 0.99] {
            let found = dense.quantile(share);
            assert!((found / share - 1.0).abs() < 0.02, "{share}: {found}");
            assert!((dense.above(share) - (1.0 - share)).abs() < 0.01, "{share}");
        }
        assert!((dense.mean() - 0.5).abs() < 0.01);
        assert!((Dense::default().quantile(0.5) - 0.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_uncovered_is_a_share_of_all_that_is_used() {
        // One hour at 4, three at 1: above 2 lies 2 of 7.
        let dense = of(&[1.0, 1.0, 1.0, 4.0]);
        assert!((dense.uncovered(2.0) - 2.0 / 7.0).abs() < 0.02);
        assert!(dense.uncovered(5.0) < 1e-9);
        assert!((dense.uncovered(0.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn spreading_keeps_the_weight() {
        let dense = of(&[0.0, 0.5, 1.0]).spread(&[0.25, 0.5, 0.25]);
        assert!((dense.total() - 3.0).abs() < 1e-9);
        assert!(dense.above(0.5) > 0.3);
    }
}
