//! # What it does
//! Finds images whose distribution, runtime or server gets no more security fixes: base images in
//! Dockerfiles, images that Compose services and containers of workloads run.
//!
//! # Why it matters
//! A release past its end is not rebuilt: flaws that are found in it stay in the image for good,
//! and its package mirrors are switched off sooner or later, which breaks the build.
//!
//! The dates come from a table (source: endoflife.date, 2026-08) and are compared with the day of
//! the review. Debian counts until the end of its LTS. Tags that move (`latest`, `3`) are silent,
//! unless a step of the stage points the package manager to the archive of ended releases. Where MySQL is
//! started with an option that its supported releases refuse, the advice names it.
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

use plimsoll_compose::{Command, Service};
use plimsoll_dockerfile::{Base, Body, Build, Stage};
use plimsoll_oci::Reference;
use plimsoll_source::{Confidence, Severity, TextRange};

use super::releases::{RELEASES, Release, SUCCESSORS, release};
use super::shipped::is_run;
use crate::compose::images::used;
use crate::compose::unpinned_image::says_it_all;
use crate::cx::Draft;
use crate::{
    Check, ComposeInput, ContainerInput, Cx, Date, DockerfileInput, FixKind, Rule, Strictness,
};

pub(crate) static RULE: Rule = Rule {
    id: "end-of-life-image",
    summary: "an image gets no more security fixes",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[
        Check::Dockerfile(dockerfile),
        Check::Compose(compose),
        Check::Container(container),
    ],
};

fn dockerfile(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    for stage in &build.stages {
        let Base::Image(name) = &stage.base else {
            continue;
        };
        let Body::From(from) = &build.file.instructions[stage.from].body else {
            continue;
        };
        if report(cx, from.image.range, name, &[]).is_some() {
            continue;
        }
        if let Some((host, place)) = archive(build, stage) {
            let place = cx.place(place);
            cx.report(
                from.image.range,
                format!("`{name}`: the packages of its distribution have moved to `{host}`"),
            )
            .confidence(Confidence::Medium)
            .related(
                place,
                "releases are moved there when they get no more fixes",
            )
            .note("flaws found in it since then stay in the image")
            .help("move to a tag of this image that is built on a supported distribution");
        }
    }
}

fn compose(cx: &mut Cx<'_>, input: &ComposeInput<'_>) {
    for image in used(cx, input) {
        let words = words(image.service);
        if let Some(draft) = report(cx, image.value.range(), &image.name, &words) {
            image.show(draft);
        }
    }
}

fn container(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let Some(node) = input.container.image() else {
        return;
    };
    let Some(name) = node.as_str().filter(|_| says_it_all(cx, input)) else {
        return;
    };
    let words = [input.container.command(), input.container.args()].concat();
    let words: Vec<String> = words
        .iter()
        .filter_map(|word| word.text())
        .flat_map(|text| split(&text))
        .collect();
    report(cx, node.range(), &name, &words);
}

/// What a service is started with.
fn words(service: Service<'_>) -> Vec<String> {
    let said = [service.entrypoint(), service.command()];
    let texts = said.into_iter().flatten().flat_map(|one| match one {
        Command::Line(line) => vec![line.text().into_owned()],
        Command::Words(words) => words.iter().map(|word| word.text().into_owned()).collect(),
    });
    texts.flat_map(|text| split(&text)).collect()
}

fn split(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// What has to be done about an option with which releases of MySQL since 8.4 do not start.
fn without_option(words: &[String]) -> Option<String> {
    let name = |word: &str| word.split('=').next().unwrap_or(word).replace('_', "-");
    let found = words
        .iter()
        .find(|word| name(word) == "--default-authentication-plugin")?;
    let accounts = if found.ends_with("=mysql_native_password") {
        ", and let accounts use `caching_sha2_password` (`ALTER USER`): the plugin has been gone since 9.0"
    } else {
        ""
    };
    Some(format!(
        "; take `{found}` away, which servers since 8.4 do not know and do not start with{accounts}"
    ))
}

/// `words` are those that the image is started with.
fn report<'c>(
    cx: &'c mut Cx<'_>,
    range: TextRange,
    name: &str,
    words: &[String],
) -> Option<&'c mut Draft> {
    let image = Reference::parse(name).ok()?;
    let today = cx.today;
    let mut ended = releases(&image);
    ended.retain(|release| release.end < today);
    let first = *ended.first()?;
    let reasons: Vec<String> = ended
        .iter()
        .enumerate()
        .map(|(number, release)| match number {
            0 => format!(
                "{} has had no security fixes since {}",
                release.name, release.end
            ),
            _ => format!("{} since {}", release.name, release.end),
        })
        .collect();
    let below =
        matches!(first.image, "alpine" | "debian" | "ubuntu") && image.name() != first.image;
    let mut help = match newest(first, today) {
        // What is built on it stays what it is: a JDK has no Maven.
        Some(_) if image.repository() == "library/maven" && first.image == "openjdk" => format!(
            "move to a tag with a release that is supported, such as `maven:3-eclipse-temurin-{}`",
            java(first, today)
        ),
        // The same Java is kept up in another image.
        Some(_) if matches!(first.image, "adoptopenjdk" | "java" | "openjdk") => {
            let tag = image.tag().unwrap_or("");
            let kind = if tag.contains("jre") { "-jre" } else { "" };
            format!(
                "move to a release that is supported, such as `eclipse-temurin:{}{kind}`",
                java(first, today)
            )
        }
        Some(newer) if keeps_data(first.image) => format!(
            "move to a release that is supported, such as {newer}, by the steps that its manual \
             gives for the data"
        ),
        // The release is in the name of the image, not in its tag.
        Some(newer) if image.repository().starts_with("distroless/") && below => {
            let number = newer.rsplit([' ', ':']).next().unwrap_or("13");
            let name = image.name();
            let name = name.rsplit_once("-debian").map_or(name, |(name, _)| name);
            let tag = image.tag().map_or(String::new(), |tag| format!(":{tag}"));
            format!("move to `gcr.io/distroless/{name}-debian{number}{tag}`")
        }
        Some(newer) if below => format!(
            "take a tag of this image that is built on a release that is supported, such as {newer}"
        ),
        Some(newer) => format!("move to a release that is supported, such as {newer}"),
        None => "move to a release that is supported".to_owned(),
    };
    if first.image == "mysql" {
        help.extend(without_option(words));
    }
    let draft = cx.report(range, format!("`{name}`: {}", reasons.join(", and ")));
    draft
        .note("flaws found in it since then stay in the image")
        .help(help);
    Some(draft)
}

/// The releases that an image's tag (for distroless its name) names: its own and that of the
/// distribution below.
fn releases(image: &Reference) -> Vec<&'static Release> {
    let repository = image.repository();
    if image.domain() == "gcr.io" && repository.starts_with("distroless/") {
        let below = repository.rsplit_once("-debian").map(|(_, number)| number);
        return below
            .and_then(|number| release("debian", number))
            .into_iter()
            .collect();
    }
    let Some(tag) = image.tag() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let own = match image.domain() {
        "docker.io" => repository.strip_prefix("library/"),
        "mcr.microsoft.com" if repository.starts_with("dotnet/") => Some("dotnet"),
        "public.ecr.aws" => repository.strip_prefix("docker/library/"),
        _ => None,
    };
    let Some(own) = own else { return found };
    found.extend(release(own, tag));
    if own == "maven" {
        // `3.6-jdk-8` and `3-openjdk-11` are built on the image `openjdk`.
        let java = tag.split_once("-jdk-").or(tag.split_once("-openjdk-"));
        found.extend(java.and_then(|(_, java)| release("openjdk", java)));
    }
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
    found.dedup_by_key(|release| release.name);
    found
}

/// The release of the same image that is supported longest, for the advice.
fn newest(ended: &Release, today: Date) -> Option<&'static str> {
    let successor = SUCCESSORS
        .iter()
        .find(|(image, _)| *image == ended.image)
        .map(|(_, name)| *name);
    successor.or_else(|| {
        RELEASES
            .iter()
            .filter(|release| release.image == ended.image && release.end >= today)
            .max_by_key(|release| release.end)
            .map(|release| release.name)
    })
}

/// The version of Java that stands in for an ended one: the same where it is kept up, else the
/// next that is.
fn java(ended: &Release, today: Date) -> u32 {
    let number = |text: &str| {
        let digits = text
            .split(|c: char| !c.is_ascii_digit())
            .find(|part| !part.is_empty());
        digits.and_then(|digits| digits.parse::<u32>().ok())
    };
    let own = number(ended.name).unwrap_or(0);
    let kept = RELEASES.iter().filter(|release| {
        // What is kept up for half a year is no place to stay.
        let lasting = matches!(release.tag, "8" | "11" | "17" | "21" | "25");
        release.image == "eclipse-temurin" && lasting && release.end >= today
    });
    let numbers = kept.filter_map(|release| number(release.tag));
    numbers.filter(|number| *number >= own).min().unwrap_or(25)
}

/// Whether an image has data whose form its releases change.
fn keeps_data(image: &str) -> bool {
    matches!(
        image,
        "elasticsearch" | "mariadb" | "mongo" | "mysql" | "postgres"
    )
}

/// Where distributions keep releases that get no more fixes.
const ARCHIVES: &[&str] = &[
    "archive.debian.org",
    "old-releases.ubuntu.com",
    "vault.centos.org",
];

/// The step that points the package manager of the stage to such an archive.
fn archive(build: &Build, stage: &Stage) -> Option<(&'static str, TextRange)> {
    let runs = stage
        .instructions
        .clone()
        .filter(|&index| is_run(build, index));
    runs.filter_map(|index| build.scripts[index].as_deref())
        .flat_map(|script| &script.commands)
        .filter(|command| command.name() == Some("sed"))
        .flat_map(|command| &command.words)
        .find_map(|word| {
            let host = ARCHIVES.iter().find(|host| word.text().contains(**host))?;
            Some((*host, word.range))
        })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn the_release_of_distroless_is_in_its_name() {
        let case = on(&RULE).dockerfile("FROM gcr.io/distroless/static-debian10:debug-nonroot\n");
        let help = case.help();
        assert_eq!(
            help,
            "move to `gcr.io/distroless/static-debian13:debug-nonroot`"
        );
    }

    #[test]
    fn a_build_of_maven_stays_one() {
        let case = on(&RULE).dockerfile("FROM maven:3.6.1-jdk-11-slim\n");
        let help = case.help();
        assert!(help.contains("`maven:3-eclipse-temurin-11`"), "{help}");
    }

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
    fn both_reasons_are_given_and_a_successor_is_named() {
        on(&RULE).dockerfile("FROM python:3.9-bullseye\n").says(&[
            "`python:3.9-bullseye`: Python 3.9 has had no security fixes since 2025-10-31, and \
             Debian 11 since 2026-08-31",
        ]);
        for (image, successor) in [
            ("golang:1.17", "Go 1.27"),
            ("node:0.10", "Node.js 26"),
            ("maven:3.5.3-jdk-8", "`maven:3-eclipse-temurin-8`"),
            ("openjdk:17-jdk-slim", "`eclipse-temurin:17`"),
            ("java:8-jre", "`eclipse-temurin:8-jre`"),
            ("openjdk:13", "`eclipse-temurin:17`"),
            ("centos:7", "AlmaLinux or Rocky Linux"),
        ] {
            let case = on(&RULE).dockerfile(&format!("FROM {image}\n"));
            let help = case.findings[0].help.clone().unwrap_or_default();
            assert!(help.ends_with(&format!("such as {successor}")), "{help}");
        }
    }

    #[test]
    fn a_step_that_uses_the_archive_says_that_the_base_has_ended() {
        on(&RULE)
            .dockerfile(
                "FROM haskell:8.10.7\nRUN sed -i 's/deb.debian.org/archive.debian.org/g' /etc/apt/sources.list\n",
            )
            .flags(&["1: haskell:8.10.7"]);
        on(&RULE)
            .dockerfile("FROM haskell:9\nRUN curl https://archive.debian.org/x > /x\n")
            .clean();
    }

    #[test]
    fn images_that_services_and_containers_run_are_found() {
        let case = on(&RULE)
            .compose(
                "services:\n  db:\n    image: postgres:12-alpine\n  mq:\n    image: rabbitmq:3.6.8\n  \
                 two:\n    image: postgres:12-alpine\n  own:\n    image: postgres:12-alpine\n    build: .\n",
            )
            .flags(&["3: postgres:12-alpine", "5: rabbitmq:3.6.8"]);
        assert_eq!(case.findings[0].related.len(), 1);
        let pod = |image: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n    \
                 image: {image}\n"
            )
        };
        on(&RULE)
            .manifest(&pod("nginx:1.14.2"))
            .flags(&["7: nginx:1.14.2"]);
        for image in ["nginx:1.28", "postgres:${TAG}", "acme/mongo:3.4", "nginx"] {
            on(&RULE).manifest(&pod(image)).clean();
        }
    }

    #[test]
    fn options_that_newer_servers_refuse_are_named() {
        let help = |image: &str, command: &str| {
            let case = on(&RULE).compose(&format!(
                "services:\n  db:\n    image: {image}\n    command: {command}\n"
            ));
            case.help()
        };
        let option = "--default-authentication-plugin=mysql_native_password";
        for command in [option.to_owned(), format!("[mysqld, {option}]")] {
            let help = help("mysql:8.1.0", &command);
            assert!(help.contains(&format!("take `{option}` away")), "{help}");
            assert!(help.contains("ALTER USER"), "{help}");
        }
        let own = "--default_authentication_plugin=caching_sha2_password";
        let own = help("mysql:8.1.0", own);
        assert!(own.contains("take `--default_auth") && !own.contains("ALTER USER"));
        assert!(!help("mysql:8.1.0", "--max-connections=9").contains("take"));
        assert!(!help("mariadb:10.3", option).contains("take `"));
        let case = on(&RULE).manifest(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n    \
             image: mysql:8.1.0\n    args: [{option}]\n"
        ));
        let help = case.help();
        assert!(help.contains("since 8.4"), "{help}");
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
