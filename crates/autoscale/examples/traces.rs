//! Tunes an autoscaler to each load trace of a folder and prints a table for
//! docs/design/autoscale.md: `cargo run --release -p plimsoll-autoscale --example traces -- FOLDER`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program of its own"
)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use plimsoll_autoscale::load::Load;
use plimsoll_autoscale::sim::{Detail, Scene, Subject, simulate};
use plimsoll_autoscale::tune::{Objective, Search, tune};
use plimsoll_autoscale::{Autoscaler, Hpa};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "csv") {
            found.push(path);
        }
    }
}

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let tries: Option<usize> = std::env::args().nth(2).and_then(|text| text.parse().ok());
    let mut paths = Vec::new();
    files(Path::new(&folder), &mut paths);
    paths.sort();
    if tries.is_none() {
        speed();
    }
    println!(
        "| trace | present | default | tuned | to present | to default | lost: present, default, tuned |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let (mut counts, mut worst) = ([0; 4], f64::MIN);
    let mut unbeaten = 0;
    for path in &paths {
        let Ok(text) = std::fs::read_to_string(path) else {
            continue;
        };
        let name = path.strip_prefix(&folder).unwrap_or(path).display();
        let ops = text.starts_with("ts,cpu_m");
        let load = match Load::csv(&text, ops.then_some("ops")) {
            Ok(load) => load,
            Err(error) => {
                eprintln!("{name}: {error}");
                continue;
            }
        };
        let Some(row) = one(&load, tries.unwrap_or(1000)) else {
            eprintln!("{name}: the load does not vary");
            continue;
        };
        let against = (row.tuned / row.present).max(row.tuned / row.default) - 1.0;
        let kind = match against {
            against if against < -SAME => 0,
            against if against <= SAME => 1,
            against if against <= 0.05 => 2,
            _ => 3,
        };
        counts[kind] += 1;
        // What nothing beats that is searched for on the part itself.
        if kind == 1 && row.best_there >= row.tuned * (1.0 - SAME) {
            unbeaten += 1;
        }
        worst = worst.max(against);
        println!(
            "| {name} | {:.1} | {:.1} | {:.1} | {:+.1} % | {:+.1} % | {:.2} %, {:.2} %, {:.2} % |",
            row.present,
            row.default,
            row.tuned,
            (row.tuned / row.present - 1.0) * 100.0,
            (row.tuned / row.default - 1.0) * 100.0,
            row.lost[0] * 100.0,
            row.lost[1] * 100.0,
            row.lost[2] * 100.0,
        );
    }
    println!(
        "\nbetter than both on {}, the same as the better one on {}, within 5 % of it on {}, worse on {}; the worst is {:+.1} %",
        counts[0],
        counts[1],
        counts[2],
        counts[3],
        worst * 100.0
    );
    println!(
        "of the {} that are the same, {unbeaten} are at what a search on the part held back itself finds",
        counts[1]
    );
}

/// The part of a trace that is searched on.
const SHARE: f64 = 0.6;

/// What differs by less is the same.
const SAME: f64 = 5e-4;

struct Row {
    present: f64,
    default: f64,
    tuned: f64,
    /// The best that is found by who sees the part held back: no setting is fairly asked for more.
    best_there: f64,
    lost: [f64; 3],
}

/// A load that is the same throughout needs no autoscaler: its standard deviation is below a
/// twentieth of its mean.
fn varies(load: &[f64]) -> bool {
    let mean = load.iter().sum::<f64>() / load.len() as f64;
    let squares = load.iter().map(|one| (one - mean) * (one - mean));
    let deviation = (squares.sum::<f64>() / load.len() as f64).sqrt();
    mean > 0.0 && deviation > 0.05 * mean
}

fn present(most: i32) -> Autoscaler {
    let mut present = Autoscaler {
        hpa: Hpa {
            min_replicas: Some(2),
            max_replicas: most,
            ..Hpa::default()
        },
        keda: None,
    };
    present.set_cpu_target(60);
    present
}

fn one(load: &Load, tries: usize) -> Option<Row> {
    let loads = load.steps(15.0, 1.0);
    if !varies(&loads) {
        return None;
    }
    // The highest load needs twenty pods.
    let scene = Scene {
        pod_capacity: load.peak() / 20.0,
        ..Scene::default()
    };
    let present = present(40);
    let search = Search {
        present: &present,
        scene: &scene,
        cpu_request: None,
        objective: Objective::default(),
        tries,
    };
    let tuned = tune(&search, &loads, SHARE);
    let rest = &loads[tuned.trained_on..];
    let seen = tune(&search, &[rest, rest].concat(), 0.5);
    Some(Row {
        present: tuned.present.held_back,
        default: tuned.default.held_back,
        tuned: tuned.best.held_back,
        best_there: seen.best.trained.min(tuned.best.held_back),
        lost: [
            tuned.present.report.lost_share(),
            tuned.default.report.lost_share(),
            tuned.best.report.lost_share(),
        ],
    })
}

/// Thirty days of 15 s with up to fifty replicas, once and a thousand times.
fn speed() {
    let wave = |at: i32| {
        let day = f64::from(at) / 5760.0 * std::f64::consts::TAU;
        let noise = f64::from(at.wrapping_mul(7919).rem_euclid(1000)) / 1000.0;
        1500.0 - 1200.0 * day.cos() + 600.0 * noise
    };
    let loads: Vec<f64> = (0..172_800).map(wave).collect();
    let scene = Scene {
        pod_capacity: 100.0,
        ..Scene::default()
    };
    let present = present(50);
    let subject = Subject::new(&present, &scene.flags, None);
    let start = Instant::now();
    let report = simulate(&subject, &scene, &loads, Detail::Steps);
    let once = start.elapsed();
    eprintln!("30 days, up to {} replicas: {once:?}", report.most);
    let search = Search {
        present: &present,
        scene: &scene,
        cpu_request: None,
        objective: Objective::default(),
        tries: 1000,
    };
    let start = Instant::now();
    let tuned = tune(&search, &loads, 0.6);
    eprintln!("tuning, {} settings: {:?}", tuned.tries, start.elapsed());
}
