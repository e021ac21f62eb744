//! What is idle at equal risk.

use std::collections::BTreeMap;

use crate::data::Machine;

/// The demand that may exceed what is asked for, as a share.
const UNCOVERED: f64 = 0.05;
/// The days on which memory may run out, as a share.
const OUT: f64 = 0.02;
/// How often machines are drawn anew.
const DRAWS: u64 = 20;

/// The CPU of the future: sorted samples of each machine, with sums up to each.
pub(crate) struct Cpu {
    sorted: Vec<Vec<f64>>,
    sums: Vec<Vec<f64>>,
    numbers: Vec<u32>,
}

impl Cpu {
    pub(crate) fn of(machines: &[Machine]) -> Self {
        let sorted: Vec<Vec<f64>> = machines
            .iter()
            .map(|machine| {
                let mut values: Vec<f64> = machine.future.iter().map(|one| one.cpu).collect();
                values.sort_by(f64::total_cmp);
                values
            })
            .collect();
        let sums = sorted.iter().map(|values| sums(values)).collect();
        Self {
            sorted,
            sums,
            numbers: machines.iter().map(|machine| machine.number).collect(),
        }
    }

    /// Idle for each unit used, and the share of demand above what is asked for.
    pub(crate) fn idle_and_uncovered(&self, requests: &[f64], factor: f64) -> (f64, f64) {
        self.weighted(requests, factor, &vec![1.0; requests.len()])
    }

    fn weighted(&self, requests: &[f64], factor: f64, weights: &[f64]) -> (f64, f64) {
        let (mut idle, mut over, mut all) = (0.0, 0.0, 0.0);
        for (at, request) in requests.iter().enumerate() {
            let request = request * factor;
            let (values, sums) = (&self.sorted[at], &self.sums[at]);
            let below = values.partition_point(|value| *value <= request);
            let total = sums[values.len()];
            idle += weights[at] * (request * below as f64 - sums[below]);
            over += weights[at] * (total - sums[below] - request * (values.len() - below) as f64);
            all += weights[at] * total;
        }
        (idle / all, over / all)
    }

    /// The factor at which 5 % of demand is uncovered, and what is idle then.
    pub(crate) fn scaled(&self, requests: &[f64]) -> (f64, f64) {
        self.scaled_with(requests, &vec![1.0; requests.len()])
    }

    fn scaled_with(&self, requests: &[f64], weights: &[f64]) -> (f64, f64) {
        let factor = smallest(|factor| self.weighted(requests, factor, weights).1 <= UNCOVERED);
        (factor, self.weighted(requests, factor, weights).0)
    }

    /// The least and the most that are idle when machines are drawn anew.
    pub(crate) fn resampled(&self, requests: &[f64]) -> String {
        let all = draws(&self.numbers)
            .map(|weights| self.scaled_with(requests, &weights).1)
            .collect();
        range(all)
    }

    /// The share of samples above what is asked for.
    pub(crate) fn exceeded(&self, requests: &[f64]) -> f64 {
        let above: usize = (0..requests.len())
            .map(|at| self.above(at, requests[at]))
            .sum();
        let all: usize = self.sorted.iter().map(Vec::len).sum();
        above as f64 / all.max(1) as f64
    }

    /// The mean share over machines.
    pub(crate) fn exceeded_each(&self, requests: &[f64]) -> f64 {
        let shares = (0..requests.len())
            .map(|at| self.above(at, requests[at]) as f64 / self.sorted[at].len() as f64);
        shares.sum::<f64>() / requests.len().max(1) as f64
    }

    fn above(&self, at: usize, request: f64) -> usize {
        let values = &self.sorted[at];
        values.len() - values.partition_point(|value| *value <= request)
    }
}

/// The memory of the future.
pub(crate) struct Memory {
    peaks: Vec<Vec<f64>>,
    sorted: Vec<Vec<f64>>,
    sums: Vec<Vec<f64>>,
    numbers: Vec<u32>,
}

impl Memory {
    pub(crate) fn of(machines: &[Machine]) -> Self {
        let sorted: Vec<Vec<f64>> = machines
            .iter()
            .map(|machine| {
                let mut values: Vec<f64> = machine.future.iter().map(|one| one.memory).collect();
                values.sort_by(f64::total_cmp);
                values
            })
            .collect();
        Self {
            peaks: machines.iter().map(Machine::future_peaks).collect(),
            sums: sorted.iter().map(|values| sums(values)).collect(),
            sorted,
            numbers: machines.iter().map(|machine| machine.number).collect(),
        }
    }

    /// The share of days on which memory runs out.
    pub(crate) fn out(&self, limits: &[f64], factor: f64) -> f64 {
        self.out_with(limits, factor, &vec![1.0; limits.len()])
    }

    fn out_with(&self, limits: &[f64], factor: f64, weights: &[f64]) -> f64 {
        let (mut out, mut all) = (0.0, 0.0);
        for (at, peaks) in self.peaks.iter().enumerate() {
            let over = peaks.iter().filter(|peak| **peak > limits[at] * factor);
            out += weights[at] * over.count() as f64;
            all += weights[at] * peaks.len() as f64;
        }
        out / all
    }

    fn idle(&self, limits: &[f64], factor: f64, weights: &[f64]) -> f64 {
        let (mut idle, mut all) = (0.0, 0.0);
        for (at, limit) in limits.iter().enumerate() {
            let limit = limit * factor;
            let (values, sums) = (&self.sorted[at], &self.sums[at]);
            let below = values.partition_point(|value| *value <= limit);
            idle += weights[at] * (limit * below as f64 - sums[below]);
            all += weights[at] * sums[values.len()];
        }
        idle / all
    }

    /// The factor at which memory runs out on 2 % of days, and what is idle then.
    pub(crate) fn scaled(&self, limits: &[f64]) -> (f64, f64) {
        self.scaled_with(limits, &vec![1.0; limits.len()])
    }

    fn scaled_with(&self, limits: &[f64], weights: &[f64]) -> (f64, f64) {
        let factor = smallest(|factor| self.out_with(limits, factor, weights) <= OUT);
        (factor, self.idle(limits, factor, weights))
    }

    /// The least and the most that are idle when machines are drawn anew.
    pub(crate) fn resampled(&self, limits: &[f64]) -> String {
        let all = draws(&self.numbers)
            .map(|weights| self.scaled_with(limits, &weights).1)
            .collect();
        range(all)
    }
}

fn sums(values: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    for value in values {
        sum += value;
        sums.push(sum);
    }
    sums
}

/// The smallest factor at which something holds that holds from some factor on.
fn smallest(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (1e-3_f64, 1e3_f64);
    for _ in 0..50 {
        let middle = (low * high).sqrt();
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// How often each machine is drawn, draw by draw: as many as there are, with all their months.
fn draws(numbers: &[u32]) -> impl Iterator<Item = Vec<f64>> {
    let known: BTreeMap<u32, usize> = numbers
        .iter()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .enumerate()
        .map(|(at, number)| (*number, at))
        .collect();
    let mut state = 1_u64;
    (0..DRAWS).map(move |_| {
        let mut counts = vec![0.0; known.len()];
        for _ in 0..known.len() {
            // Knuth's linear congruential generator: its upper bits are random enough.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            counts[(state >> 33) as usize % known.len()] += 1.0;
        }
        numbers.iter().map(|number| counts[known[number]]).collect()
    })
}

fn range(mut all: Vec<f64>) -> String {
    all.sort_by(f64::total_cmp);
    match (all.first(), all.last()) {
        (Some(least), Some(most)) => format!("{least:.2} to {most:.2}"),
        _ => String::new(),
    }
}
