//! Series of machines, cut into what recommenders see and what judges them.

use std::fs;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};

use plimsoll_sizing::Usage;
use plimsoll_sizing::input::seconds;

const DAY: f64 = 86_400.0;
/// Samples, five minutes apart, that each part must have: those of a day.
const FEWEST: usize = 288;
/// The number of the first series; machines have smaller ones, so that in a pool each is drawn for itself.
const FIRST_OF_SERIES: u32 = 1000;
/// What a core of the data's machines counts, in MHz, where its capacity is not told.
const CORE: f64 = 2600.0;

/// A sample: time in seconds, CPU in cores, memory in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) at: f64,
    pub(crate) cpu: f64,
    pub(crate) memory: f64,
}

/// A machine.
pub(crate) struct Machine {
    /// The same machine in several months has one number.
    pub(crate) number: u32,
    pub(crate) history: Vec<Sample>,
    pub(crate) future: Vec<Sample>,
    /// When the future begins.
    pub(crate) cut: f64,
}

impl Machine {
    /// What recommenders see.
    pub(crate) fn usage(&self) -> Usage {
        let mut usage = Usage::new();
        for sample in &self.history {
            usage.add_cpu(sample.at, sample.cpu);
            usage.add_memory(sample.at, sample.memory);
        }
        usage
    }

    /// The largest memory of each day of the future in which something was measured.
    pub(crate) fn future_peaks(&self) -> Vec<f64> {
        peaks(&self.future, self.cut)
    }
}

/// The largest memory of each day from a time on.
pub(crate) fn peaks(samples: &[Sample], from: f64) -> Vec<f64> {
    let mut days: Vec<Option<f64>> = Vec::new();
    for sample in samples {
        let day = ((sample.at - from) / DAY).floor().max(0.0) as usize;
        if days.len() <= day {
            days.resize(day + 1, None);
        }
        days[day] = Some(days[day].unwrap_or(0.0).max(sample.memory));
    }
    days.into_iter().flatten().collect()
}

/// The machines with an even number, one for each month that it is in.
///
/// Of each the first `skip` days are left out; `history` days follow, and `future` days that judge.
pub(crate) fn machines(
    months: &[PathBuf],
    skip: f64,
    history: f64,
    future: f64,
) -> Result<Vec<Machine>> {
    let mut machines = Vec::new();
    for month in months {
        for number in (2..=500).step_by(2) {
            let path = month.join(format!("{number}.csv"));
            if !path.is_file() {
                continue;
            }
            let samples = machine(&fs::read_to_string(&path)?);
            machines.extend(cut(number, &samples, skip, history, future));
        }
    }
    if machines.is_empty() {
        return Err(Error::other("there is no `2.csv` in these folders"));
    }
    Ok(machines)
}

fn machine(text: &str) -> Vec<Sample> {
    let row = |line: &str| {
        let fields: Vec<f64> = line
            .split(';')
            .map(|field| field.trim().parse().unwrap_or(f64::NAN))
            .collect();
        let (cores, capacity) = (*fields.get(1)?, *fields.get(2)?);
        let core = if cores > 0.0 && capacity > 0.0 {
            capacity / cores
        } else {
            CORE
        };
        Some(Sample {
            at: *fields.first()?,
            cpu: fields.get(3)? / core,
            memory: fields.get(6)? * 1024.0,
        })
    };
    let whole = |one: &Sample| one.at.is_finite() && one.cpu.is_finite() && one.memory.is_finite();
    text.lines().skip(1).filter_map(row).filter(whole).collect()
}

fn cut(number: u32, samples: &[Sample], skip: f64, history: f64, future: f64) -> Option<Machine> {
    let begin = samples.first()?.at + skip * DAY;
    let cut = begin + history * DAY;
    let part = |from: f64, to: f64| -> Vec<Sample> {
        let inside = |one: &&Sample| one.at >= from && one.at < to;
        samples.iter().filter(inside).copied().collect()
    };
    let machine = Machine {
        number,
        history: part(begin, cut),
        future: part(cut, cut + future * DAY),
        cut,
    };
    let enough = machine.history.len() >= FEWEST && machine.future.len() >= FEWEST;
    enough.then_some(machine)
}

/// The series of CPU in percent of a machine, taken as cores of one.
pub(crate) fn series(folder: &Path) -> Result<Vec<Machine>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    paths.sort();
    let mut machines = Vec::new();
    for path in paths {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_cpu = name.starts_with("ec2_cpu_") || name.starts_with("rds_cpu_");
        if !is_cpu {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let samples: Vec<Sample> = text
            .lines()
            .skip(1)
            .filter_map(|line| {
                let (time, value) = line.split_once(',')?;
                Some(Sample {
                    at: seconds(time.trim())?,
                    cpu: value.trim().parse::<f64>().ok()? / 100.0,
                    memory: 0.0,
                })
            })
            .collect();
        let number = FIRST_OF_SERIES + machines.len() as u32;
        machines.extend(cut(number, &samples, 0.0, 9.0, 5.0));
    }
    Ok(machines)
}
