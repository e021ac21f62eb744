//! Models of the recommenders of the Vertical Pod Autoscaler (1.7) and of KRR (simple strategy),
//! written from what they document and do; without the bounds and roundings that hold for all.

use crate::data::{Machine, peaks};

const DAY: f64 = 86_400.0;

/// 95th percentile of all samples, at least 10m.
pub(crate) fn krr_cpu(machine: &Machine) -> f64 {
    let mut values: Vec<f64> = machine.history.iter().map(|one| one.cpu).collect();
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.95).max(0.01)
}

/// Largest sample and 15 %, at least 100 MiB.
pub(crate) fn krr_memory(machine: &Machine) -> f64 {
    let most = machine
        .history
        .iter()
        .map(|one| one.memory)
        .fold(0.0, f64::max);
    (most * 1.15).max(100.0 * 1024.0 * 1024.0)
}

/// Target: 90th percentile of a histogram that forgets half in a day, and 15 %; at least 25m.
pub(crate) fn vpa_cpu(machine: &Machine) -> f64 {
    let mut histogram = Histogram::new(0.01, 1000.0);
    for sample in &machine.history {
        histogram.add(sample.cpu, forgotten(sample.at - machine.cut));
    }
    (histogram.percentile(0.9) * 1.15).max(0.025)
}

/// Target: the same of the peaks of days, at least 250 MiB.
pub(crate) fn vpa_memory(machine: &Machine) -> f64 {
    let begin = machine.history.first().map_or(machine.cut, |one| one.at);
    let mut histogram = Histogram::new(1e7, 1e12);
    for (day, peak) in peaks(&machine.history, begin).into_iter().enumerate() {
        // A peak counts as seen at the end of its window.
        histogram.add(
            peak,
            forgotten(begin + (day + 1) as f64 * DAY - machine.cut),
        );
    }
    (histogram.percentile(0.9) * 1.15).max(250.0 * 1024.0 * 1024.0)
}

fn forgotten(seconds: f64) -> f64 {
    (seconds / DAY).exp2()
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let at = share * last as f64;
    let (low, part) = (at.floor() as usize, at.fract());
    let high = sorted[(low + 1).min(last)];
    sorted[low] + (high - sorted[low]) * part
}

/// Buckets that widen by 5 %.
struct Histogram {
    first: f64,
    weights: Vec<f64>,
}

impl Histogram {
    fn new(first: f64, most: f64) -> Self {
        let count = (most * 0.05 / first + 1.0).log(1.05).ceil() as usize + 1;
        Self {
            first,
            weights: vec![0.0; count],
        }
    }

    fn add(&mut self, value: f64, weight: f64) {
        let bucket = if value < self.first {
            0
        } else {
            (value * 0.05 / self.first + 1.0).log(1.05) as usize
        };
        let last = self.weights.len() - 1;
        self.weights[bucket.min(last)] += weight;
    }

    /// The start of the bucket after the one in which the share is reached.
    fn percentile(&self, share: f64) -> f64 {
        let wanted = share * self.weights.iter().sum::<f64>();
        let mut sum = 0.0;
        let reached = self.weights.iter().position(|weight| {
            sum += weight;
            sum >= wanted
        });
        let last = self.weights.len() - 1;
        let bucket = (reached.unwrap_or(last) + 1).min(last);
        self.first * (1.05_f64.powi(bucket as i32) - 1.0) / 0.05
    }
}
