//! `cargo xtask images`: what `init` writes is built and started as it is, and runs as strictly as it
//! claims to run (tests/scaffold).

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::suite::{apt_install, cache, is_root};
use crate::workspace::{
    binary_name, cargo, has, root, run as run_command, target_folder as cargo_folder,
};
use crate::{network, peers};

/// Builds and runs what is generated for the services and projects of `tests/scaffold`
///
/// Base images are made of Debian's packages and kept in the user's cache; the first run takes
/// minutes. It needs root on Debian, for a builder and an engine of its own.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these services and projects
    names: Vec<String>,
}

/// Programs that it needs, and their packages on Debian.
const TOOLS: &[(&str, &str)] = &[
    ("dockerd", "docker.io iptables"),
    ("mmdebstrap", "mmdebstrap debian-archive-keyring"),
    ("python3", "python3 python3-pip"),
    ("runc", "runc"),
];

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if let Err(why) = possible() {
        bail!("{why}");
    }
    let missing = || TOOLS.iter().filter(|(program, _)| !has(program));
    let packages: Vec<&str> = missing().flat_map(|(_, names)| names.split(' ')).collect();
    apt_install(&packages)?;
    if let Some((program, _)) = missing().next() {
        bail!("`{program}` is missing after its package was installed");
    }
    let home = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = cache(home("XDG_CACHE_HOME"), home("HOME"))
        .unwrap_or_else(|| std::env::temp_dir().join("plimsoll"))
        .join("images");
    std::fs::create_dir_all(&cache)?;
    run_command(cargo().args(["build", "--quiet", "--package", "plimsoll-cli"]))?;
    let plimsoll = cargo_folder()?.join("debug").join(binary_name());
    let mut proof = Command::new("python3");
    proof.arg(root().join("tests/scaffold/proof.py"));
    proof
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PLIMSOLL", plimsoll)
        .env("DOCKER_COMPOSE", peers::docker_compose()?)
        .arg(&cache)
        .args(&args.names);
    run_command(proof.env("PLIMSOLL_GO", network::go(&cache)?))?;
    Ok(ExitCode::SUCCESS)
}

/// Whether this machine can have a builder and an engine of its own; else why not.
pub(crate) fn possible() -> Result<(), &'static str> {
    if !Path::new("/etc/debian_version").exists() || !has("apt-get") {
        return Err("it takes Debian, whose packages base images are made of");
    }
    if !is_root() {
        return Err("it takes root, for a builder and an engine of its own");
    }
    Ok(())
}
