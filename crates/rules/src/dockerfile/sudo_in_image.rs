//! # What it does
//! Finds `sudo` in RUN, once for each stage. Where nothing tells whether the base image's user is
//! root, the finding is pedantic; images made for development (devcontainers, Gitpod), whose user
//! is an ordinary one with `sudo` at hand, are left alone.
//!
//! # Why it matters
//! RUN runs as root unless USER says otherwise, so `sudo` does nothing but pull in a setuid
//! program; that program ships, and hands root to whoever gets into the container. Where USER has
//! been changed, `USER root` around the step says the same without it. Where the step also does
//! what that user should do (it unpacks, writes, downloads), only what `sudo` runs may move: what
//! root writes belongs to root.
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
//! Given where all steps of the stage that use it run as root without doubt, and it has no options
//! but those that keep the environment.
//!
//! # References
//! - <https://docs.docker.com/build/building/best-practices/#user>

use std::fmt::Write as _;

use plimsoll_dockerfile::Stage;
use plimsoll_dockerfile::shell::ShellCommand;
use plimsoll_oci::Reference;
use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity, TextRange};

use super::facts::copies::Copied;
use super::facts::folders::join;
use super::shipped::{base_image, is_run};
use super::users::{User, is_root, user_at};
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
    if cx
        .project
        .path(input.unit.file)
        .split('/')
        .any(|part| part.contains("devcontainer") || part.contains(".gitpod"))
    {
        return;
    }
    for stage in &build.stages {
        let calls: Vec<(usize, &ShellCommand)> = stage
            .instructions
            .clone()
            .filter(|&index| is_run(build, index))
            .flat_map(|index| {
                let commands = build.scripts[index].as_deref().map(|s| &s.commands);
                commands
                    .into_iter()
                    .flatten()
                    .filter(|command| command.name() == Some("sudo"))
                    .map(move |command| (index, command))
            })
            .collect();
        if !calls.is_empty() && !base_image(build, stage).is_some_and(|image| is_workshop(&image)) {
            report(cx, input, stage, &calls);
        }
    }
}

fn report(
    cx: &mut Cx<'_>,
    input: &DockerfileInput<'_>,
    stage: &Stage,
    calls: &[(usize, &ShellCommand)],
) {
    let build = &input.unit.build;
    let [(index, first), rest @ ..] = calls else {
        return;
    };
    let user = user_at(build, stage, *index);
    let fixed: Option<Vec<Edit>> = calls
        .iter()
        .map(|(index, command)| {
            let root = user_at(build, stage, *index) == User::Root;
            left_out(command).filter(|_| root).map(Edit::delete)
        })
        .collect();
    let places: Vec<_> = rest
        .iter()
        .map(|(_, command)| cx.place(command.words[0].range))
        .collect();
    let moved = moved(input, calls);
    let draft = cx.report(first.words[0].range, "`sudo` in a build step");
    for place in places.into_iter().take(6) {
        draft.related(place, "and here");
    }
    draft.subject(format!("stage/{}", stage.index));
    if let Some(other) = other_user(first) {
        draft
            .note("`sudo` ships a setuid program that gives root to any intruder")
            .help(format!("put the step below `USER {other}`"));
        return;
    }
    match user {
        User::Root => {
            draft
                .note("build steps run as root unless USER says otherwise")
                .help("leave `sudo` out");
        }
        User::Unknown => {
            draft
                .strictness(Strictness::Pedantic)
                .note("`sudo` ships a setuid program that gives root to any intruder")
                .help(
                    "leave `sudo` out where the base image is root; else put the step between \
                     `USER root` and the base's own USER",
                );
        }
        User::Other => {
            draft
                .note("`sudo` ships a setuid program that gives root to any intruder")
                .help(moved);
        }
    }
    if let Some(edits) = fixed {
        let fix = Fix::new("leave `sudo` out", Safety::Safe);
        draft.fix(
            edits
                .into_iter()
                .fold(fix, |fix, edit| fix.edit(input.unit.file, edit)),
        );
    }
}

/// What to do about steps of another user than root.
fn moved(input: &DockerfileInput<'_>, calls: &[(usize, &ShellCommand)]) -> String {
    let build = &input.unit.build;
    let mixed = calls.iter().any(|(index, _)| {
        let commands = build.scripts[*index].as_deref().map(|s| &s.commands);
        commands.into_iter().flatten().any(|command| {
            let name = command.name();
            !command.words.is_empty() && !name.is_some_and(|name| NO_FILES.contains(&name))
        })
    });
    let mut help = if mixed {
        "move what `sudo` runs to steps of its own between `USER root` and the USER it has now; \
         what the rest writes has to stay that user's"
    } else {
        "put the step between `USER root` and the USER it has now"
    }
    .to_owned();
    if let Some((flag, path)) = calls
        .iter()
        .find_map(|(index, one)| given(input, *index, one))
    {
        let _ = write!(
            help,
            "; for `{path}`, `COPY --{flag}=…` does without a step"
        );
    }
    help
}

/// Commands that write no files of their own.
const NO_FILES: &[&str] = &[
    ":", "[", "cd", "echo", "exit", "export", "false", "printf", "set", "sudo", "test", "true",
    "umask", "unset",
];

/// The flag of COPY that does what a `sudo chmod` or `sudo chown` does to something copied before
/// it, and its path.
fn given<'c>(
    input: &DockerfileInput<'_>,
    index: usize,
    command: &'c ShellCommand,
) -> Option<(&'static str, &'c str)> {
    let mut words = command.args().skip_while(|arg| arg.starts_with('-'));
    let flag = match words.next()? {
        "chmod" => "chmod",
        "chown" => "chown",
        _ => return None,
    };
    let folder = input.facts.folders.at(index);
    let stage = input.unit.build.stage_of(index)?;
    let is_copied = |path: &&str| {
        let path = join(folder, path);
        let of_stage = |copy: &&Copied| {
            copy.instruction < index && stage.instructions.contains(&copy.instruction)
        };
        input.facts.copies.iter().filter(of_stage).any(|copy| {
            let dest = copy.dest.trim_end_matches('/');
            dest == path.trim_end_matches('/')
                || copy
                    .sources
                    .iter()
                    .any(|source| join(dest, source.name()) == path)
        })
    };
    words.find(is_copied).map(|path| (flag, path))
}

/// Images made to develop in.
fn is_workshop(image: &Reference) -> bool {
    let path = image.repository();
    path.contains("devcontainer")
        || path.starts_with("gitpod/")
        || path.starts_with("cimg/")
        || path.starts_with("codespaces")
}

/// The range that goes when `sudo` goes: up to the command that it runs.
fn left_out(command: &ShellCommand) -> Option<TextRange> {
    let harmless = |text: &str| matches!(text, "-E" | "-H" | "-n" | "--preserve-env");
    let next = command
        .words
        .iter()
        .skip(1)
        .find(|word| !harmless(word.text()))?;
    let plain = !next.text().starts_with('-') && !next.text().contains('=');
    plain.then(|| TextRange::new(command.words[0].range.start, next.range.start))
}

/// The user that `sudo -u` names, unless it is root.
fn other_user(command: &ShellCommand) -> Option<&str> {
    let words = &command.words;
    let at = words
        .iter()
        .position(|word| matches!(word.text(), "-u" | "--user"))?;
    let name = words.get(at + 1)?.literal()?;
    (!is_root(name)).then_some(name)
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
    fn one_stage_is_one_finding_at_the_strictness_that_is_certain() {
        let case = on(&RULE)
            .dockerfile("FROM debian:13\nRUN sudo -E a && sudo b\nRUN x | sudo tee y\n")
            .flags(&["2: sudo"])
            .fixed("FROM debian:13\nRUN a && b\nRUN x | tee y\n");
        assert_eq!(case.findings[0].related.len(), 2);
        on(&RULE)
            .dockerfile("FROM acme/x:1\nRUN apt-get update\nRUN sudo a\n")
            .fixed("FROM acme/x:1\nRUN apt-get update\nRUN a\n");
        on(&RULE)
            .dockerfile("FROM acme/x:1\nRUN sudo apt-get update\n")
            .flags(&["2: sudo"])
            .quiet_by_default();
        let case = on(&RULE).dockerfile("FROM debian:13\nRUN sudo -u app a\n");
        assert_eq!(
            case.findings[0].help.as_deref(),
            Some("put the step below `USER app`")
        );
        assert!(case.findings[0].fix.is_none());
    }

    #[test]
    fn what_the_user_writes_stays_its_own() {
        let help = |lines: &str| {
            let case = on(&RULE).dockerfile(&format!("FROM debian:13\nUSER app\n{lines}"));
            assert_eq!(case.findings.len(), 1);
            assert!(case.findings[0].fix.is_none());
            case.help()
        };
        let whole = "put the step between `USER root` and the USER it has now";
        assert_eq!(help("RUN sudo a && cd /x && sudo b\n"), whole);
        assert!(help("RUN curl a | tar xz && sudo ./b.sh\n").starts_with("move what `sudo` runs"));
        assert_eq!(
            help("WORKDIR /a\nCOPY --chown=app run.sh /a/run.sh\nRUN sudo chmod u+x /a/run.sh\n"),
            format!("{whole}; for `/a/run.sh`, `COPY --chmod=…` does without a step")
        );
        assert!(
            help("WORKDIR /a\nCOPY bin ./\nRUN sudo chown -R app /a\n").contains("COPY --chown")
        );
        assert_eq!(help("RUN sudo chmod u+x /b\n"), whole);
    }

    #[test]
    fn images_to_develop_in_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM mcr.microsoft.com/vscode/devcontainers/dotnet:8.0\nRUN sudo a\n")
            .clean();
        on(&RULE)
            .files(
                "//- /.devcontainer/Dockerfile\nFROM debian:13\nUSER dev\nRUN sudo a\n//- /x\n1\n",
            )
            .clean();
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
