//! What the content of a file says about it, and its parsed form.
//!
//! A glance at the bytes comes before every parse: nearly all YAML and JSON of a repository is
//! neither for Compose nor for Kubernetes.

use std::sync::Arc;

use plimsoll_compose::NameRole;
use plimsoll_dockerfile as dockerfile;
use plimsoll_dockerfile::ignore::Ignore;
use plimsoll_dockerfile::{Body, Build};
use plimsoll_k8s::DocumentClass;
use plimsoll_source::TextRange;
use plimsoll_yaml as yaml;

use super::Candidate;
use super::names::Guess;
use crate::snapshot::{ReadError, Reason};

/// The largest JSON file that a walk reads. Manifests are far smaller; recorded data is not.
const MAX_FOUND_JSON: u64 = 4 * 1024 * 1024;

/// A file, read and parsed.
#[derive(Debug)]
pub enum Content {
    /// A Dockerfile.
    Dockerfile(Arc<str>, Box<Build>),
    /// A `.dockerignore`.
    Ignore(Arc<str>, Ignore),
    /// A Compose file.
    Compose(Arc<str>, yaml::Tree, NameRole),
    /// A manifest or a kustomization.
    Manifest(Arc<str>, yaml::Tree),
    /// Recognised and left alone.
    Left(Reason),
    /// Should have been reviewed and is not text.
    Unreadable(ReadError),
    /// Nothing to review.
    Nothing,
}

/// Whether a walk reads a file of this name and size.
pub fn worth_reading(guess: Guess, len: u64) -> bool {
    guess != Guess::Nothing && (guess != Guess::Json || len <= MAX_FOUND_JSON)
}

/// Decides what a file is and parses it as that.
pub fn classify(candidate: &Candidate, bytes: Vec<u8>) -> Content {
    let guess = match candidate.guess {
        // Somebody names it, so it is something; its content tells what.
        Guess::Nothing | Guess::MaybeDockerfile => {
            if begins_like_dockerfile(&bytes) {
                Guess::Dockerfile
            } else if candidate.named && Glance::at_yaml(&bytes).is_certain() {
                Guess::Yaml
            } else {
                return Content::Nothing;
            }
        }
        guess => guess,
    };
    let seen = match guess {
        Guess::Yaml | Guess::TemplatedYaml => Some(Glance::at_yaml(&bytes)),
        Guess::Json => Some(Glance::at_json(&bytes)),
        _ => None,
    };
    let role = plimsoll_compose::role_of_path(&candidate.path);
    if let Some(seen) = seen {
        // The first form of Compose files had no word of its own at the top.
        if !seen.any() && role == NameRole::Other && !candidate.named {
            return Content::Nothing;
        }
        if guess == Guess::TemplatedYaml {
            let is_ours = seen.is_object() || seen.services;
            return if is_ours {
                Content::Left(Reason::Template)
            } else {
                Content::Nothing
            };
        }
    }
    let text: Arc<str> = match String::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to() as u64;
            return Content::Unreadable(ReadError::NotUtf8(offset));
        }
    };
    match (guess, seen) {
        (Guess::Dockerfile, _) => {
            let build = Build::new(dockerfile::parse(Arc::clone(&text)));
            if is_templated_dockerfile(&build) {
                Content::Left(Reason::Template)
            } else {
                Content::Dockerfile(text, Box::new(build))
            }
        }
        (Guess::Ignore, _) => {
            let ignore = dockerfile::ignore::parse(Arc::clone(&text));
            Content::Ignore(text, ignore)
        }
        (Guess::Kustomization, _) => {
            let tree = yaml::parse(Arc::clone(&text), yaml::Dialect::GoV2);
            left_as_template(&tree).unwrap_or(Content::Manifest(text, tree))
        }
        (_, Some(seen)) => yaml_content(candidate, role, seen, text),
        _ => Content::Nothing,
    }
}

/// Compose or Kubernetes, or something encrypted or templated.
fn yaml_content(candidate: &Candidate, role: NameRole, seen: Glance, text: Arc<str>) -> Content {
    let named_compose = role != NameRole::Other;
    if (seen.services || named_compose) && !seen.is_object() {
        let tree = yaml::parse(Arc::clone(&text), yaml::Dialect::Core);
        // A broken file is what its name and its words say.
        let broken = !tree.errors().is_empty() && named_compose && seen.services;
        if broken || plimsoll_compose::looks_like_compose(&candidate.path, &tree) {
            return left_as_template(&tree).unwrap_or(Content::Compose(text, tree, role));
        }
        if !seen.sops && !seen.api_version && !seen.kind && !candidate.named {
            return Content::Nothing;
        }
    }
    let tree = yaml::parse(Arc::clone(&text), yaml::Dialect::GoV2);
    let classes: Vec<DocumentClass> = tree
        .documents()
        .filter_map(yaml::Document::root)
        .map(plimsoll_k8s::classify)
        .collect();
    let is = |class| classes.contains(&class);
    let broken = !tree.errors().is_empty()
        && seen.is_object()
        && classes.iter().all(|class| *class == DocumentClass::Other);
    let ours = broken
        || is(DocumentClass::Manifest)
        || is(DocumentClass::Incomplete)
        || is(DocumentClass::Kustomization);
    let encrypted = is(DocumentClass::Encrypted)
        || seen.sops
            && tree
                .documents()
                .filter_map(yaml::Document::root)
                .any(plimsoll_k8s::documents::is_sops_encrypted);
    if !ours && encrypted {
        return Content::Left(Reason::Sops);
    }
    if !ours && !candidate.named {
        return Content::Nothing;
    }
    left_as_template(&tree).unwrap_or(Content::Manifest(text, tree))
}

/// Words at the beginnings of lines.
#[derive(Clone, Copy, Debug, Default)]
struct Glance {
    api_version: bool,
    kind: bool,
    services: bool,
    sops: bool,
}

impl Glance {
    fn any(self) -> bool {
        self.api_version || self.kind || self.services || self.sops
    }

    fn is_object(self) -> bool {
        self.api_version && self.kind
    }

    /// Whether a file of any name is worth a parse.
    fn is_certain(self) -> bool {
        self.is_object() || self.services || self.sops
    }

    fn at_yaml(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        // `{{` and `{%` begin a template.
        let start = bytes.trim_ascii_start();
        if matches!(start, [b'[', ..] | [b'{', b'\0'..=b'z', ..]) && !start.starts_with(b"{%") {
            return Self::at_json(bytes);
        }
        let mut seen = Self::default();
        for line in bytes.split(|byte| *byte == b'\n') {
            // A document may begin on the line of its marker.
            let line = line.strip_prefix(b"--- ").unwrap_or(line);
            let line = line
                .strip_prefix(b"\"")
                .or(line.strip_prefix(b"'"))
                .unwrap_or(line);
            match line.first() {
                Some(b'a') => seen.api_version |= line.starts_with(b"apiVersion"),
                Some(b'k') => seen.kind |= line.starts_with(b"kind"),
                Some(b's') => {
                    seen.services |= line.starts_with(b"services");
                    seen.sops |= line.starts_with(b"sops");
                }
                Some(b'{') => {
                    let inline = Self::at_json(line);
                    seen.api_version |= inline.api_version;
                    seen.kind |= inline.kind;
                }
                _ => {}
            }
        }
        seen
    }

    fn at_json(bytes: &[u8]) -> Self {
        let mut seen = Self::default();
        let mut rest = bytes;
        // Only what follows a quote can be a key.
        while let Some(quote) = rest.iter().position(|byte| *byte == b'"') {
            rest = &rest[quote + 1..];
            match rest.first() {
                Some(b'a') => seen.api_version |= rest.starts_with(b"apiVersion\""),
                Some(b'k') => seen.kind |= rest.starts_with(b"kind\""),
                Some(b's') => {
                    seen.services |= rest.starts_with(b"services\"");
                    seen.sops |= rest.starts_with(b"sops\"");
                }
                _ => {}
            }
        }
        // Other JSON has one of these keys often, both of them hardly ever.
        let both = seen.is_object();
        Self {
            api_version: both,
            kind: both,
            ..seen
        }
    }
}

/// Whether the first word that is not in a comment is one that a Dockerfile can begin with.
fn begins_like_dockerfile(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(64 * 1024)];
    let text = String::from_utf8_lossy(head);
    let line = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    let mut words = line.unwrap_or_default().split_whitespace();
    let first = words.next().unwrap_or_default();
    let known = first.eq_ignore_ascii_case("FROM") || first.eq_ignore_ascii_case("ARG");
    // `from x import y` begins a file of Python.
    known && words.next().is_some() && !words.any(|word| word == "import")
}

const MARKS: [&str; 3] = ["{{", "{%", "<%"];

fn has_mark(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}

/// Whether the text only becomes a Dockerfile when something fills it in.
fn is_templated_dockerfile(build: &Build) -> bool {
    let text: &str = &build.file.text;
    // Maven fills in `${pkg.name}`: the builder knows no variable with a dot in its name. In RUN it
    // may be text of another language, and one alone a slip.
    let instructions = &build.file.instructions;
    let filled_in = instructions
        .iter()
        .filter(|one| !matches!(one.body, Body::Run(_)))
        .any(|one| properties(one.args.of(text)) > 0);
    if filled_in && properties(text) > 1 {
        return true;
    }
    if !has_mark(text) {
        return false;
    }
    let from = build.file.instructions.iter().any(|instruction| {
        matches!(instruction.body, Body::From(_)) && has_mark(instruction.args.of(text))
    });
    from || build
        .file
        .errors
        .iter()
        .any(|error| has_mark(line_of(text, error.range)))
}

/// How many properties as Maven and Ant fill them in are in a text: `${pkg.name}`.
fn properties(text: &str) -> usize {
    let is_property = |rest: &&str| {
        let name = rest.split('}').next().unwrap_or("");
        let word = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        name.len() < 80 && name.contains('.') && name.split('.').all(word)
    };
    text.split("${").skip(1).filter(is_property).count()
}

/// [`Reason::Template`] if the text only becomes YAML when something fills it in.
fn left_as_template(tree: &yaml::Tree) -> Option<Content> {
    let text = tree.text();
    let breaks = |error: &yaml::SyntaxError| {
        let line = line_of(text, error.range);
        has_mark(line) || line.trim_start().starts_with("${") || has_at_mark(line)
    };
    let errors = tree.errors();
    let is_template = errors.iter().any(breaks)
        || has_ytt(text)
        || has_mark(text) && (!errors.is_empty() && has_statement(text) || has_bare_mark(tree));
    is_template.then_some(Content::Left(Reason::Template))
}

/// Whether a value is a name between `@`, as Autoconf and many scripts fill them in:
/// `name: @NAME@`. No plain text of YAML starts so.
fn has_at_mark(line: &str) -> bool {
    line.match_indices(" @").any(|(at, mark)| {
        let rest = &line[at + mark.len()..];
        let name = rest.split('@').next().unwrap_or_default();
        let is_name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        name.len() > 1 && name.len() < rest.len() && name.bytes().all(is_name)
    })
}

/// Whether ytt fills the text in: its code stands in comments, `#@ name` and `#@ def f():`.
fn has_ytt(text: &str) -> bool {
    text.contains("#@ ")
        && text.lines().any(|line| {
            let code = line.split_once("#@ ").map(|(before, _)| before.trim_end());
            code.is_some_and(|before| before.is_empty() || before.ends_with([':', '-']))
        })
}

/// Whether a line stands outside the language: `{% if x %}`, `<% end %>`.
fn has_statement(text: &str) -> bool {
    let mut lines = text.lines();
    lines.any(|line| line.starts_with("{%") || line.starts_with("<%") || line.starts_with("{{"))
}

/// Whether some value is a placeholder without quotes: `{{ x }}` reads as a mapping in a mapping,
/// `<%= x %>` as a plain scalar.
fn has_bare_mark(tree: &yaml::Tree) -> bool {
    let mut left: Vec<yaml::Node<'_>> = tree.documents().filter_map(yaml::Document::root).collect();
    while let Some(node) = left.pop() {
        match (node.kind(), node.style()) {
            (yaml::Kind::Mapping, yaml::Style::Flow) if node.source().starts_with("{{") => {
                return true;
            }
            (yaml::Kind::Mapping, _) => {
                left.extend(node.entries().flat_map(|entry| [entry.key, entry.value]));
            }
            (yaml::Kind::Sequence, _) => left.extend(node.items()),
            (yaml::Kind::Scalar, yaml::Style::Plain) if node.source().contains("<%") => {
                return true;
            }
            _ => {}
        }
    }
    false
}

/// The line on which a range begins.
fn line_of(text: &str, range: TextRange) -> &str {
    let at = (range.start as usize).min(text.len());
    let (front, back) = (&text.as_bytes()[..at], &text.as_bytes()[at..]);
    let start = front
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |n| n + 1);
    let end = back
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(text.len(), |n| at + n);
    text.get(start..end).unwrap_or_default()
}
