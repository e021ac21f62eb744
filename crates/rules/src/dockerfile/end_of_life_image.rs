//! # What it does
//! Finds base images whose distribution or runtime gets no more security fixes.
//!
//! # Why it matters
//! A release past its end is not rebuilt: flaws that are found in it stay in the image for good,
//! and its package mirrors are switched off sooner or later, which breaks the build.
//!
//! The dates come from a table (source: endoflife.date, 2026-08) and are compared with the day of
//! the review. Debian counts until the end of its LTS. Tags that move (`latest`, `3`) are silent.
//!
//! # Example
//! ```dockerfile bad
//! FROM python:3.8-slim
//! ```
//! ```dockerfile good
//! FROM python:3.13-slim
//! ```
//!
//! # References
//! - <https://endoflife.date/>

use plimsoll_dockerfile::{Base, Body};
use plimsoll_oci::Reference;
use plimsoll_source::{Confidence, Severity};

use super::releases::{RELEASES, Release, release};
use crate::{Check, Cx, Date, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "end-of-life-image",
    summary: "a base image gets no more security fixes",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
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
        let ended = releases(&image)
            .into_iter()
            .find(|release| release.end < cx.today);
        let Some(ended) = ended else { continue };
        let help = match newest(ended, cx.today) {
            Some(newer) => format!(
                "move to a release that is supported, such as {}",
                newer.name
            ),
            None => "move to a release that is supported".to_owned(),
        };
        cx.report(
            from.image.range,
            format!(
                "`{name}`: {} has had no security fixes since {}",
                ended.name, ended.end
            ),
        )
        .note("flaws found in it since then stay in the image")
        .help(help);
    }
}

/// The releases that an official image's tag names: its own and that of the distribution below.
fn releases(image: &Reference) -> Vec<&'static Release> {
    let Some(tag) = image.tag() else {
        return Vec::new();
    };
    let repository = image.repository();
    let mut found = Vec::new();
    let own = match image.domain() {
        "docker.io" => repository.strip_prefix("library/"),
        "mcr.microsoft.com" if repository.starts_with("dotnet/") => Some("dotnet"),
        "public.ecr.aws" => repository.strip_prefix("docker/library/"),
        _ => None,
    };
    let Some(own) = own else { return found };
    found.extend(release(own, tag));
    // `3.12-slim-buster`, `20-alpine3.17`: the distribution is named in a later part.
    for part in tag.split('-') {
        if let Some(version) = part.strip_prefix("alpine") {
            found.extend(release("alpine", version));
        }
        for distribution in ["debian", "ubuntu"] {
            let named = part.starts_with(|c: char| c.is_ascii_alphabetic());
            found.extend(release(distribution, part).filter(|_| named));
        }
    }
    found
}

/// The release of the same image that is supported longest, for the advice.
fn newest(ended: &Release, today: Date) -> Option<&'static Release> {
    RELEASES
        .iter()
        .filter(|release| release.image == ended.image && release.end >= today)
        .max_by_key(|release| release.end)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn ended_releases_are_found() {
        on(&RULE)
            .dockerfile("FROM node:18.20-alpine\n")
            .says(&["`node:18.20-alpine`: Node.js 18 has had no security fixes since 2025-04-30"]);
        on(&RULE)
            .dockerfile("FROM python:3.12-slim-buster\n")
            .says(&[
                "`python:3.12-slim-buster`: Debian 10 has had no security fixes since 2024-06-30",
            ]);
        on(&RULE)
            .dockerfile("FROM alpine:3.15.4 AS a\nFROM a\n")
            .flags(&["1: alpine:3.15.4"]);
        on(&RULE)
            .dockerfile("FROM mcr.microsoft.com/dotnet/aspnet:6.0\n")
            .flags(&["1: mcr.microsoft.com/dotnet/aspnet:6.0"]);
        on(&RULE)
            .dockerfile("FROM php:8.3-fpm-alpine3.17\n")
            .flags(&["1: php:8.3-fpm-alpine3.17"]);
    }

    #[test]
    fn supported_moving_and_foreign_images_are_left_alone() {
        for image in [
            "python:3.13-slim",
            "python:3",
            "node:lts",
            "node:22.3.0-bookworm",
            "debian:bookworm-slim",
            "alpine",
            "ghcr.io/acme/python:3.6",
            "acme/node:12",
            "ubuntu:24.04",
            "postgres:16.4-alpine3.22",
        ] {
            on(&RULE).dockerfile(&format!("FROM {image}\n")).clean();
        }
    }
}
