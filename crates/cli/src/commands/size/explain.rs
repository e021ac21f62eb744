//! Why a number is what it is: how often a container used how much, and what was not taken.

use std::fmt::Write;

use plimsoll_sizing::cpu::Rejected;
use plimsoll_sizing::plan::Measured;
use plimsoll_sizing::usage::buckets::{Dense, lower, upper};

use super::Answer;
use super::numbers::{bytes, cores, percent};

/// The rows of a histogram.
const ROWS: usize = 12;
/// The width of its bars where the terminal says none.
const BARS: usize = 40;

pub(super) fn text(out: &mut String, answer: &Answer<'_>, one: &Measured, width: Option<usize>) {
    let bars = width.map_or(BARS, |width| width.saturating_sub(44).clamp(10, 60));
    if let Some(cpu) = &one.found.cpu {
        let _ = writeln!(out, "    how much CPU is used how often, recent days first");
        let past = one.found.outlook.cpu_of_all(&answer.risk.numbers());
        for row in histogram(&past) {
            let filled = (row.share / row.most * bars as f64).round() as usize;
            let mark = if (row.from..row.to).contains(&cpu.request) {
                "  ← request"
            } else {
                ""
            };
            let _ = writeln!(
                out,
                "      {:>8} – {:<8} {:>8}  {}{mark}",
                cores(row.from),
                cores(row.to),
                percent(row.share),
                "█".repeat(filled),
            );
        }
        let _ = writeln!(out, "    CPU requests that were not taken");
        for other in &cpu.rejected {
            let _ = writeln!(
                out,
                "      {:<36} {:>8}: {} of the demand above it, {} idle",
                other.what,
                cores(other.request),
                percent(other.risk),
                cores(other.idle)
            );
        }
    }
    if let Some(memory) = &one.found.memory {
        let peaks: Vec<String> = one
            .found
            .outlook
            .days
            .iter()
            .map(|day| day.memory_peak.map_or_else(|| "–".to_owned(), bytes))
            .collect();
        let _ = writeln!(
            out,
            "    memory peak of each day\n      {}",
            peaks.join(" ")
        );
        let _ = writeln!(out, "    memory limits that were not taken");
        for other in &memory.rejected {
            let _ = writeln!(out, "      {}", of_memory(other));
        }
    }
}

pub(super) fn of_memory(other: &Rejected) -> String {
    format!(
        "{:<36} {:>8}: killed within a month {}, {} idle",
        other.what,
        bytes(other.request),
        percent(other.risk),
        bytes(other.idle)
    )
}

/// A row of a histogram: from where to where, the share of time, and the largest share.
pub(super) struct Row {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) share: f64,
    most: f64,
}

/// Rows of equal ratio from the least that is used to the most.
pub(super) fn histogram(usage: &Dense) -> Vec<Row> {
    let weights = usage.weights();
    let total = usage.total();
    let first = weights.iter().position(|weight| *weight > 0.0);
    let last = weights.iter().rposition(|weight| *weight > 0.0);
    let (Some(first), Some(last)) = (first, last) else {
        return Vec::new();
    };
    let step = (last + 1 - first).div_ceil(ROWS);
    let mut rows: Vec<Row> = (first..=last)
        .step_by(step)
        .map(|from| {
            let to = (from + step).min(last + 1);
            Row {
                from: lower(from),
                to: upper(to - 1),
                share: weights[from..to].iter().sum::<f64>() / total,
                most: 1.0,
            }
        })
        .collect();
    let most = rows.iter().map(|row| row.share).fold(0.0, f64::max);
    for row in &mut rows {
        row.most = most.max(f64::MIN_POSITIVE);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::{ROWS, histogram};
    use plimsoll_sizing::usage::buckets::{Counts, Dense};

    #[test]
    fn all_that_is_used_is_in_a_row() {
        let mut counts = Counts::default();
        for step in 1..500 {
            counts.add(f64::from(step) / 100.0);
        }
        let mut dense = Dense::default();
        dense.add(&counts.packed(), 1.0);
        let rows = histogram(&dense);
        assert!(rows.len() <= ROWS);
        assert!((rows.iter().map(|row| row.share).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(histogram(&Dense::default()).is_empty());
    }
}
