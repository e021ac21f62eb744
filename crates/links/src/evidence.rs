//! What other files say of which Dockerfile is built as which image: Skaffold, bake files,
//! workflows, and commands in scripts and Makefiles.
//!
//! These are looked for where people keep them (beside the Dockerfiles, in the folders above, in
//! `.github/workflows` and a few others), never in the whole tree, and within bounds.

mod bake;
mod commands;
mod skaffold;
mod variables;
mod workflows;

use std::collections::BTreeSet;

use plimsoll_project::Project;
use plimsoll_source::files::{file_name, join, parent};
use plimsoll_source::{EntryKind, TextRange};
use rayon::prelude::*;

/// The most files that are read for evidence, and the largest of them in bytes.
const MAX_FILES: usize = 600;
const MAX_BYTES: u64 = 256 * 1024;

/// The most folders that are listed.
const MAX_FOLDERS: usize = 800;

/// The most folders of the root that are looked into besides.
const MAX_BESIDE: usize = 60;

/// Folders below the root in which builds are written down.
const HABITUAL: &[&str] = &[
    "",
    ".ci",
    ".circleci",
    ".github/workflows",
    "bin",
    "build",
    "ci",
    "deploy",
    "deployment",
    "deployments",
    "dev",
    "docker",
    "hack",
    "make",
    "script",
    "scripts",
    "tools",
];

/// An image name as a build says it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum BuiltName {
    /// The whole name without tag, in the familiar form.
    Whole(Box<str>),
    /// Only what follows the last variable: `$REPO/shop-cart` gives `shop-cart`.
    Last(Box<str>),
}

/// That a file builds a Dockerfile as an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Built {
    /// The image.
    pub name: BuiltName,
    /// Its tag, if that says which of several images of the name it is.
    pub variant: Option<Box<str>>,
    /// The folder it is built from, relative to the root.
    pub context: String,
    /// The Dockerfile, relative to the root.
    pub dockerfile: String,
    /// The stage.
    pub target: Option<String>,
    /// The file that says so, relative to the root.
    pub path: String,
    /// Where in it.
    pub range: TextRange,
    /// Whether it is a command, as against a declaration.
    pub command: bool,
}

/// Looks for builds around the Dockerfiles of a project.
pub fn builds(project: &Project) -> Vec<Built> {
    if project.dockerfiles.is_empty() {
        return Vec::new();
    }
    let mut folders: BTreeSet<String> = HABITUAL.iter().map(|&dir| dir.to_owned()).collect();
    for unit in &project.dockerfiles {
        let mut dir = parent(project.path(unit.file));
        while folders.len() < MAX_FOLDERS && folders.insert(dir.to_owned()) && !dir.is_empty() {
            dir = parent(dir);
        }
    }
    // A service's own Makefile may build a Dockerfile that lies above it.
    let top = project.tree.list("").unwrap_or_default();
    let beside = top.iter().filter(|entry| entry.kind == EntryKind::Dir);
    folders.extend(beside.map(|entry| entry.name.clone()).take(MAX_BESIDE));
    let mut paths: Vec<String> = Vec::new();
    for dir in folders {
        let Ok(entries) = project.tree.list(&dir) else {
            continue;
        };
        let wanted = entries.iter().filter(|entry| {
            entry.kind == EntryKind::File
                && entry.len <= MAX_BYTES
                && Form::of(&dir, &entry.name).is_some()
        });
        paths.extend(wanted.filter_map(|entry| join(&dir, &entry.name)));
    }
    paths.truncate(MAX_FILES);
    let mut found: Vec<Built> = paths
        .into_par_iter()
        .flat_map_iter(|path| read(project, &path))
        .collect();
    found.retain(|built| project.tree.kind(&built.dockerfile) == Some(EntryKind::File));
    found
}

fn read(project: &Project, path: &str) -> Vec<Built> {
    let text = project
        .tree
        .read(path)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let (Some(text), Some(form)) = (text, Form::of(parent(path), file_name(path))) else {
        return Vec::new();
    };
    match form {
        Form::Skaffold => skaffold::builds(path, &text),
        Form::Bake => bake::builds(path, &text),
        Form::Workflow => {
            let mut found = workflows::builds(path, &text);
            found.extend(commands::builds(path, "", &text));
            found
        }
        Form::Commands => {
            let text = with_includes(project, path, text);
            let found = commands::builds(path, parent(path), &text);
            called_from_above(project, path, &text, &found).unwrap_or(found)
        }
        // Pipelines run at the top of the repository wherever they are written.
        Form::TopCommands => commands::builds(path, "", &text),
    }
}

/// What a script builds that finds no Dockerfile from its own folder and some from one above: that
/// is where it is called.
fn called_from_above(
    project: &Project,
    path: &str,
    text: &str,
    found: &[Built],
) -> Option<Vec<Built>> {
    let is_there = |built: &Built| project.tree.kind(&built.dockerfile) == Some(EntryKind::File);
    let is_script = path.ends_with(".sh") || path.ends_with(".bash") || path.ends_with(".ps1");
    if !is_script || found.is_empty() || found.iter().any(is_there) {
        return None;
    }
    let mut dir = parent(path);
    while !dir.is_empty() {
        dir = parent(dir);
        let above = commands::builds(path, dir, text);
        if above.iter().any(is_there) {
            return Some(above);
        }
    }
    None
}

/// A Makefile with the files that it includes put behind it, so that offsets into it stay.
fn with_includes(project: &Project, path: &str, mut text: String) -> String {
    let included: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("include "))
        .filter_map(|name| join(parent(path), name.trim()))
        .take(8)
        .collect();
    for path in included {
        let more = project
            .tree
            .read(&path)
            .ok()
            .filter(|bytes| bytes.len() as u64 <= MAX_BYTES);
        if let Some(more) = more.and_then(|bytes| String::from_utf8(bytes).ok()) {
            text.push('\n');
            text.push_str(&more);
        }
    }
    text
}

/// What a file may say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Skaffold,
    Bake,
    Workflow,
    Commands,
    TopCommands,
}

impl Form {
    fn of(dir: &str, name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let yaml = lower.ends_with(".yaml") || lower.ends_with(".yml");
        Some(match &*lower {
            _ if yaml && lower.starts_with("skaffold") => Self::Skaffold,
            _ if lower.starts_with("docker-bake.")
                && (lower.ends_with(".hcl") || lower.ends_with(".json")) =>
            {
                Self::Bake
            }
            _ if yaml && dir.ends_with(".github/workflows") => Self::Workflow,
            ".gitlab-ci.yml"
            | "azure-pipelines.yml"
            | "cloudbuild.yaml"
            | "jenkinsfile"
            | ".travis.yml"
            | "bitbucket-pipelines.yml" => Self::TopCommands,
            _ if yaml && dir.ends_with(".circleci") => Self::TopCommands,
            "makefile" | "gnumakefile" | "justfile" | ".justfile" | "tiltfile" | "earthfile"
            | "rakefile" => Self::Commands,
            "taskfile.yml" | "taskfile.yaml" | "package.json" => Self::Commands,
            _ if [".mk", ".sh", ".bash", ".ps1", ".make"]
                .iter()
                .any(|end| lower.ends_with(end)) =>
            {
                Self::Commands
            }
            _ => return None,
        })
    }
}

/// The name of an image in a build, with what is known of its variables put in. `None` where
/// not even its last part is known.
pub(crate) fn image_name(text: &str) -> Option<BuiltName> {
    let text = text.trim_matches(['"', '\'']);
    // What follows the last variable, its tag left off.
    let last_part = |text: &str| {
        let last = text.rsplit('/').next().unwrap_or(text);
        let last = last.split(['@', ':']).next().unwrap_or(last);
        last.to_owned()
    };
    let is_plain = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
    };
    let last = last_part(text);
    let tagless = match text.rfind('/') {
        Some(slash) => &text[..slash + 1 + last.len()],
        None => &last,
    };
    if tagless.contains(['$', '{', '<', '(', '\0']) {
        return (text.contains('/') && is_plain(&last)).then(|| BuiltName::Last(last.into()));
    }
    match plimsoll_oci::Reference::parse(tagless) {
        Ok(reference) => Some(BuiltName::Whole(reference.familiar().into())),
        Err(_) => placeholder(tagless, &last).map(|last| BuiltName::Last(last.into())),
    }
}

/// Tags that say when or for whom an image is built, and not which image it is.
const USUAL_TAGS: &[&str] = &[
    "alpha",
    "beta",
    "branch",
    "build",
    "canary",
    "ci",
    "commit",
    "dev",
    "develop",
    "edge",
    "head",
    "latest",
    "local",
    "main",
    "master",
    "next",
    "nightly",
    "pr",
    "prod",
    "production",
    "rc",
    "release",
    "sha",
    "snapshot",
    "stable",
    "staging",
    "tag",
    "test",
    "v",
];

/// Whether a tag names something else than a version: `app:worker`, `hello:plain-text`.
pub fn is_variant(tag: &str) -> bool {
    let is_of_word = |b: u8| b.is_ascii_alphabetic() || b"._-".contains(&b);
    let is_word = !tag.is_empty() && tag.bytes().all(is_of_word);
    is_word && !USUAL_TAGS.contains(&&*tag.to_ascii_lowercase())
}

/// What a tag says of which of several images of a name it is: `api` of `app:api-$VERSION` and of
/// `app:api-1.2`, nothing of `app:latest`.
pub(crate) fn variant(image: &str) -> Option<Box<str>> {
    let image = image.trim_matches(['"', '\'']);
    let image = image.split_once('@').map_or(image, |(name, _)| name);
    let (_, tag) = image.rsplit('/').next()?.split_once(':')?;
    let words: Vec<&str> = tag
        .split(['-', '_'])
        .filter(|word| is_variant(word))
        .collect();
    (!words.is_empty()).then(|| words.join("-").into())
}

/// What a name with capitals in it stands for, which no image can have: `REGISTRY/web` and `WEB`
/// are written over before anything is applied.
fn placeholder(name: &str, last: &str) -> Option<String> {
    let is_capital = |part: &str| {
        part.bytes().any(|b| b.is_ascii_uppercase())
            && part
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"._-".contains(&b))
    };
    let small = last.to_ascii_lowercase();
    let rest = name.strip_suffix(last)?;
    let is_owner = rest.split('/').any(is_capital);
    let fits = if is_owner {
        small == last
    } else {
        rest.is_empty() && is_capital(last)
    };
    plimsoll_oci::Reference::parse(&small).ok()?;
    fits.then_some(small)
}

/// Where a Dockerfile lies that a build names by its context and its file.
fn dockerfile(context: &str, file: Option<&str>, from: &str) -> Option<String> {
    match file {
        Some(file) => join(from, file),
        None => join(context, "Dockerfile"),
    }
}

#[cfg(test)]
mod tests {
    use super::{BuiltName, image_name as name};

    #[test]
    fn names_lose_their_tags_and_variables() {
        let whole = |text: &str| Some(BuiltName::Whole(text.into()));
        let last = |text: &str| Some(BuiltName::Last(text.into()));
        for (text, expected) in [
            ("shop/cart:1.0", whole("shop/cart")),
            ("ghcr.io/acme/web", whole("ghcr.io/acme/web")),
            ("localhost:5000/web:$TAG", whole("localhost:5000/web")),
            ("${REPO}/cart:${TAG}", last("cart")),
            ("$REGISTRY/$NAME:1", None),
            ("$NAME", None),
            ("\"acme/x\"", whole("acme/x")),
            ("YOUR_REGISTRY/web:1", last("web")),
            ("ghcr.io/OWNER/web", last("web")),
            ("WEB:TAG", last("web")),
            ("acme/WEB", None),
            ("Acme/Web", None),
        ] {
            assert_eq!(name(text), expected, "{text}");
        }
    }
}
