//! A search for settings of an HPA or a ScaledObject that serve a load best.
//!
//! Settings are scored by what they would have cost on the first part of a load: replica hours,
//! and what the objective says that lost and late work and changes are worth in replica hours.
//! The rest of the load is held back and only used to report. Settings must be better than the
//! present and the default ones on the stretches of what was seen, and not only in sum
//! ([`judge`]). A search ends with the settings that are best over the load as it was and as it
//! might have been (a little higher, a little lower), so that they do not lean on its exact
//! height. It is the same every time.

mod judge;

use plimsoll_hpa::{Behavior, Policy};
use rayon::prelude::*;

use crate::autoscaler::Autoscaler;
use crate::sim::{Detail, Report, Scene, Subject, simulate, simulate_parts};

use judge::{Judge, PARTS};

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
    pub present: &'a Autoscaler,
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
    pub autoscaler: Autoscaler,
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
    /// What the API server makes of an HPA that says nothing but its range: CPU at 80 %. Of a
    /// ScaledObject, its triggers with nothing else said.
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
    let default = default_of(search.present);
    let best = search.best(&space, seen, &[search.present, &default]);
    let held_back = Scene {
        start: search.scene.start + cut as f64 * search.scene.sync,
        ..search.scene.clone()
    };
    let contend = |autoscaler: Autoscaler| {
        let report = search.replay(&autoscaler, &held_back, rest);
        Contender {
            trained: search.score(&autoscaler, seen),
            held_back: search.objective.score(&report),
            report,
            autoscaler,
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

fn default_of(present: &Autoscaler) -> Autoscaler {
    let mut default = present.clone();
    default.hpa.behavior = None;
    if let Some(keda) = &mut default.keda {
        keda.cooldown = DEFAULT_COOLDOWN;
        if keda.idle.is_none() {
            default.set_least(0);
        }
        return default;
    }
    default.set_least(1);
    default.hpa.metrics.clear();
    default.set_cpu_target(80);
    default
}

/// `cooldownPeriod` where a ScaledObject has none.
const DEFAULT_COOLDOWN: i32 = 300;
/// How many of the best settings are looked at again, of all and of those drawn by chance, and how
/// high the load is then.
const FINALISTS: usize = 48;
const HEIGHTS: [f64; 4] = [1.0, 1.3, 0.8, 0.25];
/// The highest target, in percent of what a pod can serve. The model knows no queues within a
/// pod, which grow without end beyond that.
const MOST_TARGET: i32 = 90;
/// The share of what a pod can serve at which more are made at the latest.
const FULL: f64 = 0.95;
/// How many settings are tried between two looks at which are the best.
const ROUND: usize = 100;

impl Search<'_> {
    fn replay(&self, autoscaler: &Autoscaler, scene: &Scene, loads: &[f64]) -> Report {
        let subject = Subject::new(autoscaler, &scene.flags, self.cpu_request);
        simulate(&subject, scene, loads, Detail::Sums)
    }

    fn score(&self, autoscaler: &Autoscaler, loads: &[f64]) -> f64 {
        let report = self.replay(autoscaler, self.scene, loads);
        self.objective.score(&report)
    }

    /// The scores of the parts of a load.
    fn parts(&self, autoscaler: &Autoscaler, loads: &[f64]) -> Vec<f64> {
        let subject = Subject::new(autoscaler, &self.scene.flags, self.cpu_request);
        let reports = simulate_parts(&subject, self.scene, loads, PARTS);
        let scores = reports.iter().map(|report| self.objective.score(report));
        scores.collect()
    }

    fn judge(&self, given: &[&Autoscaler], loads: &[f64]) -> Judge {
        let parts: Vec<Vec<f64>> = given.iter().map(|one| self.parts(one, loads)).collect();
        Judge::new(&parts)
    }

    fn best(&self, space: &Space<'_>, seen: &[f64], given: &[&Autoscaler]) -> Autoscaler {
        let judge = self.judge(given, seen);
        let weigh = |one: &Settings| judge.weigh(&self.parts(&space.settings(one), seen));
        let mut dice = Dice(0x5eed);
        let mut ranked: Vec<(f64, Settings)> = Vec::new();
        // What was drawn by chance: the best ones resemble each other less than those found from
        // the best, and one of them may stand other heights better.
        let mut drawn = Vec::new();
        while ranked.len() < self.tries {
            let round = ROUND.min(self.tries - ranked.len());
            let fresh = ranked.len() * 2 < self.tries;
            if fresh {
                drawn.clone_from(&ranked);
            }
            let tried: Vec<Settings> = (0..round)
                .map(|_| match ranked.get(dice.below(8)) {
                    Some((_, known)) if !fresh => space.change(known, &mut dice),
                    _ => space.any(&mut dice),
                })
                .collect();
            ranked.extend(
                tried
                    .into_par_iter()
                    .map(|one| (weigh(&one), one))
                    .collect::<Vec<_>>(),
            );
            ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        // The given ones come first: of equals the first is taken.
        let mut finalists: Vec<Autoscaler> = given.iter().map(|one| (*one).clone()).collect();
        for list in [&ranked, &drawn] {
            let mut room = FINALISTS;
            for settings in list.iter().map(|(_, one)| space.settings(one)) {
                if room > 0 && !finalists.contains(&settings) {
                    finalists.push(settings);
                    room -= 1;
                }
            }
        }
        let heights: Vec<(Vec<f64>, Judge)> = HEIGHTS
            .iter()
            .map(|height| {
                let loads: Vec<f64> = seen.iter().map(|load| load * height).collect();
                let judge = self.judge(given, &loads);
                (loads, judge)
            })
            .collect();
        let scored: Vec<(f64, Autoscaler)> = finalists
            .into_par_iter()
            .map(|one| {
                let weighed = heights
                    .iter()
                    .map(|(loads, judge)| judge.weigh(&self.parts(&one, loads)));
                (weighed.sum(), one)
            })
            .collect();
        let best = scored.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or_else(|| self.present.clone(), |(_, one)| one)
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
    cooldown: usize,
}

struct Space<'a> {
    present: &'a Autoscaler,
    /// Which metric has the load of a pod as its target; else CPU has the target.
    load_target: Option<usize>,
    /// What a pod can serve.
    capacity: f64,
    /// The utilization of a pod that serves as much as it can, in percent.
    full: f64,
    /// The tolerance where none is set.
    tolerance: f64,
    /// How many pods the highest load seen needs.
    needed: f64,
    mins: Vec<i32>,
}

/// The first stands for the present one.
const COOLDOWNS: [i32; 8] = [0, 30, 60, 120, 300, 600, 1200, 1800];
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
        let least = present
            .keda
            .as_ref()
            .map_or(present.hpa.min(), |keda| keda.min);
        let sleeps = present
            .keda
            .as_ref()
            .is_some_and(|keda| keda.idle.is_some());
        let mut mins = vec![1, least.max(1)];
        for share in [0.02, 0.1, 0.25, 0.5] {
            mins.push((pods(share).ceil() as i32).max(1));
            mins.push(((pods(share) * 1.5).ceil() as i32).max(1));
        }
        if least == 0 {
            mins.push(0);
        }
        if sleeps {
            // `idleReplicaCount` must stay below.
            mins.retain(|min| *min >= least);
        }
        mins.sort_unstable();
        mins.dedup();
        Self {
            present,
            load_target: present.load_target(),
            capacity,
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
            cooldown: if self.present.keda.is_some() {
                dice.below(COOLDOWNS.len())
            } else {
                0
            },
        }
    }

    /// One or two things are otherwise.
    fn change(&self, known: &Settings, dice: &mut Dice) -> Settings {
        let mut one = *known;
        for _ in 0..1 + dice.below(2) {
            match dice.below(9 + usize::from(self.present.keda.is_some())) {
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
                8 => one.up_tolerance = dice.below(UP_TOLERANCES.len()),
                _ => one.cooldown = dice.below(COOLDOWNS.len()),
            }
        }
        one
    }

    /// The autoscaler. The target is a share of what a pod can serve; the range reaches half as
    /// far again as the highest load seen needs, and never less far than the present one.
    fn settings(&self, settings: &Settings) -> Autoscaler {
        let mut found = self.present.clone();
        // A full pod must lie beyond the tolerance, or nothing would ever make more of them.
        let tolerance = UP_TOLERANCES[settings.up_tolerance].unwrap_or(self.tolerance);
        let share = (f64::from(settings.target) / 100.0).min(FULL / (1.0 + tolerance));
        let most = (self.needed / share * 1.5).ceil().min(1e6) as i32;
        found.set_least(self.mins[settings.min]);
        let max = most.max(self.present.hpa.max_replicas);
        found.hpa.max_replicas = max.max(found.hpa.min());
        match self.load_target {
            Some(at) => found.set_load_target(at, share * self.capacity),
            None => self.set_cpu(&mut found, share),
        }
        if let (Some(keda), 1..) = (&mut found.keda, settings.cooldown) {
            keda.cooldown = COOLDOWNS[settings.cooldown];
        }
        let mut behavior = Behavior::default();
        behavior.up.window_seconds = Some(UP_WINDOWS[settings.up_window]);
        behavior.up.policies = up_policies()[settings.up].clone();
        behavior.up.tolerance = UP_TOLERANCES[settings.up_tolerance];
        behavior.down.window_seconds = Some(DOWN_WINDOWS[settings.down_window]);
        behavior.down.policies = down_policies()[settings.down].clone();
        behavior.down.tolerance = DOWN_TOLERANCES[settings.down_tolerance];
        found.hpa.behavior = Some(behavior);
        found
    }

    /// A ScaledObject without a trigger of CPU and without one that can be searched keeps what it
    /// has.
    fn set_cpu(&self, found: &mut Autoscaler, share: f64) {
        let of_cpu = |keda: &crate::keda::Keda| keda.triggers.iter().any(|one| one.kind == "cpu");
        if found.keda.as_ref().is_none_or(of_cpu) {
            found.set_cpu_target(((share * self.full).round() as i32).max(1));
        }
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
    use crate::Autoscaler;
    use crate::sim::Scene;

    fn present() -> Autoscaler {
        let mut present = Autoscaler {
            hpa: Hpa {
                min_replicas: Some(1),
                max_replicas: 30,
                ..Hpa::default()
            },
            keda: None,
        };
        present.set_cpu_target(75);
        present
    }

    #[test]
    fn the_best_is_no_worse_than_what_is_there() {
        let scene = Scene {
            pod_capacity: 100.0,
            ..Scene::default()
        };
        let wave = |at: i32| 900.0 + 700.0 * (f64::from(at) / 60.0).sin();
        let loads: Vec<f64> = (0..3000).map(wave).collect();
        let present = present();
        let search = Search {
            present: &present,
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
        assert_eq!(again.best.autoscaler, tuned.best.autoscaler);
    }

    #[test]
    fn a_short_load_is_no_trouble() {
        let scene = Scene::default();
        let present = present();
        let search = Search {
            present: &present,
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
