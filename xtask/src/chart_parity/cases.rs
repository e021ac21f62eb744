//! What there is to compare: every chart below a folder with every values file made for it.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::fill::{self, Shelf};

/// One render.
pub(crate) struct Case {
    /// The chart's path below the folder and the values file's name.
    pub(crate) name: String,
    /// The chart's folder or archive.
    pub(crate) chart: PathBuf,
    /// Values for it.
    pub(crate) values: Option<PathBuf>,
    /// Identifies chart and values by their content.
    pub(crate) hash: u128,
    /// Whether `charts/` was filled from what else is on disk.
    pub(crate) filled: bool,
    /// Whether it can depend on the time.
    pub(crate) tells_time: bool,
    /// Whether it may make keys or hash passwords, which costs more than all else.
    pub(crate) makes_keys: bool,
}

/// Finds the cases below a folder, each content once. Charts whose dependencies are missing
/// are listed as they are, and once more with `charts/` filled, copied into `staging`.
pub(crate) fn find(folder: &Path, staging: &Path, only: Option<&str>) -> Result<Vec<Case>> {
    let mut charts = Vec::new();
    let mut archives = Vec::new();
    walk(folder, &mut charts, &mut archives)?;
    charts.sort();
    archives.sort();
    let shelf = Shelf::new(&charts);
    let mut cases = Vec::new();
    let mut seen = HashSet::new();
    let wanted = |name: &str| only.is_none_or(|only| name.contains(only));
    for path in charts.iter().chain(&archives) {
        let name = shown(path, folder);
        if !wanted(&name) {
            continue;
        }
        let content = Content::of(path)?;
        if !seen.insert(content.hash) {
            continue;
        }
        let values = if path.is_dir() {
            values_files(path)?
        } else {
            Vec::new()
        };
        add(&mut cases, &name, path, &values, &content, false)?;
        if !path.is_dir() {
            continue;
        }
        if let Some(copy) = fill::filled(path, &shelf, staging, content.hash)? {
            let content = Content::of(&copy)?;
            if seen.insert(content.hash) {
                add(&mut cases, &name, &copy, &values, &content, true)?;
            }
        }
    }
    Ok(cases)
}

fn add(
    cases: &mut Vec<Case>,
    name: &str,
    chart: &Path,
    values: &[PathBuf],
    content: &Content,
    filled: bool,
) -> Result<()> {
    let mark = if filled { " (filled)" } else { "" };
    let case = |name: String, values: Option<PathBuf>, hash: u128| Case {
        name,
        chart: chart.to_path_buf(),
        values,
        hash,
        filled,
        tells_time: content.tells_time,
        makes_keys: content.makes_keys,
    };
    cases.push(case(format!("{name}{mark}"), None, content.hash));
    for path in values {
        let mut hash = Hash(content.hash);
        hash.add(&fs::read(path).with_context(|| format!("reading `{}`", path.display()))?);
        let of = path.strip_prefix(chart).unwrap_or(path);
        let of = of.file_name().unwrap_or_default().to_string_lossy();
        cases.push(case(
            format!("{name}{mark} -f {of}"),
            Some(path.clone()),
            hash.0,
        ));
    }
    Ok(())
}

fn shown(path: &Path, folder: &Path) -> String {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    if inside.as_os_str().is_empty() {
        return ".".to_owned();
    }
    inside.display().to_string()
}

fn walk(folder: &Path, charts: &mut Vec<PathBuf>, archives: &mut Vec<PathBuf>) -> Result<()> {
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let is_chart = folder.join("Chart.yaml").is_file();
        if is_chart {
            charts.push(folder.clone());
        }
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let name = entry.file_name();
            // What is a link is found where it lies.
            if kind.is_dir() && name != ".git" && name != "node_modules" {
                open.push(entry.path());
            } else if kind.is_file() && name.as_encoded_bytes().ends_with(b".tgz") {
                archives.push(entry.path());
            }
        }
    }
    Ok(())
}

/// `ci/*.yaml` as chart-testing has it, and files beside values.yaml that are named like values.
fn values_files(chart: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (folder, every) in [(chart.join("ci"), true), (chart.to_path_buf(), false)] {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
            if yaml
                && path.is_file()
                && (every || (name.contains("values") && name != "values.yaml"))
            {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

struct Content {
    hash: u128,
    tells_time: bool,
    makes_keys: bool,
}

impl Content {
    /// Of a file, or of all files of a folder with their paths; links are followed.
    fn of(path: &Path) -> Result<Content> {
        let mut hash = Hash::default();
        let (mut tells_time, mut makes_keys) = (false, false);
        if path.is_file() {
            hash.add(&fs::read(path)?);
            return Ok(Content {
                hash: hash.0,
                tells_time: true,
                makes_keys: false,
            });
        }
        // A folder's name is not part of what is rendered: the chart has its own.
        for file in files(path)? {
            hash.add(shown(&file, path).as_bytes());
            // A broken link or a file that may not be read is one for helm, too.
            let bytes = fs::read(&file).unwrap_or_default();
            if file.extension().is_some_and(|end| end != "md") {
                let holds = |words: &[&str]| {
                    let mut words = words.iter();
                    words.any(|word| memory_find(&bytes, word.as_bytes()))
                };
                makes_keys |= holds(&[
                    "genCA",
                    "Cert",
                    "genPrivateKey",
                    "htpasswd",
                    "bcrypt",
                    "derivePassword",
                ]);
                tells_time |= makes_keys || holds(&["now"]);
            }
            hash.add(&bytes);
        }
        Ok(Content {
            hash: hash.0,
            tells_time,
            makes_keys,
        })
    }
}

fn memory_find(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// All files of a folder, sorted; to a depth that no chart has.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![(folder.to_path_buf(), 0)];
    while let Some((folder, depth)) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() && depth < 30 {
                open.push((path, depth + 1));
            } else if !path.is_dir() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// FNV-1a over 128 bits: the same on every machine and in every version.
#[derive(Clone, Copy)]
pub(crate) struct Hash(pub(crate) u128);

impl Default for Hash {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Hash {
    /// One more part; where parts end counts.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        let length = (bytes.len() as u64).to_le_bytes();
        for byte in length.iter().chain(bytes) {
            self.0 ^= u128::from(*byte);
            self.0 = self
                .0
                .wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Hash;

    #[test]
    fn a_hash_sees_where_parts_end() {
        let hash = |parts: &[&str]| {
            let mut hash = Hash::default();
            parts.iter().for_each(|part| hash.add(part.as_bytes()));
            hash.0
        };
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_eq!(hash(&["ab", "c"]), hash(&["ab", "c"]));
    }
}
