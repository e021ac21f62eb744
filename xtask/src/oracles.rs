//! `cargo xtask oracles`: asks the reference implementations again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::{has, print, root};

/// Runs the programs of tests/oracles and writes their answers
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if an answer changed
    #[arg(long)]
    check: bool,
    /// Which programs; all when none is named
    names: Vec<String>,
}

impl Args {
    /// All programs, nothing written.
    pub(crate) fn check_all() -> Self {
        Self {
            check: true,
            names: Vec::new(),
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if !has("go") {
        bail!("the oracles are Go programs; install Go 1.26 (https://go.dev/dl/)");
    }
    let mut stale = false;
    for folder in folders(&args.names)? {
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let new = answers(&folder).with_context(|| format!("oracle `{name}`"))?;
        let path = folder.join("answers.json");
        let same = fs::read(&path).is_ok_and(|old| old == new);
        let verdict = match (same, args.check) {
            (true, _) => "agrees with the committed answers",
            (false, true) => "differs from the committed answers",
            (false, false) => "answers written",
        };
        print(&format!("{name}: {verdict}"));
        stale |= !same;
        if !same && !args.check {
            fs::write(&path, new)?;
        }
    }
    Ok(if stale && args.check {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn folders(names: &[String]) -> Result<Vec<PathBuf>> {
    let all = root().join("tests/oracles");
    if !names.is_empty() {
        let chosen: Vec<PathBuf> = names.iter().map(|name| all.join(name)).collect();
        if let Some(stray) = chosen
            .iter()
            .find(|folder| !folder.join("main.go").is_file())
        {
            bail!("`{}` holds no main.go", stray.display());
        }
        return Ok(chosen);
    }
    let mut folders = Vec::new();
    for entry in fs::read_dir(&all)? {
        let folder = entry?.path();
        if folder.join("main.go").is_file() {
            folders.push(folder);
        }
    }
    folders.sort();
    Ok(folders)
}

fn answers(folder: &Path) -> Result<Vec<u8>> {
    let cases = fs::File::open(folder.join("cases.json")).context("no cases.json")?;
    // Some name a later version of Go, whose texts they are to record.
    let output = Command::new("go")
        .env("GOTOOLCHAIN", "auto")
        .args(["run", "."])
        .current_dir(folder)
        .stdin(cases)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("`go run .` failed ({})", output.status);
    }
    Ok(output.stdout)
}
