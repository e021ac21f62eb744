//! # What it does
//! Finds a WORKDIR with a relative path in a stage that has not set an absolute one before it.
//!
//! # Why it matters
//! A relative path continues from the folder that the base image happens to end in. That folder
//! is no promise: the next release of the base may move it, and then every later path of the
//! file points somewhere else. A `~` is not expanded at all; it makes a folder of that name.
//!
//! # Example
//! ```dockerfile bad
//! FROM debian:13-slim
//! WORKDIR app
//! ```
//! ```dockerfile fixed
//! FROM debian:13-slim
//! WORKDIR /app
//! ```
//! ```dockerfile good
//! FROM debian:13-slim
//! WORKDIR /srv
//! WORKDIR app
//! ```
//!
//! # Fix safety
//! Safe for official images that end in `/`: the path stays what it was. For other bases it is
//! given as unsafe, because the folder may be another one today.
//!
//! # References
//! - <https://docs.docker.com/reference/build-checks/workdir-relative-path/>

use plimsoll_dockerfile::{Base, Body, Build, Stage};
use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity};

use super::shipped::{base_image, lineage};
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "relative-workdir",
    summary: "a WORKDIR is relative to a folder that the base image chooses",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "buildkit",
            id: "WorkdirRelativePath",
        },
        Alias {
            tool: "hadolint",
            id: "DL3000",
        },
        Alias {
            tool: "trivy",
            id: "DS-0009",
        },
        Alias {
            tool: "checkov",
            id: "CKV_DOCKER_10",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    for stage in &build.stages {
        if starts_known(build, stage) {
            continue;
        }
        for index in stage.instructions.clone() {
            let Body::Workdir(word) = &build.file.instructions[index].body else {
                continue;
            };
            let (path, known) = build.expanded(index, word);
            if path.starts_with("~/") || path == "~" {
                cx.report(word.range, format!("`{path}` is not expanded in a WORKDIR"))
                    .note("it makes a folder called `~` below the folder before it")
                    .help("write the home folder out, such as `/root` or `/home/app`")
                    .subject(format!("stage/{}", stage.index));
                continue;
            }
            if !known || is_absolute(&path) {
                // From here on the folder is known, or nobody can tell.
                break;
            }
            if path.is_empty() || path == "." {
                continue;
            }
            let base = match base_image(build, stage) {
                Some(image) => format!("`{}`", image.familiar()),
                None => "the base image".to_owned(),
            };
            let draft = cx
                .report(word.range, format!("WORKDIR `{path}` is relative"))
                .note(format!(
                    "it continues from the folder that {base} ends in, which may move"
                ))
                .help(format!(
                    "write the whole path, such as `/{}`",
                    path.trim_start_matches("./")
                ))
                .subject(format!("stage/{}", stage.index));
            // Only a plain word is its own path; quotes and variables stay with their author.
            if *word.value == path && !path.starts_with('.') {
                let safety = if ends_in_root(build, stage) {
                    Safety::Safe
                } else {
                    Safety::Unsafe
                };
                draft.fix(
                    Fix::new(format!("write `/{path}`"), safety)
                        .edit(input.unit.file, Edit::insert(word.range.start, "/")),
                );
            }
            // Later relative ones follow from this one.
            break;
        }
    }
}

/// Whether the stage's first folder is known: it starts from nothing, or an earlier stage has
/// set one (or was reported for not doing so).
fn starts_known(build: &Build, stage: &Stage) -> bool {
    match stage.base {
        Base::Scratch => true,
        Base::Stage(_) => lineage(build, stage).iter().skip(1).any(|base| {
            base.base == Base::Scratch
                || base
                    .instructions
                    .clone()
                    .any(|index| matches!(build.file.instructions[index].body, Body::Workdir(_)))
        }),
        Base::Image(_) | Base::Unresolved(_) => false,
    }
}

fn is_absolute(path: &str) -> bool {
    let drive = path.as_bytes();
    let has_drive = drive.len() > 1 && drive[0].is_ascii_alphabetic() && drive[1] == b':';
    path.starts_with(['/', '\\']) || has_drive
}

/// Official images that set no WORKDIR.
const IN_ROOT: &[&str] = &[
    "almalinux",
    "alpine",
    "amazoncorretto",
    "amazonlinux",
    "archlinux",
    "buildpack-deps",
    "busybox",
    "debian",
    "eclipse-temurin",
    "elixir",
    "erlang",
    "fedora",
    "nginx",
    "node",
    "openjdk",
    "oraclelinux",
    "perl",
    "pypy",
    "python",
    "rockylinux",
    "ruby",
    "rust",
    "ubuntu",
];

fn ends_in_root(build: &Build, stage: &Stage) -> bool {
    base_image(build, stage)
        .is_some_and(|image| image.is_official() && IN_ROOT.contains(&image.name()))
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Safety;

    use super::RULE;
    use crate::testing::on;

    #[test]
    fn relative_paths_are_found_once() {
        let case = on(&RULE)
            .dockerfile("FROM python:3.13\nWORKDIR app\nWORKDIR src\n")
            .flags(&["2: app"])
            .says(&["WORKDIR `app` is relative"])
            .fixed("FROM python:3.13\nWORKDIR /app\nWORKDIR src\n");
        assert_eq!(case.findings[0].fix.as_ref().unwrap().safety, Safety::Safe);
        let case = on(&RULE)
            .dockerfile("FROM acme/x:1\nWORKDIR a/b\n")
            .flags(&["2: a/b"]);
        assert_eq!(
            case.findings[0].fix.as_ref().unwrap().safety,
            Safety::Unsafe
        );
        on(&RULE)
            .dockerfile("FROM a:1 AS a\nRUN b\nFROM a\nARG D=opt/x\nWORKDIR $D\n")
            .flags(&["5: $D"]);
        on(&RULE)
            .dockerfile("FROM a:1\nWORKDIR ~/app\n")
            .says(&["`~/app` is not expanded in a WORKDIR"]);
        on(&RULE)
            .dockerfile("FROM a:1\nWORKDIR \"app\"\n")
            .flags(&["2: \"app\""]);
    }

    #[test]
    fn paths_that_follow_from_the_file_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM a:1\nWORKDIR /a\nWORKDIR b\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1 AS a\nWORKDIR /a\nFROM a\nWORKDIR b\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nENV H=/a\nWORKDIR ${H}/b\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nARG H\nWORKDIR $H\n")
            .clean();
        on(&RULE).dockerfile("FROM a:1\nWORKDIR \"/a b\"\n").clean();
        on(&RULE).dockerfile("FROM scratch\nWORKDIR a\n").clean();
        on(&RULE)
            .dockerfile("# escape=`\nFROM a:1\nWORKDIR C:\\app\n")
            .clean();
    }
}
