//! `cargo xtask chart-parity`: every chart below a folder, rendered by helm and by Plimsoll,
//! and the bytes compared.

pub(crate) mod answers;
pub(crate) mod cases;
mod compare;
mod fill;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result};

use self::answers::{Answer, Programs};
use self::cases::Case;
use self::compare::{Verdict, compare};
use crate::helm;
use crate::workspace::{print, release_binary, say};

/// Renders every chart below a folder with helm and with Plimsoll and compares the bytes
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder
    folder: PathBuf,
    /// The helm to compare with; helm 4.3.1 is fetched without it
    #[arg(long, value_name = "BINARY")]
    helm: Option<PathBuf>,
    /// The plimsoll to compare; it is built without it
    #[arg(long, value_name = "BINARY")]
    plimsoll: Option<PathBuf>,
    /// How many renders at a time
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Only charts whose path holds this
    #[arg(long, value_name = "SUBSTRING")]
    only: Option<String>,
    /// How many differences to print; all are written to files
    #[arg(long, default_value_t = 40)]
    show: usize,
    /// Arguments for both programs, after `--`
    #[arg(last = true)]
    further: Vec<String>,
}

/// What came of one case.
struct Outcome {
    verdict: Verdict,
    difference: String,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let binary = match &args.helm {
        Some(binary) => {
            let binary = fs::canonicalize(binary)?;
            helm::version(&binary)?;
            binary
        }
        None => helm::binary()?,
    };
    let folder = fs::canonicalize(&args.folder)
        .with_context(|| format!("no folder `{}`", args.folder.display()))?;
    let programs = Programs {
        helm: binary,
        ours: match &args.plimsoll {
            Some(binary) => fs::canonicalize(binary)?,
            None => release_binary()?,
        },
        further: args.further.clone(),
        folder: helm::folder()?,
        root: Some(folder.clone()),
    };
    let cases = cases::find(
        &folder,
        &programs.folder.join("filled"),
        args.only.as_deref(),
    )?;
    let charts: std::collections::HashSet<&Path> =
        cases.iter().map(|case| case.chart.as_path()).collect();
    say(&format!("{} cases of {} charts", cases.len(), charts.len()));
    let outcomes = outcomes(&programs, &cases, args.jobs.max(1))?;
    let kept = programs.folder.join("differences");
    report(&cases, &outcomes, args.show);
    print(&format!("differing outputs: {}", kept.display()));
    let parity = outcomes.iter().all(|outcome| outcome.verdict.is_parity());
    Ok(if parity {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn outcomes(programs: &Programs, cases: &[Case], jobs: usize) -> Result<Vec<Outcome>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, Outcome>> = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        let work = || -> Result<()> {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(case) = cases.get(number) else {
                    return Ok(());
                };
                let outcome = judged(programs, case).with_context(|| case.name.clone())?;
                let mut done = done.lock().expect("no thread panics with the lock");
                done.insert(number, outcome);
                if done.len().is_multiple_of(200) {
                    say(&format!("{} of {}", done.len(), cases.len()));
                }
            }
        };
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            thread.join().expect("the comparison does not panic")?;
        }
        Ok::<(), anyhow::Error>(())
    })?;
    let done = done.into_inner().expect("no thread panicked");
    Ok(done.into_values().collect())
}

fn judged(programs: &Programs, case: &Case) -> Result<Outcome> {
    let mut helms = programs.helms(case)?.to_vec();
    let ours = programs.ask_plimsoll(case)?;
    let (mut verdict, mut difference) = compare(&helms, &ours);
    if verdict == Verdict::Different && (case.tells_time || helms[0].stdout != helms[1].stdout) {
        // The answers may be of another day.
        helms.push(programs.ask_helm(case)?);
        (verdict, difference) = compare(&helms, &ours);
    }
    keep(programs, case, &helms[0], &ours, verdict)?;
    Ok(Outcome {
        verdict,
        difference,
    })
}

/// Keeps both answers where they differ, to be looked at, and forgets them where they do not.
fn keep(
    programs: &Programs,
    case: &Case,
    helm: &Answer,
    ours: &Answer,
    verdict: Verdict,
) -> Result<()> {
    let plain: String = case
        .name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.+".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let folder = programs.folder.join("differences");
    fs::create_dir_all(&folder)?;
    for (end, answer) in [("helm", helm), ("ours", ours)] {
        let path = folder.join(format!("{plain}.{end}"));
        if verdict.is_parity() {
            // It need not have been there.
            let _ = fs::remove_file(path);
        } else {
            let mut bytes = answer.stdout.clone();
            bytes.extend_from_slice(answer.stderr.as_bytes());
            fs::write(path, bytes)?;
        }
    }
    Ok(())
}

fn report(cases: &[Case], outcomes: &[Outcome], show: usize) {
    let bad = || {
        let pairs = cases.iter().zip(outcomes);
        pairs.filter(|(_, outcome)| !outcome.verdict.is_parity())
    };
    for (case, outcome) in bad().take(show) {
        print(&format!("{}: {}", case.name, outcome.verdict.shown()));
        print(&format!("    {}", outcome.difference));
    }
    let left = bad().count().saturating_sub(show);
    if left > 0 {
        print(&format!("and {left} more (`--show N` shows more)"));
    }
    print("");
    print("                                              as they are    filled    all");
    for verdict in Verdict::ALL {
        let count = |filled: Option<bool>| {
            cases
                .iter()
                .zip(outcomes)
                .filter(|(case, outcome)| {
                    outcome.verdict == verdict && filled.is_none_or(|filled| case.filled == filled)
                })
                .count()
        };
        print(&format!(
            "{:<46} {:>10} {:>9} {:>6}",
            verdict.shown(),
            count(Some(false)),
            count(Some(true)),
            count(None)
        ));
    }
    let equal = outcomes
        .iter()
        .filter(|outcome| outcome.verdict.is_parity())
        .count();
    print(&format!(
        "parity: {equal} of {} cases ({:.2} %)",
        outcomes.len(),
        equal as f64 * 100.0 / outcomes.len().max(1) as f64
    ));
}
