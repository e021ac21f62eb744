//! Unpacking charts.

use std::fs;
use std::path::{Component, Path};

use plimsoll_helm::chart::unpack;

use crate::failure::Failure;

/// Unpacks a chart into a folder of its name. Paths in it lead nowhere else, links that are there
/// already are not followed, and what it may unpack to has a bound.
pub(super) fn into(folder: &Path, archive: &[u8]) -> Result<(), Failure> {
    let (name, files) = unpack(archive).map_err(|error| Failure::user(error.to_string()))?;
    let root = folder.join(&name);
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    for file in &files {
        let relative = Path::new(&*file.name);
        let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        if !relative.components().all(is_plain) {
            return Err(Failure::user(format!(
                "the chart holds the path `{}`",
                file.name
            )));
        }
        let path = root.join(relative);
        make_folders(folder, &path)?;
        fs::write(&path, &file.data).map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}

/// Makes the folders of a path below a folder, and refuses links on the way.
fn make_folders(below: &Path, path: &Path) -> Result<(), Failure> {
    let mut at = below.to_path_buf();
    let relative = path.strip_prefix(below).unwrap_or(path);
    let mut parts = relative.components().peekable();
    while let Some(part) = parts.next() {
        at.push(part);
        let is_last = parts.peek().is_none();
        match fs::symlink_metadata(&at) {
            Ok(found) if found.is_symlink() => {
                let shown = at.display();
                return Err(Failure::user(format!(
                    "`{shown}` is a symbolic link, which is not followed"
                )));
            }
            Ok(_) => {}
            Err(_) if is_last => {}
            Err(_) => fs::create_dir(&at).map_err(|error| failed(&at, &error))?,
        }
    }
    Ok(())
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::user(format!("cannot write `{}`: {error}", path.display()))
}
