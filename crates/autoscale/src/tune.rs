//! A search for settings of an HPA that serve a load best.
//!
//! Settings are scored by what they would have cost on the first part of a load: replica hours,
//! and what the objective says that lost and late work and changes are worth in replica hours.
//! The rest of the load is held back and only used to report. A search ends with the settings
//! that are best over the load as it was and as it might have been (a little higher, a little
//! lower), so that they do not lean on its exact height. It is the same every time.

use plimsoll_hpa::{Behavior, Hpa, Policy};
use rayon::prelude::*;

use crate::manifest::set_cpu_target;
use crate::sim::{Detail, Report, Scene, Subject, simulate};

/// What settings are scored by, in replica hours.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Objective {
    /// What an hour of a pod's work that was lost is worth.
    pub lost: f64,
    /// What an hour of a pod's work that came late is worth.
    pub late: f64,
    /// What a change of the number is worth.
    pub change: f64,
}

impl Default for Objective {
    fn default() -> Self {
        Self {
            lost: 20.0,
            late: 2.0,
            change: 0.01,
        }
    }
}

impl Objective {
    /// The score of a replay: lower is better.
    pub fn score(&self, report: &Report) -> f64 {
        report.replica_hours
            + self.lost * report.lost_hours()
            + self.late * report.delayed_hours()
            + self.change * (report.ups + report.downs) as f64
    }
}

/// What is searched over.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// The present settings.
    pub present: &'a Hpa,
    /// The model.
    pub scene: &'a Scene,
    /// The CPU request of a pod, in thousandths of a core.
    pub cpu_request: Option<i64>,
    /// What settings are scored by.
    pub objective: Objective,
    /// How many settings are tried.
    pub tries: usize,
}

/// Settings on the part of a load that was held back.
#[derive(Clone, Debug)]
pub struct Contender {
    /// The settings.
    pub hpa: Hpa,
    /// On the part that was searched on.
    pub trained: f64,
    /// On the rest.
    pub held_back: f64,
    /// The replay of the rest.
    pub report: Report,
}

/// The outcome of a search.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// The best settings found.
    pub best: Contender,
    /// The present settings.
    pub present: Contender,
    /// What the API server makes of an HPA that says nothing but its range: CPU at 80 %.
    pub default: Contender,
    /// How many settings were tried.
    pub tries: usize,
    /// How many syncs were searched on.
    pub trained_on: usize,
}

/// Searches on the first `share` of the loads and reports on the rest.
pub fn tune(search: &Search<'_>, loads: &[f64], share: f64) -> Tuned {
    let cut =
        ((loads.len() as f64 * share) as usize).clamp(1, loads.len().saturating_sub(1).max(1));
    let (seen, rest) = loads.split_at(cut);
    let space = Space::new(search, seen);
    let default = Hpa {
        min_replicas: Some(1),
        behavior: None,
        ..search.present.clone()
    };
    let mut default = default;
    default.metrics.clear();
    set_cpu_target(&mut default, 80);
    let best = search.best(&space, seen, &[search.present, &default]);
    let contend = |hpa: Hpa| {
        let report = search.replay(&hpa, rest);
        Contender {
            trained: search.score(&hpa, seen),
            held_back: search.objective.score(&report),
            report,
            hpa,
        }
    };
    Tuned {
        best: contend(best),
        present: contend(search.present.clone()),
        default: contend(default),
        tries: search.tries,
        trained_on: cut,
    }
}

/// How many of the best settings are looked at again, and how high the load is then.
const FINALISTS: usize = 24;
const HEIGHTS: [f64; 4] = [1.0, 1.3, 0.8, 0.25];
/// The highest target, in percent of what a pod can serve. The model knows no queues within a
/// pod, which grow without end beyond that.
const MOST_TARGET: i32 = 90;
/// The share of what a pod can serve at which more are made at the latest.
const FULL: f64 = 0.95;
/// How many settings are tried between two looks at which are the best.
const ROUND: usize = 100;

impl Search<'_> {
    fn replay(&self, hpa: &Hpa, loads: &[f64]) -> Report {
        let subject = Subject::new(hpa, &self.scene.flags, self.cpu_request);
        simulate(&subject, self.scene, loads, Detail::Sums)
    }

    fn score(&self, hpa: &Hpa, loads: &[f64]) -> f64 {
        self.objective.score(&self.replay(hpa, loads))
    }

    fn best(&self, space: &Space<'_>, seen: &[f64], given: &[&Hpa]) -> Hpa {
        let mut dice = Dice(0x5eed);
        let mut ranked: Vec<(f64, Settings)> = Vec::new();
        while ranked.len() < self.tries {
            let round = ROUND.min(self.tries - ranked.len());
            let fresh = ranked.len() * 2 < self.tries;
            let tried: Vec<Settings> = (0..round)
                .map(|_| match ranked.get(dice.below(8)) {
                    Some((_, known)) if !fresh => space.change(known, &mut dice),
                    _ => space.any(&mut dice),
                })
                .collect();
            ranked.extend(
                tried
                    .into_par_iter()
                    .map(|one| (self.score(&space.hpa(&one), seen), one))
                    .collect::<Vec<_>>(),
            );
            ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        let mut finalists: Vec<Hpa> = Vec::new();
        for (_, one) in &ranked {
            let hpa = space.hpa(one);
            if finalists.len() < FINALISTS && !finalists.contains(&hpa) {
                finalists.push(hpa);
            }
        }
        finalists.extend(given.iter().map(|hpa| (*hpa).clone()));
        let heights: Vec<Vec<f64>> = HEIGHTS
            .iter()
            .map(|height| seen.iter().map(|load| load * height).collect())
            .collect();
        let scored: Vec<(f64, Hpa)> = finalists
            .into_par_iter()
            .map(|hpa| {
                let sum = heights.iter().map(|loads| self.score(&hpa, loads)).sum();
                (sum, hpa)
            })
            .collect();
        let best = scored.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or_else(|| self.present.clone(), |(_, hpa)| hpa)
    }
}

/// Settings, as choices from the lists of a [`Space`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Settings {
    target: i32,
    min: usize,
    up_window: usize,
    up: usize,
    down_window: usize,
    down: usize,
    down_tolerance: usize,
    up_tolerance: usize,
}

struct Space<'a> {
    present: &'a Hpa,
    /// The utilization of a pod that serves as much as it can, in percent.
    full: f64,
    /// The tolerance where none is set.
    tolerance: f64,
    /// How many pods the highest load seen needs.
    needed: f64,
    mins: Vec<i32>,
}

const UP_WINDOWS: [i32; 4] = [0, 0, 0, 15];
const DOWN_WINDOWS: [i32; 12] = [0, 30, 60, 120, 180, 300, 450, 600, 900, 1200, 1800, 3600];
const UP_TOLERANCES: [Option<f64>; 4] = [None, None, Some(0.02), Some(0.05)];
const DOWN_TOLERANCES: [Option<f64>; 5] = [None, None, Some(0.02), Some(0.05), Some(0.2)];

fn up_policies() -> [Vec<Policy>; 4] {
    [
        vec![Policy::pods(4, 15), Policy::percent(100, 15)],
        vec![Policy::percent(100, 60)],
        vec![Policy::percent(900, 15)],
        vec![Policy::pods(8, 15), Policy::percent(100, 15)],
    ]
}

fn down_policies() -> [Vec<Policy>; 7] {
    [
        vec![Policy::percent(100, 15)],
        vec![Policy::percent(50, 60)],
        vec![Policy::percent(25, 60)],
        vec![Policy::percent(10, 60)],
        vec![Policy::pods(1, 60)],
        vec![Policy::pods(2, 60)],
        vec![Policy::pods(1, 180)],
    ]
}

impl<'a> Space<'a> {
    fn new(search: &Search<'a>, seen: &[f64]) -> Self {
        let capacity = search.scene.pod_capacity;
        let mut sorted = seen.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let index = (sorted.len() as f64 * share) as usize;
            sorted.get(index.min(sorted.len().saturating_sub(1)))
        };
        let pods = |share: f64| at(share).map_or(1.0, |load| load / capacity);
        let present = search.present;
        let mut mins = vec![1, present.min().max(1)];
        for share in [0.02, 0.1, 0.25, 0.5] {
            mins.push((pods(share).ceil() as i32).max(1));
            mins.push(((pods(share) * 1.5).ceil() as i32).max(1));
        }
        if present.min() == 0 {
            mins.push(0);
        }
        mins.sort_unstable();
        mins.dedup();
        Self {
            present,
            full: search.scene.full_utilization,
            tolerance: search.scene.flags.tolerance,
            needed: pods(1.0),
            mins,
        }
    }

    fn any(&self, dice: &mut Dice) -> Settings {
        Settings {
            target: 20 + dice.below(15) as i32 * 5,
            min: dice.below(self.mins.len()),
            up_window: dice.below(UP_WINDOWS.len()),
            up: dice.below(up_policies().len()),
            down_window: dice.below(DOWN_WINDOWS.len()),
            down: dice.below(down_policies().len()),
            down_tolerance: dice.below(DOWN_TOLERANCES.len()),
            up_tolerance: dice.below(UP_TOLERANCES.len()),
        }
    }

    /// One or two things are otherwise.
    fn change(&self, known: &Settings, dice: &mut Dice) -> Settings {
        let mut one = *known;
        for _ in 0..1 + dice.below(2) {
            match dice.below(9) {
                0 => one.target = (one.target + 1 + dice.below(5) as i32).min(MOST_TARGET),
                1 => one.target = (one.target - 1 - dice.below(5) as i32).max(10),
                2 => one.min = dice.below(self.mins.len()),
                3 => one.up_window = dice.below(UP_WINDOWS.len()),
                4 => one.up = dice.below(up_policies().len()),
                5 => {
                    let last = DOWN_WINDOWS.len() - 1;
                    one.down_window = (one.down_window + dice.below(3))
                        .saturating_sub(1)
                        .min(last);
                }
                6 => one.down = dice.below(down_policies().len()),
                7 => one.down_tolerance = dice.below(DOWN_TOLERANCES.len()),
                _ => one.up_tolerance = dice.below(UP_TOLERANCES.len()),
            }
        }
        one
    }

    /// The HPA. The target is a share of what a pod can serve; the range reaches half as far
    /// again as the highest load seen needs, and never less far than the present one.
    fn hpa(&self, settings: &Settings) -> Hpa {
        let mut hpa = self.present.clone();
        // A full pod must lie beyond the tolerance, or nothing would ever make more of them.
        let tolerance = UP_TOLERANCES[settings.up_tolerance].unwrap_or(self.tolerance);
        let share = (f64::from(settings.target) / 100.0).min(FULL / (1.0 + tolerance));
        let most = (self.needed / share * 1.5).ceil().min(1e6) as i32;
        hpa.min_replicas = Some(self.mins[settings.min]);
        hpa.max_replicas = most.max(self.present.max_replicas).max(hpa.min());
        set_cpu_target(&mut hpa, ((share * self.full).round() as i32).max(1));
        let mut behavior = Behavior::default();
        behavior.up.window_seconds = Some(UP_WINDOWS[settings.up_window]);
        behavior.up.policies = up_policies()[settings.up].clone();
        behavior.up.tolerance = UP_TOLERANCES[settings.up_tolerance];
        behavior.down.window_seconds = Some(DOWN_WINDOWS[settings.down_window]);
        behavior.down.policies = down_policies()[settings.down].clone();
        behavior.down.tolerance = DOWN_TOLERANCES[settings.down_tolerance];
        hpa.behavior = Some(behavior);
        hpa
    }
}

/// A generator of numbers that is the same every time (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n.max(1) as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_hpa::Hpa;

    use super::{Objective, Search, tune};
    use crate::manifest::set_cpu_target;
    use crate::sim::Scene;

    fn present() -> Hpa {
        let mut hpa = Hpa {
            min_replicas: Some(1),
            max_replicas: 30,
            ..Hpa::default()
        };
        set_cpu_target(&mut hpa, 75);
        hpa
    }

    #[test]
    fn the_best_is_no_worse_than_what_is_there() {
        let scene = Scene {
            pod_capacity: 100.0,
            ..Scene::default()
        };
        let wave = |at: i32| 900.0 + 700.0 * (f64::from(at) / 60.0).sin();
        let loads: Vec<f64> = (0..3000).map(wave).collect();
        let hpa = present();
        let search = Search {
            present: &hpa,
            scene: &scene,
            cpu_request: None,
            objective: Objective::default(),
            tries: 120,
        };
        let tuned = tune(&search, &loads, 0.6);
        assert!(tuned.best.trained <= tuned.present.trained);
        assert!(tuned.best.held_back <= tuned.present.held_back);
        assert!(tuned.best.held_back <= tuned.default.held_back);
        assert_eq!(tuned.trained_on, 1800);
        let again = tune(&search, &loads, 0.6);
        assert_eq!(again.best.hpa, tuned.best.hpa);
    }

    #[test]
    fn a_short_load_is_no_trouble() {
        let scene = Scene::default();
        let hpa = present();
        let search = Search {
            present: &hpa,
            scene: &scene,
            cpu_request: None,
            objective: Objective::default(),
            tries: 3,
        };
        for loads in [vec![1.0], vec![0.0, 0.0], vec![5.0; 3]] {
            let tuned = tune(&search, &loads, 0.6);
            assert!(tuned.best.held_back.is_finite());
        }
    }
}
