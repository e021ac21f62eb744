//! Files of the user's own that are read and written: reports and baselines.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Writes a file as a whole or not at all: it is written beside its place and then moved there.
/// What is no regular file (a terminal, a pipe) is written to as it is.
pub(crate) fn write(
    path: &Path,
    text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let failed =
        |error: io::Error| Failure::user(format!("cannot write `{}`: {error}", path.display()));
    // A link stays; what it leads to is replaced.
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    if fs::metadata(&place).is_ok_and(|meta| !meta.is_file()) {
        let mut file = OpenOptions::new()
            .write(true)
            .open(&place)
            .map_err(failed)?;
        return text(&mut file).map_err(failed);
    }
    replace(&place, text).map_err(failed)
}

/// Puts a file in the place of what is there, or leaves that as it is. A link is replaced, not
/// followed; permissions stay.
pub(crate) fn replace(
    place: &Path,
    text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let draft = draft(place);
    let written = File::create_new(&draft).and_then(|file| {
        let mut out = BufWriter::new(file);
        text(&mut out)?;
        out.flush()?;
        if let Ok(meta) = fs::symlink_metadata(place)
            && meta.is_file()
        {
            fs::set_permissions(&draft, meta.permissions())?;
        }
        fs::rename(&draft, place)
    });
    written.inspect_err(|_| {
        // It may not have come into being.
        let _ = fs::remove_file(&draft);
    })
}

/// A name beside a file that nobody else uses.
fn draft(place: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(place.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    place.with_file_name(name)
}

/// The text of a file of at most `most` bytes.
pub(crate) fn read_text(path: &Path, most: u64) -> Result<String, Failure> {
    let shown = path.display();
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::user(format!("cannot read `{shown}`: {error}")))?;
    if bytes.len() as u64 > most {
        return Err(Failure::user(format!(
            "`{shown}` has more than the {most} bytes that are read"
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::user(format!("`{shown}` is not UTF-8 text: see byte {at}"))
            .help("save the file as UTF-8")
    })
}
