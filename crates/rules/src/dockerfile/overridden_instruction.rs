//! # What it does
//! Finds CMD, ENTRYPOINT and HEALTHCHECK instructions that have no effect, because the same stage
//! has a later one of their kind.
//!
//! # Why it matters
//! Only the last of each counts. A reader who finds the first takes it for what the container
//! runs, and so does whoever edits it and wonders why nothing changes. Often two services were
//! meant to run and only one does.
//!
//! An instruction that is an error of syntax is left to `syntax`, whichever side it is on.
//!
//! # Example
//! ```dockerfile bad
//! FROM nginx:1.29
//! CMD ["nginx"]
//! CMD ["nginx", "-g", "daemon off;"]
//! ```
//! ```dockerfile fixed
//! FROM nginx:1.29
//! CMD ["nginx", "-g", "daemon off;"]
//! ```
//! ```dockerfile good
//! FROM nginx:1.29
//! ENTRYPOINT ["nginx"]
//! CMD ["-g", "daemon off;"]
//! ```
//!
//! # Fix safety
//! The line goes; the image stays as it is.
//!
//! # References
//! - <https://docs.docker.com/reference/build-checks/multiple-instructions-disallowed/>

use plimsoll_dockerfile::{Body, Build, Keyword, Stage};
use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity, TextRange};

use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "overridden-instruction",
    summary: "a CMD, ENTRYPOINT or HEALTHCHECK has no effect: a later one replaces it",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Always,
    aliases: &[
        Alias {
            tool: "buildkit",
            id: "MultipleInstructionsDisallowed",
        },
        Alias {
            tool: "hadolint",
            id: "DL4003",
        },
        Alias {
            tool: "hadolint",
            id: "DL4004",
        },
        Alias {
            tool: "hadolint",
            id: "DL3012",
        },
        Alias {
            tool: "trivy",
            id: "DS-0016",
        },
        Alias {
            tool: "trivy",
            id: "DS-0007",
        },
        Alias {
            tool: "trivy",
            id: "DS-0023",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    for stage in &build.stages {
        for (keyword, name, effect) in [
            (Keyword::Cmd, "CMD", "the container runs the last one only"),
            (
                Keyword::Entrypoint,
                "ENTRYPOINT",
                "the container runs the last one only",
            ),
            (
                Keyword::Healthcheck,
                "HEALTHCHECK",
                "an image has one health check, the last",
            ),
        ] {
            let found = of(build, stage, keyword);
            let Some((&last, dead)) = found.split_last() else {
                continue;
            };
            let winner = cx.place(build.file.instructions[last].keyword_range);
            for &index in dead {
                let instruction = &build.file.instructions[index];
                cx.report(instruction.range, format!("this `{name}` has no effect"))
                    .related(winner, format!("this `{name}` replaces it"))
                    .note(effect)
                    .help(format!("remove it, or join the two into one `{name}`"))
                    .subject(format!("stage/{}", stage.index))
                    .fix(
                        Fix::new(format!("remove the `{name}` without effect"), Safety::Safe).edit(
                            input.unit.file,
                            Edit::delete(whole_lines(&build.file.text, instruction.range)),
                        ),
                    );
            }
        }
    }
}

/// The instructions of one kind that the builder accepts.
fn of(build: &Build, stage: &Stage, keyword: Keyword) -> Vec<usize> {
    let errors = &build.file.errors;
    let read = |&index: &usize| {
        let instruction = &build.file.instructions[index];
        if instruction.keyword != keyword || matches!(instruction.body, Body::Invalid) {
            return false;
        }
        let range = instruction.range;
        let at = errors.partition_point(|error| error.range.start < range.start);
        errors
            .get(at)
            .is_none_or(|error| error.range.start >= range.end)
    };
    stage.instructions.clone().filter(read).collect()
}

/// The range with the white space before it on its line and its line break.
pub(crate) fn whole_lines(text: &str, range: TextRange) -> TextRange {
    let before = &text[..range.start as usize];
    let start = before.trim_end_matches([' ', '\t']).len();
    let after = &text[range.end as usize..];
    let end = after
        .find('\n')
        .map_or(text.len(), |at| range.end as usize + at + 1);
    TextRange::at(start, end)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn all_but_the_last_are_found_and_taken_out() {
        on(&RULE)
            .dockerfile("FROM a:1\nCMD a\nCMD [\"b\"]\nRUN c\n  CMD d \\\n  e\n")
            .flags(&["2: CMD a", "3: CMD [\"b\"]"])
            .says(&["this `CMD` has no effect", "this `CMD` has no effect"])
            .fixed("FROM a:1\nRUN c\n  CMD d \\\n  e\n");
        on(&RULE)
            .dockerfile("FROM a:1\nCMD a\nCMD --doit b\nCMD c\nCOPY --x=y z /\n")
            .flags(&["2: CMD a"]);
        on(&RULE)
            .dockerfile("FROM a:1\n  ENTRYPOINT a \\\n    b\n# the real one\nENTRYPOINT [\"c\"]")
            .flags(&["2: ENTRYPOINT a \\"])
            .fixed("FROM a:1\n# the real one\nENTRYPOINT [\"c\"]");
        on(&RULE)
            .dockerfile(
                "FROM a:1\nHEALTHCHECK CMD a\nHEALTHCHECK NONE\nFROM b:1\nCMD x\r\nCMD y\r\n",
            )
            .flags(&["2: HEALTHCHECK CMD a", "5: CMD x"]);
    }

    #[test]
    fn one_of_each_kind_or_stage_is_left_alone() {
        on(&RULE)
            .dockerfile("FROM a:1\nENTRYPOINT [\"a\"]\nCMD b\nHEALTHCHECK CMD c\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1 AS a\nCMD a\nFROM a\nCMD b\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nONBUILD CMD a\nCMD b\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nCMD --doit a\nCMD b\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nCMD a\nCMD --doit [\"b\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\n#CMD a\nCMD b\nRUN <<E\nCMD c\nE\n")
            .clean();
    }
}
