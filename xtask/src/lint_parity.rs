//! `cargo xtask lint-parity`: every chart below a folder, linted by helm and by Plimsoll, and
//! verdicts and messages compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::chart_parity::answers::{Answer, answer};
use crate::chart_parity::cases::{self, Case, Hash};
use crate::helm;
use crate::workspace::{print, release_binary, say};

/// Lints every chart below a folder with helm and with Plimsoll and compares what they say
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder
    folder: PathBuf,
    /// The plimsoll to compare; it is built without it
    #[arg(long, value_name = "BINARY")]
    plimsoll: Option<PathBuf>,
    /// How many at a time
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Only charts whose path holds this
    #[arg(long, value_name = "SUBSTRING")]
    only: Option<String>,
    /// How many differences to print
    #[arg(long, default_value_t = 40)]
    show: usize,
    /// Arguments for both programs, after `--`
    #[arg(last = true)]
    further: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// Both pass it and say the same.
    Passed,
    /// Both fail it and say the same.
    Failed,
    /// The same verdict, and not the same words.
    Words,
    /// One passes it and the other does not.
    Other,
    /// We panic, hang, or are ended.
    Broken,
}

impl Verdict {
    const ALL: [Self; 5] = [
        Self::Passed,
        Self::Failed,
        Self::Words,
        Self::Other,
        Self::Broken,
    ];

    fn shown(self) -> &'static str {
        match self {
            Self::Passed => "passed, the same messages",
            Self::Failed => "failed, the same messages",
            Self::Words => "SAME VERDICT, OTHER MESSAGES",
            Self::Other => "OTHER VERDICT",
            Self::Broken => "WE FAIL (panic, hang, signal)",
        }
    }
}

struct Programs {
    helm: PathBuf,
    ours: PathBuf,
    further: Vec<String>,
    folder: PathBuf,
    /// Where charts are looked for: in a checkout without `.git` links may lead this far.
    root: PathBuf,
}

const PATIENCE: Duration = Duration::from_mins(3);

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let root = fs::canonicalize(&args.folder)
        .with_context(|| format!("no folder `{}`", args.folder.display()))?;
    let programs = Programs {
        root: root.clone(),
        helm: helm::binary()?,
        ours: match &args.plimsoll {
            Some(binary) => fs::canonicalize(binary)?,
            None => release_binary()?,
        },
        further: args.further.clone(),
        folder: helm::folder()?,
    };
    let filled = programs.folder.join("filled");
    let cases = cases::find(&root, &filled, args.only.as_deref())?;
    let charts: BTreeSet<&Path> = cases.iter().map(|case| case.chart.as_path()).collect();
    say(&format!("{} cases of {} charts", cases.len(), charts.len()));
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, (Verdict, String)>> = Mutex::default();
    thread::scope(|scope| {
        let work = || -> Result<()> {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(case) = cases.get(number) else {
                    return Ok(());
                };
                let outcome = programs.judged(case).with_context(|| case.name.clone())?;
                let mut done = done.lock().expect("no thread panics with the lock");
                done.insert(number, outcome);
                if done.len().is_multiple_of(200) {
                    say(&format!("{} of {}", done.len(), cases.len()));
                }
            }
        };
        let threads: Vec<_> = (0..args.jobs.max(1)).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            thread.join().expect("the comparison does not panic")?;
        }
        Ok::<(), anyhow::Error>(())
    })?;
    let outcomes: Vec<(Verdict, String)> = done
        .into_inner()
        .expect("no thread panicked")
        .into_values()
        .collect();
    Ok(report(&cases, &outcomes, args.show))
}

fn report(cases: &[Case], outcomes: &[(Verdict, String)], show: usize) -> ExitCode {
    let bad = cases
        .iter()
        .zip(outcomes)
        .filter(|(_, (verdict, _))| *verdict > Verdict::Failed);
    for (case, (verdict, difference)) in bad.take(show) {
        print(&format!("{}: {}", case.name, verdict.shown()));
        print(&format!("    {difference}"));
    }
    print("");
    let mut equal = 0;
    for verdict in Verdict::ALL {
        let found = outcomes.iter().filter(|(known, _)| *known == verdict);
        let count = found.count();
        equal += if verdict <= Verdict::Failed { count } else { 0 };
        print(&format!("{:<34} {count:>6}", verdict.shown()));
    }
    print(&format!("parity: {equal} of {} cases", outcomes.len()));
    if equal == outcomes.len() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

impl Programs {
    fn judged(&self, case: &Case) -> Result<(Verdict, String)> {
        let ours = self.ask(Command::new(&self.ours), &["chart", "lint"], case, true)?;
        let mut helm = self.known(case)?;
        if differs(case, &helm, &ours).is_some() {
            // What is random, or of another day, may be equal the next time.
            helm = self.ask_helm(case)?;
        }
        if !matches!(ours.code, Some(0..=2)) {
            let words = ours.stderr.lines().next().unwrap_or_default();
            return Ok((Verdict::Broken, words.to_owned()));
        }
        if helm.code != ours.code {
            let words = differs(case, &helm, &ours).unwrap_or_default();
            return Ok((Verdict::Other, words));
        }
        Ok(match differs(case, &helm, &ours) {
            Some(words) => (Verdict::Words, words),
            None if helm.code == Some(0) => (Verdict::Passed, String::new()),
            None => (Verdict::Failed, String::new()),
        })
    }

    fn ask_helm(&self, case: &Case) -> Result<Answer> {
        self.ask(helm::command(&self.helm)?, &["lint"], case, false)
    }

    fn ask(&self, mut command: Command, words: &[&str], case: &Case, ours: bool) -> Result<Answer> {
        command.args(words).arg(&case.chart);
        command.args(["--namespace", "ns"]);
        if ours {
            command.args(["--format", "helm"]);
            if case.chart.is_dir() && case.chart.starts_with(&self.root) {
                command.arg("--links-below").arg(&self.root);
            }
        }
        if let Some(values) = &case.values {
            command.arg("--values").arg(values);
        }
        command.args(&self.further);
        answer(command, PATIENCE)
    }

    /// What helm says, kept by what it was asked about.
    fn known(&self, case: &Case) -> Result<Answer> {
        let mut key = Hash(case.hash);
        key.add(helm::VERSION.as_bytes());
        for word in &self.further {
            key.add(word.as_bytes());
        }
        key.add(case.chart.as_os_str().as_encoded_bytes());
        let folder = self.folder.join("lint").join(format!("{:032x}", key.0));
        let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
        if let (Some(code), Some(stdout)) = (read("code"), read("stdout")) {
            return Ok(Answer {
                code: code.trim().parse().ok(),
                stdout: stdout.into_bytes(),
                stderr: String::new(),
            });
        }
        let found = self.ask_helm(case)?;
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("stdout"), &found.stdout)?;
        // Written last: without it there is no answer.
        let code = found.code.map_or("-".to_owned(), |code| code.to_string());
        fs::write(folder.join("code"), code)?;
        Ok(found)
    }
}

/// A line without what helm says in another order or in other words each time.
fn steady(line: String) -> String {
    const UNKNOWN: &str = "chart metadata is missing these dependencies: ";
    if let Some(at) = line.find(UNKNOWN) {
        // They come out of a map.
        let (start, names) = line.split_at(at + UNKNOWN.len());
        let mut names: Vec<&str> = names.split(',').collect();
        names.sort_unstable();
        return format!("{start}{}", names.join(","));
    }
    if let Some(at) = line.find("failing loading \"") {
        // Nothing is fetched here; helm tells how the network failed.
        return line[at..]
            .split("\": ")
            .next()
            .unwrap_or_default()
            .to_owned();
    }
    line
}

/// The first message that only one of them has.
fn differs(case: &Case, helm: &Answer, ours: &Answer) -> Option<String> {
    let (helm, ours) = (messages(case, helm), messages(case, ours));
    if helm == ours {
        return None;
    }
    let only = |some: &[String], others: &[String]| {
        let found = some.iter().find(|line| !others.contains(line));
        found.map(|line| line.chars().take(300).collect::<String>())
    };
    let theirs = only(&helm, &ours).unwrap_or_default();
    let own = only(&ours, &helm).unwrap_or_default();
    Some(format!("helm: {theirs}\n    ours: {own}"))
}

/// The lines of an answer, sorted: helm prints the violations of a schema in any order.
fn messages(case: &Case, answer: &Answer) -> Vec<String> {
    let text = String::from_utf8_lossy(&answer.stdout);
    let archive = format!("{}/", case.chart.display());
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| match line.find("/tmp/helm-lint") {
            // Helm unpacks an archive into a folder of another name each time.
            Some(at) if case.chart.is_file() => {
                let rest = &line[at + "/tmp/".len()..];
                let rest = rest.split_once('/').map_or(rest, |(_, rest)| rest);
                format!("{}{archive}{rest}", &line[..at])
            }
            _ => line.to_owned(),
        })
        .map(steady)
        .collect();
    lines.sort();
    lines
}
