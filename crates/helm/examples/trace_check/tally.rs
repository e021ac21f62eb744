//! What was counted, and the report.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use plimsoll_helm::render::Followed;

use crate::charts::Subject;
use crate::lines::Line;
use crate::properties::Dice;

/// What other values of a key did to a line that names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Verdict {
    /// The line is another one or is not there.
    Changed,
    /// The chart refused them all, or else they changed nothing.
    Refused,
    /// The line is the same for other reasons, or another place of the templates wrote it.
    Elsewise,
}

/// A property that does not hold.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) chart: String,
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) key: String,
    pub(crate) what: String,
}

/// A line to be judged by reading.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) chart: String,
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) written: Vec<String>,
    pub(crate) content: Vec<String>,
    pub(crate) conditions: Vec<String>,
}

/// All counts.
#[derive(Default, Debug)]
pub(crate) struct Tally {
    pub(crate) charts: usize,
    pub(crate) not_rendered: usize,
    pub(crate) empty: usize,
    pub(crate) any_charts: usize,
    pub(crate) all_lines: usize,
    pub(crate) lines: usize,
    pub(crate) any_lines: usize,
    pub(crate) copied: usize,
    pub(crate) acted: usize,
    pub(crate) leaves: usize,
    pub(crate) one_line: usize,
    pub(crate) few_keys: usize,
    pub(crate) narrow: usize,
    pub(crate) narrow_with_conditions: usize,
    pub(crate) conditions: usize,
    pub(crate) keys: usize,
    pub(crate) not_found: usize,
    pub(crate) renders: usize,
    pub(crate) leaf_keys: usize,
    pub(crate) free_keys: usize,
    pub(crate) free_refused: usize,
    /// For content and conditions what came of keys and lines.
    pub(crate) pairs: BTreeMap<(bool, Verdict), usize>,
    pub(crate) violations: Vec<Violation>,
    /// Conditions of which nothing that was tried changed anything.
    pub(crate) wide: Vec<Violation>,
    pub(crate) read: Vec<Read>,
}

impl Tally {
    pub(crate) fn violations(&self) -> usize {
        self.violations.len()
    }

    pub(crate) fn wrong(&mut self, subject: &Subject, base: &Followed, line: &Line, what: &str) {
        let file = &base.traced.files[line.file];
        let text = &file.text[line.range.as_usize()];
        self.violations.push(Violation {
            chart: subject.name.clone(),
            file: file.name.to_string(),
            line: line.number + 1,
            text: String::from_utf8_lossy(text).chars().take(120).collect(),
            key: String::new(),
            what: what.to_owned(),
        });
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.charts += other.charts;
        self.not_rendered += other.not_rendered;
        self.empty += other.empty;
        self.any_charts += other.any_charts;
        self.all_lines += other.all_lines;
        self.lines += other.lines;
        self.any_lines += other.any_lines;
        self.copied += other.copied;
        self.acted += other.acted;
        self.leaves += other.leaves;
        self.one_line += other.one_line;
        self.few_keys += other.few_keys;
        self.narrow += other.narrow;
        self.narrow_with_conditions += other.narrow_with_conditions;
        self.conditions += other.conditions;
        self.keys += other.keys;
        self.not_found += other.not_found;
        self.renders += other.renders;
        self.leaf_keys += other.leaf_keys;
        self.free_keys += other.free_keys;
        self.free_refused += other.free_refused;
        for (key, count) in other.pairs {
            *self.pairs.entry(key).or_default() += count;
        }
        self.violations.extend(other.violations);
        self.wide.extend(other.wide);
        self.read.extend(other.read);
    }

    pub(crate) fn report(&self, sample: usize, seed: u64) -> String {
        let mut out = String::new();
        let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        let pair = |is_content, verdict| self.pairs.get(&(is_content, verdict)).copied();
        let pairs = |verdict| {
            let of = |is_content| pair(is_content, verdict).unwrap_or_default();
            format!("{:>8} {:>8}", of(true), of(false))
        };
        let mut line = |text: String| {
            let _ = writeln!(out, "{text}");
        };
        line(format!(
            "charts rendered                     {:>8}",
            self.charts
        ));
        line(format!(
            "  that cannot be rendered           {:>8}",
            self.not_rendered
        ));
        line(format!(
            "  that give nothing                 {:>8}",
            self.empty
        ));
        line(format!(
            "lines of output                     {:>8}",
            self.all_lines
        ));
        line(format!(
            "  sampled                           {:>8}",
            self.lines
        ));
        line(format!(
            "  that may come from anything       {:>8}",
            self.any_lines
        ));
        line(format!(
            "renders with other values           {:>8}",
            self.renders
        ));
        line(format!(
            "keys tried                          {:>8}",
            self.keys
        ));
        line(format!(
            "  whose value another one hides     {:>8}",
            self.not_found
        ));
        line("keys and lines that name them         content  conditions".to_owned());
        line(format!(
            "  the line changed or went          {}",
            pairs(Verdict::Changed)
        ));
        line(format!(
            "  the chart refused the value       {}",
            pairs(Verdict::Refused)
        ));
        line(format!(
            "  the line is there for other keys  {}",
            pairs(Verdict::Elsewise)
        ));
        line(format!(
            "values that hold no others          {:>8}",
            self.leaf_keys
        ));
        line(format!(
            "  named nowhere                     {:>8}",
            self.free_keys
        ));
        line(format!(
            "  other values that charts refuse   {:>8}",
            self.free_refused
        ));
        line(format!(
            "  not tried: a part of any origin   {:>8} charts",
            self.any_charts
        ));
        line(format!(
            "parts that are copies               {:>8}",
            self.copied
        ));
        line(format!(
            "parts that actions wrote            {:>8}",
            self.acted
        ));
        line(format!(
            "leaf lines                          {:>8}",
            self.leaves
        ));
        for (name, part) in [
            ("  on one template line             ", self.one_line),
            ("  of at most three keys            ", self.few_keys),
            ("  both                             ", self.narrow),
            (
                "  both, conditions counted as keys ",
                self.narrow_with_conditions,
            ),
        ] {
            line(format!(
                "{name} {part:>8} {:>6.2} %",
                share(part, self.leaves)
            ));
        }
        line(format!(
            "  conditions on each, on average    {:>8.2}",
            self.conditions as f64 / self.leaves.max(1) as f64
        ));
        for (words, list) in [
            ("violations                          ", &self.violations),
            ("conditions that nothing tried shows ", &self.wide),
        ] {
            line(format!("{words}{:>8}", list.len()));
            for violation in list {
                line(format!(
                    "  {} {}:{} `{}`\n    {}: {}",
                    violation.chart,
                    violation.file,
                    violation.line,
                    violation.text.trim(),
                    violation.key,
                    violation.what
                ));
            }
        }
        for read in Dice(seed).some(&(0..self.read.len()).collect::<Vec<_>>(), sample) {
            let read = &self.read[read];
            line(format!("\n## {} {}:{}", read.chart, read.file, read.line));
            line(format!("    {}", read.text));
            for (word, list) in [
                ("written", &read.written),
                ("content", &read.content),
                ("decided", &read.conditions),
            ] {
                for item in list {
                    line(format!("  {word} {item}"));
                }
            }
        }
        out
    }
}
