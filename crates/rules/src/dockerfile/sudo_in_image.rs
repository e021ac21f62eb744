//! # What it does
//! Finds `sudo` in RUN.
//!
//! # Why it matters
//! RUN runs as root unless USER says otherwise, so `sudo` does nothing but pull in a setuid
//! program; that program ships, and hands root to whoever gets into the container. Where USER has
//! been changed, `USER root` around the step says the same without it.
//!
//! # Example
//! ```dockerfile bad
//! FROM debian:13-slim
//! RUN sudo mkdir /data
//! ```
//! ```dockerfile fixed
//! FROM debian:13-slim
//! RUN mkdir /data
//! ```
//!
//! # Fix safety
//! Given where the stage runs as root without doubt and `sudo` has no options.
//!
//! # References
//! - <https://docs.docker.com/build/building/best-practices/#user>

use plimsoll_dockerfile::{Body, Build, Stage};
use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity, TextRange};

use super::shipped::{is_run, lineage};
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "sudo-in-image",
    summary: "a build step uses sudo",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "hadolint",
            id: "DL3004",
        },
        Alias {
            tool: "trivy",
            id: "DS-0010",
        },
        Alias {
            tool: "checkov",
            id: "CKV2_DOCKER_1",
        },
        Alias {
            tool: "dockle",
            id: "DKL-DI-0001",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    for (index, script) in build.scripts.iter().enumerate() {
        let Some(script) = script.as_ref().filter(|_| is_run(build, index)) else {
            continue;
        };
        let Some(stage) = build.stage_of(index) else {
            continue;
        };
        let user = user_at(build, stage, index);
        for command in &script.commands {
            if command.name() != Some("sudo") {
                continue;
            }
            let word = &command.words[0];
            let draft = cx.report(word.range, "`sudo` in a build step");
            match user {
                User::Root => {
                    draft.note("build steps run as root unless USER says otherwise");
                    draft.help("leave `sudo` out");
                }
                User::Unset => {
                    draft.note("`sudo` ships a setuid program that gives root to any intruder");
                    draft.help(
                        "leave `sudo` out where the base image is root; else put the step between \
                         `USER root` and the base's own USER",
                    );
                }
                User::Other => {
                    draft.note("`sudo` ships a setuid program that gives root to any intruder");
                    draft.help("put the step between `USER root` and the USER it has now");
                }
            }
            let next = command.words.get(1);
            if let (User::Root, Some(next)) = (user, next)
                && !next.text.starts_with('-')
                && !next.text.contains('=')
            {
                let gap = TextRange::new(word.range.start, next.range.start);
                draft.fix(
                    Fix::new("leave `sudo` out", Safety::Safe)
                        .edit(input.unit.file, Edit::delete(gap)),
                );
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum User {
    /// Set to root, or an official base image that is root.
    Root,
    /// Not set here; the base image's user is not known.
    Unset,
    Other,
}

fn user_at(build: &Build, stage: &Stage, index: usize) -> User {
    let before = lineage(build, stage)
        .into_iter()
        .flat_map(|stage| stage.instructions.clone().rev())
        .filter(|&at| at < index)
        .find_map(|at| match &build.file.instructions[at].body {
            Body::User(word) => Some(word.value.as_ref()),
            _ => None,
        });
    match before {
        Some(user) if matches!(user.split(':').next(), Some("root" | "0")) => User::Root,
        Some(_) => User::Other,
        None => match super::shipped::base_image(build, stage) {
            Some(image)
                if image.domain() == "docker.io" && image.repository().starts_with("library/") =>
            {
                User::Root
            }
            _ => User::Unset,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn sudo_is_found_and_taken_out() {
        on(&RULE)
            .dockerfile("FROM debian:13\nRUN a && \\\n    sudo apt-get update\n")
            .flags(&["3: sudo"])
            .fixed("FROM debian:13\nRUN a && \\\n    apt-get update\n");
        on(&RULE)
            .dockerfile("FROM acme/x:1\nRUN sudo make\n")
            .flags(&["2: sudo"]);
        on(&RULE)
            .dockerfile("FROM acme/x:1\nUSER dev\nRUN sudo -E make\n")
            .flags(&["3: sudo"]);
        on(&RULE)
            .dockerfile("FROM debian:13\nRUN curl a | sudo tar x\n")
            .flags(&["2: sudo"]);
    }

    #[test]
    fn the_word_elsewhere_is_left_alone() {
        on(&RULE)
            .dockerfile("FROM debian:13\nRUN apt-get install -y sudo\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM debian:13\nRUN echo sudo >> /etc/group\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM debian:13\nRUN usermod -aG sudo dev\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM debian:13\n# sudo make\nCMD [\"sudo\", \"a\"]\n")
            .clean();
    }
}
