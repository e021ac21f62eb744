//! # What it does
//! Finds RUN steps that read the package lists and install nothing, and RUN steps that install
//! from the lists that an earlier step has read for its own packages.
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

use plimsoll_dockerfile::shell::Script;
use plimsoll_dockerfile::{Instruction, Mount};
use plimsoll_source::{Confidence, Severity, TextRange};

use super::facts::packages;
use super::managers::{Action, Call, Manager, call};
use super::package_lists::{Afterlife, afterlife};
use super::shipped::is_run;
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "update-without-install",
    summary: "package lists are read in one step and used in another",
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
    let mut told: Vec<TextRange> = Vec::new();
    for (index, script) in build.scripts.iter().enumerate() {
        let Some(script) = script.as_ref().filter(|_| is_run(build, index)) else {
            continue;
        };
        if !script.errors.is_empty() || has_mount(&build.file.instructions[index]) {
            continue;
        }
        let calls: Vec<_> = script.commands.iter().filter_map(call).collect();
        let update = calls.iter().find(|call| {
            call.action == Action::Update && matches!(call.manager, Manager::Apt | Manager::Apk)
        });
        let Some(update) = update else { continue };
        let manager = match update.manager {
            Manager::Apk => packages::Manager::Apk,
            _ => packages::Manager::Apt,
        };
        let used = calls
            .iter()
            .any(|call| call.manager == update.manager && call.action == Action::Install);
        let later = || afterlife(build, input.facts, index, manager);
        if used {
            if manager == packages::Manager::Apt && !forgets(script) {
                stale(cx, input, update, &later(), &mut told);
            }
            continue;
        }
        // Any other program may install behind the scenes (`playwright install-deps`, a script).
        let others = script.commands.iter().any(|command| {
            call(command).is_none()
                && !command.name().is_some_and(|name| {
                    HARMLESS.contains(&name)
                        || name == "dpkg" && command.has_arg("--add-architecture")
                })
        });
        if !others {
            lone(cx, update, &later());
        }
    }
}

/// An update in a step that installs nothing.
fn lone(cx: &mut Cx<'_>, update: &Call<'_>, later: &Afterlife) {
    let name = update.program;
    let places: Vec<_> = later.uses.iter().map(|&range| cx.place(range)).collect();
    let draft = cx.report(
        update.head(),
        format!("`{name} update` in a step that installs nothing"),
    );
    if places.is_empty() && !later.hidden {
        let note = if later.installs {
            "nothing uses these lists: the steps that install read their own"
        } else {
            "nothing after it installs from these lists"
        };
        draft.note(note).help("leave it out");
        return;
    }
    let example = match update.manager {
        Manager::Apk => "apk add --no-cache …".to_owned(),
        _ => format!("{name} update && {name} …"),
    };
    draft
        .note("its layer is cached: a later install uses lists that may be weeks old")
        .help(format!(
            "read the lists in the step that uses them: `RUN {example}`"
        ));
    for place in places.into_iter().take(4) {
        draft.related(place, "this uses the lists of the cached layer");
    }
}

/// Later installations from the lists that a step has read for its own packages.
fn stale(
    cx: &mut Cx<'_>,
    input: &DockerfileInput<'_>,
    update: &Call<'_>,
    later: &Afterlife,
    told: &mut Vec<TextRange>,
) {
    let uses: Vec<TextRange> = later
        .uses
        .iter()
        .copied()
        .filter(|range| !told.contains(range))
        .collect();
    let Some((&first, more)) = uses.split_first() else {
        return;
    };
    told.extend(&uses);
    let text = &input.unit.build.file.text;
    let name = first
        .of(text)
        .split_whitespace()
        .next()
        .unwrap_or("apt-get");
    let source = cx.place(update.head());
    let others: Vec<_> = more.iter().map(|&range| cx.place(range)).collect();
    let draft = cx.report(
        first,
        format!("`{name} install` uses the package lists of an earlier layer"),
    );
    draft
        .related(source, "the lists are read here, and kept in this layer")
        .note("that layer is cached: the lists may be weeks old when this step runs again")
        .help(format!(
            "install these packages in the step that reads the lists, or begin this one with \
             `{name} update &&`"
        ));
    for place in others.into_iter().take(4) {
        draft.related(place, "this step too");
    }
}

/// Whether the lists are on a cache mount: then they are in no layer.
fn has_mount(instruction: &Instruction) -> bool {
    instruction
        .flags_named("mount")
        .filter_map(Mount::read)
        .any(|mount| {
            &*mount.kind == "cache"
                && mount
                    .target
                    .is_some_and(|target| target.value.contains("apt"))
        })
}

/// Whether the step deletes the lists again.
fn forgets(script: &Script) -> bool {
    script.commands.iter().any(|command| {
        let words = || command.words.iter().skip(1);
        words().any(|word| {
            word.text().contains("/var/lib/apt") || word.text().starts_with("/var/lib/{")
        }) || command.has_arg("dist-clean")
            || command.has_arg("distclean")
    })
}

/// Commands that certainly install nothing.
const HARMLESS: &[&str] = &[
    ":",
    "[",
    "add-apt-repository",
    "apt-add-repository",
    "apt-key",
    "cat",
    "cd",
    "chmod",
    "chown",
    "cp",
    "date",
    "echo",
    "env",
    "export",
    "false",
    "gpg",
    "ln",
    "locale-gen",
    "ls",
    "mkdir",
    "mv",
    "printf",
    "rm",
    "sed",
    "set",
    "sleep",
    "tee",
    "test",
    "touch",
    "true",
    "uname",
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
    fn the_program_is_named_and_the_users_of_its_lists_are_shown() {
        let case = on(&RULE)
            .dockerfile(
                "FROM a:1\nRUN sudo apt update\nRUN apt-get update && apt-get install -y a\n",
            )
            .says(&["`apt update` in a step that installs nothing"]);
        assert!(case.findings[0].related.is_empty());
        assert_eq!(case.findings[0].help.as_deref(), Some("leave it out"));
        let case = on(&RULE)
            .dockerfile(
                "FROM a:1\nRUN LC_ALL=C add-apt-repository ppa:x > /dev/null && apt-get update -qq\n\
                 RUN apt-get install -y a\nRUN b\nRUN apt-get install -y c\n",
            )
            .flags(&["2: apt-get update"]);
        assert_eq!(case.findings[0].related.len(), 2);
    }

    #[test]
    fn installs_from_lists_of_an_earlier_layer_are_found() {
        let case = on(&RULE)
            .dockerfile(
                "FROM a:1\nRUN apt-get update && apt-get install -y a\nRUN apt-get install -y b\n\
                 RUN apt-get install -y c\n",
            )
            .flags(&["3: apt-get install -y b"])
            .says(&["`apt-get install` uses the package lists of an earlier layer"]);
        assert_eq!(case.findings[0].related.len(), 2);
        on(&RULE)
            .dockerfile(
                "FROM a:1 AS a\nRUN apt update && apt install -y a\nFROM a\nRUN apt install -y b\n",
            )
            .flags(&["4: apt install -y b"]);
        for rest in [
            "RUN apt-get update && apt-get install -y b",
            "RUN apt-get install -y ./b.deb && apt-get clean",
            "RUN add-apt-repository ppa:x && apt-get install -y b",
            "FROM b:1\nRUN apt-get install -y b",
        ] {
            let first = "FROM a:1\nRUN apt-get update && apt-get install -y a\n";
            on(&RULE).dockerfile(&format!("{first}{rest}\n")).clean();
        }
        on(&RULE)
            .dockerfile(
                "FROM a:1\nRUN apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*\n\
                 RUN apt-get install -y b\n",
            )
            .clean();
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
