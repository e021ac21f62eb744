//! What charts are rendered from: files of the machine, its clock and its chance.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use plimsoll_helm::chart::{FolderError, LoadError, LoadErrorKind, Loaded, is_archive};
use plimsoll_helm::functions::Random;
use plimsoll_project::disk::{DiskTree, find_root};
use plimsoll_source::Tree;
use plimsoll_source::files::MAX_FILE_BYTES;

use crate::failure::Failure;

/// At most one byte more than a file may have.
pub(super) fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The words that Go has for an error of the operating system.
pub(super) fn words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::NotADirectory => "not a directory".to_owned(),
        std::io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        _ => error.to_string(),
    }
}

/// Loads a chart from a folder or an archive. The outer failure says that there is none, the
/// inner one that it cannot be loaded.
pub(super) fn load(chart: &str) -> Result<Result<Loaded, Failure>, Failure> {
    load_with(chart, None, Loaded::from_folder)
}

/// The same, where files that the render may do without are not read ([`Loaded::failure`]); links
/// in a folder may lead to anything below `links`.
pub(super) fn load_at_need(
    chart: &str,
    links: Option<&Path>,
) -> Result<Result<Loaded, Failure>, Failure> {
    load_with(chart, links, Loaded::from_folder_at_need)
}

/// Reads a folder of a tree, which errors call by another name.
type Reader = fn(&dyn Tree, &str, &str) -> Result<Loaded, LoadError>;

fn load_with(
    chart: &str,
    links: Option<&Path>,
    reader: Reader,
) -> Result<Result<Loaded, Failure>, Failure> {
    let chart = chart.trim();
    let path = Path::new(chart);
    let Ok(meta) = fs::metadata(path) else {
        return Err(Failure::user(format!("path {chart:?} not found")).help(
            "name a folder with a Chart.yaml or a packed chart; `plimsoll chart pull` fetches one",
        ));
    };
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let shown = full.to_string_lossy().into_owned();
    if meta.is_dir() {
        return Ok(folder(&full, &shown, links, reader));
    }
    let bytes = match read_file(&full) {
        Ok(bytes) => bytes,
        Err(error) => {
            return Ok(Err(Failure::user(format!(
                "file '{shown}' cannot be read: {error}"
            ))));
        }
    };
    Ok(unpacked(&shown, &bytes))
}

/// Loads a packed chart.
pub(super) fn unpacked(shown: &str, bytes: &[u8]) -> Result<Loaded, Failure> {
    if !is_archive(bytes) {
        let is_yaml = shown.ends_with(".yml") || shown.ends_with(".yaml");
        return Err(Failure::user(if is_yaml {
            format!("file '{shown}' seems to be a YAML file, but expected a gzipped archive")
        } else {
            let kind = content_type(bytes);
            format!("file '{shown}' does not appear to be a gzipped archive; got '{kind}'")
        }));
    }
    let loaded = Loaded::from_archive(bytes);
    loaded.map_err(|error| {
        // Helm does not tell what is wrong with an archive.
        let (message, help) = match &error.kind {
            LoadErrorKind::Archive(inner) if error.inside.is_empty() => (
                "unable to load chart archive".to_owned(),
                Some(inner.to_string()),
            ),
            LoadErrorKind::NoMetadata if error.inside.is_empty() => (
                "unable to detect chart version, no Chart.yaml found".to_owned(),
                None,
            ),
            _ => (error.to_string(), None),
        };
        let failure = Failure::user(message);
        match help {
            Some(help) => failure.help(help),
            None => failure,
        }
    })
}

/// What Go's `http.DetectContentType` calls the first 512 bytes, filled up with zeros.
fn content_type(bytes: &[u8]) -> &'static str {
    const KNOWN: [(&[u8], &str); 10] = [
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"Rar!\x1a\x07", "application/x-rar-compressed"),
        (b"\xef\xbb\xbf", "text/plain; charset=utf-8"),
        (b"\xfe\xff", "text/plain; charset=utf-16be"),
        (b"\xff\xfe", "text/plain; charset=utf-16le"),
    ];
    let known = KNOWN.iter().find(|(start, _)| bytes.starts_with(start));
    if let Some((_, name)) = known {
        return name;
    }
    let is_binary = |byte: &u8| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    if bytes.len() < 512 || bytes[..512].iter().any(is_binary) {
        "application/octet-stream"
    } else {
        "text/plain; charset=utf-8"
    }
}

/// Links in a chart may lead to anything in its repository, or below another folder that is
/// named, and no farther.
fn folder(
    full: &Path,
    shown: &str,
    links: Option<&Path>,
    reader: Reader,
) -> Result<Loaded, Failure> {
    let real = fs::canonicalize(full).unwrap_or_else(|_| full.to_path_buf());
    let root: PathBuf = match links {
        Some(links) => fs::canonicalize(links).map_err(|error| {
            let (shown, words) = (links.display(), words(&error));
            Failure::user(format!("`--links-below {shown}`: {words}"))
        })?,
        None => find_root(&real).unwrap_or_else(|| real.clone()),
    };
    let Ok(dir) = real.strip_prefix(&root) else {
        return Err(Failure::user(format!(
            "the chart `{shown}` does not lie below `{}`",
            root.display()
        )));
    };
    let Some(dir) = dir.to_str() else {
        return Err(Failure::user(format!(
            "the path `{shown}` is not valid UTF-8"
        )));
    };
    let dir = dir.replace(std::path::MAIN_SEPARATOR, "/");
    let tree = DiskTree::new(&root);
    reader(&tree, &dir, shown).map_err(|error| match &error.kind {
        LoadErrorKind::Folder(FolderError::OutsideLink(path)) => outside(path, &error),
        _ => Failure::user(error.to_string()),
    })
}

/// A link that leads out: where it leads to is not read, but a device is one for Helm, too.
fn outside(path: &str, error: &LoadError) -> Failure {
    if fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        let irregular = FolderError::Irregular(path.to_owned());
        return Failure::user(irregular.to_string());
    }
    Failure::user(error.to_string())
        .help("put the file in the chart, or allow the folder with `--links-below DIR`")
}

/// The namespace of a release: as given, or the one that Helm's variable names.
pub(super) fn namespace(given: Option<&str>) -> String {
    let named = given.map(str::to_owned);
    let named = named.or_else(|| std::env::var("HELM_NAMESPACE").ok());
    let named = named.filter(|name| !name.is_empty());
    named.unwrap_or_else(|| "default".into())
}

/// The name of the local time zone.
pub(super) fn zone() -> String {
    std::env::var("TZ").unwrap_or_else(|_| "UTC".into())
}

/// The time, in seconds since 1970 and nanoseconds.
pub(super) fn now() -> (i64, u32) {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => (since.as_secs().cast_signed(), since.subsec_nanos()),
        Err(_) => (0, 0),
    }
}

/// The operating system's chance.
pub(super) struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) {
        // Without chance there must be no keys, so no other is taken.
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}
