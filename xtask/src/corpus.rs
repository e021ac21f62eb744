//! `cargo xtask corpus`: the review over many foreign files, one process for each, and over
//! mutants of them: no failure, no hang. Draws samples of findings for a reader to judge.
#![expect(
    clippy::format_push_string,
    reason = "the text reads better than its allocations cost"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::dice::Dice;
use crate::workspace::{print, release_binary};

/// Reviews every file below a folder and mutants of them, and counts failures and findings
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder
    folder: PathBuf,
    /// Mutants of each file
    #[arg(long, default_value_t = 1)]
    mutants: usize,
    /// How demanding the review is
    #[arg(long, default_value = "default")]
    strictness: String,
    /// Print this many findings with their surroundings, spread over the rules
    #[arg(long, default_value_t = 0)]
    sample: usize,
    /// The start of the random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A review that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(10);

struct Tally {
    runs: usize,
    bad: Vec<String>,
    slowest: (Duration, String),
    /// Rule to its findings.
    findings: BTreeMap<String, Vec<Value>>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let binary = release_binary()?;
    let folder = fs::canonicalize(&args.folder)?;
    let mut tally = Tally {
        runs: 0,
        bad: Vec::new(),
        slowest: (Duration::ZERO, String::new()),
        findings: BTreeMap::new(),
    };
    let mut dice = Dice::new(args.seed);
    let files = files(&folder)?;
    for path in &files {
        let bytes = fs::read(path)?;
        let name = path
            .strip_prefix(&folder)
            .unwrap_or(path)
            .display()
            .to_string();
        let mut command = Command::new(&binary);
        command
            .args([
                "check",
                "--format",
                "json",
                "--strictness",
                &args.strictness,
            ])
            .arg(path);
        tally.add(&name, command, None, true)?;
        for mutant in 0..args.mutants {
            let text = mutated(&mut dice, &bytes);
            let mut command = Command::new(&binary);
            command.args(["check", "-", "--format", "json", "--strictness", "auditor"]);
            command.arg("--stdin-name").arg(path);
            tally.add(
                &format!("{name}, mutant {mutant}"),
                command,
                Some(text),
                false,
            )?;
        }
    }
    let (slowest, which) = &tally.slowest;
    print(&format!(
        "{} files, {} reviews, {} bad",
        files.len(),
        tally.runs,
        tally.bad.len()
    ));
    print(&format!("slowest: {} ms, {which}", slowest.as_millis()));
    for line in &tally.bad {
        print(&format!("BAD {line}"));
    }
    for (rule, findings) in &tally.findings {
        print(&format!("{:>6}  {rule}", findings.len()));
    }
    sample(&mut dice, &tally.findings, args.sample);
    Ok(if tally.bad.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Tally {
    fn add(
        &mut self,
        name: &str,
        command: Command,
        input: Option<Vec<u8>>,
        counted: bool,
    ) -> Result<()> {
        self.runs += 1;
        let started = Instant::now();
        let (code, stdout, stderr) = answer(command, input)?;
        let took = started.elapsed();
        if took > self.slowest.0 {
            self.slowest = (took, name.to_owned());
        }
        match code {
            Some(0 | 1) => {}
            Some(code) => self
                .bad
                .push(format!("{name}: code {code}: {}", stderr.trim())),
            None => self
                .bad
                .push(format!("{name}: ended by a signal, or had to be")),
        }
        let Ok(mut report) = serde_json::from_slice::<Value>(&stdout) else {
            if matches!(code, Some(0 | 1)) {
                self.bad.push(format!("{name}: the report is no JSON"));
            }
            return Ok(());
        };
        if counted {
            let root = report["root"].as_str().unwrap_or_default().to_owned();
            for finding in report["findings"].as_array_mut().into_iter().flatten() {
                finding["root"] = root.clone().into();
                let rule = finding["rule"].as_str().unwrap_or_default().to_owned();
                self.findings.entry(rule).or_default().push(finding.take());
            }
        }
        Ok(())
    }
}

/// Exit code, standard output and standard error; no code if it had to be ended.
fn answer(mut command: Command, input: Option<Vec<u8>>) -> Result<(Option<i32>, Vec<u8>, String)> {
    command.stdin(if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    });
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // A child that reads no input has said why on standard error.
        thread::spawn(move || stdin.write_all(&input));
    }
    let (done, ended) = channel();
    let mut stdout = child.stdout.take().context("piped")?;
    let mut stderr = child.stderr.take().context("piped")?;
    let words = thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stderr.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stdout.read_to_end(&mut bytes);
        let _ = done.send(bytes);
    });
    let bytes = ended.recv_timeout(PATIENCE);
    let code = if bytes.is_ok() {
        child.wait()?.code()
    } else {
        end(&mut child)?
    };
    Ok((
        code,
        bytes.unwrap_or_default(),
        words.join().unwrap_or_default(),
    ))
}

fn end(child: &mut Child) -> Result<Option<i32>> {
    child.kill()?;
    child.wait()?;
    Ok(None)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut open = vec![folder.to_path_buf()];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() && entry.file_name() != ".git" => open.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

/// One to four small accidents.
fn mutated(dice: &mut Dice, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let end = (at + 1 + dice.below(40)).min(bytes.len());
        match dice.below(7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                let to = dice.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            3 => {
                let signs: &[u8] = b"\"'{}[]:-#&*!|>%@`$\\\t\n\r \0<=,/";
                bytes.insert(at, signs[dice.below(signs.len())]);
            }
            4 if at < bytes.len() => bytes[at] = dice.below(256) as u8,
            5 => {
                let words = [
                    "<<EOF\n",
                    "${x:-${y}}",
                    "\\\n",
                    "---\n",
                    "&a *a",
                    "FROM ",
                    "\u{feff}",
                ];
                let word = words[dice.below(words.len())];
                bytes.splice(at..at, word.bytes());
            }
            _ => {
                let line_start = bytes[..at]
                    .iter()
                    .rposition(|&b| b == b'\n')
                    .map_or(0, |n| n + 1);
                bytes.splice(line_start..line_start, *b"  ");
            }
        }
    }
    bytes
}

/// Findings of every rule in turn, until there are enough.
fn sample(dice: &mut Dice, findings: &BTreeMap<String, Vec<Value>>, count: usize) {
    let mut stacks: Vec<Vec<&Value>> = findings
        .values()
        .map(|list| list.iter().collect())
        .collect();
    let mut drawn = 0;
    while drawn < count && stacks.iter().any(|stack| !stack.is_empty()) {
        for stack in stacks.iter_mut().filter(|stack| !stack.is_empty()) {
            if drawn < count {
                drawn += 1;
                let finding = stack.swap_remove(dice.below(stack.len()));
                print(&format!("\n## {drawn}. {}", shown(finding)));
            }
        }
    }
}

fn shown(finding: &Value) -> String {
    let text = |key: &str| finding[key].as_str().unwrap_or_default();
    let line = finding["line"].as_u64().unwrap_or(1) as usize;
    let path = Path::new(text("root")).join(text("file"));
    let mut out = format!(
        "{}\n\n{}:{line}:{}: {} ({}, confidence {})\nhelp: {}\n\n```\n",
        text("rule"),
        text("file"),
        finding["column"],
        text("message"),
        text("severity"),
        text("confidence"),
        text("help"),
    );
    let source = String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    for (number, text) in source
        .lines()
        .enumerate()
        .skip(line.saturating_sub(6))
        .take(16)
    {
        let mark = if number + 1 == line { '>' } else { ' ' };
        out.push_str(&format!("{mark}{:>4} {text}\n", number + 1));
    }
    out.push_str("```");
    out
}

#[cfg(test)]
mod tests {
    use super::mutated;
    use crate::dice::Dice;

    #[test]
    fn accidents_happen_to_texts_of_any_length() {
        let mut dice = Dice::new(7);
        for length in 0..300 {
            let text = b"FROM a\nRUN b \\\n c\n".repeat(20)[..length].to_vec();
            mutated(&mut dice, &text);
        }
        assert_eq!(
            mutated(&mut Dice::new(3), b"abc def"),
            mutated(&mut Dice::new(3), b"abc def")
        );
    }
}
