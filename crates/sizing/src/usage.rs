//! What a container used, as it is read: counted at once, so that weeks of samples need little
//! memory.
//!
//! Times are seconds since 1970. Pods of one workload are counted together: each sample is one
//! of a pod.

pub mod buckets;

use std::borrow::Cow;

use buckets::{Counts, Dense, Sparse};

/// Seconds in an hour.
const HOUR: f64 = 3600.0;
/// The hours of a slot, for which there is a histogram.
pub const SLOT_HOURS: i64 = 4;
/// The most hours that are kept: older ones are dropped.
const MOST_HOURS: i64 = 24 * 92;
/// Slots that room is made for at once.
const ROOM: usize = 11;
/// What a container that is killed for want of memory shows to have needed beyond its limit.
const KILLED_NEEDS: f64 = 1.2;

/// More CPU than any machine has, in cores.
pub const MOST_CORES: f64 = 1e6;
/// More memory than any machine has, in bytes.
pub const MOST_BYTES: f64 = (1_u64 << 60) as f64;

/// What a container used over time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Usage {
    /// The first hour of `hours`, since 1970; a multiple of [`SLOT_HOURS`].
    begin: i64,
    hours: Vec<Hour>,
    slots: Vec<Sparse>,
    /// The first hour of the slot that was counted in last, and what is not in `slots` yet.
    open: (i64, Counts),
    kills: Vec<Kill>,
    restarts: u32,
    first: Option<f64>,
    last: f64,
    /// Samples that were older than what is kept.
    dropped: u64,
}

/// An hour.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Hour {
    /// Samples of CPU.
    pub cpu_samples: u32,
    /// Samples of memory.
    pub memory_samples: u32,
    /// The mean CPU of a pod, in cores.
    pub cpu_mean: f32,
    /// The most CPU of a pod, in cores.
    pub cpu_peak: f32,
    /// The mean memory of a pod, in bytes.
    pub memory_mean: f32,
    /// The most memory of a pod, in bytes.
    pub memory_peak: f32,
}

/// A container that was killed because it ran out of memory.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Kill {
    /// When.
    pub at: f64,
    /// The limit that it ran into, in bytes, where it is known.
    pub limit: Option<f64>,
}

/// A day of 24 hours, counted back from the last sample.
#[derive(Clone, PartialEq, Debug)]
pub struct Day {
    /// CPU; empty where nothing was measured.
    pub cpu: Sparse,
    /// The hours of the day in which something was measured.
    pub hours: u32,
    /// The most memory, in bytes; what kills tell counts as used. `None` where nothing was measured.
    pub memory_peak: Option<f64>,
}

impl Usage {
    /// Nothing measured yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sample of CPU, in cores. What is no number from 0 to [`MOST_CORES`] is passed over.
    pub fn add_cpu(&mut self, at: f64, cores: f64) {
        if !(0.0..=MOST_CORES).contains(&cores) {
            return;
        }
        let Some(index) = self.hour(at) else { return };
        let hour = &mut self.hours[index];
        hour.cpu_samples = hour.cpu_samples.saturating_add(1);
        let value = cores as f32;
        hour.cpu_mean += (value - hour.cpu_mean) / hour.cpu_samples as f32;
        hour.cpu_peak = hour.cpu_peak.max(value);
        self.open(index).add(cores);
    }

    /// Adds a sample of memory (the working set), in bytes. What is no number from 0 to [`MOST_BYTES`] is
    /// passed over.
    pub fn add_memory(&mut self, at: f64, bytes: f64) {
        if !(0.0..=MOST_BYTES).contains(&bytes) {
            return;
        }
        let Some(index) = self.hour(at) else { return };
        let hour = &mut self.hours[index];
        hour.memory_samples = hour.memory_samples.saturating_add(1);
        let value = bytes as f32;
        hour.memory_mean += (value - hour.memory_mean) / hour.memory_samples as f32;
        hour.memory_peak = hour.memory_peak.max(value);
    }

    /// Adds a kill for want of memory.
    pub fn add_kill(&mut self, at: f64, limit: Option<f64>) {
        if at.is_finite() && self.hour(at).is_some() {
            let limit = limit.filter(|limit| limit.is_finite() && *limit > 0.0);
            self.kills.push(Kill { at, limit });
        }
    }

    /// Adds restarts of whatever cause.
    pub fn add_restarts(&mut self, count: u32) {
        self.restarts = self.restarts.saturating_add(count);
    }

    /// Adds what another container used, such as the same one in another pod.
    pub fn merge(&mut self, other: &Self) {
        for (index, hour) in other.hours.iter().enumerate() {
            let at = (other.begin + index as i64) as f64 * HOUR;
            if hour.cpu_samples == 0 && hour.memory_samples == 0 {
                continue;
            }
            let Some(index) = self.hour(at) else { continue };
            self.hours[index] = self.hours[index].with(hour);
        }
        for (index, slot) in other.slots.iter().enumerate() {
            let slot = other.counted(index, slot);
            if slot.is_empty() {
                continue;
            }
            let at = (other.begin + index as i64 * SLOT_HOURS) as f64 * HOUR;
            if let Some(index) = self.hour(at) {
                self.open(index).merge(&slot);
            }
        }
        self.close();
        self.kills.extend_from_slice(&other.kills);
        self.restarts = self.restarts.saturating_add(other.restarts);
        self.dropped += other.dropped;
        self.first = match (self.first, other.first) {
            (Some(own), Some(others)) => Some(own.min(others)),
            (own, others) => own.or(others),
        };
        self.last = self.last.max(other.last);
    }

    /// The kills that were seen.
    pub fn kills(&self) -> &[Kill] {
        &self.kills
    }

    /// The restarts that were seen.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// The time of the first sample; `None` where there is none.
    pub fn first(&self) -> Option<f64> {
        self.first
    }

    /// The time of the last sample.
    pub fn last(&self) -> f64 {
        self.last
    }

    /// How long was measured, from the first sample to the last, in days.
    pub fn days(&self) -> f64 {
        self.first
            .map_or(0.0, |first| (self.last - first) / 86_400.0)
    }

    /// Samples of CPU and of memory.
    pub fn samples(&self) -> (u64, u64) {
        self.hours.iter().fold((0, 0), |(cpu, memory), hour| {
            (
                cpu + u64::from(hour.cpu_samples),
                memory + u64::from(hour.memory_samples),
            )
        })
    }

    /// The share of hours between the first sample and the last in which something was measured.
    pub fn coverage(&self) -> f64 {
        let Some(first) = self.first else { return 0.0 };
        let span = (self.last / HOUR).floor() - (first / HOUR).floor() + 1.0;
        let measured = |hour: &&Hour| hour.cpu_samples > 0 || hour.memory_samples > 0;
        self.hours.iter().filter(measured).count() as f64 / span.max(1.0)
    }

    /// The hours from the first sample to the last, each with the time that it begins at.
    pub fn hours(&self) -> impl Iterator<Item = (f64, &Hour)> {
        let begin = self.begin;
        self.hours
            .iter()
            .enumerate()
            .map(move |(index, hour)| ((begin + index as i64) as f64 * HOUR, hour))
    }

    /// The most CPU that was seen, in cores.
    pub fn cpu_peak(&self) -> f64 {
        let peaks = self.hours.iter().map(|hour| f64::from(hour.cpu_peak));
        peaks.fold(0.0, f64::max)
    }

    /// The most memory that was seen, in bytes.
    pub fn memory_peak(&self) -> f64 {
        let peaks = self.hours.iter().map(|hour| f64::from(hour.memory_peak));
        peaks.fold(0.0, f64::max)
    }

    /// The mean memory, in bytes.
    pub fn memory_mean(&self) -> f64 {
        let (sum, count) = self.hours.iter().fold((0.0, 0.0), |(sum, count), hour| {
            let samples = f64::from(hour.memory_samples);
            (sum + f64::from(hour.memory_mean) * samples, count + samples)
        });
        if count > 0.0 { sum / count } else { 0.0 }
    }

    /// All CPU in one histogram.
    pub fn cpu(&self) -> Dense {
        let mut all = Dense::default();
        for (index, slot) in self.slots.iter().enumerate() {
            all.add(&self.counted(index, slot), 1.0);
        }
        all
    }

    /// The days, the oldest first; the last ends with the last sample, and the first is left out
    /// if less than half of it lies behind the first sample and there are others.
    pub fn days_back(&self) -> Vec<Day> {
        let per_day = (24 / SLOT_HOURS) as usize;
        let Some(first) = self.first else {
            return Vec::new();
        };
        let end =
            ((self.last / HOUR).floor() as i64 - self.begin) as usize / SLOT_HOURS as usize + 1;
        let start =
            ((first / HOUR).floor() as i64 - self.begin).max(0) as usize / SLOT_HOURS as usize;
        let mut days = Vec::new();
        let mut to = end.min(self.slots.len());
        while to > start {
            let from = to.saturating_sub(per_day).max(start);
            if to - from < per_day / 2 && !days.is_empty() {
                break;
            }
            days.push(self.day(from, to));
            to = from;
        }
        days.reverse();
        days
    }

    fn day(&self, from: usize, to: usize) -> Day {
        let mut cpu = Counts::default();
        for (index, slot) in self.slots.iter().enumerate().take(to).skip(from) {
            cpu.merge(&self.counted(index, slot));
        }
        let range = from * SLOT_HOURS as usize..(to * SLOT_HOURS as usize).min(self.hours.len());
        let begin = (self.begin + range.start as i64) as f64 * HOUR;
        let end = (self.begin + range.end as i64) as f64 * HOUR;
        let hours = &self.hours[range];
        let mut peak: Option<f64> = None;
        for hour in hours.iter().filter(|hour| hour.memory_samples > 0) {
            peak = Some(peak.unwrap_or(0.0).max(f64::from(hour.memory_peak)));
        }
        for kill in self
            .kills
            .iter()
            .filter(|kill| (begin..end).contains(&kill.at))
        {
            // Whoever ran into a limit wanted more than it, or than what was seen before.
            let known = kill.limit.or(peak).unwrap_or(0.0);
            peak = Some(peak.unwrap_or(0.0).max(known * KILLED_NEEDS));
        }
        let measured = |hour: &&Hour| hour.cpu_samples > 0 || hour.memory_samples > 0;
        Day {
            cpu: cpu.packed(),
            hours: hours.iter().filter(measured).count() as u32,
            memory_peak: peak,
        }
    }

    /// Where samples of CPU are counted in the slot of an hour.
    fn open(&mut self, index: usize) -> &mut Counts {
        let slot = self.begin + index as i64 / SLOT_HOURS * SLOT_HOURS;
        if self.open.0 != slot {
            self.close();
            self.open.0 = slot;
        }
        &mut self.open.1
    }

    /// Packs what was counted last into its slot, if that is still kept.
    fn close(&mut self) {
        let (begin, counts) = &mut self.open;
        if counts.is_empty() {
            return;
        }
        let index = usize::try_from((*begin - self.begin) / SLOT_HOURS);
        if let Some(slot) = index.ok().and_then(|index| self.slots.get_mut(index)) {
            counts.merge(slot);
            *slot = counts.packed();
        }
        counts.clear();
    }

    /// A slot with what was counted last, if that is of it.
    fn counted<'a>(&self, index: usize, slot: &'a Sparse) -> Cow<'a, Sparse> {
        let (begin, counts) = &self.open;
        if counts.is_empty() || *begin != self.begin + index as i64 * SLOT_HOURS {
            return Cow::Borrowed(slot);
        }
        let mut counts = counts.clone();
        counts.merge(slot);
        Cow::Owned(counts.packed())
    }

    /// The place of a time in `hours`, which grows to hold it; `None` if it is too old or none.
    fn hour(&mut self, at: f64) -> Option<usize> {
        // Times before 1970 and after the year 9999 are none.
        if !(0.0..=2.534e11).contains(&at) {
            return None;
        }
        let hour = (at / HOUR).floor() as i64;
        let slot = hour - hour.rem_euclid(SLOT_HOURS);
        if self.hours.is_empty() {
            self.begin = slot;
        }
        if hour < self.begin {
            let newest = self.begin + self.hours.len() as i64;
            if newest - slot > MOST_HOURS {
                self.dropped += 1;
                return None;
            }
            let more = (self.begin - slot) as usize;
            self.hours
                .splice(0..0, std::iter::repeat_n(Hour::default(), more));
            let more = more / SLOT_HOURS as usize;
            self.slots
                .splice(0..0, std::iter::repeat_n(Sparse::default(), more));
            self.begin = slot;
        }
        let mut index = hour - self.begin;
        let needed = slot - self.begin + SLOT_HOURS;
        if needed > MOST_HOURS {
            // A multiple of the slot's hours, as both are.
            let old = (needed - MOST_HOURS).min(self.hours.len() as i64);
            let jump = needed - MOST_HOURS;
            self.hours.drain(..old as usize);
            self.slots.drain(..(old / SLOT_HOURS) as usize);
            self.begin += jump;
            index -= jump;
            let kept = !self.hours.is_empty();
            let first = self.first.filter(|_| kept);
            self.first = first.map(|first| first.max(self.begin as f64 * HOUR));
        }
        let index = index as usize;
        if index >= self.hours.len() {
            let slots = index / SLOT_HOURS as usize + 1;
            // A few days more instead of twice as many: there are thousands of these.
            if slots > self.slots.capacity() {
                let more = slots + ROOM - self.slots.len();
                self.slots.reserve_exact(more);
                let hours = (slots + ROOM) * SLOT_HOURS as usize;
                self.hours.reserve_exact(hours - self.hours.len());
            }
            self.hours
                .resize(slots * SLOT_HOURS as usize, Hour::default());
            self.slots.resize(slots, Sparse::default());
        }
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = self.last.max(at);
        Some(index)
    }
}

impl Hour {
    fn with(self, other: &Self) -> Self {
        let mean = |own: f32, count: u32, others: f32, more: u32| {
            let all = (count + more).max(1) as f32;
            own * (count as f32 / all) + others * (more as f32 / all)
        };
        Self {
            cpu_samples: self.cpu_samples.saturating_add(other.cpu_samples),
            memory_samples: self.memory_samples.saturating_add(other.memory_samples),
            cpu_mean: mean(
                self.cpu_mean,
                self.cpu_samples,
                other.cpu_mean,
                other.cpu_samples,
            ),
            cpu_peak: self.cpu_peak.max(other.cpu_peak),
            memory_mean: mean(
                self.memory_mean,
                self.memory_samples,
                other.memory_mean,
                other.memory_samples,
            ),
            memory_peak: self.memory_peak.max(other.memory_peak),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Usage;

    const DAY: f64 = 86_400.0;
    const BEGIN: f64 = 1_700_000_000.0;

    #[test]
    fn days_end_with_the_last_sample() {
        let mut usage = Usage::new();
        for minute in 0..(3 * 24 * 12) {
            let at = BEGIN + f64::from(minute) * 300.0;
            usage.add_cpu(at, 0.5);
            usage.add_memory(at, 1e6 + f64::from(minute));
        }
        let days = usage.days_back();
        assert_eq!(days.len(), 3);
        assert_eq!(days[2].memory_peak, Some(1_000_863.0));
        let counted: u64 = days.iter().map(|day| day.cpu.total()).sum();
        assert!(counted > 800, "{counted}");
        assert!((usage.days() - 3.0).abs() < 0.01);
        assert!(usage.coverage() > 0.99);
    }

    #[test]
    fn samples_come_in_any_order_and_what_is_old_is_dropped() {
        let mut usage = Usage::new();
        usage.add_cpu(BEGIN, 1.0);
        usage.add_cpu(BEGIN - 3.0 * DAY, 2.0);
        usage.add_cpu(BEGIN - 300.0 * DAY, 9.0);
        assert_eq!(usage.samples().0, 2);
        assert!((usage.cpu_peak() - 2.0).abs() < 1e-6);
        usage.add_cpu(BEGIN + 200.0 * DAY, 3.0);
        assert_eq!(usage.samples().0, 1);
        usage.add_cpu(f64::NAN, 3.0);
        usage.add_cpu(BEGIN + 200.0 * DAY, -1.0);
        usage.add_cpu(-5.0, 1.0);
        usage.add_cpu(1e300, 1.0);
        usage.add_cpu(BEGIN + 200.0 * DAY, 1e308);
        usage.add_memory(BEGIN + 200.0 * DAY, 1e300);
        assert_eq!(usage.samples().0, 1);
        assert_eq!(usage.days_back().len(), 1);
    }

    #[test]
    fn the_order_of_samples_changes_nothing() {
        let samples: Vec<(f64, f64)> = (0..1000_u32)
            .map(|step| (BEGIN + f64::from(step) * 300.0, f64::from(step % 7) * 0.1))
            .collect();
        let of = |samples: &mut dyn Iterator<Item = &(f64, f64)>| {
            let mut usage = Usage::new();
            for (at, cores) in samples {
                usage.add_cpu(*at, *cores);
            }
            usage
        };
        let forward = of(&mut samples.iter());
        let backward = of(&mut samples.iter().rev());
        let mixed = of(&mut (0..1000).map(|step| &samples[step * 617 % 1000]));
        for other in [backward, mixed] {
            let cpu = |usage: &Usage| -> Vec<_> {
                usage.days_back().into_iter().map(|day| day.cpu).collect()
            };
            assert_eq!(cpu(&other), cpu(&forward));
            assert_eq!(other.cpu(), forward.cpu());
        }
    }

    #[test]
    fn pods_are_counted_together() {
        let mut one = Usage::new();
        let mut two = Usage::new();
        for hour in 0..48 {
            let at = BEGIN + f64::from(hour) * 3600.0;
            one.add_cpu(at, 1.0);
            one.add_memory(at, 100.0);
            two.add_cpu(at, 3.0);
            two.add_memory(at, 300.0);
        }
        let mut both = one.clone();
        both.merge(&two);
        assert_eq!(both.samples(), (96, 96));
        assert!((both.memory_mean() - 200.0).abs() < 0.1);
        assert!((both.memory_peak() - 300.0).abs() < 1e-6);
        assert!((both.cpu().mean() - 2.0).abs() < 0.03);
        let mut again = Usage::new();
        again.merge(&one);
        assert_eq!(again.days_back(), one.days_back());
    }

    #[test]
    fn a_kill_tells_of_more_than_was_seen() {
        let mut usage = Usage::new();
        usage.add_memory(BEGIN, 90.0);
        usage.add_kill(BEGIN + 60.0, Some(100.0));
        let days = usage.days_back();
        assert_eq!(days[0].memory_peak, Some(120.0));
    }
}
