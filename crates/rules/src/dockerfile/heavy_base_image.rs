//! # What it does
//! Finds images that ship on the full variant of a language image, or on a JDK where a JRE would
//! do, and names the lighter choice with its size.
//!
//! # Why it matters
//! The full variants of the Docker Official language images carry compilers, version control and
//! some 400 development packages, so that anything can be built in them. A running service needs
//! none of it: every node pulls a gigabyte, and scanners find hundreds of flaws in programs that
//! are never run.
//!
//! Silent in stages that do not ship, for tags that no official image has, and where ONBUILD makes the image a base to build in: the
//! full variant is right for building. Pedantic for images of tests and of development.
//!
//! The sizes are those that `docker images` prints for linux/amd64 (unpacked layers, in decimal
//! units), rounded; they come from the images' published listings as of 2026 and change by a few
//! per cent from release to release. Older releases, for which they are not right, get none.
//!
//! # Example
//! ```dockerfile bad
//! FROM python:3.13
//! COPY app.py .
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile good
//! FROM python:3.13-slim
//! COPY app.py .
//! CMD ["python", "app.py"]
//! ```
//!
//! # References
//! - <https://hub.docker.com/_/python#image-variants>
//! - <https://docs.docker.com/build/building/best-practices/#choose-the-right-base-image>

use plimsoll_dockerfile::{Base, Body, Build, Stage};
use plimsoll_oci::Reference;
use plimsoll_source::files::{file_name, parent};
use plimsoll_source::{Confidence, Severity};

use super::build_context::listed;
use super::facts::calls::calls;
use super::purpose::is_for_development;
use super::shipped::{lineage, shipped};
use crate::compose::siblings::is_for_tests;
use crate::{Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "heavy-base-image",
    summary: "the image ships on a base made for building",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Dockerfile(check)],
};

/// A language image whose full variant is heavy.
struct Heavy {
    /// The official image.
    image: &'static str,
    /// The oldest release that has about these sizes.
    since: (u32, u32),
    /// Size of the full variant in MB.
    size: u32,
    /// What to append to the release, or to put in the place of `jdk`.
    lighter: &'static str,
    /// Its size in MB.
    lighter_size: u32,
}

const fn heavy(
    image: &'static str,
    since: (u32, u32),
    size: u32,
    lighter: &'static str,
    lighter_size: u32,
) -> Heavy {
    Heavy {
        image,
        since,
        size,
        lighter,
        lighter_size,
    }
}

const TABLE: &[Heavy] = &[
    heavy("node", (18, 0), 1100, "slim", 230),
    heavy("perl", (5, 34), 900, "slim", 140),
    heavy("pypy", (3, 9), 1000, "slim", 250),
    heavy("python", (3, 9), 1020, "slim", 130),
    heavy("ruby", (3, 1), 1000, "slim", 220),
    heavy("eclipse-temurin", (17, 0), 440, "jre", 270),
];

/// Programs of the full variants that `-slim` lacks and build steps like to call, with the
/// package that brings each.
const LACKING: &[(&str, &str)] = &[
    ("curl", "curl"),
    ("git", "git"),
    ("gpg", "gnupg"),
    ("hg", "mercurial"),
    ("make", "make"),
    ("patch", "patch"),
    ("ssh", "openssh-client"),
    ("svn", "subversion"),
    ("unzip", "unzip"),
    ("wget", "wget"),
];

/// Parts of a tag that say it is not the full variant.
const LIGHT: &[&str] = &[
    "slim",
    "alpine",
    "jre",
    "windowsservercore",
    "nanoserver",
    "distroless",
    "ubi9",
    "ubi10",
];

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    let Some(stage) = shipped(input.unit) else {
        return;
    };
    // A stage without a process of its own is a toolbox.
    if !super::shipped::starts_process(stage) {
        return;
    }
    let Some(bottom) = lineage(build, stage).last().copied() else {
        return;
    };
    let (Base::Image(name), Body::From(from)) =
        (&bottom.base, &build.file.instructions[bottom.from].body)
    else {
        return;
    };
    let Ok(image) = Reference::parse(name) else {
        return;
    };
    if image.domain() != "docker.io" {
        return;
    }
    let Some(own) = image.repository().strip_prefix("library/") else {
        return;
    };
    let Some(row) = TABLE.iter().find(|row| row.image == own) else {
        return;
    };
    // A digest alone does not tell which variant it is.
    if image.tag().is_none() && image.digest().is_some() {
        return;
    }
    let tag = image.tag().unwrap_or("latest");
    let light = tag
        .split(['-', '_'])
        .any(|part| LIGHT.iter().any(|mark| part.starts_with(mark)));
    if light || !is_official(tag) {
        return;
    }
    if lineage(build, stage)
        .iter()
        .any(|stage| is_for_builds(build, stage))
    {
        return;
    }
    let better = lighter(own, tag, row.lighter);
    let mut note =
        "it carries compilers and development packages that a running service never uses"
            .to_owned();
    let size = if is_measured(row, tag) {
        note.push_str("; sizes are those of the current release, as `docker images` prints them");
        format!(
            " (about {} MB instead of {} MB)",
            row.lighter_size, row.size
        )
    } else {
        String::new()
    };
    let needed: Vec<&str> = LACKING
        .iter()
        .filter(|(program, package)| {
            row.lighter == "slim" && is_called(input, stage, program, package)
        })
        .map(|(_, package)| *package)
        .collect();
    let install = if needed.is_empty() {
        String::new()
    } else {
        format!(
            ", install {} there, which a step calls and `{}` lacks,",
            listed(&needed, 4),
            row.lighter
        )
    };
    let path = cx.project.path(input.unit.file);
    let in_dev = parent(path)
        .split('/')
        .any(|folder| matches!(folder, "dev" | "devel" | "development" | "local"));
    let strictness = if in_dev || is_for_tests(path) || is_for_development(file_name(path), stage) {
        Strictness::Pedantic
    } else {
        Strictness::Default
    };
    cx.report(
        from.image.range,
        format!("the image ships on `{name}`, a variant made for building"),
    )
    .strictness(strictness)
    .note(note)
    .help(format!(
        "ship on `{better}`{size}{install} and build what needs a compiler in a stage of its own"
    ))
    .subject(format!("stage/{}", stage.index));
}

/// Whether ONBUILD makes the stage a base that others build in.
fn is_for_builds(build: &Build, stage: &Stage) -> bool {
    stage.instructions.clone().any(|index| {
        matches!(&build.file.instructions[index].body, Body::Onbuild(inner)
            if matches!(inner.body, Body::Run(_)))
    })
}

/// Whether the table's sizes are about right for the release that a tag names. A tag without a
/// number is the current release.
fn is_measured(row: &Heavy, tag: &str) -> bool {
    let release = tag.split(['-', '_', '+']).next().unwrap_or("");
    let mut numbers = release
        .split('.')
        .map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (None, _) => true,
        // A bare `3` is the newest of its line.
        (Some(major), None) => major >= row.since.0,
        (Some(major), Some(minor)) => (major, minor) >= row.since,
    }
}

/// Whether a step of the stage calls a program that no step installs.
fn is_called(input: &DockerfileInput<'_>, stage: &Stage, program: &str, package: &str) -> bool {
    let build = &input.unit.build;
    let line = lineage(build, stage);
    let own = |index: usize| line.iter().any(|stage| stage.instructions.contains(&index));
    let called = (0..build.file.instructions.len())
        .filter(|&index| own(index))
        .any(|index| {
            calls(build, index)
                .iter()
                .any(|call| call.program == program)
        });
    let installed = || {
        let mut steps = input
            .facts
            .packages
            .iter()
            .filter(|step| own(step.instruction));
        steps.any(|step| step.packages.iter().any(|one| &*one.name == package))
    };
    called && !installed()
}

/// Whether a tag can be one of an official image: others are made by hand and stay where they are
/// made.
fn is_official(tag: &str) -> bool {
    const NAMES: [&str; 18] = [
        "bookworm", "bullseye", "buster", "current", "jammy", "jessie", "jod", "latest", "lts",
        "mainline", "noble", "onbuild", "rc", "sid", "stable", "stretch", "trixie", "wheezy",
    ];
    let first = tag.split(['-', '.', '_']).next().unwrap_or_default();
    let first = first.to_ascii_lowercase();
    first.starts_with(|c: char| c.is_ascii_digit()) || NAMES.contains(&&*first)
        // Names of releases of Node.js.
        || ["argon", "boron", "carbon", "dubnium", "erbium", "fermium", "gallium", "hydrogen", "iron", "krypton"]
            .contains(&&*first)
}

fn lighter(image: &str, tag: &str, variant: &str) -> String {
    if tag == "latest" {
        return format!("{image}:{variant}");
    }
    if variant == "jre" {
        return if tag.contains("jdk") {
            format!("{image}:{}", tag.replacen("jdk", "jre", 1))
        } else {
            let (release, rest) = tag.split_once('-').unwrap_or((tag, ""));
            let rest = if rest.is_empty() {
                String::new()
            } else {
                format!("-{rest}")
            };
            format!("{image}:{release}-jre{rest}")
        };
    }
    // python has `3.13-slim-trixie`, node and ruby have `22-trixie-slim` and `3.4-slim-trixie`.
    match (image, tag.split_once('-')) {
        ("node", Some(_)) | (_, None) => format!("{image}:{tag}-{variant}"),
        (_, Some((release, rest))) => format!("{image}:{release}-{variant}-{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn full_variants_that_ship_are_found() {
        let case = on(&RULE)
            .dockerfile("FROM node:22\nCMD [\"a\"]\n")
            .flags(&["1: node:22"]);
        assert!(
            case.findings[0]
                .help
                .as_deref()
                .is_some_and(|help| help.contains("`node:22-slim`"))
        );
        let case = on(&RULE)
            .dockerfile("FROM python:3.13-bookworm AS b\nFROM b\nCMD [\"a\"]\n")
            .flags(&["1: python:3.13-bookworm"]);
        let help = case.findings[0].help.clone().unwrap_or_default();
        assert!(help.contains("`python:3.13-slim-bookworm`"), "{help}");
        let case = on(&RULE)
            .dockerfile("FROM eclipse-temurin:21-jdk-noble\nENTRYPOINT [\"java\"]\n")
            .flags(&["1: eclipse-temurin:21-jdk-noble"]);
        let help = case.findings[0].help.clone().unwrap_or_default();
        assert!(help.contains("`eclipse-temurin:21-jre-noble`"), "{help}");
    }

    #[test]
    fn tags_that_no_official_image_has_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM node:base\nCMD [\"a\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM node:lts\nCMD [\"a\"]\n")
            .flags(&["1: node:lts"]);
    }

    #[test]
    fn sizes_are_given_where_they_are_right_and_what_is_called_is_named() {
        let help = |text: &str| on(&RULE).dockerfile(text).help();
        assert!(help("FROM node:22\nCMD [\"a\"]\n").contains("230 MB"));
        assert!(help("FROM python:3\nCMD [\"a\"]\n").contains("130 MB"));
        assert!(!help("FROM node:8.11\nCMD [\"a\"]\n").contains("MB"));
        assert!(!help("FROM python:2.7.15-stretch\nCMD [\"a\"]\n").contains("MB"));
        let text = "FROM python:3.13\nRUN curl -f x > y && git clone z\nCMD [\"a\"]\n";
        assert!(
            help(text).contains("install `curl` and `git` there"),
            "{}",
            help(text)
        );
        let text = "FROM python:3.13\nRUN apt-get update && apt-get install -y curl && curl x\nCMD [\"a\"]\n";
        assert!(!help(text).contains("there"));
    }

    #[test]
    fn images_of_tests_and_of_development_are_for_the_pedantic() {
        let full = "FROM node:22 AS development\nCMD [\"npm\", \"start\"]\n";
        on(&RULE).dockerfile(full).quiet_by_default();
        on(&RULE)
            .files("//- /tests/Dockerfile\nFROM node:22\nCMD [\"a\"]\n")
            .quiet_by_default();
        on(&RULE)
            .files("//- /web/dev.Dockerfile\nFROM node:22\nCMD [\"a\"]\n")
            .quiet_by_default();
        let compose = |target: &str| {
            on(&RULE).files(&format!(
                "//- /compose.yaml\nservices: {{a: {{build: {{context: ., target: {target}}}}}}}\n//- \
                 /Dockerfile\n{full}FROM node:22 AS server\nCMD [\"node\", \"a\"]\nFROM nginx:1.29\n"
            ))
        };
        // What development is started with is not what ships.
        compose("development").clean();
        compose("server").flags(&["Dockerfile:3: node:22"]);
    }

    #[test]
    fn light_variants_and_builders_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM node:22-alpine3.22\nCMD [\"a\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM python:3.13-slim\nCMD [\"a\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM eclipse-temurin:21-jre\nCMD [\"a\"]\n")
            .clean();
        on(&RULE)
            .dockerfile(
                "FROM node:22 AS build\nFROM nginx:1.29\nCOPY --from=build /a /b\nCMD [\"a\"]\n",
            )
            .clean();
        on(&RULE)
            .dockerfile("FROM node:22\nONBUILD COPY . .\nONBUILD RUN npm ci\nCMD [\"a\"]\n")
            .clean();
        on(&RULE).dockerfile("FROM python:3.13\nRUN make\n").clean();
        on(&RULE)
            .dockerfile("FROM acme/python:3.13\nCMD [\"a\"]\n")
            .clean();
    }

    #[test]
    fn a_digest_alone_does_not_tell_the_variant() {
        let digest = format!("sha256:{}", "a1".repeat(32));
        on(&RULE)
            .dockerfile(&format!("FROM python@{digest}\nCMD [\"a\"]\n"))
            .clean();
        on(&RULE)
            .dockerfile(&format!("FROM python:3.13@{digest}\nCMD [\"a\"]\n"))
            .loud_by_default();
    }

    #[test]
    fn an_image_in_a_folder_for_development_is_pedantic() {
        let text = "FROM python:3.13\nCMD [\"a\"]\n";
        on(&RULE)
            .files(&format!("//- /docker/dev/Dockerfile\n{text}"))
            .quiet_by_default();
        on(&RULE)
            .files(&format!("//- /docker/web/Dockerfile\n{text}"))
            .loud_by_default();
    }
}
