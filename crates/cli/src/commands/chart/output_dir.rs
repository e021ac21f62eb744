//! Manifests as files: `--output-dir`.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use plimsoll_helm::render::{Rendered, Shown};

use crate::failure::Failure;

/// Writes every document into a file that has its template's name, and gives what is to be said
/// about it.
pub(super) fn write(
    rendered: &Rendered,
    shown: Shown,
    dir: &str,
    release: Option<&str>,
) -> Result<String, Failure> {
    let own = release.map_or_else(|| dir.to_owned(), |release| format!("{dir}/{release}"));
    let mut said = String::new();
    let mut written = HashSet::new();
    let mut put = |dir: &str, name: &str, content: &str, append: Option<bool>| {
        let path = format!("{dir}/{name}");
        let file = Path::new(&path);
        let append = append.unwrap_or_else(|| file.exists()) || written.contains(&path);
        document(file, name, content, append)
            .map_err(|error| Failure::user(format!("cannot write `{path}`: {error}")))?;
        let _ = writeln!(said, "wrote {path}");
        written.insert(path);
        Ok::<(), Failure>(())
    };
    if shown.crds {
        for crd in &rendered.crds {
            let content = String::from_utf8_lossy(&crd.file.data);
            put(dir, &crd.path, &content, Some(false))?;
        }
    }
    for manifest in &rendered.manifests {
        put(&own, &manifest.path, &manifest.content, Some(false))?;
    }
    let hooks = rendered.hooks.iter();
    let hooks = hooks.filter(|hook| !(shown.no_hooks || shown.skip_tests && hook.is_test()));
    for hook in hooks {
        // A hook is added to what is there, even to a file of an earlier run.
        put(&own, &hook.manifest.path, &hook.manifest.content, None)?;
    }
    said.push('\n');
    Ok(said)
}

fn document(path: &Path, name: &str, content: &str, append: bool) -> std::io::Result<()> {
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    fs::create_dir_all(folder)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true);
    options.append(append).truncate(!append);
    let mut file = options.open(path)?;
    file.write_all(format!("---\n# Source: {name}\n{content}\n").as_bytes())
}
