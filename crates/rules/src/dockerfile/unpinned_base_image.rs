//! # What it does
//! Finds base images, and images that files are copied from, without a tag or with the tag
//! `latest` (and no digest).
//!
//! # Why it matters
//! Without a tag the builder takes `latest`, which is whatever was pushed last. The same
//! Dockerfile gives another image next month, on a colleague's machine and in CI, and nobody can
//! tell from the file which one is running.
//!
//! Silent about images that the project builds itself: those of its Compose files, of a folder of
//! the same name with a Dockerfile, and of `docker build -t NAME` in scripts around the file. An image
//! named after a Dockerfile beside this one (`acme/worker-base`, `Dockerfile.base`) is for pedantic
//! reviews.
//!
//! # Example
//! ```dockerfile bad
//! FROM python
//! COPY app.py .
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile good
//! FROM python:3.13-slim-trixie
//! COPY app.py .
//! CMD ["python", "app.py"]
//! ```
//!
//! # References
//! - <https://docs.docker.com/build/building/best-practices/#pin-base-image-versions>

use plimsoll_dockerfile::{Base, Body, Mount, Word};
use plimsoll_oci::Reference;
use plimsoll_source::files::{file_name, parent};
use plimsoll_source::{Confidence, Severity};

use super::example_tags::example;
use crate::compose::unpinned_image::{built, is_known_official};
use crate::manifests::reach::any_text_around;
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "unpinned-base-image",
    summary: "a base image has no tag, or the tag `latest`",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "hadolint",
            id: "DL3006",
        },
        Alias {
            tool: "hadolint",
            id: "DL3007",
        },
        Alias {
            tool: "checkov",
            id: "CKV_DOCKER_7",
        },
        Alias {
            tool: "trivy",
            id: "DS-0001",
        },
        Alias {
            tool: "dockle",
            id: "DKL-DI-0006",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    for stage in &build.stages {
        let Base::Image(name) = &stage.base else {
            continue;
        };
        if let Body::From(from) = &build.file.instructions[stage.from].body {
            report(cx, input, "base image", name, &from.image);
        }
    }
    for (index, instruction) in build.file.instructions.iter().enumerate() {
        let sources: Vec<Word> = match &instruction.body {
            Body::Copy(_) => instruction
                .flags_named("from")
                .filter_map(|flag| flag.value.clone())
                .collect(),
            Body::Run(_) => instruction
                .flags_named("mount")
                .filter_map(Mount::read)
                .filter_map(|mount| mount.from)
                .collect(),
            _ => continue,
        };
        for word in sources {
            let (name, known) = build.expanded(index, &word);
            let before = build.stage_of(index).map_or(0, |stage| stage.index);
            // A word without a slash or colon that names no stage may be a named context, which
            // only the command line knows; with either it can only be an image.
            let image = name.contains(['/', ':']);
            if known && image && build.stage_named(&name, before).is_none() {
                report(cx, input, "image", &name, &word);
            }
        }
    }
}

fn report(cx: &mut Cx<'_>, input: &DockerfileInput<'_>, what: &str, name: &str, word: &Word) {
    let Ok(image) = Reference::parse(name) else {
        return;
    };
    if image.digest().is_some() {
        return;
    }
    let message = match image.tag() {
        None => format!("{what} `{name}` has no tag, so it is `latest`"),
        Some("latest") => format!("{what} `{name}` is whatever was pushed last"),
        Some(_) => return,
    };
    // OSS-Fuzz builds with what it has that day, and asks for no tag.
    let is_rolling = image.repository().starts_with("oss-fuzz-base/");
    if is_rolling || is_built_here(cx, input, &image) {
        return;
    }
    let beside = built_beside(cx, input, &image);
    let draft = cx
        .report(word.range, message)
        .note("the next build may start from another release, and the file does not say which");
    match beside {
        Some(file) => draft.strictness(Strictness::Pedantic).help(format!(
            "`{file}` seems to be what it is built from: give it a tag of its own where that is \
                 built, and name that here"
        )),
        None => draft.help(help(&image)),
    };
}

/// Whether the project builds the image itself, before this one: a service of a Compose file does,
/// a Dockerfile lies in a folder of its name, or a script around this file gives it the name. What
/// was built last is what is meant then.
fn is_built_here(cx: &Cx<'_>, input: &DockerfileInput<'_>, image: &Reference) -> bool {
    let project = cx.project;
    let file = input.unit.file;
    if cx
        .objects
        .built_by_compose(|| built(project))
        .contains(&image.full_name())
    {
        return true;
    }
    let is_another = image.is_official() && is_known_official(image.name());
    if is_another || image.domain() != "docker.io" {
        return false;
    }
    let own = parent(project.path(file));
    let below = cx.objects.dockerfiles_below(project, image.name());
    below.iter().any(|&number| {
        let folder = parent(project.path(project.dockerfiles[number as usize].file));
        folder != own && file_name(folder) == image.name()
    }) || any_text_around(cx, file, |text| {
        let name = image.familiar();
        text.match_indices(&*name).any(|(at, _)| {
            let before = text[..at].trim_end_matches(['"', '\'']);
            ["-t ", "--tag ", "--tag="]
                .iter()
                .any(|flag| before.ends_with(flag))
        })
    })
}

/// The Dockerfile beside this one after which an image is named: `Dockerfile.base` for
/// `acme/worker-base`; where the image has a registry of its own, by its whole name.
fn built_beside(cx: &Cx<'_>, input: &DockerfileInput<'_>, image: &Reference) -> Option<String> {
    if image.is_official() && is_known_official(image.name()) {
        return None;
    }
    let is_of_hub = image.domain() == "docker.io";
    let project = cx.project;
    let own = project.path(input.unit.file);
    let mut paths = project
        .dockerfiles
        .iter()
        .map(|unit| project.path(unit.file));
    let is_named = |path: &str| {
        let name = file_name(path);
        let kind = name
            .strip_prefix("Dockerfile.")
            .or_else(|| name.strip_prefix("dockerfile."))
            .or_else(|| name.strip_suffix(".Dockerfile"))
            .or_else(|| name.strip_suffix(".dockerfile"));
        kind.is_some_and(|kind| {
            let before = image.name().strip_suffix(kind);
            before.is_some_and(|rest| rest.is_empty() || is_of_hub && rest.ends_with(['-', '_']))
        })
    };
    let found = paths.find(|path| *path != own && parent(path) == parent(own) && is_named(path))?;
    Some(file_name(found).to_owned())
}

fn help(image: &Reference) -> String {
    // These move their tags with every build and number none of them.
    let repository = image.repository();
    if repository.starts_with("distroless/") || repository == "chainguard/wolfi-base" {
        return format!(
            "name the build that you tested by its digest: `{}@sha256:…`",
            image.familiar()
        );
    }
    match example(image) {
        Some(example) => format!("name the release that you tested, such as `{example}`"),
        None => format!(
            "name the release that you tested: `{}:RELEASE`",
            image.familiar()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn builders_that_are_meant_to_roll_have_no_tag() {
        let case = on(&RULE).dockerfile("FROM cgr.dev/chainguard/wolfi-base\n");
        let help = case.findings[0].help.as_deref().unwrap_or_default();
        assert!(help.contains("by its digest"), "{help}");
        on(&RULE)
            .dockerfile("FROM gcr.io/oss-fuzz-base/base-builder-python\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM gcr.io/acme/base-builder-python\n")
            .flags(&["1: gcr.io/acme/base-builder-python"]);
    }

    #[test]
    fn the_example_is_of_the_same_image() {
        for (from, example) in [
            ("alpine", "`alpine:3.23`"),
            ("ubuntu:latest", "`ubuntu:24.04`"),
            ("acme.test:5000/a/b:latest", "`acme.test:5000/a/b:RELEASE`"),
            (
                "gcr.io/distroless/static-debian12",
                "`gcr.io/distroless/static-debian12@sha256:…`",
            ),
        ] {
            let case = on(&RULE).dockerfile(&format!("FROM {from}\n"));
            let help = case.findings[0].help.clone().unwrap_or_default();
            assert!(help.contains(example), "{help}");
        }
    }

    #[test]
    fn images_without_a_release_are_found() {
        on(&RULE).dockerfile("FROM alpine\n").flags(&["1: alpine"]);
        on(&RULE)
            .dockerfile("FROM ghcr.io/acme/base:latest AS b\n")
            .flags(&["1: ghcr.io/acme/base:latest"]);
        on(&RULE)
            .dockerfile("ARG BASE=debian\nFROM --platform=linux/amd64 ${BASE}\n")
            .flags(&["2: ${BASE}"]);
        on(&RULE)
            .dockerfile("FROM alpine:3.22\nCOPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/\n")
            .flags(&["2: ghcr.io/astral-sh/uv:latest"]);
        on(&RULE)
            .dockerfile("FROM localhost:5000/base\n")
            .says(&["base image `localhost:5000/base` has no tag, so it is `latest`"]);
    }

    #[test]
    fn images_of_the_project_itself_are_left_alone() {
        let with = |from: &str, files: &str| {
            on(&RULE).files(&format!("//- /web/Dockerfile\nFROM {from}\n{files}"))
        };
        with(
            "acme/base:latest",
            "//- /base/Dockerfile\nFROM alpine:3.23\n",
        )
        .clean();
        with(
            "builder",
            "//- /Makefile\nbuilder:\n\tdocker build -t builder .\n",
        )
        .clean();
        with(
            "acme/base",
            "//- /compose.yaml\nservices:\n  base:\n    build: b\n    image: acme/base\n//- /b/Dockerfile\nFROM scratch\n",
        )
        .clean();
        with("nginx", "//- /nginx/Dockerfile\nFROM nginx:1.29\n")
            .flags(&["web/Dockerfile:1: nginx"]);
        with(
            "ghcr.io/acme/base",
            "//- /base/Dockerfile\nFROM alpine:3.23\n",
        )
        .flags(&["web/Dockerfile:1: ghcr.io/acme/base"]);
        with("acme/base", "//- /other/Dockerfile\nFROM alpine:3.23\n")
            .flags(&["web/Dockerfile:1: acme/base"]);
    }

    #[test]
    fn an_image_named_after_a_dockerfile_beside_is_for_pedantic_reviews() {
        let with = |from: &str, beside: &str| {
            on(&RULE).files(&format!(
                "//- /w/Dockerfile.llm\nFROM {from}\n//- /{beside}\nFROM alpine:3.23\n"
            ))
        };
        let case = with("acme/worker-base:latest", "w/Dockerfile.base").quiet_by_default();
        let help = case.findings[0].help.as_deref().unwrap_or_default();
        assert!(help.starts_with("`Dockerfile.base` seems"), "{help}");
        with("base", "w/base.Dockerfile").quiet_by_default();
        with("acme/worker-base", "other/Dockerfile.base").loud_by_default();
        with("acme/database", "w/Dockerfile.base").loud_by_default();
        with("acme/workerbase", "w/Dockerfile.base").loud_by_default();
        with("ghcr.io/acme/worker-base", "w/Dockerfile.base").loud_by_default();
        with("ghcr.io/acme/build-image", "w/dockerfile.build-image").quiet_by_default();
    }

    #[test]
    fn what_is_pinned_or_no_image_is_left_alone() {
        on(&RULE).dockerfile("FROM scratch\n").clean();
        on(&RULE)
            .dockerfile("FROM alpine:3.22 AS build\nFROM build\nCOPY --from=build /a /b\n")
            .clean();
        on(&RULE)
            .dockerfile(
                "FROM alpine@sha256:\
                 0123456789012345678901234567890123456789012345678901234567890123\n",
            )
            .clean();
        on(&RULE).dockerfile("ARG BASE\nFROM $BASE\n").clean();
        on(&RULE)
            .dockerfile("FROM alpine:3.22\nCOPY --from=assets /a /b\n")
            .clean();
    }
}
