//! What renders of a whole corpus cost: one process for each, and many sets of values in one.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::super::measure::{Cost, best, shown};
use super::{Pair, each, measured, of_helm, sets};
use crate::chart_parity::answers::Programs;
use crate::chart_parity::cases::Case;
use crate::workspace::{print, say};

/// Sets of values for each chart, rendered in one call.
const SETS: usize = 20;

/// With fewer sets a chart is left out.
const LEAST_SETS: usize = 5;

/// So many of the sets are measured with helm; the mean stands for all.
const OF_HELM: usize = 3;

/// The cases that helm renders, or as many of them as are asked for, spread evenly.
pub(super) fn single(programs: &Programs, cases: &[Case], most: usize) -> Result<()> {
    let mut rendered = Vec::new();
    for case in cases {
        if programs.helms(case)?[0].code == Some(0) {
            rendered.push(case);
        }
    }
    let (mut plain, mut keys, mut failed) = (Vec::new(), Vec::new(), 0);
    for (number, case) in spread(&rendered, most).enumerate() {
        if number % 50 == 49 {
            say(&format!("{} measured", number + 1));
        }
        match measured(programs, &case.chart, case.values.as_deref(), 2) {
            Ok(pair) if case.makes_keys => keys.push((pair, case.name.as_str())),
            Ok(pair) => plain.push((pair, case.name.as_str())),
            Err(_) => failed += 1,
        }
    }
    print("");
    print(&format!(
        "{} of the {} cases that helm renders, a process for each (the aim is a median of 0.1)",
        plain.len() + keys.len(),
        rendered.len()
    ));
    summary("without keys", plain);
    summary("that make keys or hash passwords", keys);
    left_out(failed);
    Ok(())
}

/// Charts with many sets of values: those that lie beside them, and changes of their defaults
/// until there are [`SETS`]. What a render costs is the whole call by their number.
pub(super) fn many(programs: &Programs, cases: &[Case], most: usize, folder: &Path) -> Result<()> {
    let mut charts: Vec<&Case> = Vec::new();
    let mut seen = HashSet::new();
    for case in cases.iter().filter(|case| case.chart.is_dir()) {
        if case.values.is_none()
            && programs.helms(case)?[0].code == Some(0)
            && seen.insert(case.hash)
        {
            charts.push(case);
        }
    }
    let (mut plain, mut keys) = (Vec::new(), Vec::new());
    let (mut further_ones, mut few, mut failed) = (Vec::new(), 0, 0);
    for (number, case) in spread(&charts, most).enumerate() {
        if number % 50 == 49 {
            say(&format!("{} charts measured", number + 1));
        }
        let own = own_sets(programs, cases, case)?;
        let values = sets::write(&folder.join("sets"), case, own, SETS)?;
        let values = sets::renderable(&each(programs, &case.chart, &values), values)?;
        if values.len() < LEAST_SETS {
            few += 1;
            continue;
        }
        match of_many(programs, &case.chart, &values) {
            Ok(found) => {
                let list = if case.makes_keys {
                    &mut keys
                } else {
                    &mut plain
                };
                if !case.makes_keys {
                    further_ones.push(found.further.cpu / found.pair.helm.cpu.max(1e-6));
                }
                list.push((found.pair, case.name.as_str()));
            }
            Err(_) => failed += 1,
        }
    }
    print("");
    print(&format!(
        "{} of the {} charts that helm renders, up to {SETS} sets of values in one call: the call by the number of sets (the aim is a median of 0.02)",
        plain.len() + keys.len(),
        charts.len()
    ));
    summary("without keys", plain);
    print(&format!(
        "    each further set, without the start and the parse: ours/helm {}",
        Quartiles::of(further_ones).shown()
    ));
    summary("that make keys or hash passwords", keys);
    print(&format!(
        "{few} charts have fewer than {LEAST_SETS} sets that can be rendered, and are left out"
    ));
    left_out(failed);
    Ok(())
}

/// Values beside the chart with which helm renders it.
fn own_sets(programs: &Programs, cases: &[Case], chart: &Case) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for case in cases.iter().filter(|case| case.chart == chart.chart) {
        if let Some(values) = &case.values
            && programs.helms(case)?[0].code == Some(0)
        {
            found.push(values.clone());
        }
    }
    found.truncate(SETS);
    Ok(found)
}

/// What a chart costs with many sets.
struct OfMany {
    /// One set, on the average.
    pair: Pair,
    /// Each set but the first.
    further: Cost,
}

fn of_many(programs: &Programs, chart: &Path, values: &[PathBuf]) -> Result<OfMany> {
    let mut helm: Option<Cost> = None;
    let some: Vec<&PathBuf> = spread(values, OF_HELM).collect();
    for file in &some {
        let cost = of_helm(programs, chart, Some(file), 2)?;
        helm = Some(helm.map_or(cost, |sum| Cost {
            cpu: sum.cpu + cost.cpu,
            wall: sum.wall + cost.wall,
            peak_mb: sum.peak_mb.max(cost.peak_mb),
        }));
    }
    let helm = scaled(helm.context("there are sets")?, some.len());
    let one = best(2, &each(programs, chart, &values[..1]))?;
    let all = best(2, &each(programs, chart, values))?;
    let rest = Cost {
        cpu: all.cpu - one.cpu,
        wall: all.wall - one.wall,
        peak_mb: all.peak_mb,
    };
    ensure!(values.len() > 1, "there are several sets");
    Ok(OfMany {
        pair: Pair {
            helm,
            ours: scaled(all, values.len()),
        },
        further: scaled(rest, values.len() - 1),
    })
}

/// The mean of the times.
fn scaled(sum: Cost, count: usize) -> Cost {
    let count = count.max(1) as f64;
    Cost {
        cpu: sum.cpu / count,
        wall: sum.wall / count,
        peak_mb: sum.peak_mb,
    }
}

/// At most so many, spread evenly.
fn spread<T>(all: &[T], most: usize) -> impl Iterator<Item = &T> {
    let step = all.len().div_ceil(most.max(1)).max(1);
    all.iter().step_by(step)
}

fn left_out(failed: usize) {
    if failed > 0 {
        print(&format!(
            "{failed} that one of the two programs does not render are left out"
        ));
    }
}

/// The numbers below which a quarter, a half and three quarters lie, and the largest.
struct Quartiles([f64; 4]);

impl Quartiles {
    fn of(mut all: Vec<f64>) -> Self {
        all.sort_by(f64::total_cmp);
        let last = all.len().saturating_sub(1);
        let at = |share: usize| all.get(last * share / 4).copied().unwrap_or(f64::NAN);
        Self([at(1), at(2), at(3), at(4)])
    }

    fn shown(&self) -> String {
        let Self([low, middle, high, most]) = *self;
        format!(
            "median {} (quartiles {} and {}, most {})",
            shown(middle),
            shown(low),
            shown(high),
            shown(most)
        )
    }
}

fn summary(what: &str, mut pairs: Vec<(Pair, &str)>) {
    if pairs.is_empty() {
        return;
    }
    let all = |number: fn(&Pair) -> f64| -> Vec<f64> {
        pairs.iter().map(|(pair, _)| number(pair)).collect()
    };
    let total = |number| shown(all(number).iter().sum::<f64>());
    let quartiles = |number| Quartiles::of(all(number)).shown();
    print(&format!(
        "{what}: {} measured, {} s of CPU with helm, {} s with ours",
        pairs.len(),
        total(|pair| pair.helm.cpu),
        total(|pair| pair.ours.cpu)
    ));
    for (name, number) in [
        ("ours/helm", Pair::ratio as fn(&Pair) -> f64),
        ("CPU ms, helm", |pair| pair.helm.cpu * 1000.0),
        ("CPU ms, ours", |pair| pair.ours.cpu * 1000.0),
        ("peak MB, helm", |pair| pair.helm.peak_mb),
        ("peak MB, ours", |pair| pair.ours.peak_mb),
    ] {
        print(&format!("    {name:<14} {}", quartiles(number)));
    }
    pairs.sort_by(|(one, _), (other, _)| other.ratio().total_cmp(&one.ratio()));
    for (pair, name) in pairs.iter().take(8) {
        print(&format!(
            "    worst: {} ({} against {} ms) {name}",
            shown(pair.ratio()),
            shown(pair.ours.cpu * 1000.0),
            shown(pair.helm.cpu * 1000.0)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::{Quartiles, spread};

    #[test]
    fn quartiles_are_those_of_the_sorted_numbers() {
        let Quartiles(found) = Quartiles::of(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(found.map(|number| number as u8), [2, 3, 4, 5]);
        assert!(Quartiles::of(Vec::new()).0[0].is_nan());
    }

    #[test]
    fn at_most_as_many_as_asked_for_are_taken_from_everywhere() {
        let all: Vec<usize> = (0..100).collect();
        let some: Vec<&usize> = spread(&all, 30).collect();
        assert_eq!((some.len(), some[0], some[24]), (25, &0, &96));
        assert_eq!(spread(&all, 1000).count(), 100);
    }
}
