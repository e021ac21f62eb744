//! Digests behind the images that generated files name.
//!
//! A tag may lead to another image tomorrow; a digest behind it (`image:tag@sha256:…`) holds it. Only
//! images of others are pinned: what a Dockerfile is built on, what stands in for backing services, what
//! a chart's test runs. The project's own image has no digest before it is built.
//!
//! Tools that keep digests fresh write into the files, so a digest is no edit: what stands in a file
//! counts, and [`settle`] tells the record so, before texts are merged.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::generate::Artefact;
use crate::merge::{Record, Standing};
use crate::model::Evidence;
use crate::written::Written;

/// Digests (`sha256:…`) by image with its tag, as files name it.
pub type Digests = BTreeMap<String, String>;

/// What a run does with digests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pinning {
    /// What is pinned stays so.
    Keep,
    /// Images get these digests, with who said so.
    New(Digests, Evidence),
    /// Digests are taken away.
    Drop,
}

/// The images of others in generated files, each once, in the order of files and lines.
pub fn images(files: &[Written]) -> Vec<String> {
    let mut images: Vec<String> = Vec::new();
    for file in files.iter().filter(|file| names_others(&file.path)) {
        for line in file.text().lines() {
            if let Some(named) = named(line)
                && !images.iter().any(|have| have == named.image)
            {
                images.push(named.image.to_owned());
            }
        }
    }
    images
}

/// Whether an image has a tag that a registry can be asked for, and no digest yet.
pub fn can_be_pinned(image: &str) -> bool {
    let line = format!("image: {image}");
    named(&line).is_some_and(|named| named.image == image)
}

/// The digests that stand in files, behind tags and in values of a chart; `texts` are what stands there,
/// each with what was written last. A digest that somebody changed since counts more than one that only
/// stands where it stood.
pub fn standing<'t>(texts: impl Iterator<Item = (&'t str, &'t str)>) -> Digests {
    let (mut changed, mut known) = (Digests::new(), Digests::new());
    for (text, base) in texts {
        let before: BTreeMap<String, String> = all_in(base).into_iter().collect();
        for (image, digest) in all_in(text) {
            let is_new = before.get(&image) != Some(&digest);
            let digests = if is_new { &mut changed } else { &mut known };
            digests.entry(image).or_insert(digest);
        }
    }
    known.extend(changed);
    known
}

fn all_in(text: &str) -> Vec<(String, String)> {
    let states = state(text).into_iter();
    let pinned = states.filter_map(|(image, state)| Some((image, state.digest()?)));
    pinned.chain(in_values(text)).collect()
}

/// Images of a chart's values: `repository`, `tag` and `digest`, one after the other.
fn in_values(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut before: [Option<String>; 2] = [None, None];
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let value = |key: &str| {
            let value = line.strip_prefix(key)?.strip_prefix(": ")?;
            Some(value.trim_matches(['"', '\'']).to_owned())
        };
        if let Some(repository) = value("repository") {
            before = [Some(repository), None];
        } else if let (Some(tag), [Some(_), None]) = (value("tag"), &before) {
            before[1] = Some(tag);
        } else {
            if let (Some(digest), [Some(repository), Some(tag)]) = (value("digest"), &before)
                && digest.starts_with("sha256:")
            {
                found.push((format!("{repository}:{tag}"), digest));
            }
            before = [None, None];
        }
    }
    found
}

/// A text without the digests behind its images.
pub fn bare(text: &str) -> String {
    rewrite(text, &|_| Some(None))
}

/// Remembers files that stand as they would be written, but for digests: a record that was lost is no
/// reason to hold them for somebody else's.
pub fn recognise(files: &[Written], record: &mut Record, standing: &dyn Fn(&str) -> Standing) {
    for file in files.iter().filter(|file| names_others(&file.path)) {
        if record.files.contains_key(&file.path) {
            continue;
        }
        if let Standing::Text(text) = standing(&file.path) {
            let text = text.replace("\r\n", "\n");
            if bare(&text) == file.text() {
                record.files.insert(file.path.clone(), text);
            }
        }
    }
}

/// Puts digests into generated files, and into what is remembered those that stand there, so that no
/// digest is taken for an edit. Gives the images that stay without one beside others that have one.
pub fn settle(
    files: &mut [Written],
    record: &mut Record,
    standing: &dyn Fn(&str) -> Standing,
    pinning: &Pinning,
) -> Vec<String> {
    let texts: Vec<Option<String>> = files
        .iter()
        .map(|file| match standing(&file.path) {
            Standing::Text(text) if names_others(&file.path) => Some(text),
            _ => None,
        })
        .collect();
    let mut anywhere = Digests::new();
    for text in texts.iter().flatten() {
        for (image, digest) in state(text) {
            if let State::Pinned(digest) = digest {
                anywhere.entry(image).or_insert(digest);
            }
        }
    }
    for (file, text) in files.iter_mut().zip(&texts) {
        if !names_others(&file.path) {
            continue;
        }
        let here = text.as_deref().map(state).unwrap_or_default();
        let before = record.files.get(&file.path);
        let before = before.map(|base| state(base)).unwrap_or_default();
        let known = |image: &str| match here.get(image).or_else(|| before.get(image)) {
            Some(State::Pinned(digest)) => Some(digest.clone()),
            Some(State::Bare | State::Mixed) => None,
            None => anywhere.get(image).cloned(),
        };
        match pinning {
            Pinning::Keep => pin(
                file,
                &known,
                &Evidence::table("the digest that stands here"),
            ),
            Pinning::New(digests, evidence) => {
                pin(file, &|image| digests.get(image).cloned(), evidence);
            }
            Pinning::Drop => {}
        }
        let now = state(&file.text());
        if let Some(base) = record.files.get_mut(&file.path) {
            *base = rewrite(base, &|image| match (here.get(image), now.get(image)) {
                (Some(State::Mixed), _) => None,
                (Some(found), _) | (None, Some(found)) => Some(found.digest()),
                (None, None) => None,
            });
        }
    }
    let states = files.iter().filter(|file| names_others(&file.path));
    let states: Vec<_> = states.map(|file| state(&file.text())).collect();
    let is_pinned = |state: &State| matches!(state, State::Pinned(_));
    if !states.iter().any(|one| one.values().any(is_pinned)) {
        return Vec::new();
    }
    let without = states.into_iter().flatten();
    let mut without: Vec<String> = without
        .filter(|(_, state)| !is_pinned(state))
        .map(|(image, _)| image)
        .collect();
    without.sort();
    without.dedup();
    without
}

/// How a text names an image.
#[derive(Clone, PartialEq, Eq, Debug)]
enum State {
    /// By its tag alone.
    Bare,
    /// With this digest, everywhere.
    Pinned(String),
    /// In more than one way.
    Mixed,
}

impl State {
    fn digest(&self) -> Option<String> {
        match self {
            Self::Pinned(digest) => Some(digest.clone()),
            Self::Bare | Self::Mixed => None,
        }
    }
}

fn state(text: &str) -> BTreeMap<String, State> {
    let mut states = BTreeMap::new();
    for named in text.lines().filter_map(named) {
        let state = match named.digest {
            Some(digest) => State::Pinned(digest.to_owned()),
            None => State::Bare,
        };
        let known = states
            .entry(named.image.to_owned())
            .or_insert_with(|| state.clone());
        if *known != state {
            *known = State::Mixed;
        }
    }
    states
}

/// Adds digests behind tags; the lines then rest on `evidence`, too.
fn pin(file: &mut Written, digest: &dyn Fn(&str) -> Option<String>, evidence: &Evidence) {
    for block in &mut file.blocks {
        let pinned = rewrite(&block.text, &|image| digest(image).map(Some));
        if pinned != block.text {
            block.text = pinned;
            block.evidence.push(evidence.clone());
        }
    }
}

/// A text with other digests: `digest` gives none for images that stay as they are.
fn rewrite(text: &str, digest: &dyn Fn(&str) -> Option<Option<String>>) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let change = named(line).and_then(|named| Some((digest(named.image)?, named)));
        let Some((digest, named)) = change else {
            out.push_str(line);
            continue;
        };
        out.push_str(&line[..named.range.start]);
        out.push_str(named.image);
        if let Some(digest) = digest {
            out.push('@');
            out.push_str(&digest);
        }
        out.push_str(&line[named.range.end..]);
    }
    out
}

/// An image as a line names it.
struct Named<'l> {
    /// Name and tag.
    image: &'l str,
    digest: Option<&'l str>,
    /// Where both stand in the line.
    range: Range<usize>,
}

/// The image of `FROM image AS stage` or `image: image`. Stages and expressions have no tag.
fn named(line: &str) -> Option<Named<'_>> {
    let trimmed = line.trim_start();
    let rest = if let Some(rest) = line.strip_prefix("FROM ") {
        let mut rest = rest.trim_start();
        while rest.starts_with("--") {
            rest = rest.split_once(' ')?.1.trim_start();
        }
        rest
    } else {
        let rest = trimmed.strip_prefix("- ").unwrap_or(trimmed);
        let rest = rest.strip_prefix("image:")?.strip_prefix(' ')?.trim_start();
        rest.strip_prefix(['"', '\'']).unwrap_or(rest)
    };
    let start = line.len() - rest.len();
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    let whole = &rest[..rest.find(is_end).unwrap_or(rest.len())];
    let (image, digest) = match whole.split_once('@') {
        Some((image, digest)) => (image, Some(digest)),
        None => (whole, None),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || "._/:-".contains(c);
    let has_tag = image.rsplit('/').next()?.contains(':');
    let is_image = has_tag && image.chars().all(fits);
    let is_digest = |digest: &str| {
        let hex = digest.strip_prefix("sha256:").unwrap_or_default();
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    (is_image && digest.is_none_or(is_digest)).then(|| Named {
        image,
        digest,
        range: start..start + whole.len(),
    })
}

/// Whether a generated file names images of others. Manifests name the project's own alone, and so
/// does a chart, but for its test.
fn names_others(path: &str) -> bool {
    match Artefact::of(path) {
        Artefact::Dockerfile | Artefact::Compose => true,
        Artefact::Manifests => false,
        Artefact::Chart => path.contains("/templates/tests/"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Digests, Pinning, bare, images, recognise, settle};
    use crate::merge::{Action, Record, Scope, Standing, plan};
    use crate::model::Evidence;
    use crate::written::Written;

    const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn file(path: &str, text: &str) -> Written {
        let mut file = Written::new(path);
        file.push(text, vec![Evidence::table("a test")]);
        file
    }

    fn dockerfile(image: &str) -> String {
        format!(
            "FROM {image} AS build\nWORKDIR /a\nRUN x\nFROM build AS dev\nFROM {image} AS runtime\n"
        )
    }

    fn new(image: &str, digest: &str) -> Pinning {
        let digests = Digests::from([(image.to_owned(), digest.to_owned())]);
        Pinning::New(digests, Evidence::table("the registry says so"))
    }

    /// What a run makes of a Dockerfile: the text that stands then, and what is without a digest.
    fn run(ours: &str, base: Option<&str>, stands: &str, pinning: &Pinning) -> (String, Action) {
        let mut files = [file("Dockerfile", ours)];
        let mut record = Record::default();
        if let Some(base) = base {
            record
                .files
                .insert("Dockerfile".to_owned(), base.to_owned());
        }
        let standing = |_: &str| Standing::Text(stands.to_owned());
        recognise(&files, &mut record, &standing);
        settle(&mut files, &mut record, &standing, pinning);
        let scope = Scope {
            covers: &|_| true,
            keep_mine: false,
        };
        let mut plan = plan(&files, &record, &standing, &scope);
        let planned = plan.files.remove(0);
        (planned.after.unwrap_or_default(), planned.action)
    }

    #[test]
    fn images_of_others_are_found_once() {
        let files = [
            file("Dockerfile", &dockerfile("python:3.13-slim")),
            file(
                "compose.yaml",
                "services:\n  a:\n    build: .\n  b:\n    image: postgres:18\n  c:\n    image: \"redis:8\"\n",
            ),
            file("k8s/deployment.yaml", "image: registry.example.com/a:1\n"),
            file("chart/values.yaml", "image:\n  tag: a:1\n"),
            file(
                "chart/templates/tests/connection.yaml",
                "- image: busybox:1.37.0\n- image: {{ include \"a.image\" . }}\n",
            ),
        ];
        assert_eq!(
            images(&files),
            [
                "python:3.13-slim",
                "postgres:18",
                "redis:8",
                "busybox:1.37.0"
            ]
        );
    }

    #[test]
    fn digests_are_added_changed_and_dropped() {
        let ours = dockerfile("python:3.13");
        let pinned = |digest: &str| dockerfile(&format!("python:3.13@{digest}"));
        let pin = |digest: &str| new("python:3.13", digest);
        for (base, stands, pinning, after) in [
            (&ours, &ours, pin(A), &pinned(A)),
            (&pinned(A), &pinned(A), pin(A), &pinned(A)),
            (&pinned(A), &pinned(A), pin(B), &pinned(B)),
            (&pinned(A), &pinned(A), Pinning::Keep, &pinned(A)),
            (&pinned(A), &pinned(A), Pinning::Drop, &ours),
            // Somebody else brought the digest up to date, or took it away.
            (&pinned(A), &pinned(B), Pinning::Keep, &pinned(B)),
            (&pinned(A), &pinned(B), pin(A), &pinned(A)),
            (&pinned(A), &pinned(B), Pinning::Drop, &ours),
            (&pinned(A), &ours, Pinning::Keep, &ours),
            (&ours, &pinned(B), Pinning::Keep, &pinned(B)),
        ] {
            let (text, action) = run(&ours, Some(base), stands, &pinning);
            assert_eq!(&text, after, "{pinning:?}");
            assert!(!matches!(action, Action::Conflict(_)), "{action:?}");
        }
        // The record was lost.
        let (text, action) = run(&ours, None, &pinned(A), &pin(B));
        assert_eq!((text, action), (pinned(B), Action::Update));
    }

    #[test]
    fn edits_beside_digests_stay() {
        let ours = dockerfile("python:3.13");
        let base = dockerfile(&format!("python:3.13@{A}"));
        // An image of the user's own stays, whatever ours is pinned to.
        let own = base.replace("python:3.13", "mirror.example/python:3.13");
        let (text, action) = run(&ours, Some(&base), &own, &new("python:3.13", B));
        assert_eq!((text, action), (own, Action::Unchanged));
        let edited = base.replace("RUN x", "RUN y").replace(A, B);
        let (text, _) = run(&ours, Some(&base), &edited, &Pinning::Keep);
        assert_eq!(text, edited);
        // A new tag has no digest yet, and the old one is not its.
        let newer = dockerfile("python:3.14");
        let (text, action) = run(&newer, Some(&base), &edited, &Pinning::Keep);
        assert_eq!(text, newer.replace("RUN x", "RUN y"));
        assert_eq!(action, Action::Merge);
    }

    #[test]
    fn new_files_take_the_digests_of_others_and_the_rest_is_named() {
        let mut files = [
            file("a/Dockerfile", "FROM a:1 AS build\n"),
            file("b/Dockerfile", "FROM a:1 AS build\nFROM b:1 AS runtime\n"),
        ];
        let standing = |path: &str| match path {
            "a/Dockerfile" => Standing::Text(format!("FROM --platform=x a:1@{A} AS build\n")),
            _ => Standing::Absent,
        };
        let mut record = Record::default();
        let without = settle(&mut files, &mut record, &standing, &Pinning::Keep);
        assert_eq!(without, ["b:1"]);
        assert_eq!(
            files[1].text(),
            format!("FROM a:1@{A} AS build\nFROM b:1 AS runtime\n")
        );
        assert_eq!(files[1].why(1).len(), 2);
    }

    #[test]
    fn what_is_no_digest_is_left_alone() {
        for text in [
            "FROM a:1@sha256:12 AS b\n",
            "FROM scratch\nFROM $BASE:1\n",
            "image: a\nimage:a:1\n  image: \n",
            "FROM",
            "FROM --x",
            "image: \"",
        ] {
            assert_eq!(bare(text), text);
        }
        assert_eq!(bare(&format!("x\n  image: 'a:1@{A}'")), "x\n  image: 'a:1'");
    }
}
