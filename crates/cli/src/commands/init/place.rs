//! The folder that is written to: nothing outside of it is touched, and no link is followed.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use plimsoll_scaffold::merge::{Plan, RECORD_PATH, Record, Standing};

use crate::failure::Failure;
use crate::files;

/// The largest file that is merged, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// The largest record that is read, in bytes.
const MAX_RECORD_BYTES: u64 = 16 * 1024 * 1024;

/// A folder that is written to.
pub(super) struct Place {
    root: PathBuf,
}

impl Place {
    pub(super) fn new(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let root = fs::canonicalize(path)
            .map_err(|error| Failure::user(format!("cannot open `{shown}`: {error}")))?;
        if !root.is_dir() {
            return Err(Failure::user(format!("`{shown}` is no folder"))
                .help("name the folder that the services are in"));
        }
        Ok(Self { root })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// What stands at a path.
    pub(super) fn standing(&self, path: &str) -> Standing {
        match self.read(path, MAX_BYTES) {
            Ok(Some(text)) => Standing::Text(text),
            Ok(None) => Standing::Absent,
            Err(why) => Standing::Other(why),
        }
    }

    /// Whether a path is a folder with something in it.
    pub(super) fn has_entries(&self, path: &str) -> bool {
        let full = self.root.join(path);
        fs::symlink_metadata(&full).is_ok_and(|meta| meta.is_dir())
            && fs::read_dir(&full).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// What was written last.
    pub(super) fn record(&self) -> Result<Record, Failure> {
        let text = self
            .read(RECORD_PATH, MAX_RECORD_BYTES)
            .map_err(|why| Failure::user(format!("cannot read `{RECORD_PATH}`: {why}")))?;
        let Some(text) = text else {
            return Ok(Record::default());
        };
        Record::parse(&text).map_err(|error| {
            Failure::user(format!("`{RECORD_PATH}`: {error}")).help(
                "take it from version control again; without it, files that are there count as yours",
            )
        })
    }

    /// Whether what is remembered is to be written anew.
    pub(super) fn record_differs(&self, record: &Record) -> bool {
        self.standing(RECORD_PATH) != Standing::Text(record.text())
    }

    /// Does what is planned. The record comes last: what is written and not yet remembered is
    /// taken for the same by the next run.
    pub(super) fn write(&self, plan: &Plan) -> Result<(), Failure> {
        for file in &plan.files {
            if file.before == file.after {
                continue;
            }
            // It may have changed while somebody thought about the answer.
            if self.standing(&file.path) != standing(file.before.as_deref()) {
                return Err(
                    Failure::user(format!("`{}` has changed meanwhile", file.path))
                        .help("run the command again"),
                );
            }
            match &file.after {
                Some(text) => self.replace(&file.path, text)?,
                None => self.remove(&file.path)?,
            }
        }
        if self.record_differs(&plan.record) {
            self.replace(RECORD_PATH, &plan.record.text())?;
        }
        Ok(())
    }

    /// A text, nothing where there is no file, or why it cannot be read.
    fn read(&self, path: &str, most: u64) -> Result<Option<String>, String> {
        let full = self.root.join(path);
        if let Some(what) = self.blocked(path) {
            return Err(what);
        }
        let meta = match fs::symlink_metadata(&full) {
            Ok(meta) => meta,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        if meta.is_symlink() {
            return Err("it is a symbolic link".to_owned());
        }
        if !meta.is_file() {
            return Err("it is no file".to_owned());
        }
        let mut bytes = Vec::new();
        File::open(&full)
            .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
            .map_err(|error| error.to_string())?;
        if bytes.len() as u64 > most {
            return Err(format!("it has more than {most} bytes"));
        }
        let text = String::from_utf8(bytes).map_err(|_| "it is no UTF-8 text".to_owned())?;
        Ok(Some(text))
    }

    /// What stands in the way of a path: a part that is a link, or no folder.
    fn blocked(&self, path: &str) -> Option<String> {
        let ends = path.match_indices('/').map(|(at, _)| at);
        for end in ends {
            match fs::symlink_metadata(self.root.join(&path[..end])) {
                Ok(meta) if meta.is_symlink() => {
                    return Some(format!("`{}` is a symbolic link", &path[..end]));
                }
                Ok(meta) if !meta.is_dir() => {
                    return Some(format!("`{}` is no folder", &path[..end]));
                }
                Ok(_) => {}
                Err(_) => return None,
            }
        }
        None
    }

    /// Writes a file as a whole or not at all.
    fn replace(&self, path: &str, text: &str) -> Result<(), Failure> {
        let failed = |error: io::Error| Failure::user(format!("cannot write `{path}`: {error}"));
        if let Some(what) = self.blocked(path) {
            return Err(Failure::user(format!("cannot write `{path}`: {what}")));
        }
        let full = self.root.join(path);
        if let Some(folder) = full.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        files::replace(&full, |out| out.write_all(text.as_bytes())).map_err(failed)
    }

    fn remove(&self, path: &str) -> Result<(), Failure> {
        let full = self.root.join(path);
        fs::remove_file(&full)
            .map_err(|error| Failure::user(format!("cannot remove `{path}`: {error}")))?;
        // Folders that it leaves empty go with it; one that is not empty stays.
        let mut folder = full.parent();
        while let Some(empty) = folder.filter(|folder| *folder != self.root) {
            if fs::remove_dir(empty).is_err() {
                break;
            }
            folder = empty.parent();
        }
        Ok(())
    }
}

fn standing(text: Option<&str>) -> Standing {
    match text {
        Some(text) => Standing::Text(text.to_owned()),
        None => Standing::Absent,
    }
}
