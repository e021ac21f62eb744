//! # What it does
//! Finds base images named by a tag without a digest.
//!
//! # Why it matters
//! A tag can be moved to another image at any time; a digest cannot. Organisations that must
//! reproduce a build byte for byte, or prove what went into it, pin digests and let a bot renew
//! them. It costs that bot: without it, pinned images miss security updates. That is why this
//! rule speaks only at `--strictness auditor`.
//!
//! # Example
//! ```dockerfile bad
//! FROM python:3.13-slim-trixie
//! ```
//! ```dockerfile good
//! FROM python:3.13-slim-trixie@sha256:3c1fd2bd9ec4aae1c2d8bbb9b2a1ba9a0c3fbd9ad8ab6e1ff4e0cbdfdfdd8e3a
//! ```
//!
//! # References
//! - <https://docs.docker.com/build/building/best-practices/#pin-base-image-versions>

use plimsoll_dockerfile::{Base, Body};
use plimsoll_oci::Reference;
use plimsoll_source::{Confidence, Severity};

use crate::{Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "mutable-base-image",
    summary: "a base image is named by a tag that can be moved",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Auditor,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    for stage in &build.stages {
        let Base::Image(name) = &stage.base else {
            continue;
        };
        let Body::From(from) = &build.file.instructions[stage.from].body else {
            continue;
        };
        let Ok(image) = Reference::parse(name) else {
            continue;
        };
        if image.digest().is_some() {
            continue;
        }
        cx.report(
            from.image.range,
            format!("base image `{name}` is not pinned to a digest"),
        )
        .note("its publisher can move the tag to another image")
        .help("append the digest of the image you tested: `docker buildx imagetools inspect`");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn tags_without_a_digest_are_found() {
        on(&RULE)
            .dockerfile("FROM alpine:3.22\n")
            .flags(&["1: alpine:3.22"]);
        on(&RULE)
            .dockerfile("ARG V=1.2\nFROM acme/base:${V}\n")
            .flags(&["2: acme/base:${V}"]);
        on(&RULE)
            .dockerfile("FROM a:1 AS b\nFROM b\nFROM c:2\n")
            .flags(&["1: a:1", "3: c:2"]);
    }

    #[test]
    fn digests_stages_and_scratch_are_left_alone() {
        on(&RULE)
            .dockerfile(
                "FROM a:1@sha256:\
                 0123456789012345678901234567890123456789012345678901234567890123 AS b\nFROM b\n",
            )
            .clean();
        on(&RULE).dockerfile("FROM scratch\n").clean();
        on(&RULE).dockerfile("ARG BASE\nFROM $BASE\n").clean();
    }
}
