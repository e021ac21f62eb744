//! # What it does
//! Finds RUN steps that read the package lists and install nothing.
//!
//! # Why it matters
//! The lists are kept in that layer, and the layer is taken from the cache for weeks. A later
//! `apt-get install` in a step of its own then asks for versions that the mirror has dropped and
//! fails, or installs releases with known flaws. The lists also stay in the image.
//!
//! # Example
//! ```dockerfile bad
//! FROM debian:13-slim
//! RUN apt-get update
//! RUN apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile good
//! FROM debian:13-slim
//! RUN apt-get update && \
//!     apt-get install -y --no-install-recommends curl && \
//!     rm -rf /var/lib/apt/lists/*
//! ```
//!
//! # References
//! - <https://docs.docker.com/build/building/best-practices/#apt-get>

use plimsoll_dockerfile::Mount;
use plimsoll_source::{Confidence, Severity};

use super::managers::{Action, Manager, call};
use super::shipped::is_run;
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "update-without-install",
    summary: "a step reads the package lists and installs nothing",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "checkov",
            id: "CKV_DOCKER_5",
        },
        Alias {
            tool: "trivy",
            id: "DS-0017",
        },
        Alias {
            tool: "dockle",
            id: "CIS-DI-0007",
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
        if !script.errors.is_empty() {
            continue;
        }
        let instruction = &build.file.instructions[index];
        // Lists on a cache mount are in no layer.
        let mounted = instruction
            .flags_named("mount")
            .filter_map(Mount::read)
            .any(|mount| {
                &*mount.kind == "cache"
                    && mount
                        .target
                        .is_some_and(|target| target.value.contains("apt"))
            });
        if mounted {
            continue;
        }
        let calls: Vec<_> = script.commands.iter().filter_map(call).collect();
        let update = calls.iter().find(|call| {
            call.action == Action::Update && matches!(call.manager, Manager::Apt | Manager::Apk)
        });
        let Some(update) = update else { continue };
        let used = calls
            .iter()
            .any(|call| call.manager == update.manager && call.action == Action::Install);
        // Any other program may install behind the scenes (`playwright install-deps`, a script).
        let others = script.commands.iter().any(|command| {
            call(command).is_none() && !command.name().is_some_and(|name| HARMLESS.contains(&name))
        });
        if used || others {
            continue;
        }
        let name = update.command.name().unwrap_or("apt-get").to_owned();
        let later = build.stage_of(index).and_then(|stage| {
            (index + 1..stage.instructions.end).find_map(|later| {
                let commands = &build.scripts[later].as_deref()?.commands;
                commands
                    .iter()
                    .filter_map(call)
                    .find(|call| call.manager == update.manager && call.action == Action::Install)
            })
        });
        let related = later.map(|call| cx.place(call.head()));
        let draft = cx.report(
            update.head(),
            format!("`{name} update` in a step that installs nothing"),
        );
        draft
            .note("its layer is cached: a later install uses lists that may be weeks old")
            .help("put update and install in one step: `RUN apt-get update && apt-get install …`");
        if let Some(place) = related {
            draft.related(place, "this uses the lists of the cached layer");
        }
    }
}

/// Commands that certainly install nothing.
const HARMLESS: &[&str] = &[
    ":", "[", "cat", "cd", "chmod", "chown", "cp", "date", "echo", "env", "export", "false", "ls",
    "mkdir", "mv", "printf", "rm", "sed", "set", "sleep", "tee", "test", "touch", "true", "uname",
    "whoami",
];

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn lone_updates_are_found() {
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apt-get -qq update\nRUN apt-get install -y curl\n")
            .flags(&["2: apt-get -qq update"]);
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apk update\n")
            .flags(&["2: apk update"]);
        on(&RULE)
            .dockerfile("FROM a:1\nRUN set -e; apt update && rm -rf /tmp/x\n")
            .flags(&["2: apt update"]);
    }

    #[test]
    fn updates_that_are_used_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apt-get update && apt-get install -y a\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apt-get update && apt-get -y upgrade\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apt-get update && ./install.sh\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN yum update -y\n")
            .clean();
        on(&RULE)
            .dockerfile(
                "FROM a:1\nRUN --mount=type=cache,target=/var/lib/apt/lists apt-get update\n",
            )
            .clean();
    }
}
