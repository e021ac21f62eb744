//! # What it does
//! Finds RUN steps that begin by changing into a folder (pedantic), and RUN steps that do nothing
//! else, which have no effect at all (always).
//!
//! # Why it matters
//! Every RUN starts a new shell in WORKDIR: a `cd` is forgotten when the step ends. A `cd` alone
//! therefore does nothing, and one at the head of a chain hides from the reader, and from every
//! later instruction, where the work happens.
//!
//! # Example
//! ```dockerfile bad
//! FROM debian:13-slim
//! RUN cd /app
//! ```
//! ```dockerfile fixed
//! FROM debian:13-slim
//! WORKDIR /app
//! ```
//!
//! # Fix safety
//! Given for a RUN that is nothing but `cd FOLDER`. Later relative paths then mean what its
//! author meant, which is another place than they mean today.
//!
//! # References
//! - <https://docs.docker.com/build/building/best-practices/#workdir>

use plimsoll_dockerfile::{Body, Command};
use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity};

use super::facts::folders::join;
use super::overridden_instruction::whole_lines;
use super::shipped::is_run;
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "cd-instead-of-workdir",
    summary: "a build step changes its folder by `cd`",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "hadolint",
            id: "DL3003",
        },
        Alias {
            tool: "trivy",
            id: "DS-0013",
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
        let Some(first) = script.commands.first() else {
            continue;
        };
        let [_, folder] = &*first.words else {
            continue;
        };
        if first.name() != Some("cd") || first.depth > 0 || !script.errors.is_empty() {
            continue;
        }
        let instruction = &build.file.instructions[index];
        if script.commands.len() == 1 {
            let before = input.facts.folders.at(index);
            let is_there = folder
                .literal()
                .is_some_and(|text| join(before, text) == before);
            let draft = cx
                .report(
                    instruction.range,
                    "this RUN has no effect: a `cd` ends with its step",
                )
                .severity(Severity::Warning)
                .strictness(Strictness::Default)
                .help(if is_there {
                    "remove it: the folder is set already".to_owned()
                } else {
                    format!("write `WORKDIR {}`", folder.text())
                });
            if is_there {
                draft.fix(Fix::new("remove the step", Safety::Safe).edit(
                    input.unit.file,
                    Edit::delete(whole_lines(&build.file.text, instruction.range)),
                ));
            } else if let (Body::Run(Command::Shell(_)), Some(_), true) = (
                &instruction.body,
                folder.literal(),
                instruction.flags.is_empty(),
            ) {
                draft.fix(Fix::new("write WORKDIR", Safety::Unsafe).edit(
                    input.unit.file,
                    Edit::replace(instruction.range, format!("WORKDIR {}", folder.text())),
                ));
            }
            continue;
        }
        // One step in a scratch folder that it made or that goes away is good style.
        let scratch = |text: &str| {
            text.starts_with("/tmp") || text.starts_with("/var/tmp") || text.starts_with('$')
        };
        if scratch(folder.text().trim_matches('"')) {
            continue;
        }
        cx.report(
            first.range,
            format!("this step works in `{}` by `cd`", folder.text()),
        )
        .note("the folder is forgotten when the step ends")
        .help(format!("put `WORKDIR {}` above it", folder.text()));
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::Strictness;
    use crate::testing::on;

    #[test]
    fn a_cd_to_the_folder_that_is_set_goes() {
        on(&RULE)
            .dockerfile("FROM a:1\nWORKDIR /app\nRUN cd /app\nCMD [\"a\"]\n")
            .fixed("FROM a:1\nWORKDIR /app\nCMD [\"a\"]\n");
        on(&RULE)
            .dockerfile("FROM a:1\nWORKDIR /app\nRUN cd src\n")
            .fixed("FROM a:1\nWORKDIR /app\nWORKDIR src\n");
    }

    #[test]
    fn leading_cds_are_found() {
        on(&RULE)
            .dockerfile("FROM a:1\nRUN cd /app && make\n")
            .flags(&["2: cd /app"]);
        on(&RULE)
            .dockerfile("FROM a:1\nRUN cd src; \\\n  make\n")
            .says(&["this step works in `src` by `cd`"]);
        on(&RULE)
            .dockerfile("FROM a:1\nRUN cd /app\nRUN make\n")
            .flags(&["2: RUN cd /app"])
            .fixed("FROM a:1\nWORKDIR /app\nRUN make\n");
        assert_eq!(RULE.strictness, Strictness::Pedantic);
    }

    #[test]
    fn later_scratch_and_subshell_cds_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM a:1\nRUN make && cd /x && make\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN cd /tmp/build && make\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN (cd /x && make)\n")
            .clean();
        on(&RULE).dockerfile("FROM a:1\nRUN cd\n").clean();
    }
}
