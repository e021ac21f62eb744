//! `plimsoll chart repo index`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};
use plimsoll_fetch::registry::sha256;
use plimsoll_helm::chart::Loaded;
use plimsoll_helm::repository::{Index, join_url, rfc3339};

use super::super::ignored::parse_bool;
use super::super::inputs::{now, words};
use super::super::net::write_at_once;
use crate::failure::Failure;

/// Write the index of a folder of packed charts
#[derive(Args)]
pub(super) struct IndexArgs {
    /// The folder
    folder: PathBuf,
    /// Where the folder will be served
    #[arg(
        long,
        value_name = "URL",
        default_value = "",
        hide_default_value = true
    )]
    url: String,
    /// Take over from this index what the folder has not
    #[arg(long, value_name = "FILE")]
    merge: Option<PathBuf>,
    /// Write JSON
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    json: bool,
}

pub(super) fn run(args: &IndexArgs) -> Result<(), Failure> {
    if let Err(error) = fs::read_dir(&args.folder) {
        let (shown, words) = (args.folder.display(), words(&error));
        return Err(Failure::user(format!("open {shown}: {words}")).help("name a folder"));
    }
    let (seconds, nanoseconds) = now();
    let time = rfc3339(seconds, nanoseconds);
    let mut index = Index {
        generated: time.clone(),
        ..Index::default()
    };
    for (folder, below) in folders(&args.folder) {
        let base = join_url(&args.url, &below);
        for archive in archives(&folder) {
            let bytes = fs::read(&archive).map_err(|error| {
                Failure::user(format!("cannot read `{}`: {error}", archive.display()))
            })?;
            // What is no chart is left out.
            let Ok(loaded) = Loaded::from_archive(&bytes) else {
                continue;
            };
            let metadata = loaded.chart.metadata.clone();
            let name = archive.file_name().unwrap_or_default().to_string_lossy();
            let digest = sha256(&bytes);
            let added = index.add(metadata, &name, &base, (digest.hex(), &time));
            added.map_err(|error| {
                Failure::user(format!("failed adding to {name} to index: {error}"))
            })?;
        }
    }
    let write = |index: &Index, path: &Path| {
        let text = if args.json {
            index.to_json()
        } else {
            index.to_yaml()
        };
        write_at_once(path, text.as_bytes(), false)
    };
    if let Some(path) = &args.merge {
        match fs::read(path) {
            Ok(bytes) => {
                let parsed = Index::parse(&bytes);
                let shown = path.display();
                let (other, _) = parsed.map_err(|error| {
                    Failure::user(format!("merge failed: error loading {shown}: {error}"))
                })?;
                index.merge(other);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let empty = Index {
                    generated: time,
                    ..Index::default()
                };
                write(&empty, path)?;
            }
            Err(error) => {
                return Err(Failure::user(format!(
                    "merge failed: {}: {error}",
                    path.display()
                )));
            }
        }
    }
    index.sort();
    write(&index, &args.folder.join("index.yaml"))
}

/// The folder and those in it, each with its path from the first.
fn folders(root: &Path) -> Vec<(PathBuf, String)> {
    let mut all = vec![(root.to_path_buf(), String::new())];
    let mut inner: Vec<PathBuf> = entries(root).filter(|path| path.is_dir()).collect();
    inner.sort();
    all.extend(inner.into_iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?.to_owned();
        Some((path, name))
    }));
    all
}

fn archives(folder: &Path) -> Vec<PathBuf> {
    let is_archive = |path: &PathBuf| path.extension().is_some_and(|end| end == "tgz");
    let mut found: Vec<PathBuf> = entries(folder).filter(is_archive).collect();
    found.sort();
    found
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(Result::ok).map(|entry| entry.path())
}
