//! Measures recommenders on weeks that they have not seen, as `cargo xtask yardstick` runs it.
//!
//! A recommender gets 14 days of each machine and says what to ask for; the next 7 days judge it. Three
//! other cuts of the same machines follow, so that nothing hangs on which days were taken.
//! To compare at equal risk, what each says is multiplied by one factor for all machines, so that
//! 5 % of all demand for CPU exceeds what is asked for, or memory runs out on 2 % of all days.
//! What counts is what is then idle, for each unit used.
//!
//! Arguments: folders of GWA-T-12 `rnd` (one of CSV files for each month), of which only machines
//! with an even number are read; `--nab FOLDER` for CPU series of the Numenta Anomaly Benchmark,
//! with 9 days and 5. With both, the first cut and these are judged a last time as one pool, with one
//! factor for each recommender.

mod data;
mod peers;
mod score;

use std::path::PathBuf;
use std::process::ExitCode;

use plimsoll_sizing::{Present, Recommendation, Risk, Wish, recommend};

use data::Machine;
use score::{Cpu, Memory};

/// Days left out at the beginning, days of history, days that judge. Parameters were chosen with an eye
/// on the first; the others say whether that holds.
const CUTS: [(f64, f64, f64); 4] = [
    (0.0, 14.0, 7.0),
    (0.0, 9.0, 5.0),
    (4.0, 14.0, 7.0),
    (7.0, 14.0, 7.0),
];

fn main() -> ExitCode {
    let mut months = Vec::new();
    let mut nab = None;
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--nab" {
            nab = arguments.next().map(PathBuf::from);
        } else {
            months.push(PathBuf::from(argument));
        }
    }
    match run(&months, nab.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(months: &[PathBuf], nab: Option<&std::path::Path>) -> std::io::Result<()> {
    let mut pool = Vec::new();
    if !months.is_empty() {
        for (at, (skip, history, future)) in CUTS.into_iter().enumerate() {
            let machines = data::machines(months, skip, history, future)?;
            let days = format!("{history} + {future} days from day {}", skip + 1.0);
            judge(
                &format!("Bitbrains rnd, even numbers, {days}"),
                &machines,
                true,
            );
            if at == 0 {
                pool = machines;
            }
        }
    }
    if let Some(folder) = nab {
        let machines = data::series(folder)?;
        judge("NAB, CPU, 9 + 5 days", &machines, false);
        if !pool.is_empty() {
            pool.extend(machines);
            judge("Both in one pool, CPU, 14 + 7 and 9 + 5 days", &pool, false);
        }
    }
    Ok(())
}

fn judge(title: &str, machines: &[Machine], with_memory: bool) {
    print(&format!("\n{title}: {} series\n", machines.len()));
    let ours: Vec<(Risk, Vec<Recommendation>)> = Risk::ALL
        .into_iter()
        .map(|risk| {
            let wish = Wish {
                risk,
                ..Wish::default()
            };
            let all = machines
                .iter()
                .map(|machine| recommend(&machine.usage(), wish, Present::default()));
            (risk, all.collect())
        })
        .collect();
    let cpu = Cpu::of(machines);
    print(
        "| CPU | uncovered | factor | idle at 5 % uncovered | with machines drawn anew | time above |",
    );
    print("| --- | ---: | ---: | ---: | ---: | ---: |");
    let krr: Vec<f64> = machines.iter().map(peers::krr_cpu).collect();
    let vpa: Vec<f64> = machines.iter().map(peers::vpa_cpu).collect();
    let mut rows = vec![("KRR".to_owned(), krr), ("VPA".to_owned(), vpa)];
    for (risk, all) in &ours {
        let requests = all
            .iter()
            .map(|one| one.cpu.as_ref().map_or(0.0, |cpu| cpu.request));
        rows.push((format!("ours, {risk}"), requests.collect()));
    }
    for (name, requests) in &rows {
        let (factor, idle) = cpu.scaled(requests);
        let (_, uncovered) = cpu.idle_and_uncovered(requests, 1.0);
        print(&format!(
            "| {name} | {:.3} | {factor:.2} | {idle:.3} | {} | {:.3} |",
            uncovered,
            cpu.resampled(requests),
            cpu.exceeded(requests)
        ));
    }
    if let Some((_, medium)) = ours.get(1) {
        said(machines, medium, &cpu);
    }
    if !with_memory {
        return;
    }
    let memory = Memory::of(machines);
    print(
        "\n| memory | days out of memory | factor | idle at 2 % of days | with machines drawn anew |",
    );
    print("| --- | ---: | ---: | ---: | ---: |");
    let krr: Vec<f64> = machines.iter().map(peers::krr_memory).collect();
    let vpa: Vec<f64> = machines.iter().map(peers::vpa_memory).collect();
    let mut rows = vec![("KRR".to_owned(), krr), ("VPA".to_owned(), vpa)];
    for (risk, all) in &ours {
        let limits = all
            .iter()
            .map(|one| one.memory.as_ref().map_or(1.0, |one| one.limit));
        rows.push((format!("ours, {risk}"), limits.collect()));
    }
    for (name, limits) in &rows {
        let (factor, idle) = memory.scaled(limits);
        print(&format!(
            "| {name} | {:.4} | {factor:.2} | {idle:.3} | {} |",
            memory.out(limits, 1.0),
            memory.resampled(limits)
        ));
    }
    for (risk, all) in &ours {
        let said: f64 = all
            .iter()
            .map(|one| one.memory.as_ref().map_or(0.0, |one| one.killed_daily))
            .sum::<f64>()
            / all.len().max(1) as f64;
        let limits: Vec<f64> = all
            .iter()
            .map(|one| one.memory.as_ref().map_or(1.0, |one| one.limit))
            .collect();
        print(&format!(
            "\nmemory, risk {risk}: said to run out on {said:.4} of days, did on {:.4}",
            memory.out(&limits, 1.0)
        ));
    }
}

/// Whether what was said of the coming week came true.
fn said(machines: &[Machine], all: &[Recommendation], cpu: &Cpu) {
    print("\n| said to be above | was above | in the machines each counting the same |");
    print("| ---: | ---: | ---: |");
    for at in 0..6 {
        let quantile =
            |one: &Recommendation| one.cpu.as_ref().map_or((0.0, 0.0), |cpu| cpu.to_come[at]);
        let requests: Vec<f64> = all.iter().map(|one| quantile(one).1).collect();
        let share = all.first().map_or(0.0, |one| quantile(one).0);
        print(&format!(
            "| {:.3} | {:.4} | {:.4} |",
            1.0 - share,
            cpu.exceeded(&requests),
            cpu.exceeded_each(&requests)
        ));
    }
    let outcome = |of: fn(&plimsoll_sizing::cpu::Outcome) -> f64| {
        let sum: f64 = all
            .iter()
            .filter_map(|one| one.cpu.as_ref())
            .map(|cpu| of(&cpu.outcome))
            .sum();
        sum / all.len().max(1) as f64
    };
    let requests: Vec<f64> = all
        .iter()
        .map(|one| one.cpu.as_ref().map_or(0.0, |cpu| cpu.request))
        .collect();
    print(&format!(
        "\nCPU, risk medium: said to be above the request {:.4} of the time, was {:.4}; mean over {} series",
        outcome(|one| one.exceeded),
        cpu.exceeded_each(&requests),
        machines.len()
    ));
}

fn print(line: &str) {
    use std::io::Write;
    // A reader that has gone away has had enough.
    let _ = writeln!(std::io::stdout(), "{line}");
}
