//! The whole machine, for commands that do what `docker compose` does on it: unlike a
//! [`super::DiskTree`] it has no root that nothing leaves.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use plimsoll_compose::resolve::{PathKind, ReadFailure, Surroundings};

use crate::compose::failure;

/// The file system and the environment of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine;

impl Surroundings for Machine {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadFailure> {
        let path = Path::new(path);
        let meta = fs::metadata(path).map_err(|error| failure(super::kind_of(&error)))?;
        if meta.is_dir() {
            return Err(ReadFailure::Folder);
        }
        super::read_bounded(path, meta.len()).map_err(failure)
    }

    fn kind(&self, path: &str) -> Option<PathKind> {
        let meta = fs::metadata(path).ok()?;
        Some(if meta.is_dir() {
            PathKind::Folder
        } else if meta.is_file() {
            PathKind::File
        } else {
            PathKind::Other
        })
    }

    fn link(&self, path: &str) -> Option<String> {
        let is_link = fs::symlink_metadata(path).ok()?.is_symlink();
        let target = is_link.then(|| fs::canonicalize(path).ok())??;
        Some(target.to_string_lossy().into_owned())
    }

    fn variables(&self) -> BTreeMap<String, String> {
        let text = |text: std::ffi::OsString| text.into_string().ok();
        std::env::vars_os()
            .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
            .collect()
    }

    fn home(&self) -> Option<String> {
        let home = std::env::var("HOME").ok()?;
        (!home.is_empty()).then_some(home)
    }
}
