//! `plimsoll chart create`: a new chart.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use plimsoll_helm::create::{from_starter, scaffold};
use plimsoll_helm::package::packed_dependencies;

use super::{inputs, package};
use crate::failure::Failure;
use crate::terminal;

/// Start a new chart, as `helm create` does
///
/// The chart has the files of Helm's scaffold and renders the same objects. Files that are there
/// are written over.
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// The chart's name, or the path of its folder, whose last part is the name
    name: String,
    /// Copy this chart instead of the scaffold: a path, or a name in Helm's folder of starters;
    /// `<CHARTNAME>` in it becomes the name
    #[arg(long, short = 'p', value_name = "CHART")]
    starter: Option<String>,
}

pub(crate) fn run(args: &CreateArgs) -> Result<ExitCode, Failure> {
    let path = Path::new(&args.name);
    let name = match &*args.name {
        // As in Helm, a folder may be called by a name that every folder has.
        name @ ("." | "..") => name,
        _ => path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default(),
    };
    let parent = path.parent().unwrap_or(Path::new(""));
    terminal::print(&format!("Creating {}\n", args.name))?;
    if let Some(starter) = &args.starter {
        return copy(name, parent, starter);
    }
    let files = scaffold(name).map_err(|error| Failure::user(error.to_string()))?;
    let full = absolute(parent);
    match fs::metadata(&full) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => {
            let shown = full.display();
            return Err(Failure::user(format!("no such directory {shown}")));
        }
        Err(error) => {
            let (shown, words) = (full.display(), inputs::words(&error));
            return Err(Failure::user(format!("stat {shown}: {words}"))
                .help("make the folder first, or name one that is there"));
        }
    }
    let folder = folder(&full, name)?;
    for (path, text) in files {
        let file = folder.join(path);
        if file.exists() {
            let shown = file.display();
            let words = format!("WARNING: File \"{shown}\" already exists. Overwriting.\n");
            terminal::print(&words)?;
        }
        write(&file, text.as_bytes())?;
    }
    make(&folder.join("charts"))?;
    Ok(ExitCode::SUCCESS)
}

fn copy(name: &str, parent: &Path, starter: &str) -> Result<ExitCode, Failure> {
    let source = if Path::new(starter).is_absolute() {
        PathBuf::from(starter)
    } else {
        starters().join(starter)
    };
    let shown = source.to_string_lossy();
    if let Err(error) = fs::metadata(&source) {
        let words = inputs::words(&error);
        return Err(Failure::user(format!(
            "could not load {shown}: stat {shown}: {words}"
        )));
    }
    let loaded = inputs::load(&shown).and_then(|loaded| loaded);
    let loaded = loaded.map_err(|failure| failure.within(&format!("could not load {shown}")))?;
    // `helm create` takes any name here, but a folder must be able to have it.
    if name.is_empty() {
        return Err(Failure::user("chart.metadata.name is required"));
    }
    let folder = folder(&absolute(parent), name)?;
    let packed = packed_dependencies(&loaded, package::time()?);
    let packed = packed.map_err(|error| Failure::user(error.to_string()))?;
    for (path, data) in from_starter(name, &loaded).into_iter().chain(packed) {
        write(&folder.join(&*path), &data)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where Helm keeps charts to start from.
fn starters() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let data = set("HELM_DATA_HOME").map(PathBuf::from).or_else(|| {
        let home = || Some(PathBuf::from(set("HOME")?).join(".local/share"));
        let data = set("XDG_DATA_HOME").map(PathBuf::from).or_else(home)?;
        Some(data.join("helm"))
    });
    data.unwrap_or_default().join("starters")
}

fn absolute(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// The chart's folder.
fn folder(parent: &Path, name: &str) -> Result<PathBuf, Failure> {
    let folder = parent.join(name);
    if fs::metadata(&folder).is_ok_and(|meta| !meta.is_dir()) {
        return Err(Failure::user(format!(
            "file {} already exists and is not a directory",
            folder.display()
        )));
    }
    make(&folder)?;
    Ok(folder)
}

fn make(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| {
        let shown = folder.display();
        Failure::user(format!("cannot make the folder `{shown}`: {error}"))
    })
}

fn write(file: &Path, data: &[u8]) -> Result<(), Failure> {
    make(file.parent().unwrap_or(file))?;
    crate::files::write(file, |out| out.write_all(data))
}
